//! Turns the text of a file into its canonical form: what `livevod fmt` writes.
//!
//! The author's line breaks stay. What shares a line stays on one line, so a comment stays beside what it is about, a
//! comment that allows a finding allows no other, and diffs between versions of a file are small. What changes is
//! indentation, spaces, blank lines, quotes and line endings.

use std::borrow::Cow;

use super::tokens::{Kind, Token, tokens};
use super::tree;
use super::writer;
use crate::diag::{Code, Diagnostic, Findings, Severity};
use crate::source::{FileId, Source, Sources, Span};

/// The file in its canonical form, ending with one line break.
///
/// # Errors
/// The findings if the file can't be read; or one finding that the canonical form would change the file's meaning,
/// which would be a bug in livevod.
pub fn format(sources: &Sources, file: FileId) -> Result<String, Vec<Diagnostic>> {
    let mut findings = Findings::default();
    let before = tree::read(sources, file, &mut findings);
    let findings = findings.finish();
    let Some(before) = before.filter(|_| findings.is_empty()) else { return Err(findings) };
    let text = unix(sources.get(file).text());
    let formatted = tokens(&text).map(|tokens| writer::write(&text, &tokens));
    // A file in canonical form says what it says.
    let is_faithful = |formatted: &String| *formatted == text || says_the_same(&before, &text, formatted);
    match formatted.filter(is_faithful) {
        Some(formatted) => Ok(formatted),
        None => Err(vec![unfaithful(sources, file)]),
    }
}

/// The finding for a file that differs from its canonical form.
pub fn not_formatted(sources: &Sources, file: FileId, formatted: &str) -> Option<Diagnostic> {
    let source = sources.get(file);
    let mut lines = formatted.split_inclusive('\n');
    let differs = |line: &usize| {
        let range = source.line_range(*line);
        lines.next() != source.text().get(range.start as usize..range.end as usize)
    };
    let is_other = source.text() != formatted || !source.is_as_written();
    let line = is_other.then(|| (0..source.line_count()).find(differs))?;
    let range = source.line_range(line.unwrap_or(source.line_count()));
    let length = source.text()[range.start as usize..range.end as usize].trim_end().len() as u32;
    let finding =
        Diagnostic::new(Code::NotFormatted, format!("`{}` is not in canonical form", source.name()))
            .label(
                Span { file, start: range.start, end: range.start + length },
                "the first line that would change",
            )
            .help("run `livevod fmt` to rewrite it, or `livevod fmt --diff` to see what would change");
    Some(finding)
}

/// The text without a byte order mark, and with `\n` for every line break.
fn unix(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n").into() } else { text.into() }
}

/// Whether the formatted text has the same values as `before`, and the comments of `text` in their order.
fn says_the_same(before: &tree::Tree<'_>, text: &str, formatted: &str) -> bool {
    let mut sources = Sources::default();
    let file = sources.add(Source::new("", formatted));
    let mut findings = Findings::default();
    let same = tree::read(&sources, file, &mut findings).is_some_and(|after| after.says_the_same(before));
    same && comments(text) == comments(formatted)
}

fn comments(text: &str) -> Option<Vec<&str>> {
    let is_comment = |token: &Token<'_>| token.kind == Kind::Comment;
    Some(tokens(text)?.into_iter().filter(is_comment).map(|token| &text[token.start..token.end]).collect())
}

fn unfaithful(sources: &Sources, file: FileId) -> Diagnostic {
    let name = sources.get(file).name();
    let message = format!("the canonical form of `{name}` would change its meaning");
    let mut finding = Diagnostic::new(Code::NotFormatted, message)
        .label(Span { file, start: 0, end: 0 }, "left unchanged")
        .help("this is a bug in livevod: please report it with the file");
    finding.severity = Severity::Error;
    finding
}
