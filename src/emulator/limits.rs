//! Counts the calls of each action, and reports when there are too many.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::operation::Operation;

/// The calls that the documents allow of an action with a limit of its own, and in how many seconds.
pub(super) fn own_limit(operation: Operation) -> Option<(u32, i64)> {
    match operation {
        Operation::Events => Some((2, 1)),
        Operation::PublishList => Some((3, 1)),
        Operation::OnlineList => Some((10_000, 60)),
        Operation::NotifyRecords => Some((100, 1)),
        _ => None,
    }
}

/// The account's calls that still count, by action. Refused calls never count.
#[derive(Debug, Default)]
pub(super) struct Limits {
    counted: BTreeMap<&'static str, VecDeque<Timestamp>>,
}

impl Limits {
    /// Counts a call; if there were `limit` calls in the `window` before `now`, returns how long until the next is
    /// allowed.
    pub(super) fn take(
        &mut self,
        action: &'static str,
        limit: u32,
        window: SignedDuration,
        now: Timestamp,
    ) -> Result<(), SignedDuration> {
        let counted = self.counted.entry(action).or_default();
        while counted.front().is_some_and(|call| now.duration_since(*call) >= window) {
            counted.pop_front();
        }
        match counted.front() {
            Some(oldest) if counted.len() >= limit as usize => Err(window - now.duration_since(*oldest)),
            _ => {
                counted.push_back(now);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millisecond: i64) -> Timestamp {
        Timestamp::from_millisecond(millisecond).unwrap()
    }

    #[test]
    fn so_many_calls_stand_in_any_window_and_no_more() {
        let mut limits = Limits::default();
        let mut take = |action, now| limits.take(action, 2, SignedDuration::from_secs(60), at(now));
        assert_eq!(take("Add", 0), Ok(()));
        assert_eq!(take("Add", 50_000), Ok(()));
        assert_eq!(take("Add", 59_000), Err(SignedDuration::from_secs(1)));
        assert_eq!(take("Update", 59_000), Ok(()), "actions are counted apart");
        assert_eq!(take("Add", 60_000), Ok(()), "what was refused did not count");
        assert_eq!(take("Add", 60_000), Err(SignedDuration::from_secs(50)));
    }
}
