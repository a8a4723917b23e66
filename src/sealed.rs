//! Closes a JSON object with the checksum of everything before it, and reads only what has the right one. Pure.
//!
//! Snapshots and saved plans are sealed this way: a modified byte is noticed before anything in them is used. It is not
//! a signature: whoever can write the file can also write a matching checksum.

use std::fmt;

use serde::de::{self, DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::Deserializer;
use sha2::{Digest, Sha256};

use crate::gate;

/// The beginning of the line before the last.
const CHECKSUM: &str = "\"checksum\":";

/// What a sealed document has to be.
#[derive(Debug)]
pub struct Expected {
    /// What it is called: `a snapshot`.
    pub name: &'static str,
    /// The key of its version.
    pub key: &'static str,
    /// The versions of its format that are read, the oldest first.
    pub versions: &'static [&'static str],
}

/// Why a text is not a usable document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Something else, or only the beginning of one.
    #[error("not {name}, or a truncated one: {reason}")]
    #[expect(missing_docs, reason = "the variant's own comment says it")]
    NotOne { name: &'static str, reason: String },
    /// A version that this livevod does not know.
    #[error("format version `{version}` is unknown; this livevod reads {known}")]
    #[expect(missing_docs, reason = "the variant's own comment says it")]
    Version { version: String, known: String },
    /// The checksum does not match.
    #[error("checksum mismatch: the file was modified")]
    Changed,
}

/// Reads a document, whose version is `version_of` it.
///
/// # Errors
/// If it is not, byte for byte, what [`close`] made of such a document. In another version everything else may have another
/// meaning, so that is said before anything else is.
pub fn open<D: DeserializeOwned>(
    text: &str,
    expected: &Expected,
    version_of: impl FnOnce(&D) -> &str,
) -> Result<D, OpenError> {
    let not_one = |error: serde_json::Error| expected.not_one(&error);
    let document: D = match serde_json::from_str(text) {
        Ok(document) => document,
        Err(error) => {
            let version = version_under(expected.key, text).map_err(not_one)?;
            return expected.knows(&version).and(Err(not_one(error)));
        }
    };
    expected.knows(version_of(&document))?;
    if is_intact(text) { Ok(document) } else { Err(OpenError::Changed) }
}

impl Expected {
    fn not_one(&self, error: &serde_json::Error) -> OpenError {
        OpenError::NotOne { name: self.name, reason: error.to_string() }
    }

    fn knows(&self, version: &str) -> Result<(), OpenError> {
        if self.versions.contains(&version) {
            return Ok(());
        }
        let known = match self.versions {
            [earlier @ .., last] if !earlier.is_empty() => format!("{} and {last}", earlier.join(", ")),
            versions => versions.concat(),
        };
        Err(OpenError::Version { version: version.to_owned(), known })
    }
}

/// The text under a key of a JSON object, whatever else is in it.
///
/// # Errors
/// If it is not JSON, or has no such text.
pub fn version_under(key: &'static str, text: &str) -> serde_json::Result<String> {
    let mut deserializer = Deserializer::from_str(text);
    let version = VersionUnder(key).deserialize(&mut deserializer)?;
    deserializer.end().map(|()| version)
}

struct VersionUnder(&'static str);

impl<'de> DeserializeSeed<'de> for VersionUnder {
    type Value = String;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for VersionUnder {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a version")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<String, A::Error> {
        let mut version = None;
        while let Some(key) = map.next_key::<String>()? {
            match key == self.0 {
                true => version = Some(map.next_value()?),
                false => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        version.ok_or_else(|| de::Error::missing_field(self.0))
    }
}

/// The whole text. `open` is the object up to the checksum: it ends with the comma after the entry before, and a line
/// break.
pub fn close(open: impl Into<String>) -> String {
    let mut text = gate::into_json(open.into());
    let end = end(&text);
    text.push_str(CHECKSUM);
    text.push_str(&end);
    text
}

/// Whether a text is, byte for byte, what [`close`] made.
pub fn is_intact(text: &str) -> bool {
    text.rsplit_once(CHECKSUM).is_some_and(|(open, rest)| rest == end(open))
}

/// The text after [`CHECKSUM`].
fn end(open: &str) -> String {
    let hex: String = Sha256::digest(open).iter().map(|byte| format!("{byte:02x}")).collect();
    format!(" \"sha256:{hex}\"\n}}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_changed_byte_breaks_the_seal() {
        let text = close("{\n\"a\": \"\\\"checksum\\\":\",\n");
        assert!(is_intact(&text), "{text}");
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                assert!(
                    !String::from_utf8(bytes).is_ok_and(|text| is_intact(&text)),
                    "bit {bit} of byte {at}"
                );
            }
        }
        assert!((0..text.len()).all(|cut| !is_intact(&text[..cut])));
    }
}
