//! Turns [`Call`]s into answers: waits for the action's turn, signs with a fresh stamp, sends, reads.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value};
use tokio::sync::Semaphore;

use super::endpoint::{Endpoint, EndpointError, Endpoints};
use super::error::Error;
use super::limiter::{Limiter, Rate};
use super::transport::{Http, Timeouts, Transport};
use crate::emulator;
use crate::model::{Address, Remote, StreamSpelling};
use crate::wire::{self, Call, CallerIdentity, Key, ReadError, Request, Secret, SignatureVersion, Stamp};

/// Makes the stamp of one attempt.
pub type StampSource = Arc<dyn Fn() -> std::io::Result<Stamp> + Send + Sync>;

/// What a client needs to know.
pub struct ClientSettings {
    /// What requests are signed with.
    pub key: Key,
    /// How they are signed.
    pub signature: SignatureVersion,
    /// Where every service is called, instead of the documented endpoints.
    pub endpoint: Option<Endpoint>,
    /// The region of each domain; one that is missing is called at the central endpoint.
    pub regions: BTreeMap<Arc<str>, String>,
    /// How fast each action may be called.
    pub rate: Rate,
    /// Calls that may be under way at once.
    pub parallelism: NonZeroUsize,
    /// How long a call may take.
    pub timeouts: Timeouts,
    /// Time and nonce of each attempt.
    pub stamps: StampSource,
}

impl ClientSettings {
    /// Calls under way at once, unless told otherwise.
    pub const PARALLELISM: usize = 16;

    /// For the emulator in this process, under the key that every emulator accepts.
    pub fn for_emulator() -> Self {
        let secret = Secret::new(emulator::KEY_SECRET);
        Self::new(Key { id: emulator::KEY_ID.to_owned(), secret, token: None })
    }

    /// The usual settings: V3 signatures, documented endpoints, default rate.
    pub fn new(key: Key) -> Self {
        Self {
            key,
            signature: SignatureVersion::V3,
            endpoint: None,
            regions: BTreeMap::new(),
            rate: Rate::default(),
            parallelism: NonZeroUsize::new(Self::PARALLELISM).unwrap_or(NonZeroUsize::MIN),
            timeouts: Timeouts::default(),
            stamps: Arc::new(stamp_now),
        }
    }
}

/// The client of one account. Clones share rate, connections and counters.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    transport: Transport,
    endpoints: Endpoints,
    key: Key,
    signature: SignatureVersion,
    stamps: StampSource,
    limiter: Limiter,
    slots: Semaphore,
    sent: AtomicU64,
}

impl Client {
    /// A client over HTTP.
    ///
    /// # Errors
    /// When the endpoint may not be used (see [`Endpoint::permit`]), a region is none, or the system's certificates can't
    /// be loaded.
    pub fn new(settings: ClientSettings) -> Result<Self, ClientError> {
        let endpoints = match &settings.endpoint {
            Some(endpoint) => {
                endpoint.permit(settings.signature)?;
                Endpoints::only(endpoint.clone())
            }
            None => Endpoints::documented(&settings.regions)?,
        };
        let http = Http::new(settings.timeouts, settings.endpoint.as_ref())?;
        Ok(Self::over(Transport::Http(http), endpoints, settings))
    }

    /// A client of the emulator in this process. The key must be one that it accepts.
    pub fn in_process(service: Arc<emulator::Service>, settings: ClientSettings) -> Self {
        Self::over(Transport::InProcess(service), Endpoints::only(Endpoint::here()), settings)
    }

    fn over(transport: Transport, endpoints: Endpoints, settings: ClientSettings) -> Self {
        let ClientSettings {
            key,
            signature,
            stamps,
            rate,
            parallelism,
            endpoint: _,
            regions: _,
            timeouts: _,
        } = settings;
        let limiter = Limiter::new(rate);
        let slots = Semaphore::new(parallelism.get());
        let sent = AtomicU64::new(0);
        Self { inner: Arc::new(Inner { transport, endpoints, key, signature, stamps, limiter, slots, sent }) }
    }

    /// Calls sent so far, reads and writes.
    pub fn calls(&self) -> u64 {
        self.inner.sent.load(Ordering::Relaxed)
    }

    /// Asks for one address. `None` proves nothing: what the service makes of the filter is not documented, so only an
    /// entry with the very key is a fact.
    ///
    /// # Errors
    /// When the call fails or its answer can't be understood.
    pub async fn find(&self, address: &Address, spelling: StreamSpelling) -> Result<Option<Remote>, Error> {
        let call = wire::describe(&address.domain, 1, Some((address, spelling)));
        let page = self.page(&call).await?;
        let mut found = page.configs.into_iter().filter(|(key, _)| key == address).map(|(_, remote)| remote);
        let first = found.next();
        Ok(match found.next() {
            Some(_) => first.map(super::listing::one_of_several),
            None => first,
        })
    }

    /// Sends an Add, Update or Delete once and gives its RequestId.
    ///
    /// # Errors
    /// When the call fails; [`Error::class`] says whether it may have been carried out.
    pub async fn write(&self, call: Call) -> Result<Option<String>, Error> {
        let fields = self.call(&call).await?;
        Ok(wire::request_id(&fields))
    }

    /// Asks STS once whose credentials sign the calls.
    ///
    /// # Errors
    /// When the call fails or its answer names no account.
    pub async fn caller_identity(&self) -> Result<CallerIdentity, Error> {
        let Inner { endpoints, key, signature, .. } = &*self.inner;
        let sign = |host: &str, stamp: &Stamp| wire::caller_identity().sign(host, key, stamp, *signature);
        let fields = self.send(endpoints.sts(), sign).await?;
        wire::read_caller_identity(&fields).map_err(Error::Contradiction)
    }

    /// One page of a listing.
    pub(super) async fn page(&self, call: &Call) -> Result<wire::Page, Error> {
        let fields = self.call(call).await?;
        wire::read_page(fields).map_err(Error::Contradiction)
    }

    /// One attempt. Retries belong around this function, so that each takes its turn and a fresh stamp.
    async fn call(&self, call: &Call) -> Result<Map<String, Value>, Error> {
        let Inner { endpoints, key, signature, limiter, .. } = &*self.inner;
        limiter.turn(call.action).await;
        let sign = |host: &str, stamp: &Stamp| wire::sign(call, host, key, stamp, *signature);
        self.send(endpoints.of(call.domain()), sign).await
    }

    async fn send(
        &self,
        endpoint: &Endpoint,
        sign: impl FnOnce(&str, &Stamp) -> Request,
    ) -> Result<Map<String, Value>, Error> {
        let Inner { transport, stamps, slots, sent, .. } = &*self.inner;
        let host = endpoint.authority();
        // The stamp is taken last, so that it is still fresh when it arrives.
        let _slot = slots.acquire().await.map_err(|error| not_sent(&host, error))?;
        let stamp = stamps().map_err(|error| not_sent(&host, error))?;
        let request = sign(&host, &stamp);
        sent.fetch_add(1, Ordering::Relaxed);
        let response = transport.send(&request, endpoint.is_plain()).await?;
        wire::read(&response).map_err(|error| unusable(&host, error))
    }
}

/// Why there is no client.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClientError {
    /// The endpoint may not be used.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// HTTP can't be spoken at all.
    #[error(transparent)]
    Http(#[from] Error),
}

fn not_sent(host: &str, reason: impl ToString) -> Error {
    Error::NotSent { host: host.to_owned(), reason: reason.to_string() }
}

fn unusable(host: &str, error: ReadError) -> Error {
    match error {
        ReadError::Refused(error) => Error::Refused(error),
        ReadError::Unreadable(reason) => Error::Ambiguous { host: host.to_owned(), reason },
    }
}

/// The clock's time and 128 random bits.
fn stamp_now() -> std::io::Result<Stamp> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(std::io::Error::other)?;
    Ok(Stamp { time: jiff::Timestamp::now(), nonce: format!("{:032x}", u128::from_be_bytes(random)) })
}
