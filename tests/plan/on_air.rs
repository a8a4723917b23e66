//! Streams on air: which of them a plan concerns, and when the guard refuses it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use livevod::model::Address;
use livevod::plan::{Guard, OnAirStream, Plan, SavedPlan};

use super::{FLEET, Scene};

fn since() -> Timestamp {
    "2026-11-27T10:00:00Z".parse().unwrap()
}

fn address(text: &str) -> Address {
    format!("live.example.com/{text}").parse().unwrap()
}

/// The plan of the scene while these streams are on air.
fn planned(scene: &Scene, streams: &[&str], is_allowed: bool) -> Plan {
    let mut plan = scene.plan();
    let on_air: BTreeMap<Address, Timestamp> =
        streams.iter().map(|stream| (address(stream), since())).collect();
    plan.note_on_air(&on_air, BTreeSet::new(), &scene.snapshot, is_allowed);
    plan
}

fn streams(plan: &Plan) -> Vec<(String, String, Option<String>)> {
    let stream = |OnAirStream { address, since: published, before, after }: &OnAirStream| {
        assert_eq!(*published, since());
        let name = |address: &Address| address.within_domain();
        (name(address), name(before), after.as_ref().map(name))
    };
    plan.notes.on_air.as_ref().unwrap().streams.iter().map(stream).collect()
}

fn refusals(plan: &Plan) -> Vec<(String, String)> {
    let held = plan.notes.held.iter().filter(|held| held.guard == Guard::OnAir);
    held.map(|held| (held.address.as_ref().unwrap().within_domain(), held.message.clone())).collect()
}

fn text(text: &str) -> String {
    text.to_owned()
}

#[test]
fn only_streams_whose_configuration_changes_are_told() {
    let mut scene = Scene::agreeing(FLEET);
    scene.remote("live.example.com/show/*").config.cycle_duration = 900;
    let plan = planned(&scene, &["show/other", "show/cam1", "news/desk", "news/none"], false);
    assert_eq!(streams(&plan), [(text("show/other"), text("show/*"), Some(text("show/*")))]);
    assert_eq!(refusals(&plan), [], "an update in place ends nothing");
    // A new configuration takes the stream over.
    scene = Scene::agreeing(FLEET);
    scene.remove_remote("live.example.com/show/cam1");
    let plan = planned(&scene, &["show/cam1", "show/cam2"], false);
    assert_eq!(streams(&plan), [(text("show/cam1"), text("show/*"), Some(text("show/cam1")))]);
    // Nothing was recorded by anything before.
    scene.remove_remote("live.example.com/show/*");
    assert_eq!(streams(&planned(&scene, &["show/cam1"], false)), []);
}

#[test]
fn deletes_of_what_a_stream_on_air_has_are_refused_until_a_flag_allows_them() {
    let mut scene = Scene::agreeing(FLEET);
    scene.declare(&FLEET.replace(
        "\"*\": {}, cam1: {}, cam2: {}",
        "\"*\": { state: absent }, cam1: { state: absent }, cam2: {}",
    ));
    let on_air = ["show/cam1", "show/other", "show/third", "show/cam2"];
    let plan = planned(&scene, &on_air, false);
    let expected = [
        (text("show/*"), text("2 streams are on air and recorded by it, the first is `show/other`")),
        (text("show/cam1"), text("the stream is on air")),
    ];
    assert_eq!(refusals(&plan), expected);
    assert_eq!(streams(&plan).last(), Some(&(text("show/third"), text("show/*"), None)));
    assert_eq!(refusals(&planned(&scene, &["show/other"], false)).len(), 1);
    let allowed = planned(&scene, &on_air, true);
    assert_eq!((refusals(&allowed), streams(&allowed)), (vec![], streams(&plan)));
    assert!(plan.notes.held.is_sorted_by_key(|held| held.guard));
    let releases: Vec<_> = plan.held_on_air().into_iter().map(|held| held.release).collect();
    assert_eq!(releases, vec![Some(text("--allow-on-air")); 2]);
}

#[test]
fn a_replace_of_what_a_stream_on_air_has_is_refused_too() {
    let mut scene = Scene::agreeing(FLEET);
    scene.declare(
        &FLEET.replace("cam1: {}", "cam1: { storage_location: other.oss-cn-shanghai.aliyuncs.com }"),
    );
    let message = text("the stream is on air");
    assert_eq!(refusals(&planned(&scene, &["show/cam1"], false)), [(text("show/cam1"), message)]);
    assert_eq!(refusals(&planned(&scene, &["show/cam2"], false)), []);
}

#[test]
fn the_digest_and_the_file_of_a_plan_know_nothing_of_it() {
    let mut scene = Scene::agreeing(FLEET);
    scene.declare(&FLEET.replace("cam1: {}", "cam1: { state: absent }"));
    let (without, with) = (scene.plan(), planned(&scene, &["show/cam1"], false));
    assert!(with.is_held_by(Guard::OnAir));
    assert_eq!(without.digest(), with.digest());
    let saved = with.save(since()).unwrap();
    assert_eq!(saved, without.save(since()).unwrap());
    assert_eq!(saved, SavedPlan::new(with, since()).write().unwrap());
    let read = SavedPlan::read(&saved).unwrap().shown();
    assert!(!read.is_held_by(Guard::OnAir) && read.notes.on_air.is_none());
}

#[test]
fn who_is_on_air_matters_only_where_something_recorded_is_touched() {
    let mut scene = Scene::agreeing(FLEET);
    assert!(scene.plan().domains_to_ask().is_empty());
    scene.remove_remote("live.example.com/news/desk");
    assert!(scene.plan().domains_to_ask().is_empty(), "nothing applied to it");
    scene.remove_remote("live.example.com/show/cam1");
    assert_eq!(scene.plan().domains_to_ask().len(), 1, "`show/*` applied to it");
}
