//! Judges what stands at an address by the change that is planned there: the one answer of review, compare and read-back.

use super::change::{ActionKind, Change};
use crate::model::{Address, Field, RecordConfig, Remote};

/// What an address is to hold after a write, and what it held before.
#[derive(Debug, Clone, Copy)]
pub struct Aim<'a> {
    /// Where.
    pub address: &'a Address,
    /// Normalized; `None` is "nothing there".
    pub before: Option<&'a RecordConfig>,
    /// Normalized; `None` is "nothing there".
    pub after: Option<&'a RecordConfig>,
    /// Whether fields that livevod does not manage must be as in `after` too. A fresh entry gets them from the service.
    pub exact: bool,
}

impl<'a> Aim<'a> {
    /// The whole of a change.
    pub fn of(change: &'a Change) -> Self {
        Self {
            address: &change.address,
            before: change.before(),
            after: change.after(),
            exact: change.action() != ActionKind::Create || change.puts_back(),
        }
    }

    /// To add an entry where none is.
    pub fn add(address: &'a Address, config: &'a RecordConfig) -> Self {
        Self { address, before: None, after: Some(config), exact: true }
    }

    /// Whether it is as wanted.
    pub fn reached(self, found: Option<&Remote>) -> bool {
        match (self.after, found) {
            (None, None) => true,
            (Some(after), Some(remote)) => self.off_target(after, remote).is_empty(),
            (None, Some(_)) | (Some(_), None) => false,
        }
    }

    /// Whether it is as it was planned from.
    pub fn at_before(self, found: Option<&Remote>) -> bool {
        match (self.before, found) {
            (None, None) => true,
            (Some(before), Some(remote)) => {
                before.differences(&remote.config.clone().normalized()).is_empty()
            }
            (None, Some(_)) | (Some(_), None) => false,
        }
    }

    /// `after` as it reads once it is there, in place of `remote`.
    pub fn wanted(self, after: &RecordConfig, remote: &Remote) -> RecordConfig {
        if self.exact { after.clone() } else { after.laid_over(&remote.config) }
    }

    /// The fields in which an entry is not as wanted.
    fn off_target(self, after: &RecordConfig, remote: &Remote) -> Vec<Field> {
        self.wanted(after, remote).differences(&remote.config.clone().normalized())
    }
}
