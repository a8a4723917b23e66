//! What earlier runs left unfinished, and its outcome, in words.

use super::style::{Style, Tone, wrap};
use crate::apply::journal::{EndsAtOnce, LeftOpen, LeftOpenFound, LeftOpenKind, LeftOpenNow};
use crate::gate::clean;
use crate::plan::{ActionKind, GapCause};

/// All but those found to exist again: next to an app-wide change these are all other configurations of its domain, and
/// they were perhaps never gone.
pub(super) fn weighty(looked: &[LeftOpenNow]) -> Vec<&LeftOpenNow> {
    looked.iter().filter(|one| one.found != Some(LeftOpenFound::Back)).collect()
}

/// A paragraph for each run, before the plan; empty if nothing was left unfinished.
pub(super) fn human_left_open(looked: &[&LeftOpenNow], style: Style) -> String {
    let mut runs: Vec<&str> = looked.iter().map(|one| one.open.run.as_str()).collect();
    runs.sort_unstable();
    runs.dedup();
    let mut text = String::new();
    for run in runs {
        let of_run: Vec<&LeftOpenNow> = looked.iter().copied().filter(|one| one.open.run == run).collect();
        let what =
            if of_run.len() == 1 { "one change".to_owned() } else { format!("{} changes", of_run.len()) };
        let head = format!("Run {} left {what} unfinished:", clean(run));
        text.push_str(&style.paint(Tone::Strong, &head));
        text.push('\n');
        for one in of_run {
            let line = format!("{}: {}", clean(&one.open.address.to_string()), story(one));
            for (at, line) in wrap(&line, style.width.saturating_sub(4).max(20)).iter().enumerate() {
                text.push_str(if at == 0 { "  " } else { "    " });
                text.push_str(line);
                text.push('\n');
            }
        }
        text.push('\n');
    }
    text
}

/// The message when a run ends at once, without waiting for its writes: the counts that `journal` shows of it.
pub fn ended_at_once(ends: &EndsAtOnce, style: Style) -> String {
    let EndsAtOnce { done, failed, not_attempted, unknown } = ends;
    let counts =
        [(*done, "done"), (*failed, "failed"), (*not_attempted, "not attempted"), (unknown.len(), "UNKNOWN")];
    let text = format!("interrupted again: the run ended at once: {}", by_outcome(&counts));
    if unknown.is_empty() {
        return format!("{text}\n");
    }
    let mut text = style.paint(Tone::Danger, &text);
    for (at, address) in unknown.iter().enumerate() {
        if at == NAMED && unknown.len() > NAMED + 1 {
            text.push_str(&format!("\n  {} and {} more UNKNOWN", style.ellipsis(), unknown.len() - at));
            break;
        }
        text.push_str(&format!("\n  ! {} UNKNOWN", clean(&address.to_string())));
    }
    text.push_str("\nthe next plan shows what became of them, and the next apply continues\n");
    text
}

/// Unknown outcomes that are named.
const NAMED: usize = 20;

/// `2 done, 1 failed`: what is not zero.
pub(super) fn by_outcome(counts: &[(usize, &str)]) -> String {
    let named = counts.iter().filter(|(count, _)| *count > 0);
    let named: Vec<String> = named.map(|(count, name)| format!("{count} {name}")).collect();
    if named.is_empty() { "nothing written".to_owned() } else { named.join(", ") }
}

/// The outcome of one change, a lowercase fragment.
pub(super) fn story(one: &LeftOpenNow) -> String {
    let LeftOpen { kind, .. } = &one.open;
    let Some(found) = one.found else {
        return "not checked: its address was not read or not selected".to_owned();
    };
    match (kind, found) {
        (_, LeftOpenFound::GivenUp) => "there is no configuration now, and the files ask for none".to_owned(),
        (LeftOpenKind::Change { action: ActionKind::Replace, .. }, found) => replaced(found).to_owned(),
        (LeftOpenKind::Change { action, .. }, found) => written(action.first_call(), found),
        (LeftOpenKind::Lost(GapCause::Replace), LeftOpenFound::Gap) => {
            "deleted for a replace and not created again".to_owned()
        }
        (LeftOpenKind::Lost(GapCause::AppWide), LeftOpenFound::Gap) => {
            "deleted together with an app-wide configuration and not added back".to_owned()
        }
        (LeftOpenKind::Lost(_), _) => "there is a configuration again".to_owned(),
    }
}

fn replaced(found: LeftOpenFound) -> &'static str {
    match found {
        LeftOpenFound::Arrived => "the new configuration is in place",
        LeftOpenFound::Pending => "the old configuration is in place; the writes may still arrive",
        LeftOpenFound::NotArrived => "the old configuration is in place",
        LeftOpenFound::Gap | LeftOpenFound::Gone | LeftOpenFound::GivenUp => {
            "the Delete took effect, but the Add is not visible: no configuration exists now"
        }
        LeftOpenFound::Back | LeftOpenFound::Otherwise => {
            "a configuration is in place that is neither the old nor the new one"
        }
    }
}

fn written(call: &str, found: LeftOpenFound) -> String {
    match found {
        LeftOpenFound::Arrived => format!("the {call} was carried out"),
        LeftOpenFound::Pending => format!("the {call} is not visible yet; it may still arrive"),
        LeftOpenFound::NotArrived => format!("the {call} is not visible: the configuration is as before"),
        LeftOpenFound::Gap | LeftOpenFound::Gone | LeftOpenFound::GivenUp => {
            "the configuration is gone".to_owned()
        }
        LeftOpenFound::Back | LeftOpenFound::Otherwise => "there is a different configuration now".to_owned(),
    }
}
