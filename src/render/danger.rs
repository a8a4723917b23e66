//! What a reviewer must see first: refusals told together, and changes in the order of what they can do.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::plan::counted;
use crate::model::Address;
use crate::plan::{ActionKind, Coverage, Fold, Guard, Held, Noted, Plan, fold};

/// One guard's refusals that read the same.
pub(super) struct Refusal<'a> {
    pub(super) guard: Guard,
    pub(super) message: &'a str,
    /// The flag that releases it.
    pub(super) release: Option<&'a str>,
    /// What it is about, where it is about single changes.
    pub(super) addresses: Vec<&'a Address>,
}

/// The refusals in the order they are told.
pub(super) fn refusals(plan: &Plan) -> Vec<Refusal<'_>> {
    let mut told: BTreeMap<(Guard, &str, Option<&str>), Vec<&Address>> = BTreeMap::new();
    for Held { guard, address, message, release } in &plan.notes.held {
        told.entry((*guard, message, release.as_deref())).or_default().extend(address);
    }
    let refusal = |((guard, message, release), addresses)| Refusal { guard, message, release, addresses };
    told.into_iter().map(refusal).collect()
}

/// What releases each guard that holds the plan: the guard, and the one flag, each pair once.
pub(super) fn releases(plan: &Plan) -> BTreeSet<(Guard, Option<&str>)> {
    plan.notes.held.iter().map(|held| (held.guard, held.release.as_deref())).collect()
}

/// The guards that refuse single changes, by the change's address.
pub(super) fn guards(plan: &Plan) -> HashMap<&Address, Vec<Guard>> {
    let mut guards: HashMap<&Address, Vec<Guard>> = HashMap::new();
    for held in &plan.notes.held {
        if let Some(address) = &held.address {
            guards.entry(address).or_default().push(held.guard);
        }
    }
    guards
}

/// Changes that read alike, and whether a guard refuses one of them.
pub(super) struct Ranked<'a> {
    pub(super) fold: Fold<'a>,
    pub(super) is_refused: bool,
}

/// Refused, replaced, deleted, updated, created; within each, by first address.
pub(super) fn worst_first(plan: &Plan, full: bool) -> Vec<Ranked<'_>> {
    let guards = guards(plan);
    let mut ranked: Vec<Ranked> = fold(plan, full)
        .into_iter()
        .map(|fold| {
            let is_refused = fold.changes.iter().any(|change| guards.contains_key(&change.address));
            Ranked { fold, is_refused }
        })
        .collect();
    ranked.sort_by_key(|one| (!one.is_refused, weight(one.fold.first().action)));
    ranked
}

fn weight(action: ActionKind) -> u8 {
    match action {
        ActionKind::Replace => 0,
        ActionKind::Delete => 1,
        ActionKind::Update => 2,
        ActionKind::Create => 3,
    }
}

/// Whether what the change is about is recorded now and, as far as its own entry and the plan tell, not by itself any more.
pub(super) fn stops_recording(change: Noted) -> bool {
    let Coverage { before, after } = &change.note.coverage;
    let asks = |config: &Option<crate::model::RecordConfig>| {
        config.as_ref().is_some_and(|config| !config.records_by_itself())
    };
    let is_ruled_by_itself = after.as_ref() == Some(&change.address);
    before.is_some()
        && (after.is_none() || (is_ruled_by_itself && asks(&change.after) && !asks(&change.before)))
}

/// `1 replaced`, `2 deleted`, `3 not recorded any more`: each kind of danger that is there.
pub(super) fn dangers(plan: &Plan) -> Vec<String> {
    let summary = plan.summary();
    let stops = plan.changes().filter(|change| stops_recording(*change)).count();
    let unsupported = plan.notes.unsupported.iter().filter(|one| one.declared).count();
    let kinds = [
        (
            plan.notes.unread.len(),
            format!("{} could not be read", counted(plan.notes.unread.len(), "domain")),
        ),
        (
            summary.replace,
            format!("{} replaced: between its delete and its add nothing records", summary.replace),
        ),
        (summary.delete, format!("{} deleted", summary.delete)),
        (stops, format!("{stops} not recorded by itself any more")),
        (unsupported, format!("{} that can't be managed", counted(unsupported, "declared configuration"))),
    ];
    kinds.into_iter().filter(|(count, _)| *count > 0).map(|(_, text)| text).collect()
}
