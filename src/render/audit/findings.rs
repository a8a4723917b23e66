//! An audit as findings, for formats that contain nothing else.

use std::collections::BTreeMap;

use super::super::differences::at;
use super::super::phrases::counted;
use super::view::{AuditView, Group};
use super::words;
use crate::audit::{Reason, SessionAudit, Unclear};
use crate::diag::{Code, Diagnostic, Findings};
use crate::source::Sources;

/// A warning for each stream that needs attention, at the line that should have recorded it, and one for each domain that
/// was not read, instead of one for each of its streams.
pub(in super::super) fn audit_findings(view: &AuditView, sources: &Sources) -> Vec<Diagnostic> {
    let mut findings = Findings::default();
    let mut unjudged: BTreeMap<&str, usize> = BTreeMap::new();
    for group in view.groups(false) {
        match group.sessions.iter().all(|one| is_unread(one)) {
            true => *unjudged.entry(&group.address.domain).or_default() += group.sessions.len(),
            false => findings.push(stream(&group, sources)),
        }
    }
    for (domain, unread) in view.unread() {
        let count = unjudged.remove(domain).unwrap_or_default();
        findings.push(unread_domain(domain, unread, count));
    }
    for (domain, count) in unjudged {
        let sessions = counted(count, "session");
        let message = format!(
            "unknown whether {sessions} on `{domain}` were recorded: its configurations could not be read"
        );
        findings.push(Diagnostic::new(Code::NotRecorded, message).help(TRY_AGAIN));
    }
    findings.finish()
}

const TRY_AGAIN: &str = "run the audit again when the service can be read";

/// Whether a session has no verdict because its domain could not be read.
fn is_unread(one: &SessionAudit) -> bool {
    matches!(one.reason, Reason::Unread(_) | Reason::Unclear(Unclear::Unread))
}

fn stream(Group { address, sessions }: &Group, sources: &Sources) -> Diagnostic {
    let first = sessions.first().copied();
    let why = first.map(words::reason).filter(|why| !why.is_empty());
    let why = why.map(|why| format!("; {why}")).unwrap_or_default();
    let message = format!("{}: {}{why}", words::attention(sessions), words::times(sessions));
    let mut finding = Diagnostic::new(Code::NotRecorded, message).about(address);
    if sessions.iter().any(|one| one.must_record) {
        finding = finding.note("the files say that it must be recorded", None);
    }
    if let Some(advice) = sessions.iter().find_map(|one| words::advice(one)) {
        finding = finding.help(fragment(&advice));
    }
    let place = first.and_then(|one| one.place.as_ref());
    at(finding, place, sources, first.map_or("", label))
}

/// What is at the place of a session.
fn label(one: &SessionAudit) -> &'static str {
    match (&one.ruled_by, &one.reason) {
        (Some(_), _) | (None, Reason::Unclear(_)) => "should have recorded it",
        (None, _) => "declared here",
    }
}

fn unread_domain(domain: &str, unread: &[String], count: usize) -> Diagnostic {
    let open = match count {
        0 => String::new(),
        count => format!("; unknown whether {} were recorded", counted(count, "session")),
    };
    Diagnostic::new(Code::Remote, format!("`{domain}`: {}{open}", unread.join("; "))).help(TRY_AGAIN)
}

/// A sentence as a fragment.
fn fragment(sentence: &str) -> String {
    let mut letters = sentence.trim_end_matches('.').chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
