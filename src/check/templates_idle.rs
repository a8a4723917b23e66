//! Transcode templates where only the source stream is recorded.

use super::facts::Reached;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::Field;

pub(super) fn check(reached: Reached<'_>, findings: &mut Findings) {
    let Some(resolved) = reached.resolved() else { return };
    let config = &resolved.config;
    // If the content is not written, the service's may have transcoded streams.
    if !config.names_templates() || config.record_content.is_none() || config.records_transcoded() {
        return;
    }
    let message = "`transcode_templates` is set, but only the source stream is recorded";
    findings.push(
        Diagnostic::new(Code::TemplatesIdle, message)
            .label(reached.place(Field::TranscodeTemplates), "has no effect")
            .label(reached.place(Field::RecordContent), "without `transcode`")
            .help("write `record_content: [raw, transcode]`, or remove the templates")
            .about(reached.trail.address),
    );
}
