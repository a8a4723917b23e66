//! Files to what is wanted, with every finding of every rule.

use std::path::PathBuf;

use super::arguments::{Paths, Rules};
use super::failure::Failure;
use super::kinds::insist_on_yaml;
use crate::check::Levels;
use crate::config::Document;
use crate::diag::{self, Code, Diagnostic};
use crate::plan::SavedPlan;
use crate::render::Exit;
use crate::resolve::Desired;
use crate::source::Sources;
use crate::{check, config, resolve};

/// The files, resolved; no finding is an error.
pub(super) struct Loaded {
    pub(super) sources: Sources,
    pub(super) document: Document,
    pub(super) desired: Desired,
    /// Warnings and advice.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// What the flags make of rules.
    pub(super) levels: Levels,
}

/// Reads, resolves and checks.
///
/// # Errors
/// When any finding is an error, with all findings.
pub(super) fn load(paths: &Paths, rules: &Rules) -> Result<Loaded, Failure> {
    read(&paths.resolve()?, rules)
}

/// Likewise, from files and folders that are known to be meant.
///
/// # Errors
/// As [`load`].
pub(super) fn read(paths: &[PathBuf], rules: &Rules) -> Result<Loaded, Failure> {
    insist_on_yaml(paths)?;
    let config::Loaded { sources, document, mut diagnostics } = config::load(paths);
    let (desired, findings) = resolve::resolve(&document);
    diagnostics.extend(findings);
    diagnostics.extend(check::check(&document, &desired, today()));
    let levels = rules.levels();
    let diagnostics = check::settle(diagnostics, &document.allows, &sources, &levels);
    if diag::has_errors(&diagnostics) {
        return Err(Failure { sources, diagnostics, exit: Exit::Error });
    }
    Ok(Loaded { sources, document, desired, diagnostics, levels })
}

/// The day in UTC: `expires` must mean the same wherever the files are read.
fn today() -> jiff::civil::Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

impl Loaded {
    /// What a saved plan remembers of its files.
    pub(super) fn of_plan(saved: &SavedPlan) -> Self {
        Self::without_files(saved.sources(), Desired::default())
    }

    /// What a snapshot says, where no file is read: nobody can correct its patterns.
    pub(super) fn without_files(sources: Sources, desired: Desired) -> Self {
        let levels = Levels { allow: vec![Code::PatternWithoutMatch], ..Levels::default() };
        Self { sources, document: Document::default(), desired, diagnostics: Vec::new(), levels }
    }

    /// What was found later, weighed by the same comments and flags.
    ///
    /// # Errors
    /// When any of it is an error now, with all findings.
    pub(super) fn weigh(&self, findings: Vec<Diagnostic>) -> Result<Vec<Diagnostic>, Failure> {
        let found = check::settle_more(findings, &self.document.allows, &self.sources, &self.levels);
        if !diag::has_errors(&found) {
            return Ok(found);
        }
        let mut diagnostics = [self.diagnostics.as_slice(), &found].concat();
        diag::sort(&mut diagnostics);
        Err(Failure { sources: self.sources.clone(), diagnostics, exit: Exit::Error })
    }

    /// Takes in what was found later.
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
