//! Files in livevod's own folders may come from a checkout: livevod never follows their links, waits for them or quotes them.

use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use super::{Run, World};

const FILE: &str = "\
version: 1
defaults: { vod_transcode_group: VOD_NO_TRANSCODE }
domains: { live.example.com: { apps: { show: { streams: { cam1: {} } } } } }
";

/// A text that must neither change nor appear anywhere.
const PRECIOUS: &str = "S3CRET of somebody else";

/// A folder with a journal and an emulator of one earlier run, and a file of another program.
fn world() -> World {
    let world = World::with(FILE);
    world.converge("--emulator");
    world.write("precious", PRECIOUS);
    world
}

fn journal(world: &World, name: &str) -> PathBuf {
    world.path().join(".livevod/journal").join(name)
}

fn only_journal(world: &World) -> PathBuf {
    let mut listed = std::fs::read_dir(journal(world, "")).unwrap().map(|entry| entry.unwrap().path());
    listed.find(|path| path.extension().is_some_and(|end| end == "jsonl")).unwrap()
}

/// The run is refused with this reason, and the other program's file is unchanged.
fn insist(world: &World, run: &Run, why: &str) {
    assert_eq!(run.code, 1, "{}", run.transcript());
    let words = run.stderr.replace("\n  │ ", " ");
    assert!(words.contains(why), "{}", run.transcript());
    assert!(!run.transcript().contains("S3CRET"), "{}", run.transcript());
    assert_eq!(std::fs::read_to_string(world.path().join("precious")).unwrap(), PRECIOUS);
}

#[test]
fn a_lock_that_is_none_of_ours_stays_as_it_is() {
    let world = world();
    let lock = journal(&world, "lock");
    std::fs::remove_file(&lock).unwrap();
    symlink("../../precious", &lock).unwrap();
    insist(&world, &world.run("apply --emulator --auto-approve"), "it is a symbolic link");
    std::fs::remove_file(&lock).unwrap();
    std::fs::hard_link(world.path().join("precious"), &lock).unwrap();
    insist(&world, &world.run("apply --emulator --auto-approve"), "not a lock file of livevod");
}

#[test]
fn a_holder_that_says_something_else_is_not_quoted() {
    let world = world();
    std::fs::write(journal(&world, "lock"), PRECIOUS).unwrap();
    let held = std::fs::File::open(journal(&world, "lock")).unwrap();
    held.lock().unwrap();
    let run = world.run("apply --emulator --auto-approve");
    insist(&world, &run, "another apply is running here: an unknown process");
}

/// Creates something with the name of a journal, at this path in this world.
type Make = fn(&World, PathBuf);

#[test]
fn a_journal_that_is_none_is_neither_read_for_ever_nor_quoted() {
    let table: [(&str, Make, &str); 9] = [
        ("endless", |_, path| symlink("/dev/zero", path).unwrap(), "it is a symbolic link"),
        ("foreign", |_, path| symlink("../../precious", path).unwrap(), "it is a symbolic link"),
        ("folder", |_, path| std::fs::create_dir(path).unwrap(), "it is not a regular file"),
        (
            "pipe",
            |_, path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success()),
            "it is not a regular file",
        ),
        (
            "huge",
            |_, path| std::fs::File::create(path).unwrap().set_len(3 << 30).unwrap(),
            "it is larger than",
        ),
        (
            "word",
            |_, path| std::fs::write(path, format!("{{\"event\":\"{PRECIOUS}\",\"run\":1}}\n")).unwrap(),
            "the file does not begin like a journal",
        ),
        (
            "field",
            |world, path| edited(world, path, "\"digest\":\"sha256", "\"summary\":\"S3CRET"),
            "line 1 is damaged",
        ),
        (
            "version",
            |world, path| edited(world, path, "\"format_version\":\"", "\"format_version\":\"S3CRET"),
            "format version is not supported",
        ),
        (
            "name",
            |world, path| edited(world, path, "\"run\":\"", "\"run\":\"../S3CRET"),
            "the name of its run",
        ),
    ];
    for (name, make, why) in table {
        let world = world();
        make(&world, journal(&world, "x.jsonl"));
        let plan = world.run("plan --emulator");
        assert_eq!(plan.code, 0, "a plan only warns of {name}:\n{}", plan.transcript());
        assert!(
            plan.stderr.contains(why) && !plan.stderr.contains("S3CRET"),
            "{name}: {}",
            plan.transcript()
        );
        insist(&world, &world.run("apply --emulator --auto-approve"), why);
    }
}

/// A copy of the only journal, with one text replaced.
fn edited(world: &World, path: PathBuf, from: &str, to: &str) {
    let text = std::fs::read_to_string(only_journal(world)).unwrap();
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn a_journal_counts_once_whatever_its_files_are_called() {
    let world = world();
    let (kept, text) = (only_journal(&world), std::fs::read_to_string(only_journal(&world)).unwrap());
    std::fs::rename(&kept, journal(&world, "renamed.jsonl")).unwrap();
    std::fs::write(journal(&world, "older-copy.jsonl"), &text[..text.len() / 2]).unwrap();
    let runs = world.run("journal --format json").json();
    assert_eq!(runs["runs"].as_array().unwrap().len(), 1, "{runs}");
    assert_eq!(runs["runs"][0]["outcomes"]["done"], 1, "the whole one counts: {runs}");
    edited(&world, journal(&world, "other.jsonl"), "\"outcome\":\"done\"", "\"outcome\":\"failed\"");
    let run = world.run("apply --emulator --auto-approve");
    insist(&world, &run, "another journal has different content for the same run");
}

#[test]
fn a_snapshot_elsewhere_is_not_restored() {
    let world = world();
    let kept = only_journal(&world);
    let snapshot = kept.with_extension("snapshot.json");
    let secret = world.path().join("elsewhere.json");
    std::fs::rename(&snapshot, &secret).unwrap();
    symlink("../../elsewhere.json", &snapshot).unwrap();
    insist(&world, &world.run("restore last --emulator --auto-approve"), "it is a symbolic link");
    let name = snapshot.file_name().unwrap().to_str().unwrap();
    edited(&world, kept, name, "../../elsewhere.json");
    insist(&world, &world.run("restore last --emulator --auto-approve"), "the name of its run or snapshot");
}

#[test]
fn no_folder_of_ours_is_a_link() {
    let world = World::with(FILE);
    world.write("elsewhere/keep", "");
    world.write("precious", PRECIOUS);
    symlink("elsewhere", world.path().join(".livevod")).unwrap();
    insist(&world, &world.run("apply --emulator=state.log --auto-approve"), "it is a symbolic link");
    insist(&world, &world.run("plan --emulator=state.log"), "it is a symbolic link");
    insist(
        &world,
        &world.run("apply --emulator=state.log --auto-approve --journal elsewhere/../.livevod"),
        "it is a symbolic link",
    );
    insist(&world, &world.run("apply --emulator --auto-approve --journal journals"), "it is a symbolic link");
    assert_eq!(std::fs::read_dir(world.path().join("elsewhere")).unwrap().count(), 1);
}

#[test]
fn an_emulators_log_that_leads_elsewhere_is_refused() {
    let world = world();
    let log = world.path().join(".livevod/emulator.log");
    for command in
        ["plan --emulator", "apply --emulator --auto-approve", "emulator dump --data .livevod/emulator.log"]
    {
        std::fs::remove_file(&log).unwrap();
        world.write("empty", "");
        symlink("../empty", &log).unwrap();
        insist(&world, &world.run(command), "it is a symbolic link");
        assert_eq!(std::fs::read_to_string(world.path().join("empty")).unwrap(), "");
        std::fs::remove_file(&log).unwrap();
        assert!(Command::new("mkfifo").arg(&log).status().unwrap().success());
        insist(&world, &world.run(command), "it is not a regular file");
    }
}

#[test]
fn the_name_of_a_temporary_file_can_not_be_guessed() {
    let world = world();
    let line = format!(
        "ln -s precious out.json.$$.tmp; exec {} snapshot --emulator --out out.json",
        env!("CARGO_BIN_EXE_livevod")
    );
    let mut shell = Command::new("sh");
    shell.args(["-c", &line]).current_dir(world.path()).env_clear().envs(world.variables());
    assert!(shell.output().unwrap().status.success());
    assert_eq!(std::fs::read_to_string(world.path().join("precious")).unwrap(), PRECIOUS);
    assert!(world.run("plan --against out.json").code == 0);
}
