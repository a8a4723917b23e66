//! Recognizes livevod's own files by their first bytes, to report which command takes a file that was given to another one.

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
    Sessions,
    Audit,
}

impl Kind {
    const ALL: [Self; 6] =
        [Kind::Plan, Kind::Snapshot, Kind::Journal, Kind::EmulatorLog, Kind::Sessions, Kind::Audit];

    /// The kind of the file at a path, if it is livevod's own.
    pub(super) fn of(path: &Path) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| config::begins_with(path, kind.beginning()))
    }

    /// The first bytes of the file. No YAML file of livevod begins with them.
    fn beginning(self) -> &'static [u8] {
        match self {
            Kind::Plan => SavedPlan::BEGINNING,
            Kind::Snapshot => b"{\n\"snapshot\":",
            Kind::Journal => b"{\"event\":\"begun\"",
            Kind::EmulatorLog => b"livevod emulator log ",
            Kind::Sessions => b"{\n\"sessions\":",
            Kind::Audit => b"{\n\"audit\":",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Plan => "a saved plan",
            Kind::Snapshot => "a snapshot",
            Kind::Journal => "the journal of a run",
            Kind::EmulatorLog => "the log of an emulator",
            Kind::Sessions => "a sessions file",
            Kind::Audit => "the report of an audit",
        }
    }

    fn taken_by(self, path: &Path) -> String {
        let path = path.display();
        match self {
            Kind::Plan => format!("`livevod show {path}` prints it, `livevod apply {path}` applies it"),
            Kind::Snapshot => {
                format!(
                    "`livevod plan --against {path}` plans against it, `livevod restore {path}` restores it"
                )
            }
            Kind::Journal => "`livevod journal` lists the runs, `livevod journal RUN` shows one".to_owned(),
            Kind::EmulatorLog => {
                format!("`--emulator={path}` uses it, `livevod emulator --data {path}` serves it")
            }
            Kind::Sessions => format!("`livevod audit --sessions {path}` judges it"),
            Kind::Audit => format!("`livevod show {path}` shows it"),
        }
    }

    /// The error if a path names this kind of file, but `wanted` is expected: "YAML", "a snapshot".
    pub(super) fn instead_of(self, wanted: &str, path: &Path) -> Failure {
        let message = format!("expected {wanted}, but {} is {}", input(path), self.name());
        Diagnostic::new(Code::Usage, message).help(self.taken_by(path)).into()
    }
}

/// The name of an input in messages.
pub(super) fn input(path: &Path) -> String {
    if config::is_standard_input(path) {
        "standard input".to_owned()
    } else {
        format!("`{}`", path.display())
    }
}

/// # Errors
/// When YAML is expected, but a path names one of livevod's own files.
pub(super) fn insist_on_yaml(paths: &[std::path::PathBuf]) -> Result<(), Failure> {
    match paths.iter().find_map(|path| Some((Kind::of(path)?, path))) {
        Some((kind, path)) => Err(kind.instead_of("YAML", path)),
        None => Ok(()),
    }
}

/// # Errors
/// When a word behind `--emulator`, and so a path of files, looks as if it were meant as the file of the emulator.
pub(super) fn insist_on_no_log(path: &Path) -> Result<(), Failure> {
    let is_yaml = has_yaml_ending(path);
    let is_log = path.extension().is_some_and(|ending| ending == "log");
    let is_meant = match Kind::of(path) {
        Some(kind) => kind == Kind::EmulatorLog,
        None => is_log || !(is_yaml || path.exists()),
    };
    if !is_meant || config::is_standard_input(path) {
        return Ok(());
    }
    let path = path.display();
    let message = format!("`{path}` is read as files in YAML, because it is behind `--emulator` without `=`");
    Err(Diagnostic::new(Code::Usage, message)
        .help(format!("to use it as the emulator's file, write `--emulator={path}`"))
        .into())
}

/// # Errors
/// When a saved plan is expected, but a path names a YAML file.
pub(super) fn insist_on_no_yaml(path: &Path) -> Result<(), Failure> {
    if Kind::of(path).is_some() || !has_yaml_ending(path) {
        return Ok(());
    }
    let message = format!("expected a saved plan, but {} is YAML", input(path));
    let help = format!("`livevod plan {}` shows what apply would do", path.display());
    Err(Diagnostic::new(Code::PlanFile, message).help(help).into())
}

fn has_yaml_ending(path: &Path) -> bool {
    let ending = path.extension();
    ending.is_some_and(|ending| ["yaml", "yml"].iter().any(|one| ending.eq_ignore_ascii_case(one)))
}

/// # Errors
/// When a path names one of livevod's own files, but of another kind than expected.
pub(super) fn insist_on(wanted: Kind, path: &Path) -> Result<(), Failure> {
    match Kind::of(path) {
        Some(kind) if kind != wanted => Err(kind.instead_of(wanted.name(), path)),
        _ => Ok(()),
    }
}
