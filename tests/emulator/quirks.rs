//! Each interpretation of the documents, as a caller sees it.

use livevod::emulator::{Quirk, Quirks, Settings, all_quirks};
use livevod::wire::Action::{Add, Delete, Describe, Update};
use livevod::wire::Response;
use serde_json::Value;

use super::{Bench, call};

const GROUP: &str = "VodTranscodeGroupId=e2d796d3bb5fd8049d32bff62f94e4c1";
const MERGING: &str = "AutoCompose=ON ComposeVodTranscodeGroupId=6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa";
const SHOW: &str = "DomainName=a.com AppName=show";

fn playing(readings: &[&str]) -> Bench {
    let quirks = Quirks::with(readings).unwrap();
    Bench::new(Settings { quirks, ..Settings::default() })
}

impl Bench {
    fn added(self, keys: &[&str]) -> Self {
        keys.iter().for_each(|key| assert_eq!(self.code(Add, &format!("{key} {GROUP}")), "", "{key}"));
        self
    }

    pub(super) fn items(&self, params: &str) -> Vec<Value> {
        let mut answer = self.ask(Describe, params).unwrap();
        let Value::Array(items) = answer["LiveRecordVodConfigs"]["LiveRecordVodConfig"].take() else {
            return Vec::new();
        };
        items
    }

    fn streams(&self, params: &str) -> Vec<String> {
        let items = self.items(params);
        items.iter().map(|item| item["StreamName"].as_str().unwrap_or("(absent)").to_owned()).collect()
    }

    fn raw(&self, params: &str) -> Response {
        self.service.call(&self.sign(&call(Delete, params)))
    }
}

#[test]
fn what_an_update_leaves_out_is_reset_or_kept() {
    let after = |reading: &str| {
        let bench = playing(&[reading]);
        let cam = format!("{SHOW} StreamName=cam {GROUP}");
        let full =
            format!("{cam} {MERGING} CycleDuration=900 OnDemand=7 DelayTime=60 TranscodeTemplates.1=t");
        assert_eq!(bench.code(Add, &full), "");
        assert_eq!(bench.code(Update, &cam), "");
        let item = bench.items("DomainName=a.com").remove(0);
        let text = |name: &str| item[name].to_string();
        ["CycleDuration", "OnDemand", "AutoCompose", "DelayTime", "TranscodeTemplates"].map(text).join(" ")
    };
    assert_eq!(after("update-omitted=reset"), "3600 0 \"OFF\" null null");
    assert_eq!(after("update-omitted=keep"), "900 7 \"ON\" 60 \"t\"");
}

#[test]
fn the_compose_group_goes_or_stays_when_auto_compose_goes_off() {
    let after = |reading: &str| {
        let bench = playing(&[reading]);
        let cam = format!("{SHOW} StreamName=cam {GROUP}");
        assert_eq!(bench.code(Add, &format!("{cam} {MERGING}")), "");
        assert_eq!(bench.code(Update, &format!("{cam} AutoCompose=OFF")), "");
        let item = bench.items("DomainName=a.com").remove(0);
        (item["AutoCompose"].clone(), item.get("ComposeVodTranscodeGroupId").is_some())
    };
    assert_eq!(after("compose-off=drops-group"), ("OFF".into(), false));
    assert_eq!(after("compose-off=keeps-group"), ("OFF".into(), true));
}

#[test]
fn every_stream_is_listed_in_four_ways() {
    for (reading, listed) in [
        ("as-sent", ["(absent)", "*"]),
        ("star", ["*", "*"]),
        ("absent", ["(absent)"; 2]),
        ("empty", ["", ""]),
    ] {
        let bench = playing(&[&format!("every-stream={reading}")]);
        let bench = bench.added(&["DomainName=a.com AppName=a", "DomainName=a.com AppName=b StreamName=*"]);
        assert_eq!(bench.streams("DomainName=a.com"), listed, "{reading}");
    }
}

#[test]
fn an_app_wide_delete_goes_alone_or_with_what_it_covers() {
    let left = |reading: &str, app: &str| {
        let keys = ["news", "show"].map(|app| format!("DomainName=a.com AppName={app} StreamName=cam"));
        let bench = playing(&[reading]).added(&[&keys[0], &keys[1], SHOW, "DomainName=a.com AppName=*"]);
        assert_eq!(bench.code(Delete, &format!("DomainName=a.com AppName={app}")), "");
        bench.items("DomainName=a.com").len()
    };
    assert_eq!([left("app-wide-delete=alone", "show"), left("app-wide-delete=alone", "*")], [3, 3]);
    assert_eq!(
        [left("app-wide-delete=with-siblings", "show"), left("app-wide-delete=with-siblings", "*")],
        [2, 0]
    );
}

#[test]
fn an_entry_beside_an_app_wide_one_is_allowed_or_refused() {
    let cam = format!("{SHOW} StreamName=cam");
    playing(&[]).added(&[SHOW, &cam]);
    for (first, second) in [(SHOW, cam.as_str()), (&cam, SHOW), ("DomainName=a.com AppName=*", &cam)] {
        let bench = playing(&["overlap=refused"]).added(&[first, "DomainName=b.com AppName=show"]);
        assert_eq!(bench.code(Add, &format!("{second} {GROUP}")), "ConfigAlreadyExists", "{first} {second}");
    }
}

#[test]
fn letter_case_counts_or_does_not() {
    let (upper, lower) =
        ("DomainName=a.com AppName=Show StreamName=Cam", "DomainName=a.com AppName=show StreamName=cam");
    playing(&[]).added(&[upper, lower]);
    for (reading, listed) in [("name-case=insensitive", "Cam"), ("name-case=folded", "cam")] {
        let bench = playing(&[reading]).added(&[upper]);
        assert_eq!(bench.code(Add, &format!("{lower} {GROUP}")), "ConfigAlreadyExists");
        assert_eq!(bench.streams("DomainName=a.com"), [listed]);
        assert_eq!(bench.streams(lower), [listed]);
        assert_eq!(bench.code(Delete, lower), "");
    }
}

#[test]
fn storage_is_chosen_only_where_none_is_named() {
    let named = format!("{SHOW} StreamName=named StorageLocation=one.oss-cn-shanghai.aliyuncs.com");
    let bench = playing(&["storage-location=chosen"]).added(&[SHOW, &named]);
    let places: Vec<Value> =
        bench.items("DomainName=a.com").into_iter().map(|mut item| item["StorageLocation"].take()).collect();
    assert_eq!(places[1], "one.oss-cn-shanghai.aliyuncs.com");
    assert!(places[0].as_str().is_some_and(|place| place.ends_with(".aliyuncs.com")), "{places:?}");
    assert_eq!(playing(&[]).added(&[SHOW]).items("DomainName=a.com")[0].get("StorageLocation"), None);
}

#[test]
fn a_missing_configuration_is_an_error_or_none() {
    for (readings, status, code) in [
        (&[][..], 400, "CodeConfigNotFound"),
        (&["missing-status=404"], 404, "CodeConfigNotFound"),
        (&["missing-config=invalid-config-not-found"], 400, "InvalidConfig.NotFound"),
    ] {
        let bench = playing(readings);
        assert_eq!(bench.raw(SHOW).status, status);
        assert_eq!(bench.code(Update, &format!("{SHOW} {GROUP}")), code);
    }
    let bench = playing(&["missing-config=success", "delete-answer=wrapped"]);
    assert_eq!(
        (bench.code(Delete, SHOW), bench.code(Update, &format!("{SHOW} {GROUP}"))),
        Default::default()
    );
    assert!(bench.items("DomainName=a.com").is_empty());
}

#[test]
fn the_answer_to_a_delete_is_plain_or_wrapped() {
    let answer = |reading: &str| {
        let bench = playing(&[reading]).added(&[SHOW]);
        serde_json::from_slice::<Value>(&bench.raw(SHOW).body).unwrap()
    };
    assert!(answer("delete-answer=plain")["RequestId"].is_string());
    assert!(answer("delete-answer=wrapped")["DeleteLiveRecordVodConfigResponse"]["RequestId"].is_string());
}

#[test]
fn a_filter_is_exact_fuzzy_or_ignored() {
    for (reading, listed) in
        [("exact", &["cam"][..]), ("fuzzy", &["cam", "webcam2"]), ("ignored", &["cam", "other", "webcam2"])]
    {
        let keys = ["cam", "webcam2", "other"].map(|stream| format!("{SHOW} StreamName={stream}"));
        let bench = playing(&[&format!("filter={reading}")]).added(&[&keys[0], &keys[1], &keys[2]]);
        assert_eq!(bench.streams(&format!("{SHOW} StreamName=cam")), listed, "{reading}");
    }
}

#[test]
fn a_listing_is_ordered_by_name_by_creation_or_never_the_same_way() {
    let keys: Vec<String> = ["c", "a", "d", "b"].map(|stream| format!("{SHOW} StreamName={stream}")).into();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let listed = |reading: &str| playing(&[reading]).added(&keys).streams("DomainName=a.com").concat();
    assert_eq!((listed("order=name"), listed("order=creation")), ("abcd".into(), "cadb".into()));
    let unstable = playing(&["order=unstable"]).added(&keys);
    let first = unstable.streams("DomainName=a.com");
    assert!((0..20).any(|_| unstable.streams("DomainName=a.com") != first));
}

#[test]
fn total_counts_what_the_reading_says_as_it_says() {
    let keys: Vec<String> = (0..12).map(|number| format!("{SHOW} StreamName=s{number}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let total = |readings: &[&str]| {
        playing(readings).added(&keys).ask(Describe, "DomainName=a.com").unwrap().remove("Total")
    };
    assert_eq!(total(&[]), Some("12".into()));
    assert_eq!(total(&["total-type=number"]), Some(12.into()));
    assert_eq!(total(&["total=pages"]), Some("2".into()));
    assert_eq!(total(&["total=missing", "total-type=number"]), None);
}

#[test]
fn a_page_past_the_end_is_empty_lacks_its_list_or_is_the_last_again() {
    let keys: Vec<String> = (0..7).map(|number| format!("{SHOW} StreamName=s{number}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let third = |reading: &str| {
        let bench = playing(&[reading]).added(&keys);
        bench.ask(Describe, "DomainName=a.com PageSize=5 PageNum=3").unwrap()["LiveRecordVodConfigs"].clone()
    };
    assert_eq!(third("past-end=empty-list").to_string(), r#"{"LiveRecordVodConfig":[]}"#);
    assert_eq!(third("past-end=no-list").to_string(), "{}");
    assert_eq!(third("past-end=last-page")["LiveRecordVodConfig"].as_array().unwrap().len(), 2);
}

#[test]
fn the_guide_has_a_row_for_every_quirk_with_all_its_answers() {
    let guide = include_str!("../../docs/emulator.md");
    let row = |quirk: &Quirk| {
        let answers: Vec<&str> = quirk.answers.iter().map(|answer| answer.value).collect();
        format!("`{}={}`", quirk.name, answers.join("\\|"))
    };
    let missing: Vec<String> = all_quirks().map(row).filter(|row| !guide.contains(row)).collect();
    assert_eq!(missing, [""; 0]);
}
