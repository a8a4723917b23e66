//! A plan in the shape of `terraform show -json`, for policy engines and viewers that read nothing else.
//!
//! Complete, with every null written out: readers of that shape silently skip missing keys, or fail. Facts that
//! Terraform has no key for are under `livevod`.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json};

use super::documents::{FORMAT_VERSION, pretty};
use super::exit::Exit;
use super::facts::{
    CoverageRow, DifferenceRow, LeftOpenRow, OriginRow, SinceBaseRow, coverage_row, difference_row,
    left_open_rows, origin_row, since_base_row,
};
use super::leases::{LeaseRow, lease_rows};
use super::left_alone::LeftAloneRows;
use super::view::{ChangeView, PlanView};
use crate::model::{Address, AddressText, Field, RecordConfig, Value};
use crate::plan::{ActionKind, Budget, Change, Contingent, Held, Reason, Summary, Warning};

/// The version of Terraform's shape.
const SHAPE: &str = "1.2";

/// A version of Terraform that writes that shape; readers recognize a plan by it.
const TERRAFORM: &str = "1.11.4";

/// The version of the shape of states.
const STATE: &str = "1.0";

/// The resource type of a configuration.
const TYPE: &str = "alicloud_live_record_vod";

/// `plan --format terraform-json`. Unchanged configurations have no values in a plan and are left out. With line breaks, unlike
/// Terraform: checkov tells resources apart by their lines.
pub(super) fn terraform_json(view: &PlanView, exit: Exit) -> String {
    let columns = &columns();
    let resources =
        |side| Values { root_module: Module { resources: Resources { view, columns, side: Some(side) } } };
    pretty(&TerraformPlan {
        format_version: SHAPE,
        terraform_version: TERRAFORM,
        planned_values: resources(|change| change.after()),
        resource_drift: [],
        resource_changes: ResourceChanges { view, columns },
        output_changes: Map::new(),
        prior_state: State {
            format_version: STATE,
            terraform_version: TERRAFORM,
            values: resources(|change| change.before()),
        },
        configuration: Values { root_module: Module { resources: Resources { view, columns, side: None } } },
        relevant_attributes: [],
        checks: [],
        applyable: view.is_applicable(),
        complete: view.is_complete,
        errored: exit == Exit::Error,
        livevod: Extras::new(view, exit),
    })
}

/// `plan --format gitlab-terraform`: the counts that a merge request shows; a replace counts on both sides.
pub(super) fn gitlab_terraform(view: &PlanView) -> String {
    let Summary { create, update, replace, delete, unchanged: _ } = view.summary;
    pretty(&Counts { create: create + replace, update, delete: delete + replace })
}

#[derive(Serialize)]
struct Counts {
    create: usize,
    update: usize,
    delete: usize,
}

#[derive(Serialize)]
struct TerraformPlan<'a> {
    format_version: &'static str,
    terraform_version: &'static str,
    planned_values: Values<'a>,
    resource_drift: [(); 0],
    resource_changes: ResourceChanges<'a>,
    output_changes: Map<String, Json>,
    prior_state: State<'a>,
    configuration: Values<'a>,
    relevant_attributes: [(); 0],
    checks: [(); 0],
    applyable: bool,
    complete: bool,
    errored: bool,
    livevod: Extras<'a>,
}

#[derive(Serialize)]
struct State<'a> {
    format_version: &'static str,
    terraform_version: &'static str,
    values: Values<'a>,
}

#[derive(Serialize)]
struct Values<'a> {
    root_module: Module<'a>,
}

#[derive(Serialize)]
struct Module<'a> {
    resources: Resources<'a>,
}

/// The configurations before or after. Each is made while it is written: all of them would take several times the memory of
/// the text.
struct Resources<'a> {
    view: &'a PlanView<'a>,
    columns: &'a [Column],
    /// `None` for no configuration at all.
    side: Option<fn(&Change) -> Option<&RecordConfig>>,
}

impl Serialize for Resources<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let changes = self.view.changes().map(|one| one.noted.change);
        let resource = |change| Some(Resource::new(change, self.side?(change)?, self.columns));
        serializer.collect_seq(changes.filter_map(resource))
    }
}

/// The changes, each made while it is written.
struct ResourceChanges<'a> {
    view: &'a PlanView<'a>,
    columns: &'a [Column],
}

impl Serialize for ResourceChanges<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let change = |change| ResourceChange::new(self.view, change, self.columns);
        serializer.collect_seq(self.view.changes().map(change))
    }
}

/// The name of a configuration.
#[derive(Serialize)]
struct Name<'a> {
    address: String,
    mode: &'static str,
    r#type: &'static str,
    name: &'static str,
    index: AddressText<'a>,
    provider_name: &'static str,
}

impl<'a> Name<'a> {
    fn new(address: &'a Address) -> Self {
        let (key, index) = (Json::from(address.to_string()), AddressText(address));
        let address = format!("{TYPE}.this[{key}]");
        Self { address, mode: "managed", r#type: TYPE, name: "this", index, provider_name: "livevod" }
    }
}

#[derive(Serialize)]
struct Resource<'a> {
    #[serde(flatten)]
    name: Name<'a>,
    schema_version: u32,
    values: Settings<'a>,
    sensitive_values: Map<String, Json>,
}

impl<'a> Resource<'a> {
    fn new(change: &'a Change, config: &'a RecordConfig, columns: &'a [Column]) -> Self {
        Self {
            name: Name::new(&change.address),
            schema_version: 0,
            values: Settings { address: &change.address, config, columns },
            sensitive_values: Map::new(),
        }
    }
}

/// A key of [`Settings`].
type Column = (&'static str, Source);

/// Where its value comes from.
#[derive(Clone, Copy)]
enum Source {
    Part(fn(&Address) -> &str),
    Field(Field),
}

/// The keys of [`Settings`], sorted.
fn columns() -> Vec<Column> {
    let parts: [Column; 3] = [
        ("domain", Source::Part(|address| &address.domain)),
        ("app", Source::Part(|address| &address.app)),
        ("stream", Source::Part(|address| &address.stream)),
    ];
    let fields = Field::ALL.map(|field| (field.name(), Source::Field(field)));
    let mut columns: Vec<Column> = parts.into_iter().chain(fields).collect();
    columns.sort_unstable_by_key(|(name, _)| *name);
    columns
}

/// The address's parts, and every field by its name in YAML, null if not set.
struct Settings<'a> {
    address: &'a Address,
    config: &'a RecordConfig,
    columns: &'a [Column],
}

impl Serialize for Settings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = |source: &Source| match source {
            Source::Part(part) => Value::Text(part(self.address).to_owned()),
            Source::Field(field) => self.config.get(*field),
        };
        serializer.collect_map(self.columns.iter().map(|(name, source)| (name, value(source))))
    }
}

#[derive(Serialize)]
struct ResourceChange<'a> {
    #[serde(flatten)]
    name: Name<'a>,
    change: Transition<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_reason: Option<&'static str>,
    livevod: ChangeExtras<'a>,
}

impl<'a> ResourceChange<'a> {
    fn new(view: &'a PlanView<'a>, change: ChangeView<'a>, columns: &'a [Column]) -> Self {
        Self {
            name: Name::new(&change.noted.change.address),
            change: Transition::new(change.noted.change, columns),
            action_reason: action_reason(change.reason),
            livevod: ChangeExtras::new(view, change),
        }
    }
}

#[derive(Serialize)]
struct Transition<'a> {
    actions: &'static [&'static str],
    before: Option<Settings<'a>>,
    after: Option<Settings<'a>>,
    after_unknown: Map<String, Json>,
    before_sensitive: Json,
    after_sensitive: Json,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    replace_paths: Vec<Vec<&'static str>>,
}

impl<'a> Transition<'a> {
    fn new(change: &'a Change, columns: &'a [Column]) -> Self {
        let side = |config: Option<&'a RecordConfig>| {
            config.map(|config| Settings { address: &change.address, config, columns })
        };
        // As in Terraform: an object for an existing side, `false` for a missing one.
        let sensitive = |config: Option<&RecordConfig>| match config {
            Some(_) => Json::Object(Map::new()),
            None => Json::Bool(false),
        };
        let forcing = change.fields().into_iter().filter(|field| change.is_forced_by(*field));
        Self {
            actions: actions(change.action()),
            before: side(change.before()),
            after: side(change.after()),
            after_unknown: Map::new(),
            before_sensitive: sensitive(change.before()),
            after_sensitive: sensitive(change.after()),
            replace_paths: forcing.map(|field| field.name().split('.').collect()).collect(),
        }
    }
}

fn actions(action: ActionKind) -> &'static [&'static str] {
    match action {
        ActionKind::Create => &["create"],
        ActionKind::Update => &["update"],
        ActionKind::Replace => &["delete", "create"],
        ActionKind::Delete => &["delete"],
    }
}

/// The reasons that Terraform has a name for.
fn action_reason(reason: Reason) -> Option<&'static str> {
    match reason {
        Reason::CreateOnly => Some("replace_because_cannot_update"),
        Reason::Pruned | Reason::NotInSnapshot => Some("delete_because_no_resource_config"),
        Reason::Missing
        | Reason::Differs
        | Reason::DeclaredAbsent
        | Reason::InSnapshot
        | Reason::FinishesReplace
        | Reason::PutsBack => None,
    }
}

#[derive(Serialize)]
struct ChangeExtras<'a> {
    reason: String,
    region: Option<&'a str>,
    origins: BTreeMap<&'static str, Option<OriginRow>>,
    recorded_by: CoverageRow<'a>,
    contingent: &'a [Contingent],
    guards: Vec<&'static str>,
    /// Whether the files of the target branch also ask for it; null without a comparison.
    pending_on_base: Option<bool>,
}

impl<'a> ChangeExtras<'a> {
    fn new(view: &'a PlanView<'a>, change: ChangeView<'a>) -> Self {
        Self {
            reason: change.reason_text(),
            region: change.region(),
            origins: change
                .field_changes()
                .map(|one| (one.field.name(), one.origin.map(origin_row)))
                .collect(),
            recorded_by: coverage_row(change),
            contingent: &change.noted.change.contingent,
            guards: change.guards.iter().map(|guard| guard.name()).collect(),
            pending_on_base: view.base.as_ref().map(|_| change.is_pending),
        }
    }
}

#[derive(Serialize)]
struct Extras<'a> {
    format_version: &'static str,
    digest: String,
    target: &'a str,
    account: Option<&'a str>,
    summary: Summary,
    budget: Budget,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_open: Vec<LeftOpenRow<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    since_review: Vec<DifferenceRow<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    leases: Vec<LeaseRow<'a>>,
    guards: Vec<GuardRow<'a>>,
    warnings: Vec<&'a str>,
    /// What it leaves alone.
    #[serde(flatten)]
    left_alone: LeftAloneRows<'a>,
    /// How the files differ from the target branch besides the changes: protection that they remove, configurations
    /// that they leave alone from now on, domains that they no longer name.
    #[serde(skip_serializing_if = "Option::is_none")]
    since_base: Option<SinceBaseRow<'a>>,
    exit: Exit,
}

#[derive(Serialize)]
struct GuardRow<'a> {
    guard: &'static str,
    address: Option<AddressText<'a>>,
    message: &'a str,
    release: Option<&'a str>,
}

impl<'a> GuardRow<'a> {
    fn new(held: &'a Held) -> Self {
        let Held { guard, address, message, release } = held;
        Self {
            guard: guard.name(),
            address: address.as_ref().map(AddressText),
            message,
            release: release.as_deref(),
        }
    }
}

impl<'a> Extras<'a> {
    fn new(view: &'a PlanView<'a>, exit: Exit) -> Self {
        let message = |Warning { message, address: _ }: &'a Warning| message.as_str();
        Self {
            format_version: FORMAT_VERSION,
            digest: view.digest.clone(),
            target: &view.target.name,
            account: view.account,
            summary: view.summary,
            budget: view.budget,
            left_open: left_open_rows(&view.left_open),
            since_review: view.since_review.iter().map(difference_row).collect(),
            leases: lease_rows(view.account, view.leases),
            guards: view.held.iter().map(GuardRow::new).collect(),
            warnings: view.warnings.iter().map(message).collect(),
            left_alone: LeftAloneRows::new(view),
            since_base: view.base.as_ref().map(|base| since_base_row(base.since)),
            exit,
        }
    }
}
