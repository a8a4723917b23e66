//! Groups changes that read the same except for their address.

use std::hash::{Hash, Hasher};

use foldhash::fast::RandomState;
use indexmap::IndexMap;

use super::change::Change;
use super::decided::Plan;
use super::notes::{ChangeNote, Coverage, FieldChange, FieldOrigin, Noted, Recorder};
use crate::model::{Address, Field, Value};
use crate::resolve::OriginKind;
use crate::source::Place;

/// The changes of a plan in groups that differ only in the address; no group is empty, and its first change represents
/// all. Groups and their changes are sorted by address. With `full`, each change is its own group.
pub fn fold(plan: &Plan, full: bool) -> Vec<Vec<Noted<'_>>> {
    if full {
        return plan.changes().map(|change| vec![change]).collect();
    }
    let count = plan.decisions.changes.len();
    let mut folds: IndexMap<AsRead, Vec<Noted>, RandomState> =
        IndexMap::with_capacity_and_hasher(count, RandomState::default());
    for change in plan.changes() {
        folds.entry(AsRead { plan, change }).or_default().push(change);
    }
    folds.into_values().collect()
}

/// A change as readers see it: two are equal if they differ only in their address.
struct AsRead<'a> {
    plan: &'a Plan,
    change: Noted<'a>,
}

impl PartialEq for AsRead<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.facts() == other.facts() && self.fields().eq(other.fields())
    }
}

impl Eq for AsRead<'_> {}

impl Hash for AsRead<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.facts().hash(state);
        self.fields().for_each(|field| field.hash(state));
    }
}

impl<'a> AsRead<'a> {
    /// Everything but its fields.
    fn facts(&self) -> impl Hash + Eq + use<'a> {
        let Noted { change, note } = self.change;
        let Change { address, transition: _, reason, is_protected: _, spelling: _, contingent, siblings: _ } =
            change;
        let ChangeNote { place: _, reason_place, run, origins: _, coverage: Coverage { before, after } } =
            note;
        let is_pending = self.plan.is_pending(&self.change);
        let instead = self.plan.instead_of(&self.change);
        let instead = instead.map(|other| (other.action(), other.before(), other.after()));
        let recorders = [before, after].map(|recorder| {
            let Recorder { other, records_by_itself } = recorder.as_ref()?;
            let other = other.as_ref().filter(|other| *other != address);
            Some((other.map(|Address { domain: _, app, stream }| (app, stream)), *records_by_itself))
        });
        (change.action(), *reason, reason_place, run, recorders, contingent, is_pending, instead)
    }

    /// Its fields: of each origin the place of the value, but not the steps that led there.
    fn fields(&self) -> impl Iterator<Item = (Field, Value, Value, Option<SeenOrigin<'a>>)> + use<'a> {
        let change = self.change;
        let seen = |FieldOrigin { kind, tier, place, via: _ }: &'a FieldOrigin| (*kind, tier, place);
        change.field_changes().map(move |FieldChange { field, before, after, origin, .. }| {
            (field, before, after, origin.map(seen))
        })
    }
}

type SeenOrigin<'a> = (OriginKind, &'a Option<String>, &'a Option<Place>);

/// How a recording configuration is named next to the address it applies to: `its own configuration`, or
/// `show/*`.
pub fn relation(ruler: &Address, address: &Address) -> String {
    if ruler == address { "its own configuration".to_owned() } else { ruler.within_domain() }
}
