//! An address that is both declared and ignored.

use super::facts::Facts;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::Pattern;
use crate::resolve::DesiredDomain;
use crate::source::Spanned;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for pattern in &facts.desired.ignore {
        for (_, domain) in pattern.value.domains(&facts.desired.domains) {
            check_pattern(pattern, domain, findings);
        }
    }
}

fn check_pattern(pattern: &Spanned<Pattern>, domain: &DesiredDomain, findings: &mut Findings) {
    for (address, entry) in pattern.value.among(&domain.entries) {
        findings.push(
            Diagnostic::new(
                Code::DeclaredIgnored,
                format!("`{}` matches a declared configuration, which is then ignored", pattern.value),
            )
            .label(pattern.span, "ignored here")
            .label(entry.key, "declared here")
            .help("remove one of the two, or narrow the pattern")
            .about(address),
        );
    }
}
