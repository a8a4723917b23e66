//! Turns a [`Plan`], with everything needed to apply it later, into text, and that text back. Pure.

use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::decided::{Decisions, Plan, noted};
use super::notes::{ChangeNote, Noted, Notes};
use crate::sealed;
use crate::source::Sources;

/// The version of the format.
const FORMAT_VERSION: &str = "3.0";

/// A plan that is reviewed now and applied later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedPlan {
    /// [`FORMAT_VERSION`] of the writer.
    plan_file: String,
    /// The version of livevod that wrote it.
    pub livevod: String,
    /// When the plan was made.
    pub time: Timestamp,
    /// What is to be done.
    pub decisions: Decisions,
    /// What readers see besides.
    pub notes: Notes,
    /// Comes last in the file; [`sealed`] writes it and knows what it must be.
    #[serde(default, skip_serializing)]
    checksum: IgnoredAny,
}

/// Why a text is not a saved plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanFileError {
    /// Not a plan at all, or only the beginning of one.
    #[error("not a saved plan, or truncated: {0}")]
    NotOne(String),
    /// A version that this livevod does not know.
    #[error("the format version is `{0}`, but this livevod reads {FORMAT_VERSION}")]
    Version(String),
    /// The file was modified.
    #[error("checksum mismatch: the file was modified")]
    Changed,
}

impl SavedPlan {
    /// The first bytes of every saved plan, in any version; no YAML file of livevod begins like this.
    pub const BEGINNING: &[u8] = b"{\n  \"plan_file\":";

    /// A plan to save.
    pub fn new(plan: Plan, time: Timestamp) -> Self {
        let livevod = env!("CARGO_PKG_VERSION").to_owned();
        let (plan_file, checksum) = (FORMAT_VERSION.to_owned(), IgnoredAny);
        let Plan { decisions, mut notes } = plan;
        // Whoever reads the file looks again.
        notes.held.retain(|held| !held.guard.is_live());
        Self { plan_file, livevod, time, decisions, notes, checksum }
    }

    /// The changes with their notes.
    pub fn changes(&self) -> impl ExactSizeIterator<Item = Noted<'_>> + Clone {
        noted(&self.decisions, &self.notes)
    }

    /// The files of the plan, as far as it stores them: their names and the places that it names.
    pub fn sources(&self) -> Sources {
        Sources::remembering(self.notes.changes.iter().flat_map(ChangeNote::places))
    }

    /// The plan as it was made, for people; [`resume`](super::resume) finds what is applied of it.
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

    /// Parses a plan.
    ///
    /// # Errors
    /// When the text is not byte for byte what [`SavedPlan::write`] made.
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
            // Another version may define everything else differently, so its number is reported first.
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
