//! Turns parameters into percent-encoded text and back, the way the signatures need it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, percent_decode_str, utf8_percent_encode};

/// Everything except RFC 3986's unreserved characters is encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Parameters by raw name, in their original order; names may repeat.
pub type Pairs = Vec<(String, String)>;

/// UTF-8, percent-encoded in upper case; a space is `%20`, never `+`.
pub fn encode(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, ENCODED)
}

/// `name=value` pairs joined by `&`, sorted by raw name in byte order: what both signatures sign.
pub(super) fn canonical_query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut pairs: Vec<(&str, &str)> = pairs.into_iter().collect();
    pairs.sort_unstable();
    let mut query = String::new();
    for (name, value) in pairs {
        if !query.is_empty() {
            query.push('&');
        }
        query.extend(encode(name));
        query.push('=');
        query.extend(encode(value));
    }
    query
}

/// Percent-decodes a path, in which `+` is itself. `None` when it is not UTF-8.
pub fn decode_path(path: &str) -> Option<String> {
    Some(percent_decode_str(path).decode_utf8().ok()?.into_owned())
}

/// Reads a query or a form body; `+` is a space. `None` when a part is not UTF-8.
pub fn decode_pairs(text: &str) -> Option<Pairs> {
    text.split('&').filter(|part| !part.is_empty()).map(decode_pair).collect()
}

fn decode_pair(part: &str) -> Option<(String, String)> {
    let (name, value) = part.split_once('=').unwrap_or((part, ""));
    Some((decode(name)?, decode(value)?))
}

fn decode(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    Some(percent_decode_str(&spaced).decode_utf8().ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_stay() {
        assert_eq!(encode("a-Z_0.~ *+/!'()中").to_string(), "a-Z_0.~%20%2A%2B%2F%21%27%28%29%E4%B8%AD");
    }

    #[test]
    fn names_are_sorted_by_byte() {
        let pairs = [("F.2.x", "1"), ("a", ""), ("F.10.x", "2"), ("B", "3")];
        assert_eq!(canonical_query(pairs), "B=3&F.10.x=2&F.2.x=1&a=");
    }

    #[test]
    fn what_was_encoded_decodes() {
        let pairs = vec![("a b".to_owned(), "*~/+=&%中".to_owned()), ("empty".to_owned(), String::new())];
        let text = canonical_query(pairs.iter().map(|(name, value)| (&**name, &**value)));
        assert_eq!(decode_pairs(&text), Some(pairs));
        assert_eq!(
            decode_pairs("a+b=c+d&e"),
            Some(vec![("a b".to_owned(), "c d".to_owned()), ("e".to_owned(), String::new())])
        );
        assert_eq!(decode_pairs("a=%FF"), None);
    }
}
