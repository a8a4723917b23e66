//! An audit as the document that others may build on.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::documents::{AddressRow, Context, FORMAT_VERSION, Finding, findings, pretty};
use super::super::exit::Exit;
use super::aired::AiredRow;
use super::view::AuditView;
use super::words;
use crate::audit::{Audit, DomainAudit, Kind, Reason, Recording, RuledBy, RulingConfig, SessionAudit, Since};
use crate::model::{AddressText, Period, RecordConfig};

/// `audit --format json`.
pub(in super::super) fn audit_json(view: &AuditView, context: Context) -> String {
    pretty(&AuditDocument::new(view, context))
}

/// `audit --format json`: what became of everything that aired.
#[derive(Serialize, JsonSchema)]
pub(in super::super) struct AuditDocument<'a> {
    /// The version of the format.
    #[schemars(regex(pattern = "^1\\.[0-9]+$"))]
    format_version: &'static str,
    /// The endpoint or the emulator's file.
    target: &'a str,
    /// The declared account; null if none is declared.
    account: Option<&'a str>,
    /// When it was judged.
    #[schemars(with = "String", extend("format" = "date-time"))]
    time: Timestamp,
    /// The period that was asked for. A stream that was on air in it is listed even if it began earlier.
    period: Period,
    /// How long after a part or a stream has ended its recording must be listed, in seconds.
    grace: i64,
    /// How much later than in truth a recording may say that it began, in seconds.
    slack: i64,
    /// Whether everything that was asked for was read.
    complete: bool,
    /// What was read of each domain.
    domains: Vec<DomainRow<'a>>,
    /// The configurations that ruled any of the sessions.
    configurations: Vec<ConfigRow<'a>>,
    /// Everything that aired, by address and beginning.
    sessions: Vec<SessionRow<'a>>,
    /// How many there are.
    summary: Summary,
    /// The findings of the run.
    diagnostics: Vec<Finding<'a>>,
    /// How the run ended.
    exit: Exit,
}

/// What was read of a domain.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuditDomain")]
struct DomainRow<'a> {
    /// The main streaming domain.
    domain: &'a str,
    #[serde(flatten)]
    read: &'a DomainAudit,
}

/// A configuration that ruled sessions.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuditConfiguration")]
struct ConfigRow<'a> {
    #[serde(flatten)]
    address: AddressRow<'a>,
    /// Since when it stood.
    since: Since,
    /// Its settings then.
    config: &'a RecordConfig,
}

/// What ruled a session.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuditRuler")]
struct RulerRow<'a> {
    /// The address of the configuration.
    address: AddressText<'a>,
    /// Since when it stood.
    since: Since,
}

/// What became of one session.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuditSession")]
pub(in super::super) struct SessionRow<'a> {
    /// Which stream was on air, and when.
    #[serde(flatten)]
    on_air: AiredRow<'a>,
    /// What became of it.
    verdict: Kind,
    /// Why.
    reason: &'a Reason,
    /// The verdict and its reason for people.
    message: String,
    /// The first thing to do; null if there is nothing to do.
    advice: Option<String>,
    /// What ruled it when it began; null if nothing did, or it is not known.
    ruled_by: Option<RulerRow<'a>>,
    /// Whether files say that it must be recorded.
    must_record: bool,
    /// Whether it is on air, and another configuration would apply if it were published now: it keeps the one of its beginning;
    /// null if it is on air, and that is not known.
    outdated: Option<bool>,
    /// The declared address that its name was probably meant to be; null if there is none.
    near_miss: Option<AddressText<'a>>,
    /// How many recordings of every moment there should be: one for each format, of each stream that is listed under its name.
    recordings_per_moment: usize,
    /// How long it was on air, in seconds.
    aired: i64,
    /// How much of that has a recording, in seconds.
    recorded: i64,
    /// What certainly lacks one, or may lack one if the verdict is `unknown`.
    lacks: &'a [Period],
    /// The recordings that lie over it.
    recordings: &'a [Recording],
    /// The file with the line that should have recorded it; null if no line is responsible.
    file: Option<&'a str>,
    /// The line in it, from 1; null if there is no file.
    line: Option<u32>,
}

/// How many sessions have each verdict.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuditSummary")]
struct Summary {
    /// All sessions.
    sessions: usize,
    /// No recording is listed.
    missing: usize,
    /// Recordings are listed, but not of all of it.
    partly: usize,
    /// It can't be known.
    unknown: usize,
    /// Its recordings need not be listed yet.
    pending: usize,
    /// All of it is recorded, in every format.
    recorded: usize,
    /// Nothing was to record it.
    not_wanted: usize,
    /// Those that are on air under a configuration that has changed since they began.
    outdated: usize,
    /// How long all of them were on air, in seconds.
    aired_seconds: i64,
    /// How much of that has a recording, in seconds.
    recorded_seconds: i64,
}

impl<'a> AuditDocument<'a> {
    fn new(view: &AuditView<'a>, context: Context<'a>) -> Self {
        let Audit {
            livevod: _,
            time,
            target,
            account,
            period,
            grace,
            slack,
            domains,
            configurations,
            sessions,
        } = view.audit;
        let config = |RulingConfig { address, since, config }: &'a RulingConfig| ConfigRow {
            address: AddressRow::new(address),
            since: *since,
            config,
        };
        Self {
            format_version: FORMAT_VERSION,
            target,
            account: account.as_deref(),
            time: *time,
            period: *period,
            grace: *grace,
            slack: *slack,
            complete: view.audit.is_complete(),
            domains: domains.iter().map(|(domain, read)| DomainRow { domain, read }).collect(),
            configurations: configurations.iter().map(config).collect(),
            sessions: sessions.iter().map(SessionRow::new).collect(),
            summary: Summary::of(view.audit),
            diagnostics: findings(context),
            exit: context.exit,
        }
    }
}

impl<'a> SessionRow<'a> {
    pub(in super::super) fn new(one: &'a SessionAudit) -> Self {
        let SessionAudit {
            address,
            template,
            ingest,
            began,
            ended,
            on_air,
            verdict,
            reason,
            ruled_by,
            must_record,
            outdated,
            near,
            layers,
            aired,
            recorded,
            lacks,
            recordings,
            place,
        } = one;
        let ruler = |RuledBy { address, since }: &'a RuledBy| RulerRow {
            address: AddressText(address),
            since: *since,
        };
        let why = words::reason(one);
        let message =
            if why.is_empty() { words::outcome(one) } else { format!("{}; {why}", words::outcome(one)) };
        Self {
            on_air: AiredRow::new(address, template.as_deref(), ingest, *began, *ended, on_air),
            verdict: *verdict,
            reason,
            message,
            advice: words::advice(one),
            ruled_by: ruled_by.as_ref().map(ruler),
            must_record: *must_record,
            outdated: *outdated,
            near_miss: near.as_ref().map(AddressText),
            recordings_per_moment: *layers,
            aired: *aired,
            recorded: *recorded,
            lacks,
            recordings,
            file: place.as_ref().map(|place| place.file.as_str()),
            line: place.as_ref().map(|place| place.start.line),
        }
    }
}

impl Summary {
    fn of(audit: &Audit) -> Self {
        Self {
            sessions: audit.sessions.len(),
            missing: audit.count(Kind::Missing),
            partly: audit.count(Kind::Partly),
            unknown: audit.count(Kind::Unknown),
            pending: audit.count(Kind::Pending),
            recorded: audit.count(Kind::Recorded),
            not_wanted: audit.count(Kind::NotWanted),
            outdated: audit.sessions.iter().filter(|one| one.outdated == Some(true)).count(),
            aired_seconds: audit.sessions.iter().map(|one| one.aired).sum(),
            recorded_seconds: audit.sessions.iter().map(|one| one.recorded).sum(),
        }
    }
}
