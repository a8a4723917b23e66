//! The value of one field, and how it is shown.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Serialize, Serializer};

use super::format::{Formats, Process};

/// The words of `record_content`: the source stream, and its transcoded streams.
pub(super) const CONTENT: &[&str] = &["raw", "transcode"];

/// The words of `video`: the recorded files, and the merged one.
pub(super) const VIDEO: &[&str] = &["origin", "compose"];

/// The value of one field, as plans compare and show it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// Nothing set.
    Unset,
    /// An id or another text.
    Text(String),
    /// A length of time in seconds.
    Seconds(u32),
    /// On or off.
    Switch(bool),
    /// A number without a unit.
    Number(u32),
    /// Words or names whose order has no meaning.
    Set(BTreeSet<String>),
    /// What processes the files of a format.
    Process(Process),
    /// A format that is there, whatever its settings.
    Bare,
    /// The settings of each format.
    Formats(Formats),
    /// Unknown response fields by name.
    Json(BTreeMap<String, serde_json::Value>),
}

impl Serialize for Value {
    /// Writes [`Value::to_json`] without making it first, for the values of most fields.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Unset => serializer.serialize_none(),
            Value::Text(text) => serializer.serialize_str(text),
            Value::Seconds(number) | Value::Number(number) => serializer.serialize_u32(*number),
            Value::Switch(on) => serializer.serialize_bool(*on),
            Value::Set(words) => serializer.collect_seq(words),
            Value::Process(_) | Value::Bare | Value::Formats(_) | Value::Json(_) => {
                self.to_json().serialize(serializer)
            }
        }
    }
}

impl Value {
    /// A text, or unset.
    pub fn text(text: Option<&str>) -> Self {
        text.map_or(Value::Unset, |text| Value::Text(text.to_owned()))
    }

    /// The value in JSON: seconds are integers, switches booleans, unset is null.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Value::Unset => serde_json::Value::Null,
            Value::Text(text) => text.as_str().into(),
            Value::Seconds(number) | Value::Number(number) => (*number).into(),
            Value::Switch(on) => (*on).into(),
            Value::Set(words) => words.iter().map(String::as_str).collect(),
            Value::Process(Process::Transcode(id)) => serde_json::json!({ "transcode": id }),
            Value::Process(Process::Workflow(id)) => serde_json::json!({ "workflow": id }),
            Value::Process(Process::Nothing) => "default".into(),
            Value::Bare => serde_json::json!({}),
            Value::Formats(formats) => {
                formats.iter().map(|(format, one)| (format.name().to_owned(), one.to_json())).collect()
            }
            Value::Json(fields) => fields.clone().into_iter().collect(),
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it holds nothing: unset, or no unknown fields that say something.
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Unset => true,
            Value::Json(fields) => !fields.iter().any(|(name, value)| is_telling(name, value)),
            _ => false,
        }
    }
}

/// The words of a set in the order in which the API's documents write them, then all others by name.
pub(crate) fn in_documented_order(words: &BTreeSet<String>) -> Vec<&str> {
    let documented = || CONTENT.iter().chain(VIDEO);
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    words.sort_by_key(|word| documented().position(|one| one == word).unwrap_or(usize::MAX));
    words
}

/// Fields of an answer that say nothing about the configuration: they belong to the request or to the answer.
const PLUMBING: [&str; 3] = ["OwnerId", "RegionId", "RequestId"];

/// Whether a field that nobody knows says something about the configuration.
pub(crate) fn is_telling(name: &str, value: &serde_json::Value) -> bool {
    says_something(value) && !PLUMBING.contains(&name)
}

/// Whether a value that nobody knows means more than nothing, off or zero. XML writes all of them as text.
fn says_something(value: &serde_json::Value) -> bool {
    use serde_json::Value as Json;
    match value {
        Json::Null | Json::Bool(false) => false,
        Json::Bool(true) => true,
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::String(text) => !matches!(text.trim(), "" | "0" | "false" | "[]" | "{}"),
        Json::Array(items) => items.iter().any(says_something),
        Json::Object(fields) => fields.values().any(says_something),
    }
}

/// Whether a text can be shown without quotes: ids, hosts and lists of them.
fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.,:/".contains(&byte);
    !text.is_empty() && text.bytes().all(plain)
}

/// `1h30m`, as YAML takes it.
fn duration(seconds: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let parts = [(seconds / 3600, 'h'), (seconds / 60 % 60, 'm'), (seconds % 60, 's')];
    for (count, unit) in parts.into_iter().filter(|(count, unit)| *count > 0 || (*unit, seconds) == ('s', 0))
    {
        write!(f, "{count}{unit}")?;
    }
    Ok(())
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Unset => f.write_str("(not set)"),
            Value::Text(text) if is_plain(text) => f.write_str(text),
            // Unquoted, it could be mistaken for something else, such as `(not set)` or a group's name.
            Value::Text(text) => f.write_str(&serde_json::to_string(text).map_err(|_| fmt::Error)?),
            Value::Seconds(seconds) => duration(*seconds, f),
            Value::Number(number) => write!(f, "{number}"),
            Value::Switch(on) => f.write_str(if *on { "on" } else { "off" }),
            Value::Set(words) => {
                let words = in_documented_order(words).into_iter();
                let shown = |word: &str| Value::text(Some(word)).to_string();
                write!(f, "[{}]", words.map(shown).collect::<Vec<_>>().join(", "))
            }
            Value::Process(process) => process.fmt(f),
            Value::Bare => f.write_str("recorded"),
            Value::Formats(formats) => {
                let names: Vec<&str> = formats.keys().map(|format| format.name()).collect();
                write!(f, "{{ {} }}", names.join(", "))
            }
            Value::Json(fields) => f.write_str(&serde_json::to_string(fields).map_err(|_| fmt::Error)?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        let shown = [0, 15, 90, 1200, 1230, 3600, 5400, 21_600, 21_601]
            .map(|seconds| Value::Seconds(seconds).to_string());
        assert_eq!(shown, ["0s", "15s", "1m30s", "20m", "20m30s", "1h", "1h30m", "6h", "6h1s"]);
    }

    #[test]
    fn sets_read_as_the_documents_write_them() {
        let shown = |text: &str| Value::Set(super::super::words(text)).to_string();
        assert_eq!(shown("compose,origin"), "[origin, compose]");
        assert_eq!(shown("transcode,raw"), "[raw, transcode]");
        assert_eq!(shown("lsd,lld"), "[lld, lsd]");
    }
}
