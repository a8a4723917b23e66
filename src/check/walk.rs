//! Follows inheritance once for all rules that look at every block which reaches a configuration.

use super::facts::{Facts, Reached};
use super::{compose_group_idle, redundant_value, star_not_inherited, unused_defaults};
use crate::diag::Findings;
use crate::resolve::{Entry, follow};

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let mut groups = compose_group_idle::Groups::default();
    let mut settings = redundant_value::Settings::default();
    let mut inherited = unused_defaults::Inherited::default();
    let mut app = None;
    follow(facts.document, facts.desired, |trail| {
        let own = (trail.address.domain.clone(), trail.address.app.clone());
        let is_new_app = app.as_ref() != Some(&own);
        app = Some(own);
        let resolved = facts.desired.get(trail.address).and_then(Entry::resolved);
        let reached = Reached { trail, resolved, is_new_app };
        groups.visit(reached);
        settings.visit(reached);
        inherited.visit(reached);
        star_not_inherited::visit(facts, reached, findings);
    });
    groups.report(findings);
    settings.report(findings);
    inherited.report(facts, findings);
}
