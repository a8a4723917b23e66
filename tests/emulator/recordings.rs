//! Streams on air and their recordings, as the client reads them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::{SignedDuration, Timestamp};
use livevod::api::{Client, ClientSettings, Rate};
use livevod::embedded;
use livevod::emulator::{Quirks, Settings};
use livevod::model::{
    Address, DomainAired, Format, FormatSettings, Period, Publish, RecordConfig, StreamSpelling, Video,
};
use livevod::wire::{ComposeOff, Product, Stamp, add, delete, update};
use serde_json::{Map, Value, json};

use super::{Bench, START, address, classic, inquiry, outcome};

pub(super) const DOMAIN: &str = "live.example.com";
const INGEST: &str = "push.example.com";
const MINUTE: i64 = 60;

/// A domain with one configuration, whose cycle has 30 minutes, and a client of it.
pub(super) struct Stage {
    pub(super) bench: Bench,
    pub(super) client: Client,
}

impl Stage {
    pub(super) fn new(quirks: &[&str]) -> Self {
        Self::with(Settings { quirks: Quirks::with(quirks).unwrap(), ..Settings::default() })
    }

    fn with(settings: Settings) -> Self {
        Self::at_rate(settings, Rate::UNLIMITED)
    }

    fn at_rate(settings: Settings, rate: Rate) -> Self {
        let domain_mapping = [(INGEST.to_owned(), [DOMAIN.to_owned()].into())].into();
        let bench = Bench::new(Settings { domain_mapping, limit: None, ..settings });
        let (hand, nonces) = (bench.clock.clone(), Arc::new(std::sync::atomic::AtomicU64::new(0)));
        let stamp = move || {
            let time = Timestamp::from_second(hand.load(Ordering::Relaxed)).unwrap();
            let nonce = format!("client {}", nonces.fetch_add(1, Ordering::Relaxed));
            Ok(Stamp { time, nonce })
        };
        let settings = ClientSettings { stamps: Arc::new(stamp), rate, ..embedded::settings() };
        let client = embedded::client(bench.service.clone(), settings);
        Self { bench, client }
    }

    /// Adds a configuration with a cycle of 30 minutes.
    fn configured(self, at: &str) -> Self {
        let config = RecordConfig { cycle_duration: 1800, ..classic() };
        self.bench.call(&add(&address(at), &config)).unwrap();
        self
    }

    fn publish(&self, stream: &str) {
        self.bench.service.publish(&session(stream, json!({}))).unwrap();
    }

    fn unpublish(&self, stream: &str) {
        self.bench.service.unpublish(&session(stream, json!({}))).unwrap();
    }

    /// Adds or changes the configuration of one stream.
    fn configure(&self, stream: &str, config: &RecordConfig) {
        let at = address(&format!("live.example.com/show/{stream}"));
        if self.bench.call(&add(&at, config)).is_err() {
            self.bench.call(&update(&at, StreamSpelling::Named, config, ComposeOff::Bare)).unwrap();
        }
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

    pub(super) async fn aired(&self) -> DomainAired {
        let now = self.now();
        let period = Period::new(now - SignedDuration::from_hours(72), now);
        let aired = self.client.aired(DOMAIN, None, period, true).await;
        assert_eq!(aired.unread, [] as [String; 0]);
        aired
    }

    pub(super) fn now(&self) -> Timestamp {
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
    let longer = RecordConfig { cycle_duration: 3600, ..classic() };
    let spelling = StreamSpelling::Named;
    stage.bench.call(&update(&every, spelling, &longer, ComposeOff::Bare)).unwrap();
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
    let on_demand = RecordConfig { on_demand: 2, cycle_duration: 300, ..classic() };
    stage.bench.call(&add(&address("live.example.com/show/cam1"), &on_demand)).unwrap();
    stage.publish("cam1");
    stage.publish("cam2");
    stage.bench.service.publish(&session("cam3", json!({"NeedRecord": true}))).unwrap();
    stage.bench.call(&delete(&address("live.example.com/*/*"), StreamSpelling::Named)).unwrap();
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
    let period = Period::new(to - SignedDuration::from_hours(24), to);
    let [error] = &stage.client.notifications(DOMAIN, period).await.unwrap()[..] else { panic!("none") };
    assert_eq!((error.kind.as_str(), error.description.as_deref()), ("record_error", Some("no space left")));
    for (more, count) in
        [("Status=failed", 1), ("Status=success", 0), ("StorageType=oss", 0), ("StorageType=all", 1)]
    {
        let answer = ask(&format!("PageNumber=1 PageSize=10 {more}")).unwrap();
        assert_eq!(answer["TotalNum"], count, "{more}");
    }
}

/// A configuration with a cycle of so many minutes.
fn cycle(minutes: u32) -> RecordConfig {
    RecordConfig { cycle_duration: 60 * minutes, ..classic() }
}

#[tokio::test]
async fn short_interruptions_make_rows_and_parts_of_their_own_or_not() {
    let played = async |quirks: &[&str]| {
        let stage = Stage::new(quirks).configured("live.example.com/show/cam1");
        stage.play("cam1", &[20, 2, 30, 10]);
        let rows = stage.aired().await.publishes.len();
        let parts: Vec<_> =
            stage.recordings().await.into_iter().map(|(_, from, length)| (from, length)).collect();
        (rows, parts)
    };
    assert_eq!(played(&[]).await, (2, vec![(0, 30), (30, 22)]));
    assert_eq!(played(&["publish-rows=stream"]).await, (1, vec![(0, 30), (30, 22)]));
    assert_eq!(played(&["interruptions=cut"]).await, (2, vec![(0, 20), (22, 30)]));
    let long = Stage::new(&["publish-rows=stream"]).configured("live.example.com/show/cam1");
    long.play("cam1", &[20, 4, 20, 10]);
    assert_eq!(long.aired().await.publishes.len(), 2, "the service waits for three minutes only");
    assert_eq!(long.recordings().await, [recording("cam1", 0, 20), recording("cam1", 24, 20)]);
}

#[tokio::test]
async fn a_publisher_that_comes_back_in_time_is_recorded_as_at_first_or_as_configured_then() {
    for (quirks, parts) in
        [(&[][..], &[(0, 30), (30, 11)][..]), (&["resumed-stream=anew"], &[(0, 20), (21, 10), (31, 10)])]
    {
        let stage = Stage::new(quirks);
        stage.configure("cam1", &cycle(30));
        stage.play("cam1", &[20, 1]);
        stage.configure("cam1", &cycle(10));
        stage.play("cam1", &[20, 10]);
        let parts: Vec<_> = parts.iter().map(|(from, length)| recording("cam1", *from, *length)).collect();
        assert_eq!(stage.recordings().await, parts, "{quirks:?}");
    }
}

#[tokio::test]
async fn a_stream_on_air_has_no_stop_time_an_empty_one_or_that_of_the_call() {
    for (quirk, raw, ended) in [
        ("stop-time=absent", None, false),
        ("stop-time=empty", Some(""), false),
        ("stop-time=now", Some("2026-01-02T03:05:05Z"), true),
    ] {
        let stage = Stage::new(&[quirk]);
        stage.publish("cam1");
        stage.bench.wait(MINUTE);
        let params =
            format!("DomainName={DOMAIN} StartTime=2026-01-02T00:00:00Z EndTime=2026-01-03T00:00:00Z");
        let answer = stage.ask(Product::Live, "DescribeLiveStreamsPublishList", &params).unwrap();
        let row = &answer["PublishInfo"]["LiveStreamPublishInfo"][0];
        assert_eq!(row.get("StopTime").map(|stop| stop.as_str().unwrap()), raw, "{quirk}");
        assert_eq!(stage.aired().await.publishes[0].ended, ended.then(|| stage.now()), "{quirk}");
        assert_eq!(stage.client.on_air(DOMAIN).await.unwrap().len(), 1, "{quirk}");
    }
}

#[tokio::test]
async fn recordings_are_found_under_either_domain() {
    for (quirk, listed) in [("recordings-domain=main", DOMAIN), ("recordings-domain=ingest", INGEST)] {
        let stage = Stage::new(&[quirk]).configured("live.example.com/show/cam1");
        stage.play("cam1", &[20, 10]);
        assert_eq!(stage.recordings().await, [recording("cam1", 0, 20)], "{quirk}");
        for domain in [DOMAIN, INGEST] {
            let params = format!("DomainName={domain}");
            let answer = stage.ask(Product::Vod, "ListLiveRecordVideo", &params).unwrap();
            assert_eq!(answer["Total"] == 1, domain == listed, "{quirk}: {domain}");
        }
    }
}

#[tokio::test]
async fn recordings_are_listed_late_and_say_that_they_began_late_where_that_is_played() {
    let stage = Stage::new(&["recordings-lag=15m", "record-start=60s-later"])
        .configured("live.example.com/show/cam1");
    stage.play("cam1", &[10, 18]);
    stage.bench.wait(-1);
    assert_eq!(stage.recordings().await, [], "3 minutes of DelayTime and 15 more");
    stage.bench.wait(1);
    assert_eq!(stage.recordings().await, [recording("cam1", 1, 9)]);
}

#[tokio::test]
async fn a_merged_recording_is_beside_or_instead_of_its_parts_or_not_listed() {
    let parts = [(0, 30), (30, 20)];
    for (quirk, expected) in
        [("beside", &[(0, 30), (0, 50), (30, 20)][..]), ("instead", &[(0, 50)]), ("not-listed", &parts)]
    {
        let stage = Stage::new(&[&format!("merged-recordings={quirk}")]);
        let group = Some("6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa".to_owned());
        let config = RecordConfig { auto_compose: true, compose_vod_transcode_group: group, ..cycle(30) };
        stage.configure("cam1", &config);
        stage.publish("cam1");
        stage.bench.wait(50 * MINUTE);
        assert_eq!(stage.recordings().await, [recording("cam1", 0, 30)], "{quirk}: nothing is merged yet");
        stage.unpublish("cam1");
        stage.bench.wait(3 * MINUTE);
        let expected: Vec<_> =
            expected.iter().map(|(from, length)| recording("cam1", *from, *length)).collect();
        assert_eq!(stage.recordings().await, expected, "{quirk}");
    }
}

#[tokio::test]
async fn a_deleted_recording_is_listed_no_more_or_still() {
    for (quirks, left) in [(&[][..], 1), (&["deleted-recordings=listed"], 2)] {
        let stage = Stage::new(quirks).configured("live.example.com/show/cam1");
        stage.play("cam1", &[38, 10]);
        let id = stage.aired().await.videos[0].id.clone();
        let service = &stage.bench.service;
        service.delete_recording(&id).unwrap();
        assert_eq!(stage.aired().await.videos.len(), left, "{quirks:?}");
        let again = service.delete_recording(&id).unwrap_err();
        assert_eq!(again.to_string(), format!("no recording has the id `{id}`"));
        assert_eq!(service.dump()["deleted_recordings"], json!([id]));
    }
}

#[tokio::test]
async fn of_more_than_forty_parts_nothing_is_merged_or_the_first_forty() {
    for (quirks, merged) in [(&[][..], None), (&["merge-limit=cut"], Some(200))] {
        let stage = Stage::new(quirks);
        let group = Some("6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa".to_owned());
        let config = RecordConfig { auto_compose: true, compose_vod_transcode_group: group, ..cycle(5) };
        stage.configure("cam1", &config);
        stage.play("cam1", &[205, 10]);
        let found = stage.recordings().await;
        let longer = found.iter().map(|one| one.2).find(|length| *length > 5);
        assert_eq!((found.len(), longer), (41 + merged.iter().len(), merged), "{quirks:?}");
    }
}

#[tokio::test]
async fn transcoded_streams_are_published_and_recorded_under_their_own_name_or_their_source() {
    let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
    let config = RecordConfig {
        record_content: words(&["raw", "transcode"]),
        transcode_templates: words(&["ld"]),
        ..cycle(30)
    };
    for (quirk, names) in [("own", ["cam1", "cam1_ld"]), ("source", ["cam1", "cam1"])] {
        let stage = Stage::new(&[&format!("transcoded-names={quirk}")]);
        stage.configure("cam1", &config);
        stage.play("cam1", &[10, 10]);
        let aired = stage.aired().await;
        let rows: Vec<_> =
            aired.publishes.iter().map(|one| (&*one.stream, one.template.as_deref())).collect();
        assert_eq!(rows, [("cam1", None), ("cam1_ld", Some("ld"))]);
        let mut streams: Vec<&str> = aired.videos.iter().map(|video| &*video.stream).collect();
        streams.sort_unstable();
        assert_eq!(streams, names, "{quirk}");
    }
}

#[tokio::test]
async fn each_format_has_recordings_of_its_own() {
    let formats = [Format::Mp4, Format::M3u8].map(|format| (format, FormatSettings::default()));
    let config = RecordConfig { record_format: Some(formats.into()), ..RecordConfig::default() };
    let stage = Stage::new(&[]);
    stage.configure("cam1", &config);
    stage.play("cam1", &[10, 10]);
    let aired = stage.aired().await;
    assert_eq!(stage.recordings().await, [recording("cam1", 0, 10), recording("cam1", 0, 10)]);
    assert_ne!(aired.videos[0].id, aired.videos[1].id);
    assert_eq!(stage.aired().await.videos, aired.videos, "ids are the same in every answer");
}

#[tokio::test]
async fn counts_and_times_are_read_in_either_form() {
    let read = async |quirks: &[&str]| {
        let stage = Stage::new(quirks).configured("live.example.com/show/cam1");
        stage.play("cam1", &[38, 10]);
        let answer = stage.ask(Product::Vod, "ListLiveRecordVideo", "SortBy=CreationTime:Asc").unwrap();
        let start = answer["LiveRecordVideoList"]["LiveRecordVideo"][0]["RecordStartTime"].clone();
        (stage.aired().await, answer["Total"].clone(), start)
    };
    let (plain, total, start) = read(&[]).await;
    assert_eq!((total, start), (2.into(), "2026-01-02T03:04:05Z".into()));
    let (other, total, start) = read(&["recordings-total=text", "recordings-times=offset"]).await;
    assert_eq!((total, start), ("2".into(), "2026-01-02T11:04:05+08:00".into()));
    assert_eq!(other, plain);
}

#[tokio::test]
async fn nothing_is_recorded_with_a_transcode_group_that_does_not_exist() {
    let stage = Stage::with(Settings { transcode_groups: Some(Default::default()), ..Settings::default() });
    let config = |stream: &str, group: &str| json!({"DomainName": DOMAIN, "AppName": "show", "StreamName": stream, "VodTranscodeGroupId": group});
    let missing = config("cam1", "e2d796d3bb5fd8049d32bff62f94e4c1");
    let state = json!({"configs": [missing, config("cam2", "VOD_NO_TRANSCODE")]});
    stage.bench.service.load(&state.to_string()).unwrap();
    stage.publish("cam1");
    stage.play("cam2", &[10, 10]);
    stage.bench.wait(60 * MINUTE);
    assert_eq!(stage.recordings().await, [recording("cam2", 0, 10)]);
}

#[tokio::test]
async fn a_window_of_more_than_5000_recordings_is_split() {
    let stage = Stage::new(&[]);
    let config = json!({"DomainName": DOMAIN, "AppName": "show", "VodTranscodeGroupId": "VOD_NO_TRANSCODE",
        "CycleDuration": 300});
    let cam1 = json!({"DomainName": DOMAIN, "AppName": "show", "StreamName": "cam1",
        "PublishTime": "2025-12-12T00:00:00Z", "StopTime": "2026-01-01T00:00:00Z"});
    stage.bench.service.load(&json!({"configs": [config], "sessions": [cam1]}).to_string()).unwrap();
    let page = |number: u32| {
        let params = format!("DomainName={DOMAIN} PageNo={number} PageSize=100");
        let answer = stage.ask(Product::Vod, "ListLiveRecordVideo", &params).unwrap();
        let items = answer["LiveRecordVideoList"]["LiveRecordVideo"].as_array().unwrap().len();
        (answer["Total"].as_u64().unwrap(), items)
    };
    assert_eq!([page(50), page(51)], [(5760, 100), (5760, 0)], "5,000 can be reached");
    let period = Period::new(stage.now() - SignedDuration::from_hours(24 * 25), stage.now());
    let aired = stage.client.aired(DOMAIN, None, period, false).await;
    assert_eq!((aired.unread, aired.videos.len()), (vec![], 5760));
}

#[tokio::test]
async fn a_refusal_names_the_permission_that_lacks() {
    let stage = Stage::new(&[]);
    let period = Period::new(stage.now() - SignedDuration::from_hours(1), stage.now());
    for (action, permission) in [
        ("DescribeLiveStreamsPublishList", "`live:DescribeLiveStreamsPublishList`"),
        ("DescribeLiveDomainMapping", "`live:DescribeLiveDomainMapping`"),
        ("ListLiveRecordVideo", "`vod:ListLiveRecordVideo`"),
    ] {
        stage.bench.service.set_faults(vec![format!("deny:action={action}").parse().unwrap()]);
        let unread = stage.client.aired(DOMAIN, None, period, false).await.unread;
        assert!(unread.len() == 1 && unread[0].contains(permission), "{unread:?}");
        assert!(unread[0].contains("`livevod ram-policy --for audit`"), "{unread:?}");
    }
    let denied = "deny:action=DescribeLiveRecordNotifyRecords".parse().unwrap();
    stage.bench.service.set_faults(vec![denied]);
    let refusal = stage.client.notifications(DOMAIN, period).await.unwrap_err();
    assert!(refusal.contains("`live:DescribeLiveRecordNotifyRecords`"), "{refusal}");
}

#[tokio::test(start_paused = true)]
async fn publish_lists_are_asked_for_three_times_a_second_whatever_the_rate() {
    let rate = Rate::per_minute(std::num::NonZeroU32::new(800).unwrap());
    let stage = Stage::at_rate(Settings::default(), rate);
    let start = tokio::time::Instant::now();
    for _ in 0..7 {
        stage.aired().await;
    }
    let paused = start.elapsed().as_millis();
    assert!((2000..2050).contains(&paused), "{paused} ms for six pauses of a third of a second");
}
