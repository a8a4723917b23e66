//! Findings as miette draws them, with our own line indexes: miette's built-in source scans from the first byte for each
//! label and merges distant labels into one excerpt.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents,
};

use super::alike::{Group, alike, more_like_these};
use super::headlines::headline;
use super::narrated::narrated;
use super::phrases::counted;
use super::rows::worst;
use super::style::{NARROW, Style};
use crate::diag::{Diagnostic, Label, Note, Severity};
use crate::gate::{clean, is_harmful};
use crate::source::{FileId, Source, Sources, Span};

/// A line longer than this is shown as a window around its label, bytes; at less than [`NARROW`] columns, a line that does
/// not fit.
const LONG_LINE: u32 = 240;

/// How many lines of a label are shown; for a longer one, its last line is named.
const LABEL_LINES: usize = 4;

/// Columns that miette uses before a line.
const MARGIN: usize = 10;

/// Findings one below the other, in the given order; if there are more than `most`, the most severe ones and the count of
/// the rest.
pub fn diagnostics(findings: &[Diagnostic], sources: &Sources, style: Style, most: Option<usize>) -> String {
    let (shown, left_out) =
        worst(findings.iter().collect(), most.unwrap_or(usize::MAX), |finding: &&Diagnostic| {
            finding.severity
        });
    // Whoever says how many findings to show means each of them.
    let groups = if most.is_none() { alike(&shown) } else { vec![Group { shown, others: Vec::new() }] };
    let board = style.drawings.then(|| Board::of(&groups, sources, style));
    let mut text = String::new();
    for Group { shown, others } in &groups {
        for finding in shown {
            match &board {
                Some(board) => board.draw(finding, &mut text),
                None => text.push_str(&narrated(finding, sources)),
            }
        }
        text.push_str(&more_like_these(others, sources, style));
    }
    if left_out > 0 {
        text.push_str(&format!("{} not shown (--max-findings)\n", counted(left_out, "more finding")));
    }
    text
}

/// What all findings are drawn with.
struct Board<'a> {
    handler: GraphicalReportHandler,
    texts: Texts<'a>,
}

impl<'a> Board<'a> {
    fn of(groups: &[Group], sources: &'a Sources, style: Style) -> Self {
        let shown = groups.iter().flat_map(|group| &group.shown).copied();
        Self { handler: handler(style), texts: Texts::of(shown, sources, style) }
    }

    fn draw(&self, finding: &Diagnostic, text: &mut String) {
        let (shown, notes) = Shown::new(finding, &self.texts);
        if self.handler.render_report(text, &shown).is_err() {
            text.push_str(&headline(finding));
        }
        // As related diagnostics, miette would give each a severity heading of its own.
        for note in notes {
            if self.handler.render_report(text, &note).is_err() {
                text.push_str(&note.message);
            }
        }
        text.push('\n');
    }
}

fn handler(style: Style) -> GraphicalReportHandler {
    let theme = match (style.color, style.unicode) {
        (true, true) => GraphicalTheme::unicode(),
        (false, true) => GraphicalTheme::unicode_nocolor(),
        (true, false) => {
            GraphicalTheme { characters: miette::ThemeCharacters::ascii(), ..GraphicalTheme::unicode() }
        }
        (false, false) => GraphicalTheme::none(),
    };
    GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_width(style.width)
        .with_context_lines(1)
        .with_break_words(false)
        .with_word_separator(textwrap::WordSeparator::AsciiSpace)
        .with_word_splitter(textwrap::WordSplitter::NoHyphenation)
}

/// The files that findings refer to, each with its text in displayable form.
struct Texts<'a> {
    files: BTreeMap<FileId, (&'a Source, Cow<'a, str>)>,
    window: Window,
}

/// What is shown of a long line.
#[derive(Clone, Copy)]
struct Window {
    /// A line of more bytes is long.
    longest: u32,
    /// Bytes before the label.
    before: u32,
    /// Bytes after the start of the label, or after its end if `is_behind`.
    after: u32,
    is_behind: bool,
}

impl Window {
    fn of(style: Style) -> Self {
        let room = style.width.saturating_sub(MARGIN) as u32;
        match style.width < NARROW {
            true => Self { longest: room, before: room / 4, after: room - room / 4, is_behind: false },
            false => Self { longest: LONG_LINE, before: room / 2, after: room / 2, is_behind: true },
        }
    }
}

impl<'a> Texts<'a> {
    fn of<'f>(findings: impl Iterator<Item = &'f Diagnostic>, sources: &'a Sources, style: Style) -> Self {
        let mut files = BTreeMap::new();
        let spans = findings.flat_map(|finding| {
            let labels = finding.labels.iter().map(|label| label.span);
            labels.chain(finding.related.iter().filter_map(|note| note.span))
        });
        for span in spans {
            files.entry(span.file).or_insert_with(|| {
                let source = sources.get(span.file);
                (source, disarmed(source.text()))
            });
        }
        Self { files, window: Window::of(style) }
    }

    /// Whether a file's text is available.
    fn have(&self, file: FileId) -> bool {
        self.files.get(&file).is_some_and(|(source, _)| source.has_text())
    }

    /// The place of a span whose text is not available: ` (live.yaml:5:3)`.
    fn told(&self, span: Span) -> Option<String> {
        let (source, _) = self.files.get(&span.file).filter(|(source, _)| !source.has_text())?;
        let start = source.position(span.start);
        Some(format!(" ({}:{}:{})", clean(source.name()), start.line, start.column))
    }

    fn get(&'a self, file: FileId) -> Option<FileText<'a>> {
        self.files.get(&file).map(|(source, text)| FileText { source, text, window: self.window })
    }
}

/// A file's text without characters that could move a cursor, hide or reorder text, since an untrusted file may be
/// excerpted to the terminal. Each replacement has as many bytes as its original, so that spans stay valid.
fn disarmed(text: &str) -> Cow<'_, str> {
    let is_break = |at: usize, character: char| match character {
        '\n' | '\t' => true,
        '\r' => text[at + 1..].starts_with('\n'),
        _ => false,
    };
    let is_armed = |(at, character): (usize, char)| is_harmful(character) && !is_break(at, character);
    if !text.char_indices().any(is_armed) {
        return Cow::Borrowed(text);
    }
    let mut disarmed = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        match character.len_utf8() {
            _ if !is_armed((at, character)) => disarmed.push(character),
            1 => disarmed.push('?'),
            2 => disarmed.push('¿'),
            3 => disarmed.push(char::REPLACEMENT_CHARACTER),
            _ => disarmed.push_str("¿¿"),
        }
    }
    Cow::Owned(disarmed)
}

/// One finding, or one of its notes, in the form that miette needs: labels in one file; a label in another file becomes a
/// note.
struct Shown<'a> {
    message: String,
    code: Option<&'static str>,
    severity: miette::Severity,
    help: Option<String>,
    labels: Vec<LabeledSpan>,
    text: Option<FileText<'a>>,
}

impl<'a> Shown<'a> {
    fn new(finding: &Diagnostic, texts: &'a Texts<'a>) -> (Self, Vec<Self>) {
        let Diagnostic { severity, code, message: _, help, labels, related, address: _, request_id: _ } =
            finding;
        let home = labels.first().map(|label| label.span.file).filter(|file| texts.have(*file));
        let labels = labels.iter().map(|Label { span, text }| (Some(*span), text));
        let notes = related.iter().map(|Note { message, span }| (*span, message));
        let (here, elsewhere): (Vec<_>, Vec<_>) =
            labels.chain(notes).partition(|(span, _)| span.is_some_and(|span| Some(span.file) == home));
        let here: Vec<(Span, &String)> =
            here.into_iter().filter_map(|(span, text)| Some((span?, text))).collect();
        let notes = elsewhere.into_iter().map(|(span, text)| Self::note(text, span, texts)).collect();
        let text = home.and_then(|file| texts.get(file));
        let shown = Self {
            message: headline(finding),
            code: Some(code.as_str()),
            severity: weight(*severity),
            help: help.as_deref().map(clean),
            labels: labeled(&here, text.as_ref()),
            text,
        };
        (shown, notes)
    }

    fn note(message: &str, span: Option<Span>, texts: &'a Texts<'a>) -> Self {
        let place = span.and_then(|span| texts.told(span)).unwrap_or_default();
        let span = span.filter(|span| texts.have(span.file));
        let text = span.and_then(|span| texts.get(span.file));
        let label =
            span.map(|span| LabeledSpan::new_primary_with_span(None, bytes(clipped(span, text.as_ref()).0)));
        Self {
            message: clean(message) + &place,
            code: None,
            severity: miette::Severity::Advice,
            help: None,
            labels: label.into_iter().collect(),
            text,
        }
    }
}

fn weight(severity: Severity) -> miette::Severity {
    match severity {
        Severity::Error => miette::Severity::Error,
        Severity::Warning => miette::Severity::Warning,
        Severity::Advice => miette::Severity::Advice,
    }
}

/// The part of a span that is shown, and its last line if that part is not all of it. A label may cover a whole file.
fn clipped(span: Span, text: Option<&FileText>) -> (Span, Option<usize>) {
    let Some(FileText { source, text, window }) = text else { return (span, None) };
    let first = source.line_index(span.start);
    let last = source.line_index(span.end.max(span.start));
    let mut end = span.end;
    if last - first >= LABEL_LINES {
        end = source.line_range(first + LABEL_LINES - 1).end.saturating_sub(1);
    }
    if (first..=source.line_index(end)).any(|line| source.line_range(line).len() as u32 > window.longest) {
        end = end.min(span.start + window.after);
    }
    while !text.is_char_boundary(end as usize) {
        end -= 1;
    }
    (Span { end, ..span }, (end < span.end).then_some(last + 1))
}

/// The labels of one file, the first of them primary; two texts on one span are joined.
fn labeled(labels: &[(Span, &String)], file: Option<&FileText>) -> Vec<LabeledSpan> {
    let mut joined: Vec<(Span, String)> = Vec::new();
    for (span, text) in labels {
        let (span, text) = match clipped(*span, file) {
            (span, None) => (span, clean(text)),
            (span, Some(line)) if text.is_empty() => (span, format!("to line {line}")),
            (span, Some(line)) => (span, format!("{}, to line {line}", clean(text))),
        };
        match joined.iter_mut().find(|(known, _)| *known == span) {
            Some((_, known)) if known.is_empty() => *known = text,
            Some((_, known)) => *known = format!("{known}; {text}"),
            None => joined.push((span, text)),
        }
    }
    let text = |text: String| (!text.is_empty()).then_some(text);
    let label = |(at, (span, words)): (usize, (Span, String))| match at {
        0 => LabeledSpan::new_primary_with_span(text(words), bytes(span)),
        _ => LabeledSpan::new_with_span(text(words), bytes(span)),
    };
    joined.into_iter().enumerate().map(label).collect()
}

fn bytes(span: Span) -> SourceSpan {
    SourceSpan::new((span.start as usize).into(), (span.end - span.start) as usize)
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl miette::Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.text.as_ref().map(|text| text as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty())
            .then(|| Box::new(self.labels.iter().cloned()) as Box<dyn Iterator<Item = LabeledSpan>>)
    }
}

/// A file's text, excerpted through its line index.
struct FileText<'a> {
    source: &'a Source,
    /// The source's text, disarmed.
    text: &'a str,
    window: Window,
}

impl FileText<'_> {
    /// The bytes to show around `start..end`, and the 0-based line and column at which they begin.
    fn excerpt(
        &self,
        start: u32,
        end: u32,
        before: usize,
        after: usize,
    ) -> (std::ops::Range<u32>, usize, usize) {
        let first = self.source.line_index(start);
        let last = self.source.line_index(end.max(start));
        let is_long = |line: usize| self.source.line_range(line).len() as u32 > self.window.longest;
        let long = (first..=last).any(is_long);
        if long {
            return self.window(start, end, first);
        }
        let from = first.saturating_sub(before);
        let to = (last + after).min(self.source.line_count().saturating_sub(1));
        let short = |line: &usize| !is_long(*line);
        let from = (from..=first).rev().take_while(short).last().unwrap_or(first);
        let to = (last..=to).take_while(short).last().unwrap_or(last);
        // A label may be on a byte order mark, which is in no line.
        (self.source.line_range(from).start.min(start)..self.source.line_range(to).end, from, 0)
    }

    /// The label's own bytes.
    fn exactly(&self, start: u32, end: u32) -> (std::ops::Range<u32>, usize, usize) {
        (start..end, self.source.line_index(start), self.source.column_index(start))
    }

    /// A part of a long line around its label, on character boundaries.
    fn window(&self, start: u32, end: u32, line: usize) -> (std::ops::Range<u32>, usize, usize) {
        let text = self.text;
        let whole = self.source.line_range(line);
        let last = self.source.line_range(self.source.line_index(end.max(start)));
        let Window { longest: _, before, after, is_behind } = self.window;
        let mut from = start.saturating_sub(before).max(whole.start);
        while !text.is_char_boundary(from as usize) {
            from -= 1;
        }
        let mut to = if is_behind { end + after } else { end.max(start + after) }.min(last.end);
        while !text.is_char_boundary(to as usize) {
            to += 1;
        }
        (from..to, line, self.source.column_index(from))
    }
}

impl SourceCode for FileText<'_> {
    fn read_span<'b>(
        &'b self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'b> + 'b>, MietteError> {
        let text = self.text;
        let start = span.offset() as u32;
        let end = start + span.len() as u32;
        if end as usize > text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let (bytes, line, column) = match (before, after) {
            // Without context, miette expects the start of the label itself.
            (0, 0) => self.exactly(start, end),
            _ => self.excerpt(start, end, before, after),
        };
        let data = &text[bytes.start as usize..bytes.end as usize];
        let whole = SourceSpan::new((bytes.start as usize).into(), data.len());
        let name = clean(self.source.name());
        Ok(Box::new(MietteSpanContents::new_named(
            name,
            data.as_bytes(),
            whole,
            line,
            column,
            data.lines().count(),
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Code;

    fn sources(text: &str) -> (Sources, crate::source::FileId) {
        let mut sources = Sources::default();
        let file = sources.add(Source::new("live.yaml", text));
        (sources, file)
    }

    #[test]
    fn labels_stand_under_their_text_behind_wide_characters() {
        let text = "version: 1\n中文: 😀 {cycle_duration: 100}\n";
        let (sources, file) = sources(text);
        let start = text.find("100").unwrap() as u32;
        let finding = Diagnostic::new(Code::CycleRange, "`100` is outside 300 to 21600 seconds")
            .label(Span { file, start, end: start + 3 }, "too short")
            .help("choose 300 to 21600");
        insta::assert_snapshot!(diagnostics(&[finding], &sources, Style::PLAIN, None));
    }

    #[test]
    fn an_excerpt_moves_no_cursor_and_keeps_its_places() {
        let text = "version: 1 # \u{1b}[2J\u{7} \u{9b}31m \u{202e}live\r hidden\r\n\u{1b}中: x\n";
        let (sources, file) = sources(text);
        let start = text.find("x\n").unwrap() as u32;
        let finding = Diagnostic::new(Code::WrongType, "`x` is no map")
            .label(Span { file, start, end: start + 1 }, "here");
        insta::assert_snapshot!(diagnostics(&[finding], &sources, Style::PLAIN, None));
    }

    #[test]
    fn far_labels_do_not_drag_the_file_in_and_long_lines_are_clipped() {
        let mut text = "a: 1\n".repeat(60);
        text.push_str(&format!("list: [{}]\n", "x, ".repeat(5000)));
        let (sources, file) = sources(&text);
        let at = |start: u32| Span { file, start, end: start + 1 };
        let far = Diagnostic::new(Code::DuplicateKey, "`a` is given twice")
            .label(at(5), "first")
            .label(at(250), "second");
        let long = Diagnostic::new(Code::WrongType, "`x` is no number").label(at(9000), "here");
        let shown = diagnostics(&[far, long], &sources, Style::PLAIN, None);
        assert!(shown.lines().count() < 30, "{shown}");
        assert!(shown.lines().all(|line| columns_of(line) <= Style::PLAIN.width), "{shown}");
    }

    #[test]
    fn a_long_value_and_a_long_block_are_shown_by_their_beginning() {
        let text = format!("a: {}\nb:\n{}c: 1\n", "9".repeat(2_000_000), "  - 中文\n".repeat(300));
        let (sources, file) = sources(&text);
        let block = text.find("- 中").unwrap() as u32;
        let value = Span { file, start: 3, end: 2_000_003 };
        let lines = Span { file, start: block, end: text.find("c: 1").unwrap() as u32 };
        for (span, says) in [(value, "here, to line 1"), (lines, "here, to line 303")] {
            let finding = Diagnostic::new(Code::WrongType, "no number").label(span, "here");
            let shown = diagnostics(&[finding], &sources, Style::PLAIN, None);
            assert!(shown.contains(says), "{shown}");
            assert!(shown.lines().count() < 15 && shown.len() < 1500, "{shown}");
        }
    }

    #[test]
    fn a_place_without_its_text_is_told() {
        let position = |line, column, byte| crate::source::Position { line, column, byte };
        let place = crate::source::Place {
            file: "live.yaml".into(),
            start: position(7, 3, 90),
            end: position(7, 9, 96),
        };
        let sources = Sources::remembering([&place]);
        let span = sources.span_of(&place).unwrap();
        let finding =
            Diagnostic::new(Code::NotDone, "no").label(span, "this entry").note("through `a`", Some(span));
        for drawings in [true, false] {
            let shown = diagnostics(
                std::slice::from_ref(&finding),
                &sources,
                Style { drawings, ..Style::PLAIN },
                None,
            );
            let place = if drawings { "live.yaml:7:3" } else { "live.yaml, line 7" };
            assert_eq!(shown.matches(place).count(), 2, "{shown}");
        }
    }

    fn columns_of(line: &str) -> usize {
        super::super::style::columns(line)
    }
}
