//! A field of a configuration that two entries of `accept` are about, with different values.

use std::collections::HashSet;

use super::facts::Facts;
use crate::diag::{Code, Diagnostic, Findings};
use crate::resolve::Accepted;
use crate::source::Span;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if facts.desired.accept.is_empty() {
        return;
    }
    let accepted = facts.desired.accepted();
    let mut told: HashSet<[Span; 2]> = HashSet::new();
    for address in facts.present() {
        let about: Vec<&Accepted> = accepted.of(address).collect();
        for (at, second) in about.iter().enumerate() {
            let contradicts = |first: &&&Accepted| {
                first.field.value == second.field.value && written(first) != written(second)
            };
            let Some(first) = about[..at].iter().find(contradicts) else { continue };
            if told.insert([place(first), place(second)]) {
                findings.push(found(first, second).about(address));
            }
        }
    }
}

fn written(accepted: &Accepted) -> Option<&crate::model::Value> {
    accepted.value.as_ref().map(|value| &value.written)
}

/// The value, or the field if every value is accepted.
fn place(accepted: &Accepted) -> Span {
    accepted.value.as_ref().map_or(accepted.field.span, |value| value.span)
}

fn found(first: &Accepted, second: &Accepted) -> Diagnostic {
    let says = |accepted: &Accepted| match written(accepted) {
        Some(value) => format!("`{value}` is accepted here"),
        None => "every value is accepted here".to_owned(),
    };
    let message = format!("`{}` is accepted twice, with different values", second.field.value);
    Diagnostic::new(Code::AcceptConflict, message)
        .label(place(second), says(second))
        .label(place(first), says(first))
        .help("remove one of the two entries, or narrow its `address`")
}
