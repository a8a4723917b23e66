//! A `defaults` block that no configuration inherits, because none is declared below it.

use std::collections::HashSet;

use super::facts::Facts;
use crate::config::{Defaults, Document, Settings};
use crate::diag::{Code, Diagnostic, Findings};
use crate::resolve::{Entry, follow};

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_whole() {
        return;
    }
    let mut reaching: HashSet<*const Settings> = HashSet::new();
    follow(facts.document, facts.desired, |trail| {
        if facts.desired.get(trail.address).and_then(Entry::resolved).is_some() {
            reaching.extend(trail.rungs.iter().map(|rung| std::ptr::from_ref(rung.settings)));
        }
    });
    for defaults in blocks(facts.document) {
        if reaching.contains(&std::ptr::from_ref(&defaults.settings)) {
            continue;
        }
        findings.push(
            Diagnostic::new(Code::UnusedDefaults, "no configuration inherits these `defaults`")
                .label(defaults.key, "nothing is declared below")
                .help("write entries under `streams`, or remove the block: `defaults` alone record nothing"),
        );
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
