//! Plans as people and machines see them.

use insta::assert_snapshot;
use serde_json::json;

use super::{Run, World};

/// What the service holds before the plans of this file. It is applied first.
const BEFORE: &str = "\
version: 1
account: \"1234567890123456\"
region: cn-shanghai
transcode_groups: { hd: e2d796d3bb5fd8049d32bff62f94e4c1, archive: 6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa }
defaults: { vod_transcode_group: hd, cycle_duration: 1h }
tiers:
  vip: { cycle_duration: 30m, auto_compose: on, compose_vod_transcode_group: archive }
domains:
  live.example.com:
    apps:
      show:
        streams:
          \"*\": {}
          cam1: {}
          cam2: {}
          cam3: {}
          cam4: {}
          main: { storage_location: first-bucket.oss-cn-shanghai.aliyuncs.com }
          old: { on_demand: 7 }
      news:
        streams: { desk: { tier: vip } }
";

fn applied() -> World {
    let world = World::with(BEFORE);
    world.converge("--emulator");
    world
}

/// Several updates, a replace, a delete, a create, and a configuration that no file declares any more.
fn changed() -> World {
    let world = applied();
    let text = BEFORE
        .replace("cam1: {}", "cam1: { cycle_duration: 2h }")
        .replace("cam2: {}", "cam2: { tier: vip }")
        .replace("cam3: {}", "cam3: { tier: vip }")
        .replace("first-bucket", "second-bucket")
        .replace("old: { on_demand: 7 }", "old: { state: absent }\n          new: { on_demand: 0 }")
        .replace("      news:\n        streams: { desk: { tier: vip } }\n", "");
    world.write("livevod.yaml", &text);
    world
}

#[test]
fn a_first_plan_creates() {
    let world = World::with(BEFORE);
    let run = world.run("plan --emulator");
    assert_snapshot!(run.transcript());
    assert!(!world.path().join(".livevod").exists(), "a plan writes nothing, not even for the emulator");
}

/// The emulator in this process has no other caller. A server would take a thousand calls a minute, of which livevod makes
/// 800.
#[test]
fn the_embedded_emulator_answers_as_many_calls_as_are_made() {
    let domain = |number| {
        format!("  live{number}.example.com: {{ apps: {{ show: {{ streams: {{ cam: {{}} }} }} }} }}\n")
    };
    let domains: String = (0..1_200).map(domain).collect();
    let world = World::with(&format!(
        "version: 1\ndefaults: {{ vod_transcode_group: VOD_NO_TRANSCODE }}\ndomains:\n{domains}"
    ));
    let run = world.run("plan --emulator --log --format json");
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert_eq!(run.stderr.matches("DescribeLiveRecordVodConfigs").count(), 1_200);
    assert!(!run.stderr.contains("Throttling"), "{}", run.stderr);
    assert_eq!(run.json()["budget"], json!({ "reads": 1_200, "writes": 1_200, "seconds": 0 }));
}

#[test]
fn a_rate_that_is_given_holds_for_the_embedded_emulator_too() {
    let mut world = World::with(BEFORE);
    let seconds = |run: Run| run.json()["budget"]["seconds"].clone();
    assert_eq!(seconds(world.run("plan --emulator --format json")), 0);
    // Eight creates, one of them at once.
    assert_eq!(seconds(world.run("plan --emulator --rate 2 --format json")), 210);
    world.set("LIVEVOD_RATE", "2");
    assert_eq!(seconds(world.run("plan --emulator --format json")), 210);
}

#[test]
fn every_kind_of_change_at_80_columns() {
    let mut world = changed();
    world.set("COLUMNS", "80");
    let run = world.run("plan --emulator");
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 80), "{}", run.stdout);
    assert_snapshot!(run.transcript());
}

/// A phone, or a narrow pane: only what must stay in one piece is wider.
#[test]
fn every_kind_of_change_at_40_columns() {
    let mut world = changed();
    world.set("COLUMNS", "40");
    let run = world.run("plan --emulator");
    // The digest and the flags are copied, and a value is in one piece.
    let is_whole = |line: &str| line.starts_with("digest sha256:") || line.starts_with("  --");
    let wide = run.stdout.lines().filter(|line| line.chars().count() > 40 && !is_whole(line));
    let broken: Vec<&str> = wide.filter(|line| line.trim().trim_start_matches("→ ").contains(' ')).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    assert_snapshot!(run.transcript());
}

#[test]
fn every_kind_of_change_at_120_columns() {
    let mut world = changed();
    world.set("COLUMNS", "120");
    assert_snapshot!(world.run("plan --emulator --full").transcript());
}

#[test]
fn without_unicode_it_reads_the_same() {
    let mut world = changed();
    world.set("LANG", "C");
    let run = world.run("plan --emulator");
    assert!(run.stdout.is_ascii());
    assert_snapshot!(run.transcript());
}

#[test]
fn colour_adds_codes_and_nothing_else() {
    let mut world = changed();
    let plain = world.run("plan --emulator").stdout;
    let coloured = world.run("plan --emulator --color always").stdout;
    assert!(coloured.contains("\u{1b}["));
    assert_eq!(strip(&coloured), plain);
    world.set("CLICOLOR_FORCE", "1");
    assert_eq!(world.run("plan --emulator").stdout, coloured);
    world.set("NO_COLOR", "1");
    assert_eq!(world.run("plan --emulator").stdout, plain);
}

/// The text without `ESC [ … m`.
fn strip(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |plain, part| plain + part.split_once('m').unwrap().1)
}

#[test]
fn detailed_exit_codes_tell_no_difference_difference_and_refusal() {
    let world = applied();
    assert_eq!(world.run("plan --emulator --detailed-exitcode").code, 0);
    world.write("livevod.yaml", &BEFORE.replace("cam1: {}", "cam1: { cycle_duration: 2h }"));
    assert_eq!(world.run("plan --emulator").code, 0);
    assert_eq!(world.run("plan --emulator --detailed-exitcode").code, 2);
    world.write("livevod.yaml", &BEFORE.replace("cycle_duration: 1h", "cycle_duration: 2h"));
    assert_eq!(world.run("plan --emulator --detailed-exitcode").code, 3);
    assert_eq!(world.run("plan --emulator --detailed-exitcode --max-change 100%").code, 2);
}

#[test]
fn json_holds_the_documented_facts() {
    let run = changed().run("plan --emulator --format json --target live.example.com/show/cam2");
    let plan = run.json();
    assert_eq!(plan["format_version"], "1.2");
    assert_eq!(plan["summary"], json!({"create": 0, "update": 1, "replace": 0, "delete": 0, "unchanged": 0}));
    assert_eq!(plan["exit"], json!({"code": 0, "reason": "success"}));
    let change = &plan["changes"][0];
    assert_eq!(change["account"], "1234567890123456");
    assert_eq!(change["region"], "cn-shanghai");
    assert_eq!(change["address"], "live.example.com/show/cam2");
    assert_eq!(change["action"], "update");
    assert_eq!(
        change["fields"],
        json!([
            {"field": "cycle_duration", "before": 3600, "after": 1800,
             "origin": {"kind": "tier", "tier": "vip", "file": "livevod.yaml", "line": 7, "column": 26}},
            {"field": "auto_compose", "before": false, "after": true,
             "origin": {"kind": "tier", "tier": "vip", "file": "livevod.yaml", "line": 7, "column": 45}},
            {"field": "compose_vod_transcode_group", "before": null, "after": "6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa",
             "origin": {"kind": "tier", "tier": "vip", "file": "livevod.yaml", "line": 7, "column": 78}},
        ])
    );
    assert!(plan["digest"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(plan["held"], json!([]));
}

#[test]
fn what_no_file_declares_is_listed_with_its_settings() {
    let world = applied();
    let digest = world.run("plan --emulator --format json").json()["digest"].clone();
    world.write("livevod.yaml", &BEFORE.replace("        streams: { desk: { tier: vip } }\n", ""));
    for command in ["plan", "drift"] {
        let document = world.run(&format!("{command} --emulator --format json")).json();
        assert_eq!(document["unmanaged"], json!(["live.example.com/news/desk"]));
        let [row] = &document["unmanaged_settings"].as_array().unwrap()[..] else { panic!("{document:#}") };
        assert_eq!((&row["address"], &row["app"]), (&document["unmanaged"][0], &json!("news")));
        assert_eq!(row["settings"]["cycle_duration"], 1800);
        assert_eq!(row["settings"]["storage_location"], json!(null));
        assert_eq!(document["digest"], digest, "what is left alone does not change the plan");
    }
}

#[test]
fn the_command_that_imports_names_the_files_and_the_service_of_the_run() {
    let world = applied();
    assert_eq!(world.run("snapshot --emulator --out now.json").code, 0);
    world.write("livevod.yaml", &BEFORE.replace("        streams: { desk: { tier: vip } }\n", ""));
    world.write("more.yaml", "version: 1\n");
    let told = |line: &str| {
        let shown = world.run(line).stdout;
        shown.lines().find_map(|line| Some(line.split_once("livevod import ")?.1.to_owned()))
    };
    let merge = |rest: &str| Some(format!("live.example.com --merge{rest}"));
    assert_eq!(told("plan --full --emulator"), merge(" --emulator"));
    assert_eq!(
        told("drift --full livevod.yaml --emulator --region cn-shanghai"),
        merge(" --out=livevod.yaml --emulator --region=cn-shanghai")
    );
    assert_eq!(told("plan --full --against now.json"), merge(" --from=now.json"));
    assert_eq!(told("plan --full livevod.yaml more.yaml --emulator"), None, "it adds to one file or folder");
    assert_eq!(told("plan --emulator"), None);
}

#[test]
fn a_held_plan_is_printed_and_names_its_release() {
    let world = applied();
    world.write("livevod.yaml", &BEFORE.replace("cycle_duration: 1h", "cycle_duration: 2h"));
    assert_snapshot!(world.run("plan --emulator").transcript());
}

#[test]
fn drift_is_an_alarm_with_three_ends() {
    let world = applied();
    assert_eq!(world.run("drift --emulator").code, 0);
    world.write("livevod.yaml", &BEFORE.replace("cam1: {}", "cam1: { cycle_duration: 2h }"));
    let run = world.run("drift --emulator --format json");
    assert_eq!(run.code, 2);
    let drift = run.json();
    assert_eq!((&drift["drifted"], &drift["complete"]), (&json!(true), &json!(true)));
    assert_eq!(drift["exit"], json!({"code": 2, "reason": "differences"}));
    world.write("livevod.yaml", &BEFORE.replace("          cam1: {}\n", ""));
    let run = world.run("drift --emulator");
    assert_eq!(run.code, 2, "an unmanaged entry in front of a declared rule is drift:\n{}", run.transcript());
}

#[test]
fn a_domain_that_can_not_be_read_makes_the_answer_incomplete() {
    let mut world = World::with(BEFORE);
    world.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "emulator");
    world.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "emulator");
    // Port 1 of loopback: nothing listens there.
    let run = world.run("drift --endpoint http://127.0.0.1:1 --format json");
    assert_eq!(run.code, 1, "{}", run.transcript());
    let drift = run.json();
    assert_eq!((&drift["complete"], &drift["unread"]), (&json!(false), &json!(["live.example.com"])));
    let sarif = world.run("drift --endpoint http://127.0.0.1:1 --format sarif").json();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(results.iter().any(|result| result["ruleId"] == "remote"), "{sarif:#}");
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], false);
    let plan = world.run("plan --endpoint http://127.0.0.1:1");
    assert!(plan.stderr.ends_with("\nFound 1 error, 3 warnings.\n"), "{}", plan.transcript());
    for approval in ["--auto-approve", ""] {
        let run = world.run(&format!("apply --endpoint http://127.0.0.1:1 {approval}"));
        assert_eq!(run.code, 1);
        assert!(run.stderr.contains("`live.example.com` can't be read"), "{}", run.transcript());
        let last = "Found 2 errors, 2 warnings; nothing was written (exit code 1)\n";
        assert!(run.stderr.ends_with(last), "{}", run.transcript());
    }
}

/// At 80 columns, only what can't be broken is longer.
#[test]
fn long_sentences_of_totals_are_wrapped() {
    let mut world = applied();
    world.set("COLUMNS", "80");
    world.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "emulator");
    world.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "emulator");
    let run =
        world.run("plan --emulator --target live.example.com/show/cam1 --target live.example.com/show/cam2");
    assert!(run.stdout.contains("No changes. Within"), "{}", run.transcript());
    let unread = world.run("plan --endpoint http://127.0.0.1:1");
    assert!(unread.stdout.contains("(only of the domains that were read)"), "{}", unread.transcript());
    for line in run.stdout.lines().chain(unread.stdout.lines()) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn a_pattern_that_selects_nothing_is_an_error_and_not_no_changes() {
    let world = applied();
    for line in [
        "plan --emulator --target live.example.com/typo",
        "drift --emulator --target live.example.com/show/cam99",
        "plan --emulator --exclude other.example.com",
        "apply --emulator --auto-approve --target live.example.com/show/cam1 --exclude live.example.com/shwo",
    ] {
        let run = world.run(line);
        assert_eq!(run.code, 1, "`{line}`: {}", run.transcript());
        assert!(run.stderr.contains("matches no declared"), "`{line}`: {}", run.transcript());
    }
    assert_eq!(world.run("plan --emulator --exclude live.example.com").code, 1, "nothing is left");
}

#[test]
fn drift_tells_differences_and_no_guards() {
    let world = applied();
    world.write("livevod.yaml", &BEFORE.replace("cycle_duration: 1h", "cycle_duration: 2h"));
    let run = world.run("drift --emulator");
    assert_eq!(run.code, 2);
    assert!(!run.stdout.contains("refused"), "{}", run.transcript());
}

/// Files without other findings.
const SMALL: &str = "\
version: 1
defaults: { vod_transcode_group: VOD_NO_TRANSCODE }
domains:
  live.example.com: { apps: { show: { streams: { cam1: {}, cam4: {} } } } }
";

#[test]
fn a_pattern_that_matches_nothing_is_shown_where_it_stands() {
    let mut world = World::with(SMALL);
    world.set("COLUMNS", "80");
    let patterns = "ignore: [live.example.com/test-*]\nprotect:\n  - live.example.com/show/cam1\n  - live.example.com/shwo\n";
    let text = SMALL.replace("domains:\n", &format!("{patterns}domains:\n"));
    world.write("livevod.yaml", &text);
    let plan = world.run("plan --emulator");
    assert_eq!(plan.code, 0);
    assert_snapshot!(plan.stderr);
    let found = |line: &str| -> Vec<String> {
        let found = world.run(line).json()["diagnostics"].as_array().unwrap().clone();
        let row = |one: &serde_json::Value| {
            format!("{} {}", one["severity"].as_str().unwrap(), one["range"]["start"]["line"])
        };
        found.iter().filter(|one| one["code"] == "pattern-without-match").map(row).collect()
    };
    let both = ["advice 3", "warning 6"];
    for line in ["plan --emulator", "drift --emulator", "validate --online --emulator"] {
        assert_eq!(found(&format!("{line} --format json")), both, "{line}");
    }
    let none: [&str; 0] = [];
    assert_eq!(found("validate --format json"), none, "the domain is declared, so the files show nothing");
    assert_eq!(found("plan --emulator --format json --target live.example.com/show"), none);
    assert_eq!(found("plan --emulator --format json --exclude live.example.com/show/cam1"), none);
    assert_eq!(found("plan --emulator --format json --allow pattern-without-match"), none);
    let annotated = world.run("plan --emulator --format github").stdout;
    assert!(annotated.contains("file=livevod.yaml,line=6"), "{annotated}");
    let denied = world.run("apply --emulator --auto-approve --deny warnings");
    assert_eq!((denied.code, denied.stdout.as_str()), (1, ""), "{}", denied.transcript());
    world.write("livevod.yaml", &text.replace("/shwo", "/shwo # livevod: allow pattern-without-match"));
    assert_eq!(world.run("plan --emulator --deny warnings").stderr, "");
}

#[test]
fn an_absent_entry_that_has_done_its_work_is_advice() {
    let text = SMALL.replace("cam4: {}", "cam4: { state: absent }");
    let world = World::with(&text);
    let found = |line: &str| -> Vec<String> {
        let found = world.run(line).json()["diagnostics"].as_array().unwrap().clone();
        let codes = found.iter().map(|one| one["code"].as_str().unwrap().to_owned());
        codes.filter(|code| code == "absent-idle").collect()
    };
    assert_eq!(found("plan --emulator --format json"), ["absent-idle"]);
    assert_eq!(found("validate --online --emulator --format json"), ["absent-idle"]);
    assert_eq!(found("validate --format json"), [""; 0]);
    assert_eq!(world.run("plan --emulator").stderr, "", "advice is no matter of a plan for people");
    world.write("livevod.yaml", SMALL);
    world.converge("--emulator");
    world.write("livevod.yaml", &text);
    assert_eq!(found("plan --emulator --format json"), [""; 0], "there is something left to delete");
}

const ONE: &str = "\
version: 1
defaults: { vod_transcode_group: VOD_NO_TRANSCODE }
domains: { live.example.com: { apps: { show: { streams: { cam1: {} } } } } }
";

#[test]
fn a_selection_that_leaves_nothing_is_a_slip() {
    let world = World::with(ONE);
    for (line, says) in [
        (
            "drift --emulator --target live.example.com/show --exclude live.example.com/**",
            "excludes everything",
        ),
        ("plan --emulator --exclude live.example.com", "excludes everything"),
        ("plan --emulator --target live.exmaple.com", "did you mean `live.example.com`?"),
    ] {
        let run = world.run(line);
        assert_eq!(run.code, 1, "{line}\n{}", run.transcript());
        assert!(run.stderr.contains(says), "{line}\n{}", run.transcript());
    }
}

#[test]
fn an_empty_variable_is_not_set() {
    let mut world = World::with(ONE);
    for name in [
        "ACCOUNT",
        "ENDPOINT",
        "FRESHNESS",
        "LINK_BASE",
        "LOG",
        "PARALLELISM",
        "PROFILE",
        "RATE",
        "REGION",
        "SETTLE",
        "SIGNATURE",
        "TIMEOUT",
    ] {
        world.set(&format!("LIVEVOD_{name}"), "");
    }
    assert_eq!(world.run("apply --emulator --auto-approve").code, 0);
    let run = world.run("plan --emulator --account abc");
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert!(run.stderr.contains("expected an account id"), "{}", run.transcript());
}

#[test]
fn a_title_is_on_the_page_too() {
    let world = World::with(
        "version: 1\ndefaults: { vod_transcode_group: VOD_NO_TRANSCODE }\ndomains: { live.example.com: { apps: { show: { streams: { cam1: {} } } } } }\n",
    );
    let page = |arguments: &str| world.run(&format!("plan --emulator --format html {arguments}")).stdout;
    assert!(!page("").contains("sport"));
    let titled = page("--title <sport>");
    assert!(titled.contains("<title>livevod &lt;sport&gt;: Plan: 1 to add"), "{}", &titled[..2000]);
    assert!(titled.contains("<p class=\"quiet\">&lt;sport&gt;</p>\n<h1>"));
}

const TWO: &str = "\
version: 1
defaults: { vod_transcode_group: VOD_NO_TRANSCODE }
domains:
  live.example.com:
    apps: { show: { streams: { cam1: {}, cam2: {} } } }
";

/// A clean plan of a part must not look like a clean plan of the whole in any format, and must not replace its comment.
#[test]
fn what_was_not_compared_is_told() {
    let world = World::with(TWO);
    assert_eq!(world.run("apply --emulator --auto-approve").code, 0);
    world.write("livevod.yaml", &TWO.replace("cam2: {}", "cam2: { cycle_duration: 30m }"));
    let part = "--emulator --target live.example.com/show/cam1";
    for command in ["plan", "drift"] {
        let run = world.run(&format!("{command} {part}"));
        assert_eq!(run.code, 0, "{}", run.transcript());
        let told = "No changes. Within `--target live.example.com/show/cam1`, the service matches what the files declare.";
        assert!(run.flowing().contains(told), "{}", run.transcript());
    }
    let json = world.run(&format!("plan {part} --format json")).json();
    assert_eq!(json["selected"], json!(["--target live.example.com/show/cam1"]));
    assert!(world.run("plan --emulator --format json").json().get("selected").is_none());
    let run = world.run("plan --emulator --exclude live.example.com/show/cam1 --out part.plan");
    let told = "Only what `--exclude live.example.com/show/cam1` selects was compared.";
    for text in
        [run.stdout, world.run("show part.plan").stdout, world.run("show part.plan --format html").stdout]
    {
        assert!(text.split_whitespace().collect::<Vec<_>>().join(" ").contains(told), "{text}");
    }
    let marker = |arguments: &str| {
        let run = world.run(&format!("plan --emulator --format markdown {arguments}"));
        run.stdout.lines().next().unwrap().to_owned()
    };
    assert_ne!(marker(""), marker("--target live.example.com/show/cam1"));
}

/// The snapshot differs from the files.
#[test]
fn a_way_back_with_nothing_to_do_says_nothing_of_the_files() {
    let world = World::with(TWO);
    assert_eq!(world.run("apply --emulator --auto-approve").code, 0);
    assert_eq!(world.run("snapshot --emulator --out before.json").code, 0);
    world.write("livevod.yaml", &TWO.replace("cam1: {}", "cam1: { cycle_duration: 30m }"));
    let run = world.run("restore before.json --emulator --auto-approve");
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert!(
        run.stdout.contains("No changes. The service matches what the snapshot holds."),
        "{}",
        run.transcript()
    );
    assert!(run.stdout.contains("2 configurations match the snapshot."), "{}", run.transcript());
    let comment = world.run("restore before.json --emulator --auto-approve --format markdown").stdout;
    assert!(comment.contains("## livevod restore"), "{comment}");
}

/// Where a group has one id per region, the legend says which region an id is for.
#[test]
fn the_legend_of_groups_names_the_region_of_an_id() {
    let text = "\
version: 1
transcode_groups:
  hd: { cn-shanghai: e2d796d3bb5fd8049d32bff62f94e4c1, cn-beijing: e2d796d3bb5fd8049d32bff62f94e4c1, \
ap-southeast-1: 77aa0d5ce0dd4bb9a1b7b5dba1f7c0bb }
  archive: 6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa
defaults: { vod_transcode_group: hd }
domains:
  live.example.com: { region: cn-shanghai, apps: { show: { streams: { cam1: {} } } } }
  far.example.com:
    region: ap-southeast-1
    apps: { show: { streams: { cam1: {}, cam2: { vod_transcode_group: archive } } } }
";
    let plan = World::with(text).run("plan --emulator --format html");
    let legend = plan.stdout.split("Transcode groups</summary>").nth(1).unwrap();
    let lines: Vec<&str> =
        legend.split("<li>").skip(1).map(|item| item.split("</li>").next().unwrap()).take(3).collect();
    assert_eq!(
        lines,
        [
            "archive is 6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa (livevod.yaml:4)",
            "hd is 77aa0d5ce0dd4bb9a1b7b5dba1f7c0bb in ap-southeast-1 (livevod.yaml:3)",
            "hd is e2d796d3bb5fd8049d32bff62f94e4c1 in cn-beijing and cn-shanghai (livevod.yaml:3)",
        ]
    );
}
