//! Transcoded streams are to be recorded, but no template says which: the service refuses that.

use super::facts::Facts;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::Field;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (address, entry) in facts.desired.domains.values().flat_map(|domain| &domain.entries) {
        let Some(resolved) = entry.resolved().filter(|resolved| resolved.config.records_transcoded()) else {
            continue;
        };
        if resolved.config.transcode_templates.as_ref().is_some_and(|names| !names.is_empty()) {
            continue;
        }
        let place = |field| resolved.origin(field).and_then(|origin| origin.span);
        let message = "transcoded streams are recorded, but `transcode_templates` names none";
        let finding = Diagnostic::new(Code::MissingTemplates, message)
            .label(place(Field::RecordContent).unwrap_or(entry.key), "transcoded streams");
        let finding = match place(Field::TranscodeTemplates) {
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
