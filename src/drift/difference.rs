//! What differs between the files and the service. Plain values.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Address, Field, Value};
use crate::plan::{FieldOrigin, Recorder};
use crate::source::Place;

/// Everything that differs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Drift {
    /// Sorted by address.
    pub differences: Vec<Difference>,
    /// Whether everything was read, from the declared account. If not, nothing else may have been compared.
    pub is_complete: bool,
    /// How many declared configurations are as declared.
    pub matching: usize,
}

/// One configuration that is not as the files want it.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The configuration.
    pub address: Address,
    /// What differs.
    pub kind: Kind,
    /// Which side moved since livevod last wrote there; `None` if no journal tells.
    pub moved: Option<Moved>,
    /// The fields that differ. Of a configuration that only one side has, all that this side sets.
    pub fields: Vec<FieldDifference>,
    /// Since when, as far as it is known.
    pub since: Option<Since>,
    /// The line of the files that says what should be: the entry, or `prune: true`; `None` if no file names the address.
    pub place: Option<Place>,
    /// The declared configuration that does not apply because of this one.
    pub shadowed: Option<Address>,
    /// The configuration that records the address now, presuming that the most specific one wins; `None` if nothing does.
    pub recorder: Option<Recorder>,
    /// What the files say about it, why it can't be managed, or which run left it unfinished; empty if nothing is to be said.
    pub reason: String,
    /// Whether apply makes the service agree with the files here.
    pub is_planned: bool,
}

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Declared, but not in the service.
    Deleted,
    /// Declared, and in the service with other settings.
    Changed,
    /// In the service, but no file wants it there.
    Appeared,
    /// Declared, but it can't be compared or managed.
    Unmanageable,
    /// An earlier run of livevod removed it and did not add it back.
    Unfinished,
}

/// Which side moved since livevod last wrote an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Moved {
    /// The service: somebody changed it outside the files.
    Service,
    /// The files: they were edited and not applied yet.
    Files,
}

/// One field that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldDifference {
    /// The field.
    pub field: Field,
    /// What the files say.
    pub declared: Value,
    /// What the service has.
    pub actual: Value,
    /// Which side moved; `None` if no journal tells.
    pub moved: Option<Moved>,
    /// Where the declared value comes from.
    pub origin: Option<FieldOrigin>,
}

/// The earliest moment at which a difference can have arisen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// The moment.
    pub time: Timestamp,
    /// What happened then.
    pub what: SinceWhat,
}

/// What happened at the earliest moment of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SinceWhat {
    /// This run of livevod wrote the address and confirmed it.
    Written(String),
    /// The service created the configuration (API: CreateTime). What appeared did so exactly then.
    Created,
}

impl Drift {
    /// Whether the service differs from the files.
    pub fn is_drifted(&self) -> bool {
        !self.differences.is_empty()
    }

    /// How many differences of a kind there are.
    pub fn count(&self, kind: Kind) -> usize {
        self.differences.iter().filter(|one| one.kind == kind).count()
    }
}
