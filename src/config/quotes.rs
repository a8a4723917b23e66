//! Which quotes a text needs.

use std::borrow::Cow;

/// Words that some readers of YAML take for something else than a text.
const WORDS: [&str; 10] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "default"];

/// A text that stands in quotes in one line, with no more of them than it needs: none where every reader of YAML takes it
/// for that text, else double ones where it has nothing to escape, else those it has.
pub(super) fn fewest<'s>(written: &'s str, text: &'s str) -> Cow<'s, str> {
    if is_plain(text) {
        text.into()
    } else if written.starts_with('\'') && !text.contains(['"', '\\']) {
        format!("\"{text}\"").into()
    } else {
        written.into()
    }
}

/// A word of letters, digits and a few signs that begins with a letter.
fn is_plain(text: &str) -> bool {
    let fits = |character: char| character.is_alphanumeric() || matches!(character, '-' | '_' | '.' | '/');
    text.starts_with(char::is_alphabetic)
        && text.chars().all(fits)
        && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_stay_where_somebody_might_misread() {
        for (written, text, fewest_quotes) in [
            ("'vip'", "vip", "vip"),
            ("\"live.example.com/show\"", "live.example.com/show", "live.example.com/show"),
            ("'高清'", "高清", "高清"),
            ("'*'", "*", "\"*\""),
            ("\"123\"", "123", "\"123\""),
            ("'2026-11-13'", "2026-11-13", "\"2026-11-13\""),
            ("'On'", "On", "\"On\""),
            ("'null'", "null", "\"null\""),
            ("''", "", "\"\""),
            ("'a b'", "a b", "\"a b\""),
            ("'a\\b'", "a\\b", "'a\\b'"),
            ("'say \"x\"'", "say \"x\"", "'say \"x\"'"),
            ("'it''s'", "it's", "\"it's\""),
            ("\"\\t\"", "\t", "\"\\t\""),
        ] {
            assert_eq!(fewest(written, text), fewest_quotes);
        }
    }
}
