//! How much a plan may change, and which guards flags release.

use std::fmt;
use std::str::FromStr;

/// Which guards flags release; the default releases none.
#[derive(Debug, Clone, Default)]
pub struct Allowances {
    /// `--max-delete`; 10% by default.
    pub max_delete: Option<Limit>,
    /// `--max-change`; 30% by default.
    pub max_change: Option<Limit>,
    /// `--max-writes`; no limit by default.
    pub max_writes: Option<u64>,
    /// `--allow-recording-gap`.
    pub recording_gap: bool,
    /// `--allow-recording-stop`.
    pub recording_stop: bool,
    /// `--allow-app-wide`.
    pub app_wide: bool,
    /// `--allow-empty`.
    pub empty: bool,
    /// `--allow-on-air`.
    pub on_air: bool,
    /// `--allow-replay-loss`.
    pub replay_loss: bool,
}

/// A number of configurations, or a share of the existing ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// This many.
    Count(usize),
    /// This percentage, 0 to 100.
    Percent(u8),
}

/// Why a text is not a limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a limit is a number such as `12` or a share such as `30%`")]
pub struct LimitError;

impl FromStr for Limit {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, LimitError> {
        match text.trim().strip_suffix('%') {
            Some(percent) => match percent.trim_end().parse() {
                Ok(percent) if percent <= 100 => Ok(Limit::Percent(percent)),
                _ => Err(LimitError),
            },
            None => text.trim().parse().map(Limit::Count).map_err(|_| LimitError),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Limit::Count(count) => write!(f, "{count}"),
            Limit::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

impl Limit {
    /// Whether `count` of `total` is within the limit. A share over 0 always allows one; a number is exact.
    pub(super) fn lets(self, count: usize, total: usize) -> bool {
        match self {
            Limit::Count(limit) => count <= limit,
            Limit::Percent(0) => count == 0,
            Limit::Percent(percent) => count <= 1 || count * 100 <= total * usize::from(percent),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_read_numbers_and_shares() {
        assert_eq!("12".parse(), Ok(Limit::Count(12)));
        assert_eq!("30%".parse(), Ok(Limit::Percent(30)));
        assert_eq!("30 %".parse(), Ok(Limit::Percent(30)));
        for bad in ["", "%", "-1", "101%", "1.5"] {
            assert_eq!(bad.parse::<Limit>(), Err(LimitError), "{bad}");
        }
    }

    #[test]
    fn a_share_lets_one_through_and_a_number_means_what_it_says() {
        assert!(Limit::Percent(10).lets(1, 1));
        assert!(!Limit::Percent(10).lets(2, 19));
        assert!(Limit::Percent(10).lets(2, 20));
        assert!(!Limit::Count(0).lets(1, 100));
        assert!(!Limit::Percent(0).lets(1, 100));
        assert!(Limit::Percent(0).lets(0, 100));
    }
}
