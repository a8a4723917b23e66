//! Files that break parsers: each gives one finding that says what to do, or simply works.

use std::fmt::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt as _;

use serde_json::{Value as Json, json};

use super::World;

/// The id of a user who owns no files.
const NOBODY: u32 = 65534;

/// Runs `validate` on a path: returns its only finding from the JSON. The human format must report one error too.
fn only_finding(world: &World, path: &str) -> Json {
    let run = world.run(&format!("validate {path} --format json"));
    assert_eq!((run.code, run.stderr.as_str()), (1, ""), "{path}");
    let document = run.json();
    assert_eq!(document["summary"], json!({"errors": 1, "warnings": 0, "advice": 0}), "{path}");
    let told = world.run(&format!("validate {path}"));
    assert_eq!((told.code, told.stdout.as_str()), (1, ""), "{path}");
    assert!(told.stderr.contains("Found 1 error.\n"), "{path}: {}", told.stderr);
    assert!(told.stderr.len() < 4096, "{path}: {} bytes are printed", told.stderr.len());
    document["diagnostics"][0].clone()
}

/// The finding's code, and its message with the path left out.
fn only_code(world: &World, path: &str) -> String {
    let finding = only_finding(world, path);
    assert!(finding["help"].is_string(), "{path}: what to do is not said: {finding}");
    finding["code"].as_str().unwrap().to_owned()
}

fn bomb(bytes: usize) -> String {
    let mut text = "version: 1\ntiers:\n  a0: &a0 { cycle_duration: 1h }\n".to_owned();
    for level in 1..40 {
        let alias = format!("*a{}", level - 1);
        let _ = writeln!(text, "  a{level}: &a{level} [{}]", [alias.as_str(); 9].join(", "));
    }
    let padding = format!("# {}\n", "x".repeat(997));
    text.push_str(&padding.repeat(bytes.saturating_sub(text.len()) / padding.len()));
    text
}

#[test]
fn texts_that_break_readers_are_one_finding() {
    let world = World::new();
    let aliases = "*a, ".repeat(1_100_000);
    for (name, text, code) in [
        ("bomb-10.yaml", bomb(10 << 20).as_str(), "limit"),
        ("bomb-2.yaml", &bomb(2 << 20), "alias-bomb"),
        ("aliases.yaml", &format!("version: 1\ntiers: {{ a: &a {{}}, b: [{aliases}] }}\n"), "alias-bomb"),
        ("brackets.yaml", &"[".repeat(1 << 20), "syntax"),
        ("braces.yaml", &"{".repeat(1 << 20), "syntax"),
        ("questions.yaml", &"? ".repeat(1 << 19), "syntax"),
        ("quote.yaml", &format!("version: 1\nregion: \"{}", "a".repeat(1 << 20)), "syntax"),
        ("nul.yaml", "version: 1\n# \0\n", "syntax"),
        ("empty.yaml", "", "empty-file"),
        ("only-mark.yaml", "\u{feff}", "empty-file"),
    ] {
        world.write(name, text);
        assert_eq!(only_code(&world, name), code, "{name}");
    }
}

#[test]
fn bytes_that_are_no_text_are_one_finding() {
    let world = World::new();
    for (name, bytes) in [
        ("latin.yaml", &b"version: 1\n# caf\xe9\n"[..]),
        ("utf16.yaml", &b"\xff\xfev\0e\0"[..]),
        ("cut.yaml", &b"version: 1\n# \xf0\x9f\x98"[..]),
    ] {
        std::fs::write(world.path().join(name), bytes).unwrap();
        assert_eq!(only_code(&world, name), "not-utf8", "{name}");
    }
}

#[test]
fn what_is_no_file_is_one_finding() {
    let world = World::new();
    let path = |name: &str| world.path().join(name);
    std::fs::create_dir(path("empty")).unwrap();
    std::fs::create_dir_all(path("folder/x.yaml")).unwrap();
    std::fs::create_dir_all(path("above/below")).unwrap();
    world.write("secret/livevod.yaml", "version: 1\n");
    let _listener = UnixListener::bind(path("socket.yaml")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(path("pipe.yaml")).status().unwrap();
    assert!(made.success());
    for (from, to) in [
        ("self.yaml", "self.yaml"),
        ("one.yaml", "two.yaml"),
        ("two.yaml", "one.yaml"),
        ("broken.yaml", "nothing"),
        ("away.yaml", "/etc/passwd"),
        ("memory.yaml", "/proc/self/mem"),
        ("above/below/up", "../../above"),
        ("folder/leak.yml", "../secret/livevod.yaml"),
    ] {
        symlink(to, path(from)).unwrap();
    }
    for (name, code) in [
        ("empty", "no-files"),
        ("nowhere.yaml", "unreadable"),
        ("socket.yaml", "unreadable"),
        ("pipe.yaml", "unreadable"),
        ("self.yaml", "unreadable"),
        ("one.yaml", "unreadable"),
        ("broken.yaml", "unreadable"),
        ("away.yaml", "link-outside"),
        ("memory.yaml", "link-outside"),
        ("above", "unreadable"),
        ("/proc/self/mem", "unreadable"),
        ("/dev/zero", "unreadable"),
    ] {
        assert_eq!(only_code(&world, name), code, "{name}");
    }
    std::fs::remove_file(path("folder/leak.yml")).unwrap();
    assert_eq!(only_code(&world, "folder"), "unreadable", "a folder with the name of a file");
    symlink("../secret/livevod.yaml", path("empty/leak.yaml")).unwrap();
    let leak = only_finding(&world, "empty");
    assert_eq!(leak["code"], "link-outside");
    assert_eq!(
        leak["message"],
        "`empty/leak.yaml` is a symbolic link that leads outside the folder it was found in"
    );
}

#[test]
fn a_file_that_may_not_be_read_says_so() {
    let world = World::with("version: 1\n");
    let path = world.path().join("livevod.yaml");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o0)).unwrap();
    let mut command = world.command(&["validate", "livevod.yaml"]);
    if std::fs::read(&path).is_ok() {
        // Root may read everything, so another user runs the command.
        std::fs::set_permissions(world.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        command.uid(NOBODY);
    }
    let told = match command.output() {
        Ok(output) => String::from_utf8(output.stderr).unwrap(),
        // If another user can't run the binary where it was built, there is nothing to test.
        Err(error) => return assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied),
    };
    assert_eq!(
        told,
        "unreadable\n\n  × can't read `livevod.yaml`: Permission denied\n  help: make it readable for the user who runs \
         livevod\n\nFound 1 error.\n"
    );
}

/// Windows line breaks and a byte order mark change no position: the same text without them has the same lines and columns.
#[test]
fn windows_texts_work_and_are_labelled_truly() {
    let world = World::new();
    let plain =
        "version: 1\nregion: CN # 中文 😀\ndefaults: { vod_transcode_group: hd, cycle_duration: 100 }\n";
    let variants = [plain.to_owned(), plain.replace('\n', "\r\n"), format!("\u{feff}{plain}")];
    let places = variants.map(|text| {
        world.write("a.yaml", &text);
        let document = world.run("validate a.yaml --format json").json();
        let findings = document["diagnostics"].as_array().unwrap().clone();
        let seen = findings.into_iter().map(|mut finding| {
            let range = &mut finding["range"];
            let (start, end) = (range["start"]["byte"].take(), range["end"]["byte"].take());
            let bytes = start.as_u64().unwrap() as usize..end.as_u64().unwrap() as usize;
            (text[bytes].to_owned(), finding)
        });
        seen.collect::<Vec<_>>()
    });
    assert_eq!(places[0].iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>(), ["CN", "hd", "100"]);
    assert_eq!(places[0], places[1]);
    assert_eq!(places[0], places[2]);
    let told = world.run("validate a.yaml");
    assert!(told.stderr.contains(" 1 │ version: 1\n"), "the mark is not drawn: {}", told.stderr);
}

/// An endless stream of bytes is recognized by its beginning, and not read further.
#[cfg(unix)]
#[test]
fn a_device_is_no_file_of_any_command() {
    let world = World::with("version: 1\n");
    for line in [
        "show /dev/zero",
        "apply /dev/zero --emulator",
        "plan --against /dev/zero",
        "restore /dev/zero --emulator --without-files",
        "validate /dev/zero",
        "emulator --load /dev/zero",
        "emulator --groups-file /dev/zero",
        "emulator --oidc-token-file /dev/zero",
    ] {
        let run = world.run(line);
        assert_eq!(run.code, 1, "{line}: {}", run.transcript());
        assert!(run.stderr.contains("/dev/zero"), "{line}: {}", run.transcript());
    }
}
