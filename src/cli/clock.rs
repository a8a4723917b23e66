//! A clock for leases: it also runs while the machine sleeps, and nobody can set it.

use std::sync::Arc;
use std::time::Duration;

use crate::store::Elapsed;

/// The time since some moment.
pub(super) fn elapsed() -> Elapsed {
    Arc::new(now)
}

#[cfg(unix)]
fn now() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    // On macOS, the monotonic clock runs during sleep; on Linux, only this one does.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let clock = ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let clock = ClockId::Monotonic;
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

#[cfg(not(unix))]
fn now() -> Duration {
    use std::sync::OnceLock;
    use std::time::Instant;
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_goes_back() {
        let clock = elapsed();
        let times: Vec<Duration> = (0..100).map(|_| clock()).collect();
        assert!(times.is_sorted() && !times[0].is_zero());
    }
}
