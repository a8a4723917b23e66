//! The forms in which a secret may appear in a text.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::escape::html;

/// The text as it is, as JSON and HTML escape it, and in Base64 at any offset of an encoded text. Percent-encoding is not one of the
/// forms: it is decoded before the search.
pub(super) fn forms(secret: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::from([secret.to_owned(), secret.replace(' ', "+")]);
    let quoted = serde_json::Value::from(secret).to_string();
    let quoted = quoted.trim_start_matches('"').strip_suffix('"').unwrap_or(secret);
    forms.extend([quoted.to_owned(), quoted.replace('/', "\\/"), html(secret)]);
    forms.extend((0..3).map(|before| encoded(&STANDARD_NO_PAD, secret, before)));
    forms.extend((0..3).map(|before| encoded(&URL_SAFE_NO_PAD, secret, before)));
    forms
}

/// The Base64 digits that depend only on the secret, if `before` bytes precede it and more follow it.
fn encoded(engine: &impl Engine, secret: &str, before: usize) -> String {
    let bytes = [&[0; 2][..before], secret.as_bytes()].concat();
    // A digit that also holds bits of the bytes after the secret is left out.
    let whole = bytes.len() * 8 / 6;
    let from = (before * 8).div_ceil(6);
    let digits = engine.encode(&bytes);
    digits.get(from..whole).unwrap_or_default().to_owned()
}

/// A text with its percent codes decoded, and where in the text each byte began.
pub(super) fn unescaped(text: &[u8]) -> (Vec<u8>, Vec<usize>) {
    let (mut bytes, mut starts) = (Vec::with_capacity(text.len()), Vec::with_capacity(text.len() + 1));
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        starts.push(at);
        let code = (*byte == b'%').then(|| code(text.get(at + 1..at + 3)?)).flatten();
        bytes.push(code.unwrap_or(*byte));
        at += if code.is_some() { 3 } else { 1 };
    }
    starts.push(at);
    (bytes, starts)
}

fn code(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let [high, low] = digits else { return None };
    u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_found_wherever_it_begins() {
        let secret = "s3cr3t/of+this~process";
        let forms = forms(secret);
        for front in ["", "a", "ab", "abc", "é"] {
            let text = format!("{front}{secret}tail");
            for coded in [STANDARD_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
                assert!(forms.iter().any(|form| coded.contains(form.as_str())), "{coded}");
            }
        }
    }

    #[test]
    fn percent_codes_are_undone_in_either_case_and_halves_left() {
        let (bytes, starts) = unescaped(b"a%2Fb%2f%zz%4");
        assert_eq!(bytes, b"a/b/%zz%4");
        assert_eq!(starts, [0, 1, 4, 5, 8, 9, 10, 11, 12, 13]);
    }
}
