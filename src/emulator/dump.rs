//! The state as a JSON document and back: what `livevod emulator dump` prints and `--load` reads.
//!
//! ```json
//! {"format_version": "1.2", "configs": [{"DomainName": "…", "AppName": "…", …}], "sessions": [{"DomainName": "…", …}],
//!  "notifications": [], "deleted_recordings": [], "buckets": [{"Name": "…", "Objects": [{"Key": "…", …}], …}]}
//! ```
//!
//! A configuration is written as DescribeLiveRecordVodConfigs lists it, so that listings can be loaded too: single
//! items under `configs`, or the whole answer. A session is a connection of a publisher, a notification one of
//! DescribeLiveRecordNotifyRecords, and a deleted recording an id. Before version 1.1, there were only configurations, before version 1.2 no
//! buckets.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::listed::read_item;
use super::listing::{Reading, item};
use super::oss;
use super::publish_json;
use super::settings::Settings;
use super::state::{Record, State};

/// The version of the document; a minor one only adds.
const FORMAT_VERSION: &str = "1.2";

/// Writes everything: the configurations and the sessions, each sorted by address, and the buckets.
pub(super) fn write(state: &State) -> Value {
    let configs: Vec<Value> =
        state.all().map(|(address, entry)| item(address, entry, Reading::WHOLE)).collect();
    let sessions: Vec<Value> = state.publishes().all().map(publish_json::write).collect();
    json!({
        "format_version": FORMAT_VERSION,
        "configs": configs,
        "sessions": sessions,
        "notifications": state.notifications(),
        "deleted_recordings": state.deleted(),
        "buckets": oss::write_buckets(state.buckets()),
    })
}

/// Parses a document, or an answer of DescribeLiveRecordVodConfigs, into the records that create its configurations and
/// sessions; or says why the text is neither, or what of it can't be read.
pub(super) fn read(text: &str, settings: &Settings, now: Timestamp) -> Result<Vec<Record>, String> {
    let shape = |reason: String| format!("not a state of the emulator: {reason}");
    let document: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| shape(error.to_string()))?;
    if let Some(version) = document.get("format_version").filter(|version| !is_known(version)) {
        return Err(shape(format!("`format_version` is {version}, not \"{FORMAT_VERSION}\"")));
    }
    let listed = || document.get("LiveRecordVodConfigs")?.get("LiveRecordVodConfig");
    let configs = document.get("configs").or_else(listed).and_then(Value::as_array);
    let configs = configs.ok_or_else(|| shape("the list `configs` is missing".to_owned()))?;
    let list = |name: &str| match document.get(name) {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) => Ok(items.clone()),
        Some(_) => Err(shape(format!("`{name}` is not a list"))),
    };
    let (mut state, mut records) = (State::default(), Vec::new());
    let mut make = |state: &mut State, record: Record| {
        state.apply(record.clone());
        records.push(record);
    };
    for (at, config) in configs.iter().enumerate() {
        let numbered = |reason| format!("configuration number {}: {reason}", at + 1);
        let (address, entry) = read_item(config).map_err(numbered)?;
        make(&mut state, Record::put(address, entry));
    }
    for (at, session) in list("sessions")?.into_iter().enumerate() {
        let numbered = |reason| format!("session number {}: {reason}", at + 1);
        let publish = publish_json::read(session, &state, settings, now).map_err(numbered)?;
        make(&mut state, Record::publish(publish));
    }
    let notifications = list("notifications")?;
    if !notifications.is_empty() {
        let maps: Option<Vec<Map<String, Value>>> =
            notifications.iter().map(|one| one.as_object().cloned()).collect();
        let maps = maps.ok_or_else(|| shape("a notification is not an object".to_owned()))?;
        make(&mut state, Record::notifications(maps));
    }
    for id in list("deleted_recordings")? {
        let id =
            id.as_str().ok_or_else(|| shape("the id of a deleted recording is not a text".to_owned()))?;
        make(&mut state, Record::delete_recording(id.to_owned()));
    }
    for (at, bucket) in list("buckets")?.into_iter().enumerate() {
        let numbered = |reason| format!("bucket number {}: {reason}", at + 1);
        for change in oss::read_bucket(bucket, state.buckets(), now).map_err(numbered)? {
            make(&mut state, Record::bucket(change));
        }
    }
    Ok(records)
}

fn is_known(version: &Value) -> bool {
    version.as_str().and_then(|version| version.split_once('.')).is_some_and(|(major, _)| major == "1")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = r#"{"DomainName":"a.com","AppName":"show","StreamName":"cam","CreateTime":"2026-01-02T03:04:05Z",
        "VodTranscodeGroupId":"g","CycleDuration":900,"AutoCompose":"ON","ComposeVodTranscodeGroupId":"c","OnDemand":7,
        "StorageLocation":"s","DelayTime":180,"RecordContent":"raw","SpaceId":"app-1","TranscodeTemplates":"a,b",
        "FormatConfig":false}"#;
    const BY_FORMAT: &str = r#"{"DomainName":"a.com","AppName":"show","CreateTime":"2026-01-02T03:04:05Z","CycleDuration":3600,
        "OnDemand":0,"FormatConfig":true,
        "RecordFormatList":{"RecordFormat":[{"Format":"m3u8","SliceDuration":30}]}}"#;
    const IDLE: &str = r#"{"DomainName":"a.com","AppName":"*","StreamName":"","CreateTime":"2026-01-02T03:04:05Z",
        "VodTranscodeGroupId":"g","CycleDuration":900,"AutoCompose":"OFF","ComposeVodTranscodeGroupId":"c","OnDemand":0,
        "FormatConfig":false}"#;

    fn now() -> Timestamp {
        "2026-02-01T00:00:00Z".parse().unwrap()
    }

    fn parsed(text: &str) -> Result<Vec<Record>, String> {
        read(text, &Settings::default(), now())
    }

    fn state(text: &str) -> State {
        let mut state = State::default();
        for record in parsed(text).unwrap() {
            state.apply(record);
        }
        state
    }

    #[test]
    fn what_was_written_is_read_back_field_by_field() {
        let text = format!(
            r#"{{"format_version":"1.2","configs":[{IDLE},{BY_FORMAT},{FULL}],"sessions":[],"notifications":[],
                "deleted_recordings":["1f"],"buckets":[]}}"#
        );
        let written = write(&state(&text));
        assert_eq!(written, serde_json::from_str::<Value>(&text).unwrap());
        assert_eq!(state(&written.to_string()), state(&text));
        let older = format!(r#"{{"format_version":"1.0","configs":[{IDLE},{BY_FORMAT},{FULL}]}}"#);
        assert_eq!(write(&state(&older))["configs"], written["configs"]);
    }

    #[test]
    fn sessions_and_notifications_are_read_back_with_what_ruled() {
        let session = |more: &str| {
            let key =
                r#""DomainName":"a.com","AppName":"show","StreamName":"cam","PublishDomain":"push.a.com""#;
            format!(r#"{{{key},"PublishTime":"2026-01-{more}}}"#)
        };
        let text = format!(
            r#"{{"configs":[{FULL}],"sessions":[{},{},{}],"notifications":[{{"NotifyType":"file_created"}}]}}"#,
            session(r#"03T00:00:00Z","StopTime":"2026-01-03T01:00:00Z","NeedRecord":true"#),
            session(r#"04T00:00:00Z","StopTime":"2026-01-04T01:00:00Z","Config":null,"TranscodeIds":["ld"]"#),
            session(r#"05T00:00:00.7Z""#),
        );
        let written = write(&state(&text));
        let [ruled, unruled, on_air] = [0, 1, 2].map(|at| &written["sessions"][at]);
        assert_eq!(ruled["Config"], written["configs"][0]);
        assert_eq!(
            (ruled["NeedRecord"].clone(), ruled["TranscodeIds"].clone()),
            (true.into(), json!(["a", "b"]))
        );
        assert_eq!(
            (unruled["Config"].clone(), unruled["TranscodeIds"].clone()),
            (Value::Null, json!(["ld"]))
        );
        assert_eq!(
            (on_air["PublishTime"].as_str(), on_air.get("StopTime")),
            (Some("2026-01-05T00:00:00Z"), None)
        );
        assert_eq!(write(&state(&written.to_string())), written);
        assert_eq!(written["notifications"], json!([{"NotifyType": "file_created"}]));
    }

    #[test]
    fn a_session_that_can_not_have_been_is_refused_with_its_number() {
        let times = |times: &str| {
            let key = r#""DomainName":"a.com","AppName":"show","StreamName":"cam""#;
            parsed(&format!(r#"{{"configs":[],"sessions":[{{{key},{times}}}]}}"#)).unwrap_err()
        };
        for (text, reason) in [
            (r#""PublishTime":"2026-02-01T00:00:01Z""#, "it begins later than now"),
            (
                r#""PublishTime":"2026-01-02T00:00:00Z","StopTime":"2026-01-01T00:00:00Z""#,
                "it ends before it begins",
            ),
            (
                r#""PublishTime":"2026-01-02T00:00:00Z","StopTime":"2026-02-02T00:00:00Z""#,
                "it ends later than now",
            ),
            (r#""PublishTme":"2026-01-02T00:00:00Z""#, "unknown field `PublishTme`"),
            (r#""PublishDomain":"a b""#, "`a b` "),
        ] {
            let refusal = times(text);
            assert!(refusal.starts_with("session number 1: ") && refusal.contains(reason), "{refusal}");
        }
        let twice = r#"{"DomainName":"a.com","AppName":"show","StreamName":"cam"}"#;
        let refusal = parsed(&format!(r#"{{"configs":[],"sessions":[{twice},{twice}]}}"#)).unwrap_err();
        assert_eq!(refusal, "session number 2: `a.com/show/cam` has another session at that time");
    }

    #[test]
    fn buckets_are_read_back_with_their_objects() {
        let text = r#"{"configs":[],"buckets":[{"Name":"demo","Versioning":"Enabled","Objects":[
            {"Key":"a/b","LastModified":"2026-01-02T03:04:05Z","Headers":{"x-oss-meta-a":"b"},"Content":"text","VersionId":"v"},
            {"Key":"raw","Type":"Appendable","ContentBase64":"/w=="}]},
            {"Name":"locked","Worm":{"WormId":"1","State":"Locked","RetentionPeriodInDays":3,"CreationDate":"2026-01-01T00:00:00Z"}}]}"#;
        let written = write(&state(text));
        let [demo, locked] = [0, 1].map(|at| &written["buckets"][at]);
        assert_eq!(demo["Objects"][0]["Content"], "text");
        assert_eq!(demo["Objects"][1]["LastModified"], now().to_string());
        assert_eq!(
            (demo["CreationDate"].as_str(), &locked["Objects"]),
            (Some(&*now().to_string()), &json!([]))
        );
        assert_eq!(write(&state(&written.to_string())), written);
        assert_eq!(state(&written.to_string()), state(text));
    }

    #[test]
    fn a_bucket_that_can_not_be_is_refused_with_its_number() {
        let refusal = |bucket: &str| {
            parsed(&format!(r#"{{"configs":[],"buckets":[{{"Name":"demo"}},{bucket}]}}"#)).unwrap_err()
        };
        let object = |object: &str| refusal(&format!(r#"{{"Name":"other","Objects":[{object}]}}"#));
        assert_eq!(refusal("7"), "bucket number 2: it is not an object");
        assert_eq!(refusal(r#"{"Name":"De"}"#), "bucket number 2: `De` is not the name of a bucket");
        assert_eq!(refusal(r#"{"Name":"demo"}"#), "bucket number 2: there is another bucket `demo`");
        assert!(refusal(r#"{"Name":"other","Colour":"red"}"#).contains("unknown field `Colour`"));
        assert!(object(r#"{"Key":"/a"}"#).ends_with("object number 1: `/a` is not the name of an object"));
        assert!(object(r#"{"Key":"a","Content":"x","ContentBase64":"eA=="}"#).contains("it has both"));
        assert!(object(r#"{"Key":"a","ContentBase64":"?"}"#).contains("is not base64"));
    }

    #[test]
    fn an_answer_of_the_service_is_a_state_too() {
        let answer = r#"{"RequestId":"r","Total":"1","LiveRecordVodConfigs":{"LiveRecordVodConfig":[
            {"DomainName":"Live.Example.com","AppName":"show","VodTranscodeGroupId":"g"}]}}"#;
        let written = write(&state(answer));
        assert_eq!(written["configs"][0]["DomainName"], "live.example.com");
        assert_eq!(written["configs"][0]["CycleDuration"], 3600);
        assert_eq!(written["configs"][0].get("StreamName"), None);
    }

    #[test]
    fn what_the_service_could_not_hold_is_refused_with_its_number() {
        let refusal = |text: &str| parsed(text).unwrap_err();
        let configs = |item: &str| refusal(&format!(r#"{{"configs":[{FULL},{item}]}}"#));
        assert!(refusal("[]").starts_with("not a state of the emulator"));
        assert!(refusal("{}").ends_with("the list `configs` is missing"));
        assert!(refusal(r#"{"format_version":"2.0","configs":[]}"#).contains("`format_version`"));
        assert!(configs(r#"{"DomainName":"a.com"}"#).starts_with("configuration number 2: missing field"));
        assert!(configs(r#"{"DomainName":"a b","AppName":"a"}"#).contains("`a b`"));
        assert!(configs(r#"{"DomainName":"a.com","AppName":""}"#).contains("is empty"));
    }

    #[test]
    fn whatever_an_account_may_hold_is_listed_as_it_was_loaded() {
        let key = r#""DomainName":"a.com","AppName":"show","CreateTime":"2026-01-02T03:04:05Z""#;
        for more in [
            r#""Extra":{"x":[1]},"Empty":false"#,
            r#""CycleDuration":"soon","AutoCompose":7"#,
            r#""AutoCompose":"ON""#,
            r#""FormatConfig":true"#,
            r#""FormatConfig":false,"RecordFormatList":{"RecordFormat":[{"Format":"mp4"}]}"#,
            r#""RecordFormatList":{"RecordFormat":[{"Format":"mp4"},{"Format":"mp4"}]}"#,
            r#""RecordFormatList":{"RecordFormat":[{"Format":"cmaf"}]},"FormatConfig":true"#,
            r#""FormatConfig":true,"AutoCompose":"ON","RecordFormatList":{"RecordFormat":[{"Format":"mp4"}]}"#,
            r#""FormatConfig":true,"VodTranscodeGroupId":"g","RecordFormatList":{"RecordFormat":[{"Format":"mp4","New":1}]}"#,
        ] {
            let item: Value = serde_json::from_str(&format!("{{{key},{more}}}")).unwrap();
            let held = state(&json!({ "configs": [item] }).to_string());
            let written = write(&held)["configs"][0].clone();
            for (name, value) in item.as_object().unwrap() {
                assert_eq!(written[name], *value, "{name} of {item}");
            }
            let records: Vec<Record> =
                held.all().map(|(at, entry)| Record::put(at.clone(), entry.clone())).collect();
            let kept = serde_json::to_string(&records[0]).unwrap();
            assert_eq!(serde_json::from_str::<Record>(&kept).unwrap(), records[0], "{kept}");
        }
    }
}
