//! `import`: files that declare what exists, in every way to ask for them, and nothing where something is in the way.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::server::{Server, keyed};
use super::{Run, World};

const FILE: &str = "\
version: 1
transcode_groups: { hd: e2d796d3bb5fd8049d32bff62f94e4c1, archive: 6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa }
defaults: { vod_transcode_group: hd, cycle_duration: 30m }
domains:
  live.example.com:
    apps:
      show:
        streams:
          \"*\": {}
          cam1: {}
          cam2: {}
          vip: { cycle_duration: 15m, auto_compose: on, compose_vod_transcode_group: archive }
  push.example.com: { apps: { news: { streams: { morning: { cycle_duration: 1h } } } } }
";

/// A world whose embedded emulator holds what `FILE` declares; the file itself is gone.
fn held() -> World {
    let world = World::with(FILE);
    assert_eq!(world.run("apply --emulator --auto-approve").code, 0);
    std::fs::rename(world.path().join("livevod.yaml"), world.path().join("declared.txt")).unwrap();
    world
}

fn text(world: &World, file: &str) -> String {
    std::fs::read_to_string(world.path().join(file)).unwrap()
}

/// The YAML files of the world, by name.
fn yaml(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![world.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push(path.strip_prefix(world.path()).unwrap().display().to_string()),
            }
        }
    }
    found.retain(|file| file.ends_with(".yaml") || file.contains(".livevod-"));
    found.sort();
    found
}

#[test]
fn the_text_goes_to_standard_output_and_plans_empty() {
    let world = held();
    let run = world.run("import --all --emulator");
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert_snapshot!(run.transcript());
    world.write("livevod.yaml", &run.stdout);
    assert!(world.run("plan --emulator").stdout.contains("No changes."));
    assert_eq!(world.run("fmt --check").code, 0);
    assert_eq!(world.run("drift --emulator").code, 0);
}

#[test]
fn a_folder_gets_a_file_for_each_domain_and_one_for_what_they_share() {
    let world = held();
    let run = world.run("import --all --emulator --out livevod");
    assert_eq!(run.code, 0, "{}", run.transcript());
    let names = ["livevod/live.example.com.yaml", "livevod/push.example.com.yaml", "livevod/shared.yaml"];
    assert_eq!(yaml(&world), names);
    let texts = names.map(|name| format!("--- {name}\n{}", text(&world, name))).concat();
    assert_snapshot!(format!("{}\n{texts}", run.transcript()));
    assert!(world.run("plan --emulator").stdout.contains("No changes."));
    assert_eq!(world.run("fmt --check livevod").code, 0);
}

#[test]
fn one_file_or_some_domains_are_imported_if_that_is_asked_for() {
    let world = held();
    let run = world.run("import push.example.com --emulator --out push.yaml");
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert!(
        run.stdout.starts_with("wrote push.yaml\nImported 1 configuration in 1 domain"),
        "{}",
        run.transcript()
    );
    assert_eq!(yaml(&world), ["push.yaml"]);
    assert!(world.run("plan push.yaml --emulator").stdout.contains("No changes."));
}

#[test]
fn what_exists_is_never_overwritten() {
    for (taken, line) in [
        ("livevod.yaml", "import --all --emulator --out livevod.yaml"),
        ("livevod/mine.yaml", "import --all --emulator --out livevod"),
        ("livevod/deep/mine.yml", "import --all --emulator --out livevod/"),
        ("livevod", "import --all --emulator --out livevod"),
    ] {
        let world = held();
        world.write(taken, "mine\n");
        let before = yaml(&world);
        let run = world.run(line);
        assert_eq!(run.code, 1, "{}", run.transcript());
        assert!(run.stderr.contains("already exists"), "{}", run.transcript());
        assert_eq!((text(&world, taken).as_str(), yaml(&world)), ("mine\n", before));
    }
    // Files that livevod does not read may stay beside the new ones.
    let world = held();
    world.write("livevod/README.md", "mine\n");
    assert_eq!(world.run("import --all --emulator --out livevod").code, 0);
    assert_eq!(text(&world, "livevod/README.md"), "mine\n");
    assert_eq!(yaml(&world).len(), 3);
}

#[cfg(unix)]
#[test]
fn a_folder_that_can_not_be_written_gets_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = held();
    let run = world.run("import --all --emulator --out /proc/livevod");
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert!(run.stderr.contains("can't write `/proc/livevod`"), "{}", run.transcript());
    let run = world.run("import --all --emulator --out new/deep/livevod");
    assert_eq!(run.code, 0, "folders above are made: {}", run.transcript());
    let mode = |file: &str| {
        let data = std::fs::metadata(world.path().join(file)).unwrap();
        data.permissions().mode() & 0o777
    };
    world.write("usual", "");
    std::fs::create_dir(world.path().join("folder")).unwrap();
    assert_eq!(mode("new/deep/livevod/shared.yaml"), mode("usual"), "others may read it as any other file");
    assert_eq!(mode("new/deep/livevod"), mode("folder"));
}

#[test]
fn a_snapshot_is_imported_without_credentials() {
    let world = held();
    std::fs::rename(world.path().join("declared.txt"), world.path().join("livevod.yaml")).unwrap();
    assert_eq!(world.run("snapshot --emulator --account 1234567890123456 --out before.json").code, 0);
    let run = world.run("import --from before.json");
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert!(run.stdout.contains("account: \"1234567890123456\"\n"), "{}", run.transcript());
    let some = world.run("import push.example.com --from before.json --out some.yaml");
    assert_eq!(some.code, 0, "{}", some.transcript());
    assert!(!text(&world, "some.yaml").contains("live.example.com"));
    assert!(world.run("plan some.yaml --against before.json").stdout.contains("No changes."));
    let other = world.run("import other.example.com --from before.json");
    assert_eq!(other.code, 1);
    assert_snapshot!(other.transcript());
}

/// A configuration, with what the test gives besides.
fn item(domain: &str, stream: &str, more: Value) -> Value {
    let mut item = json!({"DomainName": domain, "AppName": "show", "StreamName": stream, "VodTranscodeGroupId": "VOD_NO_TRANSCODE"});
    item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    item
}

fn ask(world: &World, server: &Server, line: &str) -> Run {
    let mut run = world.run(&format!("{line} --endpoint {}", server.url));
    (run.stdout, run.stderr) =
        (run.stdout.replace(&server.url, "[endpoint]"), run.stderr.replace(&server.url, "[endpoint]"));
    run
}

const HD: &str = "e2d796d3bb5fd8049d32bff62f94e4c1";
const HD_SG: &str = "77aa0d5ce0dd4bb9a1b7b5dba1f7c0bb";

#[test]
fn groups_are_named_as_in_vod_and_what_can_not_be_managed_is_a_comment() {
    let world = keyed("");
    let group = |id: &str| json!({ "VodTranscodeGroupId": id });
    let items = [
        item("a.example.com", "cam1", group(HD)),
        item("a.example.com", "cam2", group(HD)),
        item("b.example.com", "cam1", group(HD_SG)),
        item("b.example.com", "odd name", json!({})),
        item("b.example.com", "short", json!({ "CycleDuration": 60 })),
        item("b.example.com", "late", json!({ "DelayTime": 5 })),
    ];
    world.write("state.json", &json!({ "configs": items }).to_string());
    let names = [format!("--group-name={HD}=HD 高清"), format!("--group-name={HD_SG}=HD 高清")];
    let arguments = ["--load", "state.json", "--domain=a.example.com=cn-shanghai"];
    let regions = ["--domain=b.example.com=ap-southeast-1", "--domain=c.example.com"];
    let arguments = [&arguments[..], &regions, &[&names[0], &names[1]]].concat();
    let server = Server::start(&world, &arguments);
    let run = ask(&world, &server, "import --all --out live");
    assert_eq!(run.code, 0, "{}", run.transcript());
    let names = ["live/a.example.com.yaml", "live/b.example.com.yaml", "live/shared.yaml"];
    let texts = names.map(|name| format!("--- {name}\n{}", text(&world, name))).concat();
    assert_snapshot!(format!("{}\n{texts}", run.transcript()));
    let plan = ask(&world, &server, "plan live");
    assert!(plan.stdout.contains("No changes."), "{}", plan.transcript());
    // A domain that is named is written even if it holds nothing.
    let empty = ask(&world, &server, "import c.example.com");
    assert!(empty.stdout.contains("  c.example.com: {}\n"), "{}", empty.transcript());
}

/// `--emulator FILE` without `=` leaves FILE as a domain, and a file's name is one.
#[test]
fn a_file_is_no_domain_and_an_empty_domain_is_told() {
    let world = held();
    world.write("emu.log", "");
    for (line, said) in [
        ("import live.example.com --emulator emu.log", "write `--emulator=FILE`"),
        ("import livevod.yaml --merge --emulator", "`--out FILE` names the file to write"),
        ("import --merge --emulator", "name the files with `--out FILE|FOLDER`"),
        ("import live.example.com --emulator --region mars", "expected the id of a region"),
    ] {
        let run = world.run(line);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.transcript());
        assert!(run.stderr.contains(said), "{}", run.transcript());
    }
    let typo = world.run("import live.exampel.com --emulator");
    assert!(typo.stderr.contains("`live.exampel.com` has no configurations"), "{}", typo.transcript());
}

#[test]
fn what_is_asked_for_wrongly_is_said() {
    let world = keyed("");
    let server = Server::start(&world, &["--domain=a.example.com"]);
    let lines = ["import", "import nosuch.example.com", "import --all", "import A.example.com"];
    let told: Vec<String> = lines
        .into_iter()
        .map(|line| {
            let run = ask(&world, &server, line);
            assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.transcript());
            run.transcript()
        })
        .collect();
    assert_snapshot!(told.join("\n"));
}

#[test]
fn a_domain_that_can_not_be_read_keeps_everything_from_being_written() {
    let world = keyed("");
    let items = [item("a.example.com", "cam1", json!({})), item("b.example.com", "cam1", json!({}))];
    world.write("state.json", &json!({ "configs": items }).to_string());
    let fault = "--fault=error-before-commit:action=Describe,address=b.example.com";
    let server = Server::start(&world, &["--load", "state.json", fault]);
    let run = ask(&world, &server, "import --all --out live --timeout 1s");
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert!(run.stderr.contains("nothing was written"), "{}", run.transcript());
    assert_eq!(yaml(&world), ["livevod.yaml"]);
}

/// Files that lack some of what the emulator holds.
fn lacking() -> World {
    let world = World::with(FILE);
    assert_eq!(world.run("apply --emulator --auto-approve").code, 0);
    let text = FILE.replace("          cam2: {}\n", "").replace("morning: {", "morning: { on_demand: 7,");
    world.write("livevod.yaml", &format!("{text}# The end.\n"));
    world
}

#[test]
fn what_no_file_declares_is_added_where_it_belongs() {
    let world = lacking();
    let before = text(&world, "livevod.yaml");
    let shown = world.run("import --merge --diff --emulator");
    assert_eq!((shown.code, text(&world, "livevod.yaml")), (0, before.clone()), "{}", shown.transcript());
    let run = world.run("import --merge --emulator");
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert_snapshot!(format!("{}\n{}", shown.transcript(), run.transcript()));
    let after = text(&world, "livevod.yaml");
    assert_eq!(after, before.replace("          vip:", "          cam2: {}\n          vip:"));
    let plan = world.run("plan --emulator");
    assert!(plan.stdout.contains("Plan: 0 to add, 1 to change, 0 to destroy."), "{}", plan.transcript());
    assert!(!plan.stdout.contains("unmanaged"), "{}", plan.transcript());
    let again = world.run("import --merge --emulator");
    assert!(again.stdout.contains("Nothing to add."), "{}", again.transcript());
    assert_eq!(text(&world, "livevod.yaml"), after);
}

/// The command that plan prints does what it says.
#[test]
fn the_command_that_a_plan_prints_adds_what_it_lists() {
    let world = lacking();
    let plan = world.run("plan --emulator --full");
    let command = plan.stdout.lines().find_map(|line| line.split("livevod ").nth(1)).unwrap();
    assert!(command.starts_with("import live.example.com --merge"), "{}", plan.transcript());
    let run = world.run(command.trim());
    assert!(run.stdout.contains("Added 1 configuration"), "{}", run.transcript());
}

#[test]
fn a_merge_needs_files_that_are_right() {
    let world = lacking();
    for (line, said) in [
        ("import --merge --out nosuch.yaml --emulator", "can't read `nosuch.yaml`"),
        ("import --merge --out - --emulator", "can't add to standard input"),
        ("import --diff live.example.com --emulator", "--merge"),
        ("import other.example.com --merge --account 1 --emulator", "Nothing to add."),
    ] {
        let run = world.run(line);
        let told = run.transcript();
        assert!(told.contains(said), "{told}");
    }
    world.write("livevod.yaml", "version: 1\ndomains: { live.example.com: { apps: 7 } }\n");
    let run = world.run("import --merge --emulator");
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert_eq!(text(&world, "livevod.yaml"), "version: 1\ndomains: { live.example.com: { apps: 7 } }\n");
}

#[cfg(unix)]
#[test]
fn a_file_that_can_not_be_written_stays_as_it_is() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = lacking();
    let file = world.path().join("livevod.yaml");
    let before = text(&world, "livevod.yaml");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o444)).unwrap();
    let run = world.run("import --merge --emulator");
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert!(run.stderr.contains("can't write `livevod.yaml`: it is read-only"), "{}", run.transcript());
    assert_eq!(text(&world, "livevod.yaml"), before);
}
