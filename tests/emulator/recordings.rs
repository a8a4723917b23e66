//! Streams on air and their recordings, as the client reads them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use livevod::api::{Client, ClientSettings, Rate};
use livevod::embedded;
use livevod::emulator::{Quirks, Settings};
use livevod::model::{Address, DomainAired, Period, Publish, Video};
use livevod::wire::{Product, Stamp, add, delete, update};
use serde_json::{Map, Value, json};

use super::{Bench, START, address, classic, inquiry, outcome};

const DOMAIN: &str = "live.example.com";
const INGEST: &str = "push.example.com";
const MINUTE: i64 = 60;

/// A domain with one configuration, whose cycle has 30 minutes, and a client of it.
struct Stage {
    bench: Bench,
    client: Client,
}

impl Stage {
    fn new(quirks: &[&str]) -> Self {
        Self::with(Settings { quirks: Quirks::with(quirks).unwrap(), ..Settings::default() })
    }

    fn with(settings: Settings) -> Self {
        let domain_mapping = [(INGEST.to_owned(), [DOMAIN.to_owned()].into())].into();
        let bench = Bench::new(Settings { domain_mapping, limit: None, ..settings });
        let (hand, nonces) = (bench.clock.clone(), Arc::new(std::sync::atomic::AtomicU64::new(0)));
        let stamp = move || {
            let time = Timestamp::from_second(hand.load(Ordering::Relaxed)).unwrap();
            let nonce = format!("client {}", nonces.fetch_add(1, Ordering::Relaxed));
            Ok(Stamp { time, nonce })
        };
        let settings =
            ClientSettings { stamps: Arc::new(stamp), rate: Rate::UNLIMITED, ..embedded::settings() };
        let client = embedded::client(bench.service.clone(), settings);
        Self { bench, client }
    }

    /// Adds a configuration with a cycle of 30 minutes.
    fn configured(self, at: &str) -> Self {
        let config = livevod::model::RecordConfig { cycle_duration: 1800, ..classic() };
        self.bench.call(&add(&address(at), &config)).unwrap();
        self
    }

    fn publish(&self, stream: &str) {
        self.bench.service.publish(&session(stream, json!({}))).unwrap();
    }

    fn unpublish(&self, stream: &str) {
        self.bench.service.unpublish(&session(stream, json!({}))).unwrap();
    }

    /// Plays connections of one stream: how many minutes on air, how many off, and so on.
    fn play(&self, stream: &str, minutes: &[i64]) {
        for (at, minutes) in minutes.iter().enumerate() {
            match at % 2 {
                0 => self.publish(stream),
                _ => self.unpublish(stream),
            }
            self.bench.wait(minutes * MINUTE);
        }
        if minutes.len() % 2 == 1 {
            self.unpublish(stream);
        }
    }

    async fn aired(&self) -> DomainAired {
        let now = self.now();
        let period = Period::new(now - jiff::SignedDuration::from_hours(72), now);
        let aired = self.client.aired(DOMAIN, None, period, true).await;
        assert_eq!(aired.unread, [] as [String; 0]);
        aired
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.bench.clock.load(Ordering::Relaxed)).unwrap()
    }

    /// The recordings, each with its beginning and length in minutes.
    async fn recordings(&self) -> Vec<(String, i64, i64)> {
        let mut found: Vec<_> = self.aired().await.videos.iter().map(minutes).collect();
        found.sort();
        found
    }

    /// An answer, or the code of the refusal.
    fn ask(&self, product: Product, name: &'static str, params: &str) -> Result<Map<String, Value>, String> {
        let request = self.bench.sign_inquiry(&inquiry(product, name, params));
        outcome(&self.bench.service.call(&request)).map_err(|error| error.code)
    }

    /// The streams that the publish list or the online list has.
    fn listed(&self, name: &'static str, params: &str) -> Result<Vec<String>, String> {
        let mut answer = self.ask(Product::Live, name, &format!("DomainName={DOMAIN} {params}"))?;
        let list = |object: &str, list: &str| answer.get(object).map(|object| object[list].clone());
        let rows = list("PublishInfo", "LiveStreamPublishInfo")
            .or_else(|| list("OnlineInfo", "LiveStreamOnlineInfo"));
        answer.clear();
        let rows = rows.unwrap();
        let stream = |row: &Value| row["StreamName"].as_str().unwrap().to_owned();
        Ok(rows.as_array().unwrap().iter().map(stream).collect())
    }
}

fn session(stream: &str, mut more: Value) -> String {
    for (name, value) in [("DomainName", DOMAIN), ("AppName", "show"), ("StreamName", stream)] {
        more[name] = value.into();
    }
    more.to_string()
}

fn minutes(video: &Video) -> (String, i64, i64) {
    let from = (video.period.from.as_second() - START) / MINUTE;
    (video.stream.to_string(), from, video.period.length().as_secs() / MINUTE)
}

fn recording(stream: &str, from: i64, length: i64) -> (String, i64, i64) {
    (stream.to_owned(), from, length)
}

#[tokio::test]
async fn a_stream_of_38_minutes_is_recorded_in_parts_of_30_and_8() {
    let stage = Stage::new(&[]).configured("live.example.com/show/cam1");
    stage.publish("cam1");
    stage.bench.wait(30 * MINUTE - 1);
    assert_eq!(stage.recordings().await, []);
    stage.bench.wait(1);
    assert_eq!(stage.recordings().await, [recording("cam1", 0, 30)], "the first cycle is full");
    stage.bench.wait(8 * MINUTE);
    stage.unpublish("cam1");
    stage.bench.wait(3 * MINUTE - 1);
    assert_eq!(stage.recordings().await.len(), 1, "the publisher may come back");
    stage.bench.wait(1);
    assert_eq!(stage.recordings().await, [recording("cam1", 0, 30), recording("cam1", 30, 8)]);
}

#[tokio::test]
async fn a_connection_is_listed_with_its_times_and_its_ingest_domain() {
    let stage = Stage::new(&[]).configured("live.example.com/show/*");
    stage.play("cam1", &[5, 60]);
    stage.publish("cam2");
    stage.bench.wait(MINUTE);
    let at = |minute: i64| Timestamp::from_second(START + minute * MINUTE).unwrap();
    let publish = |stream: &str, from: i64, to: Option<i64>| Publish {
        app: "show".into(),
        stream: stream.into(),
        began: at(from),
        ended: to.map(at),
        ingest: Some(INGEST.to_owned()),
        template: None,
        client: Some("192.0.2.1".to_owned()),
    };
    let aired = stage.aired().await;
    assert_eq!(aired.publishes, [publish("cam1", 0, Some(5)), publish("cam2", 65, None)]);
    let on_air = Publish { client: None, ..publish("cam2", 65, None) };
    assert_eq!(stage.client.on_air(DOMAIN).await.unwrap(), [on_air]);
}

#[tokio::test]
async fn what_ruled_when_a_session_began_records_it_whatever_is_changed_later() {
    let stage = Stage::new(&[]).configured("live.example.com/show/*");
    let every = address("live.example.com/show/*");
    stage.publish("cam1");
    let longer = livevod::model::RecordConfig { cycle_duration: 3600, ..classic() };
    let spelling = livevod::model::StreamSpelling::Named;
    stage.bench.call(&update(&every, spelling, &longer, livevod::wire::ComposeOff::Bare)).unwrap();
    stage.bench.wait(30 * MINUTE);
    stage.publish("cam2");
    stage.bench.call(&delete(&every, spelling)).unwrap();
    stage.bench.wait(60 * MINUTE);
    stage.publish("cam3");
    stage.bench.wait(60 * MINUTE);
    let expected = [
        recording("cam1", 0, 30),
        recording("cam1", 30, 30),
        recording("cam1", 60, 30),
        recording("cam1", 90, 30),
        recording("cam1", 120, 30),
        recording("cam2", 30, 60),
        recording("cam2", 90, 60),
    ];
    assert_eq!(stage.recordings().await, expected);
}

#[tokio::test]
async fn the_most_specific_configuration_records_and_on_demand_only_what_was_asked_for() {
    let stage = Stage::new(&[]).configured("live.example.com/*/*");
    let on_demand = livevod::model::RecordConfig { on_demand: 2, cycle_duration: 300, ..classic() };
    stage.bench.call(&add(&address("live.example.com/show/cam1"), &on_demand)).unwrap();
    stage.publish("cam1");
    stage.publish("cam2");
    stage.bench.service.publish(&session("cam3", json!({"NeedRecord": true}))).unwrap();
    stage
        .bench
        .call(&delete(&address("live.example.com/*/*"), livevod::model::StreamSpelling::Named))
        .unwrap();
    stage.bench.call(&add(&address("live.example.com/*/*"), &on_demand)).unwrap();
    stage.bench.service.publish(&session("cam4", json!({"NeedRecord": true}))).unwrap();
    stage.bench.wait(30 * MINUTE);
    let streams: Vec<String> = stage.recordings().await.into_iter().map(|one| one.0).collect();
    let expected = ["cam2", "cam3", "cam4", "cam4", "cam4", "cam4", "cam4", "cam4"];
    assert_eq!(streams, expected);
}

#[tokio::test]
async fn sessions_of_the_past_are_loaded_with_what_ruled_them() {
    let config = |cycle: u32, created: &str| {
        json!({"DomainName": DOMAIN, "AppName": "show", "VodTranscodeGroupId": "VOD_NO_TRANSCODE",
            "CycleDuration": cycle, "CreateTime": created})
    };
    let loaded = |stream: &str, more: Value| {
        let mut session = more;
        for (name, value) in [
            ("DomainName", DOMAIN),
            ("AppName", "show"),
            ("StreamName", stream),
            ("PublishTime", "2026-01-02T01:04:05Z"),
            ("StopTime", "2026-01-02T02:04:05Z"),
        ] {
            session[name] = value.into();
        }
        session
    };
    let stage = Stage::new(&[]);
    let state = json!({
        "configs": [config(3600, "2026-01-02T01:00:00Z")],
        "sessions": [
            loaded("as-configured", json!({})),
            loaded("by-another", json!({"Config": config(1800, "2026-01-01T00:00:00Z")})),
            loaded("by-none", json!({"Config": null})),
        ],
    });
    stage.bench.service.load(&state.to_string()).unwrap();
    let expected = [
        recording("as-configured", -120, 60),
        recording("by-another", -120, 30),
        recording("by-another", -90, 30),
    ];
    assert_eq!(stage.recordings().await, expected);
    let later = Stage::new(&[]);
    let state = json!({
        "configs": [config(3600, "2026-01-02T01:10:00Z")],
        "sessions": [loaded("before", json!({}))],
    });
    later.bench.service.load(&state.to_string()).unwrap();
    assert_eq!(later.recordings().await, [], "it was added after the session began");
}

#[test]
fn sessions_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let bench = Bench::at(Some(&path), Settings::default());
    bench.call(&add(&address("live.example.com/show/cam1"), &classic())).unwrap();
    bench.service.publish(&session("cam1", json!({}))).unwrap();
    bench.wait(MINUTE);
    bench.service.unpublish(&session("cam1", json!({}))).unwrap();
    bench.service.publish(&session("cam2", json!({}))).unwrap();
    let dump = bench.service.dump();
    assert_eq!(dump["sessions"].as_array().unwrap().len(), 2);
    drop(bench);
    assert_eq!(Bench::at(Some(&path), Settings::default()).service.dump(), dump);
}

#[test]
fn a_session_can_begin_and_end_only_once() {
    let stage = Stage::new(&[]);
    let refusal =
        |result: Result<Option<Address>, livevod::emulator::SessionError>| result.unwrap_err().to_string();
    let service = &stage.bench.service;
    let cam1 = session("cam1", json!({}));
    assert_eq!(refusal(service.unpublish(&cam1)), "`live.example.com/show/cam1` is not on air");
    stage.publish("cam1");
    stage.bench.wait(MINUTE);
    assert_eq!(
        refusal(service.publish(&cam1)),
        "`live.example.com/show/cam1` has another session at that time"
    );
    let before = session("cam1", json!({"StopTime": "2026-01-01T00:00:00Z"}));
    assert_eq!(refusal(service.unpublish(&before)), "it ends before it begins");
    stage.unpublish("cam1");
    assert_eq!(refusal(service.unpublish(&cam1)), "`live.example.com/show/cam1` is not on air");
    let every = refusal(service.publish(&session("*", json!({}))));
    assert_eq!(every, "a session has one app and one stream, each with its name");
    assert!(
        refusal(service.publish(&session("cam1", json!({"Colour": 1})))).contains("unknown field `Colour`")
    );
}

#[test]
fn the_publish_list_is_searched_sorted_and_cut_into_pages() {
    let stage = Stage::new(&[]);
    for stream in ["b-cam", "a-cam", "cam"] {
        stage.play(stream, &[10, 10]);
    }
    let window = "StartTime=2026-01-02T00:00:00Z EndTime=2026-01-03T00:00:00Z";
    let list = |params: &str| stage.listed("DescribeLiveStreamsPublishList", &format!("{window} {params}"));
    for (params, streams) in [
        ("", &["b-cam", "a-cam", "cam"][..]),
        ("OrderBy=publish_time_desc", &["cam", "a-cam", "b-cam"]),
        ("OrderBy=stream_name_asc", &["a-cam", "b-cam", "cam"]),
        ("OrderBy=stream_name_desc", &["cam", "b-cam", "a-cam"]),
        ("StreamName=cam", &["b-cam", "a-cam", "cam"]),
        ("StreamName=cam QueryType=strict", &["cam"]),
        ("AppName=sho", &["b-cam", "a-cam", "cam"]),
        ("AppName=sho QueryType=strict", &[]),
        ("StreamType=trans", &[]),
        ("PageSize=2", &["b-cam", "a-cam"]),
        ("PageSize=2 PageNumber=2", &["cam"]),
        ("PageSize=2 PageNumber=3", &[]),
    ] {
        assert_eq!(list(params).unwrap(), streams, "{params}");
    }
    for (params, code) in [
        ("OrderBy=size", "InvalidOrderBy.Malformed"),
        ("QueryType=regex", "InvalidQueryType.Malformed"),
        ("StreamType=none", "InvalidStreamType.Malformed"),
        ("PageSize=3001", "InvalidPageSize.Malformed"),
    ] {
        assert_eq!(list(params).unwrap_err(), code, "{params}");
    }
    let in_window = |window: &str| stage.listed("DescribeLiveStreamsPublishList", window);
    let hour = "StartTime=2026-01-02T03:20:00Z EndTime=2026-01-02T03:30:00Z";
    assert_eq!(in_window(hour).unwrap(), ["a-cam"], "whoever was on air then");
    for (window, code) in [
        ("EndTime=2026-01-03T00:00:00Z", "MissingStartTime"),
        ("StartTime=2026-01-03T00:00:00Z", "MissingEndTime"),
        ("StartTime=soon EndTime=2026-01-03T00:00:00Z", "InvalidStartTime.Malformed"),
        ("StartTime=2026-01-03T00:00:00Z EndTime=2026-01-02T00:00:00Z", "InvalidEndTime.Mismatch"),
        ("StartTime=2026-01-01T00:00:00Z EndTime=2026-01-31T00:00:01Z", "InvalidEndTime.Mismatch"),
    ] {
        assert_eq!(in_window(window).unwrap_err(), code, "{window}");
    }
    stage.bench.wait(31 * 24 * 60 * MINUTE);
    assert_eq!(list("").unwrap(), [""; 0], "30 days are kept");
}

#[test]
fn streams_on_air_are_listed_whole_or_by_name_only() {
    let stage = Stage::new(&[]);
    stage.publish("cam1");
    let ask = |params: &str| {
        let params = format!("DomainName={DOMAIN} {params}");
        let answer = stage.ask(Product::Live, "DescribeLiveStreamsOnlineList", &params).unwrap();
        let row = answer["OnlineInfo"]["LiveStreamOnlineInfo"][0].as_object().unwrap().clone();
        (answer["TotalNum"].clone(), row)
    };
    let (total, whole) = ask("");
    assert_eq!((total, whole["PublishDomain"].as_str()), (1.into(), Some(INGEST)));
    assert!(whole.contains_key("VideoDataRate"));
    let (_, short) = ask("OnlyStream=yes");
    assert_eq!(short.keys().collect::<Vec<_>>(), ["AppName", "DomainName", "PublishTime", "StreamName"]);
    let list = |params: &str| stage.listed("DescribeLiveStreamsOnlineList", params);
    assert_eq!(list("StreamName=am").unwrap(), ["cam1"]);
    assert_eq!(list("StreamName=am QueryType=strict").unwrap(), [""; 0]);
    assert_eq!(list("OnlyStream=1").unwrap_err(), "InvalidOnlyStream.Malformed");
    stage.unpublish("cam1");
    assert_eq!(list("").unwrap(), [""; 0]);
}

#[test]
fn a_mapping_has_the_domains_that_were_given_and_those_of_sessions() {
    let stage = Stage::new(&[]);
    stage.bench.service.publish(&session("cam1", json!({"PublishDomain": "Other.example.com"}))).unwrap();
    let models = |domain: &str| {
        let params = format!("DomainName={domain}");
        let answer = stage.ask(Product::Live, "DescribeLiveDomainMapping", &params).unwrap();
        let models = answer["LiveDomainModels"]["LiveDomainModel"].as_array().unwrap().clone();
        let text = |model: &Value, name: &str| model[name].as_str().unwrap().to_owned();
        models.iter().map(|model| (text(model, "DomainName"), text(model, "Type"))).collect::<Vec<_>>()
    };
    let model = |domain: &str, kind: &str| (domain.to_owned(), kind.to_owned());
    let (live, push) = (model(DOMAIN, "vhost"), model(INGEST, "publish"));
    assert_eq!(models(DOMAIN), [live.clone(), model("other.example.com", "publish"), push.clone()]);
    assert_eq!(models(INGEST), [live, push]);
    assert_eq!(models("else.example.com"), [model("else.example.com", "vhost")]);
}

#[tokio::test]
async fn notifications_are_listed_as_they_were_loaded_and_need_a_page() {
    let stage = Stage::new(&[]);
    let params = format!("DomainName={DOMAIN} StartTime=2026-01-02T00:00:00Z EndTime=2026-01-03T00:00:00Z");
    let ask =
        |more: &str| stage.ask(Product::Live, "DescribeLiveRecordNotifyRecords", &format!("{params} {more}"));
    assert_eq!(ask("PageNumber=1").unwrap_err(), "MissingPageSize");
    assert_eq!(ask("PageSize=10").unwrap_err(), "MissingPageNumber");
    assert_eq!(ask("PageNumber=1 PageSize=10").unwrap()["CallbackList"], json!([]));
    let notification = json!({"DomainName": DOMAIN, "AppName": "show", "StreamName": "cam1",
        "NotifyTime": "2026-01-02T03:00:00Z", "NotifyType": "record_error", "NotifyResult": "failed",
        "StorageType": "vod", "Description": "no space left"});
    stage.bench.service.load(&json!({"configs": [], "notifications": [notification]}).to_string()).unwrap();
    let to = stage.now();
    let period = Period::new(to - jiff::SignedDuration::from_hours(24), to);
    let [error] = &stage.client.notifications(DOMAIN, period).await.unwrap()[..] else { panic!("none") };
    assert_eq!((error.kind.as_str(), error.description.as_deref()), ("record_error", Some("no space left")));
    for (more, count) in
        [("Status=failed", 1), ("Status=success", 0), ("StorageType=oss", 0), ("StorageType=all", 1)]
    {
        let answer = ask(&format!("PageNumber=1 PageSize=10 {more}")).unwrap();
        assert_eq!(answer["TotalNum"], count, "{more}");
    }
}
