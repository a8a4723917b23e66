//! What became of a plan, as a comment: what is not done first.

use super::comment::{FOOTER, head, left_open, shortened};
use super::layout::Layout;
use super::marks::{cell, code, prose};
use super::phrases::symbol;
use super::report::{cost, outcome_name, totals};
use super::sheet::{Rows, Sheet};
use super::style::Style;
use super::view::PlanView;
use crate::apply::{ChangeOutcome, Outcome, Report};

/// `apply --format markdown`.
pub(super) fn markdown_report(view: &PlanView, report: &Report, layout: &Layout) -> String {
    let Report { outcomes, not_seen_again: _, calls, repeated, took } = report;
    let mut sheet = Sheet::new(layout.max_bytes);
    sheet.must(&head("apply", view.target, layout));
    sheet.must(&format!(
        "**{}** {}\n\n",
        totals(view, outcomes, Style::PLAIN).join(" "),
        cost(*calls, *repeated, *took)
    ));
    let (done, mut others): (Vec<&ChangeOutcome>, Vec<&ChangeOutcome>) =
        outcomes.iter().partition(|one| matches!(one.outcome, Outcome::Done));
    others.sort_by_key(|one| weight(&one.outcome));
    not_done(&mut sheet, &others);
    left_open(&mut sheet, &view.left_open);
    all_done(&mut sheet, &done);
    sheet.must(&format!("---\n\ndigest `{}`\n", view.digest));
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

fn not_done(sheet: &mut Sheet, outcomes: &[&ChangeOutcome]) {
    let head = "| | Configuration | Outcome | Why | RequestId |\n|:-:|---|---|---|---|\n";
    let room = sheet.room(FOOTER) * 3 / 4;
    sheet.rows(Rows { what: "changes not done", head, tail: "\n" }, room, outcomes, |one| row(one));
}

fn row(one: &ChangeOutcome) -> String {
    let ChangeOutcome { address, action, outcome, request_id } = one;
    let name = match outcome {
        Outcome::Unknown(_) => "**UNKNOWN**".to_owned(),
        Outcome::Failed(_) | Outcome::NotAttempted(_) | Outcome::Done => {
            outcome_name(outcome).replace('_', " ")
        }
    };
    let why = outcome.failure().map(ToString::to_string).unwrap_or_default();
    let why = prose(&why).replace('|', "\\|");
    let id = request_id.as_deref().map(cell).unwrap_or_default();
    format!("| {} | {} | {name} | {why} | {id} |\n", code(symbol(*action)), cell(&address.to_string()))
}

fn all_done(sheet: &mut Sheet, outcomes: &[&ChangeOutcome]) {
    let head = format!("<details>\n<summary>{} done</summary>\n\n", outcomes.len());
    let room = sheet.room(FOOTER);
    let rows = Rows { what: "changes done", head: &head, tail: "\n</details>\n\n" };
    sheet.rows(rows, room, outcomes, |one| {
        let ChangeOutcome { address, action, outcome: _, request_id } = one;
        let id = request_id.as_deref().map(|id| format!(", RequestId {}", code(id))).unwrap_or_default();
        format!("- {} {}{id}\n", code(symbol(*action)), code(&address.to_string()))
    });
}
