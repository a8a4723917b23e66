//! Names and the address `domain/app/stream` of one configuration.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The name that means every stream (or app) without a configuration of its own.
pub const EVERY: &str = "*";

/// The longest app or stream name (API: "up to 255 characters").
const NAME_LENGTH: usize = 255;

/// The longest domain name that DNS allows.
const DOMAIN_LENGTH: usize = 253;

/// The key of one configuration: main streaming domain, app and stream (API: DomainName, AppName, StreamName).
///
/// With [`EVERY`] as app or stream, it is the configuration for all that have none of their own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// Main streaming domain, lower case.
    pub domain: Arc<str>,
    /// App name, case-sensitive.
    pub app: Arc<str>,
    /// Stream name, case-sensitive.
    pub stream: Arc<str>,
}

impl Ord for Address {
    /// By domain, app and stream. Addresses of one listing share their names, which then need not be read.
    fn cmp(&self, other: &Self) -> Ordering {
        let order = |one: &Arc<str>, two: &Arc<str>| match Arc::ptr_eq(one, two) {
            true => Ordering::Equal,
            false => one.cmp(two),
        };
        order(&self.domain, &other.domain)
            .then_with(|| order(&self.app, &other.app))
            .then_with(|| order(&self.stream, &other.stream))
    }
}

impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Why a text is not an address.
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
    /// Joins three names with any content: whatever the service returns is an address.
    pub fn new(domain: impl Into<Arc<str>>, app: impl Into<Arc<str>>, stream: impl Into<Arc<str>>) -> Self {
        Self { domain: domain.into(), app: app.into(), stream: stream.into() }
    }

    /// The same address; names that are those of `other` are shared with it, so that many addresses take little memory.
    #[must_use]
    pub fn sharing_with(self, other: &Address) -> Self {
        let shared = |own: Arc<str>, other: &Arc<str>| if own == *other { other.clone() } else { own };
        let Self { domain, app, stream } = self;
        Self { domain: shared(domain, &other.domain), app: shared(app, &other.app), stream }
    }

    /// Whether this is an app-wide configuration (`app/*` or `*/*`), which records every stream without its own.
    pub fn is_app_wide(&self) -> bool {
        &*self.stream == EVERY
    }

    /// Whether both are in the same app of the same domain.
    pub fn is_in_app_of(&self, other: &Address) -> bool {
        self.domain == other.domain && self.app == other.app
    }

    /// Whether another configuration is beside this app-wide one, so that the service may delete it together with this
    /// one: one in the same app, or for `*/*` anywhere in the domain.
    pub fn has_beside(&self, other: &Address) -> bool {
        self != other
            && self.is_app_wide()
            && self.domain == other.domain
            && (&*self.app == EVERY || self.app == other.app)
    }

    /// The addresses whose configurations could record this one, most specific first, itself included.
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
        [shown(&self.app, name_error), shown(&self.stream, name_error)].join("/")
    }

    /// Whether YAML can name it. An address that YAML can't name is never declared, and so never changed.
    pub fn is_nameable(&self) -> bool {
        let Self { domain, app, stream } = self;
        domain_error(domain).is_none() && name_error(app).is_none() && name_error(stream).is_none()
    }
}

/// The configurations of a sorted map whose addresses begin with these names: of a domain, an app of it, or one stream.
/// A range of the map, so that the others cost nothing.
pub fn configs_below<'m, 'n, V>(
    configs: &'m BTreeMap<Address, V>,
    names: impl Into<Vec<&'n str>>,
) -> impl Iterator<Item = (&'m Address, &'m V)> {
    let names = names.into();
    let name = |at: usize| names.get(at).copied().unwrap_or_default();
    configs.range(Address::new(name(0), name(1), name(2))..).take_while(move |(address, _)| {
        let own = [&*address.domain, &*address.app, &*address.stream];
        names.iter().zip(own).all(|(name, own)| *name == own)
    })
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { domain, app, stream } = self;
        let parts = [shown(domain, domain_error), shown(app, name_error), shown(stream, name_error)];
        for (at, part) in parts.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { "/" })?;
            f.write_str(part)?;
        }
        Ok(())
    }
}

/// A name as it is, or quoted if it could be mistaken for another name or for several.
fn shown(name: &str, error: fn(&str) -> Option<&'static str>) -> Cow<'_, str> {
    match error(name) {
        None => Cow::Borrowed(name),
        // A text can always be written as JSON.
        Some(_) => Cow::Owned(serde_json::to_string(name).unwrap_or_default()),
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

/// An address as it is saved in files.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Names<'a> {
    /// The main streaming domain.
    #[serde(borrow)]
    domain: Cow<'a, str>,
    /// The app; `*` means every app without a configuration of its own.
    #[serde(borrow)]
    app: Cow<'a, str>,
    /// The stream; `*` means every stream without a configuration of its own.
    #[serde(borrow)]
    stream: Cow<'a, str>,
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(InFiles)
    }
}

/// Reads an address from a file: in its parts, or as one text, as in version 1 of journals and snapshots.
struct InFiles;

impl<'de> Visitor<'de> for InFiles {
    type Value = Address;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an address in its three parts")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Address, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Address, A::Error> {
        let Names { domain, app, stream } = Names::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Address::new(domain, app, stream))
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { domain, app, stream } = self;
        let mut names = serializer.serialize_struct("Address", 3)?;
        names.serialize_field("domain", &**domain)?;
        names.serialize_field("app", &**app)?;
        names.serialize_field("stream", &**stream)?;
        names.end()
    }
}

impl JsonSchema for Address {
    fn schema_name() -> Cow<'static, str> {
        "Names".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Names::json_schema(generator)
    }
}

/// An address as one text, for documents that people read. [`Address`] itself is saved in its three parts, since a name
/// that the service returns may hold any characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddressText<'a>(pub &'a Address);

impl Serialize for AddressText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}

impl JsonSchema for AddressText<'_> {
    fn schema_name() -> Cow<'static, str> {
        "Address".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "`domain/app/stream`; `*` means every app or stream without a configuration of its own. \
                A name that YAML can't write is in double quotes, escaped as in JSON.",
            "type": "string",
        })
    }
}

/// Why `text` is not an app or stream name; `None` if it is one.
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
        return Some("has characters other than letters, digits, `-` and `_`");
    }
    (text.len() > NAME_LENGTH).then_some("is longer than 255 characters")
}

/// Why `text` is not a domain name; `None` if it is one. Uppercase is an error: livevod compares in lowercase.
pub fn domain_error(text: &str) -> Option<&'static str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Some("has uppercase letters");
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
    fn a_name_that_yaml_cannot_write_is_quoted_and_passes_for_no_other() {
        let shown = |app: &str, stream: &str| Address::new("a.com", app, stream).to_string();
        let table = [
            (shown("a/b", "c"), r#"a.com/"a/b"/c"#),
            (shown("a", "**"), r#"a.com/a/"**""#),
            (shown("a", ".."), r#"a.com/a/"..""#),
            (shown("", "\n"), r#"a.com/""/"\n""#),
            (shown("中文", "a\"b"), r#"a.com/"中文"/"a\"b""#),
        ];
        for (text, expected) in table {
            assert_eq!(text, expected);
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
        assert!(!Address::new("a.com", "a/b", "c").is_nameable());
        assert!(Address::new("a.com", "*", "*").is_nameable());
    }

    #[test]
    fn an_address_is_kept_in_its_parts_and_read_from_one_text_too() {
        let address = Address::new("a.com", "a/b", "");
        let text = serde_json::to_string(&address).unwrap();
        assert_eq!(text, r#"{"domain":"a.com","app":"a/b","stream":""}"#);
        assert_eq!(serde_json::from_str::<Address>(&text).unwrap(), address);
        assert_eq!(
            serde_json::from_str::<Address>(r#""a.com/b/c""#).unwrap(),
            Address::new("a.com", "b", "c")
        );
        for bad in [
            r#""a.com/b""#,
            r#"{"domain":"a.com","app":"b"}"#,
            r#"{"domain":"a","app":"b","stream":"c","x":1}"#,
        ] {
            assert!(serde_json::from_str::<Address>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_configurations_below_names_are_a_range_of_the_map() {
        let texts = ["a.com/a/x", "a.com/show/*", "a.com/show/cam", "a.com/show2/x", "b.com/show/cam"];
        let configs: BTreeMap<Address, ()> = texts.map(|text| (text.parse().unwrap(), ())).into();
        let below = |names: &[&str]| -> Vec<String> {
            configs_below(&configs, names).map(|(address, ())| address.to_string()).collect()
        };
        assert_eq!(below(&[]), texts);
        assert_eq!(below(&["a.com"]), texts[..4]);
        assert_eq!(below(&["a.com", "show"]), texts[1..3]);
        assert_eq!(below(&["b.com", "show", "cam"]), texts[4..]);
        for nothing in [&["a.co"][..], &["a.com", "sho"], &["a.com", "*"], &["a.com", "show", "ca"]] {
            assert_eq!(below(nothing), [""; 0], "{nothing:?}");
        }
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
