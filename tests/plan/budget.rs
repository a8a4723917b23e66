//! The minimum number of calls and seconds, counted by hand.

use livevod::plan::{Budget, CallRate};

use super::{FLEET, Scene, domains};

fn budget(declared: &str) -> Budget {
    let mut scene = Scene::agreeing(FLEET);
    scene.declare(declared);
    scene.plan().notes.budget
}

#[test]
fn each_kind_of_change_has_its_calls() {
    let moved = "cam1: { storage_location: mine.oss-cn-shanghai.aliyuncs.com }";
    let table = [
        ("nothing", FLEET.to_owned(), 0, 0),
        ("a create: add, listing", FLEET.replace("cam6: {}", "cam6: {}, cam7: {}"), 1, 1),
        (
            "an app-wide create: add, listing",
            FLEET.replace("streams: { desk:", "streams: { \"*\": {}, desk:"),
            1,
            1,
        ),
        ("an update: update, listing", FLEET.replace("cam1: {}", "cam1: { cycle_duration: 2h }"), 1, 1),
        ("a replace: delete, add, confirm, listing", FLEET.replace("cam1: {}", moved), 2, 2),
        ("a delete: delete, listing", FLEET.replace("cam1: {}", "cam1: { state: absent }"), 1, 1),
        (
            "two deletes share the listing",
            FLEET.replace("cam1: {}, cam2: {}", "cam1: { state: absent }, cam2: { state: absent }"),
            1,
            2,
        ),
        (
            "all together",
            FLEET
                .replace(
                    "cam1: {}, cam2: {}",
                    "cam1: { state: absent }, cam2: { cycle_duration: 2h }, cam7: {}",
                )
                .replace("cam3: {}", &moved.replace("cam1", "cam3")),
            2,
            5,
        ),
    ];
    for (what, declared, reads, writes) in table {
        assert_eq!(budget(&declared), Budget { reads, writes, seconds: 0 }, "{what}");
    }
}

/// A domain with `prune`, with `stays` streams that stay and `goes` that are deleted.
fn pruned(stays: usize, goes: usize) -> Scene {
    let streams: String = (0..stays).map(|at| format!("s{at}: {{}}, ")).collect();
    let mut scene = Scene::agreeing(&domains(&[(
        "live.example.com",
        &format!("{{ prune: true, apps: {{ show: {{ streams: {{ {streams} }} }} }} }}"),
    )]));
    for at in 0..goes {
        scene.add_remote(&format!("live.example.com/show/x{at}"));
    }
    scene
}

#[test]
fn the_listing_after_deletes_is_as_long_as_what_is_left() {
    // A listing ends with a page that is not full, so a hundred entries take two pages.
    for (stays, goes, pages) in [(1, 1, 1), (99, 1, 1), (99, 2, 1), (100, 1, 2), (199, 1, 2), (200, 1, 3)] {
        let Budget { reads, writes, seconds: _ } = pruned(stays, goes).plan().notes.budget;
        assert_eq!((reads, writes), (pages, goes as u64), "{stays} stay, {goes} go");
    }
}

#[test]
fn what_is_created_is_listed_too() {
    let mut scene = pruned(100, 1);
    scene.remove_remote("live.example.com/show/s0");
    assert_eq!(scene.plan().notes.budget.reads, 2);
}

#[test]
fn each_domain_that_deletes_from_is_listed() {
    let one = "{ prune: true, apps: { show: { streams: { a: {} } } } }";
    let mut scene = Scene::agreeing(&domains(&[("a.example.com", one), ("b.example.com", one)]));
    scene.add_remote("a.example.com/show/x").add_remote("b.example.com/show/x");
    assert_eq!(scene.plan().notes.budget.reads, 2);
}

#[test]
fn the_action_with_the_most_calls_sets_the_time() {
    let rate = |per_minute| CallRate { per_minute, burst: 1 };
    let seconds = |text: &str, per_minute| {
        let mut scene = Scene::agreeing(FLEET);
        scene.options.rate = rate(per_minute);
        scene.declare(text);
        scene.plan().notes.budget.seconds
    };
    // Three updates: three calls of Update, of which one is free, and one of Describe.
    let slow = FLEET.replace("cam1: {}, cam2: {}, cam3: {}", "cam1: &a { on_demand: 1 }, cam2: *a, cam3: *a");
    assert_eq!([seconds(&slow, 60), seconds(&slow, 30), seconds(&slow, 600)], [2, 4, 1]);
    assert_eq!(seconds(FLEET, 60), 0);
}
