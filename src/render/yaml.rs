//! Writes YAML in the layout of `livevod fmt`, line by line: a large file is written once and not read again.

use std::borrow::Cow;

use crate::config;

/// A file that is being written. Each entry may have a comment behind it.
#[derive(Debug, Default)]
pub(super) struct Yaml {
    text: String,
    depth: usize,
    /// Whether the part before has several lines.
    is_after_long: bool,
}

impl Yaml {
    /// The text so far.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// A top-level part of the file; a blank line sets parts of several lines apart.
    pub(super) fn part(&mut self, is_long: bool, write: impl FnOnce(&mut Self)) {
        if !self.text.is_empty() && (is_long || self.is_after_long) {
            self.text.push('\n');
        }
        self.is_after_long = is_long;
        write(self);
    }

    /// `key: word`, where no parser takes the word for anything else.
    pub(super) fn word(&mut self, key: &str, word: &str, comment: Option<&str>) {
        self.key(key);
        self.text.push(' ');
        self.text.push_str(word);
        self.end_line(comment);
    }

    /// `key: text`, in quotes if the text needs them.
    pub(super) fn text(&mut self, key: &str, text: &str, comment: Option<&str>) {
        self.word(key, &scalar(text, false), comment);
    }

    /// `key:`, and what `inner` writes below it.
    pub(super) fn block(&mut self, key: &str, comment: Option<&str>, inner: impl FnOnce(&mut Self)) {
        self.key(key);
        let end = self.text.len();
        self.end_line(comment);
        let first = self.text.len();
        self.depth += 1;
        inner(self);
        self.depth -= 1;
        if self.text.len() == first {
            self.text.insert_str(end, " {}");
        }
    }

    /// `key:`, and a line for each text.
    pub(super) fn list<T: AsRef<str>>(
        &mut self,
        key: &str,
        texts: impl IntoIterator<Item = T>,
        comment: Option<&str>,
    ) {
        self.key(key);
        let end = self.text.len();
        self.end_line(comment);
        let first = self.text.len();
        self.depth += 1;
        for text in texts {
            self.indent();
            self.text.push_str("- ");
            self.text.push_str(&scalar(text.as_ref(), false));
            self.text.push('\n');
        }
        self.depth -= 1;
        if self.text.len() == first {
            self.text.insert_str(end, " []");
        }
    }

    fn key(&mut self, key: &str) {
        self.indent();
        self.text.push_str(&scalar(key, true));
        self.text.push(':');
    }

    fn indent(&mut self) {
        self.text.extend(std::iter::repeat_n("  ", self.depth));
    }

    fn end_line(&mut self, comment: Option<&str>) {
        if let Some(comment) = comment {
            self.text.push_str("  # ");
            self.text.push_str(comment);
        }
        self.text.push('\n');
    }
}

/// A text as `serde_yaml` writes it and `fmt` leaves it, on one line.
fn scalar(text: &str, is_key: bool) -> Cow<'_, str> {
    if matches!(config::quoted(text), Cow::Borrowed(_)) {
        return config::formatted(text, text, is_key);
    }
    match serde_yaml::to_string(text) {
        Ok(written) if written.lines().count() == 1 => {
            config::formatted(written.trim_end(), text, is_key).into_owned().into()
        }
        _ => config::quoted(text),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::{Source, Sources};

    fn formatted(text: &str) -> Option<String> {
        let mut sources = Sources::default();
        let file = sources.add(Source::new("", text));
        config::format(&sources, file).ok()
    }

    fn written(name: &str, text: &str) -> String {
        let mut yaml = Yaml::default();
        yaml.part(false, |yaml| yaml.word("version", "1", None));
        yaml.part(false, |yaml| yaml.text("account", text, Some("why")));
        yaml.part(true, |yaml| {
            yaml.block("domains", None, |yaml| {
                yaml.block(name, Some("a:2"), |yaml| yaml.list("texts", [text, "*"], Some("b:3")));
                yaml.block("none", Some("c"), |_| {});
                yaml.list("empty", [""; 0], None);
            });
        });
        yaml.part(false, |yaml| yaml.text("last", name, None));
        yaml.into_text()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Whatever the names and texts are, `fmt` changes nothing, and they are read as what they are.
        #[test]
        fn what_is_written_is_canonical(
            name in prop_oneof![r"[a-zA-Z0-9_.-]{1,12}", r"[0-9_.exobn~-]{1,6}", "on|No|y|null|default|\\*|<<"],
            text in prop_oneof![r"[a-zA-Z0-9_./*?-]{0,12}", r"[ -~中é]{0,12}", r"[0-9_.:exob+-]{1,8}"],
        ) {
            let yaml = written(&name, &text);
            prop_assert_eq!(formatted(&yaml), Some(yaml.clone()));
            let read: serde_yaml::Value = serde_yaml::from_str(&yaml)?;
            prop_assert_eq!(&read["account"], &serde_yaml::Value::from(text.as_str()));
            prop_assert_eq!(&read["domains"][name.as_str()]["texts"][0], &serde_yaml::Value::from(text.as_str()));
        }
    }

    #[test]
    fn parts_of_several_lines_are_set_apart() {
        assert_eq!(
            written("a.com", "0123"),
            "version: 1\naccount: \"0123\"  # why\n\ndomains:\n  a.com:  # a:2\n    texts:  # b:3\n      - \"0123\"\n      - \"*\"\n  none: {}  # c\n  empty: []\n\nlast: a.com\n"
        );
    }
}
