//! An `on_demand` other than 0: the service's documents disagree on whether recording to VOD supports it.

use super::facts::Reached;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::Field;

pub(super) fn check(reached: Reached<'_>, findings: &mut Findings) {
    let Some(resolved) = reached.resolved() else { return };
    if resolved.config.records_by_itself() {
        return;
    }
    let message = format!("the service may not support `on_demand: {}`", resolved.config.on_demand);
    findings.push(
        Diagnostic::new(Code::OnDemandValue, message)
            .label(reached.place(Field::OnDemand), "recording does not start automatically")
            .help("older documents allow only 0 for recording to VOD; try it on one stream first")
            .about(reached.trail.address),
    );
}
