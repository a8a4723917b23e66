//! Spaces the calls of each action: so many a minute, and a burst after a pause.
//!
//! The service counts by account and action, so there is one bucket for each action. A caller books its turn at once and
//! then waits for it, which keeps turns in the order they were asked for; a caller that goes away leaves its turn unused.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::wire::Action;

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

    fn interval(self) -> Duration {
        Duration::from_secs(60) / self.per_minute.get()
    }
}

impl Default for Rate {
    /// 600 calls a minute with bursts to 300: below the documented 1,000 a minute, which other clients of the account share.
    fn default() -> Self {
        Self::per_minute(NonZeroU32::new(600).unwrap_or(NonZeroU32::MIN))
    }
}

/// One token bucket for each action, on tokio's clock.
#[derive(Debug)]
pub(super) struct Limiter {
    rate: Rate,
    /// For each action, when its bucket will be full again.
    full_at: Mutex<BTreeMap<Action, Instant>>,
}

impl Limiter {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, full_at: Mutex::default() }
    }

    /// Returns when the caller may send one call of `action`.
    pub(super) async fn turn(&self, action: Action) {
        let now = Instant::now();
        let turn = self.book(action, now);
        if turn > now {
            sleep_until(turn).await;
        }
    }

    /// Takes one token and says from when it may be used.
    fn book(&self, action: Action, now: Instant) -> Instant {
        let interval = self.rate.interval();
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let full = full_at.get(&action).map_or(now, |full| now.max(*full)) + interval;
        full_at.insert(action, full);
        let slack = interval * self.rate.burst.get();
        full.checked_sub(slack).map_or(now, |turn| turn.max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn seconds_for(limiter: &Limiter, calls: u32) -> u64 {
        let start = Instant::now();
        for _ in 0..calls {
            limiter.turn(Action::Add).await;
        }
        start.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_goes_out_at_once_and_the_rest_at_the_rate() {
        let limiter = Limiter::new(Rate::default());
        assert_eq!(seconds_for(&limiter, 300).await, 0);
        assert_eq!(seconds_for(&limiter, 600).await, 60);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_refills_the_burst_but_no_more() {
        let limiter = Limiter::new(Rate::default());
        seconds_for(&limiter, 300).await;
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert_eq!(seconds_for(&limiter, 300).await, 0);
        assert_eq!(seconds_for(&limiter, 10).await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn actions_do_not_wait_for_each_other() {
        let limiter = Limiter::new(Rate::per_minute(NonZeroU32::new(2).unwrap()));
        let start = Instant::now();
        for action in Action::ALL {
            limiter.turn(action).await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        limiter.turn(Action::Add).await;
        assert_eq!(start.elapsed(), Duration::from_secs(30));
    }

    #[test]
    fn a_burst_is_half_the_rate_up_to_300() {
        let burst = |calls: u32| Rate::per_minute(NonZeroU32::new(calls).unwrap()).burst.get();
        assert_eq!([1, 60, 600, 900].map(burst), [1, 30, 300, 300]);
        assert_eq!(Rate::default().per_minute.get(), 600);
    }
}
