//! Compares the plan of some files with the plan of their target branch, both made from one [`Snapshot`]: what was
//! pending anyway, and what these files change. Pure.

use super::change::Change;
use super::decided::Plan;
use super::notes::SinceBase;
use super::review::{by_address, same_transition};
use super::selection::Selection;
use crate::model::{Address, Snapshot};
use crate::resolve::{Desired, Entry};

/// The target branch of some files.
#[derive(Debug, Clone, Copy)]
pub struct Base<'a> {
    /// The path of its files, as the user named it.
    pub name: &'a str,
    /// The desired state that its files declare.
    pub desired: &'a Desired,
    /// The plan for them, over the snapshot that `plan` was made from.
    pub plan: &'a Plan,
}

/// The part of `plan`, made from `desired`, that only these files cause.
pub fn since_base(
    base: Base,
    desired: &Desired,
    plan: &Plan,
    snapshot: &Snapshot,
    selection: &Selection,
) -> SinceBase {
    let (before, now) = (by_address(&base.plan.decisions), by_address(&plan.decisions));
    let is_alike = |address: &Address, change: &Change| {
        now.get(address).is_some_and(|other| same_transition(change, other))
    };
    let (pending, otherwise): (Vec<&Change>, Vec<&Change>) =
        before.values().copied().partition(|change| is_alike(&change.address, change));
    let standing = || snapshot.domains.values().flat_map(|domain| domain.configs.keys());
    let selected = || standing().filter(|address| selection.selects(address));
    let declares =
        |files: &Desired, address: &Address| files.get(address).and_then(Entry::resolved).is_some();
    let (protected_before, protected) = (base.desired.protected(), desired.protected());
    let released = |address: &&Address| {
        declares(base.desired, address) && desired.get(address).is_none() && !now.contains_key(*address)
    };
    SinceBase {
        base: base.name.to_owned(),
        pending: pending.into_iter().map(|change| change.address.clone()).collect(),
        otherwise: otherwise.into_iter().cloned().collect(),
        released: selected().filter(released).cloned().collect(),
        unprotected: selected()
            .filter(|address| protected_before.selects(address) && !protected.selects(address))
            .cloned()
            .collect(),
        unnamed: base
            .desired
            .domains
            .keys()
            .filter(|name| !desired.domains.contains_key(*name) && selection.selects_domain(name))
            .map(ToString::to_string)
            .collect(),
    }
}
