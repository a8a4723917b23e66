//! Turns [`Call`]s into answers: waits for the action's turn, signs with a fresh stamp, sends, reads; and again where that
//! may help.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

use super::call_log::{CallLog, Noted};
use super::credentials::{Courier, Credentials, CredentialsError, Keys};
use super::endpoint::{Endpoint, EndpointError, Endpoints};
use super::error::Error;
use super::limiter::{Limiter, Rate, Turn};
use super::places::Places;
use super::retry::Retry;
use super::transport::{Http, Timeouts, Transport};
use crate::emulator;
use crate::model::{Address, Remote, StreamSpelling};
use crate::wire::{
    self, Action, Call, CallerIdentity, Inquiry, Key, Request, Secret, SignatureVersion, Stamp,
};

/// Makes the stamp of one attempt.
pub type StampSource = Arc<dyn Fn() -> std::io::Result<Stamp> + Send + Sync>;

/// Gives numbers from 0 to 1 for pauses between attempts.
pub type Chance = Arc<dyn Fn() -> f64 + Send + Sync>;

/// What a client needs to know.
pub struct ClientSettings {
    /// What requests are signed with, and how that is got.
    pub credentials: Credentials,
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
    /// How long a read is repeated where that may help, and a write that was certainly not carried out.
    pub patience: Duration,
    /// Time and nonce of each attempt.
    pub stamps: StampSource,
    /// Chance for the pauses between attempts.
    pub chance: Chance,
    /// Who is told of each call.
    pub log: Option<CallLog>,
}

impl ClientSettings {
    /// Calls under way at once, unless told otherwise.
    pub const PARALLELISM: usize = 16;

    /// How long calls are repeated, unless told otherwise.
    pub const PATIENCE: Duration = Duration::from_secs(60);

    /// For the emulator in this process, under the key that every emulator accepts.
    pub fn for_emulator() -> Self {
        let secret = Secret::new(emulator::KEY_SECRET);
        Self::new(Key { id: emulator::KEY_ID.to_owned(), secret, token: None })
    }

    /// The usual settings: V3 signatures, documented endpoints, default rate.
    pub fn new(credentials: impl Into<Credentials>) -> Self {
        Self {
            credentials: credentials.into(),
            signature: SignatureVersion::V3,
            endpoint: None,
            regions: BTreeMap::new(),
            rate: Rate::default(),
            parallelism: NonZeroUsize::new(Self::PARALLELISM).unwrap_or(NonZeroUsize::MIN),
            timeouts: Timeouts::default(),
            patience: Self::PATIENCE,
            stamps: Arc::new(stamp_now),
            chance: Arc::new(chance),
            log: None,
        }
    }
}

/// The client of one account. Clones share rate, connections and counters.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    /// When reads are repeated no more; the usual patience from each read's own start where there is none.
    until: Option<Instant>,
}

struct Inner {
    transport: Transport,
    endpoints: Endpoints,
    /// Where the metadata service of an instance is asked for keys.
    metadata: Endpoint,
    keys: Keys,
    signature: SignatureVersion,
    stamps: StampSource,
    chance: Chance,
    log: Option<CallLog>,
    patience: Duration,
    limiter: Limiter,
    slots: Semaphore,
    sent: AtomicU64,
    repeated: AtomicU64,
    /// What is added to this machine's time, once the service said that it is off.
    clock: OnceLock<SignedDuration>,
    places: Places,
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
            None => Endpoints::documented(&settings.regions, settings.credentials.sts.as_ref())?,
        };
        // What plays the service on this machine plays the instance too.
        let metadata = settings.endpoint.clone().filter(Endpoint::is_loopback);
        let metadata = metadata.unwrap_or_else(Endpoint::metadata);
        let http = Http::new(settings.timeouts, settings.endpoint.as_ref())?;
        Ok(Self::over(Transport::Http(http), endpoints, metadata, settings))
    }

    /// A client of the emulator in this process. The key must be one that it accepts.
    pub fn in_process(service: Arc<emulator::Service>, settings: ClientSettings) -> Self {
        let here = Endpoint::here();
        Self::over(Transport::InProcess(service), Endpoints::only(here.clone()), here, settings)
    }

    fn over(
        transport: Transport,
        endpoints: Endpoints,
        metadata: Endpoint,
        settings: ClientSettings,
    ) -> Self {
        let ClientSettings {
            credentials,
            signature,
            stamps,
            chance,
            log,
            patience,
            rate,
            parallelism,
            endpoint: _,
            regions: _,
            timeouts: _,
        } = settings;
        let inner = Inner {
            transport,
            endpoints,
            metadata,
            keys: Keys::new(credentials),
            signature,
            stamps,
            chance,
            log,
            patience,
            limiter: Limiter::new(rate),
            slots: Semaphore::new(parallelism.get()),
            sent: AtomicU64::new(0),
            repeated: AtomicU64::new(0),
            clock: OnceLock::new(),
            places: Places::default(),
        };
        Self { inner: Arc::new(inner), until: None }
    }

    /// The same client, with reads that are repeated until `deadline` at the latest.
    pub fn until(&self, deadline: Instant) -> Self {
        Self { until: Some(deadline), ..self.clone() }
    }

    /// Calls sent so far, reads and writes.
    pub fn calls(&self) -> u64 {
        self.inner.sent.load(Ordering::Relaxed)
    }

    /// How many of the calls went out because one before them failed.
    pub fn repeated(&self) -> u64 {
        self.inner.repeated.load(Ordering::Relaxed)
    }

    /// How far the service's time is ahead of this machine's, where that had to be corrected.
    pub fn clock_correction(&self) -> Option<SignedDuration> {
        self.inner.clock.get().copied()
    }

    /// Counts the failures of one write. Whoever repeats it says so with [`Client::again`].
    pub fn retry(&self) -> Retry {
        Retry::until(self.until.unwrap_or_else(|| Instant::now() + self.inner.patience))
    }

    /// The pause before a write is repeated, where it was certainly not carried out and may be.
    pub fn again(&self, retry: &mut Retry, error: &Error) -> Option<Duration> {
        let pause = retry.write(error, Instant::now(), (self.inner.chance)())?;
        self.inner.repeated.fetch_add(1, Ordering::Relaxed);
        Some(pause)
    }

    /// Waits until one call of `action` may go out. To be taken before an entry is compared, so that no wait lies between
    /// the compare and the write.
    pub async fn turn(&self, action: Action) -> Turn {
        self.inner.limiter.turn(action.name()).await
    }

    /// Asks for one address. `None` proves nothing: what the service makes of the filter is not documented, so only an
    /// entry with the very key is a fact.
    ///
    /// # Errors
    /// When the call fails or its answer can't be understood.
    pub async fn find(&self, address: &Address, spelling: StreamSpelling) -> Result<Option<Remote>, Error> {
        for number in self.places().of(address) {
            let page = self.page(&wire::describe(&address.domain, number, Some((address, spelling)))).await?;
            let (keys, remotes): (Vec<Address>, Vec<Remote>) = page.configs.into_iter().unzip();
            self.places().saw(address, &keys);
            let mut found = keys.iter().zip(remotes).filter(|(key, _)| *key == address);
            match (found.next(), found.next()) {
                (Some((_, first)), None) => return Ok(Some(first)),
                (Some((_, first)), Some(_)) => return Ok(Some(super::listing::one_of_several(first))),
                (None, _) => {}
            }
        }
        Ok(None)
    }

    /// Sends an Add, Update or Delete once, when its turn comes, and gives its RequestId.
    ///
    /// # Errors
    /// When the call fails; [`Error::class`] says whether it may have been carried out.
    pub async fn write(&self, call: Call) -> Result<Option<String>, Error> {
        let turn = self.turn(call.action).await;
        self.write_in(turn, &call).await
    }

    /// Sends an Add, Update or Delete once, now, in a turn that was waited for before.
    ///
    /// # Errors
    /// When the call fails; [`Error::class`] says whether it may have been carried out.
    pub async fn write_in(&self, turn: Turn, call: &Call) -> Result<Option<String>, Error> {
        let fields = self.attempt(call, turn).await?;
        Ok(wire::request_id(&fields))
    }

    /// Gets the first key, so that a failure is told before anything else and once.
    ///
    /// # Errors
    /// When the source of the credentials gives none.
    pub async fn prepare(&self) -> Result<(), Arc<CredentialsError>> {
        self.key().await.map(|_| ())
    }

    /// Asks STS whose credentials sign the calls.
    ///
    /// # Errors
    /// When the call fails or its answer names no account.
    pub async fn caller_identity(&self) -> Result<CallerIdentity, Error> {
        let fields = self.inquire(&wire::caller_identity(), self.inner.endpoints.sts()).await?;
        wire::read_caller_identity(&fields).map_err(Error::Contradiction)
    }

    /// A call that only looks something up, in its turn, and repeated like every read.
    pub(super) async fn inquire(
        &self,
        inquiry: &Inquiry,
        endpoint: &Endpoint,
    ) -> Result<Map<String, Value>, Error> {
        let signature = self.inner.signature;
        let sign = |host: &str, key: &Key, stamp: &Stamp| inquiry.sign(host, key, stamp, signature);
        let mut retry = self.retry();
        loop {
            let turn = self.inner.limiter.turn(inquiry.name).await;
            match self.send_in(turn, endpoint, (inquiry.name, &sign)).await {
                Ok(fields) => return Ok(fields),
                Err(error) => self.pause(&mut retry, error).await?,
            }
        }
    }

    /// Where Live is asked about a domain.
    pub(super) fn live(&self, domain: &str) -> &Endpoint {
        self.inner.endpoints.of(domain)
    }

    /// Where VOD is asked in a region.
    pub(super) fn vod(&self, region: Option<&str>) -> Result<Endpoint, Error> {
        self.inner.endpoints.vod(region).map_err(|error| Error::not_sent("VOD", error))
    }

    /// Where entries were last seen.
    pub(super) fn places(&self) -> &Places {
        &self.inner.places
    }

    /// One page of a listing.
    pub(super) async fn page(&self, call: &Call) -> Result<wire::Page, Error> {
        let mut retry = self.retry();
        loop {
            match self.attempt(call, self.turn(call.action).await).await {
                Ok(fields) => return wire::read_page(fields).map_err(Error::Contradiction),
                Err(error) => self.pause(&mut retry, error).await?,
            }
        }
    }

    /// Waits until a read may be repeated; its error, where it has failed for good.
    async fn pause(&self, retry: &mut Retry, error: Error) -> Result<(), Error> {
        match retry.read(&error, Instant::now(), (self.inner.chance)()) {
            Some(pause) => sleep(pause).await,
            None => return Err(error),
        }
        self.inner.repeated.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// One attempt, in its turn.
    async fn attempt(&self, call: &Call, turn: Turn) -> Result<Map<String, Value>, Error> {
        let Inner { endpoints, signature, .. } = &*self.inner;
        let sign = |host: &str, key: &Key, stamp: &Stamp| wire::sign(call, host, key, stamp, *signature);
        self.send_in(turn, endpoints.of(call.domain()), (call.action.name(), &sign)).await
    }

    /// Sends in a turn, and tells the limiter whether the service throttles.
    async fn send_in(
        &self,
        turn: Turn,
        endpoint: &Endpoint,
        named: Named<'_, impl Fn(&str, &Key, &Stamp) -> Request>,
    ) -> Result<Map<String, Value>, Error> {
        let limiter = &self.inner.limiter;
        let answer = self.send(endpoint, named).await;
        match &answer {
            Err(error) if error.is_throttling() => {
                limiter.throttled(&turn, error.retry_after().unwrap_or_default());
            }
            Ok(_) | Err(_) => limiter.passed(&turn),
        }
        answer
    }

    /// Sends, and once more where only this machine's clock was wrong or the key had ended: such a request is refused
    /// before anything else.
    async fn send(
        &self,
        endpoint: &Endpoint,
        named: Named<'_, impl Fn(&str, &Key, &Stamp) -> Request>,
    ) -> Result<Map<String, Value>, Error> {
        let Attempt { error, off, key_id } = match self.send_once(endpoint, named).await {
            Ok(fields) => return Ok(fields),
            Err(attempt) => attempt,
        };
        let may_go_again = self.corrects_clock(&error, off)
            || (error.is_about_an_expired_key() && self.inner.keys.forget(&key_id).await);
        if !may_go_again {
            return Err(error);
        }
        self.inner.repeated.fetch_add(1, Ordering::Relaxed);
        self.send_once(endpoint, named).await.map_err(|attempt| attempt.error)
    }

    async fn send_once(
        &self,
        endpoint: &Endpoint,
        (action, sign): Named<'_, impl Fn(&str, &Key, &Stamp) -> Request>,
    ) -> Result<Map<String, Value>, Attempt> {
        let Inner { transport, stamps, slots, sent, log, limiter, .. } = &*self.inner;
        let host = endpoint.authority();
        let _slot = slots.acquire().await.map_err(|error| Error::not_sent(&host, error))?;
        let key = self.key().await.map_err(|error| Error::Withheld { reason: error.with_reasons() })?;
        limiter.way_out(action).await;
        // The stamp is taken last, so that it is still fresh when it arrives.
        let Stamp { time, nonce } = stamps().map_err(|error| Error::not_sent(&host, error))?;
        let request = sign(&host, &key, &Stamp { time: self.corrected(time), nonce });
        sent.fetch_add(1, Ordering::Relaxed);
        let noted = Noted::begin(log.as_ref(), action, &host);
        let sent = transport.send(&request, endpoint.is_plain()).await;
        let off = sent.as_ref().ok().and_then(wire::time).map(|theirs| theirs.duration_since(time));
        let answer =
            sent.and_then(|response| wire::read(&response).map_err(|error| Error::unusable(&host, error)));
        noted.end(answer.as_ref().err(), answer.as_ref().ok().and_then(wire::request_id).as_deref());
        answer.map_err(|error| Attempt { error, off, key_id: key.id })
    }

    /// The key to sign with now, from its source where it is not at hand.
    async fn key(&self) -> Result<Key, Arc<CredentialsError>> {
        let Inner { transport, endpoints, metadata, signature, stamps, chance, log, patience, keys, .. } =
            &*self.inner;
        let stamp = || stamps().map(|Stamp { time, nonce }| Stamp { time: self.corrected(time), nonce });
        let courier = Courier {
            transport,
            sts: endpoints.sts(),
            metadata: metadata.clone(),
            signature: *signature,
            stamp: &stamp,
            chance,
            log: log.as_ref(),
            until: Instant::now() + *patience,
        };
        keys.key(&courier).await
    }

    /// The time by the service's clock, as far as it is known.
    fn corrected(&self, time: Timestamp) -> Timestamp {
        self.inner.clock.get().and_then(|off| time.checked_add(*off).ok()).unwrap_or(time)
    }

    /// Whether the clock is corrected now: once, by the service's own time, and by less than an hour. More than that is for
    /// people to look at.
    fn corrects_clock(&self, error: &Error, off: Option<SignedDuration>) -> bool {
        let credible = off.filter(|off| off.abs() < SignedDuration::from_hours(1) && !off.is_zero());
        error.is_about_the_clock() && credible.is_some_and(|off| self.inner.clock.set(off).is_ok())
    }
}

/// An action's name and what signs a call of it.
type Named<'a, Sign> = (&'static str, &'a Sign);

/// One attempt that failed, how far the service's time was ahead then, and whose key it was signed with.
struct Attempt {
    error: Error,
    off: Option<SignedDuration>,
    key_id: String,
}

impl From<Error> for Attempt {
    fn from(error: Error) -> Self {
        Self { error, off: None, key_id: String::new() }
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

/// The clock's time and 128 random bits.
fn stamp_now() -> std::io::Result<Stamp> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(std::io::Error::other)?;
    Ok(Stamp { time: Timestamp::now(), nonce: format!("{:032x}", u128::from_be_bytes(random)) })
}

/// Without randomness every pause has its full length.
fn chance() -> f64 {
    getrandom::u32().map_or(1.0, |random| f64::from(random) / f64::from(u32::MAX))
}
