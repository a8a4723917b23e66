//! A value that would be inherited anyway: it has no effect today, and stops inheritance later.

use std::collections::{BTreeMap, HashSet};

use super::facts::Reached;
use crate::config;
use crate::diag::{Code, Diagnostic, Findings};
use crate::model::{Address, Field, Value};
use crate::resolve::{OriginKind, Rung, Trail};
use crate::source::Span;

/// The settings that were seen so far.
#[derive(Default)]
pub(super) struct Settings {
    by_place: BTreeMap<Span, Setting>,
    /// The fields that `"*"` of the present app writes itself. An entry beside it that writes one of them shows that the value
    /// of `"*"` does not apply to it, so that is not redundant.
    of_star: HashSet<Field>,
}

/// A setting, and every configuration that it reaches, as long as it repeats a value for each of them.
struct Setting {
    field: Field,
    /// The value that it repeats; `None` if it does not repeat one for every configuration.
    repeats: Option<Span>,
    addresses: Vec<Address>,
}

impl Settings {
    pub(super) fn visit(&mut self, Reached { trail, is_new_app, .. }: Reached<'_>) {
        if is_new_app {
            self.of_star.clear();
        }
        // No name of a stream sorts before `*`.
        if trail.address.is_app_wide() {
            self.of_star.extend(trail.own.iter().flat_map(|rung| rung.settings.values.fields()));
        }
        for (at, rung) in trail.rungs().enumerate() {
            // A tier is meant to be complete by itself, and the top inherits from nothing.
            if rung.named_at().is_some() || rung.level == OriginKind::Defaults {
                continue;
            }
            for (field, setting) in rung.settings.wholes() {
                let is_plain_speech = rung.level == OriginKind::Stream && self.of_star.contains(&field);
                let next = trail.rungs().skip(at + 1).find_map(|rung| rung.settings.get(field));
                self.note(trail, field, setting, next, is_plain_speech);
            }
        }
    }

    fn note(
        &mut self,
        trail: &Trail<'_>,
        field: Field,
        setting: &config::Setting<Value>,
        next: Option<&config::Setting<Value>>,
        is_plain_speech: bool,
    ) {
        let switches = next.is_some_and(|next| is_switch(trail, field, (setting.span, next.span)));
        let repeats = if is_plain_speech || switches { None } else { repeated(setting, next) };
        let addresses = Vec::new();
        let known = self.by_place.entry(setting.span).or_insert(Setting { field, repeats, addresses });
        known.repeats = known.repeats.and(repeats);
        match known.repeats {
            Some(_) => known.addresses.push(trail.address.clone()),
            None => known.addresses = Vec::new(),
        }
    }

    pub(super) fn report(self, findings: &mut Findings) {
        for (span, Setting { field, repeats, addresses }) in self.by_place {
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
    let mut between = trail.rungs().skip_while(|rung| !is_at(rung, nearer)).skip(1);
    between.by_ref().take_while(|rung| !is_at(rung, next)).any(|rung| rung.settings.get(other).is_some())
}

fn repeated(setting: &config::Setting<Value>, next: Option<&config::Setting<Value>>) -> Option<Span> {
    let (next, value) = (next?, setting.value.value());
    (value.is_some() && value == next.value.value() && setting.span != next.span).then_some(next.span)
}
