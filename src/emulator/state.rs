//! What the emulated service holds, and the records that change it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::entry::Entry;
use super::event::{Event, Events};
use super::oss::{BucketChange, Buckets};
use super::publish::{Publish, Publishes};
use super::quirks::NameCase;
use crate::model::{Address, RecordConfig};

/// One change of the state, as the log stores it. Records are absolute, so replaying them needs no rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Record(Change);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    /// The key, in which every spelling of "all streams" is `*`, now has this configuration.
    Put(Address, Box<Entry>),
    /// The key has no configuration.
    Remove(Address),
    /// ActionTrail has this event too.
    Event(Event),
    /// ActionTrail no longer has this event.
    NoEvent(Event),
    /// This connection of a publisher exists, in place of one that began at the same time at the same address.
    Publish(Box<Publish>),
    /// No connection began at this time at this address.
    NoPublish(Address, Timestamp),
    /// These are the notifications of recordings, as they are listed.
    Notifications(Vec<Map<String, Json>>),
    /// The recording with this id was deleted in VOD.
    DeleteRecording(String),
    /// It was not.
    RestoreRecording(String),
    /// A bucket or an object of Object Storage Service changed.
    Oss(BucketChange),
}

impl Record {
    pub(super) fn put(address: Address, entry: Entry) -> Self {
        Self(Change::Put(address, Box::new(entry)))
    }

    pub(super) fn remove(address: Address) -> Self {
        Self(Change::Remove(address))
    }

    pub(super) fn event(event: Event) -> Self {
        Self(Change::Event(event))
    }

    pub(super) fn publish(publish: Publish) -> Self {
        Self(Change::Publish(Box::new(publish)))
    }

    pub(super) fn notifications(all: Vec<Map<String, Json>>) -> Self {
        Self(Change::Notifications(all))
    }

    pub(super) fn delete_recording(id: String) -> Self {
        Self(Change::DeleteRecording(id))
    }

    pub(super) fn bucket(change: BucketChange) -> Self {
        Self(Change::Oss(change))
    }

    /// Whether it changes a configuration.
    #[cfg(feature = "faults")]
    pub(super) fn is_of_a_configuration(&self) -> bool {
        matches!(self.0, Change::Put(..) | Change::Remove(_))
    }
}

/// Every configuration of the account, the events of the writes to them, what was on air, and the buckets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct State {
    entries: BTreeMap<Address, Numbered>,
    /// How many were ever added.
    added: u64,
    events: Events,
    publishes: Publishes,
    notifications: Vec<Map<String, Json>>,
    /// The ids of recordings that were deleted.
    deleted: BTreeSet<String>,
    buckets: Buckets,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Numbered {
    /// Increases from each added configuration to the next.
    number: u64,
    entry: Entry,
}

impl State {
    /// Makes a change and returns the one that undoes it.
    pub(super) fn apply(&mut self, record: Record) -> Record {
        match record.0 {
            Change::Put(address, entry) => {
                let before = self.put(&address, *entry);
                before.map_or_else(
                    || Record::remove(address.clone()),
                    |entry| Record::put(address.clone(), entry),
                )
            }
            Change::Remove(address) => match self.entries.remove(&address) {
                Some(held) => Record::put(address, held.entry),
                None => Record::remove(address),
            },
            Change::Event(event) => {
                self.events.push(event.clone());
                Record(Change::NoEvent(event))
            }
            Change::NoEvent(event) => {
                self.events.take_back(&event);
                Record(Change::Event(event))
            }
            Change::Publish(publish) => {
                let (address, began) = (publish.address.clone(), publish.began);
                let before = self.publishes.put(*publish);
                before.map_or_else(|| Record(Change::NoPublish(address, began)), Record::publish)
            }
            Change::NoPublish(address, began) => match self.publishes.remove(&address, began) {
                Some(publish) => Record::publish(publish),
                None => Record(Change::NoPublish(address, began)),
            },
            Change::Notifications(all) => {
                Record(Change::Notifications(std::mem::replace(&mut self.notifications, all)))
            }
            Change::DeleteRecording(id) => match self.deleted.insert(id.clone()) {
                true => Record(Change::RestoreRecording(id)),
                false => Record(Change::DeleteRecording(id)),
            },
            Change::RestoreRecording(id) => match self.deleted.remove(&id) {
                true => Record(Change::DeleteRecording(id)),
                false => Record(Change::RestoreRecording(id)),
            },
            Change::Oss(change) => Record(Change::Oss(self.buckets.apply(change))),
        }
    }

    fn put(&mut self, address: &Address, entry: Entry) -> Option<Entry> {
        if let Some(held) = self.entries.get_mut(address) {
            return Some(std::mem::replace(&mut held.entry, entry));
        }
        self.added += 1;
        self.entries.insert(address.clone(), Numbered { number: self.added, entry });
        None
    }

    pub(super) fn get(&self, address: &Address) -> Option<&Entry> {
        self.entries.get(address).map(|held| &held.entry)
    }

    /// Adds an event that changes nothing: it is not in the log, so it is lost with the process.
    pub(super) fn note(&mut self, event: Event) {
        self.events.push(event);
    }

    pub(super) fn events(&self) -> &Events {
        &self.events
    }

    pub(super) fn publishes(&self) -> &Publishes {
        &self.publishes
    }

    pub(super) fn notifications(&self) -> &[Map<String, Json>] {
        &self.notifications
    }

    /// The ids of the recordings that were deleted in VOD.
    pub(super) fn deleted(&self) -> &BTreeSet<String> {
        &self.deleted
    }

    pub(super) fn buckets(&self) -> &Buckets {
        &self.buckets
    }

    pub(super) fn is_empty(&self) -> bool {
        let is_off_air = self.publishes.is_empty() && self.notifications.is_empty();
        self.entries.is_empty() && is_off_air && self.deleted.is_empty() && self.buckets.is_empty()
    }

    /// The configuration that applies to a stream that is published at `time`: the most specific one that was created
    /// by then.
    pub(super) fn ruler(
        &self,
        address: &Address,
        time: Timestamp,
        names: NameCase,
    ) -> Option<(Address, Entry)> {
        let ruling = address.rulers().find_map(|ruler| {
            let standing = self.standing(&ruler, names)?;
            standing.1.is_created_by(time).then_some(standing)
        });
        ruling.map(|(address, entry)| (address.clone(), entry.clone()))
    }

    fn standing(&self, address: &Address, names: NameCase) -> Option<(&Address, &Entry)> {
        let exact = self.entries.get_key_value(address).map(|(address, held)| (address, &held.entry));
        let alike = || {
            let mut others = self.all().filter(|(other, _)| other.domain == address.domain);
            others.find(|(other, _)| {
                other.app.eq_ignore_ascii_case(&address.app)
                    && other.stream.eq_ignore_ascii_case(&address.stream)
            })
        };
        exact.or_else(|| if names == NameCase::Sensitive { None } else { alike() })
    }

    /// All configurations, sorted by address.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Address, &Entry)> {
        self.entries.iter().map(|(address, held)| (address, &held.entry))
    }

    /// Every domain that holds a configuration, once per configuration.
    pub(super) fn domains(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(|address| &*address.domain)
    }

    /// Every transcode group that a configuration uses.
    pub(super) fn transcode_groups(&self) -> impl Iterator<Item = &str> {
        let configs = self.entries.values().map(|held| &held.entry.config);
        configs.flat_map(RecordConfig::transcode_groups)
    }

    /// A domain's configurations, sorted by app and stream.
    pub(super) fn of_domain<'a>(&'a self, domain: &'a str) -> impl Iterator<Item = (&'a Address, &'a Entry)> {
        self.numbered(domain).map(|(address, _, entry)| (address, entry))
    }

    /// The same, each with a number that increases in the order of creation.
    pub(super) fn numbered<'a>(
        &'a self,
        domain: &'a str,
    ) -> impl Iterator<Item = (&'a Address, u64, &'a Entry)> {
        let first = Address::new(domain, "", "");
        self.entries
            .range(first..)
            .take_while(move |(address, _)| &*address.domain == domain)
            .map(|(address, held)| (address, held.number, &held.entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_kept_as_they_always_were() {
        let key = r#"{"put":[{"domain":"a.com","app":"show","stream":"cam"},{"spelling":"named","create_time":"t","#;
        for (recording, fixed) in [
            (
                r#"{"vod_transcode_group_id":"g","cycle_duration":900,"compose_vod_transcode_group_id":"c","on_demand":7,
                "delay_time":180,"transcode_templates":["a","b"],"record_formats":[]}"#,
                r#"{"storage_location":"s","record_content":"raw","space_id":"app-1"}"#,
            ),
            (
                r#"{"vod_transcode_group_id":"g","cycle_duration":3600,"compose_vod_transcode_group_id":null,
                "idle_compose_group_id":"c","on_demand":0,"delay_time":null,"transcode_templates":[],"record_formats":[]}"#,
                r#"{"storage_location":null,"record_content":null,"space_id":null}"#,
            ),
            (
                r#"{"vod_transcode_group_id":null,"cycle_duration":3600,"compose_vod_transcode_group_id":null,"on_demand":0,
                "delay_time":null,"transcode_templates":[],"record_formats":[{"Format":"m3u8"}]}"#,
                r#"{"storage_location":null,"record_content":null,"space_id":null}"#,
            ),
        ] {
            let text = format!(r#"{key}"recording":{recording},"fixed":{fixed}}}]}}"#);
            let record: Record = serde_json::from_str(&text).unwrap();
            let mut written = serde_json::to_value(&record).unwrap();
            let expected: Json = serde_json::from_str(&text).unwrap();
            let (kept, known) = (&mut written["put"][1], &expected["put"][1]);
            for part in ["recording", "fixed"] {
                // A new field is null here.
                kept[part]
                    .as_object_mut()
                    .unwrap()
                    .retain(|name, value| known[part].get(name).is_some() || !value.is_null());
            }
            assert_eq!(written, expected);
            assert!(serde_json::from_str::<Record>(&text.replace("fixed\":{", "fixed\":{\"x\":1,")).is_err());
        }
    }
}
