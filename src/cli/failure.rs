//! What ends a command early, and how it is said: findings on standard error, or one document for machines.

use super::terminal::Terminal;
use crate::diag::Diagnostic;
use crate::render::{self, Context, Exit, Layout};
use crate::source::Sources;

/// Findings that end the run, with the files they point into.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) sources: Sources,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) exit: Exit,
}

impl Default for Failure {
    fn default() -> Self {
        Self { sources: Sources::default(), diagnostics: Vec::new(), exit: Exit::Error }
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { diagnostics: vec![diagnostic], ..Self::default() }
    }
}

/// An error's text and those of its causes, which do not repeat each other.
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

impl Failure {
    /// Says it in the format that the command was asked for.
    pub(super) fn report(&self, layout: &Layout, terminal: &Terminal) -> Exit {
        let Failure { sources, diagnostics, exit } = self;
        terminal.show(&render::failure(Context { sources, diagnostics, exit: *exit }, layout));
        *exit
    }
}
