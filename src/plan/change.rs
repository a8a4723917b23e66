//! One change of one configuration.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Address, Carried, Field, RecordConfig, StreamSpelling, Value};

/// One change of one configuration: all that is decided of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// What is changed.
    pub address: Address,
    /// What is done.
    pub action: ActionKind,
    /// The kind of reason, which some guards ask for.
    pub reason: Reason,
    /// Normalized settings now; `None` for a create.
    pub before: Option<RecordConfig>,
    /// Normalized settings afterwards; `None` for a delete.
    pub after: Option<RecordConfig>,
    /// Whether `protect` names it.
    pub is_protected: bool,
    /// How the service writes the stream name.
    pub spelling: StreamSpelling,
    /// What is written besides if a step goes wrong. Nothing that is not in here is.
    pub contingent: Vec<Contingent>,
    /// What stands beside an app-wide entry that is deleted or replaced, in order, once the rest of the plan is carried out;
    /// empty for every other change. Another set than this one when it is to go, and it does not.
    pub siblings: Vec<Address>,
}

impl Change {
    /// The value of a field now.
    pub fn before_value(&self, field: Field) -> Value {
        self.before.as_ref().map_or(Value::Unset, |config| config.get(field))
    }

    /// The value of a field afterwards.
    pub fn after_value(&self, field: Field) -> Value {
        self.after.as_ref().map_or(Value::Unset, |config| config.get(field))
    }

    /// The fields that differ, or that are set in the entry that comes or goes, in [`Field::ALL`] order.
    pub fn fields(&self) -> Vec<Field> {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => before.differences(after),
            (None, Some(config)) | (Some(config), None) => config.set_fields(),
            (None, None) => Vec::new(),
        }
    }

    /// Whether it adds an entry with fields that no file manages, as it once stood there.
    pub fn puts_back(&self) -> bool {
        self.before.is_none() && self.after.as_ref().is_some_and(|after| after.carried != Carried::default())
    }

    /// Whether the entry is gone at some moment: a delete or a replace.
    pub fn removes(&self) -> bool {
        matches!(self.action, ActionKind::Delete | ActionKind::Replace)
    }

    /// Whether it is gone and app-wide, so that the service may take along what stands beside it.
    pub fn may_take_along(&self) -> bool {
        self.removes() && self.address.is_app_wide()
    }
}

/// What a change does, in the words of Terraform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Add.
    Create,
    /// Update in place.
    Update,
    /// Delete, then Add.
    Replace,
    /// Delete.
    Delete,
}

impl ActionKind {
    /// The action's name in every output.
    pub fn name(self) -> &'static str {
        match self {
            ActionKind::Create => "create",
            ActionKind::Update => "update",
            ActionKind::Replace => "replace",
            ActionKind::Delete => "delete",
        }
    }
}

/// Why a change is planned. Where that stands in the files is a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Declared, and not there.
    Missing,
    /// Declared otherwise.
    Differs,
    /// A create-only field is declared otherwise.
    CreateOnly,
    /// `state: absent` stands in its entry.
    DeclaredAbsent,
    /// Not declared, and pruned.
    Pruned,
    /// A snapshot that is restored holds it, or holds it otherwise.
    InSnapshot,
    /// A snapshot that is restored does not hold it.
    NotInSnapshot,
    /// A run deleted it to add it anew, and its Add was not confirmed; nothing is there.
    FinishesReplace,
    /// A run removed it and did not put it back; nothing is there.
    PutsBack,
}

/// A write that happens only if another fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contingent {
    /// If the Add of a replace fails: add the old one back.
    AddBack,
    /// If siblings of a deleted app-wide entry are gone: add them back.
    AddSiblingsBack,
}
