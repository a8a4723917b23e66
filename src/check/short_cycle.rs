//! Files shorter than the service recommends.

use super::compose_limit;
use super::facts::Facts;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::{Field, Value};

/// The shortest recommended length of a file, in seconds (VOD FAQ on recording).
const RECOMMENDED: u32 = 20 * 60;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (address, entry, resolved) in facts.present() {
        let length = resolved.config.cycle_duration;
        // If files are merged, `compose-limit` has already reported that they are short.
        let is_said = compose_limit::merging(&resolved.config).is_some() && length < compose_limit::ENOUGH;
        if length >= RECOMMENDED || is_said {
            continue;
        }
        let span = resolved.span(Field::CycleDuration);
        findings.push(
            Diagnostic::new(
                Code::ShortCycle,
                format!("files of {} are shorter than recommended", Value::Seconds(length)),
            )
            .label(span.unwrap_or(entry.key), "under 20 minutes")
            .help("write `20m` or more: each file is transcoded and billed separately")
            .about(address),
        );
    }
}
