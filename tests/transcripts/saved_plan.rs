//! A saved plan is applied exactly as it is, or not at all.

use super::World;
use insta::assert_snapshot;

const ONE: &str = "\
version: 1
defaults: { vod_transcode_group: VOD_NO_TRANSCODE }
domains:
  live.example.com: { apps: { show: { streams: { cam1: {}, cam2: {}, cam3: {}, cam4: {} } } } }
";

/// A service that matched the files, and files with two later edits.
fn edited() -> World {
    let mut world = World::with(ONE);
    world.set("COLUMNS", "80");
    world.converge("--emulator");
    world.write(
        "livevod.yaml",
        &ONE.replace("cam1: {}, cam2: {}", "cam1: { cycle_duration: 20m }, cam2: { cycle_duration: 20m }"),
    );
    world
}

/// Changes cam1 in the service after the review.
fn behind_the_back(world: &World) {
    world.write("theirs/livevod.yaml", &ONE.replace("cam1: {}", "cam1: { cycle_duration: 5m }"));
    let run = world.run("apply theirs --emulator --auto-approve --max-change 100% --journal theirs/journal");
    assert_eq!(run.code, 0, "{}", run.transcript());
}

#[test]
fn the_whole_story_of_a_pull_request() {
    let world = edited();
    let planned = world.run("plan --emulator --out reviewed.plan --max-change 100%");
    assert_eq!(planned.code, 0, "{}", planned.transcript());
    let digest = world.run("show reviewed.plan --format json").json()["digest"].as_str().unwrap().to_owned();
    assert!(planned.stdout.contains(&digest));
    behind_the_back(&world);
    let refused = world.run(&format!("apply reviewed.plan --emulator --expect-digest {digest}"));
    assert_snapshot!("refused", refused.transcript());
    let recomputed =
        world.run(&format!("apply --emulator --expect-digest {digest} --reviewed reviewed.plan"));
    assert_snapshot!("recomputed", recomputed.transcript());
    let json = world
        .run(&format!("apply --emulator --expect-digest {digest} --reviewed reviewed.plan --format json"));
    assert_eq!(json.code, 3);
    assert_eq!(json.json()["since_review"][0]["address"], "live.example.com/show/cam1");
    let comment = world.run(&format!(
        "apply --emulator --expect-digest {digest} --reviewed reviewed.plan --format markdown"
    ));
    assert_snapshot!("recomputed_as_a_comment", comment.transcript());
    let again = world.run("plan --emulator --out again.plan --max-change 100%");
    assert_eq!(again.code, 0);
    let digest = world.run("show again.plan --format json").json()["digest"].as_str().unwrap().to_owned();
    let applied = world.run(&format!("apply again.plan --emulator --expect-digest {digest}"));
    assert_eq!(applied.code, 0, "{}", applied.transcript());
    let second = world.run("plan --emulator --detailed-exitcode");
    assert_eq!(second.code, 0, "{}", second.transcript());
    // Everything is done: applying the same plan again changes nothing, and is not an error.
    let same = world.run(&format!("apply again.plan --emulator --expect-digest {digest}"));
    assert_eq!(same.code, 0, "{}", same.transcript());
}

/// Everyone who can write the file can seal it again, but can't change the digest that was reviewed.
#[test]
fn a_plan_that_was_edited_and_sealed_anew_is_not_the_reviewed_one() {
    let world = World::with(ONE);
    world.converge("--emulator");
    let pruned =
        ONE.replace("{ apps: { show: { streams: { cam1: {}, ", "{ prune: true, apps: { show: { streams: { ");
    world.write("livevod.yaml", &format!("{pruned}protect: [live.example.com/show/cam9]\n"));
    let released = "--max-delete 100% --allow-recording-stop";
    world.run(&format!("plan --emulator --out reviewed.plan {released}"));
    let digest = world.run("show reviewed.plan --format json").json()["digest"].as_str().unwrap().to_owned();
    let before = std::fs::read(world.path().join(".livevod/emulator.log")).unwrap();
    let text = std::fs::read_to_string(world.path().join("reviewed.plan")).unwrap();
    let edits = [
        ("\"reason\":\"pruned\"", "\"reason\":\"declared_absent\""),
        ("\"is_protected\":false", "\"is_protected\":true"),
        ("\"declares_nothing\": false", "\"declares_nothing\": true"),
        ("\"spelling\":\"named\"", "\"spelling\":\"absent\""),
        ("\"spelling\":\"named\"", "\"spelling\":\"named\",\"contingent\":[\"add_siblings_back\"]"),
        ("\"stream\":\"cam1\"", "\"stream\":\"cam2\""),
        ("\"target\": \"emulator .livevod/emulator.log\"", "\"target\": \"emulator other.log\""),
    ];
    for (from, to) in edits {
        assert!(text.contains(from), "{from}");
        let open = text.replace(from, to);
        let open = open.split_once("\"checksum\"").unwrap().0;
        world.write("edited.plan", &livevod::sealed::close(open));
        let run = world.run(&format!("apply edited.plan --emulator --expect-digest {digest} {released}"));
        assert_eq!(run.code, 3, "{to}: {}", run.transcript());
        assert_eq!(std::fs::read(world.path().join(".livevod/emulator.log")).unwrap(), before, "{to}");
    }
}

#[test]
fn a_saved_plan_is_shown_without_a_network_in_every_form() {
    let world = edited();
    let planned = world.run("plan --emulator --out reviewed.plan");
    std::fs::remove_dir_all(world.path().join(".livevod")).unwrap();
    let shown = world.run("show reviewed.plan");
    assert_eq!(shown.code, 0, "{}", shown.transcript());
    assert!(planned.stdout.starts_with(&shown.stdout), "{}\n---\n{}", planned.stdout, shown.stdout);
    for format in ["json", "github", "gitlab", "sarif"] {
        let run = world.run(&format!("show reviewed.plan --format {format}"));
        assert_eq!(run.code, 0, "{format}: {}", run.transcript());
        assert!(run.stdout.contains("cam1"), "{format}: {}", run.transcript());
    }
}

/// Without credentials and without an account too: those errors would be about another service.
#[test]
fn a_plan_for_another_service_is_refused_before_anything_about_accounts() {
    let world = edited();
    assert_eq!(world.run("plan --emulator --out reviewed.plan").code, 0);
    let run = world.run("apply reviewed.plan --auto-approve");
    assert_eq!(run.code, 3, "{}", run.transcript());
    let says = "the plan is for emulator .livevod/emulator.log, not for the regions' own endpoints";
    let says =
        |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").replace("│ ", "").contains(says);
    assert!(says(&run.stderr) && !run.stderr.contains("account"), "{}", run.transcript());
}

#[test]
fn a_plan_is_for_one_service_and_has_decided_what_it_is() {
    let world = edited();
    assert_eq!(world.run("plan --emulator --out reviewed.plan").code, 0);
    let elsewhere = world.run("apply reviewed.plan --emulator=other.log --auto-approve");
    assert_eq!(elsewhere.code, 3, "{}", elsewhere.transcript());
    let mut said = vec![elsewhere.transcript()];
    for arguments in [
        "apply reviewed.plan --emulator --auto-approve --target live.example.com/show/cam1",
        "apply reviewed.plan livevod.yaml --emulator --auto-approve",
        "apply reviewed.plan --emulator --auto-approve --expect-digest sha256:0000000000000000000000000000000000000000000000000000000000000000",
        "apply missing.plan --emulator --auto-approve",
        "show livevod.yaml",
    ] {
        let run = world.run(arguments);
        assert!([1, 3].contains(&run.code), "{arguments}: {}", run.transcript());
        said.push(format!("$ livevod {arguments}\n{}", run.transcript()));
    }
    assert_snapshot!("not_applied", said.join("\n"));
}

#[test]
fn a_changed_byte_of_a_plan_is_refused_and_nothing_is_written() {
    let world = edited();
    assert_eq!(world.run("plan --emulator --out reviewed.plan").code, 0);
    let path = world.path().join("reviewed.plan");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"cycle_duration\":1200", "\"cycle_duration\":1201")).unwrap();
    let run = world.run("apply reviewed.plan --emulator --auto-approve --max-change 100%");
    assert_snapshot!("changed", run.transcript());
    assert_eq!(world.run("plan --emulator --format json").json()["summary"]["update"], 2);
}

#[cfg(unix)]
#[test]
fn a_saved_plan_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let world = edited();
    assert_eq!(world.run("plan --emulator --out reviewed.plan").code, 0);
    let mode = std::fs::metadata(world.path().join("reviewed.plan")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_saved_plan_is_told_at_the_places_of_its_files() {
    let world = World::with(ONE);
    assert_eq!(world.run("plan --emulator --out p").code, 0);
    let places = |line: &str| {
        let document = world.run(line).json();
        let results = document["runs"][0]["results"].as_array().unwrap().clone();
        results.into_iter().map(|result| result["locations"].clone()).collect::<Vec<_>>()
    };
    let planned = places("plan --emulator --format sarif");
    assert!(!planned.is_empty());
    assert_eq!(places("show p --format sarif"), planned);
    let document = world.run("show p --format gitlab").json();
    let issues = document.as_array().unwrap();
    assert!(issues.iter().all(|issue| issue["location"]["path"] == "livevod.yaml"), "{document}");
    let annotations = |line: &str| world.run(line).stdout;
    assert_eq!(annotations("show p --format github"), annotations("plan --emulator --format github"));
}

#[test]
fn files_are_planned_and_not_shown() {
    let world = edited();
    let run = world.run("show livevod.yaml");
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert!(run.stderr.contains("expected a saved plan, but `livevod.yaml` is YAML"), "{}", run.transcript());
    assert!(run.stderr.contains("`livevod plan livevod.yaml`"), "{}", run.transcript());
    world.run("plan --emulator --out reviewed.yaml");
    assert_eq!(world.run("show reviewed.yaml").code, 0);
}
