//! Saved plans, and plans that must match the one that was reviewed.

use livevod::model::{RecordConfig, words};
use livevod::plan::{
    ActionKind, Gap, GapCause, Guard, Limit, Plan, PlanFileError, Reason, SavedPlan, is_rest_of, resume,
    since_review,
};
use livevod::sealed;

use super::{FLEET, GROUP, Scene, lines};

const CAM1: &str = "live.example.com/show/cam1";

fn changed(cameras: usize) -> Scene {
    let mut scene = Scene::agreeing(FLEET);
    for camera in 1..=cameras {
        scene.remote(&format!("live.example.com/show/cam{camera}")).config.cycle_duration = 900;
    }
    scene
}

/// An earlier run removed cam1 and did not put it back.
fn gap(scene: &mut Scene, before: RecordConfig) {
    let gap = Gap { run: "r".into(), cause: GapCause::Replace, before };
    scene.options.gaps.insert(CAM1.parse().unwrap(), gap);
}

fn saved(plan: &Plan) -> SavedPlan {
    SavedPlan::new(plan.clone(), "2026-11-22T20:15:00.5Z".parse().unwrap())
}

#[test]
fn what_was_saved_is_read_and_has_its_digest() {
    for cameras in [0, 2] {
        let saved = saved(&changed(cameras).plan());
        let text = saved.write().unwrap();
        assert!(text.as_bytes().starts_with(SavedPlan::BEGINNING));
        let read = SavedPlan::read(&text).unwrap();
        assert_eq!(read.decisions.digest(), saved.decisions.digest());
        assert_eq!(read, saved);
    }
}

#[test]
fn each_change_and_each_note_has_a_line() {
    for cameras in 1..=3 {
        let text = saved(&changed(cameras).plan()).write().unwrap();
        let lines = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
        assert_eq!(lines("      {\"address\":"), cameras, "{text}");
        assert_eq!(lines("      {\"place\":"), cameras, "{text}");
    }
    let text = saved(&changed(1).plan()).write().unwrap();
    let change = text.lines().find(|line| line.starts_with("      {\"address\":")).unwrap();
    let change: serde_json::Value = serde_json::from_str(change.trim_end_matches(',')).unwrap();
    assert_eq!(change["address"]["stream"], "cam1");
}

/// Earlier livevods wrote the same document with a line for each value.
#[test]
fn a_plan_in_the_earlier_layout_is_read() {
    let saved = saved(&changed(2).plan());
    let mut document: serde_json::Value = serde_json::from_str(&saved.write().unwrap()).unwrap();
    let mut fields = std::mem::take(document.as_object_mut().unwrap());
    fields.remove("checksum");
    let version = fields.remove("plan_file").unwrap();
    let rest = serde_json::to_string_pretty(&fields).unwrap();
    let rest = rest.strip_prefix("{\n").unwrap().strip_suffix("\n}").unwrap();
    let open = format!("{{\n  \"plan_file\": {version},\n{rest},\n  ");
    assert_eq!(SavedPlan::read(&sealed::close(open.as_str())), Ok(saved));
    let edited = sealed::close(open).replacen("900", "901", 1);
    assert_eq!(SavedPlan::read(&edited), Err(PlanFileError::Changed));
}

#[test]
fn any_changed_byte_and_any_cut_is_refused() {
    let text = saved(&changed(1).plan()).write().unwrap();
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1 << (at % 8);
        let Ok(changed) = String::from_utf8(bytes) else { continue };
        assert!(SavedPlan::read(&changed).is_err(), "byte {at}");
    }
    for cut in (0..text.len()).step_by(7) {
        assert!(SavedPlan::read(&text[..cut]).is_err(), "cut at {cut}");
    }
    for version in ["1.0", "2.0", "4.0"] {
        let other = text.replace("\"plan_file\": \"3.0\"", &format!("\"plan_file\": \"{version}\""));
        assert_eq!(SavedPlan::read(&other), Err(PlanFileError::Version(version.into())));
        let open = other.split_once("\"checksum\"").unwrap().0;
        let sealed = SavedPlan::read(&sealed::close(open));
        assert_eq!(sealed, Err(PlanFileError::Version(version.into())), "intact, as that livevod writes it");
    }
}

#[test]
fn the_rest_of_a_half_applied_plan_goes_on() {
    let mut scene = changed(2);
    let reviewed = scene.plan();
    scene.remote("live.example.com/show/cam1").config.cycle_duration = 3600;
    scene.options.expected_digest = Some(reviewed.digest());
    let (rest, moved) = resume(&saved(&reviewed), &scene.snapshot, &scene.options);
    assert_eq!((moved, rest.notes.held.as_slice()), (vec![], [].as_slice()));
    let left: Vec<String> = rest.decisions.changes.iter().map(|change| change.address.to_string()).collect();
    assert_eq!(left, ["live.example.com/show/cam2"]);
    // A new plan from the files continues in the same way.
    assert_eq!(since_review(&reviewed.decisions, &scene.plan().decisions, &scene.snapshot), []);
}

#[test]
fn what_moved_since_the_review_holds_all_the_rest() {
    let mut scene = changed(2);
    let reviewed = scene.plan();
    scene.remote("live.example.com/show/cam1").config.cycle_duration = 1200;
    let (rest, moved) = resume(&saved(&reviewed), &scene.snapshot, &scene.options);
    assert_eq!(rest.notes.held[0].guard, Guard::Stale);
    assert_eq!(rest.notes.held[0].release, None);
    let cycle = |change: &Option<livevod::plan::Change>| {
        change.as_ref().and_then(|change| change.before()).map(|before| before.cycle_duration)
    };
    assert_eq!(moved.len(), 1);
    assert_eq!((cycle(&moved[0].first), cycle(&moved[0].second)), (Some(900), Some(1200)));
    assert_eq!(since_review(&reviewed.decisions, &scene.plan().decisions, &scene.snapshot), moved);
}

#[test]
fn what_nobody_reviewed_is_told_from_what_was() {
    let mut scene = changed(1);
    let reviewed = scene.plan();
    scene.remote("live.example.com/show/cam2").config.cycle_duration = 1200;
    let differences = since_review(&reviewed.decisions, &scene.plan().decisions, &scene.snapshot);
    assert_eq!(differences.len(), 1);
    assert_eq!(differences[0].first, None);
}

#[test]
fn a_replace_that_stopped_half_way_is_finished_by_its_own_add() {
    let mut scene = Scene::agreeing(FLEET);
    scene.remote("live.example.com/show/cam1").config.storage_location =
        Some("old.oss-cn-shanghai.aliyuncs.com".into());
    scene.declare(&FLEET.replace("cam1: {}", "cam1: { storage_location: new.oss-cn-shanghai.aliyuncs.com }"));
    let reviewed = scene.plan();
    assert_eq!(reviewed.decisions.changes[0].action(), ActionKind::Replace);
    scene.remove_remote("live.example.com/show/cam1");
    let (rest, moved) = resume(&saved(&reviewed), &scene.snapshot, &scene.options);
    assert_eq!(moved, []);
    let finishing = &rest.decisions.changes[0];
    assert_eq!((finishing.action(), finishing.before()), (ActionKind::Create, None));
    assert_eq!(finishing.after(), reviewed.decisions.changes[0].after());
    assert_eq!(finishing.contingent, [], "there is nothing to go back to");
    assert_eq!(finishing.reason, Reason::Missing, "no journal tells who deleted it");
    gap(&mut scene, reviewed.decisions.changes[0].before().cloned().unwrap());
    let (rest, _) = resume(&saved(&reviewed), &scene.snapshot, &scene.options);
    assert_eq!(rest.decisions.changes[0].reason, Reason::FinishesReplace);
    assert_eq!(rest.notes.changes[0].run.as_deref(), Some("r"));
}

#[test]
fn what_moved_is_told_with_what_it_would_take_now() {
    type Step = fn(&mut Scene);
    let other: Step = |scene| scene.remote(CAM1).config.cycle_duration = 1200;
    let gone: Step = |scene| _ = scene.remove_remote(CAM1);
    let there: Step = |scene| _ = scene.add_remote(CAM1);
    let by_format: Step = |scene| scene.remote(CAM1).unsupported = Some("by-format".into());
    let update: Step = |scene| scene.remote(CAM1).config.cycle_duration = 900;
    let replace: Step = |scene| {
        scene.remote(CAM1).config.storage_location = Some("other".into());
        scene.declare(
            &FLEET.replace("cam1: {}", "cam1: { storage_location: mine.oss-cn-shanghai.aliyuncs.com }"),
        );
    };
    let delete: Step = |scene| _ = scene.declare(&FLEET.replace("cam1: {}", "cam1: { state: absent }"));
    let table = [
        (update, ActionKind::Update, other, ActionKind::Update),
        (update, ActionKind::Update, gone, ActionKind::Create),
        (update, ActionKind::Update, by_format, ActionKind::Update),
        (replace, ActionKind::Replace, other, ActionKind::Replace),
        (delete, ActionKind::Delete, other, ActionKind::Delete),
        (gone, ActionKind::Create, there, ActionKind::Update),
    ];
    for (before, planned, after, now) in table {
        let mut scene = Scene::agreeing(FLEET);
        before(&mut scene);
        let reviewed = scene.plan();
        assert_eq!(reviewed.decisions.changes[0].action(), planned);
        after(&mut scene);
        let (rest, moved) = resume(&saved(&reviewed), &scene.snapshot, &scene.options);
        assert_eq!(rest.decisions.changes, [], "{planned:?} {now:?}");
        assert!(rest.is_held_by(Guard::Stale) && !rest.is_held_by(Guard::Limits), "{planned:?} {now:?}");
        assert_eq!(moved[0].second.as_ref().map(|change| change.action()), Some(now));
    }
}

#[test]
fn fields_that_no_file_manages_count_but_where_the_service_gives_them() {
    // How the reviewed plan for cam1 continues, if its `delay_time` reads as given after it was planned and applied.
    let moved = |before: fn(&mut Scene), after: fn(&mut Scene), delay: Option<u32>| {
        let mut scene = Scene::agreeing(FLEET);
        before(&mut scene);
        let reviewed = scene.plan();
        assert_eq!(lines(&reviewed).len(), 1);
        after(&mut scene);
        scene.remote(CAM1).config.cycle_duration = 3600;
        scene.remote(CAM1).config.vod_transcode_group = GROUP.into();
        scene.remote(CAM1).config.delay_time = delay;
        let (rest, moved) = resume(&saved(&reviewed), &scene.snapshot, &scene.options);
        assert_eq!(rest.decisions.changes, []);
        !moved.is_empty()
    };
    let slow: fn(&mut Scene) = |scene| scene.remote(CAM1).config.cycle_duration = 900;
    let gone: fn(&mut Scene) = |scene| _ = scene.remove_remote(CAM1);
    let there: fn(&mut Scene) = |scene| _ = scene.add_remote(CAM1);
    let lost: fn(&mut Scene) = |scene| {
        let before = scene.remote(CAM1).config.clone();
        gap(scene.remove_remote(CAM1), before);
    };
    let none: fn(&mut Scene) = |_| {};
    let table = [
        ("an update", slow, none, Some(240), false),
        ("an update that lost one", slow, none, None, true),
        ("a create", gone, there, Some(240), false),
        ("a create that got none", gone, there, None, false),
        ("a create that puts back", lost, there, Some(240), false),
        ("a create that puts back, without", lost, there, None, true),
    ];
    for (what, before, after, delay, has_moved) in table {
        assert_eq!(moved(before, after, delay), has_moved, "{what}");
    }
}

/// In a new plan from the files, only the decisions of the reviewed plan count as reviewed.
#[test]
fn what_is_decided_otherwise_was_not_reviewed() {
    let mut scene = Scene::agreeing(FLEET);
    scene.add_remote("live.example.com/news/extra");
    scene.declare(&FLEET.replace("      news:\n", "      news:\n        prune: true\n"));
    let reviewed = scene.plan().decisions;
    assert!(is_rest_of(&reviewed, &scene.plan(), &scene.snapshot));
    let absent = FLEET.replace("streams: { desk", "streams: { extra: { state: absent }, desk");
    let protected = FLEET.replace("      news:\n", "      news:\n        prune: true\n");
    let protected = format!("{protected}protect: [\"**/**/extra\"]\n");
    for text in [absent, protected] {
        scene.declare(&text);
        assert_eq!(lines(&scene.plan()).len(), 1);
        assert!(!is_rest_of(&reviewed, &scene.plan(), &scene.snapshot), "{text}");
    }
}

#[test]
fn guards_are_found_anew_and_never_taken_from_the_file() {
    let mut scene = changed(3);
    let mut reviewed = scene.plan();
    reviewed.notes.held.clear();
    let (rest, _) = resume(&saved(&reviewed), &scene.snapshot, &scene.options);
    assert_eq!(rest.notes.held.iter().map(|held| held.guard).collect::<Vec<_>>(), [Guard::Limits]);
    scene.allow(|allowances| allowances.max_change = Some(Limit::Count(3)));
    let (rest, _) = resume(&saved(&reviewed), &scene.snapshot, &scene.options);
    assert_eq!(rest.notes.held, []);
}

#[test]
fn a_domain_that_can_not_be_read_is_no_difference_but_a_gap_in_the_plan() {
    let mut scene = changed(1);
    let reviewed = scene.plan();
    scene.snapshot.domains.clear();
    let (rest, moved) = resume(&saved(&reviewed), &scene.snapshot, &scene.options);
    assert_eq!((moved, rest.notes.unread.as_slice()), (vec![], ["live.example.com".to_owned()].as_slice()));
}

#[test]
fn a_list_of_templates_in_another_order_has_not_moved() {
    let mut scene = changed(1);
    let templates = |scene: &mut Scene, order: &str| {
        scene.remote("live.example.com/show/cam1").config.transcode_templates = Some(words(order));
    };
    templates(&mut scene, "a,b");
    let reviewed = scene.plan();
    templates(&mut scene, "b,a");
    let (rest, moved) = resume(&saved(&reviewed), &scene.snapshot, &scene.options);
    assert_eq!((rest.decisions.changes.len(), moved), (1, vec![]));
    assert_eq!(since_review(&reviewed.decisions, &scene.plan().decisions, &scene.snapshot), []);
    assert_eq!(reviewed.digest(), scene.plan().digest());
    templates(&mut scene, "b,c");
    assert_eq!(since_review(&reviewed.decisions, &scene.plan().decisions, &scene.snapshot).len(), 1);
}

/// A plan that deletes `show/*` beside six cameras, deletes one of them, and adds another.
fn app_wide() -> (Scene, Plan) {
    let mut scene = Scene::agreeing(FLEET);
    let text = FLEET
        .replace("\"*\": {}", "\"*\": { state: absent }")
        .replace("cam1: {}", "cam1: { state: absent }")
        .replace("cam6: {}", "cam6: {}, cam7: {}");
    scene.declare(&text).allow(|allowances| {
        allowances.app_wide = true;
        allowances.recording_stop = true;
        allowances.max_delete = Some(Limit::Percent(100));
    });
    let plan = scene.plan();
    (scene, plan)
}

fn siblings(plan: &Plan) -> Vec<String> {
    plan.decisions
        .changes
        .iter()
        .flat_map(|change| &change.siblings)
        .map(|address| address.within_domain())
        .collect()
}

#[test]
fn what_stands_beside_an_app_wide_entry_stays_the_same_while_the_plan_is_carried_out() {
    let (mut scene, reviewed) = app_wide();
    let all = ["show/cam2", "show/cam3", "show/cam4", "show/cam5", "show/cam6", "show/cam7"];
    assert_eq!(siblings(&reviewed), all);
    scene.add_remote("live.example.com/show/cam7").remove_remote("live.example.com/show/cam1");
    scene.remote("live.example.com/show/cam7").config =
        reviewed.decisions.changes[2].after().cloned().unwrap();
    let (rest, moved) = resume(&saved(&reviewed), &scene.snapshot, &scene.options);
    assert_eq!((moved, rest.notes.held.as_slice()), (vec![], [].as_slice()));
    assert_eq!(siblings(&rest), all);
    assert_eq!(since_review(&reviewed.decisions, &scene.plan().decisions, &scene.snapshot), []);
}

#[test]
fn an_app_wide_entry_with_others_beside_it_than_at_the_review_is_stale() {
    for (appears, count) in [(true, 7), (false, 5)] {
        let (mut scene, reviewed) = app_wide();
        match appears {
            true => scene.add_remote("live.example.com/show/stranger"),
            false => scene.remove_remote("live.example.com/show/cam5"),
        };
        let (rest, moved) = resume(&saved(&reviewed), &scene.snapshot, &scene.options);
        let held: Vec<_> = rest
            .notes
            .held
            .iter()
            .map(|held| (held.guard, held.address.clone().unwrap().within_domain()))
            .collect();
        assert_eq!(held, [(Guard::Stale, "show/*".to_owned())]);
        assert_eq!(moved.len(), 1);
        assert_eq!(moved[0].second.as_ref().map(|change| change.siblings.len()), Some(count));
    }
}
