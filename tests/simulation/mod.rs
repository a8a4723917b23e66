//! livevod against an account with every kind of fault: thousands of seeds, each of them a run that must keep every promise.
//!
//! To run more, and to measure runs per second: `cargo bench --bench simulation -- --runs 100000`. The simulation and its
//! invariants are described in `docs/simulation.md`.

pub(crate) mod harness;
pub(crate) mod teams;

use std::ops::Range;

use harness::{ONCE_BROKEN, PARTS, Run, Tally};
use teams::Team;

/// Seeds of the plain test run: as few as let every fault strike everywhere.
const SEEDS: Range<u64> = 840..3150;

/// Seeds beyond them with a strike that none of them has: a process dies right after a Delete.
const RARE: [u64; 1] = [4372];

/// Plays seeds; none may break a promise.
fn hold(seeds: impl Iterator<Item = u64>) -> Tally {
    let tally = Tally::of(seeds);
    if let Some(first) = tally.broken.first() {
        let seeds: Vec<u64> = tally.broken.iter().map(|broken| broken.seed).collect();
        panic!("{} of {} runs, {seeds:?}; the first:\n{}", seeds.len(), tally.runs, first.text());
    }
    tally
}

/// Plays the seeds of one part, each in turn with the next fault of its share at the next step.
fn part(number: u64) {
    let tally = hold(SEEDS.chain(RARE).filter(|seed| seed % PARTS == number));
    let missing = tally.missing_strikes(number);
    assert!(missing.is_empty(), "never struck: {missing:?}\n{tally}");
    assert!(tally.accepted * 40 > tally.runs, "too few accepted differences\n{tally}");
    assert!(tally.ambiguous * 2 > tally.runs, "too few writes without an answer\n{tally}");
}

#[test]
fn every_promise_is_kept_under_every_fault_part_0() {
    part(0);
}

#[test]
fn every_promise_is_kept_under_every_fault_part_1() {
    part(1);
}

#[test]
fn every_promise_is_kept_under_every_fault_part_2() {
    part(2);
}

#[test]
fn every_promise_is_kept_under_every_fault_part_3() {
    part(3);
}

#[test]
fn every_promise_is_kept_under_every_fault_part_4() {
    part(4);
}

#[test]
fn every_promise_is_kept_under_every_fault_part_5() {
    part(5);
}

#[test]
fn every_promise_is_kept_under_every_fault_part_6() {
    part(6);
}

#[test]
fn every_promise_is_kept_where_one_was_broken_once() {
    hold(ONCE_BROKEN.into_iter());
}

/// Two threads count the same as one.
#[test]
fn counts_of_parts_add_up() {
    let mut sum = Tally::of(0..6);
    sum.add(Tally::of(6..12));
    let whole = Tally::of(0..12);
    assert_eq!(sum.to_string(), whole.to_string());
    assert_eq!(sum.missing_products(), whole.missing_products());
    assert_eq!(sum.rarest(), 0, "twelve runs can't have seen every fault everywhere");
}

/// Plays the seed of `LIVEVOD_SEED` and prints its story. The same seed always gives exactly the same story.
#[test]
#[expect(clippy::print_stdout, reason = "the story is what it is run for")]
fn replay() {
    let seed = seed();
    let run = Run::of(seed);
    let text = run.text();
    println!("{text}");
    assert_eq!(text, Run::of(seed).text(), "seed {seed} tells another story the second time");
    if let Some(broken) = run.judge(&mut Tally::default()) {
        panic!("{} breaks: {}", broken.invariant, broken.message);
    }
}

/// Plays seeds of several processes over one store; none may break a promise.
fn hold_together(seeds: impl Iterator<Item = u64>) -> teams::Tally {
    let tally = teams::Tally::of(seeds);
    if let Some(first) = tally.broken.first() {
        let seeds: Vec<u64> = tally.broken.iter().map(|broken| broken.seed).collect();
        panic!("{} of {} stories, {seeds:?}; the first:\n{}", seeds.len(), tally.runs, first.text());
    }
    tally
}

/// Two tests, so that they go side by side.
fn half(number: u64) {
    let tally = hold_together((0..300).filter(|seed| seed % 2 == number));
    assert!(tally.missing().is_empty(), "never happened: {:?}\n{tally}", tally.missing());
}

#[test]
fn every_promise_is_kept_by_several_processes_part_0() {
    half(0);
}

#[test]
fn every_promise_is_kept_by_several_processes_part_1() {
    half(1);
}

#[test]
fn every_promise_is_kept_by_several_processes_where_one_was_broken_once() {
    hold_together(teams::ONCE_BROKEN.into_iter());
}

#[test]
fn counts_of_stories_add_up() {
    let mut sum = teams::Tally::of(0..2);
    sum.add(teams::Tally::of(2..4));
    assert_eq!(sum.to_string(), teams::Tally::of(0..4).to_string());
}

/// Plays the seed of `LIVEVOD_SEED` with several processes and prints their story, which is the same each time.
#[test]
#[expect(clippy::print_stdout, reason = "the story is what it is run for")]
fn replay_teams() {
    let seed = seed();
    let team = Team::of(seed);
    let text = team.text();
    println!("{text}");
    assert_eq!(text, Team::of(seed).text(), "seed {seed} tells another story the second time");
    if let Some(broken) = team.judge(&mut teams::Tally::default()) {
        panic!("{} breaks: {}", broken.invariant, broken.message);
    }
}

/// The seed of `LIVEVOD_SEED`.
fn seed() -> u64 {
    std::env::var("LIVEVOD_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1)
}
