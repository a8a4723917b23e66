//! Collects findings: folds what many entries share, keeps to a limit, and sets aside what comments allow.

use std::collections::{BTreeMap, HashMap};

use super::code::Code;
use super::diagnostic::{Diagnostic, sort};
use crate::model::Address;
use crate::source::{FileId, Span};

/// The most findings that are kept: without a limit, a hostile file could fill the memory with them, and rendering them
/// would take seconds.
const FINDINGS: usize = 10_000;

/// How many addresses a folded finding names; further ones are only counted.
const NAMED_ADDRESSES: usize = 3;

/// The lines on which findings of a rule are allowed, by rule and start.
#[derive(Debug, Clone, Default)]
pub struct AllowedLines(BTreeMap<(Code, FileId, u32), u32>);

impl AllowedLines {
    /// These lines, each for one rule.
    pub fn new(lines: impl IntoIterator<Item = (Code, Span)>) -> Self {
        Self(lines.into_iter().map(|(code, Span { file, start, end })| ((code, file, start), end)).collect())
    }

    /// The rule and the line that allow a finding. Errors are never allowed.
    pub fn allowing(&self, finding: &Diagnostic) -> Option<(Code, Span)> {
        let Span { file, start: at, end: _ } = finding.labels.first()?.span;
        let mut before = self.0.range((finding.code, file, 0)..=(finding.code, file, at));
        let ((code, _, start), end) = before.next_back().filter(|(_, end)| at < **end)?;
        (!finding.is_error()).then_some((*code, Span { file, start: *start, end: *end }))
    }
}

/// Collects findings. Findings with the same code, place and message, which many entries or aliases may lead to, are
/// kept as one that gives their number.
#[derive(Debug, Default)]
pub struct Findings {
    kept: Vec<Reached>,
    by_place: HashMap<(Code, Span, String), usize>,
    dropped: usize,
    allowed: AllowedLines,
    /// One finding for each rule and line that allow any, which shows that the comment is needed. They are not shown, and
    /// do not count against the limit.
    kept_allowed: BTreeMap<(Code, Span), Diagnostic>,
}

#[derive(Debug)]
struct Reached {
    diagnostic: Diagnostic,
    times: usize,
    addresses: Vec<Address>,
}

impl Findings {
    /// Collects findings of which some are allowed.
    pub fn allowing(allowed: AllowedLines) -> Self {
        Self { allowed, ..Self::default() }
    }

    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if let Some(line) = self.allowed.allowing(&diagnostic) {
            self.kept_allowed.entry(line).or_insert(diagnostic);
            return;
        }
        let place =
            diagnostic.labels.first().map(|label| (diagnostic.code, label.span, diagnostic.message.clone()));
        let known = place.as_ref().and_then(|place| self.by_place.get(place)).copied();
        match known {
            Some(at) => self.kept[at].again(diagnostic.address),
            None if self.kept.len() == FINDINGS => self.dropped += 1,
            None => {
                self.by_place.extend(place.map(|place| (place, self.kept.len())));
                self.kept.push(Reached::new(diagnostic));
            }
        }
    }

    /// The findings in the order they are shown.
    pub fn finish(self) -> Vec<Diagnostic> {
        let Self { kept, by_place: _, dropped, allowed: _, kept_allowed } = self;
        let kept = kept.into_iter().map(Reached::finish);
        let mut diagnostics: Vec<Diagnostic> = kept.chain(kept_allowed.into_values()).collect();
        if dropped > 0 {
            let message = format!("{dropped} more findings after the first {FINDINGS} are not shown");
            diagnostics.push(
                Diagnostic::new(Code::Limit, message).help("fix the findings shown, then run it again"),
            );
        }
        sort(&mut diagnostics);
        diagnostics
    }
}

impl Reached {
    fn new(diagnostic: Diagnostic) -> Self {
        let addresses = diagnostic.address.iter().cloned().collect();
        Self { diagnostic, times: 1, addresses }
    }

    fn again(&mut self, address: Option<Address>) {
        self.times += 1;
        if self.addresses.len() < NAMED_ADDRESSES {
            self.addresses.extend(address);
        }
    }

    fn finish(self) -> Diagnostic {
        let Self { mut diagnostic, times, addresses } = self;
        if times == 1 {
            return diagnostic;
        }
        if addresses.is_empty() {
            return diagnostic.note(format!("reached {times} times through aliases"), None);
        }
        diagnostic.address = None;
        let named: Vec<String> = addresses.iter().map(|address| format!("`{address}`")).collect();
        let rest = times - named.len();
        let more = if rest == 0 { String::new() } else { format!(" and {rest} more") };
        diagnostic.note(format!("applies to {times} configurations: {}{more}", named.join(", ")), None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Source, Sources};

    #[test]
    fn findings_end_somewhere() {
        let file = Sources::default().add(Source::new("a.yaml", ""));
        let mut findings = Findings::default();
        for start in 0..FINDINGS as u32 + 2 {
            let span = Span { file, start, end: start };
            findings.push(Diagnostic::new(Code::UnknownKey, "").label(span, ""));
        }
        let found = findings.finish();
        assert_eq!(found.len(), FINDINGS + 1);
        assert_eq!(found[FINDINGS].message, "2 more findings after the first 10000 are not shown");
    }

    #[test]
    fn allowed_findings_do_not_count_against_the_limit() {
        let file = Sources::default().add(Source::new("a.yaml", ""));
        let span = |start| Span { file, start, end: start + 1 };
        let line = |number: u32| Span { file, start: 10 * number, end: 10 * number + 10 };
        let lines = FINDINGS as u32 + 2;
        let push_all = |mut findings: Findings| {
            for number in 0..lines {
                for at in [0, 9] {
                    findings.push(Diagnostic::new(Code::ShortCycle, "").label(span(10 * number + at), ""));
                }
            }
            findings.finish()
        };
        let allowed = AllowedLines::new((0..lines).map(|number| (Code::ShortCycle, line(number))));
        let found = push_all(Findings::allowing(allowed));
        assert_eq!(found.len(), lines as usize, "one for each comment");
        assert!(found.iter().all(|finding| finding.code == Code::ShortCycle));
        let other_rule = AllowedLines::new((0..lines).map(|number| (Code::Expired, line(number))));
        assert_eq!(push_all(Findings::allowing(other_rule)).last().unwrap().code, Code::Limit);
        let all_but_one = AllowedLines::new((1..lines).map(|number| (Code::ShortCycle, line(number))));
        assert_eq!(push_all(Findings::allowing(all_but_one)).len(), lines as usize + 1, "both of that line");
    }

    #[test]
    fn what_many_entries_share_is_one_finding() {
        let file = Sources::default().add(Source::new("a.yaml", "abc"));
        let span = |start| Span { file, start, end: start + 1 };
        let mut findings = Findings::default();
        for stream in ["a", "b", "c", "d", "e"] {
            let address = Address::new("a.com", "show", stream);
            findings.push(Diagnostic::new(Code::MissingGroup, "no group").label(span(1), "").about(&address));
        }
        findings.push(Diagnostic::new(Code::MissingGroup, "no group").label(span(0), ""));
        let found = findings.finish();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].labels[0].span.start, 0);
        assert_eq!(
            found[1].related[0].message,
            "applies to 5 configurations: `a.com/show/a`, `a.com/show/b`, `a.com/show/c` and 2 more"
        );
    }
}
