//! What stands beside a plan in a comment: what moved since the review, what earlier runs left open, and what the files of the
//! target branch say otherwise.

use crate::apply::journal::Looked;
use crate::plan::{Change, Difference, Plan};

use super::super::base;
use super::super::groups::Groups;
use super::super::left_open::{story, weighty};
use super::super::marks::{cell, code, prose};
use super::super::plan::{counted, symbol};
use super::super::review::{Step, steps};
use super::super::sheet::{Rows, Sheet};

/// A row for each address at which the plan is not what was reviewed: half of what is free beside `reserve` is theirs.
pub(super) fn since_review(sheet: &mut Sheet, reserve: usize, groups: &Groups, differences: &[Difference]) {
    let head = format!(
        "**{} not as reviewed:**\n\n| Configuration | Reviewed | Now |\n|---|---|---|\n",
        match differences.len() {
            1 => "1 change is".to_owned(),
            more => format!("{more} changes are"),
        }
    );
    let rows = Rows { what: "rows of what moved since the review", head: &head, tail: "\n" };
    sheet.rows(rows, sheet.room(reserve) / 2, differences, |Difference { address, first, second }| {
        let [reviewed, now] = [first, second].map(|change| transition(change.as_ref(), groups));
        format!("| {} | {reviewed} | {now} |\n", cell(&address.to_string()))
    });
}

fn transition(change: Option<&Change>, groups: &Groups) -> String {
    let Some(change) = change else { return "no change".to_owned() };
    let steps: Vec<String> = steps(change).iter().map(|step| self::step(step, groups)).collect();
    format!("{} {}", cell(symbol(change.action)), steps.join("<br>"))
}

fn step(Step { field, before, after }: &Step, groups: &Groups) -> String {
    let shown = |value: &_| cell(&groups.shown(Clone::clone(value), "…"));
    let sides: Vec<String> = [before, after].into_iter().flatten().map(shown).collect();
    format!("{} {}", cell(field.name()), sides.join(" → "))
}

/// A note for each thing that the files of the target branch say, and these do not any more.
pub(super) fn since_base(plan: &Plan) -> impl Iterator<Item = String> {
    let notes = base::notes(plan, code, |words| format!("**{words}**"), code);
    notes.into_iter().map(|note| format!("- {note}\n"))
}

/// What became of each change that an earlier run left open: a quarter of what is free beside `reserve` is theirs.
pub(in crate::render) fn left_open(sheet: &mut Sheet, reserve: usize, looked: &[Looked]) {
    let looked = weighty(looked);
    let head = format!("**Earlier runs left {} open:**\n\n", counted(looked.len(), "change"));
    let rows = Rows { what: "changes that earlier runs left open", head: &head, tail: "\n" };
    sheet.rows(rows, sheet.room(reserve) / 4, &looked, |one| {
        let (address, run) = (code(&one.open.address.to_string()), code(&one.open.run));
        format!("- {address}: {} (run {run})\n", prose(&story(one)))
    });
}
