//! What exists beside an app-wide configuration that is removed: the service may delete it too.

use std::collections::{BTreeMap, BTreeSet};

use super::change::Change;
use crate::model::{Address, Snapshot};

/// Lists the siblings of every app-wide configuration that is deleted or replaced, as they are once the rest of the
/// plan is carried out: with what it creates, without what it deletes. So the set stays the same while a plan is half
/// carried out.
pub(super) fn fill_in(changes: &mut [Change], snapshot: &Snapshot) {
    if !changes.iter().any(Change::may_take_along) {
        changes.iter_mut().for_each(|change| change.siblings.clear());
        return;
    }
    let standing = standing(changes, snapshot);
    for change in changes {
        let beside = |other: &&Address| change.address.has_beside(other);
        change.siblings = match change.may_take_along() {
            true => {
                standing.get(&*change.address.domain).into_iter().flatten().filter(beside).cloned().collect()
            }
            false => Vec::new(),
        };
    }
}

/// What each domain holds once all changes are carried out.
fn standing(changes: &[Change], snapshot: &Snapshot) -> BTreeMap<String, BTreeSet<Address>> {
    let read = snapshot.domains.iter();
    let mut standing: BTreeMap<String, BTreeSet<Address>> =
        read.map(|(name, domain)| (name.to_string(), domain.configs.keys().cloned().collect())).collect();
    for change in changes {
        let domain = standing.entry(change.address.domain.to_string()).or_default();
        match change.after() {
            Some(_) => domain.insert(change.address.clone()),
            None => domain.remove(&change.address),
        };
    }
    standing
}
