//! Counts what happened over many stories.

use std::collections::BTreeMap;
use std::fmt;

use livevod::apply::Outcome;
use livevod::store::Lost;

use super::super::harness::Broken;
use super::super::harness::process::End;
use super::super::harness::story::{What, name};
use super::{Ended, Team};

/// Counts of the stories that were checked.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) runs: u64,
    /// What happened, by name.
    pub(crate) counts: BTreeMap<&'static str, u64>,
    pub(crate) broken: Vec<Broken>,
}

/// What must happen in any large number of stories, or they were too easy.
const MUST_HAPPEN: [&str; 12] = [
    "died",
    "stopped",
    "waited",
    "refused a held lease",
    "took over",
    "was taken over",
    "released by a person",
    "wrote nothing for want of its lease",
    "an outage",
    "finished a replace of another run",
    "disjoint domains",
    "lost writes",
];

impl Tally {
    /// Plays and checks seeds.
    pub(crate) fn of(seeds: impl Iterator<Item = u64>) -> Self {
        let mut tally = Self::default();
        for seed in seeds {
            let broken = Team::of(seed).judge(&mut tally);
            tally.broken.extend(broken);
        }
        tally
    }

    pub(crate) fn add(&mut self, other: Self) {
        let Self { runs, counts, broken } = other;
        self.runs += runs;
        counts.into_iter().for_each(|(name, count)| *self.counts.entry(name).or_default() += count);
        self.broken.extend(broken);
    }

    /// What never happened and should have.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        MUST_HAPPEN.into_iter().filter(|name| !self.counts.contains_key(name)).collect()
    }

    pub(super) fn count(&mut self, team: &Team) {
        self.runs += 1;
        let ended: Vec<&Ended> = team.ended.iter().flatten().collect();
        for one in &ended {
            self.count_process(one);
        }
        let appliers = &ended[..ended.len().saturating_sub(2)];
        let is_disjoint =
            |one: &Ended, other: &Ended| one.domains.iter().all(|domain| !other.domains.contains(domain));
        let pairs = appliers
            .iter()
            .enumerate()
            .flat_map(|(at, one)| appliers[at + 1..].iter().map(move |other| is_disjoint(one, other)));
        self.note_if("disjoint domains", pairs.clone().any(|is_disjoint| is_disjoint));
        for one in &team.story {
            match &one.what {
                What::Call(call) => {
                    self.note("calls");
                    self.note_if("lost writes", call.step.is_write() && call.is_ambiguous());
                }
                What::Died(_) => self.note("died"),
                What::Note(note) => {
                    self.note_if("stopped", note.starts_with("STOPPED"));
                    self.note_if("took over", note.starts_with("takes over"));
                    self.note_if("released by a person", note.ends_with(": true"));
                }
                What::Finished { outcome, sent: _ } => self.note(name(&outcome.outcome)),
                _ => {}
            }
        }
        self.note_if("an outage", team.cast.has_outage);
        *self.counts.entry("objects").or_default() += team.history.len() as u64;
    }

    fn count_process(&mut self, one: &Ended) {
        self.note("processes");
        self.note_if("waited", !one.waited.is_empty());
        self.note_if("refused a held lease", one.is_kept_out);
        self.note_if("was taken over", matches!(one.lost, Some(Lost::TakenOver(_))));
        let Some(process) = &one.process else { return self.note("never planned") };
        let finishes = process.looked.iter().any(|looked| {
            let change =
                process.plan.decisions.changes.iter().find(|change| change.address == looked.open.address);
            change.is_some_and(|change| matches!(change.reason, livevod::plan::Reason::FinishesReplace))
        });
        self.note_if("finished a replace of another run", finishes);
        match &process.end {
            End::Applied(report) => {
                let withheld = report.outcomes.iter().any(|one| match &one.outcome {
                    Outcome::NotAttempted(failure) => failure.cause.to_string().contains("the lease"),
                    _ => false,
                });
                self.note_if("wrote nothing for want of its lease", withheld);
                self.note("applied");
            }
            End::Refused(reasons) if reasons.is_empty() => self.note("nothing to do"),
            End::Refused(_) => self.note("refused"),
            End::Died => self.note("died while it wrote"),
        }
    }

    fn note_if(&mut self, name: &'static str, happened: bool) {
        if happened {
            self.note(name);
        }
    }

    fn note(&mut self, name: &'static str) {
        *self.counts.entry(name).or_default() += 1;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} stories", self.runs)?;
        self.counts.iter().try_for_each(|(name, count)| writeln!(f, "{count:>9} {name}"))
    }
}
