//! Who changed an address, as the client finds out from ActionTrail.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use livevod::api::{Client, ClientSettings, Error, Rate, Trail};
use livevod::embedded;
use livevod::emulator::{KEY_ID, KEY_SECRET, Service, Settings};
use livevod::model::{Address, NO_TRANSCODE, RecordConfig, StreamSpelling};
use livevod::wire::{Call, Key, Secret, SignatureVersion, Stamp, Tool, add, delete, read, sign, update};
use tokio::time::Instant;

struct Scene {
    service: Arc<Service>,
    client: Client,
    keys: Vec<Key>,
    calls: u32,
}

impl Scene {
    fn new() -> Self {
        Self::with(ClientSettings { rate: Rate::UNLIMITED, ..embedded::settings() })
    }

    fn with(settings: ClientSettings) -> Self {
        let key = |id: &str, secret: &str| Key { id: id.into(), secret: Secret::new(secret), token: None };
        let keys = vec![key(KEY_ID, KEY_SECRET), key("alice", "a"), key("bob", "b")];
        let account = Settings { keys: keys.clone(), limit: None, ..Settings::default() };
        let service = Arc::new(Service::open(None, account).unwrap());
        Self { client: embedded::client(service.clone(), settings), service, keys, calls: 0 }
    }

    /// A call by one of the users, with this user agent.
    fn make(&mut self, user: &str, tool: &str, call: &Call) -> bool {
        let key = self.keys.iter().find(|key| key.id == user).unwrap();
        self.calls += 1;
        let stamp = Stamp { time: jiff::Timestamp::now(), nonce: format!("{user} {}", self.calls) };
        let mut request = sign(call, "live.aliyuncs.com", key, &stamp, SignatureVersion::V3);
        request.headers.insert("user-agent".into(), tool.into());
        read(&self.service.call(&request)).is_ok()
    }

    async fn who(&self, address: &str) -> Trail {
        let asked: BTreeMap<Address, Option<String>> = [(at(address), None)].into();
        self.client.who(&asked).await.trails.remove(&at(address)).unwrap()
    }

    /// Who made the listed calls, the newest first.
    async fn users(&self, address: &str) -> Vec<String> {
        match self.who(address).await {
            Trail::Calls(calls) => calls.into_iter().map(|call| call.user.name).collect(),
            other => panic!("{other:?}"),
        }
    }

    fn fault(&self, fault: &str) {
        self.service.set_faults(vec![fault.parse().unwrap()]);
    }
}

fn at(text: &str) -> Address {
    text.parse().unwrap()
}

fn config(cycle_duration: u32) -> RecordConfig {
    RecordConfig { vod_transcode_group: NO_TRANSCODE.into(), cycle_duration, ..RecordConfig::default() }
}

fn change(address: &str, cycle_duration: u32) -> Call {
    update(&at(address), StreamSpelling::Named, &config(cycle_duration), livevod::wire::ComposeOff::Bare)
}

#[tokio::test]
async fn the_calls_at_the_address_and_at_what_covers_it_are_told_and_others_are_not() {
    let mut scene = Scene::new();
    assert!(scene.make("alice", "AliyunConsole", &add(&at("a.com/show/cam"), &config(3600))));
    assert!(scene.make("bob", "aliyuncli/2", &add(&at("a.com/show/other"), &config(3600))));
    assert!(scene.make("bob", "AlibabaCloud (x) Python/3", &add(&at("a.com/show/*"), &config(3600))));
    assert!(!scene.make("bob", "AliyunConsole", &add(&at("a.com/show/cam"), &config(3600))), "refused");
    let mut users = scene.users("a.com/show/cam").await;
    users.sort_unstable();
    assert_eq!(users, ["alice", "bob"], "the refused call did nothing");
    let Trail::Calls(calls) = scene.who("a.com/show/*").await else { panic!("no calls") };
    assert_eq!((calls.len(), calls[0].tool.clone()), (1, Tool::Sdk(Some("Python"))));
}

#[tokio::test]
async fn an_address_that_nobody_wrote_to_has_no_call() {
    let scene = Scene::new();
    let Trail::NoCall { since, is_all: true, unreadable: 0 } = scene.who("a.com/show/cam").await else {
        panic!("a call")
    };
    let days = jiff::Timestamp::now().duration_since(since).as_hours() / 24;
    assert!((89..=90).contains(&days), "{days}");
}

#[tokio::test]
async fn the_newest_calls_are_kept_across_pages() {
    let mut scene = Scene::new();
    assert!(scene.make("alice", "", &add(&at("a.com/show/cam"), &config(3600))));
    for number in 0..120 {
        assert!(scene.make("bob", "", &add(&at(&format!("a.com/show/x{number}")), &config(3600))));
    }
    assert_eq!(scene.users("a.com/show/cam").await, ["alice"], "the third page of Adds has it");
    for cycle in 0..7 {
        assert!(scene.make("bob", "", &change("a.com/show/cam", 300 + cycle)));
    }
    assert_eq!(scene.users("a.com/show/cam").await.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_missing_permission_and_a_service_that_fails_are_told() {
    let mut scene = Scene::new();
    assert!(scene.make("alice", "", &add(&at("a.com/show/cam"), &config(3600))));
    scene.fault("deny:action=LookupEvents");
    let Trail::Unread(Error::Refused(refusal)) = scene.who("a.com/show/cam").await else { panic!("read") };
    assert_eq!((refusal.status, refusal.code.as_str()), (403, "NoPermission"));
    // One unread list leaves open who was the last.
    scene.fault("error-before-commit:action=LookupEvents,nth=3,status=503");
    assert!(matches!(scene.who("a.com/show/cam").await, Trail::Calls(_)), "the third search is repeated");
    scene.fault("garbage:action=LookupEvents");
    assert!(matches!(scene.who("a.com/show/cam").await, Trail::Unread(Error::Ambiguous { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_only_throttles_is_left_alone_and_ends_nothing() {
    let scene = Scene::new();
    scene.fault("throttle:action=LookupEvents");
    let Trail::Unread(error) = scene.who("a.com/show/cam").await else { panic!("read") };
    assert!(error.is_throttling());
    assert_eq!(scene.client.stopped(), None, "the run goes on");
}

#[tokio::test(start_paused = true)]
async fn action_trail_is_asked_twice_a_second_whatever_the_rate() {
    let rate = Rate::per_minute(NonZeroU32::new(800).unwrap());
    let scene = Scene::with(ClientSettings { rate, ..embedded::settings() });
    let start = Instant::now();
    scene.who("a.com/show/cam").await;
    scene.who("a.com/show/cam").await;
    assert_eq!(start.elapsed(), Duration::from_millis(2500), "six calls");
}

#[tokio::test]
async fn a_delete_is_told_after_the_configuration_is_gone() {
    let mut scene = Scene::new();
    assert!(scene.make("alice", "", &add(&at("a.com/show/cam"), &config(3600))));
    assert!(scene.make("bob", "", &delete(&at("a.com/show/cam"), StreamSpelling::Named)));
    let mut users = scene.users("a.com/show/cam").await;
    users.sort_unstable();
    assert_eq!(users, ["alice", "bob"]);
}
