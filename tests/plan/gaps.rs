//! Configurations that earlier runs removed and did not put back.

use livevod::model::{Address, RecordConfig, words};
use livevod::plan::{Gap, GapCause, Plan, Reason};
use livevod::resolve::OriginKind;

use super::{FLEET, Scene, domains, lines};

const RUN: &str = "20261122T201500Z-1";

/// A service without `address`, which a run removed.
fn lost(scene: &mut Scene, address: &str, cause: GapCause) {
    let before = scene.remote(address).config.clone();
    scene.remove_remote(address);
    gap(scene, address, cause, before);
}

fn gap(scene: &mut Scene, address: &str, cause: GapCause, before: RecordConfig) {
    let gap = Gap { run: RUN.to_owned(), cause, before };
    scene.options.gaps.insert(address.parse().unwrap(), gap);
}

/// `address: message`, one line for each warning.
fn warnings(plan: &Plan) -> Vec<String> {
    let name = |address: &Option<Address>| address.as_ref().map(Address::to_string).unwrap_or_default();
    plan.notes
        .warnings
        .iter()
        .map(|warning| format!("{}: {}", name(&warning.address), warning.message))
        .collect()
}

#[test]
fn what_is_declared_is_added_with_what_only_the_service_knew() {
    let table = [(GapCause::Replace, Reason::FinishesReplace), (GapCause::AppWide, Reason::PutsBack)];
    for (cause, reason) in table {
        let mut scene = Scene::agreeing(FLEET);
        scene.remote("live.example.com/show/cam1").config.cycle_duration = 900;
        lost(&mut scene, "live.example.com/show/cam1", cause);
        let plan = scene.plan();
        assert_eq!(
            lines(&plan),
            ["Create show/cam1: vod_transcode_group (not set) -> e2d796d3bb5fd8049d32bff62f94e4c1, \
              cycle_duration (not set) -> 1h, auto_compose (not set) -> off, on_demand (not set) -> 0, \
              storage_location (not set) -> chosen.oss-cn-shanghai.aliyuncs.com, delay_time (not set) -> 4m"]
        );
        let change = plan.noted(0).unwrap();
        assert_eq!((change.reason, change.note.run.as_deref()), (reason, Some(RUN)));
        let origins: Vec<Option<OriginKind>> =
            change.field_changes().map(|one| one.origin.map(|origin| origin.kind)).collect();
        let (file, default) = (Some(OriginKind::Defaults), Some(OriginKind::Default));
        assert_eq!(origins, [file, file, default, default, None, None], "nobody wrote what stood there");
    }
}

#[test]
fn what_no_file_declares_is_put_back_as_it_was() {
    let mut scene = Scene::agreeing(FLEET);
    scene.add_remote("live.example.com/news/extra");
    lost(&mut scene, "live.example.com/news/extra", GapCause::Replace);
    let plan = scene.plan();
    assert_eq!(
        lines(&plan),
        ["Create news/extra: vod_transcode_group (not set) -> g, cycle_duration (not set) -> 1h, \
          auto_compose (not set) -> off, on_demand (not set) -> 0, \
          storage_location (not set) -> chosen.oss-cn-shanghai.aliyuncs.com, delay_time (not set) -> 4m"]
    );
    assert_eq!(plan.decisions.changes[0].reason, Reason::PutsBack);
    assert_eq!(plan.notes.changes[0].run.as_deref(), Some(RUN));
    assert_eq!(plan.notes.changes[0].origins.fields().count(), 0);
}

/// `prune` never deletes what no file can declare, so it does not keep it deleted either.
#[test]
fn what_no_file_could_declare_is_put_back_where_the_rest_is_pruned() {
    let yaml = "{ prune: true, apps: { show: { streams: { cam1: {} } } } }";
    let mut scene = Scene::agreeing(&domains(&[("live.example.com", yaml)]));
    let before = scene.remote("live.example.com/show/cam1").config.clone();
    for stream in ["a.b", "cam2"] {
        let address = Address::new("live.example.com", "show", stream);
        let gap = Gap { run: RUN.to_owned(), cause: GapCause::AppWide, before: before.clone() };
        scene.options.gaps.insert(address, gap);
    }
    let plan = scene.plan();
    let names: Vec<&str> = plan.decisions.changes.iter().map(|change| &*change.address.stream).collect();
    assert_eq!(names, ["a.b"]);
    assert_eq!(plan.decisions.changes[0].reason, Reason::PutsBack);
}

#[test]
fn what_shall_not_be_there_is_not_put_back() {
    let mut scene = Scene::agreeing(FLEET);
    scene.add_remote("live.example.com/news/extra");
    lost(&mut scene, "live.example.com/news/extra", GapCause::AppWide);
    let saved = scene.snapshot.clone();
    scene.declare(&FLEET.replace("      news:\n", "      news:\n        prune: true\n"));
    assert_eq!((lines(&scene.plan()), warnings(&scene.plan())), (vec![], vec![]), "it would be pruned");
    scene.restore(saved);
    assert_eq!((lines(&scene.plan()), warnings(&scene.plan())), (vec![], vec![]), "the snapshot lacks it");
    let mut scene = Scene::agreeing(FLEET);
    lost(&mut scene, "live.example.com/show/cam1", GapCause::AppWide);
    scene.declare(&FLEET.replace("cam1: {}", "cam1: { state: absent }"));
    assert_eq!((lines(&scene.plan()), warnings(&scene.plan())), (vec![], vec![]));
}

#[test]
fn where_something_stands_again_there_is_nothing_to_finish() {
    let mut scene = Scene::agreeing(FLEET);
    let before = scene.remote("live.example.com/show/cam1").config.clone();
    gap(&mut scene, "live.example.com/show/cam1", GapCause::Replace, before);
    assert!(!scene.plan().differs());
    scene.remote("live.example.com/show/cam1").config.cycle_duration = 900;
    assert_eq!(lines(&scene.plan()), ["Update show/cam1: cycle_duration 15m -> 1h"]);
}

/// Nothing records the stream until it is added, so it is added without what is lost anyway.
#[test]
fn what_no_request_can_carry_is_named_and_the_rest_is_added() {
    let mut scene = Scene::agreeing(FLEET);
    scene.add_remote("live.example.com/news/extra");
    for address in ["live.example.com/show/cam1", "live.example.com/news/extra"] {
        scene.remote(address).config.unknown.insert("NewField".into(), "x".into());
        lost(&mut scene, address, GapCause::AppWide);
    }
    let plan = scene.plan();
    let created: Vec<_> =
        plan.decisions.changes.iter().map(|change| change.address.within_domain()).collect();
    assert_eq!(created, ["news/extra", "show/cam1"]);
    assert!(plan.decisions.changes.iter().all(|change| change.after().unwrap().unknown.is_empty()));
    let message = "the removed configuration holds `NewField` (\"x\"), which no request can carry; \
                   it is added again without that";
    assert_eq!(
        warnings(&plan),
        ["news/extra", "show/cam1"].map(|name| format!("live.example.com/{name}: {message}"))
    );
}

/// The service would refuse it.
#[test]
fn what_no_configuration_can_be_created_with_is_not_added() {
    let mut scene = Scene::agreeing(FLEET);
    scene.remote("live.example.com/show/cam1").config.record_content = Some(words("transcode"));
    lost(&mut scene, "live.example.com/show/cam1", GapCause::AppWide);
    let plan = scene.plan();
    assert_eq!(lines(&plan), Vec::<String>::new());
    assert!(plan.notes.unsupported[0].declared);
}

#[test]
fn a_gap_is_filled_in_its_own_domain() {
    let one = "{ apps: { show: { streams: { a: {} } } } }";
    let mut scene = Scene::agreeing(&domains(&[("a.example.com", one), ("b.example.com", one)]));
    lost(&mut scene, "b.example.com/show/a", GapCause::Replace);
    let changes: Vec<(String, Reason)> = scene
        .plan()
        .decisions
        .changes
        .into_iter()
        .map(|change| (change.address.to_string(), change.reason))
        .collect();
    assert_eq!(changes, [("b.example.com/show/a".to_owned(), Reason::FinishesReplace)]);
}

#[test]
fn a_gap_that_is_left_is_told_with_the_reason() {
    let cam1 = "live.example.com/show/cam1";
    let left = |address: &str, why: &str| {
        format!(
            "{address}: run {RUN} removed `{address}` and did not add it back; nothing is planned there because {why}"
        )
    };
    let mut scene = Scene::agreeing(FLEET);
    lost(&mut scene, cam1, GapCause::Replace);
    assert_eq!(warnings(&scene.plan()), Vec::<String>::new(), "it is filled");
    scene.options.selection.excludes = vec!["live.example.com/show".parse().unwrap()];
    assert_eq!(warnings(&scene.plan()), [left(cam1, "this run does not select it")]);
    scene.options.selection.excludes.clear();
    let ignored = FLEET
        .replace(" cam1: {},", "")
        .replace("domains:\n", "ignore: [live.example.com/show/cam1]\ndomains:\n");
    scene.declare(&ignored);
    assert_eq!(warnings(&scene.plan()), [left(cam1, "`ignore` matches it")]);
    assert_eq!(scene.plan().notes.ignored, []);
    scene.add_remote(cam1);
    assert_eq!(warnings(&scene.plan()), Vec::<String>::new(), "something stands there");
    assert_eq!(scene.plan().notes.ignored.len(), 1);
    scene.declare(&domains(&[("second.example.com", "{}")]));
    assert_eq!(warnings(&scene.plan()), [left(cam1, "no file names its domain")]);
}
