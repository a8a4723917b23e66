//! Counts what happened over many runs: which fault occurred at which step with which quirk, and how runs ended.

use std::collections::BTreeMap;
use std::fmt;

use livevod::apply::Outcome;
use livevod::emulator::QUIRKS;

use super::process::End;
use super::story::{Happening, What, name};
use super::weather::{KINDS, OTHERS, SHORT, Step, share};
use super::{Broken, Run};

/// Counts of the runs that were checked.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) runs: u64,
    pub(crate) calls: u64,
    /// Runs with a write that got no usable answer.
    pub(crate) ambiguous: u64,
    /// Runs in which a plan left a difference as it is because the files accept it.
    pub(crate) accepted: u64,
    /// By fault and step.
    strikes: BTreeMap<(&'static str, Step), u64>,
    /// By fault, step and value of a quirk; the values are numbered.
    product: BTreeMap<(&'static str, Step), Vec<u64>>,
    /// How first processes ended, and the outcomes of their changes.
    ends: BTreeMap<&'static str, u64>,
    outcomes: BTreeMap<&'static str, u64>,
    pub(crate) broken: Vec<Broken>,
}

impl Tally {
    /// Plays and checks seeds.
    pub(crate) fn of(seeds: impl Iterator<Item = u64>) -> Self {
        let mut tally = Self::default();
        for seed in seeds {
            let run = Run::of(seed);
            let broken = run.judge(&mut tally);
            tally.broken.extend(broken);
        }
        tally
    }

    pub(super) fn count(&mut self, run: &Run) {
        self.runs += 1;
        let answers = answers(&run.scene.quirks);
        let mut foreign = None;
        let mut is_ambiguous = false;
        for (at, happening) in run.story.iter().enumerate() {
            match &happening.what {
                What::Foreign(what, _) => foreign = Some(what.name()),
                What::Call(call) => {
                    self.calls += 1;
                    is_ambiguous |= call.step.is_write() && call.is_ambiguous();
                    let death = death_after(run.story.get(at + 1));
                    let others = foreign.take().into_iter().chain(death);
                    for fault in call.faults.iter().copied().filter(|_| death.is_none()).chain(others) {
                        self.strike(fault, call.step, &answers);
                    }
                }
                What::Finished { outcome, sent: _ } => {
                    *self.outcomes.entry(name(&outcome.outcome)).or_default() += 1
                }
                _ => {}
            }
        }
        self.ambiguous += u64::from(is_ambiguous);
        let accepts = run.processes.iter().any(|process| !process.plan.notes.accepted.is_empty());
        self.accepted += u64::from(accepts);
        *self.ends.entry(end(run)).or_default() += 1;
    }

    fn strike(&mut self, fault: &'static str, step: Step, answers: &[usize]) {
        *self.strikes.entry((fault, step)).or_default() += 1;
        let all = self.product.entry((fault, step)).or_insert_with(|| vec![0; count_of_answers()]);
        answers.iter().for_each(|answer| all[*answer] += 1);
    }

    pub(crate) fn add(&mut self, other: Self) {
        let Self { runs, calls, ambiguous, accepted, strikes, product, ends, outcomes, broken } = other;
        self.runs += runs;
        self.calls += calls;
        self.ambiguous += ambiguous;
        self.accepted += accepted;
        strikes.into_iter().for_each(|(key, count)| *self.strikes.entry(key).or_default() += count);
        for (key, counts) in product {
            let all = self.product.entry(key).or_insert_with(|| vec![0; counts.len()]);
            all.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        ends.into_iter().for_each(|(key, count)| *self.ends.entry(key).or_default() += count);
        outcomes.into_iter().for_each(|(key, count)| *self.outcomes.entry(key).or_default() += count);
        self.broken.extend(broken);
    }

    /// Faults of a part's share that never occurred at a step.
    pub(crate) fn missing_strikes(&self, part: u64) -> Vec<String> {
        let share: Vec<&str> = share(part).collect();
        let missing = |(fault, step): &(&'static str, Step)| {
            share.contains(fault) && !self.strikes.contains_key(&(*fault, *step))
        };
        cells().filter(missing).map(|(fault, step)| format!("{fault} at {}", step.name())).collect()
    }

    /// Faults that never occurred at a step with some value of a quirk.
    pub(crate) fn missing_products(&self) -> Vec<String> {
        let names: Vec<String> = QUIRKS
            .iter()
            .flat_map(|quirk| quirk.answers.iter().map(|answer| format!("{}={}", quirk.name, answer.value)))
            .collect();
        let none = vec![0; names.len()];
        let missing = cells().flat_map(|(fault, step)| {
            let counts = self.product.get(&(fault, step)).unwrap_or(&none);
            let zero = counts.iter().zip(&names).filter(|(count, _)| **count == 0);
            zero.map(move |(_, quirk)| format!("{fault} at {} under {quirk}", step.name()))
                .collect::<Vec<_>>()
        });
        missing.collect()
    }

    /// The smallest count of any fault at any step with any value of a quirk.
    pub(crate) fn rarest(&self) -> u64 {
        cells().filter_map(|cell| self.product.get(&cell)).flatten().min().copied().unwrap_or(0)
    }
}

/// Every fault with every step at which it has an effect.
fn cells() -> impl Iterator<Item = (&'static str, Step)> {
    let network = KINDS.iter().flat_map(|kind| Step::STRUCK.map(|step| (kind.name, step)));
    let others = OTHERS.into_iter().flat_map(|name| Step::STRUCK.map(|step| (name, step)));
    // A write reads nothing that could be stale; other clients act, and processes die, only during an apply.
    let network = network.filter(|(name, step)| !(*name == "stale" && step.is_write()));
    let means =
        |(name, step): &(&str, Step)| if *name == SHORT { !step.is_write() } else { *step != Step::Plan };
    network.chain(others.filter(means))
}

fn death_after(next: Option<&Happening>) -> Option<&'static str> {
    match next?.what {
        What::Died(how) => Some(how),
        _ => None,
    }
}

fn end(run: &Run) -> &'static str {
    match run.processes.first().map(|process| &process.end) {
        Some(End::Applied(report)) if report.outcomes.iter().all(|one| one.outcome == Outcome::Done) => {
            "all done"
        }
        Some(End::Applied(_)) => "not all done",
        Some(End::Died) => "died",
        Some(End::Refused(reasons)) if reasons.is_empty() => "nothing to do",
        Some(End::Refused(_)) | None => "refused",
    }
}

fn count_of_answers() -> usize {
    QUIRKS.iter().map(|quirk| quirk.answers.len()).sum()
}

/// The number of each value that is played.
fn answers(quirks: &[String]) -> Vec<usize> {
    let mut first = 0;
    let numbers = QUIRKS.iter().zip(quirks).map(|(quirk, text)| {
        let value = text.strip_prefix(quirk.name).and_then(|rest| rest.strip_prefix('='));
        let at = quirk.answers.iter().position(|answer| Some(answer.value) == value).unwrap();
        first += quirk.answers.len();
        first - quirk.answers.len() + at
    });
    numbers.collect()
}

/// The table of faults by step, and the rest in a few lines.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| fault |")?;
        Step::STRUCK.iter().try_for_each(|step| write!(f, " {} |", step.name()))?;
        writeln!(f, "\n|---|{}", "---:|".repeat(Step::STRUCK.len()))?;
        let mut faults: Vec<&str> = cells().map(|(fault, _)| fault).collect();
        faults.dedup();
        for fault in faults {
            write!(f, "| {fault} |")?;
            for step in Step::STRUCK {
                match self.strikes.get(&(fault, step)) {
                    _ if !cells().any(|cell| cell == (fault, step)) => write!(f, " – |")?,
                    count => write!(f, " {} |", count.copied().unwrap_or(0))?,
                }
            }
            writeln!(f)?;
        }
        let Self { runs, calls, ambiguous, accepted, .. } = self;
        writeln!(f, "\n{runs} runs, {calls} calls; {ambiguous} runs with a write without a usable answer")?;
        writeln!(f, "{accepted} runs in which the files accept a difference")?;
        writeln!(f, "first processes: {:?}", self.ends)?;
        writeln!(f, "changes of all processes: {:?}", self.outcomes)
    }
}
