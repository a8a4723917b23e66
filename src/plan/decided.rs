//! A plan: all that is decided, and all that a reader is told besides.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::{ActionKind, Change};
use super::notes::{ChangeNote, Guard, Held, Noted, Notes};

/// Everything that is to be done and everything a reviewer should know, in two halves that are never mixed: inert, complete,
/// the same on any machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// All that apply, guards and digest read.
    pub decisions: Decisions,
    /// All else, for people. Nothing here changes a write or releases a guard.
    pub notes: Notes,
}

/// What is written where, and what decides whether it may be. All of it is in the digest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decisions {
    /// The endpoint or the emulator's file, as outputs name it: the changes are for no other service.
    pub target: String,
    /// The declared account, `None` where none is declared.
    pub account: Option<String>,
    /// Whether the files declare no configuration at all.
    pub declares_nothing: bool,
    /// The domains of the changes, each with its region where one is written. What else was read does not count: the digest is
    /// the same whatever other domains the files name.
    pub domains: BTreeMap<String, Option<String>>,
    /// In the order of their addresses.
    pub changes: Vec<Change>,
}

/// The decisions of a plan that no guard holds and that lacks no domain: what apply takes.
#[derive(Debug, Clone, Copy)]
pub struct Cleared<'a>(&'a Decisions);

impl<'a> Cleared<'a> {
    /// What is to be done.
    pub fn decisions(self) -> &'a Decisions {
        self.0
    }
}

/// Why a plan is not even begun.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotCleared {
    /// Guards hold it.
    #[error("the plan is held by {} of its guards", .0.len())]
    Held(Vec<Held>),
    /// Selected domains could not be read.
    #[error("the plan lacks domains that could not be read: {}", .0.join(", "))]
    Unread(Vec<String>),
}

impl Decisions {
    /// The region that a change's domain is in, where one is written.
    pub fn region(&self, change: &Change) -> Option<&str> {
        self.domains.get(&*change.address.domain)?.as_deref()
    }
}

impl Plan {
    /// Adds a change, and what is said of it.
    pub(super) fn push(&mut self, change: Change, note: ChangeNote) {
        self.decisions.changes.push(change);
        self.notes.changes.push(note);
    }

    /// The decisions, where neither a guard nor an unread domain stands against them.
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

    /// The changes with what is said of each.
    pub fn changes(&self) -> impl ExactSizeIterator<Item = Noted<'_>> + Clone {
        noted(&self.decisions, &self.notes)
    }

    /// One of them, by its place in the plan's order.
    pub fn noted(&self, index: usize) -> Option<Noted<'_>> {
        Some(Noted { change: self.decisions.changes.get(index)?, note: self.notes.of(index) })
    }

    /// How many changes of each kind there are.
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

    /// Whether the service is other than declared: a change, a declared address that can't be managed, or an unmanaged
    /// entry in front of a declared app-wide one.
    pub fn differs(&self) -> bool {
        !self.decisions.changes.is_empty()
            || self.notes.unsupported.iter().any(|one| one.declared)
            || !self.notes.shadows.is_empty()
    }

    /// Whether this guard holds it.
    pub fn is_held_by(&self, guard: Guard) -> bool {
        self.notes.held.iter().any(|held| held.guard == guard)
    }

    /// Whether the files of the target branch ask for the same change, as far as they were looked at.
    pub fn is_pending(&self, change: &Change) -> bool {
        self.notes.since_base.as_ref().is_some_and(|since| since.pending.contains(&change.address))
    }

    /// What the files of the target branch ask for where these files ask for this change.
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
    /// Declared configurations that are as wanted.
    pub unchanged: usize,
}

/// The changes of some decisions with their notes.
pub(super) fn noted<'a>(
    decisions: &'a Decisions,
    notes: &'a Notes,
) -> impl ExactSizeIterator<Item = Noted<'a>> + Clone + use<'a> {
    decisions.changes.iter().enumerate().map(|(at, change)| Noted { change, note: notes.of(at) })
}
