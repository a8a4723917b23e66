//! Finds what differs, which side moved, and since when.

use std::collections::HashMap;

use jiff::Timestamp;

use super::difference::{Difference, Drift, FieldDifference, Kind, Moved, Since, SinceWhat};
use crate::apply::journal::{Confirmed, History};
use crate::model::{Address, Field, RecordConfig, Snapshot, Value};
use crate::plan::{
    ActionKind, FieldChange, Guard, Noted, Plan, Reason, Recorder, Shadow, Unmanaged, Unsupported,
};
use crate::resolve::Desired;
use crate::source::{Place, Sources};

/// What a plan found, and everything else that is known about it.
#[derive(Debug, Clone, Copy)]
pub struct Comparison<'a> {
    /// The plan from the files and the snapshot.
    pub plan: &'a Plan,
    /// What the service has.
    pub snapshot: &'a Snapshot,
    /// What livevod last wrote.
    pub history: &'a History,
    /// The files.
    pub desired: &'a Desired,
    /// Their texts.
    pub sources: &'a Sources,
    /// Whether every unmanaged configuration counts, not only those that apply in place of a declared one.
    pub counts_unmanaged: bool,
}

/// Everything that differs. Of another account's configurations, nothing is compared.
pub fn find(comparison: Comparison<'_>) -> Drift {
    let Comparison { plan, counts_unmanaged, .. } = comparison;
    let matching = plan.notes.unchanged.len();
    if plan.is_held_by(Guard::Account) {
        return Drift { differences: Vec::new(), is_complete: false, matching: 0 };
    }
    let shadows = plan.notes.shadows.iter().map(|Shadow { address, shadowed }| (address, shadowed));
    let shadows: HashMap<&Address, &Address> = shadows.collect();
    let shadowed = |address: &Address| shadows.get(address).map(|shadowed| (*shadowed).clone());
    let appeared = plan.notes.unmanaged.iter().filter_map(|Unmanaged { address, config }| {
        let shadowed = shadowed(address);
        (counts_unmanaged || shadowed.is_some())
            .then(|| comparison.unmanaged(address, Some(config), "", shadowed))
    });
    let unsupported =
        plan.notes.unsupported.iter().filter_map(|Unsupported { address, reason, declared }| {
            let shadowed = shadowed(address);
            match declared {
                true => Some(comparison.unmanageable(address, reason)),
                false if counts_unmanaged || shadowed.is_some() => {
                    Some(comparison.unmanaged(address, None, reason, shadowed))
                }
                false => None,
            }
        });
    let changes = plan.changes().map(|change| comparison.change(change));
    let mut differences: Vec<Difference> = changes.chain(appeared).chain(unsupported).collect();
    differences.sort_by(|one, other| one.address.cmp(&other.address));
    Drift { differences, is_complete: plan.is_complete(), matching }
}

impl<'a> Comparison<'a> {
    fn change(&self, change: Noted<'a>) -> Difference {
        let address = &change.change.address;
        let confirmed = self.history.last(address);
        let written = confirmed.filter(|one| one.is_last);
        let kind = kind(change);
        let actual = change.before();
        let fields = fields(change, written, actual);
        let moved = match kind {
            Kind::Changed => changed_by(&fields),
            Kind::Deleted => {
                written.map(|one| if one.after.is_some() { Moved::Service } else { Moved::Files })
            }
            Kind::Appeared => written.map(appeared_by),
            Kind::Unmanageable | Kind::Unfinished => None,
        };
        Difference {
            address: address.clone(),
            kind,
            moved,
            fields,
            since: since(kind, confirmed, self.created(address)),
            place: change.note.place.clone().or_else(|| change.note.reason_place.clone()),
            shadowed: None,
            recorder: change.note.coverage.before.clone(),
            reason: reason(kind, change),
            is_planned: true,
        }
    }

    /// A configuration that no file declares.
    fn unmanaged(
        &self,
        address: &Address,
        config: Option<&RecordConfig>,
        reason: &str,
        shadowed: Option<Address>,
    ) -> Difference {
        let confirmed = self.history.last(address);
        let field = |config: &RecordConfig, field: Field| FieldDifference {
            field,
            declared: Value::Unset,
            actual: config.get(field),
            moved: None,
            origin: None,
        };
        let fields =
            config.map(|config| config.set_fields().into_iter().map(|one| field(config, one)).collect());
        Difference {
            address: address.clone(),
            kind: Kind::Appeared,
            moved: confirmed.filter(|one| one.is_last).map(appeared_by),
            fields: fields.unwrap_or_default(),
            since: since(Kind::Appeared, confirmed, self.created(address)),
            place: None,
            shadowed,
            recorder: self.itself(address),
            reason: reason.to_owned(),
            is_planned: false,
        }
    }

    fn unmanageable(&self, address: &Address, reason: &str) -> Difference {
        Difference {
            address: address.clone(),
            kind: Kind::Unmanageable,
            moved: None,
            fields: Vec::new(),
            since: since(Kind::Changed, self.history.last(address), self.created(address)),
            place: self.entry(address),
            shadowed: None,
            recorder: self.itself(address),
            reason: reason.to_owned(),
            is_planned: false,
        }
    }

    fn entry(&self, address: &Address) -> Option<Place> {
        Some(self.sources.place(self.desired.get(address)?.key))
    }

    /// The configuration at an address as its own recorder.
    fn itself(&self, address: &Address) -> Option<Recorder> {
        self.snapshot.get(address).map(|remote| Recorder::itself(&remote.config))
    }

    /// When the service says that it created the configuration.
    fn created(&self, address: &Address) -> Option<Timestamp> {
        self.snapshot.get(address)?.created()
    }
}

fn kind(change: Noted<'_>) -> Kind {
    match (change.change.reason, change.change.action()) {
        (Reason::FinishesReplace | Reason::PutsBack, _) => Kind::Unfinished,
        (_, ActionKind::Create) => Kind::Deleted,
        (_, ActionKind::Update | ActionKind::Replace) => Kind::Changed,
        (_, ActionKind::Delete) => Kind::Appeared,
    }
}

fn reason(kind: Kind, change: Noted<'_>) -> String {
    match (kind, &change.note.run) {
        (Kind::Appeared, _) => change.reason_words(),
        (Kind::Unfinished, Some(run)) => format!("run {run} removed it and did not add it back"),
        (Kind::Unfinished, None) => "an earlier run removed it and did not add it back".to_owned(),
        (Kind::Deleted | Kind::Changed | Kind::Unmanageable, _) => String::new(),
    }
}

/// The fields of a change: what it would write is what the files say, and what it would replace is what stands.
fn fields(
    change: Noted<'_>,
    written: Option<&Confirmed>,
    actual: Option<&RecordConfig>,
) -> Vec<FieldDifference> {
    let written = written.and_then(|one| one.after.as_ref());
    let moved_since = written.zip(actual).map(|(written, actual)| written.differences(actual));
    let moved = |field: Field| match &moved_since {
        Some(since) if since.contains(&field) => Some(Moved::Service),
        Some(_) => Some(Moved::Files),
        None => None,
    };
    let field = |one: FieldChange<'_>| FieldDifference {
        field: one.field,
        declared: one.after,
        actual: one.before,
        moved: moved(one.field),
        origin: one.origin.cloned(),
    };
    change.field_changes().map(field).collect()
}

/// Livevod wrote it when the files still wanted it, or somebody added it after livevod deleted it.
fn appeared_by(written: &Confirmed) -> Moved {
    if written.after.is_some() { Moved::Files } else { Moved::Service }
}

/// The service, if it moved in any field.
fn changed_by(fields: &[FieldDifference]) -> Option<Moved> {
    match () {
        () if fields.iter().any(|one| one.moved == Some(Moved::Service)) => Some(Moved::Service),
        () if fields.iter().all(|one| one.moved == Some(Moved::Files)) => Some(Moved::Files),
        () => None,
    }
}

/// The latest moment before which the difference can't have existed. A write of livevod counts even if a later one may have
/// been sent: what it wrote was there.
fn since(kind: Kind, confirmed: Option<&Confirmed>, created: Option<Timestamp>) -> Option<Since> {
    let written = confirmed.map(|one| Since { time: one.time, what: SinceWhat::Written(one.run.clone()) });
    let created = created.map(|time| Since { time, what: SinceWhat::Created });
    match kind {
        Kind::Appeared if confirmed.is_none_or(|one| one.after.is_none()) => created.or(written),
        Kind::Deleted | Kind::Unfinished => written,
        Kind::Appeared | Kind::Changed | Kind::Unmanageable => {
            // Livevod confirms a create after the service did it.
            let is_newer = |one: &Since| written.as_ref().is_none_or(|written| written.time < one.time);
            created.filter(is_newer).or(written)
        }
    }
}
