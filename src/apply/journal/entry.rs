//! What one line of a journal says. Plain values; a minor version of the format only adds.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::{Class, Error};
use crate::model::{Address, RecordConfig};
use crate::plan::{ActionKind, Change, Contingent, Plan, Summary};

use super::super::report::Outcome;

/// Version of the format; a reader takes every one with the same first number, and version 1, which held each address as one
/// text.
pub const FORMAT_VERSION: &str = "2.1";

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Entry {
    /// The first line: what the run set out to do.
    Begun(Box<Header>),
    /// A write that may go out from here on; on disk before it does.
    Intent(Box<Intent>),
    /// How one write was answered.
    Answer(Answer),
    /// How a change ended, reading back included.
    Ended(Ending),
    /// What this run found of something that an earlier one left open.
    Resolved(Resolved),
    /// The last line of a run that came to its end.
    Finished(Finished),
    /// An event that a later minor version writes.
    #[serde(other)]
    Later,
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT_VERSION`] of the writer.
    pub format_version: String,
    /// The run's id, which is also the file's name.
    pub run: String,
    /// Its place among the runs of its folder: one more than the highest that it found there. No clock has a say in it.
    #[serde(default)]
    pub number: u64,
    /// The writer's version.
    pub livevod: String,
    /// When the run began.
    pub time: Timestamp,
    /// The declared account.
    pub account: Option<String>,
    /// The endpoint or the emulator's file, as outputs name it.
    pub target: String,
    /// The plan's digest.
    pub digest: String,
    /// File beside the journal that holds what was there before.
    pub snapshot: Option<String>,
    /// The plan's counts.
    pub summary: Summary,
    /// What was planned, in the plan's order.
    pub changes: Vec<Planned>,
    /// What earlier runs left at the addresses of these changes: once this run has written there, it says what stands there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub takes_over: Vec<TakenOver>,
}

/// What an earlier run left at an address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TakenOver {
    /// The run's id.
    pub run: String,
    /// Where.
    pub address: Address,
}

/// One planned change: all that a later run needs to judge what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    /// Where.
    pub address: Address,
    /// What was to be done.
    pub action: ActionKind,
    /// Normalized; `None` is "nothing there".
    pub before: Option<RecordConfig>,
    /// Normalized; `None` is "nothing there".
    pub after: Option<RecordConfig>,
}

/// A single call that writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// An Add.
    Add,
    /// An Update.
    Update,
    /// A Delete.
    Delete,
}

/// A write that may go out, once or several times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// Number within the run; answers refer to it.
    pub id: u64,
    /// When.
    pub time: Timestamp,
    /// Where.
    pub address: Address,
    /// The call.
    pub step: Step,
    /// Set where the write only goes out after another one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contingent: Option<Contingent>,
    /// What stands there right before this call.
    pub before: Option<RecordConfig>,
    /// What shall stand there right after it.
    pub after: Option<RecordConfig>,
    /// What stands beside an app-wide entry that goes, and is added back if it goes too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub siblings: Vec<Sibling>,
}

/// An entry beside an app-wide one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sibling {
    /// Number of the Add that puts it back; answers refer to it.
    pub id: u64,
    /// Where.
    pub address: Address,
    /// Normalized.
    pub config: RecordConfig,
}

/// How a call was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// With a success.
    Accepted,
    /// With a refusal: certainly not carried out.
    Refused,
    /// Not at all, or not usably: perhaps carried out.
    Unclear,
    /// It never left.
    NotSent,
}

impl Reply {
    /// Whether the service may hold what was written.
    pub fn may_have_arrived(self) -> bool {
        matches!(self, Reply::Accepted | Reply::Unclear)
    }
}

/// The answer to one call of an intent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The intent's number.
    pub id: u64,
    /// When.
    pub time: Timestamp,
    /// How.
    pub reply: Reply,
    /// The service's id of the request.
    pub request_id: Option<String>,
    /// What the service said against it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl Answer {
    /// The answer in an outcome of a write.
    pub(super) fn of(id: u64, time: Timestamp, sent: &Result<Option<String>, Error>) -> Self {
        let (reply, request_id, message) = match sent {
            Ok(request_id) => (Reply::Accepted, request_id.clone(), None),
            Err(error) => {
                let reply = match error.class() {
                    Class::NotSent => Reply::NotSent,
                    _ if error.is_kept_back() => Reply::NotSent,
                    Class::Ambiguous => Reply::Unclear,
                    Class::Busy | Class::Fatal => Reply::Refused,
                };
                (reply, error.request_id().map(str::to_owned), Some(error.to_string()))
            }
        };
        Self { id, time, reply, request_id, message }
    }
}

/// The four ends of a change, as they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Confirmed.
    Done,
    /// Certainly not carried out, or carried out otherwise.
    Failed,
    /// Nothing was sent.
    NotAttempted,
    /// Nobody knows.
    Unknown,
}

impl From<&Outcome> for End {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Done => End::Done,
            Outcome::Failed(_) => End::Failed,
            Outcome::NotAttempted(_) => End::NotAttempted,
            Outcome::Unknown(_) => End::Unknown,
        }
    }
}

/// How a change ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// When.
    pub time: Timestamp,
    /// Where.
    pub address: Address,
    /// What was to be done.
    pub action: ActionKind,
    /// What became of it.
    pub outcome: End,
    /// The service's id of the last write.
    pub request_id: Option<String>,
    /// Why it is not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What reading showed of a change that an earlier run left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Found")]
pub enum LeftOpenFound {
    /// What was to be written stands there.
    Arrived,
    /// All is as before the write, which may still arrive.
    Pending,
    /// All is as before the write.
    NotArrived,
    /// The old entry went and the new one did not come: nothing stands there.
    Gap,
    /// Nothing stands there, and that was not wanted.
    Gone,
    /// What was lost stands there again.
    Back,
    /// Neither what was before nor what was to be written.
    Otherwise,
    /// Nothing stands there, and the files want nothing there.
    GivenUp,
}

impl LeftOpenFound {
    /// Whether nothing is left to be done about it.
    pub fn settles(self) -> bool {
        !matches!(self, LeftOpenFound::Gap | LeftOpenFound::Pending)
    }

    /// A gap is none where the files want nothing: whatever they say later, it is not to be filled from a journal.
    #[must_use]
    pub fn unless_unwanted(self, wants_nothing: bool) -> Self {
        if self == LeftOpenFound::Gap && wants_nothing { LeftOpenFound::GivenUp } else { self }
    }
}

/// The resolution of something that an earlier run left open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resolved {
    /// When.
    pub time: Timestamp,
    /// The earlier run.
    pub run: String,
    /// Where.
    pub address: Address,
    /// What was found there.
    pub found: LeftOpenFound,
}

/// The last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finished {
    /// When.
    pub time: Timestamp,
    /// Whether a signal ended it early.
    pub interrupted: bool,
    /// Calls that were sent, reads and writes.
    pub calls: u64,
}

impl Header {
    /// The head of the first run of `plan` in its folder.
    pub fn new(run: &RunId, plan: &Plan, snapshot: Option<String>) -> Self {
        Self {
            format_version: FORMAT_VERSION.to_owned(),
            run: run.name.clone(),
            number: 1,
            livevod: env!("CARGO_PKG_VERSION").to_owned(),
            time: run.time,
            account: plan.decisions.account.clone(),
            target: plan.decisions.target.clone(),
            digest: plan.digest(),
            snapshot,
            summary: plan.summary(),
            changes: plan.decisions.changes.iter().map(Planned::of).collect(),
            takes_over: Vec::new(),
        }
    }
}

impl Planned {
    fn of(change: &Change) -> Self {
        Self {
            address: change.address.clone(),
            action: change.action(),
            before: change.before().cloned(),
            after: change.after().cloned(),
        }
    }
}

/// The id of a run: it tells when its clock said that it began, and is unlike any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunId {
    /// `20261122T201500.123Z-3f9a1c`: file names take it as it is.
    pub name: String,
    /// When the run began.
    pub time: Timestamp,
}

impl RunId {
    /// The id of a run that begins at `time`; `random` tells it from others of the same millisecond.
    pub fn new(time: Timestamp, random: u32) -> Self {
        let name = format!("{}-{:06x}", time.strftime("%Y%m%dT%H%M%S.%3fZ"), random & 0x00ff_ffff);
        Self { name, time }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_tell_their_time() {
        let id = |text: &str, random| RunId::new(text.parse().unwrap(), random).name;
        assert_eq!(id("2026-11-22T20:15:00.0071Z", 0xff3f_9a1c), "20261122T201500.007Z-3f9a1c");
        assert!(id("2026-11-22T20:15:00.9Z", 7) < id("2026-11-22T20:15:01Z", 1));
    }
}
