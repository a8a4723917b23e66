//! Links to places in files on the web.

use std::fmt;
use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::rows::relative;
use crate::gate::clean;
use crate::source::{Place, STDIN};

/// The characters to percent-encode in a path.
pub(super) const PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The URL of the working folder at a code host, such as `https://github.com/me/live/blob/main`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkBase(String);

/// Why a text can't be a link base.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a link base is `https://…`, with only letters, digits and `-._~/:%@+`")]
pub struct LinkBaseError;

impl FromStr for LinkBase {
    type Err = LinkBaseError;

    fn from_str(text: &str) -> Result<Self, LinkBaseError> {
        let path =
            text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or(LinkBaseError)?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:%@+".contains(&byte);
        match !path.is_empty() && path.bytes().all(is_plain) {
            true => Ok(Self(text.trim_end_matches('/').to_owned())),
            false => Err(LinkBaseError),
        }
    }
}

impl fmt::Display for LinkBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How places in files are named and linked to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// Where the files can be read; without it there are no links.
    pub base: Option<LinkBase>,
    /// The absolute working folder, which the base points to; empty if unknown.
    pub folder: String,
}

impl Links {
    /// `livevod.yaml:18`, relative to the working folder.
    pub(super) fn name(&self, place: &Place) -> String {
        clean(&format!("{}:{}", relative(&place.file, &self.folder), place.start.line))
    }

    /// The URL of the line; `None` without a base, and for files outside the working folder.
    pub(super) fn target(&self, place: &Place) -> Option<String> {
        let base = self.base.as_ref()?;
        let path = relative(&place.file, &self.folder);
        let is_outside = path == STDIN || path.starts_with('/') || path.split('/').any(|part| part == "..");
        (!is_outside).then(|| format!("{base}/{}#L{}", utf8_percent_encode(&path, PATH), place.start.line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Position;

    fn place(file: &str) -> Place {
        let at = Position { line: 18, column: 3, byte: 90 };
        Place { file: file.to_owned(), start: at, end: at }
    }

    #[test]
    fn a_line_is_linked_below_the_base() {
        let links =
            Links { base: "https://git.example/me/live/blob/main/".parse().ok(), folder: "/repo".to_owned() };
        assert_eq!(
            links.target(&place("./live/a b)|.yaml")).unwrap(),
            "https://git.example/me/live/blob/main/live/a%20b%29%7C.yaml#L18"
        );
        assert_eq!(
            links.target(&place("/repo/a.yaml")).unwrap(),
            "https://git.example/me/live/blob/main/a.yaml#L18"
        );
        assert_eq!(links.target(&place("../a.yaml")), None);
        assert_eq!(links.target(&place("/etc/a.yaml")), None);
        assert_eq!(links.name(&place("/repo/a\u{202e}.yaml")), "a\\u{202e}.yaml:18");
        assert_eq!(Links::default().target(&place("a.yaml")), None);
    }

    #[test]
    fn a_base_can_not_end_its_link() {
        for bad in [
            "",
            "https://",
            "ftp://a",
            "javascript:alert(1)",
            "https://a/) x",
            "https://a/<b>",
            "https://a/\"",
            "https://a/?b#c",
        ] {
            assert!(bad.parse::<LinkBase>().is_err(), "{bad}");
        }
    }
}
