//! The facts of a plan as rows for the plan document, Terraform's JSON and events.

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::documents::{AddressRow, texts};
use super::left_open::story;
use super::view::ChangeView;
use crate::apply::journal::{LeftOpen, LeftOpenFound, LeftOpenKind, LeftOpenNow};
use crate::drift;
use crate::model::{AddressText, Field, Format, Part, RecordConfig};
use crate::plan::{
    ActionKind, Change, Contingent, Coverage, Difference, FieldChange, FieldOrigin, Guard, Held, OnAirStream,
    SinceBase, Warning,
};
use crate::resolve::OriginKind;

/// One change of one configuration.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Change")]
pub(super) struct ChangeRow<'a> {
    /// The declared account, null where none is declared.
    account: Option<&'a str>,
    /// The region of the domain, null if the files name none.
    region: Option<&'a str>,
    /// The configuration.
    #[serde(flatten)]
    address: AddressRow<'a>,
    /// The action.
    action: ActionKind,
    /// The reason, for people.
    reason: String,
    /// The fields that differ; a create lists every field that is set.
    fields: Vec<FieldRow>,
    /// The configurations that record the address.
    coverage: CoverageRow<'a>,
    /// Further writes that are sent only if a step fails.
    #[schemars(with = "Vec<Contingent>")]
    contingent: &'a [Contingent],
}

/// One field of a change.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FieldChange")]
struct FieldRow {
    /// The name of the field in YAML.
    field: Field,
    /// The value now, null if not set.
    #[schemars(schema_with = "value_schema")]
    before: Json,
    /// The value afterwards, null if not set.
    #[schemars(schema_with = "value_schema")]
    after: Json,
    /// Where the new value comes from, null if the configuration is deleted.
    origin: Option<OriginRow>,
}

/// A field's value: seconds are integers, switches booleans, groups ids; undocumented values are objects.
pub(super) fn value_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "integer", "boolean", "object", "array", "null"] })
}

/// Where a planned value comes from.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Origin")]
pub(super) struct OriginRow {
    /// The kind of block that sets it.
    kind: OriginKind,
    /// The tier's name, if it comes from a tier.
    #[serde(skip_serializing_if = "Option::is_none")]
    tier: Option<String>,
    /// The file, if the value is in a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    /// The column, from 1, in Unicode characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
}

/// The configurations that record an address before and after the plan; it is presumed that the most specific one wins.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Coverage")]
pub(super) struct CoverageRow<'a> {
    /// The configuration that records it now, null if it is not recorded.
    before: Option<AddressText<'a>>,
    /// The configuration that records it afterwards, null if it is not recorded.
    after: Option<AddressText<'a>>,
    /// Whether recording starts by itself now, not only on demand.
    before_records_by_itself: bool,
    /// Whether recording starts by itself afterwards, not only on demand.
    after_records_by_itself: bool,
    /// The same for people.
    text: String,
}

/// An address at which two plans differ.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Difference")]
pub(super) struct DifferenceRow<'a> {
    /// The configuration.
    #[serde(flatten)]
    address: AddressRow<'a>,
    /// The reviewed change, null if there was none.
    reviewed: Option<Transition>,
    /// The change now, null if there is none.
    now: Option<Transition>,
}

/// How the files of a plan differ from those of their target branch.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SinceBase")]
pub(super) struct SinceBaseRow<'a> {
    /// The branch's checkout, as given on the command line.
    base: &'a str,
    /// Changes of the plan that the branch's files ask for in exactly the same way.
    pending: Vec<AddressText<'a>>,
    /// Changes that the branch's files ask for and these files do not, or ask for differently.
    otherwise: Vec<OtherwiseRow<'a>>,
    /// Existing configurations that the branch's files declare and these files do not; they are left alone.
    released: Vec<AddressText<'a>>,
    /// Existing configurations that the branch's files protect and these files do not.
    unprotected: Vec<AddressText<'a>>,
    /// Domains that only the branch's files name.
    #[schemars(with = "Vec<String>")]
    unnamed: &'a [String],
}

/// A change that was pending.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Otherwise")]
struct OtherwiseRow<'a> {
    /// The configuration.
    #[serde(flatten)]
    address: AddressRow<'a>,
    /// What the branch's files ask for.
    base: Transition,
}

/// A change with its states before and after.
#[derive(Serialize, JsonSchema)]
struct Transition {
    /// The action.
    action: ActionKind,
    /// All settings now, null if there is no configuration.
    #[schemars(schema_with = "optional_settings_schema")]
    before: Option<serde_json::Map<String, Json>>,
    /// All settings afterwards, null if there is no configuration.
    #[schemars(schema_with = "optional_settings_schema")]
    after: Option<serde_json::Map<String, Json>>,
}

/// Every field by its name, or null.
pub(super) fn settings_schema(generator: &mut SchemaGenerator) -> Schema {
    let names = Field::ALL.map(Field::name);
    let mut schema = |field: Field| match field {
        Field::RecordFormat => formats_schema(generator),
        _ => value_schema(generator),
    };
    let values: serde_json::Map<String, Json> =
        Field::ALL.iter().map(|field| (field.name().to_owned(), schema(*field).to_value())).collect();
    json_schema!({ "type": "object", "properties": values, "required": names.to_vec() })
}

/// The settings that each format has, or null.
fn formats_schema(generator: &mut SchemaGenerator) -> Schema {
    let parts: serde_json::Map<String, Json> =
        Part::ALL.iter().map(|part| (part.name().to_owned(), value_schema(generator).to_value())).collect();
    json_schema!({
        "type": ["object", "null"],
        "propertyNames": { "enum": Format::ALL.map(Format::name) },
        "additionalProperties": { "type": "object", "properties": parts },
    })
}

/// As [`settings_schema`], or null.
pub(super) fn optional_settings_schema(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = settings_schema(generator);
    schema.insert("type".to_owned(), json!(["object", "null"]));
    schema
}

/// Whether a drift is an alarm.
#[derive(Serialize, JsonSchema)]
pub(super) struct Drift {
    /// Whether the service differs from the files; with `--only-new`, whether a difference is new or changed.
    pub(super) drifted: bool,
    /// Whether everything was read, from the declared account; if not, `drifted: false` means nothing.
    pub(super) complete: bool,
}

impl Drift {
    /// Whether a drift is an alarm.
    pub(super) fn of(drift: &drift::Drift) -> Self {
        Self { drifted: drift.is_drifted(), complete: drift.is_complete }
    }
}

/// A stream on air whose configuration the plan changes.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OnAir")]
pub(super) struct OnAirRow<'a> {
    /// The stream.
    #[serde(flatten)]
    address: AddressRow<'a>,
    /// When it was published, in UTC.
    #[schemars(with = "String", extend("format" = "date-time"))]
    since: Timestamp,
    /// The configuration that applies to it now, and that it keeps until it is published again.
    before: AddressText<'a>,
    /// The one that applies from then on, null if none does.
    after: Option<AddressText<'a>>,
}

/// Streams on air as rows.
pub(super) fn on_air_rows<'a>(streams: impl IntoIterator<Item = &'a OnAirStream>) -> Vec<OnAirRow<'a>> {
    let row = |OnAirStream { address, since, before, after }: &'a OnAirStream| OnAirRow {
        address: AddressRow::new(address),
        since: *since,
        before: AddressText(before),
        after: after.as_ref().map(AddressText),
    };
    streams.into_iter().map(row).collect()
}

/// A guard that refuses the plan.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Held")]
pub(super) struct HeldRow<'a> {
    /// The guard.
    guard: Guard,
    /// The change that it is about, if it is about one.
    #[serde(flatten)]
    address: Option<AddressRow<'a>>,
    /// The reason.
    message: &'a str,
    /// The flag that allows it, null if no flag does.
    release: Option<&'a str>,
}

/// A fact that a reviewer should see first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Warning")]
pub(super) struct WarningRow<'a> {
    /// The fact.
    message: &'a str,
    /// The configuration that it is about, if it is about one.
    #[serde(flatten)]
    address: Option<AddressRow<'a>>,
}

/// Every field of a configuration by its name.
pub(super) fn settings_row(config: &RecordConfig) -> serde_json::Map<String, Json> {
    let value = |field: Field| (field.name().to_owned(), config.get(field).to_json());
    Field::ALL.into_iter().map(value).collect()
}

/// A fact for reviewers, as a row.
pub(super) fn warning_row(one: &Warning) -> WarningRow<'_> {
    let Warning { message, address } = one;
    WarningRow { message, address: AddressRow::of(address) }
}

/// A difference from the reviewed plan, as a row.
pub(super) fn difference_row(difference: &Difference) -> DifferenceRow<'_> {
    let Difference { address, first, second } = difference;
    let [reviewed, now] = [first, second].map(|change| change.as_ref().map(transition));
    DifferenceRow { address: AddressRow::new(address), reviewed, now }
}

/// The comparison with the target branch, as a row.
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
    let [before, after] = [change.before(), change.after()].map(|config| config.map(settings_row));
    Transition { action: change.action(), before, after }
}

/// A refusal as a row.
pub(super) fn held_row(held: &Held) -> HeldRow<'_> {
    let Held { guard, address, message, release } = held;
    HeldRow { guard: *guard, address: AddressRow::of(address), message, release: release.as_deref() }
}

/// A change as a row.
pub(super) fn change_row<'a>(account: Option<&'a str>, view: ChangeView<'a>) -> ChangeRow<'a> {
    let change = view.noted.change;
    ChangeRow {
        account,
        region: view.region(),
        address: AddressRow::new(&change.address),
        action: change.action(),
        reason: view.reason_text(),
        fields: view.field_changes().map(field_row).collect(),
        coverage: coverage_row(view),
        contingent: &change.contingent,
    }
}

/// The configurations that record the address of a change, as a row.
pub(super) fn coverage_row(view: ChangeView<'_>) -> CoverageRow<'_> {
    let (address, note) = (&view.noted.change.address, view.noted.note);
    let Coverage { before, after } = &note.coverage;
    CoverageRow {
        before: before.as_ref().map(|one| AddressText(one.at(address))),
        after: after.as_ref().map(|one| AddressText(one.at(address))),
        before_records_by_itself: before.as_ref().is_some_and(|one| one.records_by_itself),
        after_records_by_itself: after.as_ref().is_some_and(|one| one.records_by_itself),
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

/// The origin of a value, as a row.
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

/// Something that an earlier run left unfinished.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LeftOpen")]
pub(super) struct LeftOpenRow<'a> {
    /// The run's id.
    pub(super) run: &'a str,
    /// The configuration.
    #[serde(flatten)]
    pub(super) address: AddressRow<'a>,
    /// The planned action, null if a configuration beside a change was removed and not added back.
    action: Option<ActionKind>,
    /// Its outcome, null if it was not checked.
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
