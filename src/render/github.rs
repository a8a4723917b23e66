//! Findings as GitHub workflow commands: annotations on the lines of a pull request, and a log of those that did not fit.

use std::collections::BTreeMap;

use super::documents::Context;
use super::headlines::{headline, summary_line};
use super::phrases::counted;
use super::rows::{Region, Row, rows, words};
use crate::diag::{Note, Severity};
use crate::gate::clean;
use crate::source::Sources;

/// How many annotations of one level GitHub shows for a step; it silently drops the rest.
const ANNOTATIONS: usize = 10;

/// One annotation for each source line, at most ten for each level, the last of which counts the rest; then, if
/// anything was left out, a folded list of all findings; then the summary. Each line is a command or can't be mistaken
/// for one.
pub(super) fn github(context: Context, folder: &str) -> String {
    let rows = rows(context, folder);
    let annotations: Vec<Annotation> =
        by_line(&rows).iter().map(|group| Annotation::new(group, context.sources, folder)).collect();
    let mut lines = Vec::new();
    let mut is_whole = true;
    for severity in [Severity::Error, Severity::Warning, Severity::Advice] {
        let command = command_of(severity);
        let level: Vec<&Annotation> = annotations.iter().filter(|one| one.severity == severity).collect();
        let fits = level.len() <= ANNOTATIONS;
        let shown = if fits { level.len() } else { ANNOTATIONS - 1 };
        lines.extend(level[..shown].iter().map(|one| one.command(command)));
        if !fits {
            is_whole = false;
            lines.push(more(command, &level[shown..]));
        }
    }
    if !is_whole {
        lines.extend(everything(&rows));
    }
    lines.push(format!("livevod: {}", summary_line(context.diagnostics)));
    lines.push(String::new());
    lines.join("\n")
}

fn command_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "notice",
    }
}

/// The findings of one source line.
struct Annotation {
    severity: Severity,
    title: String,
    region: Option<Region>,
    message: String,
    findings: usize,
}

impl Annotation {
    fn new(group: &[&Row], sources: &Sources, folder: &str) -> Self {
        let severity = group.iter().map(|row| row.diagnostic.severity).min().unwrap_or(Severity::Advice);
        let mut codes: Vec<&str> = group.iter().map(|row| row.diagnostic.code.as_str()).collect();
        codes.dedup();
        let texts: Vec<String> = group.iter().map(|row| text(row, sources, folder)).collect();
        Self {
            severity,
            title: codes.join(", "),
            region: group.first().and_then(|row| row.region.clone()),
            message: texts.join("\n\n"),
            findings: group.len(),
        }
    }

    fn command(&self, command: &str) -> String {
        let title = property("title", &self.title);
        let properties = match &self.region {
            Some(region) => format!("{},{title}", place(region)),
            None => title,
        };
        format!("::{command} {properties}::{}", data(&self.message))
    }
}

/// Columns only for ranges within one line: the runner accepts no others.
fn place(region: &Region) -> String {
    let Region { path, start, end } = region;
    let lines = format!("{},line={},endLine={}", property("file", &clean(path)), start.line, end.line);
    match start.line == end.line {
        true => format!("{lines},col={},endColumn={}", start.column, end.column),
        false => lines,
    }
}

/// Groups rows by file and line, in the order of the first of each; rows without a place are not grouped.
fn by_line<'r, 'a>(rows: &'r [Row<'a>]) -> Vec<Vec<&'r Row<'a>>> {
    let mut groups: Vec<Vec<&Row>> = Vec::new();
    let mut by_place: BTreeMap<(&str, u32), usize> = BTreeMap::new();
    for row in rows {
        let line = row.region.as_ref().map(|region| (region.path.as_str(), region.start.line));
        let known = line.and_then(|line| by_place.get(&line).copied());
        match known {
            Some(at) => groups[at].push(row),
            None => {
                by_place.extend(line.map(|line| (line, groups.len())));
                groups.push(vec![row]);
            }
        }
    }
    groups
}

/// A finding with the places of its chain.
fn text(row: &Row, sources: &Sources, folder: &str) -> String {
    let labels = row.diagnostic.labels.iter().skip(1).map(|label| (&label.text, label.span));
    let notes = row.diagnostic.related.iter();
    let notes = notes.filter_map(|Note { message, span }| Some((message, (*span)?)));
    let chain = labels.chain(notes).map(|(text, span)| {
        let Region { path, start, end: _ } = Region::new(span, sources, folder);
        format!("{} ({}:{})", clean(text), clean(&path), start.line)
    });
    let mut lines = words(row.diagnostic);
    lines.splice(1..1, chain);
    lines.join("\n")
}

/// The last annotation of a level that is over the limit.
fn more(command: &str, left_out: &[&Annotation]) -> String {
    let findings: usize = left_out.iter().map(|one| one.findings).sum();
    let message = format!("{}, all listed in the log", counted_more(findings, command));
    format!("::{command} {}::{}", property("title", "livevod"), data(&message))
}

fn counted_more(findings: usize, command: &str) -> String {
    let nouns = if findings == 1 { command.to_owned() } else { format!("{command}s") };
    format!("{findings} more {nouns}")
}

/// All findings, one on each line, folded away.
fn everything(rows: &[Row]) -> impl Iterator<Item = String> {
    let head = format!("::group::{}", data(&counted(rows.len(), "finding")));
    let lines = rows.iter().map(log_line).collect::<Vec<_>>();
    std::iter::once(head).chain(lines).chain(std::iter::once("::endgroup::".to_owned()))
}

fn log_line(row: &Row) -> String {
    let place = row.region.as_ref().map(|region| {
        let Region { path, start, end: _ } = region;
        format!("{}:{}:{} ", clean(path), start.line, start.column)
    });
    let line = format!(
        "{} {}[{}] {}",
        command_of(row.diagnostic.severity),
        place.unwrap_or_default(),
        row.diagnostic.code,
        headline(row.diagnostic)
    );
    harmless(&line)
}

/// The runner accepts commands of its older form, `##[name]`, anywhere in a line.
fn harmless(line: &str) -> String {
    line.replace("##[", "##\\u{5b}")
}

/// The text of a command. `%` is escaped first, since the escapes contain it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(name: &str, value: &str) -> String {
    format!("{name}={}", data(value).replace(':', "%3A").replace(',', "%2C"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_escaped_as_the_runner_reads_them() {
        assert_eq!(data("50%\r\n:,"), "50%25%0D%0A:,");
        assert_eq!(property("title", "a:b,c%\n"), "title=a%3Ab%2Cc%25%0A");
        assert_eq!(data("%0A"), "%250A");
    }

    #[test]
    fn log_lines_hold_no_command_of_the_older_form() {
        assert_eq!(harmless("x ##[add-mask]y"), "x ##\\u{5b}add-mask]y");
    }
}
