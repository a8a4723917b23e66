//! A replay in words that every format shares, and as a table for a terminal.

use jiff::SignedDuration;

use super::phrases::{counted, minute};
use super::style::{Style, Tone, columns, wrap};
use crate::audit::{Replay, ReplayRow, Sides, Tally};
use crate::gate::clean;
use crate::model::{Period, length_text};
use crate::wire::PUBLISHES_PER_SECOND;

/// How many streams of a table are shown; the rest are counted.
const SHOWN: usize = 20;

/// The columns of a table behind the stream.
pub(super) const COLUMNS: [&str; 6] = ["sessions", "on air", "files", "merges", "transcoded", "not recorded"];

/// The indent of the figures of a stream.
const INDENT: usize = 4;

/// What is about to be read for a replay, and the least that it takes.
pub fn announced(domains: usize, period: Period, least_seconds: u64, style: Style) -> String {
    let text = format!(
        "replay: reading who published on {} since {}: at least {} and {least_seconds} s at the documented {PUBLISHES_PER_SECOND} calls a second",
        counted(domains, "domain"),
        minute(period.from),
        counted(domains, "call"),
    );
    wrap(&text, style.width).into_iter().map(|line| line + "\n").collect()
}

/// `Replay from 2026-11-20 10:02 UTC to 2026-11-27 10:02 UTC`
pub(super) fn title(replay: &Replay) -> String {
    let Period { from, to } = replay.period;
    format!("Replay from {} to {}", minute(from), minute(to))
}

/// The result, then what limits it: whole sentences without names. Whether a sentence is a danger stands beside it.
pub(super) fn sentences(replay: &Replay) -> Vec<(bool, String)> {
    let (sessions, lost) = replay.lost();
    let counted = |count: u64, noun: &str| counted(usize::try_from(count).unwrap_or(usize::MAX), noun);
    let of = |count: u64, noun: &str| format!("{} of", counted(count, noun));
    let mut all = vec![match (replay.rows.is_empty(), sessions) {
        (true, _) if !replay.is_complete() => (true, "Nothing that was read was on air.".to_owned()),
        (true, _) => (false, "Nothing was on air on the domains of these changes.".to_owned()),
        (false, 0) => (false, "Everything that was recorded would still be recorded.".to_owned()),
        (false, _) => {
            let words = "that were recorded would no longer be recorded";
            (
                true,
                format!("{} ({} on air) {words}.", counted(sessions, "session"), length_text(lost.as_secs())),
            )
        }
    }];
    let gained = replay.gained();
    if !gained.is_zero() {
        all.push((
            false,
            format!("{} on air that were not recorded would be recorded.", length_text(gained.as_secs())),
        ));
    }
    let long = replay.total.after.long_merges;
    if long > 0 {
        let text = format!(
            "{} more than 40 parts: by one document such a merge fails, by another it is cut.",
            of(long, "merge")
        );
        all.push((true, text));
    }
    if replay.unclear > 0 {
        let text = format!(
            "{} transcoded streams left out: their names do not tell which stream they were made from.",
            of(replay.unclear, "session")
        );
        all.push((false, text));
    }
    all.extend(
        replay
            .unread
            .keys()
            .map(|domain| (true, format!("`{domain}` could not be read: the replay is incomplete."))),
    );
    all
}

/// The streams that the plan makes a difference to, and how many others there are.
pub(super) fn differing(replay: &Replay) -> (Vec<&ReplayRow>, usize) {
    let (differ, same): (Vec<&ReplayRow>, Vec<&ReplayRow>) =
        replay.rows.iter().partition(|row| row.sides.before != row.sides.after);
    (differ, same.len())
}

/// `12 streams are not affected`
pub(super) fn others(count: usize) -> Option<String> {
    let are = if count == 1 { "is" } else { "are" };
    (count > 0).then(|| format!("{} {are} not affected", counted(count, "stream")))
}

/// What was published, with its template if it is a transcoded stream.
pub(super) fn name(row: &ReplayRow) -> String {
    match &row.template {
        Some(template) => format!("{} (transcoded: {template})", row.address),
        None => row.address.to_string(),
    }
}

/// The figures of a row, one for each of [`COLUMNS`]: `3 → 0` where both sides differ.
pub(super) fn figures(Sides { before, after }: Sides, arrow: &str) -> [String; 6] {
    let both = |one: String, other: String| if one == other { one } else { format!("{one} {arrow} {other}") };
    let number = |of: fn(&Tally) -> u64| both(of(&before).to_string(), of(&after).to_string());
    let length =
        |time: SignedDuration| if time.is_zero() { "0".to_owned() } else { length_text(time.as_secs()) };
    let time = |of: fn(&Tally) -> SignedDuration| both(length(of(&before)), length(of(&after)));
    [
        number(|tally| tally.sessions),
        time(|tally| tally.aired),
        number(|tally| tally.files),
        number(|tally| tally.merges),
        time(|tally| tally.transcoded),
        time(|tally| tally.unrecorded),
    ]
}

/// The replay as lines for a terminal.
pub(super) fn human_replay(replay: &Replay, full: bool, style: Style) -> Vec<String> {
    let heading = format!("{}, before {} after:", title(replay), style.arrow());
    let mut lines: Vec<String> =
        wrap(&heading, style.width).iter().map(|line| style.paint(Tone::Strong, line)).collect();
    lines.push(String::new());
    let (differing, same) = differing(replay);
    let shown = if full || differing.len() <= SHOWN + 1 { differing.len() } else { SHOWN };
    let mut rows: Vec<(String, bool, Sides)> =
        differing[..shown].iter().map(|row| (name(row), row.sides.loses(), row.sides)).collect();
    if !replay.rows.is_empty() {
        rows.push((format!("all {}", counted(replay.rows.len(), "stream")), false, replay.total));
    }
    lines.extend(table(&rows, style));
    if shown < differing.len() {
        lines.push(format!(
            "  {} and {} more (--full lists them)",
            style.ellipsis(),
            differing.len() - shown
        ));
    }
    lines.extend(others(same).map(|text| format!("  . {text}")));
    for (is_danger, text) in sentences(replay) {
        let (tone, marker) = if is_danger { (Tone::Danger, "  !") } else { (Tone::Quiet, "  .") };
        let wrapped = wrap(&clean(&text), style.width.saturating_sub(INDENT).max(20));
        lines.extend(wrapped.iter().enumerate().map(|(at, line)| match at {
            0 => format!("{} {line}", style.paint(tone, marker)),
            _ => format!("{}{line}", " ".repeat(INDENT)),
        }));
    }
    lines.push(String::new());
    lines
}

/// A line for the name of each row and one for its figures, right-aligned below their names; where that is too wide, the figures
/// are written as a list.
fn table(rows: &[(String, bool, Sides)], style: Style) -> Vec<String> {
    if rows.is_empty() {
        return Vec::new();
    }
    let figures: Vec<[String; 6]> = rows.iter().map(|(_, _, sides)| figures(*sides, style.arrow())).collect();
    let width = |at: usize| {
        figures.iter().map(|row| columns(&row[at])).chain([columns(COLUMNS[at])]).max().unwrap_or_default()
    };
    let widths: [usize; 6] = std::array::from_fn(width);
    let is_narrow = INDENT + widths.iter().map(|width| width + 2).sum::<usize>() > style.width + 2;
    let aligned = |cells: [&str; 6]| {
        let cells = cells.iter().zip(widths);
        let cells = cells.map(|(cell, width)| format!("{}{cell}", " ".repeat(width - columns(cell))));
        format!("{}{}", " ".repeat(INDENT), cells.collect::<Vec<_>>().join("  "))
    };
    let mut lines = Vec::new();
    if !is_narrow {
        lines.push(style.paint(Tone::Quiet, &aligned(COLUMNS)));
    }
    for ((name, is_lost, _), figures) in rows.iter().zip(&figures) {
        let (tone, marker) = if *is_lost { (Tone::Danger, "  !") } else { (Tone::Quiet, "   ") };
        lines.push(format!("{} {}", style.paint(tone, marker), clean(name)));
        if !is_narrow {
            lines.push(aligned(figures.each_ref().map(String::as_str)));
            continue;
        }
        let list = COLUMNS.iter().zip(figures).map(|(column, figure)| format!("{column} {figure}"));
        let list = wrap(&list.collect::<Vec<_>>().join(", "), style.width.saturating_sub(INDENT + 2).max(20));
        lines.extend(list.iter().map(|line| format!("{}{line}", " ".repeat(INDENT + 2))));
    }
    lines
}
