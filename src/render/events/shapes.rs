//! The shapes of lines: what [`Event`](super::Event) writes.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::documents::Finding;
use super::super::drift::DifferenceDocument;
use super::super::exit::Exit;
use super::super::facts::{ChangeRow, DifferenceRow, Drift, HeldRow, LeftOpenRow, SinceBaseRow, WarningRow};
use super::super::leases::LeaseRow;
use super::super::left_alone::LeftAloneRows;
use super::super::report_view::OutcomeCounts;
use crate::apply::Outcome;
use crate::apply::journal::End;
use crate::model::AddressText;
use crate::plan::{ActionKind, Budget, Summary};

/// One line of a stream of events: what happened, and its facts. The first line of a stream is a `version`, the last
/// one an `exit`. Minor versions may add further types.
#[derive(Serialize, JsonSchema)]
pub(in crate::render) struct Line<'a> {
    /// The level.
    #[serde(rename = "@level")]
    pub(super) level: Level,
    /// The event in words.
    #[serde(rename = "@message")]
    pub(super) message: &'a str,
    /// The writer: `livevod`.
    #[serde(rename = "@module")]
    pub(super) module: &'static str,
    /// When it happened, in UTC.
    #[serde(rename = "@timestamp")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) timestamp: Timestamp,
    #[serde(flatten)]
    pub(super) body: &'a Body<'a>,
}

/// The level of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    /// Normal progress.
    Info,
    /// Needs attention.
    Warn,
    /// Something failed or is not done.
    Error,
}

#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Body<'a> {
    /// The first line: the writer and the format.
    Version(Version),
    /// A finding, as in every document.
    Diagnostic { diagnostic: Finding<'a> },
    /// Something that an earlier run left unfinished, and its outcome.
    LeftOpen { left_open: LeftOpenRow<'a> },
    /// A fact about the plan that a reviewer should see first.
    Warning { warning: WarningRow<'a> },
    /// A planned change.
    PlannedChange { change: PlannedChange<'a> },
    /// A guard that refuses the plan.
    Guard { guard: HeldRow<'a> },
    /// A difference from the reviewed plan.
    SinceReview { difference: DifferenceRow<'a> },
    /// The plan as a whole: the parts of its document without a line of their own.
    Plan { plan: Box<Planned<'a>> },
    /// A configuration that is not as the files want it. New in 1.2.
    DriftDifference { difference: Box<DifferenceDocument<'a>> },
    /// Whether the drift is an alarm.
    Drift { drift: Drift },
    /// The counts of a plan, or of what apply did.
    ChangeSummary(Totals),
    /// A change starts: it is compared and then written.
    ApplyStart { hook: Hook<'a> },
    /// A change takes longer and continues.
    ApplyProgress { hook: ProgressHook<'a> },
    /// A change is done.
    ApplyComplete { hook: EndHook<'a> },
    /// A change is not done.
    ApplyErrored { hook: EndHook<'a> },
    /// A complete change no longer shows its result in the last listing of its domain.
    ApplyMoved { hook: EndHook<'a> },
    /// The report: the parts of its document without a line of their own.
    Report { report: Reported<'a> },
    /// The last line: how the run ended. A stream without it is truncated.
    Exit { exit: Exit },
}

/// The writer and the format.
#[derive(Serialize, JsonSchema)]
pub(super) struct Version {
    /// The version of livevod.
    pub(super) livevod: &'static str,
    /// The version of the format.
    #[schemars(regex(pattern = "^1\\.[0-9]+$"))]
    pub(super) format_version: &'static str,
    /// The `$id` of the schema of each line.
    pub(super) schema: String,
    /// The command.
    pub(super) command: Command,
}

/// The commands that write events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// `livevod plan`
    Plan,
    /// `livevod apply`
    Apply,
    /// `livevod drift`
    Drift,
    /// `livevod restore`
    Restore,
}

impl Command {
    pub(super) fn name(self) -> &'static str {
        match self {
            Command::Plan => "plan",
            Command::Apply => "apply",
            Command::Drift => "drift",
            Command::Restore => "restore",
        }
    }
}

/// The configuration that a line is about, as Terraform's readers look for it.
#[derive(Serialize, JsonSchema)]
pub(super) struct Resource<'a> {
    /// Its address.
    pub(super) addr: AddressText<'a>,
}

/// A planned change: as in a plan's document, with the address also where Terraform's readers look for it.
#[derive(Serialize, JsonSchema)]
pub(super) struct PlannedChange<'a> {
    /// The configuration.
    pub(super) resource: Resource<'a>,
    #[serde(flatten)]
    pub(super) row: ChangeRow<'a>,
}

/// The parts of a plan's document besides changes, guards, warnings and findings.
#[derive(Serialize, JsonSchema)]
pub(super) struct Planned<'a> {
    /// The endpoint or the emulator's file.
    pub(super) target: &'a str,
    /// The declared account, null where none is declared.
    pub(super) account: Option<&'a str>,
    /// The digest of the plan.
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    pub(super) digest: String,
    /// What it leaves alone.
    #[serde(flatten)]
    pub(super) left_alone: LeftAloneRows<'a>,
    /// The domains of the plan that other runs hold at this moment; left out if there is none. New in 1.2.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) leases: Vec<LeaseRow<'a>>,
    /// The comparison with the target branch; left out if there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) since_base: Option<SinceBaseRow<'a>>,
    /// The changes by kind.
    pub(super) summary: Summary,
    /// The least that applying it costs.
    pub(super) budget: Budget,
}

/// The counts of a plan, or of what apply did.
#[derive(Serialize, JsonSchema)]
pub(super) struct Totals {
    /// The counts.
    pub(super) changes: Changes,
    /// The digest of the plan.
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    pub(super) digest: String,
}

/// Changes as Terraform counts them: a replace is an add and a remove.
#[derive(Serialize, JsonSchema)]
pub(super) struct Changes {
    /// Configurations that are added.
    pub(super) add: usize,
    /// Configurations that are updated in place.
    pub(super) change: usize,
    /// Always 0.
    pub(super) import: usize,
    /// Configurations that are deleted.
    pub(super) remove: usize,
    /// `plan`: what is to be done. `apply`: what was done.
    pub(super) operation: Operation,
}

/// The kind of counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Operation {
    /// Planned changes.
    Plan,
    /// Changes that were carried out.
    Apply,
}

/// The change that starts.
#[derive(Serialize, JsonSchema)]
pub(super) struct Hook<'a> {
    /// The configuration.
    pub(super) resource: Resource<'a>,
    /// The action.
    pub(super) action: ActionKind,
}

/// The change that takes longer.
#[derive(Serialize, JsonSchema)]
pub(super) struct ProgressHook<'a> {
    /// The configuration.
    pub(super) resource: Resource<'a>,
    /// The action.
    pub(super) action: ActionKind,
    /// The current step.
    pub(super) step: Step,
    /// The seconds until it continues, null if it continues at once.
    pub(super) pause_seconds: Option<f64>,
    /// The error behind it, null if nothing went wrong.
    pub(super) reason: Option<String>,
    /// The seconds since the change started.
    pub(super) elapsed_seconds: f64,
}

/// The current step of a change that takes longer. Minor versions may add others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    /// A write was certainly not carried out and is sent again.
    Again,
    /// A write got no usable answer: its outcome is read back.
    Unanswered,
    /// Listing the domain took too long for a write to rely on it: the address is also read alone.
    SlowListing,
    /// The write is not visible yet and is checked again.
    NotShown,
    /// The new configuration of a replace was refused: the old one is added back.
    AddBack,
    /// Configurations beside an app-wide one were deleted with it: they are added back.
    AddSiblingsBack,
}

/// The change that ended.
#[derive(Serialize, JsonSchema)]
pub(super) struct EndHook<'a> {
    /// The configuration.
    pub(super) resource: Resource<'a>,
    /// The planned action.
    pub(super) action: ActionKind,
    /// The outcome.
    pub(super) outcome: End,
    /// The outcome of its last write, null if none was sent.
    pub(super) write_outcome: Option<WriteOutcome>,
    /// The service's RequestId of the last write, null if it returned none.
    pub(super) request_id: Option<&'a str>,
    /// The seconds since the change started; 0 if it never started.
    pub(super) elapsed_seconds: f64,
    /// Why it is not done; left out if it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) diagnostic: Option<Finding<'a>>,
}

/// The outcome of the last write of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum WriteOutcome {
    /// Read back as planned.
    Confirmed,
    /// Certainly not carried out, or not carried out as planned.
    Rejected,
    /// Its outcome could not be found out.
    Unknown,
}

impl WriteOutcome {
    pub(super) fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Done => WriteOutcome::Confirmed,
            Outcome::Failed(_) | Outcome::NotAttempted(_) => WriteOutcome::Rejected,
            Outcome::Unknown(_) => WriteOutcome::Unknown,
        }
    }
}

/// The parts of a report's document besides outcomes and findings.
#[derive(Serialize, JsonSchema)]
pub(super) struct Reported<'a> {
    /// The endpoint or the emulator's file.
    pub(super) target: &'a str,
    /// The digest of the applied plan.
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    pub(super) digest: String,
    /// The outcomes by kind.
    pub(super) summary: OutcomeCounts,
    /// How many calls were sent, reads and writes.
    pub(super) calls: u64,
    /// How many of them were retries.
    pub(super) repeated: u64,
    /// How long the run took, in seconds.
    pub(super) seconds: f64,
}
