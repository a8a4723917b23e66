//! What exists in the service: every configuration of the domains that were read.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Address, RecordConfig};

/// The configurations in the service, by domain. A domain that was not read whole is not in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// By domain name.
    pub domains: BTreeMap<Arc<str>, DomainSnapshot>,
}

impl Snapshot {
    /// The configuration at an address, if its domain was read and has one.
    pub fn get(&self, address: &Address) -> Option<&Remote> {
        self.domains.get(&address.domain)?.configs.get(address)
    }
}

/// Every configuration of one domain.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DomainSnapshot {
    /// By address; StreamName absent, empty and `*` are one key.
    pub configs: BTreeMap<Address, Remote>,
}

/// One configuration as the service has it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remote {
    /// Its settings as they were returned, not normalized.
    pub config: RecordConfig,
    /// How the service writes the stream name; each write sends it in the same form.
    pub spelling: StreamSpelling,
    /// When it was added, as the service wrote it (API: CreateTime).
    pub create_time: Option<String>,
    /// Why livevod must not change it, if so: it is by-format, or there are several entries under one key.
    pub unsupported: Option<String>,
}

impl Remote {
    /// When it was added, if the service tells a time that can be read (API: CreateTime).
    pub fn created(&self) -> Option<Timestamp> {
        self.create_time.as_deref()?.parse().ok()
    }
}

/// How a StreamName is written in responses and requests. All but `Named` mean every stream of the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamSpelling {
    /// The name itself, or `*` for every stream.
    #[default]
    Named,
    /// No StreamName at all.
    Absent,
    /// An empty StreamName.
    Empty,
}
