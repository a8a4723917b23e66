//! The shapes of lines: what [`Event`](super::Event) writes.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::documents::Finding;
use super::super::exit::Exit;
use super::super::facts::{
    ChangeRow, DifferenceRow, Drift, HeldRow, LeftOpenRow, SinceBaseRow, UnsupportedRow, WarningRow,
};
use super::super::report_view::OutcomeCounts;
use crate::apply::Outcome;
use crate::apply::journal::End;
use crate::model::AddressText;
use crate::plan::{ActionKind, Budget, Summary};

/// One line of a stream of events: what happened, and its facts. The first line of a stream is a `version`, the last one an
/// `exit`. Minor versions bring further types.
#[derive(Serialize, JsonSchema)]
pub(in crate::render) struct Line<'a> {
    /// How much it weighs.
    #[serde(rename = "@level")]
    pub(super) level: Level,
    /// The same for people.
    #[serde(rename = "@message")]
    pub(super) message: &'a str,
    /// Who speaks: `livevod`.
    #[serde(rename = "@module")]
    pub(super) module: &'static str,
    /// When it happened, in UTC.
    #[serde(rename = "@timestamp")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) timestamp: Timestamp,
    #[serde(flatten)]
    pub(super) body: &'a Body<'a>,
}

/// The weight of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    /// All goes on.
    Info,
    /// Somebody should look.
    Warn,
    /// Something is not done.
    Error,
}

#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Body<'a> {
    /// The first line: who writes, and in which format.
    Version(Version),
    /// A finding, as in every document.
    Diagnostic { diagnostic: Finding<'a> },
    /// Something that an earlier run left open, and what became of it.
    LeftOpen { left_open: LeftOpenRow<'a> },
    /// A fact about the plan that a reviewer should see first.
    Warning { warning: WarningRow<'a> },
    /// A change that is planned.
    PlannedChange { change: PlannedChange<'a> },
    /// A guard that holds the plan.
    Guard { guard: HeldRow<'a> },
    /// What moved since the plan was reviewed.
    SinceReview { difference: DifferenceRow<'a> },
    /// The plan as a whole: what of its document has no line of its own.
    Plan { plan: Box<Planned<'a>> },
    /// Whether the plan is an alarm.
    Drift { drift: Drift },
    /// The counts of a plan, or of what was done of it.
    ChangeSummary(Totals),
    /// A change is compared and then written.
    ApplyStart { hook: Hook<'a> },
    /// The work on a change takes longer, and goes on.
    ApplyProgress { hook: ProgressHook<'a> },
    /// A change is done.
    ApplyComplete { hook: EndHook<'a> },
    /// A change is not done.
    ApplyErrored { hook: EndHook<'a> },
    /// A change that was complete is not as wanted any more in the last listing of its domain.
    ApplyMoved { hook: EndHook<'a> },
    /// What became of the plan: what of the report has no line of its own.
    Report { report: Reported<'a> },
    /// The last line: how the run ended. A stream without it was cut.
    Exit { exit: Exit },
}

/// Who writes, and in which format.
#[derive(Serialize, JsonSchema)]
pub(super) struct Version {
    /// The version of livevod.
    pub(super) livevod: &'static str,
    /// The version of the format.
    #[schemars(regex(pattern = "^1\\.[0-9]+$"))]
    pub(super) format_version: &'static str,
    /// The `$id` of the schema that holds for each line.
    pub(super) schema: String,
    /// The command that runs.
    pub(super) command: Command,
}

/// The commands whose runs are told in events.
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

/// A planned change: as in a plan's document, and the same address where Terraform's readers look for it.
#[derive(Serialize, JsonSchema)]
pub(super) struct PlannedChange<'a> {
    /// What is changed.
    pub(super) resource: Resource<'a>,
    #[serde(flatten)]
    pub(super) row: ChangeRow<'a>,
}

/// What a plan's document holds besides changes, guards, warnings and findings.
#[derive(Serialize, JsonSchema)]
pub(super) struct Planned<'a> {
    /// The endpoint or the emulator's file.
    pub(super) target: &'a str,
    /// The declared account, null where none is declared.
    pub(super) account: Option<&'a str>,
    /// What the plan is known by.
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    pub(super) digest: String,
    /// Configurations that no file declares: left alone.
    pub(super) unmanaged: Vec<AddressText<'a>>,
    /// Configurations that `ignore` names: left alone.
    pub(super) ignored: Vec<AddressText<'a>>,
    /// Configurations that livevod can't manage.
    pub(super) unsupported: Vec<UnsupportedRow<'a>>,
    /// Domains that could not be read.
    #[schemars(with = "Vec<String>")]
    pub(super) unread: &'a [String],
    /// What was pending on the target branch; left out where nobody looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) since_base: Option<SinceBaseRow<'a>>,
    /// The changes by kind.
    pub(super) summary: Summary,
    /// What applying it costs at least.
    pub(super) budget: Budget,
}

/// The counts of a plan, or of what was done of it.
#[derive(Serialize, JsonSchema)]
pub(super) struct Totals {
    /// The counts.
    pub(super) changes: Changes,
    /// What the plan is known by.
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

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Operation {
    /// What is to be done.
    Plan,
    /// What was done.
    Apply,
}

/// The change that begins.
#[derive(Serialize, JsonSchema)]
pub(super) struct Hook<'a> {
    /// What is changed.
    pub(super) resource: Resource<'a>,
    /// What is done.
    pub(super) action: ActionKind,
}

/// The change that takes longer.
#[derive(Serialize, JsonSchema)]
pub(super) struct ProgressHook<'a> {
    /// What is changed.
    pub(super) resource: Resource<'a>,
    /// What is done.
    pub(super) action: ActionKind,
    /// What goes on.
    pub(super) step: Step,
    /// The seconds until it goes on, null where it does so at once.
    pub(super) pause_seconds: Option<f64>,
    /// What led to it, null where nothing went wrong.
    pub(super) reason: Option<String>,
    /// The seconds since the change began.
    pub(super) elapsed_seconds: f64,
}

/// What goes on while a change takes longer. A minor version may bring others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    /// A write was certainly not carried out, and goes out again.
    Again,
    /// A write got no usable answer: what became of it is read back.
    Unanswered,
    /// Listing the domain took too long for a write to rest on it: what stands at the address is read by itself too.
    SlowListing,
    /// What was written does not show yet, and is looked at again.
    NotShown,
    /// The new entry of a replace was refused: the old one is added back.
    AddBack,
    /// Entries beside an app-wide one went with it: they are added back.
    AddSiblingsBack,
}

/// The change that ended.
#[derive(Serialize, JsonSchema)]
pub(super) struct EndHook<'a> {
    /// What was changed.
    pub(super) resource: Resource<'a>,
    /// What was to be done.
    pub(super) action: ActionKind,
    /// What became of it.
    pub(super) outcome: End,
    /// What became of its last write, null where none left for the service.
    pub(super) write_outcome: Option<WriteOutcome>,
    /// The service's id of the last write, null where it gave none.
    pub(super) request_id: Option<&'a str>,
    /// The seconds since the change began; 0 where it never did.
    pub(super) elapsed_seconds: f64,
    /// Why it is not done, where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) diagnostic: Option<Finding<'a>>,
}

/// What became of the writes of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum WriteOutcome {
    /// Read back as planned.
    Confirmed,
    /// Certainly not carried out, or carried out otherwise than planned.
    Rejected,
    /// It could not be found out.
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

/// What a report holds besides outcomes and findings.
#[derive(Serialize, JsonSchema)]
pub(super) struct Reported<'a> {
    /// The endpoint or the emulator's file.
    pub(super) target: &'a str,
    /// The digest of the plan that was carried out.
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    pub(super) digest: String,
    /// The outcomes by kind.
    pub(super) summary: OutcomeCounts,
    /// Calls that were sent, reads and writes.
    pub(super) calls: u64,
    /// How many of them went out because one before them failed.
    pub(super) repeated: u64,
    /// How long it took.
    pub(super) seconds: f64,
}
