//! What rules look at.

use jiff::civil::Date;

use crate::config::Document;
use crate::diag::Findings;
use crate::model::{Address, Field};
use crate::resolve::{Desired, DesiredDomain, Entry, Resolved, Trail};
use crate::source::Span;

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
    pub(super) facts: &'t Facts<'t>,
    pub(super) trail: &'t Trail<'t>,
    pub(super) domain: &'t DesiredDomain,
    pub(super) entry: &'t Entry,
    /// Whether it is the first one of its app.
    pub(super) is_new_app: bool,
}

/// Looks at one declared configuration, and at every block that reaches it.
pub(super) type EntryRule = fn(Reached<'_>, &mut Findings);

impl<'t> Reached<'t> {
    /// Its settings; `None` if it is absent.
    pub(super) fn resolved(&self) -> Option<&'t Resolved> {
        self.entry.resolved()
    }

    /// Where the value of a field is written; where the configuration is declared, if it is not.
    pub(super) fn place(&self, field: Field) -> Span {
        self.resolved().and_then(|resolved| resolved.span(field)).unwrap_or(self.entry.key)
    }
}

impl<'a> Facts<'a> {
    /// The address of every configuration that must exist.
    pub(super) fn present(&self) -> impl Iterator<Item = &'a Address> + use<'a> {
        let entries = self.desired.domains.values().flat_map(|domain| &domain.entries);
        entries.filter(|(_, entry)| entry.resolved().is_some()).map(|(address, _)| address)
    }

    /// Whether the files can show that something is unused: all were read, and they declare a domain. A file of shared
    /// tiers that is checked alone declares none.
    pub(super) fn is_whole(&self) -> bool {
        !self.document.partial && !self.document.domains.is_empty()
    }
}
