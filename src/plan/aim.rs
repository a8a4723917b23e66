//! Judges what is at an address against the change planned there: review, compare and read-back all ask here.

use super::change::{ActionKind, Change};
use crate::model::{Address, Field, RecordConfig, Remote};

/// What an address must hold after a write, and what it held before.
#[derive(Debug, Clone, Copy)]
pub struct Aim<'a> {
    /// The address.
    pub address: &'a Address,
    /// Normalized; `None` means that there is no configuration.
    pub before: Option<&'a RecordConfig>,
    /// Normalized; `None` means that there is no configuration.
    pub after: Option<&'a RecordConfig>,
    /// Whether fields that are not set in `after` must not be set either. The service sets some in a new configuration.
    pub exact: bool,
}

impl<'a> Aim<'a> {
    /// The aim of a whole change.
    pub fn of(change: &'a Change) -> Self {
        Self {
            address: &change.address,
            before: change.before(),
            after: change.after(),
            exact: change.action() != ActionKind::Create,
        }
    }

    /// The aim to add a configuration where there is none.
    pub fn add(address: &'a Address, config: &'a RecordConfig) -> Self {
        Self { address, before: None, after: Some(config), exact: true }
    }

    /// Whether the address is as wanted.
    pub fn reached(self, found: Option<&Remote>) -> bool {
        match (self.after, found) {
            (None, None) => true,
            (Some(after), Some(remote)) => self.off_target(after, remote).is_empty(),
            (None, Some(_)) | (Some(_), None) => false,
        }
    }

    /// Whether the address is as it was when the change was planned.
    pub fn at_before(self, found: Option<&Remote>) -> bool {
        match (self.before, found) {
            (None, None) => true,
            (Some(before), Some(remote)) => {
                before.differences(&remote.config.clone().normalized()).is_empty()
            }
            (None, Some(_)) | (Some(_), None) => false,
        }
    }

    /// `after` as it will read once it has replaced `remote`.
    pub fn wanted(self, after: &RecordConfig, remote: &Remote) -> RecordConfig {
        if self.exact { after.clone() } else { after.laid_over(&remote.config) }
    }

    /// The fields in which a configuration is not as wanted.
    fn off_target(self, after: &RecordConfig, remote: &Remote) -> Vec<Field> {
        self.wanted(after, remote).differences(&remote.config.clone().normalized())
    }
}
