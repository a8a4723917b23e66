//! Compares what is wanted with what exists, address by address.

use std::collections::BTreeSet;

use super::{
    ActionKind, Budget, Change, Contingent, Coverage, FieldChange, FieldOrigin, Gap, Plan, PlanOptions,
    Reason, Selection, Shadow, Unfinished, Unsupported,
};
use crate::model::{Address, DomainSnapshot, Field, RecordConfig, Remote, Snapshot, StreamSpelling, Value};
use crate::resolve::{Desired, DesiredDomain, OriginKind, Resolved, Wanted};
use crate::source::Sources;
use crate::wire;

/// A plan with its changes, but without coverage, guards and budget.
pub(super) fn differences(
    desired: &Desired,
    snapshot: &Snapshot,
    sources: &Sources,
    options: &PlanOptions,
) -> Plan {
    let selection = &options.selection;
    let unfinished = &options.unfinished;
    let mut draft = Draft { desired, sources, unfinished, plan: empty(desired, options) };
    for (name, domain) in &desired.domains {
        if !selection.selects_domain(name) {
            continue;
        }
        match snapshot.domains.get(name) {
            Some(remote) => draft.domain(name, domain, remote, selection),
            None => draft.plan.unread.push(name.to_string()),
        }
    }
    draft.gaps_left_alone(selection);
    draft.plan
}

fn empty(desired: &Desired, options: &PlanOptions) -> Plan {
    Plan {
        account: desired
            .account
            .as_ref()
            .map(|account| account.value.clone())
            .or_else(|| options.account.clone()),
        changes: Vec::new(),
        unchanged: Vec::new(),
        unmanaged: Vec::new(),
        ignored: Vec::new(),
        unsupported: Vec::new(),
        shadows: Vec::new(),
        held: Vec::new(),
        warnings: Vec::new(),
        unread: Vec::new(),
        declares_nothing: desired.domains.values().all(|domain| domain.entries.is_empty()),
        budget: Budget::default(),
        group_names: desired.group_names.clone(),
        since_base: None,
    }
}

struct Draft<'a> {
    desired: &'a Desired,
    sources: &'a Sources,
    unfinished: &'a Unfinished,
    plan: Plan,
}

impl Draft<'_> {
    fn domain(&mut self, name: &str, domain: &DesiredDomain, remote: &DomainSnapshot, selection: &Selection) {
        let gaps = self.unfinished.gaps.keys().filter(|address| &*address.domain == name);
        let unwritable = domain.restored.iter().flat_map(|restored| restored.unwritable.keys());
        let addresses: BTreeSet<&Address> =
            domain.entries.keys().chain(remote.configs.keys()).chain(gaps).chain(unwritable).collect();
        for address in addresses {
            if selection.selects(address) {
                self.address(domain, address, remote.configs.get(address));
            }
        }
    }

    fn address(&mut self, domain: &DesiredDomain, address: &Address, remote: Option<&Remote>) {
        if self.desired.ignore.iter().any(|pattern| pattern.value.matches(address)) {
            match (remote, self.unfinished.gaps.get(address)) {
                (Some(_), _) => self.plan.ignored.push(address.clone()),
                (None, Some(gap)) => self.plan.warnings.push(gap.left(address, "`ignore` names it")),
                (None, None) => {}
            }
            return;
        }
        let wanted = domain.entries.get(address).map(|entry| &entry.wanted);
        if let Some(reason) = domain.restored.as_ref().and_then(|restored| restored.unwritable.get(address)) {
            self.unwritable(address, reason, remote);
            return;
        }
        if let Some(reason) = remote.and_then(|remote| remote.unsupported.clone()) {
            self.plan.unsupported.push(Unsupported {
                address: address.clone(),
                reason,
                declared: wanted.is_some(),
            });
            return;
        }
        match (wanted, remote) {
            (Some(Wanted::Present(resolved)), _) if domain.restored.is_some() => {
                self.restore(domain, address, resolved, remote);
            }
            (Some(Wanted::Present(resolved)), None) => match self.unfinished.gaps.get(address) {
                Some(gap) => self.finish(domain, address, resolved, gap),
                None => self.create(domain, address, resolved),
            },
            (Some(Wanted::Present(resolved)), Some(remote)) => {
                self.compare(domain, address, resolved, remote)
            }
            (Some(Wanted::Absent(span)), Some(remote)) => {
                let reason = Reason::DeclaredAbsent { place: self.sources.place(*span) };
                self.delete(domain, address, remote, reason);
            }
            (None, Some(remote)) => self.undeclared(domain, address, remote),
            (None, None) if domain.prunes(&address.app).is_none() && domain.restored.is_none() => {
                self.put_back(domain, address);
            }
            (Some(Wanted::Absent(_)) | None, None) => {}
        }
    }

    fn create(&mut self, domain: &DesiredDomain, address: &Address, resolved: &Resolved) {
        let after = resolved.config.clone().normalized();
        let fields = Field::MANAGED.into_iter().filter(|field| after.get(*field) != Value::Unset).collect();
        self.change(
            domain,
            address,
            Steps {
                action: ActionKind::Create,
                reason: Reason::Missing,
                fields: self.origins(fields, Some(resolved)),
                before: None,
                after: Some(after),
                spelling: StreamSpelling::Named,
            },
        );
    }

    /// Adds what is declared over what an earlier run removed: a plain create would lose what no file manages.
    fn finish(&mut self, domain: &DesiredDomain, address: &Address, resolved: &Resolved, gap: &Gap) {
        let after = resolved.config.laid_over(&gap.before);
        self.fill(domain, address, after, Some(resolved), gap.finished());
    }

    /// Adds what an earlier run removed where no file says what shall be there.
    fn put_back(&mut self, domain: &DesiredDomain, address: &Address) {
        if let Some(gap) = self.unfinished.gaps.get(address) {
            self.fill(domain, address, gap.before.clone(), None, gap.rolled_back());
        }
    }

    fn fill(
        &mut self,
        domain: &DesiredDomain,
        address: &Address,
        after: RecordConfig,
        resolved: Option<&Resolved>,
        reason: Reason,
    ) {
        if let Some(reason) = wire::uncarryable(&after) {
            let declared = resolved.is_some();
            self.plan.unsupported.push(Unsupported { address: address.clone(), reason, declared });
            return;
        }
        let fields = Field::ALL.into_iter().filter(|field| !is_empty(&after.get(*field))).collect();
        let mut fields = self.origins(fields, resolved);
        for one in &mut fields {
            // What nobody wrote is what stood there.
            one.origin.take_if(|origin| origin.kind == OriginKind::Service);
        }
        let steps = Steps {
            action: ActionKind::Create,
            reason,
            fields,
            before: None,
            after: Some(after),
            spelling: StreamSpelling::Named,
        };
        self.change(domain, address, steps);
    }

    /// Says of each gap that was not looked at why it was not.
    fn gaps_left_alone(&mut self, selection: &Selection) {
        for (address, gap) in &self.unfinished.gaps {
            if !self.desired.domains.contains_key(&address.domain) {
                self.plan.warnings.push(gap.left(address, "no file names its domain"));
            } else if !selection.selects(address) {
                self.plan.warnings.push(gap.left(address, "this run is not about it"));
            }
        }
    }

    fn compare(&mut self, domain: &DesiredDomain, address: &Address, resolved: &Resolved, remote: &Remote) {
        let before = remote.config.clone().normalized();
        let after = resolved.config.laid_over(&remote.config);
        let fields = before.differences(&after);
        if fields.is_empty() {
            self.plan.unchanged.push(address.clone());
            return;
        }
        if let Some(reason) = wire::uncarryable(&remote.config) {
            self.plan.unsupported.push(Unsupported { address: address.clone(), reason, declared: true });
            return;
        }
        let (action, reason) = match fields.iter().find(|field| field.is_create_only()) {
            Some(field) => (ActionKind::Replace, Reason::CreateOnly { field: *field }),
            None => (ActionKind::Update, Reason::Differs),
        };
        self.change(
            domain,
            address,
            Steps {
                action,
                reason,
                fields: self.origins(fields, Some(resolved)),
                before: Some(before),
                after: Some(after),
                spelling: remote.spelling,
            },
        );
    }

    /// What stood there can't be written; it is no difference where something of the kind still stands.
    fn unwritable(&mut self, address: &Address, reason: &str, remote: Option<&Remote>) {
        let declared = remote.is_none_or(|remote| remote.unsupported.is_none());
        let reason = format!("it was saved as {reason}");
        self.plan.unsupported.push(Unsupported { address: address.clone(), reason, declared });
    }

    /// Goes back to exactly what stood there, carried fields too. Only a location that nobody chose stays as it is.
    fn restore(
        &mut self,
        domain: &DesiredDomain,
        address: &Address,
        resolved: &Resolved,
        remote: Option<&Remote>,
    ) {
        let mut after = resolved.config.clone();
        let before = remote.map(|remote| remote.config.clone().normalized());
        if after.storage_location.is_none() {
            after.storage_location = before.as_ref().and_then(|before| before.storage_location.clone());
        }
        let fields = match &before {
            Some(before) => before.differences(&after),
            None => Field::ALL.into_iter().filter(|field| !is_empty(&after.get(*field))).collect(),
        };
        if fields.is_empty() {
            self.plan.unchanged.push(address.clone());
            return;
        }
        let uncarryable = [Some(&after), before.as_ref()].into_iter().flatten().find_map(wire::uncarryable);
        if let Some(reason) = uncarryable {
            self.plan.unsupported.push(Unsupported { address: address.clone(), reason, declared: true });
            return;
        }
        let place = domain.entries.get(address).map(|entry| self.sources.place(entry.key));
        let in_snapshot = place.map_or(Reason::Differs, |place| Reason::InSnapshot { place });
        let (action, reason) = match (&before, fields.iter().find(|field| needs_add(**field))) {
            (None, _) => (ActionKind::Create, in_snapshot),
            (Some(_), Some(field)) => (ActionKind::Replace, Reason::CreateOnly { field: *field }),
            (Some(_), None) => (ActionKind::Update, in_snapshot),
        };
        let spelling = remote.map(|remote| remote.spelling).unwrap_or_default();
        let fields = self.origins(fields, Some(resolved));
        self.change(domain, address, Steps { action, reason, fields, before, after: Some(after), spelling });
    }

    fn undeclared(&mut self, domain: &DesiredDomain, address: &Address, remote: &Remote) {
        if let Some(restored) = &domain.restored {
            let reason = Reason::NotInSnapshot { place: self.sources.place(restored.place) };
            self.delete(domain, address, remote, reason);
            return;
        }
        if let Some(span) = domain.prunes(&address.app) {
            let reason = Reason::Pruned { place: self.sources.place(span) };
            self.delete(domain, address, remote, reason);
            return;
        }
        self.plan.unmanaged.push(address.clone());
        let declared = |ruler: &Address| matches!(domain.entries.get(ruler), Some(entry) if matches!(entry.wanted, Wanted::Present(_)));
        if let Some(shadowed) = address.rulers().skip(1).find(declared) {
            self.plan.shadows.push(Shadow { address: address.clone(), shadowed });
        }
    }

    fn delete(&mut self, domain: &DesiredDomain, address: &Address, remote: &Remote, reason: Reason) {
        let before = remote.config.clone().normalized();
        let fields = Field::ALL.into_iter().filter(|field| !is_empty(&before.get(*field))).collect();
        self.change(
            domain,
            address,
            Steps {
                action: ActionKind::Delete,
                reason,
                fields: self.origins(fields, None),
                before: Some(before),
                after: None,
                spelling: remote.spelling,
            },
        );
    }

    fn change(&mut self, domain: &DesiredDomain, address: &Address, steps: Steps) {
        let Steps { action, reason, before, after, fields, spelling } = steps;
        self.plan.changes.push(Change {
            address: address.clone(),
            region: domain.region.as_ref().map(|region| region.value.clone()),
            place: domain.entries.get(address).map(|entry| self.sources.place(entry.key)),
            action,
            reason,
            before,
            after,
            fields,
            coverage: Coverage { before: None, after: None },
            spelling,
            contingent: contingent(action, address),
            siblings: Vec::new(),
        });
    }

    fn origins(&self, fields: Vec<Field>, resolved: Option<&Resolved>) -> Vec<FieldChange> {
        let origin = |field| {
            resolved
                .and_then(|resolved| resolved.origin(field))
                .map(|origin| FieldOrigin::new(origin, self.sources))
        };
        fields.into_iter().map(|field| FieldChange { field, origin: origin(field) }).collect()
    }
}

struct Steps {
    action: ActionKind,
    reason: Reason,
    before: Option<RecordConfig>,
    after: Option<RecordConfig>,
    fields: Vec<FieldChange>,
    spelling: StreamSpelling,
}

/// A replace puts the old one back if the new one can't be added; when an app-wide entry goes, what the service took along
/// is put back.
fn contingent(action: ActionKind, address: &Address) -> Vec<Contingent> {
    let removes = matches!(action, ActionKind::Replace | ActionKind::Delete);
    let back = (action == ActionKind::Replace).then_some(Contingent::AddBack);
    let siblings = (removes && address.is_app_wide()).then_some(Contingent::AddSiblingsBack);
    back.into_iter().chain(siblings).collect()
}

/// Whether no Update can change a field, carried ones included.
fn needs_add(field: Field) -> bool {
    field.is_create_only() || matches!(field, Field::RecordContent | Field::SpaceId)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Unset => true,
        Value::Json(fields) => fields.is_empty(),
        Value::Text(_) | Value::Seconds(_) | Value::Switch(_) | Value::Number(_) => false,
    }
}
