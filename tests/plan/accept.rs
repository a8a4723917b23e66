//! Accepted differences: what the service has in a field stays, and is no change.

use std::collections::BTreeSet;

use livevod::model::{Address, Field, RecordConfig, Snapshot, Value};
use livevod::plan::{ActionKind, Plan, PlanOptions, SavedPlan, plan};
use proptest::prelude::*;

use super::{FLEET, Scene, lines};

/// The fleet, with these entries of `accept`: address below the domain, field, and more keys.
fn accepting(entries: &[(&str, &str, &str)]) -> String {
    let entry = |(below, field, more): &(&str, &str, &str)| {
        format!(
            "  - {{ address: live.example.com/{below}, field: {field}, until: 2026-12-24, reason: ticket 4711{more} }}\n"
        )
    };
    format!("{FLEET}accept:\n{}", entries.iter().map(entry).collect::<String>())
}

/// The accepted differences of a plan, one line each.
fn accepted(plan: &Plan) -> Vec<String> {
    let rows = plan.notes.accepted.iter().flat_map(|one| one.rows());
    rows.map(|row| {
        let address = row.address.within_domain();
        format!("{address}: {} {}, declared {}", row.about.field, row.standing, row.declared)
    })
    .collect()
}

fn with_cam1(text: &str, change: impl FnOnce(&mut RecordConfig)) -> Scene {
    let mut scene = Scene::agreeing(FLEET);
    change(&mut scene.remote("live.example.com/show/cam1").config);
    scene.declare(text);
    scene
}

#[test]
fn what_is_accepted_is_no_change_and_is_listed() {
    let text = accepting(&[("show/cam1", "cycle_duration", "")]);
    let plan = with_cam1(&text, |config| config.cycle_duration = 21600).plan();
    assert_eq!(lines(&plan), [""; 0]);
    assert!(!plan.differs());
    assert_eq!(accepted(&plan), ["show/cam1: cycle_duration 6h, declared 1h"]);
    let about = &plan.notes.accepted[0].fields[0];
    assert_eq!((about.until.to_string(), about.reason.as_str()), ("2026-12-24".into(), "ticket 4711"));
    assert_eq!((about.place.file.as_str(), about.place.start.line), ("livevod.yaml", 14));
    assert!(plan.notes.unchanged.iter().any(|address| address.within_domain() == "show/cam1"));
}

#[test]
fn an_entry_is_about_the_field_and_the_addresses_that_it_names() {
    let text = accepting(&[("show/cam1", "cycle_duration", "")]);
    let scene = with_cam1(&text, |config| config.on_demand = 7);
    assert_eq!(lines(&scene.plan()), ["Update show/cam1: on_demand 7 -> 0"]);
    assert_eq!(accepted(&scene.plan()), [""; 0]);

    let mut scene = with_cam1(&text, |_| {});
    scene.remote("live.example.com/show/cam2").config.cycle_duration = 900;
    assert_eq!(lines(&scene.plan()), ["Update show/cam2: cycle_duration 15m -> 1h"]);
    scene.declare(&accepting(&[("show", "cycle_duration", "")]));
    assert_eq!(lines(&scene.plan()), [""; 0], "missing parts select all below");
    scene.declare(
        &accepting(&[("show/\"*\"", "cycle_duration", "")])
            .replace("live.example.com/show/\"*\"", "\"live.example.com/show/*\""),
    );
    assert_eq!(lines(&scene.plan()).len(), 1, "`*` alone is the name `*`");
}

#[test]
fn with_a_value_any_other_value_is_a_change() {
    let text = accepting(&[("show/cam1", "cycle_duration", ", value: 6h")]);
    assert_eq!(lines(&with_cam1(&text, |config| config.cycle_duration = 21600).plan()), [""; 0]);
    let other = with_cam1(&text, |config| config.cycle_duration = 900).plan();
    assert_eq!(lines(&other), ["Update show/cam1: cycle_duration 15m -> 1h"]);
    assert_eq!(accepted(&other), [""; 0]);

    let implied = accepting(&[("show/cam1", "delay_time", ", value: default")]);
    let implied = implied.replace("cam1: {}", "cam1: { delay_time: 5m }");
    assert_eq!(lines(&with_cam1(&implied, |config| config.delay_time = None).plan()), [""; 0]);
    assert_eq!(lines(&with_cam1(&implied, |config| config.delay_time = Some(180)).plan()), [""; 0]);
    assert_eq!(lines(&with_cam1(&implied, |config| config.delay_time = Some(60)).plan()).len(), 1);
}

/// The name of a group means the id that it has in the region of the domain.
#[test]
fn a_group_is_accepted_by_its_name_or_id() {
    const ID: &str = "77aa0d5ce0dd4bb9a1b7b5dba1f7c0bb";
    let text = |value: &str, ids: &str| {
        let text = accepting(&[("show/cam1", "vod_transcode_group", &format!(", value: {value}"))]);
        text.replace("transcode_groups: {", &format!("transcode_groups: {{ sd: {ids},"))
    };
    let changes = |value: &str, ids: &str| {
        let scene = with_cam1(&text(value, ids), |config| config.vod_transcode_group = ID.to_owned());
        lines(&scene.plan()).len()
    };
    assert_eq!(changes("sd", ID), 0);
    assert_eq!(changes("sd", &format!("{{ cn-shanghai: {ID} }}")), 0);
    assert_eq!(changes("sd", &format!("{{ cn-beijing: {ID} }}")), 1, "no id in the region");
    assert_eq!(changes(ID, ID), 0);
    assert_eq!(changes("hd", ID), 1);
}

#[test]
fn an_update_of_other_fields_keeps_what_stands() {
    let text = accepting(&[("show/cam1", "cycle_duration", "")]);
    let plan = with_cam1(&text, |config| {
        config.cycle_duration = 21600;
        config.on_demand = 7;
    })
    .plan();
    assert_eq!(lines(&plan), ["Update show/cam1: on_demand 7 -> 0"]);
    let change = &plan.decisions.changes[0];
    assert_eq!(change.after_value(Field::CycleDuration), Value::Seconds(21600));
    assert_eq!(accepted(&plan), ["show/cam1: cycle_duration 6h, declared 1h"]);
}

#[test]
fn a_replace_keeps_what_stands_if_an_add_can_send_it() {
    let text = accepting(&[("show/cam1", "cycle_duration", ""), ("show/cam1", "record_content", "")]);
    let text = text.replace("cam1: {}", "cam1: { space_id: app-2, transcode_templates: default }");
    let plan = with_cam1(&text, |config| config.cycle_duration = 21600).plan();
    assert_eq!(plan.decisions.changes[0].action(), ActionKind::Replace);
    assert_eq!(plan.decisions.changes[0].after_value(Field::CycleDuration), Value::Seconds(21600));

    let content = || Some(["transcode".to_owned()].into());
    let text = text.replace("default }", "default, record_content: [raw] }");
    let plan = with_cam1(&text, |config| {
        config.record_content = content();
        config.transcode_templates = Some(["lld".to_owned()].into());
    })
    .plan();
    assert_eq!(lines(&plan), [""; 0]);
    assert_eq!(
        plan.notes.unsupported[0].reason,
        "records transcoded streams without `transcode_templates`, which no configuration can be created with; \
         write both, or `record_content: [raw]`; it would keep the accepted `record_content`"
    );
}

/// Whether files are merged decides about the group of the merged file, and the formats about all classic settings.
#[test]
fn what_depends_on_an_accepted_field_goes_along() {
    let text = accepting(&[("news/desk", "auto_compose", "")]);
    let mut scene = Scene::agreeing(FLEET);
    scene.remote("live.example.com/news/desk").config.auto_compose = false;
    scene.declare(&text);
    assert_eq!(lines(&scene.plan()), [""; 0]);
    assert_eq!(
        accepted(&scene.plan()),
        [
            "news/desk: auto_compose off, declared on",
            "news/desk: compose_vod_transcode_group (not set), declared 6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa"
        ]
    );
    // The group alone can't be left unset while files are merged.
    scene.declare(&accepting(&[("news/desk", "compose_vod_transcode_group", "")]));
    assert_eq!(lines(&scene.plan()).len(), 1);
    assert_eq!(accepted(&scene.plan()), [""; 0]);

    let formats = FLEET.replace("cam1: {}", "cam1: { record_format: { mp4: {} } }");
    let mut scene = Scene::agreeing(FLEET);
    scene.declare(&accepting(&[("show/cam1", "record_format", "")]).replace(FLEET, &formats));
    assert_eq!(lines(&scene.plan()), [""; 0]);
    assert_eq!(accepted(&scene.plan()).len(), 3, "{:?}", accepted(&scene.plan()));
    scene.declare(&accepting(&[("show/cam1", "vod_transcode_group", "")]).replace(FLEET, &formats));
    assert_eq!(lines(&scene.plan()).len(), 1);
    assert_eq!(accepted(&scene.plan()), [""; 0]);
}

#[test]
fn formats_are_accepted_together() {
    let settings = "cam1: { record_format: { mp4: { tags: gala } } }";
    let formats = FLEET.replace("cam1: {}", settings);
    let text = |more: &str| accepting(&[("show/cam1", "record_format", more)]).replace(FLEET, &formats);
    let scene = |more: &str| {
        let mut scene = Scene::agreeing(&formats.replace("tags: gala", "tags: sports"));
        scene.declare(&text(more));
        scene
    };
    assert_eq!(accepted(&scene("").plan()), ["show/cam1: record_format.mp4.tags sports, declared gala"]);
    assert_eq!(lines(&scene(", value: { mp4: { tags: sports } }").plan()), [""; 0]);
    assert_eq!(lines(&scene(", value: { mp4: {} }").plan()), [""; 0], "what is not written is the service's");
    assert_eq!(lines(&scene(", value: { mp4: { tags: news } }").plan()).len(), 1);
    assert_eq!(lines(&scene(", value: { m3u8: {} }").plan()).len(), 1);
}

#[test]
fn existence_is_not_accepted() {
    let text = accepting(&[("show/cam1", "cycle_duration", "")]);
    let mut scene = Scene::agreeing(FLEET);
    scene.remove_remote("live.example.com/show/cam1").declare(&text);
    assert_eq!(scene.plan().decisions.changes[0].action(), ActionKind::Create);
    let mut scene = with_cam1(&text, |config| config.cycle_duration = 900);
    scene.declare(&text.replace("cam1: {}", "cam1: { state: absent }"));
    assert_eq!(scene.plan().decisions.changes[0].action(), ActionKind::Delete);
    assert_eq!(accepted(&scene.plan()), [""; 0]);
}

#[test]
fn on_its_last_day_an_entry_no_longer_holds() {
    let scene = with_cam1(&accepting(&[("show/cam1", "cycle_duration", "")]), |config| {
        config.cycle_duration = 21600;
    });
    let on = |day: i8| {
        let desired = scene.desired.clone().as_of(jiff::civil::date(2026, 12, day));
        lines(&plan(&desired, &scene.snapshot, &scene.sources, &PlanOptions::default())).len()
    };
    assert_eq!((on(23), on(24), on(25)), (0, 1, 1));
}

/// What is restored is what the snapshot has, whatever is accepted; the ignored and the protected stay so.
#[test]
fn ignore_protect_and_restore_have_the_same_effect_as_ever() {
    let text = accepting(&[("show/cam1", "cycle_duration", "")]);
    let mut scene = with_cam1(&text, |config| config.cycle_duration = 21600);
    scene.declare(&text.replace("domains:", "protect: [live.example.com]\ndomains:"));
    assert_eq!((lines(&scene.plan()), scene.held()), (vec![], vec![]));

    let saved = Scene::agreeing(FLEET).snapshot;
    scene.restore(saved);
    assert_eq!(lines(&scene.plan()), ["Update show/cam1: cycle_duration 6h -> 1h"]);
    assert_eq!(accepted(&scene.plan()), [""; 0]);
}

#[test]
fn a_saved_plan_holds_what_was_accepted_and_has_the_digest_of_its_writes() {
    let text = accepting(&[("show/cam1", "cycle_duration", "")]);
    let scene = with_cam1(&text, |config| {
        config.cycle_duration = 21600;
        config.on_demand = 7;
    });
    let plan = scene.plan();
    let saved = SavedPlan::new(plan.clone(), "2026-11-22T20:15:00Z".parse().unwrap());
    let read = SavedPlan::read(&saved.write().unwrap()).unwrap();
    assert_eq!(read.notes.accepted, plan.notes.accepted);
    assert_eq!(read.decisions.digest(), plan.digest());
    let without = with_cam1(FLEET, |config| {
        config.cycle_duration = 21600;
        config.on_demand = 7;
    });
    assert_ne!(without.plan().digest(), plan.digest(), "it writes another value");
}

const STREAMS: [&str; 3] = ["cam1", "cam2", "*"];

/// Settings of an entry, or of what the service has.
fn settings() -> impl Strategy<Value = String> {
    let classic = prop_oneof![
        Just("vod_transcode_group: hd"),
        Just("vod_transcode_group: archive"),
        Just("auto_compose: on, compose_vod_transcode_group: archive"),
        Just("auto_compose: on, compose_vod_transcode_group: hd"),
        Just("vod_transcode_group: hd, auto_compose: off"),
        Just("record_format: { mp4: { process: { transcode: hd } } }"),
        Just("record_format: { mp4: { tags: gala }, m3u8: {} }"),
        Just("record_format: { m3u8: { slice_duration: 10, auto_compose: on } }"),
    ];
    let more = |texts: &'static [&'static str]| prop::sample::select(texts);
    (
        classic,
        more(&["", ", cycle_duration: 30m", ", cycle_duration: 6h"]),
        more(&["", ", on_demand: 7"]),
        more(&["", ", delay_time: 5m", ", delay_time: 3m"]),
        more(&["", ", space_id: app-2", ", space_id: app-1000000"]),
        more(&["", ", record_content: [transcode], transcode_templates: [lld]", ", record_content: [raw]"]),
    )
        .prop_map(|(classic, one, two, three, four, five)| [classic, one, two, three, four, five].concat())
}

fn file(entries: &[String]) -> String {
    let streams: String =
        STREAMS.iter().zip(entries).map(|(name, own)| format!("\"{name}\": {{ {own} }}, ")).collect();
    format!(
        "version: 1\nregion: cn-shanghai\n\
         transcode_groups: {{ hd: e2d796d3bb5fd8049d32bff62f94e4c1, archive: 6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa }}\n\
         defaults: {{ vod_transcode_group: hd }}\n\
         domains: {{ a.com: {{ apps: {{ show: {{ streams: {{ {streams} }} }} }} }} }}\n"
    )
}

fn accept() -> impl Strategy<Value = String> {
    let value = |field: Field| match field {
        Field::CycleDuration => &["", ", value: 6h"][..],
        Field::RecordFormat => &["", ", value: { mp4: {} }"][..],
        Field::VodTranscodeGroup => &["", ", value: archive"][..],
        _ => &[""][..],
    };
    let entry =
        (prop::sample::select(&STREAMS[..]), prop::sample::select(Field::MANAGED.to_vec()), 0..2_usize);
    let entry = entry.prop_map(move |(stream, field, which)| {
        let values = value(field);
        let more = values[which % values.len()];
        format!(
            "{{ address: \"a.com/show/{stream}\", field: {field}, until: 2026-12-24, reason: why{more} }}"
        )
    });
    prop::collection::vec(entry, 0..6).prop_map(|entries| format!("accept: [{}]\n", entries.join(", ")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is declared, held and accepted: a plan writes no accepted field, changes nothing else because of it, and
    /// once it is carried out nothing is left to do.
    #[test]
    fn accepted_fields_stay_and_a_second_plan_is_empty(
        wanted in prop::collection::vec(settings(), 3),
        held in prop::collection::vec(settings(), 3),
        accept in accept(),
    ) {
        let mut scene = Scene::agreeing(&file(&held));
        let plain = scene.declare(&file(&wanted)).plan();
        let first = scene.declare(&(file(&wanted) + &accept)).plan();
        let by_address = |plan: &Plan, address: &Address| -> BTreeSet<Field> {
            let change = plan.decisions.changes.iter().find(|change| change.address == *address);
            change.map(|change| change.fields().into_iter().collect()).unwrap_or_default()
        };
        for (address, entry) in &scene.desired.domains["a.com"].entries {
            let is_planned = |plan: &Plan| !plan.notes.unsupported.iter().any(|one| one.address == *address);
            if !is_planned(&first) || !is_planned(&plain) {
                continue;
            }
            let before = scene.snapshot.get(address).unwrap().config.clone().normalized();
            let (asked, changed) = (by_address(&plain, address), by_address(&first, address));
            let accepted: BTreeSet<Field> = first.notes.accepted.iter()
                .filter(|one| one.address == *address)
                .flat_map(|one| one.fields.iter().map(|about| about.field))
                .collect();
            prop_assert_eq!(&changed | &accepted, asked, "each difference is either a change or accepted");
            prop_assert!((&changed & &accepted).is_empty());
            let after = first.decisions.changes.iter().find(|change| change.address == *address);
            if let Some(after) = after.and_then(|change| change.after()) {
                for field in accepted {
                    prop_assert!(!before.differences(after).contains(&field), "{field} is written");
                }
                // What is written is a configuration that files could declare.
                let is_classic = !after.is_by_format();
                prop_assert!(!is_classic || !after.vod_transcode_group.is_empty());
                prop_assert!(!after.auto_compose || after.compose_vod_transcode_group.is_some());
            }
            prop_assert!(entry.resolved().is_some());
        }
        let carried_out: Snapshot = first.decisions.carried_out(&scene.snapshot);
        let second = plan(&scene.desired, &carried_out, &scene.sources, &PlanOptions::default());
        prop_assert_eq!(&second.decisions.changes, &vec![]);
        prop_assert_eq!(accepted_fields(&second), accepted_fields(&first));
    }
}

fn accepted_fields(plan: &Plan) -> Vec<(Address, Vec<Field>)> {
    let fields = |one: &livevod::plan::AcceptedDrift| one.fields.iter().map(|about| about.field).collect();
    plan.notes.accepted.iter().map(|one| (one.address.clone(), fields(one))).collect()
}
