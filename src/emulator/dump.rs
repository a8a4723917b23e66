//! The state as a JSON document and back: what `livevod emulator dump` prints and `--load` reads.
//!
//! ```json
//! {"format_version": "1.0", "configs": [{"DomainName": "…", "AppName": "…", …}]}
//! ```
//!
//! A configuration is written as DescribeLiveRecordVodConfigs lists it, so that listings can be loaded too: single
//! items under `configs`, or the whole answer.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::entry::Entry;
use super::listing::{Reading, item};
use super::state::{Record, State};
use crate::model::{Address, EVERY, RecordConfig, StreamSpelling, domain_error};
use crate::wire::{FORMAT_LIST, read_formats, take_config};

/// The version of the document; a minor one only adds.
const FORMAT_VERSION: &str = "1.0";

/// Writes all configurations, sorted by address.
pub(super) fn write(state: &State) -> Value {
    let configs: Vec<Value> =
        state.all().map(|(address, entry)| item(address, entry, Reading::WHOLE)).collect();
    json!({"format_version": FORMAT_VERSION, "configs": configs})
}

/// Parses a document, or an answer of DescribeLiveRecordVodConfigs, into the records that create its configurations; or
/// says why the text is neither, or which key can't be read.
pub(super) fn read(text: &str) -> Result<Vec<Record>, String> {
    let shape = |reason: String| format!("not a state of the emulator: {reason}");
    let document: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| shape(error.to_string()))?;
    if let Some(version) = document.get("format_version").filter(|version| !is_known(version)) {
        return Err(shape(format!("`format_version` is {version}, not \"{FORMAT_VERSION}\"")));
    }
    let listed = || document.get("LiveRecordVodConfigs")?.get("LiveRecordVodConfig");
    let configs = document.get("configs").or_else(listed).and_then(Value::as_array);
    let configs = configs.ok_or_else(|| shape("the list `configs` is missing".to_owned()))?;
    let record = |(at, config): (usize, &Value)| {
        read_item(config).map_err(|reason| format!("configuration number {}: {reason}", at + 1))
    };
    configs.iter().enumerate().map(record).collect()
}

fn is_known(version: &Value) -> bool {
    version.as_str().and_then(|version| version.split_once('.')).is_some_and(|(major, _)| major == "1")
}

/// The creation time of a configuration that has none.
const LONG_AGO: &str = "2016-11-01T00:00:00Z";

/// A listed configuration. CreateTime and the settings may be missing, as in the service's own listings.
fn read_item(config: &Value) -> Result<Record, String> {
    let mut item = Item(config.as_object().cloned().ok_or("not an object")?);
    let (address, spelling) = item.key()?;
    let create_time = item.take::<String>("CreateTime")?.unwrap_or_else(|| LONG_AGO.to_owned());
    Ok(Record::put(address, Entry { spelling, create_time, config: item.config() }))
}

/// The unread rest of a listed configuration.
struct Item(Map<String, Value>);

impl Item {
    fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, String> {
        let value = self.0.remove(name).unwrap_or_default();
        serde_json::from_value(value).map_err(|error| format!("`{name}`: {error}"))
    }

    /// The settings. Whatever they can't hold, or what contradicts them, stays as it is and is listed like that.
    fn config(self) -> RecordConfig {
        let Self(mut fields) = self;
        let before = fields.clone();
        let (mut config, unreadable) = take_config(&mut fields, |field| field.api().map(Cow::Borrowed));
        for name in unreadable.iter().map(|name| name.trim_matches('`')) {
            fields.extend(before.get(name).map(|value| (name.to_owned(), value.clone())));
        }
        // The log knows no AutoCompose without a group.
        if config.auto_compose && config.compose_vod_transcode_group.is_none() {
            config.auto_compose = false;
            fields.extend(before.get("AutoCompose").map(|value| ("AutoCompose".to_owned(), value.clone())));
        }
        let formats = fields.get(FORMAT_LIST).map_or(Ok(None), read_formats);
        let flag = fields.get("FormatConfig").and_then(Value::as_bool);
        match formats {
            Ok(Some(formats)) if flag != Some(false) => {
                config.record_format = Some(formats);
                fields.remove(FORMAT_LIST);
            }
            _ => {}
        }
        if config.is_by_format() {
            // It has no meaning there, so the settings do not have it.
            config.auto_compose = false;
            fields.extend(before.get("AutoCompose").map(|value| ("AutoCompose".to_owned(), value.clone())));
        }
        if flag == Some(config.is_by_format()) {
            fields.remove("FormatConfig");
        }
        config.unknown = fields.into_iter().collect();
        config
    }

    fn required(&mut self, name: &str) -> Result<String, String> {
        self.take(name)?.ok_or_else(|| format!("missing field `{name}`"))
    }

    fn key(&mut self) -> Result<(Address, StreamSpelling), String> {
        let domain = self.required("DomainName")?.to_ascii_lowercase();
        let app = self.required("AppName")?;
        let (stream, spelling) = match self.take::<String>("StreamName")? {
            None => (EVERY.to_owned(), StreamSpelling::Absent),
            Some(name) if name.is_empty() => (EVERY.to_owned(), StreamSpelling::Empty),
            Some(name) => (name, StreamSpelling::Named),
        };
        match domain_error(&domain) {
            Some(reason) => Err(format!("`{domain}` {reason}")),
            None if app.is_empty() => Err("`AppName` is empty".to_owned()),
            // Whatever a listing contains can be loaded, with any names.
            None => Ok((Address::new(domain, app, stream), spelling)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = r#"{"DomainName":"a.com","AppName":"show","StreamName":"cam","CreateTime":"2026-01-02T03:04:05Z",
        "VodTranscodeGroupId":"g","CycleDuration":900,"AutoCompose":"ON","ComposeVodTranscodeGroupId":"c","OnDemand":7,
        "StorageLocation":"s","DelayTime":180,"RecordContent":"raw","SpaceId":"app-1","TranscodeTemplates":"a,b",
        "FormatConfig":false}"#;
    const BY_FORMAT: &str = r#"{"DomainName":"a.com","AppName":"show","CreateTime":"2026-01-02T03:04:05Z","CycleDuration":3600,
        "OnDemand":0,"FormatConfig":true,
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
        let refusal = |text: &str| read(text).unwrap_err();
        let configs = |item: &str| refusal(&format!(r#"{{"configs":[{FULL},{item}]}}"#));
        assert!(refusal("[]").starts_with("not a state of the emulator"));
        assert!(refusal("{}").ends_with("the list `configs` is missing"));
        assert!(refusal(r#"{"format_version":"2.0","configs":[]}"#).contains("`format_version`"));
        assert!(configs(r#"{"DomainName":"a.com"}"#).starts_with("configuration number 2: missing field"));
        assert!(configs(r#"{"DomainName":"a b","AppName":"a"}"#).contains("`a b`"));
        assert!(configs(r#"{"DomainName":"a.com","AppName":""}"#).contains("is empty"));
    }

    #[test]
    fn whatever_an_account_may_hold_is_listed_as_it_was_loaded() {
        let key = r#""DomainName":"a.com","AppName":"show","CreateTime":"2026-01-02T03:04:05Z""#;
        for more in [
            r#""Extra":{"x":[1]},"Empty":false"#,
            r#""CycleDuration":"soon","AutoCompose":7"#,
            r#""AutoCompose":"ON""#,
            r#""FormatConfig":true"#,
            r#""FormatConfig":false,"RecordFormatList":{"RecordFormat":[{"Format":"mp4"}]}"#,
            r#""RecordFormatList":{"RecordFormat":[{"Format":"mp4"},{"Format":"mp4"}]}"#,
            r#""RecordFormatList":{"RecordFormat":[{"Format":"cmaf"}]},"FormatConfig":true"#,
            r#""FormatConfig":true,"AutoCompose":"ON","RecordFormatList":{"RecordFormat":[{"Format":"mp4"}]}"#,
            r#""FormatConfig":true,"VodTranscodeGroupId":"g","RecordFormatList":{"RecordFormat":[{"Format":"mp4","New":1}]}"#,
        ] {
            let item: Value = serde_json::from_str(&format!("{{{key},{more}}}")).unwrap();
            let held = state(&json!({ "configs": [item] }).to_string());
            let written = write(&held)["configs"][0].clone();
            for (name, value) in item.as_object().unwrap() {
                assert_eq!(written[name], *value, "{name} of {item}");
            }
            let records: Vec<Record> =
                held.all().map(|(at, entry)| Record::put(at.clone(), entry.clone())).collect();
            let kept = serde_json::to_string(&records[0]).unwrap();
            assert_eq!(serde_json::from_str::<Record>(&kept).unwrap(), records[0], "{kept}");
        }
    }
}
