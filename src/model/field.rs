//! The fields of a configuration by name, and how their values are shown.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::RangeInclusive;

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
    /// A passthrough field: kept as it is, not managed.
    DelayTime,
    /// A passthrough field: kept as it is, not managed.
    RecordContent,
    /// A passthrough field: kept as it is, not managed.
    SpaceId,
    /// A passthrough field: kept as it is, not managed.
    TranscodeTemplates,
    /// All undocumented response fields together: kept as they are, not managed.
    Unknown,
}

/// What a value of a field may be, wherever the value is read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The id of a transcode group, or in YAML a name from `transcode_groups`.
    Group,
    /// Whole seconds, `least..=most`; `help` says what to write instead of a value outside.
    #[expect(missing_docs, reason = "the variant's own comment says it")]
    Seconds { least: u32, most: u32, help: &'static str },
    /// On or off.
    Switch,
    /// One of a few numbers. `here` is the label of any other one, and `help` gives each number with its meaning.
    #[expect(missing_docs, reason = "the variant's own comment says it")]
    Choice { values: &'static [u8], here: &'static str, help: &'static str },
    /// The host of a VOD bucket.
    Bucket,
    /// Any text.
    Text,
    /// A set of ids: a list in requests, a text with commas in answers.
    Templates,
    /// Any JSON, by name.
    Json,
}

/// All that is known of one field, except its Rust type and its default: these are in
/// [`RecordConfig`](super::RecordConfig).
struct Declaration {
    field: Field,
    name: &'static str,
    api: Option<&'static str>,
    form: Form,
    needs_add: bool,
    description: Option<&'static str>,
}

/// Length of one recorded file, in seconds.
pub const CYCLE_DURATION: RangeInclusive<u32> = 300..=21600;

/// When recording starts: 0 by itself, 1 by HTTP callback, 2 by ingest parameters, 7 by hand.
pub const ON_DEMAND: [u8; 4] = [0, 1, 2, 7];

/// Every field in the order of [`Field`], which is the order in which they are shown: managed fields first.
///
/// Schema, decoding, merging, inheritance, digest, requests, answers, blame and the emulator follow from this table. A new
/// setting is a line here and in [`Field`], and its value in [`RecordConfig`](super::RecordConfig).
const DECLARATIONS: [Declaration; 11] = [
    field(Field::VodTranscodeGroup, "vod_transcode_group", "VodTranscodeGroupId", Form::Group)
        .managed("Group of the recorded files: a name from `transcode_groups`, an id, or `VOD_NO_TRANSCODE`."),
    field(Field::CycleDuration, "cycle_duration", "CycleDuration", CYCLE_LENGTH)
        .managed("Length of one recorded file, 5m to 6h; default 1h."),
    field(Field::AutoCompose, "auto_compose", "AutoCompose", Form::Switch)
        .managed("Merge the files of one stream into one; default off."),
    field(
        Field::ComposeVodTranscodeGroup,
        "compose_vod_transcode_group",
        "ComposeVodTranscodeGroupId",
        Form::Group,
    )
    .managed("Group of the merged file; needed where `auto_compose` is on."),
    field(Field::OnDemand, "on_demand", "OnDemand", START).managed(
        "When recording starts: 0 by itself (default), 1 by HTTP callback, 2 by ingest parameters, 7 by hand.",
    ),
    field(Field::StorageLocation, "storage_location", "StorageLocation", Form::Bucket).only_by_add().managed(
        "VOD bucket host; it can't be changed in place. If not written, the service's choice is kept.",
    ),
    field(Field::DelayTime, "delay_time", "DelayTime", DELAY),
    field(Field::RecordContent, "record_content", "RecordContent", Form::Text).only_by_add(),
    field(Field::SpaceId, "space_id", "SpaceId", Form::Text).only_by_add(),
    field(Field::TranscodeTemplates, "transcode_templates", "TranscodeTemplates", Form::Templates),
    Declaration { api: None, ..field(Field::Unknown, "unknown", "", Form::Json) },
];

const CYCLE_LENGTH: Form = Form::Seconds {
    least: *CYCLE_DURATION.start(),
    most: *CYCLE_DURATION.end(),
    help: "choose 5m to 6h; the service recommends 20m or more",
};

const START: Form = Form::Choice {
    values: &ON_DEMAND,
    here: "not one of the four values",
    help: "write 0 (automatically), 1 (HTTP callback), 2 (ingest parameters) or 7 (manually)",
};

const DELAY: Form = Form::Seconds { least: 15, most: 21600, help: "choose 15s to 6h" };

/// A passthrough field, which each Add and Update sends back as it is; the methods below change that.
const fn field(field: Field, name: &'static str, api: &'static str, form: Form) -> Declaration {
    Declaration { field, name, api: Some(api), form, needs_add: false, description: None }
}

impl Declaration {
    /// Managed by YAML; an editor shows the description beside its key.
    const fn managed(self, description: &'static str) -> Self {
        Self { description: Some(description), ..self }
    }

    /// No Update can send it.
    const fn only_by_add(self) -> Self {
        Self { needs_add: true, ..self }
    }
}

/// The number of managed fields.
const fn managed() -> usize {
    let mut at = 0;
    while DECLARATIONS[at].description.is_some() {
        at += 1;
    }
    at
}

const fn first<const N: usize>() -> [Field; N] {
    let mut fields = [Field::Unknown; N];
    let mut at = 0;
    while at < N {
        fields[at] = DECLARATIONS[at].field;
        at += 1;
    }
    fields
}

impl Field {
    /// Every field, in the order they are shown.
    pub const ALL: [Field; DECLARATIONS.len()] = first();

    /// The fields that YAML manages.
    pub const MANAGED: [Field; managed()] = first();

    const fn declaration(self) -> &'static Declaration {
        &DECLARATIONS[self as usize]
    }

    /// The field's name in YAML and in every output.
    pub fn name(self) -> &'static str {
        self.declaration().name
    }

    /// The field's name in requests and responses of the API; `None` for [`Field::Unknown`], which no request can send.
    pub fn api(self) -> Option<&'static str> {
        self.declaration().api
    }

    /// What its values may be.
    pub fn form(self) -> Form {
        self.declaration().form
    }

    /// What an editor shows beside the key of a managed field; `None` for passthrough fields.
    pub fn description(self) -> Option<&'static str> {
        self.declaration().description
    }

    /// Whether it is a managed field that only Add can set, so that a change is a replace.
    pub fn is_create_only(self) -> bool {
        self.needs_add() && self.description().is_some()
    }

    /// Whether no Update can change it, for managed and passthrough fields.
    pub fn needs_add(self) -> bool {
        self.declaration().needs_add
    }
}

impl AsRef<str> for Field {
    fn as_ref(&self) -> &str {
        self.name()
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
    /// A number without a unit.
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

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether it holds nothing: unset, or no unknown fields.
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Unset => true,
            Value::Json(fields) => fields.is_empty(),
            Value::Text(_) | Value::Seconds(_) | Value::Switch(_) | Value::Number(_) => false,
        }
    }

    /// Equality for `field`: template lists are sets, everything else is compared as it is.
    pub(super) fn same(&self, field: Field, other: &Value) -> bool {
        match (field.form(), self, other) {
            (Form::Templates, Value::Text(one), Value::Text(two)) => templates(one) == templates(two),
            _ => self == other,
        }
    }
}

/// The ids in a list of templates, whose order has no meaning.
pub(crate) fn templates(text: &str) -> BTreeSet<&str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// Whether a text can be shown without quotes: ids, hosts and lists of them.
fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.,:/".contains(&byte);
    !text.is_empty() && text.bytes().all(plain)
}

/// `1h30m`, as YAML takes it.
fn duration(seconds: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let parts = [(seconds / 3600, 'h'), (seconds / 60 % 60, 'm'), (seconds % 60, 's')];
    for (count, unit) in parts.into_iter().filter(|(count, unit)| *count > 0 || (*unit, seconds) == ('s', 0))
    {
        write!(f, "{count}{unit}")?;
    }
    Ok(())
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Unset => f.write_str("(not set)"),
            Value::Text(text) if is_plain(text) => f.write_str(text),
            // Unquoted, it could be mistaken for something else, such as `(not set)` or a group's name.
            Value::Text(text) => f.write_str(&serde_json::to_string(text).map_err(|_| fmt::Error)?),
            Value::Seconds(seconds) => duration(*seconds, f),
            Value::Number(number) => write!(f, "{number}"),
            Value::Switch(on) => f.write_str(if *on { "on" } else { "off" }),
            Value::Json(fields) => f.write_str(&serde_json::to_string(fields).map_err(|_| fmt::Error)?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        let shown = [0, 15, 90, 1200, 1230, 3600, 5400, 21_600, 21_601]
            .map(|seconds| Value::Seconds(seconds).to_string());
        assert_eq!(shown, ["0s", "15s", "1m30s", "20m", "20m30s", "1h", "1h30m", "6h", "6h1s"]);
    }

    #[test]
    fn each_field_finds_its_own_line_and_the_managed_ones_come_first() {
        for (at, declaration) in DECLARATIONS.iter().enumerate() {
            assert_eq!(declaration.field as usize, at);
            assert_eq!(declaration.description.is_some(), at < Field::MANAGED.len(), "{}", declaration.name);
            assert_eq!(serde_json::to_value(declaration.field).unwrap(), declaration.name);
        }
        assert_eq!(DECLARATIONS.len(), Field::Unknown as usize + 1);
    }
}
