//! A replay on a page: the result, and a table of the streams that the plan makes a difference to.

use super::super::replay::{COLUMNS, differing, figures, name, others, sentences, title};
use super::super::view::PlanView;
use super::marks::{escaped, sentence_of};
use crate::audit::Sides;

/// Rows of the table that are open; more are folded away.
const OPEN: usize = 20;

/// What aired under the configurations of before and after, if it was replayed.
pub(super) fn section(view: &PlanView) -> String {
    let Some(replay) = view.replay else { return String::new() };
    let sentences = sentences(replay);
    let class = if sentences.iter().any(|(is_danger, _)| *is_danger) { "danger" } else { "plain" };
    let (differing, same) = differing(replay);
    let texts = sentences.into_iter().map(|(_, text)| text).chain(others(same));
    let texts: String = texts.map(|text| format!("<li>{}</li>\n", sentence_of(&text))).collect();
    let named = |name: &str, sides: Sides| {
        let lost = if sides.loses() { "<strong>!</strong> " } else { "" };
        row(&format!("{lost}<code>{}</code>", escaped(name)), sides)
    };
    let rows: Vec<String> = differing.iter().map(|one| named(&name(one), one.sides)).collect();
    let (open, folded) = rows.split_at(rows.len().min(OPEN));
    let tables = match replay.rows.is_empty() {
        true => String::new(),
        false => table(&[open.concat(), row("all", replay.total)].concat()),
    };
    let more = match folded.len() {
        0 => String::new(),
        more => format!("<details><summary>{more} more</summary>{}</details>\n", table(&folded.concat())),
    };
    format!(
        "<section class=\"box {class}\" aria-labelledby=\"replay\">\n<h2 id=\"replay\">{}</h2>\n<ul>\n{texts}</ul>\n\
         {tables}{more}</section>\n",
        escaped(&title(replay))
    )
}

fn table(rows: &str) -> String {
    let heads = COLUMNS.map(|column| format!("<th scope=\"col\">{column}</th>")).concat();
    format!(
        "<table><thead><tr><th scope=\"col\">stream, before → after</th>{heads}</tr></thead><tbody>{rows}</tbody></table>\n"
    )
}

fn row(name: &str, sides: Sides) -> String {
    let cells = COLUMNS.iter().zip(figures(sides, "→"));
    let cells = cells.map(|(column, figure)| format!("<td data-name=\"{column}\">{}</td>", escaped(&figure)));
    format!("<tr><th scope=\"row\">{name}</th>{}</tr>\n", cells.collect::<String>())
}
