//! Settings of 2026 and configurations by format: what is a difference, what an update carries, and what must be replaced.

use livevod::model::{Field, Format, FormatSettings, Part, Process, words};
use livevod::plan::ActionKind;
use serde_json::json;

use super::{Scene, lines};

const CAM: &str = "live.example.com/show/cam";

/// One configuration with these settings, in a domain whose configurations have a group.
fn files(settings: &str) -> String {
    format!(
        "version: 1\ntranscode_groups: {{ hd: e2d796d3bb5fd8049d32bff62f94e4c1 }}\n\
         defaults: {{ vod_transcode_group: hd }}\n\
         domains: {{ live.example.com: {{ apps: {{ show: {{ streams: {{ cam: {{ {settings} }} }} }} }} }} }}\n"
    )
}

/// What leads from a service that agrees with the first settings to the second ones.
fn moved(from: &str, to: &str) -> Vec<String> {
    let mut scene = Scene::agreeing(&files(from));
    scene.declare(&files(to));
    lines(&scene.plan())
}

const FULL: &str = "record_format: { m3u8: { process: { transcode: hd }, slice_duration: 10, auto_compose: on, \
                    video: [origin, compose], tags: gala }, mp4: { process: { workflow: wf } } }";

#[test]
fn a_setting_of_a_format_is_updated_in_place_and_the_others_go_along() {
    let to = "record_format: { m3u8: { slice_duration: 20 }, mp4: {} }";
    assert_eq!(moved(FULL, to), ["Update show/cam: record_format.m3u8.slice_duration 10s -> 20s"]);
    let mut scene = Scene::agreeing(&files(FULL));
    let before = scene.remote(CAM).config.clone();
    scene.declare(&files(to));
    let plan = scene.plan();
    let after = plan.decisions.changes[0].after().unwrap();
    for field in Field::leaves().filter(|field| *field != Field::Part(Format::M3u8, Part::SliceDuration)) {
        assert_eq!(after.get(field), before.clone().normalized().get(field), "{field}");
    }
    let places: Vec<_> = plan
        .changes()
        .flat_map(|change| change.field_changes().filter_map(|one| one.origin.cloned()).collect::<Vec<_>>())
        .map(|origin| origin.place.map(|place| place.start.line))
        .collect();
    assert_eq!(places, [Some(4)], "the setting's own place");
}

#[test]
fn what_is_not_written_is_as_the_service_has_it() {
    let all = "delay_time: 5m, record_content: [raw, transcode], transcode_templates: [a], space_id: app-2";
    assert_eq!(moved(all, ""), [""; 0]);
    assert_eq!(moved(FULL, "record_format: { mp4: {}, m3u8: }"), [""; 0]);
    assert_eq!(moved("", "delay_time: 5m"), ["Update show/cam: delay_time 4m -> 5m"]);
    assert_eq!(moved("", "delay_time: default"), ["Update show/cam: delay_time 4m -> 3m"]);
}

#[test]
fn the_set_of_formats_and_the_kind_can_only_be_replaced() {
    let classic = "Replace show/cam: vod_transcode_group e2d796d3bb5fd8049d32bff62f94e4c1 -> (not set), \
                   auto_compose off -> (not set), record_format.mp4 (not set) -> recorded";
    assert_eq!(moved("", "record_format: { mp4: }"), [classic]);
    let back = "Replace show/cam: vod_transcode_group (not set) -> e2d796d3bb5fd8049d32bff62f94e4c1, \
                auto_compose (not set) -> off, record_format.mp4 recorded -> (not set)";
    assert_eq!(moved("record_format: { mp4: }", ""), [back]);
    assert_eq!(
        moved("record_format: { mp4: }", "record_format: { mp4: , flv: { tags: x } }"),
        ["Replace show/cam: record_format.flv (not set) -> recorded, record_format.flv.tags (not set) -> x"]
    );
    assert_eq!(
        moved("record_format: { mp4: , flv: { auto_compose: off } }", "record_format: { mp4: }"),
        [
            "Replace show/cam: record_format.flv recorded -> (not set), record_format.flv.auto_compose off -> (not set)"
        ]
    );
    for (setting, other) in [
        ("record_content: [raw]", "record_content: [raw, transcode], transcode_templates: [a]"),
        ("space_id: app-1", "space_id: app-2"),
    ] {
        let changes = moved(setting, other);
        assert!(changes[0].starts_with("Replace show/cam: "), "{changes:?}");
    }
}

#[test]
fn what_no_request_can_clear_is_replaced() {
    for (from, to, fields) in [
        ("transcode_templates: [a, b]", "transcode_templates: []", "transcode_templates [a, b] -> []"),
        ("transcode_templates: [a]", "transcode_templates: default", "transcode_templates [a] -> []"),
        (
            "record_format: { mp4: { process: { workflow: wf } } }",
            "record_format: { mp4: { process: default } }",
            "record_format.mp4.process workflow wf -> none",
        ),
        (
            "record_format: { mp4: { tags: x } }",
            "record_format: { mp4: { tags: default } }",
            "record_format.mp4.tags x -> \"\"",
        ),
    ] {
        assert_eq!(moved(from, to), [format!("Replace show/cam: {fields}")]);
    }
    for (from, to) in [
        ("transcode_templates: [a]", "transcode_templates: [b]"),
        (
            "record_format: { mp4: { process: { workflow: wf } } }",
            "record_format: { mp4: { process: { transcode: hd } } }",
        ),
        ("record_format: { mp4: { auto_compose: on } }", "record_format: { mp4: { auto_compose: default } }"),
        (
            "record_format: { m3u8: { slice_duration: 10 } }",
            "record_format: { m3u8: { slice_duration: default } }",
        ),
        ("record_format: { mp4: { video: [compose] } }", "record_format: { mp4: { video: default } }"),
    ] {
        let changes = moved(from, to);
        assert!(changes.len() == 1 && changes[0].starts_with("Update show/cam: "), "{from}: {changes:?}");
    }
}

#[test]
fn defaults_that_the_service_fills_in_are_no_difference() {
    let mut scene =
        Scene::agreeing(&files("record_format: { m3u8: { process: default, tags: default }, mp4: }"));
    let config = &mut scene.remote(CAM).config;
    config.record_content = Some(words("raw"));
    config.space_id = Some("app-1000000".into());
    config.transcode_templates = Some(words(""));
    for (format, settings) in config.record_format.iter_mut().flatten() {
        settings.slice_duration = (*format == Format::M3u8).then_some(30);
        settings.video = Some(words("origin"));
        settings.auto_compose = Some(false);
        settings.process = None;
        settings.tags = None;
    }
    assert!(!scene.plan().differs());
}

#[test]
fn what_nobody_knows_forbids_a_write_only_where_it_would_be_lost() {
    let from = "record_format: { mp4: { tags: a } }";
    let scene = |value: serde_json::Value| {
        let mut scene = Scene::agreeing(&files(from));
        let formats = scene.remote(CAM).config.record_format.as_mut().unwrap();
        formats.get_mut(&Format::Mp4).unwrap().unknown.insert("New".into(), value);
        scene
    };
    for nothing in [json!(false), json!(0), json!(""), json!(null), json!([])] {
        let mut scene = scene(nothing.clone());
        assert!(!scene.plan().differs(), "{nothing}");
        scene.declare(&files("record_format: { mp4: { tags: b } }"));
        assert_eq!(lines(&scene.plan()).len(), 1, "{nothing}");
    }
    let mut scene = scene(json!({"x": 1}));
    assert!(!scene.plan().differs());
    scene.declare(&files("record_format: { mp4: { tags: b } }"));
    let plan = scene.plan();
    assert_eq!(lines(&plan), [""; 0]);
    assert_eq!(plan.notes.unsupported[0].reason, "holds `mp4.New` ({\"x\":1}), which no request can carry");
    assert!(plan.notes.unsupported[0].declared);
}

/// `FormatConfig: false` beside formats: the configuration is classic, and an Update leaves the list alone.
#[test]
fn a_list_of_formats_that_does_not_count_stays_where_it_is() {
    let list = json!({"RecordFormat": [{"Format": "mp4"}]});
    let mut scene = Scene::agreeing(&files(""));
    scene.remote(CAM).config.unknown.insert("RecordFormatList".into(), list.clone());
    assert!(!scene.plan().differs());
    scene.declare(&files("cycle_duration: 15m"));
    let plan = scene.plan();
    assert_eq!(lines(&plan), ["Update show/cam: cycle_duration 1h -> 15m"]);
    assert_eq!(plan.decisions.changes[0].after().unwrap().unknown["RecordFormatList"], list);
    scene.declare(&files("storage_location: other.example.com"));
    let plan = scene.plan();
    assert_eq!((lines(&plan), plan.notes.unsupported.len()), (vec![], 1), "a replace would lose it");
}

/// The service would refuse the Add of a replace, after the Delete.
#[test]
fn a_replace_that_could_not_be_added_is_not_planned() {
    let from = "record_content: [transcode], transcode_templates: [a]";
    let mut scene = Scene::agreeing(&files(from));
    scene.declare(&files("transcode_templates: default"));
    let plan = scene.plan();
    assert_eq!(lines(&plan), [""; 0]);
    assert!(
        plan.notes.unsupported[0].reason.contains("`record_content: [raw]`"),
        "{:?}",
        plan.notes.unsupported
    );
    assert!(plan.differs());
    assert_eq!(moved(from, "transcode_templates: default, record_content: [raw]").len(), 1);
}

#[test]
fn a_snapshot_brings_every_setting_of_a_format_back() {
    let mut scene = Scene::agreeing(&files(FULL));
    let saved = scene.snapshot.clone();
    let config = &mut scene.remote(CAM).config;
    let m3u8 = FormatSettings { process: Some(Process::Workflow("x".into())), ..FormatSettings::default() };
    config.record_format = Some([(Format::M3u8, m3u8), (Format::Mp4, FormatSettings::default())].into());
    let touched = scene.snapshot.clone();
    scene.restore(saved.clone());
    let plan = scene.plan();
    let [change] = &plan.decisions.changes[..] else { panic!("{:?}", lines(&plan)) };
    assert_eq!(change.action(), ActionKind::Update);
    let wanted = &saved.get(&CAM.parse().unwrap()).unwrap().config;
    assert_eq!(change.after(), Some(&wanted.clone().normalized()));
    scene.snapshot = saved;
    scene.restore(touched);
    let plan = scene.plan();
    assert_eq!(plan.decisions.changes[0].action(), ActionKind::Replace, "tags can't be cleared");
    let asked = plan.decisions.changes[0].after().unwrap().record_format.as_ref().unwrap();
    assert_eq!(asked[&Format::M3u8].slice_duration, Some(30), "asked for, as leaving it out might keep it");
}
