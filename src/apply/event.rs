//! What an apply tells while it works.

use std::time::Duration;

use super::report::ChangeOutcome;
use crate::api;
use crate::model::Address;
use crate::plan::ActionKind;

/// What happens while a plan is applied.
#[derive(Debug, Clone)]
pub enum Event {
    /// A change is compared and then written.
    Started {
        /// Its index in the plan.
        index: usize,
        /// Which.
        address: Address,
        /// What is to be done.
        action: ActionKind,
    },
    /// A change takes longer than a write and a look, and goes on.
    Delayed {
        /// Which.
        address: Address,
        /// What is to be done.
        action: ActionKind,
        /// Why.
        delay: Delay,
        /// The time since it started.
        after: Duration,
    },
    /// A change has its outcome. Each has one once, those that never started too.
    Finished {
        /// Its index in the plan.
        index: usize,
        /// What became of it.
        outcome: ChangeOutcome,
        /// Whether a write of it left for the service.
        sent: bool,
        /// The time since it started; none where it never did.
        took: Duration,
    },
    /// A change that was done is not as wanted any more in the last listing of its domain.
    Moved {
        /// Its index in the plan.
        index: usize,
        /// What became of it after all.
        outcome: ChangeOutcome,
        /// The time since its write was done.
        after: Duration,
    },
}

/// Why a change takes longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delay {
    /// A write was certainly not carried out, and goes out again.
    Again {
        /// After so long.
        pause: Duration,
        /// What kept it from being carried out.
        error: api::Error,
    },
    /// A write got no usable answer: what became of it is read back.
    Unanswered(api::Error),
    /// Listing the domain took longer than a look may be old: what stands at the address is read by itself, too.
    SlowListing {
        /// So long.
        took: Duration,
    },
    /// What was written does not show yet, and is looked at again.
    NotShown {
        /// After so long.
        pause: Duration,
    },
    /// The new entry of a replace was refused: the old one is added back.
    AddsBack(api::Error),
    /// Entries beside an app-wide one went with it: so many are added back.
    AddsSiblingsBack(usize),
}
