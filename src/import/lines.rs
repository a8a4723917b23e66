//! Lines of YAML, each block in one line or over several.

use std::collections::BTreeSet;

use crate::config::{Notation, Yaml, quoted};

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
        let line = format!("{}: {}", quoted(key), value.flow(Notation::NEW));
        match value {
            Yaml::Map(map) if !self.fits(&line) && !map.entries.is_empty() => {
                self.commented(&format!("{}:", quoted(key)), comment);
                self.depth += 1;
                map.entries.iter().for_each(|(key, value)| self.entry(key, value, None));
                self.depth -= 1;
            }
            _ => self.commented(&line, comment),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Keys;

    #[test]
    fn a_block_that_is_too_long_for_a_line_is_written_over_several() {
        let value = |length: usize| Yaml::map(Keys::Parts, [("tags", Yaml::Text("a".repeat(length)))]);
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
