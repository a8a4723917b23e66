//! How old a reading may be when the write that depends on it is sent.

use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::time::Duration;

use livevod::api::ClientSettings;
use livevod::apply::{Delay, Event, apply};
use livevod::embedded;
use livevod::plan::Change;
use tokio::time::{Instant, sleep};

use super::world::*;

fn cam(number: usize) -> String {
    format!("d{number}.example.com/show/cam1")
}

/// One call at a time, and each takes some time.
fn slow_world() -> World {
    let service = World::new().service;
    let parallelism = NonZeroUsize::MIN;
    let settings = ClientSettings { parallelism, ..embedded::settings() };
    World::of(service.clone(), embedded::client(service, settings))
}

/// Twenty domains wait for one connection, and another client edits the last one while it waits.
#[tokio::test(start_paused = true)]
async fn an_edit_while_a_change_waits_for_its_connection_is_not_overwritten() {
    let world = slow_world();
    for number in 0..20 {
        world.hold(&cam(number), &cycle(3600)).await;
    }
    world.faults(&["latency:action=Describe,time=10ms", "latency:action=Update,time=300ms"]);
    let changes = (0..20).map(|number| update(&cam(number), cycle(3600), cycle(900)));
    let edit = async {
        sleep(Duration::from_millis(4000)).await;
        world.edit(livevod::wire::delete(&address(&cam(9)), livevod::model::StreamSpelling::Named)).await;
        world.edit(livevod::wire::add(&address(&cam(9)), &cycle(1800))).await;
    };
    let (report, ()) = tokio::join!(world.apply(changes), edit);
    world.faults(&[]);
    assert_eq!(world.config(&cam(9)).await, Some(cycle(1800)), "{:?}", report.outcomes[9]);
    assert_eq!(ends(&report).iter().filter(|end| **end == "done").count(), 19);
    assert_eq!(ends(&report)[9], "not attempted", "its domain is the last by name");
}

/// Changes of existing configurations, each of which depends on a reading.
fn each() -> [Change; 3] {
    [
        update(&cam(0), cycle(3600), cycle(900)),
        delete(&cam(0), cycle(3600)),
        replace(&cam(0), cycle(3600), stored_in(BUCKET)),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_look_that_takes_longer_than_it_may_be_old_serves_no_write() {
    for change in each() {
        let world = World::new();
        world.hold(&cam(0), &cycle(3600)).await;
        world.faults(&["latency:action=Describe,time=1100ms"]);
        let report = world.apply([change.clone()]).await;
        assert_eq!(ends(&report), ["not attempted"], "{:?}", change.action());
        let message = &why(&report, 0);
        assert!(message.contains("less than 1 s before") && message.contains("`--freshness`"), "{message}");
        let writes = ["Add", "Update", "Delete"].map(|action| world.sent(action));
        assert_eq!(writes, [1, 0, 0], "but for the one that the scene is made with");
    }
}

/// An edit within the freshness window is the risk that the README names; an earlier one is seen. After the window, and with
/// `--freshness 0`, the domain is read again.
#[tokio::test(start_paused = true)]
async fn what_was_read_for_the_plan_serves_the_writes_of_its_window_and_no_later_ones() {
    let second = Duration::from_secs(1);
    for (window, waits, calls, end) in [
        (second, Duration::ZERO, 2, "done"),
        (second, second, 2, "done"),
        (second, second + Duration::from_millis(1), 1, "not attempted"),
        (Duration::ZERO, Duration::ZERO, 1, "not attempted"),
    ] {
        let mut world = World::new();
        world.settings.freshness = window;
        world.hold(&cam(0), &cycle(3600)).await;
        let change = update(&cam(0), cycle(3600), cycle(900));
        world.read_for(std::slice::from_ref(&change)).await;
        world.edit(livevod::wire::delete(&address(&cam(0)), livevod::model::StreamSpelling::Named)).await;
        world.hold(&cam(0), &cycle(1800)).await;
        sleep(waits).await;
        let report = world.apply([change]).await;
        assert_eq!((ends(&report), report.calls), (vec![end], calls), "{window:?} {waits:?}");
        let stands = if end == "done" { cycle(900) } else { cycle(1800) };
        assert_eq!(world.config(&cam(0)).await, Some(stands), "{window:?} {waits:?}");
    }
}

/// What an app-wide delete may take along is listed right before it, whatever the plan has read.
#[tokio::test(start_paused = true)]
async fn what_was_read_for_the_plan_serves_no_app_wide_delete() {
    let (wide, beside_it) = ("d0.example.com/show/*", "d0.example.com/show/cam1");
    let mut world = World::new();
    world.hold(wide, &cycle(3600)).await;
    let change = delete(wide, cycle(3600));
    world.read_for(std::slice::from_ref(&change)).await;
    world.hold(beside_it, &cycle(1800)).await;
    let report = world.apply([change]).await;
    assert_eq!(ends(&report), ["not attempted"]);
    assert_eq!(world.config(wide).await, Some(cycle(3600)));
}

/// The siblings of an app-wide configuration are taken from the listing that is kept, so any that disappear after it are put back.
#[tokio::test(start_paused = true)]
async fn no_app_wide_entry_goes_beside_what_no_kept_listing_shows() {
    let (wide, beside_it) = ("d0.example.com/show/*", "d0.example.com/show/cam1");
    for freshness in [Duration::ZERO, Duration::from_secs(1)] {
        for (nth, end) in [(1, "not attempted"), (2, "failed")] {
            let mut world = World::new();
            world.settings.freshness = freshness;
            world.hold(wide, &cycle(3600)).await;
            world.hold(beside_it, &cycle(600)).await;
            world.faults(&[&format!("foreign-delete:action=Describe,nth={nth},address={beside_it}")]);
            let report = world.apply([beside(delete(wide, cycle(3600)), &[beside_it])]).await;
            assert_eq!(ends(&report), [end], "{freshness:?} {nth} {:?}", report.outcomes);
            let is_back = world.config(beside_it).await == Some(cycle(600));
            assert_eq!(is_back, end == "failed", "{freshness:?} {nth}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_window_decides_and_none_looks_right_before_however_long_that_takes() {
    for (millis, end) in [(1101, "done"), (1099, "not attempted"), (0, "done")] {
        for change in each() {
            let mut world = World::new();
            world.settings.freshness = Duration::from_millis(millis);
            world.hold(&cam(0), &cycle(3600)).await;
            world.faults(&["latency:action=Describe,time=1100ms"]);
            assert_eq!(ends(&world.apply([change.clone()]).await), [end], "{millis} {:?}", change.action());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_that_was_slow_once_is_made_again() {
    for change in each() {
        let world = World::new();
        world.hold(&cam(0), &cycle(3600)).await;
        world.faults(&["latency:action=Describe,time=3s,times=2"]);
        assert_eq!(ends(&world.apply([change.clone()]).await), ["done"], "{:?}", change.action());
    }
}

/// Two pages, each of which takes most of the freshness window.
async fn app_wide(edit_after: Option<Duration>) -> (World, Vec<&'static str>, usize) {
    let world = World::new();
    let wide = "d0.example.com/show/*";
    for number in 0..101 {
        world.hold(&format!("d0.example.com/other/cam{number}"), &cycle(3600)).await;
    }
    world.hold(wide, &cycle(3600)).await;
    world.faults(&["latency:action=Describe,time=700ms"]);
    let slow = RefCell::new(0);
    let note = |event| {
        if let Event::Delayed { delay: Delay::SlowListing { .. }, .. } = event {
            *slow.borrow_mut() += 1;
        }
    };
    let plan = plan([delete(wide, cycle(3600))]);
    let edit = async {
        let Some(after) = edit_after else { return };
        sleep(after).await;
        let call = livevod::wire::update(
            &address(wide),
            livevod::model::StreamSpelling::Named,
            &cycle(1800),
            livevod::wire::ComposeOff::Bare,
        );
        world.edit(call).await;
    };
    let (report, ()) =
        tokio::join!(apply(plan.cleared().unwrap(), &world.client, world.settings.clone(), &note), edit);
    let ends = ends(&report);
    let slow = *slow.borrow();
    (world, ends, slow)
}

#[tokio::test(start_paused = true)]
async fn where_listing_takes_too_long_an_app_wide_entry_is_read_by_itself_after_it() {
    let start = Instant::now();
    let (_, ends, slow) = app_wide(None).await;
    assert_eq!((ends, slow), (vec!["done"], 1));
    assert!(start.elapsed() < Duration::from_secs(10));
    // While the second page is read.
    let (world, ends, slow) = app_wide(Some(Duration::from_millis(1000))).await;
    assert_eq!((ends, slow), (vec!["not attempted"], 1));
    world.faults(&[]);
    assert_eq!(world.config("d0.example.com/show/*").await, Some(cycle(1800)));
}
