//! A value that repeats what would be inherited without it: it does nothing today, and stops inheritance tomorrow.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::facts::Facts;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::{Address, EVERY, Field, Value};
use crate::resolve::{OriginKind, Trail, follow};
use crate::source::{Span, Spanned};

/// A setting in all the places that it reaches.
struct Reached {
    field: Field,
    /// What it repeats; `None` once it does not in one place.
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
                Diagnostic::new(Code::RedundantValue, format!("`{field}` repeats what would be inherited"))
                    .label(span, "the same value")
                    .label(repeats, "inherited from here")
                    .help("remove it, so that a change of the inherited value reaches this too")
                    .about(&address),
            );
        }
    }
}

/// The fields that `"*"` of an app writes itself: who repeats one beside it makes plain that it does not hold there.
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
        // A tier is written to be complete by itself, and the top has nothing above it.
        if rung.named_at().is_some() || rung.level == OriginKind::Defaults {
            continue;
        }
        let key = (trail.address.domain.clone(), trail.address.app.clone(), field);
        let is_plain_speech = rung.level == OriginKind::Stream && stars.contains(&key);
        let next = written.get(at + 1).map(|(_, next)| next);
        let repeats = if is_plain_speech { None } else { repeated(setting, next) };
        let known = reached.entry(setting.span).or_insert(Reached { field, repeats, addresses: Vec::new() });
        known.repeats = known.repeats.and(repeats);
        known.addresses.push(trail.address.clone());
    }
}

fn repeated(setting: &Spanned<Option<Value>>, next: Option<&Spanned<Option<Value>>>) -> Option<Span> {
    let next = next?;
    (setting.value.is_some() && setting.value == next.value && setting.span != next.span).then_some(next.span)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{found, streams};
    use super::*;

    #[test]
    fn a_value_that_its_block_would_have_without_it() {
        let text = |app: &str, cam: &str| {
            streams("", &format!("cam: {{ {cam} }}"))
                .replace("VOD_NO_TRANSCODE }", "VOD_NO_TRANSCODE, cycle_duration: 1h }")
                .replace("show: {", &format!("show: {{ defaults: {{ {app} }},"))
        };
        let repeats = |value: &str| [(Code::RedundantValue, value.to_owned())];
        assert_eq!(found(&text("", "cycle_duration: 60m")), repeats("60m"), "the value counts, not its text");
        assert_eq!(found(&text("cycle_duration: 3600", "")), repeats("3600"));
        assert_eq!(
            found(&text("cycle_duration: 2h", "cycle_duration: 1h")),
            [],
            "the nearest is another one"
        );
        assert_eq!(found(&text("", "cycle_duration: default")), []);
    }

    #[test]
    fn what_is_the_same_in_one_place_alone_is_needed_in_the_other() {
        let layout = "layouts: { tv: { apps: { wall: { streams: { cam: { cycle_duration: 1h } } } } } }";
        let file = |other: &str| {
            format!(
                "version: 1\ndefaults: {{ vod_transcode_group: VOD_NO_TRANSCODE, cycle_duration: 1h }}\n{layout}\n\
                 domains:\n  a.com: {{ layout: tv }}\n  b.com: {{ layout: tv{other} }}\n"
            )
        };
        assert_eq!(found(&file("")), [(Code::RedundantValue, "1h".into())]);
        assert_eq!(found(&file(", defaults: { cycle_duration: 2h }")), []);
    }
}
