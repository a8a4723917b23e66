//! The log's text: a first line, then one line for each acknowledged write. Pure; `store` keeps it on disk.
//!
//! A line is `CHECKSUM RECORDS`, with the records as a JSON array. Each checksum covers the one before it, so no line
//! can change, disappear or move without an error in every later one.

use sha2::{Digest, Sha256};

use super::Record;
use crate::wire::hex;

/// First line of every log, and the seed of the checksums.
const HEAD: &str = "livevod emulator log 1\n";

/// Hexadecimal digits of a checksum.
const CHECKSUM_LENGTH: usize = 16;

/// The end of a log: where the next line goes, and what its checksum covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    /// Bytes up to here are valid.
    pub(super) length: u64,
    checksum: String,
}

/// Why a text is not a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Damage {
    /// It does not begin like a log.
    NotALog,
    /// The line, 1-based, is not as it was written.
    Line(usize),
}

/// A log without lines: its text and its end.
pub(super) fn empty() -> (&'static str, End) {
    (HEAD, End { length: HEAD.len() as u64, checksum: checksum("", HEAD) })
}

/// The line for one write, and the end after it.
pub(super) fn line(end: &End, records: &[Record]) -> serde_json::Result<(String, End)> {
    let text = serde_json::to_string(records)?;
    let checksum = checksum(&end.checksum, &text);
    let line = format!("{checksum} {text}\n");
    let length = end.length + line.len() as u64;
    Ok((line, End { length, checksum }))
}

/// Reads a log. A truncated last line was never acknowledged, so it is left out, and the end is before it.
///
/// The end is `None` if not even the first line is complete.
pub(super) fn replay(bytes: &[u8]) -> Result<(Vec<Record>, Option<End>), Damage> {
    let Some(lines) = bytes.strip_prefix(HEAD.as_bytes()) else {
        let is_torn_head = HEAD.as_bytes().starts_with(bytes);
        return if is_torn_head { Ok((Vec::new(), None)) } else { Err(Damage::NotALog) };
    };
    let (_, mut end) = empty();
    let mut records = Vec::new();
    for (at, line) in lines.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let damage = Damage::Line(at + 2);
        match line.strip_suffix(b"\n") {
            Some(whole) => {
                let (mut more, checksum) = read_line(&end, whole).ok_or(damage)?;
                records.append(&mut more);
                end = End { length: end.length + line.len() as u64, checksum };
            }
            // A line in which only the line break is another byte was not truncated but changed.
            None if line.split_last().is_some_and(|(_, whole)| read_line(&end, whole).is_some()) => {
                return Err(damage);
            }
            None => break,
        }
    }
    Ok((records, Some(end)))
}

/// The records of a line and its checksum; `None` if the checksum is not the one that follows `end`.
fn read_line(end: &End, line: &[u8]) -> Option<(Vec<Record>, String)> {
    let line = std::str::from_utf8(line).ok()?;
    let (found, rest) = line.split_at_checked(CHECKSUM_LENGTH)?;
    let text = rest.strip_prefix(' ')?;
    (found == checksum(&end.checksum, text)).then_some(())?;
    Some((serde_json::from_str(text).ok()?, found.to_owned()))
}

fn checksum(previous: &str, text: &str) -> String {
    let digest = Sha256::new().chain_update(previous).chain_update(text).finalize();
    hex(&digest[..CHECKSUM_LENGTH / 2])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Address;

    fn record(stream: &str) -> Record {
        Record::remove(Address::new("a.com", "show", stream))
    }

    /// A log of three writes, the second of two records, and the offsets at which each line ends.
    fn log() -> (Vec<u8>, Vec<usize>) {
        let (head, mut end) = empty();
        let mut text = head.to_owned();
        let mut ends = vec![text.len()];
        for records in [vec![record("a")], vec![record("b"), record("c")], vec![record("d")]] {
            let (line, next) = line(&end, &records).unwrap();
            end = next;
            text.push_str(&line);
            ends.push(text.len());
        }
        assert_eq!(end.length, text.len() as u64);
        (text.into_bytes(), ends)
    }

    const RECORDS_BY_LINE: [usize; 4] = [0, 1, 3, 4];

    #[test]
    fn a_log_cut_anywhere_keeps_every_whole_line() {
        let (bytes, ends) = log();
        for cut in 0..=bytes.len() {
            let (records, end) = replay(&bytes[..cut]).unwrap();
            let Some(lines) = ends.iter().rposition(|end| *end <= cut) else {
                assert_eq!((records.len(), end), (0, None), "cut at {cut}");
                continue;
            };
            assert_eq!(records.len(), RECORDS_BY_LINE[lines], "cut at {cut}");
            assert_eq!(end.unwrap().length, ends[lines] as u64, "cut at {cut}");
        }
    }

    #[test]
    fn any_changed_byte_is_refused() {
        let (bytes, _) = log();
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                assert!(replay(&changed).is_err(), "bit {bit} of byte {at}");
            }
        }
    }

    #[test]
    fn lines_can_neither_vanish_nor_move() {
        let (bytes, ends) = log();
        let line = |at: usize| bytes[ends[at]..ends[at + 1]].to_vec();
        let head = bytes[..ends[0]].to_vec();
        assert_eq!(replay(&[head.clone(), line(1), line(2)].concat()), Err(Damage::Line(2)));
        assert_eq!(replay(&[head, line(0), line(2), line(1)].concat()), Err(Damage::Line(3)));
    }

    #[test]
    fn another_file_is_not_taken_for_a_log() {
        assert_eq!(replay(b"version: 1\n"), Err(Damage::NotALog));
        assert_eq!(replay(b"live"), Ok((Vec::new(), None)));
    }
}
