//! Who changed a configuration, as ActionTrail tells.

use insta::assert_snapshot;
use livevod::emulator::{KEY_ID, KEY_SECRET, Service, Settings};
use livevod::model::{Address, NO_TRANSCODE, RecordConfig, StreamSpelling};
use livevod::wire::{Call, ComposeOff, Key, Secret, SignatureVersion, Stamp, delete, read, sign, update};
use serde_json::{Value, json};

use super::World;
use super::journal::scrub;
use super::server::{Server, keyed};

pub(super) const FILE: &str = "\
version: 1
defaults: { vod_transcode_group: VOD_NO_TRANSCODE }
domains: { live.example.com: { apps: { show: { streams: { cam1: {}, cam2: {}, cam3: {} } } } } }
";

/// Calls of other people to the embedded emulator of a world: the user, the user agent, the call.
pub(super) fn others(world: &World, calls: &[(&str, &str, Call)]) {
    let key = |id: &str, secret: &str| Key { id: id.into(), secret: Secret::new(secret), token: None };
    let keys = vec![key(KEY_ID, KEY_SECRET), key("alice", "a"), key("bob", "b")];
    let settings = Settings { keys: keys.clone(), ..Settings::default() };
    let service = Service::open(Some(&world.path().join(".livevod/emulator.log")), settings).unwrap();
    for (number, (user, tool, call)) in calls.iter().enumerate() {
        let key = keys.iter().find(|key| key.id == *user).unwrap();
        let stamp = Stamp { time: jiff::Timestamp::now(), nonce: format!("{user} {number}") };
        let mut request = sign(call, "live.aliyuncs.com", key, &stamp, SignatureVersion::V3);
        request.headers.insert("user-agent".into(), (*tool).into());
        read(&service.call(&request)).unwrap();
    }
}

fn cam(stream: &str) -> Address {
    Address::new("live.example.com", "show", stream)
}

/// An Update that sets another length.
pub(super) fn shorter(stream: &str) -> Call {
    let config = RecordConfig {
        vod_transcode_group: NO_TRANSCODE.into(),
        cycle_duration: 900,
        ..RecordConfig::default()
    };
    update(&cam(stream), StreamSpelling::Named, &config, ComposeOff::Bare)
}

fn gone(stream: &str) -> Call {
    delete(&cam(stream), StreamSpelling::Named)
}

/// A world with edits of two people: one changed cam1 in the console, one deleted cam2. Nobody made the rest.
fn edited() -> World {
    let mut world = World::with(FILE);
    world.set("COLUMNS", "100");
    let item = |stream: &str| {
        json!({"DomainName": "live.example.com", "AppName": "show", "StreamName": stream,
            "VodTranscodeGroupId": NO_TRANSCODE})
    };
    let configs: Vec<Value> = ["cam1", "cam2", "cam3"].into_iter().map(item).collect();
    let service =
        Service::open(Some(&world.path().join(".livevod/emulator.log")), Settings::default()).unwrap();
    service.load(&json!({ "configs": configs }).to_string()).unwrap();
    drop(service);
    let cli = "AlibabaCloud (linux) Golang/1.21.5 Core/0.01 TeaDSL/1 Aliyun-CLI/3.0.200";
    others(&world, &[("alice", "AliyunConsole", shorter("cam1")), ("bob", cli, gone("cam2"))]);
    world
}

/// A page without its style and script.
fn page(html: &str) -> &str {
    html.split("</style>").nth(1).unwrap().split("<script>").next().unwrap()
}

#[test]
fn drift_tells_who_in_every_format_and_stays_the_same_alarm() {
    let world = edited();
    let drift = |format: &str, flag: &str| world.run(&format!("drift --emulator --format {format} {flag}"));
    for format in ["human", "markdown", "html", "github", "sarif", "gitlab"] {
        let (bare, told) = (drift(format, ""), drift(format, "--who"));
        assert_eq!((bare.code, told.code), (2, 2), "{}", told.transcript());
        assert!(told.stdout.contains("alice (RAM user) in the console"), "{}", told.transcript());
        assert!(!bare.stdout.contains("alice"), "{}", bare.transcript());
    }
    assert_snapshot!("drift", scrub(&drift("human", "--who").transcript()));
    assert_snapshot!("drift_markdown", scrub(&drift("markdown", "--who").stdout));
    assert_snapshot!("drift_github", scrub(&drift("github", "--who").stdout));
    assert_snapshot!("drift_html", scrub(page(&drift("html", "--who").stdout)));
    let document = drift("json", "--who").json();
    let who = |at: usize| document["differences"][at]["who"].clone();
    assert_eq!((&who(0)["state"], &who(0)["calls"][0]["user"]["name"]), (&json!("found"), &json!("alice")));
    assert_eq!(who(1)["calls"][0]["tool"], json!({"kind": "cli", "name": null}));
    assert_eq!(drift("json", "").json()["differences"][0].get("who"), None, "not asked");
}

#[test]
fn drift_without_an_answer_of_action_trail_is_the_same_alarm() {
    let mut world = keyed(FILE);
    world.set("COLUMNS", "100");
    let denied = Server::start(&world, &["--fault", "deny:action=LookupEvents"]);
    let drift = |url: &str, more: &str| world.run(&format!("drift --who --endpoint {url} {more}"));
    let run = drift(&denied.url, "");
    assert_eq!(run.code, 2, "{}", run.transcript());
    assert_snapshot!("drift_denied", scrub(&run.transcript()).replace(&denied.url, "[url]"));
    let json = drift(&denied.url, "--format json").json();
    assert_eq!((&json["drifted"], &json["complete"]), (&json!(true), &json!(true)));
    let who = &json["differences"][0]["who"];
    assert_eq!((&who["state"], &who["error"]["code"]), (&json!("unknown"), &json!("NoPermission")));
    assert_eq!(json["diagnostics"].as_array().unwrap().len(), 1, "one warning for three addresses");
    let other = Server::start(&world, &[]);
    let json = drift(&other.url, "--format json").json();
    assert_eq!(json["differences"][0]["who"]["state"], "none");
    world.converge(&format!("--endpoint {}", other.url));
    let clean = drift(&other.url, "");
    assert_eq!((clean.code, clean.stderr.as_str()), (0, ""), "{}", clean.transcript());
}

#[test]
fn explain_tells_the_calls_at_an_address() {
    let mut world = World::with(FILE);
    world.set("COLUMNS", "100");
    world.converge("--emulator");
    others(&world, &[("alice", "AliyunConsole", shorter("cam1"))]);
    let asked =
        |flags: &str| world.run(&format!("explain live.example.com/show/cam1 --online --emulator {flags}"));
    let run = asked("--who");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.transcript());
    assert_snapshot!(scrub(&run.stdout));
    let who = asked("--who --format json").json()["online"]["who"].clone();
    assert_eq!((&who["state"], &who["calls"].as_array().unwrap().len()), (&"found".into(), &2));
    let newest = &who["calls"][0];
    assert_eq!(newest["user"], serde_json::json!({"type": "ram-user", "name": "alice"}));
    assert_eq!(newest["tool"], serde_json::json!({"kind": "console", "name": null}));
    assert_eq!(
        (&newest["action"], &newest["address"]),
        (&"update".into(), &"live.example.com/show/cam1".into())
    );
    assert_eq!(who["calls"][1]["tool"]["kind"], "livevod");
    assert_eq!(asked("--format json").json()["online"]["who"], serde_json::Value::Null, "not asked");
    let offline = world.run("explain live.example.com/show/cam1 --who");
    assert_eq!(offline.code, 1, "{}", offline.transcript());
}

#[test]
fn explain_without_an_answer_of_action_trail_says_why_and_is_whole() {
    let mut world = keyed(FILE);
    world.set("COLUMNS", "100");
    let line = |url: &str| format!("explain live.example.com/show/cam1 --online --who --endpoint {url}");
    let denied = Server::start(&world, &["--fault", "deny:action=LookupEvents"]);
    let run = world.run(&line(&denied.url));
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert_snapshot!("denied", scrub(&run.transcript()).replace(&denied.url, "[url]"));
    let late = Server::start(&world, &["--event-delay", "10m"]);
    world.converge(&format!("--endpoint {}", late.url));
    let run = world.run(&line(&late.url));
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.transcript());
    let none = "ActionTrail lists no call here in the last 90 days; it shows calls up to 10 minutes late";
    assert!(run.stdout.contains(none), "{}", run.transcript());
}
