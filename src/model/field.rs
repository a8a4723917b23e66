//! The fields of a configuration by name, and their values as they are shown.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A field of a configuration, named as in YAML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Group of the recorded files.
    VodTranscodeGroup,
    /// Length of one file.
    CycleDuration,
    /// Merge the files.
    AutoCompose,
    /// Group of the merged file.
    ComposeVodTranscodeGroup,
    /// When recording starts.
    OnDemand,
    /// Bucket host, create-only.
    StorageLocation,
    /// Carried.
    DelayTime,
    /// Carried.
    RecordContent,
    /// Carried.
    SpaceId,
    /// Carried.
    TranscodeTemplates,
    /// Carried: all response fields that no document knows, together.
    Unknown,
}

impl Field {
    /// Every field, in the order they are shown.
    pub const ALL: [Field; 11] = [
        Field::VodTranscodeGroup,
        Field::CycleDuration,
        Field::AutoCompose,
        Field::ComposeVodTranscodeGroup,
        Field::OnDemand,
        Field::StorageLocation,
        Field::DelayTime,
        Field::RecordContent,
        Field::SpaceId,
        Field::TranscodeTemplates,
        Field::Unknown,
    ];

    /// The fields that YAML manages.
    pub const MANAGED: [Field; 6] = [
        Field::VodTranscodeGroup,
        Field::CycleDuration,
        Field::AutoCompose,
        Field::ComposeVodTranscodeGroup,
        Field::OnDemand,
        Field::StorageLocation,
    ];

    /// The field's name in YAML and in every output.
    pub fn name(self) -> &'static str {
        match self {
            Field::VodTranscodeGroup => "vod_transcode_group",
            Field::CycleDuration => "cycle_duration",
            Field::AutoCompose => "auto_compose",
            Field::ComposeVodTranscodeGroup => "compose_vod_transcode_group",
            Field::OnDemand => "on_demand",
            Field::StorageLocation => "storage_location",
            Field::DelayTime => "delay_time",
            Field::RecordContent => "record_content",
            Field::SpaceId => "space_id",
            Field::TranscodeTemplates => "transcode_templates",
            Field::Unknown => "unknown",
        }
    }

    /// Whether only Add can set it, so that a change means delete and add.
    pub fn is_create_only(self) -> bool {
        self == Field::StorageLocation
    }

    /// Whether no Update can change it, passed through ones included.
    pub fn needs_add(self) -> bool {
        self.is_create_only() || matches!(self, Field::RecordContent | Field::SpaceId)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The value of one field, as plans compare and show it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// Nothing set.
    Unset,
    /// An id or another text.
    Text(String),
    /// A length of time in seconds.
    Seconds(u32),
    /// On or off.
    Switch(bool),
    /// A bare number.
    Number(u32),
    /// Unknown response fields by name.
    Json(BTreeMap<String, serde_json::Value>),
}

impl Value {
    /// A text, or unset.
    pub fn text(text: Option<&str>) -> Self {
        text.map_or(Value::Unset, |text| Value::Text(text.to_owned()))
    }

    /// The value in JSON: seconds are integers, switches booleans, unset is null.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Value::Unset => serde_json::Value::Null,
            Value::Text(text) => text.as_str().into(),
            Value::Seconds(number) | Value::Number(number) => (*number).into(),
            Value::Switch(on) => (*on).into(),
            Value::Json(fields) => fields.clone().into_iter().collect(),
        }
    }

    /// Whether it says nothing: unset, or no unknown fields.
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Unset => true,
            Value::Json(fields) => fields.is_empty(),
            Value::Text(_) | Value::Seconds(_) | Value::Switch(_) | Value::Number(_) => false,
        }
    }

    /// Equality for `field`: template lists are sets, everything else is compared as it is.
    pub(super) fn same(&self, field: Field, other: &Value) -> bool {
        match (field, self, other) {
            (Field::TranscodeTemplates, Value::Text(one), Value::Text(two)) => {
                templates(one) == templates(two)
            }
            _ => self == other,
        }
    }
}

/// The ids in a list of templates, which is a set.
pub(crate) fn templates(text: &str) -> BTreeSet<&str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// Whether a text can be shown without quotes: what ids, hosts and lists of them are made of.
fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.,:/".contains(&byte);
    !text.is_empty() && text.bytes().all(plain)
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Unset => f.write_str("(not set)"),
            Value::Text(text) if is_plain(text) => f.write_str(text),
            // Else it could pass for something else, such as `(not set)` or a group's name.
            Value::Text(text) => f.write_str(&serde_json::to_string(text).map_err(|_| fmt::Error)?),
            Value::Seconds(number) | Value::Number(number) => write!(f, "{number}"),
            Value::Switch(on) => f.write_str(if *on { "on" } else { "off" }),
            Value::Json(fields) => f.write_str(&serde_json::to_string(fields).map_err(|_| fmt::Error)?),
        }
    }
}
