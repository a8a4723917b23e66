//! Shares what is read of a domain among all of its changes: one listing serves every compare within the freshness
//! window, and confirms every write that was accepted before it was asked for.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::width::Width;
use crate::api::{Client, Error, ListedAt};
use crate::model::{Address, DomainSnapshot, Remote, Snapshot};
use crate::plan::{ActionKind, Decisions};
use crate::wire::PAGE_SIZE;

/// What was at an address, and when that was asked for.
pub(super) struct Look {
    pub(super) found: Option<Remote>,
    pub(super) asked: Instant,
}

/// A domain's listing, and when it was asked for.
#[derive(Debug, Clone)]
pub(super) struct Listing {
    pub(super) configs: Arc<DomainSnapshot>,
    pub(super) asked: Instant,
    /// How long it took.
    pub(super) took: Duration,
    /// How many calls it took.
    calls: usize,
}

impl Listing {
    async fn read(client: &Client, domain: &str) -> Result<Self, Error> {
        let (configs, listed) = client.dated_listing(domain).await?;
        Ok(Self::new(configs, listed))
    }

    fn new(configs: DomainSnapshot, listed: ListedAt) -> Self {
        let ListedAt { asked, took, calls } = listed;
        Self { configs: Arc::new(configs), asked, took, calls }
    }

    /// What it shows at an address.
    pub(super) fn look(&self, address: &Address) -> Look {
        Look { found: self.configs.configs.get(address).cloned(), asked: self.asked }
    }

    /// Whether it was asked for later than that.
    pub(super) fn is_younger(&self, than: Instant) -> bool {
        than < self.asked
    }

    /// Whether a write that rests on it may still be sent.
    pub(super) fn is_fresh(&self, window: Duration) -> bool {
        self.asked.elapsed() <= window
    }
}

/// The listings from which a run was planned, as far as they are fresh enough for a write: they serve the compares of
/// its first writes.
#[derive(Debug, Clone, Default)]
pub struct PlanningRead(BTreeMap<Arc<str>, Listing>);

impl PlanningRead {
    /// Of all that was read for a plan, what its first writes may rest on within the freshness window.
    pub fn of(
        decisions: &Decisions,
        snapshot: &Snapshot,
        listed: &BTreeMap<Arc<str>, ListedAt>,
        window: Duration,
    ) -> Self {
        // The create of a named stream is not compared.
        let compared = decisions
            .changes
            .iter()
            .filter(|change| change.action() != ActionKind::Create || change.address.is_app_wide());
        let mut listings = BTreeMap::new();
        for domain in compared.map(|change| &change.address.domain) {
            if listings.contains_key(domain) {
                continue;
            }
            let read = listed.get(domain).filter(|listed| listed.asked.elapsed() <= window);
            if let Some((listed, configs)) = read.zip(snapshot.domains.get(domain)) {
                listings.insert(domain.clone(), Listing::new(configs.clone(), *listed));
            }
        }
        Self(listings)
    }

    /// The listings by domain.
    pub(super) fn into_listings(self) -> impl Iterator<Item = (Arc<str>, Listing)> {
        self.0.into_iter()
    }
}

/// What the changes of one domain share.
pub(super) struct DomainReads {
    state: Mutex<State>,
    /// Told of every change of the state; wakes those that wait in the order in which they came.
    changed: Notify,
    /// Held by the one that lists the domain for all.
    turn: tokio::sync::Mutex<()>,
    /// How many changes of the domain are written side by side.
    pub(super) width: Arc<Width>,
    /// The last listing that failed: when it was asked for, and why.
    failed: Mutex<Option<(Instant, Error)>>,
}

#[derive(Debug, Default)]
struct State {
    last: Option<Listing>,
    /// How many calls a listing took before the apply.
    calls_before: usize,
    /// Whether the last attempt to list the domain met listings that contradict themselves.
    is_odd: bool,
    /// Changes that go side by side and whose writes are not accepted yet.
    to_write: usize,
    /// Those of them that have started.
    in_progress: usize,
    /// Whether their writes change the number of configurations.
    moves: bool,
    /// Accepted writes that no read has shown yet.
    to_confirm: usize,
    /// How many wait until nothing is in progress.
    stills: usize,
}

impl State {
    /// How many calls a listing is likely to take: the last page is never full.
    fn calls(&self) -> usize {
        let (calls, entries) = self
            .last
            .as_ref()
            .map_or((self.calls_before, 0), |last| (last.calls, last.configs.configs.len()));
        let coming = if self.moves { self.to_confirm + self.in_progress } else { 0 };
        let pages = (entries + coming) / PAGE_SIZE as usize + 1;
        calls.max(pages).max(if self.is_odd { 2 } else { 1 })
    }

    /// Whether a configuration may move from one page to another while the domain is listed.
    fn is_shifting(&self) -> bool {
        self.moves && self.in_progress > 0 && self.calls() > 1
    }

    fn confirms(&self, accepted: Instant) -> bool {
        self.last.as_ref().is_some_and(|last| last.is_younger(accepted))
    }

    /// Whether a listing confirms so many writes that more of them would save little.
    fn is_worth_it(&self) -> bool {
        let enough =
            if self.is_shifting() { DomainReads::WRITES_PER_PAUSE } else { DomainReads::WRITES_PER_CALL };
        self.to_write == 0 || self.to_confirm >= enough * self.calls()
    }

    /// Whether another change may start: not while some wait until nothing is in progress, or while too many accepted
    /// writes are not confirmed.
    fn may_go_on(&self) -> bool {
        self.stills == 0 && self.to_confirm < DomainReads::WRITES_PER_PAUSE * self.calls()
    }
}

impl DomainReads {
    /// How long an accepted write waits for others that the same listing confirms.
    const GATHERS: Duration = Duration::from_secs(1);

    /// How many writes one call of a listing is to confirm before it is asked for early.
    const WRITES_PER_CALL: usize = 32;

    /// The same where no change may be in progress meanwhile; no further change starts before that many are confirmed.
    const WRITES_PER_PAUSE: usize = 64;

    /// `last` is the listing from which the run was planned, if it may serve; `calls` is how many an earlier listing took.
    pub(super) fn new(width: Width, last: Option<Listing>, calls: usize) -> Self {
        Self {
            state: Mutex::new(State { last, calls_before: calls, ..State::default() }),
            changed: Notify::new(),
            turn: tokio::sync::Mutex::default(),
            width: Arc::new(width),
            failed: Mutex::default(),
        }
    }

    /// The last listing.
    pub(super) fn last(&self) -> Option<Listing> {
        self.state().last.clone()
    }

    /// Lists the domain.
    pub(super) async fn list(&self, client: &Client, domain: &str) -> Result<Listing, Error> {
        let began = Instant::now();
        match Listing::read(client, domain).await {
            Ok(listing) => {
                self.keep(listing.clone());
                Ok(listing)
            }
            Err(error) => {
                *self.failed() = Some((began, error.clone()));
                let is_odd = matches!(error, Error::Contradiction(_));
                self.modify(|state| state.is_odd |= is_odd);
                Err(error)
            }
        }
    }

    /// The last listing if it is `enough`; otherwise lists the domain, once for all that wait. A listing that failed after
    /// `since` failed for all of them.
    pub(super) async fn list_once(
        &self,
        client: &Client,
        domain: &str,
        since: Instant,
        enough: impl Fn(&Listing) -> bool,
    ) -> Result<Listing, Error> {
        let _turn = self.turn.lock().await;
        if let Some(last) = self.last().filter(|last| enough(last)) {
            return Ok(last);
        }
        let failed = self.failed().clone();
        match failed {
            Some((began, error)) if since <= began => Err(error),
            _ => self.list(client, domain).await,
        }
    }

    /// Whether one read of its own costs each of the changes that are about to be compared less than a listing costs all
    /// of them.
    pub(super) fn prefers_single_compares(&self) -> bool {
        let state = self.state();
        state.to_write < state.calls() || (state.is_shifting() && state.in_progress > 1)
    }

    /// The same for those that are to be confirmed. Once everything is written that goes side by side, a listing is needed in
    /// any case: it ends the work in the domain.
    pub(super) fn prefers_single_confirms(&self, is_beside: bool) -> bool {
        let state = self.state();
        let is_last = is_beside && state.to_write == 0;
        !is_last && (state.to_confirm < state.calls() || state.is_shifting())
    }

    /// Whether a configuration may move from one page to another while the domain is listed.
    pub(super) fn is_shifting(&self) -> bool {
        self.state().is_shifting()
    }

    /// Waits for other writes that the same listing can confirm, but not long. Where a listing would contradict itself
    /// while changes are in progress, no further one starts as long as the caller keeps what this returns.
    pub(super) async fn gather(self: &Arc<Self>, accepted: Instant) -> Option<Still> {
        self.soon(|state| state.confirms(accepted) || state.is_worth_it()).await;
        if !self.is_shifting() {
            return None;
        }
        let still = Still::new(self);
        self.soon(|state| state.confirms(accepted) || !state.is_shifting()).await;
        Some(still)
    }

    /// Waits until something holds, but not long.
    async fn soon(&self, holds: impl Fn(&State) -> bool) {
        // After the pause, nobody waits any longer.
        let _ = timeout(Self::GATHERS, self.until(holds)).await;
    }

    /// Returns when the last listing is one that `shows` something.
    pub(super) async fn listed(&self, shows: impl Fn(&Listing) -> bool) {
        self.until(|state| state.last.as_ref().is_some_and(&shows)).await;
    }

    /// Waits until something holds.
    async fn until(&self, holds: impl Fn(&State) -> bool) {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            if holds(&self.state()) {
                return;
            }
            changed.await;
        }
    }

    /// Whether another change may start.
    pub(super) fn may_go_on(&self) -> bool {
        self.state().may_go_on()
    }

    /// Returns when another change may start.
    pub(super) async fn goes_on(&self) {
        self.until(State::may_go_on).await;
    }

    /// Counts changes whose writes are to be sent side by side. `moves` says whether they change the number of
    /// configurations.
    pub(super) fn expects(self: &Arc<Self>, changes: usize, moves: bool) -> Vec<Unwritten> {
        self.modify(|state| {
            state.to_write += changes;
            state.moves = moves;
        });
        (0..changes).map(|_| Unwritten { reads: self.clone(), has_started: false }).collect()
    }

    /// Counts an accepted write until it is confirmed.
    pub(super) fn accepted(self: &Arc<Self>) -> Unconfirmed {
        self.modify(|state| state.to_confirm += 1);
        Unconfirmed(self.clone())
    }

    /// Two listings may be read at the same time: the one that was asked for later is the last one.
    fn keep(&self, listing: Listing) {
        self.modify(|state| {
            if state.last.as_ref().is_none_or(|last| last.asked <= listing.asked) {
                (state.last, state.is_odd) = (Some(listing), false);
            }
        });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn modify(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.notify_waiters();
    }

    fn failed(&self) -> MutexGuard<'_, Option<(Instant, Error)>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A change whose write is not accepted yet; counts until it is dropped.
pub(super) struct Unwritten {
    reads: Arc<DomainReads>,
    has_started: bool,
}

impl Unwritten {
    /// The change starts.
    pub(super) fn started(mut self) -> Self {
        self.has_started = true;
        self.reads.modify(|state| state.in_progress += 1);
        self
    }
}

impl Drop for Unwritten {
    fn drop(&mut self) {
        self.reads.modify(|state| {
            state.to_write -= 1;
            state.in_progress -= usize::from(self.has_started);
        });
    }
}

/// As long as it is kept, no further change of the domain starts beside others.
pub(super) struct Still(Arc<DomainReads>);

impl Still {
    fn new(reads: &Arc<DomainReads>) -> Self {
        reads.modify(|state| state.stills += 1);
        Self(reads.clone())
    }
}

impl Drop for Still {
    fn drop(&mut self) {
        self.0.modify(|state| state.stills -= 1);
    }
}

/// An accepted write that no read has shown; counts until it is dropped.
pub(super) struct Unconfirmed(Arc<DomainReads>);

impl Drop for Unconfirmed {
    fn drop(&mut self) {
        self.0.modify(|state| state.to_confirm -= 1);
    }
}
