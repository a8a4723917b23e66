//! `plan --all-domains` and `drift --all-domains`: what the account holds on domains that no file names.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::server::{Server, keyed};
use super::{Run, World};

const FILE: &str = "\
version: 1
defaults: { vod_transcode_group: VOD_NO_TRANSCODE }
ignore: [old.example.com, live.example.com/test]
domains:
  live.example.com: { apps: { show: { streams: { cam1: {} } } } }
";

/// A configuration that is as `FILE` declares it.
fn item(domain: &str, stream: &str) -> Value {
    json!({"DomainName": domain, "AppName": "show", "StreamName": stream, "VodTranscodeGroupId": "VOD_NO_TRANSCODE"})
}

/// A service that holds these configurations.
fn holding(world: &World, items: &[Value], arguments: &[&str]) -> Server {
    world.write("state.json", &json!({ "configs": items }).to_string());
    Server::start(world, &[&["--load", "state.json"], arguments].concat())
}

fn items() -> Vec<Value> {
    let held = [
        ("live.example.com", "cam1"),
        ("one.example.com", "a"),
        ("three.example.com", "a"),
        ("three.example.com", "b"),
        ("three.example.com", "*"),
        ("old.example.com", "a"),
    ];
    held.map(|(domain, stream)| item(domain, stream)).into()
}

/// The run against a service whose address is not shown, nor what depends on it.
fn ask(world: &World, server: &Server, line: &str) -> Run {
    let mut run = world.run(&format!("{line} --endpoint {}", server.url));
    let hidden = |text: &str| -> String {
        let named = text.replace(&server.url, "[endpoint]");
        let line =
            |line: &str| if line.starts_with("digest ") { "digest […]" } else { line }.to_owned() + "\n";
        named.lines().map(line).collect()
    };
    (run.stdout, run.stderr) = (hidden(&run.stdout), hidden(&run.stderr));
    run
}

#[test]
fn domains_that_no_file_names_are_counted_and_left_alone() {
    let world = keyed(FILE);
    let server = holding(&world, &items(), &["--ingest-domain=push.example.com"]);
    let plain = ask(&world, &server, "drift");
    assert_eq!(plain.code, 0, "{}", plain.transcript());
    assert!(!plain.stdout.contains("three.example.com"), "{}", plain.transcript());
    let wide = ask(&world, &server, "drift --all-domains");
    assert_eq!(wide.code, 0, "information is no drift: {}", wide.transcript());
    assert_snapshot!(wide.transcript());
    let log = ask(&world, &server, "plan --all-domains --log").stderr;
    assert!(!log.contains("push.example.com") && log.contains("DescribeLiveUserDomains"), "{log}");
    assert_eq!(log.matches("DescribeLiveRecordVodConfigs").count(), 3, "`old` is ignored: {log}");
}

#[test]
fn every_format_names_them() {
    let world = keyed(FILE);
    let server = holding(&world, &items(), &[]);
    let shown = |format: &str| ask(&world, &server, &format!("plan --all-domains --format {format}"));
    let domains = json!([
        {"domain": "one.example.com", "configurations": 1},
        {"domain": "three.example.com", "configurations": 3},
    ]);
    let document = shown("json").json();
    assert_eq!(document["undeclared_domains"], domains);
    assert_eq!(shown("terraform-json").json()["livevod"]["undeclared_domains"], domains);
    for format in ["human", "markdown", "html", "github", "gitlab", "sarif"] {
        let run = shown(format);
        assert_eq!(run.code, 0, "{}", run.transcript());
        let text = run.stdout.clone() + &run.stderr;
        assert!(text.contains("2 domains that no file names hold configurations"), "{format}: {text}");
        assert!(text.contains("three.example.com") && text.contains("(3)"), "{format}: {text}");
    }
    let events = world.run(&format!("drift --all-domains --json-into - --endpoint {}", server.url)).stdout;
    let plan = events.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let plan = plan.into_iter().find(|event| event["type"] == "plan").unwrap();
    assert_eq!(plan["plan"]["undeclared_domains"], domains);
    let without = ask(&world, &server, "plan --format json").json();
    assert_eq!(without.get("undeclared_domains"), None, "nobody asked");
    assert_eq!(without["digest"], document["digest"], "it decides nothing");
}

#[test]
fn an_account_without_other_configurations_says_an_empty_list() {
    let world = keyed(FILE);
    let server = holding(&world, &items()[..1], &["--domain=live.example.com", "--domain=more.example.com"]);
    let run = ask(&world, &server, "plan --all-domains --format json");
    assert_eq!(run.json()["undeclared_domains"], json!([]));
    for format in ["human", "markdown", "html"] {
        let says = "very domain that holds configurations is named in the files, or ignored";
        let asked = ask(&world, &server, &format!("plan --all-domains --format {format}"));
        assert_eq!(asked.stdout.matches(says).count(), 1, "{format}: {}", asked.transcript());
        let plain = ask(&world, &server, &format!("plan --format {format}"));
        assert!(!plain.stdout.contains(says), "{format}: {}", plain.transcript());
    }
}

#[test]
fn a_saved_plan_keeps_them() {
    let world = keyed(FILE);
    let server = holding(&world, &items()[1..], &[]);
    ask(&world, &server, "plan --all-domains --out saved.plan");
    let shown = world.run("show saved.plan");
    assert!(shown.stdout.contains("three.example.com (3)"), "{}", shown.transcript());
    let shown = world.run("show saved.plan --format json").json();
    assert_eq!(shown["undeclared_domains"][1]["configurations"], 3);
}

#[test]
fn the_account_is_listed_in_pages_of_50() {
    let world = keyed(FILE);
    let mut all = items();
    all.extend((0..120).map(|number| item(&format!("d{number:03}.example.com"), "a")));
    let server = holding(&world, &all, &[]);
    let run = ask(&world, &server, "plan --all-domains --format json --log");
    let found = run.json()["undeclared_domains"].as_array().unwrap().len();
    assert_eq!(found, 122, "{}", run.stderr);
    assert_eq!(run.stderr.matches("DescribeLiveUserDomains").count(), 3, "{}", run.stderr);
}

#[test]
fn a_domain_that_can_not_be_read_makes_the_run_incomplete() {
    let world = keyed(FILE);
    let server =
        holding(&world, &items(), &["--fault", "expired-token:action=Describe,address=one.example.com"]);
    let run = ask(&world, &server, "drift --all-domains --timeout 1s");
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert_snapshot!(run.transcript());
    let document = ask(&world, &server, "drift --all-domains --timeout 1s --format json").json();
    assert_eq!(document["unread"], json!(["one.example.com"]));
    assert_eq!((&document["complete"], &document["drifted"]), (&json!(false), &json!(false)));
    assert_eq!(document["undeclared_domains"][0]["domain"], "three.example.com");
    let saved = ask(&world, &server, "plan --all-domains --timeout 1s --out saved.plan");
    assert_eq!(saved.code, 1, "{}", saved.transcript());
    assert!(!world.path().join("saved.plan").exists(), "an incomplete plan is not saved");
}

#[test]
fn an_account_that_can_not_be_listed_is_an_error() {
    let world = keyed(FILE);
    let server = holding(&world, &items(), &["--fault", "expired-token"]);
    let run = ask(&world, &server, "drift --all-domains --timeout 1s");
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert!(run.stderr.contains("the account's domains can't be listed"), "{}", run.transcript());
}

#[test]
fn a_selection_or_a_snapshot_is_not_the_whole_account() {
    let world = World::with(FILE);
    for line in [
        "plan --all-domains --target live.example.com",
        "plan --all-domains --exclude live.example.com/show",
        "drift --all-domains --target live.example.com",
        "plan --all-domains --against before.json",
    ] {
        let run = world.run(line);
        assert_eq!(run.code, 1, "{line}: {}", run.transcript());
        assert!(run.stderr.contains("--all-domains"), "{line}: {}", run.transcript());
    }
}
