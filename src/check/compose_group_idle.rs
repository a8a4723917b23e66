//! A compose group where `auto_compose` is off: no merged file is ever made with it.

use std::collections::{BTreeMap, HashSet};

use super::facts::Reached;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::{Address, Field};
use crate::source::Span;

/// The groups that were seen so far.
#[derive(Default)]
pub(super) struct Groups {
    idle: BTreeMap<Span, Vec<(Address, Option<Span>)>>,
    used: HashSet<Span>,
}

impl Groups {
    pub(super) fn visit(&mut self, reached: Reached<'_>) {
        let (Some(resolved), trail) = (reached.resolved(), reached.trail) else { return };
        let Some((_, compose)) = trail.written(Field::ComposeVodTranscodeGroup).next() else { return };
        if compose.value.is_none() || self.used.contains(&compose.span) {
            return;
        }
        // An unknown `auto_compose` may be on.
        if resolved.config.auto_compose || !trail.is_known(Field::AutoCompose) {
            self.used.insert(compose.span);
            self.idle.remove(&compose.span);
        } else {
            let off = resolved.span(Field::AutoCompose);
            self.idle.entry(compose.span).or_default().push((trail.address.clone(), off));
        }
    }

    pub(super) fn report(self, findings: &mut Findings) {
        for (span, addresses) in self.idle {
            for (address, off) in addresses {
                findings.push(finding(span, off).about(&address));
            }
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
