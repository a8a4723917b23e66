//! Untrusted text made harmless for Markdown: it can't become a mention, reference, link, HTML or fence.
//!
//! Code hosts look for mentions and references in the rendered Markdown, so escaping marks is not enough: text that is
//! not a plain word goes into a code span, where code hosts look for nothing.

use super::phrases::marked;
use crate::gate::clean;

/// How many characters of a value a table or a list shows.
const SHOWN: usize = 120;

/// From this many hexadecimal digits a word may be read as a commit.
const COMMIT: usize = 7;

/// `text` as a code span, whole.
pub(super) fn whole(text: &str) -> String {
    span(&clean(text))
}

/// `text` as a code span, shortened if it is long.
pub(super) fn code(text: &str) -> String {
    span(&clipped(&clean(text), SHOWN))
}

/// [`code`] for a table cell, which a bar would end even in code.
pub(super) fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// A sentence: plain words unchanged, other words as code, and text between backticks as one code span.
pub(super) fn prose(text: &str) -> String {
    marked(&clean(text), words, code)
}

fn words(text: &str) -> String {
    let word = |word: &str| if word.is_empty() || is_plain(word) { word.to_owned() } else { code(word) };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Whether a word has no meaning for Markdown or a code host: letters and digits, with the punctuation of prose.
fn is_plain(word: &str) -> bool {
    let inner = word
        .trim_start_matches(['(', '"', '\''])
        .trim_end_matches([',', '.', ';', ':', ')', '"', '\'', '%', '?']);
    let is_joint = |character: char| matches!(character, '-' | '\'' | '.' | ':' | '/' | ',' | '(' | ')');
    let is_word = inner.chars().all(|character| character.is_alphanumeric() || is_joint(character));
    let starts_well = inner.chars().next().is_none_or(char::is_alphanumeric);
    // What stands beside a code span, such as the comma behind it.
    if word.chars().all(|character| matches!(character, ',' | '.' | ';' | ':' | '(' | ')')) {
        return true;
    }
    let has_letter = word == "%" || word.chars().any(char::is_alphanumeric);
    let is_linked =
        inner.contains("//") || inner.to_ascii_lowercase().contains("www.") || is_reference(inner);
    has_letter && is_word && starts_well && !is_linked
}

/// `GH-12` and commits.
fn is_reference(word: &str) -> bool {
    let is_issue = word.to_ascii_lowercase().contains("gh-");
    let hex = word.split(|character: char| !character.is_ascii_hexdigit()).map(str::len).max().unwrap_or(0);
    is_issue || hex >= COMMIT
}

/// A code span in a fence of backticks that does not occur in it.
fn span(text: &str) -> String {
    let text = if text.trim().is_empty() { "(blank)" } else { text };
    let fence = "`".repeat(longest_run(text) + 1);
    // Markdown removes one space at each end.
    let gap = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{gap}{text}{gap}{fence}")
}

/// Lines as a `diff` block; the fence is longer than any in the lines.
pub(super) fn difference(lines: &[String]) -> String {
    fenced("diff", &lines.join("\n"))
}

/// Text of several lines as a block in a language.
pub(super) fn block(language: &str, text: &str) -> String {
    fenced(language, &text.lines().map(clean).collect::<Vec<_>>().join("\n"))
}

fn fenced(language: &str, body: &str) -> String {
    let fence = "`".repeat(longest_run(body).max(2) + 1);
    format!("{fence}{language}\n{body}\n{fence}\n")
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

/// At most `most` characters of `text`, and how many are missing.
pub(super) fn clipped(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}… ({} more characters)", &text[..end], text[end..].chars().count()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_can_not_be_left() {
        assert_eq!(code("cam1"), "`cam1`");
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code(" a"), "`  a `");
        assert_eq!(code(""), "`(blank)`");
        assert_eq!(code("a\n\n# b"), "`a\\u{a}\\u{a}# b`");
        assert_eq!(cell("a|b"), "`a\\|b`");
        assert_eq!(code(&"x".repeat(125)), format!("`{}… (5 more characters)`", "x".repeat(120)));
    }

    #[test]
    fn prose_keeps_plain_words_and_nothing_else() {
        assert_eq!(
            prose("3 of the 9 configurations of `a.com` would be deleted, more than the limit of 10%"),
            "3 of the 9 configurations of `a.com` would be deleted, more than the limit of 10%"
        );
        assert_eq!(
            prose("ask @octocat about #12, <b> and me/you#3"),
            "ask `@octocat` about `#12,` `<b>` and `me/you#3`"
        );
        assert_eq!(
            prose("see https://evil.example or www.evil.example"),
            "see `https://evil.example` or `www.evil.example`"
        );
        assert_eq!(prose("fixes GH-12 in deadbeef"), "fixes `GH-12` in `deadbeef`");
        assert_eq!(prose("[a](b) **c** :tada: ~x !1"), "`[a](b)` `**c**` `:tada:` `~x` `!1`");
        assert_eq!(prose("half a ` tick"), "half a  tick");
        assert_eq!(prose("`a`, or `b` (`--c`): `d`."), "`a`, or `b` (`--c`): `d`.");
        assert_eq!(prose("live.example.com/show/cam1: it goes"), "live.example.com/show/cam1: it goes");
    }

    #[test]
    fn a_fence_is_longer_than_any_in_it() {
        assert_eq!(difference(&["+ a".to_owned()]), "```diff\n+ a\n```\n");
        assert_eq!(difference(&["````".to_owned()]), "`````diff\n````\n`````\n");
    }
}
