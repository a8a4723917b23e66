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
use std::ops::Deref;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Address, Carried, Field, Pattern, RecordConfig, Snapshot, StreamSpelling, Value};
use crate::resolve::{Desired, Origin, OriginKind};
use crate::source::{Place, Sources, Spanned};

pub use aim::Aim;
pub use base::{Base, SinceBase, since_base};
pub use budget::Pace;
pub use file::{PlanFileError, SavedPlan};
pub use fold::{Fold, fold, relation};
pub use guard::{Allowances, Limit, LimitError};
pub use review::{Difference, is_rest_of, resume, since_review};
pub use selection::Selection;
pub use unfinished::{Gap, GapCause, Unfinished};

/// What the caller decides besides the files.
#[derive(Debug, Clone, Default)]
pub struct PlanOptions {
    /// The endpoint or the emulator's file, as outputs name it.
    pub target: String,
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
    plan.weigh(&desired.protect, snapshot, options);
    let warnings = coverage::warnings(&plan);
    plan.notes.warnings.extend(warnings);
    plan
}

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

/// What a reader is told besides.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notes {
    /// Whether this is what is left of a saved plan, so that nothing is known of what else there is.
    #[serde(skip)]
    pub is_rest: bool,
    /// One for each change, in the same order.
    pub changes: Vec<ChangeNote>,
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
    /// What applying it will cost.
    pub budget: Budget,
    /// The names that the files have for transcode group ids, by id.
    pub group_names: BTreeMap<String, GroupName>,
    /// What was pending on the target branch of the files, where that was looked at.
    pub since_base: Option<SinceBase>,
}

impl Notes {
    /// What is said of the change at this place in the plan's order; a change without a note says nothing.
    fn of(&self, index: usize) -> &ChangeNote {
        self.changes.get(index).unwrap_or(ChangeNote::NONE)
    }
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
pub enum Refusal {
    /// Guards hold it.
    #[error("the plan is held by {} of its guards", .0.len())]
    Held(Vec<Held>),
    /// Selected domains could not be read.
    #[error("the plan lacks domains that could not be read: {}", .0.join(", "))]
    Unread(Vec<String>),
}

impl Decisions {
    /// `sha256:` and the hex SHA-256 of the decisions in canonical JSON: the same decisions have the same digest on any
    /// machine at any time, those of an empty plan included.
    pub fn digest(&self) -> String {
        digest::of(self)
    }

    /// The region that a change's domain is in, where one is written.
    pub fn region(&self, change: &Change) -> Option<&str> {
        self.domains.get(&*change.address.domain)?.as_deref()
    }
}

impl Plan {
    /// Fills in what follows from the decisions: who records what, the guards, the cost. A guard names the pattern of `protect`
    /// where it is at hand.
    fn weigh(&mut self, protect: &[Spanned<Pattern>], snapshot: &Snapshot, options: &PlanOptions) {
        coverage::fill_in(self, snapshot);
        siblings::fill_in(&mut self.decisions.changes, snapshot);
        self.notes.held = guard::held(self, protect, snapshot, options);
        self.notes.budget = budget::of(&self.decisions.changes, snapshot, options.pace);
    }

    /// Adds a change, and what is said of it.
    fn push(&mut self, change: Change, note: ChangeNote) {
        self.decisions.changes.push(change);
        self.notes.changes.push(note);
    }

    /// The decisions, where neither a guard nor an unread domain stands against them.
    ///
    /// # Errors
    /// When one does.
    pub fn cleared(&self) -> Result<Cleared<'_>, Refusal> {
        match &self.notes {
            notes if !notes.held.is_empty() => Err(Refusal::Held(notes.held.clone())),
            notes if !notes.unread.is_empty() => Err(Refusal::Unread(notes.unread.clone())),
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
        let count = |action| self.decisions.changes.iter().filter(|change| change.action == action).count();
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

/// The name that the files have for a transcode group's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupName {
    /// The name.
    pub name: String,
    /// Where the id stands under it.
    pub place: Option<Place>,
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

/// What a reader is told of a change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeNote {
    /// Where the entry's name stands; `None` where no file declares it.
    pub place: Option<Place>,
    /// The line that asks for the change, where one does, or the snapshot that is restored.
    pub reason_place: Option<Place>,
    /// The run that left open what the change finishes, where it does.
    pub run: Option<String>,
    /// Where the new values come from, by field; a field that nobody asked for has none.
    pub origins: BTreeMap<Field, FieldOrigin>,
    /// Who records the address, before and after.
    pub coverage: Coverage,
}

impl ChangeNote {
    /// Nothing to say.
    const NONE: &Self = &Self {
        place: None,
        reason_place: None,
        run: None,
        origins: BTreeMap::new(),
        coverage: Coverage { before: None, after: None },
    };
}

/// A change, and what is said of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noted<'a> {
    /// What is decided.
    pub change: &'a Change,
    /// What is said.
    pub note: &'a ChangeNote,
}

impl Deref for Noted<'_> {
    type Target = Change;

    fn deref(&self) -> &Change {
        self.change
    }
}

/// The changes of some decisions with their notes.
fn noted<'a>(
    decisions: &'a Decisions,
    notes: &'a Notes,
) -> impl ExactSizeIterator<Item = Noted<'a>> + Clone + use<'a> {
    decisions.changes.iter().enumerate().map(|(at, change)| Noted { change, note: notes.of(at) })
}

impl<'a> Noted<'a> {
    /// The fields of [`Change::fields`], each with where its new value comes from.
    pub fn field_changes(self) -> impl Iterator<Item = FieldChange<'a>> {
        let origins = &self.note.origins;
        self.change.fields().into_iter().map(|field| FieldChange { field, origin: origins.get(&field) })
    }

    /// The reason in words, a lowercase fragment, and the line that asks for it where one does.
    pub fn reason_text(self) -> String {
        match (self.change.reason, &self.note.reason_place) {
            (Reason::DeclaredAbsent | Reason::Pruned, Some(place)) => {
                format!("{} ({}:{})", self.reason_words(), place.file, place.start.line)
            }
            _ => self.reason_words(),
        }
    }

    /// The reason in words alone, for who shows the line beside them.
    pub fn reason_words(self) -> String {
        let file = self.note.reason_place.as_ref().map_or("the snapshot", |place| place.file.as_str());
        let run = self.note.run.as_ref().map_or("an earlier run".to_owned(), |run| format!("run {run}"));
        match self.change.reason {
            Reason::Missing => "declared, but not there".to_owned(),
            Reason::Differs => "not as declared".to_owned(),
            Reason::CreateOnly => match self.change.fields().into_iter().find(|field| field.needs_add()) {
                Some(field) => format!("`{field}` can only be set by adding anew"),
                None => "it can only be changed by adding anew".to_owned(),
            },
            Reason::DeclaredAbsent => "declared `state: absent`".to_owned(),
            Reason::Pruned => "not declared, and `prune: true`".to_owned(),
            Reason::InSnapshot => format!("not as in {file}"),
            Reason::NotInSnapshot => format!("not in {file}"),
            Reason::FinishesReplace => format!("finishes the replace that {run} left half done"),
            Reason::PutsBack => format!("puts back what {run} removed"),
        }
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

/// One field of a change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FieldChange<'a> {
    /// Which.
    pub field: Field,
    /// Where the new value comes from; `None` where the entry goes.
    pub origin: Option<&'a FieldOrigin>,
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
