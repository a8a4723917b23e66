//! Which of livevod's own files a path names, by the first bytes: whoever takes one for another is told which command takes it.

use std::path::Path;

use super::failure::Failure;
use crate::config;
use crate::diag::{Code, Diagnostic};
use crate::plan::SavedPlan;

/// A kind of file that livevod writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Plan,
    Snapshot,
    Journal,
    EmulatorLog,
}

impl Kind {
    const ALL: [Self; 4] = [Kind::Plan, Kind::Snapshot, Kind::Journal, Kind::EmulatorLog];

    /// What a path names, where that is a file of livevod's own.
    pub(super) fn of(path: &Path) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| config::begins_with(path, kind.beginning()))
    }

    /// No YAML of livevod begins so.
    fn beginning(self) -> &'static [u8] {
        match self {
            Kind::Plan => SavedPlan::BEGINNING,
            Kind::Snapshot => b"{\n\"snapshot\":",
            Kind::Journal => b"{\"event\":\"begun\"",
            Kind::EmulatorLog => b"livevod emulator log ",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Plan => "a saved plan",
            Kind::Snapshot => "a snapshot",
            Kind::Journal => "the journal of a run",
            Kind::EmulatorLog => "the log of an emulator",
        }
    }

    fn taken_by(self, path: &Path) -> String {
        let path = path.display();
        match self {
            Kind::Plan => format!("`livevod show {path}` prints it, `livevod apply {path}` carries it out"),
            Kind::Snapshot => {
                format!(
                    "`livevod plan --against {path}` plans from it, `livevod restore {path}` goes back to it"
                )
            }
            Kind::Journal => {
                "`livevod journal` lists the runs, `livevod journal RUN` tells of one".to_owned()
            }
            Kind::EmulatorLog => {
                format!("`--emulator={path}` works on it, `livevod emulator --data {path}` serves it")
            }
        }
    }

    /// That a path names this where something else is `wanted`: "YAML", "a snapshot".
    pub(super) fn instead_of(self, wanted: &str, path: &Path) -> Failure {
        let message = format!("{} is {}, and {wanted} is expected", input(path), self.name());
        Diagnostic::new(Code::Usage, message).help(self.taken_by(path)).into()
    }
}

/// An input, as a message names it.
pub(super) fn input(path: &Path) -> String {
    if config::is_standard_input(path) {
        "standard input".to_owned()
    } else {
        format!("`{}`", path.display())
    }
}

/// # Errors
/// When a path names a file of livevod's own where YAML is expected.
pub(super) fn insist_on_yaml(paths: &[std::path::PathBuf]) -> Result<(), Failure> {
    match paths.iter().find_map(|path| Some((Kind::of(path)?, path))) {
        Some((kind, path)) => Err(kind.instead_of("YAML", path)),
        None => Ok(()),
    }
}

/// # Errors
/// When a path names another file of livevod's own than the one that is expected.
pub(super) fn insist_on(wanted: Kind, path: &Path) -> Result<(), Failure> {
    match Kind::of(path) {
        Some(kind) if kind != wanted => Err(kind.instead_of(wanted.name(), path)),
        _ => Ok(()),
    }
}
