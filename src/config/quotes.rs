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

/// What `fmt` makes of a text that is written like this, in one line, as a key or as a value.
pub fn formatted<'s>(written: &'s str, text: &'s str, is_key: bool) -> Cow<'s, str> {
    match written.starts_with(['"', '\'']) {
        true => fewest(written, text),
        false if is_key => of_name(written),
        false => written.into(),
    }
}

/// A text as YAML: in double quotes unless every YAML parser reads it as that text without them.
pub fn quoted(text: &str) -> Cow<'_, str> {
    let fits = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_' | '.');
    let is_name = text.starts_with('_') && text.chars().all(fits);
    if is_plain(text) || is_name || is_plain_id(text) { text.into() } else { in_quotes(text).into() }
}

/// Whether a text that begins with a digit holds a letter that no number and no date has.
fn is_plain_id(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_telling = |byte: u8| byte.is_ascii_alphabetic() && !b"eExXoObBtTzZ".contains(&byte);
    text.starts_with(|first: char| first.is_ascii_digit())
        && text.bytes().all(fits)
        && text.bytes().any(is_telling)
        && !text.starts_with("0x")
}

/// A text in double quotes, with escapes for what YAML does not allow as it is, and for what could move a cursor or hide
/// text.
fn in_quotes(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 2);
    written.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => written.extend(['\\', character]),
            '\n' => written.push_str("\\n"),
            '\t' => written.push_str("\\t"),
            _ if is_hidden(character) => written.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => written.push(character),
        }
    }
    written.push('"');
    written
}

/// Whether a character is a control character, a mark of direction, or another one that is not seen.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(character, '\u{61c}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
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

/// Whether every YAML parser reads a text without quotes as that text: a word of letters, digits and a few other characters
/// that begins with a letter.
pub fn is_plain(text: &str) -> bool {
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
        for text in ["3f1c9a7e", "77aa0d5c", "2034-cup"] {
            assert_eq!(quoted(text), text, "no number, and no date");
        }
        assert_eq!(quoted("12e7"), "\"12e7\"");
        assert_eq!(quoted("a\u{7}\u{202e}\u{feff}b"), "\"a\\u0007\\u202e\\ufeffb\"");
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
