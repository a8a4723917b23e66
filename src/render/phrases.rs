//! Phrases that several formats share, each defined once.

use jiff::Timestamp;

use super::style::Tone;
use crate::apply::journal::End;
use crate::gate::clean;
use crate::model::Address;
use crate::plan::{
    ActionKind, Budget, Contingent, Coverage, FieldOrigin, Guard, Held, OnAirStream, Recorder,
    UndeclaredDomain, relation,
};
use crate::resolve::OriginKind;

/// For a field that an update can't change.
pub(super) const FORCES_REPLACEMENT: &str = "forces replacement";

/// For a change after which the stream is no longer recorded automatically.
pub(super) const STOPS_RECORDING: &str = "no longer recorded automatically";

/// For a change that the files of the target branch also ask for.
pub(super) const PENDING_BEFORE: &str = "already pending";

/// For a domain that is missing from the plan.
pub(super) const UNREAD: &str = "could not be read: the plan is incomplete";

/// What is said of an address that nothing records.
pub(super) const NOT_RECORDED: &str = "NOT RECORDED";

/// The sentence at the end of every plan with changes, and of every report of writes.
pub(super) const STREAMS_ON_AIR: &str =
    "Streams on air are presumed to keep their old configuration until they are published again.";

/// The same sentence where it is known how many streams on air are concerned.
pub(super) fn streams_on_air(count: usize) -> String {
    match count {
        0 => STREAMS_ON_AIR.to_owned(),
        1 => "1 of these streams is on air and keeps its old configuration until it is published again."
            .to_owned(),
        more => format!(
            "{more} of these streams are on air and keep their old configuration until they are published again."
        ),
    }
}

/// What follows the number of those streams, where they are listed.
pub(super) const ON_AIR: &str = "on air";

/// `live.example.com/show/cam1 (since 2026-11-27 10:02 UTC)`
pub(super) fn with_time(OnAirStream { address, since, before: _, after: _ }: &OnAirStream) -> String {
    format!("{address} (since {})", minute(*since))
}

/// `2026-11-27 10:02:11 UTC`
pub(super) fn moment(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `2026-11-27 10:02 UTC`
pub(super) fn minute(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// `by ann`, `commit 4f1c2d3`; `None` if it is not known.
pub(super) fn known(word: &str, name: Option<&String>) -> Option<String> {
    name.map(|name| format!("{word} {}", clean(name)))
}

/// `1 read`, `2 reads`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// `account 1234567890123456`; `mark` formats the id.
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

/// The symbol and colour of a change's outcome: the action's own if it is done, else `!`. Without an outcome, a write may
/// have been sent or not.
pub(super) fn outcome_mark(action: ActionKind, outcome: Option<End>, sent: bool) -> (&'static str, Tone) {
    match outcome {
        Some(End::Done) => (symbol(action), tone(action)),
        Some(End::Failed | End::Unknown) => ("!", Tone::Danger),
        Some(End::NotAttempted) => ("!", Tone::Warning),
        None => ("!", if sent { Tone::Danger } else { Tone::Warning }),
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
    let place = place.as_ref().map(|place| (place.file.as_str(), place.start.line));
    origin_words(*kind, tier.as_deref(), place)
}

/// The same for a value in a line of a file.
pub(super) fn origin_words(kind: OriginKind, tier: Option<&str>, place: Option<(&str, u32)>) -> String {
    let (block, tier) = match (kind, tier) {
        (OriginKind::Tier, Some(tier)) => (" tier ", tier),
        (OriginKind::App, _) => (" app defaults", ""),
        (OriginKind::Domain, _) => (" domain defaults", ""),
        (OriginKind::Defaults, _) => (" defaults", ""),
        (
            OriginKind::Stream
            | OriginKind::Tier
            | OriginKind::Default
            | OriginKind::Service
            | OriginKind::Snapshot,
            _,
        ) => ("", ""),
    };
    match (place, kind) {
        (Some((file, line)), _) => clean(&format!("{file}:{line}{block}{tier}")),
        (None, OriginKind::Service) => "left to the service".to_owned(),
        (None, _) => "not written".to_owned(),
    }
}

/// Which configuration records the address before and after, and if it does so automatically, in words.
pub(super) fn coverage_text(coverage: &Coverage, address: &Address, action: ActionKind) -> String {
    let Coverage { before, after } = coverage;
    let now = recorded_by(before.as_ref(), address);
    let then = recorded_by(after.as_ref(), address);
    match (action, before, after) {
        (ActionKind::Create, _, Some(Recorder { records_by_itself: false, .. })) => {
            format!("currently {now}, then {then}")
        }
        (ActionKind::Create, _, _) => format!("currently {now}"),
        (ActionKind::Delete, _, _) => format!("then {then}"),
        (ActionKind::Update | ActionKind::Replace, before, after) if before == after => now,
        (ActionKind::Update | ActionKind::Replace, Some(before), Some(after))
            if before.other == after.other =>
        {
            format!(
                "{now}, then {}",
                if after.records_by_itself { "automatically" } else { "only on demand" }
            )
        }
        (ActionKind::Update | ActionKind::Replace, _, _) => format!("{now}, then {then}"),
    }
}

/// `recorded by show/*`, `recorded only on demand by show/*`, `NOT RECORDED`.
pub(super) fn recorded_by(recorder: Option<&Recorder>, address: &Address) -> String {
    recorder.map_or(NOT_RECORDED.to_owned(), |recorder| {
        format!("{} by {}", recorded(recorder.records_by_itself), relation(recorder.at(address), address))
    })
}

/// `recorded`, or `recorded only on demand`.
pub(super) fn recorded(records_by_itself: bool) -> &'static str {
    if records_by_itself { "recorded" } else { "recorded only on demand" }
}

/// `the changes take at least 7 reads, 4 writes and 9 s at the configured rate`.
pub(super) fn cost(budget: Budget) -> String {
    let Budget { reads, writes, seconds } = budget;
    let count = |calls: u64| usize::try_from(calls).unwrap_or(usize::MAX);
    let (reads, writes) = (counted(count(reads), "read"), counted(count(writes), "write"));
    match seconds {
        0 => format!("the changes take at least {reads} and {writes}"),
        _ => format!("the changes take at least {reads}, {writes} and {seconds} s at the configured rate"),
    }
}

/// `refused (limits): …; --max-delete 3 allows it`; `others` counts the refusals that it stands for besides its own.
pub(super) fn refusal(held: &Held, others: usize) -> String {
    let Held { guard, address, message, release } = held;
    let release = released_by(*guard, release.as_deref(), str::to_owned);
    let more = if others > 0 { format!(" and {others} more") } else { String::new() };
    let says = match address {
        Some(address) => format!("{address}{more}: {message}"),
        None if others > 0 => format!("{message};{more} like this"),
        None => message.clone(),
    };
    format!("refused ({}): {says}; {release}", guard.name())
}

/// `--max-delete 3 allows it`, or what to do if no flag does; `mark` formats the flag.
pub(super) fn released_by(guard: Guard, flag: Option<&str>, mark: impl Fn(&str) -> String) -> String {
    flag.map_or_else(|| without_flag(guard).to_owned(), |flag| format!("{} allows it", mark(flag)))
}

/// What to do about a refusal that no flag allows, without backticks.
fn without_flag(guard: Guard) -> &'static str {
    match guard {
        Guard::Account => "no flag allows it: use credentials of the declared account",
        Guard::Digest => "no flag allows it: have this plan reviewed",
        Guard::Stale => "no flag allows it: make a new plan and have it reviewed",
        Guard::Protect => "no flag allows it: if it is intended, remove the pattern from the files",
        Guard::Empty
        | Guard::AppWide
        | Guard::OnAir
        | Guard::ReplayLoss
        | Guard::RecordingGap
        | Guard::RecordingStop
        | Guard::Writes
        | Guard::Limits => "no flag allows it",
    }
}

/// `first and 3 more`; `mark` formats the first.
pub(super) fn first_and_more<T: ToString>(names: &[T], mark: impl Fn(&str) -> String) -> String {
    match names {
        [] => String::new(),
        [one] => mark(&one.to_string()),
        [first, rest @ ..] => format!("{} and {} more", mark(&first.to_string()), rest.len()),
    }
}

/// A sentence: `code` formats the text between backticks, `words` the rest. With an unpaired backtick, all of it is
/// words.
pub(super) fn marked(text: &str, words: impl Fn(&str) -> String, code: impl Fn(&str) -> String) -> String {
    let pieces: Vec<&str> = text.split('`').collect();
    let is_marked = pieces.len() % 2 == 1;
    let piece = |(at, piece): (usize, &&str)| match is_marked && at % 2 == 1 {
        true => code(piece),
        false => words(piece),
    };
    pieces.iter().enumerate().map(piece).collect()
}

/// For an address that livevod can't manage.
pub(super) fn unmanageable(reason: &str) -> String {
    format!("can't be managed: {reason}; not attempted")
}

/// A write that is sent only if a step fails.
pub(super) fn contingency(contingent: Contingent) -> &'static str {
    match contingent {
        Contingent::AddBack => "if the Add fails, livevod adds the old configuration back",
        Contingent::AddSiblingsBack => {
            "if the service also deletes configurations beside it, livevod adds them back"
        }
    }
}

/// What follows the number of configurations that no file declares.
pub(super) const UNMANAGED: &str = "unmanaged, left alone";

/// The heading of the differences that `accept` covers.
pub(super) fn accepted_title(count: usize) -> String {
    format!(
        "{}, left {}",
        counted(count, "accepted difference"),
        if count == 1 { "as it is" } else { "as they are" }
    )
}

/// What precedes the command that adds those configurations to the files.
pub(super) const ADD_UNMANAGED: &str = "To add them to the files as they are:";

/// What follows the number of domains that hold configurations although no file names them.
pub(super) fn undeclared_title(domains: &[UndeclaredDomain]) -> &'static str {
    match domains.len() {
        1 => "domain that no file names holds configurations",
        _ => "domains that no file names hold configurations",
    }
}

/// `a.example.com (3)`: a domain, and how many configurations it holds.
pub(super) fn with_count(UndeclaredDomain { domain, configurations }: &UndeclaredDomain) -> String {
    format!("{domain} ({configurations})")
}
