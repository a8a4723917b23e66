//! The name of what is decided: a hash over all of it, and over nothing else.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use sha2::{Digest, Sha256};

use super::{ActionKind, Change, Contingent, Decisions, Reason};
use crate::model::{Address, Carried, RecordConfig, StreamSpelling, templates};

/// `sha256:` and the hex hash of the RFC 8785 text of `{"digest":2,"decisions":{…}}`.
///
/// It is hashed change by change: the text of a hundred thousand of them is never held as a whole. In canonical form the
/// names of an object stand in order, and nothing stands between the items of a list but commas.
pub(super) fn of(decisions: &Decisions) -> String {
    let Decisions { target, account, declares_nothing, domains, changes } = decisions;
    let mut hasher = Sha256::new();
    hasher.update("{\"decisions\":{\"account\":");
    hash(&mut hasher, account);
    hasher.update(",\"changes\":[");
    for (at, change) in changes.iter().enumerate() {
        hasher.update(if at == 0 { "" } else { "," });
        hash(&mut hasher, &Row::new(change));
    }
    hasher.update("],\"declares_nothing\":");
    hash(&mut hasher, declares_nothing);
    hasher.update(",\"domains\":");
    hash(&mut hasher, &canonical(domains));
    hasher.update(",\"target\":");
    hash(&mut hasher, target);
    hasher.update("},\"digest\":2}");
    let hex: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// All that is decided can be JSON, and memory takes what is written to it.
fn hash(hasher: &mut Sha256, value: &impl Serialize) {
    hasher.update(serde_json::to_vec(value).unwrap_or_default());
}

/// A change. The fields stand in the order of their names, as canonical JSON wants them: to sort them for each change anew
/// takes most of the time. Texts, switches and whole numbers below 2^53 are canonical as they are written.
#[derive(Serialize)]
struct Row<'a> {
    action: ActionKind,
    address: Names<'a>,
    after: Option<Settings<'a>>,
    before: Option<Settings<'a>>,
    contingent: &'a [Contingent],
    is_protected: bool,
    reason: Reason,
    siblings: Vec<Names<'a>>,
    spelling: StreamSpelling,
}

/// An address in its three parts.
#[derive(Serialize)]
struct Names<'a> {
    app: &'a str,
    domain: &'a str,
    stream: &'a str,
}

impl<'a> Row<'a> {
    fn new(change: &'a Change) -> Self {
        let Change { address, action, reason, before, after, is_protected, spelling, contingent, siblings } =
            change;
        let [before, after] = [before, after].map(|side| side.as_ref().map(Settings::new));
        Self {
            action: *action,
            address: Names::new(address),
            after,
            before,
            contingent,
            is_protected: *is_protected,
            reason: *reason,
            siblings: siblings.iter().map(Names::new).collect(),
            spelling: *spelling,
        }
    }
}

impl<'a> Names<'a> {
    fn new(Address { domain, app, stream }: &'a Address) -> Self {
        Self { app, domain, stream }
    }
}

/// All settings under the equality rules, in the order of their names too.
#[derive(Serialize)]
struct Settings<'a> {
    auto_compose: bool,
    compose_vod_transcode_group: Option<&'a str>,
    cycle_duration: u32,
    delay_time: Option<u32>,
    on_demand: u8,
    record_content: Option<&'a str>,
    space_id: Option<&'a str>,
    storage_location: Option<&'a str>,
    transcode_templates: Option<String>,
    unknown: Box<RawValue>,
    vod_transcode_group: &'a str,
}

impl<'a> Settings<'a> {
    fn new(config: &'a RecordConfig) -> Self {
        let RecordConfig {
            vod_transcode_group,
            cycle_duration,
            auto_compose,
            compose_vod_transcode_group,
            on_demand,
            storage_location,
            carried,
        } = config;
        let Carried { delay_time, record_content, space_id, transcode_templates, unknown } = carried;
        Self {
            auto_compose: *auto_compose,
            compose_vod_transcode_group: compose_vod_transcode_group.as_deref(),
            cycle_duration: *cycle_duration,
            delay_time: *delay_time,
            on_demand: *on_demand,
            record_content: record_content.as_deref(),
            space_id: space_id.as_deref(),
            storage_location: storage_location.as_deref(),
            transcode_templates: transcode_templates.as_deref().map(sorted),
            unknown: canonical(unknown),
            vod_transcode_group,
        }
    }
}

/// Template lists are sets, so their order must not count.
fn sorted(text: &str) -> String {
    let ids: Vec<&str> = templates(text).into_iter().collect();
    ids.join(",")
}

/// What may hold anything, in canonical form.
fn canonical(values: &BTreeMap<String, impl Serialize>) -> Box<RawValue> {
    let text = match values.is_empty() {
        true => to_raw_value(values),
        false => serde_json_canonicalizer::to_string(values).and_then(RawValue::from_string),
    };
    // What was read as JSON can be written as JSON.
    text.or_else(|_| to_raw_value(values)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;

    /// The hash of the text that any other program would make of the same decisions.
    #[test]
    fn the_hash_is_that_of_the_canonical_document() {
        let config = RecordConfig { vod_transcode_group: "g".into(), ..RecordConfig::default() };
        let change = |app: &str, before: Option<&RecordConfig>| Change {
            address: Address::new("a.com", app, "a/\u{1f600}\"\n"),
            action: ActionKind::Replace,
            reason: Reason::CreateOnly,
            before: before.cloned(),
            after: Some(config.clone()),
            is_protected: true,
            spelling: StreamSpelling::Absent,
            contingent: vec![Contingent::AddBack, Contingent::AddSiblingsBack],
            siblings: vec![Address::new("a.com", app, "é")],
        };
        let decisions = Decisions {
            target: "emulator x".into(),
            account: Some("1".into()),
            declares_nothing: false,
            domains: [("b.com".to_owned(), None), ("a.com".to_owned(), Some("cn-shanghai".to_owned()))]
                .into(),
            changes: vec![change("a", None), change("b", Some(&config))],
        };
        let document = serde_json::json!({ "digest": 2, "decisions": decisions });
        let mut document = document;
        for change in document["decisions"]["changes"].as_array_mut().unwrap() {
            for side in ["before", "after"] {
                let Some(settings) = change[side].as_object_mut() else { continue };
                let carried = settings.remove("carried").unwrap();
                settings.extend(carried.as_object().unwrap().clone());
                settings.entry("unknown").or_insert(serde_json::json!({}));
            }
        }
        let text = serde_json_canonicalizer::to_string(&document).unwrap();
        let hex: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(of(&decisions), format!("sha256:{hex}"));
    }

    /// Written by hand in canonical order, so a field in the wrong place, or a text that is escaped otherwise, must show.
    #[test]
    fn the_text_of_settings_is_canonical() {
        let awkward = "\u{0}\u{7}\u{8}\t\n\u{c}\r\u{1f}\"\\/\u{7f}\u{2028}é😀";
        let unknown = serde_json::json!({ "b": [1.0, 1e21, -0.0, 1e-7], "é": null, "😀": { "2": true, "10": awkward }, "\u{fb33}": 9 });
        let Json::Object(unknown) = unknown else { unreachable!("it is written as one") };
        let text = || Some(awkward.to_owned());
        let carried = Carried {
            delay_time: Some(u32::MAX),
            record_content: text(),
            space_id: text(),
            transcode_templates: Some(format!("b,{awkward}, a")),
            unknown: unknown.into_iter().collect(),
        };
        let config = RecordConfig {
            vod_transcode_group: awkward.to_owned(),
            auto_compose: true,
            compose_vod_transcode_group: text(),
            storage_location: text(),
            carried,
            ..RecordConfig::default()
        };
        for config in [config, RecordConfig::default()] {
            let text = serde_json::to_string(&Settings::new(&config)).unwrap();
            assert_eq!(serde_json_canonicalizer::pipe(&text).unwrap(), text);
        }
    }
}
