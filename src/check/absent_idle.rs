//! `state: absent`, but the service has no configuration there any more.

use crate::diag::{Code, Diagnostic, Findings};
use crate::model::Snapshot;
use crate::resolve::{Desired, Wanted};

pub(super) fn check(desired: &Desired, snapshot: &Snapshot, findings: &mut Findings) {
    for (name, domain) in &desired.domains {
        let Some(held) = snapshot.domains.get(name) else { continue };
        for (address, entry) in &domain.entries {
            let Wanted::Absent(span) = entry.wanted else { continue };
            if held.configs.contains_key(address) {
                continue;
            }
            findings.push(
                Diagnostic::new(
                    Code::AbsentIdle,
                    "declared `absent`, and the service has no configuration here",
                )
                .label(span, "has nothing left to do")
                .help("remove the entry, or keep it on purpose with a comment `# livevod: allow absent-idle`")
                .about(address),
            );
        }
    }
}
