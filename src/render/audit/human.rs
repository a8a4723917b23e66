//! An audit as a person on call reads it in a terminal.

use super::super::phrases::{account, counted};
use super::super::style::{Style, Tone, wrap};
use super::view::{AuditView, Group};
use super::words;
use crate::audit::{Audit, SessionAudit};
use crate::gate::clean;

/// How many sessions of an address are shown; the rest are counted.
const SHOWN: usize = 3;

/// What is not shown without `--full`.
const HIDDEN: &str = "--full also lists what is recorded, pending or not wanted.";

/// Head, what needs attention, totals. `full` lists every session.
pub(in super::super) fn human_audit(view: &AuditView, full: bool, style: Style) -> String {
    let mut page = Page { view, style, full, lines: Vec::new() };
    page.head();
    for group in view.groups(full) {
        page.group(&group);
    }
    page.totals();
    page.lines.join("\n") + "\n"
}

struct Page<'a> {
    view: &'a AuditView<'a>,
    style: Style,
    full: bool,
    lines: Vec<String>,
}

impl Page<'_> {
    fn head(&mut self) {
        let Audit { target, account: id, period, domains, .. } = self.view.audit;
        let account = account(id.as_deref(), clean);
        let head = format!("{} {} {account}", clean(target), self.style.dot());
        self.paragraph(0, Tone::Strong, &head);
        let period = words::period(period.from, period.to);
        let count = counted(domains.len(), "domain");
        self.paragraph(0, Tone::Quiet, &format!("What was on air on {count} from {period}"));
        if !self.view.selected.is_empty() {
            self.paragraph(0, Tone::Quiet, self.view.selection().trim_start());
        }
        for (domain, unread) in self.view.unread() {
            for why in unread {
                self.paragraph(0, Tone::Danger, &format!("! {domain}: {why}"));
            }
        }
        self.lines.push(String::new());
    }

    fn group(&mut self, Group { address, sessions }: &Group) {
        let (symbol, tone) =
            words::mark(sessions.first().map_or(crate::audit::Kind::NotWanted, |one| one.verdict));
        let name = self.style.paint(Tone::Strong, &clean(&address.to_string()));
        self.lines.push(format!("{} {name}", self.style.paint(tone, symbol)));
        let shown = if self.full { sessions.len() } else { SHOWN };
        let mut last: Option<(String, Option<String>)> = None;
        for one in sessions.iter().take(shown) {
            self.paragraph(4, Tone::Strong, &words::when(one));
            if self.view.is_about_pending {
                self.paragraph(6, Tone::Quiet, &words::keeps(one));
                continue;
            }
            self.paragraph(6, words::mark(one.verdict).1, &words::outcome(one));
            let why = (words::reason(one), words::advice(one));
            // The same reason is said once.
            if last.as_ref() != Some(&why) {
                self.why(one, &why);
            }
            last = Some(why);
        }
        if sessions.len() > shown {
            let more = format!(
                "{} and {} more sessions; --full lists them",
                self.style.ellipsis(),
                sessions.len() - shown
            );
            self.paragraph(4, Tone::Quiet, &more);
        }
        self.lines.push(String::new());
    }

    fn why(&mut self, one: &SessionAudit, (reason, advice): &(String, Option<String>)) {
        if !reason.is_empty() {
            self.paragraph(6, Tone::Quiet, reason);
        }
        if let Some(advice) = advice {
            self.paragraph(6, Tone::Quiet, advice);
        }
        if let Some(place) = one.place.as_ref().filter(|_| one.verdict.is_alarming()) {
            let must = if one.must_record { "; the files say that it must be recorded" } else { "" };
            self.paragraph(6, Tone::Quiet, &format!("see {}:{}{must}", place.file, place.start.line));
        }
    }

    fn paragraph(&mut self, indent: usize, tone: Tone, text: &str) {
        let width = self.style.width.saturating_sub(indent).max(20);
        for line in wrap(&clean(text), width) {
            self.lines.push(format!("{}{}", " ".repeat(indent), self.style.paint(tone, &line)));
        }
    }

    fn totals(&mut self) {
        if self.view.is_about_pending {
            return self.paragraph(0, Tone::Strong, &words::outdated(self.view.audit));
        }
        self.paragraph(0, Tone::Strong, &words::totals(self.view.audit));
        if self.view.audit.is_alarming() {
            self.paragraph(0, Tone::Quiet, words::MEANING);
        }
        let is_hidden = |one: &SessionAudit| !self.full && !one.verdict.is_alarming();
        if self.view.audit.sessions.iter().any(is_hidden) {
            self.paragraph(0, Tone::Quiet, HIDDEN);
        }
    }
}
