//! Accepted differences, as people and machines see them.

use insta::assert_snapshot;
use serde_json::json;

use super::World;

const FILES: &str = "\
version: 1
transcode_groups: { hd: e2d796d3bb5fd8049d32bff62f94e4c1, sd: 77aa0d5ce0dd4bb9a1b7b5dba1f7c0bb }
defaults: { vod_transcode_group: hd, cycle_duration: 30m }
domains:
  live.example.com:
    apps:
      show: { streams: { \"*\": {}, cam1: {}, cam2: {}, cam3: {} } }
";

const ACCEPT: &str = "\
accept:
  - { address: live.example.com/show/cam1, field: cycle_duration, value: 6h, until: 2031-12-24, reason: \"fewer files while VOD is slow, ticket 4711\" }
  - { address: live.example.com/show/cam2, field: vod_transcode_group, until: 2031-12-24, reason: \"hd is broken [see](https://example.com)\" }
";

/// Files that declare `FILES`, and a service in which somebody changed two configurations since they were applied.
fn edited() -> World {
    let world = World::with(FILES);
    world.converge("--emulator");
    let elsewhere = FILES
        .replace("cam1: {}", "cam1: { cycle_duration: 6h }")
        .replace("cam2: {}", "cam2: { vod_transcode_group: sd, on_demand: 7 }");
    world.write("livevod.yaml", &elsewhere);
    world.run("apply --emulator --auto-approve --max-change 100% --allow-recording-stop");
    world.write("livevod.yaml", FILES);
    world
}

#[test]
fn what_is_accepted_is_listed_and_no_difference() {
    let mut world = edited();
    assert_eq!(world.run("drift --emulator").code, 2);
    world.write("livevod.yaml", &format!("{FILES}{ACCEPT}"));
    world.set("COLUMNS", "80");
    assert_snapshot!("accept_update", world.run("plan --emulator").transcript());
    world.run("apply --emulator --auto-approve --max-change 100%");
    let run = world.run("drift --emulator");
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert_snapshot!("accept_drift", run.transcript());
    let online = world.run("explain live.example.com/show/cam2 --online --emulator");
    let accepted = "matches the files, except for accepted differences:\n  . vod_transcode_group";
    assert!(online.stdout.contains(accepted), "{}", online.transcript());
    let entry = "`vod_transcode_group`: any value is accepted until 2031-12-24\n      (livevod.yaml:10)\n      hd is broken";
    assert!(online.stdout.contains(entry), "{}", online.transcript());
    let json = world.run("explain live.example.com/show/cam1 --online --emulator --format json").json();
    assert_eq!(
        json["online"]["accepted"],
        json!([{"field": "cycle_duration", "before": 21600, "after": 1800}])
    );
    assert_eq!(
        (&json["accepted"][0]["value"], &json["accepted"][0]["expired"]),
        (&json!(21600), &json!(false))
    );
}

#[test]
fn machines_get_every_accepted_difference() {
    let world = edited();
    world.write("livevod.yaml", &format!("{FILES}{ACCEPT}"));
    world.run("apply --emulator --auto-approve --max-change 100%");
    for command in ["plan", "drift"] {
        let document = world.run(&format!("{command} --emulator --format json")).json();
        let rows = document["accepted"].as_array().unwrap();
        let row = |at: usize| {
            let row = &rows[at];
            json!([
                row["address"],
                row["field"],
                row["value"],
                row["declared"],
                row["until"],
                row["range"]["start"]["line"]
            ])
        };
        assert_eq!(rows.len(), 2, "{document:#}");
        assert_eq!(
            row(0),
            json!(["live.example.com/show/cam1", "cycle_duration", 21600, 1800, "2031-12-24", 9])
        );
        assert_eq!(rows[1]["reason"], "hd is broken [see](https://example.com)");
        assert_eq!((&document["changes"], &document["exit"]["code"]), (&json!([]), &json!(0)));
    }
    let markdown = world.run("plan --emulator --format markdown").stdout;
    assert_snapshot!("accept_markdown", markdown);
    let page = world.run("plan --emulator --format html").stdout;
    assert!(page.contains("2 accepted differences, left as they are</summary>"), "{page}");
    let terraform = world.run("plan --emulator --format terraform-json").json();
    assert_eq!(terraform["livevod"]["accepted"].as_array().unwrap().len(), 2);
    let github = world.run("drift --emulator --format github");
    assert_eq!(
        (github.code, github.stdout.matches("which is accepted until 2031-12-24").count()),
        (0, 2),
        "{}",
        github.transcript()
    );
    let sarif = world.run("drift --emulator --format sarif").json();
    let levels: Vec<&str> = sarif["runs"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["message"]["text"].as_str().unwrap().contains("is accepted until"))
        .map(|one| one["level"].as_str().unwrap())
        .collect();
    assert_eq!(levels, ["note", "note"]);
    let gitlab = world.run("drift --emulator --format gitlab").json();
    assert!(gitlab.as_array().unwrap().iter().all(|one| one["severity"] == "info"), "{gitlab:#}");
    world.run("drift --emulator --metrics drift.prom");
    let metrics = std::fs::read_to_string(world.path().join("drift.prom")).unwrap();
    let accepted = metrics.lines().find(|line| line.starts_with("livevod_drift_accepted_differences{"));
    assert!(accepted.is_some_and(|line| line.ends_with(" 2")), "{metrics}");
    let events = world.run("drift --emulator --json-into -");
    let plan = events.stdout.lines().find(|line| line.contains("\"type\":\"plan\"")).unwrap_or_default();
    assert_eq!(plan.matches("ticket 4711").count(), 1, "{}", events.transcript());
}

#[test]
fn many_are_counted_and_listed_with_full() {
    let names: Vec<String> = (10..20).map(|number| format!("c{number}")).collect();
    let streams =
        |settings: &str| names.iter().map(|name| format!("{name}: {settings}, ")).collect::<String>();
    let file = |settings: &str| {
        format!(
            "version: 1\ndefaults: {{ vod_transcode_group: VOD_NO_TRANSCODE }}\n\
             domains: {{ live.example.com: {{ apps: {{ show: {{ streams: {{ {} }} }} }} }} }}\n",
            streams(settings)
        )
    };
    let world = World::with(&file("{ on_demand: 7 }"));
    world.converge("--emulator");
    let accept = "accept: [{ address: live.example.com/show/c*, field: on_demand, until: 2031-12-24, reason: test }]\n";
    world.write("livevod.yaml", &(file("{}") + accept));
    let short = world.run("plan --emulator").stdout;
    assert!(short.contains("10 accepted differences, left as they are:"), "{short}");
    assert_eq!(short.matches("ticket").count() + short.matches(": test").count(), 5, "{short}");
    assert!(short.contains("and 5 more (--full lists them)"), "{short}");
    assert_eq!(world.run("plan --emulator --full").stdout.matches(": test").count(), 10);
    let one = world.run("plan --emulator --target live.example.com/show/c11 --format json").json();
    assert_eq!(one["accepted"].as_array().unwrap().len(), 1, "only what is selected was compared");
}

/// The day is that of this machine, so the entries are of years that are far away.
#[test]
fn after_its_day_and_without_effect_an_entry_is_a_finding() {
    let world = edited();
    world.write("livevod.yaml", &format!("{FILES}{}", ACCEPT.replace("2031", "2021")));
    let run = world.run("drift --emulator");
    assert_eq!((run.code, run.stderr.matches("accept-expired").count()), (2, 2), "{}", run.transcript());
    assert!(!run.stdout.contains("accepted"), "{}", run.transcript());
    let explained = world.run("explain live.example.com/show/cam1").stdout;
    assert!(explained.contains("`cycle_duration`: `6h` was accepted until 2021-12-24"), "{explained}");

    world.write("livevod.yaml", &format!("{FILES}{}", ACCEPT.replace("value: 6h", "value: 5h")));
    for command in ["plan --emulator", "drift --emulator", "validate --online --emulator"] {
        let run = world.run(command);
        assert_eq!(
            run.stderr.matches("no difference in `cycle_duration`").count(),
            1,
            "{}",
            run.transcript()
        );
    }
    let selected = world.run("plan --emulator --target live.example.com/show/cam1");
    assert!(!selected.stderr.contains("accept-idle"), "{}", selected.transcript());
    assert!(!world.run("validate").stderr.contains("accept-idle"));
}

/// A reviewed plan holds the values that stood; the files of its apply may accept what they like.
#[test]
fn a_saved_plan_writes_what_it_says() {
    let world = edited();
    world.write("livevod.yaml", &format!("{FILES}{ACCEPT}"));
    let guards = "--max-change 100%";
    world.run(&format!("plan --emulator --out saved.plan {guards}"));
    let shown = world.run("show saved.plan").stdout;
    assert!(shown.contains("2 accepted differences, left as they are:"), "{shown}");
    world.write("livevod.yaml", FILES);
    let run = world.run(&format!("apply saved.plan --emulator --auto-approve {guards}"));
    assert_eq!(run.code, 0, "{}", run.transcript());
    let left = world.run("plan --emulator --format json").json();
    let fields: Vec<&str> = left["changes"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|change| change["fields"].as_array().unwrap())
        .map(|field| field["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["cycle_duration", "vod_transcode_group"], "the accepted values still stand");
}

/// A restore writes back what the snapshot has, also to a field that is accepted.
#[test]
fn a_restore_is_not_bound_by_what_is_accepted() {
    let world = World::with(FILES);
    world.converge("--emulator");
    world.run("snapshot --emulator --out before.json");
    world.write("livevod.yaml", &FILES.replace("cam1: {}", "cam1: { cycle_duration: 6h }"));
    world.run("apply --emulator --auto-approve");
    world.write("livevod.yaml", &format!("{FILES}{}", ACCEPT.lines().take(2).collect::<Vec<_>>().join("\n")));
    let document = world.run("restore before.json --plan --emulator --format json").json();
    assert_eq!(document["summary"]["update"], 1, "{document:#}");
    assert_eq!(document["accepted"], json!([]));
    let run = world.run("restore before.json --emulator --auto-approve");
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert!(!run.stderr.contains("would undo this restore"), "{}", run.transcript());
}

#[test]
fn a_merge_and_fmt_keep_the_entries() {
    let world = edited();
    let more = FILES.replace("cam3: {}", "cam3: {}, cam4: { cycle_duration: 2h }");
    world.write("livevod.yaml", &more);
    world.run("apply --emulator --auto-approve --max-change 100%");
    let text = format!("{FILES}{ACCEPT}");
    world.write("livevod.yaml", &text);
    let run = world.run("import --merge --emulator");
    assert_eq!(run.code, 0, "{}", run.transcript());
    let merged = std::fs::read_to_string(world.path().join("livevod.yaml")).unwrap();
    assert!(merged.contains("cam4") && merged.ends_with(ACCEPT), "{merged}");
    let untidy = ACCEPT.replace("  - {", "- {");
    world.write("livevod.yaml", &format!("{FILES}{untidy}"));
    world.run("fmt");
    let formatted = std::fs::read_to_string(world.path().join("livevod.yaml")).unwrap();
    assert!(formatted.ends_with(ACCEPT), "{formatted}");
}

#[test]
fn files_that_accept_more_than_their_branch_end_what_was_pending() {
    let world = edited();
    world.write("base/livevod.yaml", FILES);
    world.write("livevod.yaml", &format!("{FILES}{}", ACCEPT.lines().take(2).collect::<Vec<_>>().join("\n")));
    let run = world.run("plan --emulator --base base");
    assert!(
        run.stdout.contains("No longer pending:\n\n  # live.example.com/show/cam1"),
        "{}",
        run.transcript()
    );
}
