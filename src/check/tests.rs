//! What the rules find in small files, in the order of the rules.

use super::*;
use crate::config::parse;
use crate::diag::{Code, Severity};
use crate::model::{Address, DomainSnapshot, RecordConfig, Remote, Snapshot, StreamSpelling};
use crate::resolve::resolve;
use crate::source::{Source, Sources};

fn read(text: &str) -> (Sources, Document, Desired) {
    let mut sources = Sources::default();
    sources.add(Source::new("livevod.yaml", text));
    let (document, problems) = parse(&sources);
    assert_eq!(problems, []);
    let (desired, problems) = resolve(&document);
    assert_eq!(problems, []);
    (sources, document, desired)
}

/// The findings for one file and what the service has: each code with its severity and the text under its first label.
/// `held` are the addresses with a configuration, in the domains `read`.
fn found_listed(text: &str, held: &[&str], read: &[&str]) -> Vec<(Code, Severity, String)> {
    let (sources, document, desired) = self::read(text);
    let mut snapshot = Snapshot::default();
    snapshot.domains.extend(read.iter().map(|name| ((*name).into(), DomainSnapshot::default())));
    for address in held {
        let address: Address = address.parse().unwrap();
        let remote = Remote {
            config: RecordConfig::default(),
            spelling: StreamSpelling::Named,
            create_time: None,
            unsupported: None,
        };
        snapshot.domains.get_mut(&address.domain).unwrap().configs.insert(address, remote);
    }
    let row = |one: Diagnostic| (one.code, one.severity, sources.text(one.labels[0].span).to_owned());
    super::found_listed(&desired, &document.allows, &snapshot).into_iter().map(row).collect()
}

/// What the rules find in one file on 2026-11-22: each code with the text under its first label.
fn found(text: &str) -> Vec<(Code, String)> {
    let (sources, document, desired) = read(text);
    check(&document, &desired, jiff::civil::date(2026, 11, 22))
        .into_iter()
        .map(|found| (found.code, sources.text(found.labels[0].span).to_owned()))
        .collect()
}

/// A file whose app `show` on `a.com` has these streams, below `top`.
fn streams(top: &str, streams: &str) -> String {
    format!(
        "version: 1\ndefaults: {{ vod_transcode_group: VOD_NO_TRANSCODE }}\n{top}\n\
         domains: {{ a.com: {{ apps: {{ show: {{ streams: {{ {streams} }} }} }} }} }}\n"
    )
}

#[test]
fn absent_idle_only_where_a_whole_domain_shows_that_nothing_is_there() {
    let text = streams("", "cam: {}, old: { state: absent }");
    let idle = (Code::AbsentIdle, Severity::Advice, "absent".to_owned());
    assert_eq!(found_listed(&text, &["a.com/show/cam"], &["a.com"]), [idle]);
    assert_eq!(found_listed(&text, &["a.com/show/old"], &["a.com"]), []);
    assert_eq!(found_listed(&text, &[], &[]), []);
}

#[test]
fn absent_still_recorded_a_wider_entry_that_records_by_itself() {
    let absent =
        |beside: &str| found(&streams("", &format!("main: {{}}, cam: {{ state: absent }}, {beside}")));
    assert_eq!(absent("\"*\": {}"), [(Code::AbsentStillRecorded, "absent".into())]);
    let on_demand = absent("\"*\": { on_demand: 7 }");
    assert!(on_demand.iter().all(|(code, _)| *code != Code::AbsentStillRecorded), "{on_demand:?}");
    assert_eq!(absent("\"*\": { state: absent }"), []);
    assert_eq!(absent("other: {}"), []);
}

#[test]
fn case_only_streams_and_apps() {
    assert_eq!(found(&streams("", "cam1: {}, CAM1: {}, cam2: {}")), [(Code::CaseOnly, "cam1".into())]);
    assert_eq!(found(&streams("", "cam1: {}, cam2: {}")), []);
    let apps = "version: 1\ndefaults: { vod_transcode_group: VOD_NO_TRANSCODE }\n\
                domains: { a.com: { apps: { Show: { streams: { a: } }, show: { streams: { b: , c: } } } } }\n";
    assert_eq!(found(apps), [(Code::CaseOnly, "b".into())]);
}

#[test]
fn compose_group_idle_a_group_that_no_entry_merges_with() {
    let group = "compose_vod_transcode_group: VOD_NO_TRANSCODE";
    let idle = [(Code::ComposeGroupIdle, "VOD_NO_TRANSCODE".into())];
    assert_eq!(found(&streams("", &format!("cam: {{ {group} }}"))), idle);
    assert_eq!(found(&streams("", &format!("cam: {{ {group}, auto_compose: off }}"))), idle);
    assert_eq!(found(&streams("", &format!("cam: {{ {group}, auto_compose: on }}"))), []);
    assert_eq!(found(&streams("", "cam: { compose_vod_transcode_group: default }")), []);
    let tiers = format!("tiers: {{ vip: {{ {group} }} }}");
    let shared = streams(&tiers, "cam: { tier: vip }, main: { tier: vip, auto_compose: on }");
    assert_eq!(found(&shared), [], "one entry that merges is enough");
}

#[test]
fn compose_limit_forty_files_that_end_within_a_day() {
    let merged = |settings: &str| {
        let group = "compose_vod_transcode_group: VOD_NO_TRANSCODE";
        found(&streams("", &format!("cam: {{ {group}, {settings} }}")))
    };
    let short = [(Code::ComposeLimit, "35m59s".into())];
    assert_eq!(merged("auto_compose: on, cycle_duration: 35m59s"), short);
    assert_eq!(merged("auto_compose: on, cycle_duration: 36m"), []);
    let idle = [(Code::ComposeGroupIdle, "VOD_NO_TRANSCODE".into())];
    assert_eq!(merged("auto_compose: off, cycle_duration: 30m"), idle);
}

#[test]
fn declared_ignored_one_pattern_is_one_finding() {
    let pattern = "ignore: [a.com/show/test-*]";
    assert_eq!(
        found(&streams(pattern, "test-1: {}, test-2: { state: absent }, cam: {}")),
        [(Code::DeclaredIgnored, "a.com/show/test-*".into())]
    );
    assert_eq!(found(&streams(pattern, "cam: {}, \"*\": {}")), []);
}

#[test]
fn on_demand_value_anything_but_zero() {
    let tier = "tiers: { manual: { on_demand: 7 } }";
    assert_eq!(
        found(&streams(tier, "a: { tier: manual }, b: { tier: manual }")),
        [(Code::OnDemandValue, "7".into())]
    );
    assert_eq!(found(&streams(tier, "a: { tier: manual, on_demand: 0 }")), []);
}

const UNMATCHED: Code = Code::PatternWithoutMatch;

#[test]
fn pattern_without_match_the_files_show_a_domain_that_is_none_of_theirs() {
    let patterns = "protect: [b.com/show, \"**/vip\", a.com]\nignore: [\"*.org\"]";
    let text = streams(patterns, "cam: {}");
    assert_eq!(found(&text), [(UNMATCHED, "b.com/show".into()), (UNMATCHED, "\"*.org\"".into())]);
    let shared = "version: 1\nprotect: [b.com/show]\n";
    assert_eq!(found(shared), [], "a file of shared patterns names no domain");
}

#[test]
fn pattern_without_match_a_read_domain_shows_what_matches_nothing_in_it() {
    let text = |pattern: &str| streams(pattern, "cam: {}, old: { state: absent }");
    let held = ["a.com/news/desk", "a.com/show/old"];
    let listed = |pattern: &str| found_listed(&text(pattern), &held, &["a.com"]);
    for matching in ["a.com/show/cam", "a.com/show/old", "a.com/news", "**/news/*esk", "a.com"] {
        assert_eq!(listed(&format!("protect: [\"{matching}\"]")), [], "{matching}");
    }
    for slip in ["a.com/show/*", "a.com/sport", "a.com/news/desk-?", "**/vip"] {
        let row = (UNMATCHED, Severity::Warning, format!("\"{slip}\""));
        assert_eq!(listed(&format!("protect: [\"{slip}\"]")), [row], "{slip}");
    }
    assert_eq!(listed("protect: [b.com/show]"), [], "the files showed that already");
}

#[test]
fn pattern_without_match_what_must_be_recorded_needs_no_configuration() {
    let listed = |text: &str| found_listed(&streams(text, "cam: {}"), &[], &["a.com"]);
    assert_eq!(listed("must_record: [a.com/sport/final]"), []);
    let text = streams("must_record: [b.com/show]", "cam: {}");
    assert_eq!(found(&text), [(UNMATCHED, "b.com/show".into())]);
}

#[test]
fn pattern_without_match_what_a_glob_ignores_may_come_and_go() {
    let listed = |pattern: &str| found_listed(&streams(pattern, "cam: {}"), &[], &["a.com"]);
    let row = |severity| [(UNMATCHED, severity, "a.com/test".to_owned())];
    assert_eq!(listed("ignore: [a.com/test]"), row(Severity::Warning));
    assert_eq!(listed("ignore: [a.com/test-*]")[0].1, Severity::Advice);
    assert_eq!(listed("protect: [a.com/test-*]")[0].1, Severity::Warning);
}

#[test]
fn pattern_without_match_a_domain_that_was_not_read_shows_nothing() {
    let text = streams("protect: [\"**/vip\"]", "cam: {}").replace("a.com: {", "b.com: {}, a.com: {");
    assert_eq!(found_listed(&text, &[], &["a.com"]), []);
    assert_eq!(found_listed(&text, &["b.com/vip/x"], &["a.com", "b.com"]), []);
    assert_eq!(found_listed(&text, &[], &["a.com", "b.com"]).len(), 1);
}

#[test]
fn prune_without_streams_where_nothing_is_declared() {
    let domain = |block: &str| found(&format!("version: 1\ndomains: {{ a.com: {{ {block} }} }}\n"));
    assert_eq!(domain("prune: true"), [(Code::PruneWithoutStreams, "true".into())]);
    assert_eq!(domain("prune: on, apps: { show: {} }"), [(Code::PruneWithoutStreams, "on".into())]);
    assert_eq!(domain("prune: false"), []);
    let cam = "apps: { show: { streams: { cam: { vod_transcode_group: VOD_NO_TRANSCODE } } }";
    assert_eq!(domain(&format!("prune: true, {cam} }}")), []);
    let bare = format!("{cam}, news: {{ prune: yes }} }}").replace("yes", "on");
    assert_eq!(domain(&bare), [(Code::PruneWithoutStreams, "on".into())]);
    for near in ["sho", "show2", "\"*\"", "a", "z"] {
        let beside = format!("{cam}, {near}: {{ prune: on }} }}");
        assert_eq!(domain(&beside).len(), 1, "`{near}` has no stream of `show`");
    }
    assert_eq!(domain(&cam.replace("show: {", "show: { prune: on,").replace("} } }", "} } } }")), []);
}

#[test]
fn redundant_value_a_value_that_its_block_would_have_without_it() {
    let text = |app: &str, cam: &str| {
        streams("", &format!("cam: {{ {cam} }}"))
            .replace("VOD_NO_TRANSCODE }", "VOD_NO_TRANSCODE, cycle_duration: 1h }")
            .replace("show: {", &format!("show: {{ defaults: {{ {app} }},"))
    };
    let repeats = |value: &str| [(Code::RedundantValue, value.to_owned())];
    assert_eq!(found(&text("", "cycle_duration: 60m")), repeats("60m"), "the value counts, not its text");
    assert_eq!(found(&text("cycle_duration: 3600", "")), repeats("3600"));
    assert_eq!(found(&text("cycle_duration: 2h", "cycle_duration: 1h")), [], "the nearest is another one");
    assert_eq!(found(&text("", "cycle_duration: default")), []);
}

#[test]
fn redundant_value_what_is_the_same_in_one_place_alone_is_needed_in_the_other() {
    let layout = "layouts: { tv: { apps: { wall: { streams: { cam: { cycle_duration: 1h } } } } } }";
    let file = |other: &str| {
        format!(
            "version: 1\ndefaults: {{ vod_transcode_group: VOD_NO_TRANSCODE, cycle_duration: 1h }}\n{layout}\n\
             domains:\n  a.com: {{ layout: tv }}\n  b.com: {{ layout: tv{other} }}\n"
        )
    };
    assert_eq!(found(&file("")), [(Code::RedundantValue, "1h".into())]);
    assert_eq!(found(&file(", defaults: { cycle_duration: 2h }")), []);
}

#[test]
fn redundant_value_a_group_that_leaves_inherited_formats_out_is_needed() {
    let text = |app: &str, cam: &str| {
        streams("", &format!("cam: {{ {cam} }}"))
            .replace("show: {", &format!("show: {{ defaults: {{ {app} }},"))
    };
    let group = "vod_transcode_group: VOD_NO_TRANSCODE";
    assert_eq!(found(&text("record_format: { mp4: {} }", group)), []);
    assert_eq!(found(&text("delay_time: 5m", group)), [(Code::RedundantValue, "VOD_NO_TRANSCODE".into())]);
}

#[test]
fn short_cycle_under_twenty_minutes_unless_the_merged_file_says_it() {
    let cam = |settings: &str| found(&streams("", &format!("cam: {{ {settings} }}")));
    assert_eq!(cam("cycle_duration: 19m59s"), [(Code::ShortCycle, "19m59s".into())]);
    assert_eq!(cam("cycle_duration: 20m"), []);
    let merged = "cycle_duration: 15m, auto_compose: on, compose_vod_transcode_group: VOD_NO_TRANSCODE";
    assert_eq!(cam(merged), [(Code::ComposeLimit, "15m".into())]);
    let by_format = |auto_compose: &str| {
        let process = "process: { transcode: e2d796d3bb5fd8049d32bff62f94e4c1 }";
        cam(&format!(
            "cycle_duration: 15m, record_format: {{ mp4: {{ {process}, auto_compose: {auto_compose} }} }}"
        ))
    };
    assert_eq!(by_format("on"), [(Code::ComposeLimit, "15m".into())]);
    assert_eq!(by_format("off"), [(Code::ShortCycle, "15m".into())]);
}

#[test]
fn star_not_inherited_what_an_entry_beside_the_star_lacks() {
    let beside =
        |cam: &str| found(&streams("", &format!("\"*\": {{ cycle_duration: 2h }}, cam: {{ {cam} }}")));
    assert_eq!(beside(""), [(Code::StarNotInherited, "2h".into())]);
    assert_eq!(beside("cycle_duration: 3h"), [], "an entry that writes its own value is not surprising");
    assert_eq!(beside("cycle_duration: default"), []);
    assert_eq!(beside("state: absent").len(), 1, "only that the star records it");
    for near in ["sho", "show-2", "\"*\"", "a", "z"] {
        let text = streams("", "\"*\": { cycle_duration: 2h }, main: { cycle_duration: 3h }");
        let text = text.replace("apps: {", &format!("apps: {{ {near}: {{ streams: {{ cam: {{}} }} }},"));
        assert_eq!(found(&text), [], "`{near}` is another app");
    }
    let inherited =
        streams("", "\"*\": {}, cam: {}").replace("show: {", "show: { defaults: { cycle_duration: 2h },");
    assert_eq!(found(&inherited), []);
}

#[test]
fn storage_prune_a_location_where_prune_deletes() {
    let location = "vod.oss-cn-shanghai.aliyuncs.com";
    let cam = streams("", &format!("cam: {{ storage_location: {location} }}"));
    assert_eq!(found(&cam), []);
    let pruned = cam.replace("a.com: {", "a.com: { prune: true,");
    assert_eq!(found(&pruned), [(Code::StoragePrune, location.into())]);
    assert_eq!(found(&pruned.replace("show: {", "show: { prune: off,")), []);
}

#[test]
fn storage_region_a_bucket_elsewhere_than_its_domain() {
    let cam = |region: &str| {
        let location = "cam: { storage_location: vod.oss-cn-shanghai.aliyuncs.com }";
        found(&streams(&format!("region: {region}"), location))
    };
    let elsewhere = (Code::StorageRegion, "vod.oss-cn-shanghai.aliyuncs.com".to_owned());
    assert_eq!(cam("eu-central-1"), [elsewhere]);
    assert_eq!(cam("cn-shanghai"), []);
    assert_eq!(storage_region::of("vod.oss-cn-shanghai.aliyuncs.com"), Some("cn-shanghai"));
    for other in ["vod", ".oss-cn-shanghai.aliyuncs.com", "vod.oss-.aliyuncs.com", "vod.oss-a.b.aliyuncs.com"]
    {
        assert_eq!(storage_region::of(other), None, "{other}");
    }
}

#[test]
fn unused_defaults_a_block_with_no_entry_below() {
    let app = |app: &str| streams("", "cam: {}").replace("apps: {", &format!("apps: {{ news: {{ {app} }},"));
    let unused = [(Code::UnusedDefaults, "defaults".into())];
    assert_eq!(found(&app("defaults: { cycle_duration: 2h }")), unused);
    assert_eq!(found(&app("defaults: { cycle_duration: 2h }, streams: { x: { state: absent } }")), unused);
    assert_eq!(found(&app("defaults: { cycle_duration: 2h }, streams: { x: {} }")), []);
    assert_eq!(found("version: 1\ndefaults: { cycle_duration: 2h }\n"), [], "a shared file declares nothing");
}

#[test]
fn unused_group_a_name_that_stands_nowhere() {
    let id = "e2d796d3bb5fd8049d32bff62f94e4c1";
    let groups = format!("transcode_groups: {{ hd: {id}, sd: {id} }}");
    let cam = |group: &str| found(&streams(&groups, &format!("cam: {{ vod_transcode_group: {group} }}")));
    assert_eq!(cam("hd"), [(Code::UnusedGroup, "sd".into())]);
    assert_eq!(cam(id), [(Code::UnusedGroup, "hd".into()), (Code::UnusedGroup, "sd".into())]);
    let merged = "vod_transcode_group: hd, auto_compose: on, compose_vod_transcode_group: sd";
    assert_eq!(found(&streams(&groups, &format!("cam: {{ {merged} }}"))), []);
    assert_eq!(found(&format!("version: 1\n{groups}\n")), [], "a shared file declares nothing");
}

#[test]
fn unused_layout_one_that_no_domain_has() {
    let layouts = "layouts: { tv: { apps: { wall: { streams: { cam: {} } } } }, radio: {} }";
    let text = streams(layouts, "cam: {}");
    let radio = (Code::UnusedLayout, "radio".to_owned());
    assert_eq!(found(&text), [(Code::UnusedLayout, "tv".into()), radio.clone()]);
    assert_eq!(found(&text.replace("a.com: {", "a.com: { layout: tv,")), [radio]);
    assert_eq!(found(&text.replace("a.com: {", "a.com: { layout: [tv, radio],")), []);
    assert_eq!(found(&format!("version: 1\n{layouts}\n")), [], "a shared file declares nothing");
}

#[test]
fn unused_tier_one_that_nothing_leads_to() {
    let tiers =
        "tiers: { vip: { tier: long }, long: { cycle_duration: 2h }, old: { tier: older }, older: {} }";
    let unused = |name: &str| (Code::UnusedTier, name.to_owned());
    assert_eq!(found(&streams(tiers, "cam: { tier: vip }")), [unused("old"), unused("older")]);
    assert_eq!(found(&streams(tiers, "cam: { tier: vip }, main: { tier: old }")), []);
    assert_eq!(found(&format!("version: 1\n{tiers}\n")), [], "a shared file declares nothing");
}

#[test]
fn unusual_group_ids_by_region_too() {
    let text = "version: 1\ntranscode_groups:\n  good: e2d796d3bb5fd8049d32bff62f94e4c1\n  \
                none: VOD_NO_TRANSCODE\n  odd: my-group\n  two: { cn-shanghai: e2d7, eu-central-1: \
                6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa }\n";
    assert_eq!(found(text), [(Code::UnusualGroup, "my-group".into()), (Code::UnusualGroup, "e2d7".into())]);
}

#[test]
fn unusual_storage_what_is_no_host_of_a_bucket() {
    let cam = |location: &str| found(&streams("", &format!("cam: {{ storage_location: {location} }}")));
    assert_eq!(cam("bucket.example.com"), [(Code::UnusualStorage, "bucket.example.com".into())]);
    assert_eq!(cam("vod.oss-cn-shanghai.aliyuncs.com"), []);
    assert_eq!(cam("default"), []);
}
