//! Remembers recent changes, so that a read can be answered as of a moment ago.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use crate::emulator::state::{Record, State};

/// The records that undo the latest changes, each with the time of its change.
#[derive(Debug, Default)]
pub(super) struct Past {
    undo: VecDeque<(Timestamp, Record)>,
}

impl Past {
    /// Records how to undo a change; what is older than `kept` is forgotten.
    pub(super) fn note(&mut self, undo: Record, now: Timestamp, kept: Duration) {
        let oldest = now.checked_sub(kept).unwrap_or(Timestamp::MIN);
        while self.undo.front().is_some_and(|(time, _)| *time < oldest) {
            self.undo.pop_front();
        }
        self.undo.push_back((now, undo));
    }

    /// The state as it was at `time`.
    pub(super) fn state_at(&self, present: &State, time: Timestamp) -> State {
        let mut state = present.clone();
        for (_, undo) in self.undo.iter().rev().take_while(|(changed, _)| *changed > time) {
            state.apply(undo.clone());
        }
        state
    }
}
