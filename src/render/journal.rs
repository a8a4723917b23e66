//! What earlier runs did, for people.

use indexmap::IndexMap;
use jiff::Timestamp;

use super::left_open::by_outcome;
use super::phrases::{account, counted, known, moment, outcome_mark};
use super::review::{human_step, steps_between};
use super::style::{Style, Tone, columns, pad, request, wrap};
use crate::apply::journal::{
    End, Header, LeftOpenFound, Needed, Planned, Pruning, ReleasedGuard, Resolved, RunRecord, RunState,
    StartedBy,
};
use crate::gate::clean;
use crate::plan::Summary;

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
            for line in wrap(&place, style.width) {
                text.push_str(&format!("{}\n", style.paint(Tone::Strong, &line)));
            }
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
    let [done, failed, not_attempted, unknown] =
        [End::Done, End::Failed, End::NotAttempted, End::Unknown].map(|end| run.count(end));
    let open = run.open();
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
    let mut lines =
        vec![style.paint(Tone::Strong, &format!("Run {}{}", clean(id), command.unwrap_or_default()))];
    lines.extend(wrap(&place(&run.header, style), style.width));
    lines.extend(wrap(&format!("started {}, by livevod {}", moment(*time), clean(livevod)), style.width));
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

    pub(super) fn removed(&self) -> impl Iterator<Item = &'a RunRecord> {
        self.pruning.removed.iter().filter_map(|id| self.run(id))
    }
}

/// What was removed, and which old runs stay and why.
pub(super) fn human_pruned(pruned: &Pruned, style: Style) -> String {
    let Pruned { runs: _, pruning: Pruning { removed, kept }, before, dry_run } = pruned;
    let before = moment(*before);
    let verb = if *dry_run { "would be removed" } else { "removed" };
    let mut text = match removed.len() {
        0 => format!("Nothing to remove: no run from before {before} can be removed.\n"),
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

pub(super) fn needed_text(needed: &Needed) -> String {
    match needed {
        Needed::Open => "left something unfinished: the next apply finishes it".to_owned(),
        Needed::By(run) => format!("says what became of run {}, which stays", clean(run)),
        Needed::Last => "the last run of this service and account".to_owned(),
    }
}
