//! Times on the command line: a day, a time, or how long ago.

use std::sync::LazyLock;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

use crate::model::Period;
use crate::wire::PUBLISH_DAYS;

/// How long the service lists what was published.
pub(super) const LISTED: SignedDuration = SignedDuration::from_hours(24 * PUBLISH_DAYS);

/// How much younger the oldest time is that is asked for, so that it is still listed when the call arrives.
pub(super) const SPARE: SignedDuration = SignedDuration::from_secs(60);

/// The oldest time that is asked for.
pub(super) fn oldest(now: Timestamp) -> Timestamp {
    Period::earlier(now, LISTED - SPARE)
}

/// Whether the service no longer lists what was published at `time`. `30d` is not too old, although some time has passed since that
/// argument was read.
pub(super) fn is_too_old(time: Timestamp, now: Timestamp) -> bool {
    time < Period::earlier(now, LISTED + SPARE)
}

/// Now, when the first of a command's times was read: `--from 2d --to 1d` is a day, to the second.
static NOW: LazyLock<Timestamp> = LazyLock::new(Timestamp::now);

/// `2026-11-01` (in UTC), `2026-11-01T08:00:00Z`, or how long ago: `7d`, `12h`.
pub(super) fn since(text: &str) -> Result<Timestamp, String> {
    let wrong =
        |_| "expected a day (2026-11-01), a time (2026-11-01T08:00:00Z) or how long ago (7d, 12h)".to_owned();
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    if let Ok(day) = text.parse::<Date>() {
        return day.to_zoned(TimeZone::UTC).map(|day| day.timestamp()).map_err(wrong);
    }
    let span: Span = text.parse().map_err(wrong)?;
    let ago = NOW.to_zoned(TimeZone::UTC).checked_sub(span.abs()).map_err(wrong)?;
    Ok(ago.timestamp())
}

/// How long `7d` or `12h` is; a day has 24 hours. `None` for any other text.
pub(super) fn length(text: &str) -> Option<SignedDuration> {
    let span: Span = text.parse().ok()?;
    span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_units() {
        let hours = |text: &str| length(text).map(|length| length.as_hours());
        assert_eq!(["12h", "7d", "2w", "1d12h"].map(hours), [12, 168, 336, 36].map(Some));
        assert_eq!(["", "7", "sessions.json", "1y", "1mo"].map(hours), [None; 5]);
    }

    #[test]
    fn a_day_a_time_and_how_long_ago_are_read() {
        let time = |text: &str| since(text).map(|time| time.to_string());
        assert_eq!(time("2026-11-01").unwrap(), "2026-11-01T00:00:00Z");
        assert_eq!(time("2026-11-01T08:00:00+08:00").unwrap(), "2026-11-01T00:00:00Z");
        for ago in ["7d", "12h", "90m", "2w"] {
            assert!(since(ago).unwrap() < Timestamp::now(), "{ago}");
        }
        assert_eq!(since("1d").unwrap().duration_since(since("2d").unwrap()), SignedDuration::from_hours(24));
        for wrong in ["", "yesterday", "2026-13-01", "7", "-", "99999999999999d"] {
            assert!(since(wrong).is_err(), "{wrong}");
        }
    }
}
