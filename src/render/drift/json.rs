//! A drift as the document that others may build on: the plan, and what happened.

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value as Json;

use super::super::documents::{AddressRow, Context, pretty};
use super::super::facts::{Drift as Alarm, value_schema};
use super::super::plan_json::PlanDocument;
use super::super::who::{TrailRow, trail_row};
use super::view::{Cures, DriftView};
use super::words;
use crate::api::Trail;
use crate::drift::{Difference, FieldDifference, Kind, Moved, News, Since, SinceWhat};
use crate::merge::Adoption;
use crate::model::{AddressText, Field};

/// `drift --format json`.
pub(in super::super) fn drift_json(view: &DriftView, context: Context) -> String {
    pretty(&DriftDocument::new(view, context))
}

/// `drift --format json`: what happened in the service, and the plan that undoes it.
#[derive(Serialize, JsonSchema)]
pub(in super::super) struct DriftDocument<'a> {
    #[serde(flatten)]
    drift: Alarm,
    /// What differs, in the order of the addresses; with `--only-new`, what is new or changed since the last check. New in
    /// 1.2.
    differences: Vec<DifferenceDocument<'a>>,
    /// The comparison with the last check; left out without `--only-new`. New in 1.2.
    #[serde(skip_serializing_if = "Option::is_none")]
    since_last_check: Option<NewsRow>,
    #[serde(flatten)]
    plan: PlanDocument<'a>,
}

/// One configuration that is not as the files want it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DriftDifference")]
pub(in super::super) struct DifferenceDocument<'a> {
    /// The configuration.
    #[serde(flatten)]
    address: AddressRow<'a>,
    /// What differs.
    kind: Kind,
    /// Which side moved since livevod last wrote there; null if no journal tells.
    moved: Option<Moved>,
    /// The fields that differ; of a configuration that only one side has, all that this side sets.
    fields: Vec<FieldRow>,
    /// The earliest moment at which it can have arisen; null if it is not known.
    since: Option<SinceRow<'a>>,
    /// The declared configuration that does not apply because of this one; null if there is none.
    shadowed: Option<AddressText<'a>>,
    /// The configuration that records the address now; null if nothing does. It is presumed that the most specific one wins.
    recorded_by: Option<AddressText<'a>>,
    /// The same for people.
    message: String,
    /// The command that makes the service agree with the files; null if none does.
    revert: Option<&'a str>,
    /// The YAML that must be in the files before that command reverts anything; null if they mention the configuration.
    revert_first: Option<AdoptionRow<'a>>,
    /// The YAML that makes the files agree with the service; null if none does.
    adopt: Option<AdoptionRow<'a>>,
    /// Entries for the list `accept` that leave it as it is until a day, to be filled in with a reason; null if only settings that the
    /// files changed differ, or no settings do.
    accept: Option<&'a str>,
    /// The calls that may have changed it, by ActionTrail; left out unless `--who` asked. New in 1.2.
    #[serde(skip_serializing_if = "Option::is_none")]
    who: Option<TrailRow<'a>>,
    /// The file that says what should be there; null if none does.
    file: Option<&'a str>,
    /// The line in it, from 1; null if there is no file.
    line: Option<u32>,
}

/// One field of a difference.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DriftField")]
struct FieldRow {
    /// The name of the field in YAML.
    field: Field,
    /// What the files say, null if they say nothing.
    #[schemars(schema_with = "value_schema")]
    declared: Json,
    /// What the service has, null if it is not set.
    #[schemars(schema_with = "value_schema")]
    actual: Json,
    /// Which side moved since livevod last wrote there; null if no journal tells.
    moved: Option<Moved>,
}

/// The earliest moment at which a difference can have arisen.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DriftSince")]
struct SinceRow<'a> {
    /// The moment.
    #[schemars(schema_with = "time_schema")]
    time: Timestamp,
    /// What happened then.
    event: SinceEvent,
    /// The run of livevod that wrote it; null if the service created it.
    run: Option<&'a str>,
}

/// What happened at the earliest moment of a difference.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum SinceEvent {
    /// A run of livevod wrote the address and confirmed it.
    Written,
    /// The service created the configuration.
    Created,
}

/// YAML for the files.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DriftYaml")]
struct AdoptionRow<'a> {
    /// The file that it belongs into; null if it can be added to any.
    file: Option<&'a str>,
    /// The first line that it replaces, or before which it is inserted, from 1; null if there is no file.
    line: Option<usize>,
    /// The last line that it replaces; null if it replaces none.
    last_line: Option<usize>,
    /// Whole lines, without the last line break.
    yaml: &'a str,
}

/// The comparison with the last check.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DriftNews")]
struct NewsRow {
    /// How many differences are as before, and so not listed.
    as_before: usize,
    /// How many differences of the last check are gone.
    gone: usize,
}

fn time_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "date-time" })
}

impl<'a> DriftDocument<'a> {
    fn new(view: &'a DriftView<'a>, context: Context<'a>) -> Self {
        let news = view.news.map(|News { as_before, gone }| NewsRow { as_before, gone });
        Self {
            drift: Alarm::of(view.drift),
            differences: view
                .differences()
                .map(|(one, cures)| DifferenceDocument::new(one, cures, view.trail(&one.address)))
                .collect(),
            since_last_check: news,
            plan: PlanDocument::new(view.plan, context),
        }
    }
}

impl<'a> DifferenceDocument<'a> {
    pub(in super::super) fn new(one: &'a Difference, cures: &'a Cures, who: Option<&'a Trail>) -> Self {
        let Difference {
            address,
            kind,
            moved,
            fields,
            since,
            place,
            shadowed,
            recorder,
            reason: _,
            is_planned: _,
        } = one;
        let Cures { revert_first, revert, adopt, accept } = cures;
        Self {
            address: AddressRow::new(address),
            kind: *kind,
            moved: *moved,
            fields: fields.iter().map(FieldRow::new).collect(),
            since: since.as_ref().map(SinceRow::new),
            shadowed: shadowed.as_ref().map(AddressText),
            recorded_by: recorder.as_ref().map(|one| AddressText(one.at(address))),
            message: words::message(one, str::to_owned),
            revert: revert.as_deref(),
            revert_first: revert_first.as_ref().map(AdoptionRow::new),
            adopt: adopt.as_ref().map(AdoptionRow::new),
            accept: accept.as_deref(),
            who: who.map(trail_row),
            file: place.as_ref().map(|place| place.file.as_str()),
            line: place.as_ref().map(|place| place.start.line),
        }
    }
}

impl FieldRow {
    fn new(FieldDifference { field, declared, actual, moved, origin: _ }: &FieldDifference) -> Self {
        Self { field: *field, declared: declared.to_json(), actual: actual.to_json(), moved: *moved }
    }
}

impl<'a> SinceRow<'a> {
    fn new(Since { time, what }: &'a Since) -> Self {
        let (event, run) = match what {
            SinceWhat::Written(run) => (SinceEvent::Written, Some(run.as_str())),
            SinceWhat::Created => (SinceEvent::Created, None),
        };
        Self { time: *time, event, run }
    }
}

impl<'a> AdoptionRow<'a> {
    fn new(Adoption { lines, yaml }: &'a Adoption) -> Self {
        let (file, lines) = lines.as_ref().map(|(file, lines)| (file.as_str(), lines)).unzip();
        let line = lines.map(|lines| lines.start);
        let last_line = lines.filter(|lines| !lines.is_empty()).map(|lines| lines.end - 1);
        Self { file, line, last_line, yaml }
    }
}
