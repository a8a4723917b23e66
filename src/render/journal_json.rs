//! What earlier runs did, as documents.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

use super::documents::{AddressRow, Context, FORMAT_VERSION, Finding, findings, pretty};
use super::exit::Exit;
use super::facts::{optional_settings_schema, settings_row};
use super::journal::{Pruned, needed_text};
use crate::apply::journal::{
    End, Ending, Finished, Header, LeftOpenFound, Needed, Planned, ReleasedGuard, Resolved, RunRecord,
    RunState, StartedBy,
};
use crate::plan::{ActionKind, Summary};

/// `journal prune --format json`.
pub(super) fn pruned_json(pruned: &Pruned, context: Context) -> String {
    let Pruned { runs: _, pruning, before, dry_run } = pruned;
    let kept = |(run, needed): &'_ (String, Needed)| KeptRow {
        run: run.clone(),
        reason: match needed {
            Needed::Open => KeptReason::Open,
            Needed::By(_) => KeptReason::Needed,
            Needed::Last => KeptReason::Last,
        },
        message: needed_text(needed),
    };
    pretty(&PrunedDocument {
        format_version: FORMAT_VERSION,
        before: before.to_string(),
        dry_run: *dry_run,
        removed: pruned.removed().map(RunRow::of).collect(),
        kept: pruning.kept.iter().map(kept).collect(),
        diagnostics: findings(context),
        exit: context.exit,
    })
}

/// `journal prune --format json`: the runs that were removed.
#[derive(Serialize, JsonSchema)]
pub(super) struct PrunedDocument<'a> {
    /// The version of the format.
    #[schemars(regex(pattern = "^1\\.[0-9]+$"))]
    format_version: &'static str,
    /// Runs that started then or later stay.
    #[schemars(with = "String", extend("format" = "date-time"))]
    before: String,
    /// Whether nothing was removed.
    dry_run: bool,
    /// The runs that were removed, or would be, in that order.
    removed: Vec<RunRow<'a>>,
    /// Older runs that stay.
    kept: Vec<KeptRow>,
    /// A warning for each journal that can't be read; it stays.
    diagnostics: Vec<Finding<'a>>,
    /// How the command ended.
    exit: Exit,
}

/// An old run that stays.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "KeptRun")]
struct KeptRow {
    /// The run's id.
    run: String,
    /// Why it stays.
    reason: KeptReason,
    /// The same for people.
    message: String,
}

/// Why an old run stays.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum KeptReason {
    /// It left something unfinished.
    Open,
    /// It says what became of another run, which stays.
    Needed,
    /// It is the last run of its service and account.
    Last,
}

/// `journal --format json`.
pub(super) fn runs_json(runs: &[RunRecord], context: Context) -> String {
    pretty(&RunsDocument {
        format_version: FORMAT_VERSION,
        runs: runs.iter().map(RunRow::of).collect(),
        diagnostics: findings(context),
        exit: context.exit,
    })
}

/// `journal RUN --format json`.
pub(super) fn run_json<'a>(run: &'a RunRecord, exit: Exit) -> String {
    let row = |change: &'a Planned| -> ChangeRow<'a> {
        let Planned { address, action, before, after } = change;
        let ending = run.ending(address);
        ChangeRow {
            address: AddressRow::new(address),
            action: *action,
            before: before.as_ref().map(settings_row),
            after: after.as_ref().map(settings_row),
            outcome: run.end(address),
            request_id: ending.and_then(|ending| ending.request_id.as_deref()),
            message: ending.and_then(|Ending { message, .. }| message.as_deref()),
        }
    };
    pretty(&RunDocument {
        format_version: FORMAT_VERSION,
        run: RunRow::of(run),
        changes: run.header.changes.iter().map(row).collect(),
        resolved: run.resolved.iter().map(ResolvedRow::of).collect(),
        exit,
    })
}

/// The documents of `journal`.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(
    dead_code,
    clippy::large_enum_variant,
    reason = "each document is written by itself; only their schema is common"
)]
pub(super) enum JournalDocument<'a> {
    /// `journal --format json`
    Runs(RunsDocument<'a>),
    /// `journal RUN --format json`
    Run(RunDocument<'a>),
    /// `journal prune --format json`
    Pruned(PrunedDocument<'a>),
}

/// `journal --format json`: the runs, newest first.
#[derive(Serialize, JsonSchema)]
pub(super) struct RunsDocument<'a> {
    /// The version of the format.
    #[schemars(regex(pattern = "^1\\.[0-9]+$"))]
    format_version: &'static str,
    /// The runs, newest first.
    runs: Vec<RunRow<'a>>,
    /// A warning for each journal that can't be read.
    diagnostics: Vec<Finding<'a>>,
    /// How the command ended.
    exit: Exit,
}

/// `journal RUN --format json`: one run and its changes.
#[derive(Serialize, JsonSchema)]
pub(super) struct RunDocument<'a> {
    /// The version of the format.
    #[schemars(regex(pattern = "^1\\.[0-9]+$"))]
    format_version: &'static str,
    /// The run.
    run: RunRow<'a>,
    /// Its planned changes, in the plan's order.
    changes: Vec<ChangeRow<'a>>,
    /// What it found of something that earlier runs left unfinished.
    resolved: Vec<ResolvedRow<'a>>,
    /// How the command ended.
    exit: Exit,
}

/// One run.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Run")]
struct RunRow<'a> {
    /// The run's id.
    run: &'a str,
    /// When it started, by the clock of its machine.
    #[schemars(with = "String", extend("format" = "date-time"))]
    time: String,
    /// Its command, null if the journal is older than that fact.
    command: Option<&'a str>,
    /// Who started it, null if the journal is older than that fact.
    started_by: Option<StartedByRow<'a>>,
    /// The version of livevod.
    livevod: &'a str,
    /// The endpoint or the emulator's file.
    target: &'a str,
    /// The declared account, null where none is declared.
    account: Option<&'a str>,
    /// The digest of the plan.
    digest: &'a str,
    /// The file with the state before the run, in the folder of the journals, null if the run wrote nothing.
    snapshot: Option<&'a str>,
    /// How far it got.
    state: State,
    /// The planned changes by kind.
    planned: Summary,
    /// The guards that flags or a review released, null if the journal is older than that fact.
    released: Option<Vec<ReleasedRow<'a>>>,
    /// The changes by outcome.
    outcomes: Counts,
    /// How many calls were sent, reads and writes; null if it did not end in order.
    calls: Option<u64>,
}

/// How far a run got.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum State {
    /// It ended by itself.
    Finished,
    /// A signal ended it in order.
    Interrupted,
    /// A second signal ended it at once.
    EndedAtOnce,
    /// It died, or is still going on.
    Unfinished,
}

impl From<RunState> for State {
    fn from(state: RunState) -> Self {
        match state {
            RunState::Finished => State::Finished,
            RunState::Interrupted => State::Interrupted,
            RunState::EndedAtOnce => State::EndedAtOnce,
            RunState::Unfinished => State::Unfinished,
        }
    }
}

/// Who started a run, as far as the pipeline or the system says.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "StartedBy")]
struct StartedByRow<'a> {
    /// The user, null if not known.
    user: Option<&'a str>,
    /// The machine, null if not known.
    host: Option<&'a str>,
    /// The commit of the files, null if not known.
    commit: Option<&'a str>,
    /// The URL of the pipeline's job, or its name and number; null if not known.
    job: Option<&'a str>,
}

/// A guard that would have refused the plan.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ReleasedGuard")]
struct ReleasedRow<'a> {
    /// The guard.
    guard: &'a str,
    /// The flag that allowed it, with its value; null if the digest of exactly this plan was expected.
    flag: Option<&'a str>,
}

/// One planned change.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "JournalChange")]
struct ChangeRow<'a> {
    /// The configuration.
    #[serde(flatten)]
    address: AddressRow<'a>,
    /// The planned action.
    action: ActionKind,
    /// All settings before, null if there was no configuration.
    #[schemars(schema_with = "optional_settings_schema")]
    before: Option<serde_json::Map<String, Json>>,
    /// All planned settings, null if the configuration is deleted.
    #[schemars(schema_with = "optional_settings_schema")]
    after: Option<serde_json::Map<String, Json>>,
    /// The outcome, null if the run did not record it.
    outcome: Option<End>,
    /// The service's RequestId of the last write, null if it returned none.
    request_id: Option<&'a str>,
    /// Why it is not done, null if it is done or the run did not record it.
    message: Option<&'a str>,
}

/// What a run found of something that an earlier run left unfinished.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Resolved")]
struct ResolvedRow<'a> {
    /// When it was found.
    #[schemars(with = "String", extend("format" = "date-time"))]
    time: String,
    /// The earlier run.
    run: &'a str,
    /// The configuration.
    #[serde(flatten)]
    address: AddressRow<'a>,
    /// What was found.
    found: LeftOpenFound,
}

impl<'a> ResolvedRow<'a> {
    fn of(resolved: &'a Resolved) -> Self {
        let Resolved { time, run, address, found } = resolved;
        Self { time: time.to_string(), run, address: AddressRow::new(address), found: *found }
    }
}

/// Changes by outcome.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "JournalCounts")]
struct Counts {
    /// Confirmed by reading back.
    done: usize,
    /// Certainly not carried out, or not carried out as planned.
    failed: usize,
    /// Nothing was sent.
    not_attempted: usize,
    /// A write was sent, and its outcome could not be confirmed.
    unknown: usize,
    /// A write may have been sent, and the run knew no outcome: the unknown ones, and those of a run that died.
    open: usize,
}

impl Counts {
    fn of(run: &RunRecord) -> Self {
        Self {
            done: run.count(End::Done),
            failed: run.count(End::Failed),
            not_attempted: run.count(End::NotAttempted),
            unknown: run.count(End::Unknown),
            open: run.open(),
        }
    }
}

impl<'a> RunRow<'a> {
    fn of(run: &'a RunRecord) -> Self {
        let Header {
            format_version: _,
            run: id,
            command,
            started_by,
            released,
            livevod,
            time,
            account,
            target,
            digest,
            snapshot,
            summary,
            changes: _,
            number: _,
            takes_over: _,
        } = &run.header;
        Self {
            run: id,
            time: time.to_string(),
            command: command.as_deref(),
            started_by: started_by.as_ref().map(StartedByRow::of),
            livevod,
            target,
            account: account.as_deref(),
            digest,
            snapshot: snapshot.as_deref(),
            state: run.state().into(),
            planned: *summary,
            released: released.as_ref().map(|all| all.iter().map(ReleasedRow::of).collect()),
            outcomes: Counts::of(run),
            calls: run.finished.map(|Finished { calls, .. }| calls),
        }
    }
}

impl<'a> StartedByRow<'a> {
    fn of(by: &'a StartedBy) -> Self {
        let StartedBy { user, host, commit, job } = by;
        let [user, host, commit, job] = [user, host, commit, job].map(Option::as_deref);
        Self { user, host, commit, job }
    }
}

impl<'a> ReleasedRow<'a> {
    fn of(released: &'a ReleasedGuard) -> Self {
        let ReleasedGuard { guard, flag } = released;
        Self { guard, flag: flag.as_deref() }
    }
}
