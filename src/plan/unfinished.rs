//! What earlier runs took away and did not put back: the plan finishes it, with what a plain create would lose.

use std::collections::BTreeMap;

use super::{Reason, Warning};
use crate::model::{Address, RecordConfig};

/// Entries that earlier runs removed in order to add them anew, and that were not confirmed to stand again.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Unfinished {
    /// By address. Where something stands again when the plan is made, there is nothing to finish.
    pub gaps: BTreeMap<Address, Gap>,
}

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
    pub(super) fn finished(&self) -> Reason {
        match self.cause {
            GapCause::Replace => Reason::FinishesReplace { run: self.run.clone() },
            GapCause::AppWide => Reason::PutsBack { run: self.run.clone() },
        }
    }

    /// The reason of a create that brings the old entry back, because no file says what shall be there.
    pub(super) fn rolled_back(&self) -> Reason {
        Reason::PutsBack { run: self.run.clone() }
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
