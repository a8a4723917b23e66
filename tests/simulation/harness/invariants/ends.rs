//! How runs must end.

use std::time::Duration;

use livevod::apply::Outcome;
use livevod::model::{Address, Field, Value};
use livevod::plan::{ActionKind, Plan, Reason};
use livevod::resolve::Entry;

use super::super::process::{End, SETTLE};
use super::super::story::{Call, failure};
use super::super::truth::folded;
use super::super::weather::Step;
use super::super::{Afterwards, Run};
use super::writes::{is_seen, shown};
use super::{View, changes, is_foreign_between, went_along};

/// After a replace, the new or the old entry records again, unless both were refused or the process
/// died; then the next process repairs it.
pub(super) fn a_failed_replace_leaves_something(run: &Run) -> Result<(), String> {
    for view in View::all(run) {
        if matches!(run.processes[view.number - 1].end, End::Died) {
            continue;
        }
        let replaces =
            view.plan.decisions.changes.iter().filter(|change| change.action() == ActionKind::Replace);
        for change in replaces {
            let address = folded(&change.address);
            let end = run.story.iter().rposition(|one| one.process == view.number).unwrap_or(0);
            // What an app-wide Delete takes along after its replace is checked with the other configurations beside that one.
            let own = changes(run).filter(|(_, process, changed, author)| {
                *process == view.number && author.is_own() && changed.address == address
            });
            let is_deleted =
                own.last().is_some_and(|(at, _, changed, author)| !went_along(run, at, changed, author));
            let is_there = run.truth.seen_by(end).contains_key(&address);
            let by_others = is_foreign_between(run, view.start(), end, &address);
            let could = !is_out_of_time(view, &address)
                && is_seen_gone(view, &address)
                && !was_tried_twice(view, &address)
                && !is_shown_late(view, &address)
                && !is_locked_out(view, &address)
                && !view.is_without_key_at(end);
            if is_deleted && !is_there && !by_others && could {
                return Err(format!("{address} was deleted to be replaced, and nothing stands there"));
            }
        }
    }
    Ok(())
}

/// Known gap: with a deadline below the settle time, slow reads after a lost Add can use it up before a second Add.
fn is_out_of_time(view: View, address: &Address) -> bool {
    let mut adds = view.writes().filter(|(_, call, own)| call.step == Step::Add && *own == address);
    view.run.scene.call.deadline < SETTLE && adds.any(|(_, call, _)| call.is_ambiguous())
}

/// Whether the Delete was answered with success, or a reading showed its effect before the change ended.
fn is_seen_gone(view: View, address: &Address) -> bool {
    let end = view.finished().find(|(_, one)| folded(&one.address) == *address);
    let end = end.map_or(usize::MAX, |(at, _)| at);
    let deletes = view.writes().filter(|(_, call, own)| call.step == Step::Delete && *own == address);
    let Some((at, delete, _)) = deletes.last() else { return false };
    let shows_none = |(look, call): (usize, &Call)| {
        look > at
            && look < end
            && is_seen(view.run, look, call, address)
            && shown(view.run, look, call, address).is_none()
    };
    delete.is_answered() || view.calls().any(shows_none)
}

/// Whether the last reading showed the old entry from before its Delete, so that it seemed to be why the Add was refused.
fn is_shown_late(view: View, address: &Address) -> bool {
    let last = view.calls().filter(|(at, call)| is_seen(view.run, *at, call, address)).last();
    last.is_some_and(|(at, call)| !call.stale.is_zero() && shown(view.run, at, call, address).is_some())
}

/// Whether the new entry and the old one were both refused for good.
fn was_tried_twice(view: View, address: &Address) -> bool {
    let adds = view.writes().filter(|(_, call, own)| call.step == Step::Add && *own == address);
    let refused = adds.filter(|(at, call, _)| call.is_refused() || is_overlapped(view, *at, call, address));
    refused.count() >= 2
}

/// Whether the service refused an Add that it refuses as long as another entry overlaps, even if its answer was spoilt.
fn is_overlapped(view: View, at: usize, call: &Call, address: &Address) -> bool {
    let part = |wide: &str, other: &str| wide == "*" || wide == other;
    let covers =
        |wide: &Address, other: &Address| part(&wide.app, &other.app) && part(&wide.stream, &other.stream);
    let overlaps = |other: &Address| {
        other != address
            && other.domain == address.domain
            && (covers(other, address) || covers(address, other))
    };
    view.run.scene.has_quirk("overlap=refused")
        && call.fate == "refused"
        && view.run.truth.seen_by(at).keys().any(overlaps)
}

/// Whether the last reading was refused for good, so that nothing more could be done. After a refused Add, the old entry is tried.
fn is_locked_out(view: View, address: &Address) -> bool {
    let last = view.calls().filter(|(_, call)| call.is_about(address)).last();
    last.is_some_and(|(_, call)| {
        call.step != Step::Add
            && call.is_refused()
            && call.code.as_deref().is_some_and(|code| code.starts_with("Invalid"))
    })
}

/// Without faults, no outcome is unknown, and nothing fails except what the account itself refuses.
pub(super) fn a_run_without_faults_knows_what_it_did(run: &Run) -> Result<(), String> {
    for view in View::all(run).filter(|view| view.number > 1) {
        for (_, outcome) in view.finished() {
            let message = failure(&outcome.outcome).map(|failure| failure.cause.to_string());
            let folds =
                outcome.address != folded(&outcome.address) && !run.scene.has_quirk("name-case=sensitive");
            match outcome.outcome {
                Outcome::Unknown(_) if !folds && !is_slow(run) => {
                    return Err(format!("{} is unknown without a fault: {message:?}", outcome.address));
                }
                Outcome::Failed(_) if excuses(run, view.plan).is_empty() => {
                    return Err(format!("{} failed without a fault: {message:?}", outcome.address));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// The second process, without faults, leaves nothing to do for a third, or reports why.
pub(super) fn it_converges_or_refuses(run: &Run) -> Result<(), String> {
    let [_, second, third] = &run.processes[..] else { return Err("a process is missing".to_owned()) };
    if !third.plan.notes.unread.is_empty() {
        return Err(format!("{:?} can't be read without a fault", third.plan.notes.unread));
    }
    if third.plan.decisions.changes.is_empty() {
        return Ok(());
    }
    let reasons = match &second.end {
        End::Refused(reasons) => reasons.clone(),
        End::Applied(report) => report
            .outcomes
            .iter()
            .filter_map(|one| failure(&one.outcome))
            .map(|one| one.cause.to_string())
            .collect(),
        End::Died => Vec::new(),
    };
    let left: Vec<String> = third
        .plan
        .decisions
        .changes
        .iter()
        .map(|change| format!("{:?} {}", change.action(), change.address))
        .collect();
    match excuses(run, &second.plan) {
        excuses if reasons.is_empty() => Err(format!("{left:?} is left without a reason ({excuses:?})")),
        excuses if excuses.is_empty() => Err(format!("{left:?} is left, and {reasons:?} is no excuse")),
        _ => Ok(()),
    }
}

/// Whether each page of a listing takes long after the one before.
fn is_slow(run: &Run) -> bool {
    run.scene.call.per_minute.get() < 600 && !run.scene.has_quirk("page-cap=asked")
}

/// Cases in which no client could do better.
fn excuses(run: &Run, plan: &Plan) -> Vec<&'static str> {
    let scene = &run.scene;
    let wide = plan.decisions.changes.iter().any(|change| change.may_take_along());
    let folds = plan.decisions.changes.iter().any(|change| change.address != folded(&change.address));
    // Or reading back all pages takes longer than the deadline.
    let is_short = scene.call.deadline <= Duration::from_secs(5);
    let is_too_slow = is_slow(run) && (is_short || !scene.call.freshness.is_zero());
    let all = [
        ("a guard that nothing releases", !plan.notes.held.is_empty()),
        ("the service takes siblings along", wide && scene.has_quirk("app-wide-delete=with-siblings")),
        ("the service takes no entries beside app-wide ones", scene.has_quirk("overlap=refused")),
        ("the service forgets letter case", folds && !scene.has_quirk("name-case=sensitive")),
        ("no listing is as fast as a look must be", is_too_slow),
    ];
    all.into_iter().filter(|(_, holds)| *holds).map(|(name, _)| name).collect()
}

/// Siblings that were removed with an app-wide entry, in any process, exist again when all processes are over: if the process
/// died, the next one adds them back from the journal.
pub(super) fn what_went_along_is_back_in_the_end(run: &Run) -> Result<(), String> {
    let [_, second, third] = &run.processes[..] else { return Err("a process is missing".to_owned()) };
    let is_refused = matches!(&second.end, End::Refused(reasons) if !reasons.is_empty());
    let removes = |plan: &Plan| plan.decisions.changes.iter().any(|change| change.may_take_along());
    if is_refused || removes(&second.plan) || run.scene.has_quirk("overlap=refused") {
        return Ok(());
    }
    for (at, process, changed, author) in changes(run).filter(|(_, process, _, _)| *process == 1) {
        let address = &changed.address;
        let view = View { run, number: process, plan: &run.processes[0].plan };
        let could = changed.before.as_ref().is_some_and(|remote| remote.unsupported.is_none());
        let is_along = author.is_own() && changed.after.is_none() && could && view.change(address).is_none();
        let by_others = is_foreign_between(run, view.start(), run.story.len(), address);
        let is_planned =
            third.plan.decisions.changes.iter().any(|change| folded(&change.address) == *address);
        // A configuration that is now ignored, or can no longer be managed, stays deleted, and the plan says so.
        let is_told = [second, third].iter().any(|process| tells_of(&process.plan, address));
        if is_along && !by_others && !is_planned && !is_told && !run.truth.last().contains_key(address) {
            return Err(format!("{address} went along at {:?}, and is gone for good", run.story[at].at));
        }
    }
    Ok(())
}

/// In the end, the entry of a replace in the first process has all fields that no file mentions, even if the next process
/// finished the replace.
pub(super) fn a_finished_replace_keeps_what_no_file_mentions(run: &Run) -> Result<(), String> {
    let view = View { run, number: 1, plan: &run.processes[0].plan };
    for change in view.plan.decisions.changes.iter().filter(|change| change.action() == ActionKind::Replace) {
        let address = folded(&change.address);
        let is_removed = changes(run).any(|(_, process, changed, author)| {
            process == 1 && author.is_own() && changed.address == address && changed.after.is_none()
        });
        let by_others = is_foreign_between(run, view.start(), run.story.len(), &address);
        let found = run.truth.last().get(&address).filter(|_| is_removed && !by_others);
        if let (Some(found), Some(before), Some(after)) = (found, change.before(), change.after()) {
            let written = run.scene.desired.get(&change.address).and_then(Entry::resolved);
            // What a file mentions is as it says. Settings of a format go with it.
            let is_left = |field: &Field| match field {
                Field::Unknown | Field::Format(_) => false,
                Field::Part(format, _) => after.get(Field::Format(*format)) != Value::Unset,
                _ => field.is_of_2026(),
            };
            let is_unwritten =
                |field: &Field| written.is_some_and(|written| written.config.get(*field) == Value::Unset);
            let is_lost = |field: &Field| {
                !matches!(before.get(*field), Value::Unset) && before.get(*field) != found.config.get(*field)
            };
            let mut left = Field::leaves().filter(|field| is_left(field) && is_unwritten(field));
            if let Some(lost) = left.find(is_lost) {
                return Err(format!("{address} lost its {}, which no file mentions", lost.name()));
            }
        }
    }
    Ok(())
}

/// A loss that a later process repaired is over, whatever the clocks say: if another client removes the entry on purpose, no
/// journal causes a plan to add it back.
pub(super) fn what_was_made_good_is_never_planned_back(run: &Run) -> Result<(), String> {
    let Some(Afterwards { removed, plan }) = &run.afterwards else { return Ok(()) };
    let by_journal = |reason: &Reason| matches!(reason, Reason::FinishesReplace | Reason::PutsBack);
    let back = plan
        .decisions
        .changes
        .iter()
        .find(|change| removed.contains(&change.address) && by_journal(&change.reason));
    match back {
        Some(change) => Err(format!(
            "{} was removed on purpose, and is planned back: {:?}",
            change.address, change.reason
        )),
        None => Ok(()),
    }
}

fn tells_of(plan: &Plan, address: &Address) -> bool {
    let warned = plan.notes.warnings.iter().filter_map(|warning| warning.address.as_ref());
    let unsupported = plan.notes.unsupported.iter().map(|unsupported| &unsupported.address);
    warned.chain(unsupported).any(|told| folded(told) == *address)
}
