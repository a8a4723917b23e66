//! What changed since the review, next to a plan in a comment.

use super::super::comment::FOOTER;
use super::super::groups::Groups;
use super::super::marks::cell;
use super::super::phrases::symbol;
use super::super::review::{Step, steps};
use super::super::sheet::{Rows, Sheet};
use crate::plan::{Change, Difference};

/// A row for each address at which the plan differs from the review: they may take half of the free space.
pub(super) fn since_review(sheet: &mut Sheet, groups: &Groups, differences: &[Difference]) {
    let head = format!(
        "**{} from the review:**\n\n| Configuration | Reviewed | Now |\n|---|---|---|\n",
        match differences.len() {
            1 => "1 change differs".to_owned(),
            more => format!("{more} changes differ"),
        }
    );
    let rows = Rows { what: "rows of changes since the review", head: &head, tail: "\n" };
    sheet.rows(rows, sheet.room(FOOTER) / 2, differences, |Difference { address, first, second }| {
        let [reviewed, now] = [first, second].map(|change| transition(change.as_ref(), groups));
        format!("| {} | {reviewed} | {now} |\n", cell(&address.to_string()))
    });
}

fn transition(change: Option<&Change>, groups: &Groups) -> String {
    let Some(change) = change else { return "no change".to_owned() };
    let steps: Vec<String> = steps(change).iter().map(|step| self::step(step, groups)).collect();
    format!("{} {}", cell(symbol(change.action())), steps.join("<br>"))
}

fn step(Step { field, before, after }: &Step, groups: &Groups) -> String {
    let shown = |value: &_| cell(&groups.shown(value, "…"));
    let sides: Vec<String> = [before, after].into_iter().flatten().map(shown).collect();
    format!("{} {}", cell(field.name()), sides.join(" → "))
}
