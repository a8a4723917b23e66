//! An entry of `accept` that has no effect: it is about no declared configuration, or nothing differs there.

use std::collections::HashSet;

use super::facts::Facts;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::Snapshot;
use crate::resolve::{Accepted, Desired, DesiredDomain, Entry};
use crate::source::Span;

/// Finds what the files alone can show: an entry that is about no configuration that must exist.
pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_whole() {
        return;
    }
    let over = |accepted: &&Accepted| !accepted.is_over(facts.today);
    for accepted in facts.desired.accept.iter().filter(over) {
        if !declares(facts.desired, accepted) {
            findings.push(undeclared(facts.desired, accepted));
        }
    }
}

/// Finds what shows only after the domains were read: an entry that has nothing left to accept.
pub(super) fn check_listed(desired: &Desired, snapshot: &Snapshot, findings: &mut Findings) {
    let used = used(desired, snapshot);
    let is_read = |accepted: &&Accepted| {
        let mut domains = accepted.address.value.domains(&desired.domains);
        domains.all(|(name, _)| snapshot.domains.contains_key(name))
    };
    let idle = desired.accept.iter().filter(|accepted| !used.contains(&accepted.field.span));
    for accepted in idle.filter(is_read).filter(|accepted| declares(desired, accepted)) {
        let field = accepted.field.value;
        let message = format!("there is no difference in `{field}` that this entry accepts");
        findings.push(
            Diagnostic::new(Code::AcceptIdle, message)
                .label(accepted.address.span, "nothing to accept")
                .help("remove the entry, so that it does not hide a later difference"),
        );
    }
}

/// The entries that accept something, each by the place of its field.
fn used(desired: &Desired, snapshot: &Snapshot) -> HashSet<Span> {
    let (accepted, ignored) = (desired.accepted(), desired.ignored());
    let mut used = HashSet::new();
    if desired.accept.is_empty() {
        return used;
    }
    for domain in desired.domains.values() {
        for (address, entry) in &domain.entries {
            let Some(resolved) = entry.resolved().filter(|_| !ignored.selects(address)) else { continue };
            let Some(remote) = snapshot.get(address).filter(|remote| remote.unsupported.is_none()) else {
                continue;
            };
            let laid = accepted.lay(domain.region(), address, &resolved.config, &remote.config);
            used.extend(laid.accepted.iter().map(|(_, accepted)| accepted.field.span));
        }
    }
    used
}

/// Whether the files declare a configuration that an entry is about.
fn declares(desired: &Desired, accepted: &Accepted) -> bool {
    let pattern = &accepted.address.value;
    let is_present = |entry: &Entry| entry.resolved().is_some();
    let declares =
        |domain: &DesiredDomain| pattern.among(&domain.entries).any(|(_, entry)| is_present(entry));
    pattern.domains(&desired.domains).any(|(_, domain)| declares(domain))
}

fn undeclared(desired: &Desired, accepted: &Accepted) -> Diagnostic {
    let pattern = &accepted.address.value;
    let ignoring = pattern.to_string().parse().ok().filter(|_| pattern.is_literal());
    let ignoring =
        ignoring.and_then(|address| desired.ignore.iter().find(|ignore| ignore.value.matches(&address)));
    let message = format!("`{pattern}` under `accept` matches no declared configuration");
    let finding = Diagnostic::new(Code::AcceptIdle, message).label(accepted.address.span, "accepts nothing");
    match ignoring {
        Some(ignore) => finding
            .label(ignore.span, "ignored here, so livevod leaves it as it is")
            .help("remove the entry: what `ignore` matches is never a difference"),
        None => finding.help(
            "correct or remove it; in a pattern, `*` alone matches only the name `*`, and `**` matches any name",
        ),
    }
}
