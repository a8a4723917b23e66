//! A create-only field where `prune` deletes what is not declared.

use super::facts::Facts;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::Field;
use crate::resolve::Wanted;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for domain in facts.desired.domains.values() {
        for (address, entry) in &domain.entries {
            let Wanted::Present(resolved) = &entry.wanted else { continue };
            let location = resolved.origin(Field::StorageLocation).and_then(|origin| origin.span);
            let (Some(location), Some(prune)) = (location, domain.prunes(address)) else { continue };
            findings.push(
                Diagnostic::new(Code::StoragePrune, "`storage_location` is only set when a configuration is created")
                    .label(location, "can't be changed in place")
                    .label(prune, "what is not declared is deleted")
                    .help("rename such an entry in two runs: a delete and a new entry in one run leave a gap in the recording")
                    .about(address),
            );
        }
    }
}
