//! Groups changes that read the same but for their address.

use std::collections::HashMap;

use super::{Change, Coverage, FieldChange, FieldOrigin, Plan};
use crate::model::{Address, Field, Value};
use crate::resolve::OriginKind;
use crate::source::Place;

/// Changes that differ in nothing but their address; never empty.
#[derive(Debug, Clone)]
pub struct Fold<'a> {
    /// In the order of their addresses.
    pub changes: Vec<&'a Change>,
}

impl<'a> Fold<'a> {
    /// The change that speaks for all of them.
    pub fn first(&self) -> &'a Change {
        self.changes[0]
    }
}

/// The changes of a plan in groups, in the order of each group's first address. With `full`, each stands alone.
pub fn fold(plan: &Plan, full: bool) -> Vec<Fold<'_>> {
    let mut folds: Vec<Fold> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for change in &plan.changes {
        if full {
            folds.push(Fold { changes: vec![change] });
            continue;
        }
        let place = *places.entry(likeness(plan, change)).or_insert(folds.len());
        match folds.get_mut(place) {
            Some(fold) => fold.changes.push(change),
            None => folds.push(Fold { changes: vec![change] }),
        }
    }
    folds
}

/// Everything a reader sees of a change, but its address.
fn likeness(plan: &Plan, change: &Change) -> String {
    let Change {
        address,
        region: _,
        place: _,
        action,
        reason,
        before: _,
        after: _,
        fields,
        coverage,
        spelling: _,
        contingent,
    } = change;
    let is_pending = plan.is_pending(change);
    let instead = plan.instead_of(change).map(|other| (other.action, &other.before, &other.after));
    let values: Vec<_> = fields.iter().map(|one| value(change, one)).collect();
    let Coverage { before, after } = coverage;
    let relative = |ruler: &Option<Address>| ruler.as_ref().map(|ruler| relation(ruler, address));
    format!(
        "{action:?} {reason:?} {values:?} {:?} {:?} {contingent:?} {is_pending} {instead:?}",
        relative(before),
        relative(after)
    )
}

/// What a reader sees of one field: the place of its value, but not the steps that led there.
fn value<'a>(change: &Change, one: &'a FieldChange) -> (Field, Value, Value, Option<SeenOrigin<'a>>) {
    let FieldChange { field, origin } = one;
    let seen = |FieldOrigin { kind, tier, place, via: _ }: &'a FieldOrigin| (*kind, tier, place);
    (*field, change.before_value(*field), change.after_value(*field), origin.as_ref().map(seen))
}

type SeenOrigin<'a> = (OriginKind, &'a Option<String>, &'a Option<Place>);

/// How a ruling entry is named beside the address it rules: `its own entry`, or `show/*`.
pub fn relation(ruler: &Address, address: &Address) -> String {
    if ruler == address { "its own entry".to_owned() } else { ruler.within_domain() }
}
