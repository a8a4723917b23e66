//! The connections of publishers: who was on air when, and which configuration each was recorded by.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::entry::Entry;
use crate::model::{Address, RecordConfig};

/// One connection of a publisher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Publish {
    /// What was published, under the main streaming domain.
    pub(super) address: Address,
    /// The ingest domain.
    pub(super) ingest: String,
    /// In whole seconds, as the service tells times.
    pub(super) began: Timestamp,
    /// `None` while it is on air.
    pub(super) ended: Option<Timestamp>,
    /// The configuration that applied when it began, and its address. A later change takes effect at the next publish.
    pub(super) ruler: Option<(Address, Entry)>,
    /// The live transcode templates that make further streams of this one.
    pub(super) templates: BTreeSet<String>,
    /// Whether somebody asked for a recording, which counts only where it is made on demand.
    pub(super) asked: bool,
}

impl Publish {
    /// The configuration that it is recorded by.
    pub(super) fn config(&self) -> Option<&RecordConfig> {
        self.ruler.as_ref().map(|(_, entry)| &entry.config)
    }

    /// When it was on air until `now`.
    pub(super) fn until(&self, now: Timestamp) -> Timestamp {
        self.ended.unwrap_or(now).min(now)
    }

    pub(super) fn is_on_air(&self, now: Timestamp) -> bool {
        self.began <= now && self.ended.is_none_or(|ended| ended > now)
    }
}

/// Every connection, sorted by address and beginning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Publishes(BTreeMap<(Address, Timestamp), Publish>);

impl Publishes {
    /// Keeps a connection, in place of one that began at the same time at the same address, which is returned.
    pub(super) fn put(&mut self, publish: Publish) -> Option<Publish> {
        self.0.insert((publish.address.clone(), publish.began), publish)
    }

    pub(super) fn remove(&mut self, address: &Address, began: Timestamp) -> Option<Publish> {
        self.0.remove(&(address.clone(), began))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Publish> {
        self.0.values()
    }

    /// The connections of a main streaming domain.
    pub(super) fn of_domain<'a>(&'a self, domain: &'a str) -> impl Iterator<Item = &'a Publish> {
        let first = (Address::new(domain, "", ""), Timestamp::MIN);
        let from = self.0.range(first..).map(|(_, publish)| publish);
        from.take_while(move |publish| *publish.address.domain == *domain)
    }

    /// The connections at an address.
    pub(super) fn at<'a>(&'a self, address: &'a Address) -> impl DoubleEndedIterator<Item = &'a Publish> {
        let all = (address.clone(), Timestamp::MIN)..=(address.clone(), Timestamp::MAX);
        self.0.range(all).map(|(_, publish)| publish)
    }

    /// Whether nobody else publishes at the address while this connection lasts.
    pub(super) fn has_room_for(&self, publish: &Publish) -> bool {
        let end = |one: &Publish| one.ended.unwrap_or(Timestamp::MAX);
        self.at(&publish.address).all(|other| {
            other.began != publish.began && (end(other) <= publish.began || end(publish) <= other.began)
        })
    }
}
