//! The merged file of a format is to be processed, but `auto_compose` of that format is off: there is no merged file.

use crate::config::{Settings, Written};
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::{Field, Format, Part, Value};

pub(super) fn check(block: &Settings, findings: &mut Findings) {
    for format in Format::ALL {
        let part = |part| block.get(Field::Part(format, part));
        let Some(video) = part(Part::Video) else { continue };
        let is_compose = matches!(video.value.value(), Some(Value::Set(words)) if words.contains("compose"));
        let merge = part(Part::AutoCompose);
        let is_off = merge.is_none_or(|merge| {
            matches!(merge.value, Written::Default | Written::Value(Value::Switch(false)))
        });
        if !(is_compose && is_off) {
            continue;
        }
        let message =
            format!("`compose` processes the merged file, but `auto_compose` of `{format}` is not on");
        let finding = Diagnostic::new(Code::VideoIdle, message).label(video.span, "there is no merged file");
        let finding = match merge {
            Some(merge) => finding.label(merge.span, "off here"),
            None => finding,
        };
        findings.push(finding.help("write `auto_compose: on` beside it, or remove `compose`"));
    }
}
