//! Escapes characters that could affect a terminal, a log or its reader.

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text`, a part of one line, with every character that could move a cursor, break the line, or hide or reorder text escaped as
/// `\u{…}`.
pub fn clean(text: &str) -> String {
    // As nearly all are.
    if holds_only(text, |_| false) {
        return text.to_owned();
    }
    let mut cleaned = String::with_capacity(text.len());
    for character in text.chars() {
        if is_harmful(character) {
            cleaned.extend(character.escape_unicode());
        } else {
            cleaned.push(character);
        }
    }
    cleaned
}

/// Whether a character is a control, breaks lines, reorders text or is invisible: Unicode's categories Cc, Cf, Zl and Zp, and
/// its `Default_Ignorable_Code_Point`, such as tags, fillers and variation selectors.
pub fn is_harmful(character: char) -> bool {
    // Most characters are of this kind.
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}'
            | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// A text of several lines that is safe for a terminal or the log of a CI job: harmful characters are escaped, except line breaks,
/// tabs and, with `colors`, colours. The beginnings of commands to the CI runner are escaped too: `::name` at the start of a line, and
/// `##name[` anywhere.
pub fn lines(text: &str, colors: bool) -> Cow<'_, str> {
    let is_suspect =
        |line: &str| line.contains("##") || line.trim_start().starts_with("::") || !is_harmless(line);
    let starts_no_command = !holds(text, "##") && !holds(text, "::");
    let is_plain = || holds_only(text, |byte| byte == b'\n' || byte == b'\t');
    let has_suspects = || match starts_no_command {
        true => !text.split('\n').all(is_harmless),
        false => text.split('\n').any(is_suspect),
    };
    if (starts_no_command && is_plain()) || !has_suspects() {
        return Cow::Borrowed(text);
    }
    let harmless = |line| if is_suspect(line) { harmless(line, colors) } else { line.to_owned() };
    Cow::Owned(text.split('\n').map(harmless).collect::<Vec<_>>().join("\n"))
}

/// Whether a text holds only printable ASCII and these bytes. Documents of hundreds of megabytes do, and looking at bytes takes a
/// fraction of what looking at characters takes: several bytes are compared at once.
fn holds_only(text: &str, is_other: impl Fn(u8) -> bool) -> bool {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') | is_other(byte);
    text.as_bytes()
        .chunks(1 << 10)
        .all(|chunk| chunk.iter().fold(true, |plain, byte| plain & is_plain(*byte)))
}

/// Whether a line has no harmful character but tabs. Only the pieces with more than plain ASCII are read character by character.
fn is_harmless(line: &str) -> bool {
    const PIECE: usize = 64;
    let mut rest = line;
    while !rest.is_empty() {
        let piece;
        (piece, rest) = rest.split_at(rest.ceil_char_boundary(PIECE));
        let is_plain = holds_only(piece, |byte| byte == b'\t');
        if !is_plain && piece.contains(|character| character != '\t' && is_harmful(character)) {
            return false;
        }
    }
    true
}

/// `text.contains(part)`, faster in a long text.
fn holds(text: &str, part: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), part.as_bytes()).is_some()
}

fn harmless(line: &str, colors: bool) -> String {
    let mut written = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(character) = rest.chars().next() {
        let length = match color(rest) {
            Some(length) if colors => length,
            _ => character.len_utf8(),
        };
        let (first, others) = rest.split_at(length);
        let starts_command = is_after_hashes(&written, character)
            || (rest.starts_with("::") && written.chars().all(char::is_whitespace));
        match length > 1 && first.starts_with('\u{1b}') || character == '\t' {
            false if starts_command || is_harmful(character) => written.extend(character.escape_unicode()),
            _ => written.push_str(first),
        }
        rest = others;
    }
    written
}

/// The length in bytes of the colour code that a text begins with.
fn color(text: &str) -> Option<usize> {
    let codes = text.strip_prefix("\u{1b}[")?;
    let length = codes.find(|character: char| !character.is_ascii_digit() && character != ';')?;
    codes[length..].starts_with('m').then_some(2 + length + 1)
}

/// Whether a bracket after `before` would turn it into a command: `##[`, `##vso[`, `##teamcity[`.
fn is_after_hashes(before: &str, character: char) -> bool {
    character == '['
        && before
            .trim_end_matches(|character: char| character.is_ascii_alphanumeric() || character == '.')
            .ends_with("##")
}

/// A JSON text with every harmful character in its strings escaped as in JSON, which does not change its values.
pub fn json(text: &str) -> Cow<'_, str> {
    let is_suspect = |character| character != '\n' && is_harmful(character);
    let is_plain = || holds_only(text, |byte| byte == b'\n');
    if !holds(text, "##") && (is_plain() || !text.contains(is_suspect)) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len());
    for character in text.chars() {
        match is_suspect(character) || is_after_hashes(&written, character) {
            true => escape_json(character, &mut written),
            false => written.push(character),
        }
    }
    Cow::Owned(written)
}

/// [`json()`] of a text that is not needed any more: most texts need no escape, and large ones are not copied for nothing.
pub fn into_json(text: String) -> String {
    let escaped = match json(&text) {
        Cow::Borrowed(_) => None,
        Cow::Owned(escaped) => Some(escaped),
    };
    escaped.unwrap_or(text)
}

fn escape_json(character: char, written: &mut String) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        // Writing to a string can't fail.
        let _ = write!(written, "\\u{unit:04x}");
    }
}

/// `text`, escaped for use between tags and in quoted attributes.
pub fn html(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        let (plain, special) = rest.split_at(at);
        written.push_str(plain);
        written.push_str(match special.as_bytes()[0] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        });
        rest = &special[1..];
    }
    written.push_str(rest);
    written
}

/// A text without the numbers that system errors end with, such as ` (os error 2)`: their words say the same.
pub fn without_error_numbers(text: &str) -> Cow<'_, str> {
    const BEFORE: &str = " (os error ";
    let Some((head, rest)) = text.split_once(BEFORE) else { return text.into() };
    let rest = match rest.trim_start_matches(|one: char| one.is_ascii_digit() || one == '-').strip_prefix(')')
    {
        Some(rest) => without_error_numbers(rest),
        None => return text.into(),
    };
    format!("{head}{rest}").into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn harmful_characters_are_written_out() {
        assert_eq!(clean("a\u{1b}[31mb\u{202e}c"), "a\\u{1b}[31mb\\u{202e}c");
        assert_eq!(
            clean("x\u{e0041}\u{e007f}\u{61c}\u{ad}y\nz"),
            "x\\u{e0041}\\u{e007f}\\u{61c}\\u{ad}y\\u{a}z"
        );
        assert_eq!(clean("中文 cam-1 é Ω"), "中文 cam-1 é Ω");
    }

    proptest! {
        #[test]
        fn nothing_unseen_is_left_out(text in r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]{1,60}") {
            prop_assert_eq!(text.chars().find(|character| !is_harmful(*character)), None);
        }

        #[test]
        fn what_is_seen_stays(text in r"[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}&&[^\p{Default_Ignorable_Code_Point}]]{0,60}") {
            prop_assert_eq!(clean(&text), text);
        }
    }

    #[test]
    fn lines_keep_their_breaks_and_colours_and_nothing_else() {
        let plain = "one\n  two\t中\n";
        assert!(matches!(lines(plain, false), Cow::Borrowed(_)));
        assert_eq!(
            lines("\u{1b}[1;31mred\u{1b}[0m\u{1b}[2J\r", true),
            "\u{1b}[1;31mred\u{1b}[0m\\u{1b}[2J\\u{d}"
        );
        assert_eq!(lines("\u{1b}[31mred", false), "\\u{1b}[31mred");
    }

    #[test]
    fn no_line_is_a_command() {
        assert_eq!(lines("a\n::error::x\n \u{a0}::stop", false), "a\n\\u{3a}:error::x\n \u{a0}\\u{3a}:stop");
        assert_eq!(
            lines("a::b ##[x] ##vso[y] ##teamcity[z] # [1] #[2]", false),
            "a::b ##\\u{5b}x] ##vso\\u{5b}y] ##teamcity\\u{5b}z] # [1] #[2]"
        );
        assert_eq!(lines("\t::x", false), "\t\\u{3a}:x");
    }

    /// Most texts are seen to be harmless by their bytes: one harmful character anywhere in a long one is still found.
    #[test]
    fn one_harmful_character_in_a_long_text_is_found() {
        for harmful in ["\u{7f}", "\u{1b}", "\u{9b}", "\u{202e}", "\0", "\r"] {
            for before in [0, 1_000, 1_023, 1_024, 5_000] {
                let text = format!("{}{harmful}{}", "a\n".repeat(before / 2), "b".repeat(3_000));
                assert!(!lines(&text, false).contains(harmful), "{before} {harmful:?}");
                assert!(!json(&text).contains(harmful), "{before} {harmful:?}");
            }
        }
        let long = "a\tb\n".repeat(2_000);
        assert!(matches!(lines(&long, false), Cow::Borrowed(_)));
        assert_eq!(lines(&format!("{long}::x"), false), format!("{long}\\u{{3a}}:x"));
        assert_eq!(lines(&format!("{long}##[x]"), false), format!("{long}##\\u{{5b}}x]"));
        assert_eq!(json(&format!("{long}##[x]")), format!("{}##\\u005bx]", long.replace('\t', "\\u0009")));
    }

    #[test]
    fn json_says_what_it_said() {
        let value = serde_json::json!({"a\u{202e}": ["##[x]\u{e0041}\u{7f}\u{9b}\n", "中"]});
        let text = serde_json::to_string_pretty(&value).unwrap();
        let written = json(&text);
        assert!(!written.contains(|character| character != '\n' && is_harmful(character)), "{written}");
        assert!(!written.contains("##["), "{written}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&written).unwrap(), value);
    }

    #[test]
    fn numbers_of_system_errors_are_left_out() {
        for (text, kept) in [
            ("can't read `a`: No such file (os error 2)", "can't read `a`: No such file"),
            ("one (os error 2), two (os error 20): end", "one, two: end"),
            ("an (os error here)", "an (os error here)"),
            ("none", "none"),
        ] {
            assert_eq!(without_error_numbers(text), kept);
        }
    }
}
