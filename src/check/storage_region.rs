//! A storage location in another region than its domain: the service refuses it.

use super::facts::Reached;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::Field;

pub(super) fn check(reached: Reached<'_>, findings: &mut Findings) {
    let (Some(region), Some(resolved)) = (&reached.domain.region, reached.resolved()) else { return };
    let location = resolved.config.storage_location.as_deref();
    let Some(other) = location.and_then(of).filter(|other| *other != region.value) else { return };
    let message = format!("the bucket is in `{other}`, but the domain is in `{}`", region.value);
    findings.push(
        Diagnostic::new(Code::StorageRegion, message)
            .label(reached.place(Field::StorageLocation), format!("in `{other}`"))
            .label(region.span, "the domain's region")
            .help("choose a bucket in the domain's region; for this one the service answers `InvalidRegion.Conflict`")
            .about(reached.trail.address),
    );
}

/// The region of a bucket's host, `BUCKET.oss-REGION.aliyuncs.com`.
pub(super) fn of(location: &str) -> Option<&str> {
    let (bucket, region) = location.strip_suffix(".aliyuncs.com")?.split_once(".oss-")?;
    (!bucket.is_empty() && !region.is_empty() && !region.contains('.')).then_some(region)
}
