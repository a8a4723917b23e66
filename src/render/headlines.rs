//! Findings in one line: a single one, the counts of several, and where to read more.

use std::collections::BTreeSet;

use super::phrases::counted;
use super::style::{Style, wrap};
use crate::diag::{Diagnostic, Severity};
use crate::gate::clean;

/// A finding in one line: its address, its message, the RequestId.
pub(super) fn headline(finding: &Diagnostic) -> String {
    let mut message = clean(&finding.message);
    let address = finding.address.as_ref().map(|address| clean(&address.to_string()));
    if let Some(address) = address.filter(|address| !message.contains(address.as_str())) {
        message = format!("{address}: {message}");
    }
    if let Some(request_id) = &finding.request_id {
        message = format!("{message} (RequestId {})", clean(request_id));
    }
    message
}

/// Where to read more about findings in files: `livevod explain CODE`, with the codes if there are several; wrapped to
/// the width.
pub(super) fn explain_line(findings: &[Diagnostic], style: Style) -> Option<String> {
    let codes: BTreeSet<&str> = findings
        .iter()
        .filter(|finding| !finding.labels.is_empty())
        .map(|finding| finding.code.as_str())
        .collect();
    let codes: Vec<&str> = codes.into_iter().collect();
    let text = match codes.as_slice() {
        [] => return None,
        [code] => format!("`livevod explain {code}` says more."),
        codes => format!("`livevod explain CODE` says more about each: {}.", codes.join(", ")),
    };
    Some(wrap(&text, style.width).join("\n") + "\n")
}

/// `3 errors, 1 warning`.
pub(super) fn summary_line(findings: &[Diagnostic]) -> String {
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let parts =
        [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Advice, "piece of advice")];
    let counts: Vec<String> = parts
        .into_iter()
        .map(|(severity, noun)| (count(severity), noun))
        .filter(|(count, _)| *count > 0)
        .map(|(count, noun)| match (count, noun) {
            (2.., "piece of advice") => format!("{count} pieces of advice"),
            _ => counted(count, noun),
        })
        .collect();
    if counts.is_empty() { "no findings".to_owned() } else { counts.join(", ") }
}
