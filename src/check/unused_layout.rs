//! A layout that no domain uses.

use std::collections::HashSet;

use super::facts::Facts;
use crate::diag::{Code, Diagnostic, Findings};

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let document = facts.document;
    let names = document.domains.values().flat_map(|domain| &domain.layout).flat_map(|layout| &layout.names);
    let used: HashSet<&String> = names.map(|name| &name.value).collect();
    // An unknown name may be a misspelling of any name that seems unused.
    if !facts.is_whole() || !used.iter().all(|name| document.layouts.contains_key(*name)) {
        return;
    }
    for (name, layout) in document.layouts.iter().filter(|(name, _)| !used.contains(name)) {
        findings.push(
            Diagnostic::new(Code::UnusedLayout, format!("no domain uses layout `{name}`"))
                .label(layout.key, "never used")
                .help(format!("remove it, or write `layout: {name}` in a domain")),
        );
    }
}
