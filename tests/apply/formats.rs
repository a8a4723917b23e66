//! By-format configurations, applied to the emulator under both readings of what an Update does with omitted parameters.

use livevod::apply::blame;
use livevod::emulator::{Quirks, Settings};
use livevod::model::{Field, Format, FormatSettings, Part, Process, RecordConfig, StreamSpelling, words};
use livevod::plan::ActionKind;
use livevod::wire;

use super::world::*;

const CAM: &str = "a.example.com/show/cam";

/// Two formats with every setting.
fn by_format() -> RecordConfig {
    let m3u8 = FormatSettings {
        process: Some(Process::Transcode(GROUP.into())),
        slice_duration: Some(10),
        auto_compose: Some(true),
        video: Some(words("origin,compose")),
        tags: Some("a, b".into()),
        ..FormatSettings::default()
    };
    let mp4 = FormatSettings { process: Some(Process::Workflow("wf".into())), ..FormatSettings::default() };
    RecordConfig {
        record_format: Some([(Format::M3u8, m3u8), (Format::Mp4, mp4)].into()),
        delay_time: Some(60),
        record_content: Some(words("raw,transcode")),
        transcode_templates: Some(words("t1,t2")),
        space_id: Some("app-2".into()),
        ..RecordConfig::default()
    }
}

fn file(settings: &str) -> String {
    format!(
        "version: 1\ntranscode_groups: {{ hd: {GROUP}, gone: 00000000000000000000000000000009 }}\n\
         defaults: {{ vod_transcode_group: hd }}\n\
         domains: {{ a.example.com: {{ apps: {{ show: {{ streams: {{ cam: {{ {settings} }} }} }} }} }} }}\n"
    )
}

const SAME: &str = "record_format: { m3u8: {}, mp4: {} }";

#[tokio::test(start_paused = true)]
async fn an_update_changes_one_setting_and_keeps_all_others() {
    for omitted in ["update-omitted=reset", "update-omitted=keep"] {
        let quirks = Quirks::with(&[omitted]).unwrap();
        let world = World::with(Settings { quirks, ..Settings::default() });
        world.hold(CAM, &by_format()).await;
        assert!(!world.plan(&file(SAME)).await.differs(), "{omitted}");
        let files = file("record_format: { m3u8: { tags: c }, mp4: {} }, cycle_duration: 15m");
        let plan = world.plan(&files).await;
        assert_eq!(plan.decisions.changes[0].action(), ActionKind::Update);
        let report = world.apply(plan.decisions.changes).await;
        assert_eq!(ends(&report), ["done"], "{omitted}");
        let mut wanted = RecordConfig { cycle_duration: 900, ..by_format() };
        wanted.set(Field::Part(Format::M3u8, Part::Tags), livevod::model::Value::Text("c".into()));
        assert_eq!(world.config(CAM).await, Some(wanted), "{omitted}");
        assert!(!world.plan(&files).await.differs(), "{omitted}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_kind_becomes_the_other_and_back() {
    let world = World::new();
    world.hold(CAM, &RecordConfig { delay_time: Some(240), ..config() }).await;
    for (settings, is_by_format) in [("record_format: { flv: {} }", true), ("", false)] {
        let plan = world.plan(&file(settings)).await;
        assert_eq!(plan.decisions.changes[0].action(), ActionKind::Replace);
        assert_eq!(ends(&world.apply(plan.decisions.changes).await), ["done"]);
        let held = world.config(CAM).await.unwrap();
        assert_eq!((held.is_by_format(), held.delay_time), (is_by_format, Some(240)));
        assert!(!world.plan(&file(settings)).await.differs());
    }
}

/// The service refuses the new configuration: the old one comes back exactly as it was, whatever its kind.
#[tokio::test(start_paused = true)]
async fn a_refused_replace_leaves_the_old_kind_as_it_was() {
    let groups = Some([GROUP.to_owned()].into());
    for (old, settings) in [
        (by_format(), "vod_transcode_group: gone"),
        (by_format(), "record_format: { mp4: { process: { transcode: gone } } }"),
        (config(), "record_format: { mp4: { process: { transcode: gone } } }"),
    ] {
        let world = World::with(Settings { transcode_groups: groups.clone(), ..Settings::default() });
        world.hold(CAM, &old).await;
        let plan = world.plan(&file(settings)).await;
        let report = world.apply(plan.decisions.changes.clone()).await;
        assert_eq!(ends(&report), ["failed"]);
        assert_eq!(why(&report, 0), "the new configuration could not be created; the old one was added back");
        assert_eq!(world.config(CAM).await, Some(old.normalized()));
        let error = failure(&report, 0).remote.as_ref().unwrap().remote().unwrap();
        let fields = blame(&plan.decisions.changes[0], error);
        let group = Field::Part(Format::Mp4, Part::Process);
        let group = if settings.starts_with("vod") { Field::VodTranscodeGroup } else { group };
        assert_eq!(fields, [group], "{settings}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_crash_within_a_replace_of_the_kind_is_finished_with_everything() {
    let world = World::new();
    world.hold(CAM, &by_format()).await;
    let files = file("record_format: { m3u8: {} }");
    let plan = world.plan(&files).await;
    world.faults(&["drop-after-commit:action=Add"]);
    let report = world.apply(plan.decisions.changes).await;
    assert_eq!(ends(&report), ["done"], "{report:?}");
    let held = world.config(CAM).await.unwrap();
    let mut wanted = by_format();
    wanted.record_format.as_mut().unwrap().remove(&Format::Mp4);
    assert_eq!(held, wanted);
}

/// An Update would lose it, so what appeared inside a format since the plan was made keeps the Update from being sent.
#[tokio::test(start_paused = true)]
async fn an_unknown_field_that_came_into_a_format_since_the_plan_is_not_overwritten() {
    let listed = |field: &str| {
        let format = format!(r#"{{ "Format": "mp4"{field} }}"#);
        format!(
            r#"{{ "configs": [{{ "DomainName": "a.example.com", "AppName": "show", "StreamName": "cam",
            "FormatConfig": true, "RecordFormatList": {{ "RecordFormat": [{format}] }} }}] }}"#
        )
    };
    let world = World::new();
    world.service.load(&listed("")).unwrap();
    let plan = world.plan(&file("record_format: { mp4: { tags: new } }")).await;
    world.edit(wire::delete(&address(CAM), StreamSpelling::Named)).await;
    world.service.load(&listed(r#", "NewField": "x""#)).unwrap();
    let report = world.apply(plan.decisions.changes).await;
    assert_eq!((ends(&report), world.sent("Update")), (vec!["not attempted"], 0), "{report:?}");
}
