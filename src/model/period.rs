//! A stretch of time.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// From one moment to a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Period {
    /// Its first moment.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub from: Timestamp,
    /// The moment at which it is over.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub to: Timestamp,
}

impl Period {
    /// From `from` to `to`; empty if `to` is earlier.
    pub fn new(from: Timestamp, to: Timestamp) -> Self {
        Self { from, to: to.max(from) }
    }

    /// How long it is.
    pub fn length(self) -> SignedDuration {
        self.to.duration_since(self.from)
    }

    /// Whether it has no length.
    pub fn is_empty(self) -> bool {
        self.to <= self.from
    }

    /// What both have in common; empty if that is nothing.
    #[must_use]
    pub fn and(self, other: Period) -> Period {
        Period::new(self.from.max(other.from), self.to.min(other.to))
    }

    /// Whether the two have more than one moment in common.
    pub fn overlaps(self, other: Period) -> bool {
        !self.and(other).is_empty()
    }

    /// `time` plus `duration`, or the last moment that can be written.
    pub fn later(time: Timestamp, duration: SignedDuration) -> Timestamp {
        time.checked_add(duration).unwrap_or(Timestamp::MAX)
    }

    /// `time` minus `duration`, or the first moment that can be written.
    pub fn earlier(time: Timestamp, duration: SignedDuration) -> Timestamp {
        time.checked_sub(duration).unwrap_or(Timestamp::MIN)
    }
}

/// How long something takes, for people: `4 h 12 min`, `38 min`, `45 s`
pub fn length_text(seconds: i64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds % 3600 / 60, seconds % 60);
    match (hours, minutes, rest) {
        (0, 0, rest) => format!("{rest} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, rest) if minutes < 10 => format!("{minutes} min {rest} s"),
        (0, minutes, _) => format!("{minutes} min"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}
