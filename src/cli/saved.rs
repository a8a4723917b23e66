//! Snapshots in files.

use std::path::Path;
use std::sync::Arc;

use super::failure::{Failure, with_causes};
use super::load::Loaded;
use super::observe::Observed;
use crate::apply::journal::write_beside;
use crate::diag::{Code, Diagnostic};
use crate::model::Snapshot;
use crate::plan::Selection;
use crate::snapshot::{self, Saved};

/// Reads a snapshot.
pub(super) fn read(file: &Path) -> Result<Saved, Failure> {
    parse(file, &text(file)?)
}

/// The text of a file that shall be a snapshot.
pub(super) fn text(file: &Path) -> Result<String, Failure> {
    let bytes = fs_err::read(file).map_err(|error| Diagnostic::new(Code::Snapshot, error.to_string()))?;
    let no_text = |_| Diagnostic::new(Code::Snapshot, format!("`{}` is no text", file.display()));
    Ok(String::from_utf8(bytes).map_err(no_text)?)
}

/// Makes a snapshot of a text.
pub(super) fn parse(file: &Path, text: &str) -> Result<Saved, Failure> {
    snapshot::read(text).map_err(|error| {
        Diagnostic::new(Code::Snapshot, format!("`{}` can't be used: {error}", file.display()))
            .help("take a new one with `livevod snapshot --out FILE`")
            .into()
    })
}

/// Writes a snapshot, whole or not at all, for its owner alone.
pub(super) fn write(file: &Path, saved: &Saved) -> Result<(), Failure> {
    let failed = |error: &dyn std::error::Error| Diagnostic::new(Code::Snapshot, with_causes(error));
    let text = snapshot::write(saved).map_err(|error| failed(&error))?;
    Ok(write_beside(file, &text).map_err(|error| failed(&error))?)
}

/// A domain that a snapshot lacks is an error and never an empty one.
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
        let message = format!("the snapshot `{}` does not hold `{name}`", file.display());
        let diagnostic = Diagnostic::new(Code::Snapshot, message)
            .help("take a new one from these files, or leave the domain out with `--exclude`");
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

impl Observed {
    /// These domains of what was read, as a snapshot.
    pub(super) fn saved(&self, snapshot: Snapshot, loaded: &Loaded) -> Saved {
        let Loaded { desired, .. } = loaded;
        let region = |name: &Arc<str>| Some((name.clone(), desired.region(name)?.to_owned()));
        Saved {
            livevod: env!("CARGO_PKG_VERSION").to_owned(),
            time: jiff::Timestamp::now(),
            target: self.target.name.clone(),
            account: self.target.account.clone(),
            caller: self.caller.clone(),
            regions: snapshot.domains.keys().filter_map(region).collect(),
            ignore: desired.ignore.iter().map(|pattern| pattern.value.clone()).collect(),
            protect: desired.protect.iter().map(|pattern| pattern.value.clone()).collect(),
            snapshot,
        }
    }
}
