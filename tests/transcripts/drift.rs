//! `livevod drift`: what happened in the service, in every format, and cures that work when they are pasted.

use std::process::Command;

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{Run, World, journal};

const FILES: &str = "\
version: 1
transcode_groups: { hd: e2d796d3bb5fd8049d32bff62f94e4c1, archive: 6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa }
defaults: { vod_transcode_group: hd }
domains:
  live.example.com:
    apps:
      show:
        streams:
          \"*\": {}
          cam1: { cycle_duration: 30m }
          cam2:
            cycle_duration: 45m
          cam3: {}
          cam4: {}
          never: { state: absent }
      news: { defaults: { cycle_duration: 2h }, streams: { a: {}, b: {}, c: {} } }
";

/// What somebody made of it in the console: one setting, two settings, a delete, something new in front of `show/*`, something that
/// must not exist, and all of an app.
fn edited() -> String {
    FILES
        .replace("cycle_duration: 30m", "cycle_duration: 6h")
        .replace(
            "cycle_duration: 45m",
            "cycle_duration: 50m\n            auto_compose: on\n            compose_vod_transcode_group: archive",
        )
        .replace("cam3: {}", "cam3: { state: absent }")
        .replace("never: { state: absent }", "never: {}\n          cam9: { cycle_duration: 10m }")
        .replace("cycle_duration: 2h", "cycle_duration: 3h")
}

/// Applied by livevod, then edited in the console; the files changed later and were not applied.
fn drifted() -> World {
    let world = applied();
    console(&world, &edited());
    world.write("livevod.yaml", &FILES.replace("cam4: {}", "cam4: { cycle_duration: 10m }"));
    world
}

fn applied() -> World {
    let world = World::with(FILES);
    world.converge("--emulator");
    world
}

/// Makes the service what `files` say, as somebody with other journals does.
fn console(world: &World, files: &str) {
    world.write("console/livevod.yaml", files);
    let flags = "--max-delete 100% --max-change 100% --allow-recording-stop --journal console/journal";
    let run = world.run(&format!("apply console/livevod.yaml --emulator --auto-approve {flags}"));
    assert_eq!(run.code, 0, "{}", run.transcript());
}

fn drift(world: &World, more: &str) -> Run {
    world.run(&format!("drift --emulator {more}"))
}

/// A page without its style and script.
fn page(html: &str) -> String {
    html.split("</style>").nth(1).unwrap().split("<script>").next().unwrap().to_owned()
}

/// The address and the kind of each difference, and which side moved.
fn told(run: &Run) -> Vec<(String, String, Value)> {
    let document = run.json();
    let all = document["differences"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    all.map(|one| (text(&one["stream"]), text(&one["kind"]), one["moved"].clone())).collect()
}

#[test]
fn people_read_what_happened_and_both_cures() {
    let mut world = drifted();
    assert_eq!(drift(&world, "").code, 2);
    for columns in ["80", "120"] {
        world.set("COLUMNS", columns);
        assert_snapshot!(format!("drift_at_{columns}"), drift(&world, "").stdout);
    }
    let run = drift(&world, "--full --target live.example.com/news");
    assert_snapshot!("drift_of_a_selection_in_full", run.stdout);
}

#[test]
fn documents_of_code_hosts_say_the_same() {
    let world = drifted();
    assert_snapshot!("drift_markdown", drift(&world, "--format markdown").stdout);
    assert_snapshot!("drift_github", drift(&world, "--format github").stdout);
    let html = drift(&world, "--format html").stdout;
    assert_snapshot!("drift_html", journal::scrub(&page(&html)));
    let sarif = drift(&world, "--format sarif").json();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let of_rule = results.iter().filter(|one| one["ruleId"] == "difference");
    // The three streams of `news` inherit one value.
    assert_eq!(of_rule.count(), 6, "{sarif:#}");
}

/// A plan says what apply would do; a drift must not.
#[test]
fn no_format_for_people_says_what_would_be_done() {
    let world = drifted();
    for format in ["human", "markdown", "html", "github", "gitlab", "sarif"] {
        let run = drift(&world, &format!("--format {format} --full"));
        assert_eq!(run.code, 2, "{}", run.transcript());
        let text = match format {
            "html" => page(&run.stdout),
            // The rules of SARIF have the pages of their codes.
            "sarif" => run.json()["runs"][0]["results"].to_string(),
            _ => run.stdout.clone(),
        };
        for words in [
            "will be",
            "must be replaced",
            "destroy",
            "to add,",
            "to change,",
            "digest",
            "refused",
            "at least 4 reads",
        ] {
            assert!(!text.contains(words), "{format} says `{words}`: {text}");
        }
        assert!(text.contains("changed outside the files"), "{format}: {text}");
        assert!(text.contains("deleted outside the files"), "{format}: {text}");
    }
}

#[test]
fn machines_read_both_sides_and_which_one_moved() {
    let world = drifted();
    let run = drift(&world, "--format json");
    let (service, files) = (json!("service"), json!("files"));
    let expected = [
        ("a", "changed", &service),
        ("b", "changed", &service),
        ("c", "changed", &service),
        ("cam1", "changed", &service),
        ("cam2", "changed", &service),
        ("cam3", "deleted", &service),
        ("cam4", "changed", &files),
        ("cam9", "appeared", &Value::Null),
        ("never", "appeared", &Value::Null),
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|(name, kind, moved)| ((*name).to_owned(), (*kind).to_owned(), (*moved).clone()))
        .collect();
    assert_eq!(told(&run), expected);
    let document = run.json();
    assert_eq!(document["format_version"], "1.2");
    let cam1 = &document["differences"][3];
    assert_eq!(
        cam1["fields"],
        json!([{"field": "cycle_duration", "declared": 1800, "actual": 21600, "moved": "service"}])
    );
    assert_eq!(cam1["message"], "changed outside the files: cycle_duration 30m → 6h");
    assert_eq!(
        (&cam1["since"]["event"], &cam1["file"], &cam1["line"]),
        (&json!("written"), &json!("livevod.yaml"), &json!(10))
    );
    let shadow = &document["differences"][7];
    assert_eq!(shadow["shadowed"], "live.example.com/show/*");
    assert_eq!(shadow["since"]["event"], "created");
    assert_eq!(document["differences"][5]["recorded_by"], "live.example.com/show/*");
}

/// Without the journal, nothing is guessed.
#[test]
fn without_a_journal_nobody_is_blamed() {
    let world = drifted();
    let run = drift(&world, "--journal elsewhere");
    assert!(
        !run.stdout.contains("outside the files") && !run.stdout.contains("not applied"),
        "{}",
        run.transcript()
    );
    assert!(run.stdout.contains("differs from the files: cycle_duration 30m → 6h"), "{}", run.transcript());
    let told = told(&drift(&world, "--journal elsewhere --format json"));
    assert!(told.iter().all(|(_, _, moved)| *moved == Value::Null), "{told:?}");
    let deleted = drift(&world, "--journal elsewhere --target live.example.com/show/cam3");
    assert!(
        deleted.stdout.contains("declared, but not in the service\n    time not known"),
        "{}",
        deleted.transcript()
    );
}

/// Puts the YAML of a cure where it belongs.
fn paste(world: &World, cure: &Value) {
    let file = cure["file"].as_str().unwrap();
    let text = std::fs::read_to_string(world.path().join(file)).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let first = cure["line"].as_u64().unwrap() as usize - 1;
    let end = cure["last_line"].as_u64().map_or(first, |last| last as usize);
    let yaml: Vec<&str> = cure["yaml"].as_str().unwrap().lines().collect();
    world.write(file, &([&lines[..first], &yaml, &lines[end..]].concat().join("\n") + "\n"));
}

/// Each command reverts what it is printed for, as it is printed.
#[test]
fn the_printed_commands_revert_the_drift() {
    let mut world = drifted();
    let binary =
        std::path::Path::new(env!("CARGO_BIN_EXE_livevod")).parent().unwrap().to_str().unwrap().to_owned();
    world.set("PATH", &format!("{binary}:/usr/bin:/bin"));
    let document = drift(&world, "--format json").json();
    let mut left = document["differences"].as_array().unwrap().len();
    for one in document["differences"].as_array().unwrap() {
        let command = one["revert"].as_str().unwrap();
        if one["revert_first"].is_object() {
            paste(&world, &one["revert_first"]);
        }
        let flags = "--auto-approve --max-change 100% --max-delete 100% --allow-recording-stop";
        let output = Command::new("/bin/sh")
            .args(["-c", &format!("{command} {flags}")])
            .current_dir(world.path())
            .env_clear()
            .envs(world.variables())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        left -= 1;
        let now = drift(&world, "--format json").json()["differences"].as_array().unwrap().len();
        assert_eq!(now, left, "{command}");
    }
    assert_eq!(drift(&world, "").code, 0);
}

/// The YAML of each cure, pasted over the lines that it names.
#[test]
fn the_printed_lines_take_the_drift_over() {
    let world = drifted();
    let address = "live.example.com/show/cam2";
    let document = drift(&world, &format!("--format json --target {address}")).json();
    let adopt = &document["differences"][0]["adopt"];
    paste(&world, adopt);
    let run = drift(&world, &format!("--target {address}"));
    assert_eq!(run.code, 0, "{}", run.transcript());
}

#[test]
fn a_service_in_sync_and_one_that_can_not_be_read() {
    let mut world = applied();
    let run = drift(&world, "");
    assert_eq!(run.code, 0);
    assert!(run.stdout.ends_with(
        "\nNo changes. The service matches what the files declare.\n8 configurations match the files.\n"
    ));
    world.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "emulator");
    world.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "emulator");
    // Port 1 of loopback: nothing listens there.
    let run = world.run("drift --endpoint http://127.0.0.1:1");
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert!(run.stdout.contains("Incomplete: 1 domain could not be read."), "{}", run.transcript());
    assert!(!run.stdout.contains("No changes") && !run.stdout.contains("cam1"), "{}", run.transcript());
    let document = world.run("drift --endpoint http://127.0.0.1:1 --format json").json();
    assert_eq!((&document["differences"], &document["complete"]), (&json!([]), &json!(false)));
}

#[test]
fn unmanaged_configurations_count_where_they_apply_or_where_it_is_asked_for() {
    let world = applied();
    console(&world, &FILES.replace("streams: { a: {}", "streams: { extra: {}, a: {}"));
    let run = drift(&world, "");
    assert_eq!(run.code, 0, "nothing declared would record it: {}", run.transcript());
    assert!(
        run.stdout.contains("1 unmanaged, left alone: live.example.com/news/extra"),
        "{}",
        run.transcript()
    );
    let run = drift(&world, "--unmanaged");
    assert_eq!(run.code, 2);
    assert!(run.stdout.contains("+ live.example.com/news/extra"), "{}", run.transcript());
    assert!(!run.stdout.contains("left alone"), "it is listed once: {}", run.transcript());
    let events = world.run("drift --emulator --unmanaged --json-into -").stdout;
    let events: Vec<Value> = events.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let one = events.iter().find(|event| event["type"] == "drift_difference").unwrap();
    assert_eq!(one["difference"]["address"], "live.example.com/news/extra");
}

#[test]
fn only_what_is_new_or_changed_is_told_again() {
    let world = applied();
    let check = |more: &str| drift(&world, &format!("--only-new .livevod/last.json {more}"));
    assert_eq!(check("").code, 0, "nothing to tell, and something to keep");
    console(&world, &FILES.replace("cam1: { cycle_duration: 30m }", "cam1: { cycle_duration: 6h }"));
    let run = check("");
    assert_eq!(run.code, 2);
    assert!(
        run.stdout.contains("New or changed since the last check in 1 configuration"),
        "{}",
        run.transcript()
    );
    let run = check("");
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert!(
        run.flowing().contains("Nothing new since the last check. 1 difference is as before."),
        "{}",
        run.flowing()
    );
    assert!(!run.stdout.contains("No changes"), "it is not in sync: {}", run.transcript());
    let document = check("--format json").json();
    assert_eq!((&document["differences"], &document["drifted"]), (&json!([]), &json!(false)));
    assert_eq!(document["since_last_check"], json!({"as_before": 1, "gone": 0}));
    assert_eq!(check("--target live.example.com/news").code, 0, "what is not selected stays known");
    console(&world, &FILES.replace("cam1: { cycle_duration: 30m }", "cam1: { cycle_duration: 5h }"));
    assert_eq!(check("").code, 2, "another value is news");
    console(&world, FILES);
    let run = check("");
    assert_eq!(run.code, 0);
    assert!(
        run.stdout.contains("No changes.") && run.stdout.contains("1 difference of the last check is gone."),
        "{}",
        run.transcript()
    );
    assert_eq!(drift(&world, "").code, 0);
}

#[test]
fn the_record_of_a_check_is_trusted_only_as_it_was_written() {
    let world = drifted();
    let check = |file: &str| drift(&world, &format!("--only-new {file}"));
    assert_eq!(check("last.json").code, 2);
    let kept = std::fs::read_to_string(world.path().join("last.json")).unwrap();
    world.write("edited.json", &kept.replacen("cam1", "cam8", 1));
    world.write("short.json", &kept[..kept.len() / 2]);
    world.write("other.json", &kept.replacen("emulator", "emulatoR", 1));
    world.write("empty.json", "");
    std::os::unix::fs::symlink("last.json", world.path().join("link.json")).unwrap();
    assert!(Command::new("mkfifo").arg(world.path().join("pipe.json")).status().unwrap().success());
    std::fs::create_dir(world.path().join("folder.json")).unwrap();
    for name in ["edited", "short", "other", "empty", "link", "pipe", "folder"] {
        let run = check(&format!("{name}.json"));
        assert_eq!(run.code, 1, "{name}: {}", run.transcript());
        assert!(run.stderr.contains("`--only-new` can't use"), "{name}: {}", run.transcript());
    }
    assert_eq!(
        std::fs::read_to_string(world.path().join("last.json")).unwrap(),
        kept,
        "a refused run writes nothing"
    );
    let run = world.run("drift --emulator=other.log --only-new last.json");
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert!(run.stderr.contains("another service"), "{}", run.transcript());
    for file in ["livevod.yaml", ".livevod/journal/x.json"] {
        let run = check(file);
        assert_eq!(run.code, 1, "{file}: {}", run.transcript());
        assert!(run.stderr.contains("`--only-new` can't write to"), "{file}: {}", run.transcript());
    }
}
