//! The documents that others may build on: shapes of their own, apart from the values inside.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value as Json;

use super::left_open::{LeftOpenRow, left_open_rows};
use super::plan::coverage_text;
use super::{Briefing, Exit};
use crate::diag::{Code, Diagnostic, Severity};
use crate::gate;
use crate::model::{Address, AddressText, Field, RecordConfig};
use crate::plan::{
    ActionKind, Budget, Change, Contingent, Decisions, Difference, FieldChange, FieldOrigin, Guard, Held,
    Noted, Notes, Plan, SinceBase, Summary, Unsupported, Warning,
};
use crate::resolve::OriginKind;
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

/// Pretty-printed, with a line break at the end: machine formats are read by people too.
pub fn pretty(document: &impl Serialize) -> String {
    let text =
        serde_json::to_string_pretty(document).unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}"));
    gate::json(&text).into_owned() + "\n"
}

/// `validate --format json`, and what any command prints in this format when it ends before it has more to tell.
#[derive(Serialize, JsonSchema)]
pub(super) struct DiagnosticsDocument<'a> {
    /// The version of the format.
    #[schemars(regex(pattern = "^1\\.[0-9]+$"))]
    format_version: &'static str,
    /// All findings, in the order of their places.
    diagnostics: Vec<Finding<'a>>,
    /// How many there are.
    summary: Counts,
    /// How the run ended.
    exit: Exit,
}

/// Findings by weight.
#[derive(Serialize, JsonSchema)]
pub(super) struct Counts {
    /// What ends a run.
    errors: usize,
    /// What is worth a change.
    warnings: usize,
    /// Ideas.
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

/// One finding.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Diagnostic")]
pub(super) struct Finding<'a> {
    /// How much it weighs.
    pub(super) severity: Severity,
    /// Which rule found it.
    code: Code,
    /// What is wrong: a lowercase fragment with literals in backticks.
    message: &'a str,
    /// What to do, null where nothing is to be said.
    help: Option<&'a str>,
    /// The value at fault, null where no file is to blame.
    range: Option<Place>,
    /// How the value came there, and what else belongs to it.
    related: Vec<RelatedNote<'a>>,
    /// The configuration it is about, where it is about one.
    #[serde(flatten)]
    address: Option<AddressRow<'a>>,
    /// The service's id of the failed request, where there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

/// A fact beside a finding.
#[derive(Serialize, JsonSchema)]
pub(super) struct RelatedNote<'a> {
    /// The fact.
    message: &'a str,
    /// Where it stands, null where in no file.
    range: Option<Place>,
}

/// An address as one text and in its parts.
#[derive(Serialize, JsonSchema)]
pub(super) struct AddressRow<'a> {
    /// The parts between slashes; a name that YAML cannot write stands in double quotes.
    address: AddressText<'a>,
    /// The main streaming domain.
    domain: &'a str,
    /// The app, `*` for every one without an entry of its own.
    app: &'a str,
    /// The stream, likewise.
    stream: &'a str,
}

impl<'a> AddressRow<'a> {
    pub(super) fn new(address: &'a Address) -> Self {
        let Address { domain, app, stream } = address;
        Self { address: AddressText(address), domain, app, stream }
    }

    fn of(address: &'a Option<Address>) -> Option<Self> {
        address.as_ref().map(Self::new)
    }
}

impl fmt::Display for AddressRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.0.fmt(f)
    }
}

/// Addresses where there is no room for their parts.
pub(super) fn texts<'a>(addresses: impl IntoIterator<Item = &'a Address>) -> Vec<AddressText<'a>> {
    addresses.into_iter().map(AddressText).collect()
}

/// The run's findings as rows.
pub(super) fn findings(context: Context<'_>) -> Vec<Finding<'_>> {
    context.diagnostics.iter().map(|one| finding(one, context.sources)).collect()
}

/// One finding as a row.
pub(super) fn finding<'a>(diagnostic: &'a Diagnostic, sources: &Sources) -> Finding<'a> {
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
        code: *code,
        message,
        help: help.as_deref(),
        range: labels.first().map(|label| sources.place(label.span)),
        related: more.chain(notes).collect(),
        address: AddressRow::of(address),
        request_id: request_id.as_deref(),
    }
}

/// `plan --format json`: all that apply would do, and all that a reviewer should know.
#[derive(Serialize, JsonSchema)]
pub(super) struct PlanDocument<'a> {
    /// The version of the format.
    #[schemars(regex(pattern = "^1\\.[0-9]+$"))]
    format_version: &'static str,
    /// The endpoint or the emulator's file.
    target: &'a str,
    /// The declared account, null where none is declared.
    account: Option<&'a str>,
    /// What the plan is known by: the same transition has the same digest on any machine at any time.
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    digest: String,
    /// What earlier runs left open, and what became of it; left out where there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_open: Vec<LeftOpenRow<'a>>,
    /// What tells the plan from the one that was reviewed; left out where there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    since_review: Vec<DifferenceRow<'a>>,
    /// What was pending on the target branch; left out where nobody looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    since_base: Option<SinceBaseRow<'a>>,
    /// The changes, in the order of their addresses.
    changes: Vec<ChangeRow<'a>>,
    /// Configurations that no file declares: left alone.
    unmanaged: Vec<AddressText<'a>>,
    /// Configurations that `ignore` names: left alone.
    ignored: Vec<AddressText<'a>>,
    /// Configurations that livevod can't manage.
    unsupported: Vec<UnsupportedRow<'a>>,
    /// Domains that could not be read.
    #[schemars(with = "Vec<String>")]
    unread: &'a [String],
    /// The guards that hold the plan: nothing is applied while there is one.
    held: Vec<HeldRow<'a>>,
    /// Facts that a reviewer should see first.
    warnings: Vec<WarningRow<'a>>,
    /// The changes by kind.
    summary: Summary,
    /// What applying it costs at least.
    budget: Budget,
    /// All findings of the run.
    diagnostics: Vec<Finding<'a>>,
    /// How the run ended.
    exit: Exit,
}

/// `drift --format json`: the plan, and whether it is an alarm.
#[derive(Serialize, JsonSchema)]
pub(super) struct DriftDocument<'a> {
    /// Whether the service is other than declared.
    drifted: bool,
    /// Whether everything was read, and of the declared account; where not, `drifted: false` says nothing.
    complete: bool,
    #[serde(flatten)]
    plan: PlanDocument<'a>,
}

/// One change of one configuration.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Change")]
pub(super) struct ChangeRow<'a> {
    /// The declared account, null where none is declared.
    account: Option<&'a str>,
    /// The region of the domain, null where none is written.
    region: Option<&'a str>,
    /// What is changed.
    #[serde(flatten)]
    address: AddressRow<'a>,
    /// What is done.
    action: ActionKind,
    /// Why, for people.
    reason: String,
    /// The fields that differ; a create lists every one that is set.
    fields: Vec<FieldRow>,
    /// What records the address.
    coverage: CoverageRow<'a>,
    /// What is written besides if a step goes wrong.
    #[schemars(with = "Vec<Contingent>")]
    contingent: &'a [Contingent],
}

/// One field of a change.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FieldChange")]
struct FieldRow {
    /// Which, by its name in YAML.
    field: Field,
    /// Its value now, null where nothing is set.
    #[schemars(schema_with = "value_schema")]
    before: Json,
    /// Its value afterwards, null where nothing is set.
    #[schemars(schema_with = "value_schema")]
    after: Json,
    /// Where the new value comes from, null where the entry goes.
    origin: Option<OriginRow>,
}

/// A field's value: seconds are integers, switches booleans, groups ids; what no document knows is an object.
fn value_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "integer", "boolean", "object", "null"] })
}

/// Where a planned value comes from.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Origin")]
pub(super) struct OriginRow {
    /// The kind of block that it stands in.
    kind: OriginKind,
    /// The tier's name, where it comes from one.
    #[serde(skip_serializing_if = "Option::is_none")]
    tier: Option<String>,
    /// The file, where somebody wrote the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    /// The column, from 1, in Unicode characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
}

/// What records an address before and after the plan; that the most specific entry wins is presumed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Coverage")]
struct CoverageRow<'a> {
    /// The entry that rules it now, null where it is not recorded.
    before: Option<AddressText<'a>>,
    /// The entry that rules it afterwards, null where it is not recorded.
    after: Option<AddressText<'a>>,
    /// The same for people.
    text: String,
}

/// A configuration that livevod can't manage.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Unsupported")]
pub(super) struct UnsupportedRow<'a> {
    /// Which.
    #[serde(flatten)]
    address: AddressRow<'a>,
    /// Why.
    reason: &'a str,
    /// Whether a file declares it, which makes it a difference.
    declared: bool,
}

/// A change that is not, or not so, in one of two plans.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Difference")]
pub(super) struct DifferenceRow<'a> {
    /// Where.
    #[serde(flatten)]
    address: AddressRow<'a>,
    /// The change that was reviewed, null where there was none.
    reviewed: Option<Transition>,
    /// The change now, null where there is none.
    now: Option<Transition>,
}

/// What the files of a plan change from what was pending on their target branch.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SinceBase")]
pub(super) struct SinceBaseRow<'a> {
    /// The branch's checkout, as it was named.
    base: &'a str,
    /// Changes of the plan that the branch's files ask for just so.
    pending: Vec<AddressText<'a>>,
    /// What the branch's files ask for, and these files not, or not so.
    otherwise: Vec<OtherwiseRow<'a>>,
    /// What the branch's files declare and these do not, where something stands and stays.
    released: Vec<AddressText<'a>>,
    /// What stands there, protected by the branch's files and not by these.
    unprotected: Vec<AddressText<'a>>,
    /// Domains that only the branch's files name.
    #[schemars(with = "Vec<String>")]
    unnamed: &'a [String],
}

/// A change that was pending.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Otherwise")]
struct OtherwiseRow<'a> {
    /// Where.
    #[serde(flatten)]
    address: AddressRow<'a>,
    /// What the branch's files ask for.
    base: Transition,
}

/// A change by what it leads from and to.
#[derive(Serialize, JsonSchema)]
struct Transition {
    /// What is done.
    action: ActionKind,
    /// All settings now, null where nothing is there.
    #[schemars(schema_with = "settings_schema")]
    before: Option<serde_json::Map<String, Json>>,
    /// All settings afterwards, null where nothing is.
    #[schemars(schema_with = "settings_schema")]
    after: Option<serde_json::Map<String, Json>>,
}

/// Every field by its name, or null.
fn settings_schema(generator: &mut SchemaGenerator) -> Schema {
    let names = Field::ALL.map(Field::name);
    let values: serde_json::Map<String, Json> =
        names.iter().map(|name| ((*name).to_owned(), value_schema(generator).to_value())).collect();
    json_schema!({ "type": ["object", "null"], "properties": values, "required": names.to_vec() })
}

/// A guard that holds the plan.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Held")]
pub(super) struct HeldRow<'a> {
    /// Which guard.
    guard: Guard,
    /// The change it is about, where it is about one.
    #[serde(flatten)]
    address: Option<AddressRow<'a>>,
    /// What it found.
    message: &'a str,
    /// The flag that releases it, null where nothing does.
    release: Option<&'a str>,
}

/// A fact that a reviewer should see first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Warning")]
pub(super) struct WarningRow<'a> {
    /// The fact.
    message: &'a str,
    /// The configuration it is about, where it is about one.
    #[serde(flatten)]
    address: Option<AddressRow<'a>>,
}

impl<'a> PlanDocument<'a> {
    fn new(briefing: Briefing<'a>, context: Context<'a>) -> Self {
        let Briefing { plan, target, left_open, since_review } = briefing;
        let Plan { decisions, notes } = plan;
        let Notes {
            is_rest: _,
            changes: _,
            unchanged: _,
            unmanaged,
            ignored,
            unsupported,
            shadows: _,
            held,
            warnings,
            unread,
            budget,
            group_names: _,
            since_base,
        } = notes;
        Self {
            format_version: FORMAT_VERSION,
            target: &target.name,
            account: decisions.account.as_deref(),
            digest: plan.digest(),
            left_open: left_open_rows(left_open),
            since_review: since_review.iter().map(difference_row).collect(),
            since_base: since_base.as_ref().map(since_base_row),
            changes: plan.changes().map(|change| change_row(decisions, change)).collect(),
            unmanaged: texts(unmanaged),
            ignored: texts(ignored),
            unsupported: unsupported.iter().map(unsupported_row).collect(),
            unread,
            held: held.iter().map(held_row).collect(),
            warnings: warnings.iter().map(warning_row).collect(),
            summary: plan.summary(),
            budget: *budget,
            diagnostics: findings(context),
            exit: context.exit,
        }
    }
}

/// A configuration that can't be managed, as a row.
pub(super) fn unsupported_row(one: &Unsupported) -> UnsupportedRow<'_> {
    let Unsupported { address, reason, declared } = one;
    UnsupportedRow { address: AddressRow::new(address), reason, declared: *declared }
}

/// A fact for reviewers, as a row.
pub(super) fn warning_row(one: &Warning) -> WarningRow<'_> {
    let Warning { message, address } = one;
    WarningRow { message, address: AddressRow::of(address) }
}

/// What tells a plan from a reviewed one, as a row.
pub(super) fn difference_row(difference: &Difference) -> DifferenceRow<'_> {
    let Difference { address, first, second } = difference;
    let [reviewed, now] = [first, second].map(|change| change.as_ref().map(transition));
    DifferenceRow { address: AddressRow::new(address), reviewed, now }
}

/// What was pending on the target branch, as a row.
pub(super) fn since_base_row(since: &SinceBase) -> SinceBaseRow<'_> {
    let SinceBase { base, pending, otherwise, released, unprotected, unnamed } = since;
    let otherwise = otherwise
        .iter()
        .map(|change| OtherwiseRow { address: AddressRow::new(&change.address), base: transition(change) });
    SinceBaseRow {
        base,
        pending: texts(pending),
        otherwise: otherwise.collect(),
        released: texts(released),
        unprotected: texts(unprotected),
        unnamed,
    }
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

/// A guard that holds, as a row.
pub(super) fn held_row(held: &Held) -> HeldRow<'_> {
    let Held { guard, address, message, release } = held;
    HeldRow { guard: *guard, address: AddressRow::of(address), message, release: release.as_deref() }
}

/// A change as a row.
pub(super) fn change_row<'a>(decisions: &'a Decisions, noted: Noted<'a>) -> ChangeRow<'a> {
    let Noted { change, note } = noted;
    let coverage = &note.coverage;
    ChangeRow {
        account: decisions.account.as_deref(),
        region: decisions.region(change),
        address: AddressRow::new(&change.address),
        action: change.action,
        reason: noted.reason_text(),
        fields: noted.field_changes().map(|field| field_row(change, field)).collect(),
        coverage: CoverageRow {
            before: coverage.before.as_ref().map(AddressText),
            after: coverage.after.as_ref().map(AddressText),
            text: coverage_text(coverage, &change.address, change.action),
        },
        contingent: &change.contingent,
    }
}

fn field_row(change: &Change, one: FieldChange) -> FieldRow {
    let FieldChange { field, origin } = one;
    FieldRow {
        field,
        before: change.before_value(field).to_json(),
        after: change.after_value(field).to_json(),
        origin: origin.map(origin_row),
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
