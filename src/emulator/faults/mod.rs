//! Faults: what goes wrong on the way to the emulator and back, and what others do in the meantime. Everything here is
//! behind the feature `faults`.

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

/// The faults that may strike, and the pending effects of earlier strikes.
#[derive(Debug, Default)]
pub(super) struct Faults {
    strikes: Strikes,
    past: Past,
    /// Delayed requests that still arrive.
    late: Vec<Late>,
    /// What undoes writes that were carried out, and when.
    reverts: Vec<(Timestamp, Vec<Record>)>,
}

#[derive(Debug)]
struct Late {
    due: Timestamp,
    request: Request,
    request_id: String,
}

impl Faults {
    /// Replaces all faults with these. The effects of earlier strikes go on.
    pub(super) fn set(&mut self, faults: Vec<Fault>) {
        self.strikes = Strikes::new(faults);
    }

    /// Keeps what undoes a change, for reads that lag behind.
    pub(super) fn note(&mut self, undo: &[Record], now: Timestamp) {
        if let Some(kept) = self.strikes.stalest() {
            undo.iter().for_each(|record| self.past.note(record.clone(), now, kept));
        }
    }
}
