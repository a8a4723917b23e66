//! A create-only setting on an entry that `prune` covers.

use super::facts::Reached;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::Field;

pub(super) fn check(reached: Reached<'_>, findings: &mut Findings) {
    let (Some(resolved), address) = (reached.resolved(), reached.trail.address) else { return };
    let location = resolved.span(Field::StorageLocation);
    let (Some(location), Some(prune)) = (location, reached.domain.prunes(address)) else { return };
    findings.push(
        Diagnostic::new(Code::StoragePrune, "`storage_location` can only be set when a configuration is created")
            .label(location, "can't be changed in place")
            .label(prune, "deletes what is not declared")
            .help("to rename such an entry, add the new entry and apply, then remove the old one: doing both in one apply leaves a recording gap")
            .about(address),
    );
}
