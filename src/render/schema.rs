//! The JSON Schemas of the documents, generated from the types that are serialized.

use super::audit::{AuditDocument, SessionsDocument};
use super::documents::{DiagnosticsDocument, FORMAT_VERSION};
use super::drift::DriftDocument;
use super::events::Line;
use super::journal_json::JournalDocument;
use super::leases::LeasesDocument;
use super::plan_json::PlanDocument;
use super::report_json::ReportDocument;
use crate::{config, notify, schema, sessions, snapshot};

/// The documents with a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum OutputKind {
    /// The YAML files, for editors
    Files,
    /// `plan --format json`
    Plan,
    /// `drift --format json`
    Drift,
    /// `apply --format json`
    Report,
    /// One line of the output of `--json-into`
    Events,
    /// `journal --format json`, also of one run and of `journal prune`
    Journal,
    /// `lease --format json`, also of `lease release`
    Leases,
    /// `validate --format json`, and the output of any other command in that format when it ends early
    Diagnostics,
    /// The file that `snapshot --out` saves
    Snapshot,
    /// `audit --format json`
    Audit,
    /// `sessions --format json`
    Sessions,
    /// The file that `sessions --out` saves
    SessionsFile,
    /// What `drift --notify json` and `audit --notify json` post
    Notification,
}

/// The schema of a document.
pub fn schema(document: OutputKind) -> serde_json::Value {
    match document {
        OutputKind::Files => config::schema(),
        OutputKind::Plan => schema::of::<PlanDocument>("plan", FORMAT_VERSION),
        OutputKind::Drift => schema::of::<DriftDocument>("drift", FORMAT_VERSION),
        OutputKind::Report => schema::of::<ReportDocument>("report", FORMAT_VERSION),
        OutputKind::Events => schema::of::<Line>("events", FORMAT_VERSION),
        OutputKind::Journal => schema::of::<JournalDocument>("journal", FORMAT_VERSION),
        OutputKind::Leases => schema::of::<LeasesDocument>("leases", FORMAT_VERSION),
        OutputKind::Diagnostics => schema::of::<DiagnosticsDocument>("diagnostics", FORMAT_VERSION),
        OutputKind::Snapshot => snapshot::schema(),
        OutputKind::Audit => schema::of::<AuditDocument>("audit", FORMAT_VERSION),
        OutputKind::Sessions => schema::of::<SessionsDocument>("sessions", FORMAT_VERSION),
        OutputKind::SessionsFile => sessions::schema(),
        OutputKind::Notification => notify::schema(),
    }
}
