//! Carries out the [`Decisions`](crate::plan::Decisions) of a plan with guarded writes, each read back, and reports what became of every change.
//!
//! ```text
//! take a permit → compare with `before` → write → read back until it shows, or the deadline
//!   ↑ the compare is too old: at once ─────┤
//!   ├ certainly not carried out: later ────┤
//!   └ lost: once it can arrive no more ────┘
//! ```
//!
//! Domains go side by side, the writes of one domain one at a time. A first wave creates, updates and replaces; deletes
//! are a second one, and only if the first went well. A last listing of each domain that was written ends the run. Time is
//! tokio's alone and nothing here is random, so a run can be repeated exactly on a paused clock.

mod blame;
mod cause;
mod compare;
mod confirm;
mod create;
mod decide;
mod delete;
mod domain;
mod fill;
pub mod journal;
mod ladder;
mod last;
mod replace;
mod run;
mod siblings;
mod tries;
mod update;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

pub use blame::blame;
pub use cause::{
    Cause, Difference, Failure, Fates, Halt, Mismatch, Moved, Occupant, Rest, Shown, Stale, Standing,
};

use self::journal::Journal;
use crate::api::{self, Client};
use crate::model::Address;
use crate::plan::{ActionKind, Cleared};

/// What the caller decides about a run.
#[derive(Debug, Clone)]
pub struct ApplySettings {
    /// How long a write is read back before it counts as unconfirmed.
    pub deadline: Duration,
    /// How long after it was sent a request that got no answer may still arrive; until then no other write goes there.
    pub settle: Duration,
    /// How old the look may be that a write rests on when it goes out. Zero looks right before each write, however long that takes.
    pub freshness: Duration,
    /// Whether nothing new is started after the first change that is not done.
    pub stop_on_error: bool,
    /// Becomes true when no new write shall start; those under way are finished.
    pub stop: watch::Receiver<bool>,
    /// Where every write is noted before it goes out. Without it nothing is written.
    pub journal: Journal,
}

impl ApplySettings {
    /// How long a write is read back unless told otherwise: several times what the service was ever seen to need.
    pub const DEADLINE: Duration = Duration::from_secs(60);

    /// How long a lost request may still arrive unless told otherwise.
    pub const SETTLE: Duration = Duration::from_secs(30);

    /// How old a look may be unless told otherwise.
    pub const FRESHNESS: Duration = Duration::from_secs(1);

    /// The usual settings, with the other end of `stop` in the caller's hand.
    pub fn new(stop: watch::Receiver<bool>, journal: Journal) -> Self {
        Self {
            deadline: Self::DEADLINE,
            settle: Self::SETTLE,
            freshness: Self::FRESHNESS,
            stop_on_error: false,
            stop,
            journal,
        }
    }
}

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

/// What became of a plan.
#[derive(Debug, Clone)]
pub struct Report {
    /// One for each planned change, in the plan's order.
    pub outcomes: Vec<ChangeOutcome>,
    /// Domains that were written and whose last listing could not be read: what was confirmed there was not seen again.
    pub not_seen_again: Vec<(Arc<str>, api::Error)>,
    /// Calls that were sent, reads and writes.
    pub calls: u64,
    /// How many of them went out because one before them failed.
    pub repeated: u64,
    /// How long it took.
    pub took: Duration,
}

/// What became of one change.
#[derive(Debug, Clone)]
pub struct ChangeOutcome {
    /// Which.
    pub address: Address,
    /// What was to be done.
    pub action: ActionKind,
    /// What became of it.
    pub outcome: Outcome,
    /// The service's id of the last write.
    pub request_id: Option<String>,
}

/// The four ends of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Confirmed by reading back.
    Done,
    /// Certainly not carried out, or carried out otherwise than planned.
    Failed(Failure),
    /// Nothing was sent.
    NotAttempted(Failure),
    /// A write was sent, and what became of it could not be confirmed.
    Unknown(Failure),
}

/// Carries out what was decided and tells `progress` about every change that starts and ends.
pub async fn apply(
    plan: Cleared<'_>,
    client: &Client,
    settings: ApplySettings,
    progress: &dyn Fn(Event),
) -> Report {
    let (start, calls, repeated) = (Instant::now(), client.calls(), client.repeated());
    let (stop, journal) = (settings.stop.clone(), settings.journal.clone());
    if let Some(account) = &plan.decisions().account {
        client.insist_on(account);
    }
    let (run, events) = run::Run::new(plan.decisions(), client.clone(), settings);
    let mut waves = run::Waves::new(plan.decisions(), run, events, progress);
    waves.write().await;
    waves.delete().await;
    let not_seen_again = waves.look_again().await;
    let report = Report {
        outcomes: waves.into_outcomes(),
        not_seen_again,
        calls: client.calls() - calls,
        repeated: client.repeated() - repeated,
        took: start.elapsed(),
    };
    journal.finish(*stop.borrow(), report.calls);
    report
}

impl Outcome {
    /// Why the change is not done, if so.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Outcome::Done => None,
            Outcome::Failed(failure) | Outcome::NotAttempted(failure) | Outcome::Unknown(failure) => {
                Some(failure)
            }
        }
    }
}
