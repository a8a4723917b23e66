//! Temporary keys in a run that outlives them: renewed before they end, once, on the clock of the stamps.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jiff::Timestamp;
use livevod::api::credentials::{Credentials, Provider, Source};
use livevod::api::{Client, ClientSettings};
use livevod::emulator::{self, Outside, Service, Settings};
use livevod::wire::{Key, Role, Secret, Stamp};

const START: i64 = 1_767_323_045;

/// A client in a role, a service, and the one clock of both.
struct Session {
    client: Client,
    service: Arc<Service>,
    clock: Arc<AtomicI64>,
}

impl Session {
    fn new() -> Self {
        let clock = Arc::new(AtomicI64::new(START));
        let now = |clock: &Arc<AtomicI64>| Timestamp::from_second(clock.load(Ordering::Relaxed)).unwrap();
        let (hand, ids) = (clock.clone(), AtomicU64::new(0));
        let outside = Outside {
            now: Box::new(move || now(&hand)),
            request_id: Box::new(move || ids.fetch_add(1, Ordering::Relaxed).to_string()),
        };
        let service = Arc::new(Service::open_with(None, Settings::default(), outside).unwrap());
        let (hand, nonces) = (clock.clone(), AtomicU64::new(0));
        let stamps = Arc::new(move || {
            let nonce = nonces.fetch_add(1, Ordering::Relaxed).to_string();
            Ok(Stamp { time: now(&hand), nonce })
        });
        let settings = ClientSettings { stamps, ..ClientSettings::new(role()) };
        let client = Client::in_process(service.clone(), settings);
        Self { client, service, clock }
    }

    async fn lists(&self) {
        self.client.list_domain("a.example.com").await.unwrap();
    }

    fn at(&self, second: i64) {
        self.clock.store(START + second, Ordering::Relaxed);
    }

    /// How often a role was assumed.
    fn assumed(&self) -> u64 {
        self.service.counters().actions.get("AssumeRole").map_or(0, |counters| counters.calls)
    }
}

fn role() -> Credentials {
    let key = Key { id: emulator::KEY_ID.into(), secret: Secret::new(emulator::KEY_SECRET), token: None };
    let role = Role {
        arn: "acs:ram::1234567890123456:role/deployer".into(),
        session_name: "ci".into(),
        duration: Some(3600),
        policy: None,
        external_id: None,
    };
    let provider = Provider::Role { by: Box::new(Provider::Key(key)), role };
    Credentials { provider, source: Source::Given, sts: None }
}

#[tokio::test]
async fn a_key_is_renewed_five_minutes_before_its_end() {
    let session = Session::new();
    for (second, assumed) in [(0, 1), (3299, 1), (3300, 2), (6599, 2), (6600, 3), (20_000, 4)] {
        session.at(second);
        session.lists().await;
        assert_eq!(session.assumed(), assumed, "{second}");
    }
}

#[tokio::test]
async fn however_many_calls_wait_a_key_is_got_once() {
    let session = Session::new();
    let (first, second, third) = tokio::join!(session.lists(), session.lists(), session.lists());
    assert_eq!((first, second, third, session.assumed()), ((), (), (), 1));
    session.at(3500);
    tokio::join!(session.lists(), session.lists(), session.lists());
    assert_eq!(session.assumed(), 2);
}

#[tokio::test(start_paused = true)]
async fn sts_is_asked_again_where_a_read_would_be() {
    let session = Session::new();
    session.service.set_faults(vec!["throttle:times=3".parse().unwrap()]);
    session.lists().await;
    assert_eq!(session.assumed(), 4);
    session.at(3400);
    session.service.set_faults(vec!["drop-before-commit:times=1".parse().unwrap()]);
    session.lists().await;
    assert_eq!(session.assumed(), 6);
}

#[tokio::test]
async fn a_refused_role_is_final_and_asked_for_once() {
    let session = Session::new();
    session.service.set_faults(vec!["revoked-key".parse().unwrap()]);
    for _ in 0..3 {
        let error = session.client.list_domain("a.example.com").await.unwrap_err().to_string();
        assert!(
            error.contains("`AssumeRole` of `acs:ram::") && error.contains("InvalidAccessKeyId.Inactive"),
            "{error}"
        );
    }
    assert_eq!(session.assumed(), 1);
}

#[tokio::test]
async fn a_renewal_that_fails_leaves_the_old_key_to_its_end() {
    let session = Session::new();
    session.lists().await;
    session.at(3400);
    session.service.set_faults(vec!["revoked-key:nth=1".parse().unwrap()]);
    session.lists().await;
    session.lists().await;
    assert_eq!(session.assumed(), 2, "not asked at every call");
    session.at(3500);
    session.lists().await;
    assert_eq!(session.assumed(), 3);
}
