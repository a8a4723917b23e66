//! What a plan leaves alone, as every document writes it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

use super::documents::{AddressRow, texts};
use super::facts::{settings_row, settings_schema, value_schema};
use super::view::PlanView;
use crate::model::{AddressText, Field};
use crate::plan::{AcceptedField, AcceptedRow, UndeclaredDomain, Unmanaged, Unsupported};
use crate::source::Place;

/// What a plan leaves alone, and why.
#[derive(Serialize, JsonSchema)]
pub(super) struct LeftAloneRows<'a> {
    /// Configurations that no file declares; they are left alone.
    unmanaged: Vec<AddressText<'a>>,
    /// The same configurations with their settings.
    unmanaged_settings: Vec<UnmanagedRow<'a>>,
    /// Configurations that `ignore` matches; they are left alone.
    ignored: Vec<AddressText<'a>>,
    /// Differences that `accept` covers; they are left as they are.
    accepted: Vec<AcceptedDriftRow<'a>>,
    /// Configurations that livevod can't manage.
    unsupported: Vec<UnsupportedRow<'a>>,
    /// Domains that could not be read.
    #[schemars(with = "Vec<String>")]
    unread: &'a [String],
    /// Domains of the account that no file names and that hold configurations; left out unless `--all-domains` asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    undeclared_domains: Option<Vec<UndeclaredDomainRow<'a>>>,
}

/// A configuration that no file declares, with its settings.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Unmanaged")]
struct UnmanagedRow<'a> {
    /// The configuration.
    #[serde(flatten)]
    address: AddressRow<'a>,
    /// All its settings; null what is not set.
    #[schemars(schema_with = "settings_schema")]
    settings: serde_json::Map<String, Json>,
}

/// A difference that the files accept: it is left as it is, and is no difference until a day.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Accepted")]
struct AcceptedDriftRow<'a> {
    /// The configuration.
    #[serde(flatten)]
    address: AddressRow<'a>,
    /// The name of the field in YAML.
    field: Field,
    /// The value that the service has and keeps, null if not set.
    #[schemars(schema_with = "value_schema")]
    value: Json,
    /// The value that the files declare, null if not set.
    #[schemars(schema_with = "value_schema")]
    declared: Json,
    /// The first day (UTC) on which it is a difference again, as `2026-12-24`.
    #[schemars(regex(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    until: String,
    /// Why it is accepted.
    reason: &'a str,
    /// The entry of `accept`.
    range: &'a Place,
}

/// A configuration that livevod can't manage.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Unsupported")]
struct UnsupportedRow<'a> {
    /// The configuration.
    #[serde(flatten)]
    address: AddressRow<'a>,
    /// Why.
    reason: &'a str,
    /// Whether a file declares it; if so, it is a difference.
    declared: bool,
}

/// A domain of the account that no file names, and that holds configurations.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UndeclaredDomain")]
struct UndeclaredDomainRow<'a> {
    /// The domain.
    domain: &'a str,
    /// How many configurations it holds, without those that `ignore` matches; at least 1.
    configurations: usize,
}

impl<'a> LeftAloneRows<'a> {
    pub(super) fn new(view: &'a PlanView<'a>) -> Self {
        Self {
            unmanaged: texts(view.unmanaged_addresses()),
            unmanaged_settings: unmanaged_rows(view),
            ignored: texts(view.ignored),
            accepted: accepted_rows(view),
            unsupported: view.unsupported.iter().map(unsupported_row).collect(),
            unread: view.unread,
            undeclared_domains: undeclared_rows(view),
        }
    }
}

/// The configurations that no file declares, as rows.
fn unmanaged_rows<'a>(view: &'a PlanView) -> Vec<UnmanagedRow<'a>> {
    let row = |Unmanaged { address, config }: &'a Unmanaged| UnmanagedRow {
        address: AddressRow::new(address),
        settings: settings_row(config),
    };
    view.unmanaged.iter().map(row).collect()
}

/// The accepted differences, as rows.
fn accepted_rows<'a>(view: &PlanView<'a>) -> Vec<AcceptedDriftRow<'a>> {
    let row = |AcceptedRow { address, about, standing, declared }: AcceptedRow<'a>| {
        let AcceptedField { field, until, reason, place } = about;
        AcceptedDriftRow {
            address: AddressRow::new(address),
            field: *field,
            value: standing.to_json(),
            declared: declared.to_json(),
            until: until.to_string(),
            reason,
            range: place,
        }
    };
    view.accepted().map(row).collect()
}

/// A configuration that can't be managed, as a row.
fn unsupported_row(one: &Unsupported) -> UnsupportedRow<'_> {
    let Unsupported { address, reason, declared } = one;
    UnsupportedRow { address: AddressRow::new(address), reason, declared: *declared }
}

/// The other domains of the account as rows, if the account was asked.
fn undeclared_rows<'a>(view: &'a PlanView) -> Option<Vec<UndeclaredDomainRow<'a>>> {
    let row = |UndeclaredDomain { domain, configurations }: &'a UndeclaredDomain| UndeclaredDomainRow {
        domain,
        configurations: *configurations,
    };
    view.undeclared_domains.map(|domains| domains.iter().map(row).collect())
}
