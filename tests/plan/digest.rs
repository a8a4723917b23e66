//! The digest depends on the transition and on nothing else.

use livevod::model::words;
use sha2::{Digest, Sha256};

use super::{FLEET, Scene};

fn changed() -> Scene {
    let mut scene = Scene::agreeing(FLEET);
    scene.remote("live.example.com/show/cam1").config.cycle_duration = 900;
    scene
}

/// The documented text, all in canonical JSON.
fn hashed(changes: &str) -> String {
    let domains = if changes.is_empty() { "" } else { r#""live.example.com":"cn-shanghai""# };
    let text = format!(
        r#"{{"decisions":{{"account":"1234567890123456","changes":[{changes}],"declares_nothing":false,"domains":{{{domains}}},"target":"emulator x"}},"digest":2}}"#
    );
    let hex: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

fn settings(cycle: u32) -> String {
    format!(
        r#"{{"auto_compose":false,"compose_vod_transcode_group":null,"cycle_duration":{cycle},"delay_time":240,"on_demand":0,"record_content":null,"record_format":null,"space_id":null,"storage_location":"chosen.oss-cn-shanghai.aliyuncs.com","transcode_templates":null,"unknown":{{}},"vod_transcode_group":"e2d796d3bb5fd8049d32bff62f94e4c1"}}"#
    )
}

fn row(camera: u32) -> String {
    let (before, after) = (settings(900), settings(3600));
    format!(
        r#"{{"action":"update","address":{{"app":"show","domain":"live.example.com","stream":"cam{camera}"}},"after":{after},"before":{before},"contingent":[],"is_protected":false,"reason":"differs","siblings":[],"spelling":"named"}}"#
    )
}

fn digest(mut scene: Scene) -> String {
    scene.options.target = "emulator x".into();
    scene.plan().digest()
}

#[test]
fn the_empty_plan_has_a_digest_too() {
    assert_eq!(digest(Scene::agreeing(FLEET)), hashed(""));
}

#[test]
fn the_text_that_is_hashed_is_the_documented_one() {
    assert_eq!(digest(changed()), hashed(&row(1)));
}

#[test]
fn several_changes_stand_in_one_list() {
    let mut scene = changed();
    scene.remote("live.example.com/show/cam2").config.cycle_duration = 900;
    assert_eq!(digest(scene), hashed(&format!("{},{}", row(1), row(2))));
}

/// Files that also name another domain give the same plan, as long as nothing changes there.
#[test]
fn what_else_is_declared_does_not_count() {
    let mut scene = changed();
    let digest = scene.plan().digest();
    let more = FLEET
        .replace("domains:", "domains:\n  more.example.com: { apps: { show: { streams: { cam1: {} } } } }");
    let agreeing = Scene::agreeing(&more);
    scene
        .declare(&more)
        .snapshot
        .domains
        .extend(agreeing.snapshot.domains.into_iter().filter(|(name, _)| &**name == "more.example.com"));
    assert_eq!(scene.plan().digest(), digest);
}

#[test]
fn where_a_value_was_written_does_not_count_and_what_it_is_does() {
    let digest = changed().plan().digest();
    let mut elsewhere = changed();
    elsewhere.declare(
        &FLEET.replace(", cycle_duration: 1h", "").replace("cam1: {}", "cam1: { cycle_duration: 3600 }"),
    );
    assert_eq!(elsewhere.plan().digest(), digest);
    let mut other = changed();
    other.remote("live.example.com/show/cam1").config.cycle_duration = 901;
    assert_ne!(other.plan().digest(), digest);
    let mut passthrough = changed();
    passthrough.remote("live.example.com/show/cam1").config.delay_time = Some(60);
    assert_ne!(passthrough.plan().digest(), digest);
}

#[test]
fn the_order_of_templates_does_not_count() {
    let with = |templates: &str| {
        let mut scene = changed();
        scene.remote("live.example.com/show/cam1").config.transcode_templates = Some(words(templates));
        scene.plan().digest()
    };
    assert_eq!(with("a,b"), with("b, a"));
    assert_ne!(with("a,b"), with("a,c"));
}
