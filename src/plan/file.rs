//! Turns a [`Plan`] with all that must be known to apply it later into a text, and that text back. Pure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::decided::{Decisions, Plan, noted};
use super::notes::{ChangeNote, Noted, Notes};
use crate::sealed;
use crate::source::{Place, Source, Sources};

/// Version of the format.
const FORMAT_VERSION: &str = "2.0";

/// A plan that is reviewed now and applied later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedPlan {
    /// [`FORMAT_VERSION`] of the writer.
    plan_file: String,
    /// The version of livevod that wrote it.
    pub livevod: String,
    /// When it was made.
    pub time: Timestamp,
    /// What is to be done.
    pub decisions: Decisions,
    /// What a reader is told besides.
    pub notes: Notes,
    /// Stands behind the rest in the file; [`sealed`] writes it and knows what it must be.
    #[serde(default, skip_serializing)]
    checksum: IgnoredAny,
}

/// Why a text is no saved plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanFileError {
    /// It is no plan at all, or only the beginning of one.
    #[error("it is no saved plan, or one that was cut short: {0}")]
    NotOne(String),
    /// A version that this livevod does not know.
    #[error("it has format version `{0}`, and this livevod reads {FORMAT_VERSION}")]
    Version(String),
    /// Not as it was written.
    #[error("it is not as it was written: its checksum does not fit")]
    Changed,
}

impl SavedPlan {
    /// What the text of every saved plan begins with, whatever its version; no YAML of livevod does.
    pub const BEGINNING: &[u8] = b"{\n  \"plan_file\":";

    /// A plan to be saved.
    pub fn new(plan: Plan, time: Timestamp) -> Self {
        let livevod = env!("CARGO_PKG_VERSION").to_owned();
        let (plan_file, checksum) = (FORMAT_VERSION.to_owned(), IgnoredAny);
        let Plan { decisions, notes } = plan;
        Self { plan_file, livevod, time, decisions, notes, checksum }
    }

    /// The changes with what is said of each.
    pub fn changes(&self) -> impl ExactSizeIterator<Item = Noted<'_>> + Clone {
        noted(&self.decisions, &self.notes)
    }

    /// The files of the plan, as far as it remembers them: their names and the places that it tells of.
    pub fn sources(&self) -> Sources {
        let mut files: BTreeMap<&str, Vec<&Place>> = BTreeMap::new();
        for place in self.notes.changes.iter().flat_map(ChangeNote::places) {
            files.entry(&place.file).or_default().push(place);
        }
        let mut sources = Sources::default();
        for (name, places) in files {
            sources.add(Source::remembered(name, places));
        }
        sources
    }

    /// The plan as it was made, for people; what is applied of it is found by [`resume`](super::resume).
    pub fn shown(self) -> Plan {
        let Self { decisions, notes, .. } = self;
        Plan { decisions, notes }
    }

    /// The text of a plan.
    ///
    /// # Errors
    /// When a value can't be JSON, which no plan can hold.
    pub fn write(&self) -> serde_json::Result<String> {
        let text = serde_json::to_string_pretty(self)?;
        let open = text.strip_suffix("\n}").unwrap_or(&text);
        Ok(sealed::close(&format!("{open},\n  ")))
    }

    /// Reads a plan.
    ///
    /// # Errors
    /// When the text is not, byte for byte, what [`SavedPlan::write`] made.
    pub fn read(text: &str) -> Result<Self, PlanFileError> {
        let read = match sealed::is_intact(text) {
            true => serde_json::from_str(text).map_err(not_one),
            false => Err(PlanFileError::Changed),
        };
        match read {
            Ok(Self { plan_file, .. }) if plan_file != FORMAT_VERSION => {
                Err(PlanFileError::Version(plan_file))
            }
            Ok(saved) => Ok(saved),
            // All else may mean something else in another version, so that is told first.
            Err(error) => known_version(text).and(Err(error)),
        }
    }
}

fn known_version(text: &str) -> Result<(), PlanFileError> {
    #[derive(Deserialize)]
    struct Version {
        plan_file: String,
    }
    let Version { plan_file } = serde_json::from_str(text).map_err(not_one)?;
    if plan_file == FORMAT_VERSION { Ok(()) } else { Err(PlanFileError::Version(plan_file)) }
}

fn not_one(error: serde_json::Error) -> PlanFileError {
    PlanFileError::NotOne(error.to_string())
}
