//! The values in the files that cause a plan: each value that changes several configurations, and what it changes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::phrases::counted;
use super::view::{ChangeView, PlanView};
use crate::model::{Field, Value};
use crate::plan::{ActionKind, FieldChange, FieldOrigin};
use crate::resolve::OriginKind;
use crate::source::Place;

/// How many configurations a value must change to be shown at the head of a plan.
const SEVERAL: usize = 3;

/// The values behind a plan, by the place where they are written.
pub(super) struct Causes<'a>(BTreeMap<(&'a Place, Field), Cause<'a>>);

/// One written value, and what it changes.
pub(super) struct Cause<'a> {
    pub(super) place: &'a Place,
    field: Field,
    origin: &'a FieldOrigin,
    configurations: usize,
    replaced: usize,
    domains: BTreeSet<&'a str>,
    /// The values before and after, if they are the same for all.
    values: Option<(Value, Value)>,
}

impl<'a> Causes<'a> {
    /// The values in these files that cause several changes, not counting what was pending before.
    pub(super) fn of(view: &'a PlanView<'_>) -> Self {
        let changes = view.changes().filter(|change| !change.is_pending);
        let mut written: Vec<Written> = changes.flat_map(written).collect();
        written.sort_by_key(Written::key);
        let several = written.chunk_by(|one, next| one.key() == next.key()).filter(|same| same.len() > 1);
        Self(several.map(|same| (same[0].key(), Cause::of(same))).collect())
    }

    /// Every value that changes more than one configuration.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Cause<'a>> {
        self.0.values()
    }

    /// The values that change several configurations, the one with most changes first.
    pub(super) fn weightiest(&self) -> Vec<&Cause<'a>> {
        let mut causes: Vec<&Cause> = self.iter().filter(|cause| cause.configurations >= SEVERAL).collect();
        causes.sort_by_key(|cause| Reverse(cause.configurations));
        causes
    }

    /// Whether one of them covers this field.
    pub(super) fn tell(&self, one: &FieldChange) -> bool {
        let place = one.origin.and_then(|origin| origin.place.as_ref());
        place.is_some_and(|place| self.0.contains_key(&(place, one.field)))
    }
}

/// A value that somebody wrote, and one change that it leads to.
struct Written<'a> {
    place: &'a Place,
    origin: &'a FieldOrigin,
    one: FieldChange<'a>,
    change: ChangeView<'a>,
}

impl<'a> Written<'a> {
    fn key(&self) -> (&'a Place, Field) {
        (self.place, self.one.field)
    }
}

/// The values of an update or a replace that somebody wrote.
fn written<'a>(change: ChangeView<'a>) -> impl Iterator<Item = Written<'a>> {
    let counts = matches!(change.action(), ActionKind::Update | ActionKind::Replace);
    change.field_changes().filter(move |_| counts).filter_map(move |one| {
        let origin = one.origin?;
        Some(Written { place: origin.place.as_ref()?, origin, one, change })
    })
}

impl<'a> Cause<'a> {
    /// The value behind changes that it alone leads to.
    fn of(same: &[Written<'a>]) -> Self {
        let Written { place, origin, one, .. } = &same[0];
        let values = (one.before.clone(), one.after.clone());
        let is_same = |other: &Written| other.one.before == values.0 && other.one.after == values.1;
        Self {
            place,
            field: one.field,
            origin,
            configurations: same.len(),
            replaced: same.iter().filter(|other| other.change.action() == ActionKind::Replace).count(),
            domains: same.iter().map(|other| &*other.change.noted.change.address.domain).collect(),
            values: same.iter().all(is_same).then_some(values),
        }
    }

    /// `defaults.cycle_duration` here changes 214 configurations in 3 domains (2 replaced): `1h` becomes `30m`.
    pub(super) fn sentence(&self) -> String {
        let values = self.values.as_ref().map(|(before, after)| format!(": `{before}` becomes `{after}`"));
        format!("`{}` here changes {}{}", self.name(), self.extent(), values.unwrap_or_default())
    }

    /// `defaults.cycle_duration` (livevod.yaml:18) changes 214 configurations in 3 domains (2 replaced): 1h → 30m,
    /// formatted by `code` and `value`.
    pub(super) fn headline(
        &self,
        code: impl Fn(&str) -> String,
        value: impl Fn(&Value) -> String,
        arrow: &str,
    ) -> String {
        let Place { file, start, .. } = self.place;
        let values = self
            .values
            .as_ref()
            .map(|(before, after)| format!(": {} {arrow} {}", value(before), value(after)));
        let place = code(&format!("{file}:{}", start.line));
        format!("{} ({place}) changes {}{}", code(&self.name()), self.extent(), values.unwrap_or_default())
    }

    fn extent(&self) -> String {
        let domains = counted(self.domains.len(), "domain");
        let replaced =
            if self.replaced > 0 { format!(" ({} replaced)", self.replaced) } else { String::new() };
        format!("{} configurations in {domains}{replaced}", self.configurations)
    }

    fn name(&self) -> String {
        let field = self.field;
        match (self.origin.kind, &self.origin.tier) {
            (OriginKind::Tier, Some(tier)) => format!("tiers.{tier}.{field}"),
            (OriginKind::Defaults | OriginKind::App | OriginKind::Domain, _) => format!("defaults.{field}"),
            _ => field.to_string(),
        }
    }
}
