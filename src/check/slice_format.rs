//! A length of slices for a format that has none: only `m3u8` is cut into slices.

use crate::config::Settings;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::{Field, Format, Part};

pub(super) fn check(block: &Settings, findings: &mut Findings) {
    for format in Format::ALL.into_iter().filter(|format| *format != Format::M3u8) {
        let Some(slice) = block.get(Field::Part(format, Part::SliceDuration)) else { continue };
        let message = format!("`{format}` files have no slices");
        findings.push(
            Diagnostic::new(Code::SliceFormat, message)
                .label(slice.span, "only for `m3u8`")
                .help("remove `slice_duration`, or move it to `m3u8`"),
        );
    }
}
