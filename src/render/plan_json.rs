//! A plan as the document that others may build on.

use schemars::JsonSchema;
use serde::Serialize;

use super::documents::{Context, FORMAT_VERSION, Finding, findings, pretty};
use super::exit::Exit;
use super::facts::{
    ChangeRow, DifferenceRow, HeldRow, LeftOpenRow, OnAirRow, SinceBaseRow, WarningRow, change_row,
    difference_row, held_row, left_open_rows, on_air_rows, since_base_row, warning_row,
};
use super::leases::{LeaseRow, lease_rows};
use super::left_alone::LeftAloneRows;
use super::replay_json::ReplayDocument;
use super::view::PlanView;
use crate::plan::{Budget, Summary};

/// `plan --format json`.
pub(super) fn plan_json(view: &PlanView, context: Context) -> String {
    pretty(&PlanDocument::new(view, context))
}

/// `plan --format json`: everything that apply would do and that a reviewer should know.
#[derive(Serialize, JsonSchema)]
pub(super) struct PlanDocument<'a> {
    /// The version of the format.
    #[schemars(regex(pattern = "^1\\.[0-9]+$"))]
    format_version: &'static str,
    /// The endpoint or the emulator's file.
    target: &'a str,
    /// The declared account, null where none is declared.
    account: Option<&'a str>,
    /// The digest of the plan: the same decisions have the same digest on any machine at any time.
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    digest: String,
    /// What earlier runs left unfinished, and its outcome; left out if there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_open: Vec<LeftOpenRow<'a>>,
    /// How the plan differs from the reviewed one; left out if it does not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    since_review: Vec<DifferenceRow<'a>>,
    /// The comparison with the target branch; left out if there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    since_base: Option<SinceBaseRow<'a>>,
    /// The domains of the plan that other runs hold at this moment: what those have not finished shows as a difference; left out if
    /// there is none. New in 1.2.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    leases: Vec<LeaseRow<'a>>,
    /// The flags that select the addresses that were compared, as typed; left out if all were compared.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schemars(with = "Vec<String>")]
    selected: &'a [String],
    /// The changes, in the order of their addresses.
    changes: Vec<ChangeRow<'a>>,
    /// What it leaves alone.
    #[serde(flatten)]
    left_alone: LeftAloneRows<'a>,
    /// The guards that refuse the plan: nothing is applied while there is one.
    held: Vec<HeldRow<'a>>,
    /// The streams on air whose configuration the plan changes, which they are presumed to keep until they are published again;
    /// left out if there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    on_air: Vec<OnAirRow<'a>>,
    /// Domains of which it is not known who is on air; left out if there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    on_air_unread: Vec<&'a str>,
    /// What aired, under the configurations of before and after the plan; left out unless `--replay` asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    replay: Option<ReplayDocument<'a>>,
    /// Facts that a reviewer should see first.
    warnings: Vec<WarningRow<'a>>,
    /// The changes by kind.
    summary: Summary,
    /// The least that applying it costs.
    budget: Budget,
    /// All findings of the run.
    diagnostics: Vec<Finding<'a>>,
    /// How the run ended.
    exit: Exit,
}

impl<'a> PlanDocument<'a> {
    pub(super) fn new(view: &'a PlanView<'a>, context: Context<'a>) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            target: &view.target.name,
            account: view.account,
            digest: view.digest.clone(),
            left_open: left_open_rows(&view.left_open),
            since_review: view.since_review.iter().map(difference_row).collect(),
            since_base: view.base.as_ref().map(|base| since_base_row(base.since)),
            leases: lease_rows(view.account, view.leases),
            selected: view.selected,
            changes: view.changes().map(|change| change_row(view.account, change)).collect(),
            left_alone: LeftAloneRows::new(view),
            held: view.held.iter().map(held_row).collect(),
            on_air: on_air_rows(view.on_air),
            on_air_unread: view.on_air_unread.clone(),
            replay: view.replay.map(ReplayDocument::new),
            warnings: view.warnings.iter().map(warning_row).collect(),
            summary: view.summary,
            budget: view.budget,
            diagnostics: findings(context),
            exit: context.exit,
        }
    }
}
