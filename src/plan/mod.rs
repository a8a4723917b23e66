//! Turns [`Desired`] and [`Snapshot`] into a [`Plan`]. Pure: no I/O, no clock.

mod aim;
mod base;
mod budget;
mod coverage;
mod diff;
mod digest;
mod file;
mod fold;
mod guard;
mod review;
mod selection;
mod siblings;
mod unfinished;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Address, Carried, Field, RecordConfig, Snapshot, StreamSpelling, Value};
use crate::resolve::{Desired, Origin, OriginKind};
use crate::source::{Place, Sources};

pub use aim::Aim;
pub use base::{Base, SinceBase, since_base};
pub use budget::Pace;
pub use file::{PlanFileError, SavedPlan};
pub use fold::{Fold, fold, relation};
pub use guard::{Allowances, Limit, LimitError};
pub use review::{Difference, between, resume, since_review};
pub use selection::Selection;
pub use unfinished::{Gap, GapCause, Unfinished};

/// What the caller decides besides the files.
#[derive(Debug, Clone, Default)]
pub struct PlanOptions {
    /// Which addresses count.
    pub selection: Selection,
    /// Which guards are released.
    pub allowances: Allowances,
    /// The account, for files that declare none.
    pub account: Option<String>,
    /// The account that the credentials belong to, where it was found out.
    pub caller: Option<String>,
    /// The digest of the plan that was reviewed: no other may be applied, and this one is above the limits.
    pub expected_digest: Option<String>,
    /// How fast calls may go out, for the budget.
    pub pace: Pace,
    /// What earlier runs removed and did not put back.
    pub unfinished: Unfinished,
}

/// Plans the way from what exists to what is wanted, in the order of the addresses.
///
/// `sources` must be the files that `desired` was resolved from: origins are looked up there.
pub fn plan(desired: &Desired, snapshot: &Snapshot, sources: &Sources, options: &PlanOptions) -> Plan {
    let mut plan = diff::differences(desired, snapshot, sources, options);
    coverage::fill_in(&mut plan.changes, snapshot);
    siblings::fill_in(&mut plan.changes, snapshot);
    plan.warnings.extend(coverage::warnings(&plan));
    plan.held = guard::held(&plan, desired, snapshot, options);
    plan.budget = budget::of(&plan.changes, snapshot, options.pace);
    plan
}

/// Everything that is to be done and everything a reviewer should know: inert, complete, the same on any machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The declared account, `None` where none is declared.
    pub account: Option<String>,
    /// In the order of their addresses.
    pub changes: Vec<Change>,
    /// Declared configurations that already are as wanted.
    pub unchanged: Vec<Address>,
    /// Remote configurations that no file declares; left alone.
    pub unmanaged: Vec<Address>,
    /// Remote configurations that `ignore` names; left alone.
    pub ignored: Vec<Address>,
    /// Addresses that livevod can't manage.
    pub unsupported: Vec<Unsupported>,
    /// Unmanaged configurations that record in place of a declared app-wide one.
    pub shadows: Vec<Shadow>,
    /// Guards that hold the plan; none of its changes may be applied while one is left.
    pub held: Vec<Held>,
    /// Facts that a reviewer should see first.
    pub warnings: Vec<Warning>,
    /// Selected domains that could not be read.
    pub unread: Vec<String>,
    /// Whether the files declare no configuration at all.
    pub declares_nothing: bool,
    /// What applying it will cost.
    pub budget: Budget,
    /// The names that the files have for transcode group ids, for people who read the plan.
    pub group_names: BTreeMap<String, String>,
    /// What was pending on the target branch of the files, where that was looked at.
    pub since_base: Option<SinceBase>,
}

impl Plan {
    /// `sha256:` and the hex SHA-256 of the changes in canonical JSON: the same transition has the same digest on any
    /// machine at any time, the empty one included.
    pub fn digest(&self) -> String {
        digest::of(self)
    }

    /// How many changes of each kind there are.
    pub fn summary(&self) -> Summary {
        let count = |action| self.changes.iter().filter(|change| change.action == action).count();
        Summary {
            create: count(ActionKind::Create),
            update: count(ActionKind::Update),
            replace: count(ActionKind::Replace),
            delete: count(ActionKind::Delete),
            unchanged: self.unchanged.len(),
        }
    }

    /// Whether the service is other than declared: a change, a declared address that can't be managed, or an unmanaged
    /// entry in front of a declared app-wide one.
    pub fn differs(&self) -> bool {
        !self.changes.is_empty()
            || self.unsupported.iter().any(|one| one.declared)
            || !self.shadows.is_empty()
    }

    /// Whether this guard holds it.
    pub fn is_held_by(&self, guard: Guard) -> bool {
        self.held.iter().any(|held| held.guard == guard)
    }

    /// Whether the files of the target branch ask for the same change, as far as they were looked at.
    pub fn is_pending(&self, change: &Change) -> bool {
        self.since_base.as_ref().is_some_and(|since| since.pending.contains(&change.address))
    }

    /// What the files of the target branch ask for where these files ask for this change.
    pub fn instead_of(&self, change: &Change) -> Option<&Change> {
        self.since_base.as_ref()?.otherwise.get(&change.address)
    }

    /// Whether every selected domain was read.
    pub fn is_complete(&self) -> bool {
        self.unread.is_empty()
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

/// One change of one configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// What is changed.
    pub address: Address,
    /// The region of the domain, where one is written.
    pub region: Option<String>,
    /// Where the entry's name stands; `None` where no file declares it.
    pub place: Option<Place>,
    /// What is done.
    pub action: ActionKind,
    /// Why.
    pub reason: Reason,
    /// Normalized settings now; `None` for a create.
    pub before: Option<RecordConfig>,
    /// Normalized settings afterwards; `None` for a delete.
    pub after: Option<RecordConfig>,
    /// The fields that differ, in [`Field::ALL`] order. A create lists every managed field that is set.
    pub fields: Vec<FieldChange>,
    /// Who records the address, before and after.
    pub coverage: Coverage,
    /// How the service writes the stream name.
    pub spelling: StreamSpelling,
    /// What is written besides if a step goes wrong. Nothing that is not in here is.
    pub contingent: Vec<Contingent>,
    /// What stands beside an app-wide entry that is deleted or replaced, in order, once the rest of the plan is carried out;
    /// empty for every other change. Another set than this one when it is to go, and it does not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
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

    /// Whether it adds an entry with fields that no file manages, as it once stood there.
    pub fn puts_back(&self) -> bool {
        self.before.is_none() && self.after.as_ref().is_some_and(|after| after.carried != Carried::default())
    }

    /// Whether the entry is gone at some moment: a delete or a replace.
    pub fn removes(&self) -> bool {
        matches!(self.action, ActionKind::Delete | ActionKind::Replace)
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

/// Why a change is planned.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Reason {
    /// Declared, and not there.
    Missing,
    /// Declared otherwise.
    Differs,
    /// A create-only field is declared otherwise.
    CreateOnly {
        /// Which.
        field: Field,
    },
    /// `state: absent` stands in its entry.
    DeclaredAbsent {
        /// Where.
        place: Place,
    },
    /// Not declared, and pruned.
    Pruned {
        /// Where `prune: true` stands.
        place: Place,
    },
    /// A snapshot that is restored holds it, or holds it otherwise.
    InSnapshot {
        /// Where.
        place: Place,
    },
    /// A snapshot that is restored does not hold it.
    NotInSnapshot {
        /// Where the snapshot begins.
        place: Place,
    },
    /// A run deleted it to add it anew, and its Add was not confirmed; nothing is there.
    FinishesReplace {
        /// The run's id.
        run: String,
    },
    /// A run removed it and did not put it back; nothing is there.
    PutsBack {
        /// The run's id.
        run: String,
    },
}

impl Reason {
    /// The reason in words, a lowercase fragment, and the line that asks for it where one does.
    pub fn text(&self) -> String {
        match self {
            Reason::DeclaredAbsent { place } | Reason::Pruned { place } => {
                format!("{} ({}:{})", self.words(), place.file, place.start.line)
            }
            Reason::Missing
            | Reason::Differs
            | Reason::CreateOnly { .. }
            | Reason::InSnapshot { .. }
            | Reason::NotInSnapshot { .. }
            | Reason::FinishesReplace { .. }
            | Reason::PutsBack { .. } => self.words(),
        }
    }

    /// The reason in words alone, for who shows the line beside them.
    pub fn words(&self) -> String {
        match self {
            Reason::Missing => "declared, but not there".to_owned(),
            Reason::Differs => "not as declared".to_owned(),
            Reason::CreateOnly { field } => format!("`{field}` can only be set by adding anew"),
            Reason::DeclaredAbsent { .. } => "declared `state: absent`".to_owned(),
            Reason::Pruned { .. } => "not declared, and `prune: true`".to_owned(),
            Reason::InSnapshot { place } => format!("not as in {}", place.file),
            Reason::NotInSnapshot { place } => format!("not in {}", place.file),
            Reason::FinishesReplace { run } => {
                format!("finishes the replace that run {run} left half done")
            }
            Reason::PutsBack { run } => format!("puts back what run {run} removed"),
        }
    }
}

/// One field of a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Which.
    pub field: Field,
    /// Where the new value comes from; `None` where the entry goes.
    pub origin: Option<FieldOrigin>,
}

/// Where a planned value comes from, without need of the files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldOrigin {
    /// The kind of block.
    pub kind: OriginKind,
    /// The tier's name.
    pub tier: Option<String>,
    /// The value's place, where somebody wrote it.
    pub place: Option<Place>,
    /// What led there, nearest first, each with what it says.
    pub via: Vec<(String, Place)>,
}

impl FieldOrigin {
    /// Looks the spans of an origin up in the files it was resolved from.
    pub fn new(origin: &Origin, sources: &Sources) -> Self {
        let Origin { kind, tier, span, via } = origin;
        Self {
            kind: *kind,
            tier: tier.clone(),
            place: span.map(|span| sources.place(span)),
            via: via.iter().map(|step| (step.value.clone(), sources.place(step.span))).collect(),
        }
    }
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

/// The address that records a stream, before and after; `None` is "not recorded".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Ruling entry before.
    pub before: Option<Address>,
    /// Ruling entry after the whole plan.
    pub after: Option<Address>,
}

/// An unmanaged configuration in front of a declared app-wide one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shadow {
    /// The unmanaged one.
    pub address: Address,
    /// The declared one that does not rule there.
    pub shadowed: Address,
}

/// An address that livevod can't manage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsupported {
    /// Which.
    pub address: Address,
    /// Why.
    pub reason: String,
    /// Whether a file declares it, which makes it a difference.
    pub declared: bool,
}

/// A guard that holds the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Which guard.
    pub guard: Guard,
    /// The change it is about, where it is about one.
    pub address: Option<Address>,
    /// What it found.
    pub message: String,
    /// The flag that releases it; `None` when nothing does.
    pub release: Option<String>,
}

/// The guards, in the order they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guard {
    /// Too many deletes or changes.
    Limits,
    /// A replace.
    RecordingGap,
    /// Something recorded by itself would not be any more.
    RecordingStop,
    /// An app-wide entry goes while entries beside it stay.
    AppWide,
    /// Nothing is wanted at all.
    Empty,
    /// More writes than allowed.
    Writes,
    /// Credentials of another account.
    Account,
    /// The service is not as it was when the plan was reviewed.
    Stale,
    /// Another plan than the one that was reviewed.
    Digest,
    /// A protected address.
    Protect,
}

impl Guard {
    /// The guard's name in every output.
    pub fn name(self) -> &'static str {
        match self {
            Guard::Limits => "limits",
            Guard::RecordingGap => "recording-gap",
            Guard::RecordingStop => "recording-stop",
            Guard::AppWide => "app-wide",
            Guard::Empty => "empty",
            Guard::Writes => "writes",
            Guard::Account => "account",
            Guard::Stale => "stale",
            Guard::Digest => "digest",
            Guard::Protect => "protect",
        }
    }
}

/// A fact at the head of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// The fact, as a fragment.
    pub message: String,
    /// What it is about.
    pub address: Option<Address>,
}

/// Calls and time, as floors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
pub struct Budget {
    /// Read calls, compares and confirms included.
    pub reads: u64,
    /// Write calls.
    pub writes: u64,
    /// Least seconds that the rate allows it in.
    pub seconds: u64,
}
