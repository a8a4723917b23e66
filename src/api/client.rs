//! Turns [`Call`]s into answers: waits for the action's rate and a connection, signs with a fresh stamp, sends and
//! reads; repeats where that may help.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

use super::call_log::{CallLog, Noted};
use super::credentials::{Credentials, CredentialsError, Fetcher, Keys};
use super::draws::{self, Jitter, StampSource};
use super::endpoint::{Endpoint, EndpointError, Endpoints};
use super::error::{Class, Error, Stop};
use super::limiter::{Heed, Limiter, Rate, Turn};
use super::owner::Owner;
use super::places::Places;
use super::retry::Retry;
use super::transport::{Http, Timeouts, Transport};
use crate::gate::Secrets;
use crate::model::{Address, Remote, StreamSpelling};
use crate::wire::{self, Action, Call, CallerIdentity, Inquiry, Key, Request, SignatureVersion, Stamp};

/// How often a call is repeated that was refused for its timestamp or an expired key.
const MOST_REPETITIONS: u32 = 2;

/// Two readings of the service's clock that differ by at most this count as equal: a round trip takes time.
const SAME_TIME: SignedDuration = SignedDuration::from_secs(1);

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
    pub const PARALLELISM: usize = 16;

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
            parallelism: NonZeroUsize::new(Self::PARALLELISM).unwrap_or(NonZeroUsize::MIN),
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
    /// Becomes true when the run is to end: pauses in progress then end at once.
    stop: Option<watch::Receiver<bool>>,
    /// Whether something is not recorded until its calls succeed.
    is_urgent: bool,
    /// The connection reserved for its calls, if any.
    connection: Option<Connection>,
    /// The endpoints of domains that the settings do not name.
    further: Arc<BTreeMap<Arc<str>, Endpoint>>,
}

/// One of the calls that may be in progress at once.
type Connection = Arc<OwnedSemaphorePermit>;

/// A key without its secret and its token.
#[derive(Debug, Clone)]
pub struct KeyInUse {
    /// The key's id.
    pub id: String,
    /// Whether it has a security token.
    pub is_temporary: bool,
    /// When it expires, if that is known.
    pub expiration: Option<Timestamp>,
}

/// The right to send one call of an action now: its turn has come, and a connection is reserved for it.
#[derive(Debug)]
pub struct Permit {
    turn: Turn,
    connection: Option<Connection>,
    /// How long the permit was waited for, without the time that the service asked to wait.
    waited: Duration,
}

/// The answer of a read, and when the read was sent.
struct Asked<T> {
    at: Instant,
    answer: T,
}

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

    /// The same client; its pauses end when `stop` becomes true.
    pub fn heeding(&self, stop: watch::Receiver<bool>) -> Self {
        Self { stop: Some(stop), ..self.clone() }
    }

    /// The same client, for calls that something stays unrecorded without: they wait only for the rate and for
    /// livevod's own pauses, which the service can't lengthen.
    pub fn urgent(&self) -> Self {
        Self { is_urgent: true, ..self.clone() }
    }

    /// The same client; its calls use the connection that is reserved for a write, so they do not wait for one.
    pub fn sharing(&self, permit: &Permit) -> Self {
        Self { connection: permit.connection.clone(), ..self.clone() }
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

    /// Waits until one call of `action` may be sent, over a connection that stays reserved for it. Take it before the
    /// configuration is compared, so that there is no wait between the compare and the write.
    ///
    /// # Errors
    /// When no more calls of this action are to be sent.
    pub async fn permit(&self, action: Action) -> Result<Permit, Error> {
        self.connected(self.permit_without_connection(action).await?).await
    }

    /// Waits until the rate allows one call of `action`. What is read between this and [`Client::connected`] keeps no
    /// connection from another write.
    ///
    /// # Errors
    /// When no more calls of this action are to be sent.
    pub async fn permit_without_connection(&self, action: Action) -> Result<Permit, Error> {
        let turn = self.turn(action.name()).await?;
        Ok(Permit { waited: turn.waited, turn, connection: None })
    }

    /// Reserves a connection for the call of a permit.
    ///
    /// # Errors
    /// When no more calls are to be sent.
    pub async fn connected(&self, permit: Permit) -> Result<Permit, Error> {
        // Otherwise the compare that comes first would wait while it holds the connection.
        self.inner.limiter.unheld(Action::Describe.name(), &self.heed()).await;
        let asked = Instant::now();
        let connection = self.connect(permit.turn.action()).await?;
        Ok(Permit { waited: permit.waited + asked.elapsed(), connection, ..permit })
    }

    /// Two permits over one connection.
    ///
    /// # Errors
    /// As [`Client::permit`].
    pub async fn permits(&self, first: Action, second: Action) -> Result<(Permit, Permit), Error> {
        let turn = self.turn(first.name()).await?;
        let second = self.permit(second).await?;
        let (connection, waited) = (second.connection.clone(), turn.waited + second.waited);
        Ok((Permit { turn, connection, waited }, second))
    }

    /// Asks for one address, and returns when it was asked. `None` proves nothing: how the service treats the filter is
    /// not documented, so only a configuration with exactly this key is a fact.
    ///
    /// # Errors
    /// When the call fails or its answer can't be understood.
    pub async fn find(
        &self,
        address: &Address,
        spelling: StreamSpelling,
    ) -> Result<(Option<Remote>, Instant), Error> {
        let mut first_asked = None;
        for number in self.places().of(address) {
            let call = wire::describe(&address.domain, number, Some((address, spelling)));
            let Asked { at, answer: page } = self.page_asked(&call).await?;
            first_asked.get_or_insert(at);
            let (keys, remotes): (Vec<Address>, Vec<Remote>) = page.configs.into_iter().unzip();
            self.places().saw(address, &keys);
            let mut found = keys.iter().zip(remotes).filter(|(key, _)| *key == address);
            match (found.next(), found.next()) {
                (Some((_, first)), None) => return Ok((Some(first), at)),
                (Some((_, first)), Some(_)) => return Ok((Some(one_of_several(first)), at)),
                (None, _) => {}
            }
        }
        Ok((None, first_asked.unwrap_or_else(Instant::now)))
    }

    /// Sends an Add, Update or Delete once, when its turn comes, and returns its RequestId.
    ///
    /// # Errors
    /// When the call fails; [`Error::class`] says whether it may have been carried out.
    pub async fn write(&self, call: Call) -> Result<Option<String>, Error> {
        let permit = self.permit(call.action).await?;
        self.write_in(permit, &call, None).await
    }

    /// Sends an Add, Update or Delete once, now, with a permit that was waited for before. A write that rests on a
    /// compare is sent only while `holds` says that the compare may still be relied on; it is asked before each sending.
    ///
    /// # Errors
    /// When the call fails; [`Error::class`] says whether it may have been carried out.
    pub async fn write_in(
        &self,
        permit: Permit,
        call: &Call,
        holds: Option<Holds<'_>>,
    ) -> Result<Option<String>, Error> {
        let client = self.sharing(&permit);
        let mut turn = permit.turn;
        let Asked { answer: fields, .. } = client.attempt(call, &mut turn, holds).await?;
        Ok(wire::request_id(&fields))
    }

    /// Gets the first key, so that a failure is reported once and before anything else.
    ///
    /// # Errors
    /// When the source of the credentials gives no key.
    pub async fn prepare(&self) -> Result<(), Arc<CredentialsError>> {
        self.key().await.map(|_| ())
    }

    /// Asks STS whose credentials sign the calls.
    ///
    /// # Errors
    /// When the call fails or its answer names no account.
    pub async fn caller_identity(&self) -> Result<CallerIdentity, Error> {
        let before = self.key_id().await;
        let fields = self.inquire(&wire::caller_identity(), self.inner.endpoints.sts()).await?;
        let identity = wire::read_caller_identity(&fields).map_err(Error::Contradiction)?;
        // If the key was renewed in the meantime, it is unclear which of the two the answer is about.
        if let Some(key_id) = self.key_id().await.filter(|after| before.as_ref() == Some(after)) {
            self.inner.owner.learn(key_id, &identity.account).await;
        }
        Ok(identity)
    }

    /// The key that signs calls now.
    ///
    /// # Errors
    /// When the source of the credentials gives no key.
    pub async fn key_in_use(&self) -> Result<KeyInUse, Arc<CredentialsError>> {
        let key = self.key().await?;
        let expiration = self.inner.keys.expiration().await;
        Ok(KeyInUse { id: key.id, is_temporary: key.token.is_some(), expiration })
    }

    /// The key that signs requests to other services of the vendor now, and the time by the service's clock.
    ///
    /// # Errors
    /// When the source of the credentials gives no key, or this machine has no randomness.
    pub async fn signing_key(&self) -> Result<(Key, Timestamp), Error> {
        let withheld = |reason| Error::Withheld { reason };
        let key = self.key().await.map_err(|error| withheld(error.with_reasons()))?;
        let stamp = self.stamp().map_err(|error| withheld(error.to_string()))?;
        Ok((key, stamp.time))
    }

    /// Forgets a key that a service reports as expired, unless it is forgotten already. Returns whether another can be
    /// fetched.
    pub async fn forget_key(&self, id: &str) -> bool {
        self.inner.keys.forget(id).await
    }

    /// How far the service's clock was ahead of this machine's in the last answer, to about a second; `None` without an
    /// answer.
    pub fn clock_ahead(&self) -> Option<SignedDuration> {
        *self.ahead()
    }

    /// The host that is called about the configurations of a domain.
    pub fn live_host(&self, domain: &str) -> String {
        self.live(domain).authority()
    }

    /// The host that is called about no single domain.
    pub fn central_host(&self) -> String {
        self.central().authority()
    }

    /// Reads the first page of a domain's configurations, to learn whether that is possible.
    ///
    /// # Errors
    /// When the call fails or its answer can't be understood.
    pub async fn try_listing(&self, domain: &str) -> Result<(), Error> {
        self.page(&wire::describe(domain, 1, None)).await.map(|_| ())
    }

    async fn key_id(&self) -> Option<String> {
        self.key().await.ok().map(|key| key.id)
    }

    /// Sends a call that only looks something up: within the rate, and repeated like every read.
    pub(super) async fn inquire(
        &self,
        inquiry: &Inquiry,
        endpoint: &Endpoint,
    ) -> Result<Map<String, Value>, Error> {
        let signature = self.inner.signature;
        let sign = |host: &str, key: &Key, stamp: &Stamp| inquiry.sign(host, key, stamp, signature);
        let mut tries = ReadTries::new(self, inquiry.name);
        loop {
            let mut turn = tries.turn().await?;
            match self.send_in(&mut turn, endpoint, (inquiry.name, &sign), None).await {
                Ok(Asked { answer, .. }) => return Ok(answer),
                Err(error) => tries.pause(&turn, error).await?,
            }
        }
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

    /// The time by the service's clock, as far as it is known.
    ///
    /// # Errors
    /// When this machine has no randomness for a request.
    pub fn time(&self) -> Result<Timestamp, Error> {
        self.stamp().map(|stamp| stamp.time).map_err(|error| Error::not_sent("ActionTrail", error))
    }

    /// The pages on which configurations were last seen.
    pub(super) fn places(&self) -> &Places {
        &self.inner.places
    }

    /// One page of a listing.
    pub(super) async fn page(&self, call: &Call) -> Result<wire::Page, Error> {
        Ok(self.dated_page(call).await?.1)
    }

    /// One page of a listing, and when it was asked for.
    pub(super) async fn dated_page(&self, call: &Call) -> Result<(Instant, wire::Page), Error> {
        let Asked { at, answer } = self.page_asked(call).await?;
        Ok((at, answer))
    }

    async fn page_asked(&self, call: &Call) -> Result<Asked<wire::Page>, Error> {
        let mut tries = ReadTries::new(self, call.action.name());
        loop {
            let mut turn = tries.turn().await?;
            match self.attempt(call, &mut turn, None).await {
                Ok(Asked { at, answer }) => {
                    let answer = wire::read_page(answer).map_err(Error::Contradiction)?;
                    return Ok(Asked { at, answer });
                }
                Err(error) => tries.pause(&turn, error).await?,
            }
        }
    }

    /// Waits for the turn of a call, at the configured rate.
    async fn turn(&self, action: &'static str) -> Result<Turn, Error> {
        let turn = self.inner.limiter.turn(action, &self.heed()).await;
        turn.map_err(|refusal| Error::GivenUp { action, refusal })
    }

    fn heed(&self) -> Heed {
        Heed { until: self.stays, is_urgent: self.is_urgent, stop: self.stop.clone() }
    }

    /// The reserved connection, or the next free one for calls of this kind; an urgent call does not wait for one.
    async fn connect(&self, action: &str) -> Result<Option<Connection>, Error> {
        if self.connection.is_some() {
            return Ok(self.connection.clone());
        }
        let is_write = Action::from_name(action).is_some_and(|action| action != Action::Describe);
        let connections = if is_write { &self.inner.for_writes } else { &self.inner.for_reads }.clone();
        match self.is_urgent {
            true => Ok(connections.try_acquire_owned().ok().map(Arc::new)),
            false => {
                let held = connections.acquire_owned().await;
                Ok(Some(Arc::new(held.map_err(|error| Error::not_sent("any host", error))?)))
            }
        }
    }

    /// One attempt of a call whose turn has come.
    async fn attempt(
        &self,
        call: &Call,
        turn: &mut Turn,
        holds: Option<Holds<'_>>,
    ) -> Result<Asked<Map<String, Value>>, Error> {
        let Shared { signature, .. } = &*self.inner;
        let sign = |host: &str, key: &Key, stamp: &Stamp| wire::sign(call, host, key, stamp, *signature);
        self.send_in(turn, self.live(call.domain()), (call.action.name(), &sign), holds).await
    }

    /// Sends a call whose turn has come, and reports to the limiter whether the service throttled it.
    async fn send_in(
        &self,
        turn: &mut Turn,
        endpoint: &Endpoint,
        named: Named<'_, impl Fn(&str, &Key, &Stamp) -> Request>,
        holds: Option<Holds<'_>>,
    ) -> Result<Asked<Map<String, Value>>, Error> {
        let limiter = &self.inner.limiter;
        let answer = self.send(turn, endpoint, named, holds).await;
        match &answer {
            Ok(_) => limiter.passed(turn),
            Err(error @ Error::Refused(refusal)) if error.is_throttling() => {
                limiter.throttled(turn, self.stays_away(error), refusal);
            }
            Err(error @ Error::Refused(_)) => {
                limiter.passed(turn);
                limiter.hold(turn, self.stays_away(error));
            }
            // Without an answer nothing is known about the rate.
            Err(_) => {}
        }
        answer
    }

    /// How long the whole action waits, with jitter so that the waiting calls do not all return at once.
    fn stays_away(&self, error: &Error) -> Duration {
        let asked = if error.class() == Class::Busy { Retry::asked(error) } else { None };
        let jitter = Duration::from_millis(500).mul_f64((self.inner.jitter)().clamp(0.0, 1.0));
        asked.map_or(Duration::ZERO, |asked| asked + jitter)
    }

    /// Sends a request, and repeats it if only this machine's clock was wrong or the key had expired: the service
    /// refuses such a request before anything else. If the clock is set right in the meantime, the correction must be
    /// dropped too.
    async fn send(
        &self,
        turn: &mut Turn,
        endpoint: &Endpoint,
        named: Named<'_, impl Fn(&str, &Key, &Stamp) -> Request>,
        holds: Option<Holds<'_>>,
    ) -> Result<Asked<Map<String, Value>>, Error> {
        let mut repetitions = 0;
        loop {
            let Attempt { error, off, used, key_id } =
                match self.send_once(turn, endpoint, named, holds).await {
                    Ok(answer) => return Ok(answer),
                    Err(attempt) => attempt,
                };
            let is_first = repetitions == 0;
            let may_go_again = self.corrects_clock(&error, off, used)
                || (is_first && error.is_about_an_expired_key() && self.inner.keys.forget(&key_id).await);
            if repetitions == MOST_REPETITIONS || !may_go_again {
                return Err(error);
            }
            repetitions += 1;
            self.inner.repeated.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn send_once(
        &self,
        turn: &mut Turn,
        endpoint: &Endpoint,
        (action, sign): Named<'_, impl Fn(&str, &Key, &Stamp) -> Request>,
        holds: Option<Holds<'_>>,
    ) -> Result<Asked<Map<String, Value>>, Attempt> {
        let Shared { transport, stamps, sent, log, secrets, .. } = &*self.inner;
        let host = endpoint.authority();
        // Before the way out: calls that wait together for a new key must not leave together, faster than the rate.
        let key = self.key_for(action).await?;
        let _connection = self.way_out(action).await?;
        turn.left.get_or_insert_with(Instant::now);
        // In the meantime another call may have met a key of another account.
        if is_about_configurations(action) {
            self.inner.owner.stayed()?;
        }
        let at = Instant::now();
        if holds.is_some_and(|holds| !holds(at)) {
            return Err(Error::Outdated.into());
        }
        // The stamp is taken last, so that it is still fresh when it arrives.
        let Stamp { time, nonce } = stamps().map_err(|error| Error::not_sent(&host, error))?;
        let used = *self.clock();
        let request = sign(&host, &key, &Stamp { time: time.checked_add(used).unwrap_or(time), nonce });
        sent.fetch_add(1, Ordering::Relaxed);
        let noted = Noted::begin(log.as_ref(), action, &host);
        let sent = transport.send(&request, endpoint.is_plain()).await;
        let off = sent.as_ref().ok().and_then(wire::time).map(|theirs| theirs.duration_since(time));
        if off.is_some() {
            *self.ahead() = off;
        }
        let answer =
            sent.and_then(|response| wire::read(&response).map_err(|error| Error::unusable(&host, error)));
        let answer = answer.map_err(|error| error.without(secrets));
        noted.end(answer.as_ref().err(), answer.as_ref().ok().and_then(wire::request_id).as_deref());
        match answer {
            Ok(answer) => Ok(Asked { at, answer }),
            Err(error) => Err(Attempt { error, off, used, key_id: key.id }),
        }
    }

    /// Waits until a call whose turn has come may be sent, and returns its connection. No connection is held while the
    /// service asks to wait.
    async fn way_out(&self, action: &'static str) -> Result<Option<Connection>, Error> {
        let (limiter, heed) = (&self.inner.limiter, self.heed());
        loop {
            let connection = self.connect(action).await?;
            match limiter.way_out(action, &heed).map_err(|refusal| Error::GivenUp { action, refusal })? {
                None => return Ok(connection),
                Some(later) => {
                    drop(connection);
                    later.wait(&heed).await;
                }
            }
        }
    }

    /// The key to sign with now; fetched from its source unless there is a valid one.
    async fn key(&self) -> Result<Key, Arc<CredentialsError>> {
        let stamp = || self.stamp();
        self.inner.keys.key(&self.fetcher(&stamp)).await
    }

    /// The key for a call; for a call that reads or writes configurations, it must belong to the account that
    /// [`Client::insist_on`] names.
    async fn key_for(&self, action: &str) -> Result<Key, Error> {
        let key = self.key().await.map_err(|error| Error::Withheld { reason: error.with_reasons() })?;
        if is_about_configurations(action) {
            let stamp = || self.stamp();
            self.inner.owner.check(&key, &self.fetcher(&stamp)).await?;
        }
        Ok(key)
    }

    fn fetcher<'a>(&'a self, stamp: &'a (dyn Fn() -> std::io::Result<Stamp> + Sync)) -> Fetcher<'a> {
        let Shared { transport, endpoints, metadata, signature, jitter, log, secrets, patience, .. } =
            &*self.inner;
        Fetcher {
            transport: &**transport,
            sts: endpoints.sts(),
            metadata: metadata.clone(),
            signature: *signature,
            stamp,
            jitter,
            log: log.as_ref(),
            secrets,
            until: Instant::now() + *patience,
        }
    }

    fn stamp(&self) -> std::io::Result<Stamp> {
        let Stamp { time, nonce } = (self.inner.stamps)()?;
        Ok(Stamp { time: self.corrected(time), nonce })
    }

    /// The time by the service's clock, as far as it is known.
    fn corrected(&self, time: Timestamp) -> Timestamp {
        time.checked_add(*self.clock()).unwrap_or(time)
    }

    /// How far this machine's clock is off, as far as it is known.
    fn clock(&self) -> MutexGuard<'_, SignedDuration> {
        self.inner.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ahead(&self) -> MutexGuard<'_, Option<SignedDuration>> {
        self.inner.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a call that was signed with the correction `used` may be repeated because the clock is corrected by now:
    /// by another call in the meantime, or by the service's own time. Corrections of an hour or more are left to
    /// people.
    fn corrects_clock(&self, error: &Error, off: Option<SignedDuration>, used: SignedDuration) -> bool {
        let mut clock = self.clock();
        let is_new = |off: SignedDuration| (off - used).abs() > SAME_TIME;
        let credible = off.filter(|off| off.abs() < SignedDuration::from_hours(1) && is_new(*off));
        match (error.is_about_the_clock(), credible) {
            (false, _) => false,
            (true, _) if is_new(*clock) => true,
            (true, None) => false,
            (true, Some(off)) => {
                *clock = off;
                true
            }
        }
    }
}

/// Whether calls of an action read or write configurations.
fn is_about_configurations(action: &str) -> bool {
    Action::ALL.iter().any(|known| known.name() == action)
}

/// Marks the first of several configurations with the same key: it is unclear which one a write would reach.
pub(super) fn one_of_several(remote: Remote) -> Remote {
    let unsupported = Some("the service lists several configurations with this key".to_owned());
    Remote { unsupported, ..remote }
}

/// The attempts of one read. The time that it waits for the rate does not count against its deadline, and unless the
/// caller set the deadline, neither does the time that it waits for a key and a connection.
struct ReadTries<'a> {
    client: &'a Client,
    action: &'static str,
    retry: Option<Retry>,
}

impl<'a> ReadTries<'a> {
    fn new(client: &'a Client, action: &'static str) -> Self {
        Self { client, action, retry: None }
    }

    /// Waits for the next turn. The time for retries starts with the first turn.
    async fn turn(&mut self) -> Result<Turn, Error> {
        let turn = self.client.turn(self.action).await?;
        match &mut self.retry {
            Some(retry) => retry.extend(turn.waited),
            None => self.retry = Some(self.first(turn.waited)),
        }
        Ok(turn)
    }

    fn first(&self, waited: Duration) -> Retry {
        let mut retry = self.client.retry();
        if self.client.until.is_some() {
            retry.extend(waited);
        }
        retry
    }

    /// Waits until the read may be repeated after the call of this turn; returns its error if it failed for good. A throttled read that belongs to
    /// no change has no deadline of its own: whether the service keeps throttling is decided from all calls of its
    /// action together.
    async fn pause(&mut self, turn: &Turn, error: Error) -> Result<(), Error> {
        let Client { inner, until, is_urgent, .. } = self.client;
        let retry = self.retry.get_or_insert_with(|| self.client.retry());
        if until.is_none() {
            retry.extend(turn.delay());
        }
        let jitter = (inner.jitter)();
        let pause = match until {
            None if error.is_throttling() && !is_urgent => Some(retry.throttled(jitter)),
            _ => retry.read(&error, Instant::now(), jitter),
        };
        let Some(pause) = pause else { return Err(error) };
        inner.limiter.pause(self.action, pause, &self.client.heed()).await;
        inner.repeated.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Whether a write that is sent at this moment may rest on its compare.
type Holds<'a> = &'a (dyn Fn(Instant) -> bool + Send + Sync);

/// An action's name, and the function that signs a call of it.
type Named<'a, Sign> = (&'static str, &'a Sign);

/// A failed attempt, how far the service's clock was ahead, and the id of the key that signed it.
struct Attempt {
    error: Error,
    off: Option<SignedDuration>,
    /// The clock correction that was used.
    used: SignedDuration,
    key_id: String,
}

impl From<Error> for Attempt {
    fn from(error: Error) -> Self {
        Self { error, off: None, used: SignedDuration::ZERO, key_id: String::new() }
    }
}

impl Permit {
    /// How long the permit was waited for, without the time that the service asked to wait.
    pub fn waited(&self) -> Duration {
        self.waited
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

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::super::credentials::{Provider, Source};
    use super::super::transport::Sending;
    use super::*;
    use crate::wire::{Response, Role, Secret};

    /// Answers every call that there is such a group, and remembers the hosts.
    struct Always(Mutex<Vec<String>>);

    impl Transport for Always {
        fn send<'a>(&'a self, request: &'a Request, _plain: bool) -> Sending<'a> {
            self.0.lock().unwrap().push(request.host.clone());
            let body = br#"{"RequestId":"R","TranscodeTemplateGroup":{"TranscodeTemplateGroupId":"g"}}"#;
            let response = Response { status: 200, headers: BTreeMap::new(), body: body.to_vec() };
            Box::pin(async { Ok(response) })
        }

        fn aside(&self, _timeouts: Timeouts, _endpoint: &Endpoint) -> Result<Arc<dyn Transport>, Error> {
            Ok(Arc::new(Self(Mutex::default())))
        }
    }

    /// The service counts an account's calls of an action, wherever they are sent.
    #[tokio::test(start_paused = true)]
    async fn calls_of_an_action_keep_to_one_rate_in_all_regions() {
        let key = Key { id: "id".to_owned(), secret: Secret::new("secret"), token: None };
        let rate = Rate { per_minute: NonZeroU32::new(60).unwrap(), burst: NonZeroU32::MIN };
        let settings = ClientSettings { rate, ..ClientSettings::new(key) };
        let endpoints = Endpoints::documented(&BTreeMap::new(), None).unwrap();
        let transport = Arc::new(Always(Mutex::default()));
        let client = Client::over(transport.clone(), endpoints, Endpoint::here(), settings);
        let start = Instant::now();
        for region in ["cn-shanghai", "cn-beijing", "eu-central-1", "cn-shanghai"] {
            assert!(client.transcode_group(Some(region), "g").await.unwrap().is_some());
        }
        assert_eq!(start.elapsed().as_secs(), 3, "one call a second");
        let hosts = transport.0.lock().unwrap().clone();
        assert_eq!(hosts[1..3], ["vod.cn-beijing.aliyuncs.com", "vod.eu-central-1.aliyuncs.com"]);
    }

    /// Gives a key of a role after five seconds, and remembers when the other calls were sent.
    #[derive(Default)]
    struct SlowRole(Mutex<Vec<Instant>>);

    impl Transport for SlowRole {
        fn send<'a>(&'a self, request: &'a Request, _plain: bool) -> Sending<'a> {
            let is_for_a_key = request.host.starts_with("sts.");
            let body = if is_for_a_key {
                r#"{"RequestId":"R","Credentials":{"AccessKeyId":"role","AccessKeySecret":"hush","SecurityToken":"hush",
                    "Expiration":"2999-01-01T00:00:00Z"}}"#
            } else {
                self.0.lock().unwrap().push(Instant::now());
                r#"{"RequestId":"R","LiveRecordVodConfigs":{"LiveRecordVodConfig":[]}}"#
            };
            let response = Response { status: 200, headers: BTreeMap::new(), body: body.as_bytes().to_vec() };
            Box::pin(async move {
                tokio::time::sleep(Duration::from_secs(if is_for_a_key { 5 } else { 0 })).await;
                Ok(response)
            })
        }

        fn aside(&self, _timeouts: Timeouts, _endpoint: &Endpoint) -> Result<Arc<dyn Transport>, Error> {
            Ok(Arc::new(Self::default()))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_waited_together_for_a_key_leave_at_the_rate() {
        let key = Key { id: "id".to_owned(), secret: Secret::new("secret"), token: None };
        let role = Role {
            arn: "acs:ram::1234567890123456:role/slow".to_owned(),
            session_name: "test".to_owned(),
            duration: None,
            policy: None,
            external_id: None,
        };
        let provider = Provider::Role { by: Box::new(Provider::Key(key)), role };
        let credentials = Credentials { provider, source: Source::Given, sts: None };
        let rate = Rate { per_minute: NonZeroU32::new(60).unwrap(), burst: NonZeroU32::MIN };
        let settings = ClientSettings { rate, ..ClientSettings::new(credentials) };
        let endpoints = Endpoints::documented(&BTreeMap::new(), None).unwrap();
        let transport = Arc::new(SlowRole::default());
        let client = Client::over(transport.clone(), endpoints, Endpoint::here(), settings);
        let start = Instant::now();
        let domains = ["a.example.com", "b.example.com", "c.example.com"];
        let (_, unread) = client.snapshot(domains.map(Arc::from)).await;
        assert!(unread.is_empty(), "{unread:?}");
        let sent: Vec<u64> = transport.0.lock().unwrap().iter().map(|at| (*at - start).as_secs()).collect();
        assert_eq!(sent, [5, 6, 7], "one call a second");
    }
}
