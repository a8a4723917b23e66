//! The colour, symbols and width that the terminal can show.

use anstyle::{AnsiColor, Effects};

use crate::gate::clean;

/// What the output can show. Without colour or Unicode the text reads the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether colour codes may be written.
    pub color: bool,
    /// Whether more than ASCII may be written.
    pub unicode: bool,
    /// Whether findings may be drawn; otherwise they are written as sentences.
    pub drawings: bool,
    /// Columns.
    pub width: usize,
}

/// The meaning of a piece of text, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Create,
    Update,
    Delete,
    Danger,
    Warning,
    Quiet,
    Strong,
}

impl Style {
    /// Plain text, for files and tests.
    pub const PLAIN: Style = Style { color: false, unicode: true, drawings: true, width: 100 };

    pub(super) fn paint(&self, tone: Tone, text: &str) -> String {
        if !self.color || text.is_empty() {
            return text.to_owned();
        }
        let style = match tone {
            Tone::Create => AnsiColor::Green.on_default(),
            Tone::Update => AnsiColor::Yellow.on_default(),
            Tone::Delete => AnsiColor::Red.on_default(),
            Tone::Danger => AnsiColor::Red.on_default().effects(Effects::BOLD),
            Tone::Warning => AnsiColor::Yellow.on_default().effects(Effects::BOLD),
            Tone::Quiet => anstyle::Style::new().effects(Effects::DIMMED),
            Tone::Strong => anstyle::Style::new().effects(Effects::BOLD),
        };
        format!("{style}{text}{style:#}")
    }

    pub(super) fn arrow(&self) -> &'static str {
        if self.unicode { "→" } else { "->" }
    }

    pub(super) fn times(&self) -> &'static str {
        if self.unicode { "×" } else { "x" }
    }

    pub(super) fn ellipsis(&self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }

    pub(super) fn dot(&self) -> &'static str {
        if self.unicode { "·" } else { "-" }
    }
}

/// Fewer columns than this are narrow: what stays on one line elsewhere, such as the heading of a change, is broken there.
/// Logs, in which tools look for such lines, are wider.
pub(super) const NARROW: usize = 80;

/// Columns that `text` takes.
pub(super) fn columns(text: &str) -> usize {
    match text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        true => text.len(),
        false => unicode_width::UnicodeWidthStr::width(text),
    }
}

/// `text` filled up with spaces to `width` columns.
pub(super) fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// Stands for a space at which no line breaks.
const JOINED: &str = "\u{e000}";

/// `text` broken at spaces into lines of at most `width` columns; a longer word, such as a link, is on its own line in
/// one piece. Text between backticks, such as a command, stays on one line if it fits.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    // No text takes more columns than bytes.
    if text.len() <= width && !text.contains('\n') && !text.ends_with(' ') {
        return vec![text.to_owned()];
    }
    let pieces: Vec<&str> = text.split('`').collect();
    let is_marked = pieces.len() % 2 == 1 && !text.contains(JOINED);
    let piece = |(at, piece): (usize, &&str)| match is_marked && at % 2 == 1 && columns(piece) + 2 <= width {
        true => piece.replace(' ', JOINED),
        false => (*piece).to_owned(),
    };
    let joined = pieces.iter().enumerate().map(piece).collect::<Vec<_>>().join("`");
    let options = textwrap::Options::new(width)
        .break_words(false)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .wrap_algorithm(textwrap::WrapAlgorithm::FirstFit);
    textwrap::wrap(&joined, options)
        .into_iter()
        .map(|line| if is_marked { line.replace(JOINED, " ") } else { line.into() })
        .collect()
}

/// A RequestId behind a line of `width` columns, or below it if it does not fit.
pub(super) fn request(id: &str, width: usize, style: Style) -> String {
    let text = format!("RequestId {}", clean(id));
    if width + columns(&text) + 3 <= style.width {
        return style.paint(Tone::Quiet, &format!(" ({text})"));
    }
    let lines = wrap(&text, style.width.saturating_sub(4).max(20));
    lines.iter().map(|line| format!("\n    {}", style.paint(Tone::Quiet, line))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a longword b", 3), ["a", "longword", "b"]);
        assert_eq!(wrap("run `a b c`, then `d`", 10), ["run", "`a b c`,", "then `d`"]);
        assert_eq!(wrap("`a b c d e f g` ` h", 5), ["`a b", "c d e", "f g`", "` h"]);
    }
}
