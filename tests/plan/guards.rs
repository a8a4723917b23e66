//! Which guards refuse a plan, and what releases them.

use livevod::plan::{Guard, Limit};

use super::{FLEET, Scene};

fn changed(count: usize) -> Scene {
    let mut scene = Scene::agreeing(FLEET);
    for camera in 1..=count {
        scene.remote(&format!("live.example.com/show/cam{camera}")).config.cycle_duration = 900;
    }
    scene
}

#[test]
fn changes_over_the_limit_are_held_until_it_is_raised() {
    assert_eq!(changed(2).held(), []);
    let mut scene = changed(3);
    assert_eq!(scene.held(), [(Guard::Limits, String::new())]);
    let held = scene.plan().notes.held;
    assert_eq!(
        held[0].message,
        "3 of the 8 configurations of `live.example.com` would be changed, more than the limit of 30%"
    );
    assert_eq!(held[0].release.as_deref(), Some("--max-change 3"));
    scene.allow(|allowances| allowances.max_change = Some(Limit::Count(3)));
    assert_eq!(scene.held(), []);
}

#[test]
fn one_change_is_always_allowed_but_a_number_means_what_it_says() {
    let mut scene = changed(1);
    assert_eq!(scene.held(), []);
    scene.allow(|allowances| allowances.max_change = Some(Limit::Count(0)));
    assert_eq!(scene.held(), [(Guard::Limits, String::new())]);
}

#[test]
fn deletes_have_a_limit_of_their_own_and_the_flag_named_releases_it() {
    let mut scene = Scene::agreeing(FLEET);
    scene.declare(&FLEET.replace("cam1: {}, cam2: {}", "cam1: { state: absent }, cam2: { state: absent }"));
    assert_eq!(scene.held(), [(Guard::Limits, String::new())]);
    assert_eq!(scene.plan().notes.held[0].release.as_deref(), Some("--max-delete 2"));
    scene.allow(|allowances| allowances.max_delete = Some(Limit::Count(2)));
    assert_eq!(scene.held(), []);
}

#[test]
fn the_whole_run_has_limits_too() {
    let second = "
  second.example.com:
    apps: { show: { streams: { a: {}, b: {}, c: {}, d: {} } } }
";
    let text = format!("{FLEET}{second}");
    let mut scene = Scene::agreeing(&text);
    for address in ["live.example.com/show/cam1", "live.example.com/show/cam2", "second.example.com/show/a"] {
        scene.remote(address).config.cycle_duration = 900;
    }
    assert_eq!(scene.held(), [], "3 of 12 and at most 2 of 8 are within the limits");
    scene.remote("second.example.com/show/b").config.cycle_duration = 900;
    let messages: Vec<String> = scene.plan().notes.held.into_iter().map(|held| held.message).collect();
    assert_eq!(
        messages,
        [
            "2 of the 4 configurations of `second.example.com` would be changed, more than the limit of 30%",
            "4 of the 12 configurations of all domains would be changed, more than the limit of 30%"
        ]
    );
    scene.allow(|allowances| allowances.max_change = Some(Limit::Count(4)));
    assert_eq!(scene.held(), []);
}

#[test]
fn creates_count_as_neither() {
    let mut scene = Scene::agreeing(FLEET);
    for camera in 1..=6 {
        scene.remove_remote(&format!("live.example.com/show/cam{camera}"));
    }
    assert_eq!(scene.held(), []);
}

#[test]
fn a_replace_opens_a_gap() {
    let mut scene = Scene::agreeing(FLEET);
    scene
        .declare(&FLEET.replace("cam1: {}", "cam1: { storage_location: mine.oss-cn-shanghai.aliyuncs.com }"));
    assert_eq!(scene.held(), [(Guard::RecordingGap, "show/cam1".to_owned())]);
    scene.allow(|allowances| allowances.recording_gap = true);
    assert_eq!(scene.held(), []);
}

#[test]
fn a_pruned_stream_that_nothing_else_records_stops() {
    let mut scene = Scene::agreeing(FLEET);
    scene.declare(
        &FLEET
            .replace("      news:\n        streams: { desk: { auto_compose: on, compose_vod_transcode_group: archive } }\n", "")
            .replace("live.example.com:\n", "live.example.com:\n    prune: true\n"),
    );
    assert_eq!(scene.held(), [(Guard::RecordingStop, "news/desk".to_owned())]);
    scene.allow(|allowances| allowances.recording_stop = true);
    assert_eq!(scene.held(), []);
}

#[test]
fn a_pruned_stream_that_a_rule_records_goes_on() {
    let mut scene = Scene::agreeing(FLEET);
    scene.declare(
        &FLEET
            .replace(", cam6: {}", "")
            .replace("live.example.com:\n", "live.example.com:\n    prune: true\n"),
    );
    assert_eq!(scene.held(), []);
}

#[test]
fn recording_on_demand_is_a_stop_too_and_absent_is_said_in_the_files() {
    let mut scene = Scene::agreeing(FLEET);
    scene.declare(&FLEET.replace("cam1: {}", "cam1: { on_demand: 7 }"));
    assert_eq!(scene.held(), [(Guard::RecordingStop, "show/cam1".to_owned())]);
    scene.declare(&FLEET.replace(
        "desk: { auto_compose: on, compose_vod_transcode_group: archive }",
        "desk: { state: absent }",
    ));
    assert_eq!(scene.held(), []);
}

#[test]
fn a_new_entry_in_front_of_a_rule_can_stop_a_stream() {
    let mut scene = Scene::agreeing(FLEET);
    scene.declare(&FLEET.replace("cam6: {}", "cam6: {}, cam7: { on_demand: 1 }"));
    assert_eq!(scene.held(), [(Guard::RecordingStop, "show/cam7".to_owned())]);
}

#[test]
fn an_app_wide_entry_does_not_go_while_others_stay() {
    let mut scene = Scene::agreeing(FLEET);
    scene.declare(&FLEET.replace("\"*\": {}", "\"*\": { state: absent }"));
    assert_eq!(scene.held(), [(Guard::AppWide, "show/*".to_owned())]);
    assert!(
        scene.plan().notes.held[0]
            .message
            .starts_with("6 configurations exist beside it, the first is `show/cam1`")
    );
    scene.allow(|allowances| allowances.app_wide = true);
    assert_eq!(scene.held(), []);
}

#[test]
fn an_app_wide_entry_goes_freely_when_nothing_stays() {
    let mut scene = Scene::agreeing(FLEET);
    let mut text = FLEET.replace("\"*\": {}", "\"*\": { state: absent }");
    for camera in 1..=6 {
        text = text.replace(&format!("cam{camera}: {{}}"), &format!("cam{camera}: {{ state: absent }}"));
    }
    scene.declare(&text).allow(|allowances| allowances.max_delete = Some(Limit::Percent(100)));
    assert_eq!(scene.held(), []);
}

#[test]
fn the_domain_wide_rule_has_the_whole_domain_beside_it() {
    let text = FLEET.replace("      news:\n", "      \"*\": { streams: { \"*\": {} } }\n      news:\n");
    let mut scene = Scene::agreeing(&text);
    scene.declare(
        &text
            .replace("\"*\": { streams: { \"*\": {} } }", "\"*\": { streams: { \"*\": { state: absent } } }"),
    );
    assert_eq!(scene.held(), [(Guard::AppWide, "*/*".to_owned())]);
}

#[test]
fn an_empty_set_does_not_delete() {
    let mut scene = Scene::agreeing(FLEET);
    scene.declare("version: 1\ndomains: { live.example.com: { prune: true } }\n").allow(|allowances| {
        allowances.max_delete = Some(Limit::Percent(100));
        allowances.recording_stop = true;
    });
    assert_eq!(scene.held(), [(Guard::Empty, String::new())]);
    scene.allow(|allowances| allowances.empty = true);
    assert_eq!(scene.held(), []);
}

#[test]
fn writes_are_counted_only_where_a_limit_is_given() {
    let mut scene = changed(2);
    scene.allow(|allowances| allowances.max_writes = Some(1));
    assert_eq!(scene.held(), [(Guard::Writes, String::new())]);
    assert_eq!(scene.plan().notes.held[0].release.as_deref(), Some("--max-writes 2"));
    assert_eq!(scene.plan().notes.held[0].message, "2 writes are planned, over the limit of 1");
    scene.allow(|allowances| allowances.max_writes = Some(2));
    assert_eq!(scene.held(), []);
}

#[test]
fn a_replace_is_two_writes() {
    let mut scene = changed(1);
    scene.remote("live.example.com/show/cam2").config.storage_location = Some("other".into());
    scene
        .declare(&FLEET.replace("cam2: {}", "cam2: { storage_location: mine.oss-cn-shanghai.aliyuncs.com }"));
    scene.allow(|allowances| (allowances.recording_gap, allowances.max_writes) = (true, Some(2)));
    assert_eq!(scene.plan().notes.held[0].message, "3 writes are planned, over the limit of 2");
    scene.allow(|allowances| allowances.max_writes = Some(3));
    assert_eq!(scene.held(), []);
}

#[test]
fn nothing_releases_a_protected_address() {
    let mut scene = Scene::agreeing(FLEET);
    let protected =
        FLEET.replace("domains:\n", "protect: [\"**/show/cam1\", live.example.com/news]\ndomains:\n");
    scene.declare(&protected.replace("cam1: {}", "cam1: { state: absent }")).allow(|allowances| {
        allowances.recording_gap = true;
        allowances.recording_stop = true;
        allowances.app_wide = true;
    });
    assert_eq!(scene.held(), [(Guard::Protect, "show/cam1".to_owned())]);
    assert_eq!(scene.plan().notes.held[0].release, None);
    scene.declare(&protected.replace("auto_compose: on,", "on_demand: 7, auto_compose: on,"));
    assert_eq!(scene.held(), [(Guard::Protect, "news/desk".to_owned())]);
    scene.declare(&protected.replace("cycle_duration: 1h", "cycle_duration: 30m"));
    scene.allow(|allowances| allowances.max_change = Some(Limit::Percent(100)));
    assert_eq!(scene.held(), [], "an update that goes on recording is no harm");
}

#[test]
fn credentials_of_another_account_hold_even_a_plan_without_changes() {
    let mut scene = Scene::agreeing(FLEET);
    assert_eq!(scene.held(), [], "nobody was asked");
    scene.options.caller = Some("1234567890123456".to_owned());
    assert_eq!(scene.held(), []);
    scene.options.caller = Some("42".to_owned());
    assert_eq!(scene.held(), [(Guard::Account, String::new())]);
    assert_eq!(scene.plan().notes.held[0].release, None);
    assert_eq!(scene.plan().decisions.changes, []);
    let mut undeclared = Scene::agreeing(&FLEET.replace("account: \"1234567890123456\"\n", ""));
    undeclared.options.caller = Some("42".to_owned());
    assert_eq!(undeclared.held(), []);
}

#[test]
fn another_plan_than_the_reviewed_one_is_held_by_nothing_that_a_flag_releases() {
    let mut scene = changed(3);
    let reviewed = scene.plan().digest();
    scene.options.expected_digest = Some(reviewed.clone());
    assert_eq!(scene.held(), [], "what was reviewed is above the limits");
    scene.remote("live.example.com/show/cam1").config.cycle_duration = 1200;
    assert_eq!(scene.held(), [(Guard::Digest, String::new()), (Guard::Limits, String::new())]);
    let held = scene.plan().notes.held.remove(0);
    assert_eq!(held.release, None);
    assert!(held.message.contains(&reviewed) && held.message.contains(&scene.plan().digest()));
}

#[test]
fn an_empty_plan_has_a_digest_that_can_be_expected_too() {
    let mut scene = Scene::agreeing(FLEET);
    scene.options.expected_digest = Some(changed(1).plan().digest());
    assert_eq!(scene.held(), [(Guard::Digest, String::new())]);
    scene.options.expected_digest = Some(scene.plan().digest());
    assert_eq!(scene.held(), []);
}
