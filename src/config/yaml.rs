//! Values to be written as YAML, and how they look in one line.

use std::sync::Arc;

use super::quotes::quoted;
use crate::model::{Field, Format, FormatSettings, Part, Process, Value, in_documented_order};

/// A value to be written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Yaml {
    /// A word that livevod defines, a number or a length of time: it needs no quotes.
    Word(String),
    /// Any other text.
    Text(String),
    /// Texts.
    List(Vec<String>),
    /// A map.
    Map(YamlMap),
}

/// A map to be written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct YamlMap {
    /// What its keys are.
    pub keys: Keys,
    /// In the order in which they are written.
    pub entries: Vec<(Arc<str>, Yaml)>,
}

/// What the keys of a map are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keys {
    /// Words that livevod defines, each on a line of its own.
    Blocks,
    /// Names of domains, apps, streams or regions.
    Names,
    /// The settings of a stream.
    Settings,
    /// What is set inside one of those.
    Parts,
}

/// How brackets and quotes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notation {
    /// Whether there are spaces inside braces.
    pub is_padded: bool,
    /// Whether it is JSON: every key and every text is in double quotes.
    pub is_json: bool,
}

impl Notation {
    /// That of new files.
    pub const NEW: Self = Self { is_padded: true, is_json: false };

    /// A text or a key.
    pub fn text(self, text: &str) -> String {
        match quoted(text) {
            written if self.is_json && !written.starts_with('"') => format!("\"{written}\""),
            written => written.into_owned(),
        }
    }
}

impl Yaml {
    /// A word.
    pub fn word(word: impl ToString) -> Self {
        Yaml::Word(word.to_string())
    }

    /// A map.
    pub fn map<K: Into<Arc<str>>>(keys: Keys, entries: impl IntoIterator<Item = (K, Yaml)>) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (key.into(), value)).collect();
        Yaml::Map(YamlMap { keys, entries })
    }

    /// The value of a field. A group stands as it is; for nothing there is a word, which stops inheritance.
    pub fn of(value: Value) -> Self {
        let one = |key, id| Yaml::map(Keys::Parts, [(key, Yaml::Text(id))]);
        match value {
            Value::Text(text) => Yaml::Text(text),
            Value::Set(texts) if texts.is_empty() => Yaml::word("default"),
            Value::Set(texts) => {
                Yaml::List(in_documented_order(&texts).into_iter().map(str::to_owned).collect())
            }
            Value::Process(Process::Transcode(id)) => one("transcode", id),
            Value::Process(Process::Workflow(id)) => one("workflow", id),
            Value::Process(Process::Nothing)
            | Value::Unset
            | Value::Bare
            | Value::Formats(_)
            | Value::Json(_) => Yaml::word("default"),
            Value::Seconds(_) | Value::Switch(_) | Value::Number(_) => Yaml::word(value),
        }
    }

    /// The settings of a format, without those that only say what is documented for a setting that is not written.
    pub fn of_format(format: Format, settings: &FormatSettings) -> Self {
        let written = Part::ALL.into_iter().filter_map(|part| {
            let (field, value) = (Field::Part(format, part), settings.get(part));
            let is_documented = value == Value::Unset || field.implied().as_ref() == Some(&value);
            (!is_documented).then(|| (part.name(), Yaml::of(value)))
        });
        Yaml::map(Keys::Parts, written)
    }

    /// The value in one line, maps in braces.
    pub fn flow(&self, notation: Notation) -> String {
        match self {
            Yaml::Word(word) if notation.is_json && word.parse::<u32>().is_err() => format!("\"{word}\""),
            Yaml::Word(word) => word.clone(),
            Yaml::Text(text) => notation.text(text),
            Yaml::List(texts) => {
                format!("[{}]", texts.iter().map(|text| notation.text(text)).collect::<Vec<_>>().join(", "))
            }
            Yaml::Map(map) if map.entries.is_empty() => "{}".to_owned(),
            Yaml::Map(map) => {
                let pad = if notation.is_padded { " " } else { "" };
                let entry = |(key, value): &(Arc<str>, Yaml)| {
                    format!("{}: {}", notation.text(key), value.flow(notation))
                };
                let entries = map.entries.iter().map(entry).collect::<Vec<_>>().join(", ");
                format!("{{{pad}{entries}{pad}}}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::words;

    #[test]
    fn a_format_says_what_is_not_documented_for_it_and_words_in_the_documents_order() {
        let settings = FormatSettings {
            process: Some(Process::Transcode("hd".into())),
            auto_compose: Some(false),
            video: Some(words("compose,origin")),
            tags: Some("on air".into()),
            ..FormatSettings::default()
        };
        let written = Yaml::of_format(Format::Mp4, &settings);
        assert_eq!(
            written.flow(Notation::NEW),
            "{ process: { transcode: hd }, video: [origin, compose], tags: \"on air\" }"
        );
        let json = Notation { is_padded: false, is_json: true };
        assert_eq!(
            written.flow(json),
            r#"{"process": {"transcode": "hd"}, "video": ["origin", "compose"], "tags": "on air"}"#
        );
    }
}
