//! Spaces the calls of each action: a rate per minute, a burst after a pause, and a lower rate while the service
//! throttles.
//!
//! The service counts by account and action, so each action has its own lane, lookups included, and one limiter serves all
//! regions and endpoints of a client, which is one account. Callers queue in a
//! lane, and the first one takes the next call that the rate allows *at that moment*: nothing is reserved ahead, so
//! what the service says while others wait applies to all of them. Throttling halves the rate of its action and empties
//! the bucket; every call that succeeds gives a little back. When the service asks to wait, the whole lane waits. An
//! action whose calls were all throttled for a minute is given up.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until};

use crate::wire::{LOOKUP_EVENTS, PUBLISH_LIST, PUBLISHES_PER_SECOND, RemoteError};

/// How fast calls of one action may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Sustained calls per minute.
    pub per_minute: NonZeroU32,
    /// Calls that may be sent at once after a pause.
    pub burst: NonZeroU32,
}

impl Rate {
    /// No limit: a service in this process serves nobody else.
    pub const UNLIMITED: Self = Self { per_minute: NonZeroU32::MAX, burst: NonZeroU32::MAX };

    /// Default calls per minute: below the documented 1,000, which other clients of the account share.
    pub const CALLS: u32 = 800;

    /// The most calls within any minute, if the rate itself is lower: the documented 1,000, less a few for others.
    const MOST_IN_A_MINUTE: u32 = 950;

    /// Largest burst.
    const LARGEST_BURST: u32 = 300;

    /// This many calls per minute, with bursts of half as many, but at most 300, and at most what the documented limit
    /// leaves.
    pub fn per_minute(calls: NonZeroU32) -> Self {
        let left = Self::MOST_IN_A_MINUTE.saturating_sub(calls.get());
        let burst = (calls.get() / 2).min(left).clamp(1, Self::LARGEST_BURST);
        Self { per_minute: calls, burst: NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN) }
    }

    /// The rate of one action: two have a lower limit of their own, by the second. A service in this process keeps no
    /// limit.
    fn of(self, action: &str) -> Self {
        let per_second = match action {
            LOOKUP_EVENTS => 2,
            PUBLISH_LIST => PUBLISHES_PER_SECOND,
            _ => return self,
        };
        if self == Self::UNLIMITED {
            return self;
        }
        let per_minute = self.per_minute.get().min(60 * per_second);
        Self { per_minute: NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN), burst: NonZeroU32::MIN }
    }

    fn per_second(self) -> f64 {
        f64::from(self.per_minute.get()) / 60.0
    }

    fn burst(self) -> f64 {
        f64::from(self.burst.get())
    }
}

impl Default for Rate {
    /// 800 calls per minute with bursts of 150.
    fn default() -> Self {
        Self::per_minute(NonZeroU32::new(Self::CALLS).unwrap_or(NonZeroU32::MIN))
    }
}

/// The right to send one call of an action now. Used up by that call.
#[derive(Debug)]
pub(super) struct Turn {
    /// The action, by its name on the wire.
    action: &'static str,
    from: Instant,
    /// How long the turn was waited for, without the time that the service asked to wait.
    pub(super) waited: Duration,
    /// When the call was first let go: it may wait for a key and a connection after its turn has come.
    pub(super) left: Option<Instant>,
}

impl Turn {
    pub(super) fn action(&self) -> &'static str {
        self.action
    }

    /// How long the call waited after its turn had come.
    pub(super) fn delay(&self) -> Duration {
        self.left.map_or(Duration::ZERO, |left| left.saturating_duration_since(self.from))
    }
}

/// When a call is to try to leave again.
pub(super) struct Later {
    lane: Arc<Lane>,
    at: Instant,
}

impl Later {
    pub(super) async fn wait(self, heed: &Heed) {
        match heed.is_urgent {
            true => sleep_until(self.at).await,
            false => self.lane.rest(self.at, heed).await,
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
    /// Becomes true when the run is to end: then no caller waits any longer for the service.
    pub(super) stop: Option<watch::Receiver<bool>>,
}

impl Heed {
    fn is_stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(|stop| *stop.borrow())
    }

    /// Returns when the run is asked to end; never, if it was asked before or if no sender is left.
    async fn stopped(&self) {
        let stop = self.stop.clone().filter(|stop| !*stop.borrow());
        let is_asked = match stop {
            Some(mut stop) => stop.wait_for(|stop| *stop).await.is_ok(),
            None => false,
        };
        if !is_asked {
            std::future::pending().await
        }
    }

    /// Until when this caller waits, given the time that the service asked for.
    fn hold(&self, asked: Option<Instant>) -> Option<Instant> {
        let asked = asked.filter(|_| !self.is_urgent && !self.is_stopped())?;
        Some(self.until.map_or(asked, |until| asked.min(until)))
    }
}

/// One lane for each action, on tokio's clock.
#[derive(Debug)]
pub(super) struct Limiter {
    rate: Rate,
    /// By the action's name on the wire.
    lanes: Mutex<BTreeMap<&'static str, Arc<Lane>>>,
}

#[derive(Debug)]
struct Lane {
    rate: Rate,
    /// First come, first served.
    queue: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    given_up: Notify,
}

/// The remaining rate of an action.
#[derive(Debug)]
struct State {
    turns: Bucket,
    /// The calls that were sent. A call whose turn has come may still wait for something else.
    out: Bucket,
    /// The share of the rate that is left after throttling: above 0 and at most 1.
    share: f64,
    /// When the rate was last lowered.
    lowered: Option<Instant>,
    /// Until when the service asks to wait.
    held: Option<Instant>,
    /// Since when every answer was a throttling error, and when the last one came.
    throttled: Option<(Instant, Instant)>,
    /// The last refusal, once the action is given up.
    given_up: Option<Box<RemoteError>>,
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
enum When {
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
    const GIVEN_BACK: f64 = 1.0 / 50.0;
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
        }
    }

    fn per_second(&self, rate: Rate) -> f64 {
        let whole = rate.per_second();
        (whole * self.share).max(Self::LEAST_PER_SECOND).min(whole)
    }

    fn fill(&mut self, rate: Rate, now: Instant) {
        self.turns.fill(self.per_second(rate), rate.burst(), now);
        self.out.fill(rate.per_second(), rate.burst(), now);
    }

    fn turn(&mut self, rate: Rate, heed: &Heed, now: Instant) -> Result<When, Box<RemoteError>> {
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

    fn way_out(&mut self, rate: Rate, heed: &Heed, now: Instant) -> Result<When, Box<RemoteError>> {
        self.fill(rate, now);
        if let Some(until) = self.held_for(heed, now)? {
            return Ok(When::Held(until));
        }
        Ok(self.out.take(rate.per_second()).map_or_else(When::At, |()| When::Now))
    }

    /// Until when a caller has to wait, if at all.
    fn held_for(&self, heed: &Heed, now: Instant) -> Result<Option<Instant>, Box<RemoteError>> {
        match &self.given_up {
            Some(refusal) if !heed.is_urgent => Err(refusal.clone()),
            Some(_) | None => Ok(heed.hold(self.held).filter(|until| *until > now)),
        }
    }

    /// Calls that were sent before the rate was lowered say nothing about the lowered rate.
    fn lower(&mut self, rate: Rate, sent: Instant, now: Instant) {
        self.fill(rate, now);
        if self.lowered.is_none_or(|lowered| lowered < sent) {
            self.share = Self::LEAST.max(self.share / 2.0);
            self.lowered = Some(now);
        }
        self.turns.tokens = self.turns.tokens.min(0.0);
    }

    /// Whether all calls of the action, this one included, were throttled for so long that it is given up.
    fn is_hopeless(&mut self, now: Instant) -> bool {
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

impl Limiter {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, lanes: Mutex::default() }
    }

    /// Returns when the caller may send one call of `action`.
    ///
    /// # Errors
    /// The last refusal, if the action is given up.
    pub(super) async fn turn(&self, action: &'static str, heed: &Heed) -> Result<Turn, Box<RemoteError>> {
        let (lane, mut waited) = (self.lane(action), Duration::ZERO);
        loop {
            let asked = Instant::now();
            let away = self.queued(&lane, heed).await?;
            waited += asked.elapsed();
            // No caller waits for the service at the head of the queue: those behind it may not have to wait.
            match away {
                None => return Ok(Turn { action, from: Instant::now(), waited, left: None }),
                Some(until) => lane.rest(until, heed).await,
            }
        }
    }

    /// Waits in the queue for a call's turn; returns until when to wait if the service asks to wait first.
    async fn queued(&self, lane: &Lane, heed: &Heed) -> Result<Option<Instant>, Box<RemoteError>> {
        if heed.is_urgent {
            lane.state().turn(lane.rate, heed, Instant::now())?;
            return Ok(None);
        }
        let _first = lane.queue.lock().await;
        loop {
            let when = lane.state().turn(lane.rate, heed, Instant::now())?;
            match when {
                When::Now => return Ok(None),
                When::Held(until) => return Ok(Some(until)),
                When::At(at) => lane.wait(at).await,
            }
        }
    }

    /// Lets a call leave whose turn has come: at once, unless so many calls were delayed after their turns that
    /// together they would exceed the rate, or the service has asked to wait since.
    ///
    /// # Errors
    /// The last refusal, if the action is given up.
    pub(super) fn way_out(
        &self,
        action: &'static str,
        heed: &Heed,
    ) -> Result<Option<Later>, Box<RemoteError>> {
        let lane = self.lane(action);
        let when = lane.state().way_out(lane.rate, heed, Instant::now())?;
        Ok(match when {
            When::Now => None,
            When::At(at) | When::Held(at) => Some(Later { lane, at }),
        })
    }

    /// Waits as long as the service asks to wait with an action.
    pub(super) async fn unheld(&self, action: &'static str, heed: &Heed) {
        let lane = self.lane(action);
        let held = lane.state().held_for(heed, Instant::now());
        if let Ok(Some(until)) = held {
            lane.rest(until, heed).await;
        }
    }

    /// Waits before a call of `action` is repeated, unless the action is given up or the run is asked to end.
    pub(super) async fn pause(&self, action: &'static str, pause: Duration, heed: &Heed) {
        Later { lane: self.lane(action), at: Instant::now() + pause }.wait(heed).await;
    }

    /// The service throttled a call, and asks to wait for `pause`.
    pub(super) fn throttled(&self, turn: &Turn, pause: Duration, refusal: &RemoteError) {
        let (lane, now) = (self.lane(turn.action), Instant::now());
        let mut state = lane.state();
        state.lower(lane.rate, turn.from, now);
        if state.is_hopeless(now) {
            state.given_up = Some(Box::new(refusal.clone()));
            lane.given_up.notify_waiters();
        }
        drop(state);
        self.hold(turn, pause);
    }

    /// The service asks to wait for `pause`.
    pub(super) fn hold(&self, turn: &Turn, pause: Duration) {
        if pause.is_zero() {
            return;
        }
        let lane = self.lane(turn.action);
        let (mut state, until) = (lane.state(), Instant::now() + pause);
        state.held = Some(state.held.map_or(until, |held| held.max(until)));
    }

    /// A call was answered and not throttled.
    pub(super) fn passed(&self, turn: &Turn) {
        let lane = self.lane(turn.action);
        let mut state = lane.state();
        state.fill(lane.rate, Instant::now());
        state.share = 1.0f64.min(state.share + State::GIVEN_BACK);
        state.throttled = None;
    }

    /// The first action that was given up, if any.
    pub(super) fn given_up(&self) -> Option<&'static str> {
        let lanes = self.lanes();
        let mut all = lanes.iter();
        all.find(|(_, lane)| lane.state().given_up.is_some()).map(|(action, _)| *action)
    }

    fn lane(&self, action: &'static str) -> Arc<Lane> {
        let rate = self.rate.of(action);
        self.lanes().entry(action).or_insert_with(|| Arc::new(Lane::new(rate))).clone()
    }

    fn lanes(&self) -> MutexGuard<'_, BTreeMap<&'static str, Arc<Lane>>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane {
    fn new(rate: Rate) -> Self {
        let state = Mutex::new(State::full(rate, Instant::now()));
        Self { rate, queue: tokio::sync::Mutex::default(), state, given_up: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `at`, or until the action is given up; the next question then returns that.
    async fn wait(&self, at: Instant) {
        let given_up = self.given_up.notified();
        tokio::pin!(given_up);
        given_up.as_mut().enable();
        if self.state().given_up.is_some() {
            return;
        }
        tokio::select! {
            () = sleep_until(at) => {}
            () = given_up => {}
        }
    }

    /// Like [`Self::wait`], and ends when the run is to end.
    async fn rest(&self, at: Instant, heed: &Heed) {
        tokio::select! {
            () = self.wait(at) => {}
            () = heed.stopped() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 600 calls a minute with bursts to 300.
    fn limiter() -> Limiter {
        Limiter::new(Rate::per_minute(NonZeroU32::new(600).unwrap()))
    }

    fn refusal() -> RemoteError {
        RemoteError {
            status: 400,
            code: "Throttling.User".to_owned(),
            request_id: Some("R-1".to_owned()),
            ..RemoteError::default()
        }
    }

    async fn turn(limiter: &Limiter) -> Turn {
        limiter.turn("Add", &Heed::default()).await.unwrap()
    }

    async fn go_out(limiter: &Limiter) {
        while let Some(later) = limiter.way_out("Add", &Heed::default()).unwrap() {
            later.wait(&Heed::default()).await;
        }
    }

    /// Whole milliseconds, because a sleep ends at the next one.
    async fn millis_for(limiter: &Limiter, calls: u32) -> u128 {
        let start = Instant::now();
        for _ in 0..calls {
            turn(limiter).await;
        }
        start.elapsed().as_millis()
    }

    async fn throttle(limiter: &Limiter, pause: Duration) {
        let turn = turn(limiter).await;
        limiter.throttled(&turn, pause, &refusal());
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_goes_out_at_once_and_the_rest_at_the_rate() {
        let limiter = limiter();
        assert_eq!(millis_for(&limiter, 300).await, 0);
        assert!((60_000..=60_600).contains(&millis_for(&limiter, 600).await));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_refills_the_burst_but_no_more() {
        let limiter = limiter();
        millis_for(&limiter, 300).await;
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert_eq!(millis_for(&limiter, 300).await, 0);
        assert!((1000..=1010).contains(&millis_for(&limiter, 10).await));
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_were_held_up_after_their_turns_do_not_go_out_together() {
        let limiter = limiter();
        let start = Instant::now();
        for _ in 0..600 {
            turn(&limiter).await;
        }
        assert!((30_000..=30_300).contains(&start.elapsed().as_millis()));
        for _ in 0..600 {
            go_out(&limiter).await;
        }
        assert!((60_000..=60_600).contains(&start.elapsed().as_millis()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_goes_out_when_its_turn_comes() {
        let limiter = limiter();
        let start = Instant::now();
        for _ in 0..600 {
            turn(&limiter).await;
            go_out(&limiter).await;
        }
        assert!((30_000..=30_300).contains(&start.elapsed().as_millis()));
    }

    #[tokio::test(start_paused = true)]
    async fn actions_do_not_wait_for_each_other() {
        let limiter = Limiter::new(Rate::per_minute(NonZeroU32::new(2).unwrap()));
        let start = Instant::now();
        for action in ["Add", "Update", "DescribeLiveDomainDetail"] {
            limiter.turn(action, &Heed::default()).await.unwrap();
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        turn(&limiter).await;
        assert_eq!(start.elapsed(), Duration::from_secs(30));
    }

    #[tokio::test(start_paused = true)]
    async fn throttling_halves_the_rate_and_empties_the_bucket() {
        let limiter = limiter();
        throttle(&limiter, Duration::ZERO).await;
        assert!((2000..=2010).contains(&millis_for(&limiter, 10).await));
        throttle(&limiter, Duration::ZERO).await;
        assert!((4000..=4010).contains(&millis_for(&limiter, 10).await));
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_were_under_way_together_lower_the_rate_once() {
        let limiter = limiter();
        let turns = [turn(&limiter).await, turn(&limiter).await];
        tokio::time::advance(Duration::from_millis(50)).await;
        turns.iter().for_each(|turn| limiter.throttled(turn, Duration::ZERO, &refusal()));
        assert!((2000..=2010).contains(&millis_for(&limiter, 10).await));
    }

    #[tokio::test(start_paused = true)]
    async fn the_service_is_left_alone_for_as_long_as_it_asks() {
        let limiter = limiter();
        throttle(&limiter, Duration::from_secs(30)).await;
        assert!((30_000..=30_210).contains(&millis_for(&limiter, 1).await));
    }

    #[tokio::test(start_paused = true)]
    async fn fifty_calls_that_pass_give_the_rate_back() {
        let limiter = limiter();
        for _ in 0..10 {
            throttle(&limiter, Duration::ZERO).await;
        }
        for _ in 0..50 {
            let turn = turn(&limiter).await;
            limiter.passed(&turn);
        }
        assert!((1000..=1010).contains(&millis_for(&limiter, 10).await));
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_is_never_lowered_below_a_32nd_and_comes_back_by_50ths() {
        let limiter = limiter();
        for _ in 0..10 {
            throttle(&limiter, Duration::ZERO).await;
        }
        assert!((3200..=3210).contains(&millis_for(&limiter, 1).await));
        for _ in 0..10 {
            let turn = turn(&limiter).await;
            limiter.passed(&turn);
        }
        // A 32nd and ten 50ths of ten calls per second, after the pause at the last rate.
        turn(&limiter).await;
        assert!((431..=433).contains(&millis_for(&limiter, 1).await));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_from_the_moment_the_rate_was_lowered_does_not_lower_it_again() {
        let limiter = limiter();
        let turns = [turn(&limiter).await, turn(&limiter).await];
        turns.iter().for_each(|turn| limiter.throttled(turn, Duration::ZERO, &refusal()));
        assert!((2000..=2010).contains(&millis_for(&limiter, 10).await));
    }

    #[test]
    fn a_burst_is_half_the_rate_within_what_the_service_takes_in_a_minute() {
        let burst = |calls: u32| Rate::per_minute(NonZeroU32::new(calls).unwrap()).burst.get();
        assert_eq!([1, 60, 600, 700, 800, 900, 950, 60_000].map(burst), [1, 30, 300, 250, 150, 50, 1, 1]);
        assert_eq!((Rate::default().per_minute.get(), Rate::default().burst.get()), (800, 150));
        for calls in 1..950 {
            assert!(calls + burst(calls) <= 951, "{calls}");
        }
    }

    /// The longest time in which none of `callers` waiting calls got its turn, if the first `throttled` were throttled.
    async fn longest_silence(calls: usize, throttled: usize) -> Duration {
        let limiter = Arc::new(Limiter::new(Rate::default()));
        let turns = Arc::new(Mutex::new(Vec::new()));
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..calls {
            let (limiter, turns) = (limiter.clone(), turns.clone());
            callers.spawn(async move {
                let turn = turn(&limiter).await;
                turns.lock().unwrap().push(Instant::now());
                tokio::time::sleep(Duration::from_millis(50)).await;
                match turns.lock().unwrap().len() % 30 == 0 && turns.lock().unwrap().len() / 30 <= throttled {
                    true => limiter.throttled(&turn, Duration::ZERO, &refusal()),
                    false => limiter.passed(&turn),
                }
            });
        }
        callers.join_all().await;
        let turns = turns.lock().unwrap();
        assert_eq!(turns.len(), calls);
        turns.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_wait_go_out_at_the_rate_of_the_moment_and_never_fall_silent() {
        let silence = longest_silence(1500, 6).await;
        assert!(silence < Duration::from_secs(5), "{silence:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_wait_already_are_held_back_too() {
        let limiter = Arc::new(limiter());
        let first = turn(&limiter).await;
        millis_for(&limiter, 299).await;
        let start = Instant::now();
        let waiting: Vec<_> = (0..5)
            .map(|_| {
                let limiter = limiter.clone();
                tokio::spawn(async move {
                    turn(&limiter).await;
                    start.elapsed()
                })
            })
            .collect();
        tokio::task::yield_now().await;
        limiter.throttled(&first, Duration::from_secs(30), &refusal());
        for waiting in waiting {
            assert!(waiting.await.unwrap() >= Duration::from_secs(30));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_whose_turn_has_come_is_held_back_too() {
        let limiter = limiter();
        let (first, start) = (turn(&limiter).await, Instant::now());
        turn(&limiter).await;
        limiter.throttled(&first, Duration::from_secs(30), &refusal());
        go_out(&limiter).await;
        assert_eq!(start.elapsed().as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_stays_away_past_a_deadline_after_a_signal_or_while_nothing_is_recorded() {
        let (stopper, stop) = watch::channel(false);
        let limiter = limiter();
        throttle(&limiter, Duration::from_secs(100)).await;
        let start = Instant::now();
        let urgent = Heed { is_urgent: true, ..Heed::default() };
        limiter.turn("Add", &urgent).await.unwrap();
        assert!(limiter.way_out("Add", &urgent).unwrap().is_none());
        assert_eq!(start.elapsed(), Duration::ZERO);
        let until = Heed { until: Some(start + Duration::from_secs(10)), ..Heed::default() };
        limiter.turn("Add", &until).await.unwrap();
        assert_eq!(start.elapsed().as_secs(), 10);
        let stopped = Heed { stop: Some(stop), ..Heed::default() };
        let signal = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            stopper.send(true).unwrap();
        };
        let (turn, ()) = tokio::join!(limiter.turn("Add", &stopped), signal);
        assert!(turn.is_ok());
        assert_eq!(start.elapsed().as_secs(), 15);
    }

    /// Throttles every call; returns when the last of the callers learned that the action is given up.
    async fn given_up_after(callers: usize) -> Duration {
        let (limiter, start) = (Arc::new(Limiter::new(Rate::default())), Instant::now());
        let mut all = tokio::task::JoinSet::new();
        for _ in 0..callers {
            let limiter = limiter.clone();
            all.spawn(async move {
                while let Ok(turn) = limiter.turn("Add", &Heed::default()).await {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    limiter.throttled(&turn, Duration::ZERO, &refusal());
                    limiter.pause("Add", Duration::from_secs(20), &Heed::default()).await;
                }
            });
        }
        all.join_all().await;
        assert_eq!(limiter.given_up(), Some("Add"));
        start.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn an_action_that_is_throttled_for_a_minute_is_given_up_however_many_wait() {
        for callers in [2, 400] {
            let after = given_up_after(callers).await.as_secs();
            assert!((60..=70).contains(&after), "{callers}: {after} s");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_call_that_passes_is_enough_and_a_long_rest_proves_nothing() {
        let limiter = limiter();
        for _ in 0..3 {
            throttle(&limiter, Duration::ZERO).await;
            tokio::time::advance(Duration::from_secs(59)).await;
            let turn = turn(&limiter).await;
            limiter.passed(&turn);
        }
        for _ in 0..3 {
            throttle(&limiter, Duration::ZERO).await;
            tokio::time::advance(Duration::from_secs(121)).await;
        }
        assert_eq!(limiter.given_up(), None);
        throttle(&limiter, Duration::from_secs(120)).await;
        throttle(&limiter, Duration::ZERO).await;
        assert_eq!(limiter.given_up(), Some("Add"), "no call was allowed in between");
    }
}
