//! Joins the connections of a publisher to sessions.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::history::{History, Ruling, Unclear};
use crate::model::{Address, Aired, DomainAired, Period, Publish, RecordConfig};

/// How long the service awaits an interrupted stream where nothing else is written (API: DelayTime).
pub(super) const DELAY: SignedDuration = SignedDuration::from_secs(180);

/// A stream from its first publish to its end, over interruptions that the service waits out.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// What was published. For a transcoded stream, the name of that stream.
    pub address: Address,
    /// The live transcode template, for a transcoded stream.
    pub template: Option<String>,
    /// Its first publish.
    pub began: Timestamp,
    /// The end of its last connection; `None` while it is on air.
    pub ended: Option<Timestamp>,
    /// When it was on air, in order and without overlaps; to the time of the reading while it is on air.
    pub on_air: Vec<Period>,
    /// The ingest domains that it came in by.
    pub ingest: BTreeSet<String>,
    /// What ruled it.
    pub ruling: Ruling,
    /// What ruled its address when it began.
    pub(super) standing: Ruling,
    /// How long the service awaits it when it is interrupted.
    pub(super) waits: SignedDuration,
    /// Whether it was published again within the delay time, under another configuration.
    pub resumed: bool,
}

impl Session {
    /// The address whose configuration decides about it: of the stream that was transcoded, for a transcoded one. `None` if the
    /// name does not tell.
    pub fn source(address: &Address, template: Option<&str>) -> Option<Address> {
        let Some(template) = template else { return Some(address.clone()) };
        let stream = address.stream.strip_suffix(template)?.strip_suffix('_')?;
        let named = !stream.is_empty();
        named.then(|| Address::new(address.domain.clone(), address.app.clone(), stream))
    }
}

/// Every session, in the order of domains, addresses and beginnings.
pub fn sessions(aired: &Aired, history: &History<'_>) -> Vec<Session> {
    let of = |(domain, read): (&Arc<str>, &DomainAired)| {
        let read_at = read.read_at.unwrap_or(aired.period.to);
        of_domain(domain, &read.publishes, history, read_at)
    };
    aired.domains.iter().flat_map(of).collect()
}

/// The sessions of one domain, in the order of their addresses and beginnings. Two connections are one session if the interruption is no longer than
/// the configuration's delay time, and the same configuration ruled at the beginning of both.
pub(super) fn of_domain(
    domain: &Arc<str>,
    publishes: &[Publish],
    history: &History<'_>,
    read_at: Timestamp,
) -> Vec<Session> {
    let stream = |publish: &Publish| {
        let Publish { app, stream, template, .. } = publish;
        (app.clone(), stream.clone(), template.clone())
    };
    let mut sorted: Vec<&Publish> = publishes.iter().collect();
    sorted.sort_by_cached_key(|publish| (stream(publish), publish.began, publish.ended));
    let mut sessions = Vec::new();
    for publishes in sorted.chunk_by(|one, next| stream(one) == stream(next)) {
        let Some(Publish { app, stream, template, .. }) = publishes.first() else { continue };
        let address = Address::new(domain.clone(), app.clone(), stream.clone());
        let source = Session::source(&address, template.as_deref());
        let mut current: Option<Session> = None;
        for publish in publishes {
            let ruling = match &source {
                Some(source) => history.ruling(source, publish.began),
                None => Ruling::Unclear(Unclear::NoSource(address.clone())),
            };
            let waits = waits(&ruling, source.as_ref().unwrap_or(&address), history);
            match current.take() {
                Some(session) if session.awaits(publish) && session.standing == ruling => {
                    current = Some(session.continued(publish, read_at));
                }
                Some(session) if session.awaits(publish) => {
                    current = Some(Session::new(&address, publish, ruling, waits, read_at).after(&session));
                    sessions.push(Session { resumed: true, ..session });
                }
                ended => {
                    sessions.extend(ended);
                    current = Some(Session::new(&address, publish, ruling, waits, read_at));
                }
            }
        }
        sessions.extend(current);
    }
    sessions
}

impl Session {
    fn new(
        address: &Address,
        publish: &Publish,
        ruling: Ruling,
        waits: SignedDuration,
        read_at: Timestamp,
    ) -> Self {
        let Publish { app: _, stream: _, began, ended, ingest, template, client: _ } = publish;
        Self {
            address: address.clone(),
            template: template.clone(),
            began: *began,
            ended: *ended,
            on_air: vec![Period::new(*began, ended.unwrap_or(read_at))],
            ingest: ingest.iter().cloned().collect(),
            standing: ruling.clone(),
            ruling,
            waits,
            resumed: false,
        }
    }

    /// Whether the service, by this session's configuration, takes a publish for its continuation.
    fn awaits(&self, publish: &Publish) -> bool {
        self.ended.is_none_or(|ended| publish.began <= Period::later(ended, self.waits))
    }

    fn continued(mut self, publish: &Publish, read_at: Timestamp) -> Self {
        let connection = Period::new(publish.began, publish.ended.unwrap_or(read_at));
        self.ended = match (self.ended, publish.ended) {
            (Some(one), Some(other)) => Some(one.max(other)),
            _ => None,
        };
        self.ingest.extend(publish.ingest.iter().cloned());
        match self.on_air.last_mut() {
            Some(last) if connection.from <= last.to => last.to = last.to.max(connection.to),
            _ => self.on_air.push(connection),
        }
        self
    }

    /// This session right after one under another configuration: no document says which of the two rules it.
    fn after(self, earlier: &Session) -> Self {
        let unclear = Ruling::Unclear(Unclear::Resumed(self.address.clone()));
        Self { ruling: unclear, waits: self.waits.max(earlier.waits), ..self }
    }
}

/// How long the service awaits an interrupted stream.
fn waits(ruling: &Ruling, address: &Address, history: &History<'_>) -> SignedDuration {
    match ruling {
        Ruling::Known(Some(ruler)) => delay(&ruler.config),
        Ruling::Known(None) => DELAY,
        Ruling::Unclear(_) => history.configs(address).map(delay).max().unwrap_or(DELAY).max(DELAY),
    }
}

/// The delay time of a configuration.
fn delay(config: &RecordConfig) -> SignedDuration {
    config.delay_time.map_or(DELAY, |seconds| SignedDuration::from_secs(seconds.into()))
}
