//! [`Audit`]: what became of everything that aired, as inert data, and as a sealed text that can be kept as evidence. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::history::{Ruler, Ruling, Since};
use super::verdict::{Kind, Reason, Settings, Verdict};
use crate::model::{Address, Aired, Period, RecordConfig, Video};
use crate::sealed::{self, Expected, OpenError};
use crate::source::{Place, Sources};

/// The version of the sealed text.
pub(super) const FORMAT_VERSION: &str = "1.0";

const EXPECTED: Expected =
    Expected { name: "a report of an audit", key: "audit", versions: &[FORMAT_VERSION] };

/// What became of everything that aired in a period.
#[derive(Debug, Clone, PartialEq)]
pub struct Audit {
    /// The version of livevod that judged.
    pub livevod: String,
    /// When it judged.
    pub time: Timestamp,
    /// The endpoint or the emulator's file, as outputs name it.
    pub target: String,
    /// The declared account.
    pub account: Option<String>,
    /// The period that was asked for.
    pub period: Period,
    /// How long after a part or a stream has ended its recording is listed at the latest, in seconds.
    pub grace: i64,
    /// How much later than in truth a recording may say that it began, in seconds.
    pub slack: i64,
    /// By main streaming domain.
    pub domains: BTreeMap<String, DomainAudit>,
    /// The configurations that ruled any of the sessions.
    pub configurations: Vec<RulingConfig>,
    /// Sorted by address and beginning.
    pub sessions: Vec<SessionAudit>,
}

/// What was read of a domain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DomainAudit {
    /// When the reading of the recordings began; null if they were not read.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub read_at: Option<Timestamp>,
    /// What could not be read, in words. If there is anything, every session of the domain is `unknown`.
    pub unread: Vec<String>,
    /// How many connections of publishers were listed.
    pub publishes: usize,
    /// How many recordings were listed.
    pub recordings: usize,
}

/// A configuration that ruled sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RulingConfig {
    /// Its own address.
    pub address: Address,
    /// Since when it stood.
    pub since: Since,
    /// Its settings then.
    pub config: RecordConfig,
}

/// Which configuration ruled a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuledBy {
    /// Its own address.
    pub address: Address,
    /// Since when it stood.
    pub since: Since,
}

/// What became of one session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionAudit {
    /// What was published. For a transcoded stream, the name of that stream.
    pub address: Address,
    /// The live transcode template, for a transcoded stream.
    pub template: Option<String>,
    /// The ingest domains that it came in by.
    pub ingest: BTreeSet<String>,
    /// Its first publish.
    pub began: Timestamp,
    /// The end of its last connection; `None` while it is on air.
    pub ended: Option<Timestamp>,
    /// When it was on air, in order and without overlaps.
    pub on_air: Vec<Period>,
    /// The verdict.
    pub verdict: Kind,
    /// Why.
    pub reason: Reason,
    /// What ruled it when it began, if that is known and something did.
    pub ruled_by: Option<RuledBy>,
    /// Whether files say that it must be recorded.
    pub must_record: bool,
    /// Whether it is on air, and another configuration would apply if it were published now: it keeps the one of its beginning.
    /// `None` if it is on air, and that is not known.
    pub outdated: Option<bool>,
    /// The declared address that its name was probably meant to be.
    pub near: Option<Address>,
    /// How many recordings of every moment there should be.
    pub layers: usize,
    /// How long it was on air, in seconds.
    pub aired: i64,
    /// How much of that has a recording, in seconds.
    pub recorded: i64,
    /// What certainly lacks one.
    pub lacks: Vec<Period>,
    /// The recordings that lie over it.
    pub recordings: Vec<Recording>,
    /// The line of the files that should have recorded it, or that says that it must be recorded.
    pub place: Option<Place>,
}

/// A recording in VOD.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// API: VideoId.
    pub id: String,
    /// What it holds.
    pub period: Period,
    /// API: Status.
    pub status: Option<String>,
}

/// Where an audit was made.
#[derive(Debug, Clone, Copy)]
pub struct Made<'a> {
    /// The version of livevod.
    pub livevod: &'a str,
    /// When.
    pub time: Timestamp,
    /// The endpoint or the emulator's file.
    pub target: &'a str,
    /// The declared account.
    pub account: Option<&'a str>,
}

impl Audit {
    /// The audit of what was read. `place` finds the line of the files that is responsible for a session.
    pub fn new(
        made: Made<'_>,
        aired: &Aired,
        settings: Settings,
        verdicts: Vec<Verdict>,
        place: impl Fn(&Verdict) -> Option<Place>,
    ) -> Self {
        let Made { livevod, time, target, account } = made;
        let Settings { grace, slack } = settings;
        let mut configurations: BTreeMap<(Address, Since), RecordConfig> = BTreeMap::new();
        for verdict in &verdicts {
            if let Ruling::Known(Some(Ruler { address, config, since })) = &verdict.session.ruling {
                configurations.entry((address.clone(), *since)).or_insert_with(|| (**config).clone());
            }
        }
        let row = |((address, since), config)| RulingConfig { address, since, config };
        let domain = |read: &crate::model::DomainAired| DomainAudit {
            read_at: read.read_at,
            unread: read.unread.clone(),
            publishes: read.publishes.len(),
            recordings: read.videos.len(),
        };
        let domains = aired.domains.iter().map(|(name, read)| (name.to_string(), domain(read)));
        Self {
            livevod: livevod.to_owned(),
            time,
            target: target.to_owned(),
            account: account.map(str::to_owned),
            period: aired.period,
            grace: grace.as_secs(),
            slack: slack.as_secs(),
            domains: domains.collect(),
            configurations: configurations.into_iter().map(row).collect(),
            sessions: verdicts
                .into_iter()
                .map(|verdict| {
                    let place = place(&verdict);
                    SessionAudit::new(verdict, place)
                })
                .collect(),
        }
    }

    /// The files of the audit, as far as it stores them: their names and the places that it names.
    pub fn sources(&self) -> Sources {
        Sources::remembering(self.sessions.iter().filter_map(|session| session.place.as_ref()))
    }

    /// Whether everything that was asked for was read.
    pub fn is_complete(&self) -> bool {
        self.domains.values().all(|domain| domain.unread.is_empty())
    }

    /// Whether anything that should be recorded certainly is not, or may not be.
    pub fn is_alarming(&self) -> bool {
        self.sessions.iter().any(|session| session.verdict.is_alarming())
    }

    /// How many sessions have a verdict.
    pub fn count(&self, verdict: Kind) -> usize {
        self.sessions.iter().filter(|session| session.verdict == verdict).count()
    }

    /// The sealed text: a line for each session.
    ///
    /// # Errors
    /// If a value can't be written as JSON; no value is like that.
    pub fn write(&self) -> serde_json::Result<String> {
        let Self { livevod, time, target, account, period, grace, slack, domains, configurations, sessions } =
            self;
        let lines = [
            "{".to_owned(),
            format!("\"audit\": \"{FORMAT_VERSION}\","),
            format!("\"livevod\": {},", serde_json::to_string(livevod)?),
            format!("\"time\": {},", serde_json::to_string(time)?),
            format!("\"target\": {},", serde_json::to_string(target)?),
            format!("\"account\": {},", serde_json::to_string(account)?),
            format!("\"period\": {},", serde_json::to_string(period)?),
            format!("\"grace\": {grace},"),
            format!("\"slack\": {slack},"),
            format!("\"domains\": {},", serde_json::to_string(domains)?),
            format!("\"configurations\": [{}],", rows(configurations)?),
            format!("\"sessions\": [{}],\n", rows(sessions)?),
        ];
        Ok(sealed::close(lines.join("\n")))
    }

    /// Reads a sealed text.
    ///
    /// # Errors
    /// If it is not, byte for byte, what [`Audit::write`] made.
    pub fn read(text: &str) -> Result<Self, OpenError> {
        let AuditText {
            audit: _,
            livevod,
            time,
            target,
            account,
            period,
            grace,
            slack,
            domains,
            configurations,
            sessions,
            _checksum: _,
        } = sealed::open(text, &EXPECTED, |document: &AuditText| &document.audit)?;
        Ok(Self { livevod, time, target, account, period, grace, slack, domains, configurations, sessions })
    }
}

/// An array's items, each on a line.
fn rows<T: Serialize>(all: &[T]) -> serde_json::Result<String> {
    let mut text = String::new();
    for (at, one) in all.iter().enumerate() {
        text.push_str(if at == 0 { "\n" } else { ",\n" });
        text.push_str(&serde_json::to_string(one)?);
    }
    Ok(text)
}

/// The sealed text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuditText {
    audit: String,
    livevod: String,
    time: Timestamp,
    target: String,
    account: Option<String>,
    period: Period,
    grace: i64,
    slack: i64,
    domains: BTreeMap<String, DomainAudit>,
    configurations: Vec<RulingConfig>,
    sessions: Vec<SessionAudit>,
    #[serde(rename = "checksum")]
    _checksum: String,
}

impl SessionAudit {
    fn new(verdict: Verdict, place: Option<Place>) -> Self {
        let Verdict {
            session,
            kind,
            reason,
            videos,
            layers,
            aired,
            recorded,
            lacks,
            near,
            must_record,
            outdated,
        } = verdict;
        let super::Session { address, template, began, ended, on_air, ingest, ruling, .. } = session;
        let ruled_by = match ruling {
            Ruling::Known(Some(Ruler { address, config: _, since })) => Some(RuledBy { address, since }),
            Ruling::Known(None) | Ruling::Unclear(_) => None,
        };
        let recording = |Video { app: _, stream: _, period, id, status, shared: _ }: Video| Recording {
            id,
            period,
            status,
        };
        Self {
            address,
            template,
            ingest,
            began,
            ended,
            on_air,
            verdict: kind,
            reason,
            ruled_by,
            must_record,
            outdated,
            near,
            layers,
            aired: aired.as_secs(),
            recorded: recorded.as_secs(),
            lacks,
            recordings: videos.into_iter().map(recording).collect(),
            place,
        }
    }
}
