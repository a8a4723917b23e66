//! The parts of every JSON document: its version, its findings, its addresses.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::exit::Exit;
use crate::diag::{Code, Diagnostic, Severity};
use crate::gate;
use crate::model::{Address, AddressText};
use crate::source::{Place, Sources};

/// Version of every document; a minor version only adds.
pub(super) const FORMAT_VERSION: &str = "1.2";

/// The parts of every document besides its subject.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The files that spans refer to.
    pub sources: &'a Sources,
    /// Findings of the run.
    pub diagnostics: &'a [Diagnostic],
    /// How the run ended.
    pub exit: Exit,
}

/// Pretty-printed, with a line break at the end, since people read machine formats too.
pub fn pretty(document: &impl Serialize) -> String {
    let text =
        serde_json::to_string_pretty(document).unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}"));
    gate::into_json(text) + "\n"
}

/// Findings as a document of their own.
pub(super) fn diagnostics_json(context: Context) -> String {
    pretty(&DiagnosticsDocument {
        format_version: FORMAT_VERSION,
        diagnostics: findings(context),
        summary: Counts::of(context.diagnostics),
        exit: context.exit,
    })
}

/// `validate --format json`, and the output of any other command in this format when it ends early.
#[derive(Serialize, JsonSchema)]
pub(super) struct DiagnosticsDocument<'a> {
    /// The version of the format.
    #[schemars(regex(pattern = "^1\\.[0-9]+$"))]
    format_version: &'static str,
    /// All findings, in the order of their places.
    diagnostics: Vec<Finding<'a>>,
    /// How many there are.
    summary: Counts,
    /// How the run ended.
    exit: Exit,
}

/// Findings by severity.
#[derive(Serialize, JsonSchema)]
pub(super) struct Counts {
    /// Findings that end a run.
    errors: usize,
    /// Findings that should be fixed.
    warnings: usize,
    /// Suggestions.
    advice: usize,
}

impl Counts {
    pub(super) fn of(diagnostics: &[Diagnostic]) -> Self {
        let count = |severity| diagnostics.iter().filter(|one| one.severity == severity).count();
        Self {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            advice: count(Severity::Advice),
        }
    }
}

/// One finding.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Diagnostic")]
pub(super) struct Finding<'a> {
    /// The severity.
    pub(super) severity: Severity,
    /// The rule that found it.
    code: Code,
    /// What is wrong: a lowercase fragment with literals in backticks.
    message: &'a str,
    /// What to do, null if there is no advice.
    help: Option<&'a str>,
    /// The value at fault, null if it is in no file.
    range: Option<Place>,
    /// The chain that led to the value, and further notes.
    related: Vec<RelatedNote<'a>>,
    /// The configuration that it is about, if it is about one.
    #[serde(flatten)]
    address: Option<AddressRow<'a>>,
    /// The service's RequestId of the failed request, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

/// A note of a finding.
#[derive(Serialize, JsonSchema)]
pub(super) struct RelatedNote<'a> {
    /// The note.
    message: &'a str,
    /// Its place, null if it is in no file.
    range: Option<Place>,
}

/// An address as one text and in its parts.
#[derive(Serialize, JsonSchema)]
pub(super) struct AddressRow<'a> {
    /// The parts, separated by slashes; a name that YAML can't express is in double quotes.
    address: AddressText<'a>,
    /// The main streaming domain.
    domain: &'a str,
    /// The app; `*` is every app without a configuration of its own.
    app: &'a str,
    /// The stream; `*` likewise.
    stream: &'a str,
}

impl<'a> AddressRow<'a> {
    pub(super) fn new(address: &'a Address) -> Self {
        let Address { domain, app, stream } = address;
        Self { address: AddressText(address), domain, app, stream }
    }

    pub(super) fn of(address: &'a Option<Address>) -> Option<Self> {
        address.as_ref().map(Self::new)
    }
}

impl fmt::Display for AddressRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.0.fmt(f)
    }
}

/// Addresses without their parts.
pub(super) fn texts<'a>(addresses: impl IntoIterator<Item = &'a Address>) -> Vec<AddressText<'a>> {
    addresses.into_iter().map(AddressText).collect()
}

/// The run's findings as rows.
pub(super) fn findings(context: Context<'_>) -> Vec<Finding<'_>> {
    context.diagnostics.iter().map(|one| finding(one, context.sources)).collect()
}

/// One finding as a row.
pub(super) fn finding<'a>(diagnostic: &'a Diagnostic, sources: &Sources) -> Finding<'a> {
    let Diagnostic { severity, code, message, help, labels, related, address, request_id } = diagnostic;
    let more = labels
        .iter()
        .skip(1)
        .map(|label| RelatedNote { message: &label.text, range: Some(sources.place(label.span)) });
    let notes = related
        .iter()
        .map(|note| RelatedNote { message: &note.message, range: note.span.map(|span| sources.place(span)) });
    Finding {
        severity: *severity,
        code: *code,
        message,
        help: help.as_deref(),
        range: labels.first().map(|label| sources.place(label.span)),
        related: more.chain(notes).collect(),
        address: AddressRow::of(address),
        request_id: request_id.as_deref(),
    }
}
