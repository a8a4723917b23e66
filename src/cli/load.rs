//! Files to what is wanted, with every finding of every rule.

use super::arguments::Paths;
use super::failure::Failure;
use super::findings;
use super::terminal::Terminal;
use crate::diag::{self, Diagnostic};
use crate::render::Exit;
use crate::resolve::Desired;
use crate::source::Sources;
use crate::{check, config, resolve};

/// The files, resolved; no finding is an error.
pub(super) struct Loaded {
    pub(super) sources: Sources,
    pub(super) desired: Desired,
    /// Warnings and advice.
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Reads, resolves and checks.
///
/// # Errors
/// When any finding is an error, with all findings.
pub(super) fn load(paths: &Paths) -> Result<Loaded, Failure> {
    let config::Loaded { sources, document, mut diagnostics } = config::load(&paths.resolve()?);
    let (desired, findings) = resolve::resolve(&document);
    diagnostics.extend(findings);
    diagnostics.extend(check::check(&document, &desired, jiff::Zoned::now().date()));
    diag::sort(&mut diagnostics);
    if diag::has_errors(&diagnostics) {
        return Err(Failure { sources, diagnostics, exit: Exit::Error });
    }
    Ok(Loaded { sources, desired, diagnostics })
}

impl Loaded {
    /// Prints warnings where people look for them.
    pub(super) fn warn(&self, terminal: &Terminal) {
        findings::tell(&self.diagnostics, &self.sources, terminal);
    }
}
