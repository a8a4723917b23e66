//! A drift as a comment or the body of an issue: what happened comes first, the cures are folded away, and it never exceeds
//! the size limit. It says the same as long as the drift is the same, so that it can be compared.

use super::super::comment::{COMMAND, FOOTER, head, left_open, shortened};
use super::super::layout::Layout;
use super::super::leases::holds;
use super::super::markdown::{left_alone, link};
use super::super::marks::{cell, code, prose, whole};
use super::super::phrases::first_and_more;
use super::super::sheet::{Rows, Sheet};
use super::view::{Cures, DriftFold, DriftView};
use super::words;
use crate::drift::{Difference, FieldDifference, Kind};
use crate::merge::Adoption;
use crate::model::Value;

/// How many rows are shown open; more are folded away.
const OPEN_ROWS: usize = 12;

const TABLE: &str = "| | Configuration | What happened | When | Files |\n|:-:|---|---|---|---|\n";

/// `drift --format markdown`.
pub(in super::super) fn markdown_drift(view: &DriftView, layout: &Layout) -> String {
    let folds = view.folds(layout.full);
    let scribe = Scribe { view, layout };
    let mut sheet = Sheet::new(layout.max_bytes);
    sheet.must(&head("drift", view.plan, layout));
    sheet.must(&format!("**{}** {}\n\n", prose(&view.totals()), prose(&view.more())));
    scribe.unread(&mut sheet);
    scribe.elsewhere(&mut sheet);
    left_open(&mut sheet, &view.plan.left_open);
    scribe.table(&mut sheet, &folds);
    scribe.cures(&mut sheet);
    left_alone(view.plan, layout, &mut sheet, &view.counted());
    let left_out = sheet.left_out();
    sheet.must(&shortened(&left_out, layout.max_bytes));
    sheet.finish()
}

struct Scribe<'a> {
    view: &'a DriftView<'a>,
    layout: &'a Layout,
}

impl Scribe<'_> {
    fn unread(&self, sheet: &mut Sheet) {
        let room = sheet.room(FOOTER) / 4;
        let rows = Rows { what: "domains that could not be read", head: "", tail: "\n" };
        sheet.rows(rows, room, self.view.plan.unread, |domain| {
            format!("- {} could not be read\n", code(domain))
        });
    }

    fn elsewhere(&self, sheet: &mut Sheet) {
        let room = sheet.room(FOOTER) / 4;
        let rows = Rows { what: "domains that other runs hold", head: "", tail: "\n" };
        sheet.rows(rows, room, self.view.plan.leases, |held| format!("- {}\n", prose(&holds(&[held]))));
    }

    fn table(&self, sheet: &mut Sheet, folds: &[DriftFold]) {
        let (open, folded) = folds.split_at(folds.len().min(OPEN_ROWS));
        let room = sheet.room(FOOTER);
        let rows = Rows { what: "rows of the table", head: TABLE, tail: "\n" };
        sheet.rows(rows, room, open, |fold| self.row(fold));
        let head = format!("<details>\n<summary>Further differences</summary>\n\n{TABLE}");
        let rows = Rows { what: "further rows of the table", head: &head, tail: "\n</details>\n\n" };
        let room = sheet.room(FOOTER) / 2;
        sheet.rows(rows, room, folded, |fold| self.row(fold));
    }

    fn row(&self, fold: &DriftFold) -> String {
        let one = fold.first();
        let names: Vec<String> = fold.addresses().map(ToString::to_string).collect();
        let times = if names.len() > 1 { format!(" ×{}", names.len()) } else { String::new() };
        let mut told = vec![prose_cell(&words::what(one))];
        if one.kind == Kind::Changed {
            told.extend(one.fields.iter().map(|field| self.field(one, field)));
        }
        told.extend(self.view.who(fold).iter().map(|line| prose_cell(line)));
        told.extend(words::now(one).map(|now| format!("**{}**", prose_cell(&now))));
        let places = one.fields.iter().filter(|_| one.kind == Kind::Changed);
        let mut places: Vec<String> = places
            .filter_map(|field| Some(link(self.layout, field.origin.as_ref()?.place.as_ref()?)))
            .collect();
        if places.is_empty() {
            places.extend(
                one.place.as_ref().filter(|_| names.len() == 1).map(|place| link(self.layout, place)),
            );
        }
        places.dedup();
        let since = fold.since();
        format!(
            "| {}{times} | {} | {} | {} | {} |\n",
            code(words::mark(one.kind).0),
            first_and_more(&names, cell),
            told.join("<br>"),
            prose_cell(since.trim_start_matches("time ")),
            places.join("<br>")
        )
    }

    /// What the files say, then what stands.
    fn field(&self, one: &Difference, field: &FieldDifference) -> String {
        let FieldDifference { field, declared, actual, moved, origin: _ } = field;
        let note = words::field_note(one, *moved).map(|note| format!(" ({note})")).unwrap_or_default();
        format!(
            "{} {} → {}{note}",
            cell(field.name()),
            cell(&self.shown(declared)),
            cell(&self.shown(actual))
        )
    }

    fn shown(&self, value: &Value) -> String {
        self.view.plan.groups.shown(value, "…")
    }

    /// Both cures of each difference, folded away.
    fn cures(&self, sheet: &mut Sheet) {
        let all: Vec<(&Difference, &Cures)> = self.view.differences().collect();
        let cured: Vec<String> =
            all.iter().map(|(one, cures)| cure(one, cures)).filter(|text| !text.is_empty()).collect();
        let head = "<details>\n<summary>How to revert or keep each of them</summary>\n\n";
        let rows = Rows { what: "cures", head, tail: "</details>\n\n" };
        let room = sheet.room(FOOTER) * 9 / 10;
        sheet.rows(rows, room, &cured, String::clone);
    }
}

fn cure(one: &Difference, Cures { revert_first, revert, adopt, accept }: &Cures) -> String {
    let first = revert_first.as_ref().map(|first| yaml(&words::to_remove(first), first));
    let told = if revert_first.is_some() { "Then:" } else { words::to_revert(one) };
    let revert = revert.as_ref().filter(|command| command.len() <= COMMAND);
    let revert = revert.map(|command| format!("{told} {}\n\n", whole(command)));
    let adopt = adopt.as_ref().map(|adopt| yaml(&words::to_adopt(adopt), adopt));
    let accept = accept.as_ref().map(|text| block(words::TO_ACCEPT, text));
    let parts: String = [first, revert, adopt, accept].into_iter().flatten().collect();
    match parts.is_empty() {
        true => parts,
        false => format!("{}\n\n{parts}", code(&one.address.to_string())),
    }
}

/// Lines of a file in a block of code.
fn yaml(told: &str, Adoption { yaml, lines: _ }: &Adoption) -> String {
    block(told, yaml)
}

fn block(told: &str, yaml: &str) -> String {
    format!("{}\n\n{}\n", prose(told), super::super::marks::block("yaml", yaml))
}

/// A sentence in a table cell, which a bar would end.
fn prose_cell(text: &str) -> String {
    prose(text).replace('|', "\\|")
}
