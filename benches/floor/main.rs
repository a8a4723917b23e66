//! The least that a program can do for the same work: what `benches/check` compares livevod with.
//!
//! ```text
//! floor nothing                                ends at once
//! floor events FOLDER                          reads the events of all YAML files, and keeps nothing
//! floor typed SNAPSHOT                         reads a snapshot into structs, without checking it
//! floor ignored PLAN                           reads the JSON of a saved plan, and keeps nothing
//! floor reads HOST DOMAINS PAGES               lists every page of every domain over 16 connections
//! floor add|update HOST DOMAINS CONFIGURATIONS only the writes, over 16 connections
//! floor durable LOG CONFIGURATIONS             the emulator's durable writes, by 16 callers
//! ```
//!
//! The last ones print how many seconds the calls took, connecting included.
#![expect(clippy::print_stdout, reason = "the seconds are what it is run for")]

mod calls;

use std::error::Error;
use std::path::Path;

use granit_parser::Parser;
use serde::Deserialize;
use serde::de::IgnoredAny;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["events", folder] => events(Path::new(folder)),
        ["typed", file] => Ok(_ = serde_json::from_str::<Snapshot>(&std::fs::read_to_string(file)?)?),
        ["ignored", file] => Ok(_ = serde_json::from_str::<IgnoredAny>(&std::fs::read_to_string(file)?)?),
        ["reads", host, domains, pages] => told(calls::reads(host, domains.parse()?, pages.parse()?)),
        ["add", host, domains, count] => told(calls::adds(host, domains.parse()?, count.parse()?)),
        ["update", host, domains, count] => told(calls::updates(host, domains.parse()?, count.parse()?)),
        ["durable", log, count] => told(calls::durable(Path::new(log), count.parse()?)),
        // `nothing`; and `cargo bench` and `cargo test --all-targets` run this too, without such words.
        _ => Ok(()),
    }
}

fn told(seconds: Outcome<f64>) -> Outcome<()> {
    println!("{:.4}", seconds?);
    Ok(())
}

fn events(folder: &Path) -> Outcome<()> {
    for entry in std::fs::read_dir(folder)? {
        let text = std::fs::read_to_string(entry?.path())?;
        for event in Parser::new_from_str(&text) {
            event?;
        }
    }
    Ok(())
}

/// As much of a snapshot as livevod keeps.
#[derive(Deserialize)]
#[expect(dead_code, reason = "only reading is measured")]
struct Snapshot {
    domains: std::collections::BTreeMap<String, Vec<Row>>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only reading is measured")]
struct Row {
    address: Address,
    remote: Remote,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only reading is measured")]
struct Address {
    domain: String,
    app: String,
    stream: String,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only reading is measured")]
struct Remote {
    config: Config,
    create_time: Option<String>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only reading is measured")]
struct Config {
    vod_transcode_group: String,
    cycle_duration: u32,
    auto_compose: bool,
    compose_vod_transcode_group: Option<String>,
    on_demand: u8,
}
