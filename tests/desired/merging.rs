//! Several files are read as one document.

use livevod::model::Field;

use super::read;

const COMMON: &str = "version: 1
region: cn-shanghai
transcode_groups: { hd: { cn-shanghai: e2d796d3bb5fd8049d32bff62f94e4c1 } }
defaults: { vod_transcode_group: hd }
tiers: { vip: { cycle_duration: 15m } }
layouts: { tv: { apps: { show: { streams: { \"*\": } } } } }
ignore: [a.com/one]
protect: [a.com/show/cam1]
accept: [{ address: a.com/show/cam1, field: on_demand, until: 2026-12-24, reason: one }]
domains: { a.com: { apps: { show: { streams: { cam1: } } } } }
";

const MORE: &str = "version: 1
transcode_groups: { hd: { ap-southeast-1: 77aa0d5ce0dd4bb9a1b7b5dba1f7c0bb } }
tiers: { vip: { on_demand: 0 } }
layouts: { tv: { apps: { show: { streams: { news: { tier: vip } } } } } }
ignore: [a.com/two]
protect: [b.com]
accept: [{ address: b.com, field: vod_transcode_group, value: hd, until: 2026-12-24, reason: \"two \\n lines\" }]
domains:
  a.com: { layout: tv, apps: { show: { defaults: { tier: vip }, streams: { cam2: } } } }
  b.com: { region: ap-southeast-1, layout: tv }
";

#[test]
fn maps_merge_and_lists_join() {
    for files in [[("a.yaml", COMMON), ("b.yaml", MORE)], [("a.yaml", MORE), ("b.yaml", COMMON)]] {
        let read = read(&files);
        assert_eq!(read.errors(), [""; 0]);
        let streams: Vec<&str> =
            read.desired.domains["a.com"].entries.keys().map(|address| &*address.stream).collect();
        assert_eq!(streams, ["*", "cam1", "cam2", "news"]);
        assert_eq!(read.value("a.com/show/cam1", Field::CycleDuration), "15m tier vip <15m> via tier: vip");
        let group = read.resolved("b.com/show/news").unwrap().config.vod_transcode_group.clone();
        assert_eq!(group, "77aa0d5ce0dd4bb9a1b7b5dba1f7c0bb");
        assert_eq!((read.desired.ignore.len(), read.desired.protect.len()), (2, 2));
        let reasons = read.desired.accept.iter().map(|accepted| accepted.reason.value.as_str());
        assert_eq!(reasons.collect::<std::collections::BTreeSet<_>>(), ["one", "two lines"].into());
    }
}

#[test]
fn what_stands_once_is_labelled_at_both_places() {
    let one = |body: &str| format!("version: 1\n{body}\n");
    for (first, second, labelled) in [
        ("account: \"1\"", "account: \"1\"", "\"1\""),
        ("region: cn-shanghai", "region: cn-beijing", "cn-beijing"),
        ("defaults: { cycle_duration: 5m }", "defaults: { on_demand: 0 }", "defaults"),
        ("tiers: { vip: { cycle_duration: 5m } }", "tiers: { vip: { cycle_duration: 6m } }", "6m"),
        (
            "transcode_groups: { hd: VOD_NO_TRANSCODE }",
            "transcode_groups: { hd: { cn-shanghai: VOD_NO_TRANSCODE } }",
            "hd",
        ),
        (
            "domains: { a.com: { region: cn-shanghai } }",
            "domains: { a.com: { region: cn-shanghai } }",
            "cn-shanghai",
        ),
        ("domains: { a.com: { defaults: {} } }", "domains: { a.com: { defaults: {} } }", "defaults"),
        (
            "layouts: { a: , b: }\ndomains: { a.com: { layout: a } }",
            "domains: { a.com: { layout: [b] } }",
            "[b]",
        ),
        (
            "domains: { a.com: { apps: { show: { streams: { cam: { state: absent } } } } } }",
            "domains: { a.com: { apps: { show: { streams: { cam: { state: absent } } } } } }",
            "cam",
        ),
    ] {
        let (one, two) = (one(first), one(second));
        let read = read(&[("a.yaml", &one), ("b.yaml", &two)]);
        assert_eq!(read.found(), [("conflict", labelled)], "{first}");
        let files: Vec<&str> =
            read.diagnostics[0].labels.iter().map(|label| read.sources.get(label.span.file).name()).collect();
        assert_eq!(files, ["b.yaml", "a.yaml"]);
    }
}

#[test]
fn lists_of_layouts_join() {
    let first = "version: 1\ndefaults: { vod_transcode_group: VOD_NO_TRANSCODE }\nlayouts: { a: { apps: { one: { streams: \
                 { \"*\": } } } }, b: { apps: { two: { streams: { \"*\": } } } } }\ndomains: { a.com: { layout: [a] } }\n";
    let read = read(&[("a.yaml", first), ("b.yaml", "version: 1\ndomains: { a.com: { layout: [b] } }\n")]);
    assert_eq!(read.found(), []);
    assert_eq!(read.desired.domains["a.com"].entries.len(), 2);
}

/// The contents of a file that could not be read are not reported as missing elsewhere.
#[test]
fn a_broken_file_causes_no_further_findings() {
    let uses = "version: 1\ndomains: { a.com: { layout: tv, apps: { show: { streams: { cam: { tier: vip } } } } } }\n";
    let read = read(&[("a.yaml", uses), ("b.yaml", "version: 1\ntiers: [")]);
    assert_eq!(read.found().len(), 1);
    assert_eq!(read.found()[0].0, "syntax");
    assert!(read.document.partial);
}
