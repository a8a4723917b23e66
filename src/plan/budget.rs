//! The least that a plan costs: calls, and the seconds that they take at the rate.

use std::collections::BTreeMap;

use super::change::{ActionKind, Change};
use super::notes::Budget;
use crate::model::Snapshot;
use crate::wire::PAGE_SIZE;

/// How fast the calls of one action may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallRate {
    /// Calls per minute.
    pub per_minute: u32,
    /// Calls that may be sent at once after a pause.
    pub burst: u32,
}

impl Default for CallRate {
    /// Below the documented 1,000 calls a minute, bursts included.
    fn default() -> Self {
        Self { per_minute: 800, burst: 150 }
    }
}

/// Calls by action, at least: every call succeeds at once, and every write is visible at once.
#[derive(Default)]
struct Calls {
    describe: u64,
    add: u64,
    update: u64,
    delete: u64,
}

/// The least for `changes`: compares, writes and confirms, and the last listing of each domain, which proves deletes
/// too.
pub(super) fn of(changes: &[Change], snapshot: &Snapshot, rate: CallRate) -> Budget {
    let mut calls = Calls::default();
    changes.iter().for_each(|change| calls.count(change));
    calls.describe += listings(changes, snapshot);
    let Calls { describe, add, update, delete } = calls;
    let seconds = [describe, add, update, delete].map(|count| least_seconds(count, rate));
    Budget { reads: describe, writes: add + update + delete, seconds: seconds.into_iter().max().unwrap_or(0) }
}

/// How many configurations are added to a domain and removed from it.
#[derive(Default)]
struct Moves {
    come: u64,
    go: u64,
}

/// The pages of one listing of each domain that is written, with its length at that time; the last page is never full.
fn listings(changes: &[Change], snapshot: &Snapshot) -> u64 {
    let mut domains: BTreeMap<&str, Moves> = BTreeMap::new();
    for change in changes {
        let moves = domains.entry(&change.address.domain).or_default();
        match change.action() {
            ActionKind::Create => moves.come += 1,
            ActionKind::Delete => moves.go += 1,
            ActionKind::Update | ActionKind::Replace => {}
        }
    }
    let pages = |(name, Moves { come, go }): (&str, Moves)| {
        let held = snapshot.domains.get(name).map_or(0, |domain| domain.configs.len() as u64);
        (held + come).saturating_sub(go) / u64::from(PAGE_SIZE) + 1
    };
    domains.into_iter().map(pages).sum()
}

impl Calls {
    fn count(&mut self, change: &Change) {
        match change.action() {
            ActionKind::Create => {
                self.add += 1;
                self.describe += if change.address.is_app_wide() { 2 } else { 1 };
            }
            ActionKind::Update => {
                self.update += 1;
                self.describe += 2;
            }
            ActionKind::Replace => {
                self.delete += 1;
                self.add += 1;
                self.describe += 2;
            }
            ActionKind::Delete => {
                self.delete += 1;
                self.describe += 1;
            }
        }
    }
}

fn least_seconds(calls: u64, rate: CallRate) -> u64 {
    let waiting = calls.saturating_sub(rate.burst.into());
    (waiting * 60).div_ceil(u64::from(rate.per_minute.max(1)))
}

/// How many writes a change makes if nothing fails.
pub(super) fn writes(change: &Change) -> u64 {
    if change.action() == ActionKind::Replace { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_burst_is_free_and_the_rest_takes_its_time() {
        let seconds = |calls| least_seconds(calls, CallRate::default());
        assert_eq!([150, 151, 950].map(seconds), [0, 1, 60]);
        let slow = CallRate { per_minute: 60, burst: 30 };
        assert_eq!([30, 90].map(|calls| least_seconds(calls, slow)), [0, 60]);
    }
}
