//! Findings about files, right and wrong.

use insta::assert_snapshot;
use serde_json::json;

use super::World;

#[test]
fn everything_wrong_in_all_files_is_said_at_its_place() {
    let world = World::new();
    world.write("a.yaml", "version: 1\ndefaults: { cycle_duraton: 900 }\n# 中文 😀\ntiers: { 高级: {}, vip: { cycle_duration: 100 } }\n");
    world.write("b.yaml", "version: 1\ndomains:\n  live.example.com:\n    apps:\n      show: { streams: { cam1: { tier: vpi }, cam1: {} } }\n");
    let run = world.run("validate a.yaml b.yaml");
    assert_eq!(run.code, 1);
    assert_snapshot!(run.transcript());
}

#[test]
fn json_has_one_document_with_every_finding() {
    let world = World::with(
        "version: 1\ndomains:\n  live.example.com:\n    apps: { show: { streams: { 中文: {} } } }\n",
    );
    let run = world.run("validate --format json");
    assert_eq!(run.code, 1);
    assert_eq!(run.stderr, "");
    let document = run.json();
    assert_eq!(document["exit"], json!({"code": 1, "reason": "error"}));
    let finding = &document["diagnostics"][0];
    assert_eq!(finding["code"], "bad-name");
    assert_eq!(
        finding["range"],
        json!({"file": "livevod.yaml", "start": {"line": 4, "column": 32, "byte": 71}, "end": {"line": 4, "column": 34, "byte": 77}})
    );
}

/// More findings than livevod keeps: those that a comment allows are not among them.
#[test]
fn any_number_of_findings_can_be_allowed_by_comments() {
    let file = |allow: &dyn Fn(u32) -> bool| {
        let entry = |number| {
            let comment = if allow(number) { " # livevod: allow short-cycle" } else { "" };
            format!("          cam{number}: {{ cycle_duration: 10m }}{comment}\n")
        };
        let entries: String = (0..10_050).map(entry).collect();
        format!(
            "version: 1\ndefaults: {{ vod_transcode_group: VOD_NO_TRANSCODE }}\ndomains:\n  live.example.com:\n    \
             apps:\n      show:\n        streams:\n{entries}"
        )
    };
    let codes = |text: &str| {
        let run = World::with(text).run("validate --format json");
        let found = run.json()["diagnostics"].as_array().unwrap().clone();
        (run.code, found.len(), found.last().map(|finding| finding["code"].clone()))
    };
    assert_eq!(codes(&file(&|_| true)), (0, 0, None));
    assert_eq!(codes(&file(&|number| number < 10_049)), (0, 1, Some(json!("short-cycle"))));
    assert_eq!(codes(&file(&|_| false)), (1, 1, Some(json!("limit"))), "an error hides advice");
}

#[test]
fn a_valid_file_is_counted() {
    let world = World::with(
        "version: 1\ndefaults: { vod_transcode_group: VOD_NO_TRANSCODE }\ndomains: { live.example.com: { apps: { a: { streams: { b: {}, c: { state: absent } } } } } }\n",
    );
    assert_snapshot!(world.run("validate").transcript());
}

/// The comment of each value names the line that it comes from, whatever else an app says.
#[test]
fn an_app_with_a_prune_of_its_own_moves_no_origin() {
    let world = World::with(
        "version: 1\ndefaults: { vod_transcode_group: VOD_NO_TRANSCODE }\ndomains:\n  live.example.com:\n    apps:\n      a: { streams: { cam: { cycle_duration: 40m } } }\n      b: { prune: true, streams: { cam: { cycle_duration: 50m } } }\n      c: { prune: true, streams: {} }\n",
    );
    let run = world.run("render");
    for line in ["cycle_duration: 40m  # livevod.yaml:6", "cycle_duration: 50m  # livevod.yaml:7"] {
        assert!(run.stdout.contains(line), "{}", run.transcript());
    }
    for line in run.stdout.lines().filter(|line| line.contains("vod_transcode_group")) {
        assert!(line.ends_with("# livevod.yaml:2 defaults"), "{line}");
    }
}

/// A value may be as long as a file: a message shows only its beginning.
#[test]
fn a_long_value_is_told_by_its_beginning() {
    let world = World::with(&format!("version: 1\nregion: \"{}\"\n", "y".repeat(1_000_000)));
    for format in ["human", "json", "github", "gitlab", "sarif"] {
        let run = world.run(&format!("validate --format {format}"));
        assert_eq!(run.code, 1);
        let length = run.stdout.len() + run.stderr.len();
        assert!(length < 8_000, "{format}: {length} bytes");
    }
}

const SMALL: &str = "version: 1\ndefaults: { vod_transcode_group: VOD_NO_TRANSCODE }\ndomains: { live.example.com: { apps: { a: { streams: { b: {} } } } } }\n";

#[test]
fn standard_input_is_a_file_like_any_other() {
    let world = World::new();
    world.write(
        "more.yaml",
        "version: 1\ndomains: { live.example.com: { apps: { a: { streams: { c: {} } } } } }\n",
    );
    for (line, said) in [
        ("validate -", "Valid: 1 configuration"),
        ("validate - more.yaml", "Valid: 2 configurations"),
        ("plan - --emulator", "Plan: 1 to add"),
        ("render -", "live.example.com"),
    ] {
        let run = world.pipe(line, SMALL);
        assert_eq!(run.code, 0, "{}", run.transcript());
        assert!(run.stdout.contains(said), "{}", run.transcript());
    }
    let run = world.pipe("validate - --format json", "version: 1\ndefaults: { cycle_duraton: 900 }\n");
    assert_eq!(run.code, 1);
    assert_eq!(run.json()["diagnostics"][0]["range"]["file"], "<stdin>");
    let run = world.pipe("plan - --emulator --out x.plan", SMALL);
    assert_eq!(run.code, 0, "{}", run.transcript());
    let shown = world.run("show x.plan");
    assert!(shown.stdout.contains("(<stdin>:2 defaults)"), "{}", shown.transcript());
    let linked = world.pipe("plan - --emulator --format markdown --link-base https://git.example/x", SMALL);
    assert!(linked.stdout.contains("<stdin>:2") && !linked.stdout.contains("%3Cstdin"), "{}", linked.stdout);
    let found = world.pipe("validate - --format sarif", "version: 1\ndefaults: { cycle_duraton: 900 }\n");
    assert!(!found.stdout.contains("stdin"), "{}", found.stdout);
    let plan = world.pipe("plan - --emulator --out -", SMALL).stdout;
    let shown = world.pipe("show -", &plan);
    assert!(shown.stdout.contains("Plan: 1 to add"), "{}", shown.transcript());
    let endless = "#".repeat(9 << 20);
    for command in ["validate -", "fmt -"] {
        let run = world.pipe(command, &endless);
        assert_eq!(run.code, 1);
        assert!(run.stderr.contains("`<stdin>` is larger than 8 MiB"), "{}", run.transcript());
    }
}

#[test]
fn capitals_hide_no_file_and_one_of_two_sets_is_not_passed_over() {
    let world = World::new();
    world.write("live/A.YAML", SMALL);
    let run = world.run("validate live");
    assert!(run.stdout.contains("Valid: 1 configuration"), "{}", run.transcript());
    let world = World::with(SMALL);
    world.write("livevod/README.md", "no YAML\n");
    assert_eq!(world.run("validate").code, 0);
    world.write("livevod/b.yaml", "version: 1\n");
    let run = world.run("validate");
    assert_eq!(run.code, 1);
    assert_snapshot!(run.transcript());
    assert_eq!(world.run("validate livevod.yaml livevod").code, 0);
}

/// A carriage return alone ends a line in YAML, and a comment with it.
#[test]
fn places_are_right_whatever_ends_a_line() {
    let world = World::with("version: 1\r# livevod: allow unused-tier\rdefaults: { cycle_duraton: 900 }\r");
    let run = world.run("validate --format json");
    let found = run.json();
    let codes: Vec<&str> =
        found["diagnostics"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert!(!codes.contains(&"bad-allow"), "{codes:?}");
    assert_eq!(found["diagnostics"][0]["range"]["start"], json!({"line": 3, "column": 13, "byte": 52}));
    world.write("livevod.yaml", &SMALL.replace('\n', "\r"));
    assert_eq!(world.run("fmt --check").code, 2);
    assert_eq!(world.run("fmt").code, 0);
    assert_eq!(std::fs::read_to_string(world.path().join("livevod.yaml")).unwrap(), SMALL);
}

/// Of a line that does not fit, what is around the label is shown.
#[test]
fn an_excerpt_fits_a_narrow_terminal() {
    let mut world = World::with(
        "version: 1\ndomains:\n  live.example.com:\n    apps:\n      show:\n        streams:\n          cam1: { vod_transcode_group: VOD_NO_TRANSCODE, cycle_duraton: 30m, on_demand: 0 }\n",
    );
    world.set("COLUMNS", "40");
    let run = world.run("validate");
    assert!(run.stderr.contains("cycle_duraton: 30m"), "{}", run.transcript());
    let wide: Vec<&str> = run.stderr.lines().filter(|line| line.chars().count() > 40).collect();
    assert!(wide.is_empty(), "{wide:#?}");
}

#[test]
fn nothing_to_read_is_an_error() {
    let run = World::new().run("validate");
    assert_eq!(run.code, 1);
    assert_snapshot!(run.transcript());
}

#[test]
fn a_help_about_missing_files_names_the_command_that_was_run() {
    let world = World::new();
    for (line, command) in [
        ("validate", "livevod validate PATH"),
        ("plan --emulator", "livevod plan PATH"),
        ("--color never drift --emulator", "livevod drift PATH"),
        ("apply --emulator --auto-approve", "livevod apply PATH"),
        ("snapshot --emulator --out s.json", "livevod snapshot PATH"),
        ("render", "livevod render PATH"),
        ("fmt", "livevod fmt PATH"),
        ("explain live.example.com/show/cam1", "livevod explain ADDRESS --path PATH"),
    ] {
        let run = world.run(line);
        assert_eq!(run.code, 1, "{}", run.transcript());
        assert!(
            run.stderr.contains(&format!("name the files or folders: `{command}`")),
            "{}",
            run.transcript()
        );
    }
    world.write("livevod.yaml", "version: 1\n");
    world.write("livevod/a.yaml", "version: 1\n");
    let run = world.run("render");
    assert!(run.stderr.contains("`livevod render livevod.yaml livevod`"), "{}", run.transcript());
}

/// `--emulator FILE` without `=` reads FILE as YAML.
#[test]
fn a_file_behind_emulator_without_an_equals_sign_gets_a_help() {
    let world = World::with("version: 1\ndomains: { live.example.com: {} }\n");
    for file in ["state.log", "state"] {
        for line in ["plan", "drift", "apply --auto-approve", "snapshot --out s.json", "validate --online"] {
            let run = world.run(&format!("{line} --emulator {file}"));
            assert_eq!(run.code, 1, "{}", run.transcript());
            assert!(run.stderr.contains(&format!("write `--emulator={file}`")), "{}", run.transcript());
        }
        let good = world.run(&format!("snapshot --emulator={file} --out {file}.snapshot"));
        assert_eq!(good.code, 0, "{}", good.transcript());
        let back = world.run(&format!("restore {file}.snapshot --emulator {file}"));
        assert!(back.stderr.contains(&format!("write `--emulator={file}`")), "{}", back.transcript());
    }
    let applied = world.run("apply --emulator=kept.db --auto-approve");
    assert_eq!(applied.code, 0, "{}", applied.transcript());
    world.converge("--emulator=kept.db");
    // Files may still stand behind the flag, and a missing one is missing.
    assert_eq!(world.run("plan --emulator livevod.yaml").code, 0);
    let missing = world.run("plan --emulator other.yaml");
    assert!(missing.stderr.contains("can't read `other.yaml`"), "{}", missing.transcript());
}

const RENDERED: &str = "\
version: 1
account: \"1234567890123456\"
transcode_groups: { hd: e2d796d3bb5fd8049d32bff62f94e4c1 }
defaults: { vod_transcode_group: hd }
tiers: { vip: { cycle_duration: 20m } }
domains:
  live.example.com:
    prune: true
    apps:
      \"*\": { streams: { \"*\": {} } }
      show: { defaults: { auto_compose: off }, streams: { cam1: { tier: vip }, cam2: { state: absent } } }
";

#[test]
fn render_writes_everything_out_with_origins() {
    let world = World::with(RENDERED);
    assert_snapshot!(world.run("render").transcript());
    assert_snapshot!("render_json", world.run("render --format json").transcript());
}

#[test]
fn what_render_writes_means_the_same() {
    let world = World::with(RENDERED);
    let rendered = world.run("render").stdout;
    world.converge("--emulator");
    world.write("livevod.yaml", &rendered);
    let run = world.run("plan --emulator --detailed-exitcode");
    assert_eq!(run.code, 0, "{}", run.transcript());
}

/// Somewhere on Earth it is another day than in UTC at every moment: east of it after noon, west of it before.
#[test]
fn the_day_of_expires_is_that_of_utc_in_every_time_zone() {
    let today = || jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let expired = |zone: &str, day: jiff::civil::Date| {
        let mut world = World::with(&format!(
            "version: 1\ndefaults: {{ vod_transcode_group: VOD_NO_TRANSCODE }}\ndomains: {{ live.example.com: {{ apps: {{ a: {{ streams: {{ b: {{ expires: {day} }} }} }} }} }} }}\n"
        ));
        world.set("TZ", zone);
        let run = world.run("validate");
        assert_eq!(run.code, 0, "{}", run.transcript());
        run.stderr.contains("expired on") || run.stdout.contains("expired on")
    };
    let day = today();
    let found: Vec<[bool; 2]> = ["UTC0", "<+14>-14", "<-12>12"]
        .into_iter()
        .map(|zone| [expired(zone, day), expired(zone, day.tomorrow().unwrap())])
        .collect();
    // Midnight in between would make all of it another question.
    assert!(found.iter().all(|found| *found == [true, false]) || today() != day, "{found:?}");
}
