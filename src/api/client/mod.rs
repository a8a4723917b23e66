//! The client of one account: what it is made of, and what its calls share.
//!
//! A call waits for the action's rate and a connection (`permits`), is signed with a fresh stamp (`signing`) and sent
//! (`sending`); a read is repeated where that may help (`reads`).

mod permits;
mod reads;
mod sending;
mod signing;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use self::permits::Permit;
pub(super) use self::reads::one_of_several;
pub use self::signing::KeyInUse;
use super::call_log::CallLog;
use super::credentials::{Credentials, Keys};
use super::draws::{self, Jitter, StampSource};
use super::endpoint::{Endpoint, EndpointError};
use super::endpoints::Endpoints;
use super::error::{Error, Stop};
use super::limiter::Limiter;
use super::owner::Owner;
use super::places::Places;
use super::rate::Rate;
use super::retry::Retry;
use super::transport::{Http, Timeouts, Transport};
use crate::gate::Secrets;
use crate::wire::SignatureVersion;

/// What a client needs.
pub struct ClientSettings {
    /// What requests are signed with, and how to get it.
    pub credentials: Credentials,
    /// The signature version of the requests.
    pub signature: SignatureVersion,
    /// The endpoint for every service, instead of the documented ones.
    pub endpoint: Option<Endpoint>,
    /// The region of each domain; a domain without one is called at the central endpoint.
    pub regions: BTreeMap<Arc<str>, String>,
    /// How fast each action may be called.
    pub rate: Rate,
    /// The most reads in progress at once, and the most writes beside them.
    pub parallelism: NonZeroUsize,
    /// How long a call may take.
    pub timeouts: Timeouts,
    /// How long a failed read is retried, and a write that was certainly not carried out.
    pub patience: Duration,
    /// Time and nonce of each attempt.
    pub stamps: StampSource,
    /// Jitter for the pauses between attempts.
    pub jitter: Jitter,
    /// Receives a report of each call.
    pub log: Option<CallLog>,
    /// Collects every secret that the client gets to know, to keep it out of its errors.
    pub secrets: Secrets,
}

impl ClientSettings {
    /// The default for reads, and for writes, in progress at once.
    pub const PARALLELISM: NonZeroUsize = NonZeroUsize::new(16).unwrap();

    /// The default for how long calls are retried.
    pub const PATIENCE: Duration = Duration::from_secs(60);

    /// The usual settings: V3 signatures, documented endpoints, default rate.
    pub fn new(credentials: impl Into<Credentials>) -> Self {
        Self {
            credentials: credentials.into(),
            signature: SignatureVersion::V3,
            endpoint: None,
            regions: BTreeMap::new(),
            rate: Rate::default(),
            parallelism: Self::PARALLELISM,
            timeouts: Timeouts::default(),
            patience: Self::PATIENCE,
            stamps: Arc::new(draws::stamp),
            jitter: Arc::new(draws::jitter),
            log: None,
            secrets: Secrets::default(),
        }
    }
}

/// The client of one account. Clones share rate, connections and counters.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Shared>,
    /// When reads are no longer repeated; if `None`, after the usual patience, counted from the start of each read.
    until: Option<Instant>,
    /// The latest time until which the client waits when the service asks it to.
    stays: Option<Instant>,
    /// Cancelled when the run is to end: pauses in progress then end at once.
    stop: Option<CancellationToken>,
    /// Whether something is not recorded until its calls succeed.
    is_urgent: bool,
    /// The connection reserved for its calls, if any.
    connection: Option<Connection>,
    /// The endpoints of domains that the settings do not name.
    further: Arc<BTreeMap<Arc<str>, Endpoint>>,
}

/// One of the calls that may be in progress at once.
type Connection = Arc<OwnedSemaphorePermit>;

struct Shared {
    transport: Arc<dyn Transport>,
    endpoints: Endpoints,
    /// Where an instance's metadata service is asked for keys.
    metadata: Endpoint,
    keys: Keys,
    signature: SignatureVersion,
    stamps: StampSource,
    jitter: Jitter,
    log: Option<CallLog>,
    secrets: Secrets,
    patience: Duration,
    limiter: Limiter,
    parallelism: NonZeroUsize,
    /// What reads may take: a lane of their own, so that no read waits for a write.
    for_reads: Arc<Semaphore>,
    /// What writes may take, and the reads that share the connection of a write.
    for_writes: Arc<Semaphore>,
    sent: AtomicU64,
    repeated: AtomicU64,
    owner: Owner,
    /// How far the service's clock was ahead of this machine's in the last answer.
    ahead: Mutex<Option<SignedDuration>>,
    /// What is added to this machine's time once the service has shown that this machine's clock is off.
    clock: Mutex<SignedDuration>,
    places: Places,
}

impl Client {
    /// A client over HTTP.
    ///
    /// # Errors
    /// When the endpoint may not be used (see [`Endpoint::permit`]), a region is not valid, or the system's
    /// certificates can't be loaded.
    pub fn new(settings: ClientSettings) -> Result<Self, ClientError> {
        let endpoints = match &settings.endpoint {
            Some(endpoint) => {
                endpoint.permit(settings.signature)?;
                Endpoints::only(endpoint.clone())
            }
            None => Endpoints::documented(&settings.regions, settings.credentials.sts.as_ref())?,
        };
        // A local server that plays the service also plays the metadata service.
        let metadata = settings.endpoint.clone().filter(Endpoint::is_loopback);
        let metadata = metadata.unwrap_or_else(Endpoint::metadata);
        let http = Http::new(settings.timeouts, settings.endpoint.as_ref())?;
        Ok(Self::over(Arc::new(http), endpoints, metadata, settings))
    }

    /// A client that sends every call to a service in this process.
    pub fn in_process(transport: Arc<dyn Transport>, settings: ClientSettings) -> Self {
        let here = Endpoint::here();
        Self::over(transport, Endpoints::only(here.clone()), here, settings)
    }

    fn over(
        transport: Arc<dyn Transport>,
        endpoints: Endpoints,
        metadata: Endpoint,
        settings: ClientSettings,
    ) -> Self {
        let ClientSettings {
            credentials,
            signature,
            stamps,
            jitter,
            log,
            secrets,
            patience,
            rate,
            parallelism,
            endpoint: _,
            regions: _,
            timeouts: _,
        } = settings;
        credentials.provider.tell(&secrets);
        let inner = Shared {
            transport,
            endpoints,
            metadata,
            keys: Keys::new(credentials),
            signature,
            stamps,
            jitter,
            log,
            secrets,
            patience,
            limiter: Limiter::new(rate),
            parallelism,
            for_reads: Arc::new(Semaphore::new(parallelism.get())),
            for_writes: Arc::new(Semaphore::new(parallelism.get())),
            sent: AtomicU64::new(0),
            repeated: AtomicU64::new(0),
            owner: Owner::default(),
            ahead: Mutex::default(),
            clock: Mutex::default(),
            places: Places::default(),
        };
        Self {
            inner: Arc::new(inner),
            until: None,
            stays: None,
            stop: None,
            is_urgent: false,
            connection: None,
            further: Arc::default(),
        }
    }

    /// The same client; it calls these further domains in their regions, as far as their names are valid.
    pub fn in_regions(&self, regions: &BTreeMap<Arc<str>, String>) -> Self {
        Self { further: Arc::new(self.inner.endpoints.further(regions)), ..self.clone() }
    }

    /// The same client; its reads are repeated until `deadline` at the latest.
    pub fn until(&self, deadline: Instant) -> Self {
        Self { until: Some(deadline), ..self.staying_until(deadline) }
    }

    /// The same client; where the service asks to wait, it waits until `deadline` at the latest.
    pub fn staying_until(&self, deadline: Instant) -> Self {
        Self { stays: Some(deadline), ..self.clone() }
    }

    /// The same client; its reads are not repeated.
    pub fn once(&self) -> Self {
        Self { until: Some(Instant::now()), ..self.clone() }
    }

    /// The same client; its pauses end when `stop` is cancelled.
    pub fn heeding(&self, stop: CancellationToken) -> Self {
        Self { stop: Some(stop), ..self.clone() }
    }

    /// The same client, for calls that something stays unrecorded without: they wait only for the rate and for
    /// livevod's own pauses, which the service can't lengthen.
    pub fn urgent(&self) -> Self {
        Self { is_urgent: true, ..self.clone() }
    }

    /// The most reads in progress at once, and the most writes beside them.
    pub fn parallelism(&self) -> NonZeroUsize {
        self.inner.parallelism
    }

    /// Calls sent so far: reads and writes.
    pub fn calls(&self) -> u64 {
        self.inner.sent.load(Ordering::Relaxed)
    }

    /// How many of the calls repeated a failed one.
    pub fn repeated(&self) -> u64 {
        self.inner.repeated.load(Ordering::Relaxed)
    }

    /// Counts the failures of one write. The caller reports each repetition with [`Client::again`].
    pub fn retry(&self) -> Retry {
        let until = self.until.unwrap_or_else(|| Instant::now() + self.inner.patience);
        Retry::until(until).urgent(self.is_urgent)
    }

    /// The pause before a write is repeated; `None` unless the write was certainly not carried out and may be repeated.
    pub fn again(&self, retry: &mut Retry, error: &Error) -> Option<Duration> {
        let pause = retry.write(error, Instant::now(), (self.inner.jitter)())?;
        self.inner.repeated.fetch_add(1, Ordering::Relaxed);
        Some(pause)
    }

    /// The pause before a read is repeated; `None` where it may not be.
    pub fn read_again(&self, retry: &mut Retry, error: &Error) -> Option<Duration> {
        let pause = retry.read(error, Instant::now(), (self.inner.jitter)())?;
        self.inner.repeated.fetch_add(1, Ordering::Relaxed);
        Some(pause)
    }

    /// Why the client sends nothing more, if so.
    pub fn stopped(&self) -> Option<Stop> {
        self.inner.owner.other().or_else(|| self.inner.limiter.given_up().map(Stop::Throttled))
    }

    /// From now on the client sends nothing to Live with a key that STS does not confirm to belong to this account.
    /// Keys are renewed, and the source of the new key may have changed in the meantime.
    pub fn insist_on(&self, account: &str) {
        self.inner.owner.insist_on(account);
    }

    /// The host that is called about the configurations of a domain.
    pub fn live_host(&self, domain: &str) -> String {
        self.live(domain).authority()
    }

    /// The host that is called about no single domain.
    pub fn central_host(&self) -> String {
        self.central().authority()
    }

    /// The endpoint of Live for a domain.
    pub(super) fn live(&self, domain: &str) -> &Endpoint {
        self.further.get(domain).unwrap_or_else(|| self.inner.endpoints.of(domain))
    }

    /// The endpoint of Live for calls about no single domain.
    pub(super) fn central(&self) -> &Endpoint {
        self.inner.endpoints.central()
    }

    /// The endpoint of VOD in a region.
    pub(super) fn vod(&self, region: Option<&str>) -> Result<Endpoint, Error> {
        self.inner.endpoints.vod(region).map_err(|error| Error::not_sent("VOD", error))
    }

    /// Where ActionTrail may list the calls about domains of a region.
    pub(super) fn trails(&self, region: Option<&str>) -> Result<Vec<Endpoint>, Error> {
        self.inner.endpoints.trails(region).map_err(|error| Error::not_sent("ActionTrail", error))
    }

    /// The pages on which configurations were last seen.
    pub(super) fn places(&self) -> &Places {
        &self.inner.places
    }
}

/// Why a client can't be made.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClientError {
    /// The endpoint may not be used.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// HTTP is not available at all.
    #[error(transparent)]
    Http(#[from] Error),
}
