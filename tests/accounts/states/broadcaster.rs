//! A broadcaster: 250 channels, each with a main and a backup stream, in three domains and two regions.

use std::ops::RangeInclusive;

use livevod::model::{Format, FormatSettings, RecordConfig, Snapshot};

use super::{Account, bucket, by_format, group, merged, recording, region, transcoded};

/// The domains and the numbers of their channels.
const DOMAINS: [(&str, RangeInclusive<u32>); 3] = [
    ("live.tv.example.com", 1..=110),
    ("live2.tv.example.com", 111..=180),
    ("live-sg.tv.example.com", 181..=250),
];

/// 500 regular streams.
pub(crate) fn broadcaster() -> Snapshot {
    let mut account = Account::new(1);
    for (domain, channels) in DOMAINS {
        for number in channels {
            let app = app(number);
            let [main, backup] = ["main", "backup"].map(|role| format!("ch{number:03}-{role}"));
            account.add([domain, app, &main], stored(domain, main_stream(domain, app, number)), 30..900);
            account.add([domain, app, &backup], stored(domain, backup_stream(domain, app)), 30..900);
        }
    }
    account.snapshot
}

fn app(number: u32) -> &'static str {
    match number % 10 {
        0..4 => "news",
        4..7 => "sport",
        7..9 => "show",
        _ => "radio",
    }
}

/// The id of a group in the region of a domain.
fn id(name: &str, domain: &str) -> String {
    group(&format!("{name} {}", region(domain)))
}

fn main_stream(domain: &str, app: &str, number: u32) -> RecordConfig {
    let id = |name| id(name, domain);
    match (app, number) {
        ("radio", _) => merged(recording(&id("audio"), 60), &id("audio")),
        // Premium channels.
        ("sport", number) if number % 40 == 5 => merged(recording(&id("hd"), 15), &id("archive")),
        ("show", number) if number % 30 == 8 => by_format([
            (Format::M3u8, FormatSettings { slice_duration: Some(10), ..transcoded(&id("hd")) }),
            (Format::Mp4, FormatSettings { auto_compose: Some(true), ..transcoded(&id("archive")) }),
        ]),
        _ => merged(recording(&id("hd"), 60), &id("archive")),
    }
}

fn backup_stream(domain: &str, app: &str) -> RecordConfig {
    recording(&id(if app == "radio" { "audio" } else { "sd" }, domain), 60)
}

/// The service has chosen the same bucket for all.
fn stored(domain: &str, config: RecordConfig) -> RecordConfig {
    RecordConfig { storage_location: Some(bucket(domain)), ..config }
}
