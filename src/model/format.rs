//! The formats of a by-format configuration: for each recorded format, what happens to its files.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A format of recorded files (API: RecordFormat.N.Format).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// One FLV file per cycle.
    Flv,
    /// HLS: a playlist and its slices.
    M3u8,
    /// One MP4 file per cycle.
    Mp4,
}

/// A setting of one format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// What processes its files.
    Process,
    /// Length of one slice.
    SliceDuration,
    /// Merge its files.
    AutoCompose,
    /// Which of its files are processed.
    Video,
    /// Tags of its files in VOD.
    Tags,
}

/// The formats of one configuration. A configuration with formats is by-format: it has no transcode groups of its own.
pub type Formats = BTreeMap<Format, FormatSettings>;

/// The settings of one format. `None` means not written, or not returned by the service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, JsonSchema, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FormatSettings {
    /// What processes its files (API: ProcessMethod and ProcessTemplateId).
    pub process: Option<Process>,
    /// Length of one slice, 5 to 30 s, for `m3u8` only (API: SliceDuration, default 30).
    pub slice_duration: Option<u32>,
    /// Merge its files into one (API: AutoCompose, default OFF).
    pub auto_compose: Option<bool>,
    /// Which files are processed, a set of `origin` and `compose` (API: VideoProcess, default `origin`).
    pub video: Option<BTreeSet<String>>,
    /// Tags of its files in VOD, not interpreted (API: Tags).
    pub tags: Option<String>,
    /// Undocumented fields of the response; no request can send them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unknown: BTreeMap<String, serde_json::Value>,
}

/// What processes the files of one format.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Process {
    /// A transcode group, by its id (API: ProcessMethod `transcode`).
    Transcode(String),
    /// A VOD workflow, by its id (API: ProcessMethod `workflow`).
    Workflow(String),
    /// Nothing: `process: default` in YAML. No request can ask for it; a new configuration has it if none is sent.
    Nothing,
}

impl Format {
    /// Every format, in the order of their names.
    pub const ALL: [Format; 3] = [Format::Flv, Format::M3u8, Format::Mp4];

    /// The format's name, in YAML and in the API.
    pub fn name(self) -> &'static str {
        match self {
            Format::Flv => "flv",
            Format::M3u8 => "m3u8",
            Format::Mp4 => "mp4",
        }
    }

    /// The format of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Part {
    /// Every part, in the order in which they are shown.
    pub const ALL: [Part; 5] =
        [Part::Process, Part::SliceDuration, Part::AutoCompose, Part::Video, Part::Tags];

    /// The part with this key.
    pub fn named(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == key)
    }

    /// Its key in YAML.
    pub fn name(self) -> &'static str {
        match self {
            Part::Process => "process",
            Part::SliceDuration => "slice_duration",
            Part::AutoCompose => "auto_compose",
            Part::Video => "video",
            Part::Tags => "tags",
        }
    }
}

impl Process {
    /// The id of its transcode group.
    pub fn group(&self) -> Option<&str> {
        match self {
            Process::Transcode(id) => Some(id),
            Process::Workflow(_) | Process::Nothing => None,
        }
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Process::Transcode(id) => write!(f, "transcode {id}"),
            Process::Workflow(id) => write!(f, "workflow {id}"),
            Process::Nothing => f.write_str("none"),
        }
    }
}
