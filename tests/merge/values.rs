//! An entry says what it does not inherit, in the words of the files.

use livevod::model::{Format, FormatSettings, Process, RecordConfig, words};

use super::{ARCHIVE, Account, GROUP};

/// The entry that is added to an app with these defaults.
fn entry(defaults: &str, change: impl FnOnce(&mut RecordConfig)) -> String {
    let text = format!(
        "domains:\n  live.example.com:\n    apps:\n      show:\n        defaults: {defaults}\n        streams:\n          a: {{ vod_transcode_group: hd }}\n"
    );
    let account = Account::of(&text).with("live.example.com/show/z", change);
    let text = account.text();
    text.split_once("          z: ")
        .map(|(_, entry)| entry.trim_end().to_owned())
        .unwrap_or_else(|| text.split_once("          z:\n").unwrap().1.trim_end().to_owned())
}

#[test]
fn what_is_inherited_is_not_written_and_what_is_written_is_as_short_as_can_be() {
    let plain = "{ on_demand: 0 }";
    assert_eq!(entry(plain, |_| {}), "{}");
    assert_eq!(entry(plain, |config| config.cycle_duration = 5400), "{ cycle_duration: 1h30m }");
    assert_eq!(
        entry(plain, |config| config.cycle_duration = 3600),
        "{ cycle_duration: 1h }",
        "against 30 minutes"
    );
    assert_eq!(entry("{ on_demand: 7 }", |_| {}), "{ on_demand: 0 }");
    assert_eq!(entry("{ on_demand: 7 }", |config| config.on_demand = 7), "{}");
    assert_eq!(
        entry("{ auto_compose: on, compose_vod_transcode_group: hd }", |_| {}),
        "{ auto_compose: off }"
    );
    assert_eq!(
        entry(plain, |config| {
            config.auto_compose = true;
            config.compose_vod_transcode_group = Some(ARCHIVE.into());
        }),
        "{ auto_compose: on, compose_vod_transcode_group: archive }"
    );
    assert_eq!(
        entry("{ storage_location: one.oss-cn-shanghai.aliyuncs.com }", |_| {}),
        "{ storage_location: default }"
    );
}

#[test]
fn groups_have_the_names_of_the_files() {
    let plain = "{ on_demand: 0 }";
    assert_eq!(
        entry(plain, |config| config.vod_transcode_group = ARCHIVE.into()),
        "{ vod_transcode_group: archive }"
    );
    assert_eq!(
        entry(plain, |config| config.vod_transcode_group = "VOD_NO_TRANSCODE".into()),
        "{ vod_transcode_group: VOD_NO_TRANSCODE }"
    );
    let digits = "12345678901234567890123456789012";
    assert_eq!(
        entry(plain, |config| config.vod_transcode_group = digits.into()),
        format!("{{ vod_transcode_group: \"{digits}\" }}")
    );
}

#[test]
fn a_tier_stands_for_exactly_its_settings() {
    let vip = |config: &mut RecordConfig| {
        config.cycle_duration = 900;
        config.auto_compose = true;
        config.compose_vod_transcode_group = Some(ARCHIVE.into());
    };
    assert_eq!(entry("{ on_demand: 0 }", vip), "{ tier: vip }");
    assert_eq!(
        entry("{ auto_compose: on, compose_vod_transcode_group: archive }", vip),
        "{ tier: vip }",
        "also where it repeats something"
    );
    let more = |config: &mut RecordConfig| {
        vip(config);
        config.on_demand = 7;
    };
    assert_eq!(
        entry("{ on_demand: 0 }", more),
        "{ cycle_duration: 15m, auto_compose: on, compose_vod_transcode_group: archive, on_demand: 7 }"
    );
    assert_eq!(entry("{ tier: vip }", vip), "{}");
}

#[test]
fn a_tier_counts_with_those_that_it_names() {
    let text = format!(
        "{}domains:\n  live.example.com:\n    apps:\n      show:\n        streams:\n          a: {{}}\n",
        super::HEAD.replace(
            "tiers: {",
            "tiers: { call: { tier: vip, on_demand: 1 }, other: { cycle_duration: 15m },"
        )
    );
    let account = Account::agreeing(&[("a.yaml", &text)]).with("live.example.com/show/b", |config| {
        config.cycle_duration = 900;
        config.auto_compose = true;
        config.compose_vod_transcode_group = Some(ARCHIVE.into());
        config.on_demand = 1;
    });
    assert!(account.text().ends_with("          b: { tier: call }\n"), "{}", account.text());
    let account = Account::agreeing(&[("a.yaml", &text)])
        .with("live.example.com/show/b", |config| config.cycle_duration = 900);
    assert!(account.text().ends_with("          b: { tier: other }\n"), "{}", account.text());
}

#[test]
fn settings_of_2026_are_written_unless_the_files_leave_them_to_the_service() {
    let newer = |config: &mut RecordConfig| {
        config.delay_time = Some(300);
        config.record_content = Some(words("raw,transcode"));
        config.transcode_templates = Some(words("lld,\"odd\""));
        config.space_id = Some("app-1".into());
        config.transcode_templates = Some(words("lld,123"));
    };
    assert_eq!(
        entry("{ on_demand: 0 }", newer),
        "{ delay_time: 5m, record_content: [raw, transcode], transcode_templates: [\"123\", lld], space_id: app-1 }"
    );
    // The declared neighbour has these in the service, and no file says so.
    let usual = |config: &mut RecordConfig| {
        config.delay_time = Some(240);
        config.storage_location = Some("chosen.oss-cn-shanghai.aliyuncs.com".into());
    };
    assert_eq!(entry("{ on_demand: 0 }", usual), "{}");
    let other = |config: &mut RecordConfig| {
        config.storage_location = Some("mine.oss-cn-shanghai.aliyuncs.com".into())
    };
    assert_eq!(entry("{ on_demand: 0 }", other), "{ storage_location: mine.oss-cn-shanghai.aliyuncs.com }");
}

/// A configuration by format.
fn by_format(config: &mut RecordConfig) {
    let m3u8 = FormatSettings {
        process: Some(Process::Transcode(GROUP.into())),
        slice_duration: Some(10),
        auto_compose: Some(true),
        video: Some(words("origin,compose")),
        tags: Some("gala night".into()),
        ..FormatSettings::default()
    };
    let mp4 = FormatSettings {
        process: Some(Process::Workflow("wf-7".into())),
        slice_duration: Some(30),
        tags: Some(String::new()),
        ..FormatSettings::default()
    };
    let flv = FormatSettings { process: Some(Process::Nothing), ..FormatSettings::default() };
    config.vod_transcode_group = String::new();
    config.record_format = Some([(Format::M3u8, m3u8), (Format::Mp4, mp4), (Format::Flv, flv)].into());
}

#[test]
fn formats_have_lines_of_their_own() {
    let formats = "            record_format:
              flv: {}
              m3u8:
                process: { transcode: hd }
                slice_duration: 10s
                auto_compose: on
                video: [origin, compose]
                tags: \"gala night\"
              mp4: { process: { workflow: wf-7 } }";
    assert_eq!(entry("{ on_demand: 0 }", by_format), formats);
}

#[test]
fn the_kind_switches_where_another_one_is_inherited() {
    let by_mp4 = |config: &mut RecordConfig| {
        config.vod_transcode_group = String::new();
        config.record_format = Some([(Format::Mp4, FormatSettings::default())].into());
    };
    assert_eq!(entry("{ record_format: { mp4: {} } }", by_mp4), "{}");
    assert_eq!(entry("{ record_format: { mp4: {} } }", |_| {}), "{ vod_transcode_group: hd }");
    assert_eq!(
        entry("{ record_format: { mp4: {} } }", |config| {
            config.auto_compose = true;
            config.compose_vod_transcode_group = Some(ARCHIVE.into());
        }),
        "{ vod_transcode_group: hd, auto_compose: on, compose_vod_transcode_group: archive }"
    );
}

#[test]
fn what_no_file_can_say_is_refused_with_the_reason() {
    let account = Account::of(
        "domains:\n  live.example.com:\n    apps:\n      show:\n        streams:\n          a: {}\n",
    )
    .with("live.example.com/show/short", |config| config.cycle_duration = 60)
    .with("live.example.com/show/odd", |config| config.vod_transcode_group = "my-group".into())
    .with("live.example.com/show/none", |config| config.vod_transcode_group = String::new())
    .with("live.example.com/show/lone", |config| config.auto_compose = true)
    .and("live.example.com/show/日本")
    .and("live.example.com/show/good");
    assert_eq!(
        account.refused(),
        [
            "live.example.com/show/lone: `auto_compose` is on without a `compose_vod_transcode_group`",
            "live.example.com/show/none: it has neither a transcode group nor formats",
            "live.example.com/show/odd: the id `my-group` of its transcode group has an unusual form: give it a name under `transcode_groups`",
            "live.example.com/show/short: `1m` is not between 5m and 6h",
            "live.example.com/show/\"日本\": YAML can't name it",
        ]
    );
    assert_eq!(account.merge().unwrap().added, ["live.example.com/show/good".parse().unwrap()]);
}

/// Some errors come from a rule, not from reading the files: such an entry would make every command refuse them.
#[test]
fn what_a_rule_makes_an_error_is_refused() {
    let account = Account::of(
        "domains:\n  live.example.com:\n    apps:\n      show:\n        streams:\n          a: {}\n",
    )
    .with("live.example.com/show/odd", |config| config.record_content = Some(words("raw,transcode")))
    .and("live.example.com/show/good");
    let refused = account.refused();
    assert!(
        refused[0].starts_with("live.example.com/show/odd: ") && refused[0].contains("transcode_templates"),
        "{refused:?}"
    );
    assert_eq!(account.merge().unwrap().added, ["live.example.com/show/good".parse().unwrap()]);
}
