//! A pattern that matches nothing: what it was meant to keep alone is not kept alone.

use super::facts::Facts;
use crate::diag::{Code, Diagnostic, Findings, Severity};
use crate::model::{Pattern, Snapshot};
use crate::resolve::Desired;
use crate::source::Spanned;

/// What the files alone can show: no domain of theirs is meant.
pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_whole() {
        return;
    }
    for (list, pattern) in patterns(facts.desired) {
        if !facts.desired.domains.keys().any(|name| pattern.value.matches_domain(name)) {
            findings.push(found(list, pattern, "no domain of these files"));
        }
    }
}

/// What shows once its domains were read: nothing in them is meant. A whole domain is kept alone for what will come.
pub(super) fn check_listed(desired: &Desired, snapshot: &Snapshot, findings: &mut Findings) {
    for (list, pattern) in patterns(desired).filter(|(_, pattern)| !pattern.value.is_whole_domain()) {
        if !is_read(&pattern.value, desired, snapshot) || matches(&pattern.value, desired, snapshot) {
            continue;
        }
        let mut finding = found(list, pattern, "nothing that is declared or there");
        // What is ignored by a glob, such as test streams, comes and goes.
        if list == "ignore" && !pattern.value.is_literal() {
            finding.severity = Severity::Advice;
        }
        findings.push(finding);
    }
}

fn patterns(desired: &Desired) -> impl Iterator<Item = (&'static str, &Spanned<Pattern>)> {
    let ignore = desired.ignore.iter().map(|pattern| ("ignore", pattern));
    ignore.chain(desired.protect.iter().map(|pattern| ("protect", pattern)))
}

/// Whether some domain is meant, and each one that is was read whole.
fn is_read(pattern: &Pattern, desired: &Desired, snapshot: &Snapshot) -> bool {
    let mut meant = desired.domains.keys().filter(|name| pattern.matches_domain(name)).peekable();
    meant.peek().is_some() && meant.all(|name| snapshot.domains.contains_key(name))
}

fn matches(pattern: &Pattern, desired: &Desired, snapshot: &Snapshot) -> bool {
    let declared = desired.domains.values().flat_map(|domain| domain.entries.keys());
    let there = snapshot.domains.values().flat_map(|domain| domain.configs.keys());
    declared.chain(there).any(|address| pattern.matches(address))
}

fn found(list: &str, pattern: &Spanned<Pattern>, what: &str) -> Diagnostic {
    let message = format!("`{list}` names `{}`, which matches {what}", pattern.value);
    Diagnostic::new(Code::PatternWithoutMatch, message)
        .label(pattern.span, "matches nothing")
        .help("correct or remove it; in a pattern `*` alone is the entry of that name, and `**` is any name")
}
