//! The hash that identifies the decisions: over all of them, and nothing else.

use std::sync::LazyLock;

use serde::ser::{Error, SerializeMap};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::change::{ActionKind, Change, Contingent, Reason};
use super::decided::Decisions;
use crate::model::{Address, Field, RecordConfig, StreamSpelling, Value};
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
/// the names of an object are sorted, and only commas separate the items of a list.
fn of(decisions: &Decisions) -> String {
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
    hash(&mut hasher, &Canonical(domains));
    hasher.update(",\"target\":");
    hash(&mut hasher, target);
    hasher.update("},\"digest\":2}");
    format!("sha256:{}", wire::hex(&hasher.finalize()))
}

#[expect(
    clippy::expect_used,
    reason = "an error text in its place would give other decisions the same digest"
)]
fn hash(hasher: &mut Sha256, value: &impl Serialize) {
    hasher.update(serde_json::to_vec(value).expect("all decisions can be JSON"));
}

/// A change. The fields are declared in the order of their names, as canonical JSON requires: sorting them for each
/// change would take most of the time. Texts, booleans and integers below 2^53 are canonical as they are written.
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
        let Change { address, transition: _, reason, is_protected, spelling, contingent, siblings } = change;
        let [before, after] = [change.before(), change.after()].map(|side| side.map(Settings));
        Self {
            action: change.action(),
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

/// All settings under the equality rules, also in the order of their names.
struct Settings<'a>(&'a RecordConfig);

static BY_NAME: LazyLock<[Field; Field::ALL.len()]> = LazyLock::new(|| {
    let mut fields = Field::ALL;
    fields.sort_unstable_by_key(|field| field.name());
    fields
});

impl Serialize for Settings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut settings = serializer.serialize_map(Some(Field::ALL.len()))?;
        for field in *BY_NAME {
            settings.serialize_key(field.name())?;
            match self.0.get(field) {
                Value::Unset => settings.serialize_value(&())?,
                Value::Text(text) => settings.serialize_value(&text)?,
                Value::Seconds(number) | Value::Number(number) => settings.serialize_value(&number)?,
                Value::Switch(on) => settings.serialize_value(&on)?,
                Value::Set(words) => settings.serialize_value(&words)?,
                // Canonical already, as it nearly always is.
                Value::Json(fields) if fields.is_empty() => settings.serialize_value(&fields)?,
                Value::Json(fields) => settings.serialize_value(&Canonical(&fields))?,
                value @ (Value::Formats(_) | Value::Process(_) | Value::Bare) => {
                    settings.serialize_value(&Canonical(&value.to_json()))?;
                }
            }
        }
        settings.end()
    }
}

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
    use crate::model::{Format, FormatSettings, Process, words};
    use crate::plan::change::Transition;

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
        let document = serde_json::json!({ "digest": 2, "decisions": decisions });
        let mut document = document;
        for change in document["decisions"]["changes"].as_array_mut().unwrap() {
            for side in ["before", "after"] {
                let Some(settings) = change[side].as_object_mut() else { continue };
                settings.entry("unknown").or_insert(serde_json::json!({}));
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
            let text = serde_json::to_string(&Settings(&config)).unwrap();
            assert_eq!(serde_json_canonicalizer::pipe(&text).unwrap(), text);
        }
    }
}
