//! The words that several formats say in the same way, each of them once.

use super::style::Tone;
use crate::gate::clean;
use crate::model::Address;
use crate::plan::{ActionKind, Budget, Contingent, Coverage, FieldOrigin, Held, relation};
use crate::resolve::OriginKind;

/// What is said of a field that an update can't change.
pub(super) const FORCES_REPLACEMENT: &str = "forces replacement";

/// What is said of a change that loses its own recording.
pub(super) const STOPS_RECORDING: &str = "not recorded by itself any more";

/// What is said of a change that the files of the target branch ask for too.
pub(super) const PENDING_BEFORE: &str = "pending before";

/// What is said of a domain that the plan lacks.
pub(super) const UNREAD: &str = "could not be read: the plan is incomplete";

/// The sentence that plan and report end with.
pub(super) const STREAMS_ON_AIR: &str =
    "Streams on air are presumed to keep their old configuration until they are published again.";

/// `1 read`, `2 reads`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// `account 1234567890123456`; `mark` writes the id.
pub(super) fn account(id: Option<&str>, mark: impl Fn(&str) -> String) -> String {
    id.map_or("no account declared".to_owned(), |id| format!("account {}", mark(id)))
}

/// The action in Terraform's words.
pub(super) fn sentence(action: ActionKind) -> &'static str {
    match action {
        ActionKind::Create => "will be created",
        ActionKind::Update => "will be updated in-place",
        ActionKind::Replace => "must be replaced",
        ActionKind::Delete => "will be destroyed",
    }
}

/// The action's symbol, which carries the meaning without colour.
pub(super) fn symbol(action: ActionKind) -> &'static str {
    match action {
        ActionKind::Create => "+",
        ActionKind::Update => "~",
        ActionKind::Replace => "-/+",
        ActionKind::Delete => "-",
    }
}

/// The action's colour.
pub(super) fn tone(action: ActionKind) -> Tone {
    match action {
        ActionKind::Create => Tone::Create,
        ActionKind::Update => Tone::Update,
        ActionKind::Replace | ActionKind::Delete => Tone::Delete,
    }
}

/// `livevod.yaml:18 tier vip`, `not written`.
pub(super) fn origin_text(origin: &FieldOrigin) -> String {
    let FieldOrigin { kind, tier, place, via: _ } = origin;
    let block = match (kind, tier) {
        (OriginKind::Tier, Some(tier)) => format!(" tier {tier}"),
        (OriginKind::App, _) => " app defaults".to_owned(),
        (OriginKind::Domain, _) => " domain defaults".to_owned(),
        (OriginKind::Defaults, _) => " defaults".to_owned(),
        (
            OriginKind::Stream
            | OriginKind::Tier
            | OriginKind::Default
            | OriginKind::Service
            | OriginKind::Snapshot,
            _,
        ) => String::new(),
    };
    match (place, kind) {
        (Some(place), _) => clean(&format!("{}:{}{block}", place.file, place.start.line)),
        (None, OriginKind::Service) => "left to the service".to_owned(),
        (None, _) => "not written".to_owned(),
    }
}

/// Who records the address before and after, in words.
pub(super) fn coverage_text(coverage: &Coverage, address: &Address, action: ActionKind) -> String {
    let Coverage { before, after } = coverage;
    let name = |ruler: &Option<Address>| {
        ruler
            .as_ref()
            .map_or("NOT RECORDED".to_owned(), |ruler| format!("ruled by {}", relation(ruler, address)))
    };
    let (before, after) = (name(before), name(after));
    match action {
        ActionKind::Create => format!("until now {before}"),
        ActionKind::Delete => format!("then {after}"),
        ActionKind::Update | ActionKind::Replace if before == after => after,
        ActionKind::Update | ActionKind::Replace => format!("{before}, then {after}"),
    }
}

/// `7 reads and 4 writes at least, not under 9 s at this rate`.
pub(super) fn cost(budget: Budget) -> String {
    let Budget { reads, writes, seconds } = budget;
    let count = |calls: u64| usize::try_from(calls).unwrap_or(usize::MAX);
    let calls = format!("{} and {} at least", counted(count(reads), "read"), counted(count(writes), "write"));
    if seconds > 0 { format!("{calls}, not under {seconds} s at this rate") } else { calls }
}

/// `refused (limits): …; released by --max-delete 3`. It stands for so many `others` too.
pub(super) fn refusal(held: &Held, others: usize) -> String {
    let Held { guard, address, message, release } = held;
    let subject = address.as_ref().map(|address| format!("{address}: ")).unwrap_or_default();
    let release = released_by(release.as_deref(), str::to_owned);
    let others = if others > 0 { format!(", and {others} more") } else { String::new() };
    format!("refused ({}): {subject}{message}{others}; {release}", guard.name())
}

/// `released by --max-delete 3`; `mark` writes the flag.
pub(super) fn released_by(flag: Option<&str>, mark: impl Fn(&str) -> String) -> String {
    flag.map_or("nothing releases it".to_owned(), |flag| format!("released by {}", mark(flag)))
}

/// `first and 3 more`; `mark` writes the first.
pub(super) fn first_and_more<T: ToString>(names: &[T], mark: impl Fn(&str) -> String) -> String {
    match names {
        [] => String::new(),
        [one] => mark(&one.to_string()),
        [first, rest @ ..] => format!("{} and {} more", mark(&first.to_string()), rest.len()),
    }
}

/// A sentence: what stands between its backticks as `code` writes it, the rest as `words` does. A backtick without its other
/// half marks nothing.
pub(super) fn marked(text: &str, words: impl Fn(&str) -> String, code: impl Fn(&str) -> String) -> String {
    let pieces: Vec<&str> = text.split('`').collect();
    let is_marked = pieces.len() % 2 == 1;
    let piece = |(at, piece): (usize, &&str)| match is_marked && at % 2 == 1 {
        true => code(piece),
        false => words(piece),
    };
    pieces.iter().enumerate().map(piece).collect()
}

/// What is said of an address that livevod can't manage.
pub(super) fn unmanageable(reason: &str) -> String {
    format!("can't be managed: {reason}; not attempted")
}

/// What is written only if a step goes wrong.
pub(super) fn contingency(contingent: Contingent) -> &'static str {
    match contingent {
        Contingent::AddBack => "if the Add fails: add the old one back",
        Contingent::AddSiblingsBack => "if the service takes entries beside it along: add them back",
    }
}
