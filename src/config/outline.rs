//! Shows how the maps of a file are laid out, so that entries can be added beside those that are there.
//!
//! A [`Document`](super::Document) has the values of all files together; an outline has the places of one file, the
//! empty ones included.

use super::tree::{self, Node, Shape};
use crate::diag::Findings;
use crate::source::{FileId, Source, Sources, Span};

/// A map as it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenMap {
    /// Its bytes, brackets included; a block begins with its first key and ends with its last value.
    pub span: Span,
    /// Whether it is in brackets.
    pub is_flow: bool,
    /// In the order of the file.
    pub entries: Vec<WrittenEntry>,
}

/// One entry of a map.
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenEntry {
    /// The key's text, without its quotes.
    pub name: String,
    /// The key, with its quotes.
    pub key: Span,
    /// One past the colon; `None` if there is no colon, as in `{ cam1 }`.
    pub after_colon: Option<u32>,
    /// What follows.
    pub value: WrittenValue,
    /// One past the last byte of the entry.
    pub end: u32,
}

/// What is written after a key.
#[derive(Debug, Clone, PartialEq)]
pub enum WrittenValue {
    /// Nothing, or what means nothing: a null, or brackets with only white space between them.
    Blank(Option<Span>),
    /// A map.
    Map(WrittenMap),
    /// A text or a list.
    Other(Span),
    /// Something that is also used elsewhere in the file, so that adding to it would change more than this place, or that is
    /// laid out in a way that can't be continued. The text says which.
    Closed(&'static str),
}

impl WrittenMap {
    /// The entry of this name.
    pub fn get(&self, name: &str) -> Option<&WrittenEntry> {
        self.entries.iter().find(|entry| entry.name == name)
    }
}

impl WrittenEntry {
    /// The map after the key, if there is one.
    pub fn map(&self) -> Option<&WrittenMap> {
        match &self.value {
            WrittenValue::Map(map) => Some(map),
            WrittenValue::Blank(_) | WrittenValue::Other(_) | WrittenValue::Closed(_) => None,
        }
    }
}

/// Why an anchor or an alias is left alone.
const SHARED: &str = "it is an anchor or an alias, so it is also used elsewhere";

/// Why a map with a key that is marked with `?` is left alone.
const MARKED: &str = "its keys are marked with `?`";

/// Why a block that is indented with tabs is left alone: YAML allows them only in some places.
const TABBED: &str = "it is indented with tabs";

/// The topmost map of a file; `None` if the file is not YAML or has no map.
pub fn outline(sources: &Sources, file: FileId) -> Option<WrittenMap> {
    let tree = tree::read(sources, file, &mut Findings::default())?;
    match (Reader { source: sources.get(file) }).map(tree.root())? {
        WrittenValue::Map(map) => Some(map),
        WrittenValue::Blank(_) | WrittenValue::Other(_) | WrittenValue::Closed(_) => None,
    }
}

struct Reader<'s> {
    source: &'s Source,
}

impl Reader<'_> {
    /// A node that is a map; `None` for any other.
    fn map(&self, node: Node<'_>) -> Option<WrittenValue> {
        let Shape::Map(pairs) = node.shape() else { return None };
        let span = node.span();
        let is_flow = self.text(span.start, span.end).starts_with('{');
        let is_marked = |key: &Node<'_>| self.line_before(key.span().start).trim_end().ends_with('?');
        if pairs.iter().any(|(key, _)| is_marked(key)) {
            return Some(WrittenValue::Closed(MARKED));
        }
        let is_tabbed = |key: &Node<'_>| self.line_before(key.span().start).contains('\t');
        if !is_flow && pairs.iter().any(|(key, _)| is_tabbed(key)) {
            return Some(WrittenValue::Closed(TABBED));
        }
        let is_empty = pairs.is_empty() && self.text(span.start + 1, span.end - 1).trim().is_empty();
        if is_empty {
            return Some(WrittenValue::Blank(Some(span)));
        }
        let mut entries: Vec<WrittenEntry> = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            let Shape::Scalar { text, .. } = key.shape() else { return Some(WrittenValue::Closed(MARKED)) };
            // An aliased key has the place of its anchor.
            let from = entries.last().map_or(span.start, |entry| entry.end);
            if key.span().start < from {
                return Some(WrittenValue::Closed(SHARED));
            }
            entries.push(self.entry(text, key.span(), value));
        }
        Some(WrittenValue::Map(WrittenMap { span, is_flow, entries }))
    }

    fn entry(&self, name: &str, key: Span, value: Node<'_>) -> WrittenEntry {
        let rest = &self.source.text()[key.end as usize..];
        let gap = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let after_colon = rest[gap..].starts_with(':').then_some(key.end + gap as u32 + 1);
        let value_start = after_colon.unwrap_or(key.end);
        let (value, end) = self.value(value, key, value_start);
        WrittenEntry { name: name.to_owned(), key, after_colon, value, end }
    }

    /// A value whose bytes begin somewhere after `from`, and one past its last byte.
    fn value(&self, node: Node<'_>, key: Span, from: u32) -> (WrittenValue, u32) {
        let span = node.span();
        // The token after the colon: an anchor or an alias is one.
        let token = self.token(from);
        let is_missing = matches!(node.shape(), Shape::Missing);
        let is_below = self.text(from, token.0).contains('\n');
        if self.text(token.0, token.1).starts_with(['&', '*']) && !(is_missing && is_below) {
            let is_alias = span.start < key.start || is_missing;
            let end = if is_alias { token.1 } else { span.end.max(token.1) };
            return (WrittenValue::Closed(SHARED), end);
        }
        match node.shape() {
            Shape::Missing => (WrittenValue::Blank(None), from),
            _ if node.is_blank() => (WrittenValue::Blank(Some(span)), span.end),
            Shape::Map(_) => (self.map(node).unwrap_or(WrittenValue::Other(span)), span.end),
            Shape::Scalar { .. } | Shape::List(_) | Shape::Faulty => (WrittenValue::Other(span), span.end),
        }
    }

    /// The first word after a byte, past white space, line breaks and comments.
    fn token(&self, from: u32) -> (u32, u32) {
        let text = self.source.text();
        let mut at = from as usize;
        loop {
            at += text[at..].len() - text[at..].trim_start().len();
            if !text[at..].starts_with('#') {
                break;
            }
            at = text[at..].find('\n').map_or(text.len(), |line| at + line);
        }
        let is_end = |sign: char| sign.is_whitespace() || matches!(sign, ',' | '}' | ']' | '{' | '[');
        let length = text[at..].find(is_end).unwrap_or(text.len() - at);
        (at as u32, (at + length) as u32)
    }

    /// The text of the line in front of a byte.
    fn line_before(&self, at: u32) -> &str {
        let line = self.source.line_range(self.source.line_index(at));
        self.text(line.start, at)
    }

    fn text(&self, start: u32, end: u32) -> &str {
        self.source.text().get(start as usize..end as usize).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every entry with its bytes: `{…}` for a flow map, `(…)` for a block, `-` for what is blank, `!` for what is closed.
    fn shown(text: &str) -> String {
        let mut sources = Sources::default();
        let file = sources.add(Source::new("a.yaml", text));
        outline(&sources, file).map_or("none".to_owned(), |map| map_text(text, &map))
    }

    fn map_text(text: &str, map: &WrittenMap) -> String {
        let entry = |entry: &WrittenEntry| {
            let value = match &entry.value {
                WrittenValue::Blank(_) => "-".to_owned(),
                WrittenValue::Map(map) => map_text(text, map),
                WrittenValue::Other(span) => text[span.start as usize..span.end as usize].to_owned(),
                WrittenValue::Closed(_) => "!".to_owned(),
            };
            let behind = text[entry.end as usize..]
                .chars()
                .next()
                .map_or("$".to_owned(), |next| next.escape_debug().to_string());
            format!("{}:{value}^{behind}", entry.name)
        };
        let entries = map.entries.iter().map(entry).collect::<Vec<_>>().join(" ");
        if map.is_flow { format!("{{{entries}}}") } else { format!("({entries})") }
    }

    #[test]
    fn every_entry_has_its_bytes() {
        let table = [
            ("a: 1\nb: { c: [x], \"d\": {} }\n", "(a:1^\\n b:{c:[x]^, d:-^ }^\\n)"),
            ("a:\n  b: # none\n  c: null # none\n  d: ~\n", "(a:(b:-^  c:-^  d:-^\\n)^\\n)"),
            ("a: { b, c: , d }", "(a:{b:-^, c:-^  d:-^ }^$)"),
            ("\u{feff}a: {\n  b: 1, # x\n}\r\n", "(a:{b:1^,}^\\r)"),
            ("a: { # none\n}\n", "(a:{}^\\n)"),
            ("- a\n", "none"),
        ];
        for (text, expected) in table {
            assert_eq!(shown(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_used_elsewhere_is_closed() {
        let table = [
            ("a: &x\n  b: 1\nc: *x\n", "(a:!^\\n c:!^\\n)"),
            ("a: # one\n  &x { b: 1 }\nc: { d: *x, e: 1 }\n", "(a:!^\\n c:{d:!^, e:1^ }^\\n)"),
            ("a: &x\nb: 2\n", "(a:!^\\n b:2^\\n)"),
            ("a:\n&x b: 2\n", "(a:-^\\n b:2^\\n)"),
            ("a: { &k b: 1 }\nc: { *k : 2 }\n", "(a:{b:1^ }^\\n c:!^\\n)"),
            ("a:\n  ? b\n  : 1\n", "(a:!^\\n)"),
            ("a:\n  \tb: 1\n", "(a:!^\\n)"),
            ("a: \"&x\"\nb: '*x'\n", "(a:\"&x\"^\\n b:'*x'^\\n)"),
        ];
        for (text, expected) in table {
            assert_eq!(shown(text), expected, "{text:?}");
        }
    }
}
