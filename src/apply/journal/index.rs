//! Remembers which journals no later run needs to read, so that a folder of ten thousand runs opens like one of ten.
//!
//! The index is a cache beside the journals, and anyone may have written it: it is never believed about a file that is
//! not the very one that was read, as the system identifies it. A journal gets in only if its run ended and nothing in
//! it matters to a later run; everything else is read each time. Without an index, or with a damaged one, all are read.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::left_open::Left;
use super::read::RunRecord;
use crate::files::Stamp;

/// The file's name, in the folder of the journals.
pub(super) const NAME: &str = "index.json";

/// The version of the format; another one is ignored.
const VERSION: u32 = 1;

/// A file that was changed less than this many nanoseconds before it was read may change again without a new stamp.
const UNSTABLE: i64 = 2_000_000_000;

/// Journals that need no reading, by the id of their run.
#[derive(Debug, Default)]
pub(super) struct Index(HashMap<String, Known>);

/// What the start of a run needs to know about such a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// Its file, when it was read.
    stamp: Stamp,
    /// The run's number.
    pub(super) number: u64,
    /// The run's target.
    target: String,
    /// The run's account.
    account: Option<String>,
}

/// The file: a run names its target and account by their place in a list.
#[derive(Serialize, Deserialize)]
struct File {
    index: u32,
    places: Vec<(String, Option<String>)>,
    runs: Vec<(String, Stamp, u64, usize)>,
}

impl Known {
    /// What is remembered of a journal that was read from a file with this stamp; `None` if it must be read each time.
    pub(super) fn of(run: &RunRecord, stamp: Stamp, now: Timestamp) -> Option<Self> {
        let is_stable = i64::try_from(now.as_nanosecond()).is_ok_and(|now| stamp.changed < now - UNSTABLE);
        let is_over = !matters_later(run);
        let (target, account) = (run.header.target.clone(), run.header.account.clone());
        (is_stable && is_over).then_some(Self { stamp, number: run.header.number, target, account })
    }

    /// Whether it is of a run against this target and account.
    pub(super) fn is_at(&self, target: &str, account: Option<&str>) -> bool {
        self.target == target && self.account.as_deref() == account
    }
}

/// Whether something in a journal matters to later runs.
pub fn matters_later(run: &RunRecord) -> bool {
    run.finished.is_none()
        || !run.resolved.is_empty()
        || !run.header.takes_over.is_empty()
        || !Left::by(run).is_empty()
}

impl Index {
    /// Parses an index; of what is not one, nothing is believed.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let Ok(File { index: VERSION, places, runs }) = serde_json::from_slice(bytes) else {
            return Self::default();
        };
        let known = |(run, stamp, number, place): (String, Stamp, u64, usize)| {
            let (target, account) = places.get(place)?.clone();
            Some((run, Known { stamp, number, target, account }))
        };
        Self(runs.into_iter().filter_map(known).collect())
    }

    /// Its text.
    pub(super) fn write(&self) -> serde_json::Result<String> {
        let (mut places, mut numbers) = (Vec::new(), HashMap::new());
        let mut runs: Vec<(String, Stamp, u64, usize)> = Vec::new();
        for (run, Known { stamp, number, target, account }) in &self.0 {
            let place = *numbers.entry((target, account)).or_insert_with(|| {
                places.push((target.clone(), account.clone()));
                places.len() - 1
            });
            runs.push((run.clone(), *stamp, *number, place));
        }
        runs.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        serde_json::to_string(&File { index: VERSION, places, runs })
    }

    /// Takes out what is known of a run, if its file is the one that was read.
    pub(super) fn take(&mut self, run: &str, stamp: Option<Stamp>) -> Option<Known> {
        self.0.remove(run).filter(|known| Some(known.stamp) == stamp)
    }

    /// Whether nothing is known.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, Known)> for Index {
    fn from_iter<I: IntoIterator<Item = (String, Known)>>(known: I) -> Self {
        Self(known.into_iter().collect())
    }
}
