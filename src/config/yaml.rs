//! Values to be written as YAML, and how they look in one line.

use std::sync::Arc;

use super::quotes::quoted;

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
