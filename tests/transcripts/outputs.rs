//! Outputs of commands: they never overwrite a file that the run needs or replace something that is not a file, and errors are
//! reported.

use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};

use super::{World, shell};

const FILE: &str = "\
version: 1
defaults: { vod_transcode_group: VOD_NO_TRANSCODE }
domains: { live.example.com: { apps: { show: { streams: { cam1: {} } } } } }
";

/// A folder with a journal and an emulator of one earlier run.
fn world() -> World {
    let world = World::with(FILE);
    world.converge("--emulator");
    world
}

#[test]
fn nothing_that_a_run_needs_is_replaced_by_an_output() {
    let world = world();
    world.write("copy.yaml", FILE);
    std::fs::hard_link(world.path().join("livevod.yaml"), world.path().join("other-name")).unwrap();
    symlink("livevod.yaml", world.path().join("link")).unwrap();
    for (line, why) in [
        ("plan --emulator --out livevod.yaml", "this command also reads it"),
        ("plan --emulator --out other-name", "this command also reads it"),
        ("plan --emulator --out link", "this command also reads it"),
        ("plan --emulator --out .livevod/emulator.log", "this command also reads it"),
        ("snapshot --emulator --out livevod.yaml", "this command also reads it"),
        ("plan --emulator --out .livevod/journal/new", "it is in the journal folder"),
        ("drift --emulator --json-into .livevod/journal/lock", "it is in the journal folder"),
        ("plan --emulator --out new --json-into ./new", "`--json-into` also writes to it"),
        ("plan --emulator --out - --json-into -", "`--json-into` also writes to it"),
        ("emulator --load copy.yaml --port-file copy.yaml", "this command also reads it"),
        ("emulator --port-file new --call-log new", "`--call-log` also writes to it"),
    ] {
        let run = world.run(line);
        assert_eq!(run.code, 1, "{line}");
        let words = run.stderr.replace("\n  │ ", " ");
        assert!(words.contains(why), "{line}\n{}", run.transcript());
    }
    for file in ["livevod.yaml", "copy.yaml"] {
        assert_eq!(std::fs::read_to_string(world.path().join(file)).unwrap(), FILE, "{file}");
    }
    assert!(!world.path().join("new").exists());
}

#[test]
fn an_output_goes_where_its_path_leads() {
    let world = world();
    symlink("target", world.path().join("link")).unwrap();
    let run = shell(
        &world,
        "\"$0\" plan --emulator --out link && mkfifo pipe && { cat pipe > piped & } && \
         \"$0\" plan --emulator --out pipe && wait && \"$0\" snapshot --emulator --out /dev/null",
    );
    assert_eq!(run.code, 0, "{}", run.transcript());
    for file in ["target", "piped"] {
        let shown = world.run(&format!("show {file}"));
        assert_eq!(shown.code, 0, "{}", shown.transcript());
    }
    assert!(world.path().join("link").is_symlink());
    assert!(std::fs::metadata(world.path().join("pipe")).unwrap().file_type().is_fifo());
    let is_device = std::fs::metadata("/dev/null").unwrap().file_type().is_char_device();
    assert!(is_device, "a device is written into");
}

#[test]
fn what_an_output_replaces_keeps_its_mode_and_names() {
    let world = world();
    let path = world.path().join("p");
    std::fs::write(&path, "old").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(world.run("plan --emulator --out p").code, 0);
    assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o644);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
    let run = world.run("plan --emulator --out p");
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert!(run.stderr.contains("it is read-only"), "{}", run.transcript());
    world.write("livevod.yaml", &FILE.replace("{ live", "{   live"));
    std::fs::hard_link(world.path().join("livevod.yaml"), world.path().join("other")).unwrap();
    assert_eq!(world.run("fmt").code, 0);
    assert_eq!(std::fs::read_to_string(world.path().join("other")).unwrap(), FILE);
}

#[test]
fn standard_output_takes_one_output_and_the_rest_goes_to_standard_error() {
    let world = world();
    let run = world.run("plan --emulator --out -");
    world.write("p", &run.stdout);
    assert_eq!((run.code, world.run("show p").code), (0, 0), "{}", run.transcript());
    assert!(run.stderr.contains("digest sha256:"), "{}", run.transcript());
    let run = world.run("snapshot --emulator --out -");
    world.write("s", &run.stdout);
    assert_eq!((run.code, world.run("plan --against s").code), (0, 0), "{}", run.transcript());
    let run = world.run("drift --emulator --json-into -");
    assert!(run.stdout.lines().all(|line| line.starts_with("{\"@level\"")), "{}", run.transcript());
    assert!(run.stderr.contains("No changes."), "{}", run.transcript());
    let run = world.run("plan --emulator --out - --format json");
    assert_eq!((run.code, run.json()["diagnostics"][0]["code"].as_str()), (1, Some("usage")));
}

#[test]
fn a_standard_output_that_fails_is_told() {
    let world = world();
    assert_eq!(world.run("plan --emulator --out p").code, 0);
    for line in [
        "validate",
        "plan --emulator",
        "plan --emulator --format json",
        "plan --emulator --out -",
        "plan --emulator --full --detailed-exitcode",
        "apply --emulator --auto-approve",
        "show p",
        "drift --emulator --format sarif",
        "snapshot --emulator --out s",
        "journal",
        "render",
        "explain unknown-key",
        "fmt --check",
        "fmt -",
        "emulator quirks",
        "emulator dump --data .livevod/emulator.log",
        "schema",
        "completions bash",
        "man",
        "--version",
        "apply --help",
    ] {
        let run = shell(&world, &format!("\"$0\" {line} < livevod.yaml > /dev/full"));
        assert_eq!(run.code, 1, "{line}\n{}", run.transcript());
        assert!(run.stderr.contains("No space left on device"), "{line}\n{}", run.transcript());
        let script = format!("{{ \"$0\" {line} < livevod.yaml 2> err; echo exit $? >> err; }} | :; cat err");
        let piped = shell(&world, &script);
        assert!(piped.stdout.ends_with("exit 0\n"), "{line}\n{}", piped.transcript());
        assert!(!piped.stdout.contains("could not be written"), "{line}\n{}", piped.transcript());
    }
    // A more severe exit code wins.
    world.write("livevod.yaml", &FILE.replace("cam1: {}", "cam1: { state: absent }"));
    let run = shell(&world, "\"$0\" plan --emulator --detailed-exitcode --max-delete 0 > /dev/full");
    assert_eq!(run.code, 3, "{}", run.transcript());
}

#[test]
fn a_file_of_ours_in_the_wrong_place_is_named_with_the_command_that_takes_it() {
    let world = world();
    assert_eq!(world.run("plan --emulator --out p").code, 0);
    assert_eq!(world.run("snapshot --emulator --out s").code, 0);
    let journals = std::fs::read_dir(world.path().join(".livevod/journal")).unwrap();
    let mut journals = journals.map(|entry| entry.unwrap().path());
    let journal = journals.find(|path| path.extension().is_some_and(|ending| ending == "jsonl")).unwrap();
    std::fs::copy(journal, world.path().join("j")).unwrap();
    std::fs::copy(world.path().join(".livevod/emulator.log"), world.path().join("e")).unwrap();
    for (line, says, cure) in [
        ("validate p", "expected YAML, but `p` is a saved plan", "livevod show p"),
        ("apply s --emulator --auto-approve", "expected YAML, but `s` is a snapshot", "--against s"),
        ("plan j --emulator", "expected YAML, but `j` is the journal of a run", "livevod journal"),
        ("fmt e", "expected YAML, but `e` is the log of an emulator", "--emulator=e"),
        ("show s", "expected a saved plan, but `s` is a snapshot", "livevod restore s"),
        ("restore p --emulator", "expected a snapshot, but `p` is a saved plan", "livevod apply p"),
        ("plan --against p", "expected a snapshot, but `p` is a saved plan", "livevod apply p"),
        (
            "emulator --load s",
            "expected the output of `livevod emulator dump`, but `s` is a snapshot",
            "restore s",
        ),
        ("restore missing.json --emulator", "can't read `missing.json`: No such file", ""),
    ] {
        let run = world.run(line);
        assert_eq!(run.code, 1, "{line}");
        let words = run.stderr.replace("\n  │ ", " ").replace("\n        ", " ");
        assert!(words.contains(says) && words.contains(cure), "{line}\n{}", run.transcript());
        assert!(run.transcript().len() < 1000, "{line}\n{}", run.transcript());
    }
    for (line, says, cure) in [
        ("validate - < p", "expected YAML, but standard input is a saved plan", "livevod show -"),
        ("fmt - < s", "expected YAML, but standard input is a snapshot", "--against -"),
        ("show - < s", "expected a saved plan, but standard input is a snapshot", "livevod restore -"),
        (
            "restore - --emulator < p",
            "expected a snapshot, but standard input is a saved plan",
            "livevod apply -",
        ),
        (
            "plan --against - < p",
            "expected a snapshot, but standard input is a saved plan",
            "livevod apply -",
        ),
        ("plan --against - < /dev/null", "standard input can't be used", "livevod snapshot --out"),
    ] {
        let run = shell(&world, &format!("\"$0\" {line}"));
        assert_eq!(run.code, 1, "{line}");
        let words = run.stderr.replace("\n  │ ", " ").replace("\n        ", " ");
        assert!(words.contains(says) && words.contains(cure), "{line}\n{}", run.transcript());
    }
    // The expected kind of file is accepted.
    for line in [
        "cat p | \"$0\" show - --format json",
        "cat p | \"$0\" apply - --emulator --auto-approve",
        "cat s | \"$0\" plan --against -",
        "cat s | \"$0\" restore - --emulator --auto-approve",
    ] {
        let run = shell(&world, line);
        assert_eq!(run.code, 0, "{line}\n{}", run.transcript());
    }
}

#[cfg(unix)]
#[test]
fn a_limit_of_the_shell_ends_a_command_with_an_error_and_leaves_nothing_behind() {
    let world = world();
    assert_eq!(world.run("plan --emulator").code, 0);
    world.write(
        "long.yaml",
        &format!("{FILE}{}", "# one line more\n".repeat(200)).replace("version: 1", "version:   1"),
    );
    let before = names(&world);
    for line in [
        "plan --emulator livevod.yaml --out big",
        "snapshot --emulator livevod.yaml --out big",
        "render livevod.yaml --format json | cat > /dev/null; \"$0\" man --dir mans",
        "fmt long.yaml",
        "schema > big",
    ] {
        // A block is 512 bytes in some shells, and 1024 in others.
        let run = shell(&world, &format!("ulimit -f 1; \"$0\" {line}"));
        assert_eq!(run.code, 1, "{line}\n{}", run.transcript());
        assert!(run.stderr.contains("File too large"), "{line}\n{}", run.transcript());
        let _ = std::fs::remove_file(world.path().join("big"));
        let _ = std::fs::remove_dir_all(world.path().join("mans"));
        assert_eq!(names(&world), before, "{line}");
    }
    for line in ["plan --emulator livevod.yaml", "validate --online --emulator livevod.yaml", "emulator"] {
        let run = shell(&world, &format!("ulimit -n 8; \"$0\" {line}"));
        assert_eq!(run.code, 1, "{line}\n{}", run.transcript());
        let words = run.stderr.replace("\n  │ ", " ");
        assert!(words.contains("can't open 16 more files and connections"), "{line}\n{}", run.transcript());
        assert!(run.stderr.contains("ulimit -n 1024"), "{line}\n{}", run.transcript());
    }
    assert_eq!(shell(&world, "ulimit -n 8; \"$0\" validate livevod.yaml").code, 0);
}

/// The names in a world's folder.
#[cfg(unix)]
fn names(world: &World) -> Vec<std::ffi::OsString> {
    let entries = std::fs::read_dir(world.path()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
    names.sort_unstable();
    names
}
