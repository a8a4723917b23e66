//! What the caller of an apply decides.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::journal::Journal;
use super::listings::PlanningRead;
use crate::store::Lease;

/// What the caller decides about a run.
#[derive(Debug, Clone)]
pub struct ApplySettings {
    /// How long a write is read back before it counts as unconfirmed.
    pub deadline: Duration,
    /// How long after it was sent a request without an answer may still arrive; until then no other write is sent to
    /// its address.
    pub settle: Duration,
    /// The oldest read that a write may rest on when it is sent. Zero reads right before each write, however long that
    /// takes.
    pub freshness: Duration,
    /// What was read for the plan just before: within the freshness window, writes may rest on it.
    pub planned_on: PlanningRead,
    /// Whether nothing new is started after the first change that is not done.
    pub stop_on_error: bool,
    /// Cancelled when no new write may start; writes in progress are finished.
    pub stop: CancellationToken,
    /// Where every write is recorded before it is sent. Without it nothing is written.
    pub journal: Journal,
    /// The lease of the domains, where several machines share a store. Without it a lock keeps others away.
    pub lease: Option<Lease>,
}

impl ApplySettings {
    /// The default for how long a write is read back: several times the longest time that the service was seen to need.
    pub const DEADLINE: Duration = Duration::from_secs(60);

    /// The default for how long a lost request may still arrive.
    pub const SETTLE: Duration = Duration::from_secs(30);

    /// The default for how old a read may be.
    pub const FRESHNESS: Duration = Duration::from_secs(1);

    /// The usual settings; the caller keeps the sender of `stop`.
    pub fn new(stop: CancellationToken, journal: Journal) -> Self {
        Self {
            deadline: Self::DEADLINE,
            settle: Self::SETTLE,
            freshness: Self::FRESHNESS,
            planned_on: PlanningRead::default(),
            stop_on_error: false,
            stop,
            journal,
            lease: None,
        }
    }
}
