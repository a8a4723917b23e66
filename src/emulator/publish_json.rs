//! Sessions as JSON, with the API's names: what a state has under `sessions`, and what the admin path takes.
//!
//! ```json
//! {"DomainName": "…", "AppName": "…", "StreamName": "…", "PublishDomain": "…", "PublishTime": "…", "StopTime": "…",
//!  "Config": {…}, "TranscodeIds": ["…"], "NeedRecord": false}
//! ```

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::listed::read_item;
use super::listing::{Reading, item};
use super::publish::Publish;
use super::settings::Settings;
use super::state::State;
use crate::model::{Address, EVERY, domain_error};
use crate::wire::format_time;

/// Makes a connection of a JSON object, as it fits the state.
pub(super) type Read = fn(Value, &State, &Settings, Timestamp) -> Result<Publish, String>;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Session {
    domain_name: String,
    app_name: String,
    stream_name: String,
    publish_domain: Option<String>,
    publish_time: Option<Timestamp>,
    stop_time: Option<Timestamp>,
    /// `Some(None)`: nothing ruled it. `None`: whatever did.
    #[serde(default, deserialize_with = "given")]
    config: Option<Option<Value>>,
    transcode_ids: Option<BTreeSet<String>>,
    #[serde(default)]
    need_record: bool,
}

/// What ends a session.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct End {
    domain_name: String,
    app_name: String,
    stream_name: String,
    stop_time: Option<Timestamp>,
}

fn given<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<Value>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// Writes a session so that it is read back as the same one.
pub(super) fn write(publish: &Publish) -> Value {
    let Publish { address, ingest, began, ended, ruler, templates, asked } = publish;
    let config = ruler.as_ref().map(|(address, entry)| item(address, entry, Reading::WHOLE));
    let mut session = json!({
        "DomainName": *address.domain,
        "AppName": *address.app,
        "StreamName": *address.stream,
        "PublishDomain": ingest,
        "PublishTime": format_time(*began),
        "Config": config,
        "TranscodeIds": templates,
        "NeedRecord": asked,
    });
    if let Some(ended) = ended {
        session["StopTime"] = format_time(*ended).into();
    }
    session
}

/// Reads a session. What it leaves out is as the service would have it: it begins now, is on air, comes in by the
/// ingest domain of its domain, and is recorded and transcoded as the configuration says that existed when it began.
pub(super) fn read(
    session: Value,
    state: &State,
    settings: &Settings,
    now: Timestamp,
) -> Result<Publish, String> {
    let session: Session = serde_json::from_value(session).map_err(|error| error.to_string())?;
    let address = address(&session.domain_name, session.app_name, session.stream_name)?;
    let ingest = session.publish_domain.map(|name| name.to_ascii_lowercase());
    let ingest = ingest.unwrap_or_else(|| settings.ingest_of(&address.domain).to_owned());
    if let Some(reason) = domain_error(&ingest) {
        return Err(format!("`{ingest}` {reason}"));
    }
    let began = whole(session.publish_time.unwrap_or(now));
    let ended = session.stop_time.map(whole);
    let ruler = match session.config {
        Some(config) => config.as_ref().map(read_item).transpose()?,
        None => state.ruler(&address, began, settings.quirks.name_case),
    };
    let configured = ruler.as_ref().and_then(|(_, entry)| entry.config.transcode_templates.clone());
    let templates = session.transcode_ids.or(configured).unwrap_or_default();
    let publish = Publish { address, ingest, began, ended, ruler, templates, asked: session.need_record };
    match () {
        () if began > now => Err("it begins later than now".to_owned()),
        () if !state.publishes().has_room_for(&publish) => {
            Err(format!("`{}` has another session at that time", publish.address))
        }
        () => checked(publish, now),
    }
}

/// The session that is on air at an address, ended.
pub(super) fn ended(
    session: Value,
    state: &State,
    _settings: &Settings,
    now: Timestamp,
) -> Result<Publish, String> {
    let end: End = serde_json::from_value(session).map_err(|error| error.to_string())?;
    let address = address(&end.domain_name, end.app_name, end.stream_name)?;
    let on_air = state.publishes().at(&address).next_back().filter(|publish| publish.ended.is_none());
    let on_air = on_air.ok_or_else(|| format!("`{address}` is not on air"))?;
    let ended = Some(whole(end.stop_time.unwrap_or(now)));
    checked(Publish { ended, ..on_air.clone() }, now)
}

fn checked(publish: Publish, now: Timestamp) -> Result<Publish, String> {
    match publish.ended {
        Some(ended) if ended < publish.began => Err("it ends before it begins".to_owned()),
        Some(ended) if ended > now => Err("it ends later than now".to_owned()),
        _ => Ok(publish),
    }
}

fn address(domain: &str, app: String, stream: String) -> Result<Address, String> {
    let domain = domain.to_ascii_lowercase();
    if let Some(reason) = domain_error(&domain) {
        return Err(format!("`{domain}` {reason}"));
    }
    if [&app, &stream].into_iter().any(|name| name.is_empty() || name == EVERY) {
        return Err("a session has one app and one stream, each with its name".to_owned());
    }
    Ok(Address::new(domain, app, stream))
}

/// The service's times have whole seconds.
fn whole(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
