//! Looks at an address right before it is written.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::decide::{self, Verdict};
use super::domain::{Domain, Ended};
use super::tries::Tries;
use super::{Cause, Delay, Stale, run::Run};
use crate::api::{Client, Error, Permit};
use crate::model::{Address, DomainSnapshot, Remote, StreamSpelling};
use crate::plan::{ActionKind, Aim, Change};
use crate::wire::Action;

/// What the look allows.
pub(super) enum Compared {
    /// The write may go out, over this entry and until then; at any time, where the look was asked to be right before it.
    Go(Option<Remote>, Option<Instant>),
    /// The change ends here.
    End(Ended),
    /// What is there can't be read now.
    Unread(Error),
}

/// What stood at an address, and when that was asked for.
pub(super) struct Look {
    pub(super) found: Option<Remote>,
    asked: Instant,
}

/// A domain's listing, and when it was asked for.
#[derive(Clone)]
pub(super) struct Listing {
    pub(super) configs: Arc<DomainSnapshot>,
    asked: Instant,
    /// How long it took.
    took: Duration,
}

impl Listing {
    async fn read(client: &Client, domain: &str) -> Result<Self, Error> {
        let asked = Instant::now();
        let configs = Arc::new(client.list_domain(domain).await?);
        Ok(Self { configs, asked, took: asked.elapsed() })
    }

    /// Whether it was asked for no sooner than that.
    pub(super) fn is_younger(&self, than: Instant) -> bool {
        than <= self.asked
    }

    /// Whether a write may still go out that rests on it.
    pub(super) fn is_fresh(&self, window: Duration) -> bool {
        self.asked.elapsed() <= window
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
}

/// What a write needs to go out.
pub(super) struct Ready {
    pub(super) permit: Permit,
    /// What stands there.
    pub(super) found: Option<Remote>,
    /// Until when the look at it holds.
    pub(super) until: Option<Instant>,
}

impl Compared {
    /// The entry, or what stands beside it, is not as the plan saw it.
    pub(super) fn stale(stale: Stale) -> Self {
        Compared::End(Ended::not_attempted(Cause::Stale(stale)))
    }
}

impl Domain {
    /// Gets a change ready for its next write: first the permit, then the look. What can't be read is looked at again, and no
    /// permit is held meanwhile.
    pub(super) async fn ready(
        &mut self,
        tries: &mut Tries,
        change: &Change,
        action: Action,
    ) -> Result<Ready, Ended> {
        loop {
            let permit = self.permit(tries, change, action).await?;
            let error = match self.look_before(tries, change, &permit).await {
                Compared::Go(found, until) => return Ok(Ready { permit, found, until }),
                Compared::End(ended) => return Err(ended),
                Compared::Unread(error) => error,
            };
            drop(permit);
            if let Some(ended) = self.unread(tries, error).await {
                return Err(ended);
            }
        }
    }

    /// The create of a named stream needs no look: an Add never overwrites. That of an app-wide entry does, since the service
    /// could hold it under another spelling and take a second one beside it.
    async fn look_before(&mut self, tries: &Tries, change: &Change, permit: &Permit) -> Compared {
        match (change.action, change.address.is_app_wide()) {
            (ActionKind::Create, false) => Compared::Go(None, None),
            (ActionKind::Create, true) => self.compare_listed(tries, change, permit).await,
            (ActionKind::Update | ActionKind::Replace | ActionKind::Delete, _) => {
                self.compare(tries, change, permit).await
            }
        }
    }

    /// Compares one address with the plan, by asking for it alone.
    pub(super) async fn compare(&self, tries: &Tries, change: &Change, permit: &Permit) -> Compared {
        let client = tries.client(&self.run.client).sharing(permit).once();
        match self.run.look_by(&client, &change.address, change.spelling).await {
            Ok(look) => self.run.compared(change, look),
            Err(error) => Compared::Unread(error),
        }
    }

    /// Compares one address with the plan in the wave's full listing, which proves absence too.
    pub(super) async fn compare_listed(
        &mut self,
        tries: &Tries,
        change: &Change,
        permit: &Permit,
    ) -> Compared {
        let client = tries.client(&self.run.client).sharing(permit).once();
        let run = self.run.clone();
        match self.listed(&client, change).await {
            Ok(listing) => run.compared_in(&client, change, listing).await,
            Err(error) => Compared::Unread(error),
        }
    }
}

impl Run {
    /// Compares one address with the plan in a listing. Where that took longer than a look may be old, the address is asked for by
    /// itself after it.
    pub(super) async fn compared_in(&self, client: &Client, change: &Change, listing: &Listing) -> Compared {
        let found = listing.configs.configs.get(&change.address).cloned();
        let listed = Look { found, asked: listing.asked };
        if !self.freshness.is_zero() && listing.is_fresh(self.freshness) {
            return self.compared(change, listed);
        }
        self.delayed(&change.address, Delay::SlowListing { took: listing.took });
        match client.find(&change.address, change.spelling).await {
            // Its lack proves nothing where the listing shows it: then the listing counts, which is too old for a write.
            Ok((None, asked)) if listed.found.is_none() => self.compared(change, Look { found: None, asked }),
            Ok((None, _)) => self.compared(change, listed),
            Ok((found, asked)) => self.compared(change, Look { found, asked }),
            Err(error) => Compared::Unread(error),
        }
    }
}

impl Run {
    /// Lists a domain by a client, and keeps that as the last listing of it.
    pub(super) async fn list(&self, client: &Client, domain: &str) -> Result<Listing, Error> {
        let listing = Listing::read(client, domain).await?;
        self.saw(domain, listing.clone());
        Ok(listing)
    }

    /// Likewise, only what it shows.
    pub(super) async fn listed(&self, client: &Client, domain: &str) -> Result<Arc<DomainSnapshot>, Error> {
        Ok(self.list(client, domain).await?.configs)
    }

    /// What stands at an address.
    pub(super) async fn look(
        &self,
        address: &Address,
        spelling: StreamSpelling,
    ) -> Result<Option<Remote>, Error> {
        Ok(self.look_by(&self.client, address, spelling).await?.found)
    }

    /// Likewise, where something may be unrecorded until it is known: until the deadline at most, and as fast as the rate allows.
    pub(super) async fn look_urgently(
        &self,
        address: &Address,
        spelling: StreamSpelling,
    ) -> Result<Option<Remote>, Error> {
        let client = self.client.urgent().until(Instant::now() + self.deadline);
        Ok(self.look_by(&client, address, spelling).await?.found)
    }

    /// What stands at an address, by a client. Only a full listing proves that nothing does.
    pub(super) async fn look_by(
        &self,
        client: &Client,
        address: &Address,
        spelling: StreamSpelling,
    ) -> Result<Look, Error> {
        let (found, asked) = client.find(address, spelling).await?;
        if found.is_some() {
            return Ok(Look { found, asked });
        }
        let Listing { configs, asked, took: _ } = self.list(client, &address.domain).await?;
        Ok(Look { found: configs.configs.get(address).cloned(), asked })
    }
}
