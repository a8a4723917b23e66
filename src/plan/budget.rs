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

/// Calls by action, at least: every call succeeds at once, every write is visible at once, and a listing serves all writes
/// that could rest on it. The listings of the plan itself, which are not counted, serve the first writes.
#[derive(Default)]
struct Calls {
    describe: u64,
    add: u64,
    update: u64,
    delete: u64,
}

/// The least for `changes`: compares that need a listing of their own, writes and confirms, and the last listing of each
/// domain, which also confirms creates and updates and proves deletes.
pub(super) fn of(changes: &[Change], snapshot: &Snapshot, rate: CallRate) -> Budget {
    let (mut calls, mut domains) = (Calls::default(), BTreeMap::<&str, Work>::new());
    for change in changes {
        calls.count(change);
        domains.entry(&change.address.domain).or_default().count(change);
    }
    let held = |name: &str| snapshot.domains.get(name).map_or(0, |domain| domain.configs.len() as u64);
    calls.describe += domains.into_iter().map(|(name, work)| work.reads(held(name))).sum::<u64>();
    let Calls { describe, add, update, delete } = calls;
    let seconds = [describe, add, update, delete].map(|count| least_seconds(count, rate));
    Budget { reads: describe, writes: add + update + delete, seconds: seconds.into_iter().max().unwrap_or(0) }
}

/// What is to be done in a domain.
#[derive(Default)]
struct Work {
    /// Configurations that are added.
    come: u64,
    /// Configurations that are removed.
    go: u64,
    /// Creates and updates of app-wide configurations: each is confirmed alone, the last one by the last listing.
    wide: u64,
}

impl Work {
    fn count(&mut self, change: &Change) {
        match change.action() {
            ActionKind::Create => self.come += 1,
            ActionKind::Delete => self.go += 1,
            ActionKind::Update | ActionKind::Replace => {}
        }
        if matches!(change.action(), ActionKind::Create | ActionKind::Update) && change.address.is_app_wide()
        {
            self.wide += 1;
        }
    }

    /// The reads that changes share.
    fn reads(self, held: u64) -> u64 {
        let Self { come, go, wide } = self;
        wide.saturating_sub(1) + pages((held + come).saturating_sub(go))
    }
}

/// The pages of a listing; the last one is never full.
fn pages(entries: u64) -> u64 {
    entries / u64::from(PAGE_SIZE) + 1
}

impl Calls {
    /// The writes of a change, and the reads that no other change shares: what a delete of an app-wide configuration may
    /// take along is listed right before it, and a replace is read back at once.
    fn count(&mut self, change: &Change) {
        let is_wide = change.address.is_app_wide();
        match change.action() {
            ActionKind::Create => self.add += 1,
            ActionKind::Update => self.update += 1,
            ActionKind::Replace => {
                self.delete += 1;
                self.add += 1;
                self.describe += 1 + u64::from(is_wide);
            }
            ActionKind::Delete => {
                self.delete += 1;
                self.describe += u64::from(is_wide);
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
