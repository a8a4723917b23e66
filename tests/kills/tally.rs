//! Counts the states in which runs were killed.

use std::collections::BTreeMap;
use std::fmt;
use std::iter::Sum;
use std::ops::Add;

use livevod::apply::journal::RunRecord;
use serde_json::Value;

use super::calls::Call;
use super::moment::Signal;
use super::scene::Scene;

/// A run that was killed, and what it left.
pub(super) struct Victim<'a> {
    pub(super) scene: &'a Scene,
    pub(super) held: &'a BTreeMap<String, Value>,
    pub(super) calls: &'a [Call],
    pub(super) run: Option<&'a RunRecord>,
}

#[derive(Default)]
pub(super) struct Tally {
    pub(super) kills: u64,
    /// Before anything was written.
    unbegun: u64,
    /// With changes whose outcome is not in the journal.
    open: u64,
    /// With a write that had not arrived yet.
    late: u64,
    /// With an old entry gone and the new one missing.
    gaps: u64,
    /// With siblings of an app-wide entry gone.
    gone_along: u64,
    /// After everything was done.
    finished: u64,
    /// Hung up after the first write.
    hung_up: u64,
}

impl Tally {
    pub(super) fn note(&mut self, victim: &Victim<'_>, signal: Signal, in_order: bool) {
        let Victim { scene, held, calls, run } = victim;
        let unbegun = calls.iter().all(|call| call.write().is_none());
        let (replaced, beside) = scene.gaps(held);
        let one = Self {
            kills: 1,
            unbegun: u64::from(unbegun),
            open: u64::from(run.is_some_and(|run| run.open() > 0)),
            late: u64::from(calls.iter().any(Call::is_late)),
            gaps: u64::from(replaced),
            gone_along: u64::from(beside),
            finished: u64::from(scene.unfinished(held).is_empty()),
            hung_up: u64::from(signal == Signal::HangUp && in_order && !unbegun),
        };
        *self = std::mem::take(self) + one;
    }

    /// If many are killed, every part of a run is hit. The part after the last write is too short to require.
    pub(super) fn insist(&self) {
        let Self { kills: _, unbegun, open, late, gaps, gone_along, finished: _, hung_up } = self;
        assert!([unbegun, open, late, gaps, gone_along, hung_up].iter().all(|count| **count > 0), "{self}");
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let Self { kills, unbegun, open, late, gaps, gone_along, finished, hung_up } = self;
        Self {
            kills: kills + other.kills,
            unbegun: unbegun + other.unbegun,
            open: open + other.open,
            late: late + other.late,
            gaps: gaps + other.gaps,
            gone_along: gone_along + other.gone_along,
            finished: finished + other.finished,
            hung_up: hung_up + other.hung_up,
        }
    }
}

impl Sum for Tally {
    fn sum<All: Iterator<Item = Self>>(all: All) -> Self {
        all.fold(Self::default(), Self::add)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kills, unbegun, open, late, gaps, gone_along, finished, hung_up } = self;
        write!(
            f,
            "{kills} kills: {unbegun} before the first write, {open} with changes left open, {late} with a write that had "
        )?;
        write!(
            f,
            "yet to arrive, {gaps} within a replace, {gone_along} with siblings gone, {finished} after the last write, "
        )?;
        write!(f, "{hung_up} hung up between their writes")
    }
}
