//! What exists: every configuration of the domains that were read.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Address, RecordConfig};

/// What the service holds, domain by domain. A domain that was not read whole is not in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// By domain name.
    pub domains: BTreeMap<Arc<str>, DomainSnapshot>,
}

impl Snapshot {
    /// The configuration at an address, if its domain was read and holds one.
    pub fn get(&self, address: &Address) -> Option<&Remote> {
        self.domains.get(&address.domain)?.configs.get(address)
    }
}

/// Every configuration of one domain.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DomainSnapshot {
    /// By address, StreamName absent, empty and `*` being one key.
    pub configs: BTreeMap<Address, Remote>,
}

/// One configuration as the service holds it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remote {
    /// Its settings, as they came: not normalized.
    pub config: RecordConfig,
    /// How the service wrote the stream name; each write echoes it.
    pub spelling: StreamSpelling,
    /// When it was added, as the service wrote it (API: CreateTime).
    pub create_time: Option<String>,
    /// Why livevod must not touch it, if so: by-format, or several entries under one key.
    pub unsupported: Option<String>,
}

/// How a StreamName stands on the wire. All but `Named` mean every stream of the app.
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
