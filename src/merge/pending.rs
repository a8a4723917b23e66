//! The configurations that are being added: finds them, their places and what their entries say.

use std::collections::{BTreeMap, HashSet};

use super::added::Added;
use super::files::Files;
use super::outcome::{Ambiguous, Request};
use super::place::{Place, Places, Refusal};
use super::settings::{Held, Own, left_to_the_service, refused_by_config};
use super::text::{Texts, texts};
use crate::config::{Notation, WrittenMap};
use crate::model::{Address, Field, PatternIndex, Remote, Value};
use crate::plan::Plan;
use crate::source::FileId;

/// How often the entries are resolved to find what they have to say. Two times are enough unless the kind of a
/// configuration differs from what it inherits.
const ROUNDS: usize = 5;

/// One configuration.
struct Pending {
    held: Held,
    place: Place,
    own: Own,
}

/// All of them.
pub(super) struct Additions<'r, 'f> {
    request: &'r Request<'r>,
    before: &'f Files<'r>,
    outlines: &'f [(FileId, WrittenMap)],
    /// Values that whoever wrote the files leaves to the service.
    left: HashSet<(Field, Value)>,
    pending: BTreeMap<&'r Address, Pending>,
    refused: BTreeMap<&'r Address, Refusal>,
}

impl<'r, 'f> Additions<'r, 'f> {
    /// Finds what no file declares, and the place of each. `plan` is that of the files.
    pub(super) fn find(
        request: &'r Request<'r>,
        before: &'f Files<'r>,
        outlines: &'f [(FileId, WrittenMap)],
        plan: &Plan,
    ) -> Self {
        let (pending, refused) = (BTreeMap::new(), BTreeMap::new());
        let left = left_to_the_service(&before.desired, request.snapshot);
        let mut additions = Self { request, before, outlines, left, pending, refused };
        let places = Places { sources: request.sources, outlines, new_files: &request.new_files };
        let ignored = before.desired.ignored();
        let is_undeclared = |address, remote| is_undeclared(before, &ignored, plan, address, remote);
        let held = request.snapshot.domains.values().flat_map(|domain| &domain.configs);
        for (address, remote) in held.filter(|(address, remote)| is_undeclared(address, remote)) {
            let place = match address.is_nameable() {
                true => places.of(address),
                false => Err(Refusal::new("YAML can't name it", None)),
            };
            match place {
                Ok(place) => additions.add(address, remote, place),
                Err(refusal) => _ = additions.refused.insert(address, refusal),
            }
        }
        additions
    }

    fn add(&mut self, address: &'r Address, remote: &Remote, place: Place) {
        let usual = || Some(self.before.document.region.as_ref()?.value.clone());
        let region = match self.before.desired.domains.get(&address.domain) {
            Some(domain) => domain.region.as_ref().map(|region| region.value.clone()),
            None => self.request.regions.get(&address.domain).cloned().or_else(usual),
        };
        let held = Held { config: remote.config.clone().normalized(), region };
        self.pending.insert(address, Pending { held, place, own: Own::default() });
    }

    /// The texts in which every entry says what it has to. What can't be written is refused.
    pub(super) fn settle(&mut self) -> Texts {
        loop {
            for _ in 0..ROUNDS {
                let texts = self.texts();
                if !self.learn(&Files::read(&texts.sources)) {
                    break;
                }
            }
            self.use_tiers();
            self.refuse_values();
            let texts = self.texts();
            if !self.refuse_errors(&Files::checked(&texts.sources)) {
                return texts;
            }
        }
    }

    /// The texts with what is known so far.
    fn texts(&mut self) -> Texts {
        let mut added = Added::default();
        let mut refused = Vec::new();
        for (address, Pending { held, place, own }) in &self.pending {
            match held.written(own, &self.before.document) {
                Ok(entry) => added.push(place, address, entry),
                Err(reason) => refused.push((*address, reason)),
            }
        }
        for (address, reason) in refused {
            self.refuse(address, reason);
        }
        texts(self.request.sources, self.outlines, &added, |domain| self.new_region(domain))
    }

    /// The region to write for a domain that no file names.
    fn new_region(&self, domain: &str) -> Option<String> {
        if self.before.document.domains.contains_key(domain) {
            return None;
        }
        let usual = self.before.document.region.as_ref().map(|region| &region.value);
        self.request.regions.get(domain).filter(|region| Some(*region) != usual).cloned()
    }

    /// Adds to each entry what it still lacks; whether one of them may lack more: what is inherited depends on the kind, and on
    /// `auto_compose`.
    fn learn(&mut self, files: &Files<'_>) -> bool {
        let mut may_lack = false;
        for (address, Pending { held, place: _, own }) in &mut self.pending {
            let resolved = files.desired.get(address).and_then(|entry| entry.resolved());
            let Some(resolved) = resolved else { continue };
            let inherited = resolved.config.clone().normalized();
            let is_left = |field| self.left.contains(&(field, held.config.get(field)));
            let is_lacking = |field: &Field| inherited.get(*field) != Value::Unset || !is_left(*field);
            let lacking = held.differing(&inherited).into_iter().filter(is_lacking);
            let before = own.fields.len();
            own.fields.extend(lacking);
            let is_other = inherited.is_by_format() != held.config.is_by_format()
                || inherited.auto_compose != held.config.auto_compose;
            may_lack |= is_other && own.fields.len() > before;
        }
        may_lack
    }

    fn use_tiers(&mut self) {
        for Pending { held, place: _, own } in self.pending.values_mut() {
            own.tier = held.tier(&own.fields, &self.before.document);
        }
    }

    /// Refuses entries with a value that no file may have.
    fn refuse_values(&mut self) {
        let refused = self.pending.iter().filter_map(|(address, Pending { held, place: _, own })| {
            let entry = held.written(own, &self.before.document).ok()?;
            Some((*address, refused_by_config(&entry.flow(Notation::NEW))?))
        });
        for (address, reason) in refused.collect::<Vec<_>>() {
            self.refuse(address, reason);
        }
    }

    /// Refuses entries that are an error where they are; whether there were any.
    fn refuse_errors(&mut self, files: &Files<'_>) -> bool {
        let errors = files.errors.iter().filter_map(|error| {
            let (address, _) = self.pending.get_key_value(error.address.as_ref()?)?;
            Some((*address, error.message.clone()))
        });
        let errors: Vec<(&Address, String)> = errors.collect();
        let has_errors = !errors.is_empty();
        for (address, reason) in errors {
            self.refuse(address, reason);
        }
        has_errors
    }

    fn refuse(&mut self, address: &'r Address, reason: String) {
        self.pending.remove(address);
        self.refused.entry(address).or_insert(Refusal { reason, place: None });
    }

    /// The addresses that are added, sorted.
    pub(super) fn addresses(&self) -> Vec<Address> {
        self.pending.keys().map(|address| (*address).clone()).collect()
    }

    /// The addresses that are not added, sorted.
    pub(super) fn ambiguous(&self) -> Vec<Ambiguous> {
        let one = |(address, Refusal { reason, place }): (&&Address, &Refusal)| Ambiguous {
            address: (*address).clone(),
            reason: reason.clone(),
            place: place.map(|span| self.request.sources.place(span)),
        };
        self.refused.iter().map(one).collect()
    }
}

/// Whether nothing in the files is about a configuration that could be declared.
fn is_undeclared(
    files: &Files<'_>,
    ignored: &PatternIndex<'_>,
    plan: &Plan,
    address: &Address,
    remote: &Remote,
) -> bool {
    match files.desired.domains.contains_key(&address.domain) {
        true => plan.notes.unmanaged.binary_search_by(|one| one.address.cmp(address)).is_ok(),
        false => remote.unsupported.is_none() && !ignored.selects(address),
    }
}
