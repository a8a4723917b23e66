//! A plan: everything that is decided, and everything that readers see besides.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::{ActionKind, Change};
use super::notes::{ChangeNote, Guard, Held, Noted, Notes};
use crate::model::{Remote, Snapshot};

/// Everything that is to be done and everything that a reviewer should know, in two halves that are never mixed. It is
/// inert, complete, and the same on any machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Everything that apply, guards and digest read.
    pub decisions: Decisions,
    /// Everything else, for people. Nothing here changes a write or releases a guard.
    pub notes: Notes,
}

/// What is written where, and what decides whether it may be written. All of it is in the digest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decisions {
    /// The endpoint or the emulator's file, as outputs name it: the changes are for this service only.
    pub target: String,
    /// The declared account, `None` where none is declared.
    pub account: Option<String>,
    /// Whether the files declare no configuration at all.
    pub declares_nothing: bool,
    /// The domains of the changes, each with its region if one is written. Other domains that were read do not count:
    /// the digest is the same whatever other domains the files name.
    pub domains: BTreeMap<String, Option<String>>,
    /// Sorted by address.
    pub changes: Vec<Change>,
}

/// The decisions of a plan that no guard refuses and that lacks no domain: the input of apply.
#[derive(Debug, Clone, Copy)]
pub struct Cleared<'a>(&'a Decisions);

impl<'a> Cleared<'a> {
    /// What is to be done.
    pub fn decisions(self) -> &'a Decisions {
        self.0
    }
}

/// Why a plan is not started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotCleared {
    /// Guards refuse it.
    #[error("the plan is refused by {} of its guards", .0.len())]
    Held(Vec<Held>),
    /// Selected domains could not be read.
    #[error("the plan lacks domains that could not be read: {}", .0.join(", "))]
    Unread(Vec<String>),
}

impl Decisions {
    /// The region of a change's domain, if one is written.
    pub fn region(&self, change: &Change) -> Option<&str> {
        self.domains.get(&*change.address.domain)?.as_deref()
    }

    /// What exists after all changes, if `before` is what existed when they were planned.
    #[must_use]
    pub fn carried_out(&self, before: &Snapshot) -> Snapshot {
        let mut snapshot = before.clone();
        for change in &self.changes {
            let Some(domain) = snapshot.domains.get_mut(&change.address.domain) else { continue };
            match change.after() {
                None => domain.configs.remove(&change.address),
                Some(after) => {
                    let (spelling, config) = (change.spelling, after.clone());
                    let remote = Remote { config, spelling, create_time: None, unsupported: None };
                    domain.configs.insert(change.address.clone(), remote)
                }
            };
        }
        snapshot
    }
}

impl Plan {
    /// Adds a change and its note.
    pub(super) fn push(&mut self, change: Change, note: ChangeNote) {
        self.decisions.changes.push(change);
        self.notes.changes.push(note);
    }

    /// The decisions, unless a guard refuses them or a domain could not be read.
    ///
    /// # Errors
    /// When one does.
    pub fn cleared(&self) -> Result<Cleared<'_>, NotCleared> {
        match &self.notes {
            notes if !notes.held.is_empty() => Err(NotCleared::Held(notes.held.clone())),
            notes if !notes.unread.is_empty() => Err(NotCleared::Unread(notes.unread.clone())),
            _ => Ok(Cleared(&self.decisions)),
        }
    }

    /// [`Decisions::digest`].
    pub fn digest(&self) -> String {
        self.decisions.digest()
    }

    /// The changes with their notes.
    pub fn changes(&self) -> impl ExactSizeIterator<Item = Noted<'_>> + Clone {
        noted(&self.decisions, &self.notes)
    }

    /// One of them, by its index in the plan.
    pub fn noted(&self, index: usize) -> Option<Noted<'_>> {
        Some(Noted { change: self.decisions.changes.get(index)?, note: self.notes.of(index) })
    }

    /// The number of changes of each kind.
    pub fn summary(&self) -> Summary {
        let count = |action| self.decisions.changes.iter().filter(|change| change.action() == action).count();
        Summary {
            create: count(ActionKind::Create),
            update: count(ActionKind::Update),
            replace: count(ActionKind::Replace),
            delete: count(ActionKind::Delete),
            unchanged: self.notes.unchanged.len(),
        }
    }

    /// Whether the service differs from the files: a change, a declared address that can't be managed, or an unmanaged
    /// configuration that takes precedence over a declared one.
    pub fn differs(&self) -> bool {
        !self.decisions.changes.is_empty()
            || self.notes.unsupported.iter().any(|one| one.declared)
            || !self.notes.shadows.is_empty()
    }

    /// Adds what guards found in this run besides the decisions, in the order of [`Guard`].
    pub fn hold(&mut self, found: impl IntoIterator<Item = Held>) {
        let before = self.notes.held.len();
        self.notes.held.extend(found);
        if self.notes.held.len() > before {
            self.notes.held.sort_by_key(|held| held.guard);
        }
    }

    /// Whether this guard refuses it.
    pub fn is_held_by(&self, guard: Guard) -> bool {
        self.notes.held.iter().any(|held| held.guard == guard)
    }

    /// Whether the target branch's files ask for the same change, if they were compared.
    pub fn is_pending(&self, change: &Change) -> bool {
        self.notes.since_base.as_ref().is_some_and(|since| since.pending.contains(&change.address))
    }

    /// What the target branch's files ask for in place of this change.
    pub fn instead_of(&self, change: &Change) -> Option<&Change> {
        self.notes.since_base.as_ref()?.otherwise(&change.address)
    }

    /// Whether every selected domain was read.
    pub fn is_complete(&self) -> bool {
        self.notes.unread.is_empty()
    }
}

/// Changes by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
pub struct Summary {
    /// Creates.
    pub create: usize,
    /// Updates in place.
    pub update: usize,
    /// Replaces.
    pub replace: usize,
    /// Deletes.
    pub delete: usize,
    /// Declared configurations that are already as declared.
    pub unchanged: usize,
}

/// The changes of some decisions with their notes.
pub(super) fn noted<'a>(
    decisions: &'a Decisions,
    notes: &'a Notes,
) -> impl ExactSizeIterator<Item = Noted<'a>> + Clone + use<'a> {
    decisions.changes.iter().enumerate().map(|(at, change)| Noted { change, note: notes.of(at) })
}
