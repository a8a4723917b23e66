//! The four actions: each turns parameters and state into an answer and the records that change the state.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::refusal::Refusal;
use super::rules::Params;
use super::settings::Settings;
use super::state::{Entry, Fixed, Record, Recording, State};
use crate::model::{Address, StreamSpelling};
use crate::wire::{Action, format_time};

/// What an accepted call answers, RequestId apart, and changes.
#[derive(Default)]
pub(super) struct Accepted {
    pub(super) fields: Map<String, Value>,
    pub(super) records: Vec<Record>,
}

impl Accepted {
    fn changed(record: Record) -> Self {
        Self { fields: Map::new(), records: vec![record] }
    }
}

/// Carries out one call without changing anything yet.
pub(super) fn act(
    action: Action,
    params: &Params<'_>,
    state: &State,
    settings: &Settings,
    now: Timestamp,
) -> Result<Accepted, Refusal> {
    match action {
        Action::Describe => describe(params, state, settings),
        Action::Add => add(params, state, settings, now),
        Action::Update => update(params, state, settings),
        Action::Delete => delete(params, state, settings),
    }
}

fn add(params: &Params<'_>, state: &State, settings: &Settings, now: Timestamp) -> Result<Accepted, Refusal> {
    let (address, spelling) = params.key(settings)?;
    let recording = params.recording(settings)?;
    let fixed = params.fixed(settings)?;
    if state.get(&address).is_some() {
        return Err(Refusal::config_already_exists());
    }
    if settings.oss_recordings.contains(&address) {
        return Err(Refusal::oss_recording_exists());
    }
    let create_time = format_time(now);
    Ok(Accepted::changed(Record::put(address, Entry { spelling, create_time, recording, fixed })))
}

/// An Update sets everything that it can carry; what is left out goes back to its default.
fn update(params: &Params<'_>, state: &State, settings: &Settings) -> Result<Accepted, Refusal> {
    let (address, _) = params.key(settings)?;
    let recording = params.recording(settings)?;
    let entry = state.get(&address).ok_or_else(Refusal::config_not_found)?;
    if formats(&recording) != formats(&entry.recording) {
        return Err(Refusal::malformed("RecordFormat"));
    }
    let entry = Entry { recording, ..entry.clone() };
    Ok(Accepted::changed(Record::put(address, entry)))
}

/// The set of recorded formats, which no Update can change; classic configurations have none.
fn formats(recording: &Recording) -> BTreeSet<&str> {
    recording.record_formats.iter().filter_map(|format| format.get("Format").map(String::as_str)).collect()
}

fn delete(params: &Params<'_>, state: &State, settings: &Settings) -> Result<Accepted, Refusal> {
    let (address, _) = params.key(settings)?;
    state.get(&address).ok_or_else(Refusal::config_not_found)?;
    Ok(Accepted::changed(Record::remove(address)))
}

fn describe(params: &Params<'_>, state: &State, settings: &Settings) -> Result<Accepted, Refusal> {
    let domain = params.domain(settings)?;
    let (number, size) = params.page()?;
    let (app, stream) = params.filter();
    let selected = |address: &Address| {
        app.is_none_or(|app| *app == *address.app) && stream.is_none_or(|stream| *stream == *address.stream)
    };
    let found: Vec<(&Address, &Entry)> =
        state.of_domain(&domain).filter(|(address, _)| selected(address)).collect();
    let skipped = (number as usize - 1).saturating_mul(size as usize);
    let items: Vec<Value> =
        found.iter().skip(skipped).take(size as usize).map(|(address, entry)| item(address, entry)).collect();
    let fields = json!({
        "PageNum": number,
        "PageSize": size,
        "Total": found.len().to_string(),
        "LiveRecordVodConfigs": {"LiveRecordVodConfig": items},
    });
    let Value::Object(fields) = fields else { return Err(Refusal::internal_error()) };
    Ok(Accepted { fields, records: Vec::new() })
}

/// One configuration as it is listed: what was never set is left out.
fn item(address: &Address, entry: &Entry) -> Value {
    let Entry { spelling, create_time, recording, fixed } = entry;
    let Fixed { storage_location, record_content, space_id } = fixed;
    let Recording {
        vod_transcode_group_id,
        cycle_duration,
        compose_vod_transcode_group_id,
        on_demand,
        delay_time,
        transcode_templates,
        record_formats,
    } = recording;
    let stream = match spelling {
        StreamSpelling::Absent => None,
        StreamSpelling::Empty => Some(""),
        StreamSpelling::Named => Some(&*address.stream),
    };
    let templates = (!transcode_templates.is_empty()).then(|| transcode_templates.join(","));
    let formats: Vec<Value> = record_formats.iter().map(format_item).collect();
    let mut item = json!({
        "DomainName": &*address.domain,
        "AppName": &*address.app,
        "StreamName": stream,
        "CreateTime": create_time,
        "VodTranscodeGroupId": vod_transcode_group_id,
        "CycleDuration": cycle_duration,
        "AutoCompose": if compose_vod_transcode_group_id.is_some() { "ON" } else { "OFF" },
        "ComposeVodTranscodeGroupId": compose_vod_transcode_group_id,
        "OnDemand": on_demand,
        "StorageLocation": storage_location,
        "DelayTime": delay_time,
        "RecordContent": record_content,
        "SpaceId": space_id,
        "TranscodeTemplates": templates,
        "FormatConfig": !formats.is_empty(),
        "RecordFormatList": (!formats.is_empty()).then(|| json!({"RecordFormat": formats})),
    });
    if let Some(fields) = item.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    item
}

fn format_item(format: &BTreeMap<String, String>) -> Value {
    let value = |name: &str, text: &str| match text.parse::<u32>() {
        Ok(seconds) if name == "SliceDuration" => seconds.into(),
        _ => text.into(),
    };
    let fields = format.iter().map(|(name, text)| (name.clone(), value(name, text)));
    Value::Object(fields.collect())
}
