//! Decides which quotes a text needs.

use std::borrow::Cow;

/// Words that some YAML parsers do not read as text.
const WORDS: [&str; 10] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "default"];

/// A quoted text of one line with the quotes that it needs: none if every YAML parser reads it as that text, else
/// double quotes if nothing in it needs escaping, else its present quotes.
pub(super) fn fewest<'s>(written: &'s str, text: &'s str) -> Cow<'s, str> {
    if is_plain(text) {
        text.into()
    } else if written.starts_with('\'') && !text.contains(['"', '\\']) {
        format!("\"{text}\"").into()
    } else {
        written.into()
    }
}

/// A name that was written without quotes, quoted if some YAML parser would not read it as text: two different names
/// could then be the same key to that parser.
pub(super) fn of_name(name: &str) -> Cow<'_, str> {
    let is_word = WORDS.iter().any(|word| word.eq_ignore_ascii_case(name));
    if is_word || is_unusual_number(name) { format!("\"{name}\"").into() } else { name.into() }
}

/// A text as YAML: in double quotes unless every YAML parser reads it as that text without them.
pub fn quoted(text: &str) -> Cow<'_, str> {
    let begins = |first: char| first.is_ascii_digit() || first == '_';
    let fits = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_' | '.');
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit()) || is_unusual_number(text);
    let is_name = text.starts_with(begins) && text.chars().all(fits) && !is_number;
    if is_plain(text) || is_name {
        return text.into();
    }
    // A text can always be written as JSON, and double quotes of YAML read JSON.
    serde_json::to_string(text).unwrap_or_default().into()
}

/// Whether a parser could read a text as a number or date that it would write differently: `1_0`, `0x1F`, `1:30`,
/// `2026-11-13`.
fn is_unusual_number(text: &str) -> bool {
    let is_decimal =
        text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    let begins =
        text.strip_prefix(['+', '-', '.']).unwrap_or(text).starts_with(|first: char| first.is_ascii_digit());
    let fits =
        |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b'x' | b'o' | b'_' | b':' | b'.' | b'+' | b'-');
    begins && !is_decimal && text.bytes().all(fits)
}

/// Whether a text is a word of letters, digits and a few other characters that begins with a letter.
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
    fn names_that_somebody_might_misread_get_quotes() {
        for name in [
            "on",
            "Off",
            "yes",
            "No",
            "y",
            "N",
            "null",
            "1_0",
            "0x1F",
            "0o17",
            "007",
            "1:30",
            "1e3",
            "2026-11-13",
            "-1",
        ] {
            assert_eq!(of_name(name), format!("\"{name}\""));
        }
        for name in ["cam1", "123", "0", "2026-gala", "one", "a.example.com", "中", "~"] {
            assert_eq!(of_name(name), name);
        }
    }

    #[test]
    fn a_text_gets_quotes_where_somebody_might_misread_it() {
        for text in ["cam1", "1080p", "2026-gala", "_x", "live.example.com", "高清", "hd/low"] {
            assert_eq!(quoted(text), text);
        }
        for text in [
            "*",
            "on",
            "No",
            "y",
            "null",
            "~",
            "007",
            "123",
            "1e3",
            "0x1F",
            "2026-11-13",
            "-",
            "-x",
            "a b",
            "a:b",
            "a: b",
            "#a",
            "",
        ] {
            assert_eq!(quoted(text), format!("\"{text}\""));
        }
        assert_eq!(quoted("say \"x\"\n\\"), "\"say \\\"x\\\"\\n\\\\\"");
        for text in ["cam1", "*", "123", "a\tb", "say \"x\"", "2026-gala"] {
            let (written, read) = (quoted(text), text);
            assert!(!written.starts_with('"') || fewest(&written, read) == written, "fmt keeps {written}");
        }
    }

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
