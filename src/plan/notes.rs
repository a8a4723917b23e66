//! What readers see of a plan. Nothing here changes a write or releases a guard.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::change::{Change, Reason};
use crate::model::{Address, Field, FieldMap, RecordConfig, Value};
use crate::resolve::{Origin, OriginKind};
use crate::source::{Place, PlaceText, Sources};

/// What readers see besides the decisions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notes {
    /// Whether this is the rest of a saved plan, so that nothing is known of what else exists.
    #[serde(skip)]
    pub is_rest: bool,
    /// Whether the plan leads back to a snapshot, not to what the files declare.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_way_back: bool,
    /// The flags that select the compared addresses, as typed; empty if all were compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub selected: Vec<String>,
    /// One per change, in the same order.
    pub changes: Vec<ChangeNote>,
    /// Declared configurations that are already as declared.
    pub unchanged: Vec<Address>,
    /// Remote configurations that no file declares; left alone.
    pub unmanaged: Vec<Unmanaged>,
    /// Remote configurations that `ignore` matches; left alone.
    pub ignored: Vec<Address>,
    /// Differences that `accept` covers; left as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<AcceptedDrift>,
    /// Addresses that livevod can't manage.
    pub unsupported: Vec<Unsupported>,
    /// Unmanaged configurations, manageable or not, that record streams in place of declared ones; sorted by address.
    pub shadows: Vec<Shadow>,
    /// Guards that refuse the plan; none of its changes may be applied while one is left. Those that are found live are not saved:
    /// whoever reads the file looks again.
    #[serde(serialize_with = "lasting")]
    pub held: Vec<Held>,
    /// Who is on air under a configuration that the plan changes; `None` if that was not asked.
    #[serde(skip)]
    pub on_air: Option<OnAir>,
    /// Facts that a reviewer should see first.
    pub warnings: Vec<Warning>,
    /// Selected domains that could not be read.
    pub unread: Vec<String>,
    /// The account's other domains that hold configurations, sorted by name; `None` if the account was not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undeclared_domains: Option<Vec<UndeclaredDomain>>,
    /// The least cost of applying it.
    pub budget: Budget,
    /// The names in the files for transcode group ids, by id.
    pub group_names: BTreeMap<String, GroupName>,
    /// What was pending on the target branch of the files, if that was compared.
    pub since_base: Option<SinceBase>,
}

fn lasting<S: Serializer>(held: &[Held], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(held.iter().filter(|one| !one.guard.is_live()))
}

fn in_short<S: Serializer>(place: &Option<Place>, serializer: S) -> Result<S::Ok, S::Error> {
    place.as_ref().map(PlaceText).serialize(serializer)
}

fn all_in_short<S: Serializer>(via: &[(String, Place)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(via.iter().map(|(label, place)| (label, PlaceText(place))))
}

impl Notes {
    /// The note of the change at this index; empty if it has none.
    pub(super) fn of(&self, index: usize) -> &ChangeNote {
        self.changes.get(index).unwrap_or(ChangeNote::NONE)
    }
}

/// The name in the files for a transcode group's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupName {
    /// The name.
    pub name: String,
    /// The regions that the name stands for this id in; empty if it does in every region.
    pub regions: Vec<String>,
    /// Where the name is given to the id.
    pub place: Option<Place>,
}

/// What readers see of a change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeNote {
    /// The place of the entry's name; `None` if no file declares it.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "in_short")]
    pub place: Option<Place>,
    /// The line that asks for the change, if there is one, or the restored snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "in_short")]
    pub reason_place: Option<Place>,
    /// The run that left unfinished what the change finishes, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Where the new values come from, by field; a field that no file asks for has none.
    pub origins: FieldMap<FieldOrigin>,
    /// Which configuration records the address, before and after.
    pub coverage: Coverage,
}

impl ChangeNote {
    /// An empty note.
    const NONE: &Self = &Self {
        place: None,
        reason_place: None,
        run: None,
        origins: FieldMap::EMPTY,
        coverage: Coverage { before: None, after: None },
    };

    /// All places that the note names.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        let Self { place, reason_place, run: _, origins, coverage: _ } = self;
        let own = place.iter().chain(reason_place);
        let values = origins.values();
        own.chain(
            values.flat_map(|origin| origin.place.iter().chain(origin.via.iter().map(|(_, place)| place))),
        )
    }
}

/// A change and its note.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noted<'a> {
    /// The decision.
    pub change: &'a Change,
    /// The note.
    pub note: &'a ChangeNote,
}

impl Deref for Noted<'_> {
    type Target = Change;

    fn deref(&self) -> &Change {
        self.change
    }
}

impl<'a> Noted<'a> {
    /// The fields of [`Change::fields`], each with its values and the origin of the new one.
    pub fn field_changes(self) -> impl Iterator<Item = FieldChange<'a>> {
        let Self { change, note } = self;
        change.fields().into_iter().map(|field| FieldChange {
            field,
            before: change.before_value(field),
            after: change.after_value(field),
            origin: note.origins.get(field),
            forces_replacement: change.is_forced_by(field),
        })
    }

    /// The reason, a lowercase fragment, with the line that asks for it if there is one.
    pub fn reason_text(self) -> String {
        match (self.change.reason, &self.note.reason_place) {
            (Reason::DeclaredAbsent | Reason::Pruned, Some(place)) => {
                format!("{} ({}:{})", self.reason_words(), place.file, place.start.line)
            }
            _ => self.reason_words(),
        }
    }

    /// The reason alone, for callers that show the line themselves.
    pub fn reason_words(self) -> String {
        let file = self.note.reason_place.as_ref().map_or("the snapshot", |place| place.file.as_str());
        let run = self.note.run.as_ref().map_or("an earlier run".to_owned(), |run| format!("run {run}"));
        match self.change.reason {
            Reason::Missing => "declared but missing".to_owned(),
            Reason::Differs => "differs from the files".to_owned(),
            Reason::CreateOnly => {
                match self.change.fields().into_iter().find(|field| self.change.is_forced_by(*field)) {
                    Some(Field::Format(_)) => "formats can't be added or removed in place".to_owned(),
                    Some(field) if field.needs_add() => {
                        format!("`{field}` can only be set when a configuration is created")
                    }
                    Some(field) => format!("`{field}` can't be cleared in place"),
                    None => "it can't be changed in place".to_owned(),
                }
            }
            Reason::DeclaredAbsent => "declared `state: absent`".to_owned(),
            Reason::Pruned => "not declared, and `prune: true`".to_owned(),
            Reason::InSnapshot => format!("differs from {file}"),
            Reason::NotInSnapshot => format!("not in {file}"),
            Reason::FinishesReplace => format!("finishes the replace that {run} left unfinished"),
            Reason::PutsBack => format!("adds back what {run} removed"),
        }
    }
}

/// One field of a change.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange<'a> {
    /// The field.
    pub field: Field,
    /// The value before.
    pub before: Value,
    /// The value after.
    pub after: Value,
    /// Where the new value comes from; `None` if the configuration is deleted.
    pub origin: Option<&'a FieldOrigin>,
    /// Whether this field makes the replace necessary.
    pub forces_replacement: bool,
}

/// Where a planned value comes from, readable without the files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldOrigin {
    /// The kind of block.
    pub kind: OriginKind,
    /// The tier's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// The place of the value, if a file sets it.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "in_short")]
    pub place: Option<Place>,
    /// What led there, nearest first, each place with its label.
    #[serde(default, skip_serializing_if = "Vec::is_empty", serialize_with = "all_in_short")]
    pub via: Vec<(String, Place)>,
}

impl FieldOrigin {
    /// Looks up the spans of an origin in the files it was resolved from.
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

/// What records a stream, before and after; `None` means not recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// The recording configuration before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Recorder>,
    /// The recording configuration after the whole plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Recorder>,
}

impl Coverage {
    /// Whether the stream was recorded automatically, and no longer is.
    pub fn stops_recording(&self) -> bool {
        let records_by_itself =
            |recorder: &Option<Recorder>| recorder.as_ref().is_some_and(|one| one.records_by_itself);
        records_by_itself(&self.before) && !records_by_itself(&self.after)
    }
}

/// The configuration that applies to a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorder {
    /// The other configuration that applies there; `None` for the address's own.
    #[serde(default, rename = "address", skip_serializing_if = "Option::is_none")]
    pub other: Option<Address>,
    /// Whether recording starts by itself under it (API: OnDemand 0), not only on demand.
    pub records_by_itself: bool,
}

impl Recorder {
    /// The address's own configuration as its recorder: none is more specific.
    pub fn itself(config: &RecordConfig) -> Self {
        Self { other: None, records_by_itself: config.records_by_itself() }
    }

    /// Where the configuration is that applies to an address.
    pub fn at<'a>(&'a self, address: &'a Address) -> &'a Address {
        self.other.as_ref().unwrap_or(address)
    }
}

/// A configuration that no file declares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unmanaged {
    /// Its address.
    pub address: Address,
    /// Its settings, normalized.
    pub config: RecordConfig,
}

/// The differences of one configuration that the files accept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptedDrift {
    /// Its address.
    pub address: Address,
    /// What the service has, normalized.
    pub standing: RecordConfig,
    /// What the files would ask for if they accepted nothing, normalized.
    pub declared: RecordConfig,
    /// The fields that stay.
    pub fields: Vec<AcceptedField>,
}

/// A field that stays as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcceptedField {
    /// The field.
    pub field: Field,
    /// The first day (UTC) on which the difference counts again.
    pub until: Date,
    /// Why it is accepted.
    pub reason: String,
    /// The entry of `accept`.
    pub place: Place,
}

/// One accepted difference, as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct AcceptedRow<'a> {
    /// The configuration.
    pub address: &'a Address,
    /// The field and what is said of it.
    pub about: &'a AcceptedField,
    /// The value that stays.
    pub standing: Value,
    /// The declared value.
    pub declared: Value,
}

impl AcceptedDrift {
    /// One row for each field.
    pub fn rows(&self) -> impl Iterator<Item = AcceptedRow<'_>> {
        let Self { address, standing, declared, fields } = self;
        fields.iter().map(move |about| AcceptedRow {
            address,
            about,
            standing: standing.get(about.field),
            declared: declared.get(about.field),
        })
    }
}

/// An unmanaged configuration that takes precedence over a declared one of wider scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shadow {
    /// The unmanaged one.
    pub address: Address,
    /// The declared one that does not apply there; if there are several, the one that comes next.
    pub shadowed: Address,
}

/// An address that livevod can't manage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsupported {
    /// The address.
    pub address: Address,
    /// The reason.
    pub reason: String,
    /// Whether a file declares it; if so, it is a difference.
    pub declared: bool,
}

/// A domain of the account that no file names, and that holds configurations. It is only read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UndeclaredDomain {
    /// Its name, in lower case.
    pub domain: String,
    /// How many configurations it holds, without those that `ignore` matches; at least 1.
    pub configurations: usize,
}

/// A guard that refuses the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The guard.
    pub guard: Guard,
    /// The change it is about, if it is about one.
    pub address: Option<Address>,
    /// What the guard found.
    pub message: String,
    /// The flag that releases it; `None` if nothing does.
    pub release: Option<String>,
}

/// The guards, in the order in which they are listed: the rarest danger first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guard {
    /// The credentials belong to another account.
    Account,
    /// Not the plan that was reviewed.
    Digest,
    /// The service has changed since the plan was reviewed.
    Stale,
    /// A protected address.
    Protect,
    /// The files declare nothing at all.
    Empty,
    /// An app-wide configuration is removed while others beside it stay.
    AppWide,
    /// A configuration is deleted or replaced while a stream that it records is on air. Found in the service of this moment, never
    /// in a file.
    OnAir,
    /// Something that aired in a replayed period would no longer be recorded. Found in what was read for it, never in the file
    /// of a plan.
    ReplayLoss,
    /// A replace.
    RecordingGap,
    /// Something that is recorded automatically would no longer be.
    RecordingStop,
    /// More writes than allowed.
    Writes,
    /// Too many deletes or changes.
    Limits,
}

impl Guard {
    /// Every guard.
    pub const ALL: [Guard; 12] = [
        Guard::Account,
        Guard::Digest,
        Guard::Stale,
        Guard::Protect,
        Guard::Empty,
        Guard::AppWide,
        Guard::OnAir,
        Guard::ReplayLoss,
        Guard::RecordingGap,
        Guard::RecordingStop,
        Guard::Writes,
        Guard::Limits,
    ];

    /// The guard's name in every output.
    pub fn name(self) -> &'static str {
        match self {
            Guard::Limits => "limits",
            Guard::RecordingGap => "recording-gap",
            Guard::RecordingStop => "recording-stop",
            Guard::AppWide => "app-wide",
            Guard::OnAir => "on-air",
            Guard::ReplayLoss => "replay-loss",
            Guard::Empty => "empty",
            Guard::Writes => "writes",
            Guard::Account => "account",
            Guard::Stale => "stale",
            Guard::Digest => "digest",
            Guard::Protect => "protect",
        }
    }

    /// Whether it is found anew in every run, so that neither a plan's file nor its review says anything about it.
    pub fn is_live(self) -> bool {
        matches!(self, Guard::OnAir | Guard::ReplayLoss)
    }
}

/// Who is on air under a configuration that a plan changes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OnAir {
    /// The streams, in the order of their addresses.
    pub streams: Vec<OnAirStream>,
    /// Domains that could not be asked.
    pub unread: BTreeSet<Arc<str>>,
}

/// A stream on air, and what applies to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnAirStream {
    /// The stream.
    pub address: Address,
    /// When it was published.
    pub since: Timestamp,
    /// The address of the configuration that applies to it now, and that it is presumed to keep until it is published again.
    pub before: Address,
    /// The address of the one that applies from then on; `None` if nothing does.
    pub after: Option<Address>,
}

/// A fact at the head of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// The fact, a fragment.
    pub message: String,
    /// The configuration it is about.
    pub address: Option<Address>,
}

/// The least number of calls and seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
pub struct Budget {
    /// Read calls, compares and confirms included.
    pub reads: u64,
    /// Write calls.
    pub writes: u64,
    /// The least seconds at the configured rate.
    pub seconds: u64,
}

/// What the files of a plan change that the files of their target branch do not. It does not affect what is applied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SinceBase {
    /// The path of the branch's files, as the user named it.
    pub base: String,
    /// The changes of the plan that the branch's files ask for in the same form: they are pending without these files
    /// too.
    pub pending: BTreeSet<Address>,
    /// The changes that the branch's files ask for and these files do not, or not in the same form; sorted by address.
    pub otherwise: Vec<Change>,
    /// What the branch's files declare and these do not, where a configuration exists and stays: left alone from now
    /// on.
    pub released: Vec<Address>,
    /// Existing configurations that the branch's files protect and these do not.
    pub unprotected: Vec<Address>,
    /// Domains that only the branch's files name: from now on they are not even read.
    pub unnamed: Vec<String>,
}

impl SinceBase {
    /// What the branch's files ask for at an address where these files ask for something else or nothing.
    pub fn otherwise(&self, address: &Address) -> Option<&Change> {
        let at = self.otherwise.binary_search_by(|change| change.address.cmp(address)).ok()?;
        self.otherwise.get(at)
    }
}
