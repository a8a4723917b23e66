//! Decides whether a call that failed goes out again, and after what pause. Pure: time and chance are arguments.
//!
//! A read may always be repeated. A write only where it was certainly not carried out; everything else is for the caller,
//! who has to read back first.

use std::time::Duration;

use tokio::time::Instant;

use super::error::{Class, Error};

/// Counts the failures of one call.
#[derive(Debug, Clone)]
pub struct Retry {
    until: Instant,
    failures: u32,
}

impl Retry {
    /// Longest pause of livevod's own.
    const LONGEST: Duration = Duration::from_secs(20);
    /// Longest pause that the service can ask for (official SDKs honour as much).
    const LONGEST_ASKED: Duration = Duration::from_secs(120);
    /// How often a read is repeated that found no connection: some two seconds, then people want to know.
    const UNCONNECTED: u32 = 4;
    /// How often a read is repeated that got no usable answer; each may have taken the whole timeout.
    const UNANSWERED: u32 = 2;

    /// No pause ends after that, but for one that the service asks for.
    pub fn until(until: Instant) -> Self {
        Self { until, failures: 0 }
    }

    /// The pause before a read is repeated; `None` where it has failed for good.
    pub fn read(&mut self, error: &Error, now: Instant, chance: f64) -> Option<Duration> {
        let most = match error.class() {
            Class::Busy => u32::MAX,
            Class::NotSent => Self::UNCONNECTED,
            Class::Ambiguous => Self::UNANSWERED,
            Class::Fatal => 0,
        };
        if self.failures < most { self.pause(error, now, chance) } else { None }
    }

    /// The pause before a write is repeated; `None` where it must not be, or has failed for good.
    pub fn write(&mut self, error: &Error, now: Instant, chance: f64) -> Option<Duration> {
        match error.class() {
            Class::Busy | Class::NotSent => self.pause(error, now, chance),
            Class::Ambiguous | Class::Fatal => None,
        }
    }

    /// Exponential with full jitter. What the service asks for is a floor, whatever the deadline.
    fn pause(&mut self, error: &Error, now: Instant, chance: f64) -> Option<Duration> {
        let first = Duration::from_millis(if error.class() == Class::NotSent { 200 } else { 500 });
        let longest = Self::LONGEST.min(first.saturating_mul(1 << self.failures.min(10)));
        self.failures = self.failures.saturating_add(1);
        let own = longest.mul_f64(chance.clamp(0.0, 1.0));
        let asked = error.retry_after().map(|asked| asked.min(Self::LONGEST_ASKED));
        match asked {
            Some(asked) => (now < self.until).then(|| asked + own.min(first)),
            None => (now + own < self.until).then_some(own),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::RemoteError;

    const MINUTE: Duration = Duration::from_secs(60);

    fn busy(retry_after: Option<u64>) -> Error {
        Error::Refused(Box::new(RemoteError {
            status: 400,
            code: "Throttling.User".to_owned(),
            message: String::new(),
            request_id: None,
            recommend: None,
            access_denied_detail: None,
            retry_after: retry_after.map(Duration::from_secs),
        }))
    }

    fn fatal() -> Error {
        Error::Contradiction(String::new())
    }

    fn not_sent() -> Error {
        Error::NotSent { host: String::new(), reason: String::new() }
    }

    fn unanswered() -> Error {
        Error::Ambiguous { host: String::new(), reason: String::new() }
    }

    /// The pauses of a call that goes on failing, with the longest pauses that chance can give.
    fn pauses(error: &Error, next: fn(&mut Retry, &Error, Instant, f64) -> Option<Duration>) -> Vec<u128> {
        let mut now = Instant::now();
        let mut retry = Retry::until(now + MINUTE);
        let step = || {
            let pause = next(&mut retry, error, now, 1.0)?;
            now += pause;
            Some(pause.as_millis())
        };
        std::iter::from_fn(step).collect()
    }

    #[test]
    fn the_kind_of_failure_decides_how_often_a_call_is_repeated() {
        let table = [
            (
                busy(None),
                vec![500, 1000, 2000, 4000, 8000, 16000, 20000],
                vec![500, 1000, 2000, 4000, 8000, 16000, 20000],
            ),
            (not_sent(), vec![200, 400, 800, 1600], vec![200, 400, 800, 1600, 3200, 6400, 12800, 20000]),
            (unanswered(), vec![500, 1000], vec![]),
            (fatal(), vec![], vec![]),
        ];
        for (error, reads, writes) in table {
            assert_eq!(pauses(&error, Retry::read), reads, "{error:?}");
            assert_eq!(pauses(&error, Retry::write), writes, "{error:?}");
        }
    }

    #[test]
    fn jitter_is_full() {
        let now = Instant::now();
        let pause = |chance| Retry::until(now + MINUTE).read(&busy(None), now, chance).unwrap().as_millis();
        assert_eq!([0.0, 0.5, 1.0].map(pause), [0, 250, 500]);
    }

    #[test]
    fn no_pause_ends_at_the_deadline_or_after_it() {
        let now = Instant::now();
        let pause = |left| Retry::until(now + Duration::from_millis(left)).write(&busy(None), now, 1.0);
        assert_eq!([500, 501].map(pause), [None, Some(Duration::from_millis(500))]);
    }

    #[test]
    fn what_the_service_asks_for_is_a_floor_up_to_two_minutes() {
        let now = Instant::now();
        let pause = |asked| Retry::until(now + MINUTE).write(&busy(Some(asked)), now, 1.0).unwrap();
        assert_eq!(pause(7), Duration::from_millis(7500));
        assert_eq!(pause(100), Duration::from_millis(100_500));
        assert_eq!(pause(3600), Duration::from_millis(120_500));
        assert_eq!(Retry::until(now).write(&busy(Some(1)), now, 1.0), None);
    }
}
