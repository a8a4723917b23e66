//! Files so short that the 40 files the service merges cover less than a day.

use std::iter;

use super::facts::Reached;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::{Field, Format, Part, RecordConfig, Value};

/// The most files that the service merges into one (VOD FAQ on recording).
const MERGED_FILES: u32 = 40;

/// Seconds of a day.
const DAY: u32 = 24 * 60 * 60;

/// 40 files of this length, in seconds, cover a day.
pub(super) const ENOUGH: u32 = DAY / MERGED_FILES;

pub(super) fn check(reached: Reached<'_>, findings: &mut Findings) {
    let Some(resolved) = reached.resolved() else { return };
    let length = resolved.config.cycle_duration;
    if length >= ENOUGH {
        return;
    }
    let Some(merges) = merging(&resolved.config) else { return };
    let covered = Value::Seconds(length * MERGED_FILES);
    findings.push(
        Diagnostic::new(
            Code::ComposeLimit,
            format!("the service merges at most {MERGED_FILES} files: a stream longer than {covered} may have no merged file"),
        )
        .label(reached.place(Field::CycleDuration), format!("{MERGED_FILES} × {}", Value::Seconds(length)))
        .label(reached.place(merges), "files are merged")
        .help("write `36m` or more for streams that run all day; allow this finding if they always end earlier")
        .about(reached.trail.address),
    );
}

/// The setting that merges files, if one does.
pub(super) fn merging(config: &RecordConfig) -> Option<Field> {
    let formats = Format::ALL.into_iter().map(|format| Field::Part(format, Part::AutoCompose));
    iter::once(Field::AutoCompose).chain(formats).find(|field| config.get(*field) == Value::Switch(true))
}
