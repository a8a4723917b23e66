//! Turns requests into responses as the service would: a pure state machine, with a durable store and a server around it.
//!
//! ```text
//! Request ─verify→ Verified ─rules→ what it means ─actions→ Response + Records ─store→ log
//! ```
//!
//! Where the documents leave the service's behaviour open, [`Quirks`] decide; the defaults are the documents' most
//! likely reading. A missing, an empty and a `*` StreamName are one key under every quirk.
//!
//! The other calls that livevod makes, to Live, VOD, STS, ActionTrail and the services that hand out keys, are answered
//! at the same address, and so is the part of Object Storage Service that a store needs (`oss`). Nobody streams to it: it is told
//! when a session begins and ends, and lists what VOD would have recorded.

mod actions;
mod aired;
mod answer;
mod call_log;
mod counters;
mod delivery;
mod dump;
mod entry;
mod event;
#[cfg(feature = "faults")]
mod faults;
mod glance;
mod inner;
mod limits;
mod listed;
mod listing;
mod log;
mod lookups;
mod metadata;
mod nonces;
mod operation;
mod oss;
mod parameters;
mod pending;
mod publish;
mod publish_json;
pub mod quirks;
mod recordings;
mod refusal;
mod rules;
pub mod server;
mod service;
mod services;
mod sessions;
mod settings;
mod state;
mod store;
mod streams;
mod sts;
mod trail;
mod trouble;
mod videos;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::wire::{Action, Key, Request, Response, SignatureVersion, Verified, verify};
use actions::Accepted;
use answer::{Exchange, troubled};
use limits::{Limits, own_limit};
use metadata::Metadata;
use nonces::Nonces;
use operation::Operation;
use quirks::{DescribeLimit, RetryAfter};
use refusal::Refusal;
use sessions::Sessions;
use state::State;
use trouble::Trouble;

pub use call_log::CallEntry;
#[cfg(feature = "faults")]
pub use delivery::Disturbed;
pub use delivery::{Delivery, End, Fate};
#[cfg(feature = "faults")]
pub use faults::{Fault, fault_help};
pub use metadata::CREDENTIALS_PATH;
pub use oss::NewBucket;
pub use parameters::parameters;
pub use quirks::{QUIRKS, Quirk, Quirks, RECORDING_QUIRKS, all_quirks};
pub use service::{CallLog, Outside, Service, SessionError};
pub use settings::{ACCOUNT, Api, KEY_ID, Settings};
pub use state::Record;
pub use store::{Store, StoreError};

pub use crate::wire::EMULATOR_SECRET as KEY_SECRET;

/// The emulated service: its state, and what it remembers of its callers.
#[derive(Debug)]
pub struct Emulator {
    settings: Settings,
    state: State,
    nonces: Nonces,
    sessions: Sessions,
    metadata: Metadata,
    limits: Limits,
    /// When a write last locked each domain.
    locked: BTreeMap<String, Timestamp>,
    /// Calls that were admitted so far.
    turn: u64,
}

/// The result of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What the caller gets.
    pub response: Response,
    /// The changes. Nothing has changed yet: the response must not be sent before these are durable and applied.
    pub records: Vec<Record>,
}

impl Emulator {
    /// An account without configurations.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            state: State::default(),
            nonces: Nonces::default(),
            sessions: Sessions::default(),
            metadata: Metadata::default(),
            limits: Limits::default(),
            locked: BTreeMap::new(),
            turn: 0,
        }
    }

    /// Makes a change that [`handle`](Self::handle) returned, or that a log kept.
    pub fn apply(&mut self, record: Record) {
        let _ = self.state.apply(record);
    }

    /// Answers one request. It remembers only the nonce and the keys that were handed out; changes are returned as
    /// records.
    pub fn handle(&mut self, request: &Request, now: Timestamp, request_id: String) -> Answer {
        if let Some(response) = self.hand_out(request, now, &request_id) {
            return Answer { response, records: Vec::new() };
        }
        if let Some(answer) = self.answer_oss(request, now, &request_id) {
            return answer;
        }
        let exchange = Exchange::new(request, request_id.clone(), now);
        match self.carry_out(request, now, &request_id) {
            Ok((name, Accepted { fields, records, wrapped })) => {
                Answer { response: exchange.accept(name, fields, wrapped), records }
            }
            Err(refusal) => Answer { response: exchange.refuse(&refusal), records: Vec::new() },
        }
    }

    /// The answer to a request whose change could not be kept.
    fn internal_error(request: &Request, now: Timestamp, request_id: String) -> Response {
        troubled(Trouble::Internal, request, request_id, now)
    }

    /// Checks everything except the action's own parameters.
    fn admit(&mut self, request: &Request, now: Timestamp) -> Result<(Operation, Verified), Refusal> {
        if !matches!(request.method.as_str(), "GET" | "POST") {
            return Err(Refusal::unsupported_method());
        }
        if request.path != "/" {
            return Err(Refusal::unknown_action());
        }
        let verified = verify(request, |id| self.key(id).map(|key| key.secret.clone()))?;
        self.check_token(&verified, now)?;
        self.check_stamp(&verified, now)?;
        let operation = Operation::find(&verified.action_name, &verified.version)?;
        self.throttle(operation, now)?;
        self.turn += 1;
        Ok((operation, verified))
    }

    /// Counts a call against its action's limit.
    fn throttle(&mut self, operation: Operation, now: Timestamp) -> Result<(), Refusal> {
        let quirks = self.settings.quirks;
        let Some(usual) = self.settings.limit else { return Ok(()) };
        let by_second = quirks.describe_limit == DescribeLimit::Second;
        let (calls, seconds) = match (own_limit(operation), operation) {
            (Some(own), _) => own,
            (None, Operation::Configurations(Action::Describe)) if by_second => (usual.get(), 1),
            (None, _) => (usual.get(), 60),
        };
        let window = SignedDuration::from_secs(seconds);
        self.limits.take(operation.name(), calls, window, now).map_err(|wait| {
            let told = quirks.retry_after == RetryAfter::Present;
            Refusal::throttled(told.then(|| wait.unsigned_abs()))
        })
    }

    /// Refuses a write to a domain that another write has locked; otherwise locks the domain.
    fn lock(&mut self, domain: &str, now: Timestamp) -> Result<(), Refusal> {
        const LOCKS: SignedDuration = SignedDuration::from_millis(20);
        // A clock that was set back locks nothing.
        let is_recent = |at: &Timestamp| (SignedDuration::ZERO..LOCKS).contains(&now.duration_since(*at));
        if self.locked.get(domain).is_some_and(is_recent) {
            return Err(Refusal::locked());
        }
        self.locked.insert(domain.to_owned(), now);
        Ok(())
    }

    /// A permanent key, or one that was handed out.
    fn key(&self, id: &str) -> Option<&Key> {
        self.settings.key(id).or_else(|| self.sessions.get(id).map(|session| &session.key))
    }

    /// A temporary key is valid only with its own token, and only for a time.
    fn check_token(&self, verified: &Verified, now: Timestamp) -> Result<(), Refusal> {
        let expected = self.key(&verified.key_id).and_then(|key| key.token.as_ref());
        let session = self.sessions.get(&verified.key_id);
        match (expected, &verified.token) {
            (Some(_), None) => Err(Refusal::missing_token()),
            (expected, given) if expected != given.as_ref() => Err(Refusal::token_mismatch()),
            _ if session.is_some_and(|session| session.expiration <= now) => Err(Refusal::token_expired()),
            _ => Ok(()),
        }
    }

    fn check_stamp(&mut self, verified: &Verified, now: Timestamp) -> Result<(), Refusal> {
        let window = match verified.signature {
            SignatureVersion::V1 => SignedDuration::from_mins(31),
            SignatureVersion::V3 => SignedDuration::from_mins(15),
        };
        if now.duration_since(verified.time).abs() > window {
            return Err(Refusal::expired_time());
        }
        let expiry = verified.time.checked_add(window).unwrap_or(Timestamp::MAX);
        let is_new = self.nonces.insert(&verified.key_id, &verified.nonce, expiry, now);
        if is_new { Ok(()) } else { Err(Refusal::nonce_used()) }
    }
}
