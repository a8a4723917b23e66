//! Temporary keys in a run that outlives them: renewed before they expire, once, by the clock of the timestamps.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jiff::Timestamp;
use livevod::api::credentials::{Credentials, Provider, Source};
use livevod::api::{Client, ClientSettings};
use livevod::apply::{Report, apply};
use livevod::embedded;
use livevod::emulator::{self, Outside, Service, Settings};
use livevod::wire::{Key, Role, Secret, Stamp};

use super::world::*;

const START: i64 = 1_767_323_045;

/// A client with a role, a service, and the clock that they share.
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
        let client = embedded::client(service.clone(), settings);
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

/// A role whose keys belong to these accounts, one after another; renewed when the service reports that a key has expired.
fn renewing(accounts: &[&str]) -> World {
    let session_accounts = accounts.iter().map(|account| (*account).to_owned()).collect();
    let world = World::with(Settings { session_accounts, ..Settings::default() });
    // One write at a time.
    let settings = ClientSettings { parallelism: NonZeroUsize::MIN, ..ClientSettings::new(role()) };
    let client = embedded::client(world.service.clone(), settings);
    World::of(world.service, client)
}

const OWN: &str = "1234567890123456";
const OTHER: &str = "6543210987654321";

/// Three updates in a domain; the key is renewed before the second.
async fn apply_with(accounts: &[&str], faults: &[&str]) -> (World, Report) {
    let world = renewing(accounts);
    let cams = ["a", "b", "c"].map(|cam| format!("a.example.com/show/{cam}"));
    for cam in &cams {
        world.hold(cam, &cycle(3600)).await;
    }
    world.faults(faults);
    let changes = cams.iter().map(|cam| update(cam, cycle(3600), cycle(900)));
    let mut plan = plan(changes);
    plan.decisions.account = Some(OWN.to_owned());
    let report = apply(plan.cleared().unwrap(), &world.client, world.settings.clone(), &|_| {}).await;
    world.faults(&[]);
    (world, report)
}

#[tokio::test(start_paused = true)]
async fn a_renewed_key_of_the_same_account_goes_on() {
    let (world, report) = apply_with(&[OWN], &["expired-token:action=Update,nth=2"]).await;
    assert_eq!(ends(&report), ["done"; 3]);
    let identities = world.service.counters().actions["GetCallerIdentity"].calls;
    assert_eq!(identities, 2, "each key is asked about once");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_under_another_accounts_key() {
    // The key is renewed at the second Update, and at the listing before the first. What was sent before can't be read
    // back.
    for (fault, first, renewed) in [
        ("expired-token:action=Update,nth=2", "unknown", 2),
        ("expired-token:action=Describe,nth=1", "not attempted", 0),
    ] {
        let (world, report) = apply_with(&[OWN, OTHER], &[fault]).await;
        assert_eq!(ends(&report), [first, "not attempted", "not attempted"], "{fault} {report:?}");
        for index in [1, 2] {
            let message = failure(&report, index).to_string();
            assert!(message.contains(OTHER) && message.contains("renewed"), "{message}");
        }
        assert_eq!(world.sent("Update"), renewed, "{fault}: only the one that was turned away for its key");
        for cam in ["b", "c"] {
            assert_eq!(
                world.config(&format!("a.example.com/show/{cam}")).await,
                Some(cycle(3600)),
                "{fault}"
            );
        }
    }
}

/// A write that was sent before the renewal is not read back with another account's key.
#[tokio::test(start_paused = true)]
async fn what_was_written_before_another_accounts_key_came_is_told_as_unknown() {
    let (_, report) = apply_with(&[OWN, OTHER], &["expired-token:action=Describe,nth=2"]).await;
    assert_eq!(ends(&report), ["unknown"; 3], "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn an_account_that_nobody_confirms_gets_no_write() {
    // The seventh call asks STS for the account of the second key.
    let faults = ["expired-token:action=Update,nth=2", "revoked-key:nth=7"];
    let (world, report) = apply_with(&[OWN], &faults).await;
    // Before the third, STS is asked again, and answers.
    assert_eq!(ends(&report), ["done", "not attempted", "done"], "{report:?}");
    assert!(failure(&report, 1).to_string().contains("can't confirm"), "{:?}", failure(&report, 1));
    assert_eq!(world.sent("Update"), 3, "the second was turned away for its key");
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
            error.contains("`AssumeRole` for `acs:ram::") && error.contains("InvalidAccessKeyId.Inactive"),
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
