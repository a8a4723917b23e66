//! What files change from what was pending on their target branch, in the words of every format.

use std::collections::HashSet;

use super::phrases::first_and_more;
use super::review::transition;
use crate::model::Address;
use crate::plan::{Change, SinceBase};

/// A plan beside the files of its target branch.
pub(super) struct BaseView<'a> {
    /// The facts, for documents.
    pub(super) since: &'a SinceBase,
    /// How many changes of the plan were pending before.
    pub(super) pending: usize,
    /// How many come with these files.
    own: usize,
    /// What was pending and will not be done.
    pub(super) withdrawn: Vec<&'a Change>,
    /// What the branch's files say and these do not any more, though nothing is changed by it now; none of them is empty.
    pub(super) lapses: Vec<Lapse>,
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

impl<'a> BaseView<'a> {
    pub(super) fn new(since: &'a SinceBase, changes: &[Change]) -> Self {
        let SinceBase { base: _, pending, otherwise, released, unprotected, unnamed } = since;
        let planned: HashSet<&Address> = changes.iter().map(|change| &change.address).collect();
        let pending = changes.iter().filter(|change| pending.contains(&change.address)).count();
        let names = |addresses: &[Address]| addresses.iter().map(ToString::to_string).collect();
        let lapse = |what, names: Vec<String>, is_danger| Lapse { what, names, is_danger };
        let lapses = [
            lapse("not protected any more", names(unprotected), true),
            lapse("not declared any more, left alone", names(released), false),
            lapse("not named any more, not even read", unnamed.clone(), false),
        ];
        Self {
            since,
            pending,
            own: changes.len() - pending,
            withdrawn: otherwise.iter().filter(|change| !planned.contains(&change.address)).collect(),
            lapses: lapses.into_iter().filter(|lapse| !lapse.names.is_empty()).collect(),
        }
    }

    /// `Beside ../base: 7 changes were pending before, 3 come with these files.`; `mark` writes the base's name.
    pub(super) fn owed(&self, mark: impl Fn(&str) -> String) -> String {
        let before = match self.pending {
            0 => "nothing was pending before".to_owned(),
            1 => "1 change was pending before".to_owned(),
            more => format!("{more} changes were pending before"),
        };
        let now = match self.own {
            0 => "nothing comes".to_owned(),
            1 => "1 comes".to_owned(),
            more => format!("{more} come"),
        };
        format!("Beside {}: {before}, {now} with these files.", mark(&self.since.base))
    }

    /// A sentence for each thing that the branch's files say and these do not any more. `name` writes an address or a
    /// domain, `danger` words that are one, and `step` what was pending.
    pub(super) fn notes(
        &self,
        name: impl Fn(&str) -> String,
        danger: impl Fn(&str) -> String,
        step: impl Fn(&str) -> String,
    ) -> Vec<String> {
        let lapse = |Lapse { what, names, is_danger }: &Lapse| {
            let what = if *is_danger { danger(what) } else { String::from(*what) };
            format!("{} {what}: {}", names.len(), first_and_more(names, &name))
        };
        let withdrawn = self.withdrawn.iter().map(|change| {
            let (address, text) = (change.address.to_string(), transition(Some(change), "→"));
            format!("{} was pending and is not any more: {}", name(&address), step(&text))
        });
        self.lapses.iter().map(lapse).chain(withdrawn).collect()
    }
}

/// What the branch's files ask for where another change is planned.
pub(super) fn instead(other: &Change, arrow: &str) -> String {
    format!("{}: {}", super::phrases::PENDING_BEFORE, transition(Some(other), arrow))
}
