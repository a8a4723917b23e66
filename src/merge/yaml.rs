//! What is added to a file, before it has a layout.

use std::collections::BTreeMap;
use std::sync::Arc;

/// A value to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Yaml {
    /// A word that livevod defines, or a number: it needs no quotes.
    Word(String),
    /// A text of somebody's own.
    Text(String),
    /// Texts.
    List(Vec<String>),
    /// A map.
    Map(Map),
}

/// A map to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Map {
    /// What its keys are.
    pub(super) kind: Kind,
    /// In the order in which they are written.
    pub(super) entries: Vec<(Arc<str>, Yaml)>,
}

/// What the keys of a map are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Words that livevod defines, each on a line of its own.
    Blocks,
    /// Names of domains, apps or streams.
    Names,
    /// The settings of a stream.
    Settings,
    /// What is set inside one of those.
    Parts,
}

impl Yaml {
    /// A map of blocks.
    pub(super) fn blocks(entries: impl IntoIterator<Item = (&'static str, Yaml)>) -> Self {
        Self::keyed(Kind::Blocks, entries)
    }

    /// A map with keys that livevod defines.
    pub(super) fn keyed(kind: Kind, entries: impl IntoIterator<Item = (&'static str, Yaml)>) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (key.into(), value)).collect();
        Yaml::Map(Map { kind, entries })
    }

    /// A map of names.
    pub(super) fn names(entries: BTreeMap<Arc<str>, Yaml>) -> Self {
        Yaml::Map(Map { kind: Kind::Names, entries: entries.into_iter().collect() })
    }

    /// A word.
    pub(super) fn word(word: impl ToString) -> Self {
        Yaml::Word(word.to_string())
    }
}
