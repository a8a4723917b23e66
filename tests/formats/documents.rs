//! A golden file for each format, and properties that must hold for it.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use serde_json::Value as Json;

use super::mistaken;
use crate::transcripts::World;

#[test]
fn github_annotates_each_line_once() {
    let run = mistaken().run("validate live --format github");
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    assert_snapshot!(run.stdout);
}

#[test]
fn gitlab_lists_every_finding() {
    let run = mistaken().run("validate live --format gitlab");
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    assert_snapshot!(run.stdout);
}

#[test]
fn sarif_holds_places_chain_and_rules() {
    let run = mistaken().run("validate live --format sarif");
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    assert_snapshot!(run.stdout);
}

#[test]
fn narration_draws_nothing() {
    let mut world = mistaken();
    world.set("NO_GRAPHICS", "1");
    let run = world.run("validate live");
    assert_eq!(run.code, 1);
    assert_snapshot!(run.stderr);
}

#[test]
fn paths_are_relative_however_the_files_are_named() {
    let world = mistaken();
    let named = world.run("validate live --format sarif").stdout;
    let absolute = format!("validate {} --format sarif", world.path().join("live").display());
    assert_eq!(world.run(&absolute).stdout, named);
    assert_eq!(world.run("validate ./live/../live --format sarif").stdout, named);
}

#[test]
fn fingerprints_do_not_move_with_the_lines_and_are_all_unlike() {
    let world = World::with(&text("", "100"));
    let before = fingerprints(&world);
    world.write("livevod.yaml", &text("# a comment\n\n", "100"));
    assert_eq!(fingerprints(&world), before);
    world.write("livevod.yaml", &text("", "200"));
    assert_ne!(fingerprints(&world), before);
    let unlike: BTreeSet<&String> = before.iter().collect();
    assert_eq!((before.len(), unlike.len()), (3, 3));

    /// Three findings, of which two look the same.
    fn text(head: &str, cycle: &str) -> String {
        format!(
            "{head}version: 1\ntiers:\n  a:\n    cycle_duration: 100\n  b:\n    cycle_duration: 100\n  c:\n    cycle_duration: {cycle}\n"
        )
    }

    fn fingerprints(world: &World) -> Vec<String> {
        let report = world.run("validate --format gitlab").json();
        let issues = report.as_array().unwrap().clone();
        issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn what_stands_in_no_file_is_in_every_format() {
    let world = World::new();
    let sarif = world.run("validate --format sarif").json();
    let invocation = &sarif["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["toolExecutionNotifications"][0]["descriptor"]["id"], "no-files");
    assert_eq!(sarif["runs"][0]["results"], Json::Array(Vec::new()));
    let gitlab = world.run("validate --format gitlab").json();
    assert_eq!(gitlab[0]["location"]["path"], "livevod.yaml");
    let github = world.run("validate --format github").stdout;
    assert!(github.starts_with("::error title=no-files::"), "{github}");
}

const STREAMS: &str = "\
version: 1
defaults: { vod_transcode_group: e2d796d3bb5fd8049d32bff62f94e4c1 }
domains:
  live.example.com:
    prune: true
    apps: { show: { streams: { cam1: {}, cam2: {}, cam3: {} } } }
";

#[test]
fn a_plan_is_findings_where_its_values_are_written() {
    let world = World::with(STREAMS);
    world.converge("--emulator");
    world.write(
        "livevod.yaml",
        &STREAMS
            .replace("VOD_NO", "")
            .replace("e4c1 }", "e4c1, cycle_duration: 30m }")
            .replace(", cam3: {}", ""),
    );
    let plan = world.run("plan --emulator --format github");
    assert_eq!((plan.code, plan.stderr.as_str()), (0, ""), "{}", plan.transcript());
    assert_snapshot!(plan.stdout);
    let drift = world.run("drift --emulator --format sarif");
    assert_eq!(drift.code, 2);
    let drift = drift.json();
    let levels: Vec<&Json> =
        drift["runs"][0]["results"].as_array().unwrap().iter().map(|result| &result["level"]).collect();
    assert_eq!(levels, ["warning", "warning"]);
}

#[test]
fn an_apply_reports_what_was_not_done() {
    let world = World::with(
        &STREAMS
            .replace("cam1: {}", "cam1: { vod_transcode_group: odd }")
            .replace("domains:", "transcode_groups: { odd: not-a-group }\ndomains:"),
    );
    let run = world.run("apply --emulator --auto-approve --format github");
    assert_eq!((run.code, run.stderr.as_str()), (4, ""), "{}", run.transcript());
    assert_snapshot!(run.stdout);
}

#[test]
fn a_value_that_changes_many_is_one_annotation() {
    let bucket = |name: &str| format!("{name}.oss-cn-shanghai.aliyuncs.com");
    let text = |cycle: &str, name: &str| {
        let streams = "a: {}, b: {}, c: {}";
        let apps = format!("apps: {{ show: {{ streams: {{ {streams} }} }} }}");
        let kept = format!(
            "apps: {{ show: {{ defaults: {{ storage_location: {} }}, streams: {{ {streams} }} }} }}",
            bucket(name)
        );
        format!(
            "version: 1\ndefaults:\n  vod_transcode_group: VOD_NO_TRANSCODE\n  cycle_duration: {cycle}\ndomains:\n  a.com: {{ {apps} }}\n  b.com: {{ {apps} }}\n  c.com: {{ {kept} }}\n"
        )
    };
    let world = World::with(&text("1h", "first"));
    world.converge("--emulator");
    world.write("livevod.yaml", &text("30m", "second"));
    let github = world.run("plan --emulator --format github").stdout;
    let notices: Vec<&str> = github.lines().filter(|line| line.starts_with("::notice ")).collect();
    assert_eq!(
        notices[0],
        "::notice file=livevod.yaml,line=4,endLine=4,col=19,endColumn=22,title=difference::\
         `defaults.cycle_duration` here changes 9 configurations in 3 domains (3 replaced): `1h` becomes `30m`"
    );
    assert_eq!(notices.len(), 1, "the other one stands on the line of the guards' errors: {github}");
    let other = "`defaults.storage_location` here changes 3 configurations in 1 domain (3 replaced)";
    assert_eq!(github.matches(other).count(), 1, "{github}");
    let sarif = world.run("plan --emulator --format sarif").json();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.iter().filter(|one| one["ruleId"] == "difference").count(), 2);
}
