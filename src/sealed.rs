//! Closes a JSON object with the checksum of all that stands before, and tells whether a text was so closed. Pure.
//!
//! Snapshots and plans in files are sealed so: a changed byte is noticed before anything in them is believed. It is no
//! signature: who can write the file can seal it anew.

use sha2::{Digest, Sha256};

use crate::gate;

/// What the last line but one begins with.
const CHECKSUM: &str = "\"checksum\":";

/// The whole text; `open` is an object up to and with the comma behind its last entry but the checksum, and a line break.
pub fn close(open: &str) -> String {
    let open = &gate::json(open);
    format!("{open}{CHECKSUM}{}", end(open))
}

/// Whether a text is, byte for byte, what [`close`] made.
pub fn is_intact(text: &str) -> bool {
    text.rsplit_once(CHECKSUM).is_some_and(|(open, rest)| rest == end(open))
}

/// What stands behind [`CHECKSUM`].
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
