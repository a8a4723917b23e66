//! `prune` where nothing is declared: every configuration that the service has there would be deleted.

use super::facts::Facts;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::configs_below;
use crate::source::Spanned;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_whole() {
        return;
    }
    for (name, domain) in &facts.desired.domains {
        let own = domain.prune.iter().filter(|_| domain.entries.is_empty());
        own.for_each(|prune| check_word(name, prune, findings));
        let is_bare = |app: &str| configs_below(&domain.entries, [&**name, app]).next().is_none();
        for (app, prune) in domain.app_prune.iter().filter(|(app, _)| is_bare(app)) {
            check_word(&format!("{name}/{app}"), prune, findings);
        }
    }
}

fn check_word(what: &str, prune: &Spanned<bool>, findings: &mut Findings) {
    if !prune.value {
        return;
    }
    findings.push(
        Diagnostic::new(
            Code::PruneWithoutStreams,
            format!("`prune` on `{what}`, which declares no configuration"),
        )
        .label(prune.span, "would delete every configuration there")
        .help("declare what should be kept, or write `prune: false`"),
    );
}
