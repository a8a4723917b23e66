//! Writes that are retried: after a refusal that allows it, and after a lost write, but never over another client's edit.

use std::io;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use livevod::api::{ClientSettings, Rate};
use livevod::apply::journal::{Memory, Sink, Syncing};
use livevod::embedded;
use livevod::model::StreamSpelling;
use livevod::plan::Change;
use livevod::wire;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::world::*;

const CAM: &str = "a.example.com/show/cam1";

fn with(fault: &str) -> World {
    let world = World::new();
    world.faults(&[fault]);
    world
}

/// With a client of these settings.
fn called_with(settings: ClientSettings) -> World {
    let service = World::new().service;
    World::of(service.clone(), embedded::client(service, settings))
}

/// So many calls a minute.
fn rate(per_minute: u32) -> Rate {
    Rate::per_minute(NonZeroU32::new(per_minute).unwrap())
}

/// One change of each kind, for the current state.
fn each() -> [(&'static str, Change); 4] {
    [
        ("Add", create(CAM, cycle(900))),
        ("Update", update(CAM, cycle(3600), cycle(900))),
        ("Delete", delete(CAM, cycle(3600))),
        ("Delete", replace(CAM, stored_in(BUCKET), stored_in(OTHER_BUCKET))),
    ]
}

/// Holds the state that a change expects.
async fn hold_before(world: &World, change: &Change) {
    if let Some(before) = change.before() {
        world.hold(CAM, before).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_write_goes_out_again_until_it_passes() {
    for (action, change) in each() {
        let world = World::new();
        hold_before(&world, &change).await;
        world.faults(&[&format!("throttle:action={action},times=3")]);
        let report = world.apply([change.clone()]).await;
        assert_eq!(ends(&report), ["done"], "{action}");
        assert_eq!(report.repeated, 3, "{action}");
        assert_eq!(world.config(CAM).await, change.after().cloned(), "{action}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_is_repeated_whatever_went_wrong() {
    for fault in ["throttle", "error-before-commit", "garbage", "drop-before-commit"] {
        let world = with(&format!("{fault}:action=Describe,times=2"));
        let listed = world.client.list_domain("a.example.com").await;
        assert_eq!(listed.map(|listing| listing.configs.len()), Ok(0), "{fault}");
        assert_eq!((world.client.calls(), world.client.repeated()), (3, 2), "{fault}");
    }
}

/// At the default rate, a thousand domains take longer than a read is retried.
#[tokio::test(start_paused = true)]
async fn a_read_that_waited_for_the_rate_is_repeated_like_the_first() {
    let throttled = "throttle:action=Describe,nth=990";
    for fault in [
        throttled,
        "throttle:action=Describe,nth=990,retry-after=5s",
        "drop-before-commit:action=Describe,nth=990",
    ] {
        let world = with(fault);
        let names = (0..1000).map(|number| format!("live{number}.example.com").into());
        let start = Instant::now();
        let (snapshot, errors) = world.client.snapshot(names).await;
        assert_eq!((snapshot.domains.len(), errors.len()), (1000, 0), "{fault}: {errors:?}");
        assert_eq!(world.client.repeated(), 1, "{fault}");
        assert!(start.elapsed() > ClientSettings::PATIENCE, "{fault}");
    }
}

/// The calls of all domains get their turns at once, but only two can be in flight.
#[tokio::test(start_paused = true)]
async fn a_read_that_waited_for_a_connection_is_repeated_like_the_first() {
    let lost = "drop-before-commit:action=Describe,nth=90";
    let parallelism = NonZeroUsize::new(2).unwrap();
    let world = called_with(ClientSettings { parallelism, ..embedded::settings() });
    world.faults(&["latency:time=2s", lost]);
    let names = (0..100).map(|number| format!("live{number}.example.com").into());
    let start = Instant::now();
    let (snapshot, errors) = world.client.snapshot(names).await;
    assert_eq!((snapshot.domains.len(), errors.len()), (100, 0), "{errors:?}");
    assert_eq!(world.client.repeated(), 1);
    assert!(start.elapsed() > ClientSettings::PATIENCE, "the 90th call left later than a read is retried");
}

/// Others read all the time, so that the compare before each attempt waits for the rate for longer than a write is retried.
#[tokio::test(start_paused = true)]
async fn a_write_whose_compare_waited_for_the_rate_is_repeated_like_the_first() {
    let patience = Duration::from_secs(5);
    let mut world = called_with(ClientSettings { patience, rate: rate(20), ..embedded::settings() });
    for freshness in [world.settings.freshness, Duration::ZERO] {
        world.settings.freshness = freshness;
        world.hold(CAM, &cycle(3600)).await;
        world.faults(&["throttle:action=Update,times=2"]);
        let mut others = JoinSet::new();
        for _ in 0..5 {
            let client = world.client.clone();
            others.spawn(async move { while client.list_domain("b.example.com").await.is_ok() {} });
        }
        let report = world.apply([update(CAM, cycle(3600), cycle(900))]).await;
        assert_eq!(ends(&report), ["done"], "{freshness:?}: {report:?}");
        assert_eq!(report.repeated, 2, "{freshness:?}");
        world.edit(wire::delete(&address(CAM), StreamSpelling::Named)).await;
    }
}

/// The first write is refused, and then waits for its slot until the second one, which was lost, has been sent again.
#[tokio::test(start_paused = true)]
async fn a_write_that_waited_for_its_slot_is_repeated_like_the_first() {
    const OTHER: &str = "a.example.com/show/cam2";
    let (patience, parallelism) = (Duration::from_secs(5), NonZeroUsize::new(2).unwrap());
    let world = called_with(ClientSettings { patience, parallelism, ..embedded::settings() });
    world.hold(CAM, &cycle(3600)).await;
    world.hold(OTHER, &cycle(3600)).await;
    world.faults(&[
        "throttle:action=Update,nth=1",
        "drop-before-commit:action=Update,nth=2",
        "throttle:action=Update,nth=4",
    ]);
    let start = Instant::now();
    let report = world.apply([CAM, OTHER].map(|cam| update(cam, cycle(3600), cycle(900)))).await;
    assert_eq!(ends(&report), ["done", "done"], "{report:?}");
    assert_eq!(world.sent("Update"), 5);
    assert!(start.elapsed() > world.settings.settle, "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn the_service_is_left_alone_for_as_long_as_it_asks() {
    let world = with("throttle:action=Add,times=1,retry-after=50s");
    let start = Instant::now();
    assert_eq!(ends(&world.apply([create(CAM, config())]).await), ["done"]);
    assert!((50..=52).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}

/// The change that got it would have ended before that; the others wait, for up to two minutes.
#[tokio::test(start_paused = true)]
async fn no_change_waits_past_its_deadline_and_nobody_longer_than_two_minutes() {
    for asked in ["250s", "24h"] {
        let world = with(&format!("throttle:action=Add,times=1,retry-after={asked}"));
        let start = Instant::now();
        let cams = ["a", "b", "c"].map(|name| create(&format!("{name}.example.com/show/cam1"), config()));
        let report = world.apply(cams).await;
        assert_eq!(ends(&report), ["failed", "done", "done"], "{asked}");
        assert!((120..=122).contains(&start.elapsed().as_secs()), "{asked} {:?}", start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn in_a_gap_nobody_stays_away_for_as_long_as_the_service_asks() {
    let throttled = |action, nth| format!("throttle:action={action},nth={nth},retry-after=250s");
    // If the Delete gets no answer, its outcome is read within the gap.
    for (fault, delete) in [
        (throttled("Add", 1), "latency:time=0s"),
        (throttled("Describe", 2), "drop-after-commit:action=Delete,nth=1"),
    ] {
        let world = World::new();
        world.hold(CAM, &stored_in(BUCKET)).await;
        world.faults(&[&fault, delete]);
        let soon = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            world.config(CAM).await
        };
        let replace = replace(CAM, stored_in(BUCKET), stored_in(OTHER_BUCKET));
        let (report, soon) = tokio::join!(world.apply([replace]), soon);
        assert_eq!((ends(&report), soon), (vec!["done"], Some(stored_in(OTHER_BUCKET))), "{fault}");
    }
}

/// A lost Add is sent again, although its outcome can't be read.
#[tokio::test(start_paused = true)]
async fn a_gap_does_not_wait_for_reads_that_are_throttled() {
    let world = World::new();
    world.hold(CAM, &stored_in(BUCKET)).await;
    world.faults(&["latency:time=100ms"]);
    let weather = async {
        // The reading is over, and the Delete is in flight.
        tokio::time::sleep(Duration::from_millis(150)).await;
        world.faults(&[
            "latency:time=100ms",
            "throttle:action=Describe",
            "drop-before-commit:action=Add,nth=1",
        ]);
        tokio::time::sleep(Duration::from_secs(3)).await;
        world.faults(&[]);
        world.config(CAM).await
    };
    let replace = replace(CAM, stored_in(BUCKET), stored_in(OTHER_BUCKET));
    let (report, soon) = tokio::join!(world.apply([replace]), weather);
    assert_eq!((ends(&report), soon), (vec!["done"], Some(stored_in(OTHER_BUCKET))));
}

/// Reading back continues, without waiting for the rest of the time that the service asked for.
#[tokio::test(start_paused = true)]
async fn a_signal_ends_the_time_that_the_service_asks_for() {
    let world = with("throttle:action=Describe,times=1,retry-after=50s");
    let stop = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        world.settings.stop.cancel();
    };
    let start = Instant::now();
    let (report, ()) = tokio::join!(world.apply([create(CAM, config())]), stop);
    assert_eq!(ends(&report), ["done"]);
    assert!((3..=4).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_action_that_is_throttled_for_a_minute_ends_the_run_with_what_is_left() {
    for domains in [1, 40] {
        let world = with("throttle:action=Add");
        let cams = (0..domains * 8)
            .map(|at| create(&format!("d{}.example.com/show/cam{at}", at % domains), config()));
        let start = Instant::now();
        let report = world.apply(cams).await;
        assert!(ends(&report).iter().all(|end| ["failed", "not attempted"].contains(end)), "{report:?}");
        let last = failure(&report, report.outcomes.len() - 1).to_string();
        assert!(last.contains("throttled for a minute"), "{last}");
        assert!(start.elapsed() < Duration::from_secs(100), "{domains}: {:?}", start.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn reading_that_is_throttled_for_a_minute_ends_however_many_domains_there_are() {
    for domains in [1, 400] {
        let world = with("throttle:action=Describe");
        let names = (0..domains).map(|at| format!("d{at}.example.com").into());
        let start = Instant::now();
        let (_, unread) = world.client.snapshot(names).await;
        assert_eq!(unread.len(), domains);
        let error = unread.values().next().unwrap();
        assert!(error.to_string().contains("throttled for a minute"), "{error}");
        assert_eq!(error.code(), "Throttling.User");
        let took = start.elapsed().as_secs();
        assert!((60..=90).contains(&took), "{domains}: {took} s");
    }
}

/// The deadline of a call begins when the rate allows it to be sent: 990 others are before it.
#[tokio::test(start_paused = true)]
async fn one_throttled_call_among_many_leaves_no_domain_unread() {
    let world = with("error-before-commit:action=Describe,nth=990");
    let names = (0..1000).map(|at| format!("d{at}.example.com").into());
    let (snapshot, unread) = world.client.snapshot(names).await;
    assert_eq!((snapshot.domains.len(), unread.len()), (1000, 0), "{unread:?}");
    let world = with("throttle:action=Describe,nth=990");
    let names = (0..1000).map(|at| format!("d{at}.example.com").into());
    let (snapshot, unread) = world.client.snapshot(names).await;
    assert_eq!((snapshot.domains.len(), unread.len()), (1000, 0), "{unread:?}");
}

#[tokio::test(start_paused = true)]
async fn the_pauses_before_a_write_are_waited_for() {
    let service = World::new().service;
    let settings = ClientSettings { jitter: Arc::new(|| 1.0), ..embedded::settings() };
    let world = World::of(service.clone(), embedded::client(service, settings));
    world.faults(&["refuse:action=Add,times=3"]);
    let start = Instant::now();
    assert_eq!(ends(&world.apply([create(CAM, config())]).await), ["done"]);
    assert_eq!(start.elapsed(), Duration::from_millis(200 + 400 + 800));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_never_stops_throttling_is_given_up_at_the_deadline() {
    let world = with("throttle:action=Add");
    let start = Instant::now();
    let report = world.apply([create(CAM, config())]).await;
    assert_eq!(ends(&report), ["failed"]);
    assert_eq!(why(&report, 0), "the Add was not carried out");
    assert!(start.elapsed() <= Duration::from_secs(3 * 60), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_edit_during_the_pause_is_not_overwritten() {
    let world = World::new();
    world.hold(CAM, &cycle(3600)).await;
    // The first Update is throttled; before the second compare, another client edits.
    world.faults(&[
        "throttle:action=Update,nth=1",
        &format!("foreign-edit:action=Describe,nth=2,address={CAM}"),
    ]);
    let report = world.apply([update(CAM, cycle(3600), cycle(900))]).await;
    assert_eq!(ends(&report), ["not attempted"]);
    assert!(why(&report, 0).starts_with("changed since the plan"), "{:?}", failure(&report, 0));
}

#[tokio::test(start_paused = true)]
async fn a_lost_write_goes_out_again_once_it_can_arrive_no_more() {
    for (action, change) in each().into_iter().take(3) {
        let world = World::new();
        hold_before(&world, &change).await;
        world.faults(&[&format!("drop-before-commit:action={action},times=2")]);
        let start = Instant::now();
        let report = world.apply([change.clone()]).await;
        assert_eq!(ends(&report), ["done"], "{action}");
        assert!(start.elapsed() >= 2 * world.settings.settle, "{action} {:?}", start.elapsed());
        assert_eq!(world.config(CAM).await, change.after().cloned(), "{action}");
        assert_eq!(world.sent(action), 3, "{action}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_was_lost_is_not_sent_again() {
    for (action, change) in each().into_iter().take(3) {
        let world = World::new();
        hold_before(&world, &change).await;
        world.faults(&[&format!("drop-after-commit:action={action},times=1")]);
        assert_eq!(ends(&world.apply([change.clone()]).await), ["done"], "{action}");
        assert_eq!(world.sent(action), 1, "{action}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_write_that_could_arrive_until_the_deadline_is_not_sent_again() {
    for settle in [30, 31, 60].map(Duration::from_secs) {
        let world = World::new().deadline(Duration::from_secs(30)).settle(settle);
        world.hold(CAM, &cycle(3600)).await;
        world.faults(&["drop-before-commit:action=Update,nth=1"]);
        let report = world.apply([update(CAM, cycle(3600), cycle(900))]).await;
        assert_eq!((ends(&report), world.sent("Update")), (vec!["unknown"], 1), "{settle:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_arrives_late_is_waited_for_until_the_deadline() {
    for settle in [20, 60].map(Duration::from_secs) {
        let world = World::new().deadline(Duration::from_secs(30)).settle(settle);
        world.hold(CAM, &cycle(3600)).await;
        world.faults(&["late-commit:action=Update,time=10s,nth=1"]);
        let report = world.apply([update(CAM, cycle(3600), cycle(900))]).await;
        assert_eq!((ends(&report), world.sent("Update")), (vec!["done"], 1), "{settle:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_gets_lost_every_time_is_unknown() {
    for (action, change) in each().into_iter().take(3) {
        let world = World::new();
        hold_before(&world, &change).await;
        world.faults(&[&format!("drop-before-commit:action={action}")]);
        let report = world.apply([change.clone()]).await;
        assert_eq!(ends(&report), ["unknown"], "{action}");
        assert_eq!(world.sent(action), 3, "{action}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_after_a_lost_write_is_not_overwritten_and_the_outcome_stays_open() {
    let world = World::new();
    world.hold(CAM, &cycle(3600)).await;
    // The fifth Describe is the first that shows the edit, which is made after the only Update got lost.
    world.faults(&[
        "drop-before-commit:action=Update,nth=1",
        &format!("foreign-edit:action=Describe,nth=5,address={CAM}"),
    ]);
    let report = world.apply([update(CAM, cycle(3600), cycle(900))]).await;
    assert_eq!(ends(&report), ["unknown"]);
    assert_eq!(world.sent("Update"), 1);
}

#[tokio::test(start_paused = true)]
async fn the_gap_of_a_replace_is_closed_without_waiting_for_a_lost_add() {
    let world = World::new();
    world.hold(CAM, &stored_in(BUCKET)).await;
    world.faults(&["drop-before-commit:action=Add,times=2"]);
    let start = Instant::now();
    let closed = async {
        while world.config(CAM).await != Some(stored_in(OTHER_BUCKET)) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        start.elapsed()
    };
    let replaced = world.apply([replace(CAM, stored_in(BUCKET), stored_in(OTHER_BUCKET))]);
    let (report, closed) = tokio::join!(replaced, closed);
    assert_eq!(ends(&report), ["done"]);
    assert!(closed < world.settings.settle, "{closed:?}");
    assert!(start.elapsed() >= world.settings.settle, "the run ends when nothing can arrive any more");
}

#[tokio::test(start_paused = true)]
async fn the_old_entry_comes_back_only_once_a_lost_add_of_the_new_one_can_arrive_no_more() {
    let world = World::new();
    world.hold(CAM, &stored_in(BUCKET)).await;
    // The new entry's first Add is lost, its second refused for good, and then the old one is added back.
    world.faults(&["drop-before-commit:action=Add,nth=1", "revoked-key:action=Add,nth=2"]);
    let start = Instant::now();
    let report = world.apply([replace(CAM, stored_in(BUCKET), stored_in(OTHER_BUCKET))]).await;
    assert_eq!(ends(&report), ["failed"]);
    assert!(why(&report, 0).ends_with("added back"), "{:?}", failure(&report, 0));
    assert_eq!(world.config(CAM).await, Some(stored_in(BUCKET)));
    assert!(start.elapsed() >= world.settings.settle, "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_domain_whose_service_can_not_be_reached_is_stopped() {
    let world = World::new();
    world.faults(&["refuse:action=Add"]);
    let report = world
        .apply([1, 2, 3, 4, 5].map(|number| create(&format!("a.example.com/show/cam{number}"), config())))
        .await;
    // Four go side by side at first.
    assert_eq!(ends(&report), ["failed", "failed", "failed", "failed", "not attempted"]);
    assert!(why(&report, 4).starts_with("writing in its domain was stopped: no connection"));
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_run_repeats_nothing() {
    let world = with("throttle:action=Add");
    let stop = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        world.settings.stop.cancel();
    };
    let start = Instant::now();
    let (report, ()) = tokio::join!(world.apply([create(CAM, config())]), stop);
    assert_eq!(ends(&report), ["not attempted"]);
    assert_eq!(why(&report, 0), "the run was interrupted");
    assert_eq!(start.elapsed(), Duration::from_secs(3));
}

/// A disk whose syncs take a while.
struct Slow(Memory);

impl Sink for Slow {
    fn append(&mut self, lines: &str, sync: bool) -> io::Result<()> {
        self.0.append(lines, sync)
    }

    fn sync(&mut self) -> Syncing {
        Box::pin(async {
            sleep(Duration::from_secs(90)).await;
            Ok(())
        })
    }
}

/// The disk takes so long that the compare is too old. The next attempt leaves as soon as its own turn has come.
#[tokio::test(start_paused = true)]
async fn a_write_that_is_not_sent_takes_nothing_from_the_rate() {
    let mut world = called_with(ClientSettings { rate: rate(1), ..embedded::settings() });
    world.hold(CAM, &cycle(3600)).await;
    world.settings.journal = journal_of(&plan([]), Slow(Memory::default()));
    let report = world.apply([update(CAM, cycle(3600), cycle(900))]).await;
    assert_eq!(ends(&report), ["done"], "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn a_write_that_waited_is_not_sent_once_nothing_could_read_it_back() {
    let mut world = World::new();
    world.hold(CAM, &cycle(3600)).await;
    world.settings.journal = journal_of(&plan([]), Slow(Memory::default()));
    world.settings.freshness = Duration::from_secs(300);
    let throttled = async {
        sleep(Duration::from_secs(1)).await;
        world.faults(&["throttle:action=Describe"]);
        world.client.snapshot(["b.example.com".into()]).await
    };
    let (report, _) = tokio::join!(world.apply([update(CAM, cycle(3600), cycle(900))]), throttled);
    assert_eq!(ends(&report), ["not attempted"], "{report:?}");
    assert!(why(&report, 0).contains("throttled for a minute"), "{:?}", failure(&report, 0));
    assert_eq!(world.sent("Update"), 0);
}
