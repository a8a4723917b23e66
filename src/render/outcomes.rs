//! The report of an apply as a comment: changes that are not done come first.

use super::comment::{FOOTER, head, left_open, shortened};
use super::journal::end_text;
use super::layout::Layout;
use super::marks::{cell, code, prose};
use super::phrases::{ON_AIR, streams_on_air, symbol, with_time};
use super::report_view::{EndView, ReportView};
use super::sheet::{Rows, Sheet};
use crate::apply::{ChangeOutcome, Outcome};

/// `apply --format markdown`.
pub(super) fn markdown_report(view: &ReportView, layout: &Layout) -> String {
    let mut sheet = Sheet::new(layout.max_bytes);
    sheet.must(&head("apply", view.plan, layout));
    sheet.must(&format!("**{} {}** {}\n\n", view.verdict, view.resources, view.cost));
    let (done, mut others): (Vec<&EndView>, Vec<&EndView>) = view.ends.iter().partition(|end| end.is_done());
    others.sort_by_key(|end| weight(&end.one.outcome));
    not_done(&mut sheet, &others);
    left_open(&mut sheet, &view.plan.left_open);
    on_air(&mut sheet, view);
    all_done(&mut sheet, &done);
    sheet.must(&format!("---\n\ndigest `{}`\n", view.plan.digest));
    sheet.must(&shortened(&sheet.left_out(), layout.max_bytes));
    sheet.finish()
}

fn weight(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Unknown(_) => 0,
        Outcome::Failed(_) => 1,
        Outcome::NotAttempted(_) => 2,
        Outcome::Done => 3,
    }
}

fn not_done(sheet: &mut Sheet, outcomes: &[&EndView]) {
    let head = "| | Configuration | Outcome | Why | RequestId |\n|:-:|---|---|---|---|\n";
    let room = sheet.room(FOOTER) * 3 / 4;
    sheet.rows(Rows { what: "changes not done", head, tail: "\n" }, room, outcomes, |end| row(end));
}

fn row(end: &EndView) -> String {
    let ChangeOutcome { address, action, outcome, request_id } = end.one;
    let mark = if matches!(outcome, Outcome::Unknown(_)) { "**" } else { "" };
    let name = end_text(outcome.into());
    let why = outcome.failure().map(ToString::to_string).unwrap_or_default();
    let why = prose(&why).replace('|', "\\|");
    let id = request_id.as_deref().map(cell).unwrap_or_default();
    format!(
        "| {} | {} | {mark}{name}{mark} | {why} | {id} |\n",
        code(symbol(*action)),
        cell(&address.to_string())
    )
}

/// The streams that keep their old configuration for now.
fn on_air(sheet: &mut Sheet, view: &ReportView) {
    if !view.on_air.is_empty() {
        sheet.must(&format!("{}\n\n", streams_on_air(view.on_air.len())));
    }
    let head = format!("<details>\n<summary>{} {ON_AIR}</summary>\n\n", view.on_air.len());
    let rows = Rows { what: "streams on air", head: &head, tail: "\n</details>\n\n" };
    let room = sheet.room(FOOTER) / 2;
    sheet.rows(rows, room, &view.on_air, |stream| format!("- {}\n", code(&with_time(stream))));
}

fn all_done(sheet: &mut Sheet, outcomes: &[&EndView]) {
    let head = format!("<details>\n<summary>{} done</summary>\n\n", outcomes.len());
    let room = sheet.room(FOOTER);
    let rows = Rows { what: "changes done", head: &head, tail: "\n</details>\n\n" };
    sheet.rows(rows, room, outcomes, |end| {
        let ChangeOutcome { address, action, outcome: _, request_id } = end.one;
        let id = request_id.as_deref().map(|id| format!(", RequestId {}", code(id))).unwrap_or_default();
        format!("- {} {}{id}\n", code(symbol(*action)), code(&address.to_string()))
    });
}
