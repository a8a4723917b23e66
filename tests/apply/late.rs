//! Requests that arrive when nobody counts on them any more, and listings that lag behind.

use std::time::Duration;

use livevod::emulator::{Quirks, Settings};
use tokio::time::sleep;

use super::world::*;

const CAM: &str = "a.example.com/show/cam1";
const WIDE: &str = "a.example.com/show/*";

/// An account that takes along what stands beside an app-wide entry, with a past that a stale listing can show.
async fn with_siblings() -> World {
    let quirks = Quirks::with(&["app-wide-delete=with-siblings"]).unwrap();
    let world = World::with(Settings { quirks, ..Settings::default() });
    world.faults(&["stale:time=10s,chance=0"]);
    world
}

#[tokio::test(start_paused = true)]
async fn a_replace_outlives_its_delete_that_comes_after_somebody_elses() {
    let world = World::new();
    world.hold(CAM, &stored_in(BUCKET)).await;
    world.faults(&[
        "late-commit:action=Delete,time=25s,nth=1",
        &format!("foreign-delete:action=Describe,nth=4,address={CAM}"),
    ]);
    let report = world.apply([replace(CAM, stored_in(BUCKET), stored_in(OTHER_BUCKET))]).await;
    assert_eq!(ends(&report), ["done"]);
    assert_eq!(world.config(CAM).await, Some(stored_in(OTHER_BUCKET)));
    assert_eq!(world.sent("Add"), 3, "one holds, one replaces, one makes good what the late Delete did");
}

#[tokio::test(start_paused = true)]
async fn a_gap_that_nobody_can_see_is_closed_all_the_same() {
    let world = World::new();
    world.hold(CAM, &stored_in(BUCKET)).await;
    world.faults(&["truncated:action=Delete,nth=1", "revoked-key:action=Describe,nth=2"]);
    let report = world.apply([replace(CAM, stored_in(BUCKET), stored_in(OTHER_BUCKET))]).await;
    assert_eq!(ends(&report), ["done"]);
    assert_eq!(world.config(CAM).await, Some(stored_in(OTHER_BUCKET)));
}

#[tokio::test(start_paused = true)]
async fn a_delete_that_nobody_can_see_is_unknown_where_nothing_can_be_added() {
    let world = World::new();
    world.hold(CAM, &stored_in(BUCKET)).await;
    world.faults(&["drop-before-commit:action=Delete,nth=1", "revoked-key:action=Describe,nth=2"]);
    let report = world.apply([replace(CAM, stored_in(BUCKET), stored_in(OTHER_BUCKET))]).await;
    assert_eq!(ends(&report), ["unknown"]);
    assert_eq!(world.config(CAM).await, Some(stored_in(BUCKET)));
}

#[tokio::test(start_paused = true)]
async fn an_old_listing_does_not_prove_that_an_entry_stayed() {
    let world = World::new();
    world.hold(CAM, &stored_in(BUCKET)).await;
    // The first listing shows the entry, then the Delete arrives, and no listing can be read until the deadline.
    let unread = (3..=60).map(|nth| format!("empty:action=Describe,nth={nth}"));
    let faults: Vec<String> =
        ["late-commit:action=Delete,time=5s,nth=1".to_owned()].into_iter().chain(unread).collect();
    world.faults(&faults.iter().map(String::as_str).collect::<Vec<_>>());
    let report = world.apply([replace(CAM, stored_in(BUCKET), stored_in(OTHER_BUCKET))]).await;
    assert_eq!(ends(&report), ["done"]);
    assert_eq!(world.config(CAM).await, Some(stored_in(OTHER_BUCKET)));
}

#[tokio::test(start_paused = true)]
async fn what_went_along_is_put_back_where_somebody_else_took_the_place() {
    let world = with_siblings().await;
    world.hold(WIDE, &stored_in(BUCKET)).await;
    world.hold(CAM, &cycle(600)).await;
    world.faults(&["hang:action=Delete,nth=1"]);
    let somebody_else = async {
        sleep(Duration::from_secs(5)).await;
        world.hold(WIDE, &cycle(900)).await;
    };
    let change = replace(WIDE, stored_in(BUCKET), stored_in(OTHER_BUCKET));
    let (report, ()) = tokio::join!(world.apply([change]), somebody_else);
    assert_eq!(ends(&report), ["failed"]);
    let message = &failure(&report, 0).message;
    assert!(message.contains("the entry is still there, so nothing was added"), "{message}");
    assert!(message.ends_with(&format!("added back: `{CAM}`")), "{message}");
    assert_eq!(world.config(CAM).await, Some(cycle(600)));
}

#[tokio::test(start_paused = true)]
async fn what_went_along_is_seen_in_a_listing_that_is_younger_than_the_delete() {
    for change in [delete(WIDE, stored_in(BUCKET)), replace(WIDE, stored_in(BUCKET), stored_in(OTHER_BUCKET))]
    {
        let world = with_siblings().await;
        world.hold(WIDE, &stored_in(BUCKET)).await;
        world.hold(CAM, &cycle(600)).await;
        sleep(Duration::from_secs(60)).await;
        world.faults(&["drop-after-commit:action=Delete,nth=1", "stale:action=Describe,time=10s,every=2"]);
        let report = world.apply([change]).await;
        world.faults(&[]);
        assert_eq!(ends(&report), ["failed"]);
        let message = &failure(&report, 0).message;
        assert!(message.ends_with(&format!("added back: `{CAM}`")), "{message}");
        assert_eq!(world.config(CAM).await, Some(cycle(600)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_this_run_is_no_victim_of_a_listing_that_does_not_show_it_yet() {
    let world = with_siblings().await;
    world.hold(WIDE, &cycle(600)).await;
    sleep(Duration::from_secs(60)).await;
    // The first look confirms the Add.
    world.faults(&["stale:action=Describe,time=10s,nth=2"]);
    let report = world.apply([create(CAM, cycle(900)), delete(WIDE, cycle(600))]).await;
    assert_eq!(ends(&report), ["done", "failed"]);
    let message = &failure(&report, 1).message;
    assert!(message.ends_with(&format!("added back: `{CAM}`")), "{message}");
    assert_eq!(world.config(CAM).await, Some(cycle(900)));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_removed_beside_a_stream_of_this_run_that_no_listing_shows() {
    let world = with_siblings().await;
    world.hold(WIDE, &cycle(600)).await;
    sleep(Duration::from_secs(60)).await;
    world.faults(&[&format!("foreign-delete:action=Describe,nth=2,address={CAM}")]);
    let report = world.apply([create(CAM, cycle(900)), delete(WIDE, cycle(600))]).await;
    assert_eq!(ends(&report), ["done", "not attempted"]);
    assert_eq!(world.config(WIDE).await, Some(cycle(600)));
}

#[tokio::test(start_paused = true)]
async fn an_app_wide_entry_stays_until_nothing_is_on_its_way_to_those_beside_it() {
    let world = with_siblings().await.deadline(Duration::from_secs(5));
    world.hold(WIDE, &stored_in(BUCKET)).await;
    world.hold(CAM, &cycle(600)).await;
    world.faults(&["late-commit:action=Update,time=25s,nth=1"]);
    let report = world
        .apply([
            update(CAM, cycle(600), cycle(900)),
            replace(WIDE, stored_in(BUCKET), stored_in(OTHER_BUCKET)),
        ])
        .await;
    assert_eq!(ends(&report), ["unknown", "failed"]);
    assert_eq!(world.config(CAM).await, Some(cycle(900)), "as the late Update made it before it went along");
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_lags_behind_does_not_make_a_lost_delete_a_failure() {
    let quirks = Quirks::with(&["missing-config=invalid-config-not-found"]).unwrap();
    let world = World::with(Settings { quirks, ..Settings::default() });
    world.faults(&["stale:time=45s,chance=0"]);
    world.hold(CAM, &cycle(600)).await;
    sleep(Duration::from_secs(60)).await;
    // The second Delete is refused, and the service still shows what the first one removed.
    world.faults(&["drop-after-commit:action=Delete,nth=1", "stale:action=Describe,time=45s"]);
    let report = world.apply([delete(CAM, cycle(600))]).await;
    assert_eq!(ends(&report), ["done"]);
    assert_eq!(world.sent("Delete"), 2);
}

#[tokio::test(start_paused = true)]
async fn an_add_that_meets_an_unreadable_entry_failed_where_none_was_lost() {
    let world = World::new();
    world.hold(CAM, &cycle(600)).await;
    world.faults(&["revoked-key:action=Describe,nth=1"]);
    let report = world.apply([create(CAM, cycle(900))]).await;
    assert_eq!(ends(&report), ["failed"]);
    assert_eq!(failure(&report, 0).message, "an entry that can't be read stands there already");
}
