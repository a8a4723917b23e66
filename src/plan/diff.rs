//! Compares the desired state with the existing one, address by address.

use std::collections::BTreeMap;

use super::change::{ActionKind, Change, Contingent, Reason, Transition};
use super::decided::{Decisions, Plan};
use super::gaps::{Gap, Gaps, Why};
use super::notes::{
    AcceptedDrift, AcceptedField, ChangeNote, Coverage, FieldOrigin, GroupName, Notes, Unmanaged,
    Unsupported, Warning,
};
use super::options::PlanOptions;
use super::selection::Selection;
use crate::model::{
    Address, DomainSnapshot, Field, FieldMap, PatternIndex, RecordConfig, Remote, Snapshot, StreamSpelling,
    Value,
};
use crate::resolve::{
    Acceptances, Accepted, Desired, DesiredDomain, Entry, Laid, NamedGroup, OriginKind, Resolved, Restored,
    Wanted,
};
use crate::source::Sources;
use crate::wire::{self, Action};

/// A plan with its changes, but without coverage, guards and budget.
pub(super) fn differences(
    desired: &Desired,
    snapshot: &Snapshot,
    sources: &Sources,
    options: &PlanOptions,
) -> Plan {
    let selection = &options.selection;
    let gaps = &options.gaps;
    let (ignored, protected, accepted) = (desired.ignored(), desired.protected(), desired.accepted());
    let plan = empty(desired, sources, options);
    let mut draft = Draft { desired, ignored, protected, accepted, sources, gaps, plan };
    for (name, domain) in &desired.domains {
        if !selection.selects_domain(name) {
            continue;
        }
        match snapshot.domains.get(name) {
            Some(remote) => draft.domain(name, domain, remote, selection),
            None => draft.plan.notes.unread.push(name.to_string()),
        }
    }
    draft.gaps_left_alone(selection);
    draft.lost_for_good(snapshot);
    draft.plan
}

fn empty(desired: &Desired, sources: &Sources, options: &PlanOptions) -> Plan {
    let declared = desired.account.as_ref().map(|account| account.value.clone());
    let group_names = desired.group_names.iter().map(|(id, NamedGroup { name, regions, span })| {
        let place = Some(sources.place(*span));
        (id.clone(), GroupName { name: name.clone(), regions: regions.clone(), place })
    });
    Plan {
        decisions: Decisions {
            target: options.target.clone(),
            account: declared.or_else(|| options.account.clone()),
            declares_nothing: desired.domains.values().all(|domain| domain.entries.is_empty()),
            domains: BTreeMap::new(),
            changes: Vec::new(),
        },
        notes: Notes {
            is_way_back: desired.domains.values().any(|domain| domain.restored.is_some()),
            selected: options.selection.flags(),
            group_names: group_names.collect(),
            ..Notes::default()
        },
    }
}

struct Draft<'a> {
    desired: &'a Desired,
    ignored: PatternIndex<'a>,
    protected: PatternIndex<'a>,
    accepted: Acceptances<'a>,
    sources: &'a Sources,
    gaps: &'a Gaps,
    plan: Plan,
}

/// One address of a domain.
#[derive(Clone, Copy)]
struct Spot<'a> {
    domain: &'a DesiredDomain,
    address: &'a Address,
    /// What the files say of it.
    entry: Option<&'a Entry>,
}

impl Draft<'_> {
    fn domain(&mut self, name: &str, domain: &DesiredDomain, remote: &DomainSnapshot, selection: &Selection) {
        let gaps = self.gaps.keys().filter(|address| &*address.domain == name);
        let unwritable = domain.restored.iter().flat_map(|restored| restored.unwritable.keys());
        let mut addresses: Vec<&Address> =
            domain.entries.keys().chain(remote.configs.keys()).chain(gaps).chain(unwritable).collect();
        addresses.sort();
        addresses.dedup();
        // Both are sorted too, and all that they have comes by.
        let (mut entries, mut configs) = (domain.entries.iter().peekable(), remote.configs.iter().peekable());
        for address in addresses {
            let entry = entries.next_if(|(own, _)| *own == address).map(|(_, entry)| entry);
            let remote = configs.next_if(|(own, _)| *own == address).map(|(_, remote)| remote);
            if selection.selects(address) {
                self.address(Spot { domain, address, entry }, remote);
            }
        }
    }

    fn address(&mut self, spot: Spot<'_>, remote: Option<&Remote>) {
        let Spot { domain, address, entry } = spot;
        if self.ignored.selects(address) {
            match (remote, self.gaps.get(address)) {
                (Some(_), _) => self.plan.notes.ignored.push(address.clone()),
                (None, Some(gap)) => self.plan.notes.warnings.push(gap.left(address, "`ignore` matches it")),
                (None, None) => {}
            }
            return;
        }
        if let Some(remote) = remote.filter(|_| entry.is_none() && !address.is_nameable()) {
            // No file can declare it, so nothing could say that it is to stay.
            self.left_alone(address, remote);
            return;
        }
        match &domain.restored {
            Some(restored) => self.back_to(restored, spot, remote),
            None => self.towards_files(spot, remote),
        }
    }

    /// Files say what is to exist. What they do not name is left alone, unless they prune it.
    fn towards_files(&mut self, spot: Spot<'_>, remote: Option<&Remote>) {
        let Spot { domain, address, entry } = spot;
        let wanted = entry.map(|entry| &entry.wanted);
        if self.is_unsupported(address, wanted, remote) {
            return;
        }
        match (wanted, remote) {
            (Some(Wanted::Present(resolved)), None) => match self.gaps.get(address) {
                Some(gap) => self.finish(spot, resolved, gap),
                None => self.create(spot, resolved),
            },
            (Some(Wanted::Present(resolved)), Some(remote)) => self.compare(spot, resolved, remote),
            (Some(Wanted::Absent(span)), Some(remote)) => {
                let why = Why::at(Reason::DeclaredAbsent, self.sources.place(*span));
                self.delete(spot, remote, why);
            }
            (None, Some(remote)) => match domain.prunes(address) {
                Some(span) => {
                    let why = Why::at(Reason::Pruned, self.sources.place(span));
                    self.delete(spot, remote, why);
                }
                None => self.left_alone(address, remote),
            },
            (None, None) if domain.prunes(address).is_none() => self.put_back(spot),
            (Some(Wanted::Absent(_)) | None, None) => {}
        }
    }

    /// A snapshot is complete, so what it does not have is deleted.
    fn back_to(&mut self, restored: &Restored, spot: Spot<'_>, remote: Option<&Remote>) {
        let Spot { domain: _, address, entry } = spot;
        if let Some(reason) = restored.unwritable.get(address) {
            self.unwritable(address, reason, remote);
            return;
        }
        let wanted = entry.map(|entry| &entry.wanted);
        if self.is_unsupported(address, wanted, remote) {
            return;
        }
        match (wanted, remote) {
            (Some(Wanted::Present(resolved)), _) => self.restore(spot, resolved, remote),
            (Some(Wanted::Absent(_)) | None, Some(remote)) => {
                let why = Why::at(Reason::NotInSnapshot, self.sources.place(restored.place));
                self.delete(spot, remote, why);
            }
            (Some(Wanted::Absent(_)) | None, None) => {}
        }
    }

    /// Whether the configuration at the address is one that no request can write; if so, notes it.
    fn is_unsupported(
        &mut self,
        address: &Address,
        wanted: Option<&Wanted>,
        remote: Option<&Remote>,
    ) -> bool {
        if let Some(reason) = remote.and_then(|remote| remote.unsupported.clone()) {
            self.unsupported(address, reason, wanted.is_some());
            return true;
        }
        false
    }

    fn create(&mut self, spot: Spot<'_>, resolved: &Resolved) {
        let after = resolved.config.clone().normalized();
        self.change(spot, Steps::create(Why::of(Reason::Missing), after, Some(resolved)));
    }

    /// Adds a declared configuration over what an earlier run removed: a plain create would lose what no file manages.
    fn finish(&mut self, spot: Spot<'_>, resolved: &Resolved, gap: &Gap) {
        let Spot { domain, address, entry: _ } = spot;
        let laid = self.accepted.lay(domain.region(), address, &resolved.config, &gap.before);
        self.accept(address, &laid);
        self.fill(spot, laid.after, Some(resolved), gap.finished());
    }

    /// Adds back what an earlier run removed, if no file says what is to exist there.
    fn put_back(&mut self, spot: Spot<'_>) {
        if let Some(gap) = self.gaps.get(spot.address) {
            self.fill(spot, gap.before.clone(), None, gap.rolled_back());
        }
    }

    fn fill(&mut self, spot: Spot<'_>, after: RecordConfig, resolved: Option<&Resolved>, why: Why) {
        let lost = wire::uncarryable(&after, Action::Add);
        let after = wire::addable(after);
        if let Some(reason) = wire::uncarryable(&after, Action::Add) {
            self.unsupported(spot.address, reason, resolved.is_some());
            return;
        }
        if let Some(lost) = lost {
            let message = format!("the removed configuration {lost}; it is added again without that");
            self.plan.notes.warnings.push(Warning { message, address: Some(spot.address.clone()) });
        }
        self.change(spot, Steps::create(why, after, resolved));
    }

    /// Warns of what could not be added back, or not whole, if the service deleted it along with an app-wide
    /// configuration.
    fn lost_for_good(&mut self, snapshot: &Snapshot) {
        for change in self.plan.decisions.changes.iter().filter(|change| change.may_take_along()) {
            let held = snapshot.domains.get(&change.address.domain);
            let beside = held.into_iter().flat_map(|held| &held.configs);
            for (other, remote) in beside.filter(|(other, _)| change.address.has_beside(other)) {
                let Some(loss) = loss(remote) else { continue };
                let message = format!("`{}` exists beside it and {loss}", other.within_domain());
                self.plan.notes.warnings.push(Warning { message, address: Some(change.address.clone()) });
            }
        }
    }

    /// For each gap that was not examined, notes why.
    fn gaps_left_alone(&mut self, selection: &Selection) {
        for (address, gap) in self.gaps {
            if !self.desired.domains.contains_key(&address.domain) {
                self.plan.notes.warnings.push(gap.left(address, "no file names its domain"));
            } else if !selection.selects(address) {
                self.plan.notes.warnings.push(gap.left(address, "this run does not select it"));
            }
        }
    }

    fn compare(&mut self, spot: Spot<'_>, resolved: &Resolved, remote: &Remote) {
        let Spot { domain, address, entry: _ } = spot;
        let laid = self.accepted.lay(domain.region(), address, &resolved.config, &remote.config);
        self.accept(address, &laid);
        let Laid { before, after, .. } = &laid;
        let fields = before.differences(after);
        if fields.is_empty() {
            self.plan.notes.unchanged.push(address.clone());
            return;
        }
        let (action, reason) = match forces_replacement(&fields, after) {
            true => (ActionKind::Replace, Reason::CreateOnly),
            false => (ActionKind::Update, Reason::Differs),
        };
        if let Some(reason) = [&remote.config, after].into_iter().find_map(|config| lost_by(action, config)) {
            let is_kept = [&remote.config, laid.declared()].iter().all(|one| lost_by(action, one).is_none());
            let keeps = if is_kept { kept_words(&laid) } else { String::new() };
            self.unsupported(address, reason + &keeps, true);
            return;
        }
        let Laid { before, after, .. } = laid;
        let transition = match action {
            ActionKind::Replace => Transition::Replace { before, after },
            _ => Transition::Update { before, after },
        };
        let (why, resolved, spelling) = (Why::of(reason), Some(resolved), remote.spelling);
        self.change(spot, Steps { transition, why, resolved, spelling });
    }

    /// Notes what stays as it is although the files say otherwise.
    fn accept(&mut self, address: &Address, laid: &Laid<'_>) {
        if laid.accepted.is_empty() {
            return;
        }
        let field = |(field, accepted): &(Field, &Accepted)| AcceptedField {
            field: *field,
            until: accepted.until.value,
            reason: accepted.reason.value.clone(),
            place: self.sources.place(accepted.field.span),
        };
        self.plan.notes.accepted.push(AcceptedDrift {
            address: address.clone(),
            standing: laid.before.clone(),
            declared: laid.declared().clone(),
            fields: laid.accepted.iter().map(field).collect(),
        });
    }

    /// What the snapshot has can't be written; that is not a difference if a configuration of the same kind still
    /// exists.
    fn unwritable(&mut self, address: &Address, reason: &str, remote: Option<&Remote>) {
        let declared = remote.is_none_or(|remote| remote.unsupported.is_none());
        self.unsupported(address, format!("it was saved as {reason}"), declared);
    }

    fn unsupported(&mut self, address: &Address, reason: String, declared: bool) {
        self.plan.notes.unsupported.push(Unsupported { address: address.clone(), reason, declared });
    }

    /// Goes back to exactly what the snapshot has, passthrough fields included. Only a storage location that nobody
    /// chose stays.
    fn restore(&mut self, spot: Spot<'_>, resolved: &Resolved, remote: Option<&Remote>) {
        let mut after = resolved.config.clone();
        let before = remote.map(|remote| remote.config.clone().normalized());
        if after.storage_location.is_none() {
            after.storage_location = before.as_ref().and_then(|before| before.storage_location.clone());
            if let Some(location) = &after.storage_location {
                let message = format!(
                    "it stores in `{location}` now and had no storage location in the snapshot; no call can undo that"
                );
                self.plan.notes.warnings.push(Warning { message, address: Some(spot.address.clone()) });
            }
        }
        if let Some(before) = &before {
            ask_for_defaults(&mut after, before);
        }
        let fields = match &before {
            Some(before) => before.differences(&after),
            None => after.set_fields(),
        };
        if fields.is_empty() {
            self.plan.notes.unchanged.push(spot.address.clone());
            return;
        }
        let action = match (&before, forces_replacement(&fields, &after)) {
            (None, _) => ActionKind::Create,
            (Some(_), true) => ActionKind::Replace,
            (Some(_), false) => ActionKind::Update,
        };
        // An Update keeps some of what no request can carry, but none brings it back or removes it.
        let strictest = if fields.contains(&Field::Unknown) { ActionKind::Replace } else { action };
        let uncarryable = [Some(&after), before.as_ref()]
            .into_iter()
            .flatten()
            .find_map(|config| lost_by(strictest, config));
        if let Some(reason) = uncarryable {
            self.unsupported(spot.address, reason, true);
            return;
        }
        let place = spot.entry.map(|entry| self.sources.place(entry.key));
        let in_snapshot = place.map_or(Why::of(Reason::Differs), |place| Why::at(Reason::InSnapshot, place));
        let (transition, why) = match (before, action) {
            (Some(before), ActionKind::Replace) => {
                (Transition::Replace { before, after }, Why::of(Reason::CreateOnly))
            }
            (Some(before), _) => (Transition::Update { before, after }, in_snapshot),
            (None, _) => (Transition::Create { after }, in_snapshot),
        };
        let spelling = remote.map(|remote| remote.spelling).unwrap_or_default();
        self.change(spot, Steps { transition, why, resolved: Some(resolved), spelling });
    }

    fn left_alone(&mut self, address: &Address, remote: &Remote) {
        let config = remote.config.clone().normalized();
        self.plan.notes.unmanaged.push(Unmanaged { address: address.clone(), config });
    }

    fn delete(&mut self, spot: Spot<'_>, remote: &Remote, why: Why) {
        let transition = Transition::Delete { before: remote.config.clone().normalized() };
        self.change(spot, Steps { transition, why, resolved: None, spelling: remote.spelling });
    }

    fn change(&mut self, spot: Spot<'_>, steps: Steps<'_>) {
        let Spot { domain, address, entry } = spot;
        let Steps { transition, why, resolved, spelling } = steps;
        let Why { reason, place, run } = why;
        let change = Change {
            address: address.clone(),
            contingent: contingent(&transition, address),
            transition,
            reason,
            is_protected: self.protected.selects(address),
            spelling,
            siblings: Vec::new(),
        };
        let note = ChangeNote {
            place: entry.map(|entry| self.sources.place(entry.key)),
            reason_place: place,
            run,
            origins: self.origins(&change, resolved),
            coverage: Coverage::default(),
        };
        let domains = &mut self.plan.decisions.domains;
        if !domains.contains_key(&*address.domain) {
            domains.insert(address.domain.to_string(), domain.region().map(str::to_owned));
        }
        self.plan.push(change, note);
    }

    /// The origins of the fields that a change shows. A value that no file sets has none: it is the service's, or that of
    /// a configuration that was removed.
    fn origins(&self, change: &Change, resolved: Option<&Resolved>) -> FieldMap<FieldOrigin> {
        let origin = |field| {
            let origin = resolved?.origin(field).filter(|origin| origin.kind != OriginKind::Service)?;
            Some((field, FieldOrigin::new(origin, self.sources)))
        };
        change.fields().into_iter().filter_map(origin).collect()
    }
}

/// Whether one of these fields, in which a configuration is to become `after`, can't be changed in place.
fn forces_replacement(fields: &[Field], after: &RecordConfig) -> bool {
    fields.iter().any(|field| field.forces_replacement(&after.get(*field)))
}

/// What is said of a change that can't be made only because of what it would keep.
fn kept_words(laid: &Laid<'_>) -> String {
    let names: Vec<String> = laid.accepted.iter().map(|(field, _)| format!("`{field}`")).collect();
    format!("; it would keep the accepted {}", names.join(", "))
}

/// Why a configuration must not be changed like this: something would be lost, or could not be added back.
fn lost_by(action: ActionKind, config: &RecordConfig) -> Option<String> {
    let last_call = if action == ActionKind::Update { Action::Update } else { Action::Add };
    wire::uncarryable(config, last_call)
}

/// What would be lost of a configuration that the service deletes along with an app-wide one; `None` if nothing.
fn loss(remote: &Remote) -> Option<String> {
    if remote.unsupported.is_some() {
        return Some("can't be managed: if the service deletes it too, livevod can't add it back".to_owned());
    }
    let reason = wire::uncarryable(&remote.config, Action::Add)?;
    let rest = match wire::uncarryable(&wire::addable(remote.config.clone()), Action::Add) {
        Some(_) => "can't add it back",
        None => "adds it back without that",
    };
    Some(format!("{reason}: if the service deletes it too, livevod {rest}"))
}

/// Writes out what the documents imply for each field that is to be unset again: what is left out of a request might stay.
fn ask_for_defaults(after: &mut RecordConfig, before: &RecordConfig) {
    for field in before.differences(after) {
        if let (Value::Unset, Some(implied)) = (after.get(field), field.implied()) {
            after.set(field, implied);
        }
    }
}

struct Steps<'a> {
    transition: Transition,
    why: Why,
    /// What the files or the snapshot say, if they say something.
    resolved: Option<&'a Resolved>,
    spelling: StreamSpelling,
}

impl<'a> Steps<'a> {
    fn create(why: Why, after: RecordConfig, resolved: Option<&'a Resolved>) -> Self {
        Self { transition: Transition::Create { after }, why, resolved, spelling: StreamSpelling::Named }
    }
}

/// A replace adds the old configuration back if the new one can't be added; when an app-wide configuration is removed,
/// those that the service deleted along with it are added back.
fn contingent(transition: &Transition, address: &Address) -> Vec<Contingent> {
    let siblings = address.is_app_wide().then_some(Contingent::AddSiblingsBack);
    match transition {
        Transition::Create { .. } | Transition::Update { .. } => Vec::new(),
        Transition::Replace { .. } => [Contingent::AddBack].into_iter().chain(siblings).collect(),
        Transition::Delete { .. } => siblings.into_iter().collect(),
    }
}
