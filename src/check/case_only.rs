//! Two names that differ only in case. The service is presumed to treat them as different names; people often do not.

use std::collections::HashMap;

use super::facts::Facts;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::Address;
use crate::resolve::Entry;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    // Of two names that differ only in case, one has a capital letter.
    let has_capital = |name: &str| name.bytes().any(|byte| byte.is_ascii_uppercase());
    let may_differ = |address: &Address| has_capital(&address.app) || has_capital(&address.stream);
    for domain in facts.desired.domains.values().filter(|domain| domain.entries.keys().any(may_differ)) {
        // By lowercase name: the first entry of each app, and the first of each stream within its app.
        let mut apps: HashMap<String, (&Address, &Entry)> = HashMap::new();
        let mut streams: HashMap<String, (&Address, &Entry)> = HashMap::new();
        let mut app = None;
        // The entries of an app stand together.
        for here in &domain.entries {
            let address = here.0;
            if app != Some(&address.app) {
                app = Some(&address.app);
                streams.clear();
                let first = apps.entry(address.app.to_ascii_lowercase()).or_insert(here);
                if first.0.app != address.app {
                    report("apps", (&first.0.app, &address.app), *first, here, findings);
                    *first = here;
                }
            }
            let first = *streams.entry(address.stream.to_ascii_lowercase()).or_insert(here);
            if first.0.stream != address.stream {
                report("streams", (&first.0.stream, &address.stream), first, here, findings);
            }
        }
    }
}

fn report(
    nouns: &str,
    names: (&str, &str),
    first: (&Address, &Entry),
    second: (&Address, &Entry),
    findings: &mut Findings,
) {
    findings.push(
        Diagnostic::new(
            Code::CaseOnly,
            format!("{nouns} `{}` and `{}` differ only in case", names.0, names.1),
        )
        .label(second.1.key, format!("`{}`", second.0.within_domain()))
        .label(first.1.key, format!("`{}`", first.0.within_domain()))
        .help("keep both only if streams are published under both names")
        .about(second.0),
    );
}
