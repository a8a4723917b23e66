//! Reads an address right before it is written.

use super::decide::{self, Verdict};
use super::event::Delay;
use super::guarded::{Compared, Guarded};
use super::reader::{Listing, Look};
use super::run::Run;
use super::task::Ended;
use crate::api::{Client, Permit};
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
            (ActionKind::Update, _) | (ActionKind::Replace | ActionKind::Delete, false) => {
                self.compare(&client.once()).await
            }
        }
    }

    /// Compares one address with the plan by asking for that address alone.
    async fn compare(&self, client: &Client) -> Compared {
        let Change { address, spelling, .. } = self.change;
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
        let found = listing.configs.configs.get(&change.address).cloned();
        let listed = Look { found, asked: listing.asked };
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
