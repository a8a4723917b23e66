//! The name of a transition: a hash over what the changes change, and over nothing else.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;
use serde_json::value::{RawValue, to_raw_value};
use sha2::{Digest, Sha256};

use super::{ActionKind, Change, Plan};
use crate::model::{Address, Carried, RecordConfig, templates};

/// `sha256:` and the hex hash of the RFC 8785 text of `{"digest":1,"changes":[…]}`.
///
/// It is hashed change by change: the text of a hundred thousand of them is never held as a whole. In canonical form the
/// names of an object stand in order, so `changes` comes first, and nothing stands between the items of a list but commas.
pub(super) fn of(plan: &Plan) -> String {
    let (mut hasher, mut text) = (Sha256::new(), Vec::new());
    hasher.update("{\"changes\":[");
    for (at, change) in plan.changes.iter().enumerate() {
        hasher.update(if at == 0 { "" } else { "," });
        text.clear();
        // All of it can be JSON, and memory takes what is written to it.
        serde_json::to_writer(&mut text, &Row::new(plan.account.as_deref(), change)).unwrap_or_default();
        hasher.update(&text);
    }
    hasher.update("],\"digest\":1}");
    let hex: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// Account, region, domain, app, stream, action, before, after. Origins, reasons and times are not in it: they do not change
/// what happens.
///
/// Texts, switches and whole numbers below 2^53 are canonical as they are written; [`Settings`] is by its order.
#[derive(Serialize)]
struct Row<'a>(
    Option<&'a str>,
    Option<&'a str>,
    &'a str,
    &'a str,
    &'a str,
    ActionKind,
    Option<Settings<'a>>,
    Option<Settings<'a>>,
);

impl<'a> Row<'a> {
    fn new(account: Option<&'a str>, change: &'a Change) -> Self {
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
            siblings: _,
        } = change;
        let Address { domain, app, stream } = address;
        let [before, after] = [before, after].map(|side| side.as_ref().map(Settings::new));
        Self(account, region.as_deref(), domain, app, stream, *action, before, after)
    }
}

/// All settings under the equality rules. The fields stand in the order of their names, as canonical JSON wants them: to sort
/// them for each change anew takes most of the time.
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

/// Fields that no document knows may hold anything.
fn canonical(unknown: &BTreeMap<String, Json>) -> Box<RawValue> {
    let text = match unknown.is_empty() {
        true => to_raw_value(unknown),
        false => serde_json_canonicalizer::to_string(unknown).and_then(RawValue::from_string),
    };
    // What was read as JSON can be written as JSON.
    text.or_else(|_| to_raw_value(unknown)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

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
