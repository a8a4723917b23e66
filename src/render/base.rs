//! What files change from what was pending on their target branch, in the words of every picture of a plan.

use std::collections::HashSet;

use super::review::transition;
use crate::model::Address;
use crate::plan::{Change, Plan, SinceBase};

/// `shown` is how the base's name is written. `Beside ../base: 7 changes were pending before, 3 come with these files.`
pub(super) fn owed(plan: &Plan, since: &SinceBase, shown: impl Fn(&str) -> String) -> String {
    let pending = pending(plan);
    let own = plan.decisions.changes.len() - pending;
    let before = match pending {
        0 => "nothing was pending before".to_owned(),
        1 => "1 change was pending before".to_owned(),
        _ => format!("{pending} changes were pending before"),
    };
    let now = match own {
        0 => "nothing comes".to_owned(),
        1 => "1 comes".to_owned(),
        _ => format!("{own} come"),
    };
    format!("Beside {}: {before}, {now} with these files.", shown(&since.base))
}

/// How many changes of the plan were pending before.
pub(super) fn pending(plan: &Plan) -> usize {
    plan.decisions.changes.iter().filter(|change| plan.is_pending(change)).count()
}

/// What the branch's files ask for where this change is planned, if anything.
pub(super) fn instead(plan: &Plan, change: &Change, arrow: &str) -> Option<String> {
    plan.instead_of(change).map(|other| format!("pending before: {}", transition(Some(other), arrow)))
}

/// Changes that were pending and will not be made, each with what it was.
pub(super) fn withdrawn<'a>(plan: &Plan, since: &'a SinceBase, arrow: &str) -> Vec<(&'a Address, String)> {
    let planned: HashSet<&Address> = plan.decisions.changes.iter().map(|change| &change.address).collect();
    let gone = since.otherwise.iter().filter(|change| !planned.contains(&change.address));
    gone.map(|change| (&change.address, transition(Some(change), arrow))).collect()
}

/// Something that these files no longer say of what stands there.
pub(super) struct Lapse {
    /// Behind the count.
    pub(super) what: &'static str,
    /// Addresses or domains.
    pub(super) names: Vec<String>,
    /// Whether a guard is gone with it.
    pub(super) is_danger: bool,
}

/// What the branch's files say and these do not any more, though nothing is changed by it now; none of them is empty.
pub(super) fn lapses(since: &SinceBase) -> Vec<Lapse> {
    let SinceBase { base: _, pending: _, otherwise: _, released, unprotected, unnamed } = since;
    let names = |addresses: &[Address]| addresses.iter().map(ToString::to_string).collect();
    let all = [
        Lapse { what: "not protected any more", names: names(unprotected), is_danger: true },
        Lapse { what: "not declared any more, left alone", names: names(released), is_danger: false },
        Lapse { what: "not named any more, not even read", names: unnamed.clone(), is_danger: false },
    ];
    all.into_iter().filter(|lapse| !lapse.names.is_empty()).collect()
}

/// A sentence for each thing that the branch's files say and these do not any more. `name` writes an address or a domain,
/// `danger` words that are one, and `step` what was pending.
pub(super) fn notes(
    plan: &Plan,
    name: impl Fn(&str) -> String,
    danger: impl Fn(&str) -> String,
    step: impl Fn(&str) -> String,
) -> Vec<String> {
    let Some(since) = &plan.notes.since_base else { return Vec::new() };
    let lapse = |Lapse { what, names, is_danger }| {
        let what = if is_danger { danger(what) } else { String::from(what) };
        let more = if names.len() > 1 { format!(" and {} more", names.len() - 1) } else { String::new() };
        format!("{} {what}: {}{more}", names.len(), name(&names[0]))
    };
    let withdrawn = withdrawn(plan, since, "→").into_iter().map(|(address, text)| {
        format!("{} was pending and is not any more: {}", name(&address.to_string()), step(&text))
    });
    lapses(since).into_iter().map(lapse).chain(withdrawn).collect()
}
