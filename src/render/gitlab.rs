//! Findings as a GitLab code quality report: a list that merge requests compare by fingerprint.

use serde::Serialize;

use super::documents::{Context, pretty};
use super::rows::{Row, relative, rows, words};
use crate::diag::Severity;
use crate::gate::clean;

/// The report. GitLab requires a file for each entry, so a finding without one is at the first line of the first file
/// read.
pub(super) fn gitlab(context: Context, folder: &str) -> String {
    let first = context.sources.iter().next().map(|(_, source)| relative(source.name(), folder));
    let fallback = first.unwrap_or_else(|| "livevod.yaml".to_owned());
    let rows = rows(context, folder);
    pretty(&rows.iter().map(|row| issue(row, &fallback)).collect::<Vec<_>>())
}

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

fn issue(row: &Row, fallback: &str) -> Issue {
    let location = match &row.region {
        Some(region) => Location {
            path: clean(&region.path),
            lines: Lines { begin: region.start.line, end: region.end.line },
        },
        None => Location { path: clean(fallback), lines: Lines { begin: 1, end: 1 } },
    };
    Issue {
        description: words(row.diagnostic).join("; "),
        check_name: row.diagnostic.code.as_str(),
        fingerprint: row.fingerprint.clone(),
        severity: severity(row.diagnostic.severity),
        location,
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "major",
        Severity::Warning => "minor",
        Severity::Advice => "info",
    }
}
