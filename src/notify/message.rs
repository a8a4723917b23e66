//! The words of a message, before any markup.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::audited::Lost;
use super::link::Link;
use super::summary::{Difference, FieldDifference, Found, Outcome, Summary};
use crate::audit::Kind;
use crate::drift::Moved;
use crate::gate::clean;
use crate::model::{Address, length_text};

/// The most addresses that a message for people lists.
pub(super) const MOST: usize = 20;

/// How many settings of one configuration are listed.
const SETTINGS: usize = 4;

/// How many domains that could not be read are listed.
const DOMAINS: usize = 10;

/// The longest value, in characters; addresses and settings can be far longer.
const LENGTH: usize = 120;

/// The longest description of a problem, in characters.
const PROBLEM_LENGTH: usize = 300;

/// What a receiver is told.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The name of the check.
    pub check: &'a str,
    /// What it found.
    pub summary: &'a Summary,
    /// The result that the receiver was told last.
    pub before: Option<Outcome>,
    /// Where to look.
    pub link: Option<&'a Link>,
}

/// One configuration that differs, or one stream that is not recorded, in words.
pub(super) struct Row {
    pub(super) address: String,
    /// livevod's own words.
    pub(super) what: &'static str,
    /// The names and values that complete them.
    pub(super) detail: String,
    /// Who may have done it; empty if that was not asked for, or is not known.
    pub(super) who: String,
}

impl Message<'_> {
    /// The first line.
    pub(super) fn title(&self) -> String {
        let Summary { outcome, found, unread, .. } = self.summary;
        let domains = if unread.len() == 1 { "domain" } else { "domains" };
        let unread = match unread.len() {
            0 => String::new(),
            count => format!(": {count} {domains} could not be read"),
        };
        match (outcome, found) {
            (Outcome::Clean, Found::Drift { .. }) if self.before == Some(Outcome::Drift) => {
                "livevod: the service matches the files again".to_owned()
            }
            (Outcome::Clean, Found::Drift { .. }) => {
                "livevod: the drift check is complete again, and the service matches the files".to_owned()
            }
            (Outcome::Clean, Found::Audit { .. }) if self.before == Some(Outcome::NotRecorded) => {
                "livevod: everything that should be recorded is recorded again".to_owned()
            }
            (Outcome::Clean, Found::Audit { .. }) => {
                "livevod: the audit is complete again, and everything that should be recorded is".to_owned()
            }
            (Outcome::Drift | Outcome::NotRecorded, Found::Drift { differences, domains: _ }) => {
                let differ =
                    if differences.len() == 1 { "configuration differs" } else { "configurations differ" };
                format!("livevod found drift: {} {differ} from the files", differences.len())
            }
            (Outcome::Drift | Outcome::NotRecorded, Found::Audit { lost, domains: _ }) => {
                format!("livevod: {}", told(lost))
            }
            (Outcome::Incomplete, found) => format!("livevod: the {} is incomplete{unread}", name(found)),
            (Outcome::Failed, Found::Drift { .. }) => {
                "livevod: the drift check failed: nothing was compared".to_owned()
            }
            (Outcome::Failed, Found::Audit { .. }) => {
                "livevod: the audit failed: nothing was judged".to_owned()
            }
        }
    }

    /// Where, and what else a reader should know: each fact with its name.
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        let Summary { target, account, found, unread, problem, .. } = self.summary;
        let listed: Vec<String> = unread.iter().take(DOMAINS).map(|domain| short(domain)).collect();
        let more = unread.len() - listed.len();
        let listed = listed.join(", ");
        let unread = match more {
            0 => listed,
            more => format!("{listed} and {more} more"),
        };
        let check = (self.check != target).then(|| ("Check", short(self.check)));
        let facts = check.into_iter().chain([("Service", short(target))]);
        let facts = facts.chain(account.as_deref().map(|account| ("Account", short(account))));
        let facts = facts.chain(missing(found));
        let facts = facts.chain((!unread.is_empty()).then_some(("Not read", unread)));
        facts.chain(problem.as_ref().map(|(_, message)| ("Problem", cut(message, PROBLEM_LENGTH)))).collect()
    }

    /// The first configurations or streams, at most [`MOST`].
    pub(super) fn rows(&self) -> Vec<Row> {
        match &self.summary.found {
            Found::Drift { differences, domains: _ } => differences.iter().take(MOST).map(row).collect(),
            Found::Audit { lost, domains: _ } => by_stream(lost).into_iter().take(MOST).map(stream).collect(),
        }
    }

    /// `and 12 more`, if only `shown` of them are listed and there are more.
    pub(super) fn rest(&self, shown: usize) -> Option<String> {
        let all = match &self.summary.found {
            Found::Drift { differences, domains: _ } => differences.len(),
            Found::Audit { lost, domains: _ } => by_stream(lost).len(),
        };
        let rest = all - shown;
        (rest > 0)
            .then(|| if shown == 0 { format!("{rest} not listed here") } else { format!("and {rest} more") })
    }
}

/// The name of the check in a sentence.
fn name(found: &Found) -> &'static str {
    match found {
        Found::Drift { .. } => "drift check",
        Found::Audit { .. } => "audit",
    }
}

/// `3 sessions were not recorded, 1 only partly`
fn told(lost: &[Lost]) -> String {
    let count = |verdict: Kind| lost.iter().filter(|one| one.verdict == verdict).count();
    let sessions =
        |count: usize| if count == 1 { "1 session".to_owned() } else { format!("{count} sessions") };
    let was = |count: usize| if count == 1 { "was" } else { "were" };
    match [Kind::Missing, Kind::Partly, Kind::Unknown].map(count) {
        [0, 0, unknown] => format!("it is unknown whether {} {} recorded", sessions(unknown), was(unknown)),
        [0, partly, unknown] => {
            format!(
                "{} {} recorded only partly{}",
                sessions(partly),
                was(partly),
                besides(unknown, "unknown")
            )
        }
        [missing, partly, unknown] => format!(
            "{} {} not recorded{}{}",
            sessions(missing),
            was(missing),
            besides(partly, "only partly"),
            besides(unknown, "unknown")
        ),
    }
}

fn besides(count: usize, words: &str) -> String {
    if count == 0 { String::new() } else { format!(", {count} {words}") }
}

/// How long, and since when: `4 h 12 min since 2026-11-28 19:45 UTC`
fn missing(found: &Found) -> Option<(&'static str, String)> {
    let Found::Audit { lost, domains: _ } = found else { return None };
    let first = lost.iter().map(|one| one.began).min()?;
    let seconds = lost.iter().map(|one| one.seconds).sum();
    let is_known = lost.iter().all(|one| one.verdict != Kind::Unknown);
    Some((if is_known { "Missing" } else { "Missing or unknown" }, since(seconds, first)))
}

/// The sessions of each stream with its worst verdict, the worst and longest first.
fn by_stream(lost: &[Lost]) -> Vec<(&Address, Vec<&Lost>)> {
    let mut streams: BTreeMap<&Address, Vec<&Lost>> = BTreeMap::new();
    for one in lost {
        streams.entry(&one.address).or_default().push(one);
    }
    let mut streams: Vec<_> = streams.into_iter().collect();
    let seconds = |sessions: &[&Lost]| sessions.iter().map(|one| one.seconds).sum::<i64>();
    streams.sort_by_key(|(_, sessions)| {
        (sessions.iter().map(|one| one.verdict).min(), std::cmp::Reverse(seconds(sessions)))
    });
    streams
}

fn since(seconds: i64, first: Timestamp) -> String {
    format!("{} since {}", length_text(seconds), first.strftime("%Y-%m-%d %H:%M UTC"))
}

fn stream((address, sessions): (&Address, Vec<&Lost>)) -> Row {
    let what = match sessions.iter().map(|one| one.verdict).min() {
        Some(Kind::Missing) => "was not recorded:",
        Some(Kind::Partly) => "was recorded only partly:",
        _ => "may not have been recorded:",
    };
    let seconds = sessions.iter().map(|one| one.seconds).sum();
    let first = sessions.iter().map(|one| one.began).min().unwrap_or_default();
    let times = if sessions.len() == 1 { String::new() } else { format!("{} sessions, ", sessions.len()) };
    let near = sessions.iter().find_map(|one| one.near.as_ref());
    let near = near.map(|near| format!("; {} is declared", short(&near.within_domain()))).unwrap_or_default();
    let detail = format!("{times}{}{near}", since(seconds, first));
    Row { address: short(&address.to_string()), what, detail, who: String::new() }
}

fn row(difference: &Difference) -> Row {
    let Difference { address, kind: _, moved, what, fields, detail, who } = difference;
    let detail = match detail {
        Some(detail) => short(detail),
        None => settings(fields, *moved),
    };
    let who = who.as_deref().map(short).unwrap_or_default();
    Row { address: short(&address.to_string()), what, detail, who }
}

/// `cycle_duration 30m → 6h`: what the files say, then what the service has. What the files changed is marked where somebody
/// changed the rest outside of them.
fn settings(fields: &[FieldDifference], all: Option<Moved>) -> String {
    let setting = |FieldDifference { field, declared, actual, moved }: &FieldDifference| {
        let is_other = all != Some(Moved::Files) && *moved == Some(Moved::Files);
        let note = if is_other { " (not applied yet)" } else { "" };
        format!("{field} {} → {}{note}", short(declared), short(actual))
    };
    let listed: Vec<String> = fields.iter().take(SETTINGS).map(setting).collect();
    let more = fields.len() - listed.len();
    let more = if more == 0 { String::new() } else { format!(" and {more} more settings") };
    listed.join(", ") + &more
}

/// One line without control characters, cut to a length that leaves room for others.
fn short(text: &str) -> String {
    cut(text, LENGTH)
}

fn cut(text: &str, length: usize) -> String {
    let text = clean(text);
    match text.char_indices().nth(length) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
