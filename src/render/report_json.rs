//! What became of a plan, as the document that others may build on.

use schemars::JsonSchema;
use serde::Serialize;

use super::documents::{AddressRow, Context, FORMAT_VERSION, Finding, finding, findings, pretty};
use super::exit::Exit;
use super::facts::{LeftOpenRow, left_open_rows};
use super::report_view::{EndView, OutcomeCounts, ReportView};
use crate::apply::ChangeOutcome;
use crate::apply::journal::End;
use crate::plan::ActionKind;
use crate::source::Sources;

/// `apply --format json`.
pub(super) fn report_json(view: &ReportView, context: Context) -> String {
    let ReportView { plan, ends, counts, report, .. } = view;
    pretty(&ReportDocument {
        format_version: FORMAT_VERSION,
        target: &plan.target.name,
        digest: plan.digest.clone(),
        left_open: left_open_rows(&plan.left_open),
        outcomes: ends.iter().map(|end| outcome_row(end, context.sources)).collect(),
        summary: *counts,
        calls: report.calls,
        repeated: report.repeated,
        seconds: report.took.as_secs_f64(),
        diagnostics: findings(context),
        exit: context.exit,
    })
}

/// `apply --format json`: what became of every change.
#[derive(Serialize, JsonSchema)]
pub(super) struct ReportDocument<'a> {
    /// The version of the format.
    #[schemars(regex(pattern = "^1\\.[0-9]+$"))]
    format_version: &'static str,
    /// The endpoint or the emulator's file.
    target: &'a str,
    /// The digest of the plan that was carried out.
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    digest: String,
    /// What earlier runs left open, and what became of it; left out where there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_open: Vec<LeftOpenRow<'a>>,
    /// One for each planned change, in the plan's order.
    outcomes: Vec<OutcomeRow<'a>>,
    /// The outcomes by kind.
    summary: OutcomeCounts,
    /// Calls that were sent, reads and writes.
    calls: u64,
    /// How many of them went out because one before them failed.
    repeated: u64,
    /// How long it took.
    seconds: f64,
    /// All findings of the run, those of the outcomes among them; many that are alike are one here.
    diagnostics: Vec<Finding<'a>>,
    /// How the run ended.
    exit: Exit,
}

/// What became of one change.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ChangeOutcome")]
struct OutcomeRow<'a> {
    /// Which.
    #[serde(flatten)]
    address: AddressRow<'a>,
    /// What was to be done.
    action: ActionKind,
    /// What became of it.
    outcome: End,
    /// The service's id of the last write, null where it gave none.
    request_id: Option<&'a str>,
    /// Why it is not done, where it is not.
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
