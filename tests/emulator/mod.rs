//! The emulated service as its callers see it.

mod by_format;
mod call_log;
mod codes;
mod durability;
mod faults;
mod judged;
mod limits;
mod listing;
mod lookups;
mod metadata;
mod oss;
mod quirks;
mod recordings;
mod roles;
mod server;
mod signatures;
mod trail;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jiff::Timestamp;
use livevod::emulator::{KEY_ID, KEY_SECRET, Outside, Service, Settings};
use livevod::model::{Address, NO_TRANSCODE, RecordConfig};
use livevod::wire::{
    Action, Call, Inquiry, Key, Page, Product, ReadError, RemoteError, Request, Response, Secret,
    SignatureVersion, Stamp, read, read_page, sign,
};
use serde_json::{Map, Value};

/// The start time of every test, in seconds since 1970.
const START: i64 = 1_767_323_045;

const HOST: &str = "live.aliyuncs.com";

/// A service with a clock that the test controls, and a caller that never repeats a nonce.
struct Bench {
    service: Arc<Service>,
    clock: Arc<AtomicI64>,
    nonces: AtomicU64,
}

impl Bench {
    fn new(settings: Settings) -> Self {
        Self::at(None, settings)
    }

    fn at(path: Option<&Path>, settings: Settings) -> Self {
        let clock = Arc::new(AtomicI64::new(START));
        let (hand, ids) = (clock.clone(), AtomicU64::new(0));
        let outside = Outside {
            now: Box::new(move || Timestamp::from_second(hand.load(Ordering::Relaxed)).unwrap()),
            request_id: Box::new(move || format!("R{}", ids.fetch_add(1, Ordering::Relaxed))),
        };
        let service = Arc::new(Service::open_with(path, settings, outside).unwrap());
        Self { service, clock, nonces: AtomicU64::new(0) }
    }

    fn stamp(&self) -> Stamp {
        let time = Timestamp::from_second(self.clock.load(Ordering::Relaxed)).unwrap();
        Stamp { time, nonce: self.nonces.fetch_add(1, Ordering::Relaxed).to_string() }
    }

    fn sign(&self, call: &Call) -> Request {
        sign(call, HOST, &key(), &self.stamp(), SignatureVersion::V3)
    }

    fn sign_inquiry(&self, inquiry: &Inquiry) -> Request {
        inquiry.sign(HOST, &key(), &self.stamp(), SignatureVersion::V3)
    }

    fn call(&self, call: &Call) -> Result<Map<String, Value>, Box<RemoteError>> {
        outcome(&self.service.call(&self.sign(call)))
    }

    /// Calls with parameters from a text: `DomainName=a.com AppName=show`.
    fn ask(&self, action: Action, params: &str) -> Result<Map<String, Value>, Box<RemoteError>> {
        self.call(&call(action, params))
    }

    /// The code of a refusal; empty for a success.
    fn code(&self, action: Action, params: &str) -> String {
        self.ask(action, params).map_or_else(|error| error.code, |_| String::new())
    }

    fn page(&self, call: &Call) -> Page {
        read_page(self.call(call).unwrap()).unwrap()
    }

    /// Advances the clock.
    fn wait(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    /// All configurations of a domain, on one page.
    fn list(&self, domain: &str) -> Page {
        self.page(&livevod::wire::describe(domain, 1, None))
    }
}

fn key() -> Key {
    Key { id: KEY_ID.into(), secret: Secret::new(KEY_SECRET), token: None }
}

fn call(action: Action, params: &str) -> Call {
    Call { action, params: pairs(params) }
}

fn inquiry(product: Product, name: &'static str, params: &str) -> Inquiry {
    Inquiry { product, name, params: pairs(params) }
}

fn pairs(params: &str) -> BTreeMap<String, String> {
    let pairs = params.split(' ').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn outcome(response: &Response) -> Result<Map<String, Value>, Box<RemoteError>> {
    read(response).map_err(|error| match error {
        ReadError::Refused(error) => error,
        ReadError::Unreadable(reason) => unreachable!("{reason}"),
    })
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

fn classic() -> RecordConfig {
    RecordConfig { vod_transcode_group: NO_TRANSCODE.into(), ..RecordConfig::default() }
}
