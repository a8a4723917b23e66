//! Journals, snapshots and restores, with real processes: killed, locked out, without disk space, and run again.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::World;
use super::server::{Server, keyed, written};

const THREE: &str = "\
version: 1
defaults: { vod_transcode_group: VOD_NO_TRANSCODE }
domains:
  live.example.com:
    apps: { show: { streams: { cam1: {}, cam2: {}, \"*\": {} } } }
";

/// Run ids and times differ from run to run.
pub(super) fn scrub(text: &str) -> String {
    let mut scrubbed = String::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if is_form(rest, "ddddddddTdddddd.dddZ-xxxxxx") {
            scrubbed.push_str("[run]");
            rest = &rest[27..];
        } else if is_form(rest, "dddd-dd-dd dd:dd:dd UTC") {
            scrubbed.push_str("[time]");
            rest = &rest[23..];
        } else if is_form(rest, "dddd-dd-ddTdd:dd:ddZ") {
            scrubbed.push_str("[time]");
            rest = &rest[20..];
        } else {
            scrubbed.push(character);
            rest = &rest[character.len_utf8()..];
        }
    }
    scrubbed
}

/// Whether `text` begins with digits, hexadecimal digits and the characters between them as `form` says.
fn is_form(text: &str, form: &str) -> bool {
    text.len() >= form.len()
        && text.bytes().zip(form.bytes()).all(|(byte, form)| match form {
            b'd' => byte.is_ascii_digit(),
            b'x' => byte.is_ascii_hexdigit(),
            _ => byte == form,
        })
}

fn journals(world: &World, ending: &str) -> Vec<PathBuf> {
    let Ok(listed) = std::fs::read_dir(world.path().join(".livevod/journal")) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = listed.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.to_str().unwrap().ends_with(ending));
    paths.sort();
    paths
}

#[test]
fn an_apply_leaves_a_journal_and_a_snapshot_for_its_owner_alone() {
    let world = World::with(THREE);
    world.converge("--emulator");
    let (journals, snapshots) = (journals(&world, ".jsonl"), journals(&world, ".snapshot.json"));
    assert_eq!((journals.len(), snapshots.len()), (1, 1));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!([&journals[0], &snapshots[0]].map(|path| mode(path)), [0o600; 2]);
        assert_eq!(mode(journals[0].parent().unwrap()), 0o700);
    }
    let text = std::fs::read_to_string(&journals[0]).unwrap();
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let count = |event: &str| events.iter().filter(|one| one["event"] == event).count();
    let counts = ["begun", "intent", "answer", "ended", "finished"].map(count);
    assert_eq!(counts, [1, 3, 3, 3, 1], "{text}");
    assert!(!text.contains("emulator-secret") && !text.to_lowercase().contains("secret"), "{text}");
    world.run("apply --emulator --auto-approve");
    assert_eq!(self::journals(&world, ".jsonl").len(), 1, "what writes nothing leaves no journal");
}

#[test]
fn runs_are_listed_and_told() {
    let world = World::with(THREE);
    assert_snapshot!("no_runs", world.run("journal").transcript());
    world.converge("--emulator");
    world.write(
        "livevod.yaml",
        &THREE
            .replace("cam1: {}", "cam1: { cycle_duration: 15m }, bad: { vod_transcode_group: odd }")
            .replace("domains:", "transcode_groups: { odd: some-group }\ndomains:"),
    );
    world.run("apply --emulator --auto-approve --max-change 100%");
    assert_snapshot!("two_runs", scrub(&world.run("journal").transcript()));
    assert_snapshot!("one_run", scrub(&world.run("journal last").transcript()));
    let runs = world.run("journal --format json").json();
    assert_eq!(runs["runs"].as_array().unwrap().len(), 2);
    let first = runs["runs"][1]["run"].as_str().unwrap();
    let told = world.run(&format!("journal {first} --format json")).json();
    assert_eq!(
        told["run"]["outcomes"],
        json!({"done": 3, "failed": 0, "not_attempted": 0, "unknown": 0, "open": 0})
    );
    let missing = world.run("journal 1999");
    assert_eq!(missing.code, 1);
    assert_snapshot!("no_such_run", missing.transcript());
    let missing = world.run("restore befor --emulator");
    assert_eq!(missing.code, 1);
    assert_snapshot!("no_such_snapshot", missing.transcript());
    assert_eq!(world.run("journal 2").code, 1, "both begin so");
}

#[test]
fn a_run_says_who_started_it_and_what_was_released() {
    let mut world = World::with(THREE);
    for (name, value) in [
        ("GITHUB_ACTOR", "ann"),
        ("GITHUB_SHA", "4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e"),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_REPOSITORY", "me/live"),
        ("GITHUB_RUN_ID", "17"),
        ("GITHUB_TOKEN", "ghs_0123456789"),
    ] {
        world.set(name, value);
    }
    world.converge("--emulator");
    let shorter =
        THREE.replace("cam1: {}, cam2: {}", "cam1: { cycle_duration: 15m }, cam2: { state: absent }");
    let shorter = shorter.replace("\"*\": {}", "\"*\": { cycle_duration: 15m }");
    world.write("livevod.yaml", &shorter);
    let flags = "--max-change 100% --max-delete 1";
    world.run(&format!("apply --emulator --auto-approve {flags}"));
    assert_snapshot!("who_and_released", scrub(&world.run("journal last").transcript()));
    let told = world.run("journal last --format json").json();
    let change = &told["changes"][1];
    assert_eq!(
        (&change["before"]["cycle_duration"], &change["after"]["cycle_duration"]),
        (&json!(3600), &json!(900))
    );
    assert_eq!(
        (&told["changes"][2]["action"], &told["changes"][2]["after"]),
        (&json!("delete"), &Value::Null)
    );
    assert_eq!(told["run"]["started_by"]["job"], "https://github.com/me/live/actions/runs/17");
    assert_eq!(
        told["run"]["planned"],
        json!({"create": 0, "update": 2, "replace": 0, "delete": 1, "unchanged": 0})
    );
    for path in journals(&world, ".jsonl") {
        assert!(!std::fs::read_to_string(path).unwrap().contains("ghs_"));
    }
}

#[test]
fn a_reviewed_digest_that_releases_the_limits_is_told() {
    let world = World::with(THREE);
    world.converge("--emulator");
    world.write(
        "livevod.yaml",
        &THREE
            .replace("domains:", "tiers: {}\ndomains:")
            .replace("{}, cam2: {}", "{ cycle_duration: 15m }, cam2: { cycle_duration: 15m }"),
    );
    let plan = world.run("plan --emulator --format json").json();
    let digest = plan["digest"].as_str().unwrap();
    let run = world.run(&format!("apply --emulator --expect-digest {digest}"));
    assert_eq!(run.code, 0, "{}", run.transcript());
    let told = world.run("journal last --format json").json();
    assert_eq!(told["run"]["released"], json!([{"guard": "limits", "flag": null}]));
    let text = world.run("journal last");
    assert!(text.stdout.contains("released guards: limits by the reviewed digest"), "{}", text.transcript());
}

#[test]
fn an_old_journal_says_what_it_lacks() {
    let world = World::with(THREE);
    died_between(&world);
    assert_snapshot!("old_run", scrub(&world.run("journal last").transcript()));
    let told = world.run("journal last --format json").json();
    for fact in ["command", "started_by", "released", "calls"] {
        assert_eq!(told["run"][fact], Value::Null, "{fact}");
    }
}

/// Twelve changes after one that fails.
#[test]
fn changes_that_were_not_attempted_are_folded_as_in_a_plan() {
    let streams: String = (0..12).map(|number| format!("cam{number}: {{}}, ")).collect();
    let bad = format!("bad: {{ vod_transcode_group: odd }}, {streams}");
    let text = THREE.replace("cam1: {}, cam2: {}, \"*\": {}", &bad);
    let world = World::with(&text.replace("domains:", "transcode_groups: { odd: some-group }\ndomains:"));
    let run = world.run("apply --emulator --auto-approve --stop-on-error --parallelism 1");
    let report = run.stdout.split("digest sha256:").nth(1).unwrap().split_once('\n').unwrap().1.to_owned();
    let journal = world.run("journal last").stdout;
    let journal = journal.split_once(".snapshot.json\n").unwrap().1;
    assert_snapshot!("folded", scrub(&format!("{report}--- journal\n{journal}")));
}

#[test]
fn old_runs_are_removed_when_nothing_needs_them() {
    let world = World::with(&THREE.replace("cam1: {}, cam2: {}", "cam1: {}"));
    let prune = |flags: &str| world.run(&format!("journal prune --keep 2099-01-01 {flags}"));
    assert_eq!(prune("").code, 0, "{}", prune("").transcript());
    assert!(!world.path().join(".livevod").exists(), "nothing is made");
    died_between(&world);
    assert_snapshot!("an_open_run_stays", scrub(&prune("").transcript()));
    world.run("apply --emulator --auto-approve --settle 1ms");
    world.write("livevod.yaml", &THREE.replace("cam1: {}, cam2: {}", "cam1: { cycle_duration: 15m }"));
    world.converge("--emulator --max-change=100%");
    let before = (journals(&world, ".jsonl").len(), journals(&world, ".snapshot.json").len());
    assert_eq!(before, (3, 2));
    assert_snapshot!("pruned", scrub(&prune("--dry-run").transcript()));
    assert_eq!((journals(&world, ".jsonl").len(), journals(&world, ".snapshot.json").len()), before);
    let lock = std::fs::File::open(world.path().join(".livevod/journal/lock")).unwrap();
    lock.lock().unwrap();
    let locked = prune("");
    assert_eq!(locked.code, 1, "{}", locked.transcript());
    assert!(locked.stderr.contains("another apply is running here"), "{}", locked.transcript());
    lock.unlock().unwrap();
    let document = prune("--format json").json();
    assert_eq!(document["removed"].as_array().map(Vec::len), Some(2), "{document}");
    assert_eq!(document["kept"][0]["reason"], "last", "{document}");
    assert_eq!((journals(&world, ".jsonl").len(), journals(&world, ".snapshot.json").len()), (1, 1));
    let plan = world.run("plan --emulator --detailed-exitcode");
    assert_eq!(plan.code, 0, "{}", plan.transcript());
    assert!(!plan.stdout.contains("unfinished"), "{}", plan.transcript());
    assert_eq!(world.run("restore last --plan --emulator --max-change 100%").code, 0);
}

/// A link in the place of a journal, and a folder in the place of a snapshot.
#[cfg(unix)]
#[test]
fn only_regular_files_are_removed() {
    let world = World::with(THREE);
    world.converge("--emulator");
    world.write("livevod.yaml", &THREE.replace("cam1: {}", "cam1: { cycle_duration: 15m }"));
    world.converge("--emulator --max-change=100%");
    world.write("precious", "theirs");
    let folder = world.path().join(".livevod/journal");
    std::os::unix::fs::symlink("../../precious", folder.join("link.jsonl")).unwrap();
    let snapshot = &journals(&world, ".snapshot.json")[0];
    std::fs::remove_file(snapshot).unwrap();
    std::fs::create_dir(snapshot).unwrap();
    let run = world.run("journal prune --keep 2099-01-01");
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert!(run.stderr.contains("can't be removed: it is not a"), "{}", run.transcript());
    assert!(run.stderr.contains("0 of 1 runs were removed before that"), "{}", run.transcript());
    assert_eq!(journals(&world, ".jsonl").len(), 3, "the journal stays as long as its snapshot");
    std::fs::remove_dir(snapshot).unwrap();
    let run = world.run("journal prune --keep 2099-01-01");
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert!(run.stderr.contains("it is a symbolic link"), "{}", run.transcript());
    assert_eq!(std::fs::read_to_string(world.path().join("precious")).unwrap(), "theirs");
    assert!(folder.join("link.jsonl").symlink_metadata().is_ok());
}

/// What an apply leaves behind that is killed right after the emulator has carried out its first write.
fn killed_midway(world: &World, server: &Server, flags: &[&str]) {
    let before = written(world);
    let arguments =
        [&["apply", "--auto-approve", "--endpoint", &server.url, "--parallelism", "1"], flags].concat();
    let mut apply = world.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while written(world) <= before + 20 {
        std::thread::yield_now();
    }
    apply.kill().unwrap();
    apply.wait().unwrap();
}

fn many() -> String {
    let streams: String = (0..400).map(|number| format!("cam{number}: {{}}, ")).collect();
    THREE.replace("cam1: {}, cam2: {}, ", &streams)
}

#[test]
fn the_next_apply_says_what_a_killed_one_left_open() {
    let world = keyed(&many().replace("version: 1", "version: 1\naccount: \"1234567890123456\""));
    let server = Server::start(&world, &["--data", "state.log"]);
    killed_midway(&world, &server, &[]);
    let died = world.run("journal --format json").json();
    assert_eq!(died["runs"][0]["state"], "unfinished");
    let flags = format!("--endpoint {}", server.url);
    let open = died["runs"][0]["outcomes"]["open"].as_u64().unwrap();
    let report = world.run(&format!("apply {flags} --settle 1ms --auto-approve --format json")).json();
    assert_eq!(report["exit"]["code"], 0, "{report}");
    let left = report["left_open"].as_array().map(Vec::len).unwrap_or_default();
    assert_eq!(left as u64, open, "{report}");
    let plan = world.run(&format!("plan {flags} --detailed-exitcode"));
    assert_eq!(plan.code, 0, "{}", plan.transcript());
    assert!(!plan.stdout.contains("left"), "what was found is not told again:\n{}", plan.transcript());
}

/// A journal of a run that died between the Delete and the Add of a replace, with the state that it left.
pub(super) fn died_between(world: &World) {
    let address = "live.example.com/show/cam1";
    let passthrough =
        json!({"delay_time": 240, "record_content": null, "space_id": null, "transcode_templates": null});
    let config = |bucket: &str| {
        json!({
            "vod_transcode_group": "VOD_NO_TRANSCODE", "cycle_duration": 3600, "auto_compose": false,
            "compose_vod_transcode_group": null, "on_demand": 0, "storage_location": bucket, "carried": passthrough,
        })
    };
    let (before, after) =
        (config("one.oss-cn-shanghai.aliyuncs.com"), config("two.oss-cn-shanghai.aliyuncs.com"));
    let summary = json!({"create": 0, "update": 0, "replace": 1, "delete": 0, "unchanged": 0});
    let change = json!({"address": address, "action": "replace", "before": before, "after": after});
    let time = "2026-11-01T10:00:00Z";
    let lines = [
        json!({"event": "begun", "format_version": "1.0", "run": "20261101T100000.000Z-abcdef", "livevod": "0.1.0",
               "time": time, "account": null, "target": "emulator .livevod/emulator.log", "digest": "sha256:0",
               "snapshot": null, "summary": summary, "changes": [change]}),
        json!({"event": "intent", "id": 1, "time": time, "address": address, "step": "delete", "before": before, "after": null}),
        json!({"event": "intent", "id": 2, "time": time, "address": address, "step": "add", "before": null, "after": after}),
        json!({"event": "answer", "id": 1, "time": time, "reply": "accepted", "request_id": "R"}),
    ];
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    world.write(".livevod/journal/20261101T100000.000Z-abcdef.jsonl", &format!("{text}{{\"event\":\"ans"));
}

#[test]
fn a_replace_that_died_in_the_middle_is_finished_first() {
    let world = World::with(&THREE.replace("cam1: {}, cam2: {}", "cam1: {}"));
    died_between(&world);
    assert_snapshot!("half_replaced_plan", scrub(&world.run("plan --emulator").transcript()));
    assert_snapshot!(
        "half_replaced_apply",
        scrub(&world.run("apply --emulator --auto-approve --settle 1ms").transcript())
    );
    let second = world.run("plan --emulator --detailed-exitcode");
    assert_eq!(second.code, 0, "{}", second.transcript());
    assert!(second.stdout.contains("No changes."), "{}", second.transcript());
}

/// If the files want a configuration deleted, its unfinished change is over, whatever the files say later: no journal brings it
/// back.
#[test]
fn a_gap_where_the_files_want_nothing_is_given_up() {
    for files in ["cam1: { state: absent }, cam2: {}", "cam2: {}"] {
        let prunes = if files.contains("absent") { "" } else { "prune: true\n    " };
        let gone = THREE.replace("cam1: {}, cam2: {}", files).replace("apps:", &format!("{prunes}apps:"));
        let world = World::with(&gone);
        world.converge("--emulator");
        died_between(&world);
        let run = world.run("apply --emulator --auto-approve --settle 1ms");
        assert_eq!(run.code, 0, "{}", run.transcript());
        assert!(
            run.stdout.contains("there is no configuration now, and the files ask for none"),
            "{}",
            run.transcript()
        );
        world.write("livevod.yaml", &THREE.replace("cam1: {}, ", ""));
        let plan = world.run("plan --emulator --detailed-exitcode");
        assert_eq!(plan.code, 0, "{}", plan.transcript());
        assert!(!plan.stdout.contains("left"), "{}", plan.transcript());
    }
}

/// The clock of the run that repaired it was slow, so its journal sorts before the other one; and the wait has its full length.
#[test]
fn a_clock_that_steps_back_reorders_nothing() {
    let world = World::with(&THREE.replace("cam1: {}, cam2: {}", "cam1: {}"));
    died_between(&world);
    let path = &journals(&world, ".jsonl")[0];
    let later = std::fs::read_to_string(path)
        .unwrap()
        .replace("2026-11-01T", "2099-11-01T")
        .replace("20261101T", "20991101T");
    std::fs::remove_file(path).unwrap();
    world.write(".livevod/journal/20991101T100000.000Z-abcdef.jsonl", &later);
    let run = world.run("apply --emulator --auto-approve --settle 1ms");
    assert!(run.stderr.contains("waiting 1 s"), "{}", run.transcript());
    assert_eq!(run.code, 0, "{}", run.transcript());
    world.write("livevod.yaml", &THREE.replace("cam1: {}, cam2: {}", "cam1: { state: absent }"));
    world.converge("--emulator --max-delete=100% --max-change=100%");
    world.write("livevod.yaml", &THREE.replace("cam1: {}, cam2: {}, ", ""));
    let plan = world.run("plan --emulator --detailed-exitcode");
    assert_eq!(plan.code, 0, "{}", plan.transcript());
    let runs = world.run("journal --format json").json();
    let ids: Vec<&str> =
        runs["runs"].as_array().unwrap().iter().map(|run| run["run"].as_str().unwrap()).collect();
    assert!(ids.len() == 3 && ids[2].starts_with("2099"), "the first run is the oldest: {ids:?}");
    let last = world.run("journal last --format json").json();
    assert_eq!(last["run"]["run"], ids[0]);
}

#[test]
fn what_was_left_open_is_told_in_every_form() {
    let world = World::with(&THREE.replace("cam1: {}, cam2: {}", "cam1: {}"));
    died_between(&world);
    let commands = ["plan --emulator", "drift --emulator", "apply --emulator --auto-approve --settle 1ms"];
    for (command, forms) in commands.iter().zip([
        ["human", "json", "markdown", "html", "terraform-json"].as_slice(),
        &["human", "json", "markdown", "html", "terraform-json"],
        &["markdown"],
    ]) {
        for form in forms {
            let run = world.run(&format!("{command} --format {form}"));
            let told = "the Delete took effect, but the Add is not visible: no configuration exists now";
            let text = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.contains(told), "{command} {form}: {}", run.transcript());
        }
    }
}

#[test]
fn a_journal_of_another_target_or_account_says_nothing_here() {
    let world = World::with(THREE);
    died_between(&world);
    let other = world.run("plan --emulator=other.log");
    assert!(!other.stdout.contains("left"), "{}", other.transcript());
    let account = world.run("plan --emulator --account 1234567890123456");
    assert!(!account.stdout.contains("left"), "{}", account.transcript());
}

#[test]
fn a_damaged_journal_keeps_apply_from_writing() {
    let world = World::with(THREE);
    died_between(&world);
    let path = &journals(&world, ".jsonl")[0];
    let text = std::fs::read_to_string(path).unwrap().replacen("\"event\":\"intent\"", "\"event\":\"in", 1);
    std::fs::write(path, text).unwrap();
    let run = world.run("apply --emulator --auto-approve");
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert_snapshot!("damaged_journal", run.transcript());
    let plan = world.run("plan --emulator");
    assert_eq!(plan.code, 0, "a plan only warns:\n{}", plan.transcript());
    assert!(plan.stderr.contains("line 2"), "{}", plan.transcript());
}

#[test]
#[cfg(unix)]
fn two_applies_in_one_folder_exclude_each_other() {
    let world = keyed(&many().replace("version: 1", "version: 1\naccount: \"1234567890123456\""));
    let server = Server::start(&world, &["--data", "state.log"]);
    let arguments = ["apply", "--auto-approve", "--rate", "300", "--endpoint", &server.url];
    let mut first = world.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while written(&world) < 20 {
        std::thread::yield_now();
    }
    // It keeps its lock, and changes no listing while the others read.
    send(&first, "STOP");
    let second = world.run(&format!("apply --auto-approve --endpoint {}", server.url));
    let plan = world.run(&format!("plan --endpoint {}", server.url));
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(second.code, 1, "{}", second.transcript());
    let holder = format!("process {} since ", first.id());
    assert!(second.stderr.contains(&holder), "{}", second.transcript());
    assert_eq!(plan.code, 0, "a plan needs no lock:\n{}", plan.transcript());
    let third = world.run(&format!("apply --auto-approve --settle 1ms --endpoint {}", server.url));
    assert_eq!(third.code, 0, "the lock goes with its holder:\n{}", third.transcript());
}

#[test]
fn without_a_journal_nothing_is_written() {
    let world = World::with(THREE);
    world.write("taken", "a file where the folder should be");
    let run = world.run("apply --emulator --auto-approve --journal taken/journal");
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert_snapshot!("no_journal_no_apply", run.transcript());
    let plan = world.run("plan --emulator --format json").json();
    assert_eq!(plan["summary"]["create"], 3);
}

/// Limits files to this many 512-byte blocks, which is like a full disk, but also sends SIGXFSZ. The emulator runs in another
/// process.
#[cfg(unix)]
fn with_little_room(world: &World, server: &Server, blocks: usize) -> (Value, i32) {
    let binary = env!("CARGO_BIN_EXE_livevod");
    let line = format!(
        "ulimit -f {blocks}; exec {binary} apply --auto-approve --settle 1ms --format json --endpoint {}",
        server.url
    );
    let mut shell = Command::new("sh");
    shell.args(["-c", &line]).current_dir(world.path()).env_clear().envs(world.variables());
    let output = shell.stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")),
        output.status.code().unwrap(),
    )
}

#[cfg(unix)]
#[test]
fn a_full_disk_stops_before_the_next_write() {
    let streams: String = (0..40).map(|number| format!("cam{number}: {{}}, ")).collect();
    let text = THREE.replace("cam1: {}, cam2: {}, ", &streams);
    let world = keyed(&text.replace("version: 1", "version: 1\naccount: \"1234567890123456\""));
    let server = Server::start(&world, &["--data", "state.log"]);
    let mut stopped = false;
    let mut before = 0;
    for blocks in [8, 40, 60, 400] {
        let (report, code) = with_little_room(&world, &server, blocks);
        let held = written(&world) - 1;
        let Some(summary) = report["summary"]["done"].as_u64() else {
            // All were in flight when the room ended: nothing is left to do.
            let is_over = held == 41 && code == 0;
            let told = || format!("without room for the head nothing is written: {report}");
            assert!(held == before && (code == 1 || is_over), "{code}, {held}: {}", told());
            continue;
        };
        assert_eq!(held as u64, before as u64 + summary, "{report}");
        let waiting = report["summary"]["not_attempted"].as_u64().unwrap();
        assert_eq!(report["summary"]["failed"], 0);
        assert_eq!(report["summary"]["unknown"], 0);
        if waiting > 0 {
            stopped |= summary > 0;
            assert_eq!(code, if summary > 0 { 4 } else { 1 }, "{report}");
            assert!(report.to_string().contains("the journal can't be written: File too large"), "{report}");
        }
        before = held;
    }
    assert!(stopped, "no run stopped in the middle");
    let plan = world.run(&format!("plan --endpoint {} --detailed-exitcode", server.url));
    assert_eq!(plan.code, 0, "{}", plan.transcript());
}

#[cfg(unix)]
#[test]
fn the_second_signal_ends_at_once_and_names_what_is_unresolved() {
    let world = keyed(&THREE.replace("version: 1", "version: 1\naccount: \"1234567890123456\""));
    let server = Server::start(&world, &["--data", "state.log", "--fault", "hang:action=Add"]);
    let arguments = ["apply", "--auto-approve", "--endpoint", &server.url];
    let mut apply = world.command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    // The log of the emulator begins with a line of its own.
    while written(&world) < 2 {
        std::thread::yield_now();
    }
    let mut stderr = apply.stderr.take().unwrap();
    send(&apply, "INT");
    send(&apply, "TERM");
    let mut told = String::new();
    stderr.read_to_string(&mut told).unwrap();
    let code = apply.wait().unwrap().code();
    assert_eq!(code, Some(5), "{told}");
    assert_snapshot!("second_signal", told);
    let journal = world.run("journal last").transcript();
    // The digest is that of a plan for this very port.
    let journal: String =
        journal.lines().filter(|line| !line.starts_with("digest ")).map(|line| format!("{line}\n")).collect();
    assert_snapshot!("second_signal_in_the_journal", scrub(&journal.replace(&server.url, "[endpoint]")));
    let run = &world.run("journal last --format json").json()["run"];
    assert_eq!(run["state"], "ended_at_once");
    assert_eq!(
        run["outcomes"],
        json!({"done": 0, "failed": 0, "not_attempted": 2, "unknown": 1, "open": 1}),
        "as the run said"
    );
    drop(server);
    let server = Server::start(&world, &["--data", "state.log"]);
    let path = &journals(&world, ".jsonl")[0];
    let text = std::fs::read_to_string(path).unwrap();
    let target = world.run("journal last --format json").json()["run"]["target"].as_str().unwrap().to_owned();
    std::fs::write(path, text.replace(&target, &server.url)).unwrap();
    let plan = world.run(&format!("plan --endpoint {} --format json", server.url)).json();
    assert_eq!(plan["left_open"].as_array().map(Vec::len), Some(1), "{plan}");
    assert_eq!(plan["left_open"][0]["address"], "live.example.com/show/*");
    assert_eq!(plan["left_open"][0]["found"], "arrived", "the emulator carried it out, and did not answer");
    assert_eq!(plan["summary"]["create"], 2, "{plan}");
}

/// Waits until the server has a request that writes: an intent in the journal is not yet a request that was sent.
#[cfg(unix)]
fn wait_for_write(world: &World) {
    let state = world.path().join("state.log");
    while !std::fs::read_to_string(&state).is_ok_and(|log| log.contains("live.example.com")) {
        std::thread::yield_now();
    }
}

#[cfg(unix)]
fn send(apply: &std::process::Child, signal: &str) {
    let line = format!("kill -{signal} {}", apply.id());
    assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success());
}

/// What a signal leaves of three slow creates, one after the other.
#[cfg(unix)]
fn struck_by(signals: &[&str], prelude: &str) -> (Option<i32>, Value) {
    let world = keyed(&THREE.replace("version: 1", "version: 1\naccount: \"1234567890123456\""));
    let faults = ["--fault", "latency:action=Add,time=1s", "--data", "state.log"];
    let server = Server::start(&world, &faults);
    let line = format!(
        "{prelude} exec {} apply --auto-approve --parallelism 1 --format json --endpoint {}",
        env!("CARGO_BIN_EXE_livevod"),
        server.url
    );
    let mut shell = Command::new("sh");
    shell.args(["-c", &line]).current_dir(world.path()).env_clear().envs(world.variables());
    let apply = shell.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    wait_for_write(&world);
    signals.iter().for_each(|signal| send(&apply, signal));
    let output = apply.wait_with_output().unwrap();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_default())
}

#[cfg(unix)]
#[test]
fn whatever_asks_a_run_to_end_ends_it_in_order() {
    let all: [(&[&str], i32); 6] = [
        (&["HUP", "HUP", "HUP"], 143),
        (&["TERM", "HUP"], 143),
        (&["QUIT"], 130),
        (&["USR1", "USR1"], 143),
        (&["ALRM"], 143),
        (&["XCPU", "XCPU"], 143),
    ];
    for (signals, code) in all {
        let (ended, report) = struck_by(signals, "");
        assert_eq!(ended, Some(code), "{signals:?}: {report}");
        assert_eq!(report["summary"]["done"], 1, "what was under way is finished: {signals:?}: {report}");
        assert_eq!(report["summary"]["not_attempted"], 2, "{signals:?}: {report}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_hang_up_that_the_caller_ignores_is_ignored() {
    let (ended, report) = struck_by(&["HUP"], "trap '' HUP;");
    assert_eq!((ended, &report["summary"]["done"]), (Some(0), &json!(3)), "{report}");
}

#[test]
fn a_plan_from_a_snapshot_is_the_online_plan_byte_for_byte() {
    let world = World::with(THREE);
    world.converge("--emulator");
    let saved = world.run("snapshot --emulator --out here/state.json");
    assert_eq!(saved.code, 1, "the folder is not made: {}", saved.transcript());
    let saved = world.run("snapshot --emulator --out state.json");
    assert_snapshot!("saved", saved.transcript());
    world.write("livevod.yaml", &THREE.replace("cam1: {}", "cam1: { cycle_duration: 15m }, cam3: {}"));
    for flags in ["", " --format json", " --full --target live.example.com/show/cam1", " --detailed-exitcode"]
    {
        let online = world.run(&format!("plan --emulator{flags}"));
        let offline = world.run(&format!("plan --against state.json{flags}"));
        assert_eq!(online.transcript(), offline.transcript(), "{flags}");
    }
}

#[test]
fn a_snapshot_that_can_not_be_used_says_why() {
    let world = World::with(THREE);
    world.run("snapshot --emulator --out state.json");
    let text = std::fs::read_to_string(world.path().join("state.json")).unwrap();
    world.write("changed.json", &text.replace("\"account\": null", "\"account\": \"1\""));
    world.write("cut.json", &text[..text.len() / 2]);
    world.write("other.json", &text.replacen("\"3.0\"", "\"7.0\"", 1));
    let plan = |file: &str| {
        let run = world.run(&format!("plan --against {file}"));
        assert_eq!(run.code, 1, "{}", run.transcript());
        run.transcript()
    };
    let all = ["changed.json", "cut.json", "other.json", "none.json"].map(plan).concat();
    world.write("livevod.yaml", &THREE.replace("live.example.com", "more.example.com"));
    assert_snapshot!(format!("{all}{}", plan("state.json")));
}

#[test]
fn a_run_is_undone() {
    let world = World::with(THREE);
    world.converge("--emulator");
    world.run("snapshot --emulator --out before.json");
    world.write(
        "livevod.yaml",
        &THREE.replace(
            "cam1: {}, cam2: {}",
            "cam1: { cycle_duration: 15m }, cam2: { state: absent }, cam3: {}, cam4: {}",
        ),
    );
    world.converge("--emulator --max-change=100% --max-delete=100%");
    let held = world.run("restore last --emulator --auto-approve");
    assert_eq!(held.code, 3, "a restore deletes only when told to:\n{}", held.transcript());
    let back = world.run("restore last --emulator --auto-approve --max-delete 100% --max-change 100%");
    assert_eq!(back.code, 0, "{}", back.transcript());
    assert_snapshot!("restored", scrub(&back.transcript()));
    world.write("livevod.yaml", THREE);
    let plan = world.run("plan --emulator --detailed-exitcode");
    assert_eq!(plan.code, 0, "{}", plan.transcript());
    let whole = world.run("restore before.json --emulator --auto-approve");
    assert!(whole.stdout.contains("No changes."), "{}", whole.transcript());
}

/// Somebody on call looks for the runs that concern one stream, or the last days.
#[test]
fn runs_are_found_by_address_and_time() {
    let world = World::with(THREE);
    world.converge("--emulator");
    world.write("livevod.yaml", &THREE.replace("cam1: {}", "cam1: { cycle_duration: 15m }"));
    world.converge("--emulator --max-change=100%");
    let count = |flags: &str| {
        let runs = world.run(&format!("journal --format json {flags}")).json();
        runs["runs"].as_array().unwrap().len()
    };
    let all = count("");
    assert!(all >= 2);
    assert_eq!(count("--since 1d"), all);
    assert_eq!(count("--since 2035-01-01"), 0);
    assert_eq!(count("--address live.example.com/show/cam1"), 2);
    assert_eq!(count("--address live.example.com/show/cam2"), 1, "only the first run wrote it");
    assert_eq!(count("--address live.example.com/nosuch --address other.example.com"), 0);
    let wrong = world.run("journal --since yesterday");
    assert!(wrong.code == 1 && wrong.stderr.contains("how long ago"), "{}", wrong.transcript());
}

/// The way back can be looked at, in every format, and nothing is written.
#[test]
fn the_way_back_is_shown_without_taking_it() {
    let world = World::with(THREE);
    world.converge("--emulator");
    world.write("livevod.yaml", &THREE.replace("cam1: {}", "cam1: { cycle_duration: 15m }"));
    world.converge("--emulator --max-change=100%");
    let runs = || world.run("journal --format json").json();
    let before = runs();
    let shown = world.run("restore last --plan --emulator --max-change 100%");
    assert_eq!(shown.code, 0, "{}", shown.transcript());
    assert!(shown.stdout.contains("cycle_duration  15m → 1h"), "{}", shown.transcript());
    for format in
        ["json", "markdown", "html", "terraform-json", "gitlab-terraform", "github", "gitlab", "sarif"]
    {
        let run = world.run(&format!("restore last --plan --emulator --format {format}"));
        assert_eq!(run.code, 0, "{}", run.transcript());
        assert!(!run.stdout.is_empty() || format == "github", "{format}");
    }
    assert_eq!(runs(), before, "no run has begun");
    assert_eq!(world.run("plan --emulator --detailed-exitcode").code, 0);
    let page = world.run("restore last --emulator --format html");
    assert_eq!((page.code, page.stdout.as_str()), (1, ""), "{}", page.transcript());
    assert!(page.stderr.contains("add `--plan` to show only the plan"), "{}", page.transcript());
    let both = world.run("restore last --plan --auto-approve --emulator");
    assert_eq!(both.code, 1, "{}", both.transcript());
}

/// A person or another run may have changed the same configuration since.
#[test]
fn a_restore_tells_what_it_overwrites_and_that_the_files_would_undo_it() {
    let with = |cycle: &str| THREE.replace("cam1: {}", &format!("cam1: {{ cycle_duration: {cycle} }}"));
    let world = World::with(THREE);
    world.converge("--emulator");
    world.write("livevod.yaml", &with("15m"));
    world.converge("--emulator --max-change=100%");
    let undone = "would undo this restore";
    let back = world.run("restore last --emulator --auto-approve --max-change 100%");
    assert!(!back.stdout.contains("was changed after run"), "{}", back.transcript());
    assert!(back.stderr.contains(undone), "{}", back.transcript());
    let plan = world.run("plan --emulator --detailed-exitcode --max-change 100%");
    assert_eq!(plan.code, 2, "{}", plan.transcript());
    world.converge("--emulator --max-change=100%");
    // The next edit is in another journal, as the console's is in none.
    world.write("livevod.yaml", &with("20m"));
    world.converge("--emulator --max-change=100% --journal elsewhere");
    let line = "restore last --emulator --auto-approve --max-change 100% --format json";
    let report = world.run(line).json();
    let found = report["diagnostics"].as_array().unwrap().iter();
    assert!(found.clone().any(|one| one["message"].as_str().unwrap().contains(undone)), "{report}");
    world.converge("--emulator --max-change=100%");
    world.write("livevod.yaml", &with("25m"));
    world.converge("--emulator --max-change=100% --journal elsewhere");
    let back = world.run("restore last --emulator --auto-approve --max-change 100%");
    let told = back.stdout.replace("\n  ", " ");
    assert!(
        told.contains("`cycle_duration` was 20m and is 25m now; restoring overwrites that change"),
        "{told}"
    );
    world.write("livevod.yaml", THREE);
    let restored = world.run("plan --emulator --detailed-exitcode --max-change 100%");
    assert_eq!(restored.code, 0, "{}", restored.transcript());
}

#[test]
fn what_was_protected_and_ignored_then_is_so_on_the_way_back() {
    let world = World::with(&THREE.replace(
        "domains:",
        "protect: [live.example.com/show/late]\nignore: [live.example.com/show/free]\ndomains:",
    ));
    world.converge("--emulator");
    world.run("snapshot --emulator --out before.json");
    world.write("livevod.yaml", &THREE.replace("cam1: {}", "cam1: {}, late: {}, free: {}"));
    world.converge("--emulator");
    let run = world.run("restore before.json --emulator --auto-approve --max-delete 100%");
    assert_eq!(run.code, 3, "{}", run.transcript());
    assert!(run.stdout.contains("refused (protect)"), "{}", run.transcript());
    assert!(run.stdout.contains("1 ignored: live.example.com/show/free"), "{}", run.transcript());
}

#[test]
fn what_is_protected_and_ignored_today_binds_the_way_back() {
    let world = World::with(THREE);
    world.converge("--emulator");
    world.run("snapshot --emulator --out before.json");
    let grown = THREE.replace("cam1: {}", "cam1: {}, late: {}, free: {}");
    world.write("livevod.yaml", &grown);
    world.converge("--emulator");
    world.write(
        "livevod.yaml",
        &grown.replace(", free: {}", "").replace(
            "domains:",
            "protect: [live.example.com/show/late]\nignore: [live.example.com/show/free]\ndomains:",
        ),
    );
    for source in ["before.json", "last"] {
        let run = world.run(&format!("restore {source} --emulator --auto-approve --max-delete 100%"));
        assert_eq!(run.code, 3, "{}", run.transcript());
        assert!(run.stdout.contains("refused (protect)"), "{}", run.transcript());
        assert!(run.stdout.contains("1 ignored: live.example.com/show/free"), "{}", run.transcript());
    }
    std::fs::remove_file(world.path().join("livevod.yaml")).unwrap();
    let run = world.run("restore before.json --emulator --auto-approve --max-delete 100%");
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert!(run.stderr.contains("--without-files"), "{}", run.transcript());
    let run = world.run("restore before.json --without-files --emulator --auto-approve --max-delete 100%");
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert!(run.stdout.contains("2 destroyed"), "{}", run.transcript());
}

#[test]
fn a_run_or_snapshot_goes_back_only_to_where_it_is_from() {
    let world = World::with(&format!("account: \"1234567890123456\"\n{THREE}"));
    world.converge("--emulator");
    world.run("snapshot --emulator --out before.json");
    for source in ["before.json", "last"] {
        let elsewhere = world.run(&format!("restore {source} --emulator=other.log --auto-approve"));
        assert_eq!(elsewhere.code, 3, "{}", elsewhere.transcript());
        assert!(
            elsewhere.stderr.contains("is for emulator .livevod/emulator.log"),
            "{}",
            elsewhere.transcript()
        );
    }
    world.write("livevod.yaml", &format!("account: \"42\"\n{THREE}"));
    for source in ["before.json", "last"] {
        let other = world.run(&format!("restore {source} --emulator --auto-approve"));
        assert_eq!(other.code, 3, "{}", other.transcript());
        assert!(other.stderr.contains("account"), "{}", other.transcript());
    }
}
