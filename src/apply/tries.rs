//! What happened to one change's write so far: how often it failed, and what that leaves open.

use std::time::Duration;

use super::cause::{Cause, Failure};
use super::report::Outcome;
use super::task::Ended;
use crate::api::{Client, Error, Retry};

/// What happened to one change's write so far.
pub(super) struct Tries {
    pub(super) retry: Retry,
    /// The last write that got no usable answer.
    pub(super) unclear: Option<Error>,
    /// How many writes got none.
    pub(super) lost: u32,
    /// The failures of the look before the next write.
    pub(super) looks: Option<Retry>,
    /// How many looks were too old when the write was to go out.
    pub(super) outdated: u32,
    /// Whether its first permit has come: until then, no time of its own has passed.
    has_begun: bool,
}

impl Tries {
    /// Looks that may be too old before the change is given up.
    pub(super) const MOST_OUTDATED: u32 = 5;

    /// Writes that may get lost before the change is given up. Each costs the settle time.
    pub(super) const MOST_LOST: u32 = 3;

    pub(super) fn new(client: &Client) -> Self {
        Self { retry: client.retry(), unclear: None, lost: 0, looks: None, outdated: 0, has_begun: false }
    }

    /// A client that stays away no longer than to the change's deadline. Before its first permit nothing presses.
    pub(super) fn client(&self, client: &Client) -> Client {
        if self.has_begun { client.staying_until(self.retry.deadline()) } else { client.clone() }
    }

    /// The time until a permit is not the change's own.
    pub(super) fn admitted(&mut self, client: &Client, waited: Duration) {
        match self.has_begun {
            true => self.retry.extend(waited),
            false => self.retry = client.retry(),
        }
        self.has_begun = true;
    }

    /// Whether a write before this one got no usable answer and was not seen to arrive.
    pub(super) fn lost_one(&self) -> bool {
        self.unclear.is_some()
    }

    /// How the change ends, given how its last try did: what an earlier try left open stays open, also where this one was
    /// refused, unless it found everything as wanted. That an earlier one does not show proves nothing: listings lag behind.
    pub(super) fn end(&self, ended: Ended) -> Ended {
        let Some(error) = &self.unclear else { return ended };
        let request_id = ended.request_id.or_else(|| error.request_id().map(str::to_owned));
        let outcome = match ended.outcome {
            Outcome::NotAttempted(failure) => Outcome::Unknown(Failure {
                remote: failure.remote.clone().or_else(|| Some(error.clone())),
                ..failure.within(Cause::AfterLost)
            }),
            // What a refusal left is an earlier try's, or not; what reads back otherwise stays a failure.
            Outcome::Failed(failure) if failure.remote.is_some() => {
                Outcome::Unknown(failure.within(Cause::AfterLost))
            }
            outcome @ (Outcome::Done | Outcome::Failed(_) | Outcome::Unknown(_)) => outcome,
        };
        Ended { outcome, request_id }
    }
}
