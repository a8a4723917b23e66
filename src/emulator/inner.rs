//! The emulator and what its callers wait for. Turns a request into its delivery and the number of the write that it
//! depends on. Pure: the time is an argument.

use jiff::Timestamp;

use super::counters::Counters;
use super::delivery::Delivery;
#[cfg(feature = "faults")]
use super::faults::Faults;
use super::pending::Pending;
use super::state::{Record, State};
use super::{Answer, Emulator};
use crate::wire::{Request, Response};

/// The data behind the one lock.
#[derive(Debug)]
pub(super) struct Delivering {
    pub(super) emulator: Emulator,
    #[cfg(feature = "faults")]
    pub(super) faults: Faults,
    pub(super) pending: Pending,
    pub(super) counters: Counters,
}

/// A request that was handled, delivered or not.
pub(super) struct Handled {
    pub(super) delivery: Delivery,
    /// The write that must be settled before the caller gets the answer.
    pub(super) number: u64,
    /// The names of the faults that struck.
    pub(super) faults: Vec<&'static str>,
}

impl Delivering {
    pub(super) fn new(emulator: Emulator) -> Self {
        Self {
            emulator,
            #[cfg(feature = "faults")]
            faults: Faults::default(),
            pending: Pending::default(),
            counters: Counters::default(),
        }
    }

    pub(super) fn state(&self) -> &State {
        &self.emulator.state
    }

    /// Answers a request without any faults; returns the answer and the number of the write that it depends on.
    pub(super) fn call(&mut self, request: &Request, now: Timestamp, request_id: String) -> (Response, u64) {
        #[cfg(feature = "faults")]
        self.take_in_late(now);
        let (response, _) = self.carry_out(request, now, now, request_id);
        (response, self.pending.applied())
    }

    /// The same as a delivery.
    pub(super) fn deliver(&mut self, request: &Request, now: Timestamp, request_id: String) -> Handled {
        let (response, number) = self.call(request, now, request_id);
        Handled { delivery: Delivery::answered(response), number, faults: Vec::new() }
    }

    /// Makes a change that needs no answer; returns its number.
    pub(super) fn make(&mut self, records: Vec<Record>, now: Timestamp) -> u64 {
        self.make_undoable(records, now);
        self.pending.applied()
    }

    /// Makes a change; returns the records that undo it, in the order of the changes: they must be applied in reverse.
    #[cfg_attr(not(feature = "faults"), expect(unused_variables, reason = "only faults look back"))]
    fn make_undoable(&mut self, records: Vec<Record>, now: Timestamp) -> Vec<Record> {
        if records.is_empty() {
            return Vec::new();
        }
        let undo: Vec<Record> =
            records.iter().map(|record| self.emulator.state.apply(record.clone())).collect();
        #[cfg(feature = "faults")]
        self.faults.note(&undo, now);
        self.pending.push(records, undo.clone());
        undo
    }

    /// Undoes everything that is not kept on disk.
    pub(super) fn take_back(&mut self) {
        for record in self.pending.fail() {
            self.emulator.state.apply(record);
        }
    }

    /// Carries a request out by the service's `clock`, which may differ from `now`; returns the answer and what undoes
    /// the change.
    pub(super) fn carry_out(
        &mut self,
        request: &Request,
        clock: Timestamp,
        now: Timestamp,
        request_id: String,
    ) -> (Response, Vec<Record>) {
        let Answer { response, records } = self.emulator.handle(request, clock, request_id);
        (response, self.make_undoable(records, now))
    }
}
