//! Finds out what is at an address before it is written: in a listing that all changes of the domain share, or by a read
//! of its own.

use tokio::time::Instant;

use super::decide::{self, Verdict};
use super::event::Delay;
use super::guarded::{Compared, Guarded};
use super::listings::{Listing, Look};
use super::run::Run;
use super::task::Ended;
use crate::api::{Client, Error, Permit};
use crate::model::Address;
use crate::plan::{ActionKind, Aim, Change};

impl Guarded<'_> {
    /// The create of a named stream needs no read: an Add never overwrites. The create of an app-wide configuration
    /// needs one, because the service could hold it under another spelling and accept a second one beside it.
    pub(super) async fn look_before(&mut self, permit: &Permit) -> Compared {
        let client = self.client(permit);
        match (self.change.action(), self.change.address.is_app_wide()) {
            (ActionKind::Create, false) => Compared::Go(None, None),
            (ActionKind::Create, true) => self.compare_listed(&client.once()).await,
            (ActionKind::Replace | ActionKind::Delete, true) => self.compare_app_wide(&client).await,
            _ if self.is_compared_together() => self.compare_together(&client.once()).await,
            (ActionKind::Update, _) | (ActionKind::Replace | ActionKind::Delete, false) => {
                self.compare(&client.once()).await
            }
        }
    }

    /// Whether one listing may serve this write and others: those of named streams, within the freshness window.
    pub(super) fn is_compared_together(&self) -> bool {
        let is_together = matches!(self.change.action(), ActionKind::Update | ActionKind::Delete);
        is_together && !self.change.address.is_app_wide() && !self.run().freshness.is_zero()
    }

    /// Lists the domain, if that will be needed: before the write has a connection, so that it keeps none from others. A
    /// failure is met again, without another call, once the write has one.
    pub(super) async fn list_ahead(&self) {
        let (run, address) = (self.run(), &self.change.address);
        if self.is_compared_together() && run.serving(address).is_none() && !run.compares_singly(address) {
            let _ = run.list_for(&self.tries.client(run.client()).once(), address, self.since).await;
        }
    }

    /// Compares one address with the plan in a listing that serves all changes of the domain, or by asking for that
    /// address alone if that costs less.
    async fn compare_together(&self, client: &Client) -> Compared {
        let (run, address) = (self.run(), &self.change.address);
        if let Some(listing) = run.serving(address) {
            return run.compared(self.change, listing.look(address));
        }
        if run.compares_singly(address) {
            return self.compare(client).await;
        }
        match run.list_for(client, address, self.since).await {
            Ok(listing) => run.compared_in(client, self.change, &listing).await,
            // What is listed moves; a read of the one address may still show it.
            Err(Error::Contradiction(_)) => self.compare(client).await,
            Err(error) => Compared::Unread(error),
        }
    }

    /// Compares one address with the plan by asking for that address alone, unless a listing serves.
    async fn compare(&self, client: &Client) -> Compared {
        let Change { address, spelling, .. } = self.change;
        if let Some(listing) = self.run().serving(address) {
            return self.run().compared(self.change, listing.look(address));
        }
        match self.run().reader.look_by(client, address, *spelling).await {
            Ok(look) => self.run().compared(self.change, look),
            Err(error) => Compared::Unread(error),
        }
    }

    /// Compares one address with the plan in the wave's full listing, which also proves absence.
    async fn compare_listed(&mut self, client: &Client) -> Compared {
        let run = self.domain.run.clone();
        match self.domain.listed(client, self.change).await {
            Ok(listing) => run.compared_in(client, self.change, listing).await,
            Err(error) => Compared::Unread(error),
        }
    }
}

impl Run {
    /// The last listing of the domain, if a write to an address may rest on it.
    pub(super) fn serving(&self, address: &Address) -> Option<Listing> {
        if self.freshness.is_zero() {
            return None;
        }
        self.reader.last_listing(&address.domain).filter(|listing| self.may_rest_on(address, listing))
    }

    fn may_rest_on(&self, address: &Address, listing: &Listing) -> bool {
        let upset = self.books.upset(address);
        listing.is_fresh(self.freshness) && upset.is_none_or(|upset| listing.is_younger(upset))
    }

    /// Whether an address is to be asked for alone: too few changes share a listing of several pages, or the last listing
    /// took longer than one may be old.
    fn compares_singly(&self, address: &Address) -> bool {
        let reads = self.reader.domain(&address.domain);
        reads.prefers_single_compares() || reads.last().is_some_and(|last| last.took > self.freshness)
    }

    /// A listing that a write to an address may rest on, unless it took too long; made once for all that wait for one
    /// since then.
    async fn list_for(&self, client: &Client, address: &Address, since: Instant) -> Result<Listing, Error> {
        let reads = self.reader.domain(&address.domain);
        reads.list_once(client, &address.domain, since, |last| self.may_rest_on(address, last)).await
    }

    fn compared(&self, change: &Change, look: Look) -> Compared {
        let Look { found, asked } = look;
        match decide::compare(Aim::of(change), found.as_ref()) {
            Verdict::Go => {
                let until = (!self.freshness.is_zero()).then(|| asked + self.freshness);
                Compared::Go(found, until)
            }
            Verdict::Done => Compared::End(Ended::done()),
            Verdict::Stale(stale) => Compared::stale(stale),
        }
    }

    /// Compares one address with the plan in a listing. If the listing took longer than the freshness window, the
    /// address is asked for alone after it.
    pub(super) async fn compared_in(&self, client: &Client, change: &Change, listing: &Listing) -> Compared {
        let listed = listing.look(&change.address);
        if !self.freshness.is_zero() && listing.is_fresh(self.freshness) {
            return self.compared(change, listed);
        }
        self.books.delayed(&change.address, Delay::SlowListing { took: listing.took });
        match client.find(&change.address, change.spelling).await {
            // If the single read does not show what the listing shows, that proves nothing: then the listing counts,
            // and it is too old for a write.
            Ok((None, asked)) if listed.found.is_none() => self.compared(change, Look { found: None, asked }),
            Ok((None, _)) => self.compared(change, listed),
            Ok((found, asked)) => self.compared(change, Look { found, asked }),
            Err(error) => Compared::Unread(error),
        }
    }
}
