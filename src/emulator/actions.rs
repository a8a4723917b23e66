//! The three writes: each turns parameters and state into an answer and the records that change the state.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::entry::Entry;
use super::quirks::{
    AppWideDelete, DeleteAnswer, MissingConfig, MissingStatus, NameCase, Overlap, StorageLocation,
};
use super::refusal::Refusal;
use super::rules::Params;
use super::settings::Settings;
use super::state::{Record, State};
use crate::model::{Address, EVERY, Field, StreamSpelling};
use crate::wire::format_time;

/// Where recordings are stored if the service chooses.
const CHOSEN_STORAGE: &str = "outin-emulator.oss-cn-shanghai.aliyuncs.com";

/// The fields of an answer without RequestId.
pub(super) enum Fields {
    Map(Map<String, Value>),
    /// A JSON object already written as text, with at least one field: long listings are not built twice.
    Text(String),
}

impl Default for Fields {
    fn default() -> Self {
        Self::Map(Map::new())
    }
}

/// The answer to an accepted call, without RequestId, and the changes it makes.
#[derive(Default)]
pub(super) struct Accepted {
    pub(super) fields: Fields,
    pub(super) records: Vec<Record>,
    /// Whether the answer is inside an element of its own.
    pub(super) wrapped: bool,
}

impl Accepted {
    fn changed(records: Vec<Record>) -> Self {
        Self { records, ..Self::default() }
    }
}

/// The surroundings of a call.
pub(super) struct Scene<'a> {
    pub(super) state: &'a State,
    pub(super) settings: &'a Settings,
    pub(super) now: Timestamp,
    /// How many calls came before.
    pub(super) turn: u64,
}

impl Scene<'_> {
    pub(super) fn add(&self, params: &Params<'_>) -> Result<Accepted, Refusal> {
        let Scene { settings, state, now, turn: _ } = *self;
        let (address, spelling) = self.key(params)?;
        let mut config = params.recording(settings, None)?;
        params.put_fixed(settings, &mut config)?;
        if state.get(&address).is_some() || self.is_overlapped(&address) {
            return Err(Refusal::config_already_exists());
        }
        if settings.oss_recordings.contains(&address) {
            return Err(Refusal::oss_recording_exists());
        }
        if settings.quirks.storage_location == StorageLocation::Chosen {
            config.storage_location.get_or_insert_with(|| CHOSEN_STORAGE.to_owned());
        }
        let create_time = format_time(now);
        let entry = Entry { spelling, create_time, config };
        Ok(Accepted::changed(vec![Record::put(address, entry)]))
    }

    /// An Update sets everything that it can carry.
    pub(super) fn update(&self, params: &Params<'_>) -> Result<Accepted, Refusal> {
        let (address, _) = self.key(params)?;
        let standing = self.state.get(&address);
        let mut config = params.recording(self.settings, standing.map(|entry| &entry.config))?;
        let Some(entry) = standing else { return self.missing() };
        for field in Field::ALL.into_iter().filter(|field| field.needs_add()) {
            config.set(field, entry.config.get(field));
        }
        config.unknown.clone_from(&entry.config.unknown);
        config.unknown.retain(|name, _| params.text(name).is_none());
        let entry = Entry { config, ..entry.clone() };
        Ok(Accepted::changed(vec![Record::put(address, entry)]))
    }

    pub(super) fn delete(&self, params: &Params<'_>) -> Result<Accepted, Refusal> {
        let (address, _) = self.key(params)?;
        let wrapped = self.settings.quirks.delete_answer == DeleteAnswer::Wrapped;
        if self.state.get(&address).is_none() {
            return Ok(Accepted { wrapped, ..self.missing()? });
        }
        let mut records = match self.settings.quirks.app_wide_delete {
            AppWideDelete::WithSiblings if address.is_app_wide() => self.covered(&address),
            AppWideDelete::WithSiblings | AppWideDelete::Alone => Vec::new(),
        };
        records.push(Record::remove(address));
        Ok(Accepted { wrapped, ..Accepted::changed(records) })
    }

    /// The answer to a write to a missing configuration.
    fn missing(&self) -> Result<Accepted, Refusal> {
        let quirks = self.settings.quirks;
        let status = match quirks.missing_status {
            MissingStatus::BadRequest => 400,
            MissingStatus::NotFound => 404,
        };
        match quirks.missing_config {
            MissingConfig::CodeConfigNotFound => Err(Refusal::config_not_found(status, "CodeConfigNotFound")),
            MissingConfig::InvalidConfigNotFound => {
                Err(Refusal::config_not_found(status, "InvalidConfig.NotFound"))
            }
            MissingConfig::Success => Ok(Accepted::default()),
        }
    }

    /// The key that a write names, in the state's spelling if letter case does not count.
    fn key(&self, params: &Params<'_>) -> Result<(Address, StreamSpelling), Refusal> {
        let (address, spelling) = params.key(self.settings)?;
        let Address { domain, app, stream } = &address;
        let address = match self.settings.quirks.name_case {
            NameCase::Sensitive => address,
            NameCase::Folded => {
                Address::new(domain.clone(), app.to_ascii_lowercase(), stream.to_ascii_lowercase())
            }
            NameCase::Insensitive => self.first_written(&address).unwrap_or(address),
        };
        Ok((address, spelling))
    }

    /// The address as it is stored, whatever its letter case.
    fn first_written(&self, address: &Address) -> Option<Address> {
        let mut standing = self.state.of_domain(&address.domain).map(|(standing, _)| standing);
        standing.find(|standing| same_but_for_case(standing, address)).cloned()
    }

    fn is_overlapped(&self, address: &Address) -> bool {
        let overlaps = |other: &Address| covers(address, other) || covers(other, address);
        self.settings.quirks.overlap == Overlap::Refused
            && self.state.of_domain(&address.domain).any(|(other, _)| overlaps(other))
    }

    /// Removes the other configurations whose streams an app-wide one covers too.
    fn covered(&self, address: &Address) -> Vec<Record> {
        let others = self.state.of_domain(&address.domain).map(|(other, _)| other);
        let covered = others.filter(|other| *other != address && covers(address, other));
        covered.cloned().map(Record::remove).collect()
    }
}

/// Whether every stream of `other` is also one of `wide`.
fn covers(wide: &Address, other: &Address) -> bool {
    let part = |wide: &str, other: &str| wide == EVERY || wide == other;
    part(&wide.app, &other.app) && part(&wide.stream, &other.stream)
}

fn same_but_for_case(one: &Address, other: &Address) -> bool {
    one.app.eq_ignore_ascii_case(&other.app) && one.stream.eq_ignore_ascii_case(&other.stream)
}
