//! Loads the files: the desired state, and the findings of all rules.

use std::mem::ManuallyDrop;
use std::path::PathBuf;

use super::failure::Failure;
use super::kinds::insist_on_yaml;
use super::paths::Paths;
use super::rules::Rules;
use crate::check::Levels;
use crate::config::Document;
use crate::diag::{self, Code, Diagnostic};
use crate::plan::SavedPlan;
use crate::render::Exit;
use crate::resolve::Desired;
use crate::source::Sources;
use crate::{check, config, resolve};

/// The resolved files; none of their findings is an error. What they hold of each configuration is never freed: a process loads
/// once, and to free it block by block takes as long as some of the rules.
pub(super) struct Loaded {
    pub(super) sources: Sources,
    /// The canonical path of each file; empty without files.
    pub(super) paths: Vec<PathBuf>,
    pub(super) document: ManuallyDrop<Document>,
    pub(super) desired: ManuallyDrop<Desired>,
    /// Warnings and advice.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The levels of rules, from the flags.
    pub(super) levels: Levels,
}

/// Reads, resolves and checks.
///
/// # Errors
/// When any finding is an error, with all findings.
pub(super) fn load(paths: &Paths, rules: &Rules) -> Result<Loaded, Failure> {
    read(&paths.resolve()?, rules)
}

/// Like [`load`], from paths that are already resolved.
///
/// # Errors
/// As [`load`].
pub(super) fn read(paths: &[PathBuf], rules: &Rules) -> Result<Loaded, Failure> {
    insist_on_yaml(paths)?;
    let config::Loaded { sources, paths, document, mut diagnostics } = config::load(paths);
    let (desired, findings) = resolve::resolve(&document);
    diagnostics.extend(findings);
    let today = today();
    diagnostics.extend(check::check(&document, &desired, today));
    let desired = desired.as_of(today);
    let levels = rules.levels();
    let diagnostics = check::settle(diagnostics, &document.allows, &levels);
    if diag::has_errors(&diagnostics) {
        return Err(Failure { sources, diagnostics, exit: Exit::Error });
    }
    let (document, desired) = (ManuallyDrop::new(document), ManuallyDrop::new(desired));
    Ok(Loaded { sources, paths, document, desired, diagnostics, levels })
}

/// What the files declare as far as they can be read, and the failure of [`load`], if it fails.
pub(super) fn as_far_as_valid(paths: &Paths, rules: &Rules) -> (Desired, Option<Failure>) {
    match load(paths, rules) {
        Ok(loaded) => (ManuallyDrop::into_inner(loaded.desired), None),
        Err(failure) => {
            let read = paths.resolve().ok().map(|paths| config::load(&paths).document);
            (read.map(|document| resolve::resolve(&document).0).unwrap_or_default(), Some(failure))
        }
    }
}

/// The day in UTC: `expires` and `until` must mean the same on every machine.
pub(super) fn today() -> jiff::civil::Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

impl Loaded {
    /// The files that a saved plan refers to.
    pub(super) fn of_plan(saved: &SavedPlan) -> Self {
        Self::without_files(saved.sources(), Desired::default())
    }

    /// The desired state without files. Patterns of a saved plan or a snapshot can't be corrected, so those without a match are not
    /// reported.
    pub(super) fn without_files(sources: Sources, desired: Desired) -> Self {
        let levels = Levels { allow: vec![Code::PatternWithoutMatch], ..Levels::default() };
        let (document, desired) = (ManuallyDrop::default(), ManuallyDrop::new(desired));
        Self { sources, paths: Vec::new(), document, desired, diagnostics: Vec::new(), levels }
    }

    /// Applies the levels from comments and flags to later findings.
    ///
    /// # Errors
    /// When any of them is an error, with all findings.
    pub(super) fn weigh(&self, findings: Vec<Diagnostic>) -> Result<Vec<Diagnostic>, Failure> {
        let found = check::settle_more(findings, &self.document.allows, &self.levels);
        if !diag::has_errors(&found) {
            return Ok(found);
        }
        let mut diagnostics = [self.diagnostics.as_slice(), &found].concat();
        diag::sort(&mut diagnostics);
        Err(Failure { sources: self.sources.clone(), diagnostics, exit: Exit::Error })
    }

    /// Adds later findings.
    ///
    /// # Errors
    /// As [`Loaded::weigh`].
    pub(super) fn with(mut self, findings: Vec<Diagnostic>) -> Result<Self, Failure> {
        let found = self.weigh(findings)?;
        self.diagnostics.extend(found);
        diag::sort(&mut self.diagnostics);
        Ok(self)
    }
}
