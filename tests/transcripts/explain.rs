//! `explain`: pages of codes, and explanations of addresses.

use insta::assert_snapshot;
use serde_json::json;

use super::World;

const FILES: &str = "\
version: 1
transcode_groups: { hd: e2d796d3bb5fd8049d32bff62f94e4c1 }
defaults: { vod_transcode_group: hd, cycle_duration: 1h }
tiers: { long: { tier: longer }, longer: { cycle_duration: 6h } }
layouts: { tv: { apps: { show: { streams: { cam1: { tier: long }, \"*\": {} } } } } }
protect: [\"**/show/cam1\"]
domains:
  live.example.com:
    layout: tv
    prune: true
    defaults: { cycle_duration: 2h }
    apps:
      \"*\": { streams: { \"*\": {} } }
      show: { streams: { cam1: { on_demand: 0 }, cam2: { state: absent } } }
";

#[test]
fn a_code_has_a_page() {
    let run = World::new().run("explain absent-still-recorded");
    assert_eq!(run.code, 0);
    assert_snapshot!(run.transcript());
}

#[test]
fn an_address_is_explained_field_by_field() {
    let world = World::with(FILES);
    assert_snapshot!("explain_declared", world.run("explain live.example.com/show/cam1").transcript());
    assert_snapshot!("explain_absent", world.run("explain live.example.com/show/cam2").transcript());
    assert_snapshot!("explain_undeclared", world.run("explain live.example.com/news/desk").transcript());
}

#[test]
fn what_no_file_names_is_said_to_be_left_alone() {
    let world = World::with(FILES);
    world.write("other.yaml", "version: 1\ndomains: { play.example.com: {} }\n");
    let run = world.run("explain play.example.com/show/cam1");
    assert!(run.stdout.contains("no file names its domain"), "{}", run.transcript());
    let run = world.run("explain play.example.com/show/cam1 --path other.yaml livevod.yaml");
    assert!(run.stdout.contains("NOT RECORDED"), "{}", run.transcript());
}

#[test]
fn what_is_neither_a_code_nor_an_address_is_an_error() {
    let world = World::with(FILES);
    for (line, says) in [
        ("explain shrt-cycle", "did you mean `short-cycle`?"),
        ("explain live.example.com/show/a/b", "an address has three parts"),
        ("explain shrt", "not a code, an address or a domain"),
        ("validate --deny shrt-cycle", "did you mean `short-cycle`?"),
        ("validate --allow syntax", "an error can't be allowed"),
    ] {
        let run = world.run(line);
        assert_eq!(run.code, 1, "{line}");
        assert!(run.stderr.contains(says), "{}", run.transcript());
    }
}

#[test]
fn rules_are_denied_and_allowed() {
    let world = World::with(FILES);
    let codes = |line: &str| {
        let run = world.run(&format!("validate --format json {line}"));
        let found = run.json()["diagnostics"].as_array().unwrap().clone();
        (run.code, found.into_iter().map(|one| one["code"].clone()).collect::<Vec<_>>())
    };
    let advice = json!("absent-still-recorded");
    assert_eq!(codes(""), (0, vec![advice.clone()]));
    assert_eq!(codes("--deny warnings"), (0, vec![advice.clone()]));
    assert_eq!(codes("--deny absent-still-recorded"), (1, vec![advice.clone()]));
    assert_eq!(codes("--allow absent-still-recorded --deny absent-still-recorded"), (0, vec![]));
    // Only validate prints advice.
    assert_eq!(world.run("render").stderr, "");
    assert_eq!(world.run("plan --emulator --deny absent-still-recorded").code, 1);
    let comment = FILES.replace("cam2: { state", "cam2: { # livevod: allow absent-still-recorded\nstate");
    world.write("livevod.yaml", &comment.replace("{ # livevod", "{ # why not # livevod"));
    assert_eq!(codes(""), (0, vec![json!("stale-allow"), advice]));
    world.write(
        "livevod.yaml",
        &FILES.replace("absent } }", "absent } } # livevod: allow absent-still-recorded\n     "),
    );
    assert_eq!(codes("--deny warnings"), (0, vec![]));
}

#[test]
fn a_domain_lists_its_configurations() {
    let world = World::with(FILES);
    let own = world.run("explain live.example.com");
    for line in [
        "live.example.com/*/*  declared (livevod.yaml:13)",
        "live.example.com/show/cam2  declared `state: absent` (livevod.yaml:14)",
        "`livevod explain ADDRESS` explains one of them; `--online` shows what the service has.",
    ] {
        assert!(own.stdout.contains(line), "{}", own.transcript());
    }
    assert_eq!(own.code, 0);
    let app = world.run("explain live.example.com/show");
    assert!(!app.stdout.contains("live.example.com/*/*"), "{}", app.transcript());
    let other = world.run("explain play.example.com");
    assert!(other.stdout.contains("no file names its domain"), "{}", other.transcript());
    let before = world.run("explain live.example.com --online --emulator");
    let missing = "live.example.com/*/*  declared (livevod.yaml:13), missing in the service";
    assert!(before.stdout.contains(missing), "{}", before.transcript());
    world.converge("--emulator");
    let json = world.run("explain live.example.com --online --emulator --format json").json();
    assert_eq!(
        (&json["declared"][0]["in_service"], &json["declared"][3]["in_service"]),
        (&json!(true), &json!(false))
    );
    world.write(
        "livevod.yaml",
        &FILES
            .replace("cam1: { on_demand: 0 }", "cam1: { state: absent }")
            .replace("cam1: { tier: long }, ", ""),
    );
    let still = world.run("explain live.example.com --online --emulator");
    let absent =
        "live.example.com/show/cam1  declared `state: absent` (livevod.yaml:14), still in the service";
    assert!(still.stdout.contains(absent) && !still.stdout.contains("missing"), "{}", still.transcript());
    world.write("livevod.yaml", &FILES.replace("      \"*\": { streams: { \"*\": {} } }\n", ""));
    let online = world.run("explain live.example.com --online --emulator");
    assert!(online.stdout.contains("live.example.com/*/*  unmanaged"), "{}", online.transcript());
    let json = world.run("explain live.example.com --online --emulator --format json").json();
    assert_eq!(json["unmanaged"], json!(["live.example.com/*/*"]));
    assert_eq!(json["declared"][1]["address"], "live.example.com/show/cam1");
}

/// People paste the URL of a stream, with the key that signs it.
#[test]
fn the_url_of_a_stream_is_explained_and_its_key_is_not_repeated() {
    let world = World::with(FILES);
    let key = "1700000000-0-0-8f2c1d9b7a6e5f4d3c2b1a09";
    let explained = world.run("explain live.example.com/show/cam1").stdout;
    for url in ["rtmp://live.example.com/show/cam1", "https://live.example.com/show/cam1.m3u8"] {
        let run = world.run(&format!("explain {url}?auth_key={key}"));
        assert_eq!((run.code, &run.stdout), (0, &explained), "{}", run.transcript());
    }
    for (line, says) in [
        ("explain rtmp://push.example.com/show/cam1", "`livevod explain live.example.com/show/cam1`"),
        ("explain rtmp://push.example.com/show/a/b", "an address has three parts"),
        ("plan --target rtmp://live.example.com/show/cam1", "(secret)"),
    ] {
        let run = world.run(&format!("{line}?auth_key={key}"));
        assert_eq!(run.code, 1, "{}", run.transcript());
        assert!(run.stderr.contains(says), "{}", run.transcript());
        assert!(!run.transcript().contains("8f2c1d9b7a6e"), "{}", run.transcript());
    }
}

/// Somebody added a configuration in the console, or removed its entry from the files.
#[test]
fn what_is_unmanaged_is_shown_with_the_settings_of_the_service() {
    let world = World::with(FILES);
    world.converge("--emulator");
    world.write("livevod.yaml", "version: 1\ndomains: { live.example.com: {} }\n");
    let own = world.run("explain live.example.com/show/cam1 --online --emulator");
    let settings = "  unmanaged: no file declares it
    vod_transcode_group  e2d796d3bb5fd8049d32bff62f94e4c1
    cycle_duration       6h
";
    assert!(own.stdout.contains(settings), "{}", own.transcript());
    let wider = world.run("explain live.example.com/show/cam9 --online --emulator");
    let settings = "  unmanaged: no file declares live.example.com/show/*
    vod_transcode_group  e2d796d3bb5fd8049d32bff62f94e4c1
    cycle_duration       2h
";
    assert!(wider.stdout.contains(settings), "{}", wider.transcript());
    let json = world.run("explain live.example.com/show/cam9 --online --emulator --format json").json();
    assert_eq!(json["online"]["unmanaged"]["cycle_duration"], 7200);
}

/// What `ignore` matches is not ours: plan calls it ignored, and so do the list of a domain and the address itself.
#[test]
fn what_is_ignored_is_not_called_unmanaged() {
    let world = World::with(FILES);
    world.converge("--emulator");
    world.write(
        "livevod.yaml",
        "version: 1\nignore: [live.example.com/show/cam1]\ndomains: { live.example.com: {} }\n",
    );
    let list = world.run("explain live.example.com --online --emulator");
    assert!(list.stdout.contains("live.example.com/show/*  unmanaged"), "{}", list.transcript());
    assert!(!list.stdout.contains("live.example.com/show/cam1"), "{}", list.transcript());
    let one = world.run("explain live.example.com/show/cam1 --online --emulator");
    let said = "ignored: `ignore` matches it, so livevod leaves it alone";
    assert!(
        one.stdout.contains(said) && !one.stdout.contains("unmanaged: no file declares it"),
        "{}",
        one.transcript()
    );
    let json = world.run("explain live.example.com/show/cam1 --online --emulator --format json").json();
    assert_eq!(json["online"]["standing"], "ignored");
}

#[test]
fn a_narrow_terminal_gets_short_lines() {
    let mut world = World::with(FILES);
    world.set("COLUMNS", "40");
    world.converge("--emulator");
    let run = world.run("explain live.example.com/show/cam1 --online --emulator");
    // Ids are not broken.
    let long = run.stdout.lines().filter(|line| line.chars().count() > 40);
    assert!(long.clone().all(|line| line.trim().split(' ').count() == 1), "{}", run.transcript());
}

/// The service after an edit in the console.
#[test]
fn online_adds_what_the_service_holds() {
    let mut world = World::with(FILES);
    world.set("COLUMNS", "80");
    let asked = |world: &World, address: &str| {
        let text = world.run(&format!("explain {address} --online --emulator")).stdout;
        let (_, below) = text.split_once("\nIn the service: emulator .livevod/emulator.log\n").unwrap();
        below.to_owned()
    };
    let missing = asked(&world, "live.example.com/show/cam1");
    world.converge("--emulator");
    let same = asked(&world, "live.example.com/show/cam1");
    world.write(
        "livevod.yaml",
        &FILES.replace("on_demand: 0", "cycle_duration: 20m").replace("cam2: { state: absent }", "cam2: {}"),
    );
    let differs = asked(&world, "live.example.com/show/cam1");
    let wider = asked(&world, "live.example.com/show/cam2");
    world.write(
        "livevod.yaml",
        &FILES
            .replace("cam1: { on_demand: 0 }", "cam1: { state: absent }")
            .replace("cam1: { tier: long }, ", ""),
    );
    let still = asked(&world, "live.example.com/show/cam1");
    let parts = [missing, same, differs, wider, still].map(|text| scrub_times(&text));
    assert_snapshot!(parts.join("---\n"));
}

/// Replaces the creation times of configurations, the times of journal entries, and the ids of runs.
fn scrub_times(text: &str) -> String {
    let line = |line: &str| match line.split_once(", added ") {
        Some((before, _)) => format!("{before}, added [time]\n"),
        None => format!("{}\n", super::journal::scrub(line)),
    };
    text.lines().map(line).collect()
}

#[test]
fn online_tells_how_the_last_run_at_the_address_ended() {
    let mut world = World::with(FILES);
    world.set("COLUMNS", "80");
    world.converge("--emulator --journal elsewhere");
    world.write("livevod.yaml", &FILES.replace("on_demand: 0", "cycle_duration: 20m"));
    let applied = world.run("apply --emulator --auto-approve --journal elsewhere --allow-recording-gap");
    assert_eq!(applied.code, 0, "{}", applied.transcript());
    let asked =
        |flags: &str| world.run(&format!("explain live.example.com/show/cam1 --online --emulator {flags}"));
    assert!(asked("").stdout.ends_with("  no journal mentions it\n"));
    let journal = asked("--journal elsewhere --format json").json()["online"]["journal"].clone();
    assert_eq!(
        (&journal["event"], &journal["action"], &journal["outcome"]),
        (&json!("ended"), &json!("update"), &json!("done"))
    );
    world.write("elsewhere/20270101T000000.000Z-000000.jsonl", "no journal\n");
    assert_snapshot!(scrub_times(&asked("--journal elsewhere").transcript()));
}

#[test]
fn explanations_are_documents_too() {
    let world = World::with(FILES);
    let page = world.run("explain short-cycle --format json").json();
    assert_eq!((&page["code"], &page["severity"]), (&json!("short-cycle"), &json!("advice")));
    assert!(page["page"].as_str().unwrap().starts_with("# short-cycle\n"));
    let offline = world.run("explain live.example.com/show/cam1 --format json").json();
    assert_eq!(offline["ruler"], "live.example.com/show/cam1");
    assert_eq!(offline["online"], json!(null));
    let cycle =
        offline["fields"].as_array().unwrap().iter().find(|one| one["field"] == "cycle_duration").unwrap();
    assert_eq!(cycle["value"], 21600);
    assert_eq!(cycle["origin"]["origin"]["kind"], "tier");
    assert_eq!(cycle["shadowed"][0]["value"], 7200);
    world.converge("--emulator");
    world.write("livevod.yaml", &FILES.replace("on_demand: 0", "cycle_duration: 20m"));
    let online =
        world.run("explain live.example.com/show/cam1 --format json --online --emulator").json()["online"]
            .clone();
    assert_eq!(online["standing"], "differs");
    assert_eq!(online["differences"], json!([{"field": "cycle_duration", "before": 21600, "after": 1200}]));
    assert_eq!(online["held"]["cycle_duration"], 21600);
    assert_eq!(online["domain"]["status"], "online");
    let failed = world.run("explain no-such-code --format json");
    assert_eq!((failed.code, &failed.json()["diagnostics"][0]["code"]), (1, &json!("usage")));
}

#[test]
fn what_no_file_names_is_not_read_online_either() {
    let run =
        World::with(FILES).run("explain play.example.com/show/cam1 --online --endpoint http://127.0.0.1:1");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.transcript());
}
