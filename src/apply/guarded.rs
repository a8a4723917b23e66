//! Sends the write of one change: takes a permit, compares first (except for the create of a named stream, since an Add
//! overwrites nothing), and after a failure repeats only what is safe.
//!
//! After a definite failure the write is sent again after a pause. A write without a usable answer is read back until
//! it shows, or until a lost request can no longer arrive; only then may it be sent again. Before each attempt the
//! configuration is compared again, and once more at once if the compare is too old when the write is about to be sent.

use std::time::Duration;

use tokio::time::Instant;

use super::cause::{Cause, Halt, Stale};
use super::decide::{self, ReadBack, Sent};
use super::domain::Domain;
use super::event::Delay;
use super::report::Outcome;
use super::run::{Leave, Run};
use super::task::Ended;
use super::tries::{RateWait, Tries};
use super::width::Slot;
use super::write::Ready;
use crate::api::{Class, Client, Error, Permit, Retry};
use crate::model::{Remote, StreamSpelling};
use crate::plan::{Aim, Change};
use crate::wire::Action;

/// The write of one change, which is sent only if the configuration is as the plan saw it.
pub(super) struct Guarded<'a> {
    pub(super) domain: &'a mut Domain,
    pub(super) change: &'a Change,
    pub(super) tries: Tries,
    action: Action,
    /// The call right after this write, the Add of a replace: its permit is taken together with that of the write.
    follow_up: Option<Action>,
    /// The permit of that call, until it is used or given back.
    pub(super) reserve: Option<Permit>,
    /// When this attempt began: a listing that failed since then fails for it too.
    pub(super) since: Instant,
}

/// What the compare allows.
pub(super) enum Compared {
    /// The write may be sent over this configuration, and until this time; at any time if the read was to be right
    /// before it.
    Go(Option<Remote>, Option<Instant>),
    /// The change ends here.
    End(Ended),
    /// The current configuration can't be read.
    Unread(Error),
}

impl Compared {
    /// The configuration, or what exists beside it, is not as the plan saw it.
    pub(super) fn stale(stale: Stale) -> Self {
        Compared::End(Ended::not_attempted(Cause::Stale(stale)))
    }
}

/// What reading back shows about a write that got no usable answer.
enum Resolved {
    /// It did not arrive, and no longer can.
    Lost,
    /// The outcome: what is known, or all that can be known.
    Ended(Outcome),
}

impl<'a> Guarded<'a> {
    pub(super) fn new(domain: &'a mut Domain, change: &'a Change, action: Action) -> Self {
        let tries = Tries::new(domain.run.client());
        Self { domain, change, tries, action, follow_up: None, reserve: None, since: Instant::now() }
    }

    /// Takes the permit of the next call together with that of the write.
    pub(super) fn followed_by(self, action: Action) -> Self {
        Self { follow_up: Some(action), ..self }
    }

    pub(super) fn run(&self) -> &Run {
        &self.domain.run
    }

    /// A client for the compare before the write, which shares its connection.
    pub(super) fn client(&self, permit: &Permit) -> Client {
        self.tries.client(self.run().client()).sharing(permit)
    }

    /// How the change ends, given how its last attempt did.
    pub(super) fn end(&self, ended: Ended) -> Ended {
        self.tries.end(ended, || self.domain.is_listed_as_wanted(self.change))
    }

    /// First the permits, then the compare. A failed read is repeated, and no permit is held in the meantime.
    pub(super) async fn ready(&mut self) -> Result<Ready, Ended> {
        loop {
            self.since = Instant::now();
            self.domain.settled_beside(self.change).await;
            let permit = self.permits().await.map_err(|ended| self.end(ended))?;
            let wait = RateWait::begin(self.run().client());
            let compared = self.look_before(&permit).await;
            self.tries.extend(wait.end(self.domain.run.client()));
            let error = match compared {
                Compared::Go(..) if self.domain.is_too_wide(self.change) => {
                    drop(permit);
                    let waited = self.domain.give_way().await;
                    self.tries.extend(waited);
                    continue;
                }
                Compared::Go(found, until) => return Ok(Ready { leave: Leave::until(permit, until), found }),
                Compared::End(ended) => return Err(self.end(ended)),
                Compared::Unread(error) => error,
            };
            drop((permit, self.reserve.take()));
            if let Some(ended) = self.unread(error).await {
                return Err(self.end(ended));
            }
        }
    }

    /// The permit of the next write, unless the run ends before it comes; the permit of the call after it is kept.
    async fn permits(&mut self) -> Result<Permit, Ended> {
        let client = self.tries.client(self.run().client());
        let (action, follow_up) = (self.action, self.follow_up);
        let permits = async {
            match follow_up {
                None => {
                    let permit = client.permit_without_connection(action).await?;
                    let wait = RateWait::begin(&client);
                    self.list_ahead().await;
                    let ahead = wait.end(&client);
                    client.connected(permit).await.map(|permit| (permit, None, ahead))
                }
                Some(then) => {
                    let both = client.permits(action, then).await;
                    both.map(|(one, other)| (one, Some(other), Duration::ZERO))
                }
            }
        };
        let permits = self.run().reader.unless_stopped(permits).await;
        let (permit, reserve, ahead) = match (permits, self.run().bar(self.change.action())) {
            (_, Some(cause)) => return Err(Ended::not_attempted(cause)),
            (Some(permits), None) => permits.map_err(|error| Ended::refused(Cause::NoPermit, error))?,
            (None, None) => return Err(Ended::not_attempted(Cause::Interrupted)),
        };
        self.tries.admitted(self.domain.run.client(), permit.waited() + ahead);
        self.reserve = reserve;
        Ok(permit)
    }

    /// Waits until the write may be attempted again; returns the end if it may not.
    pub(super) async fn retry(&mut self, spelling: StreamSpelling, error: Error) -> Option<Ended> {
        self.domain.listing = None;
        self.tries.looks = None;
        let ended = match error.class() {
            _ if error == Error::Outdated => self.outdated(),
            Class::Ambiguous => self.resolve(spelling, error).await,
            Class::Busy | Class::NotSent => self.wait(error).await,
            Class::Fatal => Some(self.refused(error)),
        };
        ended.map(|ended| self.end(ended))
    }

    fn refused(&self, error: Error) -> Ended {
        Ended::refused(Cause::NotCarriedOut(self.change.action()), error)
    }

    /// Waits until the compare before a write may be attempted again; returns the end if it may not.
    async fn unread(&mut self, error: Error) -> Option<Ended> {
        let deadline = self.tries.retry.deadline();
        let looks = self.tries.looks.get_or_insert_with(|| Retry::until(deadline));
        match self.domain.run.client().read_again(looks, &error) {
            Some(pause) => {
                self.run().reader.rest(pause).await;
                None
            }
            None => Some(Ended::unreadable(error)),
        }
    }

    /// The next read may be faster.
    fn outdated(&mut self) -> Option<Ended> {
        self.tries.outdated += 1;
        let (window, looks) = (self.run().freshness, Tries::MOST_OUTDATED);
        (self.tries.outdated >= looks).then(|| Ended::not_attempted(Cause::Outdated { window, looks }))
    }

    async fn wait(&mut self, error: Error) -> Option<Ended> {
        let run = self.domain.run.clone();
        if error.class() == Class::Busy {
            self.domain.width(self.change).halve();
        }
        if run.client().stopped().is_some() {
            return Some(self.refused(error));
        }
        match run.client().again(&mut self.tries.retry, &error) {
            Some(pause) => {
                let aside = self.domain.slot.take().map(Slot::step_aside);
                run.books.delayed(&self.change.address, Delay::Again { pause, error });
                run.reader.rest(pause).await;
                let waited = self.domain.come_back(aside).await;
                self.tries.extend(waited);
                run.bar(self.change.action()).map(Ended::not_attempted)
            }
            None => {
                if error.class() == Class::NotSent {
                    self.domain.halted = Some(Halt::NoConnection(error.to_string()));
                }
                Some(self.refused(error))
            }
        }
    }

    async fn resolve(&mut self, spelling: StreamSpelling, error: Error) -> Option<Ended> {
        let run = self.domain.run.clone();
        run.books.delayed(&self.change.address, Delay::Unanswered(error.clone()));
        let request_id = error.request_id().map(str::to_owned);
        self.tries.lost += 1;
        let outcome = match run.resolve(Aim::of(self.change), spelling, &error).await {
            Resolved::Ended(outcome) => outcome,
            Resolved::Lost
                if self.tries.lost < Tries::MOST_LOST && run.bar(self.change.action()).is_none() =>
            {
                self.tries.unclear = Some(error);
                return None;
            }
            Resolved::Lost => decide::at_deadline(Ok(ReadBack::NotYet), Sent::Unclear(error)),
        };
        Some(Ended { outcome, request_id })
    }
}

impl Run {
    async fn resolve(&self, aim: Aim<'_>, spelling: StreamSpelling, error: &Error) -> Resolved {
        let (now, settle, deadline) = (Instant::now(), self.books.settle, self.reader.deadline);
        let left = self.books.left(aim.address).unwrap_or(now);
        if settle < deadline {
            let until = now + settle;
            match self.reader.watch(&self.reader.client, aim, spelling, left, until).await {
                Ok(ReadBack::AsWanted) => return Resolved::Ended(Outcome::Done),
                // Where its own reads failed for good, a listing of another change may have shown this earlier: it may still arrive.
                Ok(ReadBack::NotYet) if Instant::now() >= until => return Resolved::Lost,
                Ok(ReadBack::NotYet | ReadBack::Otherwise(_)) | Err(_) => {}
            }
        }
        let looked = self.reader.watch(&self.reader.client, aim, spelling, left, now + deadline).await;
        Resolved::Ended(decide::at_deadline(looked, Sent::Unclear(error.clone())))
    }
}
