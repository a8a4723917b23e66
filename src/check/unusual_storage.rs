//! A storage location that does not look like a VOD bucket's host.

use super::storage_region;
use crate::config::Settings;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::{Field, Value};

pub(super) fn check(block: &Settings, findings: &mut Findings) {
    let Some(setting) = block.get(Field::StorageLocation) else { return };
    let text = setting.value.value().and_then(Value::as_text);
    let Some(text) = text.filter(|text| storage_region::of(text).is_none()) else { return };
    let message = format!("`{text}` does not look like a storage location");
    findings.push(
        Diagnostic::new(Code::UnusualStorage, message)
            .label(setting.span, "not `BUCKET.oss-REGION.aliyuncs.com`")
            .help("compare it with the address under Storage in the VOD console"),
    );
}
