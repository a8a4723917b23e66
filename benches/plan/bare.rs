//! The least that a client can do: sign and send the same calls over 16 connections, and throw the answers away.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use livevod::wire::{self, Key, Secret, SignatureVersion, Stamp};
use tokio::task::JoinSet;

use crate::Outcome;
use crate::work::Work;

const CONNECTIONS: usize = 16;

/// Wall time of all pages of all domains, connecting included.
pub(crate) async fn run(host: &str, work: &Work) -> Outcome<Duration> {
    // Without a provider of its own reqwest builds no client, not even for plain HTTP; a second install changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let start = Instant::now();
    let client = reqwest::Client::builder().no_proxy().build()?;
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    for worker in 0..CONNECTIONS {
        workers.spawn(list_domains(client.clone(), host.to_owned(), *work, next.clone(), worker));
    }
    while let Some(ended) = workers.join_next().await {
        ended??;
    }
    Ok(start.elapsed())
}

/// One connection's share: the next domain that nobody lists yet, until none is left.
async fn list_domains(
    client: reqwest::Client,
    host: String,
    work: Work,
    next: Arc<AtomicUsize>,
    worker: usize,
) -> Result<(), reqwest::Error> {
    let key = Key { id: "bench".to_owned(), secret: Secret::new("bench"), token: None };
    loop {
        let domain = next.fetch_add(1, Ordering::Relaxed);
        if domain >= work.domains {
            return Ok(());
        }
        for page in 1..=work.pages_each() {
            let call = wire::describe(&Work::domain(domain), page, None);
            let stamp =
                Stamp { time: Timestamp::now(), nonce: format!("{worker:08x}{domain:08x}{page:08x}") };
            let request = wire::sign(&call, &host, &key, &stamp, SignatureVersion::V3);
            let mut post = client.post(format!("http://{host}/?{}", request.query));
            for (name, value) in request.headers {
                post = post.header(name, value);
            }
            post.send().await?.error_for_status()?.bytes().await?;
        }
    }
}
