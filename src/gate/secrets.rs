//! The secrets of a process, and texts without them.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use aho_corasick::AhoCorasick;

use super::forms::{forms, unescaped};

/// The replacement of a secret. It has no special meaning in JSON, YAML, Markdown or HTML.
const HIDDEN: &str = "(secret)";

/// The shortest text that counts as a secret, in bytes. The vendor's secrets have 30 and more. To replace every occurrence of a
/// shorter word would destroy outputs and protect nothing.
const SHORTEST: usize = 8;

/// The shortest part of a secret that is replaced, in bytes, because services and outputs cut long texts. A shorter part reveals too
/// little to matter.
const PIECE: usize = 12;

/// The length of the needles of the search, and the distance between their starts: every [`PIECE`] contains a complete needle.
const NEEDLE: usize = 8;
const STRIDE: usize = PIECE - NEEDLE + 1;

/// How often percent codes are decoded: signature errors quote text that was encoded twice.
const UNDONE: usize = 3;

/// The texts that must not leave this process. Clones share them.
#[derive(Clone, Default)]
pub struct Secrets(Arc<RwLock<Known>>);

#[derive(Default)]
struct Known {
    forms: Vec<Form>,
    /// Created when it is first needed.
    search: Option<Search>,
}

/// One way to write a secret.
#[derive(Clone)]
struct Form {
    text: String,
    /// The shortest part of it that is replaced, in bytes.
    least: usize,
}

#[derive(Clone)]
struct Search {
    automaton: AhoCorasick,
    /// The form of each needle, and its position in that form.
    needles: Arc<[(usize, usize)]>,
    forms: Arc<[Form]>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

impl Secrets {
    /// Adds a secret that can't be guessed, so that a part of it is unlikely to occur in other text. Short texts are ignored.
    pub fn learn(&self, secret: &str) {
        self.add(secret, |form| form.len().min(PIECE));
    }

    /// Adds a text that may contain a secret but may also be a common word, such as a path: only the complete text is replaced.
    pub fn learn_whole(&self, secret: &str) {
        self.add(secret, str::len);
    }

    fn add(&self, secret: &str, least: impl Fn(&str) -> usize) {
        let secret = secret.trim();
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_known = |form: &Form| form.text == secret && form.least <= least(secret);
        if secret.len() < SHORTEST || known.forms.iter().any(is_known) {
            return;
        }
        for text in forms(secret).into_iter().filter(|form| form.len() >= SHORTEST) {
            let least = least(&text);
            match known.forms.iter_mut().find(|form| form.text == text) {
                Some(form) => form.least = form.least.min(least),
                None => known.forms.push(Form { text, least }),
            }
        }
        known.search = None;
    }

    /// The text with `(secret)` in place of every secret, whether as it is, percent-encoded, in Base64, or escaped as in JSON or HTML.
    pub fn hide<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let found = self.search().map(|search| search.found(text)).unwrap_or_default();
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut hidden = String::with_capacity(text.len());
        let mut end = 0;
        for range in found {
            hidden.push_str(&text[end..range.start]);
            hidden.push_str(HIDDEN);
            end = range.end;
        }
        hidden.push_str(&text[end..]);
        Cow::Owned(hidden)
    }

    /// Whether the text contains a secret.
    pub fn is_in(&self, text: &str) -> bool {
        self.search().is_some_and(|search| !search.found(text).is_empty())
    }

    /// `None` if there is nothing to search for.
    fn search(&self) -> Option<Search> {
        {
            let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
            if known.search.is_some() || known.forms.is_empty() {
                return known.search.clone();
            }
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.search = Search::new(&known.forms);
        known.search.clone()
    }
}

impl Search {
    fn new(forms: &[Form]) -> Option<Self> {
        let starts = |form: &Form| (0..=form.text.len() - NEEDLE).step_by(STRIDE);
        let needles: Vec<(usize, usize)> = forms
            .iter()
            .enumerate()
            .flat_map(|(at, form)| starts(form).map(move |start| (at, start)))
            .collect();
        let bytes = needles.iter().map(|(form, at)| &forms[*form].text.as_bytes()[*at..*at + NEEDLE]);
        let automaton = AhoCorasick::new(bytes).ok()?;
        Some(Self { automaton, needles: needles.into(), forms: forms.into() })
    }

    /// The ranges of secrets, in order and without overlaps.
    fn found(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = self.in_bytes(text.as_bytes());
        let (mut bytes, mut places): (Vec<u8>, Vec<usize>) = (Vec::new(), Vec::new());
        for round in 0..UNDONE {
            let before = if round == 0 { text.as_bytes() } else { &bytes };
            if !before.contains(&b'%') {
                break;
            }
            let (undone, starts) = unescaped(before);
            places = starts.iter().map(|start| if round == 0 { *start } else { places[*start] }).collect();
            bytes = undone;
            found.extend(
                self.in_bytes(&bytes).into_iter().map(|range| places[range.start]..places[range.end]),
            );
        }
        joined(found, text)
    }

    fn in_bytes(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        for one in self.automaton.find_overlapping_iter(text) {
            let (form, at) = self.needles[one.pattern().as_usize()];
            let Form { text: secret, least } = &self.forms[form];
            let secret = secret.as_bytes();
            let alike = |pair: &(&u8, &u8)| pair.0 == pair.1;
            let before =
                text[..one.start()].iter().rev().zip(secret[..at].iter().rev()).take_while(alike).count();
            let behind = text[one.end()..].iter().zip(&secret[at + NEEDLE..]).take_while(alike).count();
            let range = one.start() - before..one.end() + behind;
            if range.len() >= *least {
                found.push(range);
            }
        }
        found
    }
}

/// Sorts the ranges, joins those that touch, and extends each to whole characters and escapes: a lone backslash would break JSON.
fn joined(mut ranges: Vec<Range<usize>>, text: &str) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| range.start);
    let mut joined: Vec<Range<usize>> = Vec::new();
    for Range { mut start, mut end } in ranges {
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        while !text.is_char_boundary(end) {
            end += 1;
        }
        start -= backslashes(&text[..start]) % 2;
        if backslashes(&text[start..end]) % 2 == 1 {
            end += text[end..].chars().next().map_or(0, char::len_utf8);
        }
        match joined.last_mut() {
            Some(last) if start <= last.end => last.end = last.end.max(end),
            _ => joined.push(start..end),
        }
    }
    joined
}

/// How many backslashes a text ends with.
fn backslashes(text: &str) -> usize {
    text.len() - text.trim_end_matches('\\').len()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "aB3/x+Y9=zQ~7_k-L0pW2mN5";

    fn secrets() -> Secrets {
        let secrets = Secrets::default();
        secrets.learn(SECRET);
        secrets
    }

    fn percent(text: &str) -> String {
        utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
    }

    #[test]
    fn what_is_learned_both_ways_is_hidden_in_parts_too() {
        let secrets = Secrets::default();
        secrets.learn_whole("0123456789abcdef0123456789abcdef");
        assert_eq!(secrets.hide("refused 0123456789abcdef"), "refused 0123456789abcdef");
        secrets.learn("0123456789abcdef0123456789abcdef");
        assert_eq!(secrets.hide("refused 0123456789abcdef"), "refused (secret)");
        secrets.learn_whole("0123456789abcdef0123456789abcdef");
        assert_eq!(secrets.hide("refused 0123456789abcdef"), "refused (secret)");
    }

    #[test]
    fn a_secret_is_replaced_wherever_it_stands() {
        let lower = |text: &str| {
            let codes = ["%2F", "%2B", "%3D", "%7E", "%5F", "%2D"];
            codes.iter().fold(text.to_owned(), |text, code| text.replace(code, &code.to_lowercase()))
        };
        let once = percent(SECRET);
        let all: String = SECRET.bytes().map(|byte| format!("%{byte:02x}")).collect();
        for form in [SECRET, &once, &lower(&once), &percent(&once), &lower(&percent(&once)), &all] {
            let text = format!("é {form} and {form}é");
            assert_eq!(secrets().hide(&text), "é (secret) and (secret)é", "{form}");
        }
    }

    #[test]
    fn only_what_is_a_secret_goes() {
        let secrets = secrets();
        for text in ["", "aB3/x+Y9=zQ", "%", "%2", "a plan with 100 % and %41", "中文"] {
            assert!(matches!(secrets.hide(text), Cow::Borrowed(_)), "{text}");
        }
        secrets.learn("short");
        secrets.learn_whole("/latest/credentials");
        assert_eq!(
            secrets.hide("short credentials in /latest/credential"),
            "short credentials in /latest/credential"
        );
        assert_eq!(secrets.hide("at /latest/credentials?"), "at (secret)?");
        assert!(!Secrets::default().is_in(SECRET));
    }

    proptest! {
        #[test]
        fn no_piece_of_it_is_left(
            secret in "[A-Za-z0-9+/=_.~\\\\ -]{14,60}", front in ".{0,20}", tail in ".{0,20}", cut in 0..40_usize,
        ) {
            let secret = format!("x{}y", secret.trim());
            prop_assume!(secret.len() >= PIECE);
            let secrets = Secrets::default();
            secrets.learn(&secret);
            let inner = format!("{front}{secret}{tail}");
            let piece = &secret[cut.min(secret.len() - PIECE)..];
            for text in [
                inner.clone(), percent(&inner), percent(&percent(&inner)), STANDARD.encode(&inner), URL_SAFE.encode(&inner),
                format!("{front}{piece}"), serde_json::to_string(&inner).unwrap(),
            ] {
                let hidden = secrets.hide(&text);
                prop_assert!(!hidden.contains(&secret) && !hidden.contains(piece), "{hidden}");
                prop_assert!(!secrets.is_in(&hidden), "{hidden}");
            }
            let json = serde_json::to_string(&[&inner, &percent(&inner)]).unwrap();
            prop_assert!(serde_json::from_str::<serde_json::Value>(&secrets.hide(&json)).is_ok());
        }
    }
}
