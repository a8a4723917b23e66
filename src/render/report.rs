//! The report of an apply for people: every outcome on a line, then the totals in Terraform's words.

use super::phrases::STREAMS_ON_AIR;
use super::report_view::ReportView;
use super::style::{Style, Tone, columns, wrap};

/// How many confirmed changes are listed one by one; more are only counted.
const DONE_LISTED: usize = 20;

/// The outcomes, then the totals.
pub(super) fn human_report(view: &ReportView, style: Style) -> String {
    let done = view.ends.iter().filter(|end| end.is_done()).count();
    let listed = view.ends.iter().filter(|end| !end.is_done() || done <= DONE_LISTED);
    let mut lines: Vec<String> = listed.map(|end| end.line(style)).collect();
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.extend(totals(view, style).iter().map(|line| style.paint(Tone::Strong, line)));
    let streams = if view.wrote() { format!(" {STREAMS_ON_AIR}") } else { String::new() };
    lines.extend(wrap(&format!("{}{streams}", view.cost), style.width));
    lines.push(String::new());
    lines.join("\n")
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
