//! The report of an apply, as the document that others may build on.

use schemars::JsonSchema;
use serde::Serialize;

use super::documents::{AddressRow, Context, FORMAT_VERSION, Finding, finding, findings, pretty};
use super::exit::Exit;
use super::facts::{LeftOpenRow, OnAirRow, left_open_rows, on_air_rows};
use super::report_view::{EndView, OutcomeCounts, ReportView};
use crate::apply::ChangeOutcome;
use crate::apply::journal::End;
use crate::plan::ActionKind;
use crate::source::Sources;

/// `apply --format json`.
pub(super) fn report_json(view: &ReportView, context: Context) -> String {
    let ReportView { plan, ends, counts, report, on_air, .. } = view;
    pretty(&ReportDocument {
        format_version: FORMAT_VERSION,
        target: &plan.target.name,
        digest: plan.digest.clone(),
        left_open: left_open_rows(&plan.left_open),
        outcomes: ends.iter().map(|end| outcome_row(end, context.sources)).collect(),
        on_air: on_air_rows(on_air.iter().copied()),
        summary: *counts,
        calls: report.calls,
        repeated: report.repeated,
        seconds: report.took.as_secs_f64(),
        diagnostics: findings(context),
        exit: context.exit,
    })
}

/// `apply --format json`: the outcome of every change.
#[derive(Serialize, JsonSchema)]
pub(super) struct ReportDocument<'a> {
    /// The version of the format.
    #[schemars(regex(pattern = "^1\\.[0-9]+$"))]
    format_version: &'static str,
    /// The endpoint or the emulator's file.
    target: &'a str,
    /// The digest of the applied plan.
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    digest: String,
    /// What earlier runs left unfinished, and its outcome; left out if there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_open: Vec<LeftOpenRow<'a>>,
    /// One for each planned change, in the plan's order.
    outcomes: Vec<OutcomeRow<'a>>,
    /// The streams on air that keep their old configuration until they are published again; left out if there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    on_air: Vec<OnAirRow<'a>>,
    /// The outcomes by kind.
    summary: OutcomeCounts,
    /// How many calls were sent, reads and writes.
    calls: u64,
    /// How many of them were retries.
    repeated: u64,
    /// How long the run took, in seconds.
    seconds: f64,
    /// All findings of the run, including those of the outcomes; many identical ones are merged into one.
    diagnostics: Vec<Finding<'a>>,
    /// How the run ended.
    exit: Exit,
}

/// The outcome of one change.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ChangeOutcome")]
struct OutcomeRow<'a> {
    /// The configuration.
    #[serde(flatten)]
    address: AddressRow<'a>,
    /// The planned action.
    action: ActionKind,
    /// The outcome.
    outcome: End,
    /// The service's RequestId of the last write, null if it returned none.
    request_id: Option<&'a str>,
    /// Why it is not done; left out if it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    diagnostic: Option<Finding<'a>>,
}

fn outcome_row<'a>(end: &'a EndView, sources: &Sources) -> OutcomeRow<'a> {
    let EndView { one: ChangeOutcome { address, action, outcome, request_id }, reason } = end;
    OutcomeRow {
        address: AddressRow::new(address),
        action: *action,
        outcome: outcome.into(),
        request_id: request_id.as_deref(),
        diagnostic: reason.as_ref().map(|reason| finding(reason, sources)),
    }
}
