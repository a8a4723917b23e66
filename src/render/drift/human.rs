//! A drift as a person on call reads it in a terminal.

use super::super::leases::elsewhere;
use super::super::left_open::human_left_open;
use super::super::phrases::{UNREAD, account, origin_text};
use super::super::plan::human_left_alone;
use super::super::style::{Style, Tone, columns, wrap};
use super::view::{DriftFold, DriftView};
use super::words;
use crate::drift::{Difference, FieldDifference, Kind};
use crate::gate::clean;
use crate::merge::Adoption;
use crate::model::Value;

/// How many addresses of a fold are named; the rest are counted.
const NAMED_IN_FOLD: usize = 5;

/// Unfinished runs, head, differences with their cures, what is left alone, totals. `full` lists alike differences one by one,
/// each with its cures.
pub(in super::super) fn human_drift(view: &DriftView, full: bool, style: Style) -> String {
    let mut page = Page { view, style, full, lines: Vec::new() };
    page.head();
    for fold in view.folds(full) {
        page.fold(&fold);
    }
    let left_open = human_left_open(&view.plan.left_open, style);
    let left_alone = human_left_alone(view.plan, &view.counted(), full, style);
    let head = page.lines.join("\n") + "\n";
    let mut page = Page { lines: Vec::new(), ..page };
    page.totals();
    [left_open, head, left_alone, page.lines.join("\n"), "\n".to_owned()].concat()
}

struct Page<'a> {
    view: &'a DriftView<'a>,
    style: Style,
    full: bool,
    lines: Vec<String>,
}

impl Page<'_> {
    fn head(&mut self) {
        let target = self.view.plan.target;
        let account = account(target.account.as_deref(), clean);
        let head = format!("{} {} {account}", clean(&target.name), self.style.dot());
        let head = wrap(&head, self.style.width);
        self.lines.extend(head.iter().map(|line| self.style.paint(Tone::Strong, line)));
        for domain in self.view.plan.unread {
            self.item(Tone::Danger, &format!("{} {}", clean(domain), UNREAD.replace("plan", "check")));
        }
        for text in elsewhere(self.view.plan.leases) {
            self.item(Tone::Warning, &text);
        }
        self.lines.push(String::new());
    }

    /// A paragraph after a `!`, wrapped to the width.
    fn item(&mut self, tone: Tone, text: &str) {
        let lines = wrap(text, self.style.width.saturating_sub(2));
        for (at, line) in lines.iter().enumerate() {
            let front = if at == 0 { self.style.paint(tone, "!") } else { " ".to_owned() };
            self.lines.push(format!("{front} {line}"));
        }
    }

    /// The addresses, what happened, since when, what records them now, and the cures.
    fn fold(&mut self, fold: &DriftFold) {
        let one = fold.first();
        let (symbol, tone) = words::mark(one.kind);
        let marker = self.style.paint(tone, symbol);
        let count = fold.all.len();
        for (at, address) in fold.addresses().enumerate() {
            if at == NAMED_IN_FOLD && count > NAMED_IN_FOLD + 1 {
                let more = count - at;
                let text = format!("{} and {more} more like these", self.style.ellipsis());
                self.lines.push(format!("{marker} {}", self.style.paint(Tone::Strong, &text)));
                break;
            }
            let name = self.style.paint(Tone::Strong, &clean(&address.to_string()));
            self.lines.push(format!("{marker} {name}"));
        }
        self.what(one);
        self.paragraph(Tone::Quiet, &fold.since());
        for line in self.view.who(fold) {
            self.paragraph(Tone::Quiet, &line);
        }
        if let Some(now) = words::now(one) {
            self.paragraph(Tone::Danger, &now);
        }
        match fold.cures() {
            Some(cures) => {
                if let Some(first) = &cures.revert_first {
                    self.yaml(&words::to_remove(first), first);
                }
                if let Some(command) = &cures.revert {
                    let told = if cures.revert_first.is_some() { "Then:" } else { words::to_revert(one) };
                    self.command(told, command);
                }
                if let Some(adoption) = &cures.adopt {
                    self.yaml(&words::to_adopt(adoption), adoption);
                }
                if let Some(accept) = &cures.accept {
                    self.paragraph(Tone::Quiet, words::TO_ACCEPT);
                    self.lines
                        .extend(accept.lines().map(|line| format!("      {}", clean(line.trim_start()))));
                }
            }
            None if self.full => {}
            None => self.paragraph(Tone::Quiet, "--full shows how to revert or keep each of them"),
        }
        self.lines.push(String::new());
    }

    /// What happened: one field on the same line, several below.
    fn what(&mut self, one: &Difference) {
        let said = words::what(one);
        let fields = match one.kind {
            Kind::Deleted | Kind::Unfinished => &[],
            Kind::Changed | Kind::Appeared | Kind::Unmanageable => one.fields.as_slice(),
        };
        match (one.kind, fields) {
            (_, []) => self.paragraph(Tone::Strong, &said),
            (Kind::Changed, [field]) => {
                self.paragraph(Tone::Strong, &format!("{said}: {}", self.field(one, field)))
            }
            (Kind::Changed, fields) => {
                self.paragraph(Tone::Strong, &format!("{said}:"));
                for field in fields {
                    let text = self.field(one, field);
                    self.indented(6, Tone::Strong, &text);
                }
            }
            (_, fields) => {
                self.paragraph(Tone::Strong, &said);
                let setting = |one: &FieldDifference| format!("{} {}", one.field, self.shown(&one.actual));
                let settings: Vec<String> = fields.iter().map(setting).collect();
                self.paragraph(Tone::Quiet, &settings.join(", "));
            }
        }
    }

    /// `cycle_duration 30m → 6h  (livevod.yaml:18)`
    fn field(&self, one: &Difference, field: &FieldDifference) -> String {
        let FieldDifference { field, declared, actual, moved, origin } = field;
        let note = words::field_note(one, *moved).map(|note| format!("; {note}")).unwrap_or_default();
        let origin = origin.as_ref().map(origin_text).unwrap_or_default();
        let told = match origin.is_empty() && note.is_empty() {
            true => String::new(),
            false => format!("  ({})", format!("{origin}{note}").trim_start_matches("; ")),
        };
        format!("{field} {} {} {}{told}", self.shown(declared), self.style.arrow(), self.shown(actual))
    }

    fn shown(&self, value: &Value) -> String {
        self.view.plan.groups.shown(value, self.style.ellipsis())
    }

    fn paragraph(&mut self, tone: Tone, text: &str) {
        self.indented(4, tone, text);
    }

    fn indented(&mut self, indent: usize, tone: Tone, text: &str) {
        let width = self.style.width.saturating_sub(indent).max(20);
        for line in wrap(&clean(text), width) {
            self.lines.push(format!("{}{}", " ".repeat(indent), self.style.paint(tone, &line)));
        }
    }

    /// A command on one line, so that it can be copied.
    fn command(&mut self, told: &str, command: &str) {
        let command = clean(command);
        let together = format!("{told} {command}");
        if columns(&together) + 4 <= self.style.width {
            return self.lines.push(format!("    {together}"));
        }
        self.lines.push(format!("    {told}"));
        self.lines.push(format!("      {command}"));
    }

    /// Lines of a file as they are, so that they can be copied.
    fn yaml(&mut self, told: &str, adoption: &Adoption) {
        self.paragraph(Tone::Quiet, told);
        // What is added may be indented; what replaces lines must not be.
        let indent = if adoption.lines.is_none() { "      " } else { "" };
        self.lines.extend(adoption.yaml.lines().map(|line| format!("{indent}{}", clean(line))));
    }

    fn totals(&mut self) {
        let totals = wrap(&clean(&self.view.totals()), self.style.width);
        self.lines.extend(totals.iter().map(|line| self.style.paint(Tone::Strong, line)));
        self.lines.extend(
            wrap(&clean(&self.view.more()), self.style.width).into_iter().filter(|line| !line.is_empty()),
        );
    }
}
