//! An entry whose `expires` date has come: it is kept as it is, and someone should remove it.

use super::facts::Facts;
use crate::diag::{Code, Diagnostic, Findings};

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (address, entry) in facts.desired.domains.values().flat_map(|domain| &domain.entries) {
        let Some(expires) = entry.expires.as_ref().filter(|expires| expires.value <= facts.today) else {
            continue;
        };
        findings.push(
            Diagnostic::new(Code::Expired, format!("expired on {}", expires.value))
                .label(expires.span, "this date has come")
                .label(entry.key, "livevod does not delete it")
                .help("write `state: absent` in place of its settings, or a later date")
                .about(address),
        );
    }
}
