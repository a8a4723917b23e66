//! A pattern that matches nothing, and so does not protect what it was meant for.

use super::facts::Facts;
use crate::diag::{Code, Diagnostic, Findings, Severity};
use crate::model::{DomainSnapshot, Pattern, Snapshot};
use crate::resolve::{Desired, DesiredDomain};
use crate::source::Spanned;

/// Matches what is on air, which no configuration needs to name.
const MUST_RECORD: &str = "must_record";

/// Finds what the files alone can show: a pattern that matches none of their domains.
pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_whole() {
        return;
    }
    for (list, pattern) in patterns(facts.desired) {
        if pattern.value.domains(&facts.desired.domains).next().is_none() {
            findings.push(found(list, pattern, "no domain of these files"));
        }
    }
}

/// Finds what shows only after the domains were read: a pattern that matches nothing in them. A pattern that is a whole
/// domain is skipped, since it is also meant for later configurations.
pub(super) fn check_listed(desired: &Desired, snapshot: &Snapshot, findings: &mut Findings) {
    let needs_one = |list: &str, pattern: &Pattern| list != MUST_RECORD && !pattern.is_whole_domain();
    for (list, pattern) in patterns(desired).filter(|(list, pattern)| needs_one(list, &pattern.value)) {
        if !is_read(&pattern.value, desired, snapshot) || matches(&pattern.value, desired, snapshot) {
            continue;
        }
        let mut finding = found(list, pattern, "nothing that is declared or in the service");
        // What a glob under `ignore` is meant for, such as test streams, comes and goes.
        if list == "ignore" && !pattern.value.is_literal() {
            finding.severity = Severity::Advice;
        }
        findings.push(finding);
    }
}

fn patterns(desired: &Desired) -> impl Iterator<Item = (&'static str, &Spanned<Pattern>)> {
    let Desired { ignore, protect, must_record, .. } = desired;
    let lists = [("ignore", ignore), ("protect", protect), (MUST_RECORD, must_record)];
    lists.into_iter().flat_map(|(list, patterns)| patterns.iter().map(move |pattern| (list, pattern)))
}

/// Whether the pattern matches a domain, and every domain that it matches was read whole.
fn is_read(pattern: &Pattern, desired: &Desired, snapshot: &Snapshot) -> bool {
    let mut meant = pattern.domains(&desired.domains).peekable();
    meant.peek().is_some() && meant.all(|(name, _)| snapshot.domains.contains_key(name))
}

fn matches(pattern: &Pattern, desired: &Desired, snapshot: &Snapshot) -> bool {
    let is_declared = |domain: &DesiredDomain| pattern.among(&domain.entries).next().is_some();
    let is_there = |domain: &DomainSnapshot| pattern.among(&domain.configs).next().is_some();
    pattern.domains(&desired.domains).any(|(_, domain)| is_declared(domain))
        || pattern.domains(&snapshot.domains).any(|(_, domain)| is_there(domain))
}

fn found(list: &str, pattern: &Spanned<Pattern>, what: &str) -> Diagnostic {
    let message = format!("`{}` under `{list}` matches {what}", pattern.value);
    Diagnostic::new(Code::PatternWithoutMatch, message).label(pattern.span, "matches nothing").help(
        "correct or remove it; in a pattern, `*` alone matches only the name `*`, and `**` matches any name",
    )
}
