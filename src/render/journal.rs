//! What earlier runs did, and what a snapshot contains.

use indexmap::IndexMap;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

use super::documents::{AddressRow, Context, FORMAT_VERSION, Finding, findings, pretty};
use super::exit::Exit;
use super::facts::{optional_settings_schema, settings_row};
use super::left_open::by_outcome;
use super::phrases::{account, counted, known, moment, outcome_mark};
use super::review::{human_step, steps_between};
use super::style::{Style, Tone, columns, pad, request, wrap};
use crate::apply::journal::{
    End, Ending, Finished, Header, LeftOpenFound, Needed, Planned, Pruning, ReleasedGuard, Resolved,
    RunRecord, RunState, StartedBy,
};
use crate::gate::clean;
use crate::plan::{ActionKind, Summary};
use crate::snapshot::Saved;

/// One line for each run, below the target of the runs that follow each other there.
pub(super) fn human_runs(runs: &[RunRecord], style: Style) -> String {
    if runs.is_empty() {
        return "No runs yet.\n".to_owned();
    }
    let width = runs.iter().map(|run| run.header.run.len()).max().unwrap_or(0);
    let (mut text, mut last) = (String::new(), String::new());
    for run in runs {
        let place = place(&run.header, style);
        if place != last {
            text.push_str(&format!("{}\n", style.paint(Tone::Strong, &place)));
            last = place;
        }
        let Header { run: id, time, command, .. } = &run.header;
        let time = moment(*time);
        let command = clean(command.as_deref().unwrap_or_default());
        let (mark, what) = state(run);
        let what = mark.map_or(what.clone(), |tone| style.paint(tone, &what));
        text.push_str(&format!(
            "  {}  {time}  {}  {what}\n",
            pad(&clean(id), width),
            pad(&command, COMMAND_WIDTH)
        ));
    }
    text
}

/// Columns of the longest command that writes.
const COMMAND_WIDTH: usize = "restore".len();

/// The target and the account of a run.
fn place(header: &Header, style: Style) -> String {
    let Header { target, account: owner, .. } = header;
    format!("{} {} {}", clean(target), style.dot(), account(owner.as_deref(), clean))
}

/// The result of a run, and its tone if it needs attention.
fn state(run: &RunRecord) -> (Option<Tone>, String) {
    let Counts { done, failed, not_attempted, unknown, open } = Counts::of(run);
    let counts = by_outcome(&[
        (done, "done"),
        (failed, "failed"),
        (not_attempted, "not attempted"),
        (unknown, "UNKNOWN"),
        (open - unknown.min(open), "without outcome"),
    ]);
    match run.state() {
        RunState::Unfinished => (Some(Tone::Danger), format!("unfinished: {counts}")),
        RunState::EndedAtOnce => (Some(Tone::Danger), format!("interrupted again, ended at once: {counts}")),
        RunState::Interrupted => (Some(Tone::Warning), format!("interrupted: {counts}")),
        RunState::Finished if open > 0 => (Some(Tone::Danger), counts),
        RunState::Finished if failed + not_attempted > 0 => (Some(Tone::Warning), counts),
        RunState::Finished => (None, counts),
    }
}

/// All about one run.
pub(super) fn human_run(run: &RunRecord, style: Style) -> String {
    let Header { run: id, command, livevod, time, digest, snapshot, summary, .. } = &run.header;
    let (tone, what) = state(run);
    let command = command.as_ref().map(|command| format!(" {} {}", style.dot(), clean(command)));
    let mut lines = vec![
        style.paint(Tone::Strong, &format!("Run {}{}", clean(id), command.unwrap_or_default())),
        place(&run.header, style),
        format!("started {}, by livevod {}", moment(*time), clean(livevod)),
    ];
    lines.extend(started_by(&run.header));
    lines.push(format!("planned: {}", planned(summary)));
    lines.push(tone.map_or(what.clone(), |tone| style.paint(tone, &what)));
    lines.extend(released(&run.header));
    lines.push(format!("digest {}", clean(digest)));
    lines.extend(snapshot.as_ref().map(|file| format!("snapshot before the run: {}", clean(file))));
    lines.extend(lacks(&run.header).iter().flat_map(|text| wrap(text, style.width)));
    lines.push(String::new());
    for resolved in &run.resolved {
        let Resolved { run, address, found, time: _ } = resolved;
        lines.push(format!(
            "  {} of run {}: {}",
            clean(&address.to_string()),
            clean(run),
            found_text(*found)
        ));
    }
    lines.extend(changes(run, style));
    lines.push(String::new());
    lines.join("\n")
}

/// `by ann on build-7, commit 4f1c2d3`, and the job; what is not known is left out.
fn started_by(header: &Header) -> Vec<String> {
    let Some(StartedBy { user, host, commit, job }) = &header.started_by else { return Vec::new() };
    let who: Vec<String> =
        [known("by", user.as_ref()), known("on", host.as_ref())].into_iter().flatten().collect();
    let who = Some(who.join(" ")).filter(|who| !who.is_empty());
    let line: Vec<String> = who.into_iter().chain(known("commit", commit.as_ref())).collect();
    let line = Some(line.join(", ")).filter(|line| !line.is_empty());
    line.into_iter().chain(known("job", job.as_ref())).collect()
}

/// `1 create, 2 updates`.
fn planned(summary: &Summary) -> String {
    let Summary { create, update, replace, delete, unchanged: _ } = *summary;
    let kinds = [(create, "create"), (update, "update"), (replace, "replace"), (delete, "delete")];
    let some = kinds.iter().filter(|(count, _)| *count > 0).map(|(count, name)| counted(*count, name));
    let some: Vec<String> = some.collect();
    if some.is_empty() { "no changes".to_owned() } else { some.join(", ") }
}

/// `released: limits by --max-change 100%`.
fn released(header: &Header) -> Option<String> {
    let all = header.released.as_ref().filter(|all| !all.is_empty())?;
    let one = |ReleasedGuard { guard, flag }: &ReleasedGuard| {
        let by = flag.as_ref().map_or("the reviewed digest".to_owned(), |flag| clean(flag));
        format!("{} by {by}", clean(guard))
    };
    Some(format!("released guards: {}", all.iter().map(one).collect::<Vec<_>>().join(", ")))
}

/// What the journal of an earlier version does not say.
fn lacks(header: &Header) -> Option<String> {
    let Header { format_version, command, started_by, released, .. } = header;
    let facts = [
        (command.is_none(), "the command"),
        (started_by.is_none(), "who started it, where, and from which commit"),
        (released.is_none(), "the released guards"),
    ];
    let missing: Vec<&str> =
        facts.iter().filter(|(is_missing, _)| *is_missing).map(|(_, name)| *name).collect();
    let version = clean(format_version);
    (!missing.is_empty()).then(|| format!("not recorded in format {version}: {}", missing.join("; ")))
}

/// Changes that were not attempted and read alike that are listed one by one; more are counted.
const LISTED: usize = 5;

/// One change as it is shown.
struct ChangeText {
    line: String,
    /// What it does to each field, and why it is not done.
    details: Vec<String>,
    /// What others of the same details are called together, if nothing was sent.
    fold: Option<&'static str>,
}

/// Every change, with what was before and after; what was not attempted for one reason is folded.
fn changes(run: &RunRecord, style: Style) -> Vec<String> {
    let mut groups: IndexMap<(Option<&str>, Vec<String>), Vec<String>> = IndexMap::new();
    for (at, change) in run.header.changes.iter().enumerate() {
        let ChangeText { line, details, fold } = change_text(run, change, style);
        // Each change of which something was sent is a group of its own.
        let alone = fold.is_none().then(|| format!("{at}"));
        let key = (fold, alone.into_iter().chain(details).collect());
        groups.entry(key).or_default().push(line);
    }
    let mut lines = Vec::new();
    for ((fold, details), members) in groups {
        let left_out = members.len().saturating_sub(LISTED);
        let shown = if left_out > 1 { LISTED } else { members.len() };
        lines.extend(members.iter().take(shown).cloned());
        if let Some(fold) = fold.filter(|_| shown < members.len()) {
            lines.push(format!("    {} and {left_out} more like these {fold}", style.ellipsis()));
        }
        lines.extend(details.into_iter().skip(usize::from(fold.is_none())));
    }
    lines
}

fn change_text(run: &RunRecord, change: &Planned, style: Style) -> ChangeText {
    let Planned { address, action, before, after } = change;
    let (ending, end) = (run.ending(address), run.end(address));
    let wrote = run.intents.iter().any(|intent| intent.address == *address);
    let outcome = match end {
        Some(end) => end_text(end),
        None if wrote => "without outcome: a write may have been sent",
        None => "not started",
    };
    let (mark, tone) = outcome_mark(*action, end, wrote);
    let address = clean(&address.to_string());
    let width = 3 + columns(&format!(" {address} {outcome}"));
    let id = ending.and_then(|ending| ending.request_id.as_deref());
    let id = id.map(|id| request(id, width, style)).unwrap_or_default();
    let steps = steps_between(before.as_ref(), after.as_ref());
    let steps = steps.iter().map(|step| human_step(step, style.arrow())).collect::<Vec<_>>().join(", ");
    let steps = Some(steps).filter(|steps| !steps.is_empty());
    let message = ending.and_then(|ending| ending.message.as_ref()).map(|message| clean(message));
    let texts =
        steps.into_iter().chain(message).flat_map(|text| wrap(&text, style.width.saturating_sub(6).max(20)));
    ChangeText {
        line: format!("{} {address} {outcome}{id}", style.paint(tone, &format!("{mark:>3}"))),
        details: texts.map(|line| format!("      {line}")).collect(),
        fold: match end {
            Some(End::NotAttempted) => Some(outcome),
            None if !wrote => Some(outcome),
            _ => None,
        },
    }
}

pub(super) fn end_text(end: End) -> &'static str {
    match end {
        End::Done => "done",
        End::Failed => "failed",
        End::NotAttempted => "not attempted",
        End::Unknown => "UNKNOWN",
    }
}

pub(super) fn found_text(found: LeftOpenFound) -> &'static str {
    match found {
        LeftOpenFound::Arrived => "the write arrived",
        LeftOpenFound::Pending => "the write is not visible yet and may still arrive",
        LeftOpenFound::NotArrived => "the write is not visible",
        LeftOpenFound::Gap => "deleted and not created again",
        LeftOpenFound::Gone => "there is no configuration now",
        LeftOpenFound::Back => "there is a configuration again",
        LeftOpenFound::Otherwise => "there is a different configuration now",
        LeftOpenFound::GivenUp => "there is no configuration now, and the files ask for none",
    }
}

/// The runs that were removed from a folder, or would be.
#[derive(Debug, Clone, Copy)]
pub struct Pruned<'a> {
    /// All runs of the folder.
    pub runs: &'a [RunRecord],
    /// What becomes of them.
    pub pruning: &'a Pruning,
    /// Runs that started then or later stay.
    pub before: Timestamp,
    /// Whether nothing was removed.
    pub dry_run: bool,
}

impl<'a> Pruned<'a> {
    fn run(&self, id: &str) -> Option<&'a RunRecord> {
        self.runs.iter().find(|run| run.header.run == id)
    }

    fn removed(&self) -> impl Iterator<Item = &'a RunRecord> {
        self.pruning.removed.iter().filter_map(|id| self.run(id))
    }
}

/// What was removed, and which old runs stay and why.
pub(super) fn human_pruned(pruned: &Pruned, style: Style) -> String {
    let Pruned { runs: _, pruning: Pruning { removed, kept }, before, dry_run } = pruned;
    let before = moment(*before);
    let verb = if *dry_run { "would be removed" } else { "removed" };
    let mut text = match removed.len() {
        0 => format!("Nothing to remove: no run from before {before} can go.\n"),
        count => {
            let head = format!("{} from before {before} {verb}, with snapshots:", counted(count, "run"));
            format!("{}\n", style.paint(Tone::Strong, &head))
        }
    };
    for run in pruned.removed() {
        let Header { run: id, target, account: owner, .. } = &run.header;
        text.push_str(&format!("  {}  {}  {}\n", clean(id), clean(target), account(owner.as_deref(), clean)));
    }
    if !kept.is_empty() {
        let head = format!("{} from before {before} kept:", counted(kept.len(), "run"));
        text.push_str(&format!("{}\n", style.paint(Tone::Strong, &head)));
    }
    for (id, needed) in kept {
        text.push_str(&format!("  {}  {}\n", clean(id), needed_text(needed)));
    }
    text
}

fn needed_text(needed: &Needed) -> String {
    match needed {
        Needed::Open => "left something unfinished: the next apply finishes it".to_owned(),
        Needed::By(run) => format!("says what became of run {}, which stays", clean(run)),
        Needed::Last => "the last run of this service and account".to_owned(),
    }
}

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

/// `Saved 12 configurations of 3 domains to `before.json`.`
pub(super) fn human_snapshot(saved: &Saved, file: &str) -> String {
    let (domains, configurations) = sizes(saved);
    format!(
        "Saved {} of {} to `{}`.\n",
        counted(configurations, "configuration"),
        counted(domains, "domain"),
        clean(file)
    )
}

/// `snapshot --format json`.
pub(super) fn snapshot_json(saved: &Saved, file: &str, exit: Exit) -> String {
    #[derive(Serialize)]
    struct SnapshotSummary<'a> {
        format_version: &'static str,
        file: &'a str,
        target: &'a str,
        account: Option<&'a str>,
        time: String,
        domains: usize,
        configurations: usize,
        exit: Exit,
    }
    let (domains, configurations) = sizes(saved);
    let Saved { time, target, account, .. } = saved;
    let account = account.as_deref();
    let time = time.to_string();
    pretty(&SnapshotSummary {
        format_version: FORMAT_VERSION,
        file,
        target,
        account,
        time,
        domains,
        configurations,
        exit,
    })
}

fn sizes(saved: &Saved) -> (usize, usize) {
    let domains = &saved.snapshot.domains;
    (domains.len(), domains.values().map(|domain| domain.configs.len()).sum())
}
