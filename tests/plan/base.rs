//! A plan compared with that of its target branch: what was pending, what these files change, and what they no longer declare.

use jiff::Timestamp;
use livevod::plan::{Base, Plan, PlanOptions, SavedPlan, Selection, SinceBase, plan, resume, since_base};
use livevod::render::{Format, Layout, PlanView, Target};

use super::{FLEET, Scene, resolved, shown};

/// What `files` change compared with `base`, for a service that holds what [`FLEET`] declares.
fn beside(base: &str, files: &str) -> (Plan, SinceBase) {
    let mut scene = Scene::agreeing(FLEET);
    scene.declare(files);
    beside_in(&scene, base)
}

fn beside_in(scene: &Scene, base: &str) -> (Plan, SinceBase) {
    let Scene { desired, sources: _, snapshot, options } = scene;
    let (wanted, texts) = resolved(base);
    let before = plan(&wanted, snapshot, &texts, options);
    let now = scene.plan();
    let base = Base { name: "base", desired: &wanted, plan: &before };
    let since = since_base(base, desired, &now, snapshot, &options.selection);
    (now, since)
}

fn slow(cameras: &[usize]) -> String {
    cameras.iter().fold(FLEET.to_owned(), |text, camera| {
        text.replace(&format!("cam{camera}: {{}}"), &format!("cam{camera}: {{ cycle_duration: 2h }}"))
    })
}

fn names<'a>(addresses: impl IntoIterator<Item = &'a livevod::model::Address>) -> Vec<String> {
    addresses.into_iter().map(livevod::model::Address::within_domain).collect()
}

#[test]
fn what_both_ask_for_is_pending_and_the_rest_comes_with_the_files() {
    let (plan, since) = beside(&slow(&[1]), &slow(&[1, 2]));
    assert_eq!(names(&since.pending), ["show/cam1"]);
    let pending: Vec<bool> =
        plan.decisions.changes.iter().map(|change| since.pending.contains(&change.address)).collect();
    assert_eq!(pending, [true, false]);
    let plan = with_base(plan, since.clone());
    let told: Vec<bool> = plan.decisions.changes.iter().map(|change| plan.is_pending(change)).collect();
    assert_eq!(told, pending);
    assert!(since.otherwise.is_empty());
}

#[test]
fn the_same_change_from_another_line_is_the_same_change() {
    // The tier is at another place, but only changes of the service count.
    let by_tier = FLEET
        .replace("domains:", "tiers: { slow: { cycle_duration: 2h } }\ndomains:")
        .replace("cam1: {}", "cam1: { tier: slow }");
    let (_, since) = beside(&slow(&[1]), &by_tier);
    assert_eq!(names(&since.pending), ["show/cam1"]);
}

#[test]
fn another_value_is_told_with_what_was_pending() {
    let (plan, since) = beside(&slow(&[1]), &slow(&[1]).replace("2h", "90m"));
    assert!(since.pending.is_empty());
    let otherwise: Vec<_> =
        since.otherwise.iter().map(|change| change.after().unwrap().cycle_duration).collect();
    assert_eq!(
        (names(since.otherwise.iter().map(|change| &change.address)), otherwise),
        (vec!["show/cam1".to_owned()], vec![7200])
    );
    let plan = with_base(plan, since);
    let instead = plan.instead_of(&plan.decisions.changes[0]).and_then(|change| change.after());
    assert_eq!(instead.map(|after| after.cycle_duration), Some(7200));
}

fn with_base(mut plan: Plan, since: SinceBase) -> Plan {
    plan.notes.since_base = Some(since);
    plan
}

#[test]
fn what_is_pending_no_more_is_told_too() {
    let (plan, since) = beside(&slow(&[1]), FLEET);
    assert!(plan.decisions.changes.is_empty());
    assert_eq!(names(since.otherwise.iter().map(|change| &change.address)), ["show/cam1"]);
}

#[test]
fn an_entry_that_is_taken_out_is_left_alone_and_said_to_be() {
    let without = FLEET.replace("cam3: {}, ", "");
    let (plan, since) = beside(FLEET, &without);
    assert!(plan.decisions.changes.is_empty());
    assert_eq!(names(&since.released), ["show/cam3"]);
    // Pruned, it is a change; with `state: absent`, it is a change too.
    let pruned = without.replace("    apps:", "    prune: true\n    apps:");
    assert!(beside(FLEET, &pruned).1.released.is_empty());
    let absent = FLEET.replace("cam3: {}", "cam3: { state: absent }");
    assert!(beside(FLEET, &absent).1.released.is_empty());
    // If it was to be deleted anyway, nothing is given up.
    assert!(beside(&absent, &without).1.released.is_empty());
    // A configuration that never existed is given up without loss.
    let mut scene = Scene::agreeing(&without);
    scene.declare(&without);
    assert!(beside_in(&scene, FLEET).1.released.is_empty());
}

#[test]
fn protection_that_is_taken_away_is_told_where_something_stands() {
    let protected = format!("{FLEET}protect: [live.example.com/news, \"**/nobody\"]\n");
    assert_eq!(names(&beside(&protected, FLEET).1.unprotected), ["news/desk"]);
    assert!(beside(&protected, &protected).1.unprotected.is_empty());
    assert!(beside(FLEET, &protected).1.unprotected.is_empty());
}

#[test]
fn a_domain_that_no_file_names_any_more_is_told() {
    let two = FLEET
        .replace("domains:", "domains:\n  old.example.com: { apps: { show: { streams: { cam1: {} } } } }");
    let (plan, since) = beside(&two, FLEET);
    assert!(plan.decisions.changes.is_empty() && since.pending.is_empty() && since.otherwise.is_empty());
    assert_eq!(since.unnamed, ["old.example.com"]);
}

#[test]
fn only_what_is_selected_is_told() {
    let mut scene = Scene::agreeing(FLEET);
    scene.declare(&slow(&[2]).replace("cam3: {}, ", ""));
    let targets = vec!["live.example.com/show/cam2".parse().unwrap()];
    scene.options =
        PlanOptions { selection: Selection { targets, ..Selection::default() }, ..PlanOptions::default() };
    let two = slow(&[1, 2])
        .replace("domains:", "domains:\n  old.example.com: { apps: { show: { streams: { cam1: {} } } } }");
    let (_, since) = beside_in(&scene, &two);
    assert_eq!(names(&since.pending), ["show/cam2"]);
    assert!(since.otherwise.is_empty() && since.released.is_empty() && since.unnamed.is_empty());
}

#[test]
fn the_base_changes_neither_the_plan_nor_its_digest() {
    let (plan, since) = beside(&slow(&[1]), &slow(&[1, 2]));
    let beside = with_base(plan.clone(), since);
    assert_eq!((beside.digest(), &beside.decisions.changes), (plan.digest(), &plan.decisions.changes));
}

#[test]
fn the_rest_of_a_half_applied_plan_keeps_it() {
    let mut scene = Scene::agreeing(FLEET);
    scene.declare(&slow(&[1, 2]));
    let (plan, since) = beside_in(&scene, &slow(&[1]));
    let reviewed = with_base(plan, since);
    scene.remote("live.example.com/show/cam1").config.cycle_duration = 7200;
    let (rest, moved) =
        resume(&SavedPlan::new(reviewed, Timestamp::UNIX_EPOCH), &scene.snapshot, &scene.options);
    assert_eq!(
        (names(rest.decisions.changes.iter().map(|change| &change.address)), moved),
        (vec!["show/cam2".to_owned()], vec![])
    );
    assert!(!rest.is_pending(&rest.decisions.changes[0]));
    let target = Target { name: "emulator x".to_owned(), account: None };
    let page = shown(&PlanView::of(&rest, &target), &Layout::new(Format::Human));
    assert!(page.contains("no changes were pending; these files add 1"), "{page}");
}
