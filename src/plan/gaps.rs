//! What earlier runs took away and did not put back: the plan finishes it, with what a plain create would lose.

use std::collections::BTreeMap;

use super::change::Reason;
use super::notes::Warning;
use crate::model::{Address, RecordConfig};
use crate::source::Place;

/// Entries that earlier runs removed in order to add them anew, and that were not confirmed to stand again. Where something
/// stands again when the plan is made, there is nothing to finish.
pub type Gaps = BTreeMap<Address, Gap>;

/// One entry that a run removed.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    /// The run's id.
    pub run: String,
    /// How it came to be removed.
    pub cause: GapCause,
    /// What stood there, normalized.
    pub before: RecordConfig,
}

/// A reason, with where it stands or which run it is about.
#[derive(Debug, Clone)]
pub(super) struct Why {
    pub(super) reason: Reason,
    pub(super) place: Option<Place>,
    pub(super) run: Option<String>,
}

impl Why {
    pub(super) fn of(reason: Reason) -> Self {
        Self { reason, place: None, run: None }
    }

    pub(super) fn at(reason: Reason, place: Place) -> Self {
        Self { place: Some(place), ..Self::of(reason) }
    }

    pub(super) fn run(reason: Reason, run: &str) -> Self {
        Self { run: Some(run.to_owned()), ..Self::of(reason) }
    }
}

/// How an entry came to be removed and not put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapCause {
    /// The Delete of a replace went out; its Add was not confirmed.
    Replace,
    /// It stood beside an app-wide entry that was removed, and may have gone with it.
    AppWide,
}

impl Gap {
    /// The reason of a create that brings the declared entry, over what stood there.
    pub(super) fn finished(&self) -> Why {
        match self.cause {
            GapCause::Replace => Why::run(Reason::FinishesReplace, &self.run),
            GapCause::AppWide => Why::run(Reason::PutsBack, &self.run),
        }
    }

    /// The reason of a create that brings the old entry back, because no file says what shall be there.
    pub(super) fn rolled_back(&self) -> Why {
        Why::run(Reason::PutsBack, &self.run)
    }

    /// That nothing is planned for it, and why.
    pub(super) fn left(&self, address: &Address, why: &str) -> Warning {
        let message = format!(
            "run {} removed `{address}` and did not put it back; nothing is planned there, because {why}",
            self.run
        );
        Warning { message, address: Some(address.clone()) }
    }
}
