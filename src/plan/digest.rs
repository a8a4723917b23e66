//! The hash that identifies the decisions: over all of them, and nothing else.

use std::sync::LazyLock;

use serde::ser::Error;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::change::Change;
use super::decided::Decisions;
use crate::model::{Address, Field, RecordConfig, Value};
use crate::wire;

impl Decisions {
    /// `sha256:` and the hex SHA-256 of the decisions in canonical JSON. The same decisions have the same digest on any
    /// machine at any time; an empty plan has one too.
    pub fn digest(&self) -> String {
        of(self)
    }
}

/// `sha256:` and the hex hash of the RFC 8785 text of `{"digest":2,"decisions":{…}}`.
///
/// Hashed change by change, so that the text of a hundred thousand changes is never in memory at once. In canonical form
/// the names of an object are sorted, and only commas separate the items of a list. Texts, booleans and integers below 2^53 are
/// canonical as they are written.
fn of(decisions: &Decisions) -> String {
    let Decisions { target, account, declares_nothing, domains, changes } = decisions;
    let mut hasher = Sha256::new();
    let mut text = Text(Vec::new());
    text.put("{\"decisions\":{\"account\":").json(account).put(",\"changes\":[");
    for (at, one) in changes.iter().enumerate() {
        text.put(if at == 0 { "" } else { "," }).change(one);
        hasher.update(&text.0);
        text.0.clear();
    }
    text.put("],\"declares_nothing\":").json(declares_nothing);
    text.put(",\"domains\":").json(&Canonical(domains));
    text.put(",\"target\":").json(target).put("},\"digest\":2}");
    hasher.update(&text.0);
    format!("sha256:{}", wire::hex(&hasher.finalize()))
}

/// A part of the text, with the names in the order that canonical JSON requires: sorting them for each change would take most
/// of the time.
struct Text(Vec<u8>);

impl Text {
    fn put(&mut self, text: &str) -> &mut Self {
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    #[expect(
        clippy::expect_used,
        reason = "an error text in its place would give other decisions the same digest"
    )]
    fn json(&mut self, value: &(impl Serialize + ?Sized)) -> &mut Self {
        serde_json::to_writer(&mut self.0, value).expect("all decisions can be JSON");
        self
    }

    fn change(&mut self, change: &Change) -> &mut Self {
        let Change { address, transition: _, reason, is_protected, spelling, contingent, siblings } = change;
        self.put("{\"action\":").json(&change.action());
        self.put(",\"address\":").address(address);
        self.put(",\"after\":").side(change.after());
        self.put(",\"before\":").side(change.before());
        self.put(",\"contingent\":").json(contingent);
        self.put(",\"is_protected\":").json(is_protected);
        self.put(",\"reason\":").json(reason);
        self.put(",\"siblings\":[");
        for (at, sibling) in siblings.iter().enumerate() {
            self.put(if at == 0 { "" } else { "," }).address(sibling);
        }
        self.put("],\"spelling\":").json(spelling).put("}")
    }

    fn address(&mut self, Address { domain, app, stream }: &Address) -> &mut Self {
        self.put("{\"app\":").json(&**app).put(",\"domain\":").json(&**domain);
        self.put(",\"stream\":").json(&**stream).put("}")
    }

    /// All settings under the equality rules.
    fn side(&mut self, config: Option<&RecordConfig>) -> &mut Self {
        let Some(config) = config else { return self.put("null") };
        for (at, (field, name)) in BY_NAME.iter().enumerate() {
            self.put(if at == 0 { "{" } else { "," }).put(name);
            match config.get(*field) {
                Value::Unset => self.put("null"),
                Value::Text(text) => self.json(&text),
                Value::Seconds(number) | Value::Number(number) => self.json(&number),
                Value::Switch(on) => self.json(&on),
                Value::Set(words) => self.json(&words),
                // Canonical already, as it nearly always is.
                Value::Json(fields) if fields.is_empty() => self.put("{}"),
                Value::Json(fields) => self.json(&Canonical(&fields)),
                value @ (Value::Formats(_) | Value::Process(_) | Value::Bare) => {
                    self.json(&Canonical(&value.to_json()))
                }
            };
        }
        self.put("}")
    }
}

/// All fields in the order of their names, each with what comes before its value.
static BY_NAME: LazyLock<[(Field, String); Field::ALL.len()]> = LazyLock::new(|| {
    let mut fields = Field::ALL;
    fields.sort_unstable_by_key(|field| field.name());
    fields.map(|field| (field, format!("\"{}\":", field.name())))
});

/// Any content, in canonical form.
struct Canonical<'a, T>(&'a T);

impl<T: Serialize> Serialize for Canonical<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = serde_json_canonicalizer::to_string(self.0).and_then(RawValue::from_string);
        text.map_err(S::Error::custom)?.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;
    use crate::model::{Format, FormatSettings, Process, StreamSpelling, words};
    use crate::plan::change::{Contingent, Reason, Transition};

    /// The hash of the text that any other program would write for the same decisions.
    #[test]
    fn the_hash_is_that_of_the_canonical_document() {
        let config = RecordConfig { vod_transcode_group: "g".into(), ..RecordConfig::default() };
        let change = |app: &str, before: Option<&RecordConfig>| Change {
            address: Address::new("a.com", app, "a/\u{1f600}\"\n"),
            transition: match before.cloned() {
                Some(before) => Transition::Replace { before, after: config.clone() },
                None => Transition::Create { after: config.clone() },
            },
            reason: Reason::CreateOnly,
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
        let mut document = serde_json::json!({ "digest": 2, "decisions": decisions });
        let rows = document["decisions"]["changes"].as_array_mut().unwrap().iter_mut();
        for (row, change) in rows.zip(&decisions.changes) {
            for (name, side) in [("before", change.before()), ("after", change.after())] {
                row[name] = serde_json::to_value(side).unwrap();
                let Some(settings) = row[name].as_object_mut() else { continue };
                settings.insert("unknown".to_owned(), serde_json::json!({}));
            }
        }
        let text = serde_json_canonicalizer::to_string(&document).unwrap();
        assert_eq!(of(&decisions), format!("sha256:{}", wire::hex(&Sha256::digest(text))));
    }

    /// The canonical text, written by hand: a field in the wrong place, or a text escaped differently, must show.
    #[test]
    fn the_text_of_settings_is_canonical() {
        let awkward = "\u{0}\u{7}\u{8}\t\n\u{c}\r\u{1f}\"\\/\u{7f}\u{2028}é😀";
        let unknown = serde_json::json!({ "b": [1.0, 1e21, -0.0, 1e-7], "é": null, "😀": { "2": true, "10": awkward }, "\u{fb33}": 9 });
        let Json::Object(unknown) = unknown else { unreachable!("it is written as one") };
        let text = || Some(awkward.to_owned());
        let mp4 = FormatSettings {
            process: Some(Process::Workflow(awkward.to_owned())),
            video: Some(words("origin,compose")),
            tags: text(),
            unknown: unknown.clone().into_iter().collect(),
            ..FormatSettings::default()
        };
        let config = RecordConfig {
            vod_transcode_group: awkward.to_owned(),
            auto_compose: true,
            compose_vod_transcode_group: text(),
            storage_location: text(),
            delay_time: Some(u32::MAX),
            record_content: Some(words("raw,transcode")),
            space_id: text(),
            transcode_templates: Some([awkward.to_owned(), "b".to_owned(), "a".to_owned()].into()),
            record_format: Some([(Format::Mp4, mp4), (Format::Flv, FormatSettings::default())].into()),
            unknown: unknown.into_iter().collect(),
            ..RecordConfig::default()
        };
        for config in [config, RecordConfig::default()] {
            let mut text = Text(Vec::new());
            text.side(Some(&config));
            let text = String::from_utf8(text.0).unwrap();
            assert_eq!(serde_json_canonicalizer::pipe(&text).unwrap(), text);
        }
    }
}
