//! Codes that YAML can earn in many ways: inputs that earn one, with the text that is labelled, and such that do not. One of
//! each for every code stands on its page.

use std::collections::BTreeSet;

use livevod::diag::Code;
use livevod::explain::page;

use super::cases::{CASES, Case};
use super::pages::examples;
use super::read;

/// Codes that no text causes, but the file system, the service or the program.
const ELSEWHERE: &[&str] = &[
    "absent-idle",
    "account",
    "base",
    "credentials",
    "difference",
    "domain-state",
    "emulator",
    "group-not-found",
    "group-space",
    "guard",
    "import",
    "journal",
    "lease",
    "link-outside",
    "no-files",
    "not-approved",
    "not-done",
    "not-formatted",
    "not-recorded",
    "not-told",
    "not-utf8",
    "oss-overlap",
    "plan-file",
    "plan-warning",
    "remote",
    "snapshot",
    "space-not-found",
    "store",
    "unknown-outcome",
    "unreadable",
    "unsupported",
    "unwritable",
    "usage",
];

fn whole(text: &str) -> String {
    text.strip_prefix('!').map_or_else(
        || format!("version: 1\ndefaults: {{ vod_transcode_group: VOD_NO_TRANSCODE }}\n{text}\n"),
        str::to_owned,
    )
}

#[test]
fn a_wrong_input_earns_exactly_its_code() {
    for Case { code, labelled, wrong, .. } in CASES {
        let text = whole(wrong);
        assert_eq!(read(&[("a.yaml", &text)]).found(), [(*code, *labelled)], "{text}");
    }
}

#[test]
fn a_right_input_earns_nothing() {
    for Case { code, right, .. } in CASES {
        let text = whole(right);
        let read = read(&[("a.yaml", &text)]);
        assert!(!read.found().iter().any(|(found, _)| found == code), "{text}: {:?}", read.found());
    }
}

#[test]
fn no_code_is_left_out() {
    let mut seen: BTreeSet<&str> = ELSEWHERE.iter().copied().collect();
    let has_examples = |code: &Code| !examples(page(*code), "Wrong").is_empty();
    for code in Code::ALL.iter().filter(|code| has_examples(code)) {
        assert!(seen.insert(code.as_str()), "`{code}` has an example, so a text can earn it");
    }
    assert!(CASES.iter().all(|case| seen.contains(case.code)));
    let all: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(seen, all);
}

#[test]
fn prune_needs_the_domain_in_one_file() {
    let first = "version: 1\ndomains: { a.com: { prune: true, apps: { b: { prune: off, streams: { c: { state: absent } } } } } }\n";
    let second = "version: 1\ndomains: { a.com: { region: cn-shanghai } }\n";
    assert_eq!(
        read(&[("a.yaml", first), ("b.yaml", second)]).found(),
        [("prune-spread", "true"), ("prune-spread", "off")]
    );
    assert_eq!(read(&[("a.yaml", first)]).found(), []);
}

#[test]
fn layouts_do_not_multiply_without_end() {
    let streams: String = (0..2000).map(|stream| format!("s{stream}: , ")).collect();
    let domains: String = (0..51).map(|domain| format!("  d{domain}.com: {{ layout: l }}\n")).collect();
    let layout =
        format!("layouts: {{ l: {{ apps: {{ a: {{ streams: {{ {streams} }} }} }} }} }}\ndomains:\n{domains}");
    assert_eq!(read(&[("a.yaml", &whole(&layout))]).found(), [("limit", "d9.com")]);
}

#[test]
fn patterns_are_limited() {
    let list = |length: usize| (0..length).map(|app| format!("a.com/x{app}, ")).collect::<String>();
    let text = |length| whole(&format!("ignore: [ {} ]\nprotect: [ {} ]", list(1000), list(length)));
    assert_eq!(read(&[("a.yaml", &text(1000))]).found(), []);
    assert_eq!(read(&[("a.yaml", &text(1002))]).found(), [("limit", "a.com/x1000")]);
    let accept = |length: usize| -> String {
        let entry =
            |app| format!("{{ address: a.com/x{app}, field: on_demand, until: 2026-11-23, reason: x }}, ");
        whole(&format!("accept: [ {} ]", (0..length).map(entry).collect::<String>()))
    };
    assert_eq!(read(&[("a.yaml", &accept(1000))]).found(), []);
    assert_eq!(read(&[("a.yaml", &accept(1002))]).found(), [("limit", "a.com/x1000")]);
}

#[test]
fn chains_of_tiers_end() {
    let chain = |length: usize| -> String {
        (0..length).map(|tier| format!("  t{tier}: {{ tier: t{} }}\n", tier + 1)).collect()
    };
    let text = |length| whole(&format!("tiers:\n{}  t{length}:\n", chain(length)));
    assert_eq!(read(&[("a.yaml", &text(15))]).found(), []);
    assert_eq!(read(&[("a.yaml", &text(16))]).found(), [("limit", "t16")]);
}

/// A line that affects many entries gives one finding, which names some of them and the chain of inheritance.
#[test]
fn one_line_is_one_finding() {
    let streams: String = (0..20).map(|stream| format!("s{stream}: , ")).collect();
    let text = whole(&format!(
        "tiers: {{ on: {{ auto_compose: on }} }}\nlayouts: {{ l: {{ apps: {{ a: {{ defaults: {{ tier: \"on\" }}, streams: {{ \
         {streams} }} }} }} }} }}\ndomains: {{ a.com: {{ layout: l }}, b.com: {{ layout: l }} }}"
    ));
    let read = read(&[("a.yaml", &text)]);
    assert_eq!(read.found(), [("missing-compose-group", "on")]);
    let notes: Vec<&str> = read.diagnostics[0].related.iter().map(|note| note.message.as_str()).collect();
    assert_eq!(
        notes,
        [
            "included by `layout: l`",
            "inherited through `tier: on`",
            "applies to 40 configurations: `a.com/a/s0`, `a.com/a/s1`, `a.com/a/s10` and 37 more"
        ]
    );
}

#[test]
fn an_alias_repeats_no_finding() {
    let text = whole("tiers: { a: &a { cycle_duration: 1s }, b: *a, c: *a }");
    let read = read(&[("a.yaml", &text)]);
    assert_eq!(read.found(), [("cycle-range", "1s")]);
    assert_eq!(read.diagnostics[0].related[0].message, "reached 3 times through aliases");
}

/// One run reports everything: a name that is invalid or repeated does not hide what is wrong below it.
#[test]
fn what_has_no_place_is_checked_too() {
    let text = whole(
        "layouts: { x y: { apps: { a: { defaults: { tier: one } } } } }\ntiers: { a: , a: { tier: two } }\ndomains: { A: { defaults: { tier: three }, \
         apps: { b: { streams: { c: { tier: four } } } } }, a.com: { apps: { b: { streams: { d e: { vod_transcode_group: five } } } } } }",
    );
    let read = read(&[("a.yaml", &text)]);
    let found = [
        ("bad-name", "x y"),
        ("unknown-tier", "one"),
        ("duplicate-key", "a"),
        ("unknown-tier", "two"),
        ("bad-name", "A"),
        ("unknown-tier", "three"),
        ("unknown-tier", "four"),
        ("bad-name", "d e"),
        ("unknown-group", "five"),
    ];
    assert_eq!(read.found(), found);
}

#[test]
fn no_finding_follows_from_another() {
    let stream = |settings: &str| {
        format!(
            "version: 1\ndomains: {{ a.com: {{ apps: {{ b: {{ streams: {{ c: {{ {settings} }} }} }} }} }} }}\n"
        )
    };
    let group = "vod_transcode_group: VOD_NO_TRANSCODE";
    for (text, found) in [
        (stream("tier: vip"), ("unknown-tier", "vip")),
        (stream("vod_transcode_grop: VOD_NO_TRANSCODE"), ("unknown-key", "vod_transcode_grop")),
        (stream("vod_transcode_group: hd"), ("unknown-group", "hd")),
        (stream("vod_transcode_group: []"), ("wrong-type", "[]")),
        (stream("state: absnt"), ("bad-value", "absnt")),
        (
            stream(&format!("{group}, auto_compose: on, compose_vod_transcode_group: ")),
            ("blank-value", "compose_vod_transcode_group"),
        ),
        (
            stream(&format!("{group}, auto_compose: yes, compose_vod_transcode_group: VOD_NO_TRANSCODE")),
            ("bad-value", "yes"),
        ),
        (stream("").replace("apps", "layout: tv, apps"), ("unknown-layout", "tv")),
        (stream("") + "defaults: [a]\n", ("wrong-type", "[a]")),
    ] {
        let expected = [found];
        let read = read(&[("a.yaml", &text)]);
        assert_eq!(read.found(), expected, "{text}");
    }
}

/// Entries without a group give one finding, at the narrowest place that would set it for all of them.
#[test]
fn entries_without_a_group_are_one_finding_where_it_is_missing() {
    let file = |domain: &str| {
        format!(
            "version: 1\nlayouts: {{ tv: {{ apps: {{ wall: {{ streams: {{ a: , b: }} }} }} }} }}\ndomains:\n  a.com: {domain}\n"
        )
    };
    let notes = |text: &str| -> (Vec<String>, Vec<String>) {
        let read = read(&[("a.yaml", text)]);
        let all = read.found();
        let groupless = all.iter().filter(|(code, _)| *code == "missing-group");
        let found = groupless.map(|(_, label)| (*label).to_owned());
        let found = found.collect();
        (
            found,
            read.diagnostics.iter().flat_map(|one| &one.related).map(|note| note.message.clone()).collect(),
        )
    };
    let one_app = notes(&file(
        "{ apps: { show: { streams: { x: , y: , z: { vod_transcode_group: VOD_NO_TRANSCODE } } } } }",
    ));
    assert_eq!(
        one_app,
        (vec!["show".into()], vec!["applies to 2 configurations: `a.com/show/x`, `a.com/show/y`".into()])
    );
    let layout = notes(&(file("{ layout: tv }") + "  b.com: { layout: tv }\n"));
    assert_eq!(layout.0, ["wall"]);
    assert_eq!(layout.1[0], "included by `layout: tv`");
    assert_eq!(
        layout.1[1],
        "applies to 4 configurations: `a.com/wall/a`, `a.com/wall/b`, `b.com/wall/a` and 1 more"
    );
    let two_apps = notes(&file("{ layout: tv, apps: { show: { streams: { x: } } } }"));
    assert_eq!(two_apps.0, ["a.com"]);
    let alone = notes(&file("{ apps: { show: { streams: { x: } } } }"));
    assert_eq!(alone, (vec!["x".into()], vec![]));
}

#[test]
fn a_wrong_shape_says_what_to_write() {
    let help = |text: &str| {
        let read = read(&[("a.yaml", &whole(text))]);
        assert_eq!(read.diagnostics.len(), 1, "{text}");
        read.diagnostics[0].help.clone().unwrap()
    };
    for (text, says) in [
        (
            "domains: { a.com: { apps: { b: { streams: [c] } } } }",
            "write keys with values, as in `streams: { cam1: {}, cam2: {} }`",
        ),
        ("tiers: vip", "write keys with values, as in `tiers: { vip: { cycle_duration: 15m } }`"),
        ("tiers: { vip: fast }", "write keys with values, as in `NAME: { KEY: VALUE }`"),
        ("ignore: a.com/b", "write a list, as in `ignore: [ONE, TWO]`"),
        (
            "domains: { a.com: { tier: vip, apps: { b: { streams: { c: {} } } } } }",
            "write it inside `defaults` here (`defaults: { tier: … }`), or in the entry of a stream",
        ),
        (
            "domains: { a.com: { apps: { b: { tier: vip, streams: { c: {} } } } } }",
            "write it inside `defaults` here (`defaults: { tier: … }`), or in the entry of a stream",
        ),
        (
            "tier: vip",
            "write it inside `defaults` here (`defaults: { tier: … }`), or in the entry of a stream",
        ),
        ("regions: cn-shanghai", "did you mean `region`?"),
        ("tiers: { vip: { cycle_duration: [5m] } }", "write exactly one value after `cycle_duration`"),
    ] {
        assert_eq!(help(text), says, "{text}");
    }
}
