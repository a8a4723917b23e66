//! Spaces the calls of each action: so many a minute, a burst after a pause, and fewer while the service throttles.
//!
//! The service counts by account and action, so there is one bucket for each action, lookups included. A caller books its turn at once and
//! then waits for it, which keeps turns in the order they were asked for; a caller that goes away leaves its turn unused.
//! Throttling halves the rate of its action and empties the bucket; every call that goes through gives a little back.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// How fast calls of one action may go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Calls a minute in the long run.
    pub per_minute: NonZeroU32,
    /// Calls that may go out at once after a pause.
    pub burst: NonZeroU32,
}

impl Rate {
    /// Largest burst: beside a full minute at the default rate it stays below the documented 1,000 calls.
    const LARGEST_BURST: u32 = 300;

    /// That many calls a minute, with bursts to half of it but not over 300.
    pub fn per_minute(calls: NonZeroU32) -> Self {
        let burst = (calls.get() / 2).clamp(1, Self::LARGEST_BURST);
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
    /// 600 calls a minute with bursts to 300: below the documented 1,000 a minute, which other clients of the account share.
    fn default() -> Self {
        Self::per_minute(NonZeroU32::new(600).unwrap_or(NonZeroU32::MIN))
    }
}

/// The right to send one call of an action now. Spent by the call it is for.
#[derive(Debug)]
pub struct Turn {
    /// Which action, by its name on the wire.
    action: &'static str,
    from: Instant,
}

/// Two token buckets for each action, on tokio's clock: one for turns, one for calls.
#[derive(Debug)]
pub(super) struct Limiter {
    rate: Rate,
    booked: Mutex<Buckets>,
    /// The calls that went out. A turn that has come may wait for something else.
    out: Mutex<Buckets>,
}

/// By the action's name on the wire.
type Buckets = BTreeMap<&'static str, Bucket>;

/// What is left of an action's rate.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Calls that may go out at `at`; below zero where turns are booked ahead.
    tokens: f64,
    /// From when on the bucket fills; in the future while the service asks to stay away.
    at: Instant,
    /// The share of the rate that throttling leaves, above 0 and at most 1.
    share: f64,
    /// When the rate was last lowered.
    lowered: Option<Instant>,
}

impl Bucket {
    /// The least share: at the default rate a call every 3.2 s.
    const LEAST: f64 = 1.0 / 32.0;
    /// The share that one call gives back: the whole rate returns within 50 calls.
    const GIVEN_BACK: f64 = 1.0 / 50.0;

    fn full(rate: Rate, now: Instant) -> Self {
        Self { tokens: rate.burst(), at: now, share: 1.0, lowered: None }
    }

    /// Takes one token and says from when it may be used.
    fn book(&mut self, rate: Rate, now: Instant) -> Instant {
        self.fill(rate, now);
        self.tokens -= 1.0;
        let missing = (-self.tokens).max(0.0);
        self.at + Duration::from_secs_f64(missing / self.per_second(rate))
    }

    fn fill(&mut self, rate: Rate, now: Instant) {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() * self.per_second(rate);
        self.tokens = rate.burst().min(self.tokens + gained);
        self.at = self.at.max(now);
    }

    fn per_second(&self, rate: Rate) -> f64 {
        rate.per_second() * self.share
    }

    /// Calls that were on their way when the rate was lowered say nothing new.
    fn lower(&mut self, rate: Rate, sent: Instant, now: Instant, pause: Duration) {
        self.fill(rate, now);
        if self.lowered.is_none_or(|lowered| lowered < sent) {
            self.share = Self::LEAST.max(self.share / 2.0);
            self.lowered = Some(now);
        }
        self.tokens = self.tokens.min(0.0);
        self.at = self.at.max(now + pause);
    }
}

impl Limiter {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, booked: Mutex::default(), out: Mutex::default() }
    }

    /// Returns when the caller may send one call of `action`.
    pub(super) async fn turn(&self, action: &'static str) -> Turn {
        Turn { action, from: self.wait(&self.booked, action).await }
    }

    /// Returns when a call of `action` whose turn has come may go out: at once, unless so many of them were held up after
    /// their turns that together they would break the rate.
    pub(super) async fn way_out(&self, action: &'static str) {
        self.wait(&self.out, action).await;
    }

    async fn wait(&self, buckets: &Mutex<Buckets>, action: &'static str) -> Instant {
        let now = Instant::now();
        let from = self.change(buckets, action, now, |bucket| bucket.book(self.rate, now));
        if from > now {
            sleep_until(from).await;
        }
        from
    }

    /// The service throttled a call, and asks to stay away for `pause`.
    pub(super) fn throttled(&self, turn: &Turn, pause: Duration) {
        let now = Instant::now();
        let lower = |bucket: &mut Bucket| bucket.lower(self.rate, turn.from, now, pause);
        self.change(&self.booked, turn.action, now, lower);
    }

    /// A call was not throttled.
    pub(super) fn passed(&self, turn: &Turn) {
        let give_back = |bucket: &mut Bucket| bucket.share = 1.0f64.min(bucket.share + Bucket::GIVEN_BACK);
        self.change(&self.booked, turn.action, Instant::now(), give_back);
    }

    fn change<T>(
        &self,
        buckets: &Mutex<Buckets>,
        action: &'static str,
        now: Instant,
        change: impl FnOnce(&mut Bucket) -> T,
    ) -> T {
        let mut buckets: MutexGuard<_> = buckets.lock().unwrap_or_else(PoisonError::into_inner);
        change(buckets.entry(action).or_insert_with(|| Bucket::full(self.rate, now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whole milliseconds, since a sleep ends at the next one.
    async fn millis_for(limiter: &Limiter, calls: u32) -> u128 {
        let start = Instant::now();
        for _ in 0..calls {
            limiter.turn("Add").await;
        }
        start.elapsed().as_millis()
    }

    async fn throttle(limiter: &Limiter, pause: Duration) {
        let turn = limiter.turn("Add").await;
        limiter.throttled(&turn, pause);
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_goes_out_at_once_and_the_rest_at_the_rate() {
        let limiter = Limiter::new(Rate::default());
        assert_eq!(millis_for(&limiter, 300).await, 0);
        assert!((60_000..=60_600).contains(&millis_for(&limiter, 600).await));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_refills_the_burst_but_no_more() {
        let limiter = Limiter::new(Rate::default());
        millis_for(&limiter, 300).await;
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert_eq!(millis_for(&limiter, 300).await, 0);
        assert!((1000..=1010).contains(&millis_for(&limiter, 10).await));
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_were_held_up_after_their_turns_do_not_go_out_together() {
        let limiter = Limiter::new(Rate::default());
        let start = Instant::now();
        for _ in 0..600 {
            limiter.turn("Add").await;
        }
        assert!((30_000..=30_300).contains(&start.elapsed().as_millis()));
        for _ in 0..600 {
            limiter.way_out("Add").await;
        }
        assert!((60_000..=60_600).contains(&start.elapsed().as_millis()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_goes_out_when_its_turn_comes() {
        let limiter = Limiter::new(Rate::default());
        let start = Instant::now();
        for _ in 0..600 {
            limiter.turn("Add").await;
            limiter.way_out("Add").await;
        }
        assert!((30_000..=30_300).contains(&start.elapsed().as_millis()));
    }

    #[tokio::test(start_paused = true)]
    async fn actions_do_not_wait_for_each_other() {
        let limiter = Limiter::new(Rate::per_minute(NonZeroU32::new(2).unwrap()));
        let start = Instant::now();
        for action in ["Add", "Update", "DescribeLiveDomainDetail"] {
            limiter.turn(action).await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        limiter.turn("Add").await;
        assert_eq!(start.elapsed(), Duration::from_secs(30));
    }

    #[tokio::test(start_paused = true)]
    async fn throttling_halves_the_rate_and_empties_the_bucket() {
        let limiter = Limiter::new(Rate::default());
        throttle(&limiter, Duration::ZERO).await;
        assert!((2000..=2010).contains(&millis_for(&limiter, 10).await));
        throttle(&limiter, Duration::ZERO).await;
        assert!((4000..=4010).contains(&millis_for(&limiter, 10).await));
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_were_under_way_together_lower_the_rate_once() {
        let limiter = Limiter::new(Rate::default());
        let turns = [limiter.turn("Add").await, limiter.turn("Add").await];
        tokio::time::advance(Duration::from_millis(50)).await;
        turns.iter().for_each(|turn| limiter.throttled(turn, Duration::ZERO));
        assert!((2000..=2010).contains(&millis_for(&limiter, 10).await));
    }

    #[tokio::test(start_paused = true)]
    async fn the_service_is_left_alone_for_as_long_as_it_asks() {
        let limiter = Limiter::new(Rate::default());
        throttle(&limiter, Duration::from_secs(30)).await;
        assert!((30_000..=30_210).contains(&millis_for(&limiter, 1).await));
    }

    #[tokio::test(start_paused = true)]
    async fn fifty_calls_that_pass_give_the_rate_back() {
        let limiter = Limiter::new(Rate::default());
        for _ in 0..10 {
            throttle(&limiter, Duration::ZERO).await;
        }
        for _ in 0..50 {
            let turn = limiter.turn("Add").await;
            limiter.passed(&turn);
        }
        assert!((1000..=1010).contains(&millis_for(&limiter, 10).await));
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_is_never_lowered_below_a_32nd_and_comes_back_by_50ths() {
        let limiter = Limiter::new(Rate::default());
        for _ in 0..10 {
            throttle(&limiter, Duration::ZERO).await;
        }
        assert!((3200..=3210).contains(&millis_for(&limiter, 1).await));
        for _ in 0..10 {
            let turn = limiter.turn("Add").await;
            limiter.passed(&turn);
        }
        // A 32nd and ten 50ths of ten calls a second, once the pause at the last rate is over.
        limiter.turn("Add").await;
        assert!((431..=433).contains(&millis_for(&limiter, 1).await));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_from_the_moment_the_rate_was_lowered_does_not_lower_it_again() {
        let limiter = Limiter::new(Rate::default());
        let turns = [limiter.turn("Add").await, limiter.turn("Add").await];
        turns.iter().for_each(|turn| limiter.throttled(turn, Duration::ZERO));
        assert!((2000..=2010).contains(&millis_for(&limiter, 10).await));
    }

    #[test]
    fn a_burst_is_half_the_rate_up_to_300() {
        let burst = |calls: u32| Rate::per_minute(NonZeroU32::new(calls).unwrap()).burst.get();
        assert_eq!([1, 60, 600, 900].map(burst), [1, 30, 300, 300]);
        assert_eq!(Rate::default().per_minute.get(), 600);
    }
}
