//! A replay as a part of the plan's document.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::documents::AddressRow;
use crate::audit::{Replay, ReplayRow, Sides, Tally};
use crate::model::{AddressText, Period};

/// What aired in a period, under the configurations of before and after the plan. Times of streams are in seconds.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Replay")]
pub(super) struct ReplayDocument<'a> {
    /// The beginning of the period, in UTC.
    #[schemars(with = "String", extend("format" = "date-time"))]
    from: Timestamp,
    /// Its end, in UTC.
    #[schemars(with = "String", extend("format" = "date-time"))]
    to: Timestamp,
    /// Whether everything could be read.
    complete: bool,
    /// Domains that could not be read.
    unread: Vec<&'a str>,
    /// How many sessions of transcoded streams are left out, because their names do not tell which stream they were made from.
    unclear_sessions: u64,
    /// How many sessions were recorded before and are not after.
    lost_sessions: u64,
    /// How long these were on air.
    lost: i64,
    /// How long something was on air that was not recorded before and is after.
    gained: i64,
    /// All streams together, before.
    before: TallyRow,
    /// All streams together, after.
    after: TallyRow,
    /// The streams that aired, the worst first.
    streams: Vec<StreamRow<'a>>,
}

/// The sessions of one stream.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ReplayedStream")]
struct StreamRow<'a> {
    /// What was published; for a transcoded stream, the name of that stream.
    #[serde(flatten)]
    address: AddressRow<'a>,
    /// The live transcode template; left out unless it is a transcoded stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<&'a str>,
    /// The configuration that applies before the plan, null if none does.
    ruler_before: Option<AddressText<'a>>,
    /// The one that applies after it, null if none does.
    ruler_after: Option<AddressText<'a>>,
    /// How long it was on air that was recorded before and is not after.
    lost: i64,
    /// Its sessions, before.
    before: TallyRow,
    /// Its sessions, after.
    after: TallyRow,
}

/// What becomes of sessions.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ReplayTally")]
struct TallyRow {
    /// How many there are.
    sessions: u64,
    /// How long they were on air.
    aired: i64,
    /// How many files they are recorded to, in all formats, without merged ones.
    files: u64,
    /// How many merged files are made of those.
    merges: u64,
    /// How many of the merges have more than 40 parts: by one document such a merge fails, by another it is cut.
    long_merges: u64,
    /// How long the recordings are that transcode groups process; workflows do not count.
    transcoded: i64,
    /// How long they were on air without being recorded automatically.
    unrecorded: i64,
}

impl<'a> ReplayDocument<'a> {
    pub(super) fn new(replay: &'a Replay) -> Self {
        let Replay { period: Period { from, to }, rows, total, unclear, unread } = replay;
        let (lost_sessions, lost) = replay.lost();
        let Sides { before, after } = *total;
        Self {
            from: *from,
            to: *to,
            complete: replay.is_complete(),
            unread: unread.keys().map(|domain| &**domain).collect(),
            unclear_sessions: *unclear,
            lost_sessions,
            lost: lost.as_secs(),
            gained: replay.gained().as_secs(),
            before: TallyRow::new(before),
            after: TallyRow::new(after),
            streams: rows.iter().map(StreamRow::new).collect(),
        }
    }
}

impl<'a> StreamRow<'a> {
    fn new(row: &'a ReplayRow) -> Self {
        let ReplayRow { address, template, before, after, sides } = row;
        Self {
            address: AddressRow::new(address),
            template: template.as_deref(),
            ruler_before: before.as_ref().map(AddressText),
            ruler_after: after.as_ref().map(AddressText),
            lost: sides.lost().as_secs(),
            before: TallyRow::new(sides.before),
            after: TallyRow::new(sides.after),
        }
    }
}

impl TallyRow {
    fn new(tally: Tally) -> Self {
        let Tally { sessions, aired, files, merges, long_merges, transcoded, unrecorded } = tally;
        let [aired, transcoded, unrecorded] =
            [aired, transcoded, unrecorded].map(|duration| SignedDuration::as_secs(&duration));
        Self { sessions, aired, files, merges, long_merges, transcoded, unrecorded }
    }
}
