//! Applies: the approval, the changes, and reports of what was not done.

use insta::assert_snapshot;
use serde_json::json;

use super::server::{Server, keyed};
use super::{Run, World};

const ONE: &str = "\
version: 1
defaults: { vod_transcode_group: e2d796d3bb5fd8049d32bff62f94e4c1 }
domains:
  live.example.com:
    apps: { show: { streams: { cam1: {}, cam2: {}, \"*\": {} } } }
";

#[test]
fn the_quick_start_is_applied_and_stays() {
    let world = World::new();
    let quickstart = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/quickstart/livevod.yaml");
    world.write("livevod.yaml", &std::fs::read_to_string(quickstart).unwrap());
    let run = world.run("apply --emulator --auto-approve");
    assert_snapshot!("quick_start_first", run.transcript());
    assert_snapshot!("quick_start_again", world.run("apply --emulator --auto-approve").transcript());
}

#[test]
fn every_example_converges() {
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    let common = format!("{examples}/staging-production/common.yaml");
    let sets = [
        format!("{examples}/quickstart"),
        format!("{examples}/platform"),
        format!("{examples}/by-format"),
        format!("{common} {examples}/staging-production/staging.yaml"),
        format!("{common} {examples}/staging-production/production.yaml"),
    ];
    for files in sets {
        let world = World::new();
        let valid = world.run(&format!("validate {files}"));
        assert_eq!((valid.code, valid.stderr.as_str()), (0, ""), "{}", valid.transcript());
        // The embedded emulator has every domain in the region that the files name.
        let online = world.run(&format!("validate {files} --online --emulator"));
        assert_eq!(online.code, 0, "{}", online.transcript());
        assert!(!online.stderr.contains("another region"), "{}", online.transcript());
        world.converge(&format!("{files} --emulator"));
    }
}

/// The log of a pipeline shows what would have been done, and the command that does it.
#[test]
fn nobody_to_ask_is_an_error_after_the_plan_and_writes_nothing() {
    let world = World::with(ONE);
    let run = world.run("apply --emulator");
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("--auto-approve"), "{}", run.transcript());
    assert!(run.stdout.contains("# live.example.com/show/cam1 will be created"), "{}", run.transcript());
    assert!(!world.path().join(".livevod").exists());
    let json = world.run("apply --emulator --format json");
    let document = json.json();
    assert_eq!((json.code, &document["diagnostics"][0]["code"]), (1, &json!("not-approved")));
    assert_eq!(document["changes"][0]["action"], "create");
    assert!(!world.path().join(".livevod").exists());
    let again = world.run(proposed(&run));
    assert_eq!(again.code, 0, "{}", again.transcript());
    // Nothing has to be approved if nothing is to be done.
    let none = world.run("apply --emulator");
    assert!(none.stdout.contains("No changes.") && none.code == 0, "{}", none.transcript());
}

/// The arguments of the command that a run prints for people to copy.
fn proposed(run: &Run) -> &str {
    let command = run.stdout.lines().find_map(|line| line.strip_prefix("  livevod "));
    command.unwrap_or_else(|| panic!("no command in {}", run.transcript()))
}

#[test]
fn a_refused_plan_prints_the_command_that_allows_it_on_the_same_service() {
    let world = World::with(ONE);
    world.converge("--emulator=some.log");
    world.write("livevod.yaml", &ONE.replace("cam1: {}", "cam1: { cycle_duration: 15m }"));
    let saved = world.run("plan --emulator=some.log --out a.plan --max-change 0");
    assert_eq!(proposed(&saved), "apply a.plan --emulator=some.log --max-change 1");
    let comment = world.run("plan livevod.yaml --emulator=some.log --format markdown --max-change 100%");
    let (_, command) = comment.stdout.split_once("to apply exactly this: `livevod ").unwrap();
    let command = command.split('`').next().unwrap();
    assert!(command.ends_with(" livevod.yaml --emulator=some.log"), "{command}");
    let refused = world.run("apply a.plan --emulator=some.log --auto-approve --max-change 0");
    assert_eq!(refused.code, 3, "{}", refused.transcript());
    let last = "Refused (limits); nothing was written (exit code 3)\n";
    assert!(refused.stderr.ends_with(last), "{}", refused.transcript());
    assert_eq!(proposed(&refused), "apply a.plan --emulator=some.log --auto-approve --max-change 1");
    let shown = world.run("show a.plan --format markdown").stdout;
    assert!(!shown.contains("to apply exactly this"), "{shown}");
    world.run("plan livevod.yaml --emulator=some.log --max-change 100% --out b.plan");
    let shown = world.run("show b.plan --format markdown").stdout;
    let (_, command) =
        shown.split_once("to apply exactly this, with the files that it was made from: `livevod ").unwrap();
    let command = command.split('`').next().unwrap();
    assert!(command.ends_with(" --emulator=some.log"), "{command}");
    let other = world.run("apply a.plan --emulator=other.log --auto-approve");
    assert!(other.stderr.contains("give `--emulator=some.log`"), "{}", other.transcript());
    let last = "Refused: 1 error; nothing was written (exit code 3)\n";
    assert!(other.code == 3 && other.stderr.ends_with(last), "{}", other.transcript());
    let done = world.run(proposed(&refused));
    assert_eq!(done.code, 0, "{}", done.transcript());
}

#[test]
fn what_no_flag_allows_says_what_to_do() {
    let world = World::with(ONE);
    world.converge("--emulator");
    let changed = |text: &str| ONE.replace("cam1: {}", &format!("cam1: {{ {text} }}"));
    world.write("livevod.yaml", &changed("cycle_duration: 15m"));
    world.run("plan --emulator --out a.plan");
    world.write("livevod.yaml", &changed("cycle_duration: 25m"));
    world.converge("--emulator --max-change=100%");
    let stale = world.run("apply a.plan --emulator --auto-approve");
    let says = |run: &Run, text: &str| {
        let told = run.stdout.replace("\n  ", " ");
        assert!(run.code == 3 && told.contains(text), "{}", run.transcript());
    };
    says(&stale, "no flag allows it: make a new plan and have it reviewed");
    let protected = changed("state: absent").replace("domains:", "protect: [\"**/show/cam1\"]\ndomains:");
    world.write("livevod.yaml", &protected);
    let kept = world.run("apply --emulator --auto-approve --max-delete 100%");
    says(&kept, "no flag allows it: if it is intended, remove the pattern from the files");
}

/// Nothing is written, and no guard refuses: the current state can no longer be read.
#[test]
fn a_compare_that_cannot_be_read_is_an_error_and_no_refusal() {
    let world = keyed(&ONE.replace("cam1: {}, cam2: {}, ", ""));
    let server = Server::start(&world, &["--fault", "revoked-key:action=Describe,nth=2"]);
    let service = format!("--endpoint {} --account 1234567890123456", server.url);
    let line = format!("apply {service} --auto-approve --freshness 0 --format json");
    let run = world.run(&line);
    let report = run.json();
    assert_eq!(report["outcomes"][0]["outcome"], "not_attempted", "{}", run.transcript());
    assert_eq!(report["exit"], json!({"code": 1, "reason": "error"}));
    assert_eq!(run.code, 1);
}

#[test]
fn only_the_reviewed_plan_is_applied() {
    let world = World::with(ONE);
    let plan = world.run("plan --emulator --format json");
    let digest = plan.json()["digest"].as_str().unwrap().to_owned();
    let other = format!("sha256:{}", "0".repeat(64));
    let refused = world.run(&format!("apply --emulator --expect-digest {other}"));
    assert_eq!(refused.code, 3, "{}", refused.transcript());
    assert!(refused.stdout.contains(&other) && refused.stdout.contains(&digest), "{}", refused.transcript());
    let applied = world.run(&format!("apply --emulator --expect-digest {digest}"));
    assert_eq!(applied.code, 0, "{}", applied.transcript());
    // Nothing is left to do, and that is not the plan that was reviewed.
    assert_eq!(world.run(&format!("apply --emulator --expect-digest {digest}")).code, 3);
    let malformed = world.run("apply --emulator --expect-digest sha256:12");
    assert_eq!(malformed.code, 1);
    assert!(malformed.stderr.contains("64 hex digits"), "{}", malformed.transcript());
}

#[test]
fn every_kind_of_change_is_carried_out() {
    let world = World::with(ONE);
    world.converge("--emulator");
    world.write(
        "livevod.yaml",
        &ONE.replace(
            "cam1: {}",
            "cam1: { cycle_duration: 2h, auto_compose: on, compose_vod_transcode_group: VOD_NO_TRANSCODE }",
        )
        .replace(
            "cam2: {}",
            "cam2: { state: absent }, cam3: { storage_location: a-bucket.oss-cn-shanghai.aliyuncs.com }",
        ),
    );
    world.converge("--emulator --max-change=1");
    world.write(
        "livevod.yaml",
        &ONE.replace(
            "cam2: {}",
            "cam2: { state: absent }, cam3: { storage_location: b-bucket.oss-cn-shanghai.aliyuncs.com }",
        ),
    );
    let refused = world.run("apply --emulator --auto-approve --max-change 100%");
    assert_eq!(refused.code, 3);
    assert!(refused.stdout.contains("--allow-recording-gap"), "{}", refused.transcript());
    let run = world.converge("--emulator --max-change=100% --max-delete=100% --allow-recording-gap");
    assert!(
        run.stdout.contains("Apply complete! Resources: 1 added, 1 changed, 1 destroyed."),
        "{}",
        run.transcript()
    );
}

#[test]
fn the_report_in_json_names_every_outcome() {
    let world = World::with(ONE);
    let report = world.run("apply --emulator --auto-approve --format json").json();
    assert_eq!(report["format_version"], "1.2");
    assert_eq!(report["summary"], json!({"done": 3, "failed": 0, "not_attempted": 0, "unknown": 0}));
    assert_eq!(report["exit"], json!({"code": 0, "reason": "success"}));
    for outcome in report["outcomes"].as_array().unwrap() {
        assert_eq!(outcome["outcome"], "done");
        assert_eq!(outcome["action"], "create");
        assert_eq!(outcome["request_id"], "[request id]");
    }
}

#[test]
fn a_report_tells_what_the_plan_found() {
    let world = World::with(&ONE.replace("domains:", "ignore: [live.example.com/nothing-*]\ndomains:"));
    hold_unmanageable(&world, "cam1");
    for (format, words) in [
        ("json", ["\"code\": \"unsupported\"", "\"code\": \"pattern-without-match\""]),
        ("github", ["title=unsupported", "title=pattern-without-match"]),
        ("gitlab", ["\"check_name\": \"unsupported\"", "\"check_name\": \"pattern-without-match\""]),
        ("sarif", ["\"ruleId\": \"unsupported\"", "\"ruleId\": \"pattern-without-match\""]),
    ] {
        let state = format!("{format}.log");
        std::fs::copy(world.path().join(".livevod/emulator.log"), world.path().join(&state)).unwrap();
        let run = world.run(&format!("apply --emulator={state} --auto-approve --format {format}"));
        assert_eq!((run.code, run.stderr.as_str()), (4, ""), "{}", run.transcript());
        assert!(words.iter().all(|word| run.stdout.contains(word)), "{}", run.transcript());
    }
    let run = world.run("apply --emulator --auto-approve --format markdown");
    assert!(run.stderr.starts_with("unsupported\n"), "{}", run.transcript());
}

#[test]
fn an_outcome_that_is_not_done_bears_its_finding() {
    let world = World::with(
        &ONE.replace("cam1: {}", "cam1: { vod_transcode_group: odd }")
            .replace("domains:", "transcode_groups: { odd: not-a-group }\ndomains:"),
    );
    let report = world.run("apply --emulator --auto-approve --format json").json();
    let [all, first, second] = [&report["outcomes"][0], &report["outcomes"][1], &report["outcomes"][2]];
    assert_eq!((&all["outcome"], all.get("diagnostic")), (&json!("done"), None));
    assert_eq!((&first["outcome"], &first["diagnostic"]["code"]), (&json!("failed"), &json!("remote")));
    assert_eq!(first["diagnostic"]["request_id"], first["request_id"]);
    assert_eq!(first["diagnostic"]["range"]["start"]["line"], 6);
    assert_eq!((&second["outcome"], second.get("diagnostic")), (&json!("done"), None));
}

#[test]
fn a_refused_value_is_shown_where_it_was_written() {
    let world = World::with(
        "\
version: 1
transcode_groups: { gone: not-a-group-of-this-account }
tiers: { vip: { vod_transcode_group: gone } }
domains:
  live.example.com:
    apps:
      show:
        streams:
          good: { vod_transcode_group: VOD_NO_TRANSCODE }
          bad: { tier: vip }
",
    );
    let run = world.run("apply --emulator --auto-approve");
    assert_eq!(run.code, 4);
    assert_snapshot!(run.transcript());
}

#[test]
fn deletes_are_not_attempted_after_a_failure() {
    let world = World::with(ONE);
    world.converge("--emulator");
    world.write(
        "livevod.yaml",
        &ONE.replace("cam1: {}", "cam1: { state: absent }, bad: { vod_transcode_group: 00000000 }"),
    );
    let run = world.run("apply --emulator --auto-approve");
    assert_eq!(run.code, 1, "a malformed id never reaches the service:\n{}", run.transcript());
    let known = ONE.replace("domains:", "transcode_groups: { odd: some-group }\ndomains:");
    world.write(
        "livevod.yaml",
        &known.replace("cam1: {}", "cam1: { state: absent }, bad: { vod_transcode_group: odd }"),
    );
    let run = world.run("apply --emulator --auto-approve --format json");
    assert_eq!(run.code, 4, "{}", run.transcript());
    let outcomes = run.json()["outcomes"].clone();
    assert_eq!(
        (&outcomes[0]["address"], &outcomes[0]["outcome"]),
        (&json!("live.example.com/show/bad"), &json!("failed"))
    );
    assert_eq!(
        (&outcomes[1]["address"], &outcomes[1]["outcome"]),
        (&json!("live.example.com/show/cam1"), &json!("not_attempted"))
    );
}

#[test]
fn another_account_is_refused() {
    let world = World::with(&ONE.replace("version: 1\n", "version: 1\naccount: \"1234567890123456\"\n"));
    let run = world.run("apply --emulator --auto-approve --account 6543210987654321");
    assert_eq!(run.code, 3, "{}", run.transcript());
}

#[test]
fn an_apply_that_leaves_the_machine_needs_an_account() {
    let mut world = World::with(ONE);
    world.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "someone");
    world.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "something");
    let run = world.run("apply --auto-approve");
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("no account is declared"), "{}", run.transcript());
}

/// A configuration that contradicts itself, in a service that holds nothing else.
pub(super) fn hold_unmanageable(world: &World, stream: &str) {
    use livevod::emulator::{Service, Settings};
    let file = world.path().join(".livevod/emulator.log");
    let service = Service::open(Some(&file), Settings::default()).unwrap();
    let item = serde_json::json!({
        "DomainName": "live.example.com", "AppName": "show", "StreamName": stream, "FormatConfig": true,
    });
    service.load(&serde_json::json!({ "configs": [item] }).to_string()).unwrap();
}

#[test]
fn what_can_not_be_managed_is_named_and_never_success() {
    let world = World::with(ONE);
    hold_unmanageable(&world, "cam1");
    let first = world.run("apply --emulator --auto-approve");
    assert_eq!(first.code, 4, "{}", first.transcript());
    assert!(!first.stdout.contains("Apply complete!"), "{}", first.transcript());
    let second = world.run("apply --emulator --auto-approve");
    assert_eq!(second.code, 1, "{}", second.transcript());
    assert_snapshot!(second.transcript());
    assert_eq!(world.run("plan --emulator --detailed-exitcode").code, 2);
}

#[test]
fn an_incomplete_plan_says_that_it_is_a_part() {
    let world = keyed(&format!("{ONE}  gone.example.com: {{}}\n"));
    let server = Server::start(&world, &["--domain", "live.example.com"]);
    for format in ["human", "markdown", "html"] {
        let run = world.run(&format!("plan --format {format} --endpoint {}", server.url));
        assert_eq!(run.code, 1, "{}", run.transcript());
        let counts = "Incomplete plan: 3 to add, 0 to change, 0 to destroy in the domains that were read.";
        assert!(run.flowing().contains(counts), "{}", run.transcript());
        assert!(!run.stdout.contains("Plan: "), "{}", run.transcript());
        let text = run.flowing();
        let digest = text.split("digest ").find(|rest| rest.contains("sha256:")).unwrap();
        assert!(digest.contains(" (only of the domains that were read)"), "{}", run.transcript());
    }
}

/// What records a stream afterwards is what the whole plan leaves.
#[test]
fn deletes_of_the_same_plan_count_for_what_records_afterwards() {
    let world = World::with(ONE);
    world.converge("--emulator");
    let absent =
        ONE.replace("cam1: {}", "cam1: { state: absent }").replace("\"*\": {}", "\"*\": { state: absent }");
    let alone = ONE.replace("cam1: {}", "cam1: { state: absent }");
    let coverage = |text: &str| {
        world.write("livevod.yaml", text);
        let plan = world.run("plan --emulator --format json").json();
        let changes = plan["changes"].as_array().unwrap().iter();
        changes.map(|change| change["coverage"]["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(coverage(&alone), ["then recorded by show/*"]);
    assert_eq!(coverage(&absent), ["then NOT RECORDED", "then NOT RECORDED"]);
}

/// A configuration that records only on demand never counts as one that records by itself.
#[test]
fn what_records_only_on_demand_is_said_to() {
    let on_demand = |text: &str, cam1: &str, all: &str| {
        text.replace("cam1: {}", &format!("cam1: {cam1}")).replace("\"*\": {}", &format!("\"*\": {all}"))
    };
    let told = |start: String, then: String| {
        let world = World::with(&start);
        world.converge("--emulator");
        world.write("livevod.yaml", &then);
        let plan = world.run("plan --emulator --format json").json();
        let texts = plan["changes"].as_array().unwrap().iter().map(|change| {
            let coverage = &change["coverage"];
            let sides = [&coverage["before_records_by_itself"], &coverage["after_records_by_itself"]];
            (coverage["text"].as_str().unwrap().to_owned(), sides.map(|side| side.as_bool().unwrap()))
        });
        let markdown = world.run("plan --emulator --format markdown").stdout;
        (texts.collect::<Vec<_>>(), markdown.contains("no longer recorded automatically"))
    };
    let of = |text: &str, sides: [bool; 2]| vec![(text.to_owned(), sides)];
    let is = |cam1: &str, all: &str| on_demand(ONE, cam1, all);
    assert_eq!(
        told(is("{}", "{}"), is("{ on_demand: 7 }", "{}")),
        (of("recorded by its own configuration, then only on demand", [true, false]), true)
    );
    assert_eq!(
        told(is("{ on_demand: 7 }", "{}"), is("{}", "{}")),
        (of("recorded only on demand by its own configuration, then automatically", [false, true]), false)
    );
    assert_eq!(
        told(is("{ on_demand: 7 }", "{}"), is("{ on_demand: 1 }", "{}")),
        (of("recorded only on demand by its own configuration", [false, false]), false)
    );
    assert_eq!(
        told(is("{}", "{ on_demand: 7 }"), is("{ state: absent }", "{ on_demand: 7 }")),
        (of("then recorded only on demand by show/*", [true, false]), true)
    );
    let alone = ONE.replace("cam1: {}, ", "");
    assert_eq!(
        told(alone.clone(), is("{ on_demand: 2 }", "{}")),
        (
            of(
                "currently recorded by show/*, then recorded only on demand by its own configuration",
                [true, false]
            ),
            true
        )
    );
}

#[test]
fn results_fit_the_width_of_the_terminal() {
    let mut world = World::with(ONE);
    world.set("COLUMNS", "80");
    let run = world.run("apply --emulator --auto-approve");
    let output = world.command(&["journal", "last"]).output().unwrap();
    let journal = String::from_utf8(output.stdout).unwrap();
    assert!(run.stdout.contains("created\n    RequestId "), "{}", run.transcript());
    assert!(journal.contains("done\n    RequestId "), "{journal}");
    for text in [&run.stdout, &journal] {
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
}
