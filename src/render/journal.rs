//! What earlier runs did, and what a snapshot contains.

use serde::Serialize;

use super::documents::{AddressRow, Context, FORMAT_VERSION, Finding, findings, pretty};
use super::exit::Exit;
use super::phrases::{account, counted, outcome_mark};
use super::style::{Style, Tone, columns, pad, request, wrap};
use crate::apply::journal::{
    End, Ending, Finished, Header, LeftOpenFound, Planned, Resolved, RunRecord, RunState,
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
        let time = time.strftime("%Y-%m-%d %H:%M:%S UTC");
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
    let named = [
        (done, "done"),
        (failed, "failed"),
        (not_attempted, "not attempted"),
        (unknown, "unknown"),
        (open - unknown.min(open), "without outcome"),
    ];
    let counts: Vec<String> =
        named.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{count} {name}")).collect();
    let counts = if counts.is_empty() { "nothing written".to_owned() } else { counts.join(", ") };
    match run.state() {
        RunState::Unfinished => (Some(Tone::Danger), format!("unfinished: {counts}")),
        RunState::Interrupted => (Some(Tone::Warning), format!("interrupted: {counts}")),
        RunState::Finished if open > 0 => (Some(Tone::Danger), counts),
        RunState::Finished if failed + not_attempted > 0 => (Some(Tone::Warning), counts),
        RunState::Finished => (None, counts),
    }
}

/// All about one run.
pub(super) fn human_run(run: &RunRecord, style: Style) -> String {
    let Header { run: id, command, livevod, time, digest, snapshot, .. } = &run.header;
    let (_, what) = state(run);
    let command = command.as_ref().map(|command| format!(" {} {}", style.dot(), clean(command)));
    let mut lines = vec![
        style.paint(Tone::Strong, &format!("Run {}{}", clean(id), command.unwrap_or_default())),
        place(&run.header, style),
        format!("started {}, by livevod {}", time.strftime("%Y-%m-%d %H:%M:%S UTC"), clean(livevod)),
        what,
        format!("digest {}", clean(digest)),
    ];
    lines.extend(snapshot.as_ref().map(|file| format!("snapshot before the run: {}", clean(file))));
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
    for change in &run.header.changes {
        lines.extend(change_lines(run, change, style));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn change_lines(run: &RunRecord, change: &Planned, style: Style) -> Vec<String> {
    let address = clean(&change.address.to_string());
    let ending = run.ending(&change.address);
    let wrote = run.intents.iter().any(|intent| intent.address == change.address);
    let outcome = match ending {
        Some(ending) => end_text(ending.outcome),
        None if wrote => "without outcome: a write may have been sent",
        None => "not started",
    };
    let (mark, tone) = outcome_mark(change.action, ending.map(|ending| ending.outcome), wrote);
    let marker = style.paint(tone, &format!("{mark:>3}"));
    let width = 3 + columns(&format!(" {address} {outcome}"));
    let id = ending.and_then(|ending| ending.request_id.as_deref());
    let id = id.map(|id| request(id, width, style)).unwrap_or_default();
    let mut lines = vec![format!("{marker} {address} {outcome}{id}")];
    if let Some(message) = ending.and_then(|ending| ending.message.as_ref()) {
        let wrapped = wrap(&clean(message), style.width.saturating_sub(6).max(20));
        lines.extend(wrapped.into_iter().map(|line| format!("      {line}")));
    }
    lines
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
        let ending = run.ending(&change.address);
        ChangeRow {
            address: AddressRow::new(&change.address),
            action: change.action,
            outcome: ending.map(|ending| ending.outcome),
            request_id: ending.and_then(|ending| ending.request_id.clone()),
            message: ending.and_then(|Ending { message, .. }| message.clone()),
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

#[derive(Serialize)]
struct RunsDocument<'a> {
    format_version: &'static str,
    runs: Vec<RunRow<'a>>,
    diagnostics: Vec<Finding<'a>>,
    exit: Exit,
}

#[derive(Serialize)]
struct RunDocument<'a> {
    format_version: &'static str,
    run: RunRow<'a>,
    changes: Vec<ChangeRow<'a>>,
    resolved: Vec<ResolvedRow<'a>>,
    exit: Exit,
}

#[derive(Serialize)]
struct RunRow<'a> {
    run: &'a str,
    time: String,
    command: Option<&'a str>,
    livevod: &'a str,
    target: &'a str,
    account: Option<&'a str>,
    digest: &'a str,
    snapshot: Option<&'a str>,
    state: &'static str,
    planned: Summary,
    outcomes: Counts,
    calls: Option<u64>,
}

#[derive(Serialize)]
struct ChangeRow<'a> {
    #[serde(flatten)]
    address: AddressRow<'a>,
    action: ActionKind,
    outcome: Option<End>,
    request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

#[derive(Serialize)]
struct ResolvedRow<'a> {
    time: String,
    run: &'a str,
    #[serde(flatten)]
    address: AddressRow<'a>,
    found: LeftOpenFound,
}

impl<'a> ResolvedRow<'a> {
    fn of(resolved: &'a Resolved) -> Self {
        let Resolved { time, run, address, found } = resolved;
        Self { time: time.to_string(), run, address: AddressRow::new(address), found: *found }
    }
}

#[derive(Serialize)]
struct Counts {
    done: usize,
    failed: usize,
    not_attempted: usize,
    unknown: usize,
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
            livevod,
            target,
            account: account.as_deref(),
            digest,
            snapshot: snapshot.as_deref(),
            state: match run.state() {
                RunState::Finished => "finished",
                RunState::Interrupted => "interrupted",
                RunState::Unfinished => "unfinished",
            },
            planned: *summary,
            outcomes: Counts::of(run),
            calls: run.finished.map(|Finished { calls, .. }| calls),
        }
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
