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
    entries: BTreeMap<Address, Entry>,
}

impl State {
    pub(super) fn apply(&mut self, record: Record) {
        match record.0 {
            Change::Put(address, entry) => {
                self.entries.insert(address, *entry);
            }
            Change::Remove(address) => {
                self.entries.remove(&address);
            }
        }
    }

    pub(super) fn get(&self, address: &Address) -> Option<&Entry> {
        self.entries.get(address)
    }

    /// Every domain that holds a configuration, as often as it holds one.
    pub(super) fn domains(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(|address| &*address.domain)
    }

    /// Every transcode group that a configuration names.
    pub(super) fn transcode_groups(&self) -> impl Iterator<Item = &str> {
        self.entries.values().map(|entry| &entry.recording).flat_map(|recording| {
            let groups = [&recording.vod_transcode_group_id, &recording.compose_vod_transcode_group_id];
            groups.into_iter().filter_map(Option::as_deref)
        })
    }

    /// A domain's configurations, by app and stream.
    pub(super) fn of_domain<'a>(&'a self, domain: &'a str) -> impl Iterator<Item = (&'a Address, &'a Entry)> {
        let first = Address::new(domain, "", "");
        self.entries.range(first..).take_while(move |(address, _)| &*address.domain == domain)
    }
}
