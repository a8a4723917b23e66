//! The name of a transition: a hash over what the changes change, and over nothing else.

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::{Change, Plan};
use crate::model::{Address, Field, RecordConfig, Value};

/// `sha256:` and the hex hash of the RFC 8785 text of `{"digest":1,"changes":[…]}`.
pub(super) fn of(plan: &Plan) -> String {
    let changes: Vec<Json> = plan.changes.iter().map(|change| row(plan.account.as_deref(), change)).collect();
    let document = json!({ "digest": 1, "changes": changes });
    let canonical = serde_json_canonicalizer::to_string(&document).unwrap_or_else(|_| document.to_string());
    let hash = Sha256::digest(canonical);
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// Origins, reasons and times are not in it: they do not change what happens.
fn row(account: Option<&str>, change: &Change) -> Json {
    let Change {
        address,
        region,
        action,
        before,
        after,
        place: _,
        reason: _,
        fields: _,
        coverage: _,
        spelling: _,
        contingent: _,
    } = change;
    let Address { domain, app, stream } = address;
    json!([account, region, &**domain, &**app, &**stream, action, settings(before), settings(after)])
}

fn settings(config: &Option<RecordConfig>) -> Json {
    let Some(config) = config else { return Json::Null };
    let value = |field: Field| match (field, config.get(field)) {
        (Field::TranscodeTemplates, Value::Text(text)) => sorted(&text).into(),
        (_, value) => value.to_json(),
    };
    Field::ALL.into_iter().map(|field| (field.name().to_owned(), value(field))).collect()
}

/// Template lists are sets, so their order must not count.
fn sorted(templates: &str) -> String {
    let mut parts: Vec<&str> = templates.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    parts.sort_unstable();
    parts.dedup();
    parts.join(",")
}
