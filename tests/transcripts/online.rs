//! `validate --online`: findings from the service's answers, each at the line of the files that disagrees.

use insta::assert_snapshot;

use super::server::{Server, keyed};
use super::{Run, World};

const FILE: &str = "\
version: 1
region: cn-shanghai
transcode_groups:
  hd: 00000000000000000000000000000001
  gone: 00000000000000000000000000000002
tiers: { vip: { vod_transcode_group: gone } }
defaults: { vod_transcode_group: hd }
domains:
  live.example.com:
    apps:
      show:
        streams:
          \"*\": {}
          cam1: { tier: vip }
          cam2: {}
  push.example.com: { apps: { show: { streams: { \"*\": {} } } } }
  far.example.com: { apps: { show: { streams: { \"*\": { vod_transcode_group: VOD_NO_TRANSCODE } } } } }
  gone.example.com: { apps: { show: { streams: { \"*\": {} } } } }
";

const SERVICE: &[&str] = &[
    "--domain=live.example.com",
    "--domain=far.example.com=eu-central-1",
    "--ingest-domain=push.example.com",
    "--oss-recording=live.example.com/show/cam2",
    "--group=00000000000000000000000000000001",
];

/// Asks a service that has few domains and groups.
fn ask(world: &mut World, line: &str) -> Run {
    world.set("COLUMNS", "80");
    let server = Server::start(world, SERVICE);
    world.run(&format!("{line} --online --endpoint {}", server.url))
}

#[test]
fn what_the_service_says_is_shown_in_the_files() {
    let run = ask(&mut keyed(FILE), "validate");
    assert_eq!(run.code, 1);
    assert_snapshot!(run.transcript());
}

#[test]
fn online_findings_are_in_every_format_and_are_weighed_like_others() {
    let mut world =
        keyed(&FILE.replace("  gone.example.com: { apps: { show: { streams: { \"*\": {} } } } }\n", ""));
    let document = ask(&mut world, "validate --format json --allow domain-state").json();
    let codes: Vec<&str> =
        document["diagnostics"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["group-not-found", "oss-overlap", "oss-overlap"]);
}

#[test]
fn a_comment_allows_what_only_the_service_knows_and_is_never_stale_without_it() {
    let text = "version: 1\ndefaults: { vod_transcode_group: VOD_NO_TRANSCODE }\ndomains:\n  \
                push.example.com: # livevod: allow domain-state\n    apps: { show: { streams: { \"*\": {} } } }\n";
    let mut world = keyed(text);
    assert_eq!(world.run("validate").stderr, "");
    let run = ask(&mut world, "validate");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.transcript());
}

#[test]
fn the_embedded_emulator_knows_everything() {
    let world = World::with(FILE);
    let run = world.run("validate --online --emulator");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.transcript());
    assert!(!world.path().join(".livevod").exists(), "who only looks leaves nothing behind");
}

#[test]
fn a_service_is_only_named_with_online() {
    let run = World::with(FILE).run("validate --emulator");
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("uses a service only with `--online`"), "{}", run.stderr);
}

#[test]
fn what_can_not_be_asked_is_said() {
    let world = keyed(FILE);
    let server = Server::start(&world, &["--fault", "expired-token"]);
    let run = world.run(&format!("validate --online --endpoint {} --format json", server.url));
    assert_eq!(run.code, 1);
    let document = run.json();
    let found = document["diagnostics"].as_array().unwrap();
    assert_eq!(found.len(), 6, "four domains and two groups: {}", run.transcript());
    assert!(found.iter().all(|one| one["code"] == "remote"), "{}", run.transcript());
}

const NO_VOD: &str = "\
version: 1
transcode_groups: { hd: 00000000000000000000000000000002 }
defaults: { vod_transcode_group: hd }
domains:
  live.example.com:
    region: us-east-1
    apps: { show: { streams: { \"*\": { space_id: app-9 } } } }
";

#[test]
fn a_region_without_vod_is_said_and_vod_is_not_asked() {
    let world = keyed(NO_VOD);
    let server = Server::start(&world, &["--domain=live.example.com=us-east-1", "--app-space=app-2"]);
    let run = world.run(&format!("validate --online --log --endpoint {}", server.url));
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert!(run.stderr.contains("VOD is not offered in `us-east-1`"), "{}", run.transcript());
    assert!(!run.stderr.contains("GetTranscodeTemplateGroup") && !run.stderr.contains("GetAppInfos"));
    let elsewhere = NO_VOD.replace("us-east-1", "cn-beijing");
    world.write("livevod.yaml", &elsewhere);
    let run = world.run(&format!("validate --online --log --endpoint {}", server.url));
    assert!(run.stderr.contains("GetTranscodeTemplateGroup") && run.stderr.contains("GetAppInfos"));
}

/// Accounts that store in Beijing may call VOD in Shanghai; this one has no such group in either region.
#[test]
fn a_group_that_is_missing_in_beijing_is_looked_up_in_shanghai_too() {
    let world = keyed(&NO_VOD.replace("us-east-1", "cn-beijing").replace(" space_id: app-9 ", ""));
    let arguments = ["--domain=live.example.com=cn-beijing", "--group=00000000000000000000000000000001"];
    let server = Server::start(&world, &arguments);
    let run = world.run(&format!("validate --online --log --format json --endpoint {}", server.url));
    let document = run.json();
    let found = document["diagnostics"].as_array().unwrap();
    let [one] = found.as_slice() else { panic!("{}", run.transcript()) };
    assert_eq!((&one["code"], &one["severity"]), (&"group-not-found".into(), &"error".into()));
    assert_eq!(run.stderr.matches("GetTranscodeTemplateGroup").count(), 2, "{}", run.stderr);
}

#[test]
fn groups_of_formats_are_looked_up_and_spaces_ten_at_a_time() {
    let streams: String =
        (0..12).map(|number| format!("s{number}: {{ space_id: app-{number} }}, ")).collect();
    let by_format =
        "f: { record_format: { mp4: { process: { transcode: 00000000000000000000000000000003 } } } }";
    let world = keyed(&format!(
        "version: 1\nregion: eu-central-1\ndomains:\n  live.example.com:\n    apps:\n      \
         show: {{ defaults: {{ vod_transcode_group: VOD_NO_TRANSCODE }}, streams: {{ {streams} }} }}\n      \
         formats: {{ streams: {{ {by_format} }} }}\n"
    ));
    let arguments = [
        "--domain=live.example.com=eu-central-1",
        "--group=00000000000000000000000000000001",
        "--app-space=app-3",
    ];
    let server = Server::start(&world, &arguments);
    let run = world.run(&format!("validate --online --log --format json --endpoint {}", server.url));
    let document = run.json();
    let codes: Vec<&str> =
        document["diagnostics"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    let of = |code: &str| codes.iter().filter(|one| **one == code).count();
    assert_eq!((of("space-not-found"), of("group-not-found")), (11, 1), "{}", run.transcript());
    assert_eq!(run.stderr.matches("GetAppInfos").count(), 2, "{}", run.stderr);
}

/// The examples, and the first file of the page about files, are clean on an empty emulator too.
#[test]
fn the_examples_have_no_warning_online() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/files.md")).unwrap();
    let world = World::with(page.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap());
    let staging =
        |which: &str| format!("{root}/staging-production/common.yaml {root}/staging-production/{which}.yaml");
    let examples = ["quickstart", "platform", "by-format"].map(|name| format!("{root}/{name}"));
    let paths = examples.into_iter().chain(["staging", "production"].map(staging));
    for paths in paths.chain(["livevod.yaml".to_owned()]) {
        let run = world.run(&format!("validate --online --emulator=empty.log --format json {paths}"));
        let found = run.json()["diagnostics"].clone();
        let found = found.as_array().unwrap().iter().filter(|one| one["severity"] != "advice");
        assert_eq!(found.collect::<Vec<_>>(), Vec::<&serde_json::Value>::new(), "{paths}");
        let plan = world.run(&format!("plan --emulator=empty.log {paths}"));
        assert_eq!(plan.stderr, "", "{paths}");
    }
}
