//! Transcoded streams are to be recorded, but no template says which: the service refuses that.

use super::facts::Reached;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::Field;

pub(super) fn check(reached: Reached<'_>, findings: &mut Findings) {
    let Some(resolved) = reached.resolved() else { return };
    if !resolved.config.records_transcoded() || resolved.config.names_templates() {
        return;
    }
    let message = "transcoded streams are recorded, but `transcode_templates` names none";
    let finding = Diagnostic::new(Code::MissingTemplates, message)
        .label(reached.place(Field::RecordContent), "transcoded streams");
    let finding = match resolved.span(Field::TranscodeTemplates) {
        Some(span) => finding.label(span, "no template"),
        None => finding,
    };
    findings.push(
        finding
            .help("write `transcode_templates: [NAME]` beside it, or `record_content: [raw]`")
            .about(reached.trail.address),
    );
}
