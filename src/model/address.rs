//! Names and the address `domain/app/stream` of one configuration.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The name that stands for every stream (or app) without a configuration of its own.
pub const EVERY: &str = "*";

/// Longest app or stream name (API: "up to 255 characters").
const NAME_LENGTH: usize = 255;

/// Longest domain name that DNS can carry.
const DOMAIN_LENGTH: usize = 253;

/// The key of one configuration: main streaming domain, app and stream (API: DomainName, AppName, StreamName).
///
/// An app or stream of [`EVERY`] is the configuration for all that have none of their own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// Main streaming domain, lower case.
    pub domain: Arc<str>,
    /// App name, case-sensitive.
    pub app: Arc<str>,
    /// Stream name, case-sensitive.
    pub stream: Arc<str>,
}

/// Why a text is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not three parts between slashes.
    #[error("an address has three parts, `domain/app/stream`")]
    Parts,
    /// One part is outside the API's alphabet.
    #[error("`{part}` {reason}")]
    Name {
        /// The part as written.
        part: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl Address {
    /// Joins three names that are known to be good.
    pub fn new(domain: impl Into<Arc<str>>, app: impl Into<Arc<str>>, stream: impl Into<Arc<str>>) -> Self {
        Self { domain: domain.into(), app: app.into(), stream: stream.into() }
    }

    /// Whether this entry records every stream that has none of its own: `app/*` or `*/*`.
    pub fn is_app_wide(&self) -> bool {
        &*self.stream == EVERY
    }

    /// Whether another entry stands beside this app-wide one, so that the service may take it along: in the same app, or for
    /// `*/*` anywhere in the domain.
    pub fn has_beside(&self, other: &Address) -> bool {
        self != other
            && self.is_app_wide()
            && self.domain == other.domain
            && (&*self.app == EVERY || self.app == other.app)
    }

    /// The entries that could record this address, most specific first, itself included.
    ///
    /// The order is presumed from the sibling API for recording to OSS; no document states it for VOD.
    pub fn rulers(&self) -> impl Iterator<Item = Address> + use<> {
        let every: Arc<str> = EVERY.into();
        let candidates = [
            self.clone(),
            Address::new(self.domain.clone(), self.app.clone(), every.clone()),
            Address::new(self.domain.clone(), every.clone(), self.stream.clone()),
            Address::new(self.domain.clone(), every.clone(), every),
        ];
        let mut seen: Vec<Address> = Vec::with_capacity(4);
        for candidate in candidates {
            if !seen.contains(&candidate) {
                seen.push(candidate);
            }
        }
        seen.into_iter()
    }

    /// `app/stream`: the address inside its domain.
    pub fn within_domain(&self) -> String {
        format!("{}/{}", self.app, self.stream)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.domain, self.app, self.stream)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let parts: Vec<&str> = text.split('/').collect();
        let [domain, app, stream] = parts[..] else { return Err(AddressError::Parts) };
        let error = |part: &str, reason| AddressError::Name { part: part.to_owned(), reason };
        if let Some(reason) = domain_error(domain) {
            return Err(error(domain, reason));
        }
        for part in [app, stream] {
            if let Some(reason) = name_error(part) {
                return Err(error(part, reason));
            }
        }
        Ok(Self::new(domain, app, stream))
    }
}

impl JsonSchema for Address {
    fn schema_name() -> Cow<'static, str> {
        "Address".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "`domain/app/stream`; `*` is the entry for every app or stream without its own.",
            "type": "string",
            "pattern": "^[^/]+/[^/]+/[^/]+$",
        })
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What keeps `text` from being an app or stream name; `None` when it is one.
///
/// Letters, digits, hyphens and underscores, up to 255 of them, or `*` alone (console guide, store recordings in VOD).
pub fn name_error(text: &str) -> Option<&'static str> {
    if text == EVERY {
        return None;
    }
    if text.is_empty() {
        return Some("is empty");
    }
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
        return Some("holds more than letters, digits, `-` and `_`");
    }
    (text.len() > NAME_LENGTH).then_some("is longer than 255 characters")
}

/// What keeps `text` from being a domain name; `None` when it is one. Upper case is an error: the tool compares in lower case.
pub fn domain_error(text: &str) -> Option<&'static str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Some("holds upper case letters");
    }
    if text.len() > DOMAIN_LENGTH {
        return Some("is longer than 253 characters");
    }
    if !text.contains('.') {
        return Some("is not a full domain name such as `live.example.com`");
    }
    let good_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    (!text.split('.').all(good_label)).then_some("is not a domain name: letters, digits and `-` between dots")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_prints_as_it_parses() {
        for text in ["live.example.com/show/cam1", "live.example.com/show/*", "live.example.com/*/*"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        assert_eq!("live.example.com/show".parse::<Address>(), Err(AddressError::Parts));
        assert!("LIVE.example.com/show/cam1".parse::<Address>().is_err());
        assert!("live.example.com/sh ow/cam1".parse::<Address>().is_err());
    }

    #[test]
    fn the_most_specific_ruler_comes_first() {
        let rulers = |text: &str| -> Vec<String> {
            text.parse::<Address>().unwrap().rulers().map(|address| address.within_domain()).collect()
        };
        assert_eq!(rulers("a.com/show/cam1"), ["show/cam1", "show/*", "*/cam1", "*/*"]);
        assert_eq!(rulers("a.com/show/*"), ["show/*", "*/*"]);
        assert_eq!(rulers("a.com/*/*"), ["*/*"]);
    }

    #[test]
    fn names_outside_the_alphabet_are_refused() {
        assert_eq!(name_error("cam_1-b"), None);
        assert_eq!(name_error("*"), None);
        for bad in ["", "a*", "a/b", "é", "a b", &"x".repeat(256)] {
            assert!(name_error(bad).is_some(), "{bad}");
        }
        for bad in ["", "com", "a..b", "-a.com", "a_b.com", "*.example.com"] {
            assert!(domain_error(bad).is_some(), "{bad}");
        }
    }
}
