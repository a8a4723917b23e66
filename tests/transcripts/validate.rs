//! What is said of files, right and wrong.

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

#[test]
fn a_valid_file_is_counted() {
    let world = World::with(
        "version: 1\ndefaults: { vod_transcode_group: VOD_NO_TRANSCODE }\ndomains: { live.example.com: { apps: { a: { streams: { b: {}, c: { state: absent } } } } } }\n",
    );
    assert_snapshot!(world.run("validate").transcript());
}

#[test]
fn nothing_to_read_is_an_error() {
    let run = World::new().run("validate");
    assert_eq!(run.code, 1);
    assert_snapshot!(run.transcript());
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
