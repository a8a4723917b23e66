//! Which change follows from each difference.

use livevod::model::{Field, RecordConfig, StreamSpelling, words};
use livevod::plan::{
    Change, ChangeNote, Contingent, Coverage, FieldOrigin, Reason, SinceBase, Summary, Transition, fold,
};
use livevod::resolve::OriginKind;
use serde_json::json;

use super::{FLEET, Scene, domains, lines};

#[test]
fn a_service_that_agrees_has_an_empty_plan() {
    let plan = Scene::agreeing(FLEET).plan();
    assert_eq!(lines(&plan), Vec::<String>::new());
    assert_eq!(plan.notes.unchanged.len(), 8);
    assert!(!plan.differs());
    assert!(plan.is_complete());
}

#[test]
fn what_is_missing_is_created_with_the_origin_of_every_value() {
    let mut scene = Scene::agreeing(FLEET);
    scene.remove_remote("live.example.com/show/cam2");
    let plan = scene.plan();
    assert_eq!(
        lines(&plan),
        ["Create show/cam2: vod_transcode_group (not set) -> e2d796d3bb5fd8049d32bff62f94e4c1, \
          cycle_duration (not set) -> 1h, auto_compose (not set) -> off, on_demand (not set) -> 0"]
    );
    let change = plan.noted(0).unwrap();
    assert_eq!(change.reason, Reason::Missing);
    let origins: Vec<_> = change.field_changes().map(|one| one.origin.unwrap()).collect();
    assert_eq!(origins[1].kind, OriginKind::Defaults);
    assert_eq!(origins[1].place.as_ref().unwrap().start.line, 5);
    assert_eq!(origins[2].kind, OriginKind::Default);
    assert_eq!(origins[2].place, None);
    let Coverage { before, after } = &change.note.coverage;
    assert_eq!(before.as_ref().unwrap().other.as_ref().unwrap().within_domain(), "show/*");
    assert_eq!(after.as_ref().unwrap().other, None, "its own");
}

#[test]
fn only_the_fields_that_differ_are_updated_and_carried_ones_go_along() {
    let mut scene = Scene::agreeing(FLEET);
    scene.remote("live.example.com/show/cam1").config.cycle_duration = 900;
    let plan = scene.plan();
    assert_eq!(lines(&plan), ["Update show/cam1: cycle_duration 15m -> 1h"]);
    assert_eq!(plan.decisions.changes[0].after().unwrap().delay_time, Some(240));
}

#[test]
fn a_value_that_nobody_wrote_heads_the_plan() {
    let heads = |change: &dyn Fn(&mut Scene)| {
        let mut scene = Scene::agreeing(FLEET);
        change(&mut scene);
        let plan = scene.plan();
        assert!(plan.differs());
        plan.notes.warnings.into_iter().map(|warning| warning.message).collect::<Vec<_>>()
    };
    let fall = " back to a documented default that no file sets: look for `(not written)`";
    let on_demand = |scene: &mut Scene, address| scene.remote(address).config.on_demand = 1;
    let [cam1, cam2] = ["live.example.com/show/cam1", "live.example.com/show/cam2"];
    assert_eq!(heads(&|scene| on_demand(scene, cam1)), [format!("`{cam1}` falls{fall}")]);
    let both = |scene: &mut Scene| [cam1, cam2].into_iter().for_each(|address| on_demand(scene, address));
    assert_eq!(heads(&both), [format!("`{cam1}` and 1 more fall{fall}")]);
    let none = Vec::<String>::new();
    assert_eq!(heads(&|scene| scene.remote(cam1).config.cycle_duration = 900), none, "it is written");
    assert_eq!(heads(&|scene| _ = scene.remove_remote(cam1)), none, "nothing was there");
}

#[test]
fn the_compose_group_counts_only_while_auto_compose_is_on() {
    let mut scene = Scene::agreeing(FLEET);
    scene.remote("live.example.com/show/cam1").config.compose_vod_transcode_group = Some("stale".into());
    assert!(scene.plan().decisions.changes.is_empty());
    scene.remote("live.example.com/news/desk").config.compose_vod_transcode_group = Some("other".into());
    assert_eq!(
        lines(&scene.plan()),
        ["Update news/desk: compose_vod_transcode_group other -> 6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa"]
    );
}

#[test]
fn a_storage_location_that_nobody_wrote_is_the_services_own() {
    let mut scene = Scene::agreeing(FLEET);
    scene.remote("live.example.com/show/cam1").config.storage_location =
        Some("moved.oss-cn-shanghai.aliyuncs.com".into());
    assert!(scene.plan().decisions.changes.is_empty());
    scene
        .declare(&FLEET.replace("cam1: {}", "cam1: { storage_location: mine.oss-cn-shanghai.aliyuncs.com }"));
    let plan = scene.plan();
    assert_eq!(
        lines(&plan),
        [
            "Replace show/cam1: storage_location moved.oss-cn-shanghai.aliyuncs.com -> mine.oss-cn-shanghai.aliyuncs.com"
        ]
    );
    assert_eq!(plan.decisions.changes[0].contingent, [Contingent::AddBack]);
}

#[test]
fn undeclared_configurations_are_left_alone_unless_pruned() {
    let mut scene = Scene::agreeing(FLEET);
    scene.add_remote("live.example.com/news/extra").add_remote("live.example.com/test-1/x");
    let plan = scene.plan();
    assert!(plan.decisions.changes.is_empty());
    assert_eq!(plan.notes.unmanaged.len(), 2);
    assert!(!plan.differs(), "an unmanaged entry that shadows nothing is no difference");
    scene.declare(&FLEET.replace("      news:\n", "      news:\n        prune: true\n"));
    let plan = scene.plan();
    assert_eq!(lines(&plan).len(), 1);
    assert!(lines(&plan)[0].starts_with("Delete news/extra"));
    assert_eq!(plan.notes.unmanaged.len(), 1);
    assert_eq!(plan.notes.changes[0].coverage.after, None);
    scene.declare(&FLEET.replace("live.example.com:\n", "live.example.com:\n    prune: true\n"));
    assert_eq!(scene.plan().decisions.changes.len(), 2);
}

#[test]
fn an_unmanaged_entry_in_front_of_a_declared_rule_is_a_difference() {
    let mut scene = Scene::agreeing(FLEET);
    scene.add_remote("live.example.com/show/console");
    let plan = scene.plan();
    assert!(plan.decisions.changes.is_empty());
    assert!(plan.differs());
    assert_eq!(plan.notes.shadows[0].shadowed.within_domain(), "show/*");
}

/// Patterns under `ignore`, the apps of the files, what exists besides, and what takes streams from which declared entry.
type Shadowing<'a> = (&'a str, &'a str, &'a [&'a str], &'a [(&'a str, &'a str)]);

/// What each unmanaged configuration takes streams from, by the order in which configurations apply.
#[test]
fn a_shadow_is_decided_by_what_would_record_without_it() {
    let files = |ignore: &str, apps: &str| {
        format!(
            "version: 1\nignore: [{ignore}]\ndefaults: {{ vod_transcode_group: VOD_NO_TRANSCODE }}\ndomains:\n  live.example.com:\n    apps: {apps}\n"
        )
    };
    let every = "{ \"*\": { streams: { \"*\": {} } } }";
    let gala = "{ \"*\": { streams: { gala: {} } } }";
    let both = "{ \"*\": { streams: { gala: {} } }, show: { streams: { gala: {} } } }";
    let named = "{ show: { streams: { cam1: {}, cam2: { state: absent } } } }";
    let table: [Shadowing; 9] = [
        ("", every, &["show/cam1"], &[("show/cam1", "*/*")]),
        ("", every, &["show/*", "show/cam1"], &[("show/*", "*/*"), ("show/cam1", "*/*")]),
        ("", every, &["*/gala"], &[("*/gala", "*/*")]),
        ("live.example.com/show/*", every, &["show/*", "show/cam1"], &[]),
        ("live.example.com/show/*", every, &["show/cam1"], &[("show/cam1", "*/*")]),
        ("", gala, &["show/*"], &[("show/*", "*/gala")]),
        ("", gala, &["show/cam1", "news/other"], &[]),
        ("", both, &["show/*"], &[]),
        ("", named, &["show/*", "show/cam3", "*/*"], &[]),
    ];
    for (ignore, apps, unmanaged, expected) in table {
        let mut scene = Scene::agreeing(&files(ignore, apps));
        for name in unmanaged {
            scene.add_remote(&format!("live.example.com/{name}"));
        }
        for is_manageable in [true, false] {
            let plan = scene.plan();
            let found = plan.notes.shadows.iter();
            let found: Vec<(String, String)> =
                found.map(|one| (one.address.within_domain(), one.shadowed.within_domain())).collect();
            let found: Vec<(&str, &str)> =
                found.iter().map(|(one, two)| (one.as_str(), two.as_str())).collect();
            assert_eq!(found, expected, "{apps} beside {unmanaged:?}, manageable: {is_manageable}");
            assert_eq!(plan.differs(), !expected.is_empty());
            for name in unmanaged {
                let remote = scene.remote(&format!("live.example.com/{name}"));
                remote.unsupported = Some("it has formats that nobody knows".to_owned());
            }
        }
    }
}

#[test]
fn absent_is_a_delete_and_nothing_where_nothing_is() {
    let mut scene = Scene::agreeing(FLEET);
    scene.declare(&FLEET.replace("cam1: {}", "cam1: { state: absent }"));
    let plan = scene.plan();
    assert!(lines(&plan)[0].starts_with("Delete show/cam1"), "{:?}", lines(&plan));
    assert_eq!(plan.decisions.changes[0].reason, Reason::DeclaredAbsent);
    assert_eq!(plan.notes.changes[0].reason_place.as_ref().unwrap().start.line, 10);
    let after = plan.notes.changes[0].coverage.after.as_ref().unwrap();
    assert_eq!(after.other.as_ref().unwrap().within_domain(), "show/*");
    scene.remove_remote("live.example.com/show/cam1");
    assert!(!scene.plan().differs());
}

#[test]
fn ignored_addresses_are_seen_and_left() {
    let mut scene = Scene::agreeing(FLEET);
    scene.add_remote("live.example.com/test-1/x");
    scene.declare(
        &FLEET
            .replace("domains:\n", "ignore: [live.example.com/test-*]\ndomains:\n")
            .replace("live.example.com:\n", "live.example.com:\n    prune: true\n"),
    );
    let plan = scene.plan();
    assert!(plan.decisions.changes.is_empty());
    assert_eq!(plan.notes.ignored.len(), 1);
}

#[test]
fn what_can_not_be_managed_is_never_touched_and_a_difference_only_where_declared() {
    let mut scene = Scene::agreeing(FLEET);
    scene.add_remote("live.example.com/news/by-format");
    scene.remote("live.example.com/news/by-format").unsupported = Some("by format".into());
    assert!(!scene.plan().differs());
    scene.remote("live.example.com/show/cam1").unsupported = Some("several entries under one key".into());
    let plan = scene.plan();
    assert!(plan.decisions.changes.is_empty());
    assert!(plan.differs());
    assert_eq!(plan.notes.unsupported.iter().filter(|one| one.declared).count(), 1);
}

#[test]
fn a_field_that_no_request_can_carry_forbids_update_but_not_agreement() {
    let mut scene = Scene::agreeing(FLEET);
    let remote = scene.remote("live.example.com/show/cam1");
    remote.config.unknown.insert("NewField".into(), json!("x"));
    assert!(!scene.plan().differs());
    scene.remote("live.example.com/show/cam1").config.cycle_duration = 900;
    let plan = scene.plan();
    assert!(plan.decisions.changes.is_empty());
    assert!(plan.notes.unsupported[0].reason.contains("NewField"), "{:?}", plan.notes.unsupported);
}

#[test]
fn how_the_service_writes_the_stream_goes_along() {
    let mut scene = Scene::agreeing(FLEET);
    let remote = scene.remote("live.example.com/show/*");
    remote.spelling = StreamSpelling::Absent;
    remote.config.cycle_duration = 900;
    assert_eq!(scene.plan().decisions.changes[0].spelling, StreamSpelling::Absent);
}

#[test]
fn a_domain_that_was_not_read_is_not_planned() {
    let mut scene = Scene::agreeing(FLEET);
    scene.snapshot.domains.clear();
    let plan = scene.plan();
    assert!(plan.decisions.changes.is_empty());
    assert_eq!(plan.notes.unread, ["live.example.com"]);
    assert!(!plan.is_complete());
}

#[test]
fn selection_limits_what_is_planned_and_pruned() {
    let mut scene = Scene::agreeing(FLEET);
    scene.declare(&FLEET.replace("cycle_duration: 1h", "cycle_duration: 30m"));
    scene.options.selection.targets = vec!["live.example.com/show/*".parse().unwrap()];
    assert_eq!(lines(&scene.plan()), ["Update show/*: cycle_duration 1h -> 30m"]);
    scene.options.selection.targets = vec!["live.example.com".parse().unwrap()];
    scene.options.selection.excludes = vec!["live.example.com/show".parse().unwrap()];
    assert_eq!(lines(&scene.plan()), ["Update news/desk: cycle_duration 1h -> 30m"]);
}

#[test]
fn identical_changes_fold_and_others_do_not() {
    let mut scene = Scene::agreeing(FLEET);
    scene.remote("live.example.com/show/cam4").config.cycle_duration = 900;
    scene.declare(&FLEET.replace("cycle_duration: 1h", "cycle_duration: 30m"));
    let plan = scene.plan();
    let sizes: Vec<usize> = fold(&plan, false).iter().map(Vec::len).collect();
    assert_eq!(sizes.iter().sum::<usize>(), 8);
    assert_eq!(sizes, [7, 1]);
    assert_eq!(fold(&plan, true).len(), 8);
}

#[test]
fn a_change_folds_as_long_as_it_reads_the_same() {
    let mut scene = Scene::agreeing(FLEET);
    scene.declare(&FLEET.replace("cycle_duration: 1h", "cycle_duration: 30m"));
    let groups = |edit: fn(&mut Change, &mut ChangeNote)| {
        let mut plan = scene.plan();
        edit(&mut plan.decisions.changes[3], &mut plan.notes.changes[3]);
        fold(&plan, false).len()
    };
    fn origin(note: &mut ChangeNote) -> &mut FieldOrigin {
        note.origins.get_mut(Field::CycleDuration).unwrap()
    }
    fn sides(change: &mut Change) -> (&mut RecordConfig, &mut RecordConfig) {
        match &mut change.transition {
            Transition::Update { before, after } => (before, after),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(groups(|_, _| ()), 1);
    let apart: [fn(&mut Change, &mut ChangeNote); 11] = [
        |change, _| {
            let (before, after) = (change.before().cloned().unwrap(), change.after().cloned().unwrap());
            change.transition = Transition::Replace { before, after };
        },
        |change, _| change.reason = Reason::Missing,
        |_, note| note.reason_place = note.place.clone(),
        |_, note| note.run = Some("r".to_owned()),
        |change, _| sides(change).0.cycle_duration = 900,
        |change, _| sides(change).1.cycle_duration = 900,
        |_, note| origin(note).tier = Some("vip".to_owned()),
        |_, note| origin(note).place.as_mut().unwrap().start.line += 1,
        |_, note| note.coverage.after = None,
        |_, note| note.coverage.after.as_mut().unwrap().records_by_itself = false,
        |change, _| change.contingent.push(Contingent::AddBack),
    ];
    assert_eq!(apart.map(groups), [2; 11]);
    assert_eq!(groups(|change, _| sides(change).0.on_demand = 7), 2, "it is written too");
    let together: [fn(&mut Change, &mut ChangeNote); 2] =
        [|_, note| note.place = None, |_, note| origin(note).via.clear()];
    assert_eq!(together.map(groups), [1; 2]);
}

#[test]
fn what_was_pending_folds_with_nothing_else() {
    let mut scene = Scene::agreeing(FLEET);
    scene.declare(&FLEET.replace("cycle_duration: 1h", "cycle_duration: 30m"));
    let mut plan = scene.plan();
    let (one, two) = (plan.decisions.changes[3].clone(), plan.decisions.changes[4].clone());
    plan.notes.since_base = Some(SinceBase {
        base: "base".to_owned(),
        pending: [one.address.clone()].into(),
        otherwise: vec![two],
        released: Vec::new(),
        unprotected: Vec::new(),
        unnamed: Vec::new(),
    });
    let folds = fold(&plan, false);
    let sizes: Vec<usize> = folds.iter().map(Vec::len).collect();
    assert_eq!((sizes, folds[1][0].change), (vec![6, 1, 1], &one));
}

#[test]
fn changes_under_other_rules_do_not_fold() {
    let apps = "apps: { a: { streams: { \"*\": {} } }, b: { streams: { \"*\": {} } } }";
    let mut scene = Scene::agreeing(&domains(&[("live.example.com", &format!("{{ prune: true, {apps} }}"))]));
    for address in ["a/x", "a/y", "b/x", "c/x"] {
        scene.add_remote(&format!("live.example.com/{address}"));
    }
    let plan = scene.plan();
    let folds: Vec<Vec<String>> = fold(&plan, false)
        .iter()
        .map(|fold| fold.iter().map(|change| change.address.within_domain()).collect())
        .collect();
    assert_eq!(folds, [vec!["a/x", "a/y"], vec!["b/x"], vec!["c/x"]], "then recorded by a/*, b/*, nothing");
}

#[test]
fn a_thousand_changes_that_differ_do_not_fold() {
    let stream = |at: usize| format!("s{at}: {{ cycle_duration: {} }}", 300 + at);
    let streams: Vec<String> = (0..1000).map(stream).collect();
    let streams = format!("{{ apps: {{ show: {{ streams: {{ {} }} }} }} }}", streams.join(", "));
    let mut scene = Scene::agreeing(&domains(&[("live.example.com", &streams)]));
    for at in 0..1000 {
        scene.remote(&format!("live.example.com/show/s{at}")).config.cycle_duration = 21600;
    }
    assert_eq!(fold(&scene.plan(), false).len(), 1000);
}

#[test]
fn a_summary_counts_each_kind() {
    let mut scene = Scene::agreeing(FLEET);
    scene.remove_remote("live.example.com/show/cam1");
    for camera in [2, 3] {
        scene.remote(&format!("live.example.com/show/cam{camera}")).config.cycle_duration = 900;
    }
    let streams = "cam4: { storage_location: mine.oss-cn-shanghai.aliyuncs.com }, cam5: { state: absent }";
    scene.declare(&FLEET.replace("cam4: {}, cam5: {}", streams));
    let summary = Summary { create: 1, update: 2, replace: 1, delete: 1, unchanged: 3 };
    assert_eq!(scene.plan().summary(), summary);
}

/// The contingency "add them back" does not apply to these.
#[test]
fn what_could_not_be_added_back_is_named_before_an_app_wide_entry_goes() {
    let yaml = |state: &str| {
        domains(&[(
            "live.example.com",
            &format!("{{ apps: {{ show: {{ streams: {{ '*': {state} }} }} }} }}"),
        )])
    };
    let mut scene = Scene::agreeing(&yaml("{}"));
    for address in ["live.example.com/show/by-format", "live.example.com/news/by-format"] {
        scene.add_remote(address);
        scene.remote(address).unsupported = Some("by format".into());
    }
    for address in
        ["live.example.com/show/odd", "live.example.com/show/plain", "live.example.com/show/transcoded"]
    {
        scene.add_remote(address);
    }
    scene.remote("live.example.com/show/odd").config.unknown.insert("NewField".into(), "x".into());
    scene.remote("live.example.com/show/transcoded").config.record_content = Some(words("transcode"));
    scene.declare(&yaml("{ state: absent }"));
    let plan = scene.plan();
    let warnings: Vec<&str> = plan.notes.warnings.iter().map(|warning| warning.message.as_str()).collect();
    let [by_format, odd, transcoded] = warnings.as_slice() else { panic!("{warnings:#?}") };
    assert_eq!(
        *by_format,
        "`show/by-format` exists beside it and can't be managed: if the service deletes it too, livevod can't add it back"
    );
    assert_eq!(
        *odd,
        "`show/odd` exists beside it and holds `NewField` (\"x\"), which no request can carry: \
         if the service deletes it too, livevod adds it back without that"
    );
    assert!(transcoded.starts_with("`show/transcoded` exists beside it and records transcoded streams"));
    assert!(transcoded.ends_with("if the service deletes it too, livevod can't add it back"));
}
