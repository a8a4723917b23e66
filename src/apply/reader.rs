//! Reads what a domain or an address holds, for every compare and every read-back of a run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::books::Books;
use super::listings::{DomainReads, Listing, Look, PlanningRead};
use super::width::Width;
use crate::api::{Client, Error};
use crate::model::{Address, DomainSnapshot, Remote, StreamSpelling};

/// Everything that a run reads goes through here.
pub(super) struct Reader {
    pub(super) client: Client,
    pub(super) books: Arc<Books>,
    /// How long a write is read back before it counts as unconfirmed.
    pub(super) deadline: Duration,
    /// Cancelled when no new write may start.
    stop: CancellationToken,
    /// What the changes of each domain share.
    domains: Mutex<BTreeMap<Arc<str>, Arc<DomainReads>>>,
}

impl Reader {
    pub(super) fn new(
        client: &Client,
        books: Arc<Books>,
        deadline: Duration,
        stop: CancellationToken,
        planned_on: PlanningRead,
    ) -> Self {
        let client = client.heeding(stop.clone());
        let shared = |(domain, listing): (Arc<str>, Listing)| {
            let reads = shared(&client, &domain, Some(listing));
            (domain, reads)
        };
        let domains = Mutex::new(planned_on.into_listings().map(shared).collect());
        Self { client, books, deadline, stop, domains }
    }

    /// What the changes of a domain share.
    pub(super) fn domain(&self, domain: &str) -> Arc<DomainReads> {
        let mut domains = self.domains.lock().unwrap_or_else(PoisonError::into_inner);
        domains.entry(domain.into()).or_insert_with(|| shared(&self.client, domain, None)).clone()
    }

    /// Lists a domain with a client, and keeps the listing as the domain's last one.
    pub(super) async fn list(&self, client: &Client, domain: &str) -> Result<Listing, Error> {
        self.domain(domain).list(client, domain).await
    }

    /// Like [`Self::list`], but returns only the configurations.
    pub(super) async fn listed(&self, client: &Client, domain: &str) -> Result<Arc<DomainSnapshot>, Error> {
        Ok(self.list(client, domain).await?.configs)
    }

    /// The last listing of a domain.
    pub(super) fn last_listing(&self, domain: &str) -> Option<Listing> {
        self.domain(domain).last()
    }

    /// What the last listing of a domain shows at an address, whichever change asked for it, if that was after `since`.
    pub(super) fn listed_since(&self, address: &Address, since: Instant) -> Option<Look> {
        let last = self.last_listing(&address.domain).filter(|last| last.is_younger(since));
        last.map(|last| last.look(address))
    }

    /// What is at an address.
    pub(super) async fn look(
        &self,
        address: &Address,
        spelling: StreamSpelling,
    ) -> Result<Option<Remote>, Error> {
        Ok(self.look_by(&self.client, address, spelling).await?.found)
    }

    /// Like [`Self::look`], while something may be unrecorded until the answer is known: at most until the deadline,
    /// and as fast as the rate allows.
    pub(super) async fn look_urgently(
        &self,
        address: &Address,
        spelling: StreamSpelling,
    ) -> Result<Option<Remote>, Error> {
        let client = self.client.urgent().until(Instant::now() + self.deadline);
        Ok(self.look_by(&client, address, spelling).await?.found)
    }

    /// Like [`Self::look_urgently`], with one attempt. If it can't be read at once, another Add finds out as much.
    pub(super) async fn look_once(&self, address: &Address) -> Result<Option<Remote>, Error> {
        Ok(self.look_by(&self.client.urgent().once(), address, StreamSpelling::Named).await?.found)
    }

    /// What is at an address, read with a client. Only a full listing proves that there is nothing.
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
        Ok(self.list(client, &address.domain).await?.look(address))
    }

    /// Waits; a signal that ends the run ends the wait.
    pub(super) async fn rest(&self, pause: Duration) {
        self.unless_stopped(sleep(pause)).await;
    }

    /// Waits until no request that was sent to any address of a domain can still arrive, or until the run ends.
    pub(super) async fn all_settled(&self, domain: &str) {
        if let Some(until) = self.books.unsettled_until(domain) {
            self.rest(until.saturating_duration_since(Instant::now())).await;
        }
    }

    /// The result of `awaited`, unless the run is to end before: then nothing more is started for it.
    pub(super) async fn unless_stopped<T>(&self, awaited: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => None,
            come = awaited => Some(come),
        }
    }

    /// Whether the run is to end.
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }
}

/// What the changes of a domain share before the first of them starts.
fn shared(client: &Client, domain: &str, planned_on: Option<Listing>) -> Arc<DomainReads> {
    let width = Width::up_to(client.parallelism().get());
    Arc::new(DomainReads::new(width, planned_on, client.calls_of_listing(domain)))
}
