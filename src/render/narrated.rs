//! Findings as sentences, for screen readers: no drawing, every place by line and column.

use super::headlines::headline;
use crate::diag::{Diagnostic, Label, Note, Severity};
use crate::gate::clean;
use crate::source::{Sources, Span};

/// Longest line that is quoted, in bytes.
const QUOTED: usize = 240;

/// One finding: what is wrong and where, the line, its label, the notes, what to do.
pub(super) fn narrated(finding: &Diagnostic, sources: &Sources) -> String {
    let mut lines = vec![opening(finding, sources)];
    let more = finding.labels.iter().skip(1).map(|Label { span, text }| (text, Some(*span)));
    let notes = finding.related.iter().map(|Note { message, span }| (message, *span));
    if let Some(Label { span, text }) = finding.labels.first() {
        lines.extend(quoted(*span, sources));
        let columns = columns(*span, sources);
        lines.extend((!text.is_empty()).then(|| format!("At {columns}: {}", clean(text))));
    }
    lines.extend(more.chain(notes).map(|(text, span)| {
        let place = span.map(|span| format!(", in {}", place(span, sources)));
        format!("Note: {}{}", clean(text), place.unwrap_or_default())
    }));
    lines.extend(finding.help.iter().map(|help| format!("Help: {}", clean(help))));
    format!("{}\n\n", lines.join("\n  "))
}

fn opening(finding: &Diagnostic, sources: &Sources) -> String {
    let weight = match finding.severity {
        Severity::Error => "Error",
        Severity::Warning => "Warning",
        Severity::Advice => "Advice",
    };
    let place = finding.labels.first().map(|label| format!(" in {}", place(label.span, sources)));
    format!("{weight} {}{}: {}", finding.code, place.unwrap_or_default(), headline(finding))
}

/// `a.yaml, line 2, columns 13 to 25`; the last column is inclusive here, as people expect.
fn place(span: Span, sources: &Sources) -> String {
    let place = sources.place(span);
    format!("{}, line {}, {}", clean(&place.file), place.start.line, columns(span, sources))
}

/// `columns 13 to 25`.
fn columns(span: Span, sources: &Sources) -> String {
    let place = sources.place(span);
    let (start, end) = (place.start, place.end);
    match end.column.saturating_sub(1) {
        _ if start.line != end.line => format!("column {} to line {}", start.column, end.line),
        last if last > start.column => format!("columns {} to {last}", start.column),
        _ => format!("column {}", start.column),
    }
}

fn quoted(span: Span, sources: &Sources) -> Option<String> {
    let source = sources.get(span.file);
    let range = source.line_range(source.line_index(span.start));
    let line = source.text()[range.start as usize..range.end as usize].trim();
    (!line.is_empty() && line.len() <= QUOTED).then(|| format!("The line reads: {}", clean(line)))
}
