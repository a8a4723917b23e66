//! Durations on the command line: a number with a unit.

use std::time::Duration;

/// The longest duration that an argument accepts: far longer than any run, and far below what overflows a clock.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// `30s`, `2m`, `24h` at most; not nothing.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    match length(text)? {
        Some(length) if length > LONGEST => Err("the longest duration is `24h`".to_owned()),
        Some(length) if !length.is_zero() => Ok(length),
        Some(_) | None => Err("a duration must be greater than zero".to_owned()),
    }
}

/// `None` if it is negative.
pub(super) fn length(text: &str) -> Result<Option<Duration>, String> {
    let parsed: Result<jiff::SignedDuration, _> = text.parse();
    let length =
        parsed.map_err(|_| "a duration is a number with a unit, such as `30s` or `2m`".to_owned())?;
    Ok(Duration::try_from(length).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert!(duration("5").is_err());
        assert!(duration("0s").is_err());
        assert!(duration("-3s").is_err());
    }

    #[test]
    fn no_duration_is_longer_than_clocks_take() {
        assert_eq!(duration("24h"), Ok(LONGEST));
        for text in ["24h1s", "9223372036854775807s", "2562047788015215h"] {
            assert_eq!(duration(text), Err("the longest duration is `24h`".to_owned()), "{text}");
        }
    }
}
