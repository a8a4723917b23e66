//! Transcode templates where only the source stream is recorded.

use super::facts::Facts;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::Field;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (address, entry, resolved) in facts.present() {
        let config = &resolved.config;
        // If the content is not written, the service's may have transcoded streams.
        if !config.names_templates() || config.record_content.is_none() || config.records_transcoded() {
            continue;
        }
        let place = |field| resolved.span(field).unwrap_or(entry.key);
        let message = "`transcode_templates` is set, but only the source stream is recorded";
        findings.push(
            Diagnostic::new(Code::TemplatesIdle, message)
                .label(place(Field::TranscodeTemplates), "has no effect")
                .label(place(Field::RecordContent), "without `transcode`")
                .help("write `record_content: [raw, transcode]`, or remove the templates")
                .about(address),
        );
    }
}
