//! The rows that machine formats share: each finding with its place, a path relative to the working folder, and a
//! fingerprint that survives edits elsewhere in the file.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use super::documents::Context;
use super::headlines::headline;
use crate::diag::{Diagnostic, Severity};
use crate::gate::clean;
use crate::source::{Position, STDIN, Sources, Span};

/// How many bytes of a hash a fingerprint shows.
const FINGERPRINT_BYTES: usize = 16;

/// How many bytes of a value or a line go into a fingerprint, since a long line may have many findings.
const HASHED_BYTES: usize = 1024;

/// One finding, ready for a format.
pub(super) struct Row<'a> {
    pub(super) diagnostic: &'a Diagnostic,
    /// Its place, if it is in a file.
    pub(super) region: Option<Region>,
    /// In hexadecimal, different from those of all other rows.
    pub(super) fingerprint: String,
}

/// A part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Region {
    /// As returned by [`relative`].
    pub(super) path: String,
    pub(super) start: Position,
    pub(super) end: Position,
}

impl Region {
    pub(super) fn new(span: Span, sources: &Sources, folder: &str) -> Self {
        let place = sources.place(span);
        Self { path: relative(&place.file, folder), start: place.start, end: place.end }
    }
}

/// All findings in the given order; `folder` is the absolute working folder, empty if unknown.
pub(super) fn rows<'a>(context: Context<'a>, folder: &str) -> Vec<Row<'a>> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let row = |diagnostic: &'a Diagnostic| {
        // Standard input is no file that a reader could open.
        let label = diagnostic.labels.first();
        let label = label.filter(|label| context.sources.get(label.span.file).name() != STDIN);
        let region = label.map(|label| Region::new(label.span, context.sources, folder));
        let identity = identity(diagnostic, region.as_ref(), context.sources);
        let earlier = seen.entry(identity.clone()).or_default();
        let fingerprint = hash(&[&identity, &earlier.to_string()]);
        *earlier += 1;
        Row { diagnostic, region, fingerprint }
    };
    context.diagnostics.iter().map(row).collect()
}

/// What identifies a finding after the lines around it have moved: the rule, the file, and the words at fault.
fn identity(diagnostic: &Diagnostic, region: Option<&Region>, sources: &Sources) -> String {
    let code = diagnostic.code.as_str();
    let address = diagnostic.address.as_ref().map(ToString::to_string).unwrap_or_default();
    match (region, diagnostic.labels.first()) {
        (Some(region), Some(label)) => {
            let source = sources.get(label.span.file);
            if !source.has_text() {
                return hash(&[code, &address, &region.path, &diagnostic.message]);
            }
            let line = source.line_range(source.line_index(label.span.start));
            let line = source.text()[line.start as usize..line.end as usize].trim();
            hash(&[code, &address, &region.path, sources.text(label.span).trim(), line])
        }
        _ => hash(&[code, &address, &diagnostic.message]),
    }
}

/// The beginning of the SHA-256 of the parts, which are separated unambiguously.
fn hash(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(&part.as_bytes()[..part.len().min(HASHED_BYTES)]);
    }
    hasher.finalize().iter().take(FINGERPRINT_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

/// `name` relative to `folder` and without `.` and `..`; a path outside `folder` stays or becomes absolute.
pub(super) fn relative(name: &str, folder: &str) -> String {
    let climbs = name.split('/').any(|part| part == "..");
    let whole = if climbs && !name.starts_with('/') { format!("{folder}/{name}") } else { name.to_owned() };
    let plain = without_dots(&whole);
    let inside = plain.strip_prefix(&without_dots(folder)).and_then(|rest| rest.strip_prefix('/'));
    match inside {
        Some(inside) if !folder.is_empty() => inside.to_owned(),
        _ => plain,
    }
}

fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        match (part, kept.last()) {
            ("..", Some(&last)) if last != ".." => {
                kept.pop();
            }
            // Nothing is above the root.
            ("..", None) if path.starts_with('/') => {}
            _ => kept.push(part),
        }
    }
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", kept.join("/"))
}

/// The whole finding as plain lines, without the places of its notes: its message, its notes, what to do.
pub(super) fn words(diagnostic: &Diagnostic) -> Vec<String> {
    let notes = diagnostic.related.iter().filter(|note| note.span.is_none());
    let notes = notes.map(|note| clean(&note.message));
    let help = diagnostic.help.iter().map(|help| format!("help: {}", clean(help)));
    std::iter::once(headline(diagnostic)).chain(notes).chain(help).collect()
}

/// The `most` most severe ones, in the given order, and how many are left out.
pub(super) fn worst<T>(all: Vec<T>, most: usize, severity: impl Fn(&T) -> Severity) -> (Vec<T>, usize) {
    let left_out = all.len().saturating_sub(most);
    if left_out == 0 {
        return (all, 0);
    }
    let mut ranked: Vec<(usize, T)> = all.into_iter().enumerate().collect();
    ranked.sort_by_key(|(at, one)| (severity(one), *at));
    ranked.truncate(most);
    ranked.sort_by_key(|(at, _)| *at);
    (ranked.into_iter().map(|(_, one)| one).collect(), left_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_working_folder() {
        let table = [
            ("a.yaml", "a.yaml"),
            ("./live/./a.yaml", "live/a.yaml"),
            ("live/../a.yaml", "a.yaml"),
            ("/repo/live/a.yaml", "live/a.yaml"),
            ("/repository/a.yaml", "/repository/a.yaml"),
            ("../other/a.yaml", "/other/a.yaml"),
            ("../repo/a.yaml", "a.yaml"),
            ("/../../etc/a.yaml", "/etc/a.yaml"),
        ];
        for (name, path) in table {
            assert_eq!(relative(name, "/repo"), path, "{name}");
        }
        assert_eq!(relative("live//a.yaml", ""), "live/a.yaml");
    }

    #[test]
    fn the_worst_are_kept_in_their_order() {
        use Severity::{Advice, Error, Warning};
        let all = vec![(1, Warning), (2, Advice), (3, Error), (4, Warning), (5, Error)];
        let (kept, left_out) = worst(all, 3, |(_, severity)| *severity);
        assert_eq!((kept, left_out), (vec![(1, Warning), (3, Error), (5, Error)], 2));
    }
}
