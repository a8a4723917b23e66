//! A replay as a table in a comment.

use super::super::comment::FOOTER;
use super::super::marks::{cell, prose};
use super::super::replay::{COLUMNS, differing, figures, name, others, sentences, title};
use super::super::sheet::{Rows, Sheet};
use super::super::view::PlanView;

/// How many streams are shown open; more are folded away.
const OPEN: usize = 12;

/// What aired under the configurations of before and after, if it was replayed: the result open, the worst streams in a table, the
/// others folded away.
pub(super) fn replay(view: &PlanView, sheet: &mut Sheet) {
    let Some(replay) = view.replay else { return };
    let result = sentences(replay).into_iter().map(|(is_danger, text)| {
        let text = prose(&text);
        if is_danger { format!("- **{text}**\n") } else { format!("- {text}\n") }
    });
    let (differing, same) = differing(replay);
    let same = others(same).map(|text| format!("- {text}\n"));
    sheet.must(&format!("### {}\n\n{}\n", title(replay), result.chain(same).collect::<String>()));
    if replay.rows.is_empty() {
        return;
    }
    let rows: Vec<(String, [String; 6])> = differing
        .iter()
        .map(|row| {
            let lost = if row.sides.loses() { "**!** " } else { "" };
            (format!("{lost}{}", cell(&name(row))), figures(row.sides, "→"))
        })
        .collect();
    let row = |(name, figures): &(String, [String; 6])| format!("| {name} | {} |\n", figures.join(" | "));
    let head = format!(
        "| Stream, before → after | {} |\n|---|{}\n",
        COLUMNS.join(" | "),
        "--:|".repeat(COLUMNS.len())
    );
    let total = row(&("all".to_owned(), figures(replay.total, "→")));
    let (open, folded) = rows.split_at(rows.len().min(OPEN));
    let whole = format!("{head}{total}");
    let room = sheet.room(FOOTER) / 2;
    sheet.rows(Rows { what: "streams of the replay", head: &whole, tail: "\n" }, room, open, row);
    let head = format!("<details>\n<summary>Further streams of the replay</summary>\n\n{head}");
    let rows = Rows { what: "further streams of the replay", head: &head, tail: "\n</details>\n\n" };
    let room = sheet.room(FOOTER) / 3;
    sheet.rows(rows, room, folded, row);
}
