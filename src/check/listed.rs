//! Rules over what the service holds beside what is declared: plan, drift and apply, which read it, and `validate --online`.

use super::{absent_idle, pattern_without_match};
use crate::diag::{Diagnostic, Findings};
use crate::model::Snapshot;
use crate::resolve::Desired;

type Rule = fn(&Desired, &Snapshot, &mut Findings);

const RULES: &[Rule] = &[absent_idle::check, pattern_without_match::check_listed];

/// Holds the files to the domains that were read whole; nothing is found about any other.
pub fn found_listed(desired: &Desired, snapshot: &Snapshot) -> Vec<Diagnostic> {
    let mut findings = Findings::default();
    for rule in RULES {
        rule(desired, snapshot, &mut findings);
    }
    findings.finish()
}
