//! A plan in the shape of `terraform show -json`, for policy engines and viewers that read nothing else.
//!
//! Complete, with every null written out: readers of that shape silently skip missing keys, or fail. Facts that
//! Terraform has no key for are under `livevod`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::documents::{FORMAT_VERSION, pretty, texts};
use super::exit::Exit;
use super::facts::{
    AcceptedDriftRow, CoverageRow, DifferenceRow, LeftOpenRow, OriginRow, SinceBaseRow, UndeclaredDomainRow,
    UnmanagedRow, UnsupportedRow, accepted_rows, coverage_row, difference_row, left_open_rows, origin_row,
    since_base_row, undeclared_rows, unmanaged_rows, unsupported_row,
};
use super::view::{ChangeView, PlanView};
use crate::model::{Address, AddressText, Field, RecordConfig};
use crate::plan::{ActionKind, Budget, Change, Contingent, Held, Reason, Summary, Warning};

/// The version of Terraform's shape.
const SHAPE: &str = "1.2";

/// A version of Terraform that writes that shape; readers recognize a plan by it.
const TERRAFORM: &str = "1.11.4";

/// The version of the shape of states.
const STATE: &str = "1.0";

/// The resource type of a configuration.
const TYPE: &str = "alicloud_live_record_vod";

/// `plan --format terraform-json`. Unchanged configurations have no values in a plan and are left out.
pub(super) fn terraform_json(view: &PlanView, exit: Exit) -> String {
    let resources = |side: fn(&Change) -> Option<&RecordConfig>| {
        let changes = view.changes().map(|one| one.noted.change);
        let resource = |change| side(change).map(|config| Resource::new(change, config));
        Values { root_module: Module { resources: changes.filter_map(resource).collect() } }
    };
    pretty(&TerraformPlan {
        format_version: SHAPE,
        terraform_version: TERRAFORM,
        planned_values: resources(|change| change.after()),
        resource_drift: [],
        resource_changes: view.changes().map(|change| ResourceChange::new(view, change)).collect(),
        output_changes: Map::new(),
        prior_state: State {
            format_version: STATE,
            terraform_version: TERRAFORM,
            values: resources(|change| change.before()),
        },
        configuration: Values { root_module: Module { resources: Vec::new() } },
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
    resource_changes: Vec<ResourceChange<'a>>,
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
    resources: Vec<Resource<'a>>,
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
    values: Map<String, Json>,
    sensitive_values: Map<String, Json>,
}

impl<'a> Resource<'a> {
    fn new(change: &'a Change, config: &RecordConfig) -> Self {
        Self {
            name: Name::new(&change.address),
            schema_version: 0,
            values: values(&change.address, config),
            sensitive_values: Map::new(),
        }
    }
}

/// The address's parts, and every field by its name in YAML, null if not set.
fn values(address: &Address, config: &RecordConfig) -> Map<String, Json> {
    let Address { domain, app, stream } = address;
    let parts = [("domain", domain), ("app", app), ("stream", stream)];
    let parts = parts.map(|(name, part)| (name.to_owned(), Json::from(&**part)));
    let fields = Field::ALL.map(|field| (field.name().to_owned(), config.get(field).to_json()));
    parts.into_iter().chain(fields).collect()
}

#[derive(Serialize)]
struct ResourceChange<'a> {
    #[serde(flatten)]
    name: Name<'a>,
    change: Transition,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_reason: Option<&'static str>,
    livevod: ChangeExtras<'a>,
}

impl<'a> ResourceChange<'a> {
    fn new(view: &'a PlanView<'a>, change: ChangeView<'a>) -> Self {
        Self {
            name: Name::new(&change.noted.change.address),
            change: Transition::new(change.noted.change),
            action_reason: action_reason(change.reason),
            livevod: ChangeExtras::new(view, change),
        }
    }
}

#[derive(Serialize)]
struct Transition {
    actions: &'static [&'static str],
    before: Option<Map<String, Json>>,
    after: Option<Map<String, Json>>,
    after_unknown: Map<String, Json>,
    before_sensitive: Json,
    after_sensitive: Json,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    replace_paths: Vec<Vec<&'static str>>,
}

impl Transition {
    fn new(change: &Change) -> Self {
        let side = |config: Option<&RecordConfig>| config.map(|config| values(&change.address, config));
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
            region: change.region,
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
    guards: Vec<GuardRow<'a>>,
    warnings: Vec<&'a str>,
    unmanaged: Vec<AddressText<'a>>,
    unmanaged_settings: Vec<UnmanagedRow<'a>>,
    ignored: Vec<AddressText<'a>>,
    accepted: Vec<AcceptedDriftRow<'a>>,
    unsupported: Vec<UnsupportedRow<'a>>,
    unread: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    undeclared_domains: Option<Vec<UndeclaredDomainRow<'a>>>,
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
            guards: view.held.iter().map(GuardRow::new).collect(),
            warnings: view.warnings.iter().map(message).collect(),
            unmanaged: texts(view.unmanaged_addresses()),
            unmanaged_settings: unmanaged_rows(view),
            ignored: texts(view.ignored),
            accepted: accepted_rows(view),
            unsupported: view.unsupported.iter().map(unsupported_row).collect(),
            unread: view.unread,
            undeclared_domains: undeclared_rows(view),
            since_base: view.base.as_ref().map(|base| since_base_row(base.since)),
            exit,
        }
    }
}
