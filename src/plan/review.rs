//! Holds a plan to the one that was reviewed: what is still to be done of it, what is done, and what moved since. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ActionKind, Aim, Change, Guard, Held, Plan, PlanOptions, Reason, budget, coverage, guard, siblings,
};
use crate::model::{Address, RecordConfig, Remote, Snapshot};
use crate::resolve::Desired;

/// A change that is not, or not so, in one of two plans.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Where.
    pub address: Address,
    /// In the first plan: the one that was reviewed, or that of the target branch.
    pub first: Option<Change>,
    /// In the second.
    pub second: Option<Change>,
}

/// What an address holds, as a planned change sees it.
enum Standing {
    /// Still what it was planned from.
    Before,
    /// Already what it was planned to become.
    After,
    /// Nothing, between the Delete and the Add of a replace.
    Gap,
    /// Something else.
    Moved,
}

/// The rest of a reviewed plan over what the service holds now, and what moved since. Guards are found anew; where anything
/// moved, the rest is held.
pub fn resume(
    reviewed: &Plan,
    desired: &Desired,
    snapshot: &Snapshot,
    options: &PlanOptions,
) -> (Plan, Vec<Difference>) {
    let mut plan = Plan { changes: Vec::new(), ..reviewed.clone() };
    plan.unread = unread(desired, snapshot);
    let mut moved = Vec::new();
    for change in &reviewed.changes {
        let found = snapshot.get(&change.address);
        match standing(change, found) {
            Standing::Before => plan.changes.push(change.clone()),
            Standing::After => plan.unchanged.push(change.address.clone()),
            Standing::Gap => plan.changes.push(finishing(change, options)),
            Standing::Moved if plan.unread.iter().any(|name| **name == *change.address.domain) => {}
            Standing::Moved => moved.push(Difference {
                address: change.address.clone(),
                first: Some(change.clone()),
                second: rebased(change, found),
            }),
        }
    }
    coverage::fill_in(&mut plan.changes, snapshot);
    siblings::fill_in(&mut plan.changes, snapshot);
    plan.held = moved.iter().map(stale).collect();
    let beside = other_siblings(reviewed, &plan, snapshot);
    plan.held.extend(beside.iter().map(other_beside));
    moved.extend(beside);
    moved.sort_by(|one, other| one.address.cmp(&other.address));
    let options = expecting_rest(reviewed, &plan, options);
    plan.held.extend(guard::held(&plan, desired, snapshot, &options));
    plan.budget = budget::of(&plan.changes, snapshot, options.pace);
    (plan, moved)
}

fn unread(desired: &Desired, snapshot: &Snapshot) -> Vec<String> {
    let missing = desired.domains.keys().filter(|name| !snapshot.domains.contains_key(*name));
    missing.map(ToString::to_string).collect()
}

fn standing(change: &Change, found: Option<&Remote>) -> Standing {
    let aim = Aim::of(change);
    match () {
        () if found.is_some_and(|remote| remote.unsupported.is_some()) => Standing::Moved,
        () if aim.reached(found) => Standing::After,
        () if aim.at_before(found) => Standing::Before,
        () if found.is_none() && change.action == ActionKind::Replace => Standing::Gap,
        () => Standing::Moved,
    }
}

/// The second half of a replace.
fn finishing(change: &Change, options: &PlanOptions) -> Change {
    let gap = options.unfinished.gaps.get(&change.address);
    let reason = gap.map_or(Reason::Missing, |gap| Reason::FinishesReplace { run: gap.run.clone() });
    Change {
        action: ActionKind::Create,
        reason,
        before: None,
        contingent: Vec::new(),
        siblings: Vec::new(),
        ..change.clone()
    }
}

/// The change as it would have to be now.
fn rebased(change: &Change, found: Option<&Remote>) -> Option<Change> {
    let before = found.map(|remote| remote.config.clone().normalized());
    let action = match (&before, &change.after) {
        (None, None) => return None,
        (None, Some(_)) => ActionKind::Create,
        (Some(_), None) => ActionKind::Delete,
        (Some(_), Some(_)) if change.action == ActionKind::Replace => ActionKind::Replace,
        (Some(_), Some(_)) => ActionKind::Update,
    };
    Some(Change { action, before, ..change.clone() })
}

fn stale(moved: &Difference) -> Held {
    let address = Some(moved.address.clone());
    let message = "it is not as it was when the plan was reviewed".to_owned();
    Held { guard: Guard::Stale, address, message, release: None }
}

/// App-wide entries that go, beside which other entries stand than when the plan was reviewed.
fn other_siblings(reviewed: &Plan, rest: &Plan, snapshot: &Snapshot) -> Vec<Difference> {
    let reviewed = by_address(reviewed);
    let is_read = |change: &&Change| snapshot.domains.contains_key(&change.address.domain);
    let goes = |change: &&Change| change.removes() && change.address.is_app_wide();
    let other = |change: &Change| {
        let first = reviewed.get(&change.address).filter(|first| first.siblings != change.siblings)?;
        let (first, second) = (Some((*first).clone()), Some(change.clone()));
        Some(Difference { address: change.address.clone(), first, second })
    };
    rest.changes.iter().filter(is_read).filter(goes).filter_map(other).collect()
}

fn other_beside(moved: &Difference) -> Held {
    let message = "other entries stand beside it than when the plan was reviewed".to_owned();
    Held { message, ..stale(moved) }
}

/// Whoever expects the reviewed plan expects the rest of it too.
fn expecting_rest(reviewed: &Plan, rest: &Plan, options: &PlanOptions) -> PlanOptions {
    let expects = options.expected_digest.as_ref().is_some_and(|expected| *expected == reviewed.digest());
    let expected_digest = if expects { Some(rest.digest()) } else { options.expected_digest.clone() };
    PlanOptions { expected_digest, ..options.clone() }
}

/// What tells a plan that was made anew from the reviewed one. Changes that are done since, or half done, do not count.
pub fn since_review(reviewed: &Plan, plan: &Plan, snapshot: &Snapshot) -> Vec<Difference> {
    let goes_on = |difference: &Difference| match (&difference.first, &difference.second) {
        (Some(first), None) => {
            matches!(standing(first, snapshot.get(&first.address)), Standing::After)
        }
        (Some(first), Some(second)) => {
            matches!(standing(first, snapshot.get(&first.address)), Standing::Gap)
                && alike(&first.after, &second.after)
        }
        (None, _) => false,
    };
    between(reviewed, plan).into_iter().filter(|difference| !goes_on(difference)).collect()
}

/// All that is in one of two plans and not, or not so, in the other; in the order of the addresses.
pub fn between(first: &Plan, second: &Plan) -> Vec<Difference> {
    let (first, second) = (by_address(first), by_address(second));
    let addresses: BTreeSet<&Address> = first.keys().chain(second.keys()).copied().collect();
    addresses
        .into_iter()
        .filter_map(|address| {
            let (one, two) = (first.get(address).copied(), second.get(address).copied());
            let alike = one
                .zip(two)
                .is_some_and(|(one, two)| same_transition(one, two) && one.siblings == two.siblings);
            let difference =
                || Difference { address: address.clone(), first: one.cloned(), second: two.cloned() };
            (!alike).then(difference)
        })
        .collect()
}

pub(super) fn by_address(plan: &Plan) -> BTreeMap<&Address, &Change> {
    plan.changes.iter().map(|change| (&change.address, change)).collect()
}

pub(super) fn same_transition(one: &Change, two: &Change) -> bool {
    one.action == two.action && alike(&one.before, &two.before) && alike(&one.after, &two.after)
}

fn alike(one: &Option<RecordConfig>, two: &Option<RecordConfig>) -> bool {
    match (one, two) {
        (None, None) => true,
        (Some(one), Some(two)) => one.differences(two).is_empty(),
        (None, Some(_)) | (Some(_), None) => false,
    }
}
