//! `init`: its files are valid and can be planned, and it overwrites nothing.

use std::path::Path;

use insta::assert_snapshot;

use super::World;

/// All files below a folder, by path, without those of the version control.
fn written(world: &World) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![world.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(world.path()).unwrap().to_str().unwrap().to_owned();
            match path.is_dir() {
                true if name == ".git" => {}
                true => folders.push(path),
                false => files.push(name),
            }
        }
    }
    files.sort();
    files
}

#[test]
fn a_first_file_is_valid_and_plans_what_it_says() {
    let world = World::new();
    std::fs::create_dir(world.path().join(".git")).unwrap();
    let run = world.run("init");
    assert_eq!(run.code, 0, "{}", run.transcript());
    let file = std::fs::read_to_string(world.path().join("livevod.yaml")).unwrap();
    assert_snapshot!(format!("{}\n{file}", run.transcript()));
    assert_eq!(std::fs::read_to_string(world.path().join(".gitignore")).unwrap(), ".livevod/\n");
    for (line, said) in [
        ("validate --deny warnings", "Valid: 1 configuration in 1 domain; no findings."),
        ("fmt --check", "In canonical form: 1 file."),
        ("plan --emulator", "Plan: 1 to add"),
    ] {
        let run = world.run(line);
        assert_eq!(run.code, 0, "{}", run.transcript());
        assert!(run.stdout.contains(said), "{}", run.transcript());
    }
}

#[test]
fn the_service_says_what_nobody_has_to_type() {
    let world = World::new();
    world.write("taken.yaml", "version: 1\ndomains: { a.example.com: { apps: { x: { streams: { y: { vod_transcode_group: VOD_NO_TRANSCODE } } } } } }\n");
    assert_eq!(world.run("apply taken.yaml --emulator --auto-approve").code, 0);
    let run = world.run("init a.example.com b.example.com --online --emulator --region eu-central-1 --account 6543210987654321");
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert!(run.stdout.contains("existing configurations of a.example.com: 1"), "{}", run.transcript());
    let common = std::fs::read_to_string(world.path().join("livevod/common.yaml")).unwrap();
    assert!(
        common.contains("account: \"6543210987654321\" ") && common.contains("region: eu-central-1 "),
        "{common}"
    );
    assert_eq!(world.run("validate --deny warnings").code, 0);
    assert_eq!(world.run("fmt --check").code, 0);
    assert!(world.run("plan --emulator --account 6543210987654321").stdout.contains("2 to add"));
    assert_eq!(world.run("init c.example.com --emulator").code, 1, "asked for nothing");
}

#[test]
fn pipelines_come_with_the_files_that_they_plan() {
    for host in ["github", "gitlab"] {
        let world = World::new();
        let run = world.run(&format!("init live.example.com --ci {host}"));
        assert_eq!(run.code, 0, "{}", run.transcript());
        assert_snapshot!(host, format!("{}\n{}", run.transcript(), written(&world).join("\n")));
        #[cfg(unix)]
        if host == "github" {
            use std::os::unix::fs::PermissionsExt as _;
            let mode =
                std::fs::metadata(world.path().join(".github/livevod.sh")).unwrap().permissions().mode();
            assert_eq!(mode & 0o500, 0o500, "the script can be run");
        }
        assert_eq!(world.run("validate --deny warnings").code, 0);
    }
}

#[test]
fn nothing_that_is_there_is_overwritten() {
    let taken =
        ["livevod.yaml", "livevod/common.yaml", ".github/workflows/livevod-plan.yml", "livevod/x.yaml"];
    for file in taken {
        let world = World::new();
        world.write(file, "mine\n");
        let run = world.run("init live.example.com --ci github");
        assert_eq!(run.code, 1, "{}", run.transcript());
        assert!(run.stderr.contains("already exists"), "{}", run.transcript());
        assert_eq!(written(&world), [file], "nothing else came");
    }
    // The program itself may be in the folder where it was unpacked.
    let world = World::new();
    world.write("livevod", "\u{7f}ELF");
    assert!(world.run("plan --emulator").stderr.contains("this folder has neither `livevod.yaml`"));
    assert_eq!(world.run("init live.example.com").code, 0);
    let world = World::new();
    world.write(".gitignore", "/target");
    assert_eq!(world.run("init a.example.com").code, 0);
    assert_eq!(std::fs::read_to_string(world.path().join(".gitignore")).unwrap(), "/target\n.livevod/\n");
    let run = World::new().run("init A.example.com");
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("it has uppercase letters"), "{}", run.transcript());
}

#[test]
fn every_command_and_the_files_have_a_manual_page() {
    let world = World::new();
    let run = world.run("man --dir pages");
    assert_eq!(run.code, 0, "{}", run.transcript());
    let pages = written(&world);
    let help = world.run("--help").stdout;
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let is_name = |line: &&str| !line.starts_with("   ");
    let commands = commands.lines().filter(is_name).map(|line| line.split_whitespace().next().unwrap());
    let commands: Vec<&str> = commands.filter(|name| *name != "help").collect();
    assert!(commands.len() > 10, "{help}");
    assert_eq!(pages.len(), commands.len() + 2, "{pages:?} of {commands:?}, the program and the files");
    for command in commands {
        assert!(pages.contains(&format!("pages/man1/livevod-{command}.1")), "{command}: {pages:?}");
    }
    for page in &pages {
        let text = std::fs::read_to_string(world.path().join(page)).unwrap();
        assert!(text.contains(".SH NAME") && text.contains(".TH livevod"), "{page}");
    }
    for (name, said) in [("", "livevod"), ("plan", "livevod\\-plan"), ("files", "cycle_duration")] {
        let run = world.run(&format!("man {name}"));
        assert_eq!(run.code, 0, "{}", run.transcript());
        assert!(run.stdout.contains(said), "{name}: {}", run.stdout);
    }
    assert_eq!(world.run("man nothing").code, 1);
}

#[test]
fn without_a_code_all_of_them_are_listed() {
    let world = World::new();
    let run = world.run("explain");
    assert_eq!(run.code, 0, "{}", run.transcript());
    let listed = run.stdout.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   ")).count();
    let codes = world.run("explain --format json").json();
    assert_eq!(codes["codes"].as_array().unwrap().len(), listed);
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 100), "{}", run.stdout);
}

/// A project that has files gets its pipelines, and keeps its files.
#[test]
fn pipelines_come_to_files_that_are_there() {
    let world = World::with("version: 1\n");
    let run = world.run("init --ci github");
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert!(run.stdout.contains("wrote .github/workflows/livevod-plan.yml"), "{}", run.transcript());
    assert!(run.stdout.contains("move `livevod.yaml` into it"), "{}", run.transcript());
    assert_eq!(std::fs::read_to_string(world.path().join("livevod.yaml")).unwrap(), "version: 1\n");
    assert!(!world.path().join("livevod").exists());
    assert_eq!(world.run("init --ci github").code, 1, "nothing is overwritten");
    assert_eq!(
        world.run("init a.example.com --ci gitlab").code,
        1,
        "files are asked for, and files are there"
    );
}

/// What a refusal calls its guard leads to the page of guards.
#[test]
fn the_name_of_a_guard_is_explained() {
    let world = World::new();
    // `account` is a code too, with a page of its own.
    for name in
        livevod::plan::Guard::ALL.map(|guard| guard.name()).into_iter().filter(|name| *name != "account")
    {
        let run = world.run(&format!("explain {name}"));
        assert!(run.code == 0 && run.stdout.contains(&format!("- `{name}`: ")), "{}", run.transcript());
    }
}

/// The scripts of the two hosts have different APIs to talk to; what does not depend on the host is the same in both, so that a
/// fix in one can't be forgotten in the other.
#[test]
fn the_scripts_of_both_hosts_share_what_does_not_depend_on_the_host() {
    let scripts = ["templates/livevod/livevod.sh", "examples/ci/github/.github/livevod.sh"]
        .map(|path| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap());
    let between = |text: &str, from: &str, to: &str| {
        let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("no `{from}`"));
        rest.split_once(to).unwrap_or_else(|| panic!("no `{to}` after `{from}`")).0.to_owned()
    };
    let same = |part: &dyn Fn(&str) -> Vec<String>, what: &str| {
        let [one, other] = [part(&scripts[0]), part(&scripts[1])];
        assert!(!one.is_empty() && one == other, "{what} differs: {one:#?} {other:#?}");
    };
    same(&|text| vec![between(text, "\nset -euo", "\numask 077\n")], "the beginning");
    for function in ["complain", "list", "heartbeat"] {
        same(&|text| vec![between(text, &format!("\n{function}() {{"), "\n}\n")], function);
    }
    let exit_codes = |text: &str| -> Vec<String> {
        let verdict = between(text, "\nverdict() {", "\n}\n");
        let labels = verdict.lines().filter_map(|line| Some(line.trim().split_once(')')?.0.to_owned()));
        labels
            .filter(|label| label.bytes().all(|byte| byte.is_ascii_digit() || b"| *".contains(&byte)))
            .collect()
    };
    same(&exit_codes, "the exit codes that have a verdict");
    assert_eq!(exit_codes(&scripts[0]), ["0", "3", "4", "5", "130 | 143", "*"]);
    for sentence in [
        "\nfolder=$(mktemp -d)\ntrap 'rm -rf \"$folder\"' EXIT\n",
        " =~ ^sha256:[0-9a-f]{64}$ ]] || refuse 'The typed digest is not a digest: sha256: and 64 hex digits.'",
        "was planned more than once, with different digests. It is not known which one was reviewed.",
        "{title: \"Recording configurations differ from the files\", labels: ",
        "Some changes were written and read back, others were not made: ",
    ] {
        assert!(scripts.iter().all(|text| text.contains(sentence)), "`{sentence}` is not in both");
    }
}
