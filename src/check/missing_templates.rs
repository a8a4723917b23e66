//! Transcoded streams are to be recorded, but no template says which: the service refuses that.

use super::facts::Facts;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::Field;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (address, entry, resolved) in facts.present() {
        if !resolved.config.records_transcoded() || resolved.config.names_templates() {
            continue;
        }
        let message = "transcoded streams are recorded, but `transcode_templates` names none";
        let finding = Diagnostic::new(Code::MissingTemplates, message)
            .label(resolved.span(Field::RecordContent).unwrap_or(entry.key), "transcoded streams");
        let finding = match resolved.span(Field::TranscodeTemplates) {
            Some(span) => finding.label(span, "no template"),
            None => finding,
        };
        findings.push(
            finding
                .help("write `transcode_templates: [NAME]` beside it, or `record_content: [raw]`")
                .about(address),
        );
    }
}
