//! The generic document: a [`Message`] for programs.

use schemars::JsonSchema;
use serde::Serialize;

use super::message::Message;
use super::summary::{Difference, DifferenceKind, FieldDifference, Outcome, Summary};
use crate::model::{Address, AddressText};
use crate::schema;

/// The version of the format; a minor version only adds.
const FORMAT_VERSION: &str = "1.0";

/// The most differences that are listed.
const MOST_LISTED: usize = 1_000;

/// What `drift --notify json` posts: how the result of a check changed.
#[derive(Serialize, JsonSchema)]
pub(super) struct Document<'a> {
    /// The version of the format.
    #[schemars(regex(pattern = "^1\\.[0-9]+$"))]
    format_version: &'static str,
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
    /// What differs, in the order of the addresses; at most 1,000.
    differences: Vec<DifferenceRow<'a>>,
    /// How many configurations differ.
    differences_total: usize,
    /// The domains that could not be read.
    #[schemars(with = "Vec<String>")]
    unread: &'a [String],
    /// Why nothing was compared, null if something was.
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
    /// The settings that differ; empty unless it is `changed`.
    #[schemars(with = "Vec<FieldDifference>")]
    fields: &'a [FieldDifference],
    /// If it is `shadowing`, the declared configuration that does not apply; if it is `unmanageable`, the reason; else null.
    detail: Option<&'a str>,
}

/// Why nothing was compared.
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
        let Summary { target, account, outcome, differences, domains: _, unread, problem } = summary;
        Self {
            format_version: FORMAT_VERSION,
            check,
            outcome: *outcome,
            before: *before,
            target,
            account: account.as_deref(),
            differences: differences.iter().take(MOST_LISTED).map(row).collect(),
            differences_total: differences.len(),
            unread,
            problem: problem.as_ref().map(|(code, message)| Problem { code, message }),
            link: link.map(ToString::to_string),
        }
    }
}

fn row(difference: &Difference) -> DifferenceRow<'_> {
    let Difference { address, kind, fields, detail } = difference;
    let Address { domain, app, stream } = address;
    DifferenceRow {
        address: AddressText(address),
        domain,
        app,
        stream,
        kind: *kind,
        fields,
        detail: detail.as_deref(),
    }
}

/// The JSON Schema of the document.
pub(crate) fn schema() -> serde_json::Value {
    schema::of::<Document>("notification", FORMAT_VERSION)
}
