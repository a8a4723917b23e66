//! An entry whose `expires` date has come: it is kept as it is, and someone should remove it.

use super::facts::Reached;
use crate::diag::{Code, Diagnostic, Findings};

pub(super) fn check(reached: Reached<'_>, findings: &mut Findings) {
    let Reached { facts, trail, entry, .. } = reached;
    let Some(expires) = entry.expires.as_ref().filter(|expires| expires.value <= facts.today) else { return };
    findings.push(
        Diagnostic::new(Code::Expired, format!("expired on {}", expires.value))
            .label(expires.span, "this date has come")
            .label(entry.key, "livevod does not delete it")
            .help("write `state: absent` in place of its settings, or a later date")
            .about(trail.address),
    );
}
