//! Compares what is wanted with what exists, address by address.

use std::collections::BTreeSet;

use super::{
    ActionKind, Budget, Change, Contingent, Coverage, FieldChange, FieldOrigin, Plan, PlanOptions, Reason,
    Selection, Shadow, Unsupported,
};
use crate::model::{Address, DomainSnapshot, Field, RecordConfig, Remote, Snapshot, StreamSpelling, Value};
use crate::resolve::{Desired, DesiredDomain, Resolved, Wanted};
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
    let mut draft = Draft { desired, sources, plan: empty(desired, options) };
    for (name, domain) in &desired.domains {
        if !selection.selects_domain(name) {
            continue;
        }
        match snapshot.domains.get(name) {
            Some(remote) => draft.domain(domain, remote, selection),
            None => draft.plan.unread.push(name.to_string()),
        }
    }
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
        budget: Budget::default(),
        group_names: desired.group_names.clone(),
    }
}

struct Draft<'a> {
    desired: &'a Desired,
    sources: &'a Sources,
    plan: Plan,
}

impl Draft<'_> {
    fn domain(&mut self, domain: &DesiredDomain, remote: &DomainSnapshot, selection: &Selection) {
        let addresses: BTreeSet<&Address> = domain.entries.keys().chain(remote.configs.keys()).collect();
        for address in addresses {
            if selection.selects(address) {
                self.address(domain, address, remote.configs.get(address));
            }
        }
    }

    fn address(&mut self, domain: &DesiredDomain, address: &Address, remote: Option<&Remote>) {
        if self.desired.ignore.iter().any(|pattern| pattern.value.matches(address)) {
            if remote.is_some() {
                self.plan.ignored.push(address.clone());
            }
            return;
        }
        let wanted = domain.entries.get(address).map(|entry| &entry.wanted);
        if let Some(reason) = remote.and_then(|remote| remote.unsupported.clone()) {
            self.plan.unsupported.push(Unsupported {
                address: address.clone(),
                reason,
                declared: wanted.is_some(),
            });
            return;
        }
        match (wanted, remote) {
            (Some(Wanted::Present(resolved)), None) => self.create(domain, address, resolved),
            (Some(Wanted::Present(resolved)), Some(remote)) => {
                self.compare(domain, address, resolved, remote)
            }
            (Some(Wanted::Absent(span)), Some(remote)) => {
                let reason = Reason::DeclaredAbsent { place: self.sources.place(*span) };
                self.delete(domain, address, remote, reason);
            }
            (None, Some(remote)) => self.undeclared(domain, address, remote),
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

    fn undeclared(&mut self, domain: &DesiredDomain, address: &Address, remote: &Remote) {
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

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Unset => true,
        Value::Json(fields) => fields.is_empty(),
        Value::Text(_) | Value::Seconds(_) | Value::Switch(_) | Value::Number(_) => false,
    }
}
