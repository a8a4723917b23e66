//! Indented lines of a page, wrapped to the width of the output.

use super::style::{Style, Tone, columns, wrap};

/// How much deeper the further lines of a wrapped line are.
const HANG: usize = 4;

/// Text of any length, without colour.
pub(super) struct Line {
    indent: usize,
    tone: Option<Tone>,
    text: String,
}

impl Line {
    /// A line that is not indented.
    pub(super) fn flush(text: impl Into<String>) -> Self {
        Self { indent: 0, tone: None, text: text.into() }
    }

    /// A fact about the subject of the page.
    pub(super) fn fact(text: impl Into<String>) -> Self {
        Self { indent: 2, tone: None, text: text.into() }
    }

    /// A detail of the fact above it.
    pub(super) fn detail(text: impl Into<String>) -> Self {
        Self { indent: 6, tone: Some(Tone::Quiet), text: text.into() }
    }

    fn laid_out(&self, style: Style) -> String {
        let Self { indent, tone, text } = self;
        let paint = |text: &str| tone.map_or(text.to_owned(), |tone| style.paint(tone, text));
        let front = " ".repeat(*indent);
        if indent + columns(text) <= style.width {
            return format!("{front}{}\n", paint(text));
        }
        let gap = " ".repeat(indent + HANG);
        let wrapped = wrap(text, style.width.saturating_sub(indent + HANG).max(20));
        let lines = wrapped.iter().enumerate();
        lines.map(|(at, line)| format!("{}{}\n", if at == 0 { &front } else { &gap }, paint(line))).collect()
    }
}

/// All lines below each other.
pub(super) fn laid_out(lines: &[Line], style: Style) -> String {
    lines.iter().map(|line| line.laid_out(style)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_hangs_below_its_first_word() {
        let narrow = Style { width: 30, ..Style::PLAIN };
        let lines =
            [Line::fact("recorded by live.example.com/show/*  (livevod.yaml:6)"), Line::fact("short")];
        assert_eq!(
            laid_out(&lines, narrow),
            "  recorded by\n      live.example.com/show/*\n      (livevod.yaml:6)\n  short\n"
        );
    }
}
