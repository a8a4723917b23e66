//! Rules that compare the files with the configurations in the service, for the commands that read them: plan, drift,
//! apply and `validate --online`.

use super::comments::allowed_lines;
use super::{absent_idle, accept_idle, pattern_without_match};
use crate::config::Allow;
use crate::diag::{Diagnostic, Findings};
use crate::model::Snapshot;
use crate::resolve::Desired;

type Rule = fn(&Desired, &Snapshot, &mut Findings);

const RULES: &[Rule] = &[absent_idle::check, accept_idle::check_listed, pattern_without_match::check_listed];

/// Compares the files with the domains that were read whole; other domains cause no findings.
pub fn found_listed(desired: &Desired, allows: &[Allow], snapshot: &Snapshot) -> Vec<Diagnostic> {
    let mut findings = Findings::allowing(allowed_lines(allows));
    for rule in RULES {
        rule(desired, snapshot, &mut findings);
    }
    findings.finish()
}
