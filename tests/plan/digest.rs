//! The digest names the transition and nothing else.

use sha2::{Digest, Sha256};

use super::{FLEET, Scene};

fn changed() -> Scene {
    let mut scene = Scene::agreeing(FLEET);
    scene.remote("live.example.com/show/cam1").config.cycle_duration = 900;
    scene
}

#[test]
fn the_empty_plan_has_a_digest_too() {
    let expected: String =
        Sha256::digest(r#"{"changes":[],"digest":1}"#).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(Scene::agreeing(FLEET).plan().digest(), format!("sha256:{expected}"));
}

#[test]
fn the_text_that_is_hashed_is_the_documented_one() {
    let group = "e2d796d3bb5fd8049d32bff62f94e4c1";
    let settings = |cycle: u32| {
        format!(
            r#"{{"auto_compose":false,"compose_vod_transcode_group":null,"cycle_duration":{cycle},"delay_time":180,"on_demand":0,"record_content":null,"space_id":null,"storage_location":"chosen.oss-cn-shanghai.aliyuncs.com","transcode_templates":null,"unknown":{{}},"vod_transcode_group":"{group}"}}"#
        )
    };
    let text = format!(
        r#"{{"changes":[["1234567890123456","cn-shanghai","live.example.com","show","cam1","update",{},{}]],"digest":1}}"#,
        settings(900),
        settings(3600)
    );
    let expected: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(changed().plan().digest(), format!("sha256:{expected}"));
}

#[test]
fn several_changes_stand_in_one_list() {
    let mut scene = changed();
    scene.remote("live.example.com/show/cam2").config.cycle_duration = 900;
    let row = |camera: u32| {
        let one = |cycle: u32| {
            format!(
                r#"{{"auto_compose":false,"compose_vod_transcode_group":null,"cycle_duration":{cycle},"delay_time":180,"on_demand":0,"record_content":null,"space_id":null,"storage_location":"chosen.oss-cn-shanghai.aliyuncs.com","transcode_templates":null,"unknown":{{}},"vod_transcode_group":"e2d796d3bb5fd8049d32bff62f94e4c1"}}"#
            )
        };
        format!(
            r#"["1234567890123456","cn-shanghai","live.example.com","show","cam{camera}","update",{},{}]"#,
            one(900),
            one(3600)
        )
    };
    let text = format!(r#"{{"changes":[{},{}],"digest":1}}"#, row(1), row(2));
    let expected: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(scene.plan().digest(), format!("sha256:{expected}"));
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
    let mut carried = changed();
    carried.remote("live.example.com/show/cam1").config.carried.delay_time = Some(60);
    assert_ne!(carried.plan().digest(), digest);
}

#[test]
fn the_order_of_templates_does_not_count() {
    let with = |templates: &str| {
        let mut scene = changed();
        scene.remote("live.example.com/show/cam1").config.carried.transcode_templates =
            Some(templates.into());
        scene.plan().digest()
    };
    assert_eq!(with("a,b"), with("b, a"));
    assert_ne!(with("a,b"), with("a,c"));
}
