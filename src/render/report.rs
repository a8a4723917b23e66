//! The report of an apply for people: every outcome on a line, then the totals in Terraform's words.

use indexmap::IndexMap;

use super::phrases::{streams_on_air, with_time};
use super::report_view::{EndView, ReportView};
use super::style::{Style, Tone, columns, wrap};
use crate::gate::clean;

/// How many confirmed changes are listed one by one; more are only counted.
const DONE_LISTED: usize = 20;

/// How many changes that were not attempted for one cause are listed one by one, as a plan lists changes that read alike.
const NOT_ATTEMPTED_LISTED: usize = 5;

/// How many streams on air are named; the rest are counted.
const ON_AIR_LISTED: usize = 20;

/// The outcomes, then the totals.
pub(super) fn human_report(view: &ReportView, style: Style) -> String {
    let done = view.ends.iter().filter(|end| end.is_done()).count();
    let listed = view.ends.iter().filter(|end| !end.is_done() || done <= DONE_LISTED);
    let mut lines = folded(listed, style);
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.extend(totals(view, style).iter().map(|line| style.paint(Tone::Strong, line)));
    let streams = match view.wrote() {
        true => format!(" {}", streams_on_air(view.on_air.len())),
        false => String::new(),
    };
    lines.extend(wrap(&format!("{}{streams}", view.cost), style.width));
    lines.extend(on_air(view, style));
    lines.push(String::new());
    lines.join("\n")
}

/// The streams that keep their old configuration for now, one on a line.
fn on_air(view: &ReportView, style: Style) -> Vec<String> {
    let shown = match view.on_air.len() {
        all if all <= ON_AIR_LISTED + 1 => all,
        _ => ON_AIR_LISTED,
    };
    let mut lines: Vec<String> =
        view.on_air[..shown].iter().map(|stream| format!("    {}", clean(&with_time(stream)))).collect();
    if shown < view.on_air.len() {
        lines.push(format!("    {} and {} more", style.ellipsis(), view.on_air.len() - shown));
    }
    lines
}

/// A line for each outcome; of many changes that were not attempted for one cause, the first ones stand for all.
fn folded<'a>(ends: impl Iterator<Item = &'a EndView<'a>>, style: Style) -> Vec<String> {
    let mut groups: IndexMap<(usize, Option<String>), Vec<&EndView>> = IndexMap::new();
    for (at, end) in ends.enumerate() {
        let cause = end.local_cause();
        groups.entry((if cause.is_some() { 0 } else { at + 1 }, cause)).or_default().push(end);
    }
    let mut lines = Vec::new();
    for members in groups.into_values() {
        let left_out = members.len().saturating_sub(NOT_ATTEMPTED_LISTED);
        let shown = if left_out > 1 { NOT_ATTEMPTED_LISTED } else { members.len() };
        lines.extend(members.iter().take(shown).map(|end| end.line(style)));
        if shown < members.len() {
            lines.push(format!("    {} and {left_out} more like these not attempted", style.ellipsis()));
        }
    }
    lines
}

/// The verdict and the counts; if they do not fit on one line, the counts get a line of their own.
fn totals(view: &ReportView, style: Style) -> Vec<String> {
    let line = format!("{} {}", view.verdict, view.resources);
    if columns(&line) <= style.width {
        return vec![line];
    }
    let mut lines = wrap(&view.verdict, style.width);
    lines.push(view.resources.clone());
    lines
}
