//! Restores to a snapshot.

use livevod::model::{Format, FormatSettings, RecordConfig, Remote, words};
use livevod::plan::{Plan, Reason};
use livevod::resolve::OriginKind;

use super::{FLEET, Scene, lines};

/// The plan back to the state before `change`.
fn back_from(change: impl FnOnce(&mut Scene)) -> Plan {
    back(|_| {}, change)
}

/// The same, with `saved` done to the service before the snapshot.
fn back(saved: impl FnOnce(&mut Scene), change: impl FnOnce(&mut Scene)) -> Plan {
    let mut scene = Scene::agreeing(FLEET);
    saved(&mut scene);
    let snapshot = scene.snapshot.clone();
    change(&mut scene);
    scene.restore(snapshot).plan()
}

fn cam1(scene: &mut Scene) -> &mut Remote {
    scene.remote("live.example.com/show/cam1")
}

#[test]
fn what_still_is_as_saved_is_left() {
    let plan = back_from(|_| {});
    assert!(!plan.differs());
    assert_eq!(plan.notes.unchanged.len(), 8);
}

#[test]
fn fields_that_no_file_knows_go_back_too() {
    let plan = back_from(|scene| {
        cam1(scene).config.cycle_duration = 900;
        cam1(scene).config.delay_time = Some(60);
    });
    assert_eq!(lines(&plan), ["Update show/cam1: cycle_duration 15m -> 1h, delay_time 1m -> 4m"]);
    let change = plan.noted(0).unwrap();
    assert_eq!(change.reason, Reason::InSnapshot);
    assert_eq!(change.note.reason_place.as_ref().unwrap().file, "saved.json");
    let origins: Vec<_> = change.field_changes().map(|one| one.origin.map(|origin| origin.kind)).collect();
    assert_eq!(origins, [Some(OriginKind::Snapshot); 2], "each value is the snapshot's");
}

#[test]
fn what_only_an_add_can_set_is_replaced() {
    type Touch = fn(&mut Remote);
    let table: [(&str, Touch); 3] = [
        ("storage_location other -> chosen.oss-cn-shanghai.aliyuncs.com", |remote| {
            remote.config.storage_location = Some("other".into());
        }),
        ("record_content [transcode] -> [raw], transcode_templates [a] -> []", |remote| {
            remote.config.record_content = Some(words("transcode"));
            remote.config.transcode_templates = Some(words("a"));
        }),
        ("space_id x -> app-1000000", |remote| remote.config.space_id = Some("x".into())),
    ];
    for (fields, touch) in table {
        let plan = back_from(|scene| touch(cam1(scene)));
        assert_eq!(lines(&plan), [format!("Replace show/cam1: {fields}")]);
        assert_eq!(plan.decisions.changes[0].reason, Reason::CreateOnly, "{fields}");
    }
}

#[test]
fn a_location_that_came_since_is_told_where_it_can_not_go() {
    let plan = back(
        |scene| cam1(scene).config.storage_location = None,
        |scene| cam1(scene).config.storage_location = Some("other".into()),
    );
    assert!(plan.decisions.changes.is_empty());
    let warnings: Vec<&str> = plan.notes.warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert_eq!(
        warnings,
        ["it stores in `other` now and had no storage location in the snapshot; no call can undo that"]
    );
}

#[test]
fn a_location_that_nobody_chose_stays_as_it_is() {
    let plan = back(
        |scene| cam1(scene).config.storage_location = None,
        |scene| {
            cam1(scene).config.storage_location = Some("other".into());
        },
    );
    assert!(!plan.differs(), "{:?}", lines(&plan));
}

#[test]
fn what_is_gone_is_added_with_all_that_it_had_and_what_came_goes() {
    let plan = back_from(|scene| {
        scene.remove_remote("live.example.com/show/cam1").add_remote("live.example.com/news/extra");
    });
    assert_eq!(
        lines(&plan),
        [
            "Delete news/extra: vod_transcode_group g -> (not set), cycle_duration 1h -> (not set), \
             auto_compose off -> (not set), on_demand 0 -> (not set), \
             storage_location chosen.oss-cn-shanghai.aliyuncs.com -> (not set), delay_time 4m -> (not set)",
            "Create show/cam1: vod_transcode_group (not set) -> e2d796d3bb5fd8049d32bff62f94e4c1, \
             cycle_duration (not set) -> 1h, auto_compose (not set) -> off, on_demand (not set) -> 0, \
             storage_location (not set) -> chosen.oss-cn-shanghai.aliyuncs.com, delay_time (not set) -> 4m"
        ]
    );
    assert_eq!(plan.decisions.changes[0].reason, Reason::NotInSnapshot);
    assert_eq!(plan.decisions.changes[1].reason, Reason::InSnapshot);
}

#[test]
fn what_could_not_be_written_is_not_lost_in_silence() {
    let by_format = |scene: &mut Scene| cam1(scene).unsupported = Some("by-format".into());
    let declared = |plan: Plan| {
        assert_eq!(lines(&plan), Vec::<String>::new());
        assert_eq!(plan.notes.unsupported[0].reason, "it was saved as by-format");
        plan.notes.unsupported[0].declared
    };
    assert!(!declared(back(by_format, |_| {})), "it still stands");
    assert!(declared(back(by_format, |scene| cam1(scene).unsupported = None)), "something else stands there");
    assert!(declared(back(by_format, |scene| _ = scene.remove_remote("live.example.com/show/cam1"))));
}

#[test]
fn what_no_request_can_carry_is_neither_brought_back_nor_overwritten() {
    let odd = |scene: &mut Scene| {
        cam1(scene).config.unknown.insert("NewField".into(), "x".into());
    };
    let even = |scene: &mut Scene| cam1(scene).config.unknown.clear();
    for plan in [back(odd, even), back(|_| {}, odd)] {
        assert_eq!(lines(&plan), Vec::<String>::new());
        assert_eq!(plan.notes.unsupported[0].reason, "holds `NewField` (\"x\"), which no request can carry");
        assert!(plan.notes.unsupported[0].declared);
    }
}

/// An Update of the classic fields keeps formats that do not count, but can neither bring them back nor remove them.
#[test]
fn formats_that_do_not_count_stay_where_they_are_and_do_not_come_back() {
    let idle = |scene: &mut Scene| {
        let formats = serde_json::json!({ "RecordFormat": [{ "Format": "mp4" }] });
        cam1(scene).config.unknown.insert("RecordFormatList".into(), formats);
    };
    for plan in [back(idle, |scene| cam1(scene).config.unknown.clear()), back(|_| {}, idle)] {
        assert_eq!(lines(&plan), Vec::<String>::new());
        let reason = &plan.notes.unsupported[0].reason;
        assert!(reason.starts_with("holds `RecordFormatList` beside `FormatConfig: false`"), "{reason}");
    }
    let kept = back(idle, |scene| cam1(scene).config.cycle_duration = 900);
    assert_eq!(lines(&kept), ["Update show/cam1: cycle_duration 15m -> 1h"]);
}

#[test]
fn what_a_format_holds_and_no_request_can_carry_is_not_overlooked() {
    let odd = |scene: &mut Scene, value: Option<&str>| {
        let unknown = value.map(|value| ("NewField".to_owned(), value.into())).into_iter().collect();
        let mp4 = FormatSettings { unknown, ..FormatSettings::default() };
        cam1(scene).config =
            RecordConfig { record_format: Some([(Format::Mp4, mp4)].into()), ..RecordConfig::default() };
    };
    let plan = back(|scene| odd(scene, Some("x")), |scene| odd(scene, None));
    assert_eq!(lines(&plan), Vec::<String>::new());
    assert_eq!(plan.notes.unsupported[0].reason, "holds `mp4.NewField` (\"x\"), which no request can carry");
    assert!(!back(|scene| odd(scene, Some("x")), |_| {}).differs());
}
