//! A plan as a reviewer reads it in a terminal. Sentences that other tools look for are Terraform's own.

use std::collections::HashSet;

use similar::{ChangeTag, TextDiff};

use super::base::{BaseView, instead};
use super::causes::Causes;
use super::left_open::human_left_open;
use super::phrases::{
    ADD_UNMANAGED, FORCES_REPLACEMENT, NOT_RECORDED, UNMANAGED, UNREAD, accepted_title, account, contingency,
    counted, origin_text, refusal, sentence, symbol, tone, unmanageable,
};
use super::replay::human_replay;
use super::review::{human_saved_plan, human_since_review};
use super::style::{NARROW, Style, Tone, columns, pad, wrap};
use super::view::{ChangeView, FoldView, LeftAlone, PlanView};
use crate::gate::clean;
use crate::model::{Address, Value};
use crate::plan::{AcceptedRow, ActionKind, FieldChange, Held, Unmanaged};

/// How many addresses of a fold are named; the rest are counted.
const NAMED_IN_FOLD: usize = 5;

/// How many addresses of a list such as `unmanaged` are named; the rest are counted.
const NAMED_IN_LIST: usize = 5;

/// Longest value that may share a line with another.
const SHORT_VALUE: usize = 24;

/// The whole plan: unfinished runs, head, changes, what is left alone, totals, digest, guards, what changed since the
/// review, where it was saved. `full` lists identical changes one by one.
pub(super) fn human_plan(view: &PlanView, full: bool, style: Style) -> String {
    let mut page = Page { view, style, full, lines: Vec::new() };
    page.head();
    page.changes();
    page.left_alone(&HashSet::new());
    page.replay();
    match view.changes().len() {
        0 => {
            page.guards();
            page.totals();
        }
        _ => {
            page.totals();
            page.guards();
        }
    }
    page.command();
    let left_open = human_left_open(&view.left_open, style);
    let since_review = human_since_review(view.since_review, style);
    let saved = view.saved_to.map(|file| {
        let command = view.command.clone().unwrap_or_else(|| format!("livevod apply {}", file.display()));
        human_saved_plan(&file.display().to_string(), command, view.flags(), style)
    });
    [left_open, page.finish(), since_review, saved.unwrap_or_default()].concat()
}

/// What is left alone, in the same lines as in a plan; `counted` are unmanaged configurations that count as drift.
pub(super) fn human_left_alone(
    view: &PlanView,
    counted: &HashSet<&Address>,
    full: bool,
    style: Style,
) -> String {
    let mut page = Page { view, style, full, lines: Vec::new() };
    page.left_alone(counted);
    page.lines.iter().map(|line| format!("{line}\n")).collect()
}

struct Page<'a> {
    view: &'a PlanView<'a>,
    style: Style,
    full: bool,
    lines: Vec<String>,
}

impl<'a> Page<'a> {
    fn line(&mut self, text: impl Into<String>) {
        self.lines.push(text.into());
    }

    fn finish(mut self) -> String {
        self.lines.push(String::new());
        self.lines.join("\n")
    }

    /// A marker and a paragraph, wrapped to the width; its further lines are indented to the text.
    fn item(&mut self, tone: Tone, marker: &str, text: &str) {
        let indent = columns(marker) + 1;
        for (at, line) in wrap(text, self.style.width.saturating_sub(indent).max(20)).iter().enumerate() {
            let front = if at == 0 { self.style.paint(tone, marker) } else { " ".repeat(indent - 1) };
            self.line(format!("{front} {line}"));
        }
    }

    fn head(&mut self) {
        let target = self.view.target;
        let account = account(target.account.as_deref(), clean);
        let head = format!("{} {} {account}", clean(&target.name), self.style.dot());
        let head = wrap(&head, self.style.width);
        self.lines.extend(head.iter().map(|line| self.style.paint(Tone::Strong, line)));
        for domain in self.view.unread {
            self.item(Tone::Danger, "!", &format!("{} {UNREAD}", clean(domain)));
        }
        let view = self.view;
        for warning in &view.warnings {
            self.item(Tone::Warning, "!", &clean(&warning.message));
        }
        if let Some(base) = &self.view.base {
            self.lines.extend(wrap(&base.owed(clean), self.style.width));
        }
        self.line("");
        self.causes();
    }

    /// The values in the files that cause many changes, before those changes.
    fn causes(&mut self) {
        let view = self.view;
        let causes = Causes::of(view);
        let causes = causes.weightiest();
        let shown = if self.full { causes.len() } else { causes.len().min(NAMED_IN_LIST) };
        for cause in &causes[..shown] {
            let headline = cause.headline(clean, |value| clean(&self.named(value)), self.style.arrow());
            self.lines.extend(wrap(&headline, self.style.width));
        }
        if shown < causes.len() {
            let more = counted(causes.len() - shown, "more such value");
            self.line(format!("{} and {more} (--full lists them)", self.style.ellipsis()));
        }
        if shown > 0 {
            self.line("");
        }
    }

    /// Changes that were already pending come first, under their own heading.
    fn changes(&mut self) {
        let view = self.view;
        let folds = view.folds(self.full);
        let (pending, own): (Vec<FoldView>, Vec<FoldView>) =
            folds.into_iter().partition(|fold| fold.first.is_pending);
        self.group("Already pending:", &pending);
        self.group("Added by these files:", &own);
        if let Some(base) = &view.base {
            self.withdrawn(base);
        }
    }

    fn group(&mut self, heading: &str, folds: &[FoldView]) {
        if self.view.base.is_some() && !folds.is_empty() {
            self.line(self.style.paint(Tone::Strong, heading));
            self.line("");
        }
        for fold in folds {
            self.fold(fold);
        }
    }

    fn withdrawn(&mut self, base: &BaseView) {
        if base.withdrawn.is_empty() {
            return;
        }
        self.line(self.style.paint(Tone::Strong, "No longer pending:"));
        self.line("");
        for change in &base.withdrawn {
            let name = format!("  # {}", clean(&change.address.to_string()));
            self.line(self.style.paint(Tone::Strong, &name));
            self.item(Tone::Quiet, "   ", &clean(&instead(change, self.style.arrow())));
        }
        self.line("");
    }

    fn fold(&mut self, fold: &FoldView) {
        let FoldView { first, addresses, is_refused: _ } = fold;
        for (at, address) in addresses.iter().enumerate() {
            if at == NAMED_IN_FOLD && addresses.len() > NAMED_IN_FOLD + 1 {
                let more = addresses.len() - at;
                let text =
                    format!("{} and {more} more like these (--full lists them)", self.style.ellipsis());
                self.item(Tone::Strong, "  #", &text);
                break;
            }
            let (name, verb) = (format!("  # {}", clean(&address.to_string())), sentence(first.action()));
            let is_whole =
                self.style.width >= NARROW || columns(&name) + 1 + columns(verb) <= self.style.width;
            let parts =
                if is_whole { vec![format!("{name} {verb}")] } else { vec![name, format!("    {verb}")] };
            let tone = heading(first.action());
            self.lines.extend(parts.iter().map(|part| self.style.paint(tone, part)));
        }
        self.fields(*first, addresses.len());
        let unrecorded = self.style.paint(Tone::Danger, NOT_RECORDED);
        for text in self.footnotes(*first) {
            for line in wrap(&text, self.style.width.saturating_sub(4).max(20)) {
                self.line(format!("    {}", line.replace(NOT_RECORDED, &unrecorded)));
            }
        }
        self.line("");
    }

    fn fields(&mut self, change: ChangeView, count: usize) {
        let times = if count > 1 { format!(" {}{count}", self.style.times()) } else { String::new() };
        let marker = format!("{:>3}", symbol(change.action()));
        let fields: Vec<FieldChange> = change.field_changes().collect();
        let name_width = fields.iter().map(|one| one.field.name().len()).max().unwrap_or(0);
        for (at, one) in fields.iter().enumerate() {
            let times = if at == 0 { times.clone() } else { " ".repeat(columns(&times)) };
            let row = Row {
                front: format!(
                    "{}{times} {}",
                    self.style.paint(tone(change.action()), &marker),
                    pad(one.field.name(), name_width)
                ),
                indent: 3 + columns(&times) + 1 + name_width + 2,
                origin: one.origin.map(origin_text),
                forces: one.forces_replacement,
            };
            self.row(&row, change.action(), one);
        }
    }

    /// One field: values on one line if they fit, else one below the other; the origin after them or below.
    fn row(&mut self, row: &Row, action: ActionKind, one: &FieldChange) {
        let values = self.values(action, &self.named(&one.before), &self.named(&one.after), row.indent);
        let note = row.note();
        let widest = values.iter().map(|(_, width)| *width).chain([columns(&note)]).max().unwrap_or(0);
        if self.style.width < NARROW && row.indent + widest > self.style.width {
            return self.narrow_row(row, action, one, &note);
        }
        let gap = " ".repeat(row.indent);
        let last = values.len() - 1;
        for (at, (text, width)) in values.iter().enumerate() {
            let front = if at == 0 { format!("{}  ", row.front) } else { gap.clone() };
            if at < last || note.is_empty() {
                self.line(format!("{front}{text}"));
                continue;
            }
            if row.indent + width + 2 + columns(&note) <= self.style.width {
                self.line(format!("{front}{text}  {}", self.style.paint(Tone::Quiet, &note)));
            } else {
                self.line(format!("{front}{text}"));
                self.line(format!("{gap}{}", self.style.paint(Tone::Quiet, &note)));
            }
        }
    }

    /// The name of a field, and its values and their origin below it.
    fn narrow_row(&mut self, row: &Row, action: ActionKind, one: &FieldChange, note: &str) {
        const INDENT: usize = 6;
        self.line(row.front.trim_end());
        let gap = " ".repeat(INDENT);
        for (text, _) in self.values(action, &self.named(&one.before), &self.named(&one.after), INDENT) {
            self.line(format!("{gap}{text}"));
        }
        if !note.is_empty() {
            self.item(Tone::Quiet, &" ".repeat(INDENT - 1), note);
        }
    }

    fn named(&self, value: &Value) -> String {
        self.view.groups.shown(value, self.style.ellipsis())
    }

    /// The lines that show the values, each with its width in columns.
    fn values(&self, action: ActionKind, before: &str, after: &str, indent: usize) -> Vec<(String, usize)> {
        let plain = |value: &str| {
            let text = clean(value);
            let width = columns(&text);
            (text, width)
        };
        match action {
            ActionKind::Create => vec![plain(after)],
            ActionKind::Delete => vec![plain(before)],
            ActionKind::Update | ActionKind::Replace => {
                let (old, old_width) = plain(before);
                let (new, new_width) = plain(after);
                let arrow = self.style.arrow();
                let both = old_width + new_width + columns(arrow) + 2;
                let short = old_width <= SHORT_VALUE && new_width <= SHORT_VALUE;
                let fits = both + indent <= self.style.width;
                let is_one_short = old_width <= SHORT_VALUE || new_width <= SHORT_VALUE;
                if (short && (fits || self.style.width >= NARROW)) || (fits && is_one_short) {
                    return vec![(format!("{old} {arrow} {new}"), both)];
                }
                let (old, new) = self.emphasized(&old, &new);
                vec![
                    (format!("{}{old}", " ".repeat(columns(arrow) + 1)), old_width),
                    (format!("{arrow} {new}"), new_width + columns(arrow) + 1),
                ]
            }
        }
    }

    /// Two long values with the differing characters in bold, unless nearly all of them differ.
    fn emphasized(&self, old: &str, new: &str) -> (String, String) {
        let plain = || (old.to_owned(), new.to_owned());
        if !self.style.color {
            return plain();
        }
        let difference = TextDiff::from_chars(old, new);
        if difference.ratio() < 0.5 {
            return plain();
        }
        let side = |kept: ChangeTag, tone: Tone| -> String {
            let parts = difference
                .iter_all_changes()
                .filter(|part| part.tag() == kept || part.tag() == ChangeTag::Equal);
            parts
                .map(|part| {
                    if part.tag() == kept {
                        self.style.paint(tone, part.value())
                    } else {
                        part.value().to_owned()
                    }
                })
                .collect()
        };
        (side(ChangeTag::Delete, Tone::Danger), side(ChangeTag::Insert, Tone::Strong))
    }

    fn footnotes(&self, change: ChangeView) -> Vec<String> {
        let mut notes = vec![clean(&change.why())];
        notes.extend(change.instead.map(|other| clean(&instead(other, self.style.arrow()))));
        notes.extend(change.contingent.iter().map(|one| contingency(*one).to_owned()));
        notes
    }

    fn left_alone(&mut self, counted: &HashSet<&Address>) {
        let view = self.view;
        let before = self.lines.len();
        for lapse in view.base.iter().flat_map(|base| &base.lapses) {
            let (tone, marker) = if lapse.is_danger { (Tone::Danger, "  !") } else { (Tone::Quiet, "  .") };
            let names = lapse.after_names(self.names(&lapse.names));
            self.item(tone, marker, &format!("{} {}: {names}", lapse.names.len(), lapse.what));
        }
        self.accepted();
        self.unmanaged(counted);
        // Unmanageable configurations are listed below with their reasons.
        let [on_air, ignored, _, domains] = view.left_alone();
        for LeftAlone { what: _, title, names } in [on_air, ignored, domains] {
            self.list(Tone::Quiet, "  .", title, &names);
        }
        if let Some(text) = view.no_undeclared_domain() {
            self.item(Tone::Quiet, "  .", text);
        }
        for one in view.unsupported {
            let text = clean(&format!("{} {}", one.address, unmanageable(&one.reason)));
            self.item(if one.declared { Tone::Danger } else { Tone::Quiet }, "  !", &text);
        }
        for line in view.groups.legend() {
            self.item(Tone::Quiet, "  .", &format!("transcode group {line}"));
        }
        if self.lines.len() > before {
            self.line("");
        }
    }

    fn replay(&mut self) {
        let Some(replay) = self.view.replay else { return };
        self.lines.extend(human_replay(replay, self.full, self.style));
    }

    /// The accepted differences, one line each; without `full`, only the first ones.
    fn accepted(&mut self) {
        let view = self.view;
        let rows: Vec<AcceptedRow> = view.accepted().collect();
        if rows.is_empty() {
            return;
        }
        self.item(Tone::Quiet, "  .", &format!("{}:", accepted_title(rows.len())));
        let shown = if self.full || rows.len() <= NAMED_IN_LIST + 1 { rows.len() } else { NAMED_IN_LIST };
        for row in &rows[..shown] {
            let place = &row.about.place;
            let text = view.accepted_text(row, self.style.ellipsis(), clean, clean);
            let place = clean(&format!("{}:{}", place.file, place.start.line));
            let address = clean(&row.address.to_string());
            self.item(Tone::Quiet, "   ", &format!("{address} {text} ({place})"));
        }
        if shown < rows.len() {
            let more =
                format!("{} and {} more (--full lists them)", self.style.ellipsis(), rows.len() - shown);
            self.item(Tone::Quiet, "   ", &more);
        }
    }

    /// The unmanaged configurations; with `full`, each with its settings, and the command that adds them to the files.
    fn unmanaged(&mut self, counted: &HashSet<&Address>) {
        let view = self.view;
        // Without settings, what is no longer declared needs no second line.
        let released = view.base.as_ref().map_or(&[][..], |base| &base.since.released);
        let is_shown = |address: &Address| self.full || !released.contains(address);
        let is_alone = |one: &&Unmanaged| !counted.contains(&one.address) && is_shown(&one.address);
        let alone: Vec<&Unmanaged> = view.unmanaged.iter().filter(is_alone).collect();
        let addresses: Vec<&Address> = alone.iter().map(|one| &one.address).collect();
        match addresses.len() {
            0 => return,
            count if !self.full => {
                let names = self.names(&addresses);
                let text = format!("{count} {UNMANAGED}: {names} (--full shows their settings)");
                return self.item(Tone::Quiet, "  .", &text);
            }
            count => self.item(Tone::Quiet, "  .", &format!("{count} {UNMANAGED}:")),
        }
        for one in alone {
            let settings = view.groups.settings(&one.config, self.style.ellipsis());
            let settings = settings.iter().map(|(name, value)| format!("{name} {value}"));
            let settings = settings.collect::<Vec<_>>().join(", ");
            self.item(Tone::Quiet, "   ", &clean(&one.address.to_string()));
            self.item(Tone::Quiet, "     ", &clean(&settings));
        }
        if let Some(command) = view.import_command() {
            self.item(Tone::Quiet, "   ", ADD_UNMANAGED);
            self.line(format!("      {}", clean(&command)));
        }
    }

    fn list(&mut self, tone: Tone, marker: &str, what: &str, all: &[impl ToString]) {
        if !all.is_empty() {
            self.item(tone, marker, &format!("{} {what}: {}", all.len(), self.names(all)));
        }
    }

    /// As many names as are shown, and how many more there are.
    fn names(&self, all: &[impl ToString]) -> String {
        let shown = if self.full || all.len() <= NAMED_IN_LIST + 1 { all.len() } else { NAMED_IN_LIST };
        let mut names: Vec<String> = all[..shown].iter().map(|name| clean(&name.to_string())).collect();
        if shown < all.len() {
            names.push(format!("{} and {} more", self.style.ellipsis(), all.len() - shown));
        }
        names.join(", ")
    }

    fn totals(&mut self) {
        let view = self.view;
        let totals = wrap(&view.totals, self.style.width);
        self.lines.extend(totals.iter().map(|line| self.style.paint(Tone::Strong, line)));
        self.lines.extend(wrap(&view.consequences, self.style.width));
        let digest = format!("digest {}", view.digest);
        let scope = view.digest_scope;
        let is_one_line = columns(&digest) + columns(scope) <= self.style.width;
        let parts =
            if is_one_line { vec![digest + scope] } else { vec![digest, scope.trim_start().to_owned()] };
        let parts = parts.iter().filter(|part| !part.is_empty());
        self.lines.extend(parts.map(|part| self.style.paint(Tone::Quiet, part)));
    }

    /// One line for each flag that allows something; with `full`, all refusals.
    fn guards(&mut self) {
        let view = self.view;
        if view.held.is_empty() {
            return;
        }
        let is_first = view.changes().len() == 0;
        if !is_first {
            self.line("");
        }
        let mut left_out = 0;
        for (guard, release) in view.releases().into_keys() {
            let of_it = |held: &&Held| held.guard == guard && held.release.as_deref() == release;
            let held: Vec<&Held> = view.held.iter().filter(of_it).collect();
            let shown = if self.full { held.len() } else { 1 };
            for one in &held[..shown] {
                self.item(Tone::Danger, "!", &clean(&refusal(one, held.len() - shown)));
            }
            left_out += held.len() - shown;
        }
        if left_out > 0 {
            self.line("  (--full lists every refusal)");
        }
        if let Some(flags) = view.all_flags().filter(|_| view.command.is_none()) {
            self.line("");
            self.lines.extend(wrap("To apply this plan anyway, add these flags:", self.style.width));
            self.line(format!("  {}", clean(&flags)));
        }
        if is_first {
            self.line("");
        }
    }

    /// The command that applies the plan, on one line, so that it can be copied.
    fn command(&mut self) {
        let view = self.view;
        let Some(command) = view.command.as_ref().filter(|_| view.saved_to.is_none()) else { return };
        let head = match view.held.is_empty() {
            true => "To apply exactly this plan after a review:",
            false => "To apply this plan anyway:",
        };
        self.line("");
        if let Some(store) = &view.published_in {
            let kept = format!("The plan is kept in {} under its digest.", clean(store));
            let kept = if store.contains("://") {
                kept
            } else {
                format!("{kept} Only applies in this folder find it; with `--store`, all machines do.")
            };
            self.lines.extend(wrap(&kept, self.style.width));
        }
        self.lines.extend(wrap(head, self.style.width));
        self.line(format!("  {}", clean(command)));
    }
}

/// Changes that end a recording are coloured as a whole line.
fn heading(action: ActionKind) -> Tone {
    match action {
        ActionKind::Replace | ActionKind::Delete => Tone::Danger,
        ActionKind::Create | ActionKind::Update => Tone::Strong,
    }
}

/// The text around the values of a field.
struct Row {
    front: String,
    indent: usize,
    origin: Option<String>,
    forces: bool,
}

impl Row {
    fn note(&self) -> String {
        let origin = self.origin.as_ref().map(|origin| format!("({origin})"));
        let forces = self.forces.then(|| format!("# {FORCES_REPLACEMENT}"));
        [origin, forces].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}
