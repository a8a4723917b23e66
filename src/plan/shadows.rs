//! Finds what records a stream in place of a declared configuration, by the order in which configurations apply.

use super::decided::Plan;
use super::notes::Shadow;
use crate::model::{Address, EVERY, PatternIndex, Snapshot, configs_below};
use crate::resolve::{Desired, DesiredDomain, Entry};

/// Fills in the shadows: unmanaged configurations, manageable or not, that take streams from declared ones.
pub(super) fn fill_in(plan: &mut Plan, desired: &Desired, snapshot: &Snapshot) {
    let ignored = desired.ignored();
    let unmanaged = plan.notes.unmanaged.iter().map(|one| &one.address);
    let unsupported = plan.notes.unsupported.iter().filter(|one| !one.declared).map(|one| &one.address);
    let shadow = |address: &Address| {
        let domain = desired.domains.get(&address.domain)?;
        let shadowed = Taking { domain, snapshot, ignored: &ignored }.from(address)?;
        Some(Shadow { address: address.clone(), shadowed })
    };
    let mut shadows: Vec<Shadow> = unmanaged.chain(unsupported).filter_map(shadow).collect();
    shadows.sort_by(|one, other| one.address.cmp(&other.address));
    plan.notes.shadows = shadows;
}

struct Taking<'a> {
    domain: &'a DesiredDomain,
    snapshot: &'a Snapshot,
    ignored: &'a PatternIndex<'a>,
}

impl Taking<'_> {
    /// The declared configuration that would record what this one records.
    fn from(&self, address: &Address) -> Option<Address> {
        let next = address.rulers().skip(1).find(|ruler| self.is_declared(ruler) || self.is_not_ours(ruler));
        next.filter(|next| self.is_declared(next)).or_else(|| self.of_every_app(address))
    }

    /// A declared `*/stream`, which `app/*` precedes in its app unless the stream has a configuration of its own there.
    fn of_every_app(&self, address: &Address) -> Option<Address> {
        if !address.is_app_wide() || &*address.app == EVERY {
            return None;
        }
        let beside = configs_below(&self.domain.entries, [&*address.domain, EVERY]);
        let is_taken = |(other, _): &(&Address, &Entry)| {
            let own = Address::new(other.domain.clone(), address.app.clone(), other.stream.clone());
            !other.is_app_wide()
                && self.is_declared(other)
                && !self.is_declared(&own)
                && !self.is_not_ours(&own)
        };
        beside.filter(is_taken).map(|(other, _)| other.clone()).next()
    }

    fn is_declared(&self, address: &Address) -> bool {
        self.domain.entries.get(address).and_then(Entry::resolved).is_some()
    }

    /// Whether a configuration is there that `ignore` matches: what it records is nobody's business here.
    fn is_not_ours(&self, address: &Address) -> bool {
        self.ignored.selects(address) && self.snapshot.get(address).is_some()
    }
}
