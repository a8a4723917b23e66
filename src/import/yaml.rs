//! A value in YAML, in one line or over several.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::config::quoted;

/// A value to write.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Yaml {
    /// Text that needs no quotes, such as `15m`.
    Word(String),
    /// Any other text.
    Text(String),
    /// A list of texts.
    List(Vec<String>),
    /// A block of named values.
    Map(Vec<(String, Yaml)>),
}

impl Yaml {
    /// A block with one value.
    pub(super) fn one(key: &str, value: Yaml) -> Self {
        Yaml::Map(vec![(key.to_owned(), value)])
    }

    /// The value in one line.
    pub(super) fn flow(&self) -> String {
        match self {
            Yaml::Word(word) => word.clone(),
            Yaml::Text(text) => quoted(text).into_owned(),
            Yaml::List(texts) => {
                let texts: Vec<Cow<'_, str>> = texts.iter().map(|text| quoted(text)).collect();
                format!("[{}]", texts.join(", "))
            }
            Yaml::Map(entries) if entries.is_empty() => "{}".to_owned(),
            Yaml::Map(entries) => {
                let entries: Vec<String> =
                    entries.iter().map(|(key, value)| format!("{}: {}", quoted(key), value.flow())).collect();
                format!("{{ {} }}", entries.join(", "))
            }
        }
    }
}

/// Lines of text, with the indentation of the one that comes next.
#[derive(Debug, Default)]
pub(super) struct Lines {
    text: String,
    depth: usize,
    /// The comments that are said once.
    said: BTreeSet<String>,
}

/// The longest line of a block in brackets; a longer one is written over several lines.
const WIDTH: usize = 100;

impl Lines {
    /// The text so far.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// Whether a comment has not been said yet; now it is.
    pub(super) fn says_first(&mut self, comment: &str) -> bool {
        self.said.insert(comment.to_owned())
    }

    /// A line at the present depth.
    pub(super) fn line(&mut self, line: &str) {
        if !line.is_empty() {
            self.text.extend(std::iter::repeat_n(' ', 2 * self.depth));
            self.text.push_str(line);
        }
        self.text.push('\n');
    }

    /// A line with a comment behind it, if there is one; above it if the line would be too long.
    pub(super) fn commented(&mut self, line: &str, comment: Option<&str>) {
        let Some(comment) = comment else { return self.line(line) };
        let together = format!("{line} # {comment}");
        if self.fits(&together) {
            return self.line(&together);
        }
        self.line(&format!("# {comment}"));
        self.line(line);
    }

    /// `key:`, and what `inner` writes below it.
    pub(super) fn block(&mut self, key: &str, inner: impl FnOnce(&mut Self)) {
        self.commented_block(key, None, inner);
    }

    /// A block with a comment behind its key, if there is one.
    pub(super) fn commented_block(
        &mut self,
        key: &str,
        comment: Option<&str>,
        inner: impl FnOnce(&mut Self),
    ) {
        self.commented(&format!("{}:", quoted(key)), comment);
        self.depth += 1;
        inner(self);
        self.depth -= 1;
    }

    /// Whether a text fits in a line.
    pub(super) fn fits(&self, line: &str) -> bool {
        2 * self.depth + line.chars().count() <= WIDTH
    }

    /// `key: value`: in one line if that is short, or if nothing in the value has lines of its own.
    pub(super) fn entry(&mut self, key: &str, value: &Yaml, comment: Option<&str>) {
        let line = format!("{}: {}", quoted(key), value.flow());
        match value {
            Yaml::Map(entries) if !self.fits(&line) && !entries.is_empty() => {
                self.commented(&format!("{}:", quoted(key)), comment);
                self.depth += 1;
                entries.iter().for_each(|(key, value)| self.entry(key, value, None));
                self.depth -= 1;
            }
            _ => self.commented(&line, comment),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_that_is_too_long_for_a_line_is_written_over_several() {
        let value = |length: usize| Yaml::one("tags", Yaml::Text("a".repeat(length)));
        let written = |length: usize| {
            let mut lines = Lines::default();
            lines.entry("mp4", &value(length), Some("why"));
            lines.into_text()
        };
        assert_eq!(written(3), "mp4: { tags: aaa } # why\n");
        let long = "a".repeat(90);
        assert_eq!(written(90), format!("mp4: # why\n  tags: {long}\n"));
    }
}
