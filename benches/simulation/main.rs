//! Plays the simulation of `tests/simulation` over many seeds, and says how many runs a second that makes.
//!
//! `cargo bench --bench simulation -- --runs 100000` prints what happened, every seed that breaks a promise with its story,
//! and exits with 1 where there is one, or where a fault never struck at a step under an answer of a quirk. `--first SEED`
//! begins elsewhere; `--brief` is for runs that are to fail: it stops at the first one, and prints only that. With `--teams`, several
//! processes share one store.
#![expect(clippy::print_stdout, reason = "the numbers are what it is run for")]
#![expect(clippy::unwrap_used, reason = "it is a test that is run like a benchmark")]

#[path = "../../tests/simulation/harness/mod.rs"]
mod harness;
#[path = "../../tests/simulation/teams/mod.rs"]
mod teams;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::thread::available_parallelism;
use std::time::Instant;

use harness::{Broken, ONCE_BROKEN, PARTS, Run, Tally};
use teams::Team;

/// The seeds of one thread.
type Seeds = Box<dyn Iterator<Item = u64>>;

/// So many runs must have seen each fault at each step under each answer of each quirk.
const MANY: u64 = 100_000;

/// Seeds that a brief run plays before it looks whether one broke.
const STEP: u64 = 100;

/// Broken runs of an invariant that are named.
const SEEDS_TOLD: usize = 100;

/// Broken runs that are told in full.
const TOLD: usize = 3;

fn main() -> ExitCode {
    // `cargo test --all-targets` runs this too, without the word.
    if !has("--bench") {
        return ExitCode::SUCCESS;
    }
    let (runs, first) = (number("--runs").unwrap_or(10_000), number("--first").unwrap_or(0));
    let (is_brief, is_teams) = (has("--brief"), has("--teams"));
    match (is_brief, is_teams) {
        (true, true) => {
            exit(!breaks(first, runs, teams::ONCE_BROKEN.to_vec(), &|seeds| teams::Tally::of(seeds).broken))
        }
        (true, false) => exit(!breaks(first, runs, ONCE_BROKEN.to_vec(), &|seeds| Tally::of(seeds).broken)),
        (false, true) => play_teams(first, runs),
        (false, false) => play_runs(first, runs),
    }
}

/// Several processes over one store.
fn play_teams(first: u64, runs: u64) -> ExitCode {
    if runs == 1 {
        println!("{}", Team::of(first).text());
    }
    let start = Instant::now();
    let mut tally = teams::Tally::default();
    play(first, runs, &|seeds| teams::Tally::of(seeds)).into_iter().for_each(|part| tally.add(part));
    let seconds = start.elapsed().as_secs_f64();
    tell_broken(&tally.broken);
    println!("{tally}");
    println!("{:.0} stories a second, {seconds:.0} s", tally.runs as f64 / seconds);
    let missing = tally.missing();
    missing.iter().for_each(|missing| println!("never happened: {missing}"));
    exit(tally.broken.is_empty() && (missing.is_empty() || runs == 1))
}

fn play_runs(first: u64, runs: u64) -> ExitCode {
    if runs == 1 {
        println!("{}", Run::of(first).text());
    }
    let start = Instant::now();
    let mut tally = Tally::default();
    play(first, runs, &|seeds| Tally::of(seeds)).into_iter().for_each(|part| tally.add(part));
    let seconds = start.elapsed().as_secs_f64();
    tell_broken(&tally.broken);
    println!("{tally}");
    println!("{:.0} runs a second, {seconds:.0} s", tally.runs as f64 / seconds);
    let missing = missing(&tally);
    missing.iter().take(TOLD).for_each(|missing| println!("never struck: {missing}"));
    let is_hard = tally.ambiguous * 2 > tally.runs;
    exit(tally.broken.is_empty() && missing.is_empty() && is_hard)
}

/// Faults that never struck at a step; of many runs, under each answer of each quirk.
fn missing(tally: &Tally) -> Vec<String> {
    if tally.runs < MANY {
        return (0..PARTS).flat_map(|part| tally.missing_strikes(part)).collect();
    }
    println!("the rarest fault at a step under an answer of a quirk struck {} times", tally.rarest());
    tally.missing_products()
}

fn exit(is_sound: bool) -> ExitCode {
    if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays seeds on every core, or in as many threads as `--threads` says.
fn play<T: Send>(first: u64, runs: u64, of: &(dyn Fn(Seeds) -> T + Sync)) -> Vec<T> {
    let cores = || available_parallelism().map_or(1, |cores| cores.get() as u64);
    let threads = number("--threads").unwrap_or_else(cores).max(1);
    std::thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|part| {
                let seeds = (first..first + runs).filter(move |seed| seed % threads == part);
                scope.spawn(move || of(Box::new(seeds)))
            })
            .collect();
        parts.into_iter().map(|part| part.join().unwrap()).collect()
    })
}

/// Whether some seed breaks a promise; plays no more than it takes to find one. What is `rare` comes last.
fn breaks(first: u64, runs: u64, rare: Vec<u64>, of: &(dyn Fn(Seeds) -> Vec<Broken> + Sync)) -> bool {
    let steps = (first..first + runs).step_by(STEP as usize);
    let broken = steps
        .map(|from| play(from, STEP, of).into_iter().flatten().collect())
        .chain(std::iter::once_with(|| of(Box::new(rare.into_iter()))))
        .find_map(|broken: Vec<Broken>| broken.into_iter().min_by_key(|broken| broken.seed));
    broken
        .inspect(|broken| println!("seed {} breaks `{}`: {}", broken.seed, broken.invariant, broken.message))
        .is_some()
}

fn tell_broken(broken: &[Broken]) {
    let mut by_invariant: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for broken in broken {
        by_invariant.entry(broken.invariant).or_default().push(broken.seed);
    }
    broken.iter().take(TOLD).for_each(|broken| println!("{}", broken.text()));
    for (invariant, mut seeds) in by_invariant {
        seeds.sort_unstable();
        let first: Vec<u64> = seeds.iter().take(SEEDS_TOLD).copied().collect();
        println!("BROKEN in {} runs: {invariant}; seeds {first:?}", seeds.len());
    }
}

/// Whether a word is on the command line.
fn has(word: &str) -> bool {
    std::env::args().any(|given| given == word)
}

/// The number behind a word of the command line.
fn number(word: &str) -> Option<u64> {
    let mut words = std::env::args().skip_while(|given| given != word);
    words.nth(1)?.parse().ok()
}
