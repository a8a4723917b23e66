//! What earlier runs left open, and what became of it: in words.

use super::style::{Style, Tone, wrap};
use crate::apply::journal::{LeftOpen, LeftOpenFound, LeftOpenKind, LeftOpenNow};
use crate::gate::clean;
use crate::model::Address;
use crate::plan::{ActionKind, GapCause};

/// What stands again was perhaps never gone: beside an app-wide entry that is every other one of its domain.
pub(super) fn weighty(looked: &[LeftOpenNow]) -> Vec<&LeftOpenNow> {
    looked.iter().filter(|one| one.found != Some(LeftOpenFound::Back)).collect()
}

/// A paragraph for each run, before the plan; empty where nothing was left open.
pub(super) fn human_left_open(looked: &[&LeftOpenNow], style: Style) -> String {
    let mut runs: Vec<&str> = looked.iter().map(|one| one.open.run.as_str()).collect();
    runs.sort_unstable();
    runs.dedup();
    let mut text = String::new();
    for run in runs {
        let of_run: Vec<&LeftOpenNow> = looked.iter().copied().filter(|one| one.open.run == run).collect();
        let what =
            if of_run.len() == 1 { "one change".to_owned() } else { format!("{} changes", of_run.len()) };
        let head = format!("Run {} left {what} open:", clean(run));
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

/// What is said when a run ends at once, with writes that nobody waits for any more.
pub fn unresolved(addresses: &[Address], style: Style) -> String {
    if addresses.is_empty() {
        return "interrupted again: ended at once; no write is unresolved\n".to_owned();
    }
    let mut text = style.paint(Tone::Danger, "interrupted again: ended at once; unresolved:");
    for address in addresses {
        text.push_str(&format!("\n  {}", clean(&address.to_string())));
    }
    text.push_str("\nthe next apply reads what became of them\n");
    text
}

/// What became of one change, a lowercase fragment.
pub(super) fn story(one: &LeftOpenNow) -> String {
    let LeftOpen { kind, .. } = &one.open;
    let Some(found) = one.found else {
        return "not looked at, since this run is not about it".to_owned();
    };
    match (kind, found) {
        (_, LeftOpenFound::GivenUp) => "nothing stands there, as the files want it".to_owned(),
        (LeftOpenKind::Change { action: ActionKind::Replace, .. }, found) => replaced(found).to_owned(),
        (LeftOpenKind::Change { action, .. }, found) => written(action.first_call(), found),
        (LeftOpenKind::Lost(GapCause::Replace), LeftOpenFound::Gap) => {
            "deleted to be added anew, and nothing stands there".to_owned()
        }
        (LeftOpenKind::Lost(GapCause::AppWide), LeftOpenFound::Gap) => {
            "it went with an app-wide entry, and nothing stands there".to_owned()
        }
        (LeftOpenKind::Lost(_), _) => "something stands there again".to_owned(),
    }
}

fn replaced(found: LeftOpenFound) -> &'static str {
    match found {
        LeftOpenFound::Arrived => "the new entry stands there",
        LeftOpenFound::Pending => "the old entry stands there; what was sent may still arrive",
        LeftOpenFound::NotArrived => "the old entry stands there",
        LeftOpenFound::Gap | LeftOpenFound::Gone | LeftOpenFound::GivenUp => {
            "the Delete arrived, the Add does not show: nothing stands there"
        }
        LeftOpenFound::Back | LeftOpenFound::Otherwise => {
            "neither the old entry nor the new one stands there, but another one"
        }
    }
}

fn written(call: &str, found: LeftOpenFound) -> String {
    match found {
        LeftOpenFound::Arrived => format!("the {call} arrived"),
        LeftOpenFound::Pending => format!("the {call} does not show yet; it may still arrive"),
        LeftOpenFound::NotArrived => format!("the {call} does not show: all is as before it"),
        LeftOpenFound::Gap | LeftOpenFound::Gone | LeftOpenFound::GivenUp => "it is gone".to_owned(),
        LeftOpenFound::Back | LeftOpenFound::Otherwise => "something else stands there".to_owned(),
    }
}
