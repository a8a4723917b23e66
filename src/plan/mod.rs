//! Turns [`Desired`](crate::resolve::Desired) and [`Snapshot`](crate::model::Snapshot) into a [`Plan`]. Pure: no I/O, no clock.

use serde::{Deserialize, Serialize};

use crate::model::{Address, Field, RecordConfig, StreamSpelling};
use crate::resolve::OriginKind;
use crate::source::Place;

/// Everything that is to be done and everything a reviewer should know: inert, complete, the same on any machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The declared account, `None` where none is declared.
    pub account: Option<String>,
    /// In the order of their addresses.
    pub changes: Vec<Change>,
    /// Declared configurations that already are as wanted.
    pub unchanged: Vec<Address>,
    /// Remote configurations that no file declares; left alone.
    pub unmanaged: Vec<Address>,
    /// Remote configurations that `ignore` names; left alone.
    pub ignored: Vec<Address>,
    /// Addresses that livevod can't manage.
    pub unsupported: Vec<Unsupported>,
    /// Guards that hold the plan; none of its changes may be applied while one is left.
    pub held: Vec<Held>,
    /// Facts that a reviewer should see first.
    pub warnings: Vec<Warning>,
    /// Selected domains that could not be read.
    pub unread: Vec<String>,
    /// What applying it will cost.
    pub budget: Budget,
}

/// One change of one configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// What is changed.
    pub address: Address,
    /// The region of the domain, where one is written.
    pub region: Option<String>,
    /// What is done.
    pub action: ActionKind,
    /// Why, as a fragment: `declared, but not there`.
    pub reason: String,
    /// Normalized settings now; `None` for a create.
    pub before: Option<RecordConfig>,
    /// Normalized settings afterwards; `None` for a delete.
    pub after: Option<RecordConfig>,
    /// The fields that differ, in [`Field::ALL`] order. A create lists every managed field that is set.
    pub fields: Vec<FieldChange>,
    /// Who records the address, before and after.
    pub coverage: Coverage,
    /// How the service writes the stream name.
    pub spelling: StreamSpelling,
    /// What is written besides if a step fails, and when.
    pub contingent: Option<Contingent>,
}

/// What a change does, in the words of Terraform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Add.
    Create,
    /// Update in place.
    Update,
    /// Delete, then Add.
    Replace,
    /// Delete.
    Delete,
}

/// One field of a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Which.
    pub field: Field,
    /// Where the new value comes from; `None` where the entry goes.
    pub origin: Option<FieldOrigin>,
}

/// Where a planned value comes from, without need of the files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldOrigin {
    /// The kind of block.
    pub kind: OriginKind,
    /// The tier's name.
    pub tier: Option<String>,
    /// The value's place, where somebody wrote it.
    pub place: Option<Place>,
    /// What led there, nearest first, each with what it says.
    pub via: Vec<(String, Place)>,
}

/// A write that happens only if another fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contingent {
    /// If the Add of a replace fails: add the old one back.
    AddBack,
    /// If siblings of a deleted app-wide entry are gone: add them back.
    AddSiblingsBack,
}

/// The address that records a stream, before and after; `None` is "not recorded".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Ruling entry before.
    pub before: Option<Address>,
    /// Ruling entry after the whole plan.
    pub after: Option<Address>,
}

/// An address that livevod can't manage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsupported {
    /// Which.
    pub address: Address,
    /// Why.
    pub reason: String,
    /// Whether a file declares it, which makes it a difference.
    pub declared: bool,
}

/// A guard that holds the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Which guard.
    pub guard: Guard,
    /// The change it is about, where it is about one.
    pub address: Option<Address>,
    /// What it found.
    pub message: String,
    /// The flag that releases it; `None` when nothing does.
    pub release: Option<String>,
}

/// The guards, as `design` names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guard {
    /// Too many deletes or changes.
    Limits,
    /// A replace.
    RecordingGap,
    /// Something recorded by itself would not be any more.
    RecordingStop,
    /// An app-wide entry goes while entries beside it stay.
    AppWide,
    /// Nothing is wanted at all.
    Empty,
    /// More writes than allowed.
    Writes,
    /// Another account.
    Account,
    /// A protected address.
    Protect,
}

/// A fact at the head of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// The fact, as a fragment.
    pub message: String,
    /// What it is about.
    pub address: Option<Address>,
}

/// Calls and time, as floors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Read calls, compares and confirms included.
    pub reads: u64,
    /// Write calls.
    pub writes: u64,
    /// Least seconds that the rate allows it in.
    pub seconds: u64,
}
