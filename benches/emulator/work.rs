//! The state that is worked on, and signed requests.

use jiff::Timestamp;
use livevod::emulator::{KEY_ID, KEY_SECRET};
use livevod::model::{Address, RecordConfig, StreamSpelling};
use livevod::wire::{self, Call, ComposeOff, Key, Request, Secret, SignatureVersion, Stamp};
use serde_json::{Value, json};

const DOMAIN: &str = "live.example.com";
const GROUP: &str = "e2d796d3bb5fd8049d32bff62f94e4c1";
const ARCHIVE: &str = "6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa";

/// So many configurations, every setting written out.
pub(crate) fn state(entries: usize) -> Value {
    let config = |number: usize| {
        json!({
            "DomainName": DOMAIN, "AppName": "show", "StreamName": stream(number), "VodTranscodeGroupId": GROUP,
            "CycleDuration": 1800, "AutoCompose": "ON", "ComposeVodTranscodeGroupId": ARCHIVE, "OnDemand": 0,
            "DelayTime": 180, "StorageLocation": "one.oss-cn-shanghai.aliyuncs.com",
        })
    };
    json!({"configs": (0..entries).map(config).collect::<Vec<_>>()})
}

fn stream(number: usize) -> String {
    format!("cam-{number:04}")
}

/// Listings of the whole domain.
pub(crate) fn describes(count: usize) -> std::io::Result<Vec<Request>> {
    (0..count).map(|_| signed(&wire::describe(DOMAIN, 1, None))).collect()
}

/// Updates of its configurations in turn, each to another value.
pub(crate) fn updates(count: usize) -> std::io::Result<Vec<Request>> {
    let update = |number: usize| {
        let config = RecordConfig {
            vod_transcode_group: GROUP.to_owned(),
            cycle_duration: 300 + (number % 3600) as u32,
            auto_compose: true,
            compose_vod_transcode_group: Some(ARCHIVE.to_owned()),
            ..RecordConfig::default()
        };
        let address = Address::new(DOMAIN, "show", stream(number % crate::ENTRIES));
        signed(&wire::update(&address, StreamSpelling::Named, &config, ComposeOff::Bare))
    };
    (0..count).map(update).collect()
}

fn signed(call: &Call) -> std::io::Result<Request> {
    let key = Key { id: KEY_ID.to_owned(), secret: Secret::new(KEY_SECRET), token: None };
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(std::io::Error::other)?;
    let nonce = format!("{:032x}", u128::from_be_bytes(random));
    let stamp = Stamp { time: Timestamp::now(), nonce };
    Ok(wire::sign(call, crate::http::HOST, &key, &stamp, SignatureVersion::V3))
}
