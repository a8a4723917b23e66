//! `state: absent` where nothing is there any more: the entry has done its work.

use crate::diag::{Code, Diagnostic, Findings};
use crate::model::Snapshot;
use crate::resolve::{Desired, Wanted};

pub(super) fn check(desired: &Desired, snapshot: &Snapshot, findings: &mut Findings) {
    for (name, domain) in &desired.domains {
        let Some(held) = snapshot.domains.get(name) else { continue };
        for (address, entry) in
            domain.entries.iter().filter(|(address, _)| !held.configs.contains_key(*address))
        {
            let Wanted::Absent(span) = entry.wanted else { continue };
            findings.push(
                Diagnostic::new(Code::AbsentIdle, "`absent`, and the service holds nothing here")
                    .label(span, "has nothing left to do")
                    .help("remove the entry, or keep it on purpose: a comment `# livevod: allow absent-idle` says so")
                    .about(address),
            );
        }
    }
}
