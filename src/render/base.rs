//! What the files change compared with their target branch, in words that all formats share.

use std::collections::HashSet;

use super::phrases::first_and_more;
use super::review::transition;
use crate::model::Address;
use crate::plan::{Change, SinceBase};

/// A plan compared with the files of its target branch.
pub(super) struct BaseView<'a> {
    /// The facts, for documents.
    pub(super) since: &'a SinceBase,
    /// How many changes of the plan were already pending.
    pub(super) pending: usize,
    /// How many these files add.
    own: usize,
    /// Changes that were pending and no longer are.
    pub(super) withdrawn: Vec<&'a Change>,
    /// What the branch's files say and these files no longer do, without a change in the plan; none of them is empty.
    pub(super) lapses: Vec<Lapse>,
}

/// Something that these files no longer say about existing configurations.
pub(super) struct Lapse {
    /// The words after the count.
    pub(super) what: &'static str,
    /// Addresses or domains.
    pub(super) names: Vec<String>,
    /// Whether it removes a guard.
    pub(super) is_danger: bool,
    /// What to do, with literals in backticks.
    pub(super) step: Option<&'static str>,
}

impl Lapse {
    /// The names, then what to do.
    pub(super) fn after_names(&self, names: String) -> String {
        self.step.map_or(names.clone(), |step| format!("{names}; {KEPT}; {step}"))
    }
}

/// What becomes of configurations that no file declares any more.
pub(super) const KEPT: &str = "may keep recording";

/// How to delete a configuration that no file declares any more.
pub(super) const DELETE_UNDECLARED: &str = "to delete it, declare it again with `state: absent`";

/// How to delete the configurations of a domain that no file names any more.
pub(super) const DELETE_UNNAMED: &str =
    "to delete its configurations, name the domain again and declare each of them with `state: absent`";

impl<'a> BaseView<'a> {
    pub(super) fn new(since: &'a SinceBase, changes: &[Change]) -> Self {
        let SinceBase { base: _, pending, otherwise, released, unprotected, unnamed } = since;
        let planned: HashSet<&Address> = changes.iter().map(|change| &change.address).collect();
        let pending = changes.iter().filter(|change| pending.contains(&change.address)).count();
        let names = |addresses: &[Address]| addresses.iter().map(ToString::to_string).collect();
        let lapse = |what, names: Vec<String>, step| Lapse { what, names, is_danger: false, step };
        let lapses = [
            Lapse { is_danger: true, ..lapse("no longer protected", names(unprotected), None) },
            lapse("no longer declared, left alone", names(released), Some(DELETE_UNDECLARED)),
            lapse("no longer named and no longer read", unnamed.clone(), Some(DELETE_UNNAMED)),
        ];
        Self {
            since,
            pending,
            own: changes.len() - pending,
            withdrawn: otherwise.iter().filter(|change| !planned.contains(&change.address)).collect(),
            lapses: lapses.into_iter().filter(|lapse| !lapse.names.is_empty()).collect(),
        }
    }

    /// `Compared with ../base: 7 changes were pending; these files add 3.`; `mark` formats the base's name.
    pub(super) fn owed(&self, mark: impl Fn(&str) -> String) -> String {
        let before = match self.pending {
            0 => "no changes were pending".to_owned(),
            1 => "1 change was pending".to_owned(),
            more => format!("{more} changes were pending"),
        };
        let now = if self.own > 0 { self.own.to_string() } else { "none".to_owned() };
        format!("Compared with {}: {before}; these files add {now}.", mark(&self.since.base))
    }

    /// A sentence for each thing that the branch's files say and these files no longer do. `name` formats an address or a
    /// domain, `danger` dangerous words, and `step` what was pending.
    pub(super) fn notes(
        &self,
        name: impl Fn(&str) -> String,
        danger: impl Fn(&str) -> String,
        step: impl Fn(&str) -> String,
    ) -> Vec<String> {
        let lapse = |lapse: &Lapse| {
            let Lapse { what, names, is_danger, step: _ } = lapse;
            let what = if *is_danger { danger(what) } else { String::from(*what) };
            format!("{} {what}: {}", names.len(), lapse.after_names(first_and_more(names, &name)))
        };
        let withdrawn = self.withdrawn.iter().map(|change| {
            let (address, text) = (change.address.to_string(), transition(Some(change), "→"));
            format!("{} was pending and no longer is: {}", name(&address), step(&text))
        });
        self.lapses.iter().map(lapse).chain(withdrawn).collect()
    }
}

/// What the branch's files ask for at an address for which these files plan a different change.
pub(super) fn instead(other: &Change, arrow: &str) -> String {
    format!("was pending: {}", transition(Some(other), arrow))
}
