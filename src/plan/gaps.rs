//! What earlier runs removed and did not add back: the plan finishes it, with what a plain create would lose.

use std::collections::BTreeMap;

use super::change::Reason;
use super::notes::Warning;
use crate::model::{Address, RecordConfig};
use crate::source::Place;

/// Configurations that earlier runs removed in order to add them again, and that were not confirmed to exist again. If
/// one exists when the plan is made, there is nothing to finish.
pub type Gaps = BTreeMap<Address, Gap>;

/// A configuration that a run removed.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    /// The run's id.
    pub run: String,
    /// How it came to be removed.
    pub cause: GapCause,
    /// The removed configuration, normalized.
    pub before: RecordConfig,
}

/// A reason, with its place in the files or the run that it is about.
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

/// How a configuration came to be removed and not added back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapCause {
    /// The Delete of a replace was sent; the Add was not confirmed.
    Replace,
    /// It was beside an app-wide configuration that was removed, and may have been deleted with it.
    AppWide,
}

impl Gap {
    /// The reason for a create that adds the declared configuration over the removed one.
    pub(super) fn finished(&self) -> Why {
        match self.cause {
            GapCause::Replace => Why::run(Reason::FinishesReplace, &self.run),
            GapCause::AppWide => Why::run(Reason::PutsBack, &self.run),
        }
    }

    /// The reason for a create that adds the removed configuration back, because no file says what is to exist there.
    pub(super) fn rolled_back(&self) -> Why {
        Why::run(Reason::PutsBack, &self.run)
    }

    /// A warning that nothing is planned for it, and why.
    pub(super) fn left(&self, address: &Address, why: &str) -> Warning {
        let message = format!(
            "run {} removed `{address}` and did not add it back; nothing is planned there because {why}",
            self.run
        );
        Warning { message, address: Some(address.clone()) }
    }
}
