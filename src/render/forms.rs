//! What `fmt` did with files, or would do: a list, a diff, a document for machines.

use serde::Serialize;
use serde_json::json;
use similar::TextDiff;

use super::documents::{Context, Counts, FORMAT_VERSION, findings, pretty};
use super::phrases::counted;
use super::style::{Style, Tone};
use crate::gate::clean;

/// How a file compares with its canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// It was already canonical.
    Canonical,
    /// It is not canonical.
    Different,
    /// It was not canonical and is now.
    Written,
    /// It has no canonical form, or could not be written: a finding says why.
    Failed,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormRow {
    /// The file as the user named it.
    pub file: String,
    /// How it compares.
    pub form: Form,
}

/// The files that are not canonical, or were not, and a count.
pub(super) fn forms_summary(rows: &[FormRow], style: Style) -> String {
    let is_other = |row: &&FormRow| matches!(row.form, Form::Different | Form::Written);
    let sign = style.paint(Tone::Update, "~");
    let mut text: String =
        rows.iter().filter(is_other).map(|row| format!("{sign} {}\n", clean(&row.file))).collect();
    text.push_str(&count(rows));
    text
}

fn count(rows: &[FormRow]) -> String {
    let all = counted(rows.len(), "file");
    let count = |form| rows.iter().filter(|row| row.form == form).count();
    match (count(Form::Different), count(Form::Written), count(Form::Canonical)) {
        (0, 0, 0) => String::new(),
        (0, 0, canonical) if canonical == rows.len() => format!("In canonical form: {all}.\n"),
        (0, 0, canonical) => format!("In canonical form: {canonical} of {all}.\n"),
        (0, written, _) => format!("Rewrote {written} of {all} in canonical form.\n"),
        (different, ..) => format!("Not in canonical form: {different} of {all}.\n"),
    }
}

/// A unified diff between a file's text and its canonical form; empty if they are equal.
///
/// Characters that could move a cursor are escaped, so a patch with such a line can be read but not applied.
pub fn form_diff(file: &str, before: &str, after: &str, style: Style) -> String {
    let difference = TextDiff::from_lines(before, after);
    let file = clean(file);
    let unified = difference.unified_diff().header(&file, &file).to_string();
    let line = |line: &str| {
        let text = clean(line);
        let painted = match line.as_bytes() {
            [b'-', b'-', b'-', ..] | [b'+', b'+', b'+', ..] => style.paint(Tone::Strong, &text),
            [b'-', ..] => style.paint(Tone::Delete, &text),
            [b'+', ..] => style.paint(Tone::Create, &text),
            [b'@', ..] => style.paint(Tone::Quiet, &text),
            _ => text,
        };
        painted + "\n"
    };
    unified.split_terminator('\n').map(line).collect()
}

/// `fmt --format json`.
pub(super) fn forms_json(rows: &[FormRow], context: Context) -> String {
    pretty(&json!({
        "format_version": FORMAT_VERSION,
        "files": rows,
        "diagnostics": findings(context),
        "summary": Counts::of(context.diagnostics),
        "exit": context.exit,
    }))
}
