//! How fast the calls of an action may be sent.

use std::num::NonZeroU32;

use crate::wire::{LOOKUP_EVENTS, PUBLISH_LIST, PUBLISHES_PER_SECOND};

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

    /// Timers are exact to a few milliseconds, so a call may come this part of a minute late, and the next ones at once.
    const LATE_BY: u32 = 60 * 50;

    /// This many calls per minute, with bursts of half as many, but at most 300, and at most what the documented limit
    /// leaves; whatever the limit, what a timer that comes late leaves to be caught up with.
    pub fn per_minute(calls: NonZeroU32) -> Self {
        let left = Self::MOST_IN_A_MINUTE.saturating_sub(calls.get());
        let late = calls.get() / Self::LATE_BY;
        let burst = (calls.get() / 2).min(left).max(late).clamp(1, Self::LARGEST_BURST);
        Self { per_minute: calls, burst: NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN) }
    }

    /// The rate of one action: two have a lower limit of their own, by the second. A service in this process keeps no
    /// limit.
    pub(super) fn of(self, action: &str) -> Self {
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

    pub(super) fn per_second(self) -> f64 {
        f64::from(self.per_minute.get()) / 60.0
    }

    pub(super) fn burst(self) -> f64 {
        f64::from(self.burst.get())
    }
}

impl Default for Rate {
    /// 800 calls per minute with bursts of 150.
    fn default() -> Self {
        Self::per_minute(NonZeroU32::new(Self::CALLS).unwrap_or(NonZeroU32::MIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_half_the_rate_within_what_the_service_takes_in_a_minute() {
        let burst = |calls: u32| Rate::per_minute(NonZeroU32::new(calls).unwrap()).burst.get();
        assert_eq!([1, 60, 600, 700, 800, 900, 950, 5_999].map(burst), [1, 30, 300, 250, 150, 50, 1, 1]);
        assert_eq!([6_000, 60_000, 6_000_000].map(burst), [2, 20, 300]);
        assert_eq!((Rate::default().per_minute.get(), Rate::default().burst.get()), (800, 150));
        for calls in 1..950 {
            assert!(calls + burst(calls) <= 951, "{calls}");
        }
    }
}
