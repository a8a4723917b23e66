//! Reads configurations as they are listed.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::entry::Entry;
use crate::model::{Address, EVERY, RecordConfig, StreamSpelling, domain_error};
use crate::wire::{FORMAT_LIST, read_formats, take_config};

/// The creation time of a configuration that has none.
const LONG_AGO: &str = "2016-11-01T00:00:00Z";

/// A listed configuration. CreateTime and the settings may be missing, as in the service's own listings.
pub(super) fn read_item(config: &Value) -> Result<(Address, Entry), String> {
    let mut item = Item(config.as_object().cloned().ok_or("not an object")?);
    let (address, spelling) = item.key()?;
    let create_time = item.take::<String>("CreateTime")?.unwrap_or_else(|| LONG_AGO.to_owned());
    Ok((address, Entry { spelling, create_time, config: item.config() }))
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
