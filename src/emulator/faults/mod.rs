//! Faults: what goes wrong on the way to the emulator and back, and what others do meanwhile. Everything here is behind the
//! feature `faults`.

mod carry;
mod past;
mod spec;
mod spoilt;
mod strike;

use jiff::Timestamp;

use super::state::Record;
use crate::wire::Request;
use past::Past;
use strike::Strikes;

pub use spec::{Fault, fault_help};

/// The faults that may strike, and what earlier strikes still lead to.
#[derive(Debug, Default)]
pub(super) struct Faults {
    strikes: Strikes,
    past: Past,
    /// Lost requests that arrive after all.
    late: Vec<Late>,
    /// What takes back writes that were carried out, and when.
    reverts: Vec<(Timestamp, Vec<Record>)>,
}

#[derive(Debug)]
struct Late {
    due: Timestamp,
    request: Request,
    request_id: String,
}

impl Faults {
    /// Puts these faults in the place of all others. What earlier ones began goes on.
    pub(super) fn set(&mut self, faults: Vec<Fault>) {
        self.strikes = Strikes::new(faults);
    }

    /// Keeps what takes a change back, for reads that are behind.
    pub(super) fn note(&mut self, undo: &[Record], now: Timestamp) {
        if let Some(kept) = self.strikes.stalest() {
            undo.iter().for_each(|record| self.past.note(record.clone(), now, kept));
        }
    }
}
