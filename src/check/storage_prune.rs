//! A create-only setting on an entry that `prune` covers.

use super::facts::Facts;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::Field;
use crate::resolve::Wanted;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for domain in facts.desired.domains.values() {
        for (address, entry) in &domain.entries {
            let Wanted::Present(resolved) = &entry.wanted else { continue };
            let location = resolved.span(Field::StorageLocation);
            let (Some(location), Some(prune)) = (location, domain.prunes(address)) else { continue };
            findings.push(
                Diagnostic::new(Code::StoragePrune, "`storage_location` can only be set when a configuration is created")
                    .label(location, "can't be changed in place")
                    .label(prune, "deletes what is not declared")
                    .help("to rename such an entry, add the new entry and apply, then remove the old one: doing both in one apply leaves a recording gap")
                    .about(address),
            );
        }
    }
}
