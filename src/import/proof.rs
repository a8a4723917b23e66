//! Reads written files again, and plans: nothing may be left to do.

use std::collections::{BTreeMap, BTreeSet};

use super::files::File;
use crate::diag::{Diagnostic, Severity};
use crate::model::{Address, Snapshot};
use crate::plan::{self, PlanOptions};
use crate::source::{Source, Sources};
use crate::{check, config, resolve};

/// What is wrong with written files; `None` stands for no address.
pub(super) type Differences = BTreeMap<Option<Address>, String>;

/// What planning the written files shows.
pub(super) struct Reading {
    /// The errors.
    pub(super) errors: Vec<Refusal>,
    /// What would change at each address.
    pub(super) changes: BTreeMap<Address, String>,
    /// What no file declares, or can't be changed, and exists.
    pub(super) left: BTreeSet<Address>,
}

/// An error of the written files.
pub(super) struct Refusal {
    /// The configuration that it is about, if it says so.
    pub(super) address: Option<Address>,
    /// The 0-based line that it is about.
    pub(super) line: Option<usize>,
    /// What is wrong, with the setting.
    pub(super) message: String,
}

/// The key of a value, from what stands before the value in its line.
fn key(before: &str) -> Option<&str> {
    let last = before.trim_end().rsplit(['{', ',', ' ']).next()?;
    let key = last.strip_suffix(':')?;
    (!key.is_empty()).then_some(key)
}

/// Plans the files against a state.
pub(super) fn read(files: &[File], snapshot: &Snapshot) -> Reading {
    let mut sources = Sources::default();
    for File { name, text } in files {
        sources.add(Source::new(name.as_str(), text.as_str()));
    }
    let (document, mut findings) = config::parse(&sources);
    let (desired, more) = resolve::resolve(&document);
    findings.extend(more);
    // No written entry expires.
    findings.extend(check::check(&document, &desired, jiff::civil::Date::MIN));
    let place = |finding: &Diagnostic| {
        let label = finding.labels.first()?;
        let source = sources.get(label.span.file);
        let line = source.line_index(label.span.start);
        let before = source.text().get(source.line_range(line).start as usize..label.span.start as usize)?;
        Some((line, key(before)))
    };
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    let errors = errors.map(|finding| {
        let (line, key) = place(finding).unzip();
        let message = match key.flatten() {
            Some(key) if !finding.message.contains(key) => format!("`{key}`: {}", finding.message),
            _ => finding.message.clone(),
        };
        Refusal { address: finding.address.clone(), line, message }
    });
    let errors = errors.collect();
    let planned = plan::plan(&desired, snapshot, &sources, &PlanOptions::default());
    let changes = planned.decisions.changes.iter().map(|change| {
        let fields: Vec<String> = change.fields().into_iter().map(|field| format!("`{field}`")).collect();
        let what = match fields.is_empty() {
            true => "the plan is not empty".to_owned(),
            false => format!("{} would change", fields.join(", ")),
        };
        (change.address.clone(), what)
    });
    let unsupported = planned.notes.unsupported.iter().filter(|one| one.declared);
    let declared = unsupported.map(|one| (one.address.clone(), one.reason.clone()));
    let changes = changes.chain(declared).collect();
    let unsupported = planned.notes.unsupported.iter().filter(|one| !one.declared).map(|one| &one.address);
    let undeclared = planned.notes.unmanaged.iter().map(|one| &one.address).chain(unsupported);
    Reading { errors, changes, left: undeclared.cloned().collect() }
}

/// # Errors
/// What differs, if planning the files against the state they were written from shows anything but `left_out`.
pub(super) fn prove(
    files: &[File],
    snapshot: &Snapshot,
    left_out: &BTreeSet<Address>,
) -> Result<(), Differences> {
    let Reading { errors, changes, left } = read(files, snapshot);
    let mut differences = Differences::new();
    for Refusal { address, line: _, message } in errors {
        differences.entry(address).or_insert(message);
    }
    for (address, what) in changes {
        differences.entry(Some(address)).or_insert(what);
    }
    for address in left.symmetric_difference(left_out) {
        let what = if left.contains(address) { "it is not declared" } else { "it is declared" };
        differences.entry(Some(address.clone())).or_insert_with(|| what.to_owned());
    }
    if differences.is_empty() { Ok(()) } else { Err(differences) }
}
