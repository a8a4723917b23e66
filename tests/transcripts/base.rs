//! What a pull request changes, apart from what was already pending on its target branch.

use super::World;
use insta::assert_snapshot;

/// What the service holds.
const APPLIED: &str = "\
version: 1
defaults: { vod_transcode_group: VOD_NO_TRANSCODE }
protect: [live.example.com/vip]
domains:
  live.example.com:
    apps:
      show: { streams: { cam1: {}, cam2: {}, cam3: {}, cam4: {}, cam5: {} } }
      vip: { streams: { gala: {} } }
";

/// The target branch: two edits that were not applied yet.
fn main_branch() -> String {
    APPLIED
        .replace("cam1: {}, cam2: {}", "cam1: { cycle_duration: 20m }, cam2: { cycle_duration: 20m }")
        .replace("cam5: {}", "cam5: { cycle_duration: 25m }")
}

/// The pull request: another value for cam2, none for cam5, cam3 left out, cam6 new, and `vip` no longer protected.
fn pull_request() -> String {
    APPLIED
        .replace("protect: [live.example.com/vip]\n", "")
        .replace(
            "cam1: {}, cam2: {}, cam3: {}",
            "cam1: { cycle_duration: 20m }, cam2: { cycle_duration: 30m }",
        )
        .replace("cam5: {}", "cam5: {}, cam6: {}")
}

fn world() -> World {
    let mut world = World::with(APPLIED);
    world.set("COLUMNS", "80");
    world.converge("--emulator");
    world.write("base/livevod.yaml", &main_branch());
    world.write("livevod.yaml", &pull_request());
    world
}

#[test]
fn what_was_pending_stands_apart_and_first() {
    let world = world();
    assert_snapshot!("pending", world.run("plan --emulator --base base --max-change 100%").transcript());
    let markdown = world.run("plan --emulator --base base --max-change 100% --format markdown");
    assert_snapshot!("pending_markdown", markdown.stdout);
    let github = world.run("plan --emulator --base base --max-change 100% --format github");
    assert_snapshot!("pending_github", github.stdout);
    let json = world.run("plan --emulator --base base --format json").json();
    assert_eq!(json["since_base"]["pending"], serde_json::json!(["live.example.com/show/cam1"]));
    assert_eq!(json["since_base"]["unprotected"], serde_json::json!(["live.example.com/vip/gala"]));
    let terraform = world.run("plan --emulator --base base --format terraform-json").json();
    let pending: Vec<_> = terraform["resource_changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["livevod"]["pending_on_base"])
        .collect();
    assert_eq!(pending, [true, false, false]);
    // A policy engine gets everything that is not in the changes.
    assert_eq!(terraform["livevod"]["since_base"], json["since_base"]);
}

#[test]
fn a_saved_plan_keeps_it_and_a_snapshot_will_do_too() {
    let world = world();
    let planned = world.run("plan --emulator --base base --out reviewed.plan");
    assert_eq!(planned.code, 0, "{}", planned.transcript());
    let shown = world.run("show reviewed.plan");
    assert!(planned.stdout.starts_with(&shown.stdout), "{}\n---\n{}", planned.stdout, shown.stdout);
    assert_eq!(world.run("snapshot --emulator --out now.json").code, 0);
    let against = world.run("plan --against now.json --base base");
    assert_eq!(against.stdout, shown.stdout);
}

#[test]
fn paths_are_read_at_the_same_place_in_the_base() {
    let world = world();
    world.write("live/new.yaml", &APPLIED.replace("live.example.com", "new.example.com"));
    let own = world.run("plan live --emulator --base base --max-change 100%");
    // The checkout has none of these files, so nothing can be compared.
    assert!(own.stderr.contains("`base` has none of these files"), "{}", own.transcript());
    assert!(!own.stdout.contains("Already pending"), "{}", own.transcript());
    assert_eq!(own.code, 0, "{}", own.transcript());
    let whole = format!("plan {} --emulator --base base", world.path().join("livevod.yaml").display());
    let run = world.run(&whole);
    assert!(run.stdout.contains("1 change was pending; these files add 2"), "{}", run.transcript());
}

#[test]
fn a_base_that_can_not_tell_is_said_to_be_one() {
    let world = world();
    world.write("base/livevod.yaml", &format!("{}x: 1\ny: 2\n", main_branch()));
    let broken = world.run("plan --emulator --base base --max-change 100%");
    assert_eq!(broken.code, 0, "{}", broken.transcript());
    assert!(!broken.stdout.contains("pending"), "{}", broken.transcript());
    let outside = world.run("plan ../livevod.yaml --emulator --base base");
    let runs = [broken, world.run("plan --emulator --base nowhere"), outside];
    let said: Vec<&str> = runs.iter().map(|run| run.stderr.as_str()).collect();
    assert_snapshot!("can_not_tell", said.join("\n---\n"));
}

/// Renamed domains and removed entries keep recording: every format says so, and how to delete them.
#[test]
fn what_the_files_no_longer_declare_is_told_with_the_next_step() {
    let old = APPLIED.replace(
        "domains:\n",
        "domains:\n  old.example.com: { apps: { show: { streams: { cam1: {}, cam2: {} } } } }\n",
    );
    let mut world = World::with(&old);
    world.set("COLUMNS", "120");
    world.converge("--emulator");
    world.write("base/livevod.yaml", &old);
    world.write("livevod.yaml", &APPLIED.replace("cam5: {}", "").replace("cam4: {},", "cam4: {}"));
    for format in ["human", "markdown", "html", "github"] {
        let run = world.run(&format!("plan --emulator --base base --format {format}"));
        let text = run.stdout.replace("\n    ", " ").replace("<code>", "`").replace("</code>", "`");
        let all = ["old.example.com", "live.example.com/show/cam5", "may keep recording"];
        let steps = [
            "to delete it, declare it again with `state: absent`",
            "to delete its configurations, name the domain again and declare each of them with `state: absent`",
        ];
        for part in all.into_iter().chain(steps) {
            assert!(text.contains(part), "{format}: no {part} in {}", run.transcript());
        }
    }
}

/// A snapshot may have more domains than the files, such as one that was renamed in them.
#[test]
fn a_snapshot_tells_of_domains_that_no_file_names() {
    let world = World::with(APPLIED);
    world.converge("--emulator");
    world.write("livevod.yaml", &APPLIED.replace("live.example.com:", "other.example.com:"));
    world.converge("--emulator");
    world.write("both.yaml", &format!("{APPLIED}  other.example.com: {{}}\n"));
    assert_eq!(world.run("snapshot both.yaml --emulator --out both.json").code, 0);
    let run = world.run("plan --against both.json");
    assert!(run.stdout.contains("no file names: `live.example.com` (6)"), "{}", run.transcript());
    let selected = world.run("plan --against both.json --target other.example.com");
    assert!(!selected.stdout.contains("no file names"), "{}", selected.transcript());
}
