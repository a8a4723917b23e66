//! Snapshot files.

use std::path::Path;
use std::sync::Arc;

use super::failure::Failure;
use super::kinds::{Kind, input, insist_on};
use super::load::Loaded;
use super::sealed;
use crate::diag::{Code, Diagnostic};
use crate::model::Snapshot;
use crate::plan::Selection;
use crate::snapshot::{self, Saved};

/// Reads a snapshot.
pub(super) fn read(file: &Path) -> Result<Saved, Failure> {
    insist_on(Kind::Snapshot, file)?;
    parse(file, &sealed::text(file, Code::Snapshot)?)
}

/// Parses a snapshot.
pub(super) fn parse(file: &Path, text: &str) -> Result<Saved, Failure> {
    snapshot::read(text).map_err(|error| {
        Diagnostic::new(Code::Snapshot, format!("{} can't be used: {error}", input(file)))
            .help("take a new snapshot with `livevod snapshot --out FILE`")
            .into()
    })
}

/// Writes a snapshot.
pub(super) fn write(file: &Path, saved: &Saved) -> Result<(), Failure> {
    sealed::write(file, Code::Snapshot, snapshot::write(saved))
}

/// Makes an error of each selected domain that the snapshot lacks; it never counts as empty.
pub(super) fn holds_all(
    file: &Path,
    snapshot: &Snapshot,
    loaded: &Loaded,
    selection: &Selection,
) -> Result<(), Failure> {
    let desired = &loaded.desired;
    let missing =
        |name: &&Arc<str>| selection.selects_domain(name) && !snapshot.domains.contains_key(&***name);
    let lacks = |name: &Arc<str>| {
        let message = format!("the snapshot `{}` does not contain the domain `{name}`", file.display());
        let diagnostic = Diagnostic::new(Code::Snapshot, message)
            .help("take a new snapshot with these files, or leave the domain out with `--exclude`");
        match desired.domains.get(name) {
            Some(domain) => diagnostic.label(domain.key, "this domain"),
            None => diagnostic,
        }
    };
    let diagnostics: Vec<Diagnostic> = desired.domains.keys().filter(missing).map(lacks).collect();
    if diagnostics.is_empty() {
        return Ok(());
    }
    Err(Failure { sources: loaded.sources.clone(), diagnostics, ..Failure::default() })
}
