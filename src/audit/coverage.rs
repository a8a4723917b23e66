//! Which stretches of a session have too few recordings.

use jiff::SignedDuration;

use crate::model::Period;

/// The recordings that lie over one stretch of on-air time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Level {
    /// How many there are.
    pub(super) all: usize,
    /// How many of them are longer than a part can be, and so merged from parts.
    pub(super) merged: usize,
}

/// The stretches of `on_air` over which the recordings are not `enough`, except for those of `slack` or less. A stretch goes on
/// over a pause between two connections. `on_air` is sorted; a recording is its period and whether it is merged.
pub(super) fn lacks(
    on_air: &[Period],
    recordings: &[(Period, bool)],
    slack: SignedDuration,
    enough: impl Fn(Level) -> bool,
) -> Vec<Period> {
    let mut lacks = Vec::new();
    let mut open: Option<(Period, SignedDuration)> = None;
    let mut close = |open: &mut Option<(Period, SignedDuration)>| {
        lacks.extend(open.take().filter(|(_, length)| *length > slack).map(|(period, _)| period));
    };
    for stretch in on_air.iter().flat_map(|connection| stretches(*connection, recordings)) {
        if enough(level(stretch, recordings)) {
            close(&mut open);
            continue;
        }
        let (begun, length) = open.unwrap_or((stretch, SignedDuration::ZERO));
        open = Some((Period::new(begun.from, stretch.to), length + stretch.length()));
    }
    close(&mut open);
    lacks
}

/// A connection, cut wherever a recording begins or ends.
fn stretches(connection: Period, recordings: &[(Period, bool)]) -> Vec<Period> {
    let within =
        recordings.iter().map(|(period, _)| period.and(connection)).filter(|period| !period.is_empty());
    let mut cuts: Vec<_> = within.flat_map(|period| [period.from, period.to]).collect();
    cuts.extend([connection.from, connection.to]);
    cuts.sort_unstable();
    cuts.dedup();
    cuts.windows(2).map(|pair| Period::new(pair[0], pair[1])).collect()
}

fn level(stretch: Period, recordings: &[(Period, bool)]) -> Level {
    let over = || recordings.iter().filter(|(period, _)| period.overlaps(stretch));
    Level { all: over().count(), merged: over().filter(|(_, merged)| *merged).count() }
}

/// How much of `on_air` has any recording.
pub(super) fn recorded(on_air: &[Period], recordings: &[(Period, bool)]) -> SignedDuration {
    let with = |connection: &Period| {
        let stretches = stretches(*connection, recordings).into_iter();
        stretches
            .filter(|stretch| level(*stretch, recordings).all > 0)
            .map(Period::length)
            .sum::<SignedDuration>()
    };
    on_air.iter().map(with).sum()
}
