//! What may be written, where, and after which readings.

use livevod::api::Error;
use livevod::apply::Outcome;
use livevod::apply::journal::{self, Intent};
use livevod::model::{Address, Field, RecordConfig, Remote};
use livevod::plan::{ActionKind, Change, Contingent, Reason};
use livevod::resolve::Accepted;

use super::super::Run;
use super::super::files::OTHER_GROUP;
use super::super::process::End;
use super::super::story::{Author, Call, Target, What, failure};
use super::super::truth::{Changed, State, folded};
use super::super::weather::{SHORT, Step};
use super::{View, changes, is_after, is_as, is_before, is_foreign_between, went_along};

/// Contingent writes are in the plan. Nothing else may be sent, whatever its outcome, and the values that are written are those of
/// the
/// plan.
pub(super) fn only_what_is_planned_is_written(run: &Run) -> Result<(), String> {
    for view in View::all(run) {
        let process = &run.processes[view.number - 1];
        for (_, call, address) in view.writes() {
            if let End::Refused(reasons) = &process.end {
                return Err(format!("{} of {address} although refused: {reasons:?}", call.step.name()));
            }
            if !is_planned(view, call.step, address) {
                return Err(format!("nobody planned the {} of {address}", call.step.name()));
            }
        }
    }
    for (at, process, changed, _) in changes(run).filter(|(_, _, _, author)| author.is_own()) {
        let view = View::all(run).find(|view| view.number == process);
        if !view.is_some_and(|view| is_result(view, at, changed)) {
            return Err(format!("{} was written otherwise than planned: {changed:?}", changed.address));
        }
    }
    Ok(())
}

fn is_planned(view: View, step: Step, address: &Address) -> bool {
    let action = view.change(address).map(|change| change.action());
    match step {
        Step::Add => {
            matches!(action, Some(ActionKind::Create | ActionKind::Replace)) || is_sibling(view, address)
        }
        Step::Update => action == Some(ActionKind::Update),
        Step::Delete => matches!(action, Some(ActionKind::Delete | ActionKind::Replace)),
        Step::Identify | Step::Assume | Step::Plan | Step::Compare | Step::Confirm | Step::List => false,
    }
}

/// Whether the plan has an app-wide change in the domain that may add siblings back.
pub(super) fn is_sibling(view: View, address: &Address) -> bool {
    view.plan.decisions.changes.iter().any(|change| {
        change.contingent.contains(&Contingent::AddSiblingsBack)
            && change.address.domain == address.domain
            && folded(&change.address) != *address
    })
}

/// Whether a change of the account is one that the plan could lead to.
fn is_result(view: View, at: usize, changed: &Changed) -> bool {
    let Changed { address, before, after } = changed;
    let found = after.as_deref();
    let planned = view.change(address).is_some_and(|change| match change.action() {
        ActionKind::Create => is_after(change, found),
        ActionKind::Update => is_after(change, found) || is_update_of_another(view, at, change, changed),
        ActionKind::Delete => found.is_none(),
        ActionKind::Replace => found.is_none() || is_filled(change, found),
    });
    let went_along =
        before.is_some() && found.is_none() && view.run.scene.has_quirk("app-wide-delete=with-siblings");
    let came_back = before.is_none() && was_there(view, address, found);
    planned || (is_sibling(view, address) && (went_along || came_back))
}

/// An Update may hit an entry that another client added after the reading: it keeps the fields that an Update can't set.
fn is_update_of_another(view: View, at: usize, change: &Change, changed: &Changed) -> bool {
    let Changed { address, before, after } = changed;
    let (Some(wanted), Some(old), Some(new)) = (change.after(), before, after) else { return false };
    let mut wanted = wanted.clone();
    for field in Field::ALL.into_iter().filter(|field| field.needs_add()) {
        wanted.set(field, old.config.get(field));
    }
    is_foreign_between(view.run, view.start(), at, address) && is_as(Some(&wanted), Some(new), true)
}

/// The new entry, or the old one added back.
fn is_filled(change: &Change, found: Option<&Remote>) -> bool {
    is_as(change.after(), found, true) || is_as(change.before(), found, true)
}

fn was_there(view: View, address: &Address, found: Option<&Remote>) -> bool {
    let Some(found) = found else { return false };
    let mut states = view.run.truth.between(0, usize::MAX);
    states.any(|state| {
        state.get(address).is_some_and(|old| is_as(Some(&old.config.clone().normalized()), Some(found), true))
    })
}

/// Unmanaged, ignored, unmanageable and protected configurations, and those of domains that no file names.
pub(super) fn what_is_not_ours_stays_as_it_is(run: &Run) -> Result<(), String> {
    for (_, process, changed, author) in changes(run).filter(|(_, _, _, author)| author.is_own()) {
        let Changed { address, before, after } = changed;
        // Siblings that the service removes, and those that may be added back, are checked by another invariant.
        let is_beside = View::all(run).any(|view| view.number == process && is_sibling(view, address));
        let is_put_back = View::all(run).any(|view| view.number == process && puts_back(view, address));
        if is_put_back || (is_beside && (before.is_none() || after.is_none())) {
            continue;
        }
        if let Some(whose) = whose(run, changed) {
            return Err(format!("{author:?} wrote to {address}, which is {whose}"));
        }
    }
    Ok(())
}

/// Whether the plan adds back what an earlier run removed.
fn puts_back(view: View, address: &Address) -> bool {
    view.change(address).is_some_and(|change| matches!(change.reason, Reason::PutsBack))
}

/// Why livevod must not touch an address, from the files and the account alone.
fn whose(run: &Run, changed: &Changed) -> Option<&'static str> {
    let Changed { address, before, after } = changed;
    let desired = &run.scene.desired;
    let Some(domain) = desired.domains.get(&address.domain) else { return Some("of a domain not named") };
    let matches = |patterns: &[livevod::source::Spanned<livevod::model::Pattern>]| {
        patterns.iter().any(|pattern| pattern.value.matches(address))
    };
    let is_declared = domain.entries.keys().any(|declared| folded(declared) == *address);
    if matches(&desired.ignore) {
        Some("ignored")
    } else if !address.is_nameable() {
        Some("what no file could name")
    } else if before.as_ref().is_some_and(|remote| remote.unsupported.is_some()) {
        Some("what can't be managed")
    } else if after.is_none() && matches(&desired.protect) {
        Some("protected")
    } else if !is_declared && domain.prunes(address).is_none() {
        Some("not managed")
    } else {
        None
    }
}

/// A field that the files accept is never written to another value than it had when the change was planned. This knows
/// only the files and the account. Of a field that only one of the two kinds has, nothing is said where the kinds differ.
pub(super) fn what_is_accepted_is_written_as_it_stood(run: &Run) -> Result<(), String> {
    for (at, process, changed, _) in changes(run).filter(|(_, _, _, author)| author.is_own()) {
        let view = View::all(run).find(|view| view.number == process);
        let Some(change) = view.and_then(|view| view.change(&changed.address)) else { continue };
        let (Some(stood), Some(written)) = (change.before(), &changed.after) else { continue };
        // An Update may hit what another client has made of it since.
        if view.is_none_or(|view| is_foreign_between(run, view.start(), at, &changed.address)) {
            continue;
        }
        let written = written.config.clone().normalized();
        let differing = stood.differences(&written);
        for accepted in accepted_at(run, &change.address, stood) {
            let counts = match accepted.field.value {
                Field::ComposeVodTranscodeGroup => stood.auto_compose && written.auto_compose,
                field if Field::CLASSIC.contains(&field) => !stood.is_by_format() && !written.is_by_format(),
                _ => true,
            };
            if let Some(field) =
                differing.iter().find(|field| counts && field.whole() == accepted.field.value)
            {
                return Err(format!("{}: {field} is accepted, and was written", changed.address));
            }
        }
    }
    Ok(())
}

/// The entries of `accept` that cover what stood at an address.
fn accepted_at<'a>(run: &'a Run, address: &Address, stood: &RecordConfig) -> Vec<&'a Accepted> {
    let is_value = |accepted: &Accepted| {
        let field = accepted.field.value;
        accepted.value.as_ref().is_none_or(|value| match &value.written {
            livevod::model::Value::Text(name) if name == "sd" => stood.vod_transcode_group == OTHER_GROUP,
            written => stood.get(field) == *written,
        })
    };
    let all = run.scene.desired.accept.iter();
    all.filter(|accepted| accepted.address.value.matches(address) && is_value(accepted)).collect()
}

/// An Update or Delete is sent only if a reading showed exactly what the plan saw, after the last write to its address that
/// may have been carried out, and if no later reading showed something else. A reading that was not stale was true at its moment,
/// so no earlier change of another client is overwritten.
pub(super) fn every_write_rests_on_a_look(run: &Run) -> Result<(), String> {
    for view in View::all(run) {
        for (at, call, address) in view.writes().filter(|(_, call, _)| call.step != Step::Add) {
            let Some(change) = view.change(address) else { continue };
            let looks = looks(view, at, address);
            let Some((look, last)) = looks.last() else {
                return Err(format!("{} of {address} without a look before", call.step.name()));
            };
            if resting(view, at, address, change).next().is_none() {
                return Err(format!(
                    "{} of {address} although the look before showed {:?}",
                    call.step.name(),
                    shown(run, *look, last, address)
                ));
            }
        }
    }
    Ok(())
}

/// If an account is declared, nothing is written after a role hands out a key of another account.
pub(super) fn nothing_is_written_under_another_accounts_key(run: &Run) -> Result<(), String> {
    if run.scene.call.accounts.len() < 2 || run.scene.desired.account.is_none() {
        return Ok(());
    }
    for view in View::all(run) {
        let Some(handed_out) = another_accounts_key(run, view.number) else { continue };
        if let Some((_, call, address)) = view.writes().find(|(at, ..)| *at > handed_out) {
            return Err(format!("{} of {address} under another account's key", call.step.name()));
        }
    }
    Ok(())
}

/// The place in the story where a process got its second key.
pub(super) fn another_accounts_key(run: &Run, process: usize) -> Option<usize> {
    let calls = run.story.iter().enumerate().filter(|(_, one)| one.process == process);
    let mut keys = calls.filter_map(|(at, one)| match &one.what {
        What::Call(call) if call.step == Step::Assume && call.is_answered() => Some(at),
        _ => None,
    });
    keys.nth(1)
}

/// When an Update or Delete is sent, a reading that it may depend on is recent: no older edit is overwritten.
pub(super) fn every_write_rests_on_a_fresh_look(run: &Run) -> Result<(), String> {
    let window = run.scene.call.freshness;
    for view in View::all(run) {
        for (at, call, address) in view.writes().filter(|(_, call, _)| call.step != Step::Add) {
            let Some(change) = view.change(address).filter(|_| !window.is_zero()) else { continue };
            let age = |(look, _): (usize, &Call)| run.story[at].at - run.story[look].at;
            let ages = resting(view, at, address, change).map(age);
            if let Some(age) = ages.min().filter(|age| *age > window) {
                return Err(format!(
                    "{} of {address} {age:?} after the look, {window:?} are allowed",
                    call.step.name()
                ));
            }
        }
    }
    Ok(())
}

/// A reading that other writes may rest on too serves none after a write of unclear outcome, or of an app-wide entry, in its
/// domain.
pub(super) fn no_look_outlives_an_unclear_write(run: &Run) -> Result<(), String> {
    let window = run.scene.call.freshness;
    for view in View::all(run) {
        for (at, call, address) in view.writes().filter(|(_, call, _)| call.step != Step::Add) {
            let Some(change) = view.change(address).filter(|_| !window.is_zero()) else { continue };
            let upset = |look: usize| {
                view.writes().find(|(write, other, written)| {
                    let is_unclear = other.is_ambiguous() && other.has_arrived_by(at);
                    (look..at).contains(write)
                        && written.domain == address.domain
                        && (is_unclear || (written.is_app_wide() && other.has_left()))
                })
            };
            let fresh = resting(view, at, address, change)
                .filter(|(look, _)| run.story[at].at - run.story[*look].at <= window);
            let mut since: Vec<_> = fresh.map(|(look, _)| upset(look)).collect();
            // The one that the fewest writes followed.
            if let Some((write, other, written)) = since.pop().flatten()
                && since.iter().all(Option::is_some)
            {
                return Err(format!(
                    "{} of {address} rests on a look before the {} of {written} at {:?}",
                    call.step.name(),
                    other.step.name(),
                    run.story[write].at
                ));
            }
        }
    }
    Ok(())
}

/// The answered reads about an address after the last write to it that may have been carried out, as far as their answers are
/// known before a place in the story. A read of a single entry proves nothing if the entry is not in the answer.
fn looks<'a>(view: View<'a>, before: usize, address: &Address) -> Vec<(usize, &'a Call)> {
    let own =
        view.writes().filter(|(at, call, other)| *at < before && *other == address && !call.is_refused());
    let since = own.map(|(at, ..)| at).last().unwrap_or(0);
    // Neither does one page of several without it.
    let lists = |call: &Call| call.listed.as_ref().is_none_or(|listed| listed.contains(address));
    let shows = |at, call: &Call| match call.target {
        Target::Domain(_) => lists(call),
        Target::Address(_) => shown(view.run, at, call, address).is_some(),
    };
    let reads = view.calls_since_planning().filter(|(at, call)| {
        *at >= since
            && *at < before
            && call.has_arrived_by(before)
            && is_seen(view.run, *at, call, address)
            && shows(*at, call)
    });
    reads.collect()
}

/// The looks that a write may rest on: they show what the plan saw, and none that was asked for later, or came later, shows
/// something else. A page may come before the listing that it belongs to is complete, so later pages do not count.
fn resting<'a>(
    view: View<'a>,
    before: usize,
    address: &Address,
    change: &Change,
) -> impl Iterator<Item = (usize, &'a Call)> {
    let looks = looks(view, before, address);
    let fits = |(at, call): &(usize, &Call)| is_before(change, shown(view.run, *at, call, address));
    let is_paged = looks.iter().any(|(_, call)| call.listed.is_some());
    let asked_last = looks.last().copied();
    let came_last = looks.iter().max_by_key(|(_, call)| call.arrived).copied();
    let is_last = [asked_last, came_last].iter().flatten().any(fits);
    let fitting: Vec<_> = looks.into_iter().filter(fits).filter(|_| is_paged || is_last).collect();
    fitting.into_iter()
}

/// Whether a read says anything about an address. A page without an existing entry says nothing: the entry may be on another page
/// or be left out.
pub(super) fn is_seen(run: &Run, at: usize, call: &Call, address: &Address) -> bool {
    let tells = |listed: &Vec<Address>| listed.contains(address) || shown(run, at, call, address).is_none();
    call.is_look_at(address) && call.listed.as_ref().is_none_or(tells)
}

/// What a read showed at an address.
pub(super) fn shown<'a>(run: &'a Run, at: usize, call: &Call, address: &Address) -> Option<&'a Remote> {
    seen(run, at, call).get(address).map(|remote| &**remote)
}

/// The state that a read saw.
pub(super) fn seen<'a>(run: &'a Run, at: usize, call: &Call) -> &'a State {
    match call.stale.is_zero() {
        true => run.truth.seen_by(at),
        false => run.truth.seen_late_by(at, run.story[at].at, call.stale),
    }
}

/// A change whose compare already shows the wanted state is done, and not written.
pub(super) fn what_is_as_wanted_is_not_written(run: &Run) -> Result<(), String> {
    for view in View::all(run) {
        for (at, outcome) in view.finished() {
            let address = folded(&outcome.address);
            let Some(change) = view.change(&address) else { continue };
            let has_written = view.writes().any(|(_, call, _)| call.is_write_to(&address));
            let compared = !has_written && matches!(outcome.outcome, Outcome::NotAttempted(_));
            let is_stale = failure(&outcome.outcome)
                .is_some_and(|failure| failure.cause.to_string().starts_with("changed since the plan"));
            // Unless it was compared by a reading of its own, a listing decided.
            let listing =
                || looks(view, at, &address).pop().filter(|(_, call)| is_stale && call.listed.is_none());
            let looked = compared.then(|| last_compare(view, at, &address).or_else(listing)).flatten();
            if let Some((look, call)) = looked
                && !has_contradicted(&outcome.outcome)
                && !is_followed_by_a_failed_look(view, look, at, &address)
                && !(change.may_take_along() && seems_to_lag(view, look, call, &address))
                && is_after(change, shown(run, look, call, &address))
            {
                return Err(format!("{address} was as wanted, and is {:?}", outcome.outcome));
            }
        }
    }
    Ok(())
}

/// Whether a change ended with a listing that contradicts itself.
pub(super) fn has_contradicted(outcome: &Outcome) -> bool {
    let remote = failure(outcome).and_then(|failure| failure.remote.as_ref());
    matches!(remote, Some(Error::Contradiction(_)))
}

/// Whether a reading of a domain shows something as it was before a change of the run there that had ended as done or unknown: another
/// client may have undone it, but the listing may as well be older than the run. livevod removes no app-wide entry then, and
/// believes nothing else in that listing.
fn seems_to_lag(view: View, look: usize, call: &Call, address: &Address) -> bool {
    let ended = view.finished().filter(|(end, one)| *end < look && one.address.domain == address.domain);
    let mut carried_out = ended.filter(|(_, one)| matches!(one.outcome, Outcome::Done | Outcome::Unknown(_)));
    carried_out.any(|(_, one)| {
        let own = folded(&one.address);
        view.change(&own).is_some_and(|change| is_before(change, shown(view.run, look, call, &own)))
    })
}

/// Whether that reading was too old, and the next one failed.
fn is_followed_by_a_failed_look(view: View, look: usize, end: usize, address: &Address) -> bool {
    let is_about = |call: &Call| match &call.target {
        Target::Address(own) => own == address,
        Target::Domain(domain) => **domain == *address.domain,
    };
    let mut later = view.calls().filter(|(at, call)| (look + 1..end).contains(at) && is_about(call));
    later.any(|(_, call)| !call.step.is_write() && !call.is_answered())
}

/// The reading that decided about an address: a single read that found it, otherwise the last listing after it.
fn last_compare<'a>(view: View<'a>, before: usize, address: &Address) -> Option<(usize, &'a Call)> {
    let answered = |(at, call): &(usize, &Call)| *at < before && !call.step.is_write() && call.is_answered();
    let is_own = |call: &Call| matches!(&call.target, Target::Address(own) if own == address);
    // A page with missing entries belongs to a listing that is read again.
    let tells =
        |(at, call): &(usize, &Call)| is_seen(view.run, *at, call, address) && !call.faults.contains(&SHORT);
    let (at, call) = view.calls().filter(answered).filter(|(_, call)| is_own(call)).last()?;
    if tells(&(at, call)) && shown(view.run, at, call, address).is_some() {
        return Some((at, call));
    }
    // If a listing contradicted itself and was read again, the last reading decides.
    view.calls().filter(answered).filter(tells).filter(|(listing, _)| *listing > at).last()
}

/// Deletes come last, and none is sent after another change of the run is not done.
pub(super) fn nothing_is_deleted_after_a_failure(run: &Run) -> Result<(), String> {
    for view in View::all(run) {
        let mut failed = None;
        for (_, what) in view.applying() {
            match what {
                What::Finished { outcome, sent: _ } if is_trouble(outcome) => failed = Some(&outcome.address),
                What::Started { address, action: ActionKind::Delete } => {
                    if let Some(failed) = failed {
                        return Err(format!("{address} is deleted although {failed} is not done"));
                    }
                    let open = view.plan.decisions.changes.iter().find(|change| {
                        change.action() != ActionKind::Delete
                            && !view.finished().any(|(_, outcome)| outcome.address == change.address)
                    });
                    if let Some(open) =
                        open.filter(|_| matches!(run.processes[view.number - 1].end, End::Applied(_)))
                    {
                        return Err(format!("{address} is deleted before {} has an end", open.address));
                    }
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn is_trouble(outcome: &livevod::apply::ChangeOutcome) -> bool {
    match outcome.outcome {
        Outcome::Done => false,
        Outcome::NotAttempted(_) => outcome.action != ActionKind::Delete,
        Outcome::Failed(_) | Outcome::Unknown(_) => true,
    }
}

/// Siblings that the service removed with an app-wide entry are back when the process ends, or the change is not done.
pub(super) fn siblings_that_went_along_come_back(run: &Run) -> Result<(), String> {
    for (at, process, changed, author) in changes(run) {
        let Some(view) = View::all(run).find(|view| view.number == process) else { continue };
        let is_own = matches!(author, Author::Livevod | Author::Late(_));
        // A replace that is over does not remove its configuration again.
        let planned = view.change(&changed.address).is_some_and(|change| {
            change.removes()
                && !(change.action() == ActionKind::Replace && went_along(run, at, changed, author))
        });
        let last = run.story.iter().rposition(|one| one.process == process).unwrap_or(at);
        // livevod can't have saved what another client added or changed after the reading.
        let by_others = is_foreign_between(run, view.start(), last, &changed.address);
        if !is_own
            || planned
            || by_others
            || changed.after.is_some()
            || matches!(run.processes[process - 1].end, End::Died)
        {
            continue;
        }
        let is_back = run.truth.seen_by(last).contains_key(&changed.address);
        let said = view
            .finished()
            .any(|(_, outcome)| outcome.action != ActionKind::Create && outcome.outcome != Outcome::Done);
        if !is_back && !said {
            return Err(format!("{} went along, and nobody says so", changed.address));
        }
        let could = changed.before.as_ref().is_some_and(|remote| remote.unsupported.is_none())
            && !run.scene.has_quirk("overlap=refused");
        let troubled = view.is_troubled_after(at, &changed.address)
            || view.is_throttled_between(at, last + 1, &changed.address)
            || view.is_without_key_at(last + 1)
            || author != Author::Livevod;
        if !is_back && could && !troubled {
            return Err(format!("{} went along, and nobody put it back", changed.address));
        }
    }
    Ok(())
}

/// Once the process is asked to stop, no write leaves but the Add of what a Delete of this process removed, or seems to have
/// taken along: it can't know whether the service or somebody else removed what is gone from the domain.
pub(super) fn a_stop_lets_no_write_leave(run: &Run) -> Result<(), String> {
    for view in View::all(run) {
        let Some((stop, _)) = view.applying().find(|(_, what)| matches!(what, What::Stopped)) else {
            continue;
        };
        for (at, call, address) in view.writes().filter(|(at, ..)| *at > stop) {
            let removes =
                |gone: &Address| gone == address || (gone.is_app_wide() && gone.domain == address.domain);
            let fills = call.step == Step::Add
                && view.writes().any(|(earlier, other, gone)| {
                    earlier < at && other.step == Step::Delete && removes(gone)
                });
            if !fills {
                return Err(format!("the {} of {address} left after the stop", call.step.name()));
            }
        }
    }
    Ok(())
}

/// The intent of a write is on disk before it is sent.
pub(super) fn every_write_is_in_the_journal_before(run: &Run) -> Result<(), String> {
    for view in View::all(run) {
        for (at, call, address) in view.writes() {
            let is_noted = view.applying().take_while(|(place, _)| *place < at).any(|(_, what)| match what {
                What::Intended(intent) => is_intent_of(intent, call.step, address),
                _ => false,
            });
            if !is_noted {
                return Err(format!("the {} of {address} was not in the journal", call.step.name()));
            }
        }
    }
    Ok(())
}

/// Intents of app-wide removals contain the siblings.
pub(super) fn is_intent_of(intent: &Intent, step: Step, address: &Address) -> bool {
    let is_step = match step {
        Step::Add => intent.step == journal::Step::Add,
        Step::Update => intent.step == journal::Step::Update,
        _ => intent.step == journal::Step::Delete,
    };
    let is_sibling = || intent.siblings.iter().any(|sibling| folded(&sibling.address) == *address);
    (is_step && folded(&intent.address) == *address) || (step == Step::Add && is_sibling())
}
