//! A tier that nothing uses, directly or through another tier.

use std::collections::HashSet;

use super::facts::Facts;
use crate::config::{Document, Settings, Written};
use crate::diag::{Code, Diagnostic, Findings};

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let document = facts.document;
    // An unknown name may be a misspelling of any name that seems unused.
    if !facts.is_whole() || !document.blocks().all(|block| is_known(document, block)) {
        return;
    }
    let used = used(document);
    for (name, tier) in document.tiers.iter().filter(|(name, _)| !used.contains(name.as_str())) {
        findings.push(
            Diagnostic::new(Code::UnusedTier, format!("nothing uses tier `{name}`"))
                .label(tier.key, "never used")
                .help(format!("remove it, or write `tier: {name}` where its settings should apply")),
        );
    }
}

fn is_known(document: &Document, block: &Settings) -> bool {
    match block.tier.as_ref().map(|tier| &tier.value) {
        Some(Written::Value(name)) => document.tiers.contains_key(name),
        Some(Written::Faulty) => false,
        Some(Written::Default) | None => true,
    }
}

/// The tiers that blocks other than tiers name, and the tiers that those name in turn.
fn used(document: &Document) -> HashSet<&str> {
    let mut used = HashSet::new();
    let mut next: Vec<&str> = document.blocks_but_tiers().filter_map(named).collect();
    while let Some(name) = next.pop() {
        if used.insert(name) {
            next.extend(document.tiers.get(name).and_then(|tier| named(&tier.settings)));
        }
    }
    used
}

fn named(block: &Settings) -> Option<&str> {
    block.tier.as_ref()?.value.value().map(String::as_str)
}
