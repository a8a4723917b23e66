//! Whether the reported outcome of each change is true.

use livevod::api::Error;
use livevod::apply::{ChangeOutcome, Outcome};
use livevod::model::Address;
use livevod::plan::{ActionKind, Change};

use super::super::Run;
use super::super::process::{End, SETTLE};
use super::super::story::{Author, Call, Target, What, failure};
use super::super::truth::{State, folded};
use super::super::weather::{SHORT, Step};
use super::writes::{has_contradicted, is_seen, is_sibling, seen, shown};
use super::{View, changes, is_after, is_before, is_foreign_between, went_along_late};

/// How many entries livevod requests in one page.
const PAGE_SIZE: usize = 100;

/// Calls `hold` with every outcome of every process.
fn each(
    run: &Run,
    hold: impl Fn(View, usize, &ChangeOutcome, &Address, &Change) -> Result<(), String>,
) -> Result<(), String> {
    for view in View::all(run) {
        for (at, outcome) in view.finished() {
            let address = folded(&outcome.address);
            let planned = view.plan.decisions.changes.iter().find(|change| change.address == outcome.address);
            let Some(change) = planned else {
                return Err(format!("{address} has an end but was not planned"));
            };
            hold(view, at, outcome, &address, change)?;
        }
    }
    Ok(())
}

/// For a change that is done, the account was as wanted at some moment after the last write that was not refused or, if nothing
/// was written, since the plan. Repeating the same Add or Update does not change an existing entry, so the first of them counts.
/// If
/// another client wrote there too, a stale reading may show it as wanted, which can't be detected.
pub(super) fn done_is_true_when_confirmed(run: &Run) -> Result<(), String> {
    each(run, |view, at, outcome, address, change| {
        if outcome.outcome != Outcome::Done {
            return Ok(());
        }
        let is_own = |call: &Call| call.is_write_to(address) && !call.is_refused();
        let mut last = None;
        for (write, call, _) in view.writes().filter(|(write, call, _)| *write < at && is_own(call)) {
            match (last, call.step) {
                (Some((_, Step::Add)), Step::Add) | (Some((_, Step::Update)), Step::Update) => {}
                (_, step) => last = Some((write, step)),
            }
        }
        // The state after a write begins right after it.
        let from = last.map_or(view.start(), |(write, _)| write + 1);
        let mut states = run.truth.between(from, at);
        let was_wanted = states.any(|state| is_after(change, state.get(address).map(|remote| &**remote)));
        let look =
            view.calls().filter(|(look, call)| *look < at && is_seen(run, *look, call, address)).last();
        let is_of_the_past = look.is_some_and(|(look, call)| {
            !call.stale.is_zero() && is_after(change, shown(run, look, call, address))
        });
        let is_excused = is_cut(view, at, address)
            || has_slipped(view, at, address)
            || (is_of_the_past && is_foreign_between(run, view.start(), at, address));
        match was_wanted || is_excused {
            true => Ok(()),
            false => Err(format!("{address} is done and never was as wanted")),
        }
    })
}

/// If the service accepted the last write of a change that is done, a reading shows its effect that was asked for after that was
/// known: an older one proves nothing about it.
pub(super) fn what_is_done_was_seen_after_it_was_accepted(run: &Run) -> Result<(), String> {
    each(run, |view, at, outcome, address, change| {
        let is_own = |call: &Call| call.is_write_to(address) && !call.is_refused();
        let last = view.writes().filter(|(write, call, _)| *write < at && is_own(call)).last();
        let accepted = last.filter(|(_, call, _)| call.is_answered()).and_then(|(_, call, _)| call.arrived);
        let Some((_, accepted)) = accepted.filter(|_| outcome.outcome == Outcome::Done) else {
            return Ok(());
        };
        let shows = |(look, call): (usize, &Call)| {
            look < at
                && call.has_arrived_by(at)
                && run.story[look].at >= accepted
                && is_seen(run, look, call, address)
                && is_after(change, shown(run, look, call, address))
        };
        match view.calls().any(shows) || is_cut(view, at, address) || forgets_case(run, change) {
            true => Ok(()),
            false => Err(format!("{address} is done, and no reading since {accepted:?} shows it")),
        }
    })
}

/// Whether a listing before a place was cut short but can look complete: Total counts its pages, and equals its number of entries.
fn is_cut(view: View, at: usize, address: &Address) -> bool {
    let is_short = |call: &Call| call.is_about(address) && call.faults.contains(&SHORT);
    view.run.scene.has_quirk("total=pages") && view.calls().any(|(look, call)| look < at && is_short(call))
}

/// Whether an entry slipped past a reader between two pages: when the first of them was read it belonged on a later page, then another
/// entry of the domain disappeared, and when the second was read it belonged on an earlier page. Nothing on the pages shows it
/// if they have no entry in common and Total says the same on both: if it is left out, if it counts pages and there are as
/// many as before, or if an entry was also added in between. Only pages after the last one with the entry count, and none that
/// lacks entries because of a fault.
fn has_slipped(view: View, at: usize, address: &Address) -> bool {
    has_slipped_between(view, (0, at), address)
}

/// The same for pages that were read between two places.
fn has_slipped_between(view: View, (after, at): (usize, usize), address: &Address) -> bool {
    let is_page = |(look, call): &(usize, &Call)| {
        let is_of_domain = matches!(&call.target, Target::Domain(domain) if **domain == *address.domain);
        let is_whole = call.listed.is_some() && !call.faults.contains(&SHORT);
        *look > after && *look < at && is_of_domain && call.is_answered() && is_whole
    };
    let pages: Vec<(usize, &Call)> = view.calls().filter(is_page).collect();
    let listed = |call: &Call| call.listed.clone().unwrap_or_default();
    let last = pages.iter().rposition(|(_, call)| listed(call).contains(address));
    let unlisted = &pages[last.map_or(0, |last| last + 1)..];
    unlisted.windows(2).any(|pair| {
        let [(first, one), (second, other)] = pair else { return false };
        let (before, after) = (seen(view.run, *first, one), seen(view.run, *second, other));
        let is_hidden = before.contains_key(address) && after.contains_key(address);
        let gone = |entry: &&Address| entry.domain == address.domain && !after.contains_key(*entry);
        let pages = listed(other);
        let is_one_listing = !listed(one).iter().any(|entry| pages.contains(entry));
        let total = |state| total(view.run, state, &address.domain);
        is_hidden
            && is_one_listing
            && before.keys().any(|entry| gone(&entry))
            && total(before) == total(after)
    })
}

/// What Total says about a domain in this state.
fn total(run: &Run, state: &State, domain: &str) -> Option<usize> {
    let entries = state.keys().filter(|entry| *entry.domain == *domain).count();
    let caps = [("page-cap=3", 3), ("page-cap=20", 20)];
    let cap =
        caps.into_iter().find(|(quirk, _)| run.scene.has_quirk(quirk)).map_or(PAGE_SIZE, |(_, cap)| cap);
    match (run.scene.has_quirk("total=missing"), run.scene.has_quirk("total=pages")) {
        (true, _) => None,
        (_, true) => Some(entries.div_ceil(cap)),
        _ => Some(entries),
    }
}

/// What is done stays as wanted until the process has ended and all lost requests have arrived, unless another client
/// changes it.
pub(super) fn done_is_true_at_the_end(run: &Run) -> Result<(), String> {
    each(run, |view, at, outcome, address, change| {
        let end = run.story.iter().rposition(|one| one.process == view.number).unwrap_or(0);
        // An entry that the service removes later as a sibling belongs to another invariant, unless that was not reported.
        let is_dead = matches!(run.processes[view.number - 1].end, End::Died);
        let is_told = || view.finished().any(|(_, one)| one.outcome != Outcome::Done);
        let is_touched = is_foreign_between(run, view.start(), end, address)
            || is_cut(view, at, address)
            || has_slipped(view, at, address)
            || (run.scene.has_quirk("app-wide-delete=with-siblings") && (is_dead || is_told()));
        let state = run.truth.seen_by(end);
        let is_true = is_after(change, state.get(address).map(|remote| &**remote));
        let is_taken_back = view.moved().any(|moved| moved.address == outcome.address);
        if outcome.outcome == Outcome::Done && !is_touched && !is_true && !is_taken_back {
            return Err(format!("{address} is done but not as wanted at the end"));
        }
        let undone = undone_late(run, view, at, address, change);
        match undone.filter(|_| outcome.outcome == Outcome::Done && !is_touched && !is_taken_back) {
            Some(place) => {
                Err(format!("{address} is done, and a lost request undoes it at {:?}", run.story[place].at))
            }
            None => Ok(()),
        }
    })
}

/// The place where a lost request of the process changes an address to an unwanted state; the next process may have
/// begun by then.
fn undone_late(run: &Run, view: View, at: usize, address: &Address, change: &Change) -> Option<usize> {
    let late = changes(run).find(|(when, process, changed, author)| {
        *when > at
            && *process == view.number
            && matches!(author, Author::Late(_))
            && changed.address == *address
            && !is_after(change, changed.after.as_deref())
    });
    late.map(|(when, ..)| when)
}

/// A failed change was certainly not carried out: no write of livevod carries it out, not even one that arrives late. What the
/// service removes along with an app-wide entry says nothing about it: whether that comes back is checked by other invariants.
pub(super) fn failed_is_true(run: &Run) -> Result<(), String> {
    each(run, |view, at, outcome, address, change| {
        if !matches!(outcome.outcome, Outcome::Failed(_)) || forgets_case(run, change) {
            return Ok(());
        }
        let mut own = changes(run).filter(|(_, process, changed, author)| {
            *process == view.number && author.is_own() && changed.address == *address
        });
        // If only the removed siblings failed, the new entry existed, and the same Add may arrive once more.
        let was_there = change.action() == ActionKind::Replace
            && run
                .truth
                .between(view.start(), at)
                .any(|state| is_after(change, state.get(address).map(|remote| &**remote)));
        let late = own.find(|(when, _, changed, author)| {
            let is_same = was_there && is_after(change, changed.after.as_deref());
            *when > at
                && matches!(author, Author::Late(_))
                && !is_same
                && !went_along_late(view, changed, *author)
        });
        match late {
            Some(_) => Err(format!("{address} failed for certain, and a lost request changed it later")),
            // If only the removed siblings failed, the new entry exists.
            None if change.action() == ActionKind::Replace && address.is_app_wide() => Ok(()),
            None => carried_out_all_the_same(run, view, at, address, change),
        }
    })
}

/// If a process ends by itself, what is done was as wanted in a listing of its domain after the last write there: a change that
/// reverts after it was read back is not reported as done.
pub(super) fn what_is_done_stayed_to_the_last_listing(run: &Run) -> Result<(), String> {
    for view in View::all(run) {
        let End::Applied(report) = &run.processes[view.number - 1].end else { continue };
        let is_stopped = view.applying().any(|(_, what)| matches!(what, What::Stopped));
        for one in report.outcomes.iter().filter(|one| one.outcome == Outcome::Done && !is_stopped) {
            let address = folded(&one.address);
            let Some(change) = view.change(&address).filter(|change| !forgets_case(run, change)) else {
                continue;
            };
            let domain = &address.domain;
            let last_write =
                view.writes().filter(|(_, call, other)| other.domain == *domain && call.has_left()).last();
            let Some((write, ..)) = last_write else { continue };
            if report.not_seen_again.iter().any(|(other, _)| other == domain) {
                continue;
            }
            let is_listing =
                |call: &Call| call.step == Step::List && matches!(call.target, Target::Domain(_));
            let shows = |at, call: &Call| at > write && is_listing(call) && is_seen(run, at, call, &address);
            let unfinished = unfinished(view, domain);
            let tells = |at, call: &Call| {
                shows(at, call) && at < unfinished && !is_of_a_rejected_listing(view, at, domain)
            };
            let pages: Vec<(usize, &Call)> = view.calls().filter(|(at, call)| tells(*at, call)).collect();
            // Of several pages, the one with the entry counts, if there is one.
            let has_it = |(_, call): &&(usize, &Call)| {
                call.listed.as_ref().is_none_or(|listed| listed.contains(&address))
            };
            let is_paged = pages.iter().any(|(_, call)| call.listed.is_some());
            let page = pages.iter().rfind(has_it).or(pages.last());
            let listing = page.filter(|_| !is_paged || change.after().is_some()).copied();
            if is_paged && listing.is_none() {
                continue;
            }
            let Some((at, call)) = listing else {
                // The last listing may have been asked for before the end of the change was told whose listing was rejected.
                if view.calls().any(|(at, call)| shows(at, call)) {
                    continue;
                }
                // Or it slipped past the reader: then the pages of the last listing look like those of one without it.
                let is_cut = is_cut(view, usize::MAX, &address);
                if is_cut || has_slipped_between(view, (write, usize::MAX), &address) {
                    continue;
                }
                return Err(format!("{address} is done, and no listing of its domain ended the run"));
            };
            if !is_after(change, shown(run, at, call, &address)) {
                return Err(format!("{address} is done, and the last listing shows something else"));
            }
        }
    }
    Ok(())
}

/// Whether a page of a domain was read for a change that was then not attempted, because the listing contradicted itself twice.
/// livevod drops all pages of such a listing, so it can't know what only they show. A whole listing that was read for the same
/// change before does not count either.
fn is_of_a_rejected_listing(view: View, page: usize, domain: &str) -> bool {
    let story = &view.run.story;
    view.finished().filter(|(end, one)| *end > page && *one.address.domain == *domain).any(|(end, one)| {
        // A page may be requested before the event of its change's start is told, but not at an earlier time.
        let is_start = |what: &What| matches!(what, What::Started { address, .. } if *address == one.address);
        let start = story[..end].iter().rfind(|told| told.process == view.number && is_start(&told.what));
        matches!(one.outcome, Outcome::NotAttempted(_))
            && has_contradicted(&one.outcome)
            && start.is_some_and(|start| start.at <= story[page].at)
    })
}

/// Where the last listing of a domain begins, if it never got all its pages: only its last page has fewer entries than others.
fn unfinished(view: View, domain: &str) -> usize {
    let is_page = |call: &Call| {
        call.step == Step::List && matches!(&call.target, Target::Domain(own) if **own == *domain)
    };
    let pages: Vec<(usize, &Call)> = view.calls().filter(|(_, call)| is_page(call)).collect();
    let full = pages.iter().filter_map(|(_, call)| call.listed.as_ref()).map(Vec::len).max();
    let goes_on = |(_, call): &&(usize, &Call)| {
        !call.is_answered() || call.listed.as_ref().is_some_and(|listed| Some(listed.len()) == full)
    };
    match pages.last() {
        Some((_, call)) if !call.is_answered() => {
            pages.iter().rev().take_while(goes_on).last().map_or(usize::MAX, |(at, _)| *at)
        }
        _ => usize::MAX,
    }
}

/// What an outcome says about an existing entry was read, or is true.
pub(super) fn what_is_said_to_stand_there_was_seen(run: &Run) -> Result<(), String> {
    each(run, |view, at, outcome, address, _| {
        let Some(failure) = failure(&outcome.outcome) else { return Ok(()) };
        let looks = || view.calls().filter(|(look, call)| *look < at && call.is_look_at(address));
        let is_shown = || looks().any(|(look, call)| shown(run, look, call, address).is_some());
        if failure.cause.to_string().contains("with other settings") && !is_shown() {
            return Err(format!("{address} is said to have other settings, and was never read"));
        }
        let is_there = run.truth.seen_by(at).contains_key(address);
        let is_said = failure.cause.to_string().contains("; the old one was added back");
        if is_said && !is_there && !is_foreign_between(run, view.start(), at, address) {
            return Err(format!("{address} is said to be added back, and is not there"));
        }
        Ok(())
    })
}

/// Whether the service lists an address under another name than it was given, so that it can't be found again.
fn forgets_case(run: &Run, change: &Change) -> bool {
    change.address != folded(&change.address) && !run.scene.has_quirk("name-case=sensitive")
}

fn carried_out_all_the_same(
    run: &Run,
    view: View,
    at: usize,
    address: &Address,
    change: &Change,
) -> Result<(), String> {
    let is_wide = change.action() == ActionKind::Delete && address.is_app_wide();
    let own = changes(run).any(|(when, process, changed, author)| {
        when < at && process == view.number && author == Author::Livevod && changed.address == *address
    });
    let stands = is_after(change, run.truth.seen_by(at).get(address).map(|remote| &**remote));
    if own && stands && !is_wide && !is_foreign_between(run, view.start(), at, address) {
        return Err(format!("{address} failed, but was carried out"));
    }
    Ok(())
}

/// Nothing is sent for such a change. A configuration that another client has created instead may go along with an app-wide one later,
/// and is added back then.
pub(super) fn what_is_not_attempted_is_not_sent(run: &Run) -> Result<(), String> {
    each(run, |view, at, outcome, address, change| {
        let is_sent = view.writes().any(|(write, call, _)| {
            let adds_back = change.before().is_some() || (write > at && is_sibling(view, address));
            call.is_write_to(address) && !call.is_refused() && !(call.step == Step::Add && adds_back)
        });
        if matches!(outcome.outcome, Outcome::NotAttempted(_)) && is_sent {
            return Err(format!("{address} is not attempted, but something was sent"));
        }
        Ok(())
    })
}

/// Each outcome says whether a write to its address was sent to the service. A write without a connection was not.
pub(super) fn what_was_sent_is_told(run: &Run) -> Result<(), String> {
    for view in View::all(run) {
        for (at, what) in view.applying() {
            let What::Finished { outcome, sent } = what else { continue };
            let address = folded(&outcome.address);
            if view.change(&address).is_none_or(|change| forgets_case(run, change)) {
                continue;
            }
            let mut writes =
                view.writes().filter(|(write, call, _)| *write < at && call.is_write_to(&address));
            let is_true = match sent {
                true => writes.next().is_some(),
                false => writes.all(|(_, call, _)| !call.has_left()),
            };
            if !is_true {
                let told = if *sent { "sent" } else { "not sent" };
                return Err(format!("{address} is told to be {told}, and that is not so"));
            }
        }
    }
    Ok(())
}

/// An unknown outcome needs a write without a usable answer, one that could not be read back, or another client.
pub(super) fn unknown_only_where_nobody_can_know(run: &Run) -> Result<(), String> {
    each(run, |view, at, outcome, address, change| {
        if !matches!(outcome.outcome, Outcome::Unknown(_))
            || is_foreign_between(run, view.start(), at, address)
        {
            return Ok(());
        }
        let is_own = |call: &Call| call.is_write_to(address) && !call.is_refused();
        let written = view.writes().filter(|(write, call, _)| *write < at && is_own(call));
        let Some((write, ..)) = written.last() else {
            return Err(format!("{address} is unknown, and nothing was sent"));
        };
        // Whether its siblings stayed is another question.
        if failure(&outcome.outcome)
            .is_some_and(|failure| failure.cause.to_string().contains("configurations beside it"))
        {
            return Ok(());
        }
        // A listing that contradicts itself proves nothing, and after the service throttled all calls for a minute, none is sent.
        let remote = failure(&outcome.outcome).and_then(|failure| failure.remote.as_ref());
        let is_unread =
            matches!(remote, Some(Error::Contradiction(_) | Error::GivenUp { .. } | Error::Stopped(_)));
        let is_held_back = view.is_throttled_between(write, at, address) || view.is_without_key_at(at);
        if is_unread || is_held_back || forgets_case(run, change) {
            return Ok(());
        }
        let is_look = |(look, call): &(usize, &Call)| {
            (write..at).contains(look)
                && call.has_arrived_by(at)
                && call.is_about(address)
                && !call.step.is_write()
        };
        let looks: Vec<(usize, &Call)> = view.calls().filter(is_look).collect();
        if looks.is_empty() {
            return match view.has_given_up_reads(at) {
                true => Ok(()),
                false => Err(format!("{address} is unknown, and nobody looked")),
            };
        }
        // A replace ends when its Add is refused and the old configuration shows; what is listed for its siblings then changes nothing.
        let has_met_the_old_one = failure(&outcome.outcome).is_some_and(|failure| {
            failure.cause.to_string().contains("the old configuration is still visible, and")
        });
        let is_old = |(look, call): &(usize, &Call)| is_before(change, shown(view.run, *look, call, address));
        if has_met_the_old_one && looks.iter().any(is_old) {
            return Ok(());
        }
        // Of those that came at the very moment of its end, only one was surely known: the one that ended it.
        let is_late =
            |(_, call): &(usize, &Call)| call.arrived.is_some_and(|(_, when)| when == run.story[at].at);
        let (late, before): (Vec<_>, Vec<_>) = looks.into_iter().partition(is_late);
        let known = |last: Option<(usize, &Call)>| {
            let looks: Vec<(usize, &Call)> = before.iter().copied().chain(last).collect();
            is_open_after(view, at, &looks, address, change)
        };
        match late.is_empty() {
            true => known(None),
            false => late
                .iter()
                .map(|last| known(Some(*last)))
                .find(Result::is_ok)
                .unwrap_or_else(|| known(late.last().copied())),
        }
    })
}

/// Whether nobody can know from these reads, in the order in which they were asked for, how a change ended. A failed read, or
/// one page of several, proves nothing; nor does a read of one address that does not show it, or a read that was asked for
/// before the write was accepted, or, if the change ended later, while a lost Delete of a replace could still arrive: it removes what the read shows.
fn is_open_after(
    view: View,
    end: usize,
    looks: &[(usize, &Call)],
    address: &Address,
    change: &Change,
) -> Result<(), String> {
    let state = |(look, call): &(usize, &Call)| shown(view.run, *look, call, address);
    let is_whole = |(_, call): &&(usize, &Call)| call.is_answered() && call.listed.is_none();
    let last_write = |(place, _): &(usize, &Call)| {
        view.writes().filter(|(at, _, own)| at < place && *own == address).last()
    };
    let counts = |look: &&(usize, &Call)| {
        let accepted = last_write(look).filter(|(_, call, _)| call.is_answered());
        let accepted = accepted.and_then(|(_, call, _)| call.arrived);
        let tells = matches!(look.1.target, Target::Domain(_)) || state(look).is_some();
        is_whole(look) && tells && accepted.is_none_or(|(_, accepted)| accepted < view.run.story[look.0].at)
    };
    let time = |place: usize| view.run.story[place].at;
    let could_arrive = |look: usize, (delete, call): (usize, &Call)| {
        let until = call.arrived.map_or(time(delete), |(_, when)| when) + SETTLE;
        delete < look && time(look) < until && until <= time(end)
    };
    let lost = view.writes().filter(|(_, call, own)| {
        *own == address && call.step == Step::Delete && call.is_ambiguous() && change.after().is_some()
    });
    let is_settled =
        |look: &&(usize, &Call)| !lost.clone().any(|(delete, call, _)| could_arrive(look.0, (delete, call)));
    let was_lost = view.writes().any(|(_, call, own)| own == address && call.is_ambiguous());
    let last = looks.last().filter(|look| is_whole(look) && look.1.faults.is_empty());
    let known = last.filter(is_settled).or(looks.iter().filter(is_settled).rfind(counts));
    if known.is_some_and(|look| is_after(change, state(look))) {
        return Err(format!("{address} is unknown, although it was seen to be as wanted"));
    }
    match last {
        Some(last) if !was_lost && !is_before(change, state(last)) => {
            Err(format!("{address} is unknown, although it was answered and could be read"))
        }
        _ => Ok(()),
    }
}

pub(super) fn every_change_has_an_end_and_a_reason(run: &Run) -> Result<(), String> {
    each(run, |_, _, outcome, address, _| match failure(&outcome.outcome) {
        Some(failure) if failure.cause.to_string().is_empty() => {
            Err(format!("{address} is not done without a reason"))
        }
        _ => Ok(()),
    })?;
    for view in View::all(run) {
        let End::Applied(report) = &run.processes[view.number - 1].end else { continue };
        for change in &view.plan.decisions.changes {
            let ends = view.finished().filter(|(_, outcome)| outcome.address == change.address).count();
            if ends != 1 {
                return Err(format!("{} has {ends} ends", change.address));
            }
        }
        let told: Vec<&ChangeOutcome> = report.outcomes.iter().collect();
        let seen = |one: &&ChangeOutcome| {
            let moved = view.moved().find(|moved| moved.address == one.address);
            let mut ends = view.finished().map(|(_, seen)| seen);
            let end = moved.or_else(|| ends.find(|seen| seen.address == one.address));
            end.is_some_and(|seen| seen.outcome == one.outcome)
        };
        if told.len() != view.plan.decisions.changes.len() || !told.iter().all(seen) {
            return Err("the report tells another story than the events".to_owned());
        }
    }
    Ok(())
}
