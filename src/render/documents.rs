//! What every JSON document is made of: its version, its findings, its addresses.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::exit::Exit;
use crate::diag::{Code, Diagnostic, Severity};
use crate::gate;
use crate::model::{Address, AddressText};
use crate::source::{Place, Sources};

/// Version of every document; a minor version only adds.
pub(super) const FORMAT_VERSION: &str = "1.0";

/// What every document says besides its subject.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The files that spans point into.
    pub sources: &'a Sources,
    /// Findings of the run.
    pub diagnostics: &'a [Diagnostic],
    /// How the run ends.
    pub exit: Exit,
}

/// Pretty-printed, with a line break at the end: machine formats are read by people too.
pub fn pretty(document: &impl Serialize) -> String {
    let text =
        serde_json::to_string_pretty(document).unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}"));
    gate::json(&text).into_owned() + "\n"
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

/// `validate --format json`, and what any command prints in this format when it ends before it has more to tell.
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

/// Findings by weight.
#[derive(Serialize, JsonSchema)]
pub(super) struct Counts {
    /// What ends a run.
    errors: usize,
    /// What is worth a change.
    warnings: usize,
    /// Ideas.
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
    /// How much it weighs.
    pub(super) severity: Severity,
    /// Which rule found it.
    code: Code,
    /// What is wrong: a lowercase fragment with literals in backticks.
    message: &'a str,
    /// What to do, null where nothing is to be said.
    help: Option<&'a str>,
    /// The value at fault, null where no file is to blame.
    range: Option<Place>,
    /// How the value came there, and what else belongs to it.
    related: Vec<RelatedNote<'a>>,
    /// The configuration it is about, where it is about one.
    #[serde(flatten)]
    address: Option<AddressRow<'a>>,
    /// The service's id of the failed request, where there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

/// A fact beside a finding.
#[derive(Serialize, JsonSchema)]
pub(super) struct RelatedNote<'a> {
    /// The fact.
    message: &'a str,
    /// Where it stands, null where in no file.
    range: Option<Place>,
}

/// An address as one text and in its parts.
#[derive(Serialize, JsonSchema)]
pub(super) struct AddressRow<'a> {
    /// The parts between slashes; a name that YAML cannot write stands in double quotes.
    address: AddressText<'a>,
    /// The main streaming domain.
    domain: &'a str,
    /// The app, `*` for every one without an entry of its own.
    app: &'a str,
    /// The stream, likewise.
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

/// Addresses where there is no room for their parts.
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
