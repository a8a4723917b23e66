//! Sends calls: each attempt with a fresh stamp, and again where only the clock or the key was wrong.

use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::super::call_log::Noted;
use super::super::endpoint::Endpoint;
use super::super::error::{Class, Error};
use super::super::limiter::Turn;
use super::super::retry::Retry;
use super::permits::Permit;
use super::signing::is_about_configurations;
use super::{Client, Shared};
use crate::wire::{self, Call, Key, Request, Stamp};

/// How often a call is repeated that was refused for its timestamp or an expired key.
const MOST_REPETITIONS: u32 = 2;

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

/// The answer of a read, and when the read was sent.
pub(super) struct Asked<T> {
    pub(super) at: Instant,
    pub(super) answer: T,
}

impl Client {
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

    /// One attempt of a call whose turn has come.
    pub(super) async fn attempt(
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
    pub(super) async fn send_in(
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
}
