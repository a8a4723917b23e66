//! The generic document: a [`Message`] for programs.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::audited::Lost;
use super::message::Message;
use super::summary::{Check, Difference, DifferenceKind, FieldDifference, Found, Outcome, Summary};
use crate::audit;
use crate::drift::Moved;
use crate::model::{Address, AddressText};
use crate::schema;

/// The version of the format; a minor version only adds.
const FORMAT_VERSION: &str = "1.2";

/// The most differences or sessions that are listed.
const MOST_LISTED: usize = 1_000;

/// What `drift --notify json` and `audit --notify json` post: how the result of a check changed.
#[derive(Serialize, JsonSchema)]
pub(super) struct Document<'a> {
    /// The version of the format.
    #[schemars(regex(pattern = "^1\\.[0-9]+$"))]
    format_version: &'static str,
    /// The command that checked.
    command: Check,
    /// The name of the check: its title, or else the service.
    check: &'a str,
    /// How the check ended.
    outcome: Outcome,
    /// The result that was delivered to this receiver before, null if there is none.
    before: Option<Outcome>,
    /// The endpoint or the emulator's file.
    target: &'a str,
    /// The account that the files are for, null if it is not known.
    account: Option<&'a str>,
    /// What differs, in the order of the addresses; at most 1,000. Empty for an audit.
    differences: Vec<DifferenceRow<'a>>,
    /// How many configurations differ.
    differences_total: usize,
    /// The sessions that are not recorded, or may not be, by address and beginning; at most 1,000. Those that this receiver was told of
    /// before are only among them if there is no other. Empty for a drift check.
    not_recorded: Vec<LostRow<'a>>,
    /// How many sessions these are.
    not_recorded_total: usize,
    /// The domains that could not be read.
    #[schemars(with = "Vec<String>")]
    unread: &'a [String],
    /// Why nothing was compared or judged, null if something was.
    problem: Option<Problem<'a>>,
    /// A page with more about the run, null if none is known.
    link: Option<String>,
}

/// One configuration that differs.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Difference")]
struct DifferenceRow<'a> {
    /// The configuration.
    address: AddressText<'a>,
    /// The main streaming domain.
    domain: &'a str,
    /// The app; `*` is every app without a configuration of its own.
    app: &'a str,
    /// The stream; `*` likewise.
    stream: &'a str,
    /// How it differs.
    kind: DifferenceKind,
    /// Which side moved since livevod last wrote there: `service` if somebody changed it outside the files, `files` if the files
    /// changed and were not applied; null if no journal tells.
    moved: Option<Moved>,
    /// The settings that differ; empty unless it is `changed`.
    #[schemars(with = "Vec<FieldDifference>")]
    fields: &'a [FieldDifference],
    /// If it is `shadowing`, the declared configuration that does not apply; if it is `unmanageable`, the reason; else null.
    detail: Option<&'a str>,
    /// With `--who`, the newest call that may have changed it, for people; null without it, or if ActionTrail lists no such call.
    who: Option<&'a str>,
}

/// A session that is not recorded, or may not be.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NotRecorded")]
struct LostRow<'a> {
    /// What was published.
    address: AddressText<'a>,
    /// The main streaming domain.
    domain: &'a str,
    /// The app.
    app: &'a str,
    /// The stream.
    stream: &'a str,
    /// `missing`, `partly` or `unknown`.
    verdict: audit::Kind,
    /// Its first publish.
    #[schemars(with = "String", extend("format" = "date-time"))]
    began: Timestamp,
    /// How much of it is or may be missing, in seconds.
    seconds: i64,
    /// The declared address that its name was probably meant to be; null if there is none.
    near_miss: Option<AddressText<'a>>,
}

/// Why nothing was compared or judged.
#[derive(Serialize, JsonSchema)]
struct Problem<'a> {
    /// The code of the finding; `livevod explain CODE` is its page.
    code: &'a str,
    /// The finding, for people.
    message: &'a str,
}

impl<'a> Document<'a> {
    pub(super) fn new(message: &'a Message<'a>) -> Self {
        let Message { check, summary, before, link } = message;
        let Summary { target, account, outcome, found, unread, problem } = summary;
        let (differences, lost): (&[Difference], &[Lost]) = match found {
            Found::Drift { differences, domains: _ } => (differences, &[]),
            Found::Audit { lost, domains: _ } => (&[], lost),
        };
        Self {
            format_version: FORMAT_VERSION,
            command: summary.check(),
            check,
            outcome: *outcome,
            before: *before,
            target,
            account: account.as_deref(),
            differences: differences.iter().take(MOST_LISTED).map(row).collect(),
            differences_total: differences.len(),
            not_recorded: lost.iter().take(MOST_LISTED).map(lost_row).collect(),
            not_recorded_total: lost.len(),
            unread,
            problem: problem.as_ref().map(|(code, message)| Problem { code, message }),
            link: link.map(ToString::to_string),
        }
    }
}

fn row(difference: &Difference) -> DifferenceRow<'_> {
    let Difference { address, kind, moved, what: _, fields, detail, who } = difference;
    let Address { domain, app, stream } = address;
    DifferenceRow {
        address: AddressText(address),
        domain,
        app,
        stream,
        kind: *kind,
        moved: *moved,
        fields,
        detail: detail.as_deref(),
        who: who.as_deref(),
    }
}

fn lost_row(Lost { address, verdict, began, seconds, near }: &Lost) -> LostRow<'_> {
    let Address { domain, app, stream } = address;
    LostRow {
        address: AddressText(address),
        domain,
        app,
        stream,
        verdict: *verdict,
        began: *began,
        seconds: *seconds,
        near_miss: near.as_ref().map(AddressText),
    }
}

/// The JSON Schema of the document.
pub(crate) fn schema() -> serde_json::Value {
    schema::of::<Document>("notification", FORMAT_VERSION)
}
