//! Files so short that the 40 files the service merges cover less than a day.

use super::facts::Facts;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::Field;
use crate::resolve::Wanted;

/// The most files that the service merges into one (VOD FAQ on recording).
const MERGED_FILES: u32 = 40;

/// Seconds of a day.
const DAY: u32 = 24 * 60 * 60;

/// 40 files of this length, in seconds, cover a day.
pub(super) const ENOUGH: u32 = DAY / MERGED_FILES;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for (address, entry) in facts.desired.domains.values().flat_map(|domain| &domain.entries) {
        let Wanted::Present(resolved) = &entry.wanted else { continue };
        let length = resolved.config.cycle_duration;
        if !resolved.config.auto_compose || length >= ENOUGH {
            continue;
        }
        let span = |field| resolved.origin(field).and_then(|origin| origin.span).unwrap_or(entry.key);
        let covered =
            format!("{} h {:02} min", length * MERGED_FILES / 3600, length * MERGED_FILES / 60 % 60);
        findings.push(
            Diagnostic::new(
                Code::ComposeLimit,
                format!(
                    "the merged file ends after {covered}: the service merges at most {MERGED_FILES} files"
                ),
            )
            .label(span(Field::CycleDuration), format!("{MERGED_FILES} × {length} s"))
            .label(span(Field::AutoCompose), "files are merged")
            .help("write `36m` or more for streams that run all day; allow this finding if they always end earlier")
            .about(address),
        );
    }
}
