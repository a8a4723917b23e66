//! A state of an account as the files that commands read: a snapshot, and what an emulator loads.

use livevod::emulator::ACCOUNT;
use livevod::model::{Address, EVERY, Field, Remote, Snapshot, StreamSpelling};
use livevod::snapshot::{self, Saved};
use livevod::wire::{FORMAT_LIST, list_formats, write_value};
use serde_json::{Map, Value, json};

use super::states::{SEVERAL, region};

/// The text of a snapshot, for `--from`, `plan --against` and `restore`.
pub(crate) fn saved(snapshot: &Snapshot) -> String {
    let regions = snapshot.domains.keys().map(|domain| (domain.clone(), region(domain).to_owned()));
    snapshot::write(&Saved {
        livevod: env!("CARGO_PKG_VERSION").to_owned(),
        time: "2026-11-29T00:00:00Z".parse().unwrap(),
        target: "https://live.aliyuncs.com".to_owned(),
        account: None,
        caller: Some(ACCOUNT.to_owned()),
        regions: regions.collect(),
        ignore: Vec::new(),
        protect: Vec::new(),
        snapshot: snapshot.clone(),
    })
    .unwrap()
}

/// The text for `livevod emulator --load`. An emulator holds one configuration per address, so it never lists two.
pub(crate) fn loadable(snapshot: &Snapshot) -> String {
    let configs = snapshot.domains.values().flat_map(|domain| &domain.configs);
    let items: Vec<Value> = configs.map(|(address, remote)| item(address, remote)).collect();
    json!({ "format_version": "1.0", "configs": items }).to_string()
}

/// A configuration as a listing has it.
fn item(address: &Address, Remote { config, spelling, create_time, unsupported }: &Remote) -> Value {
    let mut item = Map::new();
    let mut set = |name: &str, value: Option<Value>| item.extend(value.map(|value| (name.to_owned(), value)));
    let stream = match spelling {
        StreamSpelling::Empty => Some(""),
        StreamSpelling::Absent => None,
        StreamSpelling::Named => Some(&*address.stream),
    };
    assert!(*spelling == StreamSpelling::Named || &*address.stream == EVERY, "{address}");
    set("DomainName", Some((*address.domain).into()));
    set("AppName", Some((*address.app).into()));
    set("StreamName", stream.map(Value::from));
    set("CreateTime", create_time.clone().map(Value::from));
    for field in Field::ALL {
        let value = field.api().zip(write_value(field, config.get(field)));
        value.into_iter().for_each(|(name, text)| set(name, Some(text.into())));
    }
    // Whatever is wrong with an entry but its number is wrong with its formats.
    let has_broken_formats = unsupported.as_ref().is_some_and(|reason| reason != SEVERAL);
    set("FormatConfig", Some((config.is_by_format() || has_broken_formats).into()));
    set(FORMAT_LIST, config.record_format.as_ref().map(list_formats));
    config.unknown.iter().for_each(|(name, value)| set(name, Some(value.clone())));
    Value::Object(item)
}
