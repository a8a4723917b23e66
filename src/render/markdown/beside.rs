//! What changed since the review and who changed the service, next to a plan in a comment.

use super::super::comment::FOOTER;
use super::super::groups::Groups;
use super::super::marks::{cell, code, prose};
use super::super::phrases::symbol;
use super::super::review::{Step, steps};
use super::super::sheet::{Rows, Sheet};
use super::super::who::{WHO_TITLE, WhoItem, who_items};
use crate::api::Who;
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

/// A list item for each address, or for several with the same answer: they may take half of the free space.
pub(super) fn who(sheet: &mut Sheet, who: Option<&Who>) {
    let Some(who) = who else { return };
    let head = format!("**{WHO_TITLE}:**\n\n");
    let rows = Rows { what: "answers of ActionTrail", head: &head, tail: "\n" };
    sheet.rows(rows, sheet.room(FOOTER) / 2, &who_items(who), |WhoItem { addresses, texts }| {
        let named = addresses.iter().take(NAMED).map(|name| code(name)).collect::<Vec<_>>().join(", ");
        let more = addresses.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let texts: String = texts.iter().map(|text| format!("  - {}\n", prose(text))).collect();
        format!("- {named}{more}\n{texts}")
    });
}

/// How many addresses of one answer are named.
const NAMED: usize = 5;
