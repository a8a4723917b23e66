//! The page where a reader of a message finds out more.

use std::fmt;
use std::str::FromStr;

/// The longest one, in bytes.
const LENGTH: usize = 500;

/// The URL of a page on the web. None of its characters can end a link in the markup of any receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link(String);

/// Why a text can't be such a URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a link is `https://…`, at most {LENGTH} characters, with only letters, digits and `-._~/:%@+?=&,#`")]
pub struct LinkError;

impl FromStr for Link {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or(LinkError)?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:%@+?=&,#".contains(&byte);
        match !rest.is_empty() && text.len() <= LENGTH && rest.bytes().all(is_plain) {
            true => Ok(Self(text.to_owned())),
            false => Err(LinkError),
        }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_can_not_be_ended_by_its_own_text() {
        for good in ["https://ci.example.com/job/1?tab=log&x=%20#end", "http://ci.internal:8080/a/b"] {
            assert_eq!(good.parse::<Link>().map(|link| link.to_string()), Ok(good.to_owned()));
        }
        let long = format!("https://{}", "a".repeat(LENGTH));
        for bad in [
            "",
            "https://",
            "ftp://a",
            "javascript:alert(1)",
            "https://a b",
            "https://a/)",
            "https://a/|b",
            &long,
        ] {
            assert!(bad.parse::<Link>().is_err(), "{bad}");
        }
        assert!("https://a/<!channel>".parse::<Link>().is_err());
    }
}
