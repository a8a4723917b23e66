//! The lane of one action: the queue of its calls, and what is left of its rate.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::rate::Rate;
use crate::wire::RemoteError;

#[derive(Debug)]
pub(super) struct Lane {
    pub(super) rate: Rate,
    /// First come, first served.
    pub(super) queue: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    pub(super) given_up: Notify,
}

impl Lane {
    pub(super) fn new(rate: Rate) -> Self {
        let state = Mutex::new(State::full(rate, Instant::now()));
        Self { rate, queue: tokio::sync::Mutex::default(), state, given_up: Notify::new() }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `at`, or until the action is given up; the next question then returns that.
    pub(super) async fn wait(&self, at: Instant) {
        let given_up = self.given_up.notified();
        tokio::pin!(given_up);
        given_up.as_mut().enable();
        if self.state().given_up.is_some() {
            return;
        }
        tokio::select! {
            biased;
            () = given_up => {}
            () = sleep_until(at) => {}
        }
    }

    /// Like [`Self::wait`], and ends when the run is to end.
    pub(super) async fn rest(&self, at: Instant, heed: &Heed) {
        tokio::select! {
            biased;
            () = heed.stopped() => {}
            () = self.wait(at) => {}
        }
    }
}

/// Which delays of a lane a caller accepts. Every caller keeps to the rate.
#[derive(Debug, Clone, Default)]
pub(super) struct Heed {
    /// The latest time to wait until when the service asks to wait; no limit if `None`.
    pub(super) until: Option<Instant>,
    /// Whether something is not recorded until the call succeeds: then it waits only for the rate itself.
    pub(super) is_urgent: bool,
    /// Cancelled when the run is to end: then no caller waits any longer for the service.
    pub(super) stop: Option<CancellationToken>,
}

impl Heed {
    fn is_stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(CancellationToken::is_cancelled)
    }

    /// Returns when the run is asked to end; never, if it was asked before.
    async fn stopped(&self) {
        match self.stop.as_ref().filter(|stop| !stop.is_cancelled()) {
            Some(stop) => stop.cancelled().await,
            None => std::future::pending().await,
        }
    }

    /// Until when this caller waits, given the time that the service asked for.
    fn hold(&self, asked: Option<Instant>) -> Option<Instant> {
        let asked = asked.filter(|_| !self.is_urgent && !self.is_stopped())?;
        Some(self.until.map_or(asked, |until| asked.min(until)))
    }
}

/// The remaining rate of an action.
#[derive(Debug)]
pub(super) struct State {
    turns: Bucket,
    /// The calls that were sent. A call whose turn has come may still wait for something else.
    out: Bucket,
    /// The share of the rate that is left after throttling: above 0 and at most 1.
    pub(super) share: f64,
    /// When the rate was last lowered.
    lowered: Option<Instant>,
    /// Until when the service asks to wait.
    pub(super) held: Option<Instant>,
    /// Since when every answer was a throttling error, and when the last one came.
    pub(super) throttled: Option<(Instant, Instant)>,
    /// The last refusal, once the action is given up.
    pub(super) given_up: Option<Box<RemoteError>>,
    /// How long calls have waited for the rate so far. Those that waited at the same time count once.
    pub(super) waited: Duration,
}

/// The calls that may be sent at `at`; it refills from then on.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    /// A whole token, less what rounding may take.
    const WHOLE: f64 = 1.0 - 1e-6;

    fn fill(&mut self, per_second: f64, burst: f64, now: Instant) {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() * per_second;
        self.tokens = burst.min(self.tokens + gained);
        self.at = self.at.max(now);
    }

    /// Takes a token from a filled bucket; if there is none, returns when there will be one.
    fn take(&mut self, per_second: f64) -> Result<(), Instant> {
        if self.tokens >= Self::WHOLE {
            self.tokens -= 1.0;
            return Ok(());
        }
        Err(self.at + Duration::from_secs_f64((1.0 - self.tokens) / per_second))
    }
}

/// When a call may be sent.
#[derive(Debug, Clone, Copy)]
pub(super) enum When {
    Now,
    /// At this time, because of the rate.
    At(Instant),
    /// At this time, because the service asks to wait.
    Held(Instant),
}

impl State {
    /// The smallest share: a call every 2.4 s at the default rate.
    const LEAST: f64 = 1.0 / 32.0;
    /// No rate falls below a call every 10 s, so that a minute shows whether the service keeps throttling.
    const LEAST_PER_SECOND: f64 = 0.1;
    /// The share that one call gives back: the whole rate returns within 50 calls.
    pub(super) const GIVEN_BACK: f64 = 1.0 / 50.0;
    /// How long all calls of an action must be throttled before it is given up.
    const GIVES_UP: Duration = Duration::from_secs(60);
    /// After this long without a call, it is unknown whether the service would have throttled one.
    const FORGETS: Duration = Duration::from_secs(120);

    fn full(rate: Rate, now: Instant) -> Self {
        let bucket = Bucket { tokens: rate.burst(), at: now };
        Self {
            turns: bucket,
            out: bucket,
            share: 1.0,
            lowered: None,
            held: None,
            throttled: None,
            given_up: None,
            waited: Duration::ZERO,
        }
    }

    fn per_second(&self, rate: Rate) -> f64 {
        let whole = rate.per_second();
        (whole * self.share).max(Self::LEAST_PER_SECOND).min(whole)
    }

    pub(super) fn fill(&mut self, rate: Rate, now: Instant) {
        self.turns.fill(self.per_second(rate), rate.burst(), now);
        self.out.fill(rate.per_second(), rate.burst(), now);
    }

    pub(super) fn turn(&mut self, rate: Rate, heed: &Heed, now: Instant) -> Result<When, Box<RemoteError>> {
        self.fill(rate, now);
        if heed.is_urgent {
            self.turns.tokens = (self.turns.tokens - 1.0).max(self.turns.tokens.min(0.0));
            return Ok(When::Now);
        }
        if let Some(until) = self.held_for(heed, now)? {
            return Ok(When::Held(until));
        }
        Ok(self.turns.take(self.per_second(rate)).map_or_else(When::At, |()| When::Now))
    }

    pub(super) fn way_out(
        &mut self,
        rate: Rate,
        heed: &Heed,
        now: Instant,
    ) -> Result<When, Box<RemoteError>> {
        self.fill(rate, now);
        if let Some(until) = self.held_for(heed, now)? {
            return Ok(When::Held(until));
        }
        Ok(self.out.take(rate.per_second()).map_or_else(When::At, |()| When::Now))
    }

    /// Until when a caller has to wait, if at all.
    pub(super) fn held_for(&self, heed: &Heed, now: Instant) -> Result<Option<Instant>, Box<RemoteError>> {
        match &self.given_up {
            Some(refusal) if !heed.is_urgent => Err(refusal.clone()),
            Some(_) | None => Ok(heed.hold(self.held).filter(|until| *until > now)),
        }
    }

    /// Calls that were sent before the rate was lowered say nothing about the lowered rate.
    pub(super) fn lower(&mut self, rate: Rate, sent: Instant, now: Instant) {
        self.fill(rate, now);
        if self.lowered.is_none_or(|lowered| lowered < sent) {
            self.share = Self::LEAST.max(self.share / 2.0);
            self.lowered = Some(now);
        }
        self.turns.tokens = self.turns.tokens.min(0.0);
    }

    /// Whether all calls of the action, this one included, were throttled for so long that it is given up.
    pub(super) fn is_hopeless(&mut self, now: Instant) -> bool {
        let goes_on = |last: Instant| {
            let waited = self.held.map_or(last, |held| held.min(now).max(last));
            now.saturating_duration_since(waited) <= Self::FORGETS
        };
        let since = match self.throttled {
            Some((since, last)) if goes_on(last) => since,
            Some(_) | None => now,
        };
        self.throttled = Some((since, now));
        now.saturating_duration_since(since) >= Self::GIVES_UP
    }
}
