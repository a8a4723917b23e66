//! The pages of codes and what the files say about an address, for the terminal.

use super::lines::{Line, laid_out};
use super::phrases::{origin_text, recorded};
use super::style::{Style, Tone, pad, wrap};
use crate::diag::{Code, Severity};
use crate::explain::{Area, Declared, Explanation, FieldExplained, Ruler, Shadowed};
use crate::gate::clean;
use crate::model::{Address, Pattern, Value};
use crate::plan::FieldOrigin;
use crate::resolve::{Accepted, step_in_words};
use crate::source::{Sources, Span, Spanned};

/// Every code with a line about it, grouped by severity.
pub(super) fn human_codes(style: Style) -> String {
    let width = Code::ALL.iter().map(|code| code.as_str().len()).max().unwrap_or_default() + 2;
    let mut text = String::new();
    for (heading, severity) in
        [("Errors", Severity::Error), ("Warnings", Severity::Warning), ("Advice", Severity::Advice)]
    {
        text.push_str(&format!("{}\n", style.paint(Tone::Strong, heading)));
        for code in Code::ALL.iter().filter(|code| code.severity() == severity) {
            let lines = wrap(code.summary(), style.width.saturating_sub(width + 2).max(24));
            for (at, line) in lines.iter().enumerate() {
                let name = if at == 0 { code.as_str() } else { "" };
                text.push_str(&format!("  {name:width$}{line}\n"));
            }
        }
        text.push('\n');
    }
    text + "`livevod explain CODE` says more.\n"
}

/// A page of Markdown: paragraphs wrapped to the width, examples indented, and the severity of the rule.
pub(super) fn human_page(code: Code, markdown: &str, style: Style) -> String {
    let mut text = String::new();
    let mut paragraph = String::new();
    let mut is_code = false;
    for line in markdown.lines() {
        let begins_item = line.starts_with(ITEM) && !is_code;
        if line.starts_with("```") || line.starts_with('#') || line.is_empty() || begins_item || is_code {
            flush(&mut paragraph, &mut text, style);
        }
        match line {
            _ if line.starts_with("```") => is_code = !is_code,
            _ if is_code => text.push_str(&format!("    {line}\n")),
            "" => blank(&mut text),
            _ if line.starts_with('#') => {
                text.push_str(&format!(
                    "{}\n",
                    style.paint(Tone::Strong, line.trim_start_matches(['#', ' ']))
                ));
            }
            _ => paragraph.push_str(&format!("{} ", line.trim_start())),
        }
    }
    flush(&mut paragraph, &mut text, style);
    blank(&mut text);
    for line in wrap(&weight(code), style.width) {
        text.push_str(&format!("{line}\n"));
    }
    text
}

/// What an item of a list begins with.
const ITEM: &str = "- ";

/// Writes a paragraph, or an item of a list with its further lines below its text.
fn flush(paragraph: &mut String, text: &mut String, style: Style) {
    let (marker, words) = match paragraph.strip_prefix(ITEM) {
        Some(words) => (ITEM, words),
        None => ("", paragraph.as_str()),
    };
    let lines = wrap(words.trim_end(), style.width - marker.len());
    for (at, line) in lines.iter().enumerate().filter(|_| !paragraph.is_empty()) {
        let front = if at == 0 { marker.to_owned() } else { " ".repeat(marker.len()) };
        text.push_str(&format!("{front}{line}\n"));
    }
    paragraph.clear();
}

/// One empty line, never two.
fn blank(text: &mut String) {
    if !text.ends_with("\n\n") && !text.is_empty() {
        text.push('\n');
    }
}

fn weight(code: Code) -> String {
    match code.severity() {
        _ if matches!(code, Code::Difference | Code::PlanWarning) => {
            "A warning about a plan: no comment and no flag changes its severity.".to_owned()
        }
        Severity::Error => {
            format!("Severity: error{}. No comment and no `--allow` allows it.", exceptions(code))
        }
        severity => {
            let name = if severity == Severity::Warning { "warning" } else { "advice" };
            let exceptions = exceptions(code);
            format!(
                "Severity: {name}{exceptions}. To allow one finding, write `# livevod: allow {code}` on its line or on the line above. \
                 `--allow {code}` allows all of them; `--deny {code}` makes them errors."
            )
        }
    }
}

/// The other severity that some findings of a code have; the code's page says which.
fn exceptions(code: Code) -> &'static str {
    match code {
        Code::Account | Code::Base | Code::Journal | Code::Store | Code::Unwritable => {
            "; a warning where this page says so"
        }
        Code::DomainState | Code::OssOverlap | Code::NotFormatted => "; an error where this page says so",
        Code::PatternWithoutMatch => "; advice where this page says so",
        _ => "",
    }
}

/// Which configuration records an address, and each value with its origin and the values that it shadows. It has a
/// heading of its own if what the service holds follows.
pub(super) fn human_explanation(
    explanation: &Explanation,
    sources: &Sources,
    is_asked: bool,
    style: Style,
) -> String {
    let Explanation { address, is_known_domain, rulers, fields, ignored, protected, accepted, lapsed, prune } =
        explanation;
    let (left, told): (Vec<_>, Vec<_>) = fields.iter().partition(|field| field.is_left_to_the_service());
    let told: Vec<_> = told.into_iter().filter(|field| field.is_telling()).collect();
    let width = told.iter().map(|field| field.field.name().len()).max().unwrap_or(0);
    let shown = Shown { sources, width };
    let mut lines = match explanation.ruler() {
        None if !is_known_domain => vec![Line::fact(UNKNOWN_DOMAIN)],
        ruler => shown.ruling(explanation, ruler),
    };
    lines.extend(told.into_iter().flat_map(|field| shown.field(field)));
    if !left.is_empty() {
        let names: Vec<&str> = left.iter().map(|field| field.field.name()).collect();
        lines.push(Line::fact(format!("left to the service: {}", names.join(", "))));
    }
    lines.extend(shown.without(rulers, explanation.ruler()));
    let patterns = |verb: &'static str, patterns: &[Spanned<Pattern>]| -> Vec<Line> {
        let line = |one: &Spanned<Pattern>| {
            Line::fact(format!("{verb} `{}`  ({})", clean(&one.value.to_string()), shown.line(one.span)))
        };
        patterns.iter().map(line).collect()
    };
    lines.extend(patterns("ignored by", ignored));
    lines.extend(patterns("protected by", protected));
    lines.extend(accepted.iter().flat_map(|one| shown.accepted(one, false)));
    lines.extend(lapsed.iter().flat_map(|one| shown.accepted(one, true)));
    lines.extend(prune.map(|span| {
        Line::fact(format!(
            "under `prune`  ({}): unmanaged configurations there are deleted",
            shown.line(span)
        ))
    }));
    let heading = style.paint(Tone::Strong, &clean(&address.to_string()));
    let part =
        if is_asked { format!("{}\n", style.paint(Tone::Strong, "In the files")) } else { String::new() };
    format!("{heading}\n{part}{}", laid_out(&lines, style))
}

/// The configurations of a domain or an app, and how to ask for one of them.
pub(super) fn human_area(area: &Area, sources: &Sources, style: Style) -> String {
    let Area { pattern, is_known_domain, declared, unmanaged } = area;
    let shown = Shown { sources, width: 0 };
    let row = |Declared { address, key, is_absent, is_held }: &Declared| {
        let state = if *is_absent { "declared `state: absent`" } else { "declared" };
        let difference = match (is_absent, is_held) {
            (false, Some(false)) => ", missing in the service",
            (true, Some(true)) => ", still in the service",
            _ => "",
        };
        let place = shown.line(*key);
        Line::fact(format!("{}  {state} ({place}){difference}", clean(&address.to_string())))
    };
    let mut lines: Vec<Line> = declared.iter().map(row).collect();
    match unmanaged {
        _ if !is_known_domain => lines.push(Line::fact(UNKNOWN_DOMAIN)),
        None if lines.is_empty() => lines.push(Line::fact("no file declares a configuration here")),
        None => {}
        Some(unmanaged) => {
            let row = |address: &Address| {
                Line::fact(format!(
                    "{}  unmanaged (in the service, not declared)",
                    clean(&address.to_string())
                ))
            };
            lines.extend(unmanaged.iter().map(row));
            if lines.is_empty() {
                lines.push(Line::fact("no configuration here, neither declared nor in the service"));
            }
        }
    }
    let heading = style.paint(Tone::Strong, &clean(&pattern.to_string()));
    let is_empty = declared.is_empty() && unmanaged.as_ref().is_none_or(Vec::is_empty);
    let next = match unmanaged {
        _ if is_empty => None,
        Some(_) => Some("`livevod explain ADDRESS` explains one of them."),
        None => {
            Some("`livevod explain ADDRESS` explains one of them; `--online` shows what the service has.")
        }
    };
    let next: Vec<Line> = next.into_iter().map(Line::flush).collect();
    format!("{heading}\n{}{}", laid_out(&lines, style), laid_out(&next, style))
}

/// For a domain that only the service may know.
const UNKNOWN_DOMAIN: &str = "no file names its domain: livevod never reads or touches it";

struct Shown<'a> {
    sources: &'a Sources,
    /// Of the longest name of a field.
    width: usize,
}

impl Shown<'_> {
    fn ruling(&self, explanation: &Explanation, ruler: Option<&Ruler>) -> Vec<Line> {
        let own = explanation.rulers.iter().find(|ruler| ruler.address == explanation.address);
        let mut lines = Vec::new();
        match own {
            Some(Ruler { absent: Some(span), .. }) => {
                lines.push(Line::fact(format!("declared `state: absent`  ({})", self.line(*span))));
            }
            Some(own) => lines.push(Line::fact(format!("declared  ({})", self.keys(own)))),
            None => lines.push(Line::fact("no configuration of its own")),
        }
        match ruler {
            Some(ruler) if ruler.address != explanation.address => {
                let recorded = recorded(ruler.records_by_itself);
                lines.push(Line::fact(format!("{recorded} by {}  ({})", ruler.address, self.keys(ruler))));
            }
            Some(_) => {}
            None => lines.push(Line::fact("NOT RECORDED by any declared configuration")),
        }
        lines
    }

    fn keys(&self, ruler: &Ruler) -> String {
        let Ruler { address: _, keys, absent: _, records_by_itself: _ } = ruler;
        let lines: Vec<String> = keys.iter().map(|key| self.line(*key)).collect();
        lines.join(", merged over ")
    }

    /// The value with its origin, then the chain that led to it, then the values that it shadows.
    fn field(&self, explained: &FieldExplained) -> Vec<Line> {
        let FieldExplained { field, value, origin, shadowed } = explained;
        let origin = FieldOrigin::new(origin, self.sources);
        let name = pad(field.name(), self.width);
        let value = clean(&value.to_string());
        let mut lines = vec![Line::fact(format!("{name}  {value}  ({})", origin_text(&origin)))];
        let via = origin.via.iter().map(|(step, place)| {
            format!("{}  ({}:{})", step_in_words(step, str::to_owned), place.file, place.start.line)
        });
        lines.extend(via.map(|step| Line::detail(clean(&step))));
        for Shadowed { value, origin } in shadowed {
            let value = value.as_ref().map_or("default".to_owned(), Value::to_string);
            let origin = origin_text(&FieldOrigin::new(origin, self.sources));
            lines.push(Line::detail(format!("overrides {}  ({origin})", clean(&value))));
        }
        lines
    }

    /// What an entry of `accept` says, and its reason.
    fn accepted(&self, one: &Accepted, is_over: bool) -> [Line; 2] {
        let Accepted { address: _, field, value, until, reason } = one;
        let value = value.as_ref().map_or("any value".to_owned(), |value| format!("`{}`", value.written));
        let verb = if is_over { "was accepted until" } else { "is accepted until" };
        let text = format!("`{}`: {value} {verb} {}", field.value, until.value);
        let place = self.line(field.span);
        [Line::fact(format!("{}  ({place})", clean(&text))), Line::detail(clean(&reason.value))]
    }

    /// What would record the address without the configuration that records it.
    fn without(&self, rulers: &[Ruler], ruler: Option<&Ruler>) -> Vec<Line> {
        let Some(ruler) = ruler else { return Vec::new() };
        let present = |next: &&Ruler| next.absent.is_none() && next.address != ruler.address;
        let next: Vec<&Ruler> = rulers.iter().filter(present).collect();
        let says = |next: &Ruler| {
            format!("{} by {}  ({})", recorded(next.records_by_itself), next.address, self.keys(next))
        };
        let says = match next.split_first() {
            None => {
                let none = "without this configuration, no declared configuration would record the stream";
                return vec![Line::fact(none)];
            }
            Some((next, [])) => format!("without this configuration, {}", says(next)),
            Some((next, more)) => {
                let more: String =
                    more.iter().map(|one| format!("; without that, by {}", one.address)).collect();
                format!("without this configuration, {}{more}", says(next))
            }
        };
        vec![
            Line::fact(says),
            Line::fact("(presumed: the most specific configuration wins; the API documents do not say)"),
        ]
    }

    fn line(&self, span: Span) -> String {
        let place = self.sources.place(span);
        clean(&format!("{}:{}", place.file, place.start.line))
    }
}
