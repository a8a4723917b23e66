//! What rules look at.

use jiff::civil::Date;

use crate::config::Document;
use crate::resolve::Desired;

/// The files, and what they declare.
pub(super) struct Facts<'a> {
    pub(super) document: &'a Document,
    pub(super) desired: &'a Desired,
    pub(super) today: Date,
}

impl Facts<'_> {
    /// Whether the files can show that something is unused: all were read, and they declare a domain. A file of shared
    /// tiers that is checked alone declares none.
    pub(super) fn is_whole(&self) -> bool {
        !self.document.partial && !self.document.domains.is_empty()
    }
}
