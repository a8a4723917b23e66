//! Who published when, for people and as a document.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::super::Target;
use super::super::documents::{Context, FORMAT_VERSION, Finding, findings, pretty};
use super::super::exit::Exit;
use super::super::phrases::{account, counted, minute};
use super::super::style::{Style, Tone, wrap};
use super::aired::AiredRow;
use super::words;
use crate::audit;
use crate::gate::clean;
use crate::model::{Aired, Period, length_text};

/// Everything that is shown of what aired.
pub struct SessionsView<'a> {
    /// The service.
    pub target: &'a Target,
    /// What was read.
    pub aired: &'a Aired,
    /// The sessions of it.
    pub sessions: &'a [audit::Session],
    /// The file that it was saved to.
    pub out: Option<Arc<str>>,
}

impl SessionsView<'_> {
    fn unread(&self) -> impl Iterator<Item = (&str, &str)> {
        let domains = self.aired.domains.iter();
        domains.flat_map(|(name, read)| read.unread.iter().map(move |why| (&**name, why.as_str())))
    }
}

/// How long a session was on air, in seconds.
fn aired(session: &audit::Session) -> i64 {
    session.on_air.iter().map(|connection| connection.length().as_secs()).sum()
}

/// A line for each session, in the order of addresses.
pub(in super::super) fn human_sessions(view: &SessionsView, style: Style) -> String {
    let SessionsView { target, aired: read, sessions, out } = view;
    let mut lines = Vec::new();
    let account = account(target.account.as_deref(), clean);
    let service = format!("{} {} {account}", clean(&target.name), style.dot());
    let period = words::period(read.period.from, read.period.to);
    let head = format!("What was on air on {} from {period}", counted(read.domains.len(), "domain"));
    let mut told = |indent: usize, tone: Tone, text: &str| {
        for line in wrap(&clean(text), style.width.saturating_sub(indent).max(20)) {
            lines.push(format!("{}{}", " ".repeat(indent), style.paint(tone, &line)));
        }
    };
    told(0, Tone::Strong, &service);
    told(0, Tone::Quiet, &head);
    for (domain, why) in view.unread() {
        told(0, Tone::Danger, &format!("! {domain}: {why}"));
    }
    told(0, Tone::Quiet, " ");
    for of_address in sessions.chunk_by(|one, next| one.address == next.address) {
        let Some(first) = of_address.first() else { continue };
        told(0, Tone::Strong, &first.address.to_string());
        for session in of_address {
            let span = match session.ended {
                Some(ended) => words::period(session.began, ended),
                None => format!("since {}, still on air", minute(session.began)),
            };
            let pauses = match session.on_air.len() {
                0 | 1 => String::new(),
                more => format!(", {}", counted(more - 1, "interruption")),
            };
            told(4, Tone::Quiet, &format!("{span}: {}{pauses}", length_text(aired(session))));
        }
    }
    if !sessions.is_empty() {
        told(0, Tone::Quiet, " ");
    }
    let all = length_text(sessions.iter().map(aired).sum());
    let recordings: usize = read.domains.values().map(|domain| domain.videos.len()).sum();
    let totals = format!(
        "{}, {all} on air; {} listed.",
        counted(sessions.len(), "session"),
        counted(recordings, "recording")
    );
    told(0, Tone::Strong, &totals);
    if let Some(out) = out {
        told(0, Tone::Quiet, &format!("Saved to {out}: `livevod audit --sessions {out}` judges it."));
    }
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n") + "\n"
}

/// `sessions --format json`.
pub(in super::super) fn sessions_json(view: &SessionsView, context: Context) -> String {
    let SessionsView { target, aired: read, sessions, out: _ } = view;
    let domains = read.domains.iter().map(|(name, read)| DomainRow {
        domain: name,
        unread: &read.unread,
        publishes: read.publishes.len(),
        recordings: read.videos.len(),
    });
    pretty(&SessionsDocument {
        format_version: FORMAT_VERSION,
        target: &target.name,
        account: target.account.as_deref(),
        period: read.period,
        complete: read.is_complete(),
        domains: domains.collect(),
        sessions: sessions.iter().map(SessionRow::new).collect(),
        diagnostics: findings(context),
        exit: context.exit,
    })
}

/// `sessions --format json`: who published when.
#[derive(Serialize, JsonSchema)]
pub(in super::super) struct SessionsDocument<'a> {
    /// The version of the format.
    #[schemars(regex(pattern = "^1\\.[0-9]+$"))]
    format_version: &'static str,
    /// The endpoint or the emulator's file.
    target: &'a str,
    /// The declared account; null if none is declared.
    account: Option<&'a str>,
    /// The period that was asked for.
    period: Period,
    /// Whether everything that was asked for was read.
    complete: bool,
    /// What was read of each domain.
    domains: Vec<DomainRow<'a>>,
    /// Everything that aired, by address and beginning.
    sessions: Vec<SessionRow<'a>>,
    /// The findings of the run.
    diagnostics: Vec<Finding<'a>>,
    /// How the run ended.
    exit: Exit,
}

/// What was read of a domain.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SessionsDomain")]
struct DomainRow<'a> {
    /// The main streaming domain.
    domain: &'a str,
    /// What could not be read, in words.
    unread: &'a [String],
    /// How many connections of publishers are listed.
    publishes: usize,
    /// How many recordings are listed.
    recordings: usize,
}

/// One session.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session")]
struct SessionRow<'a> {
    /// Which stream was on air, and when.
    #[serde(flatten)]
    on_air: AiredRow<'a>,
    /// How long it was on air, in seconds.
    aired: i64,
}

impl<'a> SessionRow<'a> {
    fn new(session: &'a audit::Session) -> Self {
        let audit::Session { address, template, began, ended, on_air, ingest, .. } = session;
        Self {
            on_air: AiredRow::new(address, template.as_deref(), ingest, *began, *ended, on_air),
            aired: aired(session),
        }
    }
}
