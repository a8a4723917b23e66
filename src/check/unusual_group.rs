//! A transcode group id that does not have the form of the service's ids.

use super::facts::Facts;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::is_group_id;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for group in facts.document.transcode_groups.values() {
        for id in group.ids() {
            let Some(text) = id.value.value().filter(|text| !is_group_id(text)) else { continue };
            findings.push(
                Diagnostic::new(
                    Code::UnusualGroup,
                    format!("`{text}` does not look like a transcode group id"),
                )
                .label(id.span, "not 32 hexadecimal digits")
                .help("compare it with the id in the VOD console"),
            );
        }
    }
}
