//! Decides whether a failed call is sent again, and after what pause. Pure: time and jitter are arguments.
//!
//! A read may always be repeated; a write only if it was certainly not carried out. In every other case the caller must
//! read back first.

use std::time::Duration;

use tokio::time::Instant;

use super::error::{Class, Error};

/// Counts the failures of one call.
#[derive(Debug, Clone)]
pub struct Retry {
    until: Instant,
    failures: u32,
    /// Whether something is not recorded in the meantime, so that the service's request to wait is not followed.
    is_urgent: bool,
}

impl Retry {
    /// The longest pause that livevod chooses itself.
    const LONGEST: Duration = Duration::from_secs(20);
    /// The longest pause that the service can ask for (the same as in the official SDKs).
    const LONGEST_ASKED: Duration = Duration::from_secs(120);
    /// The longest first pause after a connection failed.
    const FIRST_NOT_SENT: Duration = Duration::from_millis(200);
    /// The longest first pause after any other failure.
    const FIRST_BUSY: Duration = Duration::from_millis(500);
    /// How often a read is repeated that found no connection: about two seconds, then people want to know.
    const UNCONNECTED: u32 = 4;
    /// How often a read is repeated that got no usable answer; each attempt may have taken the whole timeout.
    const UNANSWERED: u32 = 2;

    /// No pause ends after `until`.
    pub fn until(until: Instant) -> Self {
        Self { until, failures: 0, is_urgent: false }
    }

    /// If `is_urgent`, no pause is longer than livevod's own.
    pub(super) fn urgent(self, is_urgent: bool) -> Self {
        Self { is_urgent, ..self }
    }

    /// The latest end of the last pause.
    pub fn deadline(&self) -> Instant {
        self.until
    }

    /// Extends the deadline: the time that a call waits for the rate does not count.
    pub fn extend(&mut self, waited: Duration) {
        self.until += waited;
    }

    /// How long the service asks to wait, up to the longest wait that livevod accepts.
    pub(super) fn asked(error: &Error) -> Option<Duration> {
        error.retry_after().map(|asked| asked.min(Self::LONGEST_ASKED))
    }

    /// The pause before a read is repeated; `None` if it failed for good.
    pub fn read(&mut self, error: &Error, now: Instant, jitter: f64) -> Option<Duration> {
        let most = match error.class() {
            Class::Busy => u32::MAX,
            Class::NotSent => Self::UNCONNECTED,
            Class::Ambiguous => Self::UNANSWERED,
            Class::Fatal => 0,
        };
        if self.failures < most { self.pause(error, now, jitter) } else { None }
    }

    /// The pause before a throttled call is repeated. The limiter decides when to give up: it knows whether any call
    /// succeeds.
    pub(super) fn throttled(&mut self, jitter: f64) -> Duration {
        self.own(Self::FIRST_BUSY, jitter)
    }

    /// The pause before a write is repeated; `None` if it must not be, or failed for good.
    pub fn write(&mut self, error: &Error, now: Instant, jitter: f64) -> Option<Duration> {
        match error.class() {
            Class::Busy | Class::NotSent => self.pause(error, now, jitter),
            Class::Ambiguous | Class::Fatal => None,
        }
    }

    /// The time that the service asks for is the shortest pause, unless the call is urgent; if it ends past the
    /// deadline, the call has failed.
    fn pause(&mut self, error: &Error, now: Instant, jitter: f64) -> Option<Duration> {
        let first = if error.class() == Class::NotSent { Self::FIRST_NOT_SENT } else { Self::FIRST_BUSY };
        let own = self.own(first, jitter);
        let asked = Self::asked(error).filter(|_| !self.is_urgent);
        let pause = asked.map_or(own, |asked| asked + own.min(first));
        (now + pause < self.until).then_some(pause)
    }

    /// Exponential with full jitter.
    fn own(&mut self, first: Duration, jitter: f64) -> Duration {
        let longest = Self::LONGEST.min(first.saturating_mul(1 << self.failures.min(10)));
        self.failures = self.failures.saturating_add(1);
        longest.mul_f64(jitter.clamp(0.0, 1.0))
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
            retry_after: retry_after.map(Duration::from_secs),
            ..RemoteError::default()
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

    /// The pauses of a call that keeps failing, with the longest pauses that jitter allows.
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
        let pause = |jitter| Retry::until(now + MINUTE).read(&busy(None), now, jitter).unwrap().as_millis();
        assert_eq!([0.0, 0.5, 1.0].map(pause), [0, 250, 500]);
    }

    #[test]
    fn no_pause_ends_at_the_deadline_or_after_it() {
        let now = Instant::now();
        let pause = |left| Retry::until(now + Duration::from_millis(left)).write(&busy(None), now, 1.0);
        assert_eq!([500, 501].map(pause), [None, Some(Duration::from_millis(500))]);
    }

    #[test]
    fn what_the_service_asks_for_is_a_floor_up_to_two_minutes_and_up_to_the_deadline() {
        let now = Instant::now();
        let pause = |until, asked| Retry::until(now + until).write(&busy(Some(asked)), now, 1.0);
        assert_eq!(pause(MINUTE, 7), Some(Duration::from_millis(7500)));
        for asked in [60, 100, 86_400] {
            assert_eq!(pause(MINUTE, asked), None, "{asked} s end past the deadline");
        }
        assert_eq!(pause(3 * MINUTE, 100), Some(Duration::from_millis(100_500)));
        for asked in [121, 86_400, u64::MAX / 1000] {
            assert_eq!(pause(3 * MINUTE, asked), Some(Duration::from_millis(120_500)), "{asked}");
        }
        assert_eq!(pause(Duration::ZERO, 1), None);
    }

    #[test]
    fn a_wait_for_the_rate_moves_the_deadline() {
        let now = Instant::now();
        let mut retry = Retry::until(now);
        assert_eq!(retry.write(&busy(None), now, 1.0), None);
        retry.extend(MINUTE);
        assert_eq!(retry.write(&busy(None), now, 0.5), Some(Duration::from_millis(500)));
        assert_eq!(retry.deadline(), now + MINUTE);
    }
}
