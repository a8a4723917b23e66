//! The stream of `--json-into`: its events, their order, and what it must not affect.

use std::path::Path;
use std::process::Stdio;

use insta::assert_snapshot;
use serde_json::{Value as Json, json};

use super::server::{Server, keyed, written};
use super::{Run, World, shell};

const FILE: &str = "\
version: 1
transcode_groups: { odd: not-a-group }
defaults: { vod_transcode_group: e2d796d3bb5fd8049d32bff62f94e4c1 }
domains:
  live.example.com:
    apps: { show: { streams: { cam1: {}, cam2: { vod_transcode_group: odd }, cam3: {} } } }
";

/// The same files, with values that the service accepts.
fn good() -> String {
    FILE.replace("{ vod_transcode_group: odd }", "{}").replace("transcode_groups: { odd: not-a-group }\n", "")
}

/// The lines of a stream, all complete.
fn events(world: &World, file: &str) -> Vec<Json> {
    let text = std::fs::read_to_string(world.path().join(file)).unwrap();
    assert!(text.ends_with('\n'), "{text}");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn kinds(events: &[Json]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

fn of_kind<'a>(events: &'a [Json], kind: &str) -> Vec<&'a Json> {
    events.iter().filter(|event| event["type"] == kind).collect()
}

/// The stream for a snapshot, without values that differ from run to run.
fn told(world: &World, file: &str) -> String {
    let text = std::fs::read_to_string(world.path().join(file)).unwrap();
    let timeless = scrub_value(&text, "@timestamp");
    let timeless = scrub_value(&scrub_value(&timeless, "elapsed_seconds"), "seconds");
    world.scrub(&timeless).replace(env!("CARGO_PKG_VERSION"), "[version]")
}

/// Replaces each text or fraction under a key; whole numbers stay.
fn scrub_value(text: &str, key: &str) -> String {
    let mark = format!("\"{key}\":");
    let mut parts = text.split(&mark);
    let mut scrubbed = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find([',', '}']).unwrap_or(part.len());
        let value = if part[..end].contains('.') { "[scrubbed]" } else { &part[..end] };
        scrubbed.extend([&mark, value, &part[end..]]);
    }
    scrubbed
}

/// The output of a run with a stream is exactly that of a run without one.
fn beside(world: &World, line: &str, file: &str) -> Run {
    let plain = world.run(line);
    let run = world.run(&format!("{line} --json-into {file}"));
    assert_eq!(run.transcript(), plain.transcript());
    run
}

#[test]
fn a_plan_is_told_line_by_line_beside_what_is_printed() {
    let world = World::with(FILE);
    world.write("events.ndjson", "an old stream\n");
    for format in ["human", "json", "markdown", "sarif"] {
        beside(&world, &format!("plan --emulator --format {format}"), "events.ndjson");
    }
    assert_snapshot!(told(&world, "events.ndjson"));
}

#[test]
fn an_apply_tells_what_is_planned_and_then_what_becomes_of_it() {
    let world = World::with(FILE);
    let run = world.run("apply --emulator --auto-approve --json-into events.ndjson");
    assert_eq!(run.code, 4, "{}", run.transcript());
    assert_snapshot!(told(&world, "events.ndjson"));
}

#[test]
fn a_held_plan_names_its_guards_and_what_moved_since_the_review() {
    let world = World::with(&good());
    world.converge("--emulator");
    world.write("livevod.yaml", &good().replace("defaults: { ", "defaults: { cycle_duration: 30m, "));
    assert_eq!(world.run("plan --emulator --out p").code, 0);
    let digest = world.run("show p --format json").json()["digest"].as_str().unwrap().to_owned();
    world.write("livevod.yaml", &good().replace("defaults: { ", "defaults: { cycle_duration: 20m, "));
    let line = format!("apply --emulator --expect-digest {digest} --reviewed p --json-into events.ndjson");
    assert_eq!(world.run(&line).code, 3);
    let events = events(&world, "events.ndjson");
    let guards: Vec<&Json> = of_kind(&events, "guard").iter().map(|one| &one["guard"]["guard"]).collect();
    assert_eq!(guards, ["digest", "limits"]);
    assert_eq!(of_kind(&events, "since_review").len(), 3);
    assert_eq!(of_kind(&events, "apply_start"), Vec::<&Json>::new());
    assert_eq!(events.last().unwrap()["exit"], json!({"code": 3, "reason": "refused"}));
}

#[test]
fn drift_says_whether_it_is_an_alarm() {
    let world = World::with(FILE);
    beside(&world, "drift --emulator", "events.ndjson");
    let events = events(&world, "events.ndjson");
    assert_eq!(of_kind(&events, "drift")[0]["drift"], json!({"drifted": true, "complete": true}));
    let planned = of_kind(&events, "planned_change");
    assert!(
        planned[0]["@message"].as_str().unwrap().contains(": apply would "),
        "a drift check plans nothing: {planned:?}"
    );
    assert_eq!(events.last().unwrap()["exit"], json!({"code": 2, "reason": "differences"}));
}

#[test]
fn whatever_ends_a_run_early_ends_its_stream() {
    let world = World::with("version: 1\ntypo: 1\n");
    beside(&world, "plan --emulator", "events.ndjson");
    let found = events(&world, "events.ndjson");
    assert_eq!(kinds(&found), ["version", "diagnostic", "exit"]);
    assert_eq!(found[1]["diagnostic"]["code"], "unknown-key");
    world.write("livevod.yaml", FILE);
    let run = world.run("apply --emulator --json-into events.ndjson");
    assert_eq!(run.code, 1, "{}", run.transcript());
    let found = events(&world, "events.ndjson");
    assert!(kinds(&found).contains(&"planned_change"), "{found:?}");
    let [.., refusal, exit] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(refusal["diagnostic"]["code"], "not-approved");
    assert_eq!(exit["exit"], json!({"code": 1, "reason": "error"}));
}

#[test]
fn a_restore_is_told_too() {
    let world = World::with(&good());
    world.converge("--emulator");
    let line = "restore last --emulator --auto-approve --max-delete 3 --allow-recording-stop --allow-empty \
                --json-into e";
    assert_eq!(world.run(line).code, 0);
    let events = events(&world, "e");
    assert_eq!(events[0]["command"], "restore");
    assert_eq!(of_kind(&events, "apply_complete").len(), 3);
    assert_eq!(of_kind(&events, "change_summary")[1]["changes"]["remove"], 3);
}

/// The service answers no Add, so the outcome of each is unknown.
#[test]
fn what_is_waited_for_and_never_known_is_told() {
    let world = keyed(&good());
    let server = Server::start(&world, &["--fault", "drop-before-commit:action=Add"]);
    let line = format!(
        "apply --endpoint {} --account 1234567890123456 --auto-approve --target live.example.com/show/cam1 \
         --timeout 1500ms --settle 2s --json-into events.ndjson",
        server.url
    );
    let run = world.run(&line);
    assert_eq!(run.code, 5, "{}", run.transcript());
    let events = events(&world, "events.ndjson");
    let steps: Vec<&Json> =
        of_kind(&events, "apply_progress").iter().map(|one| &one["hook"]["step"]).collect();
    assert_eq!(steps[..2], ["unanswered", "not_shown"]);
    let ends = of_kind(&events, "apply_errored");
    assert_eq!(ends.len(), 1);
    let hook = &ends[0]["hook"];
    assert_eq!(
        (&hook["outcome"], &hook["write_outcome"], &hook["diagnostic"]["code"]),
        (&json!("unknown"), &json!("unknown"), &json!("unknown-outcome"))
    );
    assert_eq!(events.last().unwrap()["exit"], json!({"code": 5, "reason": "unknown_outcome"}));
}

#[test]
fn an_apply_that_is_killed_leaves_whole_lines() {
    let streams: String = (0..40).map(|number| format!("cam{number}: {{}}, ")).collect();
    let text = FILE.replace("cam1: {}, cam2: { vod_transcode_group: odd }, cam3: {}", &streams);
    let world = keyed(&text);
    let server = Server::start(&world, &["--data", "state.log"]);
    let arguments = ["apply", "--auto-approve", "--endpoint", &server.url, "--json-into", "events.ndjson"];
    let mut command = world.command(&arguments);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut apply = command.spawn().unwrap();
    while written(&world) < 20 && apply.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    apply.kill().unwrap();
    apply.wait().unwrap();
    let events = events(&world, "events.ndjson");
    assert_eq!(of_kind(&events, "planned_change").len(), 40);
    // The stream names every change whose write was carried out before the kill, whether it was read back by then or not. Only those
    // that were in flight side by side may be told later than they are written.
    const SIDE_BY_SIDE: usize = 16;
    let carried_out = written(&world);
    assert!(
        carried_out >= 20 && of_kind(&events, "apply_start").len() + SIDE_BY_SIDE >= carried_out,
        "{:?}",
        kinds(&events)
    );
    assert_eq!(of_kind(&events, "exit"), Vec::<&Json>::new());
}

#[test]
fn where_events_can_not_go_nothing_begins() {
    let world = World::with(FILE);
    world.write("folder/file", "");
    for file in ["missing/events", "folder", "folder/file/events", "/dev/full"] {
        let run = world.run(&format!("apply --emulator --auto-approve --json-into {file}"));
        assert_eq!(run.code, 1, "{}", run.transcript());
        let says = format!("can't write events to `{file}`");
        assert!(run.stderr.starts_with("unwritable\n") && run.stderr.contains(&says), "{}", run.transcript());
        assert!(!world.path().join(".livevod").exists(), "{file}");
    }
    let run = world.run("plan --emulator --format json --json-into missing/events");
    assert_eq!(run.json()["diagnostics"][0]["code"], "unwritable");
}

#[test]
fn no_file_of_the_run_is_replaced_by_its_events() {
    let world = World::with(FILE);
    world.converge("--emulator --target live.example.com/show/cam1");
    for line in [
        "plan --emulator --json-into livevod.yaml",
        "apply livevod.yaml --emulator --auto-approve --json-into ./livevod.yaml",
        "drift --emulator --json-into .livevod/emulator.log",
        "restore livevod.yaml --emulator --json-into livevod.yaml",
    ] {
        let run = world.run(line);
        assert_eq!(run.code, 1, "{line}");
        assert!(run.stderr.contains("this command also reads it"), "{}", run.transcript());
    }
    assert_eq!(std::fs::read_to_string(world.path().join("livevod.yaml")).unwrap(), FILE);
}

#[test]
fn no_file_that_is_found_in_a_folder_is_replaced_either() {
    let world = World::with(FILE);
    let files = ["live/deep/a.yaml", "base/livevod.yaml", "base/live/a.yaml"];
    for file in files {
        world.write(file, FILE);
    }
    for (line, file) in [
        ("plan live --emulator", "live/deep/a.yaml"),
        ("drift ./live --emulator", "live/deep/../deep/a.yaml"),
        ("plan --emulator --base base", "base/livevod.yaml"),
        ("plan live --emulator --base ./base", "base/live/a.yaml"),
    ] {
        let run = world.run(&format!("{line} --json-into {file}"));
        assert_eq!(run.code, 1, "{line}");
        let says = format!("can't write to `{file}`: this command also reads it");
        assert!(run.stderr.contains(&says), "{}", run.transcript());
    }
    for file in files {
        assert_eq!(std::fs::read_to_string(world.path().join(file)).unwrap(), FILE, "{file}");
    }
    // Other files in the same folders that are not read may be written.
    let run = world.run("plan live --emulator --base base --json-into live/events.ndjson");
    assert_eq!(run.code, 0, "{}", run.transcript());
}

#[cfg(unix)]
#[test]
fn a_stream_that_the_caller_opened_is_added_to() {
    let world = World::with(&good());
    let run = shell(&world, "echo '\"mine\"' > e; \"$0\" plan --emulator --json-into /dev/fd/3 3>> e");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.transcript());
    let told = events(&world, "e");
    assert_eq!((&told[0], &told[1]["type"]), (&json!("mine"), &json!("version")));
    let run = shell(&world, "mkfifo pipe; cat pipe > e & \"$0\" plan --emulator --json-into pipe; wait");
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert_eq!(events(&world, "e").last().unwrap()["type"], "exit");
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_changes_nothing() {
    let world = World::with(&good());
    let run =
        shell(&world, "mkfifo p; head -n 1 p > e & \"$0\" apply --emulator --auto-approve --json-into p");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.transcript());
    assert_eq!(kinds(&events(&world, "e")), ["version"]);
}

/// The events are far larger than a pipe's buffer, and are read only after the service has all changes.
#[cfg(unix)]
#[test]
fn a_reader_who_takes_his_time_holds_no_write_up() {
    let streams: String = (0..150).map(|number| format!("cam{number}: {{}}, ")).collect();
    let world = keyed(&good().replace("cam1: {}, cam2: {}, cam3: {}", &streams));
    let server = Server::start(&world, &["--data", "state.log"]);
    let script = format!(
        "mkfifo p; (exec 4< p; for try in $(seq 400); do [ $(wc -l < state.log) -gt 150 ] && break; sleep 0.05; \
         done; wc -l < state.log > seen; cat <&4 > e) & \"$0\" apply --auto-approve --endpoint {} --json-into p; \
         code=$?; wait; exit $code",
        server.url
    );
    let run = shell(&world, &script);
    assert_eq!(run.code, 0, "{}", run.transcript());
    let seen = std::fs::read_to_string(world.path().join("seen")).unwrap();
    assert!(
        seen.trim().parse::<usize>().unwrap() > 150,
        "{seen} writes were carried out before anybody read"
    );
    let told = events(&world, "e");
    assert_eq!(of_kind(&told, "apply_complete").len(), 150);
    assert_eq!(told.last().unwrap()["type"], "exit");
    assert!(std::fs::metadata(world.path().join("e")).unwrap().len() > 1 << 16);
}

#[cfg(unix)]
#[test]
fn the_second_signal_ends_the_stream_too() {
    let world = keyed(&good());
    let server = Server::start(&world, &["--fault", "hang:action=Add"]);
    let arguments = ["apply", "--auto-approve", "--endpoint", &server.url, "--json-into", "e"];
    let mut command = world.command(&arguments);
    let mut apply = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begins =
        || std::fs::read_to_string(world.path().join("e")).is_ok_and(|text| text.contains("apply_start"));
    while !begins() {
        std::thread::yield_now();
    }
    let line = format!("kill -INT {0}; kill -INT {0}", apply.id());
    // The second of two signals may be merged with the first, so it is sent until the process has ended.
    while apply.try_wait().unwrap().is_none() {
        std::process::Command::new("sh").args(["-c", &line]).stderr(Stdio::null()).status().unwrap();
    }
    let code = apply.wait().unwrap().code().unwrap();
    // The write may not have been sent yet.
    let reason = if code == 5 { "unknown_outcome" } else { "interrupted" };
    assert!(code == 5 || code == 130, "{code}");
    assert_eq!(events(&world, "e").last().unwrap()["exit"], json!({"code": code, "reason": reason}));
}

/// The disk fills up in the middle: the apply still runs to its end, and reports once that its events are incomplete.
#[cfg(unix)]
#[test]
fn a_full_disk_ends_the_events_and_not_the_apply() {
    let streams: String = (0..40).map(|number| format!("cam{number}: {{}}, ")).collect();
    let world = keyed(&good().replace("cam1: {}, cam2: {}, cam3: {}", &streams));
    let apply = |room: &str, server: &Server| {
        let line = format!(
            "{room} \"$0\" apply --auto-approve --endpoint {} --journal journal --json-into e",
            server.url
        );
        shell(&world, &line)
    };
    let server = Server::start(&world, &[]);
    assert_eq!(apply("", &server).code, 0);
    let size = |path: &Path| std::fs::metadata(path).unwrap().len();
    let whole = size(&world.path().join("e"));
    let kept = std::fs::read_dir(world.path().join("journal")).unwrap();
    let kept = kept.map(|entry| size(&entry.unwrap().path())).max().unwrap();
    assert!(whole > kept + 2048, "events {whole}, journal {kept}: no limit tells one from the other");
    // Room for the journal but not for the events, in the shell's units of 512 bytes.
    let room = format!("trap '' XFSZ; ulimit -f {};", (whole + kept) / 2 / 512);
    let server = Server::start(&world, &[]);
    let run = apply(&room, &server);
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert!(run.stdout.contains("Apply complete! Resources: 40 added"), "{}", run.transcript());
    let says = "the events in `e` are incomplete: File too large";
    assert_eq!(run.stderr.matches(says).count(), 1, "{}", run.transcript());
    let told = events(&world, "e");
    assert_eq!(of_kind(&told, "planned_change").len(), 40);
    assert_ne!(told.last().unwrap()["type"], "exit");
}
