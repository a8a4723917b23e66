//! The content of one journal line. Plain values; a minor version of the format only adds.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::{Class, Error};
use crate::model::{Address, RecordConfig};
use crate::plan::{ActionKind, Change, Contingent, Plan, Released, Summary};

use super::super::report::Outcome;

/// The version of the format. A reader accepts every version with the same first number, version 2, which held the
/// settings of 2026 as texts under `carried`, and version 1, which also stored each address as one text.
pub(super) const FORMAT_VERSION: &str = "3.1";

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Entry {
    /// The first line: what the run is to do.
    Begun(Box<Header>),
    /// A write that may be sent from here on; on disk before it is.
    Intent(Box<Intent>),
    /// How one write was answered.
    Answer(Answer),
    /// How a change ended, reading back included.
    Ended(Ending),
    /// What this run found of something that an earlier run left unfinished.
    Resolved(Resolved),
    /// The last line of a run that a second signal ended at once. Its unknown outcomes are left open, as after a crash.
    EndedAtOnce(EndedAtOnce),
    /// The last line of a run that ended in order.
    Finished(Finished),
    /// An event that a later minor version writes.
    #[serde(other)]
    Later,
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the format that the writer knew.
    pub format_version: String,
    /// The run's id, which is also the file's name.
    pub run: String,
    /// Its number among the runs of its folder: one more than the highest existing one. It does not depend on any
    /// clock.
    #[serde(default)]
    pub number: u64,
    /// The command of the run, as it is typed. Journals before 2.2 do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Who started the run, where, and from which commit. Journals before 3.1 do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_by: Option<StartedBy>,
    /// The guards that would have refused the plan, and the flags that allowed it. Journals before 3.1 do not have them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<Vec<ReleasedGuard>>,
    /// The writer's version.
    pub livevod: String,
    /// When the run started.
    pub time: Timestamp,
    /// The declared account.
    pub account: Option<String>,
    /// The endpoint or the emulator's file, as outputs name it.
    pub target: String,
    /// The plan's digest.
    pub digest: String,
    /// The file beside the journal that holds what existed before.
    pub snapshot: Option<String>,
    /// The plan's counts.
    pub summary: Summary,
    /// The planned changes, in the plan's order.
    pub changes: Vec<Planned>,
    /// What earlier runs left unfinished at the addresses of these changes: once this run has written there, its
    /// journal says what exists there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub takes_over: Vec<TakenOver>,
}

/// Who started a run, where, and from which commit, as far as the pipeline or the system says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartedBy {
    /// The name of the user.
    pub user: Option<String>,
    /// The name of the machine.
    pub host: Option<String>,
    /// The commit of the files, in hexadecimal.
    pub commit: Option<String>,
    /// The run of the pipeline: its URL, or its name and number.
    pub job: Option<String>,
}

/// A guard that would have refused the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleasedGuard {
    /// Its name; a later version may know more guards.
    pub guard: String,
    /// The flag that allowed it, with its value; `None` if the digest of exactly this plan was expected.
    pub flag: Option<String>,
}

impl From<Released> for ReleasedGuard {
    fn from(released: Released) -> Self {
        let Released { guard, flag } = released;
        Self { guard: guard.name().to_owned(), flag }
    }
}

/// What an earlier run left unfinished at an address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TakenOver {
    /// The run's id.
    pub run: String,
    /// The address.
    pub address: Address,
}

/// One planned change: everything that a later run needs to find out how it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    /// The address.
    pub address: Address,
    /// The planned action.
    pub action: ActionKind,
    /// Normalized; `None` means that there is no configuration.
    pub before: Option<RecordConfig>,
    /// Normalized; `None` means that there is no configuration.
    pub after: Option<RecordConfig>,
}

/// One writing call.
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

/// A write that may be sent, once or several times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// Its number within the run; answers refer to it.
    pub id: u64,
    /// When it was recorded.
    pub time: Timestamp,
    /// The address.
    pub address: Address,
    /// The call.
    pub step: Step,
    /// Set if the write is only sent after another one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contingent: Option<Contingent>,
    /// What exists at the address right before this call.
    pub before: Option<RecordConfig>,
    /// What is to exist at the address right after it.
    pub after: Option<RecordConfig>,
    /// What exists beside an app-wide configuration that is deleted, and is added back if it is deleted too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub siblings: Vec<Sibling>,
}

/// A configuration beside an app-wide one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sibling {
    /// The number of the Add that adds it back; answers refer to it.
    pub id: u64,
    /// The address.
    pub address: Address,
    /// Normalized.
    pub config: RecordConfig,
}

/// How a call was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// Success.
    Accepted,
    /// A refusal: certainly not carried out.
    Refused,
    /// No answer, or no usable one: perhaps carried out.
    Unclear,
    /// It was never sent.
    NotSent,
}

impl Reply {
    /// Whether the write may have been carried out.
    pub fn may_have_arrived(self) -> bool {
        matches!(self, Reply::Accepted | Reply::Unclear)
    }
}

/// The answer to one call of an intent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The intent's number.
    pub id: u64,
    /// When it came.
    pub time: Timestamp,
    /// The kind of answer.
    pub reply: Reply,
    /// The service's id of the request.
    pub request_id: Option<String>,
    /// The service's error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl Answer {
    /// The answer that the result of a write stands for.
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

/// The four outcomes of a change, as they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Confirmed by reading back.
    Done,
    /// Certainly not carried out, or carried out otherwise.
    Failed,
    /// Nothing was sent.
    NotAttempted,
    /// It could not be confirmed.
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
    /// When it ended.
    pub time: Timestamp,
    /// The address.
    pub address: Address,
    /// The planned action.
    pub action: ActionKind,
    /// The outcome.
    pub outcome: End,
    /// The service's id of the last write.
    pub request_id: Option<String>,
    /// Why the change is not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What reading showed of a change that an earlier run left unfinished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Found")]
pub enum LeftOpenFound {
    /// The new state exists.
    Arrived,
    /// The state is as before the write, which may still arrive.
    Pending,
    /// The state is as before the write.
    NotArrived,
    /// The old configuration was deleted and the new one was not added: there is none.
    Gap,
    /// There is no configuration, although one was wanted.
    Gone,
    /// What was lost exists again.
    Back,
    /// Neither the old state nor the new one.
    Otherwise,
    /// There is no configuration, and the files want none.
    GivenUp,
}

impl LeftOpenFound {
    /// Whether nothing is left to be done about it.
    pub fn settles(self) -> bool {
        !matches!(self, LeftOpenFound::Gap | LeftOpenFound::Pending)
    }

    /// A gap is not one if the files want no configuration there: whatever they say later, it is not to be filled from
    /// a journal.
    #[must_use]
    pub fn unless_unwanted(self, wants_nothing: bool) -> Self {
        if self == LeftOpenFound::Gap && wants_nothing { LeftOpenFound::GivenUp } else { self }
    }
}

/// What a run found of something that an earlier run left unfinished.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resolved {
    /// When it was found.
    pub time: Timestamp,
    /// The earlier run.
    pub run: String,
    /// The address.
    pub address: Address,
    /// What was found.
    pub found: LeftOpenFound,
}

/// The last line of a run that a second signal ended at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedAtOnce {
    /// When the run ended.
    pub time: Timestamp,
    /// Where a write was sent whose outcome is not known.
    pub unknown: Vec<Address>,
}

/// The last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finished {
    /// When the run ended.
    pub time: Timestamp,
    /// Whether a signal ended it early.
    pub interrupted: bool,
    /// Calls that were sent, reads and writes.
    pub calls: u64,
}

impl Header {
    /// The header for the first run of `plan` in its folder.
    pub fn new(run: &RunId, plan: &Plan, snapshot: Option<String>) -> Self {
        Self {
            format_version: FORMAT_VERSION.to_owned(),
            run: run.name.clone(),
            number: 1,
            command: Some(if plan.notes.is_way_back { "restore" } else { "apply" }.to_owned()),
            started_by: None,
            released: None,
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

    /// The header of a run that changes nothing.
    #[cfg(test)]
    pub(super) fn of_nothing() -> Self {
        Self {
            format_version: FORMAT_VERSION.to_owned(),
            run: "r".to_owned(),
            number: 1,
            command: None,
            started_by: None,
            released: None,
            livevod: "0.0.0".to_owned(),
            time: Timestamp::UNIX_EPOCH,
            account: None,
            target: "t".to_owned(),
            digest: "d".to_owned(),
            snapshot: None,
            summary: Summary::default(),
            changes: Vec::new(),
            takes_over: Vec::new(),
        }
    }

    /// The same header with what is known about its start: who started it, and which guards were released.
    #[must_use]
    pub fn started(self, by: StartedBy, released: &[Released]) -> Self {
        let released = released.iter().cloned().map(ReleasedGuard::from).collect();
        Self { started_by: Some(by), released: Some(released), ..self }
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

/// The id of a run: it contains the time at which the run started by its clock, and is unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunId {
    /// `20261122T201500.123Z-3f9a1c`, valid as a file name.
    pub name: String,
    /// When the run started.
    pub time: Timestamp,
}

impl RunId {
    /// The id of a run that starts at `time`; `random` distinguishes it from others of the same millisecond.
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
