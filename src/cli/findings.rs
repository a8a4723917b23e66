//! Prints findings: for people on standard error, for machines as the one document on standard output.

use super::arguments::Format;
use super::terminal::Terminal;
use crate::diag::Diagnostic;
use crate::render::{self, Context};
use crate::source::Sources;

/// Prints findings where people look for them.
pub(super) fn tell(findings: &[Diagnostic], sources: &Sources, terminal: &Terminal) {
    let Terminal { stderr, max_findings, .. } = *terminal;
    terminal.note(&render::diagnostics(findings, sources, stderr, max_findings));
}

/// Says once per run where to read on, filled to the width.
pub(super) fn tell_more(findings: &[Diagnostic], terminal: &Terminal) {
    if let Some(text) = render::explain_line(findings, terminal.stderr) {
        terminal.note(&text);
    }
}

/// The findings as a document of their own; `None` for people, and in formats that hold a plan and nothing else: where there is
/// no plan, a reader of one must not take an empty document for it.
pub(super) fn document(format: Format, context: Context) -> Option<String> {
    match format {
        Format::Human | Format::Markdown | Format::TerraformJson | Format::GitlabTerraform | Format::Html => {
            None
        }
        Format::Json => Some(render::diagnostics_json(context)),
        Format::Github => Some(render::github(context, &working_folder())),
        Format::Gitlab => Some(render::gitlab(context, &working_folder())),
        Format::Sarif => Some(render::sarif(context, &working_folder())),
    }
}

/// Paths in machine formats are relative to it; where it is not known, they stay as they were given.
pub(super) fn working_folder() -> String {
    std::env::current_dir().map_or_else(|_| String::new(), |path| path.to_string_lossy().into_owned())
}
