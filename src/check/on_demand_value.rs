//! An `on_demand` other than 0: the service's documents disagree on whether recording to VOD supports it.

use super::facts::Facts;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::Field;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (address, entry, resolved) in facts.present() {
        if resolved.config.records_by_itself() {
            continue;
        }
        let span = resolved.span(Field::OnDemand).unwrap_or(entry.key);
        let message = format!("the service may not support `on_demand: {}`", resolved.config.on_demand);
        findings.push(
            Diagnostic::new(Code::OnDemandValue, message)
                .label(span, "recording does not start automatically")
                .help("older documents allow only 0 for recording to VOD; try it on one stream first")
                .about(address),
        );
    }
}
