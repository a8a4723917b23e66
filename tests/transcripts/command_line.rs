//! Arguments, help, completions and manual pages.

use std::process::Stdio;

use clap::ValueEnum;
use livevod::render::Format;
use serde_json::json;

use super::World;

#[test]
fn usage_errors_end_with_one_because_two_means_differences() {
    let world = World::new();
    for line in
        ["", "plam", "plan --no-such-flag", "plan --rate 0", "plan --max-delete 200%", "apply --timeout 5"]
    {
        let run = world.run(line);
        assert_eq!(run.code, 1, "`{line}`: {}", run.transcript());
        assert_eq!(run.stdout, "", "`{line}`");
    }
}

/// Terraform's single dashes and commands, and what other tools are used to.
#[test]
fn a_habit_of_another_tool_gets_a_tip_that_fits() {
    let world = World::new();
    for (line, says, tip) in [
        ("apply -auto-approve", "'-auto-approve'", "two dashes: `--auto-approve`"),
        ("plan -target=live.example.com/show", "'-target'", "two dashes: `--target`"),
        ("plan -out reviewed.plan", "'-out'", "two dashes: `--out`"),
        ("plan -auto-approve", "'-auto-approve'", "`livevod apply` and `livevod restore` take"),
        ("apply --yes", "'--yes'", "take `--auto-approve`"),
        ("apply -y", "'-y'", "take `--auto-approve`"),
        ("apply --force", "'--force'", "the flag that allows it"),
        ("plan -refresh-only", "'-refresh-only'", "no state to refresh"),
        ("plan -destroy", "'-destroy'", "`state: absent`"),
        ("apply -f livevod.yaml", "'-f'", "without an option"),
        ("plan -var password=12345678", "'-var'", "no variables"),
        ("destroy", "'destroy'", "`state: absent`"),
        ("refresh", "'refresh'", "`livevod drift`"),
        ("state list", "'state'", "`livevod import`"),
        ("diff", "'diff'", "`livevod plan`"),
        ("version", "'version'", "`livevod --version`"),
        ("restore", "<SNAPSHOT|RUN>", "`livevod restore last`"),
    ] {
        let run = world.run(line);
        assert_eq!(run.code, 1, "{}", run.transcript());
        assert!(run.stderr.contains(says) && run.stderr.contains(tip), "{}", run.transcript());
        assert_eq!(run.stderr.matches("tip: ").count(), 1, "{}", run.transcript());
        assert!(!run.stderr.contains("12345678"), "{}", run.transcript());
    }
    let document = world.run("destroy --format json").json();
    let help = document["diagnostics"][0]["help"].as_str().unwrap();
    assert!(help.starts_with("`state: absent` in an entry"), "{help}");
}

/// A format that a command does not support is refused before anything is done, and is not in its help.
#[test]
fn no_command_takes_a_format_that_it_can_not_give() {
    let name = |format: &Format| format.to_possible_value().unwrap().get_name().to_owned();
    let formats: Vec<String> = Format::value_variants().iter().map(name).collect();
    let world = World::with(
        "version: 1\ndefaults: { vod_transcode_group: VOD_NO_TRANSCODE }\ndomains: { live.example.com: { apps: { show: { streams: { cam1: {} } } } } }\n",
    );
    world.converge("--emulator");
    world.run("snapshot --emulator --out before.json");
    world.run("plan --emulator --out reviewed.plan");
    for command in [
        "plan --emulator",
        "apply --emulator --auto-approve",
        "drift --emulator",
        "show reviewed.plan",
        "snapshot --emulator --out now.json",
        "restore before.json --emulator --plan",
        "validate",
        "fmt --check",
    ] {
        let name = command.split(' ').next().unwrap();
        let help = world.run(&format!("{name} --help")).stdout;
        for format in &formats {
            let run = world.run(&format!("{command} --format {format}"));
            let is_offered =
                help.contains(&format!("\n          - {format}:")) || help.contains(&format!("- {format}: "));
            if !is_offered {
                assert_eq!(run.code, 1, "{}", run.transcript());
                assert!(run.stderr.contains("possible values"), "{}", run.transcript());
            }
            // No findings give no annotations.
            if format != "github" {
                assert_eq!(run.stdout.is_empty(), !is_offered, "{}", run.transcript());
            }
        }
    }
}

/// From arguments and from variables: each of these once caused a panic, the settle time within the gap of a replace.
#[test]
fn a_number_that_no_clock_or_counter_takes_is_a_usage_error() {
    let long = "9223372036854775807s";
    for (flag, variable, value) in [
        ("--timeout", "LIVEVOD_TIMEOUT", long),
        ("--settle", "LIVEVOD_SETTLE", long),
        ("--freshness", "LIVEVOD_FRESHNESS", long),
        ("--parallelism", "LIVEVOD_PARALLELISM", "2305843009213693952"),
        ("--parallelism", "LIVEVOD_PARALLELISM", "18446744073709551615"),
        ("--rate", "LIVEVOD_RATE", "4294967295"),
    ] {
        let mut world = World::with("version: 1\ndomains: { live.example.com: {} }\n");
        let given = world.run(&format!("apply --emulator --auto-approve {flag} {value}"));
        world.set(variable, value);
        let set = world.run("apply --emulator --auto-approve");
        for run in [given, set] {
            assert_eq!(run.code, 1, "{flag}: {}", run.transcript());
            assert!(run.stderr.contains(flag), "{}", run.transcript());
            assert!(!run.stderr.contains("panicked"), "{}", run.transcript());
        }
    }
}

#[test]
fn a_usage_error_is_a_document_for_those_who_asked_for_one() {
    let world = World::new();
    for line in
        ["plan --no-such-flag --format json", "validate --format=json --allow nonsense", "plam --format json"]
    {
        let run = world.run(line);
        assert_eq!((run.code, run.stderr.as_str()), (1, ""), "`{line}`");
        let document = run.json();
        assert_eq!(document["exit"], json!({"code": 1, "reason": "error"}), "`{line}`");
        assert_eq!(document["diagnostics"][0]["code"], "usage", "`{line}`");
    }
    let document = world.run("plan --ful --format json").json();
    let finding = &document["diagnostics"][0];
    assert_eq!(finding["message"], "unexpected argument '--ful' found");
    let help = finding["help"].as_str().unwrap();
    assert!(help.starts_with("a similar argument exists: '--full'; Usage: livevod plan"), "{help}");
    assert_eq!(world.run("plan --help --format json").code, 0);
}

#[test]
fn help_and_version_are_success() {
    let world = World::new();
    for line in ["--help", "plan --help", "apply -h", "--version"] {
        let run = world.run(line);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "`{line}`");
    }
    assert!(world.run("plan --help").stdout.contains("LIVEVOD_ENDPOINT"));
}

#[test]
fn no_variable_approves_releases_or_picks_the_emulator() {
    let world = World::new();
    for command in ["plan", "apply", "drift"] {
        let help = world.run(&format!("{command} --help")).stdout;
        for forbidden in ["LIVEVOD_EMULATOR", "LIVEVOD_AUTO", "LIVEVOD_ALLOW", "LIVEVOD_MAX"] {
            assert!(!help.contains(forbidden), "{command}: {forbidden}");
        }
    }
}

#[test]
fn the_emulator_and_an_endpoint_do_not_go_together_but_the_flag_beats_the_variable() {
    let mut world = World::with("version: 1\ndomains: { live.example.com: {} }\n");
    assert_eq!(world.run("plan --emulator --endpoint http://127.0.0.1:1").code, 1);
    world.set("LIVEVOD_ENDPOINT", "http://127.0.0.1:1");
    assert_eq!(world.run("plan --emulator").code, 0);
}

#[test]
fn completions_and_the_manual_page_are_generated() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(world.run(&format!("completions {shell}")).stdout.contains("LIVEVOD_COMPLETE"), "{shell}");
    }
    let man = world.run("man apply").stdout;
    assert!(man.contains(".TH livevod") && man.contains("recording\\-gap"), "{man}");
}

/// Bash asks livevod itself, with the words so far and the place of the one that is typed.
#[cfg(unix)]
#[test]
fn a_shell_is_told_what_only_livevod_knows() {
    let world = World::with(
        "version: 1\ndefaults: { vod_transcode_group: VOD_NO_TRANSCODE }\ndomains: { live.example.com: { apps: { show: { streams: { cam1: {}, cam2: {} } } } } }\n",
    );
    world.converge("--emulator");
    let script = world.run("completions bash").stdout;
    world.write("complete.bash", &script);
    let complete = |line: &str| {
        let binary = std::path::Path::new(env!("CARGO_BIN_EXE_livevod")).parent().unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        let list: String = words.iter().map(|word| format!(" '{word}'")).collect();
        let asked = format!(
            "PATH={}:$PATH; complete() {{ :; }}; source ./complete.bash; COMP_WORDS=({list}); COMP_CWORD={}; \
             _clap_complete_livevod livevod '{}' ''; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            binary.display(),
            words.len() - 1,
            words.last().unwrap()
        );
        let mut bash = std::process::Command::new("bash");
        bash.args(["-c", &asked]).current_dir(world.path()).env_clear().envs(world.variables());
        let output = bash.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{line}");
        text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(complete("livevod explain short-"), ["short-cycle"]);
    assert_eq!(complete("livevod plan --deny warn"), ["warnings"]);
    assert_eq!(
        complete("livevod explain live.example.com/show/cam"),
        ["live.example.com/show/cam1", "live.example.com/show/cam2"]
    );
    assert_eq!(
        complete("livevod plan --target live.example.com/sh"),
        ["live.example.com/show", "live.example.com/show/cam1", "live.example.com/show/cam2",]
    );
    assert_eq!(complete("livevod plan --format terra"), ["terraform-json"]);
    let runs = complete("livevod journal ");
    for (word, is_it) in [("last", "last"), ("the command", "prune"), ("a run", "20")] {
        assert!(runs.iter().any(|run| run.starts_with(is_it)), "{word}: {runs:?}");
    }
    assert!(complete("livevod sh").contains(&"show".to_owned()));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let world = World::new();
    let mut child = world.command(&["man"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert!(output.status.success());
}

/// As in a checkout that another user made, or a container with a read-only file system.
#[cfg(unix)]
#[test]
fn a_plan_needs_no_right_to_write_the_emulators_file() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let world = World::with(
        "version: 1\ndefaults: { vod_transcode_group: VOD_NO_TRANSCODE }\ndomains: { live.example.com: { apps: { show: { streams: { cam1: {} } } } } }\n",
    );
    world.converge("--emulator=state.log");
    let readable = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let state = world.path().join("state.log");
    readable(&state, 0o444);
    readable(&world.path().join("livevod.yaml"), 0o444);
    // A place where anybody may run it. Were it written by this process, a child of another test could inherit the open file, which
    // nobody can run then.
    let program = world.path().join("livevod");
    let copied =
        std::process::Command::new("cp").arg(env!("CARGO_BIN_EXE_livevod")).arg(&program).status().unwrap();
    assert!(copied.success());
    readable(world.path(), 0o555);
    let is_root = std::fs::OpenOptions::new().append(true).open(&state).is_ok();
    let run = |line: &str| {
        let mut command = std::process::Command::new(&program);
        command.args(line.split(' ')).current_dir(world.path()).env_clear().envs(world.variables());
        if is_root {
            // Nobody: permissions do not bind root.
            command.uid(65534).gid(65534);
        }
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let (code, text) = run("plan --emulator=state.log --journal none");
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("No changes."), "{text}");
    let (code, text) = run("apply --emulator=state.log --auto-approve --journal none");
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("`state.log` can't be opened"), "{text}");
    readable(world.path(), 0o755);
}

#[test]
fn an_emulator_file_that_can_not_be_kept_is_an_error() {
    let world = World::with("version: 1\ndomains: { live.example.com: {} }\n");
    world.write("taken", "a file where a folder is needed");
    let run = world.run("apply --emulator=taken/emulator.log --auto-approve");
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert!(run.stderr.contains("Not a directory"), "the system's own reason is said: {}", run.transcript());
    world.write("garbage.log", "this is no log\nof any kind\n");
    let run = world.run("plan --emulator=garbage.log");
    assert_eq!(run.code, 1, "{}", run.transcript());
}
