//! A setting on `"*"` that an entry beside it does not have: nothing inherits from `"*"`, although it looks as if it
//! did.

use super::facts::Reached;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::{Address, Field, configs_below};
use crate::resolve::{Entry, OriginKind, Resolved, Trail};
use crate::source::Span;

pub(super) fn check(reached: Reached<'_>, findings: &mut Findings) {
    let Reached { trail, domain, .. } = reached;
    let Some(star) = reached.resolved().filter(|_| trail.address.is_app_wide()) else { return };
    let own = own_fields(trail);
    if own.is_empty() {
        return;
    }
    let Address { domain: name, app, stream } = trail.address;
    let beside =
        configs_below(&domain.entries, [&**name, &**app]).filter(|(address, _)| address.stream != *stream);
    for (address, entry) in beside {
        let Some(resolved) = entry.resolved() else { continue };
        for (field, span) in &own {
            if is_surprising(*field, star, resolved) {
                findings.push(finding(*field, *span, address, entry));
            }
        }
    }
}

/// The fields that the entry sets itself, directly or by its tier, each with the place that does so.
fn own_fields(trail: &Trail<'_>) -> Vec<(Field, Span)> {
    let own = |field| {
        let (rung, setting) = trail.written(field).next()?;
        let span = rung.named_at().unwrap_or(setting.span);
        (rung.level == OriginKind::Stream).then_some((field, span))
    };
    Field::MANAGED.into_iter().filter_map(own).collect()
}

/// Whether the entry has another value that it does not write itself.
fn is_surprising(field: Field, star: &Resolved, beside: &Resolved) -> bool {
    let origin = beside.origin(field).map(|origin| origin.kind);
    let is_inherited = !matches!(origin, Some(OriginKind::Stream | OriginKind::Tier));
    is_inherited && star.config.get(field) != beside.config.get(field)
}

fn finding(field: Field, span: Span, address: &Address, entry: &Entry) -> Diagnostic {
    Diagnostic::new(
        Code::StarNotInherited,
        format!("`{field}` of `\"*\"` does not apply to the entries beside it"),
    )
    .label(span, "only for streams without an entry")
    .label(entry.key, "not for this one")
    .help("move it into the app's `defaults`, or write the intended value in the entry")
    .about(address)
}
