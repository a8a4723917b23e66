//! livevod with every service that the documents allow: plan, apply, plan.

mod scene;

use livevod::emulator::{QUIRKS, Quirks};
use scene::{Ended, Scene};

/// Interpretations with which livevod may end with a reason instead of an empty plan, because no client could do better.
const MAY_REFUSE: [&str; 5] = [
    // Siblings that were removed too can only be added back, which is reported as a failure.
    "app-wide-delete=with-siblings",
    // Other configurations beside an app-wide one are not possible.
    "overlap=refused",
    // Names in mixed case are never returned as they were written.
    "name-case=folded",
    // A listing of several pages differs every time.
    "order=unstable",
    // If a full page is repeated, only a total count could show whether it was the last one.
    "past-end=last-page",
];

/// Interpretations that only matter for listings of several pages.
const OF_LISTINGS: [&str; 5] = ["filter", "order", "total", "total-type", "past-end"];

/// Every answer that is not the default.
fn readings() -> Vec<String> {
    let others = |quirk: &livevod::emulator::Quirk| {
        let name = quirk.name;
        quirk.answers[1..].iter().map(move |answer| format!("{name}={}", answer.value)).collect::<Vec<_>>()
    };
    QUIRKS.iter().flat_map(others).collect()
}

fn name(reading: &str) -> &str {
    reading.split_once('=').unwrap().0
}

async fn played(readings: &[&str]) -> Ended {
    let quirks = Quirks::with(readings).unwrap();
    let long_listings = readings.iter().any(|reading| OF_LISTINGS.contains(&name(reading)));
    Scene::new(quirks, long_listings).await.run().await
}

/// What is wrong with the end of a run, if anything.
fn complaint(readings: &[&str], ended: &Ended) -> Option<String> {
    let Ended { reasons, is_empty, lost } = ended;
    let may_refuse = readings.iter().any(|reading| MAY_REFUSE.contains(reading));
    let wrong = if !lost.is_empty() {
        format!("lost {lost:?}")
    } else if !is_empty && reasons.is_empty() {
        "differs without a reason".to_owned()
    } else if !reasons.is_empty() && !may_refuse {
        "refused".to_owned()
    } else {
        return None;
    };
    Some(format!("{}: {wrong}; {reasons:#?}", readings.join(" ")))
}

async fn complaints(sets: &[Vec<&str>]) -> Vec<String> {
    let mut found = Vec::new();
    for readings in sets {
        let ended = played(readings).await;
        found.extend(complaint(readings, &ended));
    }
    found
}

#[tokio::test(start_paused = true)]
async fn the_likely_reading_and_every_other_one_converges_or_is_refused_with_a_reason() {
    let readings = readings();
    let mut sets: Vec<Vec<&str>> = readings.iter().map(|reading| vec![reading.as_str()]).collect();
    sets.push(Vec::new());
    let found = complaints(&sets).await;
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Every pair of answers to different questions, on two threads.
#[test]
fn every_pair_of_readings_converges_or_is_refused_with_a_reason() {
    let readings = readings();
    let pairs = readings.iter().enumerate().flat_map(|(at, one)| {
        readings[at + 1..]
            .iter()
            .filter(|two| name(one) != name(two))
            .map(|two| vec![one.as_str(), two.as_str()])
    });
    let pairs: Vec<Vec<&str>> = pairs.collect();
    assert!(pairs.len() > 200, "{} pairs", pairs.len());
    let found: Vec<String> = std::thread::scope(|scope| {
        let halves: Vec<_> = pairs
            .chunks(pairs.len().div_ceil(2))
            .map(|half| scope.spawn(|| on_a_paused_clock(half)))
            .collect();
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    assert!(found.is_empty(), "{} of {}:\n{}", found.len(), pairs.len(), found.join("\n"));
}

fn on_a_paused_clock(sets: &[Vec<&str>]) -> Vec<String> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(complaints(sets))
}
