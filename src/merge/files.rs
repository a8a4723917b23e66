//! The files that are merged into: what they say, and how each of them is laid out.

use crate::check::check;
use crate::config::{self, Document, WrittenMap, outline};
use crate::diag::{Diagnostic, Severity};
use crate::resolve::{Desired, resolve};
use crate::source::{FileId, Sources};

/// Files, what they say, and what is wrong with them.
pub(super) struct Files<'s> {
    pub(super) sources: &'s Sources,
    pub(super) document: Document,
    pub(super) desired: Desired,
    /// The errors, other findings left out.
    pub(super) errors: Vec<Diagnostic>,
}

impl<'s> Files<'s> {
    /// Reads and resolves them.
    pub(super) fn read(sources: &'s Sources) -> Self {
        let (document, mut found) = config::parse(sources);
        let (desired, unresolved) = resolve(&document);
        found.extend(unresolved);
        let errors = found.into_iter().filter(|one| one.severity == Severity::Error).collect();
        Self { sources, document, desired, errors }
    }

    /// Reads and resolves them, and runs the rules: an error of one makes every command refuse the files.
    pub(super) fn checked(sources: &'s Sources) -> Self {
        let mut files = Self::read(sources);
        // No rule that reports an error looks at the day.
        let found = check(&files.document, &files.desired, jiff::civil::Date::MIN);
        files.errors.extend(found.into_iter().filter(|one| one.severity == Severity::Error));
        files
    }

    /// The topmost map of each file.
    pub(super) fn outlines(&self) -> Vec<(FileId, WrittenMap)> {
        self.sources.iter().filter_map(|(file, _)| Some((file, outline(self.sources, file)?))).collect()
    }
}
