//! What must hold for every run, one function for each invariant.

mod beside;
mod ends;
mod outcomes;
mod paces;
mod secrets;
mod writes;

use std::time::Duration;

use livevod::apply::ChangeOutcome;
use livevod::model::{Address, RecordConfig, Remote};
use livevod::plan::{Change, Plan};

use super::Run;
use super::story::{Author, Call, Happening, What};
use super::truth::{Changed, folded};
use super::weather::Step;

/// How long every call of an action must be throttled before livevod gives the action up.
const GIVES_UP: Duration = Duration::from_secs(60);

/// Returns what does not hold.
pub(crate) type Invariant = fn(&Run) -> Result<(), String>;

/// Every invariant by name.
pub(crate) const ALL: &[(&str, Invariant)] = &[
    ("only what is planned is written", writes::only_what_is_planned_is_written),
    ("what is not ours stays as it is", writes::what_is_not_ours_stays_as_it_is),
    ("what is accepted is written as it stood", writes::what_is_accepted_is_written_as_it_stood),
    ("every write rests on a look that showed `before`", writes::every_write_rests_on_a_look),
    ("every write rests on a fresh look", writes::every_write_rests_on_a_fresh_look),
    ("no look outlives an unclear write", writes::no_look_outlives_an_unclear_write),
    ("nothing is written under another account's key", writes::nothing_is_written_under_another_accounts_key),
    (
        "an app-wide entry goes only beside what the plan saw",
        beside::an_app_wide_entry_goes_only_beside_what_the_plan_saw,
    ),
    ("what is as wanted is not written", writes::what_is_as_wanted_is_not_written),
    ("a stop lets no write leave", writes::a_stop_lets_no_write_leave),
    ("every write is in the journal before", writes::every_write_is_in_the_journal_before),
    ("nothing is deleted after a failure", writes::nothing_is_deleted_after_a_failure),
    ("siblings that went along come back", writes::siblings_that_went_along_come_back),
    ("what went along is back in the end", ends::what_went_along_is_back_in_the_end),
    ("done is true when confirmed", outcomes::done_is_true_when_confirmed),
    ("what is done was seen after it was accepted", outcomes::what_is_done_was_seen_after_it_was_accepted),
    ("done is true at the end", outcomes::done_is_true_at_the_end),
    ("what is done stayed to the last listing", outcomes::what_is_done_stayed_to_the_last_listing),
    ("failed is true", outcomes::failed_is_true),
    ("what is said to stand there was seen", outcomes::what_is_said_to_stand_there_was_seen),
    ("what is not attempted is not sent", outcomes::what_is_not_attempted_is_not_sent),
    ("what was sent is told", outcomes::what_was_sent_is_told),
    ("unknown only where nobody can know", outcomes::unknown_only_where_nobody_can_know),
    ("every change has an end and a reason", outcomes::every_change_has_an_end_and_a_reason),
    ("a failed replace leaves something", ends::a_failed_replace_leaves_something),
    ("a finished replace keeps what no file mentions", ends::a_finished_replace_keeps_what_no_file_mentions),
    ("what was made good is never planned back", ends::what_was_made_good_is_never_planned_back),
    ("a run without faults knows what it did", ends::a_run_without_faults_knows_what_it_did),
    ("it converges or refuses", ends::it_converges_or_refuses),
    ("calls stay within the rate", paces::calls_stay_within_the_rate),
    (
        "no more writes go side by side than the service bears",
        paces::no_more_writes_go_side_by_side_than_it_bears,
    ),
    ("a gap is not left waiting", paces::a_gap_is_not_left_waiting),
    ("what is throttled for a minute is given up", paces::what_is_throttled_for_a_minute_is_given_up),
    ("a lost write settles before another", paces::a_lost_write_settles_before_another),
    ("stop on error starts nothing more", paces::stop_on_error_starts_nothing_more),
    ("no secret in any output", secrets::no_secret_in_any_output),
];

/// One process of a run, with its part of the story.
#[derive(Clone, Copy)]
struct View<'a> {
    run: &'a Run,
    /// Counted from 1.
    number: usize,
    plan: &'a Plan,
}

impl<'a> View<'a> {
    /// Every process.
    fn all(run: &'a Run) -> impl Iterator<Item = View<'a>> {
        let processes = run.processes.iter().enumerate();
        processes.map(move |(at, process)| View { run, number: at + 1, plan: &process.plan })
    }

    /// The events since the plan, each with its place in the story.
    fn applying(self) -> impl Iterator<Item = (usize, &'a What)> + Clone {
        let own = self.run.story.iter().enumerate().filter(move |(_, one)| one.process == self.number);
        own.map(|(at, one)| (at, &one.what)).skip_while(|(_, what)| !matches!(what, What::Planned { .. }))
    }

    fn calls(self) -> impl Iterator<Item = (usize, &'a Call)> + Clone {
        self.applying().filter_map(|(at, what)| match what {
            What::Call(call) => Some((at, call)),
            _ => None,
        })
    }

    /// The calls before a write that it may rest on: within the freshness window, those for the plan too.
    fn calls_since_planning(self) -> impl Iterator<Item = (usize, &'a Call)> {
        let story = self.run.story.iter().enumerate().filter(move |(_, one)| one.process == self.number);
        let for_the_plan = story.filter_map(|(at, one)| match &one.what {
            What::Call(call) if call.step == Step::Plan => Some((at, call)),
            _ => None,
        });
        for_the_plan.filter(move |_| self.run.scene.call.approval.is_some()).chain(self.calls())
    }

    /// The writing calls, with their addresses.
    fn writes(self) -> impl Iterator<Item = (usize, &'a Call, &'a Address)> + Clone {
        self.calls().filter(|(_, call)| call.step.is_write()).filter_map(|(at, call)| match &call.target {
            super::story::Target::Address(address) => Some((at, call, address)),
            super::story::Target::Domain(_) => None,
        })
    }

    fn finished(self) -> impl Iterator<Item = (usize, &'a ChangeOutcome)> {
        self.applying().filter_map(|(at, what)| match what {
            What::Finished { outcome, sent: _ } => Some((at, outcome)),
            _ => None,
        })
    }

    /// Changes that were reported as done, but were then undone.
    fn moved(self) -> impl Iterator<Item = &'a ChangeOutcome> {
        self.applying().filter_map(|(_, what)| match what {
            What::Moved(outcome) => Some(outcome),
            _ => None,
        })
    }

    fn change(self, address: &Address) -> Option<&'a Change> {
        self.plan.decisions.changes.iter().find(|change| folded(&change.address) == *address)
    }

    /// The place of the process's first event after the plan.
    fn start(self) -> usize {
        self.applying().next().map_or(0, |(at, _)| at)
    }

    /// Whether the service throttled reads between two places, and answered none about an address after that: it blocks
    /// all of them.
    fn is_throttled_between(self, first: usize, last: usize, address: &Address) -> bool {
        let mut reads = self.calls().filter(|(at, call)| *at > first && *at < last && !call.step.is_write());
        let throttled = reads.by_ref().filter(|(_, call)| call.is_throttled()).last();
        throttled.is_some_and(|(at, _)| {
            !self.calls().any(|(look, call)| look > at && look < last && call.is_look_at(address))
        })
    }

    /// Whether all reads of the process before a place were throttled, for a minute or longer: then livevod sends none any more, not
    /// even after a write that it sends later.
    fn has_given_up_reads(self, place: usize) -> bool {
        let reads: Vec<(usize, &Call)> =
            self.calls().filter(|(at, call)| *at < place && call.is_read()).collect();
        let throttled = reads.iter().rev().map_while(|(at, call)| call.is_throttled().then_some(*at));
        let times: Vec<Duration> = throttled.map(|at| self.run.story[at].at).collect();
        let (last, first) = (times.first(), times.last());
        last.zip(first).is_some_and(|(last, first)| *last - *first >= GIVES_UP)
    }

    /// Whether a process with a role's keys had none for the account at a place: the role gave it no other key, or
    /// one of an account that is not the declared one.
    fn is_without_key_at(self, place: usize) -> bool {
        let before = |(at, one): &(usize, &Happening)| *at < place && one.process == self.number;
        let story = self.run.story.iter().enumerate();
        let mut asked = story.filter(before).filter_map(|(_, one)| match &one.what {
            What::Call(call) if call.step == Step::Assume => Some(call),
            _ => None,
        });
        let is_declared = self.run.scene.desired.account.is_some() && self.run.scene.call.accounts.len() > 1;
        let is_anothers = writes::another_accounts_key(self.run, self.number).is_some_and(|key| key < place);
        asked.next_back().is_some_and(|call| !call.is_answered()) || (is_declared && is_anothers)
    }

    /// Whether any call about an address or its domain failed after a place in the story.
    fn is_troubled_after(self, place: usize, address: &Address) -> bool {
        let about = |call: &Call| call.is_about(address);
        let is_wrong = |call: &Call| !call.faults.is_empty() || !call.is_answered();
        self.calls().any(|(at, call)| at > place && about(call) && is_wrong(call))
    }
}

/// Every change of the account, with its place, the process it belongs to and its author.
fn changes(run: &Run) -> impl Iterator<Item = (usize, usize, &Changed, Author)> {
    run.story.iter().enumerate().filter_map(|(at, one)| match &one.what {
        What::Changed(changed, author) => {
            let process = if let Author::Late(process) = author { *process } else { one.process };
            Some((at, process, changed, *author))
        }
        _ => None,
    })
}

/// Whether livevod's Delete of another entry removed an entry, and not one of its own address. Of a Delete that arrived late, the
/// address is not known.
fn went_along(run: &Run, at: usize, changed: &Changed, author: Author) -> bool {
    let last = run.story[..at].iter().rev().find_map(|one| match &one.what {
        What::Call(call) if call.step.is_write() => Some(call),
        _ => None,
    });
    author == Author::Livevod
        && changed.after.is_none()
        && last.is_some_and(|call| call.step == Step::Delete && !call.is_about(&changed.address))
}

/// Whether an entry disappeared when a lost request of a process arrived, and the process sent no Delete of it, but one of an app-wide
/// entry beside it: the service removed it along with that one.
fn went_along_late(view: View, changed: &Changed, author: Author) -> bool {
    let mut deletes = view.writes().filter(|(_, call, _)| call.step == Step::Delete);
    matches!(author, Author::Late(_))
        && changed.after.is_none()
        && deletes.clone().all(|(_, call, _)| !call.is_about(&changed.address))
        && deletes.any(|(_, call, wide)| call.fate == "late" && wide.has_beside(&changed.address))
}

/// Whether another client changed an address between two places.
fn is_foreign_between(run: &Run, first: usize, last: usize, address: &Address) -> bool {
    changes(run).any(|(at, _, changed, author)| {
        at >= first && at <= last && !author.is_own() && changed.address == *address
    })
}

/// Whether an entry is in the state that a change wants; the service may have set more fields of a new one.
fn is_as(wanted: Option<&RecordConfig>, found: Option<&Remote>, is_fresh: bool) -> bool {
    match (wanted, found) {
        (None, None) => true,
        (Some(wanted), Some(remote)) => {
            let wanted = if is_fresh { wanted.laid_over(&remote.config) } else { wanted.clone() };
            remote.unsupported.is_none() && wanted.differences(&remote.config.clone().normalized()).is_empty()
        }
        (None, Some(_)) | (Some(_), None) => false,
    }
}

fn is_after(change: &Change, found: Option<&Remote>) -> bool {
    is_as(change.after(), found, change.before().is_none())
}

fn is_before(change: &Change, found: Option<&Remote>) -> bool {
    is_as(change.before(), found, false)
}
