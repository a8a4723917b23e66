//! What an earlier check found, as a text that outlives it, and what is new compared with it. Pure.
//!
//! The text is one JSON document with a line for each difference. The line before the last holds the SHA-256 of everything
//! before it: a modified text is refused.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::difference::{Difference, Drift, FieldDifference, Kind};
use crate::model::Address;
use crate::sealed::{self, Expected, OpenError};
use crate::wire;

/// Version of the format.
const FORMAT_VERSION: &str = "1.0";

const EXPECTED: Expected =
    Expected { name: "a record of a drift check", key: "drift_check", versions: &[FORMAT_VERSION] };

/// What an earlier check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The endpoint or the emulator's file, as outputs show it.
    pub target: String,
    /// The declared account.
    pub account: Option<String>,
    /// When it was found.
    pub time: Timestamp,
    /// A fingerprint of each difference.
    pub found: BTreeMap<Address, String>,
}

/// A check compared with an earlier one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct News {
    /// Differences that the earlier check found too, in the same form.
    pub as_before: usize,
    /// Differences of the earlier check that are gone.
    pub gone: usize,
}

/// Why a text is not a usable record of an earlier check.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KnownError {
    /// It is not one, or not as it was written.
    #[error(transparent)]
    Sealed(#[from] OpenError),
    /// One address has two fingerprints.
    #[error("its content is contradictory: `{0}` is listed twice")]
    Twice(Address),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KnownDocument {
    drift_check: String,
    target: String,
    account: Option<String>,
    time: Timestamp,
    found: Vec<Row>,
    checksum: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    address: Address,
    fingerprint: String,
}

impl Known {
    /// What remains of a drift when everything that this check found in the same form is left out.
    pub fn news(&self, drift: &Drift, is_covered: impl Fn(&Address) -> bool) -> (Drift, News) {
        let Drift { differences, is_complete, matching } = drift;
        let is_new = |one: &&Difference| self.found.get(&one.address) != Some(&fingerprint(one));
        let new: Vec<Difference> = differences.iter().filter(is_new).cloned().collect();
        let as_before = differences.len() - new.len();
        let present: BTreeSet<&Address> = differences.iter().map(|one| &one.address).collect();
        let gone =
            self.found.keys().filter(|address| is_covered(address) && !present.contains(address)).count();
        let drift = Drift { differences: new, is_complete: *is_complete, matching: *matching };
        (drift, News { as_before, gone })
    }

    /// What a later check has to know: everything that this one found, and what the earlier one found where this one did not
    /// look.
    pub fn after(
        earlier: Option<&Self>,
        drift: &Drift,
        target: &str,
        account: Option<&str>,
        time: Timestamp,
        is_covered: impl Fn(&Address) -> bool,
    ) -> Self {
        let kept = earlier.into_iter().flat_map(|earlier| &earlier.found);
        let kept = kept.filter(|(address, _)| !is_covered(address));
        let kept = kept.map(|(address, fingerprint)| (address.clone(), fingerprint.clone()));
        let now = drift.differences.iter().map(|one| (one.address.clone(), fingerprint(one)));
        let (target, account) = (target.to_owned(), account.map(str::to_owned));
        Self { target, account, time, found: kept.chain(now).collect() }
    }

    /// The text.
    ///
    /// # Errors
    /// If a value can't be written as JSON; no value is like that.
    pub fn write(&self) -> serde_json::Result<String> {
        let Self { target, account, time, found } = self;
        let row = |(address, fingerprint): (&Address, &String)| {
            serde_json::to_string(&Row { address: address.clone(), fingerprint: fingerprint.clone() })
        };
        let rows = found.iter().map(row).collect::<serde_json::Result<Vec<String>>>()?;
        let lines = [
            "{".to_owned(),
            format!("\"drift_check\": \"{FORMAT_VERSION}\","),
            format!("\"target\": {},", serde_json::to_string(target)?),
            format!("\"account\": {},", serde_json::to_string(account)?),
            format!("\"time\": {},", serde_json::to_string(time)?),
            format!("\"found\": [\n{}\n],\n", rows.join(",\n")),
        ];
        Ok(sealed::close(lines.join("\n")))
    }

    /// Reads a text.
    ///
    /// # Errors
    /// If it is not, byte for byte, what [`Known::write`] made.
    pub fn read(text: &str) -> Result<Self, KnownError> {
        let KnownDocument { drift_check: _, target, account, time, found: rows, checksum: _ } =
            sealed::open(text, &EXPECTED, |document: &KnownDocument| &document.drift_check)?;
        let mut found = BTreeMap::new();
        for Row { address, fingerprint } in rows {
            if found.insert(address.clone(), fingerprint).is_some() {
                return Err(KnownError::Twice(address));
            }
        }
        Ok(Self { target, account, time, found })
    }
}

/// Two differences of one address have the same fingerprint if they are the same difference: its kind and the values of both
/// sides. Which side moved, since when and the places in the files do not count: a lost journal or a new line in a file
/// is no news.
fn fingerprint(difference: &Difference) -> String {
    let Difference {
        address: _,
        kind,
        moved: _,
        fields,
        since: _,
        place: _,
        shadowed,
        recorder: _,
        reason,
        is_planned: _,
    } = difference;
    // The run that left it unfinished is news, and so is another reason.
    let reason = match kind {
        Kind::Unmanageable | Kind::Unfinished => reason.as_str(),
        Kind::Deleted | Kind::Changed | Kind::Appeared => "",
    };
    let field = |FieldDifference { field, declared, actual, moved: _, origin: _ }: &FieldDifference| {
        (field.name(), declared.to_json(), actual.to_json())
    };
    let fields: Vec<_> = fields.iter().map(field).collect();
    let shadowed = shadowed.as_ref().map(ToString::to_string);
    let text = serde_json::json!([kind, fields, shadowed, reason]).to_string();
    wire::hex(&Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Field, Value};

    fn difference(address: &str, actual: u32) -> Difference {
        let field = FieldDifference {
            field: Field::CycleDuration,
            declared: Value::Seconds(3600),
            actual: Value::Seconds(actual),
            moved: None,
            origin: None,
        };
        Difference {
            address: address.parse().unwrap(),
            kind: Kind::Changed,
            moved: None,
            fields: vec![field],
            since: None,
            place: None,
            shadowed: None,
            recorder: None,
            reason: String::new(),
            is_planned: true,
        }
    }

    fn drift(differences: &[(&str, u32)]) -> Drift {
        let differences = differences.iter().map(|(address, actual)| difference(address, *actual)).collect();
        Drift { differences, is_complete: true, matching: 0 }
    }

    fn known(earlier: Option<&Known>, found: &Drift, is_covered: impl Fn(&Address) -> bool) -> Known {
        let time = "2026-11-29T20:00:00Z".parse().unwrap();
        Known::after(earlier, found, "emulator \"x\"", Some("1"), time, is_covered)
    }

    #[test]
    fn only_what_is_new_or_changed_remains() {
        let first = known(
            None,
            &drift(&[("a.com/show/1", 900), ("a.com/show/2", 900), ("a.com/show/3", 900)]),
            |_| true,
        );
        let now = drift(&[("a.com/show/2", 900), ("a.com/show/3", 1800), ("a.com/show/4", 900)]);
        let (rest, news) = first.news(&now, |_| true);
        let left: Vec<String> = rest.differences.iter().map(|one| one.address.to_string()).collect();
        assert_eq!(left, ["a.com/show/3", "a.com/show/4"]);
        assert_eq!(news, News { as_before: 1, gone: 1 });
    }

    #[test]
    fn which_side_moved_and_since_when_is_no_news() {
        let first = known(None, &drift(&[("a.com/show/1", 900)]), |_| true);
        let mut now = drift(&[("a.com/show/1", 900)]);
        now.differences[0].moved = Some(crate::drift::Moved::Service);
        now.differences[0].fields[0].moved = Some(crate::drift::Moved::Service);
        now.differences[0].since = Some(crate::drift::Since {
            time: jiff::Timestamp::UNIX_EPOCH,
            what: crate::drift::SinceWhat::Created,
        });
        assert_eq!(first.news(&now, |_| true).1, News { as_before: 1, gone: 0 });
    }

    #[test]
    fn what_was_not_looked_at_stays_known() {
        let first = known(None, &drift(&[("a.com/show/1", 900), ("b.com/show/1", 900)]), |_| true);
        let only_b = |address: &Address| &*address.domain == "b.com";
        let second = known(Some(&first), &drift(&[]), only_b);
        let left: Vec<String> = second.found.keys().map(ToString::to_string).collect();
        assert_eq!(left, ["a.com/show/1"]);
        assert_eq!(first.news(&drift(&[]), only_b).1, News { as_before: 0, gone: 1 });
    }

    #[test]
    fn what_was_written_is_read_and_any_changed_byte_is_refused() {
        for found in [drift(&[]), drift(&[("a.com/show/1", 900), ("a.com/show/*", 1800)])] {
            let known = known(None, &found, |_| true);
            let text = known.write().unwrap();
            assert_eq!(Known::read(&text), Ok(known));
            for at in 0..text.len() {
                assert!(Known::read(&text[..at]).is_err(), "cut at {at}");
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1;
                let Ok(changed) = String::from_utf8(bytes) else { continue };
                assert!(Known::read(&changed).is_err(), "byte {at}");
            }
        }
        let other = known(None, &drift(&[]), |_| true).write().unwrap().replace("\"1.0\"", "\"2.0\"");
        let refused = Known::read(&other);
        assert!(
            matches!(refused, Err(KnownError::Sealed(OpenError::Version { version, .. })) if version == "2.0")
        );
    }
}
