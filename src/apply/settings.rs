//! What the caller of an apply decides.

use std::time::Duration;

use tokio::sync::watch;

use super::journal::Journal;

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
