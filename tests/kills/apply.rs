//! An apply that gets SIGKILL or SIGHUP at any moment, and the runs after it: nothing is lost, added twice or touched without a
//! plan.
#![expect(clippy::print_stdout, reason = "what was met, and how to meet it again, is for whoever runs it")]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use super::case::{Case, Stage};
use super::kills;
use super::moment::{Moment, Signal, Whole, micros};
use super::tally::Tally;
use crate::simulation::harness::random::Random;

/// Concurrent runs. They wait most of the time.
const WORKERS: u64 = 12;

/// The first seed, unless `LIVEVOD_TEST_KILLS_SEED` is set. Each seed kills once or twice.
const SEED: u64 = 1;

/// The runs that are killed: if siblings are removed too, the deletes are in the second run.
const STAGES: [Stage; 3] = [
    Stage { takes_siblings: false, earlier: 0 },
    Stage { takes_siblings: true, earlier: 0 },
    Stage { takes_siblings: true, earlier: 1 },
];

#[test]
fn an_apply_that_is_killed_at_any_moment_is_made_good_by_the_next() {
    let first = std::env::var("LIVEVOD_TEST_KILLS_SEED").map_or(SEED, |seed| seed.parse().unwrap());
    let end = first + kills(10);
    let wholes = std::thread::scope(|scope| {
        let measured = STAGES.map(|stage| scope.spawn(move || Case::at(stage, None).measure()));
        measured.map(|whole| whole.join().unwrap_or_else(|panic| resume_unwind(panic)))
    });
    let next = AtomicU64::new(first);
    let work = || {
        let seeds =
            std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)).filter(|seed| *seed < end));
        seeds.map(|seed| play_or_tell(seed, &wholes)).sum::<Tally>()
    };
    let tally: Tally = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic))).sum()
    });
    println!("seeds {first} to {}: {tally}", end - 1);
    assert!(tally.kills >= end - first, "{tally}");
    if end - first >= 100 {
        tally.insist();
    }
}

fn play_or_tell(seed: u64, wholes: &[Whole]) -> Tally {
    catch_unwind(AssertUnwindSafe(|| play(seed, wholes))).unwrap_or_else(|panic| {
        println!("again: LIVEVOD_TEST_KILLS=1 LIVEVOD_TEST_KILLS_SEED={seed} cargo test kills::apply");
        resume_unwind(panic)
    })
}

/// Kills an apply, and perhaps the one after it; then applies until everything is done, and checks.
fn play(seed: u64, wholes: &[Whole]) -> Tally {
    let mut random = Random::new(seed);
    let which = random.pick(&[0, 0, 0, 0, 1, 2]);
    let (stage, whole) = (STAGES[which], &wholes[which]);
    let mut tally = Tally::default();
    let moment = Moment::draw(seed, whole, &mut random);
    let case = first_kill(stage, moment, Signal::draw(seed), &mut tally);
    if random.percent(25) {
        let call = random.below(whole.calls as u64 / 2 + 1) as usize;
        case.kill(&Moment::Call(call, micros(random.below(8_000))), Signal::Kill, &mut tally);
    }
    case.make_good();
    tally
}

/// Repeated with an earlier moment if the run ended before it.
fn first_kill(stage: Stage, mut moment: Moment, signal: Signal, tally: &mut Tally) -> Case {
    for _ in 0..100 {
        let case = Case::at(stage, moment.fault());
        if case.kill(&moment, signal, tally) {
            return case;
        }
        moment = moment.sooner();
    }
    panic!("no apply is ended by {signal:?}: is it ignored here, as under `nohup`?");
}
