//! How fast calls are sent, and when they stop.

use std::collections::BTreeMap;
use std::time::Duration;

use livevod::api::Rate;
use livevod::apply::Outcome;
use livevod::model::Address;
use livevod::plan::{ActionKind, Change};

use super::super::Run;
use super::super::process::SETTLE;
use super::super::story::{Call, Target, What};
use super::super::truth::folded;
use super::super::weather::Step;
use super::writes::{is_intent_of, is_seen, shown};
use super::{View, is_after};

/// In any minute, one process calls each action at most as often as a burst plus the calls of a minute.
pub(super) fn calls_stay_within_the_rate(run: &Run) -> Result<(), String> {
    let Rate { per_minute, burst } = Rate::per_minute(run.scene.call.per_minute);
    let most = (per_minute.get() + burst.get()) as usize;
    for number in 1..=run.processes.len() {
        let mut times: BTreeMap<Step, Vec<Duration>> = BTreeMap::new();
        for one in run.story.iter().filter(|one| one.process == number) {
            if let What::Call(call) = &one.what {
                times.entry(action(call.step)).or_default().push(one.at);
            }
        }
        // STS counts for itself: before it lets a call go, each action may ask for a key and its account.
        let asking = times.len();
        for (step, times) in times {
            let most = if matches!(step, Step::Assume | Step::Identify) { most * asking } else { most };
            let fast = times.windows(most + 1).find(|calls| calls[most] - calls[0] < Duration::from_secs(60));
            if let Some(calls) = fast {
                return Err(format!("{} {} calls within a minute of {:?}", most + 1, step.name(), calls[0]));
            }
        }
    }
    Ok(())
}

/// In each domain, no more writes of its changes are under way at once than it bears: four at first, up to the parallelism, one
/// more for each that is accepted, and half as many for each that finds the service too busy. What counts is what was known when the
/// last of those under way was admitted: an answer that arrives while an admitted write waits for the disk no longer keeps it
/// back. Answers that arrive at one instant may count in any order: it bears most if the accepted ones come last.
pub(super) fn no_more_writes_go_side_by_side_than_it_bears(run: &Run) -> Result<(), String> {
    let most = run.scene.call.parallelism.get() as f64;
    // A write that may go may still wait for the rate, or for a key.
    if run.scene.call.per_minute.get() < 600 || !run.scene.call.accounts.is_empty() {
        return Ok(());
    }
    for view in View::all(run) {
        let mut domains: BTreeMap<&str, Vec<(usize, usize, &Call)>> = BTreeMap::new();
        // What an app-wide change took along is added back all at once.
        let going = view.plan.decisions.changes.iter().filter(|change| change.may_take_along());
        let going: Vec<&str> = going.map(|change| &*change.address.domain).collect();
        for (at, call, address) in view.writes().filter(|(_, _, other)| !going.contains(&&*other.domain)) {
            let admitted = admitted(view, at, call.step, address);
            domains.entry(&address.domain).or_default().push((at, admitted, call));
        }
        for (domain, writes) in domains {
            let mut ends: Vec<_> =
                writes.iter().filter_map(|(.., call)| Some((call.arrived?.0, *call))).collect();
            ends.sort_by_key(|(at, call)| (run.story[*at].at, !call.is_busy(), *at));
            for (place, (at, ..)) in writes.iter().enumerate() {
                // Or for as long as the service asks.
                if ends.iter().any(|(end, call)| end <= at && call.is_throttled()) {
                    break;
                }
                let under_way = writes[..=place].iter().filter(|(.., call)| !call.has_arrived_by(*at));
                let last = under_way.clone().map(|(_, admitted, _)| *admitted).max().unwrap_or(*at);
                let known = ends.iter().filter(|(end, _)| *end <= last);
                let (mut width, mut is_careful) = (most.min(4.0), false);
                for (_, call) in known {
                    if call.is_busy() {
                        (width, is_careful) = ((width / 2.0).max(1.0), true);
                    } else if call.is_answered() {
                        width = most.min(width + if is_careful { 1.0 / width } else { 1.0 });
                    }
                }
                let under_way = under_way.count();
                if under_way > width as usize {
                    let at = run.story[*at].at;
                    return Err(format!("{under_way} writes to {domain} at {at:?}, it bears {width}"));
                }
            }
        }
    }
    Ok(())
}

/// The place where a write was admitted: its intent goes to the disk at once, and if it is there already, the write leaves at once.
fn admitted(view: View, at: usize, step: Step, address: &Address) -> usize {
    let earlier = view.writes().filter(|(earlier, _, other)| *earlier < at && *other == address).last();
    let since = earlier.map_or(0, |(earlier, ..)| earlier);
    let mut between = view.applying().filter(|(place, _)| *place > since && *place < at);
    let is_own = |what: &What| match what {
        What::Appended(intent) | What::Intended(intent) => is_intent_of(intent, step, address),
        _ => false,
    };
    between.find(|(_, what)| is_own(what)).map_or(at, |(place, _)| place)
}

/// Longer than any pause within a gap plus any call.
const PAUSE_IN_A_GAP: Duration = Duration::from_secs(30);

/// From the Delete of a replace to the Add that is accepted or seen, livevod does not wait for as long as the service asks. At low
/// rates, calls may
/// wait for the rate. Other entries of the domain, which are missing after an app-wide one was deleted, are added and read back
/// after the entry itself was tried for a deadline; their intents come to the disk only then.
pub(super) fn a_gap_is_not_left_waiting(run: &Run) -> Result<(), String> {
    if run.scene.call.per_minute.get() < 600 {
        return Ok(());
    }
    for view in View::all(run) {
        for change in
            view.plan.decisions.changes.iter().filter(|change| change.action() == ActionKind::Replace)
        {
            let address = folded(&change.address);
            let (mut deleted, mut last) = (Duration::ZERO, None);
            let end = view.finished().find(|(_, one)| folded(&one.address) == address);
            let end = end.map_or(usize::MAX, |(at, _)| at);
            for (at, call) in view.calls().filter(|(at, _)| *at < end) {
                let now = run.story[at].at;
                let is_given_up = now.saturating_sub(deleted) > run.scene.call.deadline;
                let is_sibling = matches!(&call.target, Target::Address(other) if other.domain == address.domain)
                    && is_given_up;
                if !(call.is_about(&address) || is_sibling) {
                    continue;
                }
                let own = call.is_write_to(&address);
                let hang = if is_sibling { run.disk.longest_hang() } else { Duration::ZERO };
                let is_too_long = |waited: &Duration| *waited > PAUSE_IN_A_GAP + hang;
                if let Some(waited) = last.map(|last| now - last).filter(is_too_long) {
                    return Err(format!("nothing was sent for {waited:?} while {address} was gone"));
                }
                match call.step {
                    Step::Delete if own && call.is_answered() => (deleted, last) = (now, Some(now)),
                    Step::Add if own && call.is_answered() => last = None,
                    // A read shows that a lost Add arrived.
                    _ if is_seen(run, at, call, &address)
                        && is_after(change, shown(run, at, call, &address)) =>
                    {
                        last = None;
                    }
                    _ => last = last.map(|_| now),
                }
            }
        }
    }
    Ok(())
}

/// Twice the longest time that the service can ask for, because a write also waits for the readings before it, plus a call that
/// takes long.
const GIVEN_UP: Duration = Duration::from_secs(60 + 120 + 120 + 20);

/// The longest time that the service can ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(120);

/// If an action could have been called for so long and was not, nobody knows whether the service would have throttled it.
const FORGOTTEN: Duration = Duration::from_secs(120);

/// An action that is always throttled is not called forever. An Add may be: it may have a gap to close, and removed siblings of
/// an app-wide entry are still read until the deadline. If the action is not called for two minutes, counting starts again: another
/// action may have been held back so long. The time for which the service asked to wait does not count among the two minutes.
pub(super) fn what_is_throttled_for_a_minute_is_given_up(run: &Run) -> Result<(), String> {
    for number in 1..=run.processes.len() {
        let plan = &run.processes[number - 1].plan;
        let has_gaps = plan.decisions.changes.iter().any(Change::removes);
        let given_up = GIVEN_UP + if has_gaps { 3 * run.scene.call.deadline } else { Duration::ZERO };
        // When it was first throttled, and until when it could not be called after that.
        let mut throttled: BTreeMap<Step, (Duration, Duration)> = BTreeMap::new();
        for one in run.story.iter().filter(|one| one.process == number) {
            let What::Call(call) = &one.what else { continue };
            let (action, now) = (action(call.step), one.at);
            if !call.is_throttled() {
                throttled.remove(&action);
                continue;
            }
            let answered = call.arrived.map_or(now, |(_, when)| when);
            let goes_on = |(_, held): &&(Duration, Duration)| answered.saturating_sub(*held) <= FORGOTTEN;
            let before = throttled.get(&action).filter(goes_on).copied();
            let (first, held) = before.unwrap_or((now, answered));
            throttled.insert(action, (first, held.max(answered + call.asks.min(LONGEST_ASKED))));
            if action != Step::Add && now - first > given_up {
                let after = now - first;
                return Err(format!(
                    "{} is called {after:?} after it was throttled throughout",
                    action.name()
                ));
            }
        }
    }
    Ok(())
}

/// After a write without a usable answer, no other write goes to that address while it may still arrive, unless reading back
/// shows that it did. The same Add may, because the second of the two is refused. So may the Add of a replace after its Delete,
/// because it is refused while the entry exists, and is sent once more at the end.
pub(super) fn a_lost_write_settles_before_another(run: &Run) -> Result<(), String> {
    for view in View::all(run) {
        for (at, lost, address) in view.writes().filter(|(_, call, _)| call.is_ambiguous()) {
            let until = run.story[at].at + SETTLE;
            let next = view.writes().find(|(next, _, other)| *next > at && *other == address);
            let Some((next, call, _)) = next.filter(|(next, ..)| run.story[*next].at < until) else {
                continue;
            };
            let is_harmless = call.step == Step::Add && matches!(lost.step, Step::Add | Step::Delete);
            if !is_harmless && !has_arrived(view, (at, next), lost.step, address) {
                let after = run.story[next].at - run.story[at].at;
                return Err(format!(
                    "{} of {address} {after:?} after a lost {}",
                    call.step.name(),
                    lost.step.name()
                ));
            }
        }
    }
    Ok(())
}

/// Whether a reading between two places showed the effect of a write.
fn has_arrived(view: View, (first, last): (usize, usize), step: Step, address: &Address) -> bool {
    let between = |at: usize| at > first && at < last;
    let looks = view.calls().filter(|(at, call)| between(*at) && is_seen(view.run, *at, call, address));
    let mut shown = looks.map(|(at, call)| shown(view.run, at, call, address));
    match step {
        Step::Delete => shown.any(|found| found.is_none()),
        _ => shown.any(|found| view.change(address).is_none_or(|change| is_after(change, found))),
    }
}

/// All reads are calls of one action.
fn action(step: Step) -> Step {
    match step {
        Step::Plan | Step::Compare | Step::Confirm | Step::List => Step::List,
        Step::Identify | Step::Assume | Step::Add | Step::Update | Step::Delete => step,
    }
}

/// With `--stop-on-error`, no change begins once another one is not done.
pub(super) fn stop_on_error_starts_nothing_more(run: &Run) -> Result<(), String> {
    if !run.scene.call.stop_on_error {
        return Ok(());
    }
    for view in View::all(run) {
        let mut failed = None;
        for (_, what) in view.applying() {
            match what {
                What::Finished { outcome, sent: _ }
                    if matches!(outcome.outcome, Outcome::Failed(_) | Outcome::Unknown(_)) =>
                {
                    failed = Some(&outcome.address);
                }
                What::Started { address, .. } => {
                    if let Some(failed) = failed {
                        return Err(format!("{address} is begun after {failed} was not done"));
                    }
                }
                _ => {}
            }
        }
    }
    Ok(())
}
