//! Each configuration is added where its app or its domain already is; where that does not decide, nothing is added.

use livevod::merge::{MergeError, NewFiles};

use super::Account;

#[test]
fn an_app_or_domain_that_no_file_names_is_added_where_it_belongs() {
    let account = Account::of(
        "layouts:\n  tv:\n    apps:\n      show:\n        defaults: { on_demand: 7 }\n        streams:\n          a: {}\ndomains:\n  live.example.com:\n    layout: tv\n",
    );
    assert_eq!(
        account.clone().with("live.example.com/show/b", |config| config.on_demand = 7).text(),
        "layouts:\n  tv:\n    apps:\n      show:\n        defaults: { on_demand: 7 }\n        streams:\n          a: {}\ndomains:\n  live.example.com:\n    layout: tv\n    apps:\n      show:\n        streams:\n          b: {}\n",
        "what the layout says is inherited"
    );
    let account = Account::of(
        "domains:\n  b.example.com:\n    apps:\n      show:\n        streams:\n          a: {}\n",
    );
    assert_eq!(
        account.and("b.example.com/news/x").and("a.example.com/show/a").and("a.example.com/*/*").text(),
        "domains:\n  a.example.com:\n    apps:\n      \"*\":\n        streams:\n          \"*\": {}\n      show:\n        streams:\n          a: {}\n  b.example.com:\n    apps:\n      news:\n        streams:\n          x: {}\n      show:\n        streams:\n          a: {}\n"
    );
    assert_eq!(
        Account::agreeing(&[("a.yaml", "version: 1\ndefaults: { vod_transcode_group: VOD_NO_TRANSCODE }")])
            .with("a.example.com/show/a", |config| config.vod_transcode_group = "VOD_NO_TRANSCODE".into())
            .text(),
        "version: 1\ndefaults: { vod_transcode_group: VOD_NO_TRANSCODE }\n\ndomains:\n  a.example.com:\n    apps:\n      show:\n        streams:\n          a: { cycle_duration: 30m }"
    );
}

#[test]
fn beside_the_files_of_a_folder_a_domain_gets_a_file_of_its_own() {
    let mut account =
        Account::agreeing(&[("live/common.yaml", super::HEAD), ("live/a.example.com.yaml", "version: 1\n")]);
    account.new_files = NewFiles::In("live/".into());
    account.regions.insert("b.example.com".into(), "ap-southeast-1".into());
    account.regions.insert("c.example.com".into(), "cn-shanghai".into());
    let account =
        account.and("b.example.com/show/on").with("c.example.com/show/a", |config| config.on_demand = 7);
    let (_, merge) = account.clone().and("a.example.com/show/a").merged();
    assert_eq!(merge.edited, []);
    let [(b, b_text), (c, c_text)] = &merge.created[..] else { panic!("{merge:?}") };
    assert_eq!((b.as_str(), c.as_str()), ("live/b.example.com.yaml", "live/c.example.com.yaml"));
    assert_eq!(
        b_text,
        "version: 1\n\ndomains:\n  b.example.com:\n    region: ap-southeast-1\n    apps:\n      show:\n        streams:\n          \"on\": { vod_transcode_group: e2d796d3bb5fd8049d32bff62f94e4c1 }\n",
        "`hd` has no id in that region"
    );
    assert_eq!(
        c_text,
        "version: 1\n\ndomains:\n  c.example.com:\n    apps:\n      show:\n        streams:\n          a: { on_demand: 7 }\n"
    );
    assert_eq!(
        account.and("a.example.com/show/a").refused(),
        [
            "a.example.com/show/a: `live/a.example.com.yaml` exists, but does not name its domain (live/a.example.com.yaml:1)"
        ]
    );
}

/// Two files that declare streams of one app.
fn spread(first: &str, second: &str) -> Account {
    let file = |streams: &str| {
        format!("version: 1\ndomains:\n  live.example.com:\n    apps:\n      show:{streams}\n")
    };
    Account::agreeing(&[("a.yaml", super::HEAD), ("b.yaml", &file(first)), ("c.yaml", &file(second))])
}

#[test]
fn the_file_of_an_app_in_several_files_is_decided_by_its_streams() {
    let edited = |account: Account| {
        let (_, merge) = account.merged();
        let [(file, text)] = &merge.edited[..] else { panic!("{merge:?}") };
        (account.sources.get(*file).name().to_owned(), text.lines().last().unwrap().trim().to_owned())
    };
    let two = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    let block = |names: &str| format!("\n        streams: {{ {names} }}");
    let first = spread("\n        defaults: { on_demand: 0 }", &block("m: {}"));
    assert_eq!(edited(first.and("live.example.com/show/z")), two("c.yaml", "streams: { m: {}, z: {} }"));
    let sorted = spread(&block("a: {}, c: {}"), &block("m: {}, p: {}"));
    assert_eq!(
        edited(sorted.clone().and("live.example.com/show/b")),
        two("b.yaml", "streams: { a: {}, b: {}, c: {} }")
    );
    assert_eq!(
        edited(sorted.clone().and("live.example.com/show/nn")),
        two("c.yaml", "streams: { m: {}, nn: {}, p: {} }")
    );
    let refused = "2 files have `streams` here, and their order does not decide (c.yaml:5)";
    assert_eq!(
        sorted.and("live.example.com/show/f").refused(),
        [format!("live.example.com/show/f: {refused}")]
    );
    let mixed = spread(&block("c: {}, a: {}"), &block("b: {}, d: {}"));
    assert_eq!(
        mixed.and("live.example.com/show/aa").refused(),
        [format!("live.example.com/show/aa: {refused}")]
    );
}

#[test]
fn what_is_also_used_elsewhere_is_not_added_to() {
    let refused = |domains: &str| Account::of(domains).and("live.example.com/show/z").refused();
    let shared = "it is an anchor or an alias, so it is also used elsewhere";
    assert_eq!(
        refused(
            "domains:\n  a.example.com:\n    apps: &tv\n      show:\n        streams:\n          a: {}\n  live.example.com:\n    apps: *tv\n"
        ),
        [format!("live.example.com/show/z: nothing can be added to `apps`: {shared} (livevod.yaml:16)")]
    );
    assert_eq!(
        refused(
            "domains:\n  live.example.com:\n    apps: &tv\n      show:\n        streams:\n          a: {}\n  z.example.com:\n    apps: *tv\n"
        ),
        [format!("live.example.com/show/z: nothing can be added to `apps`: {shared} (livevod.yaml:11)")]
    );
    assert_eq!(
        refused(
            "domains:\n  live.example.com:\n    apps:\n      show:\n        streams:\n          ? a\n          : {}\n"
        ),
        [
            "live.example.com/show/z: nothing can be added to `streams`: its keys are marked with `?` (livevod.yaml:13)"
        ]
    );
    assert_eq!(
        Account::agreeing(&[(
            "a.yaml",
            &super::HEAD.replace("region: cn-shanghai\n", "region: cn-shanghai\r")
        )])
        .and("live.example.com/show/z")
        .refused(),
        [
            "live.example.com/show/z: lines of its file end with a lone carriage return; `livevod fmt` rewrites them"
        ]
    );
}

#[test]
fn ignored_pruned_unsupported_and_absent_ones_are_not_added() {
    let text = format!(
        "{}ignore: [\"**/test/**\"]\ndomains:\n  live.example.com:\n    apps:\n      show:\n        streams: {{ a: {{ state: absent }} }}\n      old:\n        prune: true\n        streams: {{ k: {{}} }}\n",
        super::HEAD
    );
    let mut account = Account::agreeing(&[("a.yaml", &text)])
        .and("live.example.com/show/a")
        .and("live.example.com/test/a")
        .and("live.example.com/old/b")
        .and("other.example.com/test/a")
        .and("live.example.com/show/kept")
        .and("other.example.com/show/kept");
    for name in ["live.example.com/show/kept", "other.example.com/show/kept"] {
        let address = name.parse().unwrap();
        let domain = account.snapshot.domains.get_mut(name.split('/').next().unwrap()).unwrap();
        let remote: &mut livevod::model::Remote = domain.configs.get_mut(&address).unwrap();
        remote.unsupported = Some("there are two".into());
    }
    let merge = account.merge().unwrap();
    assert_eq!((merge.edited, merge.added, merge.ambiguous), Default::default());
}

#[test]
fn what_differs_is_named_and_left_as_it_is() {
    let mut account = Account::of(
        "domains:\n  live.example.com:\n    apps:\n      show:\n        streams: { a: {}, b: {} }\n",
    )
    .and("live.example.com/show/c");
    let address = "live.example.com/show/a".parse().unwrap();
    account
        .snapshot
        .domains
        .get_mut("live.example.com")
        .unwrap()
        .configs
        .get_mut(&address)
        .unwrap()
        .config
        .on_demand = 7;
    let (_, merge) = account.merged();
    assert_eq!(merge.differing, [address]);
    assert!(merge.edited[0].1.ends_with("streams: { a: {}, b: {}, c: {} }\n"));
}

#[test]
fn a_domain_that_no_file_names_needs_a_folder_or_one_file() {
    let files = [("a.yaml", super::HEAD), ("b.yaml", "version: 1\n")];
    let refused = Account::agreeing(&files).and("a.example.com/show/a").refused();
    assert_eq!(refused, ["a.example.com/show/a: no file names its domain, and there are several files"]);
    let text = format!("{}domains:\n  b.example.com:\n    {{}}\n", super::HEAD);
    let account = Account::agreeing(&[("a.yaml", &text), ("b.yaml", "version: 1\n")]);
    let (_, merge) = account.and("a.example.com/show/a").and("b.example.com/show/a").merged();
    let added = "domains:\n  a.example.com:\n    apps:\n      show:\n        streams:\n          a: {}\n  b.example.com:\n    { apps: { show: { streams: { a: {} } } } }\n";
    assert!(merge.edited[0].1.ends_with(added), "{}", merge.edited[0].1);
}

#[test]
fn files_with_errors_are_not_merged_into() {
    let mut account = Account::of("");
    account.sources.add(livevod::source::Source::new("b.yaml", "version: 1\ndomain: {}\n"));
    let Err(MergeError::Faulty(errors)) = account.and("live.example.com/show/c").merge() else {
        panic!("merged")
    };
    assert_eq!(errors[0].message, "`domain` is not a known key here");
}
