//! A bare client: it signs and sends calls over 16 connections, and throws the answers away.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use jiff::Timestamp;
use livevod::emulator::{KEY_ID, KEY_SECRET, Service, Settings};
use livevod::model::{Address, RecordConfig, StreamSpelling};
use livevod::wire::{self, Call, ComposeOff, Key, Request, Secret, SignatureVersion, Stamp};
use tokio::task::JoinSet;

use crate::Outcome;

const CONNECTIONS: usize = 16;

/// The host that calls to the emulator inside this process are signed for.
const HOST: &str = "live.aliyuncs.com";

/// Seconds to list so many pages of so many domains. The pages of a domain come one after the other.
pub(crate) fn reads(host: &str, domains: usize, pages: u32) -> Outcome<f64> {
    send(host, (0..domains).map(|at| listing(at, pages)).collect())
}

fn listing(domain: usize, pages: u32) -> Vec<Call> {
    (1..=pages).map(|page| wire::describe(&name(domain), page, None)).collect()
}

/// Seconds to add so many configurations, spread over so many domains.
pub(crate) fn adds(host: &str, domains: usize, count: usize) -> Outcome<f64> {
    send(host, (0..count).map(|at| vec![added(domains, at)]).collect())
}

fn added(domains: usize, at: usize) -> Call {
    wire::add(&address(domains, at), &config(2400))
}

/// Seconds to update them.
pub(crate) fn updates(host: &str, domains: usize, count: usize) -> Outcome<f64> {
    send(host, (0..count).map(|at| vec![updated(domains, at)]).collect())
}

fn updated(domains: usize, at: usize) -> Call {
    wire::update(&address(domains, at), StreamSpelling::Named, &config(2460), ComposeOff::Bare)
}

/// Seconds for so many durable writes of the emulator in this process.
pub(crate) fn durable(log: &Path, count: usize) -> Outcome<f64> {
    let service = Service::open(Some(log), Settings { limit: None, ..Settings::default() })?;
    let requests: Vec<Request> = (0..count).map(|at| signed(&added(1, at), HOST)).collect();
    let start = Instant::now();
    let all_right = |part: &[Request]| part.iter().all(|request| service.call(request).status == 200);
    let held = std::thread::scope(|scope| {
        let parts = requests.chunks(count.div_ceil(CONNECTIONS));
        let callers: Vec<_> = parts.map(|part| scope.spawn(|| all_right(part))).collect();
        callers.into_iter().all(|caller| caller.join().is_ok_and(|held| held))
    });
    if held { Ok(start.elapsed().as_secs_f64()) } else { Err("a durable write was refused".into()) }
}

fn name(domain: usize) -> String {
    format!("live-{domain:03}.example.com")
}

fn address(domains: usize, at: usize) -> Address {
    Address::new(name(at % domains), "show", format!("cam-{at:06}"))
}

fn config(cycle_duration: u32) -> RecordConfig {
    RecordConfig {
        vod_transcode_group: "e2d796d3bb5fd8049d32bff62f94e4c1".to_owned(),
        cycle_duration,
        auto_compose: true,
        compose_vod_transcode_group: Some("6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa".to_owned()),
        ..RecordConfig::default()
    }
}

fn signed(call: &Call, host: &str) -> Request {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let key = Key { id: KEY_ID.to_owned(), secret: Secret::new(KEY_SECRET), token: None };
    let (time, number) = (Timestamp::now(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let stamp = Stamp { time, nonce: format!("{:016x}{number:016x}", time.as_nanosecond() as u64) };
    wire::sign(call, host, &key, &stamp, SignatureVersion::V3)
}

/// Sends each list of calls on one connection, the calls of a list one after the other.
fn send(host: &str, lists: Vec<Vec<Call>>) -> Outcome<f64> {
    // Without a provider of its own reqwest builds no client, not even for plain HTTP; a second install changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let start = Instant::now();
    tokio::runtime::Runtime::new()?.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let (next, lists) = (Arc::new(AtomicUsize::new(0)), Arc::new(lists));
        let mut connections = JoinSet::new();
        for _ in 0..CONNECTIONS {
            connections.spawn(work(client.clone(), host.to_owned(), lists.clone(), next.clone()));
        }
        while let Some(ended) = connections.join_next().await {
            ended??;
        }
        Ok(start.elapsed().as_secs_f64())
    })
}

/// One connection's share: the next list that nobody sends yet, until none is left.
async fn work(
    client: reqwest::Client,
    host: String,
    lists: Arc<Vec<Vec<Call>>>,
    next: Arc<AtomicUsize>,
) -> Result<(), reqwest::Error> {
    while let Some(calls) = lists.get(next.fetch_add(1, Ordering::Relaxed)) {
        for call in calls {
            let request = signed(call, &host);
            let mut post = client.post(format!("http://{host}/?{}", request.query));
            for (name, value) in request.headers {
                post = post.header(name, value);
            }
            post.send().await?.error_for_status()?.bytes().await?;
        }
    }
    Ok(())
}
