//! Files shorter than the service recommends.

use super::compose_limit;
use super::facts::Reached;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::{Field, Value};

/// The shortest recommended length of a file, in seconds (VOD FAQ on recording).
const RECOMMENDED: u32 = 20 * 60;

pub(super) fn check(reached: Reached<'_>, findings: &mut Findings) {
    let Some(resolved) = reached.resolved() else { return };
    let length = resolved.config.cycle_duration;
    // If files are merged, `compose-limit` has already reported that they are short.
    let is_said = || length < compose_limit::ENOUGH && compose_limit::merging(&resolved.config).is_some();
    if length >= RECOMMENDED || is_said() {
        return;
    }
    findings.push(
        Diagnostic::new(
            Code::ShortCycle,
            format!("files of {} are shorter than recommended", Value::Seconds(length)),
        )
        .label(reached.place(Field::CycleDuration), "under 20 minutes")
        .help("write `20m` or more: each file is transcoded and billed separately")
        .about(reached.trail.address),
    );
}
