//! What `doctor` found: one line for each check, with the cure where something is wrong.

use serde::Serialize;

use super::check::{Check, Verdict};
use super::documents::{FORMAT_VERSION, pretty};
use super::exit::Exit;
use super::layout::Layout;
use super::phrases::counted;
use super::printed::Printed;
use super::style::{Style, Tone, pad, wrap};
use super::{Format, Target};
use crate::gate::clean;

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    target: &'a str,
    account: Option<&'a str>,
    checks: &'a [Check],
    summary: Summary,
    exit: Exit,
}

#[derive(Serialize)]
struct Summary {
    ok: usize,
    warnings: usize,
    errors: usize,
    skipped: usize,
}

/// All checks of a service.
pub fn checks(checks: &[Check], target: &Target, exit: Exit, layout: &Layout) -> Printed {
    let count = |verdict| checks.iter().filter(|check| check.verdict == verdict).count();
    let summary = Summary {
        ok: count(Verdict::Ok),
        warnings: count(Verdict::Warning),
        errors: count(Verdict::Error),
        skipped: count(Verdict::Skipped),
    };
    let text = match layout.format {
        Format::Json => pretty(&Document {
            format_version: FORMAT_VERSION,
            target: &target.name,
            account: target.account.as_deref(),
            checks,
            summary,
            exit,
        }),
        _ => human(checks, target, &summary, layout.stdout),
    };
    Printed { text, ..Printed::default() }
}

fn human(checks: &[Check], target: &Target, summary: &Summary, style: Style) -> String {
    let width = checks.iter().map(|check| check.subject.len()).max().unwrap_or(0);
    let lines: String = checks.iter().map(|check| line(check, width, style)).collect();
    let Summary { ok: _, warnings, errors, skipped: _ } = summary;
    let last = match (errors, warnings) {
        (0, 0) => "All is well.".to_owned(),
        (0, _) => format!("Nothing stops a plan; found {}.", counted(*warnings, "warning")),
        (_, 0) => format!("Found {} that would stop a plan.", counted(*errors, "error")),
        _ => format!(
            "Found {} that would stop a plan, and {}.",
            counted(*errors, "error"),
            counted(*warnings, "warning")
        ),
    };
    format!("{}\n{lines}\n{last}\n", style.paint(Tone::Strong, &clean(&target.name)))
}

fn line(check: &Check, width: usize, style: Style) -> String {
    let Check { subject, verdict, message, cure, request_id } = check;
    let (mark, tone) = mark(*verdict, style);
    let front = format!("  {} {}  ", style.paint(tone, mark), pad(subject, width));
    let gap = " ".repeat("  ".len() + mark.chars().count() + " ".len() + width + "  ".len());
    let room = style.width.saturating_sub(gap.len()).max(20);
    let request = request_id.as_ref().map(|id| format!("RequestId {id}"));
    let cure = cure.as_ref().map(|cure| format!("{} {cure}", style.arrow()));
    let below = cure.into_iter().chain(request).flat_map(|text| wrap(&clean(&text), room));
    let lines = wrap(&clean(message), room).into_iter().chain(below);
    lines.enumerate().map(|(at, line)| format!("{}{line}\n", if at == 0 { &front } else { &gap })).collect()
}

/// Its symbol carries the meaning; the colour only repeats it.
fn mark(verdict: Verdict, style: Style) -> (&'static str, Tone) {
    match (verdict, style.unicode) {
        (Verdict::Ok, true) => ("✓", Tone::Create),
        (Verdict::Ok, false) => ("ok", Tone::Create),
        (Verdict::Warning, true) => ("!", Tone::Warning),
        (Verdict::Warning, false) => ("! ", Tone::Warning),
        (Verdict::Error, true) => ("✗", Tone::Danger),
        (Verdict::Error, false) => ("x ", Tone::Danger),
        (Verdict::Skipped, true) => ("-", Tone::Quiet),
        (Verdict::Skipped, false) => ("- ", Tone::Quiet),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn symbols_have_an_ascii_form_of_the_same_meaning() {
        let checks = [
            Check::proxy(None),
            Check::clock(Some(SignedDuration::from_secs(1200))),
            Check::without_credentials("there are no credentials", Some("get one")),
            Check::skipped("vod", "there are no credentials"),
        ];
        let target = Target { name: "emulator x".to_owned(), account: None };
        let shown = |unicode| {
            let layout =
                Layout { stdout: Style { unicode, width: 60, ..Style::PLAIN }, ..Layout::new(Format::Human) };
            super::checks(&checks, &target, Exit::Error, &layout).text
        };
        insta::assert_snapshot!(format!("{}\n{}", shown(true), shown(false)));
    }
}
