//! One configuration as the service holds it, and as the log stores it.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use crate::model::{Field, Form, RecordConfig, StreamSpelling, Value};
use crate::wire::{FORMAT_LIST, list_formats, read_formats, take_config, write_value};

/// One configuration as the service holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Kept", try_from = "Kept")]
pub(super) struct Entry {
    /// How StreamName was sent, and so how it is listed.
    pub(super) spelling: StreamSpelling,
    /// As it is listed, `yyyy-MM-ddTHH:mm:ssZ`.
    pub(super) create_time: String,
    /// Classic defaults are filled in; the others are as they were sent. Where the service keeps it, the compose group
    /// stays after AutoCompose is turned OFF. What no field can hold is under `unknown`, and is listed as it is.
    pub(super) config: RecordConfig,
}

impl Entry {
    /// Whether it existed at a time; also if it does not say when it was created.
    pub(super) fn is_created_by(&self, time: Timestamp) -> bool {
        !self.create_time.parse().is_ok_and(|created: Timestamp| created > time)
    }
}

/// A field as it is listed; `None` if it was never set.
pub(super) fn listed(config: &RecordConfig, field: Field) -> Option<Json> {
    match config.get(field) {
        Value::Text(text) if !text.is_empty() => Some(text.into()),
        Value::Seconds(number) | Value::Number(number) => Some(number.into()),
        Value::Switch(on) => Some(if on { "ON" } else { "OFF" }.into()),
        value @ Value::Set(_) => write_value(field, value).filter(|text| !text.is_empty()).map(Json::from),
        Value::Formats(formats) => Some(list_formats(&formats)),
        Value::Unset | Value::Text(_) | Value::Process(_) | Value::Bare | Value::Json(_) => None,
    }
}

/// An [`Entry`] as the log stores it: what an Update replaces is separate from what only an Add sets, and the compose
/// group in use is separate from the unused one.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    spelling: StreamSpelling,
    create_time: String,
    recording: Map<String, Json>,
    fixed: Map<String, Json>,
}

const FORMATS: &str = "record_formats";
const UNKNOWN: &str = "unknown";
const IDLE_COMPOSE: &str = "idle_compose_group_id";

/// Whether AutoCompose is ON without a compose group, which only a loaded state can say.
const COMPOSE_ALONE: &str = "auto_compose";

/// The name of a field in the log; AutoCompose has none, since it is usually ON exactly if there is a compose group.
fn kept_name(field: Field) -> Option<Cow<'static, str>> {
    match (field, field.form()) {
        (Field::AutoCompose | Field::RecordFormat | Field::Unknown, _) => None,
        (_, Form::Group) => Some(format!("{field}_id").into()),
        _ => Some(field.name().into()),
    }
}

impl From<Entry> for Kept {
    fn from(mut entry: Entry) -> Self {
        let is_idle = !entry.config.auto_compose;
        let idle = entry.config.compose_vod_transcode_group.take_if(|_| is_idle);
        let (mut recording, mut fixed) = (Map::new(), Map::new());
        for field in Field::ALL {
            let Some(name) = kept_name(field) else { continue };
            let listed = listed(&entry.config, field);
            let ids = || listed.iter().filter_map(Json::as_str).flat_map(|ids| ids.split(','));
            let value =
                if field.form() == Form::Templates { ids().collect() } else { listed.unwrap_or_default() };
            let part = if field.needs_add() { &mut fixed } else { &mut recording };
            part.insert(name.into_owned(), value);
        }
        if entry.config.auto_compose && entry.config.compose_vod_transcode_group.is_none() {
            recording.insert(COMPOSE_ALONE.to_owned(), true.into());
        }
        recording.extend(idle.map(|group| (IDLE_COMPOSE.to_owned(), group.into())));
        let Entry { spelling, create_time, config: RecordConfig { record_format, unknown, .. } } = entry;
        let mut formats = list_formats(&record_format.unwrap_or_default());
        recording.insert(FORMATS.to_owned(), formats["RecordFormat"].take());
        if !unknown.is_empty() {
            recording.insert(UNKNOWN.to_owned(), unknown.into_iter().collect());
        }
        Self { spelling, create_time, recording, fixed }
    }
}

impl TryFrom<Kept> for Entry {
    type Error = String;

    fn try_from(kept: Kept) -> Result<Self, String> {
        let Kept { spelling, create_time, recording: mut kept, fixed } = kept;
        kept.extend(fixed);
        let formats = kept.remove(FORMATS).unwrap_or_default();
        let unknown = kept.remove(UNKNOWN).unwrap_or_else(|| Json::Object(Map::new()));
        let idle = kept.remove(IDLE_COMPOSE);
        let is_alone = kept.remove(COMPOSE_ALONE).is_some();
        let mut config = take_whole(kept, kept_name)?;
        config.unknown = serde_json::from_value(unknown).map_err(|error| error.to_string())?;
        match read_formats(&formats) {
            Ok(formats) => config.record_format = formats,
            // Earlier versions took more.
            Err(_) => _ = config.unknown.insert(FORMAT_LIST.to_owned(), json!({ "RecordFormat": formats })),
        }
        config.auto_compose = is_alone || config.compose_vod_transcode_group.is_some();
        if let Some(Json::String(idle)) = idle {
            config.compose_vod_transcode_group.get_or_insert(idle);
        }
        Ok(Self { spelling, create_time, config })
    }
}

/// Parses the settings from an object that contains nothing else.
fn take_whole(
    mut object: Map<String, Json>,
    name: impl Fn(Field) -> Option<Cow<'static, str>>,
) -> Result<RecordConfig, String> {
    let (config, unreadable) = take_config(&mut object, name);
    match (unreadable.first(), object.keys().next()) {
        (Some(name), _) => Err(format!("{name} can't be read")),
        (None, Some(name)) => Err(format!("unknown field `{name}`")),
        (None, None) => Ok(config),
    }
}
