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

#[cfg(test)]
mod tests {
    use super::super::testing::{found, found_listed, streams};
    use super::*;

    const CODE: Code = Code::PatternWithoutMatch;

    #[test]
    fn the_files_show_a_domain_that_is_none_of_theirs() {
        let patterns = "protect: [b.com/show, \"**/vip\", a.com]\nignore: [\"*.org\"]";
        let text = streams(patterns, "cam: {}");
        assert_eq!(found(&text), [(CODE, "b.com/show".into()), (CODE, "\"*.org\"".into())]);
        let shared = "version: 1\nprotect: [b.com/show]\n";
        assert_eq!(found(shared), [], "a file of shared patterns names no domain");
    }

    #[test]
    fn a_read_domain_shows_what_matches_nothing_in_it() {
        let text = |pattern: &str| streams(pattern, "cam: {}, old: { state: absent }");
        let held = ["a.com/news/desk", "a.com/show/old"];
        let listed = |pattern: &str| found_listed(&text(pattern), &held, &["a.com"]);
        for matching in ["a.com/show/cam", "a.com/show/old", "a.com/news", "**/news/*esk", "a.com"] {
            assert_eq!(listed(&format!("protect: [\"{matching}\"]")), [], "{matching}");
        }
        for slip in ["a.com/show/*", "a.com/sport", "a.com/news/desk-?", "**/vip"] {
            let row = (CODE, Severity::Warning, format!("\"{slip}\""));
            assert_eq!(listed(&format!("protect: [\"{slip}\"]")), [row], "{slip}");
        }
        assert_eq!(listed("protect: [b.com/show]"), [], "the files showed that already");
    }

    #[test]
    fn what_a_glob_ignores_may_come_and_go() {
        let listed = |pattern: &str| found_listed(&streams(pattern, "cam: {}"), &[], &["a.com"]);
        let row = |severity| [(CODE, severity, "a.com/test".to_owned())];
        assert_eq!(listed("ignore: [a.com/test]"), row(Severity::Warning));
        assert_eq!(listed("ignore: [a.com/test-*]")[0].1, Severity::Advice);
        assert_eq!(listed("protect: [a.com/test-*]")[0].1, Severity::Warning);
    }

    #[test]
    fn a_domain_that_was_not_read_shows_nothing() {
        let text = streams("protect: [\"**/vip\"]", "cam: {}").replace("a.com: {", "b.com: {}, a.com: {");
        assert_eq!(found_listed(&text, &[], &["a.com"]), []);
        assert_eq!(found_listed(&text, &["b.com/vip/x"], &["a.com", "b.com"]), []);
        assert_eq!(found_listed(&text, &[], &["a.com", "b.com"]).len(), 1);
    }
}
