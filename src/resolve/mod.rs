//! Turns a [`Document`] into [`Desired`]: inheritance, names and defaults, each value with its origin.

mod accepted;
mod desired;
mod entries;
mod groupless;
mod groups;
mod inherit;
mod layouts;
mod references;
mod restored;
mod shape;
mod tiers;
mod trail;

use std::collections::BTreeMap;

pub use self::accepted::{Acceptances, Accepted, Laid};
pub use self::desired::{
    Desired, DesiredDomain, Entry, NamedGroup, Origin, OriginKind, Resolved, Restored, Wanted, step_in_words,
};
use self::entries::DomainEntries;
pub use self::inherit::Rung;
pub use self::restored::restored;
use self::tiers::Tiers;
pub use self::trail::{Trail, follow};
use crate::config::{Document, Domain};
use crate::diag::{Code, Diagnostic, Findings};

/// The most configurations that files may declare. Layouts multiply, so without a limit a small file could fill the
/// memory.
const CONFIGURATIONS: usize = 100_000;

/// Resolves a document, and reports what is missing or contradictory in it.
///
/// A value that could not be read or found is replaced by the documented default, and a finding reports it.
pub fn resolve(document: &Document) -> (Desired, Vec<Diagnostic>) {
    let mut findings = Findings::default();
    references::check(document, &mut findings);
    let tiers = Tiers::new(document, &mut findings);
    let mut domains = BTreeMap::new();
    let mut count = 0;
    for (name, domain) in &document.domains {
        let mut resolver = DomainEntries::new(document, domain, &tiers, &mut findings);
        let region = resolver.region.cloned();
        let entries = resolver.resolve(name);
        count += entries.len();
        if count > CONFIGURATIONS {
            report_count(name, domain, &mut findings);
            break;
        }
        domains.insert(name.clone(), DesiredDomain::new(domain, region, entries));
    }
    let desired = Desired {
        account: document.account.clone(),
        domains,
        ignore: document.ignore.clone(),
        protect: document.protect.clone(),
        must_record: document.must_record.clone(),
        accept: accepted::resolve(document),
        lapsed: Vec::new(),
        group_names: groups::names(document),
    };
    (desired, findings.finish())
}

fn report_count(name: &str, domain: &Domain, findings: &mut Findings) {
    let message = format!("with `{name}`, the files declare more than {CONFIGURATIONS} configurations");
    let finding =
        Diagnostic::new(Code::Limit, message).help("split the files into sets that are applied separately");
    findings.push(finding.label(domain.key, "one too many"));
}
