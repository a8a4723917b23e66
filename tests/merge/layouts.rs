//! An entry is written as its neighbours are, and nothing else moves.

use super::Account;

/// A domain with one app whose streams are these lines, each indented by eight.
fn streams(lines: &str) -> String {
    let lines: String = lines
        .split_inclusive('\n')
        .map(|line| match line.trim().is_empty() {
            true => line.to_owned(),
            false => format!("        {line}"),
        })
        .collect();
    format!("domains:\n  live.example.com:\n    apps:\n      show:\n        streams:\n{lines}")
}

/// The streams after `names` were added with 15 minutes.
fn with(lines: &str, names: &[&str]) -> String {
    let account = names.iter().fold(Account::of(&streams(lines)), |account, name| {
        account.with(&format!("live.example.com/show/{name}"), |config| config.cycle_duration = 900)
    });
    let text = account.text();
    let below = text.split_once("        streams:\n").unwrap().1;
    below.lines().map(|line| format!("{}\n", line.get(8..).unwrap_or_default())).collect()
}

#[test]
fn a_block_keeps_its_order_its_comments_and_its_style() {
    let table = [
        // Sorted: in its place, above the comments of the next one.
        (
            "  cam1: {}\n  # The third.\n  cam3: {}\n",
            &["cam2"][..],
            "  cam1: {}\n  cam2: { cycle_duration: 15m }\n  # The third.\n  cam3: {}\n",
        ),
        (
            "  cam1: {}\n  cam2: {} # last\n",
            &["cam10", "cam3"],
            "  cam1: {}\n  cam2: {} # last\n  cam3: { cycle_duration: 15m }\n  cam10: { cycle_duration: 15m }\n",
        ),
        ("  b: {}\n", &["a", "c"], "  a: { cycle_duration: 15m }\n  b: {}\n  c: { cycle_duration: 15m }\n"),
        // Not sorted: at the end, below the comments that are as deep.
        (
            "  b: {}\n  a: {}\n  # z: {}\n",
            &["aa"],
            "  b: {}\n  a: {}\n  # z: {}\n  aa: { cycle_duration: 15m }\n",
        ),
        // `*` is no name among others.
        (
            "  \"*\": {}\n  a: {}\n  c: {}\n",
            &["b"],
            "  \"*\": {}\n  a: {}\n  b: { cycle_duration: 15m }\n  c: {}\n",
        ),
        ("  a: {}\n  \"*\": {}\n", &["b"], "  a: {}\n  b: { cycle_duration: 15m }\n  \"*\": {}\n"),
        ("  a: {}\n", &["*"], "  \"*\": { cycle_duration: 15m }\n  a: {}\n"),
        // Blocks beside blocks, with the indentation of the file.
        ("  a:\n    on_demand: 7\n", &["b"], "  a:\n    on_demand: 7\n  b:\n    cycle_duration: 15m\n"),
        // Blank lines between all entries.
        (
            "  a: {}\n\n  c: {}\n",
            &["b", "d"],
            "  a: {}\n\n  b: { cycle_duration: 15m }\n\n  c: {}\n\n  d: { cycle_duration: 15m }\n",
        ),
        // Spaces inside brackets, quotes by custom, and quotes by need.
        ("  a: {on_demand: 7}\n", &["b"], "  a: {on_demand: 7}\n  b: {cycle_duration: 15m}\n"),
        (
            "  'a': {}\n",
            &["b", "on", "007"],
            "  \"007\": { cycle_duration: 15m }\n  'a': {}\n  'b': { cycle_duration: 15m }\n  \"on\": { cycle_duration: 15m }\n",
        ),
        (
            "  a: {}\n",
            &["null", "-x", "2026-11-13", "1080p"],
            "  \"-x\": { cycle_duration: 15m }\n  1080p: { cycle_duration: 15m }\n  \"2026-11-13\": { cycle_duration: 15m }\n  a: {}\n  \"null\": { cycle_duration: 15m }\n",
        ),
    ];
    for (before, names, after) in table {
        assert_eq!(with(before, names), after, "{names:?} added to\n{before}");
    }
}

#[test]
fn a_name_of_255_characters_has_its_settings_below_it() {
    let long = "x".repeat(255);
    assert_eq!(with("  a: {}\n", &[&long]), format!("  a: {{}}\n  {long}:\n    cycle_duration: 15m\n"));
}

#[test]
fn an_entry_that_inherits_everything_is_blank_as_its_neighbours_are() {
    let added = |lines: &str| Account::of(&streams(lines)).and("live.example.com/show/b").text();
    assert!(added("  a: {}\n").ends_with("          a: {}\n          b: {}\n"));
    assert!(added("  a:\n").ends_with("          a:\n          b:\n"));
}

/// A file of one line of `domains` after the merge.
fn in_brackets(domains: &str, names: &[&str]) -> String {
    let account = Account::of(&format!("domains:\n  {domains}\n"));
    let account =
        names.iter().fold(account, |account, name| account.and(&format!("live.example.com/{name}")));
    let text = account.text();
    text.strip_prefix("domains:\n  ").unwrap().strip_suffix('\n').unwrap().to_owned()
}

#[test]
fn brackets_stay_brackets() {
    let table = [
        (
            "live.example.com: { apps: { show: { streams: { a: {}, c: {} } } } }",
            &["show/b", "show/d"][..],
            "live.example.com: { apps: { show: { streams: { a: {}, b: {}, c: {}, d: {} } } } }",
        ),
        (
            "live.example.com: {apps: {show: {streams: {a: {}}}}}",
            &["news/x"],
            "live.example.com: {apps: {news: {streams: {x: {}}}, show: {streams: {a: {}}}}}",
        ),
        (
            "live.example.com: { apps: { show: } }",
            &["show/a"],
            "live.example.com: { apps: { show: { streams: { a: {} } } } }",
        ),
        (
            "live.example.com: { apps: { show } }",
            &["show/a"],
            "live.example.com: { apps: { show: { streams: { a: {} } } } }",
        ),
        (
            "live.example.com: { apps: { show: { streams: { a: {}, } } } }",
            &["show/b"],
            "live.example.com: { apps: { show: { streams: { a: {}, b: {}, } } } }",
        ),
        (
            "live.example.com: { apps: { show: { streams: {\n    a: {}, # first\n    c: {} # last\n  } } } }",
            &["show/b", "show/d", "show/e"],
            "live.example.com: { apps: { show: { streams: {\n    a: {}, # first\n    b: {},\n    c: {}, # last\n    d: {},\n    e: {}\n  } } } }",
        ),
        (
            "live.example.com: { apps: { show: { streams: {\n    a: {},\n  } } } }",
            &["show/b"],
            "live.example.com: { apps: { show: { streams: {\n    a: {},\n    b: {},\n  } } } }",
        ),
        (
            "live.example.com: { apps: { show: { streams: {\n    a: {} # x\n    ,\n  } } } }",
            &["show/b"],
            "live.example.com: { apps: { show: { streams: {\n    a: {} # x\n    ,\n    b: {},\n  } } } }",
        ),
        (
            "live.example.com: { apps: { show: { streams: {\n    a: {} } } } }",
            &["show/b"],
            "live.example.com: { apps: { show: { streams: {\n    a: {},\n    b: {} } } } }",
        ),
        (
            "live.example.com: { apps: { show: { streams: { # none yet\n  } } } }",
            &["show/a"],
            "live.example.com: { apps: { show: { streams: { a: {} # none yet\n  } } } }",
        ),
    ];
    for (before, names, after) in table {
        assert_eq!(in_brackets(before, names), after, "{names:?} added to\n{before}");
    }
}

#[test]
fn json_stays_json() {
    let before = r#"{"version": "1", "defaults": {"vod_transcode_group": "VOD_NO_TRANSCODE"}, "domains": {"live.example.com": {"apps": {"show": {"streams": {"a": {}}}}}}}"#;
    let account = Account::agreeing(&[("livevod.yaml", before)]).with("live.example.com/show/b", |config| {
        config.vod_transcode_group = "VOD_NO_TRANSCODE".into();
        config.on_demand = 7;
        config.cycle_duration = 900;
    });
    let after = account.text();
    assert_eq!(
        after,
        before.replace(r#"{"a": {}}"#, r#"{"a": {}, "b": {"cycle_duration": "15m", "on_demand": 7}}"#)
    );
    serde_json::from_str::<serde_json::Value>(&after).unwrap();
}

#[test]
fn what_is_blank_gets_its_block() {
    let table = [
        (
            "domains:\n  live.example.com:\n",
            "domains:\n  live.example.com:\n    apps:\n      show:\n        streams:\n          a: {}\n",
        ),
        (
            "domains:\n  live.example.com: {} # new\n  other.example.com: ~\n",
            "domains:\n  live.example.com: # new\n    apps:\n      show:\n        streams:\n          a: {}\n  other.example.com: ~\n",
        ),
        (
            "domains:\n  live.example.com:\n    apps:\n      # none yet\n      show: null\n",
            "domains:\n  live.example.com:\n    apps:\n      # none yet\n      show:\n        streams:\n          a: {}\n",
        ),
        (
            "domains:\n  live.example.com:\n    apps:\n      show:\n        defaults: { on_demand: 0 }\n",
            "domains:\n  live.example.com:\n    apps:\n      show:\n        defaults: { on_demand: 0 }\n        streams:\n          a: {}\n",
        ),
        (
            "domains:\n  live.example.com:\n    apps:\n      show:\n        streams: {}\n",
            "domains:\n  live.example.com:\n    apps:\n      show:\n        streams:\n          a: {}\n",
        ),
        (
            "domains:\n    live.example.com:\n        apps:\n            news:\n                streams:\n                    b:\n",
            "domains:\n    live.example.com:\n        apps:\n            news:\n                streams:\n                    b:\n            show:\n                streams:\n                    a:\n",
        ),
    ];
    for (before, after) in table {
        assert_eq!(Account::of(before).and("live.example.com/show/a").text(), after, "added to\n{before}");
    }
}

#[test]
fn line_ends_a_missing_last_one_and_a_byte_order_mark_stay() {
    let before = format!("\u{feff}{}", super::HEAD.to_owned() + &streams("  a: {}\n  c: {}"));
    let names = ["live.example.com/show/b", "live.example.com/show/d", "live.example.com/tv/x"];
    let merged = |text: &str| {
        names.iter().fold(Account::agreeing(&[("a.yaml", text)]), |account, name| account.and(name)).text()
    };
    let expected = before.replace("a: {}\n", "a: {}\n          b: {}\n")
        + "\n          d: {}\n      tv:\n        streams:\n          x: {}";
    assert_eq!(merged(&before), expected);
    assert_eq!(merged(&before.replace('\n', "\r\n")), expected.replace('\n', "\r\n"));
    assert_eq!(merged(&(before + "\n")), expected + "\n");
}

#[test]
fn a_canonical_file_stays_canonical_and_any_other_as_it_is() {
    let canonical = |text: &str| {
        let mut sources = livevod::source::Sources::default();
        let file = sources.add(livevod::source::Source::new("a.yaml", text));
        livevod::config::format(&sources, file).unwrap()
    };
    let before = canonical(&format!(
        "{}domains: {{ live.example.com: {{ apps: {{ show: {{ streams: {{ a: {{}} }} }} }} }} }}\n",
        super::HEAD
    ));
    let account = Account::agreeing(&[("a.yaml", &before)])
        .and("live.example.com/show/b")
        .and("other.example.com/show/b");
    let (after, _) = account.merged();
    let after = after.sources.iter().next().unwrap().1.text().to_owned();
    assert_ne!(after, before);
    assert_eq!(canonical(&after), after);
    let odd = before.replace("region: cn-shanghai", "region:   cn-shanghai");
    assert_eq!(
        Account::agreeing(&[("a.yaml", &odd)])
            .and("live.example.com/show/b")
            .and("other.example.com/show/b")
            .merged()
            .0
            .sources
            .iter()
            .next()
            .unwrap()
            .1
            .text(),
        after.replace("region: cn-shanghai", "region:   cn-shanghai")
    );
}
