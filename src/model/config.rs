//! One record-to-VOD configuration as plain settings.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::format::{Format, FormatSettings, Formats, Part};
#[cfg(doc)]
use super::{CYCLE_DURATION, ON_DEMAND};
use super::{Field, Form, Value};

/// The service's own group that stores recordings as they are.
pub const NO_TRANSCODE: &str = "VOD_NO_TRANSCODE";

/// Whether `text` has the usual form of a transcode group id: 32 hexadecimal digits, or [`NO_TRANSCODE`].
pub fn is_group_id(text: &str) -> bool {
    text == NO_TRANSCODE || (text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether a configuration must exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It must.
    Present,
    /// It must not.
    Absent,
}

/// The settings of one configuration, ids resolved, defaults filled in. It is by-format if it has formats, else classic.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordConfig {
    /// VOD transcoding template group id (API: VodTranscodeGroupId). Empty if there is none, as in by-format
    /// configurations.
    pub vod_transcode_group: String,
    /// Length of one recorded file, 300 to 21600 s (API: CycleDuration, default 3600).
    pub cycle_duration: u32,
    /// Merge the files of one stream into one (API: AutoCompose, default OFF).
    pub auto_compose: bool,
    /// Template group id for the merged file; only meaningful while `auto_compose` is on (API: ComposeVodTranscodeGroupId).
    pub compose_vod_transcode_group: Option<String>,
    /// One of [`ON_DEMAND`] (API: OnDemand, default 0).
    pub on_demand: u8,
    /// VOD bucket host; create-only; unset means "as the service chose" (API: StorageLocation).
    pub storage_location: Option<String>,
    /// How long an interrupted stream is awaited, 15 to 21600 s; unset means "as the service has it" (API: DelayTime,
    /// 180 in the guides).
    pub delay_time: Option<u32>,
    /// Which streams are recorded, a set of `raw` and `transcode`; create-only (API: RecordContent, default `raw`).
    pub record_content: Option<BTreeSet<String>>,
    /// The live transcode templates whose streams are recorded (API: TranscodeTemplates).
    pub transcode_templates: Option<BTreeSet<String>>,
    /// VOD app space; create-only (API: SpaceId).
    pub space_id: Option<String>,
    /// The formats of a by-format configuration; their set is create-only (API: RecordFormat).
    #[schemars(extend("propertyNames" = { "enum": ["flv", "m3u8", "mp4"] }))]
    pub record_format: Option<Formats>,
    /// Undocumented response fields; no request can send them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default)]
    pub unknown: BTreeMap<String, serde_json::Value>,
}

/// A [`RecordConfig`] without the settings that it does not have, which machine formats write as null. It is read like the
/// whole.
pub struct OnlySet<'a>(pub &'a RecordConfig);

impl Serialize for OnlySet<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fn entry<M: SerializeMap>(
            map: &mut M,
            name: &'static str,
            value: Option<&(impl Serialize + ?Sized)>,
        ) -> Result<(), M::Error> {
            value.map_or(Ok(()), |value| map.serialize_entry(name, value))
        }

        let RecordConfig {
            vod_transcode_group,
            cycle_duration,
            auto_compose,
            compose_vod_transcode_group,
            on_demand,
            storage_location,
            delay_time,
            record_content,
            transcode_templates,
            space_id,
            record_format,
            unknown,
        } = self.0;
        let mut map = serializer.serialize_map(None)?;
        entry(&mut map, "vod_transcode_group", Some(vod_transcode_group))?;
        entry(&mut map, "cycle_duration", Some(cycle_duration))?;
        entry(&mut map, "auto_compose", Some(auto_compose))?;
        entry(&mut map, "compose_vod_transcode_group", compose_vod_transcode_group.as_ref())?;
        entry(&mut map, "on_demand", Some(on_demand))?;
        entry(&mut map, "storage_location", storage_location.as_ref())?;
        entry(&mut map, "delay_time", delay_time.as_ref())?;
        entry(&mut map, "record_content", record_content.as_ref())?;
        entry(&mut map, "transcode_templates", transcode_templates.as_ref())?;
        entry(&mut map, "space_id", space_id.as_ref())?;
        entry(&mut map, "record_format", record_format.as_ref())?;
        entry(&mut map, "unknown", Some(unknown).filter(|fields| !fields.is_empty()))?;
        map.end()
    }
}

/// A [`RecordConfig`] as files store it. Older ones store what livevod did not manage then under `carried`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    vod_transcode_group: String,
    cycle_duration: u32,
    auto_compose: bool,
    compose_vod_transcode_group: Option<String>,
    on_demand: u8,
    storage_location: Option<String>,
    delay_time: Option<u32>,
    record_content: Option<BTreeSet<String>>,
    transcode_templates: Option<BTreeSet<String>>,
    space_id: Option<String>,
    record_format: Option<Formats>,
    #[serde(default)]
    unknown: BTreeMap<String, serde_json::Value>,
    carried: Option<Carried>,
}

/// What older files store as texts.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Carried {
    delay_time: Option<u32>,
    record_content: Option<String>,
    space_id: Option<String>,
    transcode_templates: Option<String>,
    unknown: BTreeMap<String, serde_json::Value>,
}

impl<'de> Deserialize<'de> for RecordConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Stored::deserialize(deserializer).map(Into::into)
    }
}

impl From<Stored> for RecordConfig {
    fn from(stored: Stored) -> Self {
        let Stored {
            vod_transcode_group,
            cycle_duration,
            auto_compose,
            compose_vod_transcode_group,
            on_demand,
            storage_location,
            delay_time,
            record_content,
            transcode_templates,
            space_id,
            record_format,
            unknown,
            carried,
        } = stored;
        let carried = carried.unwrap_or_default();
        Self {
            vod_transcode_group,
            cycle_duration,
            auto_compose,
            compose_vod_transcode_group,
            on_demand,
            storage_location,
            delay_time: delay_time.or(carried.delay_time),
            record_content: record_content.or_else(|| carried.record_content.as_deref().map(words)),
            transcode_templates: transcode_templates
                .or_else(|| carried.transcode_templates.as_deref().map(words)),
            space_id: space_id.or(carried.space_id),
            record_format,
            unknown: if unknown.is_empty() { carried.unknown } else { unknown },
        }
    }
}

/// The words in a text with commas, whose order has no meaning.
pub fn words(text: &str) -> BTreeSet<String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

impl Default for RecordConfig {
    /// The documented defaults; the group, which has none, is empty.
    fn default() -> Self {
        Self {
            vod_transcode_group: String::new(),
            cycle_duration: 3600,
            auto_compose: false,
            compose_vod_transcode_group: None,
            on_demand: 0,
            storage_location: None,
            delay_time: None,
            record_content: None,
            transcode_templates: None,
            space_id: None,
            record_format: None,
            unknown: BTreeMap::new(),
        }
    }
}

impl RecordConfig {
    /// The fields that may hold a transcode group.
    pub const GROUPS: [Field; 5] = [
        Field::VodTranscodeGroup,
        Field::ComposeVodTranscodeGroup,
        Field::Part(Format::Flv, Part::Process),
        Field::Part(Format::M3u8, Part::Process),
        Field::Part(Format::Mp4, Part::Process),
    ];

    /// Whether the service decides about a managed field that is not written; for the others the documents have a default,
    /// or say that there is none.
    pub fn leaves_to_the_service(field: Field) -> bool {
        static DEFAULT: LazyLock<RecordConfig> = LazyLock::new(RecordConfig::default);
        let is_setting = field == field.whole() && !matches!(field.form(), Form::Group | Form::Formats);
        is_setting && DEFAULT.get(field) == Value::Unset
    }

    /// Whether it is by-format.
    pub fn is_by_format(&self) -> bool {
        self.record_format.is_some()
    }

    /// Whether recording starts by itself under this configuration.
    pub fn records_by_itself(&self) -> bool {
        self.on_demand == 0
    }

    /// Whether transcoded streams are recorded, as far as it says so.
    pub fn records_transcoded(&self) -> bool {
        self.record_content.as_ref().is_some_and(|content| content.contains("transcode"))
    }

    /// Whether it names a template whose streams are recorded.
    pub fn names_templates(&self) -> bool {
        self.transcode_templates.as_ref().is_some_and(|names| !names.is_empty())
    }

    /// The id of the transcode group in one field.
    pub fn transcode_group(&self, field: Field) -> Option<&str> {
        match field {
            Field::VodTranscodeGroup => Some(self.vod_transcode_group.as_str()).filter(|id| !id.is_empty()),
            Field::ComposeVodTranscodeGroup => self.compose_vod_transcode_group.as_deref(),
            Field::Part(format, Part::Process) => self.format(format)?.process.as_ref()?.group(),
            _ => None,
        }
    }

    /// The ids of all transcode groups that it uses.
    pub fn transcode_groups(&self) -> impl Iterator<Item = &str> {
        Self::GROUPS.into_iter().filter_map(|field| self.transcode_group(field))
    }

    /// The value of one field.
    pub fn get(&self, field: Field) -> Value {
        let set = |words: &Option<BTreeSet<String>>| words.clone().map_or(Value::Unset, Value::Set);
        match field {
            Field::VodTranscodeGroup if self.vod_transcode_group.is_empty() => Value::Unset,
            Field::VodTranscodeGroup => Value::Text(self.vod_transcode_group.clone()),
            Field::CycleDuration => Value::Seconds(self.cycle_duration),
            Field::AutoCompose if self.is_by_format() => Value::Unset,
            Field::AutoCompose => Value::Switch(self.auto_compose),
            Field::ComposeVodTranscodeGroup => Value::text(self.compose_vod_transcode_group.as_deref()),
            Field::OnDemand => Value::Number(self.on_demand.into()),
            Field::StorageLocation => Value::text(self.storage_location.as_deref()),
            Field::DelayTime => self.delay_time.map_or(Value::Unset, Value::Seconds),
            Field::RecordContent => set(&self.record_content),
            Field::TranscodeTemplates => set(&self.transcode_templates),
            Field::SpaceId => Value::text(self.space_id.as_deref()),
            Field::RecordFormat => self.record_format.clone().map_or(Value::Unset, Value::Formats),
            Field::Unknown => Value::Json(self.unknown_everywhere()),
            Field::Format(format) => self.format(format).map_or(Value::Unset, |_| Value::Bare),
            Field::Part(format, part) => {
                self.format(format).map_or(Value::Unset, |settings| settings.get(part))
            }
        }
    }

    /// Whether a field has a value.
    pub(super) fn has(&self, field: Field) -> bool {
        match field {
            Field::VodTranscodeGroup => !self.vod_transcode_group.is_empty(),
            Field::ComposeVodTranscodeGroup => self.compose_vod_transcode_group.is_some(),
            Field::StorageLocation => self.storage_location.is_some(),
            Field::DelayTime => self.delay_time.is_some(),
            Field::RecordContent => self.record_content.is_some(),
            Field::TranscodeTemplates => self.transcode_templates.is_some(),
            Field::SpaceId => self.space_id.is_some(),
            Field::RecordFormat => self.record_format.is_some(),
            Field::CycleDuration
            | Field::AutoCompose
            | Field::OnDemand
            | Field::Unknown
            | Field::Format(_)
            | Field::Part(..) => self.get(field) != Value::Unset,
        }
    }

    /// The undocumented fields, those of a format with its name in front: `mp4.NewField`.
    fn unknown_everywhere(&self) -> BTreeMap<String, serde_json::Value> {
        let mut unknown = self.unknown.clone();
        for (format, settings) in self.record_format.iter().flatten() {
            unknown.extend(
                settings.unknown.iter().map(|(name, value)| (format!("{format}.{name}"), value.clone())),
            );
        }
        unknown
    }

    /// Sets the undocumented fields; what has the name of a format in front goes there.
    fn set_unknown(&mut self, fields: BTreeMap<String, serde_json::Value>) {
        self.unknown.clear();
        let mut formats = self.record_format.as_mut();
        formats.iter_mut().flat_map(|formats| formats.values_mut()).for_each(|one| one.unknown.clear());
        for (name, value) in fields {
            let inside = name.split_once('.').and_then(|(format, inner)| {
                Some((formats.as_mut()?.get_mut(&Format::named(format)?)?, inner.to_owned()))
            });
            match inside {
                Some((settings, inner)) => _ = settings.unknown.insert(inner, value),
                None => _ = self.unknown.insert(name, value),
            }
        }
    }

    pub(super) fn format(&self, format: Format) -> Option<&FormatSettings> {
        self.record_format.as_ref()?.get(&format)
    }

    /// Sets the value of one field. A field that must have a value is unchanged if `value` has another type.
    pub fn set(&mut self, field: Field, value: Value) {
        let text = value.as_text().map(str::to_owned);
        let number = match value {
            Value::Seconds(number) | Value::Number(number) => Some(number),
            _ => None,
        };
        let set = match &value {
            Value::Set(words) => Some(words.clone()),
            _ => None,
        };
        match field {
            Field::VodTranscodeGroup => self.vod_transcode_group = text.unwrap_or_default(),
            Field::CycleDuration => self.cycle_duration = number.unwrap_or(self.cycle_duration),
            Field::AutoCompose => self.auto_compose = value == Value::Switch(true),
            Field::ComposeVodTranscodeGroup => self.compose_vod_transcode_group = text,
            Field::OnDemand => {
                self.on_demand = number.and_then(|number| number.try_into().ok()).unwrap_or(self.on_demand);
            }
            Field::StorageLocation => self.storage_location = text,
            Field::DelayTime => self.delay_time = number,
            Field::RecordContent => self.record_content = set,
            Field::TranscodeTemplates => self.transcode_templates = set,
            Field::SpaceId => self.space_id = text,
            Field::RecordFormat => {
                self.record_format = if let Value::Formats(formats) = value { Some(formats) } else { None };
            }
            Field::Unknown => {
                self.set_unknown(if let Value::Json(fields) = value { fields } else { BTreeMap::new() });
            }
            Field::Format(format) => {
                if value == Value::Bare {
                    self.record_format.get_or_insert_default().entry(format).or_default();
                }
            }
            Field::Part(format, part) => {
                let formats = self.record_format.iter_mut();
                formats.filter_map(|formats| formats.get_mut(&format)).for_each(|one| {
                    one.set(part, value.clone());
                });
            }
        }
    }

    /// What is set, in the order of [`Field::leaves`]. A format is left out where its settings show it.
    pub fn set_fields(&self) -> Vec<Field> {
        let is_shown = |field: &Field| match field {
            Field::Format(format) => self
                .format(*format)
                .is_some_and(|one| Part::ALL.into_iter().all(|part| one.get(part) == Value::Unset)),
            field => !self.get(*field).is_empty(),
        };
        Field::leaves().filter(is_shown).collect()
    }

    /// Whether both hold the very same value; values that are written in another way may mean the same all the same.
    pub(super) fn holds_the_same(&self, other: &RecordConfig, field: Field) -> bool {
        match field {
            Field::VodTranscodeGroup => self.vod_transcode_group == other.vod_transcode_group,
            Field::CycleDuration => self.cycle_duration == other.cycle_duration,
            Field::AutoCompose => {
                self.auto_compose == other.auto_compose && self.is_by_format() == other.is_by_format()
            }
            Field::ComposeVodTranscodeGroup => {
                self.compose_vod_transcode_group == other.compose_vod_transcode_group
            }
            Field::OnDemand => self.on_demand == other.on_demand,
            Field::StorageLocation => self.storage_location == other.storage_location,
            Field::DelayTime => self.delay_time == other.delay_time,
            Field::RecordContent => self.record_content == other.record_content,
            Field::TranscodeTemplates => self.transcode_templates == other.transcode_templates,
            Field::SpaceId => self.space_id == other.space_id,
            Field::RecordFormat => self.record_format == other.record_format,
            Field::Unknown => self.unknown == other.unknown && self.record_format == other.record_format,
            Field::Format(_) | Field::Part(..) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::examples::{by_format, config, full_format};
    use super::*;

    #[test]
    fn an_unknown_field_counts_wherever_it_is() {
        let with = |value: serde_json::Value| {
            let unknown = BTreeMap::from([("New".into(), value)]);
            by_format([(Format::Mp4, FormatSettings { unknown, ..FormatSettings::default() })])
        };
        let bare = by_format([(Format::Mp4, FormatSettings::default())]);
        assert_eq!(with(1.into()).differences(&bare), [Field::Unknown]);
        assert_eq!(with(1.into()).differences(&with(2.into())), [Field::Unknown]);
        assert_eq!(with(0.into()).differences(&bare), [], "it says nothing");
        let named = BTreeMap::from([("mp4.New".into(), 1.into())]);
        assert_eq!(with(1.into()).get(Field::Unknown), Value::Json(named.clone()));
        assert_eq!(
            RecordConfig { unknown: named, ..config() }.get(Field::Unknown),
            with(1.into()).get(Field::Unknown)
        );
    }

    #[test]
    fn what_was_got_can_be_set() {
        let full = RecordConfig {
            vod_transcode_group: "g".into(),
            cycle_duration: 900,
            auto_compose: true,
            compose_vod_transcode_group: Some("c".into()),
            on_demand: 7,
            storage_location: Some("bucket".into()),
            delay_time: Some(180),
            record_content: Some(words("transcode")),
            transcode_templates: Some(words("a,b")),
            space_id: Some("app-1".into()),
            record_format: None,
            unknown: BTreeMap::from([("New".into(), 1.into())]),
        };
        let mut formats = by_format([(Format::Mp4, full_format()), (Format::Flv, FormatSettings::default())]);
        formats.set(
            Field::Unknown,
            Value::Json([("New".into(), 1.into()), ("mp4.Own".into(), 2.into())].into()),
        );
        assert_eq!(formats.format(Format::Mp4).unwrap().unknown["Own"], 2);
        let configs = [config(), full, formats];
        for (config, field) in configs.iter().flat_map(|config| Field::ALL.map(|field| (config, field))) {
            assert_eq!(config.has(field), config.get(field) != Value::Unset, "{field}");
        }
        for (from, to) in configs.iter().flat_map(|one| configs.iter().map(move |two| (one, two))) {
            let [mut whole, mut leaves] = [from, from].map(Clone::clone);
            for field in Field::ALL {
                whole.set(field, to.get(field));
            }
            assert_eq!(whole.clone().normalized(), *to);
            leaves.record_format = None;
            for field in Field::leaves() {
                leaves.set(field, to.get(field));
            }
            assert_eq!(leaves.normalized(), *to);
        }
    }

    #[test]
    fn what_older_versions_stored_is_read() {
        let old = serde_json::json!({
            "vod_transcode_group": "g", "cycle_duration": 3600, "auto_compose": false,
            "compose_vod_transcode_group": null, "on_demand": 0, "storage_location": null,
            "carried": { "delay_time": 60, "record_content": "raw,transcode", "space_id": "app-1",
                         "transcode_templates": "b, a", "unknown": { "New": 1 } },
        });
        let read: RecordConfig = serde_json::from_value(old).unwrap();
        let expected = RecordConfig {
            delay_time: Some(60),
            record_content: Some(words("raw,transcode")),
            transcode_templates: Some(words("a,b")),
            space_id: Some("app-1".into()),
            unknown: BTreeMap::from([("New".into(), 1.into())]),
            ..config()
        };
        assert_eq!(read, expected);
        let written = serde_json::to_value(&expected).unwrap();
        assert_eq!(serde_json::from_value::<RecordConfig>(written).unwrap(), expected);
    }
}
