//! The objects of leases: their names and their content. Plain values; a minor version of the format only adds.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The version of the format of both kinds of objects. A reader accepts every version with the same first number.
pub(super) const FORMAT_VERSION: &str = "1.0";

/// One part of the log of a run: `runs/ACCOUNT/RUN/NUMBER.json`, from 0. Each part renews the lease of the run, and takes
/// the next lines of its journal along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The version of the format that the writer knew.
    pub format_version: String,
    /// Who holds the lease; in the first part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<Holder>,
    /// What the part says of the lease.
    pub lease: Says,
    /// Whole lines of the run's journal.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub journal: String,
}

/// What a part says of the lease of its run. All times are by the clock of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Says {
    /// The run holds its domains, in milliseconds from the time of this part on.
    Held {
        /// How long the run may start calls that end in this time.
        lasts_ms: u64,
        /// How long after that a request that it sent may still arrive.
        settle_ms: u64,
    },
    /// The run is over, and gave its domains back. No part follows.
    Ended {
        /// How long a request that it sent may still arrive.
        settle_ms: u64,
    },
    /// Another run, or a person, ended the lease. No part follows.
    TakenOver {
        /// Who: a run, or a user at a machine.
        by: String,
        /// From when on no request of the run can arrive any more.
        free_from: Timestamp,
    },
}

/// Who holds a lease.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The command.
    pub command: String,
    /// The name of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The name of the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The commit of the files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The run of the pipeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
}

/// One entry of the log of a domain: `leases/ACCOUNT/DOMAIN/TOKEN.json`, from 1. Whoever creates it holds the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The version of the format that the writer knew.
    pub format_version: String,
    /// The run that holds the domain as long as its own log is not over; `None` if it was given back.
    pub run: Option<String>,
    /// The run that wrote this.
    pub by: String,
}

impl Part {
    /// A part of this version.
    pub(super) fn new(lease: Says, journal: String) -> Self {
        Self { format_version: FORMAT_VERSION.to_owned(), holder: None, lease, journal }
    }

    /// Parses a part; `None` if it is not one of a known version.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().filter(|part: &Self| is_known(&part.format_version))
    }
}

impl Entry {
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let entry = serde_json::from_slice(bytes).ok().filter(|entry: &Self| is_known(&entry.format_version));
        entry.filter(|entry| entry.run.iter().chain([&entry.by]).all(|run| is_run(run)))
    }
}

fn is_known(version: &str) -> bool {
    version.split('.').next() == FORMAT_VERSION.split('.').next()
}

/// Whether a text is the id of a run, so that nothing else becomes the name of an object or file.
pub(super) fn is_run(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    (8..=64).contains(&text.len())
        && text.bytes().all(is_plain)
        && text.starts_with(|first: char| first.is_ascii_digit())
        && !text.contains("..")
}

/// The name of an account in the names of objects.
pub fn account_name(account: Option<&str>) -> &str {
    account.unwrap_or("none")
}

pub(super) fn runs(account: &str) -> String {
    format!("runs/{account}/")
}

pub(super) fn parts(account: &str, run: &str) -> String {
    format!("runs/{account}/{run}/")
}

pub(super) fn part(account: &str, run: &str, number: u64) -> String {
    format!("runs/{account}/{run}/{number:08}.json")
}

pub(super) fn leases(account: &str) -> String {
    format!("leases/{account}/")
}

pub(super) fn lease(account: &str, domain: &str, token: u64) -> String {
    format!("leases/{account}/{domain}/{token:012}.json")
}

/// The part before the last one of a name: the run of a part, the domain of a token.
pub(super) fn owner(key: &str) -> &str {
    key.rsplit('/').nth(1).unwrap_or_default()
}

/// The number at the end of a name.
pub(super) fn number(key: &str) -> Option<u64> {
    let (_, name) = key.rsplit_once('/')?;
    let digits = name.strip_suffix(".json")?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A time that much later; as late as can be said if it is too far.
pub(super) fn later(time: Timestamp, by: Duration) -> Timestamp {
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_by_number_and_give_it_back_with_their_owner() {
        let run = "20261122T201500.123Z-3f9a1c";
        assert_eq!(part("1", run, 9), format!("runs/1/{run}/00000009.json"));
        assert!(part("1", run, 9) < part("1", run, 10));
        assert_eq!((number(&part("1", run, 10)), owner(&part("1", run, 10))), (Some(10), run));
        assert_eq!(number(&lease("1", "live.example.com", 1200)), Some(1200));
        for other in ["runs/1/x/a.json", "runs/1/x/+1.json", "runs/1/x/1", "1.json"] {
            assert_eq!(number(other), None, "{other}");
        }
    }

    #[test]
    fn only_ids_of_runs_become_names() {
        assert!(is_run("20261122T201500.123Z-3f9a1c"));
        for other in
            ["", "../../../etc", "2026/1122", "20261122T201500..Z-3f9a1c", "latest-run", &"2".repeat(65)]
        {
            assert!(!is_run(other), "{other}");
        }
    }

    #[test]
    fn a_later_minor_version_is_read_and_another_major_one_is_not() {
        let text = |version: &str| {
            format!(
                r#"{{"format_version":"{version}","lease":{{"state":"held","lasts_ms":1,"settle_ms":2}},"more":1}}"#
            )
        };
        let read = Part::read(text("1.7").as_bytes()).unwrap();
        assert_eq!(read.lease, Says::Held { lasts_ms: 1, settle_ms: 2 });
        assert_eq!(Part::read(text("2.0").as_bytes()), None);
        assert_eq!(Part::read(b"{}"), None);
    }
}
