//! Closes a JSON object with the checksum of everything before it, and checks that checksum. Pure.
//!
//! Snapshots and saved plans are sealed this way: a modified byte is noticed before anything in them is used. It is not
//! a signature: whoever can write the file can also write a matching checksum.

use sha2::{Digest, Sha256};

use crate::gate;

/// The beginning of the line before the last.
const CHECKSUM: &str = "\"checksum\":";

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
