//! Rates that calls keep to, wherever they are sent and whatever they wait for.

use std::num::NonZeroU32;

use super::super::credentials::{Provider, Source};
use super::super::transport::Sending;
use super::*;
use crate::wire::{Key, Request, Response, Role, Secret};

/// Answers every call that there is such a group, and remembers the hosts.
struct Always(Mutex<Vec<String>>);

impl Transport for Always {
    fn send<'a>(&'a self, request: &'a Request, _plain: bool) -> Sending<'a> {
        self.0.lock().unwrap().push(request.host.clone());
        let body = br#"{"RequestId":"R","TranscodeTemplateGroup":{"TranscodeTemplateGroupId":"g"}}"#;
        let response = Response { status: 200, headers: BTreeMap::new(), body: body.to_vec() };
        Box::pin(async { Ok(response) })
    }

    fn aside(&self, _timeouts: Timeouts, _endpoint: &Endpoint) -> Result<Arc<dyn Transport>, Error> {
        Ok(Arc::new(Self(Mutex::default())))
    }
}

/// The service counts an account's calls of an action, wherever they are sent.
#[tokio::test(start_paused = true)]
async fn calls_of_an_action_keep_to_one_rate_in_all_regions() {
    let key = Key { id: "id".to_owned(), secret: Secret::new("secret"), token: None };
    let rate = Rate { per_minute: NonZeroU32::new(60).unwrap(), burst: NonZeroU32::MIN };
    let settings = ClientSettings { rate, ..ClientSettings::new(key) };
    let endpoints = Endpoints::documented(&BTreeMap::new(), None).unwrap();
    let transport = Arc::new(Always(Mutex::default()));
    let client = Client::over(transport.clone(), endpoints, Endpoint::here(), settings);
    let start = Instant::now();
    for region in ["cn-shanghai", "cn-beijing", "eu-central-1", "cn-shanghai"] {
        assert!(client.transcode_group(Some(region), "g").await.unwrap().is_some());
    }
    assert_eq!(start.elapsed().as_secs(), 3, "one call a second");
    let hosts = transport.0.lock().unwrap().clone();
    assert_eq!(hosts[1..3], ["vod.cn-beijing.aliyuncs.com", "vod.eu-central-1.aliyuncs.com"]);
}

/// Gives a key of a role after five seconds, and remembers when the other calls were sent.
#[derive(Default)]
struct SlowRole(Mutex<Vec<Instant>>);

impl Transport for SlowRole {
    fn send<'a>(&'a self, request: &'a Request, _plain: bool) -> Sending<'a> {
        let is_for_a_key = request.host.starts_with("sts.");
        let body = if is_for_a_key {
            r#"{"RequestId":"R","Credentials":{"AccessKeyId":"role","AccessKeySecret":"hush","SecurityToken":"hush",
                "Expiration":"2999-01-01T00:00:00Z"}}"#
        } else {
            self.0.lock().unwrap().push(Instant::now());
            r#"{"RequestId":"R","LiveRecordVodConfigs":{"LiveRecordVodConfig":[]}}"#
        };
        let response = Response { status: 200, headers: BTreeMap::new(), body: body.as_bytes().to_vec() };
        Box::pin(async move {
            tokio::time::sleep(Duration::from_secs(if is_for_a_key { 5 } else { 0 })).await;
            Ok(response)
        })
    }

    fn aside(&self, _timeouts: Timeouts, _endpoint: &Endpoint) -> Result<Arc<dyn Transport>, Error> {
        Ok(Arc::new(Self::default()))
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_waited_together_for_a_key_leave_at_the_rate() {
    let key = Key { id: "id".to_owned(), secret: Secret::new("secret"), token: None };
    let role = Role {
        arn: "acs:ram::1234567890123456:role/slow".to_owned(),
        session_name: "test".to_owned(),
        duration: None,
        policy: None,
        external_id: None,
    };
    let provider = Provider::Role { by: Box::new(Provider::Key(key)), role };
    let credentials = Credentials { provider, source: Source::Given, sts: None };
    let rate = Rate { per_minute: NonZeroU32::new(60).unwrap(), burst: NonZeroU32::MIN };
    let settings = ClientSettings { rate, ..ClientSettings::new(credentials) };
    let endpoints = Endpoints::documented(&BTreeMap::new(), None).unwrap();
    let transport = Arc::new(SlowRole::default());
    let client = Client::over(transport.clone(), endpoints, Endpoint::here(), settings);
    let start = Instant::now();
    let domains = ["a.example.com", "b.example.com", "c.example.com"];
    let (_, unread) = client.snapshot(domains.map(Arc::from)).await;
    assert!(unread.is_empty(), "{unread:?}");
    let sent: Vec<u64> = transport.0.lock().unwrap().iter().map(|at| (*at - start).as_secs()).collect();
    assert_eq!(sent, [5, 6, 7], "one call a second");
}
