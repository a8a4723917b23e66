//! Closes a JSON object with the checksum of everything before it, and reads only what has the right one. Pure.
//!
//! Snapshots and saved plans are sealed this way: a modified byte is noticed before anything in them is used. It is not
//! a signature: whoever can write the file can also write a matching checksum.

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::gate;

/// The beginning of the line before the last.
const CHECKSUM: &str = "\"checksum\":";

/// What a sealed document has to be.
#[derive(Debug)]
pub struct Expected {
    /// What it is called: `a snapshot`.
    pub name: &'static str,
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

/// Reads a document. Its version is read first, as a `V`, since everything else may have another meaning in another
/// version.
///
/// # Errors
/// If it is not, byte for byte, what [`close`] made of such a document.
pub fn open<V: DeserializeOwned, D: DeserializeOwned>(
    text: &str,
    expected: &Expected,
    version: impl FnOnce(V) -> String,
) -> Result<D, OpenError> {
    let Expected { name, versions } = expected;
    let not_one = |error: serde_json::Error| OpenError::NotOne { name, reason: error.to_string() };
    let version = version(serde_json::from_str(text).map_err(not_one)?);
    if !versions.contains(&version.as_str()) {
        let known = match versions {
            [earlier @ .., last] if !earlier.is_empty() => format!("{} and {last}", earlier.join(", ")),
            _ => versions.concat(),
        };
        return Err(OpenError::Version { version, known });
    }
    let document = serde_json::from_str(text).map_err(not_one)?;
    if is_intact(text) { Ok(document) } else { Err(OpenError::Changed) }
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
