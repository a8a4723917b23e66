//! `drift --metrics`: what the textfile collector reads.

use std::os::unix::fs::MetadataExt as _;

use insta::assert_snapshot;

use super::World;
use super::server::{Server, keyed};

const FILE: &str = "\
version: 1
defaults: { vod_transcode_group: VOD_NO_TRANSCODE }
domains:
  live.example.com: { apps: { show: { streams: { cam1: {}, cam2: {} } } } }
";

/// The value of a sample, named with its labels besides `check`.
fn sample(text: &str, name: &str) -> Option<f64> {
    let line = |line: &&str| {
        line.replace("check=\"night\",", "").replace("{check=\"night\"}", "").starts_with(&format!("{name} "))
    };
    text.lines().find(line)?.rsplit_once(' ')?.1.parse().ok()
}

fn metrics(world: &World, line: &str) -> (i32, String) {
    let run = world.run(&format!("drift --title night --metrics m.prom {line}"));
    (run.code, std::fs::read_to_string(world.path().join("m.prom")).unwrap())
}

/// Times of this run replaced.
fn scrubbed(text: &str) -> String {
    // A run may take less than a millisecond; a time stamp of 0 says that there was no success.
    let is_time = |line: &str| {
        line.contains("_seconds{") && (!line.ends_with(" 0") || line.contains("_duration_seconds{"))
    };
    let line = |line: &str| match line.rsplit_once(' ') {
        Some((name, _)) if is_time(line) => format!("{name} […]\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn a_run_is_measured_beside_its_usual_output() {
    let world = World::with(FILE);
    world.converge("--emulator");
    world.write(
        "livevod.yaml",
        &FILE.replace("cam1: {}, cam2: {}", "cam1: { cycle_duration: 30m }, new: {}, \"*\": {}"),
    );
    let usual = world.run("drift --emulator");
    let run = world.run("drift --emulator --title night --metrics m.prom");
    assert_eq!((run.code, &run.stdout), (usual.code, &usual.stdout));
    let text = std::fs::read_to_string(world.path().join("m.prom")).unwrap();
    assert_snapshot!(scrubbed(&text));
    let mode = std::fs::metadata(world.path().join("m.prom")).unwrap().mode();
    assert_eq!(mode & 0o444, 0o444, "the collector is another user");
    let piped = world.run("drift --emulator --title night --metrics -");
    assert!(piped.stdout.starts_with("# HELP livevod_drift_"), "{}", piped.transcript());
    assert!(piped.stderr.contains("The service differs"), "{}", piped.transcript());
}

#[test]
fn the_last_success_outlives_runs_that_fail_before_they_read_anything() {
    let world = World::with(FILE);
    let (code, never) = metrics(&world, "nowhere.yaml --emulator");
    assert_eq!(code, 1);
    assert_eq!(sample(&never, "livevod_drift_last_success_timestamp_seconds"), Some(0.0));
    assert_eq!(sample(&never, "livevod_drift_last_run_complete"), Some(0.0));
    assert_snapshot!("nothing_was_read", scrubbed(&never));
    world.converge("--emulator");
    let (code, first) = metrics(&world, "--emulator");
    assert_eq!(code, 0);
    let success = sample(&first, "livevod_drift_last_success_timestamp_seconds").unwrap();
    assert!(success > 0.0);
    world.write("livevod.yaml", "version: 7\n");
    let (code, failed) = metrics(&world, "--emulator");
    assert_eq!(code, 1);
    assert_eq!(sample(&failed, "livevod_drift_last_success_timestamp_seconds"), Some(success));
    assert_eq!(sample(&failed, "livevod_drift_last_run_complete"), Some(0.0));
    assert_eq!(sample(&failed, "livevod_drift_configurations{domain=\"live.example.com\"}"), None);
    for (outcome, count) in [("clean", 1.0), ("drift", 0.0), ("incomplete", 0.0), ("failed", 2.0)] {
        let name = format!("livevod_drift_runs_total{{outcome=\"{outcome}\"}}");
        assert_eq!(sample(&failed, &name), Some(count), "{failed}");
    }
}

#[test]
fn a_domain_that_can_not_be_read_and_a_throttled_call_are_counted() {
    let world = keyed(&FILE.replace(
        "domains:\n",
        "domains:\n  more.example.com: { apps: { show: { streams: { cam1: {} } } } }\n",
    ));
    let faults = ["--domain=live.example.com=cn-shanghai", "--fault", "throttle:action=Describe,times=1"];
    let server = Server::start(&world, &faults);
    let (code, text) = metrics(&world, &format!("--endpoint {}", server.url));
    assert_eq!(code, 1);
    let of = |name: &str| sample(&text, name);
    assert_eq!(of("livevod_drift_domain_unread{domain=\"more.example.com\"}"), Some(1.0), "{text}");
    assert_eq!(of("livevod_drift_domain_unread{domain=\"live.example.com\"}"), Some(0.0));
    assert_eq!(of("livevod_drift_last_run_complete"), Some(0.0));
    assert_eq!(of("livevod_drift_runs_total{outcome=\"incomplete\"}"), Some(1.0));
    let describe = "action=\"DescribeLiveRecordVodConfigs\"";
    assert_eq!(of(&format!("livevod_drift_throttled_calls_total{{{describe}}}")), Some(1.0), "{text}");
    let calls = of(&format!("livevod_drift_calls_total{{{describe}}}")).unwrap();
    let (_, again) = metrics(&world, &format!("--endpoint {}", server.url));
    let later = sample(&again, &format!("livevod_drift_calls_total{{{describe}}}")).unwrap();
    assert!(later > calls, "a counter goes on: {calls}, then {later}");
}

#[test]
fn a_format_prints_the_metrics_also_of_a_run_that_fails() {
    let world = World::with(FILE);
    world.converge("--emulator");
    let run = world.run("drift --emulator --title night --format openmetrics");
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert!(run.stdout.ends_with("# EOF\n"), "{}", run.stdout);
    let line = "# HELP livevod_drift_runs Runs by their outcome.\n# TYPE livevod_drift_runs counter\nlivevod_drift_runs_total{";
    assert!(run.stdout.contains(line), "{}", run.stdout);
    assert!(
        run.stdout.contains("# UNIT livevod_drift_last_run_timestamp_seconds seconds\n"),
        "{}",
        run.stdout
    );
    world.write("livevod.yaml", "version: 7\n");
    let failed = world.run("drift --emulator --title night --format openmetrics");
    assert_eq!(failed.code, 1, "{}", failed.transcript());
    assert_eq!(sample(&failed.stdout, "livevod_drift_last_run_complete"), Some(0.0));
    let success = |text| sample(text, "livevod_drift_last_success_timestamp_seconds");
    assert_eq!(success(&failed.stdout), success(&run.stdout));
    assert!(failed.stderr.contains("Found 1 error."), "{}", failed.transcript());
    let other = world.run("plan --emulator --format openmetrics");
    assert!(other.stderr.contains("invalid value 'openmetrics'"), "{}", other.transcript());
}

#[test]
fn metrics_that_can_not_be_written_are_a_warning() {
    let world = World::with(FILE);
    world.converge("--emulator");
    std::fs::create_dir(world.path().join("folder")).unwrap();
    let run = world.run("drift --emulator --metrics folder --format json");
    assert_eq!(run.code, 0, "{}", run.transcript());
    let findings = run.json()["diagnostics"].as_array().unwrap().clone();
    assert!(
        findings.iter().any(|one| one["code"] == "unwritable" && one["severity"] == "warning"),
        "{findings:?}"
    );
}

#[test]
fn without_monitoring_drift_writes_nothing() {
    let world = World::with(FILE);
    world.converge("--emulator");
    world.run("drift --emulator --state kept.json");
    assert!(!world.path().join("kept.json").exists() && !world.path().join(".livevod/drift.json").exists());
}
