//! The words of a message, before any markup.

use super::link::Link;
use super::summary::{Difference, DifferenceKind, FieldDifference, Outcome, Summary};
use crate::gate::clean;

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

/// One difference in words.
pub(super) struct Row {
    pub(super) address: String,
    /// livevod's own words.
    pub(super) what: &'static str,
    /// The names and values that complete them.
    pub(super) detail: String,
}

impl Message<'_> {
    /// The first line.
    pub(super) fn title(&self) -> String {
        let Summary { outcome, differences, unread, .. } = self.summary;
        match outcome {
            Outcome::Clean if self.before == Some(Outcome::Drift) => {
                "livevod: no more drift, the service matches the files again".to_owned()
            }
            Outcome::Clean => {
                "livevod: the drift check is complete again, and the service matches the files".to_owned()
            }
            Outcome::Drift => {
                let differ =
                    if differences.len() == 1 { "configuration differs" } else { "configurations differ" };
                format!("livevod: drift, {} {differ} from the files", differences.len())
            }
            Outcome::Incomplete if unread.is_empty() => "livevod: the drift check is incomplete".to_owned(),
            Outcome::Incomplete => {
                let domains = if unread.len() == 1 { "domain" } else { "domains" };
                format!(
                    "livevod: the drift check is incomplete, {} {domains} could not be read",
                    unread.len()
                )
            }
            Outcome::Failed => "livevod: the drift check failed, nothing was compared".to_owned(),
        }
    }

    /// Where, and what else a reader should know: each fact with its name.
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        let Summary { target, account, unread, problem, .. } = self.summary;
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
        let facts = facts.chain((!unread.is_empty()).then_some(("Not read", unread)));
        facts.chain(problem.as_ref().map(|(_, message)| ("Problem", cut(message, PROBLEM_LENGTH)))).collect()
    }

    /// The first differences, at most [`MOST`].
    pub(super) fn rows(&self) -> Vec<Row> {
        self.summary.differences.iter().take(MOST).map(row).collect()
    }

    /// `and 12 more`, if only `shown` differences are listed and there are more.
    pub(super) fn rest(&self, shown: usize) -> Option<String> {
        let rest = self.summary.differences.len() - shown;
        (rest > 0)
            .then(|| if shown == 0 { format!("{rest} not listed here") } else { format!("and {rest} more") })
    }
}

fn row(difference: &Difference) -> Row {
    let Difference { address, kind, fields, detail } = difference;
    let what = match kind {
        DifferenceKind::Changed => "changed outside the files:",
        DifferenceKind::Missing => "missing in the service",
        DifferenceKind::Unwanted => "exists, but the files say that it must not",
        DifferenceKind::Shadowing => "no file declares it, and it applies in place of",
        DifferenceKind::Unmanageable => "livevod can't manage it:",
    };
    let detail = match detail {
        Some(detail) => short(detail),
        None => settings(fields),
    };
    Row { address: short(&address.to_string()), what, detail }
}

/// `cycle_duration 30m → 6h`: what the files say, then what the service has.
fn settings(fields: &[FieldDifference]) -> String {
    let setting = |FieldDifference { field, declared, actual }: &FieldDifference| {
        format!("{field} {} → {}", short(declared), short(actual))
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
