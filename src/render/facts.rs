//! The facts of a plan as rows of documents: of the plan's own, of Terraform's shape and of events.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value as Json;

use super::documents::{AddressRow, texts};
use super::left_open::story;
use super::view::{ChangeView, PlanView};
use crate::apply::journal::{LeftOpen, LeftOpenFound, LeftOpenKind, LeftOpenNow};
use crate::model::{AddressText, Field, RecordConfig};
use crate::plan::{
    ActionKind, Change, Contingent, Coverage, Difference, FieldChange, FieldOrigin, Guard, Held, SinceBase,
    Unsupported, Warning,
};
use crate::resolve::OriginKind;

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
pub(super) struct CoverageRow<'a> {
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

/// Whether a plan is an alarm.
#[derive(Serialize, JsonSchema)]
pub(super) struct Drift {
    /// Whether the service is other than declared.
    pub(super) drifted: bool,
    /// Whether everything was read, and of the declared account; where not, `drifted: false` says nothing.
    pub(super) complete: bool,
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
    let settings = |config: Option<&RecordConfig>| -> Option<serde_json::Map<_, _>> {
        let config = config?;
        let value = |field: Field| (field.name().to_owned(), config.get(field).to_json());
        Some(Field::ALL.into_iter().map(value).collect())
    };
    Transition { action: change.action(), before: settings(change.before()), after: settings(change.after()) }
}

/// Whether a plan is an alarm.
pub(super) fn drift(view: &PlanView) -> Drift {
    Drift { drifted: view.is_different, complete: view.is_conclusive() }
}

/// A guard that holds, as a row.
pub(super) fn held_row(held: &Held) -> HeldRow<'_> {
    let Held { guard, address, message, release } = held;
    HeldRow { guard: *guard, address: AddressRow::of(address), message, release: release.as_deref() }
}

/// A change as a row.
pub(super) fn change_row<'a>(account: Option<&'a str>, view: ChangeView<'a>) -> ChangeRow<'a> {
    let change = view.noted.change;
    ChangeRow {
        account,
        region: view.region,
        address: AddressRow::new(&change.address),
        action: change.action(),
        reason: view.reason_text(),
        fields: view.field_changes().map(field_row).collect(),
        coverage: coverage_row(view),
        contingent: &change.contingent,
    }
}

/// Who records the address of a change, as a row.
pub(super) fn coverage_row(view: ChangeView<'_>) -> CoverageRow<'_> {
    let Coverage { before, after } = &view.noted.note.coverage;
    CoverageRow {
        before: before.as_ref().map(AddressText),
        after: after.as_ref().map(AddressText),
        text: view.coverage_text(),
    }
}

fn field_row(field: FieldChange) -> FieldRow {
    FieldRow {
        field: field.field,
        before: field.before.to_json(),
        after: field.after.to_json(),
        origin: field.origin.map(origin_row),
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

/// Something that an earlier run left open.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LeftOpen")]
pub(super) struct LeftOpenRow<'a> {
    /// The run's id.
    pub(super) run: &'a str,
    /// Where.
    #[serde(flatten)]
    pub(super) address: AddressRow<'a>,
    /// What was to be done there, null where an entry was removed beside a change and not put back.
    action: Option<ActionKind>,
    /// What became of it, null where nobody looked.
    found: Option<LeftOpenFound>,
    /// The same for people.
    pub(super) message: String,
}

/// The rows of a document.
pub(super) fn left_open_rows<'a>(looked: &[&'a LeftOpenNow]) -> Vec<LeftOpenRow<'a>> {
    looked.iter().copied().map(left_open_row).collect()
}

fn left_open_row(one: &LeftOpenNow) -> LeftOpenRow<'_> {
    let LeftOpen { run, address, kind, is_looked_at: _ } = &one.open;
    let action = match kind {
        LeftOpenKind::Change { action, .. } => Some(*action),
        LeftOpenKind::Lost(_) => None,
    };
    LeftOpenRow { run, address: AddressRow::new(address), action, found: one.found, message: story(one) }
}
