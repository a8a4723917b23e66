//! Tracks the writes that are in the state but not yet on disk, so that many share one sync.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

use super::Record;

/// Writes by number, counted from 1. No answer that depends on a write is sent before that write is settled.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// Writes that no caller has started to put on disk.
    lines: Vec<Vec<Record>>,
    /// How to undo what is not settled, oldest first.
    undo: VecDeque<(u64, Record)>,
    /// The last write that is in the state.
    applied: u64,
    /// The last write whose fate is known.
    settled: u64,
    /// Writes that could not be kept.
    failed: Vec<RangeInclusive<u64>>,
}

/// Writes that are put on disk together.
pub(super) struct Batch {
    pub(super) lines: Vec<Vec<Record>>,
    last: u64,
}

impl Pending {
    /// Adds a write, with the records that undo it, and returns its number.
    pub(super) fn push(&mut self, line: Vec<Record>, undo: Vec<Record>) -> u64 {
        self.applied += 1;
        self.lines.push(line);
        self.undo.extend(undo.into_iter().map(|record| (self.applied, record)));
        self.applied
    }

    /// The number of the last write so far; once it is settled, so are all before it.
    pub(super) fn applied(&self) -> u64 {
        self.applied
    }

    /// Whether a write was kept; `None` while that is open.
    pub(super) fn verdict(&self, number: u64) -> Option<bool> {
        let failed = || self.failed.iter().any(|failed| failed.contains(&number));
        (number <= self.settled).then(|| !failed())
    }

    /// Everything that waits for the disk.
    pub(super) fn batch(&mut self) -> Batch {
        Batch { lines: std::mem::take(&mut self.lines), last: self.applied }
    }

    /// Records that the batch is on disk.
    pub(super) fn keep(&mut self, batch: &Batch) {
        self.settled = batch.last;
        while self.undo.front().is_some_and(|(number, _)| *number <= batch.last) {
            self.undo.pop_front();
        }
    }

    /// Records that the disk kept none of the open writes; returns the records that undo all of them, in their order.
    pub(super) fn fail(&mut self) -> Vec<Record> {
        self.failed.push(self.settled + 1..=self.applied);
        // From now on reads depend on none of them.
        self.applied += 1;
        self.settled = self.applied;
        self.lines.clear();
        self.undo.drain(..).rev().map(|(_, record)| record).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Address;

    fn record(stream: &str) -> Record {
        Record::remove(Address::new("a.com", "show", stream))
    }

    #[test]
    fn writes_are_settled_a_batch_at_a_time() {
        let mut pending = Pending::default();
        let numbers = ["a", "b"].map(|stream| pending.push(vec![record(stream)], vec![record(stream)]));
        let batch = pending.batch();
        let third = pending.push(vec![record("c")], vec![record("c")]);
        assert_eq!(batch.lines, [vec![record("a")], vec![record("b")]]);
        assert_eq!(pending.verdict(numbers[0]), None);
        pending.keep(&batch);
        assert_eq!(numbers.map(|number| pending.verdict(number)), [Some(true); 2]);
        assert_eq!(pending.verdict(third), None);
        assert_eq!(pending.batch().lines, [vec![record("c")]]);
    }

    #[test]
    fn a_batch_that_fails_takes_back_all_that_is_open_newest_first() {
        let mut pending = Pending::default();
        let first = pending.push(vec![record("a")], vec![record("a")]);
        let batch = pending.batch();
        let second = pending.push(vec![record("b")], vec![record("b")]);
        drop(batch);
        assert_eq!(pending.fail(), [record("b"), record("a")]);
        assert_eq!([first, second].map(|number| pending.verdict(number)), [Some(false); 2]);
        let third = pending.push(vec![record("c")], Vec::new());
        let batch = pending.batch();
        pending.keep(&batch);
        assert_eq!([first, third].map(|number| pending.verdict(number)), [Some(false), Some(true)]);
    }
}
