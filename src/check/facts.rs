//! What rules look at.

use jiff::civil::Date;

use crate::config::Document;
use crate::resolve::Desired;

/// The files, and what they want.
pub(super) struct Facts<'a> {
    pub(super) document: &'a Document,
    pub(super) desired: &'a Desired,
    pub(super) today: Date,
}

impl Facts<'_> {
    /// Whether the files can show what nothing uses: all were read, and they declare something. A file of shared tiers
    /// checked by itself declares nothing.
    pub(super) fn is_whole(&self) -> bool {
        !self.document.partial && !self.document.domains.is_empty()
    }
}
