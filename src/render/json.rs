//! The documents that others may build on: shapes of their own, apart from the values inside.

use serde::Serialize;
use serde_json::Value as Json;

use super::left_open::{LeftOpenRow, left_open_rows};
use super::plan::coverage_text;
use super::{Briefing, Exit};
use crate::apply::{ChangeOutcome, Outcome, Report};
use crate::diag::{Diagnostic, Severity};
use crate::model::{Address, Field, RecordConfig};
use crate::plan::{
    ActionKind, Budget, Change, Difference, FieldChange, FieldOrigin, Guard, Held, Plan, Summary,
};
use crate::source::{Place, Sources};

/// Version of every document; a minor version only adds.
pub(super) const FORMAT_VERSION: &str = "1.0";

/// What every document says besides its subject.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The files that spans point into.
    pub sources: &'a Sources,
    /// Findings of the run.
    pub diagnostics: &'a [Diagnostic],
    /// How the run ends.
    pub exit: Exit,
}

/// `validate --format json`.
pub fn diagnostics_json(context: Context) -> String {
    pretty(&DiagnosticsDocument {
        format_version: FORMAT_VERSION,
        diagnostics: findings(context),
        summary: Counts::of(context.diagnostics),
        exit: context.exit,
    })
}

/// `plan --format json`.
pub fn plan_json(briefing: Briefing, context: Context) -> String {
    pretty(&PlanDocument::new(briefing, context))
}

/// `drift --format json`: the plan, and whether it is an alarm.
pub fn drift_json(briefing: Briefing, context: Context) -> String {
    let plan = briefing.plan;
    pretty(&DriftDocument {
        drifted: plan.differs(),
        complete: plan.is_complete() && !plan.is_held_by(Guard::Account),
        plan: PlanDocument::new(briefing, context),
    })
}

/// `apply --format json`.
pub fn report_json(briefing: Briefing, report: &Report, context: Context) -> String {
    let Briefing { plan, target, left_open, since_review: _ } = briefing;
    let Report { outcomes, calls, repeated, took } = report;
    let count = |wanted: &str| outcomes.iter().filter(|one| outcome_name(&one.outcome) == wanted).count();
    pretty(&ReportDocument {
        format_version: FORMAT_VERSION,
        target: &target.name,
        digest: plan.digest(),
        left_open: left_open_rows(left_open),
        outcomes: outcomes.iter().map(outcome_row).collect(),
        summary: OutcomeCounts {
            done: count("done"),
            failed: count("failed"),
            not_attempted: count("not_attempted"),
            unknown: count("unknown"),
        },
        calls: *calls,
        repeated: *repeated,
        seconds: took.as_secs_f64(),
        diagnostics: findings(context),
        exit: context.exit,
    })
}

/// Pretty-printed, with a line break at the end: machine formats are read by people too.
pub fn pretty(document: &impl Serialize) -> String {
    let mut text =
        serde_json::to_string_pretty(document).unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}"));
    text.push('\n');
    text
}

#[derive(Serialize)]
struct DiagnosticsDocument<'a> {
    format_version: &'static str,
    diagnostics: Vec<Finding<'a>>,
    summary: Counts,
    exit: Exit,
}

#[derive(Serialize)]
pub(super) struct Counts {
    errors: usize,
    warnings: usize,
    advice: usize,
}

impl Counts {
    pub(super) fn of(diagnostics: &[Diagnostic]) -> Self {
        let count = |severity| diagnostics.iter().filter(|one| one.severity == severity).count();
        Self {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            advice: count(Severity::Advice),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Finding<'a> {
    severity: Severity,
    code: &'static str,
    message: &'a str,
    help: Option<&'a str>,
    range: Option<Place>,
    related: Vec<RelatedNote<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct RelatedNote<'a> {
    message: &'a str,
    range: Option<Place>,
}

/// The run's findings as rows.
pub(super) fn findings(context: Context<'_>) -> Vec<Finding<'_>> {
    context.diagnostics.iter().map(|one| finding(one, context.sources)).collect()
}

fn finding<'a>(diagnostic: &'a Diagnostic, sources: &Sources) -> Finding<'a> {
    let Diagnostic { severity, code, message, help, labels, related, address, request_id } = diagnostic;
    let more = labels
        .iter()
        .skip(1)
        .map(|label| RelatedNote { message: &label.text, range: Some(sources.place(label.span)) });
    let notes = related
        .iter()
        .map(|note| RelatedNote { message: &note.message, range: note.span.map(|span| sources.place(span)) });
    Finding {
        severity: *severity,
        code: code.as_str(),
        message,
        help: help.as_deref(),
        range: labels.first().map(|label| sources.place(label.span)),
        related: more.chain(notes).collect(),
        address: address.as_ref(),
        request_id: request_id.as_deref(),
    }
}

#[derive(Serialize)]
struct PlanDocument<'a> {
    format_version: &'static str,
    target: &'a str,
    account: Option<&'a str>,
    digest: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_open: Vec<LeftOpenRow<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    since_review: Vec<DifferenceRow<'a>>,
    changes: Vec<ChangeRow<'a>>,
    unmanaged: &'a [Address],
    ignored: &'a [Address],
    unsupported: Vec<UnsupportedRow<'a>>,
    unread: &'a [String],
    held: Vec<HeldRow<'a>>,
    warnings: Vec<WarningRow<'a>>,
    summary: Summary,
    budget: Budget,
    diagnostics: Vec<Finding<'a>>,
    exit: Exit,
}

#[derive(Serialize)]
struct DriftDocument<'a> {
    drifted: bool,
    complete: bool,
    #[serde(flatten)]
    plan: PlanDocument<'a>,
}

#[derive(Serialize)]
struct ChangeRow<'a> {
    account: Option<&'a str>,
    region: Option<&'a str>,
    address: &'a Address,
    action: crate::plan::ActionKind,
    reason: String,
    fields: Vec<FieldRow>,
    coverage: CoverageRow<'a>,
    contingent: &'a [crate::plan::Contingent],
}

#[derive(Serialize)]
struct FieldRow {
    field: &'static str,
    before: Json,
    after: Json,
    origin: Option<OriginRow>,
}

#[derive(Serialize)]
pub(super) struct OriginRow {
    kind: crate::resolve::OriginKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    tier: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
}

#[derive(Serialize)]
struct CoverageRow<'a> {
    before: Option<&'a Address>,
    after: Option<&'a Address>,
    text: String,
}

#[derive(Serialize)]
struct UnsupportedRow<'a> {
    address: &'a Address,
    reason: &'a str,
    declared: bool,
}

/// One row of `since_review`.
#[derive(Serialize)]
pub(super) struct DifferenceRow<'a> {
    address: &'a Address,
    reviewed: Option<Transition>,
    now: Option<Transition>,
}

#[derive(Serialize)]
struct Transition {
    action: ActionKind,
    before: Option<serde_json::Map<String, serde_json::Value>>,
    after: Option<serde_json::Map<String, serde_json::Value>>,
}

#[derive(Serialize)]
struct HeldRow<'a> {
    guard: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a Address>,
    message: &'a str,
    release: Option<&'a str>,
}

#[derive(Serialize)]
struct WarningRow<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a Address>,
}

impl<'a> PlanDocument<'a> {
    fn new(briefing: Briefing<'a>, context: Context<'a>) -> Self {
        let Briefing { plan, target, left_open, since_review } = briefing;
        let Plan {
            account,
            changes,
            unchanged: _,
            unmanaged,
            ignored,
            unsupported,
            shadows: _,
            held,
            warnings,
            unread,
            declares_nothing: _,
            budget,
            group_names: _,
        } = plan;
        let account = account.as_deref();
        Self {
            format_version: FORMAT_VERSION,
            target: &target.name,
            account,
            digest: plan.digest(),
            left_open: left_open_rows(left_open),
            since_review: since_review.iter().map(difference_row).collect(),
            changes: changes.iter().map(|change| change_row(account, change)).collect(),
            unmanaged,
            ignored,
            unsupported: unsupported
                .iter()
                .map(|one| UnsupportedRow {
                    address: &one.address,
                    reason: &one.reason,
                    declared: one.declared,
                })
                .collect(),
            unread,
            held: held.iter().map(held_row).collect(),
            warnings: warnings
                .iter()
                .map(|one| WarningRow { message: &one.message, address: one.address.as_ref() })
                .collect(),
            summary: plan.summary(),
            budget: *budget,
            diagnostics: findings(context),
            exit: context.exit,
        }
    }
}

/// What two plans do at one address, as a row.
pub(super) fn difference_row(difference: &Difference) -> DifferenceRow<'_> {
    let Difference { address, first, second } = difference;
    let [reviewed, now] = [first, second].map(|change| change.as_ref().map(transition));
    DifferenceRow { address, reviewed, now }
}

fn transition(change: &Change) -> Transition {
    let Change { action, before, after, .. } = change;
    let settings = |config: &Option<RecordConfig>| -> Option<serde_json::Map<_, _>> {
        let config = config.as_ref()?;
        let value = |field: Field| (field.name().to_owned(), config.get(field).to_json());
        Some(Field::ALL.into_iter().map(value).collect())
    };
    Transition { action: *action, before: settings(before), after: settings(after) }
}

fn held_row(held: &Held) -> HeldRow<'_> {
    let Held { guard, address, message, release } = held;
    HeldRow { guard: guard.name(), address: address.as_ref(), message, release: release.as_deref() }
}

fn change_row<'a>(account: Option<&'a str>, change: &'a Change) -> ChangeRow<'a> {
    let coverage = &change.coverage;
    ChangeRow {
        account,
        region: change.region.as_deref(),
        address: &change.address,
        action: change.action,
        reason: change.reason.text(),
        fields: change.fields.iter().map(|field| field_row(change, field)).collect(),
        coverage: CoverageRow {
            before: coverage.before.as_ref(),
            after: coverage.after.as_ref(),
            text: coverage_text(coverage, &change.address, change.action),
        },
        contingent: &change.contingent,
    }
}

fn field_row(change: &Change, one: &FieldChange) -> FieldRow {
    let FieldChange { field, origin } = one;
    FieldRow {
        field: field.name(),
        before: change.before_value(*field).to_json(),
        after: change.after_value(*field).to_json(),
        origin: origin.as_ref().map(origin_row),
    }
}

/// Where a value comes from, as a row.
pub(super) fn origin_row(origin: &FieldOrigin) -> OriginRow {
    let FieldOrigin { kind, tier, place, via: _ } = origin;
    OriginRow {
        kind: *kind,
        tier: tier.clone(),
        file: place.as_ref().map(|place| place.file.clone()),
        line: place.as_ref().map(|place| place.start.line),
        column: place.as_ref().map(|place| place.start.column),
    }
}

#[derive(Serialize)]
struct ReportDocument<'a> {
    format_version: &'static str,
    target: &'a str,
    digest: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_open: Vec<LeftOpenRow<'a>>,
    outcomes: Vec<OutcomeRow<'a>>,
    summary: OutcomeCounts,
    calls: u64,
    repeated: u64,
    seconds: f64,
    diagnostics: Vec<Finding<'a>>,
    exit: Exit,
}

#[derive(Serialize)]
struct OutcomeRow<'a> {
    address: &'a Address,
    action: crate::plan::ActionKind,
    outcome: &'static str,
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

#[derive(Serialize)]
struct OutcomeCounts {
    done: usize,
    failed: usize,
    not_attempted: usize,
    unknown: usize,
}

fn outcome_row(one: &ChangeOutcome) -> OutcomeRow<'_> {
    let ChangeOutcome { address, action, outcome, request_id } = one;
    OutcomeRow {
        address,
        action: *action,
        outcome: outcome_name(outcome),
        request_id: request_id.as_deref(),
        message: outcome.failure().map(|failure| failure.message.as_str()),
    }
}

/// The outcome's name in every machine format.
pub(super) fn outcome_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::Failed(_) => "failed",
        Outcome::NotAttempted(_) => "not_attempted",
        Outcome::Unknown(_) => "unknown",
    }
}
