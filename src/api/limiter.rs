//! Spaces the calls of each action: so many a minute, a burst after a pause, and fewer while the service throttles.
//!
//! The service counts by account and action, so there is one lane for each action, lookups included. Callers queue in a lane, and whoever
//! is first takes the next call that the rate allows *then*: nothing is booked ahead, so that what the service says while others wait holds
//! for all of them. Throttling halves the rate of its action and empties the bucket; every call that goes through gives a little back.
//! The time that the service asks to stay away holds the whole lane. An action that was throttled throughout for a minute is given up.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until};

use crate::wire::RemoteError;

/// How fast calls of one action may go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Calls a minute in the long run.
    pub per_minute: NonZeroU32,
    /// Calls that may go out at once after a pause.
    pub burst: NonZeroU32,
}

impl Rate {
    /// Calls a minute unless told otherwise: below the documented 1,000, which other clients of the account share.
    pub const CALLS: u32 = 800;

    /// The most calls that go out within any minute, where the rate itself is lower: the documented 1,000, less a few for others.
    const MOST_IN_A_MINUTE: u32 = 950;

    /// Largest burst.
    const LARGEST_BURST: u32 = 300;

    /// That many calls a minute, with bursts to half of it, but not over 300, and not over what the documented limit leaves.
    pub fn per_minute(calls: NonZeroU32) -> Self {
        let left = Self::MOST_IN_A_MINUTE.saturating_sub(calls.get());
        let burst = (calls.get() / 2).min(left).clamp(1, Self::LARGEST_BURST);
        Self { per_minute: calls, burst: NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN) }
    }

    fn per_second(self) -> f64 {
        f64::from(self.per_minute.get()) / 60.0
    }

    fn burst(self) -> f64 {
        f64::from(self.burst.get())
    }
}

impl Default for Rate {
    /// 800 calls a minute with bursts to 150.
    fn default() -> Self {
        Self::per_minute(NonZeroU32::new(Self::CALLS).unwrap_or(NonZeroU32::MIN))
    }
}

/// The right to send one call of an action now. Spent by the call it is for.
#[derive(Debug)]
pub(super) struct Turn {
    /// Which action, by its name on the wire.
    action: &'static str,
    from: Instant,
    /// How long it was waited for, but for the time that the service asked to stay away.
    pub(super) waited: Duration,
}

/// When a call is to ask for its way out again.
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

/// What of a lane somebody waits for. Everybody keeps to the rate.
#[derive(Debug, Clone, Default)]
pub(super) struct Heed {
    /// Until when to stay away where the service asks for it; as long as it asks where this is none.
    pub(super) until: Option<Instant>,
    /// Whether something is unrecorded until the call gets through: then it waits for nobody but the rate itself.
    pub(super) is_urgent: bool,
    /// Turns true when the run shall end: then nobody stays away any longer.
    pub(super) stop: Option<watch::Receiver<bool>>,
}

impl Heed {
    fn is_stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(|stop| *stop.borrow())
    }

    /// Returns at the moment when the run is asked to end; never, where it was before, or nobody is left who could ask.
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

    /// Until when to stay away, by what the service asked for.
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
    /// Whoever asked first goes first.
    queue: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    given_up: Notify,
}

/// What is left of an action's rate.
#[derive(Debug)]
struct State {
    turns: Bucket,
    /// The calls that went out. A turn that has come may wait for something else.
    out: Bucket,
    /// The share of the rate that throttling leaves, above 0 and at most 1.
    share: f64,
    /// When the rate was last lowered.
    lowered: Option<Instant>,
    /// Until when the service asks to stay away.
    held: Option<Instant>,
    /// Since when every answer was a refusal to take calls as fast, and the last of them.
    throttled: Option<(Instant, Instant)>,
    /// The last refusal, once the action is given up.
    given_up: Option<Box<RemoteError>>,
}

/// Calls that may go out at `at`; it fills from then on.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    /// What rounding may take from a whole token.
    const WHOLE: f64 = 1.0 - 1e-6;

    fn fill(&mut self, per_second: f64, burst: f64, now: Instant) {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() * per_second;
        self.tokens = burst.min(self.tokens + gained);
        self.at = self.at.max(now);
    }

    /// Takes a token of a filled bucket; says when there will be one, where there is none.
    fn take(&mut self, per_second: f64) -> Result<(), Instant> {
        if self.tokens >= Self::WHOLE {
            self.tokens -= 1.0;
            return Ok(());
        }
        Err(self.at + Duration::from_secs_f64((1.0 - self.tokens) / per_second))
    }
}

/// When a call may go.
#[derive(Debug, Clone, Copy)]
enum When {
    Now,
    /// Then, at the rate.
    At(Instant),
    /// Then, since the service asks to stay away.
    Held(Instant),
}

impl State {
    /// The least share: at the default rate a call every 2.4 s.
    const LEAST: f64 = 1.0 / 32.0;
    /// No rate is lowered below a call every 10 s, so that a minute shows whether the service goes on throttling.
    const LEAST_PER_SECOND: f64 = 0.1;
    /// The share that one call gives back: the whole rate returns within 50 calls.
    const GIVEN_BACK: f64 = 1.0 / 50.0;
    /// How long an action is throttled throughout before it is given up.
    const GIVES_UP: Duration = Duration::from_secs(60);
    /// After so long without a call, nobody knows whether the service would have throttled one.
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

    /// Until when somebody has to stay away, if so.
    fn held_for(&self, heed: &Heed, now: Instant) -> Result<Option<Instant>, Box<RemoteError>> {
        match &self.given_up {
            Some(refusal) if !heed.is_urgent => Err(refusal.clone()),
            Some(_) | None => Ok(heed.hold(self.held).filter(|until| *until > now)),
        }
    }

    /// Calls that were on their way when the rate was lowered say nothing new of the rate.
    fn lower(&mut self, rate: Rate, sent: Instant, now: Instant) {
        self.fill(rate, now);
        if self.lowered.is_none_or(|lowered| lowered < sent) {
            self.share = Self::LEAST.max(self.share / 2.0);
            self.lowered = Some(now);
        }
        self.turns.tokens = self.turns.tokens.min(0.0);
    }

    /// Whether the action was throttled throughout, this time included, for so long that it is given up.
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
    /// The last refusal, where the action is given up.
    pub(super) async fn turn(&self, action: &'static str, heed: &Heed) -> Result<Turn, Box<RemoteError>> {
        let (lane, mut waited) = (self.lane(action), Duration::ZERO);
        loop {
            let asked = Instant::now();
            let away = self.queued(&lane, heed).await?;
            waited += asked.elapsed();
            // Nobody stays away at the head of the queue: those behind may not have to.
            match away {
                None => return Ok(Turn { action, from: Instant::now(), waited }),
                Some(until) => lane.rest(until, heed).await,
            }
        }
    }

    /// Waits in the queue for a call's turn; until when to stay away, where it does not come before that.
    async fn queued(&self, lane: &Lane, heed: &Heed) -> Result<Option<Instant>, Box<RemoteError>> {
        if heed.is_urgent {
            lane.state().turn(self.rate, heed, Instant::now())?;
            return Ok(None);
        }
        let _first = lane.queue.lock().await;
        loop {
            let when = lane.state().turn(self.rate, heed, Instant::now())?;
            match when {
                When::Now => return Ok(None),
                When::Held(until) => return Ok(Some(until)),
                When::At(at) => lane.wait(at).await,
            }
        }
    }

    /// Lets a call out whose turn has come: at once, unless so many of them were held up after their turns that together they would
    /// break the rate, or the service asked to stay away meanwhile.
    ///
    /// # Errors
    /// The last refusal, where the action is given up.
    pub(super) fn way_out(
        &self,
        action: &'static str,
        heed: &Heed,
    ) -> Result<Option<Later>, Box<RemoteError>> {
        let lane = self.lane(action);
        let when = lane.state().way_out(self.rate, heed, Instant::now())?;
        Ok(match when {
            When::Now => None,
            When::At(at) | When::Held(at) => Some(Later { lane, at }),
        })
    }

    /// Waits as long as the service asks to stay away from an action.
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

    /// The service throttled a call, and asks to stay away for `pause`.
    pub(super) fn throttled(&self, turn: &Turn, pause: Duration, refusal: &RemoteError) {
        let (lane, now) = (self.lane(turn.action), Instant::now());
        let mut state = lane.state();
        state.lower(self.rate, turn.from, now);
        if state.is_hopeless(now) {
            state.given_up = Some(Box::new(refusal.clone()));
            lane.given_up.notify_waiters();
        }
        drop(state);
        self.hold(turn, pause);
    }

    /// The service asks to stay away for `pause`.
    pub(super) fn hold(&self, turn: &Turn, pause: Duration) {
        if pause.is_zero() {
            return;
        }
        let lane = self.lane(turn.action);
        let (mut state, until) = (lane.state(), Instant::now() + pause);
        state.held = Some(state.held.map_or(until, |held| held.max(until)));
    }

    /// A call was answered, and not throttled.
    pub(super) fn passed(&self, turn: &Turn) {
        let lane = self.lane(turn.action);
        let mut state = lane.state();
        state.fill(self.rate, Instant::now());
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
        self.lanes().entry(action).or_insert_with(|| Arc::new(Lane::new(self.rate))).clone()
    }

    fn lanes(&self) -> MutexGuard<'_, BTreeMap<&'static str, Arc<Lane>>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane {
    fn new(rate: Rate) -> Self {
        let state = Mutex::new(State::full(rate, Instant::now()));
        Self { queue: tokio::sync::Mutex::default(), state, given_up: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `at`, unless the action is given up before; then whoever asks next is told.
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

    /// Likewise, and until the run shall end.
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

    /// Whole milliseconds, since a sleep ends at the next one.
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
        // A 32nd and ten 50ths of ten calls a second, once the pause at the last rate is over.
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

    /// The longest time in which none of so many calls that wait got its turn, of which the first `throttled` were throttled.
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

    /// Throttles whatever goes out; when the last of so many callers was told that the action is given up.
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
        assert_eq!(limiter.given_up(), Some("Add"), "nobody was allowed to call in between");
    }
}
