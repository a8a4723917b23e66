//! An entry of `accept` whose day has come: what it covered is a difference again.

use super::facts::Facts;
use crate::diag::{Code, Diagnostic, Findings};

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for accepted in facts.desired.accept.iter().filter(|accepted| accepted.is_over(facts.today)) {
        let message = format!("accepted only until {}", accepted.until.value);
        findings.push(
            Diagnostic::new(Code::AcceptExpired, message)
                .label(accepted.until.span, "this date has come")
                .label(accepted.field.span, "no longer accepted: a difference here is drift again")
                .help("remove the entry, or write a later date; to keep the value, write it in the files"),
        );
    }
}
