//! The JSON Schemas of the documents, from the very types that are written.

use super::documents::{DiagnosticsDocument, FORMAT_VERSION};
use super::events::Line;
use super::plan_json::{DriftDocument, PlanDocument};
use super::report_json::ReportDocument;
use crate::schema;

/// A document that others may build on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputKind {
    /// What a plan says.
    Plan,
    /// The same as an alarm.
    Drift,
    /// What became of a plan.
    Report,
    /// One line of a stream of events.
    Events,
    /// Findings alone.
    Diagnostics,
}

/// The schema of a document.
pub fn schema(document: OutputKind) -> serde_json::Value {
    match document {
        OutputKind::Plan => schema::of::<PlanDocument>("plan", FORMAT_VERSION),
        OutputKind::Drift => schema::of::<DriftDocument>("drift", FORMAT_VERSION),
        OutputKind::Report => schema::of::<ReportDocument>("report", FORMAT_VERSION),
        OutputKind::Events => schema::of::<Line>("events", FORMAT_VERSION),
        OutputKind::Diagnostics => schema::of::<DiagnosticsDocument>("diagnostics", FORMAT_VERSION),
    }
}
