//! What the log of calls says of each call.

use std::sync::{Arc, Mutex};

use livevod::emulator::{Api, Service, Settings};
use livevod::wire::{
    Action::{self, Add, Describe, Update},
    Call, add,
};
use livevod::wire::{Request, SignatureVersion, Stamp, sign};
use serde_json::{Value, json};

use super::{address, call, classic, key};

/// A service whose log is kept.
struct Logged {
    service: Service,
    entries: Arc<Mutex<Vec<Value>>>,
}

impl Logged {
    fn new(settings: Settings) -> Self {
        let entries = Arc::new(Mutex::new(Vec::new()));
        let kept = entries.clone();
        let service = Service::open(None, settings).unwrap().with_call_log(Box::new(move |entry| {
            kept.lock().unwrap().push(serde_json::to_value(entry).unwrap());
        }));
        Self { service, entries }
    }

    /// The entry of one call.
    fn entry(&self, call: &Call, signature: SignatureVersion) -> Value {
        let nonce = self.entries.lock().unwrap().len().to_string();
        let stamp = Stamp { time: jiff::Timestamp::now(), nonce };
        let request: Request = sign(call, "live.aliyuncs.com", &key(), &stamp, signature);
        self.service.deliver(&request);
        self.entries.lock().unwrap().last().unwrap().clone()
    }
}

#[test]
fn an_entry_says_what_was_asked_and_answered() {
    let logged = Logged::new(Settings::default());
    for (signature, at, status, code, fate) in [
        (SignatureVersion::V3, "a.com/show/cam", 200, Value::Null, "carried_out"),
        (SignatureVersion::V1, "a.com/show/cam", 400, json!("ConfigAlreadyExists"), "refused"),
    ] {
        let mut entry = logged.entry(&add(&address(at), &classic()), signature);
        let entry = entry.as_object_mut().unwrap();
        assert!(
            ["time", "request_id"]
                .iter()
                .all(|name| entry.remove(*name).is_some_and(|held| held.is_string()))
        );
        let expected = json!({
            "action": "AddLiveRecordVodConfig", "address": at, "status": status, "code": code,
            "fate": fate, "faults": [],
        });
        assert_eq!(Value::Object(entry.clone()), expected);
    }
}

#[test]
fn parameters_that_the_action_does_not_know_are_named() {
    let at = "DomainName=a.com AppName=show StreamName=cam VodTranscodeGroupId=VOD_NO_TRANSCODE";
    let ignored = |settings: Settings, action: Action, more: &str| {
        let logged = Logged::new(settings);
        let entry = |signature| logged.entry(&call(action, &format!("{at} {more}")), signature);
        let [mut v1, mut v3] = [SignatureVersion::V1, SignatureVersion::V3].map(entry);
        assert_eq!(v1["unknown"], v3["unknown"], "both signatures");
        assert_eq!(v1["action"].take(), v3["action"].take());
        v3["unknown"].take()
    };
    let plain = Settings::default;
    let of_2025 = || Settings { api: Api::Y2025, ..plain() };
    assert_eq!(
        ignored(plain(), Add, "RegionId=cn-shanghai OwnerId=1 DelayTime=60 RecordFormat.1.Format=mp4"),
        Value::Null
    );
    assert_eq!(
        ignored(plain(), Add, "Foo=bar RecordFormat.0.Format=mp4 TranscodeTemplates=a,b FormatConfig=true"),
        json!(["Foo", "FormatConfig", "RecordFormat.0.Format", "TranscodeTemplates"])
    );
    assert_eq!(
        ignored(plain(), Update, "StorageLocation=b SpaceId=app-1"),
        json!(["SpaceId", "StorageLocation"])
    );
    assert_eq!(ignored(plain(), Describe, "PageNum=1 PageSize=10"), json!(["VodTranscodeGroupId"]));
    assert_eq!(
        ignored(of_2025(), Add, "DelayTime=60 RecordFormat.1.Format=mp4"),
        json!(["DelayTime", "RecordFormat.1.Format"])
    );
    assert_eq!(
        ignored(Settings { strict: true, ..plain() }, Add, "Foo=bar"),
        json!(["Foo"]),
        "refused for it"
    );
}
