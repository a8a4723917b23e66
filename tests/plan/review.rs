//! Plans in files, and plans held to the one that was reviewed.

use std::collections::BTreeMap;

use livevod::plan::{ActionKind, Guard, PlanFileError, SavedPlan, between, resume, since_review};

use super::{FLEET, Scene};

fn changed(cameras: usize) -> Scene {
    let mut scene = Scene::agreeing(FLEET);
    for camera in 1..=cameras {
        scene.remote(&format!("live.example.com/show/cam{camera}")).config.cycle_duration = 900;
    }
    scene
}

fn saved(scene: &Scene) -> SavedPlan {
    let time = "2026-11-22T20:15:00.5Z".parse().unwrap();
    let domains = BTreeMap::from([("live.example.com".to_owned(), None)]);
    SavedPlan::new(scene.plan(), time, "emulator x".into(), domains, vec!["**/vip".into()])
}

#[test]
fn what_was_saved_is_read_and_has_its_digest() {
    for cameras in [0, 2] {
        let saved = saved(&changed(cameras));
        let text = saved.write().unwrap();
        assert!(text.as_bytes().starts_with(SavedPlan::BEGINNING));
        let read = SavedPlan::read(&text).unwrap();
        assert_eq!(read.plan.digest(), saved.plan.digest());
        assert_eq!(read, saved);
    }
}

#[test]
fn any_changed_byte_and_any_cut_is_refused() {
    let text = saved(&changed(1)).write().unwrap();
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1 << (at % 8);
        let Ok(changed) = String::from_utf8(bytes) else { continue };
        assert!(SavedPlan::read(&changed).is_err(), "byte {at}");
    }
    for cut in (0..text.len()).step_by(7) {
        assert!(SavedPlan::read(&text[..cut]).is_err(), "cut at {cut}");
    }
    let newer = text.replace("\"plan_file\": \"1.0\"", "\"plan_file\": \"2.0\"");
    assert_eq!(SavedPlan::read(&newer), Err(PlanFileError::Version("2.0".into())));
}

#[test]
fn the_rest_of_a_half_applied_plan_goes_on() {
    let mut scene = changed(2);
    let reviewed = scene.plan();
    scene.remote("live.example.com/show/cam1").config.cycle_duration = 3600;
    scene.options.expected_digest = Some(reviewed.digest());
    let (rest, moved) = resume(&reviewed, &scene.desired, &scene.snapshot, &scene.options);
    assert_eq!((moved, rest.held.as_slice()), (vec![], [].as_slice()));
    let left: Vec<String> = rest.changes.iter().map(|change| change.address.to_string()).collect();
    assert_eq!(left, ["live.example.com/show/cam2"]);
    // A plan that was made anew from the files goes on in the same way.
    assert_eq!(since_review(&reviewed, &scene.plan(), &scene.snapshot), []);
}

#[test]
fn what_moved_since_the_review_holds_all_the_rest() {
    let mut scene = changed(2);
    let reviewed = scene.plan();
    scene.remote("live.example.com/show/cam1").config.cycle_duration = 1200;
    let (rest, moved) = resume(&reviewed, &scene.desired, &scene.snapshot, &scene.options);
    assert_eq!(rest.held[0].guard, Guard::Stale);
    assert_eq!(rest.held[0].release, None);
    let cycle = |change: &Option<livevod::plan::Change>| {
        change.as_ref().and_then(|change| change.before.as_ref()).map(|before| before.cycle_duration)
    };
    assert_eq!(moved.len(), 1);
    assert_eq!((cycle(&moved[0].first), cycle(&moved[0].second)), (Some(900), Some(1200)));
    assert_eq!(since_review(&reviewed, &scene.plan(), &scene.snapshot), moved);
}

#[test]
fn what_nobody_reviewed_is_told_from_what_was() {
    let mut scene = changed(1);
    let reviewed = scene.plan();
    scene.remote("live.example.com/show/cam2").config.cycle_duration = 1200;
    let differences = since_review(&reviewed, &scene.plan(), &scene.snapshot);
    assert_eq!(differences.len(), 1);
    assert_eq!(differences[0].first, None);
    assert_eq!(differences, between(&reviewed, &scene.plan()));
}

#[test]
fn a_replace_that_stopped_half_way_is_finished_by_its_own_add() {
    let mut scene = Scene::agreeing(FLEET);
    scene.remote("live.example.com/show/cam1").config.storage_location =
        Some("old.oss-cn-shanghai.aliyuncs.com".into());
    scene.declare(&FLEET.replace("cam1: {}", "cam1: { storage_location: new.oss-cn-shanghai.aliyuncs.com }"));
    let reviewed = scene.plan();
    assert_eq!(reviewed.changes[0].action, ActionKind::Replace);
    scene.remove_remote("live.example.com/show/cam1");
    let (rest, moved) = resume(&reviewed, &scene.desired, &scene.snapshot, &scene.options);
    assert_eq!(moved, []);
    assert_eq!((rest.changes[0].action, &rest.changes[0].before), (ActionKind::Create, &None));
    assert_eq!(rest.changes[0].after, reviewed.changes[0].after);
}

#[test]
fn guards_are_found_anew_and_never_taken_from_the_file() {
    let scene = changed(3);
    let mut reviewed = scene.plan();
    reviewed.held.clear();
    let (rest, _) = resume(&reviewed, &scene.desired, &scene.snapshot, &scene.options);
    assert_eq!(rest.held.iter().map(|held| held.guard).collect::<Vec<_>>(), [Guard::Limits]);
}

#[test]
fn a_domain_that_can_not_be_read_is_no_difference_but_a_gap_in_the_plan() {
    let mut scene = changed(1);
    let reviewed = scene.plan();
    scene.snapshot.domains.clear();
    let (rest, moved) = resume(&reviewed, &scene.desired, &scene.snapshot, &scene.options);
    assert_eq!((moved, rest.unread.as_slice()), (vec![], ["live.example.com".to_owned()].as_slice()));
}

#[test]
fn a_list_of_templates_in_another_order_has_not_moved() {
    let mut scene = changed(1);
    let templates = |scene: &mut Scene, order: &str| {
        scene.remote("live.example.com/show/cam1").config.carried.transcode_templates = Some(order.into());
    };
    templates(&mut scene, "a,b");
    let reviewed = scene.plan();
    templates(&mut scene, "b,a");
    let (rest, moved) = resume(&reviewed, &scene.desired, &scene.snapshot, &scene.options);
    assert_eq!((rest.changes.len(), moved), (1, vec![]));
    assert_eq!(between(&reviewed, &scene.plan()), []);
    assert_eq!(reviewed.digest(), scene.plan().digest());
    templates(&mut scene, "b,c");
    assert_eq!(between(&reviewed, &scene.plan()).len(), 1);
}
