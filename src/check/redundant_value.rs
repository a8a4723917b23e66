//! A value that would be inherited anyway: it has no effect today, and stops inheritance later.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::facts::Facts;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::{Address, EVERY, Field, Value};
use crate::resolve::{OriginKind, Rung, Trail, follow};
use crate::source::{Span, Spanned};

/// A setting, and every configuration that it reaches.
struct Reached {
    field: Field,
    /// The value that it repeats; `None` if it does not repeat one for every configuration.
    repeats: Option<Span>,
    addresses: Vec<Address>,
}

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let mut reached: BTreeMap<Span, Reached> = BTreeMap::new();
    let stars = stars(facts);
    follow(facts.document, facts.desired, |trail| {
        for field in Field::MANAGED {
            note(trail, field, &stars, &mut reached);
        }
    });
    for (span, Reached { field, repeats, addresses }) in reached {
        let Some(repeats) = repeats else { continue };
        for address in addresses {
            findings.push(
                Diagnostic::new(Code::RedundantValue, format!("`{field}` repeats the inherited value"))
                    .label(span, "the same value")
                    .label(repeats, "inherited from here")
                    .help("remove it, so that a change of the inherited value applies here too")
                    .about(&address),
            );
        }
    }
}

/// The fields that `"*"` of an app writes itself. An entry beside it that writes one of them shows that the value of
/// `"*"` does not apply to it, so that is not redundant.
fn stars(facts: &Facts<'_>) -> HashSet<(Arc<str>, Arc<str>, Field)> {
    let mut stars = HashSet::new();
    follow(facts.document, facts.desired, |trail| {
        let own = trail.rungs.iter().filter(|rung| rung.level == OriginKind::Stream);
        if &*trail.address.stream == EVERY {
            let fields = own.flat_map(|rung| rung.settings.values.keys());
            stars.extend(
                fields.map(|field| (trail.address.domain.clone(), trail.address.app.clone(), *field)),
            );
        }
    });
    stars
}

fn note(
    trail: &Trail<'_>,
    field: Field,
    stars: &HashSet<(Arc<str>, Arc<str>, Field)>,
    reached: &mut BTreeMap<Span, Reached>,
) {
    let written: Vec<_> = trail.written(field).collect();
    for (at, (rung, setting)) in written.iter().enumerate() {
        // A tier is meant to be complete by itself, and the top inherits from nothing.
        if rung.named_at().is_some() || rung.level == OriginKind::Defaults {
            continue;
        }
        let key = (trail.address.domain.clone(), trail.address.app.clone(), field);
        let is_plain_speech = rung.level == OriginKind::Stream && stars.contains(&key);
        let next = written.get(at + 1).map(|(_, next)| next);
        let switches = next.is_some_and(|next| is_switch(trail, field, (setting.span, next.span)));
        let repeats = if is_plain_speech || switches { None } else { repeated(setting, next) };
        let known = reached.entry(setting.span).or_insert(Reached { field, repeats, addresses: Vec::new() });
        known.repeats = known.repeats.and(repeats);
        known.addresses.push(trail.address.clone());
    }
}

/// Whether a block between two that write the field writes formats, if the field is a group, or a group, if it is formats:
/// then the nearer value switches back.
fn is_switch(trail: &Trail<'_>, field: Field, (nearer, next): (Span, Span)) -> bool {
    let other = match field {
        Field::VodTranscodeGroup => Field::RecordFormat,
        Field::RecordFormat => Field::VodTranscodeGroup,
        _ => return false,
    };
    let is_at = |rung: &Rung<'_, '_>, span| rung.settings.get(field).is_some_and(|held| held.span == span);
    let mut between = trail.rungs.iter().skip_while(|rung| !is_at(rung, nearer)).skip(1);
    between.by_ref().take_while(|rung| !is_at(rung, next)).any(|rung| rung.settings.get(other).is_some())
}

fn repeated(setting: &Spanned<Option<Value>>, next: Option<&Spanned<Option<Value>>>) -> Option<Span> {
    let next = next?;
    (setting.value.is_some() && setting.value == next.value && setting.span != next.span).then_some(next.span)
}
