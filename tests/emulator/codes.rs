//! Every error code that the documents name for these actions, and a request that causes it.

use livevod::emulator::Settings;
use livevod::emulator::quirks::{ComposeRule, Quirks};
use livevod::wire::Action::{self, Add, Delete, Describe, Update};

use super::{Bench, address};

const GROUP: &str = "e2d796d3bb5fd8049d32bff62f94e4c1";
const OTHER: &str = "77aa0d5ce0dd4bb9a1b7b5dba1f7c0bb";

/// An account with one domain and two groups, one configuration and one recording to OSS.
fn bench() -> Bench {
    let settings = Settings {
        domains: Some(["a.com".to_owned()].into()),
        transcode_groups: Some([GROUP.to_owned(), OTHER.to_owned()].into()),
        oss_recordings: [address("a.com/oss/cam")].into(),
        ..Settings::default()
    };
    let bench = Bench::new(settings);
    bench
        .ask(Add, &format!("DomainName=a.com AppName=show StreamName=cam VodTranscodeGroupId={GROUP}"))
        .unwrap();
    bench
}

/// Action, parameters where `KEY` is a free key, `HELD` a taken one and `G` a group, HTTP status and code.
const REFUSALS: &[(Action, &str, u16, &str)] = &[
    (Add, "HELD VodTranscodeGroupId=G", 400, "ConfigAlreadyExists"),
    (
        Add,
        "DomainName=a.com AppName=oss StreamName=cam VodTranscodeGroupId=G",
        400,
        "CommomLiveRcordConfigExisted",
    ),
    (Add, "KEY VodTranscodeGroupId=G AutoCompose=maybe", 400, "InvalidAutoCompose.Malformed"),
    (Add, "KEY VodTranscodeGroupId=G AutoCompose=on", 400, "InvalidAutoCompose.Malformed"),
    (
        Add,
        "KEY VodTranscodeGroupId=G AutoCompose=ON",
        400,
        "InvalidAutoComposeAndComposeVodTranscodeGroupId.Malformed",
    ),
    (
        Add,
        "KEY VodTranscodeGroupId=G ComposeVodTranscodeGroupId=G",
        400,
        "InvalidAutoComposeAndComposeVodTranscodeGroupId.Malformed",
    ),
    (
        Add,
        "KEY VodTranscodeGroupId=G StorageLocation=b.oss-cn-shanghai.aliyuncs.com RegionId=cn-beijing",
        403,
        "InvalidRegion.Conflict",
    ),
    (Add, "KEY VodTranscodeGroupId=G StorageLocation=nowhere", 404, "InvalidStorage.NotFound"),
    (Add, "KEY VodTranscodeGroupId=unknown", 404, "InvalidTemplateGroupId.NotFound"),
    (
        Add,
        "KEY VodTranscodeGroupId=G AutoCompose=ON ComposeVodTranscodeGroupId=unknown",
        404,
        "InvalidTemplateGroupId.NotFound",
    ),
    (Add, "DomainName=b.com AppName=x VodTranscodeGroupId=G", 404, "InvalidDomain.NotFound"),
    (Add, "AppName=x VodTranscodeGroupId=G", 400, "MissingDomainName"),
    (Add, "DomainName=a.com VodTranscodeGroupId=G", 400, "MissingAppName"),
    (Add, "KEY", 400, "MissingVodTranscodeGroupId"),
    (Add, "KEY VodTranscodeGroupId=G CycleDuration=299", 400, "InvalidCycleDuration.Malformed"),
    (Add, "KEY VodTranscodeGroupId=G CycleDuration=21601", 400, "InvalidCycleDuration.Malformed"),
    (Add, "KEY VodTranscodeGroupId=G CycleDuration=1h", 400, "InvalidCycleDuration.Malformed"),
    (Add, "KEY VodTranscodeGroupId=G OnDemand=3", 400, "InvalidOnDemand.Malformed"),
    (Add, "KEY VodTranscodeGroupId=G DelayTime=14", 400, "InvalidDelayTime.Malformed"),
    (Add, "KEY VodTranscodeGroupId=G RecordContent=all", 400, "InvalidRecordContent.Malformed"),
    (Add, "KEY VodTranscodeGroupId=G RecordContent=transcode", 400, "MissingTranscodeTemplates"),
    (Add, "KEY RecordFormat.1.Format=avi", 400, "InvalidRecordFormat.Malformed"),
    (
        Add,
        "KEY RecordFormat.1.Format=m3u8 RecordFormat.1.SliceDuration=31",
        400,
        "InvalidRecordFormat.Malformed",
    ),
    (Add, "KEY RecordFormat.1.Tags=x", 400, "InvalidRecordFormat.Malformed"),
    (Add, "DomainName=a.com AppName=a/b VodTranscodeGroupId=G", 400, "InvalidAppName.Malformed"),
    (
        Add,
        "DomainName=a.com AppName=a StreamName=b* VodTranscodeGroupId=G",
        400,
        "InvalidStreamName.Malformed",
    ),
    (Update, "KEY VodTranscodeGroupId=G", 400, "CodeConfigNotFound"),
    (Update, "HELD", 400, "MissingVodTranscodeGroupId"),
    (Update, "HELD VodTranscodeGroupId=unknown", 404, "InvalidTemplateGroupId.NotFound"),
    (Update, "HELD RecordFormat.1.Format=mp4", 400, "InvalidRecordFormat.Malformed"),
    (Delete, "KEY", 400, "CodeConfigNotFound"),
    (Delete, "DomainName=a.com", 400, "MissingAppName"),
    (Describe, "", 400, "MissingDomainName"),
    (Describe, "DomainName=b.com", 404, "InvalidDomain.NotFound"),
    (Describe, "DomainName=a.com PageSize=4", 400, "InvalidPageSize.Malformed"),
    (Describe, "DomainName=a.com PageSize=101", 400, "InvalidPageSize.Malformed"),
    (Describe, "DomainName=a.com PageNum=0", 400, "InvalidPageNum.Malformed"),
];

#[test]
fn each_mistake_is_refused_with_its_code_and_changes_nothing() {
    let bench = bench();
    let before = bench.list("a.com");
    for (action, params, status, code) in REFUSALS {
        let params = params
            .replace("KEY", "DomainName=a.com AppName=show StreamName=free")
            .replace("HELD", "DomainName=a.com AppName=show StreamName=cam")
            .replace("Id=G", &format!("Id={GROUP}"));
        let error = bench.ask(*action, &params).unwrap_err();
        assert_eq!((error.status, error.code.as_str()), (*status, *code), "{params}");
        assert!(error.request_id.is_some() && error.recommend.unwrap().contains(code));
    }
    assert_eq!(bench.list("a.com"), before);
}

#[test]
fn messages_are_the_documents_own() {
    let bench = bench();
    let held = format!("DomainName=a.com AppName=show StreamName=cam VodTranscodeGroupId={GROUP}");
    assert_eq!(bench.ask(Add, &held).unwrap_err().message, "Config has already exist.");
    assert_eq!(
        bench.ask(Update, &format!("{held} AutoCompose=ON")).unwrap_err().message,
        "Specified parameter AutoCompose and ComposeVodTranscodeGroupId is not valid, must both empty or input"
    );
    assert_eq!(bench.ask(Describe, "").unwrap_err().message, "DomainName is mandatory for this action.");
}

/// The effects of the three ways to say "off" in an Update.
fn rungs(bench: &Bench) -> [String; 3] {
    let held = format!("DomainName=a.com AppName=show StreamName=cam VodTranscodeGroupId={GROUP}");
    ["AutoCompose=OFF", &format!("AutoCompose=OFF ComposeVodTranscodeGroupId={OTHER}"), ""]
        .map(|off| bench.code(Update, &format!("{held} {off}")))
}

#[test]
fn auto_compose_off_is_said_as_the_rule_in_force_reads_the_documents() {
    assert_eq!(rungs(&bench()), ["", "", ""]);
    let strict = Bench::new(strict());
    strict
        .ask(Add, &format!("DomainName=a.com AppName=show StreamName=cam VodTranscodeGroupId={GROUP}"))
        .unwrap();
    assert_eq!(rungs(&strict), ["InvalidAutoComposeAndComposeVodTranscodeGroupId.Malformed", "", ""]);
}

#[test]
fn by_default_every_well_formed_domain_group_and_bucket_exists() {
    let bench = Bench::new(Settings::default());
    let add = |stream: &str, rest: &str| {
        bench.code(Add, &format!("DomainName=x.example.com AppName=a StreamName={stream} {rest}"))
    };
    assert_eq!(add("a", "VodTranscodeGroupId=VOD_NO_TRANSCODE"), "");
    assert_eq!(
        add("b", &format!("VodTranscodeGroupId={OTHER} StorageLocation=b.oss-cn-shanghai.aliyuncs.com")),
        ""
    );
    assert_eq!(add("c", "VodTranscodeGroupId=short"), "InvalidTemplateGroupId.NotFound");
    assert_eq!(bench.code(Describe, "DomainName=-x.com"), "InvalidDomain.NotFound");
}

fn strict() -> Settings {
    let quirks = Quirks { compose_rule: ComposeRule::BothOrNeither, ..Quirks::default() };
    Settings { quirks, ..Settings::default() }
}
