//! A storage location in another region than its domain: the service refuses it.

use super::facts::Facts;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::Field;
use crate::resolve::Wanted;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for domain in facts.desired.domains.values() {
        let Some(region) = &domain.region else { continue };
        for (address, entry) in &domain.entries {
            let Wanted::Present(resolved) = &entry.wanted else { continue };
            let location = resolved.config.storage_location.as_deref();
            let Some(other) = location.and_then(of).filter(|other| *other != region.value) else { continue };
            let span = resolved.span(Field::StorageLocation);
            let message = format!("the bucket is in `{other}`, but the domain is in `{}`", region.value);
            findings.push(
                Diagnostic::new(Code::StorageRegion, message)
                    .label(span.unwrap_or(entry.key), format!("in `{other}`"))
                    .label(region.span, "the domain's region")
                    .help("choose a bucket in the domain's region; for this one the service answers `InvalidRegion.Conflict`")
                    .about(address),
            );
        }
    }
}

/// The region of a bucket's host, `BUCKET.oss-REGION.aliyuncs.com`.
pub(super) fn of(location: &str) -> Option<&str> {
    let (bucket, region) = location.strip_suffix(".aliyuncs.com")?.split_once(".oss-")?;
    (!bucket.is_empty() && !region.is_empty() && !region.contains('.')).then_some(region)
}
