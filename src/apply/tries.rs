//! Repeats the write of one change for as long as it was certainly not carried out.
//!
//! A definite failure is repeated after a pause. A write without a usable answer is read back until it shows, or until a
//! lost request can arrive no more; only then may it go out again. Before each try the entry is compared anew.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::decide::{self, Seen, Sent};
use super::domain::{Domain, Ended};
use super::run::Run;
use super::{Delay, Failure, Outcome};
use crate::api::{Class, Client, Error, Retry, Turn};
use crate::model::StreamSpelling;
use crate::plan::{ActionKind, Aim, Change};
use crate::wire::Action;

/// What happened to one change's write so far.
pub(super) struct Tries {
    retry: Retry,
    /// The last write that got no usable answer.
    unclear: Option<Error>,
    /// How many writes got none.
    lost: u32,
}

impl Tries {
    /// Writes that may get lost before the change is given up. Each costs the settle time.
    const MOST_LOST: u32 = 3;

    pub(super) fn new(client: &Client) -> Self {
        Self { retry: client.retry(), unclear: None, lost: 0 }
    }

    /// Whether a write before this one got no usable answer and was not seen to arrive.
    pub(super) fn lost_one(&self) -> bool {
        self.unclear.is_some()
    }

    /// How the change ends, given how its last try did: what an earlier try left open stays open, unless this one found
    /// everything as wanted.
    pub(super) fn end(self, ended: Ended) -> Ended {
        let Some(error) = self.unclear else { return ended };
        let request_id = ended.request_id.or_else(|| error.request_id().map(str::to_owned));
        let outcome = match ended.outcome {
            Outcome::NotAttempted(Failure { message, remote }) => Outcome::Unknown(Failure {
                message: format!("a write got no usable answer; then: {message}"),
                remote: remote.or(Some(error)),
            }),
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
    /// The turn of a change's next write, unless the run ends before it comes.
    pub(super) async fn turn(&self, change: &Change, action: Action) -> Result<Turn, Ended> {
        let turn = tokio::select! {
            turn = self.run.client.turn(action) => Some(turn),
            () = self.run.stopped() => None,
        };
        let barred = self.run.bar(change.action).map(Ended::not_attempted);
        match (turn, barred) {
            (_, Some(ended)) => Err(ended),
            (Some(turn), None) => Ok(turn),
            (None, None) => Err(Ended::not_attempted(Failure::new("the run was interrupted"))),
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
        match error.class() {
            Class::Ambiguous => self.resolve(tries, change, spelling, error).await,
            Class::Busy | Class::NotSent => self.wait(tries, change, error).await,
            Class::Fatal => Some(Ended::refused(not_carried_out(change.action), error)),
        }
    }

    async fn wait(&mut self, tries: &mut Tries, change: &Change, error: Error) -> Option<Ended> {
        match self.run.client.again(&mut tries.retry, &error) {
            Some(pause) => {
                self.run.delayed(&change.address, Delay::Again { pause, error });
                self.run.rest(pause).await;
                self.run.bar(change.action).map(Ended::not_attempted)
            }
            None => {
                if error.class() == Class::NotSent {
                    self.halted = Some(error.to_string());
                }
                Some(Ended::refused(not_carried_out(change.action), error))
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

    /// Returns when the run shall end; never, where nobody is left who could say so.
    async fn stopped(&self) {
        let mut stop = self.stop.clone();
        if stop.wait_for(|stop| *stop).await.is_err() {
            std::future::pending().await
        }
    }
}

fn not_carried_out(action: ActionKind) -> &'static str {
    match action {
        ActionKind::Create => "the Add was not carried out",
        ActionKind::Update => "the Update was not carried out",
        ActionKind::Replace | ActionKind::Delete => "the Delete was not carried out",
    }
}
