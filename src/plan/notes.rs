//! What a reader is told of a plan. Nothing here changes a write or releases a guard.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::{ActionKind, Change, Reason};
use crate::model::{Address, Field, Value};
use crate::resolve::{Origin, OriginKind};
use crate::source::{Place, Sources};

/// What a reader is told besides.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notes {
    /// Whether this is what is left of a saved plan, so that nothing is known of what else there is.
    #[serde(skip)]
    pub is_rest: bool,
    /// Whether it leads back to a snapshot, and not to what the files declare.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_way_back: bool,
    /// What selects the addresses that were compared, as it is typed; empty where all were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub selected: Vec<String>,
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
    pub(super) fn of(&self, index: usize) -> &ChangeNote {
        self.changes.get(index).unwrap_or(ChangeNote::NONE)
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

    /// All places that it names.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        let Self { place, reason_place, run: _, origins, coverage: _ } = self;
        let own = place.iter().chain(reason_place);
        let values = origins.values();
        own.chain(
            values.flat_map(|origin| origin.place.iter().chain(origin.via.iter().map(|(_, place)| place))),
        )
    }
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

impl<'a> Noted<'a> {
    /// The fields of [`Change::fields`], each with its values and where the new one comes from.
    pub fn field_changes(self) -> impl Iterator<Item = FieldChange<'a>> {
        let Self { change, note } = self;
        change.fields().into_iter().map(|field| FieldChange {
            field,
            before: change.before_value(field),
            after: change.after_value(field),
            origin: note.origins.get(&field),
            forces_replacement: change.action() == ActionKind::Replace && field.is_create_only(),
        })
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

/// One field of a change.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange<'a> {
    /// Which.
    pub field: Field,
    /// The value now.
    pub before: Value,
    /// The value afterwards.
    pub after: Value,
    /// Where the new value comes from; `None` where the entry goes.
    pub origin: Option<&'a FieldOrigin>,
    /// Whether it is why the entry must be replaced.
    pub forces_replacement: bool,
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

/// The guards, in the order they are told: the rarest danger first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guard {
    /// Credentials of another account.
    Account,
    /// Another plan than the one that was reviewed.
    Digest,
    /// The service is not as it was when the plan was reviewed.
    Stale,
    /// A protected address.
    Protect,
    /// Nothing is wanted at all.
    Empty,
    /// An app-wide entry goes while entries beside it stay.
    AppWide,
    /// A replace.
    RecordingGap,
    /// Something recorded by itself would not be any more.
    RecordingStop,
    /// More writes than allowed.
    Writes,
    /// Too many deletes or changes.
    Limits,
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

/// What the files of a plan do that the files of their target branch do not. Nothing of it decides what is applied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SinceBase {
    /// Where the branch's files stand, as it was named.
    pub base: String,
    /// The changes of the plan that the branch's files ask for just so: they are pending without these files too.
    pub pending: BTreeSet<Address>,
    /// The changes that the branch's files ask for, and these files not, or not so; in the order of their addresses.
    pub otherwise: Vec<Change>,
    /// What the branch's files declare and these do not, where something stands and stays: left alone from now on.
    pub released: Vec<Address>,
    /// What stands there, protected by the branch's files and not by these.
    pub unprotected: Vec<Address>,
    /// Domains that only the branch's files name: not even read any more.
    pub unnamed: Vec<String>,
}

impl SinceBase {
    /// What the branch's files ask for at an address where these files ask for something else, or for nothing.
    pub fn otherwise(&self, address: &Address) -> Option<&Change> {
        let at = self.otherwise.binary_search_by(|change| change.address.cmp(address)).ok()?;
        self.otherwise.get(at)
    }
}
