//! A plan as a comment on a pull request: what a reviewer decides on comes first, the rest is folded away, and it never
//! exceeds the size limit.

mod beside;
mod replay;

use std::collections::HashSet;

use super::base::instead;
use super::causes::{Cause, Causes};
use super::comment::{COMMAND, FOOTER, head, left_open, shortened};
use super::layout::Layout;
use super::marks::{cell, clipped, code, difference, prose, whole};
use super::phrases::{
    ADD_UNMANAGED, FORCES_REPLACEMENT, PENDING_BEFORE, STOPS_RECORDING, UNMANAGED, accepted_title,
    contingency, first_and_more, origin_text, released_by, sentence, symbol, unmanageable,
};
use super::sheet::{Rows, Sheet};
use super::totals::sentence_case;
use super::view::{ChangeView, FoldView, LeftAlone, PlanView, RefusalView};
use crate::gate::clean;
use crate::model::{Address, Value};
use crate::plan::{AcceptedRow, ActionKind, Coverage, FieldChange, FieldOrigin, Unmanaged};
use crate::resolve::OriginKind;
use crate::source::Place;

/// How many rows, and notes before them, are shown open; more are folded away, so that the table begins on the first
/// screen.
const OPEN_ROWS: usize = 12;

/// The header of every table of changes.
const TABLE: &str = "| | Configuration | Change | From |\n|:-:|---|---|---|\n";

/// How many addresses a block of identical changes names.
const NAMED_IN_BLOCK: usize = 20;

/// How many characters of a value a block shows.
const SHOWN_IN_BLOCK: usize = 1_000;

/// What is left alone, and what the names of groups stand for; `counted` are unmanaged configurations that count as drift.
pub(super) fn left_alone(view: &PlanView, layout: &Layout, sheet: &mut Sheet, counted: &HashSet<&Address>) {
    let scribe = Scribe { view, layout };
    scribe.accepted(sheet);
    scribe.unmanaged(sheet, counted);
    scribe.left_alone(sheet);
    scribe.legend(sheet);
}

/// A place in the files, as a link if it can be linked.
pub(super) fn link(layout: &Layout, place: &Place) -> String {
    let name = cell(&layout.links.name(place));
    layout.links.target(place).map_or(name.clone(), |target| format!("[{name}]({target})"))
}

/// `plan --format markdown`.
pub(super) fn markdown_plan(view: &PlanView, layout: &Layout) -> String {
    let folds = view.worst_first(layout.full);
    let scribe = Scribe { view, layout };
    let mut sheet = Sheet::new(layout.max_bytes);
    sheet.must(&head("plan", view, layout));
    sheet.must(&scribe.verdict());
    scribe.causes(&mut sheet);
    beside::since_review(&mut sheet, &view.groups, view.since_review);
    left_open(&mut sheet, &view.left_open);
    scribe.notes(&mut sheet);
    let (pending, own): (Vec<&FoldView>, Vec<&FoldView>) =
        folds.iter().partition(|fold| fold.first.is_pending);
    scribe.pending(&mut sheet, &pending);
    scribe.table(&mut sheet, &own);
    replay::replay(view, &mut sheet);
    scribe.blocks(&mut sheet, &folds);
    left_alone(view, layout, &mut sheet, &HashSet::new());
    sheet.must(&scribe.footer(&sheet.left_out()));
    sheet.finish()
}

struct Scribe<'a> {
    view: &'a PlanView<'a>,
    layout: &'a Layout,
}

impl Scribe<'_> {
    /// Totals, dangers and refusals: short for every plan.
    fn verdict(&self) -> String {
        let PlanView { totals, consequences, base, dangers, .. } = self.view;
        let mut text = format!("**{totals}** {consequences}\n\n");
        if let Some(base) = base {
            text.push_str(&format!("{}\n\n", base.owed(code)));
        }
        let is_refused = !self.view.held.is_empty();
        if is_refused {
            let mut guards: Vec<String> =
                self.view.releases().into_keys().map(|(guard, _)| code(guard.name())).collect();
            guards.dedup();
            let guards = guards.join(", ");
            text.push_str(&format!("> [!CAUTION]\n> **Refused** by {guards}; {}\n", self.way_out()));
        } else if !dangers.is_empty() {
            text.push_str("> [!WARNING]\n");
        }
        for danger in dangers {
            text.push_str(&format!("> - {danger}\n"));
        }
        if is_refused || !dangers.is_empty() {
            text.push('\n');
        }
        text
    }

    /// Which flags allow what the guards refuse.
    fn way_out(&self) -> String {
        match self.view.flags().as_deref() {
            None => "no flag allows it".to_owned(),
            Some([flag]) => format!("{} allows it", code(flag)),
            Some(flags) => format!("these flags together allow it: {}", code(&flags.join(" "))),
        }
    }

    /// The written values that change many configurations, the one that changes most first.
    fn causes(&self, sheet: &mut Sheet) {
        let causes = Causes::of(self.view);
        let causes = causes.weightiest();
        let item =
            |cause: &&Cause| format!("- {}\n", cause.headline(code, |value| code(&self.shown(value)), "→"));
        let rows = Rows { what: "values that change many configurations", head: "", tail: "\n" };
        let room = sheet.room(FOOTER) / 8;
        sheet.rows(rows, room, &causes[..causes.len().min(OPEN_ROWS)], item);
    }

    /// Each unread domain, refusal and warning, as far as there is room.
    fn notes(&self, sheet: &mut Sheet) {
        let view = self.view;
        let unread = view.unread.iter().map(|domain| format!("{} could not be read", code(domain)));
        let held = view.refusals.iter().map(refused);
        let unsupported = view
            .unmanageable()
            .map(|one| format!("{} {}", code(&one.address.to_string()), unmanageable(&prose(&one.reason))));
        let base = view.base.iter().flat_map(|base| base.notes(code, |words| format!("**{words}**"), code));
        let warnings = view.warnings.iter().map(|warning| prose(&warning.message));
        let notes = unread.chain(held).chain(unsupported).chain(base).chain(warnings);
        let notes: Vec<String> = notes.map(|note| format!("- {note}\n")).collect();
        let (open, folded) = notes.split_at(notes.len().min(OPEN_ROWS));
        let room = sheet.room(FOOTER) / 4;
        sheet.rows(Rows { what: "notes", head: "", tail: "\n" }, room, open, String::clone);
        let head = "<details>\n<summary>Further notes</summary>\n\n";
        let rows = Rows { what: "further notes", head, tail: "\n</details>\n\n" };
        let room = sheet.room(FOOTER) / 5;
        sheet.rows(rows, room, folded, String::clone);
    }

    /// Changes already pending on the target branch, folded away before the changes of these files.
    fn pending(&self, sheet: &mut Sheet, folds: &[&FoldView]) {
        let head =
            format!("<details>\n<summary>{} {PENDING_BEFORE}</summary>\n\n{TABLE}", self.view.pending());
        let rows = Rows { what: "rows of changes already pending", head: &head, tail: "\n</details>\n\n" };
        let room = sheet.room(FOOTER) / 4;
        sheet.rows(rows, room, folds, |one| self.row(one));
    }

    /// One row for each group of identical changes: the first ones open, more of them folded away.
    fn table(&self, sheet: &mut Sheet, folds: &[&FoldView]) {
        let (open, folded) = folds.split_at(folds.len().min(OPEN_ROWS));
        let head = match self.view.pending() {
            0 => TABLE.to_owned(),
            _ => format!("**Added by these files:**\n\n{TABLE}"),
        };
        // The text below repeats this in full, or matters less.
        let room = sheet.room(FOOTER);
        sheet.rows(Rows { what: "rows of the table", head: &head, tail: "\n" }, room, open, |one| {
            self.row(one)
        });
        let head = format!("<details>\n<summary>Further changes</summary>\n\n{TABLE}");
        let rows = Rows { what: "further rows of the table", head: &head, tail: "\n</details>\n\n" };
        let room = sheet.room(FOOTER) / 2;
        sheet.rows(rows, room, folded, |one| self.row(one));
    }

    fn row(&self, fold: &FoldView) -> String {
        let FoldView { first, addresses, is_refused } = fold;
        let refused = if *is_refused { "**!** " } else { "" };
        let times = if addresses.len() > 1 { format!(" ×{}", addresses.len()) } else { String::new() };
        format!(
            "| {refused}{}{times} | {} | {} | {} |\n",
            code(symbol(first.action())),
            first_and_more(addresses, cell),
            self.what(*first),
            self.whence(*first),
        )
    }

    /// The fields that a reviewer decides on, and the effect on the recording.
    fn what(&self, change: ChangeView) -> String {
        let mut parts: Vec<String> = match change.action() {
            ActionKind::Delete => vec![prose_cell(&change.reason_words())],
            action => telling(change).map(|one| self.field(action, &one)).collect(),
        };
        let Coverage { before, after } = &change.note.coverage;
        if after.is_none() || before != after {
            let text = prose_cell(&change.coverage_text());
            parts.push(if after.is_none() { format!("**{text}**") } else { text });
        }
        if change.stops_recording() && after.is_some() {
            parts.push(format!("**{STOPS_RECORDING}**"));
        }
        parts.extend(change.instead.map(|other| cell(&instead(other, "→"))));
        parts.join("<br>")
    }

    fn field(&self, action: ActionKind, one: &FieldChange) -> String {
        let (name, after) = (cell(one.field.name()), cell(&self.shown(&one.after)));
        let forces = if one.forces_replacement { format!(" *{FORCES_REPLACEMENT}*") } else { String::new() };
        match action {
            ActionKind::Create => format!("{name} {after}"),
            ActionKind::Update | ActionKind::Replace | ActionKind::Delete => {
                format!("{name} {} → {after}{forces}", cell(&self.shown(&one.before)))
            }
        }
    }

    fn shown(&self, value: &Value) -> String {
        self.view.groups.shown(value, "…")
    }

    /// The places in the files that cause the change, each once.
    fn whence(&self, change: ChangeView) -> String {
        let origin = |origin: &FieldOrigin| match &origin.place {
            Some(place) => self.link(place),
            None => prose(&origin_text(origin)),
        };
        let mut places: Vec<String> = match change.action() {
            ActionKind::Delete => change.note.reason_place.iter().map(|place| self.link(place)).collect(),
            ActionKind::Create | ActionKind::Update | ActionKind::Replace => {
                telling(change).filter_map(|one| one.origin).map(origin).collect()
            }
        };
        let mut seen = HashSet::new();
        places.retain(|place| seen.insert(place.clone()));
        places.join("<br>")
    }

    fn link(&self, place: &Place) -> String {
        link(self.layout, place)
    }

    /// Every change in full, folded away.
    fn blocks(&self, sheet: &mut Sheet, folds: &[FoldView]) {
        let head = "<details>\n<summary>Every change in full</summary>\n\n";
        let rows = Rows { what: "changes in full", head, tail: "</details>\n\n" };
        let room = sheet.room(FOOTER) * 9 / 10;
        sheet.rows(rows, room, folds, |one| format!("{}\n", difference(&self.block(one))));
    }

    fn block(&self, fold: &FoldView) -> Vec<String> {
        let FoldView { first: change, addresses, is_refused: _ } = fold;
        let name = |one: &&Address| format!("# {} {}", clean(&one.to_string()), sentence(change.action()));
        let mut lines: Vec<String> = addresses.iter().take(NAMED_IN_BLOCK).map(name).collect();
        if addresses.len() > NAMED_IN_BLOCK {
            lines.push(format!("# … and {} more like these", addresses.len() - NAMED_IN_BLOCK));
        }
        lines.push(format!("# {}", clean(&change.why())));
        lines.extend(change.is_pending.then(|| format!("# {PENDING_BEFORE}")));
        lines.extend(change.instead.map(|other| format!("# {}", clean(&instead(other, "→")))));
        lines.extend(change.contingent.iter().map(|one| format!("# {}", contingency(*one))));
        for one in change.field_changes() {
            self.sides(change.action(), &one, &mut lines);
        }
        lines
    }

    fn sides(&self, action: ActionKind, one: &FieldChange, lines: &mut Vec<String>) {
        let shown = |value: &Value| clipped(&clean(&self.shown(value)), SHOWN_IN_BLOCK);
        let name = one.field.name();
        if action != ActionKind::Create {
            lines.push(format!("- {name}: {}", shown(&one.before)));
        }
        if action != ActionKind::Delete {
            let origin = one.origin.map(|origin| format!("  ({})", origin_text(origin))).unwrap_or_default();
            let forces =
                if one.forces_replacement { format!("  # {FORCES_REPLACEMENT}") } else { String::new() };
            lines.push(format!("+ {name}: {}{origin}{forces}", shown(&one.after)));
        }
    }

    /// Each accepted difference with its reason, folded away.
    fn accepted(&self, sheet: &mut Sheet) {
        let rows: Vec<AcceptedRow> = self.view.accepted().collect();
        let head = format!("<details>\n<summary>{}</summary>\n\n", accepted_title(rows.len()));
        let what = Rows { what: "accepted differences", head: &head, tail: "\n</details>\n\n" };
        let room = sheet.room(FOOTER) / 2;
        sheet.rows(what, room, &rows, |row| {
            let text = self.view.accepted_text(row, "…", code, prose);
            format!("- {}: {text} ({})\n", code(&row.address.to_string()), self.link(&row.about.place))
        });
    }

    /// Each unmanaged configuration with its settings, and the command that adds them to the files, folded away.
    fn unmanaged(&self, sheet: &mut Sheet, counted: &HashSet<&Address>) {
        let view = self.view;
        let alone = view.unmanaged.iter().filter(|one| !counted.contains(&one.address));
        let alone: Vec<&Unmanaged> = alone.collect();
        let head = format!("<details>\n<summary>{} {UNMANAGED}</summary>\n\n", alone.len());
        let command = view.import_command().filter(|command| command.len() <= COMMAND);
        let command = command.map(|command| format!("\n{ADD_UNMANAGED} {}\n", whole(&command)));
        let tail = format!("{}\n</details>\n\n", command.unwrap_or_default());
        let rows = Rows { what: "unmanaged", head: &head, tail: &tail };
        let room = sheet.room(FOOTER);
        sheet.rows(rows, room, &alone, |one| {
            let settings = view.groups.settings(&one.config, "…").into_iter();
            let settings = settings.map(|(name, value)| code(&format!("{name} {value}")));
            let settings: Vec<String> = settings.collect();
            format!("- {}: {}\n", code(&one.address.to_string()), settings.join(", "))
        });
    }

    fn left_alone(&self, sheet: &mut Sheet) {
        for LeftAlone { what, title, names } in self.view.left_alone() {
            let head = format!("<details>\n<summary>{} {title}</summary>\n\n", names.len());
            let rows = Rows { what, head: &head, tail: "\n</details>\n\n" };
            let room = sheet.room(FOOTER);
            sheet.rows(rows, room, &names, |name| format!("- {}\n", code(name)));
        }
        if let Some(text) = self.view.no_undeclared_domain() {
            sheet.must(&format!("{}.\n\n", sentence_case(text)));
        }
    }

    /// The ids behind the names of groups, folded away.
    fn legend(&self, sheet: &mut Sheet) {
        let head = "<details>\n<summary>Transcode groups</summary>\n\n";
        let rows = Rows { what: "transcode groups", head, tail: "\n</details>\n\n" };
        let room = sheet.room(FOOTER);
        sheet.rows(rows, room, &self.view.groups.legend(), |line| format!("- {}\n", code(line)));
    }

    fn footer(&self, left_out: &[String]) -> String {
        let PlanView { digest, digest_scope, .. } = self.view;
        let mut text = format!("---\n\ndigest `{digest}`{digest_scope}");
        let apply = self.view.apply_command().filter(|_| self.view.held.is_empty());
        let apply = apply.filter(|apply| apply.len() <= COMMAND);
        let files = if self.view.is_without_files { ", with the files that it was made from" } else { "" };
        text.extend(apply.map(|apply| format!("; to apply exactly this{files}: {}", whole(&apply))));
        text.push('\n');
        text.push_str(&shortened(left_out, self.layout.max_bytes));
        text
    }
}

/// A refusal on one line, without its bullet; the guards are named above.
fn refused(refusal: &RefusalView) -> String {
    let RefusalView { guard, message, release, addresses } = refusal;
    let whose = match addresses.is_empty() {
        true => String::new(),
        false => format!("{}: ", first_and_more(addresses, code)),
    };
    format!("refused: {whose}{}; {}", prose(message), released_by(*guard, *release, code))
}

/// A sentence in a table cell, which a bar would end.
fn prose_cell(text: &str) -> String {
    prose(text).replace('|', "\\|")
}

/// The fields worth showing: those that differ, and for a new configuration those that somebody wrote.
fn telling<'a>(change: ChangeView<'a>) -> impl Iterator<Item = FieldChange<'a>> {
    let is_default = |one: &FieldChange| one.origin.is_some_and(|origin| origin.kind == OriginKind::Default);
    change.field_changes().filter(move |one| change.action() != ActionKind::Create || !is_default(one))
}
