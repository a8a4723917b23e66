//! What stands beside a plan on its page: what moved since the review, and what earlier runs left open.

use crate::apply::journal::LeftOpenNow;
use crate::plan::{Change, Difference};

use super::super::groups::Groups;
use super::super::left_open::story;
use super::super::phrases::{counted, symbol};
use super::super::review::{Step, steps};
use super::marks::{escaped, sentence_of, side};

/// The addresses at which the plan is not what was reviewed; empty where there are none.
pub(super) fn since_review(groups: &Groups, differences: &[Difference]) -> String {
    let row = |Difference { address, first, second }: &Difference| {
        let [reviewed, now] = [first, second].map(|change| transition(change.as_ref(), groups));
        format!(
            "<tr><th scope=\"row\"><code>{}</code></th><td data-name=\"reviewed\">{reviewed}</td>\
             <td data-name=\"now\">{now}</td></tr>\n",
            escaped(&address.to_string())
        )
    };
    let rows: String = differences.iter().map(row).collect();
    if rows.is_empty() {
        return rows;
    }
    format!(
        "<section class=\"box danger\" aria-labelledby=\"since\">\n<h2 id=\"since\">Not as reviewed: {}</h2>\n\
         <table><thead><tr><th scope=\"col\">configuration</th><th scope=\"col\">reviewed</th><th scope=\"col\">now</th></tr></thead>\n\
         <tbody>{rows}</tbody></table>\n</section>\n",
        counted(differences.len(), "change")
    )
}

fn transition(change: Option<&Change>, groups: &Groups) -> String {
    let Some(change) = change else { return "no change".to_owned() };
    let word = change.action().name();
    let steps: Vec<String> = steps(change).iter().map(|step| self::step(step, groups)).collect();
    format!("<span class=\"mono {word}\">{}</span> {word}<br>{}", symbol(change.action()), steps.join("<br>"))
}

fn step(Step { field, before, after }: &Step, groups: &Groups) -> String {
    let shown = |value, tag: &str| side(tag, &groups.shown(value, "…"));
    let before = before.as_ref().map(|value| shown(value, "del"));
    let after = after.as_ref().map(|value| shown(value, "ins"));
    let sides: Vec<String> = before.into_iter().chain(after).collect();
    format!("{} {}", field.name(), sides.join(" → "))
}

/// What became of each change that an earlier run left open; empty where none did.
pub(super) fn left_open(looked: &[&LeftOpenNow]) -> String {
    let item = |one: &&LeftOpenNow| {
        format!(
            "<li><code>{}</code>: {} <span class=\"quiet\">(run <code>{}</code>)</span></li>\n",
            escaped(&one.open.address.to_string()),
            sentence_of(&story(one)),
            escaped(&one.open.run)
        )
    };
    let items: String = looked.iter().map(item).collect();
    if items.is_empty() {
        return items;
    }
    format!(
        "<section class=\"box notes\" aria-labelledby=\"open\">\n<h2 id=\"open\">Left open by earlier runs: {}</h2>\n<ul>{items}</ul>\n</section>\n",
        counted(looked.len(), "change")
    )
}
