//! A compose group where `auto_compose` is off: no merged file is ever made with it.

use std::collections::{BTreeMap, HashSet};

use super::facts::Facts;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::{Address, Field};
use crate::resolve::{Entry, follow};
use crate::source::Span;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let mut idle: BTreeMap<Span, Vec<(Address, Option<Span>)>> = BTreeMap::new();
    let mut used: HashSet<Span> = HashSet::new();
    follow(facts.document, facts.desired, |trail| {
        let Some(resolved) = facts.desired.get(trail.address).and_then(Entry::resolved) else { return };
        let Some((_, compose)) = trail.written(Field::ComposeVodTranscodeGroup).next() else { return };
        if compose.value.is_none() {
            return;
        }
        // An unknown `auto_compose` may be on.
        if resolved.config.auto_compose || !trail.is_known(Field::AutoCompose) {
            used.insert(compose.span);
        } else {
            let off = resolved.span(Field::AutoCompose);
            idle.entry(compose.span).or_default().push((trail.address.clone(), off));
        }
    });
    for (span, addresses) in idle.into_iter().filter(|(span, _)| !used.contains(span)) {
        for (address, off) in addresses {
            findings.push(finding(span, off).about(&address));
        }
    }
}

fn finding(span: Span, off: Option<Span>) -> Diagnostic {
    let message = "`compose_vod_transcode_group` is set, but `auto_compose` is off";
    let finding = Diagnostic::new(Code::ComposeGroupIdle, message).label(span, "has no effect");
    match off {
        Some(off) => finding.label(off, "off here").help("turn `auto_compose` on, or remove the group"),
        None => finding.help("write `auto_compose: on` beside it, or remove the group"),
    }
}
