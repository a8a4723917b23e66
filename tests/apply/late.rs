//! Requests that arrive very late, and listings that are stale.

use std::time::Duration;

use livevod::emulator::{Quirks, Settings};
use livevod::model::RecordConfig;
use tokio::time::sleep;

use super::world::*;

const CAM: &str = "a.example.com/show/cam1";
const WIDE: &str = "a.example.com/show/*";

/// An account that removes siblings together with an app-wide configuration, with a history that a stale listing can show.
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

/// The Delete was carried out, nothing can be read, and the service refuses the new entry: the old one is added back.
#[tokio::test(start_paused = true)]
async fn a_gap_that_nobody_can_see_is_closed_by_the_old_entry_where_the_new_one_is_refused() {
    let world = World::new();
    world.hold(CAM, &stored_in(BUCKET)).await;
    world.faults(&[
        "truncated:action=Delete,nth=1",
        "revoked-key:action=Describe,nth=2",
        "revoked-key:action=Add,nth=1",
    ]);
    let report = world.apply([replace(CAM, stored_in(BUCKET), stored_in(OTHER_BUCKET))]).await;
    assert_eq!(ends(&report), ["unknown"], "{:?}", report.outcomes);
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
    let change = beside(replace(WIDE, stored_in(BUCKET), stored_in(OTHER_BUCKET)), &[CAM]);
    let (report, ()) = tokio::join!(world.apply([change]), somebody_else);
    assert_eq!(ends(&report), ["unknown"]);
    let message = &why(&report, 0);
    assert!(message.contains("nothing was created"), "{message}");
    assert!(message.ends_with(&format!("added back: `{CAM}`")), "{message}");
    assert_eq!(world.config(CAM).await, Some(cycle(600)));
}

/// The Delete got lost. Another client's Delete removed the entry and its siblings, and then a new entry appeared, which the lost
/// Delete may hit.
#[tokio::test(start_paused = true)]
async fn what_went_along_is_put_back_once_more_when_the_late_delete_takes_it_too() {
    let replaced = replace(WIDE, stored_in(BUCKET), stored_in(OTHER_BUCKET));
    for (change, held) in [(delete(WIDE, stored_in(BUCKET)), None), (replaced, Some(OTHER_BUCKET))] {
        let world = with_siblings().await;
        world.hold(WIDE, &stored_in(BUCKET)).await;
        world.hold(CAM, &cycle(600)).await;
        world.faults(&[
            "late-commit:action=Delete,time=25s,nth=1",
            &format!("foreign-delete:action=Describe,nth=4,address={WIDE}"),
        ]);
        let somebody_else = async {
            sleep(Duration::from_secs(10)).await;
            if held.is_none() {
                world.hold(WIDE, &cycle(900)).await;
            }
        };
        let (report, ()) = tokio::join!(world.apply([beside(change, &[CAM])]), somebody_else);
        assert_eq!(ends(&report), ["failed"], "{:?}", report.outcomes);
        let message = &why(&report, 0);
        assert!(message.ends_with(&format!("added back: `{CAM}`")), "{message}");
        assert_eq!(world.config(WIDE).await, held.map(stored_in));
        assert_eq!(world.config(CAM).await, Some(cycle(600)));
    }
}

/// The service asks for a pause of a minute, or another client edits the new entry, while the removed siblings are not recorded.
#[tokio::test(start_paused = true)]
async fn what_went_along_waits_for_nobody() {
    let removed = || delete(WIDE, stored_in(BUCKET));
    let replaced = || replace(WIDE, stored_in(BUCKET), stored_in(OTHER_BUCKET));
    let throttled = |nth: u32| format!("throttle:action=Describe,nth={nth},retry-after=50s");
    let edited = format!("foreign-edit:action=Describe,nth=2,address={WIDE}");
    let refused = "refuse:action=Add,nth=1";
    let cases = [
        (removed(), vec![throttled(2)]),
        (removed(), vec![throttled(3)]),
        (replaced(), vec![throttled(2)]),
        (replaced(), vec![throttled(3)]),
        (replaced(), vec![throttled(4)]),
        (replaced(), vec![edited]),
        (replaced(), vec![refused.to_owned(), throttled(2)]),
    ];
    for (change, faults) in cases {
        let world = with_siblings().await;
        world.hold(WIDE, &stored_in(BUCKET)).await;
        world.hold(CAM, &cycle(600)).await;
        world.faults(&faults.iter().map(String::as_str).collect::<Vec<_>>());
        let start = tokio::time::Instant::now();
        let is_there = || world.service.dump().to_string().contains("cam1");
        let back = async {
            while world.sent("Delete") == 0 || !is_there() {
                sleep(Duration::from_millis(100)).await;
            }
            start.elapsed()
        };
        let (report, after) = tokio::join!(world.apply([beside(change, &[CAM])]), back);
        assert_eq!(ends(&report), ["failed"], "{faults:?}: {:?}", report.outcomes);
        assert!(after < Duration::from_secs(10), "{faults:?}: {after:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn none_of_what_went_along_waits_for_another() {
    let second = "a.example.com/show/second";
    let world = with_siblings().await;
    world.hold(WIDE, &stored_in(BUCKET)).await;
    world.hold(CAM, &cycle(600)).await;
    world.hold(second, &cycle(600)).await;
    // The first Add gets no answer, and is retried once it is clear that it did not arrive.
    world.faults(&["hang:action=Add,nth=1"]);
    let start = tokio::time::Instant::now();
    let back = async {
        while world.sent("Delete") == 0 || !world.service.dump().to_string().contains("second") {
            sleep(Duration::from_millis(100)).await;
        }
        start.elapsed()
    };
    let change = beside(delete(WIDE, stored_in(BUCKET)), &[CAM, second]);
    let (report, after) = tokio::join!(world.apply([change]), back);
    assert_eq!(ends(&report), ["failed"], "{:?}", report.outcomes);
    assert!(after < Duration::from_secs(5), "{after:?}");
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
        let report = world.apply([beside(change, &[CAM])]).await;
        world.faults(&[]);
        assert_eq!(ends(&report), ["failed"]);
        let message = &why(&report, 0);
        assert!(message.ends_with(&format!("added back: `{CAM}`")), "{message}");
        assert_eq!(world.config(CAM).await, Some(cycle(600)));
    }
}

#[tokio::test(start_paused = true)]
async fn what_went_along_is_seen_whichever_listing_lags() {
    for nth in 1..=8 {
        let world = with_siblings().await;
        world.hold(WIDE, &stored_in(BUCKET)).await;
        world.hold(CAM, &cycle(600)).await;
        sleep(Duration::from_secs(60)).await;
        world.faults(&["stale:time=10s,chance=0", &format!("stale:action=Describe,time=10s,nth={nth}")]);
        let change = replace(WIDE, stored_in(BUCKET), stored_in(OTHER_BUCKET));
        let report = world.apply([beside(change, &[CAM])]).await;
        assert_eq!(ends(&report), ["failed"], "{nth}: {:?}", report.outcomes);
        assert!(why(&report, 0).ends_with(&format!("added back: `{CAM}`")), "{nth}: {}", why(&report, 0));
        assert_eq!(world.config(CAM).await, Some(cycle(600)), "{nth}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_this_run_is_no_victim_of_a_listing_that_does_not_show_it_yet() {
    let world = with_siblings().await;
    world.hold(WIDE, &cycle(600)).await;
    sleep(Duration::from_secs(60)).await;
    // The first reading confirms the Add.
    world.faults(&["stale:action=Describe,time=10s,nth=2"]);
    let report = world.apply([create(CAM, cycle(900)), beside(delete(WIDE, cycle(600)), &[CAM])]).await;
    assert_eq!(ends(&report), ["done", "failed"]);
    let message = &why(&report, 1);
    assert!(message.ends_with(&format!("added back: `{CAM}`")), "{message}");
    assert_eq!(world.config(CAM).await, Some(cycle(900)));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_removed_beside_a_stream_of_this_run_that_no_listing_shows() {
    let world = with_siblings().await;
    world.hold(WIDE, &cycle(600)).await;
    sleep(Duration::from_secs(60)).await;
    world.faults(&[&format!("foreign-delete:action=Describe,nth=2,address={CAM}")]);
    let report = world.apply([create(CAM, cycle(900)), beside(delete(WIDE, cycle(600)), &[CAM])]).await;
    assert_eq!(ends(&report), ["unknown", "not attempted"]);
    assert_eq!(world.config(WIDE).await, Some(cycle(600)));
}

/// The service accepted the stream, so a listing without it is too old to tell what exists beside the app-wide entry.
#[tokio::test(start_paused = true)]
async fn an_app_wide_entry_stays_while_no_listing_shows_an_accepted_stream() {
    let world = with_siblings().await.deadline(Duration::from_secs(5));
    world.hold(WIDE, &stored_in(BUCKET)).await;
    sleep(Duration::from_secs(300)).await;
    world.faults(&["stale:action=Describe,time=200s"]);
    let wide = beside(replace(WIDE, stored_in(BUCKET), stored_in(OTHER_BUCKET)), &[CAM]);
    let report = world.apply([create(CAM, cycle(900)), wide]).await;
    assert_eq!(ends(&report), ["unknown", "not attempted"]);
    assert_eq!(why(&report, 1), "the listing of its domain does not show this run's own changes");
    world.faults(&[]);
    assert_eq!(world.config(CAM).await, Some(cycle(900)));
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
            beside(replace(WIDE, stored_in(BUCKET), stored_in(OTHER_BUCKET)), &[CAM]),
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
    // The second Delete is refused, and the service still shows the entry that the first one removed.
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
    assert_eq!(why(&report, 0), "a configuration that can't be read already exists");
}

/// An account with listings that are nine minutes old; it has held these configurations for longer than that.
async fn lagging(held: &[(&str, RecordConfig)], faults: &[&str]) -> World {
    let quirks = Quirks::with(&["missing-config=invalid-config-not-found"]).unwrap();
    let world = World::with(Settings { quirks, ..Settings::default() });
    world.faults(&["stale:time=9m,chance=0"]);
    for (text, config) in held {
        world.hold(text, config).await;
    }
    sleep(Duration::from_secs(1200)).await;
    world.faults(&[faults, &["stale:action=Describe,time=9m"]].concat());
    world
}

/// If listings are stale for longer than the deadline, every outcome is unknown, whatever was sent. A replace whose Delete
/// got no answer still sends its Add, so that no gap is left.
#[tokio::test(start_paused = true)]
async fn what_no_listing_can_show_before_the_deadline_is_unknown() {
    let (old, new) = (stored_in(BUCKET), stored_in(OTHER_BUCKET));
    let lost = |action: &str| format!("drop-after-commit:action={action},nth=1");
    let cases = [
        (create(CAM, cycle(900)), None, vec![]),
        (create(CAM, cycle(900)), None, vec![lost("Add")]),
        (update(CAM, cycle(600), cycle(900)), Some(cycle(600)), vec![]),
        (
            update(CAM, cycle(600), cycle(900)),
            Some(cycle(600)),
            vec![lost("Update"), "revoked-key:action=Update,nth=2".to_owned()],
        ),
        (delete(CAM, cycle(600)), Some(cycle(600)), vec![]),
        (delete(CAM, cycle(600)), Some(cycle(600)), vec![lost("Delete")]),
        (replace(CAM, old.clone(), new.clone()), Some(old.clone()), vec![]),
        (replace(CAM, old.clone(), new.clone()), Some(old.clone()), vec![lost("Add")]),
        (replace(CAM, old.clone(), new.clone()), Some(old.clone()), vec![lost("Delete")]),
    ];
    for (change, held, faults) in cases {
        let held: Vec<(&str, RecordConfig)> = held.into_iter().map(|config| (CAM, config)).collect();
        let faults: Vec<&str> = faults.iter().map(String::as_str).collect();
        let world = lagging(&held, &faults).await;
        let report = world.apply([change.clone()]).await;
        assert_eq!(ends(&report), ["unknown"], "{:?} {faults:?} {report:?}", change.action());
        sleep(Duration::from_secs(1200)).await;
        world.faults(&[]);
        assert_eq!(world.config(CAM).await, change.after().cloned(), "it was carried out");
    }
}

#[tokio::test(start_paused = true)]
async fn an_old_entry_in_an_old_listing_was_not_added_back() {
    let mut refused = stored_in(OTHER_BUCKET);
    refused.vod_transcode_group = "no-such-group".to_owned();
    let lost: Vec<String> = (2..=60).map(|nth| format!("drop-before-commit:action=Add,nth={nth}")).collect();
    let lost: Vec<&str> = lost.iter().map(String::as_str).collect();
    let world = lagging(&[(CAM, stored_in(BUCKET))], &lost).await;
    let report = world.apply([replace(CAM, stored_in(BUCKET), refused)]).await;
    assert_eq!(ends(&report), ["unknown"], "{report:?}");
    let message = &why(&report, 0);
    assert_eq!(
        message,
        "the new configuration could not be created; whether the old one was added back is unknown"
    );
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_was_never_read_has_no_settings() {
    let world = lagging(&[], &[]).await;
    world.hold(CAM, &cycle(600)).await;
    let report = world.apply([create(CAM, cycle(900))]).await;
    assert_eq!(ends(&report), ["failed"]);
    assert_eq!(why(&report, 0), "a configuration already exists, but reading does not show it");
}

/// A world in which no listing is young enough to end the run when the last write was read back.
async fn listed_last() -> World {
    let mut world = World::new();
    world.settings.freshness = Duration::ZERO;
    world.hold(CAM, &cycle(600)).await;
    world
}

#[tokio::test(start_paused = true)]
async fn what_reverts_after_it_was_read_back_is_unknown() {
    let new = "a.example.com/show/new";
    for (change, action, what) in [
        (create(new, cycle(900)), "Add", "it was done, and then was no longer visible"),
        (update(CAM, cycle(600), cycle(900)), "Update", "it was done, and then reverted to the state before"),
    ] {
        let world = listed_last().await;
        // The write is read back after 100 ms.
        world.faults(&[&format!("revert:action={action},time=150ms"), "latency:time=100ms"]);
        let report = world.apply([change.clone()]).await;
        assert_eq!(ends(&report), ["unknown"]);
        assert_eq!(why(&report, 0), what);
        assert_eq!(world.config(&change.address.to_string()).await, change.before().cloned());
    }
}

#[tokio::test(start_paused = true)]
async fn what_somebody_changes_after_it_was_read_back_is_told() {
    let world = listed_last().await;
    world.faults(&[&format!("foreign-edit:action=Describe,nth=3,address={CAM}"), "latency:time=100ms"]);
    let report = world.apply([update(CAM, cycle(600), cycle(900))]).await;
    assert_eq!(ends(&report), ["unknown"]);
    let message = &why(&report, 0);
    assert!(
        message.starts_with("it was done, and then changed: `cycle_duration` reads back as"),
        "{message}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_last_listing_that_lags_behind_is_read_again() {
    let world = listed_last().await;
    world.faults(&["stale:time=10s,chance=0"]);
    sleep(Duration::from_secs(60)).await;
    world.faults(&["stale:action=Describe,time=10s,nth=3", "latency:time=100ms"]);
    let report = world.apply([update(CAM, cycle(600), cycle(900))]).await;
    assert_eq!(ends(&report), ["done"]);
    assert_eq!(report.calls, 5);
}

#[tokio::test(start_paused = true)]
async fn what_can_not_be_seen_again_stays_done_and_is_told() {
    let world = listed_last().await;
    world.faults(&["revoked-key:action=Describe,nth=3", "latency:time=100ms"]);
    let report = world.apply([update(CAM, cycle(600), cycle(900))]).await;
    assert_eq!(ends(&report), ["done"]);
    let domains: Vec<&str> = report.not_seen_again.iter().map(|(domain, _)| &**domain).collect();
    assert_eq!(domains, ["a.example.com"]);
}

/// The first Add got lost, the second one was accepted, and the next run may delete the entry at once.
#[tokio::test(start_paused = true)]
async fn a_run_ends_only_when_nothing_that_it_sent_can_still_arrive() {
    let world = World::new();
    world.hold(CAM, &stored_in(BUCKET)).await;
    let held = world.sent("Add");
    world.faults(&["late-commit:action=Add,time=25s,nth=1"]);
    let report = world.apply([replace(CAM, stored_in(BUCKET), stored_in(OTHER_BUCKET))]).await;
    assert_eq!((ends(&report), world.sent("Add")), (vec!["done"], held + 2));
    world.faults(&[]);
    let report = world.apply([delete(CAM, stored_in(OTHER_BUCKET))]).await;
    assert_eq!(ends(&report), ["done"]);
    sleep(Duration::from_secs(30)).await;
    assert_eq!(world.config(CAM).await, None, "a late Add of the run before");
}
