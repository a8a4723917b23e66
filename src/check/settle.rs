//! Decides the final severity of findings: allowed ones are dropped, denied ones become errors, and an allow comment
//! that allows nothing is a finding itself.

use std::collections::HashSet;

use super::comments::{allowable, allowed_lines};
use super::online;
use crate::config::Allow;
use crate::diag::{self, Code, Diagnostic, Severity};

/// What the command line says about rules. Errors stay errors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Levels {
    /// Rules whose findings are dropped; overrides `deny`.
    pub allow: Vec<Code>,
    /// Rules whose findings are errors.
    pub deny: Vec<Code>,
    /// Whether every warning is an error.
    pub deny_warnings: bool,
}

/// Applies allow comments, then `levels`, to all findings of a run, and puts them in the order they are shown.
///
/// Advice is dropped as long as there are errors: errors come first, and they would cause much of the advice.
pub fn settle(findings: Vec<Diagnostic>, allows: &[Allow], levels: &Levels) -> Vec<Diagnostic> {
    let comments = allowed_lines(allows);
    let is_sound = !diag::has_errors(&findings);
    let mut used = HashSet::new();
    let mut kept: Vec<Diagnostic> = findings
        .into_iter()
        .filter(|finding| is_sound || finding.severity != Severity::Advice)
        .filter(|finding| match comments.allowing(finding) {
            Some(line) => {
                used.insert(line);
                false
            }
            None => true,
        })
        .collect();
    kept.extend(allows.iter().filter_map(|allow| match allowable(allow) {
        Err(finding) => Some(*finding),
        Ok(code) if is_sound && !online::CODES.contains(&code) && !used.contains(&(code, allow.line)) => {
            Some(stale(allow))
        }
        Ok(_) => None,
    }));
    let mut kept: Vec<Diagnostic> = kept.into_iter().filter_map(|finding| levels.weigh(finding)).collect();
    diag::sort(&mut kept);
    kept
}

/// Applies allow comments and `levels` to later findings, without reporting stale comments.
pub fn settle_more(findings: Vec<Diagnostic>, allows: &[Allow], levels: &Levels) -> Vec<Diagnostic> {
    let comments = allowed_lines(allows);
    let kept = findings.into_iter().filter(|finding| comments.allowing(finding).is_none());
    let mut kept: Vec<Diagnostic> = kept.filter_map(|finding| levels.weigh(finding)).collect();
    diag::sort(&mut kept);
    kept
}

impl Levels {
    fn weigh(&self, mut finding: Diagnostic) -> Option<Diagnostic> {
        let Self { allow, deny, deny_warnings } = self;
        if finding.is_error() {
            return Some(finding);
        }
        if allow.contains(&finding.code) {
            return None;
        }
        if deny.contains(&finding.code) || (*deny_warnings && finding.severity == Severity::Warning) {
            finding.severity = Severity::Error;
        }
        Some(finding)
    }
}

fn stale(allow: &Allow) -> Diagnostic {
    let message = format!("there is no `{}` finding here to allow", allow.code.value);
    Diagnostic::new(Code::StaleAllow, message)
        .label(allow.code.span, "allows nothing")
        .help("remove the comment, so that it does not hide a later finding")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Source, Sources, Span, Spanned};

    const TEXT: &str = "one\ntwo\nthree\n";

    fn sources() -> (Sources, FileId) {
        let mut sources = Sources::default();
        let file = sources.add(Source::new("a.yaml", TEXT));
        (sources, file)
    }

    fn settled(found: &[(Code, u32)], allows: &[(&str, usize)], levels: &Levels) -> Vec<(Code, Severity)> {
        let (sources, file) = sources();
        let span = |start: u32| Span { file, start, end: start + 1 };
        let whole = |line: usize| {
            let range = sources.get(file).line_range(line);
            Span { file, start: range.start, end: range.end }
        };
        let findings = found
            .iter()
            .map(|(code, line)| {
                let start = sources.get(file).line_range(*line as usize).start;
                Diagnostic::new(*code, "").label(span(start), "")
            })
            .collect();
        let allows: Vec<Allow> = allows
            .iter()
            .map(|(code, line)| Allow { code: Spanned::new((*code).to_owned(), span(0)), line: whole(*line) })
            .collect();
        settle(findings, &allows, levels)
            .into_iter()
            .map(|finding| (finding.code, finding.severity))
            .collect()
    }

    #[test]
    fn a_comment_allows_its_code_on_its_line() {
        let found = [(Code::Expired, 1)];
        let none = Levels::default();
        assert_eq!(settled(&found, &[("expired", 1)], &none), []);
        let expired = (Code::Expired, Severity::Warning);
        let stale = (Code::StaleAllow, Severity::Warning);
        assert_eq!(settled(&found, &[("expired", 2)], &none), [stale, expired]);
        assert_eq!(settled(&found, &[("case-only", 1)], &none), [stale, expired]);
        assert_eq!(settled(&[], &[("expired", 1)], &none), [stale]);
    }

    #[test]
    fn errors_can_not_be_allowed_and_silence_what_is_stale() {
        let found = [(Code::UnknownTier, 1)];
        let error = (Code::UnknownTier, Severity::Error);
        let bad = (Code::BadAllow, Severity::Warning);
        let levels = Levels { allow: vec![Code::UnknownTier], ..Levels::default() };
        assert_eq!(settled(&found, &[("unknown-tier", 1)], &levels), [bad, error]);
        assert_eq!(settled(&found, &[("expired", 1)], &levels), [error]);
        assert_eq!(settled(&[], &[("no-such-rule", 1)], &levels), [bad]);
        let advised = [found[0], (Code::ShortCycle, 2)];
        assert_eq!(settled(&advised, &[], &Levels::default()), [error]);
    }

    #[test]
    fn flags_drop_and_raise() {
        let found = [(Code::Expired, 0), (Code::ShortCycle, 1)];
        let advice = (Code::ShortCycle, Severity::Advice);
        let deny_warnings = Levels { deny_warnings: true, ..Levels::default() };
        assert_eq!(settled(&found, &[], &deny_warnings), [(Code::Expired, Severity::Error), advice]);
        let both = Levels { allow: vec![Code::Expired], ..deny_warnings };
        assert_eq!(settled(&found, &[], &both), [advice]);
        let deny = Levels { deny: vec![Code::ShortCycle], ..Levels::default() };
        assert_eq!(
            settled(&found, &[], &deny),
            [(Code::Expired, Severity::Warning), (Code::ShortCycle, Severity::Error)]
        );
        assert_eq!(settled(&found, &[("short-cycle", 1), ("expired", 0)], &deny), []);
    }
}
