//! Codes that YAML can earn in many ways: inputs that earn one, with the text that is labelled, and such that do not. One of
//! each for every code stands on its page.

use std::collections::BTreeSet;

use livevod::diag::Code;
use livevod::explain::page;

use super::pages::examples;
use super::read;

/// Codes that no text can earn: the file system, the service and the program do.
const ELSEWHERE: &[&str] = &[
    "absent-idle",
    "account",
    "credentials",
    "difference",
    "domain-state",
    "emulator",
    "group-not-found",
    "guard",
    "journal",
    "link-outside",
    "no-files",
    "not-approved",
    "not-done",
    "not-formatted",
    "not-utf8",
    "oss-overlap",
    "plan-file",
    "plan-warning",
    "remote",
    "snapshot",
    "unknown-outcome",
    "unreadable",
    "unsupported",
    "unwritable",
    "usage",
];

struct Case {
    code: &'static str,
    labelled: &'static str,
    wrong: &'static str,
    right: &'static str,
}

/// The inputs follow `version: 1` and a group for everything, unless they begin with `version` or `!`, which is cut off.
const CASES: &[Case] = &[
    Case { code: "syntax", labelled: "@", wrong: "!version: 1\naccount: @\n", right: "account: \"1\"" },
    Case {
        code: "syntax",
        labelled: "{",
        wrong: "tiers: { a: { cycle_duration: 5m }",
        right: "tiers: { a: { cycle_duration: 5m } }",
    },
    Case { code: "empty-file", labelled: "", wrong: "!# nothing\n", right: "# nothing" },
    Case { code: "several-documents", labelled: "---", wrong: "---\nversion: 1", right: "# ---" },
    Case {
        code: "alias-bomb",
        labelled: "*a",
        wrong: "tiers: &a { b: *a }",
        right: "tiers: { a: &a { cycle_duration: 5m }, b: *a }",
    },
    Case {
        code: "unknown-alias",
        labelled: "*a",
        wrong: "tiers: { b: *a }",
        right: "tiers: { a: &a { cycle_duration: 5m }, b: *a }",
    },
    Case {
        code: "merge-key",
        labelled: "<<",
        wrong: "tiers: { a: &a { cycle_duration: 5m }, b: { <<: *a } }",
        right: "tiers: { a: { cycle_duration: 5m }, b: { tier: a } }",
    },
    Case { code: "tag", labelled: "!!str", wrong: "account: !!str 1", right: "account: 1" },
    Case {
        code: "tag",
        labelled: "!vip",
        wrong: "tiers: { a: !vip { cycle_duration: 5m } }",
        right: "tiers: { a: { cycle_duration: 5m } }",
    },
    Case {
        code: "unknown-key",
        labelled: "cycle_duraton",
        wrong: "tiers: { a: { cycle_duraton: 5m } }",
        right: "tiers: { a: { cycle_duration: 5m } }",
    },
    Case {
        code: "unknown-key",
        labelled: "prune",
        wrong: "layouts: { a: { apps: { b: { prune: on } } } }",
        right: "domains: { a.com: { apps: { b: { prune: on } } } }",
    },
    Case {
        code: "unknown-key",
        labelled: "state",
        wrong: "tiers: { a: { state: absent } }",
        right: "domains: { a.com: { apps: { b: { streams: { c: { state: absent } } } } } }",
    },
    Case {
        code: "duplicate-key",
        labelled: "a",
        wrong: "tiers: { a: , b: , a: }",
        right: "tiers: { a: , b: }",
    },
    Case {
        code: "duplicate-key",
        labelled: "a",
        wrong: "layouts: { a: }\ndomains: { a.com: { layout: [a, a] } }",
        right: "layouts: { a: }\ndomains: { a.com: { layout: [a] } }",
    },
    Case { code: "wrong-type", labelled: "[]", wrong: "tiers: []", right: "tiers: {}" },
    Case {
        code: "duplicate-key",
        labelled: "a",
        wrong: "tiers: { &k a: , *k : }",
        right: "tiers: { &k a: { cycle_duration: 5m } }",
    },
    Case {
        code: "wrong-type",
        labelled: "none",
        wrong: "tiers: none\ndomains: { a.com: { defaults: { tier: vip } } }",
        right: "tiers: { vip: }\ndomains: { a.com: { defaults: { tier: vip } } }",
    },
    Case { code: "wrong-type", labelled: "a.com", wrong: "ignore: a.com", right: "ignore: [a.com]" },
    Case { code: "wrong-type", labelled: "[x]", wrong: "tiers: { [x]: {} }", right: "tiers: { x: {} }" },
    Case { code: "wrong-type", labelled: "just text", wrong: "!just text\n", right: "# just text" },
    Case { code: "blank-value", labelled: "account", wrong: "account:", right: "account: 1" },
    Case { code: "blank-value", labelled: "null", wrong: "region: null", right: "region: cn-a" },
    Case {
        code: "blank-value",
        labelled: "''",
        wrong: "tiers: { a: { storage_location: '' } }",
        right: "tiers: { a: { storage_location: default } }",
    },
    Case { code: "blank-value", labelled: "domains", wrong: "domains:", right: "domains: {}" },
    Case { code: "missing-version", labelled: "region", wrong: "!region: cn-a\n", right: "region: cn-a" },
    Case { code: "unsupported-version", labelled: "2", wrong: "!version: 2\n", right: "# version: 2" },
    Case {
        code: "bad-account",
        labelled: "me@example.com",
        wrong: "account: me@example.com",
        right: "account: 0123",
    },
    Case {
        code: "bad-region",
        labelled: "CN-Shanghai",
        wrong: "region: CN-Shanghai",
        right: "region: cn-shanghai",
    },
    Case {
        code: "bad-name",
        labelled: "Live.Example.com",
        wrong: "domains: { Live.Example.com: }",
        right: "domains: { live.example.com: }",
    },
    Case {
        code: "bad-name",
        labelled: "cam*",
        wrong: "layouts: { a: { apps: { b: { streams: { cam*: } } } } }",
        right: "layouts: { a: { apps: { b: { streams: { \"*\": } } } } }",
    },
    Case {
        code: "bad-pattern",
        labelled: "a.com/b/c/d",
        wrong: "protect: [a.com/b/c/d]",
        right: "protect: [a.com/b/c]",
    },
    Case {
        code: "bad-date",
        labelled: "tomorrow",
        wrong: "domains: { a.com: { apps: { b: { streams: { c: { expires: tomorrow } } } } } }",
        right: "domains: { a.com: { apps: { b: { streams: { c: { expires: 2026-11-23 } } } } } }",
    },
    Case {
        code: "bad-value",
        labelled: "maybe",
        wrong: "tiers: { a: { auto_compose: maybe } }",
        right: "tiers: { a: { auto_compose: True } }",
    },
    Case {
        code: "bad-value",
        labelled: "no id",
        wrong: "transcode_groups: { a: no id }",
        right: "transcode_groups: { a: VOD_NO_TRANSCODE }",
    },
    Case {
        code: "cycle-range",
        labelled: "6h1s",
        wrong: "tiers: { a: { cycle_duration: 6h1s } }",
        right: "tiers: { a: { cycle_duration: 6h } }",
    },
    Case {
        code: "unknown-tier",
        labelled: "vpi",
        wrong: "tiers: { vip: , a: { tier: vpi } }",
        right: "tiers: { vip: , a: { tier: vip } }",
    },
    Case {
        code: "unknown-layout",
        labelled: "tv",
        wrong: "domains: { a.com: { layout: tv } }",
        right: "layouts: { tv: }\ndomains: { a.com: { layout: tv } }",
    },
    Case {
        code: "unknown-group",
        labelled: "hd",
        wrong: "tiers: { a: { vod_transcode_group: hd } }",
        right: "transcode_groups: { hd: VOD_NO_TRANSCODE }\ntiers: { a: { vod_transcode_group: hd } }",
    },
    Case {
        code: "unknown-group",
        labelled: "e2d796d3",
        wrong: "tiers: { a: { compose_vod_transcode_group: e2d796d3 } }",
        right: "tiers: { a: { compose_vod_transcode_group: e2d796d3bb5fd8049d32bff62f94e4c1 } }",
    },
    Case {
        code: "group-region",
        labelled: "hd",
        wrong: "region: cn-b\ntranscode_groups: { hd: { cn-a: VOD_NO_TRANSCODE } }\ndomains: { a.com: { apps: { b: { streams: { c: { vod_transcode_group: hd } } } } } }",
        right: "region: cn-a\ntranscode_groups: { hd: { cn-a: VOD_NO_TRANSCODE } }\ndomains: { a.com: { apps: { b: { streams: { c: { vod_transcode_group: hd } } } } } }",
    },
    Case {
        code: "group-region",
        labelled: "hd",
        wrong: "transcode_groups: { hd: { cn-a: VOD_NO_TRANSCODE } }\ndomains: { a.com: { apps: { b: { streams: { c: { vod_transcode_group: hd } } } } } }",
        right: "transcode_groups: { hd: VOD_NO_TRANSCODE }\ndomains: { a.com: { apps: { b: { streams: { c: { vod_transcode_group: hd } } } } } }",
    },
    Case {
        code: "unusual-group",
        labelled: "group-7",
        wrong: "transcode_groups: { hd: group-7 }",
        right: "transcode_groups: { hd: 6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa }",
    },
    Case {
        code: "tier-cycle",
        labelled: "a",
        wrong: "tiers: { a: { tier: b }, b: { tier: a } }",
        right: "tiers: { a: { tier: b }, b: }",
    },
    Case {
        code: "missing-group",
        labelled: "c",
        wrong: "!version: 1\ndomains: { a.com: { apps: { b: { streams: { c: } } } } }\n",
        right: "domains: { a.com: { apps: { b: { streams: { c: } } } } }",
    },
    Case {
        code: "missing-group",
        labelled: "default",
        wrong: "domains: { a.com: { apps: { b: { streams: { c: { vod_transcode_group: default } } } } } }",
        right: "domains: { a.com: { apps: { b: { streams: { c: { vod_transcode_group: VOD_NO_TRANSCODE } } } } } }",
    },
    Case {
        code: "missing-compose-group",
        labelled: "ON",
        wrong: "tiers: { a: { auto_compose: ON } }\ndomains: { a.com: { apps: { b: { streams: { c: { tier: a }, d: { tier: a } } } } } }",
        right: "tiers: { a: { auto_compose: ON, compose_vod_transcode_group: VOD_NO_TRANSCODE } }\ndomains: { a.com: { apps: { b: { streams: { c: { tier: a } } } } } }",
    },
    Case {
        code: "absent-settings",
        labelled: "5m",
        wrong: "domains: { a.com: { apps: { b: { streams: { c: { state: absent, cycle_duration: 5m } } } } } }",
        right: "domains: { a.com: { apps: { b: { defaults: { cycle_duration: 5m }, streams: { c: { state: absent } } } } } }",
    },
    Case {
        code: "absent-settings",
        labelled: "5m",
        wrong: "layouts: { l: { apps: { b: { streams: { c: { state: absent } } } } } }\ndomains: { a.com: { layout: l, apps: { b: { streams: { c: { cycle_duration: 5m } } } } } }",
        right: "layouts: { l: { apps: { b: { streams: { c: { state: absent } } } } } }\ndomains: { a.com: { layout: l, apps: { b: { streams: { c: { state: present, cycle_duration: 5m } } } } } }",
    },
    Case {
        code: "declared-ignored",
        labelled: "a.com/b",
        wrong: "ignore: [a.com/b]\ndomains: { a.com: { apps: { b: { streams: { c: } } } } }",
        right: "ignore: [a.com/c]\ndomains: { a.com: { apps: { b: { streams: { c: } } } } }",
    },
    Case {
        code: "pattern-without-match",
        labelled: "\"b.com/*\"",
        wrong: "ignore: [\"b.com/*\"]\ndomains: { a.com: { apps: { b: { streams: { c: } } } } }",
        right: "ignore: [\"a.com/*\"]\ndomains: { a.com: { apps: { b: { streams: { c: } } } } }",
    },
    Case {
        code: "case-only",
        labelled: "c",
        wrong: "domains: { a.com: { apps: { b: { streams: { c: , C: } } } } }",
        right: "domains: { a.com: { apps: { b: { streams: { c: , d: } } } } }",
    },
    Case {
        code: "expired",
        labelled: "2026-11-22",
        wrong: "domains: { a.com: { apps: { b: { streams: { c: { expires: 2026-11-22 } } } } } }",
        right: "domains: { a.com: { apps: { b: { streams: { c: { expires: 2026-11-23 } } } } } }",
    },
    Case {
        code: "on-demand-value",
        labelled: "7",
        wrong: "domains: { a.com: { apps: { b: { streams: { c: { on_demand: 7 } } } } } }",
        right: "domains: { a.com: { apps: { b: { streams: { c: { on_demand: 0 } } } } } }",
    },
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
    let second = "version: 1\ndomains: { a.com: { region: cn-a } }\n";
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

/// A line that many entries lead to is one finding that names some of them and the way.
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
            "through `layout: l`",
            "through `tier: on`",
            "40 configurations: `a.com/a/s0`, `a.com/a/s1`, `a.com/a/s10` and 37 more"
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
        (stream("").replace("apps", "layout: tv, apps"), ("unknown-layout", "tv")),
        (stream("") + "defaults: [a]\n", ("wrong-type", "[a]")),
    ] {
        let expected = [found];
        let read = read(&[("a.yaml", &text)]);
        assert_eq!(read.found(), expected, "{text}");
    }
}

/// Entries that nothing gives a group are one finding, at the narrowest place that would give it to all of them.
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
        (vec!["show".into()], vec!["2 configurations: `a.com/show/x`, `a.com/show/y`".into()])
    );
    let layout = notes(&(file("{ layout: tv }") + "  b.com: { layout: tv }\n"));
    assert_eq!(layout.0, ["wall"]);
    assert_eq!(layout.1[0], "through `layout: tv`");
    assert_eq!(layout.1[1], "4 configurations: `a.com/wall/a`, `a.com/wall/b`, `b.com/wall/a` and 1 more");
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
        ("tiers: { vip: { cycle_duration: [5m] } }", "write one value and no more behind `cycle_duration`"),
    ] {
        assert_eq!(help(text), says, "{text}");
    }
}
