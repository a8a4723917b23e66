//! Files to what is wanted, with every finding of every rule.

use super::arguments::{Paths, Rules};
use super::failure::Failure;
use super::findings;
use super::terminal::Terminal;
use crate::config::Document;
use crate::diag::{self, Diagnostic, Severity};
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
}

/// Reads, resolves and checks.
///
/// # Errors
/// When any finding is an error, with all findings.
pub(super) fn load(paths: &Paths, rules: &Rules) -> Result<Loaded, Failure> {
    let config::Loaded { sources, document, mut diagnostics } = config::load(&paths.resolve()?);
    let (desired, findings) = resolve::resolve(&document);
    diagnostics.extend(findings);
    diagnostics.extend(check::check(&document, &desired, jiff::Zoned::now().date()));
    let diagnostics = check::settle(diagnostics, &document.allows, &sources, &rules.levels());
    if diag::has_errors(&diagnostics) {
        return Err(Failure { sources, diagnostics, exit: Exit::Error });
    }
    Ok(Loaded { sources, document, desired, diagnostics })
}

impl Loaded {
    /// Takes in what was found later, weighed by the same rules.
    ///
    /// # Errors
    /// When any finding is an error now, with all findings.
    pub(super) fn with(mut self, findings: Vec<Diagnostic>, rules: &Rules) -> Result<Self, Failure> {
        let found = check::settle_more(findings, &self.document.allows, &self.sources, &rules.levels());
        self.diagnostics.extend(found);
        diag::sort(&mut self.diagnostics);
        match diag::has_errors(&self.diagnostics) {
            true => Err(Failure { sources: self.sources, diagnostics: self.diagnostics, exit: Exit::Error }),
            false => Ok(self),
        }
    }

    /// What a command that is about something else should say too: advice is for validate alone.
    pub(super) fn warnings(&self) -> Vec<Diagnostic> {
        let weighs = |finding: &&Diagnostic| finding.severity != Severity::Advice;
        self.diagnostics.iter().filter(weighs).cloned().collect()
    }

    /// Prints warnings where people look for them.
    pub(super) fn warn(&self, terminal: &Terminal) {
        findings::tell(&self.warnings(), &self.sources, terminal);
    }
}
