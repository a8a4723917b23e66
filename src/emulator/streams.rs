//! Joins the connections at one address to streams, as the service does: it waits for an interrupted publisher for the
//! DelayTime of the configuration.

use jiff::{SignedDuration, Timestamp};

use super::publish::Publish;
use super::quirks::{Quirks, ResumedStream};
use crate::model::{Period, RecordConfig};

/// How long the service waits where nothing else is configured (API: DelayTime).
const DELAY: u32 = 180;

/// One or more connections that are one stream to the service.
#[derive(Debug, Clone)]
pub(super) struct Stream<'a> {
    /// The first one.
    pub(super) first: &'a Publish,
    /// All, in order.
    pub(super) connections: Vec<&'a Publish>,
}

/// The streams that had begun by `now`. `publishes` are sorted by address and beginning.
pub(super) fn streams<'a>(
    publishes: impl IntoIterator<Item = &'a Publish>,
    now: Timestamp,
    quirks: Quirks,
) -> Vec<Stream<'a>> {
    let mut streams: Vec<Stream<'a>> = Vec::new();
    for publish in publishes.into_iter().filter(|publish| publish.began <= now) {
        match streams.last_mut() {
            Some(stream) if stream.goes_on(publish, quirks) => stream.connections.push(publish),
            _ => streams.push(Stream { first: publish, connections: vec![publish] }),
        }
    }
    streams
}

impl<'a> Stream<'a> {
    /// The configuration that records it.
    pub(super) fn config(&self) -> Option<&'a RecordConfig> {
        self.first.config()
    }

    /// How long the service waits for its publisher.
    pub(super) fn delay(&self) -> SignedDuration {
        let configured = self.config().and_then(|config| config.delay_time);
        SignedDuration::from_secs(configured.unwrap_or(DELAY).into())
    }

    fn last(&self) -> &'a Publish {
        self.connections.last().copied().unwrap_or(self.first)
    }

    /// When it was on air, interruptions included.
    pub(super) fn span(&self, now: Timestamp) -> Period {
        Period::new(self.first.began, self.last().until(now))
    }

    /// The end of its last connection; `None` while that is on air.
    pub(super) fn stopped(&self, now: Timestamp) -> Option<Timestamp> {
        let last = self.last();
        (!last.is_on_air(now)).then(|| last.until(now))
    }

    fn goes_on(&self, publish: &Publish, quirks: Quirks) -> bool {
        let (first, last) = (self.first, self.last());
        let waited_for = last.ended.map(|ended| Period::later(ended, self.delay()));
        let is_configured_so = quirks.resumed_stream == ResumedStream::GoesOn || first.ruler == publish.ruler;
        first.address == publish.address
            && waited_for.is_some_and(|until| publish.began <= until)
            && is_configured_so
    }
}
