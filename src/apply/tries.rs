//! The history of one change's write: how often it failed, and what those failures leave open.

use std::time::Duration;

use tokio::time::Instant;

use super::cause::{Cause, Failure};
use super::report::Outcome;
use super::task::Ended;
use crate::api::{Client, Error, Retry};
use crate::wire::Action;

/// The history of one change's write.
pub(super) struct Tries {
    pub(super) retry: Retry,
    /// The last write that got no usable answer.
    pub(super) unclear: Option<Error>,
    /// How many writes got no usable answer.
    pub(super) lost: u32,
    /// The failures of the read before the next write.
    pub(super) looks: Option<Retry>,
    /// How many reads were too old when the write was to be sent.
    pub(super) outdated: u32,
    /// Whether its first permit has come: until then, none of its own time has passed.
    has_begun: bool,
}

impl Tries {
    /// How many reads may be too old before the change is given up.
    pub(super) const MOST_OUTDATED: u32 = 5;

    /// How many writes may be lost before the change is given up. Each costs the settle time.
    pub(super) const MOST_LOST: u32 = 3;

    pub(super) fn new(client: &Client) -> Self {
        Self { retry: client.retry(), unclear: None, lost: 0, looks: None, outdated: 0, has_begun: false }
    }

    /// A client that, when the service asks to wait, waits at most until the change's deadline. Before the first permit
    /// there is no deadline.
    pub(super) fn client(&self, client: &Client) -> Client {
        if self.has_begun { client.staying_until(self.retry.deadline()) } else { client.clone() }
    }

    /// The wait for a permit does not count as the change's own time.
    pub(super) fn admitted(&mut self, client: &Client, waited: Duration) {
        match self.has_begun {
            true => self.extend(waited),
            false => self.retry = client.retry(),
        }
        self.has_begun = true;
    }

    /// Waiting is not the change's own time: it moves the deadline of its writes, and of the reads before them.
    pub(super) fn extend(&mut self, waited: Duration) {
        self.retry.extend(waited);
        if let Some(looks) = &mut self.looks {
            looks.extend(waited);
        }
    }

    /// Whether an earlier write got no usable answer and was not seen to arrive.
    pub(super) fn lost_one(&self) -> bool {
        self.unclear.is_some()
    }

    /// How the change ends, given how its last attempt did. What an earlier attempt left open stays open, even if this
    /// one was refused, unless this one found everything as wanted, or a listing shows it as wanted that another change
    /// has read. That an earlier write is not visible proves nothing: listings lag behind.
    pub(super) fn end(&self, ended: Ended, is_listed_as_wanted: impl FnOnce() -> bool) -> Ended {
        let Some(error) = &self.unclear else { return ended };
        let request_id = ended.request_id.or_else(|| error.request_id().map(str::to_owned));
        let is_open = match &ended.outcome {
            // Its own compare came last, and found something else.
            Outcome::NotAttempted(Failure { cause: Cause::Stale(_), .. }) => false,
            Outcome::NotAttempted(_) => true,
            Outcome::Failed(failure) => failure.remote.is_some(),
            Outcome::Done | Outcome::Unknown(_) => false,
        };
        let outcome = match ended.outcome {
            _ if is_open && is_listed_as_wanted() => Outcome::Done,
            Outcome::NotAttempted(failure) => Outcome::Unknown(Failure {
                remote: failure.remote.clone().or_else(|| Some(error.clone())),
                ..failure.within(Cause::AfterLost)
            }),
            // After a refusal, what exists may or may not be an earlier attempt's work. What reads back otherwise stays
            // a failure.
            Outcome::Failed(failure) if failure.remote.is_some() => {
                Outcome::Unknown(failure.within(Cause::AfterLost))
            }
            outcome @ (Outcome::Done | Outcome::Failed(_) | Outcome::Unknown(_)) => outcome,
        };
        Ended { outcome, request_id }
    }
}

/// A read before a write, and its wait for the rate. Several changes may share the read, so that each has waited as long.
pub(super) struct RateWait {
    began: Instant,
    before: Duration,
}

impl RateWait {
    pub(super) fn begin(client: &Client) -> Self {
        Self { began: Instant::now(), before: client.waited_for_rate(Action::Describe) }
    }

    /// How long it was. The waits of other reads end meanwhile, but it was no longer than the read.
    pub(super) fn end(self, client: &Client) -> Duration {
        let waited = client.waited_for_rate(Action::Describe).saturating_sub(self.before);
        waited.min(self.began.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::cause::Stale;

    /// The history of a write that was lost once.
    fn lost_once() -> Tries {
        let unclear = Error::Ambiguous { host: "localhost".to_owned(), reason: "no answer".to_owned() };
        Tries {
            retry: Retry::until(Instant::now()),
            unclear: Some(unclear),
            lost: 1,
            looks: None,
            outdated: 0,
            has_begun: true,
        }
    }

    fn end(outcome: Outcome, is_listed: bool) -> Outcome {
        lost_once().end(Ended { outcome, request_id: None }, || is_listed).outcome
    }

    #[test]
    fn a_lost_write_that_a_listing_shows_is_done_though_it_is_not_sent_again() {
        let failure = |cause| Failure { cause, remote: None };
        let kept_back = || Outcome::NotAttempted(failure(Cause::Interrupted));
        let withheld = Error::Withheld { reason: "the lease was lost".to_owned() };
        let refused =
            || Outcome::Failed(Failure { cause: Cause::Interrupted, remote: Some(withheld.clone()) });
        assert_eq!(end(kept_back(), true), Outcome::Done);
        assert_eq!(end(refused(), true), Outcome::Done);
        assert!(matches!(end(kept_back(), false), Outcome::Unknown(_)));
        assert!(matches!(end(refused(), false), Outcome::Unknown(_)));
    }

    #[test]
    fn what_the_last_read_shows_outranks_a_listing_of_another_change() {
        let failure = |cause| Failure { cause, remote: None };
        let stale = Outcome::NotAttempted(failure(Cause::Stale(Stale::Gone)));
        assert!(matches!(end(stale, true), Outcome::Unknown(_)));
        let otherwise = Outcome::Failed(failure(Cause::Interrupted));
        assert_eq!(end(otherwise.clone(), true), otherwise);
        let unknown = Outcome::Unknown(failure(Cause::Interrupted));
        assert_eq!(end(unknown.clone(), true), unknown);
    }

    /// Without a lost write, nothing is left open.
    #[test]
    fn a_change_without_a_lost_write_ends_as_its_last_attempt() {
        let tries = Tries { unclear: None, ..lost_once() };
        let failure = Failure { cause: Cause::Interrupted, remote: None };
        let ended = Ended { outcome: Outcome::NotAttempted(failure), request_id: None };
        let outcome = ended.outcome.clone();
        assert_eq!(tries.end(ended, || true).outcome, outcome);
    }
}
