//! How many calls a change costs, and how long it takes, against a client that does nothing but the writes.
//!
//! `cargo test --test all -- apply::cost --nocapture` prints the figures. The time is that of a paused clock on which each
//! call takes 20 ms: it leaves out what livevod computes.

use std::time::Duration;

use livevod::api::{ClientSettings, Rate};
use livevod::embedded;
use livevod::emulator::Settings;
use livevod::plan::Change;
use serde_json::json;
use tokio::time::Instant;

use super::world::*;
use crate::simulation::harness::scene::listed;

const CALL: Duration = Duration::from_millis(20);

fn cam(domain: usize, number: usize) -> String {
    format!("d{domain}.example.com/show/cam{number}")
}

fn new(domains: usize, each: usize) -> Vec<Change> {
    let all = (0..domains).flat_map(|domain| (0..each).map(move |number| cam(domain, number)));
    all.map(|text| create(&text, cycle(900))).collect()
}

fn other(domains: usize, each: usize) -> Vec<Change> {
    let all = (0..domains).flat_map(|domain| (0..each).map(move |number| cam(domain, number)));
    all.map(|text| update(&text, cycle(3600), cycle(900))).collect()
}

/// Where the plan came from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Planned {
    /// From what the same process has just read.
    Now,
    /// From what was read long before.
    Before,
}

/// Applies changes to an account that is as their plan saw it; returns how many calls each cost.
#[expect(clippy::print_stdout, reason = "the figures are what it is run for")]
async fn cost(name: &str, rate: Rate, planned: Planned, changes: Vec<Change>) -> f64 {
    let limit = Settings::default().limit.filter(|_| rate != Rate::UNLIMITED);
    let service = World::with(Settings { limit, ..Settings::default() }).service;
    let settings = ClientSettings { rate, ..embedded::settings() };
    let held = changes
        .iter()
        .filter_map(|change| Some(listed(&change.address, Some(&change.address.stream), change.before()?)));
    service.load(&json!({ "configs": held.collect::<Vec<_>>() }).to_string()).unwrap();
    let mut world = World::of(service.clone(), embedded::client(service, settings));
    world.faults(&["latency:time=20ms"]);
    if planned == Planned::Now {
        world.read_for(&changes).await;
    }
    let (start, writes) = (Instant::now(), changes.len());
    let report = world.apply(changes).await;
    let took = start.elapsed().as_secs_f64();
    assert_eq!(ends(&report), vec!["done"; writes]);
    assert_eq!(report.repeated, 0, "{name}");
    let calls = report.calls as f64 / writes as f64;
    let floor = CALL * u32::try_from(writes.div_ceil(ClientSettings::PARALLELISM.get())).unwrap();
    let times = took / floor.as_secs_f64();
    println!("{name}: {calls:.2} calls a change, {took:.2} s, {times:.2} times the writes alone");
    calls
}

#[tokio::test(start_paused = true)]
async fn a_change_costs_little_more_than_its_write() {
    use Planned::{Before, Now};
    for (name, planned, changes, most) in [
        ("1,000 new over 50 domains", Before, new(50, 20), 1.2),
        ("1,000 updates over 50 domains", Before, other(50, 20), 1.4),
        ("1,000 updates over 50 domains, planned now", Now, other(50, 20), 1.15),
        ("90 updates in one domain", Before, other(1, 90), 1.3),
        ("90 updates in one domain, planned now", Now, other(1, 90), 1.1),
        ("300 new in one domain", Before, new(1, 300), 1.15),
        ("300 updates in one domain", Before, other(1, 300), 2.1),
        ("300 updates in one domain, planned now", Now, other(1, 300), 2.1),
    ] {
        let calls = cost(name, Rate::UNLIMITED, planned, changes).await;
        assert!(calls <= most, "{name}: {calls} calls a change, at most {most} are needed");
    }
}

#[tokio::test(start_paused = true)]
#[ignore = "it sends 6,000 writes, and its figures are times"]
async fn the_service_s_rate_is_all_that_many_writes_wait_for() {
    let (rate, planned) = (Rate::default(), Planned::Before);
    cost("3,000 new over 50 domains at the default rate", rate, planned, new(50, 60)).await;
    cost("3,000 updates over 50 domains at the default rate", rate, planned, other(50, 60)).await;
}
