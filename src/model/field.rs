//! The fields of a configuration: the table of what is known of each.

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::format::{Format, Part, Process};
use super::value::{CONTENT, VIDEO, Value, is_telling};

/// A field of a configuration, named as in YAML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// How long an interrupted stream is awaited.
    DelayTime,
    /// Which streams are recorded, create-only.
    RecordContent,
    /// The live transcode templates whose streams are recorded.
    TranscodeTemplates,
    /// VOD app space, create-only.
    SpaceId,
    /// The formats, which make a configuration by-format.
    RecordFormat,
    /// All undocumented response fields together: kept as they are, not managed.
    Unknown,
    /// Whether a format is recorded, a part of [`Field::RecordFormat`].
    Format(Format),
    /// A setting of one format, a part of [`Field::RecordFormat`].
    Part(Format, Part),
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
    /// The id of something in VOD: letters, digits, `_` and `-`.
    Id,
    /// Any text.
    Text,
    /// A set of these words, which the API writes with commas, in this order.
    Words(&'static [&'static str]),
    /// A set of names or ids: a list in requests, a text in answers.
    Templates,
    /// What processes the files of a format.
    Process,
    /// The settings of each format.
    Formats,
    /// A format that is there, whatever its settings.
    Bare,
    /// Any JSON, by name.
    Json,
}

/// What a field that is not set means in the service. A service may fill it in: that is no difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Implied {
    /// Nothing is documented.
    Nothing,
    Seconds(u32),
    Switch(bool),
    Text(&'static str),
    Set(&'static [&'static str]),
    Process,
    /// A text without characters.
    NoText,
}

/// All that is known of one field, except its Rust type: that is in [`RecordConfig`](super::RecordConfig).
struct Declaration {
    field: Field,
    name: &'static str,
    api: Option<&'static str>,
    form: Form,
    implied: Implied,
    needs_add: bool,
    is_of_2026: bool,
    description: Option<&'static str>,
}

/// Length of one recorded file, in seconds.
pub const CYCLE_DURATION: RangeInclusive<u32> = 300..=21600;

/// When recording starts: 0 by itself, 1 by HTTP callback, 2 by ingest parameters, 7 by hand.
pub const ON_DEMAND: [u8; 4] = [0, 1, 2, 7];

/// Every field in the order of [`Field`], which is the order in which they are shown: managed fields first.
///
/// Schema, decoding, merging, inheritance, digest, requests, answers, blame and the emulator follow from this table. A new
/// setting is a line here, in [`Field`] and in [`Field::declaration`], and its value in [`RecordConfig`](super::RecordConfig).
const DECLARATIONS: [Declaration; 12] = [
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
        "When recording starts: 0 automatically (default), 1 by HTTP callback, 2 by ingest parameters, 7 by hand.",
    ),
    field(Field::StorageLocation, "storage_location", "StorageLocation", Form::Bucket).only_by_add().managed(
        "VOD bucket host; it can't be changed in place. If not written, the service's choice is kept.",
    ),
    field(Field::DelayTime, "delay_time", "DelayTime", DELAY).of_2026().implied(Implied::Seconds(180)).managed(
        "How long the service waits for an interrupted stream before it closes the file, 15s to 6h. If not written, the service's value is kept; `default` is 3m.",
    ),
    field(Field::RecordContent, "record_content", "RecordContent", Form::Words(CONTENT))
        .of_2026()
        .implied(Implied::Set(&["raw"]))
        .only_by_add()
        .managed(
            "Which streams are recorded, a list of `raw` (the source) and `transcode`; it can't be changed in place. If not written, the service's value is kept; `default` is `[raw]`.",
        ),
    field(Field::TranscodeTemplates, "transcode_templates", "TranscodeTemplates", Form::Templates)
        .of_2026()
        .implied(Implied::Set(&[]))
        .managed(
            "The live transcode templates whose streams are recorded, together with `record_content: [transcode]`. If not written, the service's value is kept.",
        ),
    field(Field::SpaceId, "space_id", "SpaceId", Form::Id)
        .of_2026()
        .implied(Implied::Text("app-1000000"))
        .only_by_add()
        .managed(
            "VOD app space, such as `app-1000000`; it can't be changed in place. If not written, the service's value is kept.",
        ),
    Declaration {
        api: None,
        ..field(Field::RecordFormat, "record_format", "", Form::Formats).of_2026().managed(
            "Settings by format: `m3u8`, `flv`, `mp4`. Takes the place of the two transcode groups and `auto_compose`. Formats can't be added or removed in place.",
        )
    },
    Declaration { api: None, ..field(Field::Unknown, "unknown", "", Form::Json) },
];

/// The settings of a format, in the order of [`Part`]; the field of each is that of the first format.
const PARTS: [Declaration; 5] = [
    part(Part::Process, "ProcessMethod", Form::Process, Implied::Process)
        .managed("What processes the files: `{ transcode: GROUP }` or `{ workflow: ID }`."),
    part(Part::SliceDuration, "SliceDuration", SLICE, Implied::Seconds(30))
        .managed("Length of one slice, 5s to 30s, for `m3u8` only; `default` is 30s."),
    part(Part::AutoCompose, "AutoCompose", Form::Switch, Implied::Switch(false))
        .managed("Merge the files of one stream into one; `default` is off."),
    part(Part::Video, "VideoProcess", Form::Words(VIDEO), Implied::Set(&["origin"])).managed(
        "Which files are processed, a list of `origin` and `compose` (the merged file); `default` is `[origin]`.",
    ),
    part(Part::Tags, "Tags", Form::Text, Implied::NoText).managed("Tags of the files in VOD."),
];

const BARE: Declaration = field(Field::Format(Format::Flv), "format", "Format", Form::Bare);

/// The names of each format and its parts, in the order of [`Format`] and [`Part`].
const NAMES: [[&str; 6]; 3] = [
    [
        "record_format.flv",
        "record_format.flv.process",
        "record_format.flv.slice_duration",
        "record_format.flv.auto_compose",
        "record_format.flv.video",
        "record_format.flv.tags",
    ],
    [
        "record_format.m3u8",
        "record_format.m3u8.process",
        "record_format.m3u8.slice_duration",
        "record_format.m3u8.auto_compose",
        "record_format.m3u8.video",
        "record_format.m3u8.tags",
    ],
    [
        "record_format.mp4",
        "record_format.mp4.process",
        "record_format.mp4.slice_duration",
        "record_format.mp4.auto_compose",
        "record_format.mp4.video",
        "record_format.mp4.tags",
    ],
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

const SLICE: Form = Form::Seconds { least: 5, most: 30, help: "choose 5s to 30s" };

/// A field that each Add and Update sends; the methods below change that.
const fn field(field: Field, name: &'static str, api: &'static str, form: Form) -> Declaration {
    Declaration {
        field,
        name,
        api: Some(api),
        form,
        implied: Implied::Nothing,
        needs_add: false,
        is_of_2026: false,
        description: None,
    }
}

const fn part(part: Part, api: &'static str, form: Form, implied: Implied) -> Declaration {
    field(Field::Part(Format::Flv, part), "", api, form).implied(implied)
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

    /// Only the API of May 2026 has it.
    const fn of_2026(self) -> Self {
        Self { is_of_2026: true, ..self }
    }

    /// What it means if it is not set.
    const fn implied(self, implied: Implied) -> Self {
        Self { implied, ..self }
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

    /// The settings that only a classic configuration has; `record_format` takes the place of all three.
    pub const CLASSIC: [Field; 3] =
        [Field::VodTranscodeGroup, Field::AutoCompose, Field::ComposeVodTranscodeGroup];

    /// Everything that is compared and shown on its own: the fields, with the formats and their settings in place of
    /// [`Field::RecordFormat`].
    pub fn leaves() -> impl Iterator<Item = Field> {
        static LEAVES: LazyLock<Vec<Field>> = LazyLock::new(|| {
            let formats = Format::ALL.into_iter().flat_map(|format| {
                let parts = Part::ALL.into_iter().map(move |part| Field::Part(format, part));
                std::iter::once(Field::Format(format)).chain(parts)
            });
            let formats: Vec<Field> = formats.collect();
            let leaves = Field::ALL.into_iter().flat_map(|field| match field {
                Field::RecordFormat => formats.clone(),
                other => vec![other],
            });
            leaves.collect()
        });
        LEAVES.iter().copied()
    }

    fn declaration(self) -> &'static Declaration {
        match self {
            Field::Format(_) => &BARE,
            Field::Part(_, part) => &PARTS[part as usize],
            Field::VodTranscodeGroup => &DECLARATIONS[0],
            Field::CycleDuration => &DECLARATIONS[1],
            Field::AutoCompose => &DECLARATIONS[2],
            Field::ComposeVodTranscodeGroup => &DECLARATIONS[3],
            Field::OnDemand => &DECLARATIONS[4],
            Field::StorageLocation => &DECLARATIONS[5],
            Field::DelayTime => &DECLARATIONS[6],
            Field::RecordContent => &DECLARATIONS[7],
            Field::TranscodeTemplates => &DECLARATIONS[8],
            Field::SpaceId => &DECLARATIONS[9],
            Field::RecordFormat => &DECLARATIONS[10],
            Field::Unknown => &DECLARATIONS[11],
        }
    }

    /// The field's name in YAML and in every output; a setting of a format has the names of both before its own.
    pub fn name(self) -> &'static str {
        match self {
            Field::Format(format) => NAMES[format as usize][0],
            Field::Part(format, part) => NAMES[format as usize][part as usize + 1],
            _ => self.declaration().name,
        }
    }

    /// The field of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().chain(Self::leaves()).find(|field| field.name() == name)
    }

    /// The managed field that it is a part of, or itself.
    pub fn whole(self) -> Self {
        match self {
            Field::Format(_) | Field::Part(..) => Field::RecordFormat,
            other => other,
        }
    }

    /// The field's name in requests and responses of the API; `None` where it has none of its own.
    pub fn api(self) -> Option<&'static str> {
        self.declaration().api
    }

    /// What its values may be.
    pub fn form(self) -> Form {
        self.declaration().form
    }

    /// What an editor shows beside the key of a managed field; `None` for what YAML does not manage.
    pub fn description(self) -> Option<&'static str> {
        self.declaration().description
    }

    /// Whether no Update can send it.
    pub fn needs_add(self) -> bool {
        self.declaration().needs_add
    }

    /// Whether the API has it only since May 2026.
    pub fn is_of_2026(self) -> bool {
        self.whole().declaration().is_of_2026
    }

    /// What the documents say that it is if it is not set; `None` if they say nothing.
    pub fn implied(self) -> Option<Value> {
        let set = |words: &[&str]| Value::Set(words.iter().map(|word| (*word).to_owned()).collect());
        match self.declaration().implied {
            Implied::Nothing => None,
            Implied::Seconds(seconds) => Some(Value::Seconds(seconds)),
            Implied::Switch(on) => Some(Value::Switch(on)),
            Implied::Text(text) => Some(Value::Text(text.to_owned())),
            Implied::Set(words) => Some(set(words)),
            Implied::Process => Some(Value::Process(Process::Nothing)),
            Implied::NoText => Some(Value::Text(String::new())),
        }
    }

    /// Whether two of its values mean the same: what is not set equals what that means, and unknown fields count only if
    /// they say something.
    pub(super) fn are_same(self, one: &Value, other: &Value) -> bool {
        let settled = |value: &Value| match value {
            Value::Unset => self.implied().unwrap_or(Value::Unset),
            Value::Json(fields) => {
                let telling = fields.iter().filter(|(name, value)| is_telling(name, value));
                Value::Json(telling.map(|(name, value)| (name.clone(), value.clone())).collect())
            }
            other => other.clone(),
        };
        one == other || settled(one) == settled(other)
    }

    /// Whether no Update leads from one value to the other, so that the configuration must be replaced: the field can't be
    /// sent, or an empty value would have to be.
    pub fn forces_replacement(self, after: &Value) -> bool {
        match (self.form(), after) {
            (Form::Bare, _) => true,
            (Form::Templates, Value::Unset) => true,
            (Form::Templates, Value::Set(names)) => names.is_empty(),
            (Form::Process, value) => matches!(value, Value::Unset | Value::Process(Process::Nothing)),
            (Form::Text, Value::Unset) => true,
            (Form::Text, Value::Text(text)) => text.is_empty(),
            _ => self.needs_add(),
        }
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

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Field::named(&name).ok_or_else(|| D::Error::custom(format!("`{name}` is not a field")))
    }
}

impl JsonSchema for Field {
    fn schema_name() -> Cow<'static, str> {
        "Field".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = Field::leaves().map(Field::name).collect();
        json_schema!({
            "description": "A field of a configuration, named as in YAML; a setting of a format is `record_format.FORMAT.NAME`.",
            "enum": names,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_finds_its_own_line_and_the_managed_ones_come_first() {
        for (at, declaration) in DECLARATIONS.iter().enumerate() {
            assert_eq!(declaration.field.declaration().name, declaration.name);
            assert_eq!(Field::ALL[at], declaration.field);
            assert_eq!(declaration.description.is_some(), at < Field::MANAGED.len(), "{}", declaration.name);
        }
        for (at, part) in Part::ALL.into_iter().enumerate() {
            assert_eq!(PARTS[at].field, Field::Part(Format::Flv, part));
            assert_eq!(part as usize, at);
        }
        for (at, format) in Format::ALL.into_iter().enumerate() {
            assert_eq!(format as usize, at);
            assert_eq!(Field::Format(format).name(), format!("record_format.{format}"));
            for part in Part::ALL {
                let name = format!("record_format.{format}.{}", part.name());
                assert_eq!(Field::Part(format, part).name(), name);
            }
        }
        for field in Field::leaves() {
            let text = serde_json::to_value(field).unwrap();
            assert_eq!(serde_json::from_value::<Field>(text).unwrap(), field);
        }
    }
}
