//! Transcoded streams with `on_demand: 2`: ingest parameters start the recording of the source stream only.

use super::facts::Reached;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::Field;

/// Recording by ingest parameters.
const BY_INGEST: u8 = 2;

pub(super) fn check(reached: Reached<'_>, findings: &mut Findings) {
    let Some(resolved) = reached.resolved() else { return };
    if resolved.config.on_demand != BY_INGEST || !resolved.config.records_transcoded() {
        return;
    }
    let message = "with `on_demand: 2`, only the source stream is recorded, not the transcoded ones";
    findings.push(
        Diagnostic::new(Code::ContentOnDemand, message)
            .label(reached.place(Field::RecordContent), "transcoded streams")
            .label(reached.place(Field::OnDemand), "started by ingest parameters")
            .help("write another `on_demand`, or `record_content: [raw]`")
            .about(reached.trail.address),
    );
}
