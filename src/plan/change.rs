//! One change of one configuration.

use schemars::JsonSchema;
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use crate::model::{Address, Field, OnlySet, RecordConfig, StreamSpelling, Value};

/// One change of one configuration: everything that is decided about it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Row")]
pub struct Change {
    /// The configuration.
    pub address: Address,
    /// The settings before and after.
    pub transition: Transition,
    /// The kind of reason, which some guards need.
    pub reason: Reason,
    /// Whether `protect` matches it.
    pub is_protected: bool,
    /// How the service writes the stream name.
    pub spelling: StreamSpelling,
    /// Writes that are made only if a step fails. No other write is made then.
    pub contingent: Vec<Contingent>,
    /// For an app-wide configuration that is deleted or replaced: what exists beside it, in order, once the rest of the
    /// plan is carried out. Empty for every other change. If the set is different when the configuration is to be
    /// removed, it is not removed.
    pub siblings: Vec<Address>,
}

/// From which settings to which; all are normalized.
#[derive(Debug, Clone, PartialEq)]
pub enum Transition {
    /// Add a configuration.
    Create {
        /// The settings afterwards.
        after: RecordConfig,
    },
    /// Update in place.
    Update {
        /// The settings before.
        before: RecordConfig,
        /// The settings afterwards.
        after: RecordConfig,
    },
    /// Delete, then add again.
    Replace {
        /// The settings before.
        before: RecordConfig,
        /// The settings afterwards.
        after: RecordConfig,
    },
    /// Delete a configuration.
    Delete {
        /// The settings before.
        before: RecordConfig,
    },
}

impl Transition {
    /// The transition between two states; `None` if the action does not lead from one to the other.
    pub fn new(
        action: ActionKind,
        before: Option<RecordConfig>,
        after: Option<RecordConfig>,
    ) -> Option<Self> {
        Some(match (action, before, after) {
            (ActionKind::Create, None, Some(after)) => Transition::Create { after },
            (ActionKind::Update, Some(before), Some(after)) => Transition::Update { before, after },
            (ActionKind::Replace, Some(before), Some(after)) => Transition::Replace { before, after },
            (ActionKind::Delete, Some(before), None) => Transition::Delete { before },
            _ => return None,
        })
    }
}

/// A change as files store it. What is not there is not written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    address: Address,
    action: ActionKind,
    reason: Reason,
    before: Option<RecordConfig>,
    after: Option<RecordConfig>,
    is_protected: bool,
    spelling: StreamSpelling,
    #[serde(default)]
    contingent: Vec<Contingent>,
    #[serde(default)]
    siblings: Vec<Address>,
}

impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { address, transition: _, reason, is_protected, spelling, contingent, siblings } = self;
        let mut row = serializer.serialize_map(None)?;
        row.serialize_entry("address", address)?;
        row.serialize_entry("action", &self.action())?;
        row.serialize_entry("reason", reason)?;
        for (side, config) in [("before", self.before()), ("after", self.after())] {
            if let Some(config) = config {
                row.serialize_entry(side, &OnlySet(config))?;
            }
        }
        row.serialize_entry("is_protected", is_protected)?;
        row.serialize_entry("spelling", spelling)?;
        if !contingent.is_empty() {
            row.serialize_entry("contingent", contingent)?;
        }
        if !siblings.is_empty() {
            row.serialize_entry("siblings", siblings)?;
        }
        row.end()
    }
}

impl TryFrom<Row> for Change {
    type Error = String;

    fn try_from(row: Row) -> Result<Self, String> {
        let Row { address, action, reason, before, after, is_protected, spelling, contingent, siblings } =
            row;
        let Some(transition) = Transition::new(action, before, after) else {
            return Err(format!(
                "the {} of `{address}` does not lead from its `before` to its `after`",
                action.name()
            ));
        };
        Ok(Self { address, transition, reason, is_protected, spelling, contingent, siblings })
    }
}

impl Change {
    /// The action.
    pub fn action(&self) -> ActionKind {
        match &self.transition {
            Transition::Create { .. } => ActionKind::Create,
            Transition::Update { .. } => ActionKind::Update,
            Transition::Replace { .. } => ActionKind::Replace,
            Transition::Delete { .. } => ActionKind::Delete,
        }
    }

    /// The settings before; `None` for a create.
    pub fn before(&self) -> Option<&RecordConfig> {
        match &self.transition {
            Transition::Create { .. } => None,
            Transition::Update { before, .. }
            | Transition::Replace { before, .. }
            | Transition::Delete { before } => Some(before),
        }
    }

    /// The settings afterwards; `None` for a delete.
    pub fn after(&self) -> Option<&RecordConfig> {
        match &self.transition {
            Transition::Create { after }
            | Transition::Update { after, .. }
            | Transition::Replace { after, .. } => Some(after),
            Transition::Delete { .. } => None,
        }
    }

    /// The value of a field before.
    pub fn before_value(&self, field: Field) -> Value {
        self.before().map_or(Value::Unset, |config| config.get(field))
    }

    /// The value of a field afterwards.
    pub fn after_value(&self, field: Field) -> Value {
        self.after().map_or(Value::Unset, |config| config.get(field))
    }

    /// The fields that differ, or that are set in the configuration that is added or deleted, in [`Field::ALL`] order.
    pub fn fields(&self) -> Vec<Field> {
        match &self.transition {
            Transition::Update { before, after } | Transition::Replace { before, after } => {
                before.differences(after)
            }
            Transition::Create { after: config } | Transition::Delete { before: config } => {
                config.set_fields()
            }
        }
    }

    /// Whether this field, which differs, makes the replace necessary.
    pub fn is_forced_by(&self, field: Field) -> bool {
        matches!(self.transition, Transition::Replace { .. })
            && field.forces_replacement(&self.after_value(field))
    }

    /// Whether the configuration is absent at some moment: a delete or a replace.
    pub fn removes(&self) -> bool {
        matches!(self.transition, Transition::Delete { .. } | Transition::Replace { .. })
    }

    /// Whether it removes an app-wide configuration, so that the service may delete those beside it too.
    pub fn may_take_along(&self) -> bool {
        self.removes() && self.address.is_app_wide()
    }
}

/// What a change does, in Terraform's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Add.
    Create,
    /// Update in place.
    Update,
    /// Delete, then add again.
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

    /// The first of its calls.
    pub fn first_call(self) -> &'static str {
        match self {
            ActionKind::Create => "Add",
            ActionKind::Update => "Update",
            ActionKind::Replace | ActionKind::Delete => "Delete",
        }
    }
}

/// Why a change is planned. The place in the files is a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Declared but missing.
    Missing,
    /// Differs from the declared settings.
    Differs,
    /// A create-only field differs from the declared value.
    CreateOnly,
    /// Declared as `state: absent`.
    DeclaredAbsent,
    /// Not declared, and pruned.
    Pruned,
    /// The restored snapshot has it, and it is missing or differs.
    InSnapshot,
    /// The restored snapshot does not have it.
    NotInSnapshot,
    /// A run deleted it in order to add it again, and the Add was not confirmed; it is missing.
    FinishesReplace,
    /// A run removed it and did not add it back; it is missing.
    PutsBack,
}

/// A write that happens only if another fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contingent {
    /// If the Add of a replace fails: add the old configuration back.
    AddBack,
    /// If configurations beside a deleted app-wide one are gone: add them back.
    AddSiblingsBack,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_read_only_where_its_action_leads_from_before_to_after() {
        let config = RecordConfig::default();
        let change = Change {
            address: Address::new("a.com", "show", "cam1"),
            transition: Transition::Update { before: config.clone(), after: config },
            reason: Reason::Differs,
            is_protected: false,
            spelling: StreamSpelling::Named,
            contingent: Vec::new(),
            siblings: Vec::new(),
        };
        let row = serde_json::to_value(&change).unwrap();
        assert_eq!(serde_json::from_value::<Change>(row.clone()).unwrap(), change);
        for action in ["create", "delete"] {
            let mut other = row.clone();
            other["action"] = action.into();
            let error = serde_json::from_value::<Change>(other).unwrap_err().to_string();
            assert!(error.contains("does not lead from its `before` to its `after`"), "{error}");
        }
        for (action, side) in [("update", "before"), ("replace", "after")] {
            let mut other = row.clone();
            other["action"] = action.into();
            other[side] = serde_json::Value::Null;
            assert!(serde_json::from_value::<Change>(other).is_err(), "{action} without {side}");
        }
    }
}
