//! By-format configurations and the other settings of 2026: what is refused, what is accepted, and how it is listed.

use livevod::emulator::{Quirks, Settings};
use livevod::wire::Action::{self, Add, Update};
use serde_json::{Value, json};

use super::Bench;

const GROUP: &str = "e2d796d3bb5fd8049d32bff62f94e4c1";
const AT: &str = "DomainName=a.com AppName=show StreamName=cam";

/// An account with two domains, one group and two app spaces.
fn settings(quirks: &[&str]) -> Settings {
    Settings {
        domains: Some(["a.com", "far.com"].map(str::to_owned).into()),
        domain_regions: [("far.com".to_owned(), "ap-southeast-1".to_owned())].into(),
        transcode_groups: Some([GROUP.to_owned()].into()),
        app_spaces: Some(["app-1".to_owned()].into()),
        quirks: Quirks::with(quirks).unwrap(),
        ..Settings::default()
    }
}

fn bench(quirks: &[&str]) -> Bench {
    Bench::new(settings(quirks))
}

/// `1.Format=mp4` means `RecordFormat.1.Format=mp4`, and `G` the group.
fn long(params: &str) -> String {
    let word = |word: &str| match word.starts_with(|first: char| first.is_ascii_digit()) {
        true => format!("RecordFormat.{word}"),
        false => word.to_owned(),
    };
    let words: Vec<String> = params.split(' ').map(word).collect();
    words.join(" ").replace("=G", &format!("={GROUP}"))
}

impl Bench {
    /// The code of a call about the one address; empty for a success.
    fn try_at(&self, action: Action, params: &str) -> String {
        self.code(action, &long(&format!("{AT} {params}")))
    }

    /// The only listed configuration, without its key and time.
    fn only(&self) -> Value {
        let mut items = self.items("DomainName=a.com");
        assert_eq!(items.len(), 1, "{items:?}");
        let mut item = items.remove(0);
        for name in ["DomainName", "AppName", "StreamName", "CreateTime", "CycleDuration", "OnDemand"] {
            item.as_object_mut().unwrap().remove(name).unwrap();
        }
        item
    }

    /// The formats of the only listed configuration.
    fn formats(&self) -> Value {
        self.only()["RecordFormatList"]["RecordFormat"].take()
    }
}

/// The parameters of an Add, and the code of its refusal.
const REFUSED: &[(&str, &str)] = &[
    ("1.Format=mp4 2.Format=mp4", "InvalidRecordFormat.Malformed"),
    ("1.Format=cmaf", "InvalidRecordFormat.Malformed"),
    ("1.Format=MP4", "InvalidRecordFormat.Malformed"),
    ("1.Format= 1.Tags=x", "InvalidRecordFormat.Malformed"),
    ("1.Tags=x", "InvalidRecordFormat.Malformed"),
    ("1.Format=mp4 1.SliceDuration=30", "InvalidRecordFormat.Malformed"),
    ("1.Format=flv 1.SliceDuration=30", "InvalidRecordFormat.Malformed"),
    ("1.Format=m3u8 1.SliceDuration=0", "InvalidRecordFormat.Malformed"),
    ("1.Format=m3u8 1.SliceDuration=4", "InvalidRecordFormat.Malformed"),
    ("1.Format=m3u8 1.SliceDuration=31", "InvalidRecordFormat.Malformed"),
    ("1.Format=m3u8 1.SliceDuration=10s", "InvalidRecordFormat.Malformed"),
    ("1.Format=mp4 1.AutoCompose=on", "InvalidRecordFormat.Malformed"),
    ("1.Format=mp4 1.AutoCompose=true", "InvalidRecordFormat.Malformed"),
    ("1.Format=mp4 1.ProcessMethod=transcode", "InvalidRecordFormat.Malformed"),
    ("1.Format=mp4 1.ProcessTemplateId=G", "InvalidRecordFormat.Malformed"),
    ("1.Format=mp4 1.ProcessMethod=none 1.ProcessTemplateId=G", "InvalidRecordFormat.Malformed"),
    ("1.Format=mp4 1.VideoProcess=merge", "InvalidRecordFormat.Malformed"),
    ("1.Format=mp4 1.VideoProcess=origin,merge", "InvalidRecordFormat.Malformed"),
    ("1.Format=mp4 1.VideoProcess=[\"origin\"]", "InvalidRecordFormat.Malformed"),
    ("1.Format=mp4 1.VideoProcess=,", "InvalidRecordFormat.Malformed"),
    ("1.Format=mp4 1.ProcessMethod=transcode 1.ProcessTemplateId=other", "InvalidTemplateGroupId.NotFound"),
    ("VodTranscodeGroupId=G SpaceId=app-2", "InvalidSpaceId.Malformed"),
    ("1.Format=mp4 SpaceId=app-2", "InvalidSpaceId.Malformed"),
    ("VodTranscodeGroupId=G RecordContent=transcode", "MissingTranscodeTemplates"),
    ("1.Format=mp4 RecordContent=transcode,raw", "MissingTranscodeTemplates"),
    ("1.Format=mp4 RecordContent=all", "InvalidRecordContent.Malformed"),
    ("1.Format=mp4 RecordContent=,", "InvalidRecordContent.Malformed"),
    ("1.Format=mp4 DelayTime=14", "InvalidDelayTime.Malformed"),
    ("1.Format=mp4 DelayTime=21601", "InvalidDelayTime.Malformed"),
    ("1.Format=mp4 CycleDuration=299", "InvalidCycleDuration.Malformed"),
];

#[test]
fn what_the_documents_rule_out_is_refused_and_changes_nothing() {
    let bench = bench(&[]);
    for (params, code) in REFUSED {
        assert_eq!(bench.try_at(Add, params), *code, "{params}");
    }
    assert_eq!(bench.list("a.com").items, 0);
}

/// The parameters of an Add, and what is listed.
fn accepted() -> Vec<(&'static str, Value)> {
    let by_format = |formats: Value, more: Value| {
        let mut item = json!({"RecordFormatList": {"RecordFormat": formats}, "FormatConfig": true});
        item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        item
    };
    let classic = |more: Value| {
        let mut item = json!({"VodTranscodeGroupId": GROUP, "AutoCompose": "OFF", "FormatConfig": false});
        item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        item
    };
    vec![
        ("1.Format=flv", by_format(json!([{"Format": "flv"}]), json!({}))),
        (
            "1.Format=m3u8 1.SliceDuration=5 1.AutoCompose=ON 1.VideoProcess=compose,origin 1.Tags=b,a \
             1.ProcessMethod=transcode 1.ProcessTemplateId=G",
            by_format(
                json!([{"Format": "m3u8", "ProcessMethod": "transcode", "ProcessTemplateId": GROUP,
                        "SliceDuration": 5, "AutoCompose": "ON", "VideoProcess": "origin,compose", "Tags": "b,a"}]),
                json!({}),
            ),
        ),
        (
            "7.Format=mp4 7.ProcessMethod=workflow 7.ProcessTemplateId=wf 3.Format=m3u8 3.AutoCompose=OFF",
            by_format(
                json!([{"Format": "m3u8", "AutoCompose": "OFF"},
                       {"Format": "mp4", "ProcessMethod": "workflow", "ProcessTemplateId": "wf"}]),
                json!({}),
            ),
        ),
        (
            "1.Format=mp4 2.Format= 2.Tags= RecordContent=transcode,raw TranscodeTemplates.2=lsd TranscodeTemplates.1=lld \
             DelayTime=15 SpaceId=app-1",
            by_format(
                json!([{"Format": "mp4"}]),
                json!({"RecordContent": "raw,transcode", "TranscodeTemplates": "lld,lsd", "DelayTime": 15, "SpaceId": "app-1"}),
            ),
        ),
        (
            "1.Format=mp4 VodTranscodeGroupId=other AutoCompose=ON",
            by_format(json!([{"Format": "mp4"}]), json!({})),
        ),
        (
            "VodTranscodeGroupId=G RecordContent=transcode TranscodeTemplates.1=lld SpaceId=app-1000000",
            classic(
                json!({"RecordContent": "transcode", "TranscodeTemplates": "lld", "SpaceId": "app-1000000"}),
            ),
        ),
        ("VodTranscodeGroupId=G RecordContent=raw", classic(json!({"RecordContent": "raw"}))),
    ]
}

#[test]
fn what_they_allow_is_listed_as_it_was_sent_and_sets_in_any_order() {
    for (params, listed) in accepted() {
        let bench = bench(&[]);
        assert_eq!(bench.try_at(Add, params), "", "{params}");
        assert_eq!(bench.only(), listed, "{params}");
    }
}

/// Two formats with every part between them.
const BOTH: &str = "1.Format=m3u8 1.SliceDuration=10 1.AutoCompose=ON 1.Tags=t 1.VideoProcess=compose \
    1.ProcessMethod=transcode 1.ProcessTemplateId=G 2.Format=mp4";

fn holding(params: &str, quirks: &[&str]) -> Bench {
    let bench = bench(quirks);
    assert_eq!(bench.try_at(Add, params), "", "{params}");
    bench
}

#[test]
fn an_update_without_formats_keeps_them_and_needs_nothing_classic() {
    let bench = holding(BOTH, &[]);
    let before = bench.formats();
    assert_eq!(bench.try_at(Update, "CycleDuration=900"), "");
    assert_eq!(bench.formats(), before);
    assert_eq!(bench.items("DomainName=a.com")[0]["CycleDuration"], 900);
}

#[test]
fn an_update_with_every_format_changes_their_parts() {
    let bench = holding(BOTH, &[]);
    let changed = "2.Format=m3u8 2.SliceDuration=20 2.VideoProcess=origin,compose 1.Format=mp4 1.Tags=u";
    assert_eq!(bench.try_at(Update, changed), "");
    let m3u8 = json!({"Format": "m3u8", "SliceDuration": 20, "VideoProcess": "origin,compose"});
    assert_eq!(bench.formats(), json!([m3u8, {"Format": "mp4", "Tags": "u"}]), "parts left out are reset");
}

#[test]
fn parts_left_out_by_an_update_are_kept_where_parameters_are() {
    let bench = holding(BOTH, &["update-omitted=keep"]);
    assert_eq!(bench.try_at(Update, "1.Format=m3u8 1.SliceDuration=20 2.Format=mp4 2.Tags=u"), "");
    let m3u8 = json!({"Format": "m3u8", "ProcessMethod": "transcode", "ProcessTemplateId": GROUP,
        "SliceDuration": 20, "AutoCompose": "ON", "VideoProcess": "compose", "Tags": "t"});
    assert_eq!(bench.formats(), json!([m3u8, {"Format": "mp4", "Tags": "u"}]));
}

#[test]
fn an_update_can_not_change_the_set_of_formats() {
    for reading in ["refused", "ignored", "converts"] {
        let bench = holding(BOTH, &[&format!("shape-change={reading}")]);
        let before = bench.only();
        for formats in
            ["1.Format=m3u8", "1.Format=m3u8 2.Format=flv", "1.Format=flv 2.Format=m3u8 3.Format=mp4"]
        {
            assert_eq!(bench.try_at(Update, formats), "InvalidRecordFormat.Malformed", "{reading} {formats}");
        }
        assert_eq!(bench.only(), before);
    }
}

#[test]
fn the_kind_of_a_configuration_stays_or_changes_as_the_reading_says() {
    let mp4 = json!({"RecordFormatList": {"RecordFormat": [{"Format": "mp4"}]}, "FormatConfig": true});
    let classic = json!({"VodTranscodeGroupId": GROUP, "AutoCompose": "OFF", "FormatConfig": false});
    let no_group = "MissingVodTranscodeGroupId";
    let malformed = "InvalidRecordFormat.Malformed";
    // Reading, held, sent, code, listed after.
    for (reading, held, sent, code, listed) in [
        ("refused", "VodTranscodeGroupId=G", "1.Format=mp4", malformed, &classic),
        ("refused", "1.Format=mp4", "VodTranscodeGroupId=G", malformed, &mp4),
        ("ignored", "VodTranscodeGroupId=G", "1.Format=mp4 VodTranscodeGroupId=G", "", &classic),
        ("ignored", "VodTranscodeGroupId=G", "1.Format=mp4", no_group, &classic),
        ("ignored", "1.Format=mp4", "VodTranscodeGroupId=G AutoCompose=OFF", "", &mp4),
        ("converts", "VodTranscodeGroupId=G", "1.Format=mp4", "", &mp4),
        ("converts", "1.Format=mp4", "VodTranscodeGroupId=G", "", &classic),
        ("converts", "1.Format=mp4", "CycleDuration=900", "", &mp4),
        ("converts", "VodTranscodeGroupId=G", "CycleDuration=900", no_group, &classic),
        // Both at once is by-format: the group has no effect then.
        ("refused", "1.Format=mp4", "1.Format=mp4 VodTranscodeGroupId=G", "", &mp4),
    ] {
        let bench = holding(held, &[&format!("shape-change={reading}")]);
        assert_eq!(bench.try_at(Update, sent), code, "{reading}: {held}, then {sent}");
        assert_eq!(bench.only(), *listed, "{reading}: {held}, then {sent}");
    }
}

#[test]
fn defaults_that_were_never_sent_are_listed_or_not() {
    let listed = |params: &str, reading: &str| holding(params, &[&format!("defaults={reading}")]).only();
    assert_eq!(
        listed("1.Format=m3u8 2.Format=mp4 2.AutoCompose=ON", "filled"),
        json!({
            "DelayTime": 180, "RecordContent": "raw", "SpaceId": "app-1000000", "FormatConfig": true,
            "RecordFormatList": {"RecordFormat": [
                {"Format": "m3u8", "SliceDuration": 30, "AutoCompose": "OFF", "VideoProcess": "origin"},
                {"Format": "mp4", "AutoCompose": "ON", "VideoProcess": "origin"},
            ]},
        })
    );
    assert_eq!(
        listed("1.Format=m3u8", "omitted"),
        json!({"RecordFormatList": {"RecordFormat": [{"Format": "m3u8"}]}, "FormatConfig": true})
    );
    assert_eq!(
        listed("VodTranscodeGroupId=G DelayTime=60", "filled"),
        json!({
            "VodTranscodeGroupId": GROUP, "AutoCompose": "OFF", "FormatConfig": false,
            "DelayTime": 60, "RecordContent": "raw", "SpaceId": "app-1000000",
        })
    );
}

#[test]
fn templates_are_listed_in_three_ways() {
    let held = "1.Format=mp4 RecordContent=transcode TranscodeTemplates.1=lsd TranscodeTemplates.2=lld";
    for (reading, listed) in [
        ("commas", json!("lld,lsd")),
        ("json-text", json!("[\"lld\",\"lsd\"]")),
        ("list", json!(["lld", "lsd"])),
    ] {
        let bench = holding(held, &[&format!("templates={reading}")]);
        assert_eq!(bench.only()["TranscodeTemplates"], listed, "{reading}");
        assert_eq!(bench.list("a.com").configs[0].1.unsupported, None);
    }
}

#[test]
fn the_generation_of_2025_neither_takes_nor_lists_what_came_later() {
    let bench = Bench::new(Settings { api: livevod::emulator::Api::Y2025, ..settings(&["defaults=filled"]) });
    assert_eq!(bench.try_at(Add, "1.Format=mp4"), "MissingVodTranscodeGroupId");
    let newer = "DelayTime=1 RecordContent=all SpaceId=x TranscodeTemplates.1=t 1.Format=cmaf";
    let old = json!({"VodTranscodeGroupId": GROUP, "AutoCompose": "OFF"});
    for action in [Add, Update] {
        assert_eq!(bench.try_at(action, &format!("VodTranscodeGroupId=G {newer}")), "");
        assert_eq!(bench.only(), old);
    }
    assert_eq!(bench.try_at(Update, "CycleDuration=900"), "MissingVodTranscodeGroupId");
}

#[test]
fn an_update_sets_what_was_loaded_as_something_that_no_request_can_say() {
    let bench = bench(&[]);
    let held = json!({"DomainName": "a.com", "AppName": "show", "StreamName": "cam", "VodTranscodeGroupId": GROUP,
        "CycleDuration": "soon", "DelayTime": "later", "New": 1});
    bench.service.load(&json!({ "configs": [held] }).to_string()).unwrap();
    assert_eq!(bench.try_at(Update, "VodTranscodeGroupId=G CycleDuration=900"), "");
    let item = bench.items("DomainName=a.com").remove(0);
    let seen = ["CycleDuration", "DelayTime", "New"].map(|name| item[name].clone());
    assert_eq!(seen, [json!(900), json!("later"), json!(1)]);
}

/// Parameters that no document has, or not for this action, in the forms that callers try.
const UNKNOWN: &[(Action, &str)] = &[
    (Add, "RecordFormat=[{\"Format\":\"mp4\"}]"),
    (Add, "RecordFormat.x.Format=mp4"),
    (Add, "RecordFormat.0.Format=mp4"),
    (Add, "RecordFormat.1.CycleDuration=900"),
    (Add, "TranscodeTemplates=a,b"),
    (Add, "TranscodeTemplates.0=a"),
    (Add, "FormatConfig=true"),
    (Add, "Foo=bar"),
    (Update, "StorageLocation=b.oss-cn-shanghai.aliyuncs.com"),
    (Update, "RecordContent=raw"),
    (Update, "SpaceId=app-1"),
    (Update, "FormatConfig=true"),
];

#[test]
fn unknown_parameters_have_no_effect() {
    let classic = json!({"VodTranscodeGroupId": GROUP, "AutoCompose": "OFF", "FormatConfig": false});
    for (action, unknown) in UNKNOWN {
        let bench = bench(&[]);
        if *action == Update {
            assert_eq!(bench.try_at(Add, "VodTranscodeGroupId=G"), "");
        }
        assert_eq!(bench.try_at(*action, &format!("VodTranscodeGroupId=G {unknown}")), "", "{unknown}");
        assert_eq!(bench.only(), classic, "{unknown}");
    }
}

#[test]
fn a_strict_emulator_refuses_unknown_parameters_and_no_others() {
    for (action, unknown) in UNKNOWN {
        let bench = Bench::new(Settings { strict: true, ..settings(&[]) });
        let held = "VodTranscodeGroupId=G RegionId=cn-shanghai OwnerId=1";
        if *action == Update {
            assert_eq!(bench.try_at(Add, held), "");
        }
        let before = bench.list("a.com");
        let error = bench.ask(*action, &long(&format!("{AT} {held} {unknown}"))).unwrap_err();
        let name = unknown.split('=').next().unwrap();
        let message = format!("The parameter {name} is not known to this action.");
        assert_eq!((error.code.as_str(), error.message), ("InvalidParameter", message));
        assert_eq!(bench.list("a.com"), before);
    }
    let known = "1.Format=mp4 SpaceId=app-1 RecordContent=raw StorageLocation=b.oss-cn-shanghai.aliyuncs.com";
    let bench = Bench::new(Settings { strict: true, ..settings(&[]) });
    assert_eq!(bench.try_at(Add, known), "");
}

#[test]
fn a_bucket_is_in_the_region_of_its_domain_where_that_was_given() {
    let bench = bench(&[]);
    let add = |domain: &str, bucket: &str, more: &str| {
        let at = format!("DomainName={domain} AppName=show StreamName={}", bucket.replace('.', "-"));
        let settings = format!("VodTranscodeGroupId=G StorageLocation=b.oss-{bucket}.aliyuncs.com {more}");
        bench.code(Add, &long(&format!("{at} {settings}")))
    };
    assert_eq!(add("far.com", "cn-shanghai", ""), "InvalidRegion.Conflict");
    assert_eq!(add("far.com", "ap-southeast-1", "RegionId=cn-shanghai"), "InvalidRegion.Conflict");
    assert_eq!(add("far.com", "ap-southeast-1", ""), "");
    assert_eq!(add("a.com", "cn-beijing", "RegionId=cn-shanghai"), "InvalidRegion.Conflict");
    assert_eq!(add("a.com", "cn-beijing", ""), "", "nothing says where the domain is");
}
