//! A region that is in no document of the service: most likely a typing mistake, but new regions appear.

use super::facts::Facts;
use crate::config::closest;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::Region;
use crate::source::Span;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let document = facts.document;
    let own = document.domains.values().filter_map(|domain| domain.region.as_ref());
    for region in document.region.iter().chain(own) {
        if let Some(finding) = unknown(&region.value, region.span) {
            findings.push(finding);
        }
    }
}

fn unknown(region: &str, span: Span) -> Option<Diagnostic> {
    if Region::find(region).is_some() {
        return None;
    }
    let finding =
        Diagnostic::new(Code::UnknownRegion, format!("`{region}` is not a region that livevod knows"))
            .label(span, "an unknown region");
    Some(match closest(region, Region::names()) {
        Some(meant) => {
            finding.help(format!("did you mean `{meant}`? If the region is new, allow this finding"))
        }
        None => finding.help(
            "compare it with the domain's region in the Live console; if it is new, allow this finding",
        ),
    })
}
