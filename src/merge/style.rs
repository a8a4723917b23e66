//! How a file is written, found from what it holds, and new entries written the same way.

use std::collections::BTreeMap;

use crate::config::{Keys, Notation, WrittenEntry, WrittenMap, WrittenValue, Yaml, YamlMap, quoted};
use crate::source::Source;

/// The longest line that a new entry makes, in characters; its settings then get lines of their own.
const WIDTH: usize = 120;

/// Spaces per level where a file has only one.
const STEP: usize = 2;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Style {
    /// Spaces per level.
    pub(super) step: usize,
    /// The line break.
    pub(super) line_break: &'static str,
    /// How brackets and quotes are written.
    pub(super) notation: Notation,
    /// How the settings of streams are written.
    entries: Entries,
}

/// How the settings of streams are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entries {
    /// Whether they share the line of the name.
    is_flow: bool,
    /// Whether an entry without settings has nothing after the colon.
    is_bare: bool,
}

impl Style {
    /// The style of a new file.
    pub(super) const NEW: Self = Self {
        step: STEP,
        line_break: "\n",
        notation: Notation::NEW,
        entries: Entries { is_flow: true, is_bare: false },
    };

    /// The style of a file.
    pub(super) fn of(source: &Source, root: &WrittenMap) -> Self {
        let mut seen = Seen { source, steps: BTreeMap::new(), padded: 0, tight: 0, unquoted: 0 };
        seen.map(root);
        let step = seen.steps.iter().max_by_key(|(_, count)| **count).map_or(STEP, |(step, _)| *step);
        let is_crlf = source.text().find('\n').is_some_and(|at| source.text()[..at].ends_with('\r'));
        Self {
            step,
            line_break: if is_crlf { "\r\n" } else { "\n" },
            notation: Notation {
                is_padded: seen.padded >= seen.tight,
                is_json: root.is_flow && seen.unquoted == 0,
            },
            entries: Self::NEW.entries.like(&streams(root)),
        }
    }

    /// The style inside a map: what is near counts more than the rest of the file.
    pub(super) fn inside(self, source: &Source, map: &WrittenMap) -> Self {
        let around = is_padded(source, map);
        let below = || map.entries.iter().find_map(|entry| is_padded(source, entry.map()?));
        let is_padded = around.or_else(below).unwrap_or(self.notation.is_padded);
        Self { notation: Notation { is_padded, ..self.notation }, ..self }
    }

    /// The style for a map of streams, whose entries count more than those elsewhere in the file.
    pub(super) fn beside(self, streams: &WrittenMap) -> Self {
        Self { entries: self.entries.like(&streams.entries.iter().collect::<Vec<_>>()), ..self }
    }

    /// An entry as lines of a block at `indent`, without line breaks.
    pub(super) fn lines(self, key: &str, value: &Yaml, indent: usize) -> Vec<String> {
        let lone = |text: String| vec![format!("{}{key}: {text}", " ".repeat(indent))];
        let Yaml::Map(map) = value else { return lone(value.flow(self.notation)) };
        if map.entries.is_empty() {
            let is_bare = map.keys == Keys::Settings && self.entries.is_bare;
            return if is_bare {
                vec![format!("{}{key}:", " ".repeat(indent))]
            } else {
                lone("{}".to_owned())
            };
        }
        let flow = value.flow(self.notation);
        let fits =
            indent + [key, ": ", &flow].map(|part| part.chars().count()).iter().sum::<usize>() <= WIDTH;
        let is_flow = match map.keys {
            Keys::Blocks | Keys::Names => false,
            Keys::Settings => self.entries.is_flow && fits && !has_blocks(map),
            Keys::Parts => fits,
        };
        if is_flow {
            return lone(flow);
        }
        let first = [format!("{}{key}:", " ".repeat(indent))];
        let inner = map
            .entries
            .iter()
            .flat_map(|(key, value)| self.lines(&self.notation.text(key), value, indent + self.step));
        first.into_iter().chain(inner).collect()
    }

    /// A key beside others: in quotes where it needs them, and where all the others are although they need none.
    pub(super) fn key_beside(self, name: &str, source: &Source, neighbours: &WrittenMap) -> String {
        let marks: Vec<(char, &str)> = neighbours
            .entries
            .iter()
            .filter_map(|entry| Some((mark(source, entry)?, entry.name.as_str())))
            .collect();
        let is_custom = marks.len() == neighbours.entries.len()
            && marks.iter().any(|(_, name)| !quoted(name).starts_with('"'));
        match marks.first() {
            Some(('\'', _)) if is_custom && quoted(name) == name => format!("'{name}'"),
            Some(_) if is_custom && quoted(name) == name => format!("\"{name}\""),
            _ => self.notation.text(name),
        }
    }
}

impl Entries {
    /// How most of these entries of streams are written; where they do not tell, as before.
    fn like(self, entries: &[&WrittenEntry]) -> Self {
        let count = |is: fn(&WrittenValue) -> bool| entries.iter().filter(|entry| is(&entry.value)).count();
        let flow = count(|value| matches!(value, WrittenValue::Map(map) if map.is_flow));
        let block = count(|value| matches!(value, WrittenValue::Map(map) if !map.is_flow));
        let bare = count(|value| matches!(value, WrittenValue::Blank(None)));
        let brackets = count(|value| matches!(value, WrittenValue::Blank(Some(_))));
        let most = |one: usize, other: usize, before: bool| if one == other { before } else { one > other };
        Self { is_flow: most(flow, block, self.is_flow), is_bare: most(bare, brackets, self.is_bare) }
    }
}

/// Whether a value of a map needs lines of its own.
fn has_blocks(map: &YamlMap) -> bool {
    map.entries.iter().any(|(_, value)| matches!(value, Yaml::Map(YamlMap { keys: Keys::Blocks, .. })))
}

/// The entries of all streams in a file.
fn streams(root: &WrittenMap) -> Vec<&WrittenEntry> {
    let blocks = ["domains", "layouts"].into_iter().filter_map(|name| root.get(name)?.map());
    let trees = blocks.flat_map(|block| block.entries.iter().filter_map(WrittenEntry::map));
    let apps = trees.filter_map(|tree| tree.get("apps")?.map()).flat_map(|apps| &apps.entries);
    let streams = apps.filter_map(|app| app.map()?.get("streams")?.map());
    streams.flat_map(|streams| &streams.entries).collect()
}

/// Whether there is a space behind the bracket of a map; `None` if it has no bracket or nothing inside.
fn is_padded(source: &Source, map: &WrittenMap) -> Option<bool> {
    let inside = source.text().get(map.span.start as usize + 1..)?;
    (map.is_flow && !map.entries.is_empty()).then(|| inside.starts_with(char::is_whitespace))
}

/// The quote that a key is in.
fn mark(source: &Source, entry: &WrittenEntry) -> Option<char> {
    source.text().get(entry.key.start as usize..)?.chars().next().filter(|first| matches!(first, '"' | '\''))
}

/// What a file shows of its style.
struct Seen<'s> {
    source: &'s Source,
    /// How often each indentation occurs.
    steps: BTreeMap<usize, usize>,
    padded: usize,
    tight: usize,
    /// Keys without double quotes.
    unquoted: usize,
}

impl Seen<'_> {
    fn map(&mut self, map: &WrittenMap) {
        match is_padded(self.source, map) {
            Some(true) => self.padded += 1,
            Some(false) => self.tight += 1,
            None => {}
        }
        for entry in &map.entries {
            self.unquoted += usize::from(mark(self.source, entry) != Some('"'));
            let Some(inner) = entry.map() else { continue };
            if let (false, Some(first)) = (inner.is_flow, inner.entries.first()) {
                let [outer, inner] = [entry, first].map(|entry| self.source.column_index(entry.key.start));
                *self.steps.entry(inner.saturating_sub(outer).max(1)).or_default() += 1;
            }
            self.map(inner);
        }
    }
}
