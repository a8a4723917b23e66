//! What rules look at.

use jiff::civil::Date;

use crate::config::Document;
use crate::model::Address;
use crate::resolve::{Desired, Entry, Resolved, Trail};

/// The files, and what they declare.
pub(super) struct Facts<'a> {
    pub(super) document: &'a Document,
    pub(super) desired: &'a Desired,
    pub(super) today: Date,
}

/// A declared configuration, present or absent, as `walk` shows it. The streams of an app follow each other in the order of their
/// names.
#[derive(Clone, Copy)]
pub(super) struct Reached<'t> {
    pub(super) trail: &'t Trail<'t>,
    /// Its settings; `None` if it is absent.
    pub(super) resolved: Option<&'t Resolved>,
    /// Whether it is the first one of its app.
    pub(super) is_new_app: bool,
}

impl<'a> Facts<'a> {
    /// Every configuration that must exist.
    pub(super) fn present(&self) -> impl Iterator<Item = (&'a Address, &'a Entry, &'a Resolved)> + use<'a> {
        let entries = self.desired.domains.values().flat_map(|domain| &domain.entries);
        entries.filter_map(|(address, entry)| Some((address, entry, entry.resolved()?)))
    }

    /// Whether the files can show that something is unused: all were read, and they declare a domain. A file of shared
    /// tiers that is checked alone declares none.
    pub(super) fn is_whole(&self) -> bool {
        !self.document.partial && !self.document.domains.is_empty()
    }
}
