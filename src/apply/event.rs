//! What an apply reports while it works.

use std::time::Duration;

use super::report::ChangeOutcome;
use crate::api;
use crate::model::Address;
use crate::plan::ActionKind;

/// What happens while a plan is applied.
#[derive(Debug, Clone)]
pub enum Event {
    /// A change is about to be compared and then written.
    Started {
        /// Its index in the plan.
        index: usize,
        /// The configuration.
        address: Address,
        /// What is to be done.
        action: ActionKind,
    },
    /// A change takes longer than one write and one read, and goes on.
    Delayed {
        /// The configuration.
        address: Address,
        /// What is to be done.
        action: ActionKind,
        /// Why.
        delay: Delay,
        /// The time since the change started.
        after: Duration,
    },
    /// A change has its outcome. Every change gets one exactly once, even if it never started.
    Finished {
        /// Its index in the plan.
        index: usize,
        /// The outcome.
        outcome: ChangeOutcome,
        /// Whether a write of it was sent to the service.
        sent: bool,
        /// The time since the change started; `None` if it never did.
        took: Duration,
    },
    /// The last listing of its domain no longer shows a done change as wanted.
    Moved {
        /// Its index in the plan.
        index: usize,
        /// The corrected outcome.
        outcome: ChangeOutcome,
        /// The time since its write was done.
        after: Duration,
    },
}

/// Why a change takes longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delay {
    /// A write was certainly not carried out, and is sent again.
    Again {
        /// After this pause.
        pause: Duration,
        /// Why it was not carried out.
        error: api::Error,
    },
    /// A write got no usable answer: it is read back to find out whether it was carried out.
    Unanswered(api::Error),
    /// Listing the domain took longer than the freshness window: the address is also read alone.
    SlowListing {
        /// This long.
        took: Duration,
    },
    /// The write is not visible yet, and is read again.
    NotShown {
        /// After this pause.
        pause: Duration,
    },
    /// The new configuration of a replace was refused: the old one is added back.
    AddsBack(api::Error),
    /// This many configurations beside an app-wide one were deleted with it, and are added back.
    AddsSiblingsBack(usize),
}
