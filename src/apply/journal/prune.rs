//! Finds the runs whose journals are no longer needed. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::left_open::still_left;
use super::read::RunRecord;

/// What becomes of the runs that started before a time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruning {
    /// Ids of runs to remove, in this order: a run that settles something is removed after the run that left it, so that
    /// nothing is open again if the process dies in between.
    pub removed: Vec<String>,
    /// Ids of runs that stay, and why.
    pub kept: Vec<(String, Needed)>,
}

/// Why an old run stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Needed {
    /// It left something that no run has settled.
    Open,
    /// It says what became of this run, which stays.
    By(String),
    /// It is the last run of its target and account: later runs count from its number.
    Last,
}

/// Which of the runs, of any target and account, can go if all that started at `before` or later stay.
pub fn prunable(runs: &[RunRecord], before: Timestamp) -> Pruning {
    let mut places: BTreeMap<(&str, Option<&str>), Vec<RunRecord>> = BTreeMap::new();
    for run in runs {
        let place = (run.header.target.as_str(), run.header.account.as_deref());
        places.entry(place).or_default().push(run.clone());
    }
    let mut pruning = Pruning::default();
    for runs in places.values() {
        let Pruning { removed, kept } = of_one_place(runs, before);
        pruning.removed.extend(removed);
        pruning.kept.extend(kept);
    }
    pruning
}

fn of_one_place(runs: &[RunRecord], before: Timestamp) -> Pruning {
    let numbered = |run: &&RunRecord| (run.header.number, run.header.run.clone());
    let mut sorted: Vec<&RunRecord> = runs.iter().collect();
    sorted.sort_by_key(numbered);
    let open: BTreeSet<&str> = still_left(runs).iter().map(|left| left.run_id()).collect();
    let mut stay: BTreeMap<&str, Option<Needed>> = BTreeMap::new();
    for run in &sorted {
        let id = run.header.run.as_str();
        let needed = match () {
            () if run.header.time >= before => None,
            () if open.contains(id) => Some(Needed::Open),
            () if sorted.last().is_some_and(|last| last.header.run == id) => Some(Needed::Last),
            () => continue,
        };
        stay.insert(id, needed);
    }
    keep_partners(&sorted, &mut stay);
    let mut pruning = Pruning::default();
    for run in sorted {
        let id = &run.header.run;
        match stay.remove(id.as_str()) {
            None => pruning.removed.push(id.clone()),
            Some(Some(needed)) => pruning.kept.push((id.clone(), needed)),
            Some(None) => {}
        }
    }
    pruning
}

/// What says how a run ended that stays, stays too. The other way round, a name of a run that is gone harms nobody.
fn keep_partners<'a>(runs: &[&'a RunRecord], stay: &mut BTreeMap<&'a str, Option<Needed>>) {
    let mut naming: BTreeMap<&str, Vec<&'a str>> = BTreeMap::new();
    for run in runs {
        let resolved = run.resolved.iter().map(|resolved| resolved.run.as_str());
        let taken_over = run.header.takes_over.iter().map(|taken| taken.run.as_str());
        for other in resolved.chain(taken_over) {
            naming.entry(other).or_default().push(&run.header.run);
        }
    }
    let mut reached: Vec<&str> = stay.keys().copied().collect();
    while let Some(id) = reached.pop() {
        for other in naming.get(id).into_iter().flatten() {
            if !stay.contains_key(other) {
                stay.insert(other, Some(Needed::By(id.to_owned())));
                reached.push(other);
            }
        }
    }
}
