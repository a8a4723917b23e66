//! Adds a configuration that existed before and is missing: nothing is recorded until it is added.

use super::confirm::{Backoff, is_hopeless};
use super::decide::{self, AfterAdd, Met, ReadBack, Sent, Verdict, after_add, compare};
use super::event::Delay;
use super::journal::Intention;
use super::run::{Leave, Run};
use super::task::Ended;
use super::write::{Outgoing, Ready, Write, write};
use crate::api::{Client, Error, Permit};
use crate::model::{Address, RecordConfig, Remote, StreamSpelling};
use crate::plan::{Aim, Contingent};
use crate::wire::{self, Action};

/// The configuration to add.
#[derive(Clone, Copy)]
pub(super) struct PendingAdd<'a> {
    pub(super) address: &'a Address,
    pub(super) config: &'a RecordConfig,
    pub(super) contingent: Option<Contingent>,
    /// What the Add has met if it is refused because a configuration exists.
    pub(super) met: Met,
    /// What existed before. A read that shows it is older than the Add.
    pub(super) gone: &'a Remote,
    /// What makes the Add needless if a read shows it: the new configuration of a replace, while the old one is added back.
    pub(super) instead: Option<Aim<'a>>,
}

impl<'a> PendingAdd<'a> {
    /// The Add right after a configuration was deleted.
    pub(super) fn over(address: &'a Address, config: &'a RecordConfig, gone: &'a Remote) -> Self {
        Self { address, config, contingent: None, met: Met::OldEntry, gone, instead: None }
    }

    /// The Add of a configuration that was deleted along with an app-wide one.
    pub(super) fn beside(address: &'a Address, config: &'a RecordConfig, gone: &'a Remote) -> Self {
        Self { contingent: Some(Contingent::AddSiblingsBack), ..Self::over(address, config, gone) }
    }

    /// Whether a read shows that a lost Add was carried out. The configuration that was deleted does not count: its
    /// creation time distinguishes it.
    fn stands_in(self, found: Option<&Remote>) -> bool {
        let is_new = found.is_some_and(|found| found.create_time.is_none() || found != self.gone);
        is_new && compare(Aim::add(self.address, self.config), found) == Verdict::Done
    }

    /// Whether a read shows the configuration that makes the Add needless.
    fn is_needless(self, found: Option<&Remote>) -> bool {
        self.instead.is_some_and(|aim| compare(aim, found) == Verdict::Done)
    }

    fn judge(self, found: Option<&Remote>) -> ReadBack {
        if self.stands_in(found) { ReadBack::AsWanted } else { ReadBack::NotYet }
    }
}

/// Why a configuration was not added.
pub(super) struct Unfilled {
    pub(super) error: Error,
    /// Whether an earlier Add got no usable answer, so that it may have been carried out or may still be.
    pub(super) is_in_doubt: bool,
    /// Whether a read showed the configuration that makes the Add needless.
    pub(super) is_needless: bool,
}

impl Unfilled {
    fn new(error: Error, is_in_doubt: bool) -> Self {
        Self { error, is_in_doubt, is_needless: false }
    }

    /// After an Add that got no usable answer.
    fn needless(lost: Error) -> Self {
        Self { error: lost, is_in_doubt: true, is_needless: true }
    }
}

/// How an Add ended that was not refused.
pub(super) enum Added {
    /// Accepted, not read back yet. Holds its RequestId.
    Accepted(Option<String>),
    /// It got no usable answer, and reading back shows this.
    Seen(Ended),
}

impl Run {
    /// Adds the configuration and reads it back. Does not wait as long as the service asks, since more may be missing.
    ///
    /// # Errors
    /// When no Add was accepted, and reading shows none that was carried out.
    pub(super) async fn fill_gap(
        &self,
        pending: PendingAdd<'_>,
        permit: Option<Permit>,
    ) -> Result<Ended, Unfilled> {
        let added = self.add_again(pending, permit).await?;
        Ok(self.seen_added(&self.client().urgent(), pending, added).await)
    }

    /// The outcome of an Add, read back with a client.
    pub(super) async fn seen_added(&self, client: &Client, pending: PendingAdd<'_>, added: Added) -> Ended {
        let request_id = match added {
            Added::Accepted(request_id) => request_id,
            Added::Seen(ended) => return ended,
        };
        let PendingAdd { address, config, gone, contingent: _, met: _, instead: _ } = pending;
        let old = gone.config.clone().normalized();
        let aim = Aim { before: Some(&old), ..Aim::add(address, config) };
        let outcome = self.reader.confirm(client, aim, StreamSpelling::Named, Sent::Accepted).await;
        Ended { outcome, request_id }
    }

    /// Sends the Add again and again until the deadline, with a permit taken before or without waiting for more than
    /// the rate. The same Add may be sent again before a lost one could have arrived, since the service refuses the
    /// second of the two.
    ///
    /// # Errors
    /// When no Add was accepted, and reading shows none that was carried out.
    pub(super) async fn add_again(
        &self,
        pending: PendingAdd<'_>,
        permit: Option<Permit>,
    ) -> Result<Added, Unfilled> {
        let backoff = Backoff::until(self.reader.deadline);
        let mut adding = GapAdd { run: self, pending, permit, backoff, lost: None };
        match write(self, &mut adding).await {
            Ok((request_id, ())) => Ok(Added::Accepted(request_id)),
            Err(end) => end,
        }
    }

    /// The outcome of an Add that got no usable answer and did not show until the deadline. Once it can no longer
    /// arrive, its absence is a failure, like a refusal.
    async fn late(&self, pending: PendingAdd<'_>, lost: Error) -> Result<Ended, Unfilled> {
        let reader = &self.reader;
        let mut backoff = Backoff::until(reader.deadline);
        let again = async || {
            let look = reader.look_by(&reader.client.urgent(), pending.address, StreamSpelling::Named).await;
            look.map(|look| look.found)
        };
        let mut looked = again().await;
        let is_over = |looked: &Result<Option<Remote>, Error>| match looked {
            Ok(found) => pending.stands_in(found.as_ref()) || pending.is_needless(found.as_ref()),
            Err(error) => is_hopeless(error),
        };
        while !is_over(&looked) && reader.next(&mut backoff).await {
            looked = decide::newer(looked, again().await);
        }
        if looked.as_ref().is_ok_and(|found| pending.is_needless(found.as_ref())) {
            return Err(Unfilled::needless(lost));
        }
        if matches!(looked, Ok(None)) && self.books.is_settled(pending.address) {
            return Err(Unfilled::new(lost, false));
        }
        let request_id = id_of(Some(&lost));
        let seen = looked.map(|found| pending.judge(found.as_ref()));
        Ok(Ended { outcome: decide::at_deadline(seen, Sent::Unclear(lost)), request_id })
    }

    /// What a read shows of an Add that got no usable answer, if that is its end.
    async fn seen_of_lost(&self, pending: PendingAdd<'_>, lost: &Error) -> Option<Result<Added, Unfilled>> {
        let found = self.reader.look_once(pending.address).await.ok()?;
        if pending.stands_in(found.as_ref()) {
            return Some(Ok(Added::Seen(Ended { request_id: id_of(Some(lost)), ..Ended::done() })));
        }
        pending.is_needless(found.as_ref()).then(|| Err(Unfilled::needless(lost.clone())))
    }

    /// Whether the configuration exists as wanted.
    pub(super) async fn stands(&self, aim: Aim<'_>) -> bool {
        let found = self.reader.look_once(aim.address).await;
        found.is_ok_and(|found| compare(aim, found.as_ref()) == Verdict::Done)
    }
}

/// The Add of a missing configuration.
struct GapAdd<'a> {
    run: &'a Run,
    pending: PendingAdd<'a>,
    permit: Option<Permit>,
    backoff: Backoff,
    /// The last Add that got no usable answer.
    lost: Option<Error>,
}

impl Write for GapAdd<'_> {
    type Kept = ();
    type End = Result<Added, Unfilled>;

    async fn ready(&mut self) -> Result<Ready, Self::End> {
        let permit = match self.permit.take() {
            Some(permit) => Ok(permit),
            None => self.run.client().urgent().permit(Action::Add).await,
        };
        match permit {
            Ok(permit) => Ok(Ready { leave: Leave::urgently(permit), found: None }),
            Err(error) => Err(Err(Unfilled::new(error, self.lost.is_some()))),
        }
    }

    async fn outgoing(&mut self, _: Option<Remote>) -> Result<Outgoing<'_, ()>, Self::End> {
        let PendingAdd { address, config, contingent, .. } = self.pending;
        let intention = Intention::add(address, config, contingent);
        Ok(Outgoing { intention, call: wire::add(address, config), kept: () })
    }

    async fn failed(&mut self, error: Error, (): ()) -> Option<Self::End> {
        let PendingAdd { address, met, .. } = self.pending;
        let books = &self.run.books;
        match after_add(&error, met) {
            AfterAdd::GiveUp => return Some(Err(Unfilled::new(error, self.lost.is_some()))),
            AfterAdd::ReadBack => {
                books.delayed(address, Delay::Unanswered(error.clone()));
                self.lost = Some(error.clone());
            }
            AfterAdd::TryAgain => {
                if let Some(pause) = self.backoff.ahead() {
                    books.delayed(address, Delay::Again { pause, error: error.clone() });
                }
            }
        }
        if let Some(lost) = &self.lost
            && let Some(end) = self.run.seen_of_lost(self.pending, lost).await
        {
            return Some(end);
        }
        if self.run.reader.next(&mut self.backoff).await {
            return None;
        }
        Some(match self.lost.take() {
            Some(lost) => self.run.late(self.pending, lost).await.map(Added::Seen),
            None => Err(Unfilled::new(error, false)),
        })
    }
}

pub(super) fn id_of(error: Option<&Error>) -> Option<String> {
    error?.request_id().map(str::to_owned)
}
