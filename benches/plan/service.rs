//! A service on loopback that answers DescribeLiveRecordVodConfigs from prepared pages, each call after a fixed time, and
//! counts. It checks no signature: what is measured is the client.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Request, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::work::Work;

/// What every call takes.
const LATENCY: Duration = Duration::from_millis(20);

/// A running service; it ends with the process.
pub(crate) struct Service {
    address: SocketAddr,
    answers: Arc<Answers>,
}

struct Answers {
    /// By domain and page number.
    pages: HashMap<(String, String), Bytes>,
    calls: AtomicU64,
    strangers: AtomicU64,
}

impl Service {
    pub(crate) async fn start(work: &Work) -> io::Result<Self> {
        let answers = Arc::new(Answers::of(work));
        let router = Router::new().fallback(answer).with_state(answers.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, answers })
    }

    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    /// Describe calls so far.
    pub(crate) fn calls(&self) -> u64 {
        self.answers.calls.load(Ordering::Relaxed)
    }

    /// Other calls so far.
    pub(crate) fn strangers(&self) -> u64 {
        self.answers.strangers.load(Ordering::Relaxed)
    }
}

impl Answers {
    fn of(work: &Work) -> Self {
        let pages = (0..work.domains).flat_map(|domain| {
            let page = move |page: u32| {
                ((Work::domain(domain), page.to_string()), Bytes::from(work.page(domain, page)))
            };
            (1..=work.pages_each()).map(page)
        });
        Self { pages: pages.collect(), calls: AtomicU64::new(0), strangers: AtomicU64::new(0) }
    }
}

async fn answer(State(answers): State<Arc<Answers>>, request: Request<Body>) -> Response {
    tokio::time::sleep(LATENCY).await;
    let action = request.headers().get("x-acs-action").and_then(|value| value.to_str().ok());
    let query = request.uri().query().unwrap_or_default();
    let param = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map_or("1", |(_, value)| value).to_owned()
    };
    let page = answers.pages.get(&(param("DomainName"), param("PageNum")));
    match (action, page) {
        (Some("DescribeLiveRecordVodConfigs"), Some(page)) => {
            answers.calls.fetch_add(1, Ordering::Relaxed);
            ([(header::CONTENT_TYPE, "application/json;charset=utf-8")], page.clone()).into_response()
        }
        _ => {
            answers.strangers.fetch_add(1, Ordering::Relaxed);
            StatusCode::NOT_FOUND.into_response()
        }
    }
}
