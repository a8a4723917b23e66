//! Which configuration ruled an address at a moment of the past.
//!
//! Known are the configurations of now, when each was added (API: CreateTime), and what livevod wrote (its journals). It is presumed that nobody else changed a configuration and changed
//! it back, nor changed one that livevod never wrote; what those sources say against each other makes the answer unclear.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Address, Period, RecordConfig, Remote, Snapshot};

/// How far the clocks of the service, of encoders and of livevod may differ. A session that began as near to a change as this
/// may have begun on either side of it.
const CLOCKS: SignedDuration = SignedDuration::from_secs(60);

/// What livevod wrote at an address, from its journals.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// The address.
    pub address: Address,
    /// When the write was sent.
    pub sent: Timestamp,
    /// How it ended.
    pub ended: Ended,
    /// What stood there before.
    pub before: Option<RecordConfig>,
    /// When that had been added, if it is known.
    pub created: Option<Timestamp>,
    /// What was to stand there after it.
    pub after: Option<RecordConfig>,
}

/// How a write ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It was confirmed at this time.
    Confirmed(Timestamp),
    /// Nobody knows whether, and when, it was carried out.
    Unknown,
}

/// The past of every address, as far as it is known.
#[derive(Debug)]
pub struct History<'a> {
    now: &'a Snapshot,
    writes: BTreeMap<&'a Address, Vec<&'a Write>>,
    /// Whether what stands now is taken to have stood always.
    is_timeless: bool,
    /// Whether every journal could be read.
    is_whole: bool,
}

/// What ruled an address at a moment.
#[derive(Debug, Clone, PartialEq)]
pub enum Ruling {
    /// This configuration, or none.
    Known(Option<Ruler>),
    /// It can't be known.
    Unclear(Unclear),
}

/// A configuration that ruled.
#[derive(Debug, Clone, PartialEq)]
pub struct Ruler {
    /// Its own address.
    pub address: Address,
    /// Its settings then.
    pub config: Arc<RecordConfig>,
    /// Since when it stood.
    pub since: Since,
}

/// Since when a configuration stood as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", content = "time", rename_all = "snake_case")]
#[schemars(rename = "RulingSince")]
pub enum Since {
    /// livevod wrote it then.
    Written(#[schemars(with = "String", extend("format" = "date-time"))] Timestamp),
    /// It was added then (API: CreateTime), and presumably not changed since.
    Created(#[schemars(with = "String", extend("format" = "date-time"))] Timestamp),
}

/// Why nobody can say what ruled.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", content = "address", rename_all = "snake_case")]
#[schemars(rename = "UnclearRuling")]
pub enum Unclear {
    /// The domain's configurations were not read.
    Unread,
    /// A journal can't be read, so nobody knows what livevod wrote.
    JournalUnread,
    /// A change of this address happened at about the same moment.
    AtThatMoment(Address),
    /// Somebody changed this address at an unknown time.
    Changed(Address),
    /// The outcome of a write to this address is unknown.
    UnknownWrite(Address),
    /// The service does not tell when this address was added.
    NoCreateTime(Address),
    /// It was interrupted for a moment, and this address had another configuration when it came back.
    Resumed(Address),
    /// The name of this transcoded stream does not tell which stream it was made from.
    NoSource(Address),
}

/// What stood at one address.
enum Stood {
    Nothing,
    Config(Arc<RecordConfig>, Since),
    Unclear(Unclear),
}

impl<'a> History<'a> {
    /// From what the service holds now, and everything that was written before.
    pub fn new(now: &'a Snapshot, writes: &'a [Write]) -> Self {
        let mut by_address: BTreeMap<&Address, Vec<&Write>> = BTreeMap::new();
        for write in writes {
            by_address.entry(&write.address).or_default().push(write);
        }
        for writes in by_address.values_mut() {
            writes.sort_by_key(|write| write.sent);
        }
        Self { now, writes: by_address, is_timeless: false, is_whole: true }
    }

    /// The same; unless every journal could be read, nobody knows what livevod wrote and when, so nothing of the past is clear.
    #[must_use]
    pub fn if_whole(self, is_whole: bool) -> Self {
        Self { is_whole, ..self }
    }

    /// As if what this snapshot holds had always stood there, and nothing else.
    pub(super) fn timeless(now: &'a Snapshot) -> Self {
        Self { now, writes: BTreeMap::new(), is_timeless: true, is_whole: true }
    }

    /// The configuration that applied to `address` at `time`: the most specific one, as is presumed everywhere.
    pub fn ruling(&self, address: &Address, time: Timestamp) -> Ruling {
        if !self.now.domains.contains_key(&address.domain) {
            return Ruling::Unclear(Unclear::Unread);
        }
        if !self.is_whole {
            return Ruling::Unclear(Unclear::JournalUnread);
        }
        for ruler in address.rulers() {
            match self.stood(&ruler, time) {
                Stood::Nothing => {}
                Stood::Unclear(unclear) => return Ruling::Unclear(unclear),
                Stood::Config(config, since) => {
                    return Ruling::Known(Some(Ruler { address: ruler, config, since }));
                }
            }
        }
        Ruling::Known(None)
    }

    /// The configuration that applies to `address` now, if it came after `time`.
    pub(super) fn came_after(&self, address: &Address, time: Timestamp) -> Option<(Address, Timestamp)> {
        let created = |ruler: Address| {
            let created = self.now.get(&ruler)?.created()?;
            Some((ruler, created))
        };
        address.rulers().find_map(created).filter(|(_, created)| *created > time)
    }

    /// Every configuration that is known to have stood at this address or at one that could rule it.
    pub(super) fn configs(&self, address: &Address) -> impl Iterator<Item = &RecordConfig> {
        address.rulers().flat_map(|ruler| {
            let now = self.now.get(&ruler).map(|remote| &remote.config);
            let writes = self.writes.get(&ruler).map(Vec::as_slice).unwrap_or_default();
            let written = writes.iter().flat_map(|write| [write.before.as_ref(), write.after.as_ref()]);
            now.into_iter().chain(written.flatten()).collect::<Vec<_>>()
        })
    }

    fn stood(&self, address: &Address, time: Timestamp) -> Stood {
        if self.is_timeless {
            return self.now.get(address).map_or(Stood::Nothing, |remote| {
                let since = Since::Created(remote.created().unwrap_or(Timestamp::MIN));
                Stood::Config(Arc::new(remote.config.clone()), since)
            });
        }
        let writes = self.writes.get(address).map(Vec::as_slice).unwrap_or_default();
        if let Some(unclear) = writes.iter().find_map(|write| near(write, time)) {
            return Stood::Unclear(unclear);
        }
        let at = writes.partition_point(|write| write.sent < time);
        let last = at.checked_sub(1).and_then(|last| writes.get(last));
        match writes.get(at) {
            Some(next) => between(address, last.copied(), next, self.now.get(address), time),
            None => self.standing(address, last.copied(), time),
        }
    }

    /// What stood at `time`, after which livevod wrote nothing.
    fn standing(&self, address: &Address, last: Option<&Write>, time: Timestamp) -> Stood {
        let now = self.now.get(address);
        let changed = || Stood::Unclear(Unclear::Changed(address.clone()));
        match (last, now) {
            (None, None) => Stood::Nothing,
            (None, Some(remote)) => since_creation(address, remote, time),
            (Some(write), None) if write.after.is_none() => Stood::Nothing,
            (Some(_), None) => changed(),
            (Some(write), Some(remote)) => {
                // Added by somebody else, after livevod's write.
                let added =
                    remote.created().filter(|created| *created > Period::later(confirmed(write), CLOCKS));
                match (&write.after, added) {
                    (_, Some(added)) if time > Period::later(added, CLOCKS) => {
                        Stood::Config(Arc::new(remote.config.clone()), Since::Created(added))
                    }
                    (None, Some(added)) if time < Period::earlier(added, CLOCKS) => Stood::Nothing,
                    (Some(after), None) if same(after, &remote.config) => {
                        Stood::Config(Arc::new(remote.config.clone()), Since::Written(confirmed(write)))
                    }
                    _ => changed(),
                }
            }
        }
    }
}

/// What stood at `time`, between two writes of livevod, or before its first; `now` is what stands at the address today.
fn between(
    address: &Address,
    last: Option<&Write>,
    next: &Write,
    now: Option<&Remote>,
    time: Timestamp,
) -> Stood {
    let changed = || Stood::Unclear(Unclear::Changed(address.clone()));
    match (last.map(|write| (write, &write.after)), &next.before) {
        (None | Some((_, None)), None) => Stood::Nothing,
        (Some((_, Some(_))), None) | (Some((_, None)), Some(_)) => changed(),
        (Some((write, Some(after))), Some(before)) if same(after, before) => {
            Stood::Config(Arc::new(before.clone()), Since::Written(confirmed(write)))
        }
        (Some((_, Some(_))), Some(_)) => changed(),
        // An Update leaves the time at which the entry was added.
        (None, Some(before)) => match next.created.or_else(|| now.and_then(Remote::created)) {
            Some(created) if Period::later(created, CLOCKS) < time => {
                Stood::Config(Arc::new(before.clone()), Since::Created(created))
            }
            Some(created) if next.created.is_some() && time < Period::earlier(created, CLOCKS) => {
                Stood::Nothing
            }
            _ => Stood::Unclear(Unclear::NoCreateTime(address.clone())),
        },
    }
}

fn since_creation(address: &Address, remote: &Remote, time: Timestamp) -> Stood {
    match remote.created() {
        None => Stood::Unclear(Unclear::NoCreateTime(address.clone())),
        Some(created) if Period::later(created, CLOCKS) < time => {
            Stood::Config(Arc::new(remote.config.clone()), Since::Created(created))
        }
        Some(created) if time < Period::earlier(created, CLOCKS) => Stood::Nothing,
        Some(_) => Stood::Unclear(Unclear::AtThatMoment(address.clone())),
    }
}

/// Why a write makes `time` unclear, if it does.
fn near(write: &Write, time: Timestamp) -> Option<Unclear> {
    match write.ended {
        // It may be carried out at any time after it was sent.
        Ended::Unknown if Period::earlier(write.sent, CLOCKS) <= time => {
            Some(Unclear::UnknownWrite(write.address.clone()))
        }
        Ended::Confirmed(confirmed)
            if Period::earlier(write.sent, CLOCKS) <= time && time <= Period::later(confirmed, CLOCKS) =>
        {
            Some(Unclear::AtThatMoment(write.address.clone()))
        }
        Ended::Unknown | Ended::Confirmed(_) => None,
    }
}

fn confirmed(write: &Write) -> Timestamp {
    match write.ended {
        Ended::Confirmed(time) => time,
        Ended::Unknown => write.sent,
    }
}

/// Whether what stands is what was written; what was not written is as the service has it.
fn same(written: &RecordConfig, standing: &RecordConfig) -> bool {
    written.laid_over(standing) == standing.clone().normalized()
}
