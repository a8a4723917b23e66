//! Streams on air whose configuration a plan changes. Who is on air is asked when the plan is made, and is no part of its
//! decisions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::change::{ActionKind, Change};
use super::coverage::Rulers;
use super::decided::Plan;
use super::notes::{Guard, Held, OnAir, OnAirStream};
use crate::model::{Address, Snapshot};

/// The flag that allows what the guard refuses.
const FLAG: &str = "--allow-on-air";

impl Plan {
    /// The domains on which a change touches something that a configuration applies to: there it matters who is on air.
    pub fn domains_to_ask(&self) -> BTreeSet<Arc<str>> {
        let touches =
            self.changes().filter(|one| one.before().is_some() || one.note.coverage.before.is_some());
        touches.map(|one| one.address.domain.clone()).collect()
    }

    /// Notes who is on air on those domains, in place of what was known before, and lets the guard refuse what it must unless
    /// `is_allowed`. `on_air` is when each stream was published, and `snapshot` what the plan was made from.
    pub fn note_on_air(
        &mut self,
        on_air: &BTreeMap<Address, Timestamp>,
        unread: BTreeSet<Arc<str>>,
        snapshot: &Snapshot,
        is_allowed: bool,
    ) {
        let streams = changed(on_air, snapshot, &self.decisions.changes);
        self.notes.on_air = Some(OnAir { streams, unread });
        self.notes.held.retain(|held| held.guard != Guard::OnAir);
        if !is_allowed {
            self.hold(self.held_on_air());
        }
    }

    /// A refusal for each delete and replace of a configuration that a stream on air has.
    pub fn held_on_air(&self) -> Vec<Held> {
        let streams = self.notes.on_air.iter().flat_map(|on_air| &on_air.streams);
        let mut ruled: BTreeMap<&Address, Vec<&Address>> = BTreeMap::new();
        for stream in streams {
            ruled.entry(&stream.before).or_default().push(&stream.address);
        }
        let removes = |change: &&Change| matches!(change.action(), ActionKind::Delete | ActionKind::Replace);
        let held = |change: &Change| {
            let streams = ruled.get(&change.address)?;
            Some(Held {
                guard: Guard::OnAir,
                address: Some(change.address.clone()),
                message: refusal(&change.address, streams),
                release: Some(FLAG.to_owned()),
            })
        };
        self.decisions.changes.iter().filter(removes).filter_map(held).collect()
    }
}

fn refusal(ruler: &Address, streams: &[&Address]) -> String {
    match streams {
        [only] if *only == ruler => "the stream is on air".to_owned(),
        [only] => format!("`{}` is on air and recorded by it", only.within_domain()),
        [first, ..] => format!(
            "{} streams are on air and recorded by it, the first is `{}`",
            streams.len(),
            first.within_domain()
        ),
        [] => String::new(),
    }
}

/// The streams on air to which another configuration, or the same one with other settings, applies after the changes.
fn changed(
    on_air: &BTreeMap<Address, Timestamp>,
    snapshot: &Snapshot,
    changes: &[Change],
) -> Vec<OnAirStream> {
    let (before, after) = (Rulers::before(snapshot), Rulers::after(snapshot, changes));
    let touched: BTreeSet<&Address> = changes.iter().map(|change| &change.address).collect();
    let at = |stream: &Address, rulers: &Rulers| {
        rulers.recorder(stream).map(|recorder| recorder.at(stream).clone())
    };
    let stream = |(stream, since): (&Address, &Timestamp)| {
        let (before, after) = (at(stream, &before)?, at(stream, &after));
        let is_changed = touched.contains(&before) || after.as_ref() != Some(&before);
        is_changed.then(|| OnAirStream { address: stream.clone(), since: *since, before, after })
    };
    on_air.iter().filter_map(stream).collect()
}
