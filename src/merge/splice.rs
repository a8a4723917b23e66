//! Adds entries to the text of a file where they belong. Every other byte stays as it is.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::order::Order;
use super::style::Style;
use crate::config::{Keys, WrittenEntry, WrittenMap, WrittenValue, Yaml, YamlMap};
use crate::source::{Source, Span};

/// A piece of text that takes the place of another one, which may be empty.
struct Edit {
    at: Range<u32>,
    text: String,
}

/// The text of a file with `added` in its topmost map. Where two entries are added at one place, the deeper one comes
/// first: it belongs to what is above it.
pub(super) fn splice(source: &Source, root: &WrittenMap, added: &YamlMap) -> String {
    let style = Style::of(source, root);
    let mut splicer = Splicer { source, edits: Vec::new() };
    splicer.map(root, added, style, true);
    let mut edits = std::mem::take(&mut splicer.edits);
    edits.sort_by_key(|edit| edit.at.start);
    let mut text = String::with_capacity(source.text().len());
    let mut copied = 0;
    for Edit { at, text: piece } in &edits {
        text.push_str(splicer.between(copied, at.start));
        text.push_str(piece);
        copied = at.end;
    }
    text + splicer.between(copied, source.text().len() as u32)
}

struct Splicer<'s> {
    source: &'s Source,
    /// Those at one place in the order in which they follow each other.
    edits: Vec<Edit>,
}

/// One new entry of a map and the index before which it belongs.
type Placed<'a> = (usize, &'a (Arc<str>, Yaml));

impl Splicer<'_> {
    fn map(&mut self, map: &WrittenMap, added: &YamlMap, style: Style, is_root: bool) {
        let is_of_streams = added
            .entries
            .iter()
            .any(|(_, value)| matches!(value, Yaml::Map(YamlMap { keys: Keys::Settings, .. })));
        let style = style.inside(self.source, map);
        let style = if is_of_streams { style.beside(map) } else { style };
        let names: Vec<&str> = map.entries.iter().map(|entry| entry.name.as_str()).collect();
        let written: HashMap<&str, &WrittenEntry> =
            map.entries.iter().map(|entry| (entry.name.as_str(), entry)).collect();
        let order = Order::of(&names);
        let mut missing: Vec<Placed<'_>> = Vec::new();
        for entry in &added.entries {
            match (written.get(&*entry.0), &entry.1) {
                (Some(written), Yaml::Map(inner)) => self.entry(map, written, inner, style),
                (Some(_), _) => {}
                (None, _) if added.keys == Keys::Names => missing.push((order.place(&entry.0), entry)),
                (None, _) => missing.push((map.entries.len(), entry)),
            }
        }
        if added.keys == Keys::Names {
            missing.sort_by(|(at, (name, _)), (other_at, (other, _))| {
                at.cmp(other_at).then_with(|| order.compare(name, other))
            });
        }
        for group in missing.chunk_by(|(at, _), (other, _)| at == other) {
            match map.is_flow {
                true => self.in_brackets(map, group, style),
                false => self.in_block(map, group, style, is_root),
            }
        }
    }

    /// Adds to the value of an entry that is there.
    fn entry(&mut self, around: &WrittenMap, entry: &WrittenEntry, added: &YamlMap, style: Style) {
        match &entry.value {
            WrittenValue::Map(map) => self.map(map, added, style, false),
            WrittenValue::Blank(written) => self.fill(around, entry, *written, added, style),
            // The place was checked before: neither is the value of an entry that takes a map.
            WrittenValue::Other(_) | WrittenValue::Closed(_) => {}
        }
    }

    /// Gives a blank entry its first value.
    fn fill(
        &mut self,
        around: &WrittenMap,
        entry: &WrittenEntry,
        written: Option<Span>,
        added: &YamlMap,
        style: Style,
    ) {
        let after = entry.after_colon.unwrap_or(entry.key.end);
        let gap = written.map_or("", |span| self.between(after, span.start));
        if around.is_flow || gap.contains('\n') {
            let flow = Yaml::Map(added.clone()).flow(style.notation);
            let (at, front) = match (written, entry.after_colon) {
                (Some(span), _) => (span.start..span.end, ""),
                (None, Some(colon)) => (colon..colon, " "),
                (None, None) => (entry.key.end..entry.key.end, ": "),
            };
            return self.edits.push(Edit { at, text: format!("{front}{flow}") });
        }
        if let Some(span) = written {
            self.edits.push(Edit { at: after..span.end, text: String::new() });
        }
        let column = self.source.column_index(entry.key.start);
        let value = |(key, value): &(Arc<str>, Yaml)| {
            style.lines(&style.notation.text(key), value, column + style.step)
        };
        let lines: Vec<String> = added.entries.iter().flat_map(value).collect();
        let at = self.end_of_lines(after, column + 1);
        self.insert_lines(at, &lines, style);
    }

    /// Adds entries before one of a block, or behind its last one.
    fn in_block(&mut self, map: &WrittenMap, group: &[Placed<'_>], style: Style, is_root: bool) {
        let Some((first, last)) = map.entries.first().zip(map.entries.last()) else { return };
        let column = self.source.column_index(first.key.start);
        let at = match map.entries.get(group[0].0) {
            Some(next) => self.start_with_comments(next.key.start),
            None => self.end_of_lines(last.end, column),
        };
        let is_last = group[0].0 == map.entries.len();
        let is_apart = is_root || self.is_apart(map);
        let mut lines = Vec::new();
        for (index, (_, (name, value))) in group.iter().enumerate() {
            let is_blank_above = is_apart && (is_last || index > 0);
            lines.extend(is_blank_above.then(String::new));
            lines.extend(style.lines(&style.key_beside(name, self.source, map), value, column));
        }
        lines.extend((is_apart && !is_last).then(String::new));
        self.insert_lines(at, &lines, style);
    }

    /// Adds entries before one in brackets, or behind the last one.
    fn in_brackets(&mut self, map: &WrittenMap, group: &[Placed<'_>], style: Style) {
        let items: Vec<String> = group
            .iter()
            .map(|(_, (name, value))| {
                format!("{}: {}", style.key_beside(name, self.source, map), value.flow(style.notation))
            })
            .collect();
        match (map.entries.get(group[0].0), map.entries.last()) {
            (Some(next), _) => self.before_in_brackets(next, &items, style),
            (None, Some(last)) => self.behind_in_brackets(map, last, &items, style),
            (None, None) => {
                let at = map.span.start + 1;
                self.insert(at, format!(" {}", items.join(", ")));
            }
        }
    }

    fn before_in_brackets(&mut self, next: &WrittenEntry, items: &[String], style: Style) {
        match self.indent_if_first(next) {
            Some(indent) => {
                let lines: Vec<String> = items.iter().map(|item| format!("{indent}{item},")).collect();
                self.insert_lines(self.start_with_comments(next.key.start), &lines, style);
            }
            None => {
                let text: String = items.iter().map(|item| format!("{item}, ")).collect();
                self.insert(next.key.start, text);
            }
        }
    }

    fn behind_in_brackets(&mut self, map: &WrittenMap, last: &WrittenEntry, items: &[String], style: Style) {
        let comma = self.comma_after(last.end);
        let from = comma.unwrap_or(last.end);
        let closes_below = self.between(from, map.span.end).contains('\n');
        match (self.indent_if_first(last), comma) {
            (Some(indent), _) if closes_below => {
                if comma.is_none() {
                    self.insert(last.end, ",".to_owned());
                }
                let ends = |at: usize| if comma.is_some() || at + 1 < items.len() { "," } else { "" };
                let line = |(at, item): (usize, &String)| format!("{indent}{item}{}", ends(at));
                let lines: Vec<String> = items.iter().enumerate().map(line).collect();
                self.insert_lines(self.next_line(from), &lines, style);
            }
            (Some(indent), None) => {
                let text: String =
                    items.iter().map(|item| format!(",{}{indent}{item}", style.line_break)).collect();
                self.insert(from, text);
            }
            (_, Some(comma)) => {
                let text: String = items.iter().map(|item| format!(" {item},")).collect();
                self.insert(comma, text);
            }
            (None, None) => {
                let text: String = items.iter().map(|item| format!(", {item}")).collect();
                self.insert(from, text);
            }
        }
    }

    fn insert(&mut self, at: u32, text: String) {
        self.edits.push(Edit { at: at..at, text });
    }

    /// Adds lines at the beginning of a line, or at the end of a text whose last line has no line break.
    fn insert_lines(&mut self, at: u32, lines: &[String], style: Style) {
        let is_unended = at > 0 && !self.between(0, at).ends_with('\n');
        let is_beginning = self.source.line_range(0).start == at;
        let text = match is_unended && !is_beginning {
            true => lines.iter().map(|line| format!("{}{line}", style.line_break)).collect(),
            false => lines.iter().map(|line| format!("{line}{}", style.line_break)).collect(),
        };
        self.insert(at, text);
    }

    /// The beginning of the line of a byte, or of the comments right above it.
    fn start_with_comments(&self, at: u32) -> u32 {
        let column = self.source.column_index(at);
        let mut line = self.source.line_index(at);
        while line > 0 && self.comment_column(line - 1).is_some_and(|comment| comment <= column) {
            line -= 1;
        }
        self.source.line_range(line).start
    }

    /// The beginning of the line after that of a byte and after the comments below it, as far as they are at `column` or
    /// deeper.
    fn end_of_lines(&self, at: u32, column: usize) -> u32 {
        let mut line = self.source.line_index(at);
        while self.comment_column(line + 1).is_some_and(|comment| comment >= column) {
            line += 1;
        }
        self.source.line_range(line).end
    }

    /// One past the comma that follows a byte, past white space and comments.
    fn comma_after(&self, at: u32) -> Option<u32> {
        let text = self.source.text();
        let mut at = at as usize;
        loop {
            let rest = text.get(at..)?;
            at += rest.len() - rest.trim_start().len();
            match text[at..].chars().next()? {
                '#' => at += text[at..].find('\n')?,
                ',' => return Some(at as u32 + 1),
                _ => return None,
            }
        }
    }

    fn next_line(&self, at: u32) -> u32 {
        self.source.line_range(self.source.line_index(at)).end
    }

    /// The column of a comment that is alone on its line.
    fn comment_column(&self, line: usize) -> Option<usize> {
        let text = self.line(line);
        let content = text.trim_start_matches(' ');
        content.starts_with('#').then_some(text.len() - content.len())
    }

    fn line(&self, line: usize) -> &str {
        let range = self.source.line_range(line);
        self.between(range.start, range.end)
    }

    /// Whether there are blank lines between all entries of a block.
    fn is_apart(&self, map: &WrittenMap) -> bool {
        let is_apart = |pair: &[WrittenEntry]| {
            let lines = self.source.line_index(pair[0].end)..self.source.line_index(pair[1].key.start);
            lines.skip(1).any(|line| self.line(line).trim().is_empty())
        };
        map.entries.len() > 1 && map.entries.windows(2).all(is_apart)
    }

    /// The white space before a key that is the first on its line.
    fn indent_if_first(&self, entry: &WrittenEntry) -> Option<String> {
        let line = self.source.line_range(self.source.line_index(entry.key.start));
        let before = self.between(line.start, entry.key.start);
        before.trim().is_empty().then(|| before.to_owned())
    }

    fn between(&self, start: u32, end: u32) -> &str {
        self.source.text().get(start as usize..end as usize).unwrap_or_default()
    }
}
