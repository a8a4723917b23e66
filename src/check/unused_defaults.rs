//! A `defaults` block that no configuration inherits, because none is declared below it.

use std::collections::HashSet;

use super::facts::{Facts, Reached};
use crate::config::{Defaults, Document, Settings};
use crate::diag::{Code, Diagnostic, Findings};

/// The blocks that some configuration inherits.
#[derive(Default)]
pub(super) struct Inherited(HashSet<*const Settings>);

impl Inherited {
    pub(super) fn visit(&mut self, reached: Reached<'_>) {
        if reached.resolved().is_some() {
            self.0.extend(reached.trail.above.iter().map(|rung| std::ptr::from_ref(rung.settings)));
        }
    }

    pub(super) fn report(self, facts: &Facts<'_>, findings: &mut Findings) {
        let is_unused = |defaults: &&Defaults| !self.0.contains(&std::ptr::from_ref(&defaults.settings));
        for defaults in blocks(facts.document).filter(|_| facts.is_whole()).filter(is_unused) {
            findings.push(
                Diagnostic::new(Code::UnusedDefaults, "no configuration inherits these `defaults`")
                    .label(defaults.key, "nothing is declared below")
                    .help(
                        "write entries under `streams`, or remove the block: `defaults` alone record nothing",
                    ),
            );
        }
    }
}

/// Every `defaults` block that could be inherited; those of unused layouts are left to another rule.
fn blocks(document: &Document) -> impl Iterator<Item = &Defaults> {
    let used: HashSet<&String> = document
        .domains
        .values()
        .flat_map(|domain| &domain.layout)
        .flat_map(|layout| &layout.names)
        .map(|name| &name.value)
        .collect();
    let layouts = document.layouts.iter().filter(move |(name, _)| used.contains(name));
    let apps = layouts.flat_map(|(_, layout)| layout.apps.values());
    let domains = document.domains.values();
    let apps = apps.chain(domains.clone().flat_map(|domain| domain.apps.values()));
    let top = document.defaults.iter();
    top.chain(domains.filter_map(|domain| domain.defaults.as_ref()))
        .chain(apps.filter_map(|app| app.defaults.as_ref()))
}
