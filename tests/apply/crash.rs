//! If a run dies at any call, the next run completes its work.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use livevod::api::{Client, ClientSettings};
use livevod::apply::journal::{End, LeftOpenFound, Memory, RunRecord, gaps, judge, left_open};
use livevod::apply::{ApplySettings, apply};
use livevod::embedded;
use livevod::emulator::Service;
use livevod::model::RecordConfig;
use livevod::wire::Stamp;
use tokio::sync::Notify;

use super::world::*;

const FILES: &str = r#"
version: 1
defaults: { vod_transcode_group: e2d796d3bb5fd8049d32bff62f94e4c1 }
domains:
  a.example.com:
    prune: true
    apps:
      "*": { streams: { "*": { cycle_duration: 2h } } }
      show:
        streams:
          created: { cycle_duration: 15m }
          replaced: { storage_location: two.oss-cn-shanghai.aliyuncs.com }
          updated: { auto_compose: on, compose_vod_transcode_group: 6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa }
          kept: {}
  b.example.com:
    apps:
      show: { streams: { created: {}, gone: { state: absent } } }
"#;

/// The initial state: one entry for each kind of change, and two that no file may touch.
async fn world() -> World {
    let world = World::new();
    let updated = RecordConfig { delay_time: Some(240), ..cycle(900) };
    let replaced = RecordConfig { delay_time: Some(240), ..stored_in(BUCKET) };
    world.hold("a.example.com/show/replaced", &replaced).await;
    world.hold("a.example.com/show/updated", &updated).await;
    world.hold("a.example.com/show/kept", &config()).await;
    world.hold("a.example.com/show/pruned", &cycle(900)).await;
    world.hold_without_stream("a.example.com/old/*", &cycle(900)).await;
    world.hold("b.example.com/show/gone", &config()).await;
    world.hold("b.example.com/other/unmanaged", &cycle(600)).await;
    world.hold("c.example.com/other/unnamed", &cycle(600)).await;
    world
}

/// Plans and applies until nothing is left, which must take one run.
async fn make_good(world: &World, earlier: &RunRecord) {
    let plan = world.plan_after(FILES, gaps(std::slice::from_ref(earlier))).await;
    let report = world.apply(plan.decisions.changes).await;
    assert!(ends(&report).iter().all(|end| *end == "done"), "{report:?}");
    let again = world.plan(FILES).await;
    assert_eq!(again.decisions.changes, []);
}

/// Everything that the journal does not record as done is either unchanged, or recorded as unfinished and found in its actual
/// state.
async fn judges_rightly(world: &World, run: &RunRecord) {
    let open = left_open(std::slice::from_ref(run));
    for change in &run.header.changes {
        let text = change.address.to_string();
        let found = world.remote(&text).await;
        let is = found.as_ref().map(|remote| remote.config.clone().normalized());
        match open.iter().find(|open| open.address == change.address) {
            Some(open) => match judge(open, found.as_ref(), false) {
                LeftOpenFound::Arrived => assert_eq!(is, change.after, "{text}"),
                LeftOpenFound::NotArrived => assert_eq!(is, change.before, "{text}"),
                LeftOpenFound::Gap => assert_eq!(is, None, "{text}"),
                LeftOpenFound::Back => assert!(is.is_some(), "{text}"),
                other => panic!("{text} is {other:?}"),
            },
            None if run.ending(&change.address).is_some_and(|end| end.outcome == End::Done) => {
                assert_eq!(is, change.after, "{text}");
            }
            None => assert_eq!(is, change.before, "{text}"),
        }
    }
}

/// A client that dies right before it sends call number `last`, and the signal of its death.
fn mortal(service: Arc<Service>, last: u64) -> (Client, Arc<Notify>) {
    let death = Arc::new(Notify::new());
    let (calls, notice) = (AtomicU64::new(0), death.clone());
    let stamps = move || {
        let call = calls.fetch_add(1, Ordering::Relaxed);
        if call >= last {
            notice.notify_one();
            return Err(io::Error::other("dead"));
        }
        Ok(Stamp { time: jiff::Timestamp::now(), nonce: format!("mortal-{call}") })
    };
    let settings = ClientSettings { stamps: Arc::new(stamps), ..embedded::settings() };
    (embedded::client(service, settings), death)
}

/// Applies until the client dies; returns the journal, and whether the run died.
async fn die_at(world: &World, last: u64) -> (RunRecord, bool) {
    let plan = world.plan(FILES).await;
    let memory = Memory::default();
    let settings = ApplySettings { journal: journal_of(&plan, memory.clone()), ..world.settings.clone() };
    let (client, death) = mortal(world.service.clone(), last);
    let died = tokio::select! {
        biased;
        () = death.notified() => true,
        report = apply(plan.cleared().unwrap(), &client, settings, &|_| {}) => {
            assert!(ends(&report).iter().all(|end| *end == "done"), "{report:?}");
            false
        }
    };
    (told(&memory), died)
}

#[tokio::test(start_paused = true)]
async fn a_run_that_dies_at_any_call_is_made_good_by_the_next() {
    let mut last = 0;
    loop {
        let world = world().await;
        let (run, died) = die_at(&world, last).await;
        assert_eq!(run.finished.is_none(), died, "after death at call {last}");
        judges_rightly(&world, &run).await;
        make_good(&world, &run).await;
        for (text, before) in [("b.example.com/other/unmanaged", 600), ("c.example.com/other/unnamed", 600)] {
            assert_eq!(world.config(text).await, Some(cycle(before)), "after death at call {last}");
        }
        for text in ["a.example.com/show/updated", "a.example.com/show/replaced"] {
            let kept = world.config(text).await.unwrap();
            assert_eq!(kept.delay_time, Some(240), "{text} after death at call {last}");
        }
        if !died {
            break;
        }
        last += 1;
    }
    assert!(last > 20, "the run took only {last} calls, so it did not do what this test is about");
}
