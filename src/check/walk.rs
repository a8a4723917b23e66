//! Follows inheritance once for all rules that look at configurations: what one rule has read is still at hand for the next.

use super::facts::{EntryRule, Facts, Reached};
use super::{compose_group_idle, redundant_value, unused_defaults};
use crate::diag::Findings;
use crate::model::Address;
use crate::resolve::follow;

pub(super) fn check(facts: &Facts<'_>, rules: &[EntryRule], findings: &mut Findings) {
    let mut groups = compose_group_idle::Groups::default();
    let mut settings = redundant_value::Settings::default();
    let mut inherited = unused_defaults::Inherited::default();
    let mut last: Option<Address> = None;
    follow(facts.document, facts.desired, |trail| {
        let Some(domain) = facts.desired.domains.get(&trail.address.domain) else { return };
        let Some(entry) = domain.entries.get(trail.address) else { return };
        let is_new_app = last.as_ref().is_none_or(|last| !last.is_in_app_of(trail.address));
        if is_new_app {
            last = Some(trail.address.clone());
        }
        let reached = Reached { facts, trail, domain, entry, is_new_app };
        for rule in rules {
            rule(reached, findings);
        }
        groups.visit(reached);
        settings.visit(reached);
        inherited.visit(reached);
    });
    groups.report(findings);
    settings.report(findings);
    inherited.report(facts, findings);
}
