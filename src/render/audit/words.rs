//! The words of an audit.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::super::phrases::{counted, minute};
use super::super::style::Tone;
use crate::audit::{Audit, Kind, Reason, RuledBy, SessionAudit, Since, Unclear};
use crate::model::{Address, Period, length_text};

/// The symbol, which carries the meaning without colour, and the colour.
pub(in super::super) fn mark(verdict: Kind) -> (&'static str, Tone) {
    match verdict {
        Kind::Missing => ("!", Tone::Danger),
        Kind::Partly => ("~", Tone::Danger),
        Kind::Unknown => ("?", Tone::Warning),
        Kind::Pending => (".", Tone::Quiet),
        Kind::Recorded => ("+", Tone::Create),
        Kind::NotWanted => (".", Tone::Quiet),
    }
}

/// The verdict as a word for people.
pub(in super::super) fn name(verdict: Kind) -> &'static str {
    match verdict {
        Kind::Missing => "not recorded",
        Kind::Partly => "partly recorded",
        Kind::Unknown => "unknown",
        Kind::Pending => "pending",
        Kind::Recorded => "recorded",
        Kind::NotWanted => "not wanted",
    }
}

/// How long all of these are together.
fn total(periods: &[Period]) -> i64 {
    periods.iter().map(|period| period.length()).sum::<SignedDuration>().as_secs()
}

/// `2026-11-28 19:45 to 23:57 UTC`; on one day, the day is named once.
pub(in super::super) fn period(from: Timestamp, to: Timestamp) -> String {
    let day = |time: Timestamp| time.strftime("%Y-%m-%d").to_string();
    let start = from.strftime("%Y-%m-%d %H:%M").to_string();
    match day(from) == day(to) {
        true => format!("{start} to {} UTC", to.strftime("%H:%M")),
        false => format!("{start} to {}", minute(to)),
    }
}

/// When a session was on air: `2026-11-28 19:45 to 23:57 UTC, 4 h 12 min on air, via push.example.com`
pub(in super::super) fn when(one: &SessionAudit) -> String {
    let SessionAudit { ingest, aired, on_air, .. } = one;
    let span = span(one);
    let pauses = match on_air.len() {
        0 | 1 => String::new(),
        more => format!(" with {}", counted(more - 1, "interruption")),
    };
    let by: Vec<&str> = ingest.iter().map(String::as_str).collect();
    let by = if by.is_empty() { String::new() } else { format!(", via {}", by.join(" and ")) };
    format!("{span}: {} on air{pauses}{by}", length_text(*aired))
}

/// What became of a session, a lowercase fragment.
pub(in super::super) fn outcome(one: &SessionAudit) -> String {
    let lacks = || length_text(total(&one.lacks));
    match one.verdict {
        Kind::Missing => "not recorded: no recording is listed".to_owned(),
        Kind::Partly => {
            let missing = if one.layers > 1 { "not in every format" } else { "missing" };
            let spans: Vec<String> = one.lacks.iter().map(|lack| period(lack.from, lack.to)).collect();
            format!("partly recorded: {} {missing}, {}", lacks(), first_few(&spans))
        }
        Kind::Unknown if one.lacks.is_empty() => "unknown whether it was recorded".to_owned(),
        Kind::Unknown => format!("unknown whether {} of it were recorded", lacks()),
        Kind::Pending => "pending: its recordings need not be listed yet".to_owned(),
        Kind::Recorded => format!("recorded: {}", counted(one.recordings.len(), "recording")),
        Kind::NotWanted => match one.recordings.len() {
            0 => "not wanted, not recorded".to_owned(),
            some => format!("not wanted, but {} listed", are(some)),
        },
    }
}

fn are(count: usize) -> String {
    if count == 1 { "1 recording is".to_owned() } else { format!("{count} recordings are") }
}

/// What became of these sessions of one stream that need attention, each kind with how long: `1 session was not recorded
/// (4 h 12 min on air), 1 was recorded only partly (30 min missing)`
pub(in super::super) fn attention(sessions: &[&SessionAudit]) -> String {
    let of = |verdict: Kind| sessions.iter().filter(move |one| one.verdict == verdict);
    let aired = |verdict: Kind| length_text(of(verdict).map(|one| one.aired).sum());
    let missing = || length_text(of(Kind::Partly).map(|one| total(&one.lacks)).sum());
    let kinds = [Kind::Missing, Kind::Partly, Kind::Unknown].map(|verdict| (of(verdict).count(), verdict));
    let mut told: Vec<String> = Vec::new();
    for (count, verdict) in kinds.into_iter().filter(|(count, _)| *count > 0) {
        let sessions = if told.is_empty() { counted(count, "session") } else { count.to_string() };
        let was = if count == 1 { "was" } else { "were" };
        let is = if count == 1 { "is" } else { "are" };
        told.push(match verdict {
            Kind::Partly => format!("{sessions} {was} recorded only partly ({} missing)", missing()),
            Kind::Unknown if told.is_empty() => {
                format!("unknown whether {sessions} {was} recorded ({} on air)", aired(verdict))
            }
            Kind::Unknown => format!("{sessions} {is} unknown ({} on air)", aired(verdict)),
            _ => format!("{sessions} {was} not recorded ({} on air)", aired(verdict)),
        });
    }
    told.join(", ")
}

/// When these sessions were on air: the first three, and how many more.
pub(in super::super) fn times(sessions: &[&SessionAudit]) -> String {
    let mut sessions = sessions.to_vec();
    sessions.sort_by_key(|one| one.began);
    first_few(&sessions.iter().map(|one| span(one)).collect::<Vec<_>>())
}

/// From when to when a session was on air.
fn span(SessionAudit { began, ended, .. }: &SessionAudit) -> String {
    match ended {
        Some(ended) => period(*began, *ended),
        None => format!("since {}, still on air", minute(*began)),
    }
}

/// The first three, and how many more.
fn first_few(all: &[String]) -> String {
    match all {
        [one, two, three, rest @ ..] if !rest.is_empty() => {
            format!("{one}, {two}, {three} and {} more", rest.len())
        }
        few => few.join(", "),
    }
}

/// Why, a lowercase fragment; empty if there is nothing to say.
pub(in super::super) fn reason(one: &SessionAudit) -> String {
    let own = one.address.within_domain();
    let near = one.near.as_ref().map(|near| {
        format!(
            "; `{}` is declared, and the names differ only in case, `-` and `_`, or spaces",
            near.within_domain()
        )
    });
    let said = match &one.reason {
        Reason::Ruled => match (&one.ruled_by, one.verdict) {
            (Some(by), Kind::Missing | Kind::Partly) => format!("{} should have recorded it", ruler(by, &own)),
            (Some(by), _) => format!("{} records it", ruler(by, &own)),
            (None, _) => String::new(),
        },
        Reason::NoConfiguration => "no configuration applied to it".to_owned(),
        Reason::ConfiguredAfter { address, time } => format!(
            "no configuration applied to it when it began: `{}` was created at {}, and applies from the next publish on",
            address.within_domain(),
            minute(*time)
        ),
        Reason::OnDemand(demand) => {
            let how = match demand {
                1 => "only if the callback for recordings on demand asks for it",
                2 => "only if the ingest URL asks for it",
                _ => "only when RealTimeRecordCommand starts it",
            };
            let ruler = one.ruled_by.as_ref().map(|by| ruler(by, &own));
            format!("{} records it {how} (on_demand {demand})", ruler.unwrap_or("its configuration".to_owned()))
        }
        Reason::Content => {
            "its configuration does not record this kind of stream (record_content, transcode_templates)".to_owned()
        }
        Reason::Ignored => "the files ignore it".to_owned(),
        Reason::Unread(what) => what.clone(),
        Reason::Unclear(unclear) => self::unclear(unclear),
        Reason::TooShort => "it is too short to tell: the times of recordings may be off by a minute".to_owned(),
        Reason::BeganBefore => "it may have begun before the period: audit a longer one (`--since`)".to_owned(),
        Reason::Alike { expected } => format!(
            "recordings are listed, but the list does not tell whether all {expected} formats and streams are among them"
        ),
        Reason::Interruption => {
            "the gap is no longer than an interruption that the service waits out, and the publish list may not show such interruptions"
                .to_owned()
        }
        Reason::UnderItsSource => {
            "its recordings may be listed under the name of the stream that it was transcoded from".to_owned()
        }
        Reason::SharedIngest => {
            "its recordings may belong to another domain that has the same ingest domain".to_owned()
        }
    };
    format!("{said}{}", near.unwrap_or_default())
}

/// `` `show/*`, as it stands since 2026-11-01 08:00 UTC, `` or its own.
fn ruler(RuledBy { address, since }: &RuledBy, own: &str) -> String {
    let name = address.within_domain();
    let who = if name == own { "its configuration".to_owned() } else { format!("`{name}`") };
    match since {
        Since::Written(time) => format!("{who} (written by livevod at {})", minute(*time)),
        Since::Created(time) => format!("{who} (created at {})", minute(*time)),
    }
}

/// Why it is not known what ruled, a lowercase fragment.
pub(in super::super) fn unclear(unclear: &Unclear) -> String {
    let name = |address: &Address| format!("`{}`", address.within_domain());
    match unclear {
        Unclear::Unread => "the configurations of its domain could not be read".to_owned(),
        Unclear::AtThatMoment(address) => {
            format!("{} was changed at about the time when it began", name(address))
        }
        Unclear::Changed(address) => {
            format!("{} was changed outside livevod at an unknown time", name(address))
        }
        Unclear::UnknownWrite(address) => format!("the outcome of a write to {} is unknown", name(address)),
        Unclear::NoCreateTime(address) => {
            format!("the service does not tell when {} was created", name(address))
        }
        Unclear::Resumed(address) => format!(
            "it was interrupted briefly, and {} had another configuration when it came back",
            name(address)
        ),
        Unclear::JournalUnread => "a journal can't be read, so what livevod wrote is not known".to_owned(),
        Unclear::NoSource(address) => {
            format!("the name of {} does not tell which stream it was transcoded from", name(address))
        }
    }
}

/// The first thing to do, a whole sentence; `None` if nothing is to be done.
pub(in super::super) fn advice(one: &SessionAudit) -> Option<String> {
    let own = one.address.within_domain();
    match (&one.reason, one.verdict) {
        (_, Kind::Pending | Kind::Recorded | Kind::NotWanted) => None,
        (Reason::NoConfiguration, _) => Some(match &one.near {
            Some(near) => format!("Publish it as `{}`, or declare `{own}` too.", near.within_domain()),
            None => {
                format!("Declare `{own}`, or `\"*\"` in its app, and apply before it is published again.")
            }
        }),
        (Reason::ConfiguredAfter { .. }, _) => Some("Publish it again, so that it is recorded.".to_owned()),
        (Reason::OnDemand(_), _) => Some("Set `on_demand: 0`, so that it is always recorded.".to_owned()),
        (Reason::Ruled, Kind::Missing) => Some(format!(
            "Check that its transcode group exists and that VOD is active: `livevod validate --online`, `livevod explain {} --online`.",
            one.address
        )),
        _ => None,
    }
}

/// How many of these have each verdict, the worst first: `1 not recorded, 12 recorded`
pub(in super::super) fn verdicts<'s>(sessions: impl IntoIterator<Item = &'s SessionAudit>) -> String {
    let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
    for one in sessions {
        *counts.entry(one.verdict).or_default() += 1;
    }
    let told = counts.iter().map(|(verdict, count)| format!("{count} {}", name(*verdict)));
    told.collect::<Vec<_>>().join(", ")
}

/// `16 sessions, 31 h 20 min on air: 1 not recorded, 12 recorded, 3 not wanted.`
pub(in super::super) fn totals(audit: &Audit) -> String {
    let sessions = &audit.sessions;
    match (sessions.is_empty(), audit.is_complete()) {
        (true, true) => return "Nothing was on air.".to_owned(),
        (true, false) => return "Not known: not everything could be read.".to_owned(),
        (false, _) => {}
    }
    let unread = if audit.is_complete() { "" } else { " Not everything could be read." };
    let aired = length_text(sessions.iter().map(|one| one.aired).sum());
    format!("{}, {aired} on air: {}.{unread}", counted(sessions.len(), "session"), verdicts(sessions))
}

/// The totals of `audit --pending`: `2 of 5 streams on air keep an old configuration until they are published again.`
pub(in super::super) fn outdated(audit: &Audit) -> String {
    let on_air = audit.sessions.iter().filter(|one| one.ended.is_none()).count();
    let count = |outdated| audit.sessions.iter().filter(|one| one.outdated == outdated).count();
    let (old, unknown) = (count(Some(true)), count(None));
    let all = counted(on_air, "stream");
    let unknown = match unknown {
        0 => String::new(),
        some => format!(
            " It is not known under which configuration {} on air.",
            if some == 1 { "1 is".to_owned() } else { format!("{some} are") }
        ),
    };
    let told = match (old, on_air) {
        (0, 0) => "Nothing is on air.".to_owned(),
        (0, _) if unknown.is_empty() => format!("{all} on air, each with its configuration of today."),
        (0, _) => format!("{all} on air; none is known to keep an old configuration."),
        (1, _) => format!("1 of {all} on air keeps an old configuration until it is published again."),
        _ => format!("{old} of {all} on air keep an old configuration until they are published again."),
    };
    told + &unknown
}

/// Under which configuration a stream is on air, a lowercase fragment; for `audit --pending`.
pub(in super::super) fn keeps(one: &SessionAudit) -> String {
    match (&one.ruled_by, &one.reason) {
        (Some(by), _) => {
            format!("keeps {}, which has changed since", ruler(by, &one.address.within_domain()))
        }
        (None, Reason::Unclear(unclear)) => {
            format!("not known under which configuration: {}", self::unclear(unclear))
        }
        (None, _) => "began without a configuration, and is not recorded".to_owned(),
    }
}

/// What follows the totals where something is missing: what that means.
pub(in super::super) const MEANING: &str =
    "Not recorded means that VOD lists no recording; one that was deleted in VOD is not listed either.";
