//! `state: absent`, but an app-wide entry would still record the stream.

use super::facts::Reached;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::Address;
use crate::resolve::{Desired, Entry, Wanted};

pub(super) fn check(reached: Reached<'_>, findings: &mut Findings) {
    let Wanted::Absent(span) = reached.entry.wanted else { return };
    let address = reached.trail.address;
    let Some((ruler, recording)) = recording(reached.facts.desired, address) else { return };
    let message = format!(
        "`{}` still records this stream, although it is declared `state: absent`",
        ruler.within_domain()
    );
    findings.push(
        Diagnostic::new(Code::AbsentStillRecorded, message)
            .label(span, "no configuration of its own")
            .label(recording.key, "records it instead")
            .help(format!("remove `{}`, or write `on_demand: 7` in place of `state: absent`: `state: absent` only deletes the stream's own configuration", ruler.within_domain()))
            .about(address),
    );
}

/// The declared entry that would apply to an address in place of its own, if it records by itself.
fn recording<'d>(desired: &'d Desired, address: &Address) -> Option<(Address, &'d Entry)> {
    let (ruler, entry, resolved) = address.rulers().skip(1).find_map(|ruler| {
        let entry = desired.get(&ruler)?;
        Some((ruler, entry, entry.resolved()?))
    })?;
    resolved.config.records_by_itself().then_some((ruler, entry))
}
