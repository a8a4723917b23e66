//! Which configuration records each changed address before and after the plan, and what a reviewer should see first.

use std::cell::LazyCell;
use std::collections::BTreeMap;

use super::change::{ActionKind, Change};
use super::decided::Plan;
use super::notes::{Coverage, Noted, Recorder, Warning};
use crate::model::{Address, RecordConfig, Snapshot};
use crate::resolve::OriginKind;

/// Fills in the coverage of every change, as it is once all changes are carried out.
pub(super) fn fill_in(plan: &mut Plan, snapshot: &Snapshot) {
    let changes = &plan.decisions.changes;
    let before = Rulers::before(snapshot);
    let after = LazyCell::new(|| Rulers::after(snapshot, changes));
    for (change, note) in changes.iter().zip(&mut plan.notes.changes) {
        let address = &change.address;
        note.coverage = Coverage {
            before: change.before().map(Recorder::itself).or_else(|| before.recorder(address)),
            after: change.after().map(Recorder::itself).or_else(|| after.recorder(address)),
        };
    }
}

/// All configurations at one moment, to find the one that applies to an address.
pub(super) struct Rulers<'a> {
    snapshot: &'a Snapshot,
    /// What changes have put in place of those of the snapshot.
    changed: BTreeMap<&'a Address, Option<&'a RecordConfig>>,
}

impl<'a> Rulers<'a> {
    pub(super) fn before(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, changed: BTreeMap::new() }
    }

    pub(super) fn after(snapshot: &'a Snapshot, changes: &'a [Change]) -> Self {
        let changed = changes.iter().map(|change| (&change.address, change.after()));
        Self { snapshot, changed: changed.collect() }
    }

    pub(super) fn recorder(&self, address: &Address) -> Option<Recorder> {
        // Most addresses have a configuration of their own.
        if let Some(config) = self.get(address) {
            return Some(Recorder::itself(config));
        }
        address.rulers().find_map(|ruler| {
            let records_by_itself = self.get(&ruler)?.records_by_itself();
            Some(Recorder { other: Some(ruler), records_by_itself })
        })
    }

    fn get(&self, address: &Address) -> Option<&'a RecordConfig> {
        match self.changed.get(address) {
            Some(changed) => *changed,
            None => self.snapshot.get(address).map(|remote| &remote.config),
        }
    }

    /// Whether the address is recorded automatically, not only on demand.
    pub(super) fn records(&self, address: &Address) -> bool {
        self.recorder(address).is_some_and(|recorder| recorder.records_by_itself)
    }
}

/// The facts at the head of the plan.
pub(super) fn warnings(plan: &Plan) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = fallen_to_defaults(plan).into_iter().collect();
    warnings.extend(plan.notes.shadows.iter().map(|shadow| Warning {
        message: format!(
            "the unmanaged configuration `{}` applies instead of the declared `{}`",
            shadow.address, shadow.shadowed
        ),
        address: Some(shadow.address.clone()),
    }));
    warnings
}

/// Changed values that no file sets, so that the documented default replaces the current value.
fn fallen_to_defaults(plan: &Plan) -> Option<Warning> {
    let fallen = |noted: &Noted| {
        noted.action() != ActionKind::Create
            && noted.note.origins.values().any(|origin| origin.kind == OriginKind::Default)
    };
    let fallen: Vec<Noted> = plan.changes().filter(fallen).collect();
    let first = &fallen.first()?.change.address;
    let words = match fallen.len() {
        1 => format!("`{first}` falls back"),
        more => format!("`{first}` and {} more fall back", more - 1),
    };
    let message = format!("{words} to a documented default that no file sets: look for `(not written)`");
    Some(Warning { message, address: (fallen.len() == 1).then(|| first.clone()) })
}
