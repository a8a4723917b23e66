//! Every kind of fault, as a caller over HTTP sees it, and its effect on the state.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use livevod::api::{Class, Client, ClientSettings, Endpoint, Error, Timeouts};
use livevod::emulator::server::{Admin, bind, serve};
use livevod::emulator::{Disturbed, End, Fate, KEY_ID, KEY_SECRET, Service, Settings};
use livevod::model::StreamSpelling;
use livevod::wire::{Action, Call, ComposeOff};
use livevod::wire::{Key, Secret, add, delete, describe, update};
use serde_json::Value;

use super::{Bench, address, classic};

/// A server with faults, and livevod's own client of it.
struct Faulty {
    service: Arc<Service>,
    client: Client,
    host: String,
}

impl Faulty {
    async fn with(faults: &[&str]) -> Self {
        let service = Arc::new(Service::open(None, Settings::default()).unwrap());
        service.set_faults(faults.iter().map(|fault| fault.parse().unwrap()).collect());
        let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        tokio::spawn(serve(service.clone(), listener, Admin::On, std::future::pending()));
        let endpoint: Endpoint = format!("http://{host}").parse().unwrap();
        let key = Key { id: KEY_ID.into(), secret: Secret::new(KEY_SECRET), token: None };
        let impatient = Timeouts { read: Duration::from_millis(300), ..Timeouts::default() };
        let settings =
            ClientSettings { endpoint: Some(endpoint), timeouts: impatient, ..ClientSettings::new(key) };
        Self { service, client: Client::new(settings).unwrap(), host }
    }

    async fn add(&self, stream: &str) -> Result<Option<String>, Error> {
        self.client.write(add(&address(&format!("a.com/show/{stream}")), &classic())).await
    }

    /// How an Add's error is classified, and whether it was carried out.
    async fn meet(&self) -> (Option<Class>, bool) {
        let class = self.add("cam").await.err().map(|error| error.class());
        (class, !self.streams().is_empty())
    }

    fn streams(&self) -> Vec<String> {
        let dump = self.service.dump();
        let configs = dump["configs"].as_array().unwrap().iter();
        configs.map(|config| config["StreamName"].as_str().unwrap().to_owned()).collect()
    }

    /// Sends a request to the admin path.
    async fn admin(&self, request: &str, body: &str) -> (String, Value) {
        self.admin_with(request, &format!("host: {}", self.host), body).await
    }

    async fn admin_with(&self, request: &str, headers: &str, body: &str) -> (String, Value) {
        let text = format!(
            "{request} HTTP/1.1\r\n{headers}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let host = self.host.clone();
        let answer = tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(host).unwrap();
            stream.write_all(text.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        });
        let answer = answer.await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.lines().next().unwrap().to_owned(), serde_json::from_str(body).unwrap_or_default())
    }
}

#[tokio::test]
async fn each_fault_is_met_as_what_it_is_and_carries_out_what_it_says() {
    use Class::{Ambiguous, Busy, Fatal};
    let table = [
        ("latency:time=10ms,jitter=5ms", None, true),
        ("refuse:time=50ms", Some(Ambiguous), false),
        ("drop-before-commit", Some(Ambiguous), false),
        ("drop-after-commit", Some(Ambiguous), true),
        ("late-commit:time=1h", Some(Ambiguous), false),
        ("late-commit:time=0ms", Some(Ambiguous), false),
        ("duplicate", Some(Ambiguous), true),
        ("error-before-commit", Some(Ambiguous), false),
        ("error-before-commit:status=503", Some(Ambiguous), false),
        ("error-after-commit", Some(Ambiguous), true),
        ("gateway-page", Some(Ambiguous), true),
        ("throttle", Some(Busy), false),
        ("false-throttle", Some(Busy), true),
        ("expired-token", Some(Fatal), false),
        ("revoked-key", Some(Fatal), false),
        ("truncated", Some(Ambiguous), true),
        ("garbage", Some(Ambiguous), true),
        ("empty", Some(Ambiguous), true),
        ("huge", Some(Ambiguous), true),
        ("endless", Some(Ambiguous), true),
        ("slow:time=1ms", None, true),
        ("hang:time=1m", Some(Ambiguous), true),
        // The client corrects its clock once, and only by less than an hour.
        ("skew:time=20m", None, true),
        ("skew:time=-20m", None, true),
        ("skew:time=61m", Some(Fatal), false),
        ("skew:time=10m", None, true),
        ("stale:time=1h", None, true),
    ];
    for (fault, class, carried_out) in table {
        let faulty = Faulty::with(&[fault]).await;
        assert_eq!(faulty.meet().await, (class, carried_out), "{fault}");
    }
}

#[tokio::test]
async fn a_slow_body_arrives_whole() {
    let faulty = Faulty::with(&["slow:time=0ms,action=Describe"]).await;
    faulty.add("cam").await.unwrap();
    assert_eq!(faulty.client.list_domain("a.com").await.unwrap().configs.len(), 1);
}

#[tokio::test]
async fn after_a_refusal_nobody_is_let_in_until_its_time_is_over() {
    let faulty = Faulty::with(&["refuse:time=400ms,nth=1"]).await;
    assert_eq!(faulty.add("cam").await.unwrap_err().class(), Class::Ambiguous);
    let mut refused = 0;
    while let Err(error) = faulty.add("cam").await {
        assert_eq!(error.class(), Class::NotSent, "{error}");
        refused += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(refused > 0);
    assert_eq!(faulty.streams(), ["cam"]);
}

#[tokio::test]
async fn faults_are_set_and_counted_at_the_admin_path() {
    let faulty = Faulty::with(&[]).await;
    let (status, set) =
        faulty.admin("PUT /_admin/faults", "empty:action=Add,nth=1\n\nlatency:time=0ms\n").await;
    assert_eq!((status.as_str(), &set["faults"]), ("HTTP/1.1 200 OK", &2.into()));
    faulty.add("cam").await.unwrap_err();
    assert!(faulty.add("cam").await.is_err_and(|error| error.code() == "ConfigAlreadyExists"));
    let (_, counters) = faulty.admin("GET /_admin/counters", "").await;
    let adds = &counters["actions"]["AddLiveRecordVodConfig"];
    assert_eq!((&adds["calls"], &adds["refused"]["ConfigAlreadyExists"]), (&2.into(), &1.into()));
    assert_eq!((&counters["faults"]["empty"], &counters["faults"]["latency"]), (&1.into(), &2.into()));
    let (_, state) = faulty.admin("GET /_admin/state", "").await;
    assert_eq!(state["configs"][0]["StreamName"], "cam");
    let (status, said) = faulty.admin("PUT /_admin/faults", "dorp").await;
    assert_eq!(status, "HTTP/1.1 400 Bad Request");
    assert!(said["error"].as_str().unwrap().contains("`dorp`"));
    let (status, _) = faulty.admin("PUT /_admin/faults", "").await;
    assert_eq!(status, "HTTP/1.1 200 OK");
    faulty.add("other").await.unwrap();
}

#[tokio::test]
async fn sessions_begin_and_end_at_the_admin_path() {
    let faulty = Faulty::with(&[]).await;
    faulty.add("cam").await.unwrap();
    let cam = r#"{"DomainName": "a.com", "AppName": "show", "StreamName": "cam"}"#;
    let (status, begun) = faulty.admin("POST /_admin/publish", cam).await;
    assert_eq!((status.as_str(), &begun["configuration"]), ("HTTP/1.1 200 OK", &"a.com/show/cam".into()));
    let (status, again) = faulty.admin("POST /_admin/publish", cam).await;
    assert_eq!(status, "HTTP/1.1 400 Bad Request");
    assert!(again["error"].as_str().unwrap().contains("another session"), "{again}");
    let other = cam.replace("cam\"}", "other\"}");
    let (_, unruled) = faulty.admin("POST /_admin/publish", &other).await;
    assert_eq!(unruled["configuration"], serde_json::Value::Null);
    let (status, _) = faulty.admin("POST /_admin/unpublish", cam).await;
    assert_eq!(status, "HTTP/1.1 200 OK");
    let (_, state) = faulty.admin("GET /_admin/state", "").await;
    let ends = state["sessions"].as_array().unwrap().iter().map(|one| one["StopTime"].is_string());
    assert_eq!(ends.collect::<Vec<_>>(), [true, false]);
    let (status, _) = faulty.admin("GET /_admin/publish", "").await;
    assert_eq!(status, "HTTP/1.1 405 Method Not Allowed");
}

#[tokio::test]
async fn without_leave_there_is_no_admin_path_and_with_it_none_for_pages_in_browsers() {
    let faulty = Faulty::with(&[]).await;
    let (status, _) = faulty.admin("GET /_admin/elsewhere", "").await;
    assert_eq!(status, "HTTP/1.1 404 Not Found");
    let (status, _) = faulty.admin("PATCH /_admin/faults", "").await;
    assert_eq!(status, "HTTP/1.1 405 Method Not Allowed");
    for headers in [
        "host: 127.0.0.1:8787\r\norigin: http://example.com",
        "host: 127.0.0.1:8787\r\norigin: null",
        "host: 127.0.0.1:8787\r\nsec-fetch-site: cross-site",
        "host: rebound.example.com:8787",
        "host: 127.0.0.1.example.com",
        "host: localhost.example.com",
        "host: 192.0.2.1:8787",
        "host: rebound.example.com\r\nhost: 127.0.0.1",
        "host: 127.0.0.1\r\nhost: rebound.example.com",
        "host: a@b@127.0.0.1",
        "host:",
        "x: y",
    ] {
        for request in ["GET /_admin/state", "PUT /_admin/faults", "POST /_admin/faults"] {
            let (status, _) = faulty.admin_with(request, headers, "empty").await;
            let is_refused = ["HTTP/1.1 403 Forbidden", "HTTP/1.1 400 Bad Request"].contains(&&*status);
            assert!(is_refused, "{headers}: {status}");
        }
    }
    for host in ["127.0.0.1", "127.0.0.1:8787", "127.1.2.3", "localhost:8787", "LocalHost", "[::1]:8787"] {
        let (status, _) = faulty.admin_with("GET /_admin/state", &format!("host: {host}"), "").await;
        assert_eq!(status, "HTTP/1.1 200 OK", "{host}");
    }
    let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    tokio::spawn(serve(faulty.service.clone(), listener, Admin::Off, std::future::pending()));
    let (status, _) = Faulty { host, ..faulty }.admin("GET /_admin/state", "").await;
    assert_eq!(status, "HTTP/1.1 404 Not Found");
}

/// In process, on a clock that the test controls.
fn faulty_bench(faults: &[&str]) -> Bench {
    let bench = Bench::new(Settings::default());
    bench.service.set_faults(faults.iter().map(|fault| fault.parse().unwrap()).collect());
    bench
}

impl Bench {
    fn deliver(&self, call: &Call) -> (Fate, End) {
        let delivery = self.service.deliver(&self.sign(call));
        (delivery.fate, delivery.end)
    }

    fn seen(&self) -> usize {
        match self.deliver(&describe("a.com", 1, None)).1 {
            End::Answer(response) => {
                livevod::wire::read_page(super::outcome(&response).unwrap()).unwrap().items
            }
            other => unreachable!("{other:?}"),
        }
    }
}

fn add_cam() -> Call {
    add(&address("a.com/show/cam"), &classic())
}

#[test]
fn a_lost_request_may_arrive_late_and_then_once() {
    let bench = faulty_bench(&["late-commit:time=5s,action=Add"]);
    assert_eq!(bench.deliver(&add_cam()), (Fate::Late, End::Disturbed(Disturbed::Closed)));
    bench.wait(4);
    assert_eq!(bench.seen(), 0);
    bench.wait(1);
    assert_eq!(bench.seen(), 1);
    assert_eq!(
        bench.code(
            Action::Add,
            "DomainName=a.com AppName=show StreamName=cam VodTranscodeGroupId=VOD_NO_TRANSCODE"
        ),
        "ConfigAlreadyExists"
    );
}

#[test]
fn a_stale_read_shows_each_change_after_its_time() {
    let bench = faulty_bench(&["stale:time=3s"]);
    bench.deliver(&add_cam());
    bench.wait(2);
    assert_eq!(bench.seen(), 0);
    bench.wait(2);
    assert_eq!(bench.seen(), 1);
    bench.deliver(&delete(&address("a.com/show/cam"), StreamSpelling::Named));
    assert_eq!(bench.seen(), 1);
    assert_eq!(bench.list("a.com").items, 0, "what is past the faults is the truth");
    bench.wait(4);
    assert_eq!(bench.seen(), 0);
}

#[test]
fn a_stale_read_shows_a_change_after_its_time_also_where_the_clock_was_wrong() {
    // The service accepts a clock error of ten minutes.
    let bench = faulty_bench(&["skew:action=Add,time=10m", "stale:time=3s"]);
    bench.deliver(&add_cam());
    bench.wait(2);
    assert_eq!(bench.seen(), 0);
    bench.wait(2);
    assert_eq!(bench.seen(), 1);
}

#[test]
fn somebody_else_edits_and_deletes_on_a_schedule() {
    let bench = faulty_bench(&[
        "foreign-edit:address=a.com/show,action=Describe,nth=2",
        "foreign-delete:address=a.com/show/cam,action=Describe,nth=3",
    ]);
    bench.deliver(&add_cam());
    let cycle = || bench.list("a.com").configs.first().map(|(_, remote)| remote.config.cycle_duration);
    bench.seen();
    assert_eq!(cycle(), Some(3600));
    bench.seen();
    assert_eq!(cycle(), Some(7200));
    bench.seen();
    assert_eq!(cycle(), None);
}

#[test]
fn a_duplicate_finds_its_nonce_used() {
    let bench = faulty_bench(&["duplicate"]);
    let update = update(&address("a.com/show/cam"), StreamSpelling::Named, &classic(), ComposeOff::Bare);
    for call in [add_cam(), update] {
        let (fate, End::Answer(response)) = bench.deliver(&call) else { unreachable!() };
        assert_eq!(
            (fate, super::outcome(&response).unwrap_err().code),
            (Fate::CarriedOut, "SignatureNonceUsed".into())
        );
    }
    assert_eq!(bench.list("a.com").items, 1);
}

#[test]
fn a_throttled_call_says_when_to_come_again_if_told_to() {
    let header = |fault: &str| match faulty_bench(&[fault]).deliver(&add_cam()).1 {
        End::Answer(response) => response.headers.get("x-acs-retry-after").cloned(),
        other => unreachable!("{other:?}"),
    };
    assert_eq!(header("throttle"), None);
    assert_eq!(header("throttle:retry-after=1500ms"), Some("1500".into()));
}
