//! What the emulated service holds, and the records that change it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{Address, StreamSpelling};

/// One configuration as the service holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// How StreamName was sent, and so how it is listed.
    pub(super) spelling: StreamSpelling,
    /// As it is listed, `yyyy-MM-ddTHH:mm:ssZ`.
    pub(super) create_time: String,
    /// What an Update replaces.
    pub(super) recording: Recording,
    /// What only an Add sets.
    pub(super) fixed: Fixed,
}

/// The parameters that Add and Update have in common, defaults filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recording {
    /// `None` only beside `record_formats`.
    pub(super) vod_transcode_group_id: Option<String>,
    /// Seconds.
    pub(super) cycle_duration: u32,
    /// The merged file's group; there is one exactly while AutoCompose is ON.
    pub(super) compose_vod_transcode_group_id: Option<String>,
    /// The group that stayed when AutoCompose went OFF, where the service keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) idle_compose_group_id: Option<String>,
    pub(super) on_demand: u32,
    /// Seconds.
    pub(super) delay_time: Option<u32>,
    pub(super) transcode_templates: Vec<String>,
    /// Not empty for a by-format configuration: the fields of each `RecordFormat.N`.
    pub(super) record_formats: Vec<BTreeMap<String, String>>,
}

/// The parameters that only Add takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fixed {
    pub(super) storage_location: Option<String>,
    pub(super) record_content: Option<String>,
    pub(super) space_id: Option<String>,
}

/// One change of the state: what the log keeps. Records are absolute, so replaying them needs no rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Record(Change);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    /// The key, in which every spelling of "all streams" is `*`, now holds this.
    Put(Address, Box<Entry>),
    /// The key holds nothing.
    Remove(Address),
}

impl Record {
    pub(super) fn put(address: Address, entry: Entry) -> Self {
        Self(Change::Put(address, Box::new(entry)))
    }

    pub(super) fn remove(address: Address) -> Self {
        Self(Change::Remove(address))
    }
}

/// Every configuration of the account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct State {
    entries: BTreeMap<Address, Held>,
    /// How many were ever added.
    added: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Held {
    /// Grows from each added configuration to the next.
    number: u64,
    entry: Entry,
}

impl State {
    /// Makes a change and gives the one that takes it back.
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
        }
    }

    fn put(&mut self, address: &Address, entry: Entry) -> Option<Entry> {
        if let Some(held) = self.entries.get_mut(address) {
            return Some(std::mem::replace(&mut held.entry, entry));
        }
        self.added += 1;
        self.entries.insert(address.clone(), Held { number: self.added, entry });
        None
    }

    pub(super) fn get(&self, address: &Address) -> Option<&Entry> {
        self.entries.get(address).map(|held| &held.entry)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Every configuration, by address.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Address, &Entry)> {
        self.entries.iter().map(|(address, held)| (address, &held.entry))
    }

    /// Every domain that holds a configuration, as often as it holds one.
    pub(super) fn domains(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(|address| &*address.domain)
    }

    /// Every transcode group that a configuration names.
    pub(super) fn transcode_groups(&self) -> impl Iterator<Item = &str> {
        self.entries.values().map(|held| &held.entry.recording).flat_map(|recording| {
            let groups = [&recording.vod_transcode_group_id, &recording.compose_vod_transcode_group_id];
            groups.into_iter().filter_map(Option::as_deref)
        })
    }

    /// A domain's configurations, by app and stream.
    pub(super) fn of_domain<'a>(&'a self, domain: &'a str) -> impl Iterator<Item = (&'a Address, &'a Entry)> {
        self.numbered(domain).map(|(address, _, entry)| (address, entry))
    }

    /// The same, each with a number that grows in the order of creation.
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
