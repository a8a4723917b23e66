//! The state as a JSON document and back: what `livevod emulator dump` prints and `--load` takes.
//!
//! ```json
//! {"format_version": "1.0", "configs": [{"DomainName": "…", "AppName": "…", …}]}
//! ```
//!
//! A configuration is written as DescribeLiveRecordVodConfigs lists it, so that what a listing gave can be loaded too, be
//! it one item under `configs` or the whole answer.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::listing::item;
use super::quirks::EveryStream;
use super::state::{Entry, Fixed, Record, Recording, State};
use crate::model::{Address, EVERY, StreamSpelling, domain_error};

/// Version of the document; a minor one only adds.
const FORMAT_VERSION: &str = "1.0";

/// Why a text is no state.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// No JSON, or of another shape.
    #[error("it is no state of the emulator: {0}")]
    Shape(String),
    /// A configuration that the service could not hold.
    #[error("configuration number {number}: {reason}")]
    Config {
        /// From 1.
        number: usize,
        /// A lowercase fragment.
        reason: String,
    },
}

/// Writes every configuration down, by address.
pub(super) fn write(state: &State) -> Value {
    let configs: Vec<Value> =
        state.all().map(|(address, entry)| item(address, entry, EveryStream::AsSent)).collect();
    json!({"format_version": FORMAT_VERSION, "configs": configs})
}

/// Reads a document, or an answer of DescribeLiveRecordVodConfigs, into the records that make its configurations.
pub(super) fn read(text: &str) -> Result<Vec<Record>, DumpError> {
    let shape = |reason: &str| DumpError::Shape(reason.to_owned());
    let document: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| DumpError::Shape(error.to_string()))?;
    if let Some(version) = document.get("format_version").filter(|version| !is_known(version)) {
        return Err(DumpError::Shape(format!("`format_version` is {version}, not \"{FORMAT_VERSION}\"")));
    }
    let listed = || document.get("LiveRecordVodConfigs")?.get("LiveRecordVodConfig");
    let configs = document.get("configs").or_else(listed).and_then(Value::as_array);
    let configs = configs.ok_or_else(|| shape("there is no list `configs`"))?;
    let record = |(at, config): (usize, &Value)| {
        read_item(config).map_err(|reason| DumpError::Config { number: at + 1, reason })
    };
    configs.iter().enumerate().map(record).collect()
}

fn is_known(version: &Value) -> bool {
    version.as_str().and_then(|version| version.split_once('.')).is_some_and(|(major, _)| major == "1")
}

/// A listed configuration. CreateTime and the settings may be left out, as the service's own listings do.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Listed {
    domain_name: String,
    app_name: String,
    stream_name: Option<String>,
    #[serde(default = "long_ago")]
    create_time: String,
    vod_transcode_group_id: Option<String>,
    #[serde(default = "an_hour")]
    cycle_duration: u32,
    auto_compose: Option<String>,
    compose_vod_transcode_group_id: Option<String>,
    #[serde(default)]
    on_demand: u32,
    storage_location: Option<String>,
    delay_time: Option<u32>,
    record_content: Option<String>,
    space_id: Option<String>,
    #[serde(default)]
    transcode_templates: String,
    #[serde(default)]
    format_config: bool,
    #[serde(default)]
    record_format_list: FormatList,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct FormatList {
    #[serde(default)]
    record_format: Vec<BTreeMap<String, Value>>,
}

fn long_ago() -> String {
    "2016-11-01T00:00:00Z".to_owned()
}

fn an_hour() -> u32 {
    3600
}

fn read_item(config: &Value) -> Result<Record, String> {
    let listed = Listed::deserialize(config).map_err(|error| error.to_string())?;
    let (address, spelling) = key(&listed)?;
    let is_on = listed.auto_compose.as_deref() == Some("ON");
    let record_formats: Vec<_> = listed.record_format_list.record_format.into_iter().map(texts).collect();
    if listed.format_config == record_formats.is_empty() {
        return Err("`FormatConfig` and `RecordFormatList` contradict each other".to_owned());
    }
    let group = listed.compose_vod_transcode_group_id;
    let (compose, idle) = if is_on { (group, None) } else { (None, group) };
    if is_on && compose.is_none() {
        return Err("`AutoCompose` is ON without `ComposeVodTranscodeGroupId`".to_owned());
    }
    let templates = listed.transcode_templates.split(',').filter(|id| !id.is_empty());
    let recording = Recording {
        vod_transcode_group_id: listed.vod_transcode_group_id,
        cycle_duration: listed.cycle_duration,
        compose_vod_transcode_group_id: compose,
        idle_compose_group_id: idle,
        on_demand: listed.on_demand,
        delay_time: listed.delay_time,
        transcode_templates: templates.map(str::to_owned).collect(),
        record_formats,
    };
    let fixed = Fixed {
        storage_location: listed.storage_location,
        record_content: listed.record_content,
        space_id: listed.space_id,
    };
    Ok(Record::put(address, Entry { spelling, create_time: listed.create_time, recording, fixed }))
}

fn key(listed: &Listed) -> Result<(Address, StreamSpelling), String> {
    let (stream, spelling) = match listed.stream_name.as_deref() {
        None => (EVERY, StreamSpelling::Absent),
        Some("") => (EVERY, StreamSpelling::Empty),
        Some(name) => (name, StreamSpelling::Named),
    };
    let domain = listed.domain_name.to_ascii_lowercase();
    match domain_error(&domain) {
        Some(reason) => Err(format!("`{domain}` {reason}")),
        None if listed.app_name.is_empty() => Err("`AppName` is empty".to_owned()),
        // What a listing gave can be loaded, whatever the names in it.
        None => Ok((Address::new(domain.as_str(), listed.app_name.as_str(), stream), spelling)),
    }
}

fn texts(format: BTreeMap<String, Value>) -> BTreeMap<String, String> {
    let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    format.into_iter().map(|(name, value)| (name, text(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = r#"{"DomainName":"a.com","AppName":"show","StreamName":"cam","CreateTime":"2026-01-02T03:04:05Z",
        "VodTranscodeGroupId":"g","CycleDuration":900,"AutoCompose":"ON","ComposeVodTranscodeGroupId":"c","OnDemand":7,
        "StorageLocation":"s","DelayTime":180,"RecordContent":"raw","SpaceId":"app-1","TranscodeTemplates":"a,b",
        "FormatConfig":false}"#;
    const BY_FORMAT: &str = r#"{"DomainName":"a.com","AppName":"show","CreateTime":"2026-01-02T03:04:05Z","CycleDuration":3600,
        "AutoCompose":"OFF","OnDemand":0,"FormatConfig":true,
        "RecordFormatList":{"RecordFormat":[{"Format":"m3u8","SliceDuration":30}]}}"#;
    const IDLE: &str = r#"{"DomainName":"a.com","AppName":"*","StreamName":"","CreateTime":"2026-01-02T03:04:05Z",
        "VodTranscodeGroupId":"g","CycleDuration":900,"AutoCompose":"OFF","ComposeVodTranscodeGroupId":"c","OnDemand":0,
        "FormatConfig":false}"#;

    fn state(text: &str) -> State {
        let mut state = State::default();
        for record in read(text).unwrap() {
            state.apply(record);
        }
        state
    }

    #[test]
    fn what_was_written_is_read_back_field_by_field() {
        let text = format!(r#"{{"format_version":"1.0","configs":[{IDLE},{BY_FORMAT},{FULL}]}}"#);
        let written = write(&state(&text));
        assert_eq!(written, serde_json::from_str::<Value>(&text).unwrap());
        assert_eq!(state(&written.to_string()), state(&text));
    }

    #[test]
    fn an_answer_of_the_service_is_a_state_too() {
        let answer = r#"{"RequestId":"r","Total":"1","LiveRecordVodConfigs":{"LiveRecordVodConfig":[
            {"DomainName":"Live.Example.com","AppName":"show","VodTranscodeGroupId":"g"}]}}"#;
        let written = write(&state(answer));
        assert_eq!(written["configs"][0]["DomainName"], "live.example.com");
        assert_eq!(written["configs"][0]["CycleDuration"], 3600);
        assert_eq!(written["configs"][0].get("StreamName"), None);
    }

    #[test]
    fn what_the_service_could_not_hold_is_refused_with_its_number() {
        let refusal = |text: &str| read(text).unwrap_err().to_string();
        let configs = |item: &str| refusal(&format!(r#"{{"configs":[{FULL},{item}]}}"#));
        assert!(refusal("[]").starts_with("it is no state of the emulator"));
        assert!(refusal("{}").ends_with("there is no list `configs`"));
        assert!(refusal(r#"{"format_version":"2.0","configs":[]}"#).contains("`format_version`"));
        assert!(configs(r#"{"DomainName":"a.com"}"#).starts_with("configuration number 2: missing field"));
        assert!(configs(r#"{"DomainName":"a b","AppName":"a"}"#).contains("`a b`"));
        assert!(configs(r#"{"DomainName":"a.com","AppName":""}"#).contains("is empty"));
        assert!(configs(r#"{"DomainName":"a.com","AppName":"a","Extra":1}"#).contains("Extra"));
        assert!(
            configs(r#"{"DomainName":"a.com","AppName":"a","AutoCompose":"ON"}"#).contains("is ON without")
        );
    }
}
