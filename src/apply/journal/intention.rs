//! What a write is about to do, as its line in the journal says it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::entry::{Entry, Intent, Sibling, Step};
use crate::model::{Address, RecordConfig, Remote};
use crate::plan::{Change, Contingent, Transition};

/// Two writes with the same key are one intent.
pub(super) type Key = (Address, Step, Option<Contingent>);

/// A write that has no number yet.
#[derive(Debug, Clone)]
pub(in crate::apply) struct Intention<'a> {
    pub(in crate::apply) address: &'a Address,
    pub(super) step: Step,
    pub(super) contingent: Option<Contingent>,
    pub(super) before: Option<&'a RecordConfig>,
    pub(super) after: Option<&'a RecordConfig>,
    pub(super) siblings: Vec<(Address, RecordConfig)>,
}

impl<'a> Intention<'a> {
    /// The intention to add a configuration where there is none.
    pub(in crate::apply) fn add(
        address: &'a Address,
        after: &'a RecordConfig,
        contingent: Option<Contingent>,
    ) -> Self {
        let (step, siblings) = (Step::Add, Vec::new());
        Self { address, step, contingent, before: None, after: Some(after), siblings }
    }

    /// The intention to update a configuration.
    pub(in crate::apply) fn update(
        address: &'a Address,
        before: Option<&'a RecordConfig>,
        after: &'a RecordConfig,
    ) -> Self {
        let (step, siblings) = (Step::Update, Vec::new());
        Self { address, step, contingent: None, before, after: Some(after), siblings }
    }

    /// The intention to delete a configuration, with those beside it that can be added back. What another app holds is
    /// watched while the run lasts; a later run could not know who removed it.
    pub(in crate::apply) fn delete(change: &'a Change, siblings: &BTreeMap<Address, Remote>) -> Self {
        let is_kept = |(other, remote): &(&Address, &Remote)| {
            change.address.has_beside(other) && remote.unsupported.is_none()
        };
        let kept = siblings.iter().filter(is_kept);
        Self {
            address: &change.address,
            step: Step::Delete,
            contingent: None,
            before: change.before(),
            after: None,
            siblings: kept
                .map(|(address, remote)| (address.clone(), remote.config.clone().normalized()))
                .collect(),
        }
    }

    /// The intention of a change whose write is known from the plan alone.
    pub(in crate::apply) fn planned(change: &'a Change) -> Option<Self> {
        match &change.transition {
            Transition::Create { after } => Some(Self::add(&change.address, after, None)),
            Transition::Update { after, .. } => Some(Self::update(&change.address, change.before(), after)),
            Transition::Delete { .. } if !change.address.is_app_wide() => {
                Some(Self::delete(change, &BTreeMap::new()))
            }
            Transition::Delete { .. } | Transition::Replace { .. } => None,
        }
    }

    /// Whether it is among these, with all its siblings.
    pub(super) fn is_in<T>(&self, intents: &BTreeMap<Key, T>) -> bool {
        self.keys().all(|key| intents.contains_key(&key))
    }

    /// Its own key, and those of its siblings.
    pub(super) fn keys(&self) -> impl Iterator<Item = Key> {
        std::iter::once(self.key()).chain(self.siblings.iter().map(|(address, _)| back(address)))
    }

    pub(super) fn key(&self) -> Key {
        (self.address.clone(), self.step, self.contingent)
    }

    /// Its line, with its own number and those of its siblings.
    pub(super) fn entry(&self, time: Timestamp, number: &mut impl FnMut(Key) -> u64) -> Entry {
        let id = number(self.key());
        let siblings = self.siblings.iter().map(|(address, config)| Sibling {
            id: number(back(address)),
            address: address.clone(),
            config: config.clone(),
        });
        Entry::Intent(Box::new(Intent {
            id,
            time,
            siblings: siblings.collect(),
            address: self.address.clone(),
            step: self.step,
            contingent: self.contingent,
            before: self.before.cloned(),
            after: self.after.cloned(),
        }))
    }
}

/// The key of the Add that adds a sibling back.
fn back(address: &Address) -> Key {
    (address.clone(), Step::Add, Some(Contingent::AddSiblingsBack))
}
