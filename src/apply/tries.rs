//! Repeats the write of one change for as long as it was certainly not carried out.
//!
//! A definite failure is repeated after a pause. A write without a usable answer is read back until it shows, or until a
//! lost request can arrive no more; only then may it go out again. Before each try the entry is compared anew, and again at once
//! where that is too long before the write leaves.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::confirm::Pace;
use super::decide::{self, Seen, Sent};
use super::domain::{Domain, Ended};
use super::run::Run;
use super::{Cause, Delay, Failure, Halt, Outcome};
use crate::api::{Class, Client, Error, Permit, Retry};
use crate::model::StreamSpelling;
use crate::plan::{Aim, Change};
use crate::wire::Action;

/// What happened to one change's write so far.
pub(super) struct Tries {
    retry: Retry,
    /// The last write that got no usable answer.
    unclear: Option<Error>,
    /// How many writes got none.
    lost: u32,
    /// The failures of the look before the next write.
    looks: Option<Retry>,
    /// How many looks were too old when the write was to go out.
    outdated: u32,
    /// Whether its first permit has come: until then, no time of its own has passed.
    has_begun: bool,
}

impl Tries {
    /// Looks that may be too old before the change is given up.
    const MOST_OUTDATED: u32 = 5;

    /// Writes that may get lost before the change is given up. Each costs the settle time.
    const MOST_LOST: u32 = 3;

    pub(super) fn new(client: &Client) -> Self {
        Self { retry: client.retry(), unclear: None, lost: 0, looks: None, outdated: 0, has_begun: false }
    }

    /// A client that stays away no longer than to the change's deadline. Before its first permit nothing presses.
    pub(super) fn client(&self, client: &Client) -> Client {
        if self.has_begun { client.staying_until(self.retry.deadline()) } else { client.clone() }
    }

    /// The time until a permit is not the change's own.
    fn admitted(&mut self, client: &Client, waited: Duration) {
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
    pub(super) fn end(self, ended: Ended) -> Ended {
        let Some(error) = self.unclear else { return ended };
        let request_id = ended.request_id.or_else(|| error.request_id().map(str::to_owned));
        let outcome = match ended.outcome {
            Outcome::NotAttempted(failure) => Outcome::Unknown(Failure {
                remote: failure.remote.clone().or(Some(error)),
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

/// What reading back tells of a write that got no usable answer.
enum Resolved {
    /// It did not arrive and can't any more.
    Lost,
    /// This is known, or all that can be known.
    Ended(Outcome),
}

impl Domain {
    /// The permit of a change's next write, unless the run ends before it comes.
    pub(super) async fn permit(
        &self,
        tries: &mut Tries,
        change: &Change,
        action: Action,
    ) -> Result<Permit, Ended> {
        let client = tries.client(&self.run.client);
        let permit = self.run.unless_stopped(client.permit(action)).await;
        let permit = self.admitted(change, permit)?;
        tries.admitted(&self.run.client, permit.waited());
        Ok(permit)
    }

    /// Those of a Delete and the Add after it.
    pub(super) async fn permits(
        &self,
        tries: &mut Tries,
        change: &Change,
    ) -> Result<(Permit, Permit), Ended> {
        let client = tries.client(&self.run.client);
        let permits = self.run.unless_stopped(client.permits(Action::Delete, Action::Add)).await;
        let permits = self.admitted(change, permits)?;
        tries.admitted(&self.run.client, permits.0.waited());
        Ok(permits)
    }

    fn admitted<T>(&self, change: &Change, permit: Option<Result<T, Error>>) -> Result<T, Ended> {
        match (permit, self.run.bar(change.action)) {
            (_, Some(cause)) => Err(Ended::not_attempted(cause)),
            (Some(permit), None) => permit.map_err(|error| Ended::refused(Cause::NoPermit, error)),
            (None, None) => Err(Ended::not_attempted(Cause::Interrupted)),
        }
    }

    /// Waits until the write may be tried again; gives the end where it may not.
    pub(super) async fn retry(
        &mut self,
        tries: &mut Tries,
        change: &Change,
        spelling: StreamSpelling,
        error: Error,
    ) -> Option<Ended> {
        self.listing = None;
        tries.looks = None;
        if error == Error::Outdated {
            return self.outdated(tries);
        }
        match error.class() {
            Class::Ambiguous => self.resolve(tries, change, spelling, error).await,
            Class::Busy | Class::NotSent => self.wait(tries, change, error).await,
            Class::Fatal => Some(Ended::refused(Cause::NotCarriedOut(change.action), error)),
        }
    }

    /// Waits until the look before a write may be tried again, without a permit in its hands; gives the end where it may not.
    pub(super) async fn unread(&self, tries: &mut Tries, error: Error) -> Option<Ended> {
        let deadline = tries.retry.deadline();
        let looks = tries.looks.get_or_insert_with(|| Retry::until(deadline));
        match self.run.client.read_again(looks, &error) {
            Some(pause) => {
                self.run.rest(pause).await;
                None
            }
            None => Some(Ended::unreadable(error)),
        }
    }

    /// The next look may be faster.
    fn outdated(&self, tries: &mut Tries) -> Option<Ended> {
        tries.outdated += 1;
        let (window, looks) = (self.run.freshness, Tries::MOST_OUTDATED);
        (tries.outdated >= looks).then(|| Ended::not_attempted(Cause::Outdated { window, looks }))
    }

    async fn wait(&mut self, tries: &mut Tries, change: &Change, error: Error) -> Option<Ended> {
        if self.run.client.stopped().is_some() {
            return Some(Ended::refused(Cause::NotCarriedOut(change.action), error));
        }
        match self.run.client.again(&mut tries.retry, &error) {
            Some(pause) => {
                self.run.delayed(&change.address, Delay::Again { pause, error });
                self.run.rest(pause).await;
                self.run.bar(change.action).map(Ended::not_attempted)
            }
            None => {
                if error.class() == Class::NotSent {
                    self.halted = Some(Halt::NoConnection(error.to_string()));
                }
                Some(Ended::refused(Cause::NotCarriedOut(change.action), error))
            }
        }
    }

    async fn resolve(
        &mut self,
        tries: &mut Tries,
        change: &Change,
        spelling: StreamSpelling,
        error: Error,
    ) -> Option<Ended> {
        self.run.delayed(&change.address, Delay::Unanswered(error.clone()));
        let request_id = error.request_id().map(str::to_owned);
        tries.lost += 1;
        let outcome = match self.run.resolve(Aim::of(change), spelling, &error).await {
            Resolved::Ended(outcome) => outcome,
            Resolved::Lost if tries.lost < Tries::MOST_LOST && self.run.bar(change.action).is_none() => {
                tries.unclear = Some(error);
                return None;
            }
            Resolved::Lost => decide::at_deadline(Ok(Seen::NotYet), Sent::Unclear(error)),
        };
        Some(Ended { outcome, request_id })
    }
}

impl Run {
    async fn resolve(&self, aim: Aim<'_>, spelling: StreamSpelling, error: &Error) -> Resolved {
        let sent = Instant::now();
        if self.settle < self.deadline {
            match self.watch(aim, spelling, sent + self.settle).await {
                Ok(Seen::AsWanted) => return Resolved::Ended(Outcome::Done),
                Ok(Seen::NotYet) => return Resolved::Lost,
                Ok(Seen::Otherwise(_)) | Err(_) => {}
            }
        }
        let looked = self.watch(aim, spelling, sent + self.deadline).await;
        Resolved::Ended(decide::at_deadline(looked, Sent::Unclear(error.clone())))
    }

    /// Waits; a signal that ends the run ends the pause.
    pub(super) async fn rest(&self, pause: Duration) {
        tokio::select! {
            () = sleep(pause) => {}
            () = self.stopped() => {}
        }
    }

    /// What comes of it, unless the run shall end before.
    async fn unless_stopped<T>(&self, awaited: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            come = awaited => Some(come),
            () = self.stopped() => None,
        }
    }

    /// Waits for the next look; a signal that ends the run ends the pause, but not the looking. False when the deadline is over.
    pub(super) async fn next(&self, pace: &mut Pace) -> bool {
        if *self.stop.borrow() {
            return pace.next().await;
        }
        match self.unless_stopped(pace.next()).await {
            Some(goes_on) => goes_on,
            None => pace.ahead().is_some(),
        }
    }

    /// Returns when the run shall end; never, where nobody is left who could say so.
    pub(super) async fn stopped(&self) {
        let mut stop = self.stop.clone();
        if stop.wait_for(|stop| *stop).await.is_err() {
            std::future::pending().await
        }
    }
}
