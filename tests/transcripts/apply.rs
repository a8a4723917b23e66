//! Applies: the approval, the changes, and reports of what was not done.

use insta::assert_snapshot;
use serde_json::json;

use super::World;
use super::server::{Server, keyed};

const ONE: &str = "\
version: 1
defaults: { vod_transcode_group: e2d796d3bb5fd8049d32bff62f94e4c1 }
domains:
  live.example.com:
    apps: { show: { streams: { cam1: {}, cam2: {}, \"*\": {} } } }
";

#[test]
fn the_quick_start_is_applied_and_stays() {
    let world = World::new();
    let quickstart = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/quickstart/livevod.yaml");
    world.write("livevod.yaml", &std::fs::read_to_string(quickstart).unwrap());
    let run = world.run("apply --emulator --auto-approve");
    assert_snapshot!("quick_start_first", run.transcript());
    assert_snapshot!("quick_start_again", world.run("apply --emulator --auto-approve").transcript());
}

#[test]
fn every_example_converges() {
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    let common = format!("{examples}/staging-production/common.yaml");
    let sets = [
        format!("{examples}/quickstart"),
        format!("{examples}/platform"),
        format!("{examples}/by-format"),
        format!("{common} {examples}/staging-production/staging.yaml"),
        format!("{common} {examples}/staging-production/production.yaml"),
    ];
    for files in sets {
        let world = World::new();
        let valid = world.run(&format!("validate {files}"));
        assert_eq!((valid.code, valid.stderr.as_str()), (0, ""), "{}", valid.transcript());
        // The embedded emulator has every domain in the region that the files name.
        let online = world.run(&format!("validate {files} --online --emulator"));
        assert_eq!(online.code, 0, "{}", online.transcript());
        assert!(!online.stderr.contains("another region"), "{}", online.transcript());
        world.converge(&format!("{files} --emulator"));
    }
}

#[test]
fn nobody_to_ask_is_an_error_before_anything_is_read() {
    let world = World::with(ONE);
    let run = world.run("apply --emulator");
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("--auto-approve"), "{}", run.transcript());
    assert!(!world.path().join(".livevod").exists());
}

/// Nothing is written, and no guard refuses: the current state can no longer be read.
#[test]
fn a_compare_that_cannot_be_read_is_an_error_and_no_refusal() {
    let world = keyed(&ONE.replace("cam1: {}, cam2: {}, ", ""));
    let server = Server::start(&world, &["--fault", "revoked-key:action=Describe,nth=2"]);
    let line =
        format!("apply --endpoint {} --account 1234567890123456 --auto-approve --format json", server.url);
    let run = world.run(&line);
    let report = run.json();
    assert_eq!(report["outcomes"][0]["outcome"], "not_attempted", "{}", run.transcript());
    assert_eq!(report["exit"], json!({"code": 1, "reason": "error"}));
    assert_eq!(run.code, 1);
}

#[test]
fn only_the_reviewed_plan_is_applied() {
    let world = World::with(ONE);
    let plan = world.run("plan --emulator --format json");
    let digest = plan.json()["digest"].as_str().unwrap().to_owned();
    let other = format!("sha256:{}", "0".repeat(64));
    let refused = world.run(&format!("apply --emulator --expect-digest {other}"));
    assert_eq!(refused.code, 3, "{}", refused.transcript());
    assert!(refused.stdout.contains(&other) && refused.stdout.contains(&digest), "{}", refused.transcript());
    let applied = world.run(&format!("apply --emulator --expect-digest {digest}"));
    assert_eq!(applied.code, 0, "{}", applied.transcript());
    // Nothing is left to do, and that is not the plan that was reviewed.
    assert_eq!(world.run(&format!("apply --emulator --expect-digest {digest}")).code, 3);
    let malformed = world.run("apply --emulator --expect-digest sha256:12");
    assert_eq!(malformed.code, 1);
    assert!(malformed.stderr.contains("64 hex digits"), "{}", malformed.transcript());
}

#[test]
fn every_kind_of_change_is_carried_out() {
    let world = World::with(ONE);
    world.converge("--emulator");
    world.write(
        "livevod.yaml",
        &ONE.replace(
            "cam1: {}",
            "cam1: { cycle_duration: 2h, auto_compose: on, compose_vod_transcode_group: VOD_NO_TRANSCODE }",
        )
        .replace(
            "cam2: {}",
            "cam2: { state: absent }, cam3: { storage_location: a-bucket.oss-cn-shanghai.aliyuncs.com }",
        ),
    );
    world.converge("--emulator --max-change=1");
    world.write(
        "livevod.yaml",
        &ONE.replace(
            "cam2: {}",
            "cam2: { state: absent }, cam3: { storage_location: b-bucket.oss-cn-shanghai.aliyuncs.com }",
        ),
    );
    let refused = world.run("apply --emulator --auto-approve --max-change 100%");
    assert_eq!(refused.code, 3);
    assert!(refused.stdout.contains("--allow-recording-gap"), "{}", refused.transcript());
    let run = world.converge("--emulator --max-change=100% --max-delete=100% --allow-recording-gap");
    assert!(
        run.stdout.contains("Apply complete! Resources: 1 added, 1 changed, 1 destroyed."),
        "{}",
        run.transcript()
    );
}

#[test]
fn the_report_in_json_names_every_outcome() {
    let world = World::with(ONE);
    let report = world.run("apply --emulator --auto-approve --format json").json();
    assert_eq!(report["format_version"], "1.0");
    assert_eq!(report["summary"], json!({"done": 3, "failed": 0, "not_attempted": 0, "unknown": 0}));
    assert_eq!(report["exit"], json!({"code": 0, "reason": "success"}));
    for outcome in report["outcomes"].as_array().unwrap() {
        assert_eq!(outcome["outcome"], "done");
        assert_eq!(outcome["action"], "create");
        assert_eq!(outcome["request_id"], "[request id]");
    }
}

#[test]
fn a_report_tells_what_the_plan_found() {
    let world = World::with(&ONE.replace("domains:", "ignore: [live.example.com/nothing-*]\ndomains:"));
    hold_unmanageable(&world, "cam1");
    for (format, words) in [
        ("json", ["\"code\": \"unsupported\"", "\"code\": \"pattern-without-match\""]),
        ("github", ["title=unsupported", "title=pattern-without-match"]),
        ("gitlab", ["\"check_name\": \"unsupported\"", "\"check_name\": \"pattern-without-match\""]),
        ("sarif", ["\"ruleId\": \"unsupported\"", "\"ruleId\": \"pattern-without-match\""]),
    ] {
        let state = format!("{format}.log");
        std::fs::copy(world.path().join(".livevod/emulator.log"), world.path().join(&state)).unwrap();
        let run = world.run(&format!("apply --emulator={state} --auto-approve --format {format}"));
        assert_eq!((run.code, run.stderr.as_str()), (4, ""), "{}", run.transcript());
        assert!(words.iter().all(|word| run.stdout.contains(word)), "{}", run.transcript());
    }
    let run = world.run("apply --emulator --auto-approve --format markdown");
    assert!(run.stderr.starts_with("unsupported\n"), "{}", run.transcript());
}

#[test]
fn an_outcome_that_is_not_done_bears_its_finding() {
    let world = World::with(
        &ONE.replace("cam1: {}", "cam1: { vod_transcode_group: odd }")
            .replace("domains:", "transcode_groups: { odd: not-a-group }\ndomains:"),
    );
    let report = world.run("apply --emulator --auto-approve --format json").json();
    let [all, first, second] = [&report["outcomes"][0], &report["outcomes"][1], &report["outcomes"][2]];
    assert_eq!((&all["outcome"], all.get("diagnostic")), (&json!("done"), None));
    assert_eq!((&first["outcome"], &first["diagnostic"]["code"]), (&json!("failed"), &json!("remote")));
    assert_eq!(first["diagnostic"]["request_id"], first["request_id"]);
    assert_eq!(first["diagnostic"]["range"]["start"]["line"], 6);
    assert_eq!((&second["outcome"], second.get("diagnostic")), (&json!("done"), None));
}

#[test]
fn a_refused_value_is_shown_where_it_was_written() {
    let world = World::with(
        "\
version: 1
transcode_groups: { gone: not-a-group-of-this-account }
tiers: { vip: { vod_transcode_group: gone } }
domains:
  live.example.com:
    apps:
      show:
        streams:
          good: { vod_transcode_group: VOD_NO_TRANSCODE }
          bad: { tier: vip }
",
    );
    let run = world.run("apply --emulator --auto-approve");
    assert_eq!(run.code, 4);
    assert_snapshot!(run.transcript());
}

#[test]
fn deletes_are_not_attempted_after_a_failure() {
    let world = World::with(ONE);
    world.converge("--emulator");
    world.write(
        "livevod.yaml",
        &ONE.replace("cam1: {}", "cam1: { state: absent }, bad: { vod_transcode_group: 00000000 }"),
    );
    let run = world.run("apply --emulator --auto-approve");
    assert_eq!(run.code, 1, "a malformed id never reaches the service:\n{}", run.transcript());
    let known = ONE.replace("domains:", "transcode_groups: { odd: some-group }\ndomains:");
    world.write(
        "livevod.yaml",
        &known.replace("cam1: {}", "cam1: { state: absent }, bad: { vod_transcode_group: odd }"),
    );
    let run = world.run("apply --emulator --auto-approve --format json");
    assert_eq!(run.code, 4, "{}", run.transcript());
    let outcomes = run.json()["outcomes"].clone();
    assert_eq!(
        (&outcomes[0]["address"], &outcomes[0]["outcome"]),
        (&json!("live.example.com/show/bad"), &json!("failed"))
    );
    assert_eq!(
        (&outcomes[1]["address"], &outcomes[1]["outcome"]),
        (&json!("live.example.com/show/cam1"), &json!("not_attempted"))
    );
}

#[test]
fn another_account_is_refused() {
    let world = World::with(&ONE.replace("version: 1\n", "version: 1\naccount: \"1234567890123456\"\n"));
    let run = world.run("apply --emulator --auto-approve --account 6543210987654321");
    assert_eq!(run.code, 3, "{}", run.transcript());
}

#[test]
fn an_apply_that_leaves_the_machine_needs_an_account() {
    let mut world = World::with(ONE);
    world.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "someone");
    world.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "something");
    let run = world.run("apply --auto-approve");
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("no account is declared"), "{}", run.transcript());
}

/// A configuration that contradicts itself, in a service that holds nothing else.
pub(super) fn hold_unmanageable(world: &World, stream: &str) {
    use livevod::emulator::{Service, Settings};
    let file = world.path().join(".livevod/emulator.log");
    let service = Service::open(Some(&file), Settings::default()).unwrap();
    let item = serde_json::json!({
        "DomainName": "live.example.com", "AppName": "show", "StreamName": stream, "FormatConfig": true,
    });
    service.load(&serde_json::json!({ "configs": [item] }).to_string()).unwrap();
}

#[test]
fn what_can_not_be_managed_is_named_and_never_success() {
    let world = World::with(ONE);
    hold_unmanageable(&world, "cam1");
    let first = world.run("apply --emulator --auto-approve");
    assert_eq!(first.code, 4, "{}", first.transcript());
    assert!(!first.stdout.contains("Apply complete!"), "{}", first.transcript());
    let second = world.run("apply --emulator --auto-approve");
    assert_eq!(second.code, 1, "{}", second.transcript());
    assert_snapshot!(second.transcript());
    assert_eq!(world.run("plan --emulator --detailed-exitcode").code, 2);
}
