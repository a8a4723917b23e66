//! Compares a plan with the one that was reviewed: what is still to be done, what is done, and what changed since.
//! Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::aim::Aim;
use super::change::{ActionKind, Change, Reason, Transition};
use super::decided::{Decisions, Plan};
use super::file::SavedPlan;
use super::notes::{ChangeNote, Guard, Held, Noted, Notes};
use super::options::PlanOptions;
use super::weigh::weigh;
use crate::model::{Address, PatternIndex, RecordConfig, Remote, Snapshot};

/// A change that is in one of two plans and not, or not in the same form, in the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The address.
    pub address: Address,
    /// In the first plan: the reviewed one, or the target branch's.
    pub first: Option<Change>,
    /// In the second plan.
    pub second: Option<Change>,
}

/// What an address holds, from the point of view of a planned change.
enum Standing {
    /// Still the state before.
    Before,
    /// Already the state after.
    After,
    /// Nothing: the replace is between its Delete and its Add.
    Gap { after: Box<RecordConfig> },
    /// Something else.
    Moved,
}

/// The rest of reviewed decisions, compared with what the service holds now, and what changed since. Guards are
/// evaluated again; if anything changed, the rest is refused. The notes are shown again and decide nothing.
pub fn resume(reviewed: &SavedPlan, snapshot: &Snapshot, options: &PlanOptions) -> (Plan, Vec<Difference>) {
    let mut plan = rest_of(reviewed, unread(&reviewed.decisions, snapshot));
    let mut moved = Vec::new();
    for Noted { change, note } in reviewed.changes() {
        let found = snapshot.get(&change.address);
        match standing(change, found) {
            Standing::Before => plan.push(change.clone(), note.clone()),
            Standing::After => plan.notes.unchanged.push(change.address.clone()),
            Standing::Gap { after } => {
                let after = *after;
                let (change, note) = finishing(change, after, note, options);
                plan.push(change, note);
            }
            Standing::Moved if plan.notes.unread.iter().any(|name| **name == *change.address.domain) => {}
            Standing::Moved => moved.push(Difference {
                address: change.address.clone(),
                first: Some(change.clone()),
                second: rebased(change, found),
            }),
        }
    }
    let options = expecting_rest(&reviewed.decisions, &plan, options);
    weigh(&mut plan, &PatternIndex::default(), snapshot, &options);
    let beside = other_siblings(&reviewed.decisions, &plan.decisions, snapshot);
    plan.notes.held.splice(..0, moved.iter().map(stale).chain(beside.iter().map(other_beside)));
    moved.extend(beside);
    moved.sort_by(|one, other| one.address.cmp(&other.address));
    (plan, moved)
}

/// The reviewed plan without its changes, and without anything that was true only for the snapshot it was made from.
fn rest_of(reviewed: &SavedPlan, unread: Vec<String>) -> Plan {
    let SavedPlan { decisions, notes, .. } = reviewed;
    Plan {
        decisions: Decisions { changes: Vec::new(), ..decisions.clone() },
        notes: Notes {
            is_rest: true,
            changes: Vec::new(),
            unchanged: Vec::new(),
            unmanaged: Vec::new(),
            ignored: Vec::new(),
            accepted: Vec::new(),
            shadows: Vec::new(),
            held: Vec::new(),
            on_air: None,
            unread,
            ..notes.clone()
        },
    }
}

fn unread(reviewed: &Decisions, snapshot: &Snapshot) -> Vec<String> {
    let missing = reviewed.domains.keys().filter(|name| !snapshot.domains.contains_key(name.as_str()));
    missing.cloned().collect()
}

fn standing(change: &Change, found: Option<&Remote>) -> Standing {
    let aim = Aim::of(change);
    match (&change.transition, found) {
        _ if found.is_some_and(|remote| remote.unsupported.is_some()) => Standing::Moved,
        _ if aim.reached(found) => Standing::After,
        _ if aim.at_before(found) => Standing::Before,
        (Transition::Replace { after, .. }, None) => Standing::Gap { after: Box::new(after.clone()) },
        _ => Standing::Moved,
    }
}

/// The second half of a replace.
fn finishing(
    change: &Change,
    after: RecordConfig,
    note: &ChangeNote,
    options: &PlanOptions,
) -> (Change, ChangeNote) {
    let run = options.gaps.get(&change.address).map(|gap| gap.run.clone());
    let reason = if run.is_some() { Reason::FinishesReplace } else { Reason::Missing };
    let (contingent, siblings) = (Vec::new(), Vec::new());
    let transition = Transition::Create { after };
    let change = Change { transition, reason, contingent, siblings, ..change.clone() };
    (change, ChangeNote { run, ..note.clone() })
}

/// The change as it would have to be now.
fn rebased(change: &Change, found: Option<&Remote>) -> Option<Change> {
    let before = found.map(|remote| remote.config.clone().normalized());
    let transition = match (before, change.after().cloned()) {
        (None, None) => return None,
        (None, Some(after)) => Transition::Create { after },
        (Some(before), None) => Transition::Delete { before },
        (Some(before), Some(after)) if change.action() == ActionKind::Replace => {
            Transition::Replace { before, after }
        }
        (Some(before), Some(after)) => Transition::Update { before, after },
    };
    Some(Change { transition, ..change.clone() })
}

fn stale(moved: &Difference) -> Held {
    let address = Some(moved.address.clone());
    let message = "it has changed since the plan was reviewed".to_owned();
    Held { guard: Guard::Stale, address, message, release: None }
}

/// App-wide configurations to be removed that have other configurations beside them than when the plan was reviewed.
fn other_siblings(reviewed: &Decisions, rest: &Decisions, snapshot: &Snapshot) -> Vec<Difference> {
    let reviewed = by_address(reviewed);
    let is_read = |change: &&Change| snapshot.domains.contains_key(&change.address.domain);
    let goes = |change: &&Change| change.may_take_along();
    let other = |change: &Change| {
        let first = reviewed.get(&change.address).filter(|first| first.siblings != change.siblings)?;
        let (first, second) = (Some((*first).clone()), Some(change.clone()));
        Some(Difference { address: change.address.clone(), first, second })
    };
    rest.changes.iter().filter(is_read).filter(goes).filter_map(other).collect()
}

fn other_beside(moved: &Difference) -> Held {
    let message = "the configurations beside it have changed since the plan was reviewed".to_owned();
    Held { message, ..stale(moved) }
}

/// If the reviewed plan was expected, its rest is expected too.
fn expecting_rest(reviewed: &Decisions, rest: &Plan, options: &PlanOptions) -> PlanOptions {
    let expects = options.expected_digest.as_ref().is_some_and(|expected| *expected == reviewed.digest());
    let expected_digest = if expects { Some(rest.digest()) } else { options.expected_digest.clone() };
    PlanOptions { expected_digest, ..options.clone() }
}

/// Whether a new plan is the rest of a reviewed one: each of its changes was decided there, or is what is left of a
/// change, and no change is missing except those that are done.
pub fn is_rest_of(reviewed: &Decisions, plan: &Plan, snapshot: &Snapshot) -> bool {
    let Decisions { target, account, declares_nothing, domains, changes: _ } = &plan.decisions;
    *target == reviewed.target
        && *account == reviewed.account
        && *declares_nothing == reviewed.declares_nothing
        && domains.iter().all(|(name, region)| reviewed.domains.get(name) == Some(region))
        && since_review(reviewed, &plan.decisions, snapshot).is_empty()
}

/// What distinguishes a new plan from the reviewed one. Changes that have been done since, in whole or by half, do not
/// count.
pub fn since_review(reviewed: &Decisions, plan: &Decisions, snapshot: &Snapshot) -> Vec<Difference> {
    let goes_on = |difference: &Difference| match (&difference.first, &difference.second) {
        (Some(first), None) => {
            matches!(standing(first, snapshot.get(&first.address)), Standing::After)
        }
        (Some(first), Some(second)) => {
            matches!(standing(first, snapshot.get(&first.address)), Standing::Gap { .. })
                && alike(first.after(), second.after())
        }
        (None, _) => false,
    };
    between(reviewed, plan, same_decision).into_iter().filter(|difference| !goes_on(difference)).collect()
}

/// Everything that is in one of two plans and not, or not in the same form, in the other; sorted by address.
fn between(first: &Decisions, second: &Decisions, same: fn(&Change, &Change) -> bool) -> Vec<Difference> {
    let (first, second) = (by_address(first), by_address(second));
    let addresses: BTreeSet<&Address> = first.keys().chain(second.keys()).copied().collect();
    addresses
        .into_iter()
        .filter_map(|address| {
            let (one, two) = (first.get(address).copied(), second.get(address).copied());
            let alike = one.zip(two).is_some_and(|(one, two)| same(one, two));
            let difference =
                || Difference { address: address.clone(), first: one.cloned(), second: two.cloned() };
            (!alike).then(difference)
        })
        .collect()
}

pub(super) fn by_address(decisions: &Decisions) -> BTreeMap<&Address, &Change> {
    decisions.changes.iter().map(|change| (&change.address, change)).collect()
}

/// Whether two decisions about an address are the same.
fn same_decision(one: &Change, two: &Change) -> bool {
    let Change { address, transition: _, reason, is_protected, spelling, contingent, siblings } = one;
    same_transition(one, two)
        && *address == two.address
        && *reason == two.reason
        && *is_protected == two.is_protected
        && *spelling == two.spelling
        && *contingent == two.contingent
        && *siblings == two.siblings
}

pub(super) fn same_transition(one: &Change, two: &Change) -> bool {
    one.action() == two.action() && alike(one.before(), two.before()) && alike(one.after(), two.after())
}

fn alike(one: Option<&RecordConfig>, two: Option<&RecordConfig>) -> bool {
    match (one, two) {
        (None, None) => true,
        (Some(one), Some(two)) => one.differences(two).is_empty(),
        (None, Some(_)) | (Some(_), None) => false,
    }
}
