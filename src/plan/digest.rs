//! The name of a transition: a hash over what the changes change, and over nothing else.

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::{Change, Plan};
use crate::model::{Address, Field, RecordConfig, Value};

/// `sha256:` and the hex hash of the RFC 8785 text of `{"digest":1,"changes":[…]}`.
///
/// It is hashed change by change: the text of a hundred thousand of them is never held as a whole. In canonical form the
/// names of an object stand in order, so `changes` comes first, and nothing stands between the items of a list but commas.
pub(super) fn of(plan: &Plan) -> String {
    let mut hasher = Sha256::new();
    hasher.update("{\"changes\":[");
    for (at, change) in plan.changes.iter().enumerate() {
        hasher.update(if at == 0 { "" } else { "," });
        let row = row(plan.account.as_deref(), change);
        hasher.update(serde_json_canonicalizer::to_string(&row).unwrap_or_else(|_| row.to_string()));
    }
    hasher.update("],\"digest\":1}");
    let hex: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
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
