//! Source files and the byte spans that point into them.
//!
//! A [`Span`] is cheap and only has a meaning together with its [`Sources`]; a [`Place`] is independent and may be
//! saved.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Index of a file in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// A range of bytes in one file: 0-based, end exclusive, always on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file pointed into.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Puts a value beside its span.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// A position: line and column are 1-based and count Unicode characters, the byte is 0-based in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema, Deserialize)]
pub struct Position {
    /// 1-based line.
    pub line: u32,
    /// 1-based column in Unicode characters.
    pub column: u32,
    /// 0-based byte offset in the file.
    pub byte: u32,
}

/// A [`Span`] that no longer needs its [`Sources`], for plans and machine formats.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[schemars(description = "A range of characters in a file.")]
pub struct Place {
    /// The file as the user named it, with `/` between parts.
    pub file: String,
    /// First character.
    pub start: Position,
    /// One past the last character.
    pub end: Position,
}

impl Place {
    /// Whether its end is not before its start: a file may hold any numbers.
    fn is_in_order(&self) -> bool {
        self.start.byte <= self.end.byte
            && (self.start.line, self.start.column) <= (self.end.line, self.end.column)
    }
}

/// A place as a short text, `livevod.yaml:18:3:90-18:9:96`: lines, columns and bytes of both ends. It is read like the whole.
pub(crate) struct PlaceText<'a>(pub(crate) &'a Place);

impl Serialize for PlaceText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Place { file, start, end } = self.0;
        let [start, end] =
            [start, end].map(|Position { line, column, byte }| format!("{line}:{column}:{byte}"));
        serializer.serialize_str(&format!("{file}:{start}-{end}"))
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(InFiles)
    }
}

/// Reads a place from a file of livevod: as one text, or in its parts.
struct InFiles;

#[derive(Deserialize)]
struct Parts {
    file: String,
    start: Position,
    end: Position,
}

impl<'de> Visitor<'de> for InFiles {
    type Value = Place;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a place such as `livevod.yaml:18:3:90-18:9:96`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Place, E> {
        place(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Place, A::Error> {
        let Parts { file, start, end } = Parts::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Place { file, start, end })
    }
}

/// What a text of [`PlaceText`] says. The name of the file may have colons too.
fn place(text: &str) -> Option<Place> {
    fn position<'t>(mut numbers: impl Iterator<Item = &'t str>) -> Option<Position> {
        let mut number = || numbers.next()?.parse().ok();
        let (byte, column, line) = (number()?, number()?, number()?);
        Some(Position { line, column, byte })
    }

    let (front, end) = text.rsplit_once('-')?;
    let mut front = front.rsplitn(4, ':');
    let start = position(front.by_ref())?;
    let end = end.rsplitn(3, ':');
    Some(Place { file: front.next()?.to_owned(), start, end: position(end)? })
}

/// The name of standard input in places. It is in no folder.
pub const STDIN: &str = "<stdin>";

/// What some editors put before the first line. No editor counts it as a column.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// One file's text with an index of its lines.
#[derive(Debug, Clone)]
pub struct Source {
    name: String,
    text: Arc<str>,
    line_starts: Vec<u32>,
    /// How many characters come before each multiple of [`STRIDE`] bytes, so that the column in a long line is found
    /// without counting from its start.
    characters: Vec<u32>,
    /// The known positions of a file without its text, by their bytes.
    remembered: Vec<Position>,
    is_as_written: bool,
}

/// The text with a line feed for each lone carriage return, if it has any. No byte moves.
fn with_line_feeds(text: &str) -> Option<String> {
    let is_alone = |at: usize| text.as_bytes().get(at + 1) != Some(&b'\n');
    let first = text.bytes().enumerate().find(|(at, byte)| *byte == b'\r' && is_alone(*at));
    first.map(|_| {
        let ends =
            text.char_indices().map(|(at, char)| if char == '\r' && is_alone(at) { '\n' } else { char });
        ends.collect()
    })
}

/// Bytes from one count of characters to the next.
const STRIDE: usize = 1024;

impl Source {
    /// Indexes `text`, which users know as `name`. A lone carriage return ends a line, as it does in YAML, and is kept
    /// as a line feed, which the rest of the code expects.
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        let written: Arc<str> = text.into();
        let mended = with_line_feeds(&written);
        let is_as_written = mended.is_none();
        let text = mended.map_or(written, Arc::from);
        let first = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() as u32 } else { 0 };
        let line_starts = std::iter::once(first)
            .chain(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at as u32 + 1))
            .collect();
        let characters = counts(text.as_bytes());
        Self { name: name.into(), text, line_starts, characters, remembered: Vec::new(), is_as_written }
    }

    /// A file of which only these positions are known: saved plans and reports hold them and not the text.
    fn remembering(name: &str, mut remembered: Vec<Position>) -> Self {
        remembered.sort_by_key(|position| position.byte);
        // Of two lines for one byte, which only a damaged file has, the later one counts.
        remembered.reverse();
        remembered.dedup_by_key(|position| position.byte);
        remembered.reverse();
        Self { remembered, ..Self::new(name, "") }
    }

    fn remembered(&self, byte: u32) -> Option<Position> {
        let found = self.remembered.binary_search_by_key(&byte, |position| position.byte);
        found.ok().map(|at| self.remembered[at])
    }

    /// Whether its text is available.
    pub fn has_text(&self) -> bool {
        self.remembered.is_empty()
    }

    /// The name that users know the file by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether [`Self::text`] is the content of the file, byte for byte.
    pub fn is_as_written(&self) -> bool {
        self.is_as_written
    }

    /// 0-based line that holds `byte`; a byte order mark belongs to the first.
    pub fn line_index(&self, byte: u32) -> usize {
        self.line_starts.partition_point(|start| *start <= byte).saturating_sub(1)
    }

    /// Byte range of the 0-based line `index`, its line break included; empty past the last line.
    pub fn line_range(&self, index: usize) -> std::ops::Range<u32> {
        let length = self.text.len() as u32;
        let start = self.line_starts.get(index).copied().unwrap_or(length);
        let end = self.line_starts.get(index + 1).copied().unwrap_or(length);
        start..end
    }

    /// How many lines the text has; an empty text has one.
    pub fn line_count(&self) -> usize {
        self.line_starts.len()
    }

    /// The position of a byte.
    pub fn position(&self, byte: u32) -> Position {
        if let Some(position) = self.remembered(byte) {
            return position;
        }
        let line = self.line_index(byte);
        let start = self.line_starts[line];
        // A byte order mark comes before the start of its line.
        let near = (start..start + STRIDE as u32).contains(&byte);
        let column = match near {
            true => characters(&self.text.as_bytes()[start as usize..byte as usize]),
            false => self.characters_before(byte).saturating_sub(self.characters_before(start)),
        };
        Position { line: line as u32 + 1, column: column + 1, byte }
    }

    /// 0-based column of `byte`, in characters.
    pub fn column_index(&self, byte: u32) -> usize {
        self.position(byte).column as usize - 1
    }

    fn holds(&self, place: &Place) -> bool {
        let [start, end] = [place.start, place.end];
        match self.has_text() {
            true => self.text.get(start.byte as usize..end.byte as usize).is_some(),
            false => [start, end].iter().all(|position| self.remembered(position.byte).is_some()),
        }
    }

    fn characters_before(&self, byte: u32) -> u32 {
        let whole = byte as usize / STRIDE;
        let counted = self.characters.get(whole).copied().unwrap_or_default();
        counted + characters(&self.text.as_bytes()[whole * STRIDE..byte as usize])
    }
}

/// The running count of characters at each multiple of [`STRIDE`].
fn counts(text: &[u8]) -> Vec<u32> {
    let ends = text.chunks(STRIDE).scan(0, |total, chunk| {
        *total += characters(chunk);
        Some(*total)
    });
    std::iter::once(0).chain(ends).collect()
}

/// The characters that begin in a piece of UTF-8 text.
fn characters(text: &[u8]) -> u32 {
    text.iter().filter(|byte| (**byte & 0b1100_0000) != 0b1000_0000).count() as u32
}

/// Every file of a run; spans index into it.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Files of which only these places are known.
    pub fn remembering<'p>(places: impl IntoIterator<Item = &'p Place>) -> Self {
        let places: Vec<&Place> = places.into_iter().filter(|place| place.is_in_order()).collect();
        let mut files: BTreeMap<&str, Vec<Position>> = BTreeMap::new();
        // Places of one file often follow each other.
        for run in places.chunk_by(|one, next| one.file == next.file) {
            let positions = run.iter().flat_map(|place| [place.start, place.end]);
            files.entry(&run[0].file).or_default().extend(positions);
        }
        let files = files.into_iter().map(|(name, positions)| Source::remembering(name, positions));
        Self { files: files.collect() }
    }

    /// Adds a file and returns its id.
    pub fn add(&mut self, source: Source) -> FileId {
        self.files.push(source);
        FileId(self.files.len() as u32 - 1)
    }

    /// The file with this id.
    pub fn get(&self, file: FileId) -> &Source {
        &self.files[file.0 as usize]
    }

    /// All files in the order they were read.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files.iter().enumerate().map(|(at, source)| (FileId(at as u32), source))
    }

    /// The text that a span covers; empty if it is not available.
    pub fn text(&self, span: Span) -> &str {
        let text = &self.get(span.file).text;
        text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// The span as an independent place.
    pub fn place(&self, span: Span) -> Place {
        let source = self.get(span.file);
        Place {
            file: source.name.clone(),
            start: source.position(span.start),
            end: source.position(span.end),
        }
    }

    /// The span of a place, if its file is here and still long enough.
    pub fn span_of(&self, place: &Place) -> Option<Span> {
        let (file, source) = self.iter().find(|(_, source)| source.name == place.file)?;
        source.holds(place).then_some(())?;
        Some(Span { file, start: place.start.byte, end: place.end.byte })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_bytes_count_bytes() {
        let mut sources = Sources::default();
        let file = sources.add(Source::new("a.yaml", "中文: 😀 on\nx: 1\n"));
        let start = "中文: 😀 ".len() as u32;
        let place = sources.place(Span { file, start, end: start + 2 });
        assert_eq!(place.start, Position { line: 1, column: 7, byte: start });
        assert_eq!(place.end.column, 9);
        assert_eq!(sources.span_of(&place), Some(Span { file, start, end: start + 2 }));
    }

    #[test]
    fn columns_far_into_a_line_are_the_same_as_counted_ones() {
        let text = format!("a: 1\n{}\nb", "中a😀é".repeat(1000));
        let mut sources = Sources::default();
        let file = sources.add(Source::new("a.yaml", text.as_str()));
        let line = sources.get(file).line_range(1);
        for (at, _) in text.char_indices().filter(|(at, _)| line.contains(&(*at as u32))) {
            let counted = text[line.start as usize..at].chars().count();
            assert_eq!(sources.get(file).column_index(at as u32), counted);
        }
        assert_eq!(sources.get(file).column_index(text.len() as u32), 1);
    }

    #[test]
    fn a_byte_order_mark_is_no_column() {
        let mut sources = Sources::default();
        let file = sources.add(Source::new("a.yaml", "\u{feff}a: b\r\nc: d\r\n"));
        let at = |start, end| {
            let place = sources.place(Span { file, start, end });
            (place.start.line, place.start.column, place.start.byte)
        };
        assert_eq!(at(6, 7), (1, 4, 6));
        assert_eq!(at(9, 10), (2, 1, 9));
        assert_eq!(at(0, 0), (1, 1, 0));
        assert_eq!(sources.get(file).line_range(0), 3..9);
    }

    #[test]
    fn a_place_is_remembered_without_its_text() {
        let position = |line, column, byte| Position { line, column, byte };
        let place = Place { file: "a.yaml".into(), start: position(7, 3, 90), end: position(7, 9, 96) };
        let turned = Place { start: place.end, end: place.start, ..place.clone() };
        let sources = Sources::remembering([&place, &turned]);
        let span = sources.span_of(&place).unwrap();
        assert_eq!((sources.place(span), sources.text(span)), (place, ""));
        assert_eq!(sources.span_of(&Place { file: "b.yaml".into(), ..turned }), None);
    }

    #[test]
    fn a_place_is_read_as_a_text_and_in_its_parts() {
        let position = |line, column, byte| Position { line, column, byte };
        for file in ["a.yaml", "a:1:2:3-4:5:6", "-", "é \"b\"\n"] {
            let whole = Place { file: file.into(), start: position(7, 3, 90), end: position(8, 9, 96) };
            for text in [serde_json::to_string(&whole), serde_json::to_string(&PlaceText(&whole))] {
                assert_eq!(serde_json::from_str::<Place>(&text.unwrap()).unwrap(), whole);
            }
        }
        for text in [
            "",
            "a.yaml",
            "a.yaml:7:3-8:9:96",
            "7:3:90-8:9:96",
            "a.yaml:7:3:90-8:9",
            "a.yaml:7:3:x-8:9:96",
            "a:7:3:90-1:8:9:96",
        ] {
            assert_eq!(place(text), None, "{text}");
        }
        let error = serde_json::from_str::<Place>("\"a.yaml\"").unwrap_err().to_string();
        assert!(error.starts_with("invalid value: string \"a.yaml\", expected a place such as"), "{error}");
    }

    #[test]
    fn the_end_of_the_text_is_a_position() {
        let mut sources = Sources::default();
        let file = sources.add(Source::new("a.yaml", "a\n"));
        assert_eq!(
            sources.place(Span { file, start: 2, end: 2 }).start,
            Position { line: 2, column: 1, byte: 2 }
        );
    }
}
