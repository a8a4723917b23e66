//! Findings that end a command early, printed on standard error or as one document for machines.

use super::terminal::Terminal;
use crate::diag::{Code, Diagnostic};
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

/// An error's text and the texts of its causes; none of them repeats another.
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

impl Failure {
    /// What the emulator could not do.
    pub(super) fn of_emulator(error: impl std::error::Error) -> Self {
        Diagnostic::new(Code::Emulator, with_causes(&error)).into()
    }

    /// Prints the findings in the command's format.
    pub(super) fn report(&self, layout: &Layout, terminal: &Terminal) -> Exit {
        let Failure { sources, diagnostics, exit } = self;
        terminal.show(&render::failure(Context { sources, diagnostics, exit: *exit }, layout));
        *exit
    }
}
