//! The words of a drift.

use super::super::phrases::{counted, minute, recorded_by};
use super::super::style::Tone;
use crate::drift::{Difference, Drift, FieldDifference, Kind, Moved, Since, SinceWhat};
use crate::merge::Adoption;

/// What happened, a lowercase fragment.
pub(in super::super) fn what(one: &Difference) -> String {
    let said = match (one.kind, one.moved) {
        (Kind::Deleted, Some(Moved::Service)) => "deleted outside the files",
        (Kind::Deleted, Some(Moved::Files)) => "not applied yet: declared, but not in the service",
        (Kind::Deleted, None) => "declared, but not in the service",
        (Kind::Changed, Some(Moved::Service)) => "changed outside the files",
        (Kind::Changed, Some(Moved::Files)) => "not applied yet",
        (Kind::Changed, None) => "differs from the files",
        (Kind::Appeared, Some(Moved::Service)) => "appeared outside the files",
        (Kind::Appeared, Some(Moved::Files)) if one.is_planned => "not applied yet: still in the service",
        (Kind::Appeared, Some(Moved::Files)) => "no longer declared, but still in the service",
        (Kind::Appeared, None) if one.place.is_some() => "in the service, although the files want it deleted",
        (Kind::Appeared, None) => "not declared, but in the service",
        (Kind::Unmanageable, _) => "can't be compared with the files",
        (Kind::Unfinished, _) => "missing",
    };
    let reason = match (one.reason.as_str(), one.kind) {
        ("", _) => String::new(),
        (reason, Kind::Unmanageable | Kind::Unfinished) => format!(": {reason}"),
        (reason, _) => format!(" ({reason})"),
    };
    let shadowed = one
        .shadowed
        .as_ref()
        .map(|shadowed| format!("; it applies instead of the declared `{}`", shadowed.within_domain()));
    format!("{said}{reason}{}", shadowed.unwrap_or_default())
}

/// What happened, with the values of both sides: `changed outside the files: cycle_duration 30m → 6h`. `mark` formats the
/// name of a field and its values.
pub(in super::super) fn message(one: &Difference, mark: impl Fn(&str) -> String) -> String {
    let side = |FieldDifference { field, declared, actual, moved, origin: _ }: &FieldDifference| {
        let note = field_note(one, *moved).map(|note| format!(" ({note})")).unwrap_or_default();
        format!(
            "{} {} → {}{note}",
            mark(field.name()),
            mark(&declared.to_string()),
            mark(&actual.to_string())
        )
    };
    match one.kind {
        Kind::Changed => {
            let fields: Vec<String> = one.fields.iter().map(side).collect();
            format!("{}: {}", what(one), fields.join(", "))
        }
        Kind::Deleted | Kind::Appeared | Kind::Unmanageable | Kind::Unfinished => what(one),
    }
}

/// For a field that did not move in the service, although others of the configuration did.
pub(in super::super) fn field_note(one: &Difference, moved: Option<Moved>) -> Option<&'static str> {
    (one.moved != moved && moved == Some(Moved::Files)).then_some("not applied yet")
}

/// When it happened, as far as is known: a lowercase fragment.
pub(in super::super) fn since(one: &Difference) -> String {
    since_of(one, "it")
}

/// When several differences arose, of which this one may be the oldest.
pub(in super::super) fn since_first(one: &Difference) -> String {
    since_of(one, "the first of them")
}

fn since_of(one: &Difference, it: &str) -> String {
    let Some(Since { time, what }) = &one.since else { return "time not known".to_owned() };
    let time = minute(*time);
    match (what, one.kind, one.moved) {
        (SinceWhat::Written(_), _, Some(Moved::Files)) => {
            format!("as livevod left {it} on {time}; the files changed later")
        }
        (SinceWhat::Written(_), Kind::Appeared, _) => {
            format!("after {time}, when livevod deleted {it}")
        }
        (SinceWhat::Written(_), _, _) => format!("after {time}, when livevod last wrote {it}"),
        (SinceWhat::Created, Kind::Appeared, _) => format!("since {time}, when the service created {it}"),
        (SinceWhat::Created, _, _) => format!("after {time}, when the service created {it}"),
    }
}

/// How the moment is known, without it.
pub(super) fn since_kind(since: Option<&Since>) -> u8 {
    match since {
        None => 0,
        Some(Since { what: SinceWhat::Written(_), .. }) => 1,
        Some(Since { what: SinceWhat::Created, .. }) => 2,
    }
}

/// What records the address now, where that is news: for what is missing, and for what does not record by itself.
pub(in super::super) fn now(one: &Difference) -> Option<String> {
    let is_missing = matches!(one.kind, Kind::Deleted | Kind::Unfinished);
    let is_on_demand = one.recorder.as_ref().is_some_and(|recorder| !recorder.records_by_itself);
    (is_missing || is_on_demand).then(|| format!("now {}", recorded_by(one.recorder.as_ref(), &one.address)))
}

/// `in 3 configurations: 1 deleted outside the files, 2 not applied yet`
pub(super) fn counts(drift: &Drift) -> String {
    let mut counts = [0_usize; COUNTED.len()];
    for one in &drift.differences {
        counts[counted_as(one)] += 1;
    }
    let told = counts.iter().zip(COUNTED).filter(|(count, _)| **count > 0);
    let told: Vec<String> = told.map(|(count, words)| format!("{count} {words}")).collect();
    format!("in {}: {}", counted(drift.differences.len(), "configuration"), told.join(", "))
}

/// What is counted together, in this order.
const COUNTED: [&str; 10] = [
    "deleted outside the files",
    "missing",
    "changed outside the files",
    "with other settings",
    "appeared outside the files",
    "not declared",
    "that should not exist",
    "not applied yet",
    "can't be compared",
    "left unfinished by livevod",
];

fn counted_as(one: &Difference) -> usize {
    match (one.kind, one.moved) {
        (Kind::Unmanageable, _) => 8,
        (Kind::Unfinished, _) => 9,
        (_, Some(Moved::Files)) if one.is_planned => 7,
        (Kind::Deleted, Some(Moved::Service)) => 0,
        (Kind::Deleted, _) => 1,
        (Kind::Changed, Some(Moved::Service)) => 2,
        (Kind::Changed, _) => 3,
        (Kind::Appeared, Some(Moved::Service)) => 4,
        (Kind::Appeared, None) if one.place.is_some() => 6,
        (Kind::Appeared, _) => 5,
    }
}

/// The symbol, which carries the meaning without colour, and the colour.
pub(in super::super) fn mark(kind: Kind) -> (&'static str, Tone) {
    match kind {
        Kind::Deleted => ("-", Tone::Delete),
        Kind::Changed => ("~", Tone::Update),
        Kind::Appeared => ("+", Tone::Create),
        Kind::Unmanageable | Kind::Unfinished => ("!", Tone::Danger),
    }
}

/// What precedes the command that makes the service agree with the files.
pub(in super::super) fn to_revert(one: &Difference) -> &'static str {
    match one.moved {
        Some(Moved::Files) if one.is_planned => "To apply the files:",
        _ => "To revert it:",
    }
}

/// What precedes the YAML that makes the files agree with the service.
pub(in super::super) fn to_adopt(adoption: &Adoption) -> String {
    format!("To keep it, {}:", placed(adoption))
}

/// What precedes the entries of `accept`.
pub(in super::super) const TO_ACCEPT: &str =
    "To accept it for a while, add to `accept` at the top level of a file:";

/// What precedes the YAML that must be in the files before the command.
pub(in super::super) fn to_remove(adoption: &Adoption) -> String {
    format!("To delete it, {}:", placed(adoption))
}

fn placed(Adoption { lines, yaml: _ }: &Adoption) -> String {
    match lines {
        None => "add to the files".to_owned(),
        Some((file, lines)) if lines.is_empty() => format!("insert before line {} of {file}", lines.start),
        Some((file, lines)) if lines.len() == 1 => format!("change {file}:{} to", lines.start),
        Some((file, lines)) => format!("change {file}:{}-{} to", lines.start, lines.end - 1),
    }
}
