//! `doctor`: what it finds at a healthy service and at a broken one, and what to do.

use std::sync::Arc;

use insta::assert_snapshot;
use serde_json::json;

use super::gate::{identity, listing, serve};
use super::journal::died_between;
use super::server::{Server, keyed};
use super::{Run, World};

const FILE: &str = "\
version: 1
account: \"1234567890123456\"
region: cn-shanghai
defaults: { vod_transcode_group: e2d796d3bb5fd8049d32bff62f94e4c1 }
domains:
  live.example.com: { apps: { show: { streams: { cam1: {} } } } }
  live.example.org: { apps: { show: { streams: { cam1: { state: absent } } } } }
";

/// Nothing listens there.
const NOWHERE: &str = "http://127.0.0.1:1";

/// The transcript, with neither the port nor the time of an answer.
fn told(run: &Run, url: &str) -> String {
    let host = url.trim_start_matches("http://");
    let text = run.transcript().replace(url, "[endpoint]").replace(host, "[host]");
    let mut lines = Vec::new();
    for line in text.lines() {
        lines.push(match line.split_once(" answered in ") {
            Some((front, _)) => format!("{front} answered in [time]"),
            None => line.to_owned(),
        });
    }
    lines.join("\n")
}

fn diagnosed(world: &World, url: &str) -> Run {
    world.run(&format!("doctor --endpoint {url}"))
}

#[test]
fn all_is_well_at_the_emulator() {
    let run = World::with(FILE).run("doctor --emulator");
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert_snapshot!(run.transcript());
}

#[test]
fn all_is_well_over_http() {
    let world = keyed(FILE);
    let server = Server::start(&world, &[]);
    let run = diagnosed(&world, &server.url);
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert_snapshot!(told(&run, &server.url));
}

#[test]
fn without_a_key_that_is_told_once() {
    let run = World::with(FILE).run("doctor");
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert_snapshot!(run.transcript());
}

#[test]
fn a_wrong_secret_is_told_once_and_not_shown() {
    let mut world = keyed(FILE);
    world.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "top-secret-text");
    let server = Server::start(&world, &[]);
    let run = diagnosed(&world, &server.url);
    assert_eq!(run.code, 1, "{}", run.transcript());
    let text = told(&run, &server.url);
    assert_eq!(text.matches("SignatureDoesNotMatch").count(), 1, "{text}");
    assert!(!text.contains("top-secret") && text.contains("the access key secret is wrong"), "{text}");
    assert!(text.contains("- permission"), "{text}");
    assert_snapshot!(scrubbed_signature(&text));
}

/// The message of a wrong signature quotes what was signed, which differs from run to run.
fn scrubbed_signature(text: &str) -> String {
    let quoted = |line: &&str| line.contains("%") || line.contains("server string to sign");
    text.lines().filter(|line| !quoted(line)).map(|line| format!("{line}\n")).collect()
}

/// A service that gives every call this refusal.
fn refusing(code: &'static str, message: &'static str) -> String {
    serve(Arc::new(move |_: &str| {
        (400, json!({"Code": code, "Message": message, "RequestId": "R-1"}).to_string())
    }))
}

#[test]
fn an_expired_key_is_told_once_with_its_source() {
    let mut world = keyed(FILE);
    world.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "STS.NUgYrLnoC37mZZCNnAbez");
    world.set("ALIBABA_CLOUD_SECURITY_TOKEN", "expired-token");
    let url = refusing("InvalidSecurityToken.Expired", "Specified SecurityToken is expired.");
    let run = diagnosed(&world, &url);
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert_snapshot!(told(&run, &url));
    // A plan and a drift check say it once as well, not once for each domain.
    for command in ["plan", "drift"] {
        let run = world.run(&format!("{command} --endpoint {url}"));
        assert_eq!(run.code, 1, "{}", run.transcript());
        let text = run.transcript();
        assert_eq!(text.matches("InvalidSecurityToken.Expired").count(), 1, "{text}");
        assert!(text.contains("none of the 2 domains can be read"), "{text}");
        assert!(run.stderr.contains("the credentials come from"), "{text}");
        let document = world.run(&format!("{command} --endpoint {url} --format json")).json();
        assert_eq!(document["diagnostics"].as_array().map(Vec::len), Some(1), "{document}");
        assert_eq!(document["unread"].as_array().map(Vec::len), Some(2), "{document}");
    }
}

#[test]
fn a_proxy_that_can_not_be_reached_is_named() {
    let mut world = keyed(FILE);
    world.set("HTTPS_PROXY", "http://user:top-secret@127.0.0.1:1");
    let run = world.run("doctor");
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert!(!run.transcript().contains("top-secret"), "{}", run.transcript());
    assert_snapshot!(run.transcript());
}

#[test]
fn vod_that_is_not_opened_stops_no_plan() {
    let url = serve(Arc::new(|request: &str| {
        match request {
        _ if request.contains("GetCallerIdentity") => identity(),
        _ if request.contains("GetTranscodeTemplateGroup") => (
            403,
            json!({"Code": "OperationDenied", "Message": "Your account does not open VOD service yet.", "RequestId": "R-1"})
                .to_string(),
        ),
        _ if request.contains("DescribeLiveDomainDetail") => {
            (200, json!({"DomainDetail": {"DomainName": "live.example.com", "DomainStatus": "online"}, "RequestId": "R"}).to_string())
        }
        _ if request.contains("DescribeLiveStreamsOnlineList") => {
            (200, json!({"OnlineInfo": {"LiveStreamOnlineInfo": []}, "TotalNum": 0, "RequestId": "R"}).to_string())
        }
        _ => listing(json!([])),
    }
    }));
    let run = diagnosed(&keyed(FILE), &url);
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert_snapshot!(told(&run, &url));
}

/// What needs no files is checked without them.
#[test]
fn broken_files_hide_nothing_else() {
    let world = keyed(&FILE.replace("cam1: {}", "cam1: { cycle_duraton: 15m }"));
    let server = Server::start(&world, &[]);
    let run = diagnosed(&world, &server.url);
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert_snapshot!("broken_files", told(&run, &server.url));
    world.write("livevod.yaml", "version: 1\ndomains: {\n");
    let run = world.run(&format!("doctor --endpoint {} --region cn-shanghai", server.url));
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert_snapshot!("unreadable_files", told(&run, &server.url));
    std::fs::remove_file(world.path().join("livevod.yaml")).unwrap();
    let run = world.run("doctor --emulator");
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert_snapshot!("no_files", told(&run, &server.url));
    let document = world.run("doctor --emulator --format json").json();
    assert_eq!(document["summary"]["errors"], 1, "{document}");
}

#[test]
fn app_spaces_are_looked_up() {
    let spaced = FILE.replace("cam1: {} }", "cam1: { space_id: app-1000000 } }");
    let run = World::with(&spaced).run("doctor --emulator");
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert!(run.flowing().contains("vod:GetAppInfos"), "{}", run.transcript());
}

#[test]
fn another_account_stops_a_plan() {
    let world = keyed(FILE);
    let server = Server::start(&world, &["--account", "6543210987654321"]);
    let run = diagnosed(&world, &server.url);
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert_snapshot!(told(&run, &server.url));
}

#[test]
fn each_missing_right_has_the_statement_that_grants_it() {
    let url = serve(Arc::new(|request: &str| {
        let refused = |code: &str, message: &str| {
            (403, json!({"Code": code, "Message": message, "RequestId": "R-1"}).to_string())
        };
        match request {
            _ if request.contains("GetCallerIdentity") => identity(),
            _ if request.contains("GetTranscodeTemplateGroup") => {
                refused("OperationDenied", "Your account does not open VOD service yet.")
            }
            _ => refused("NoPermission", "You are not authorized to do this action."),
        }
    }));
    let run = diagnosed(&keyed(FILE), &url);
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert_snapshot!(told(&run, &url));
}

#[test]
fn a_right_that_only_lookups_need_is_a_warning() {
    let url = serve(Arc::new(|request: &str| match request {
        _ if request.contains("GetCallerIdentity") => identity(),
        _ if request.contains("DescribeLiveRecordVodConfigs") => listing(json!([])),
        _ => (403, json!({"Code": "NoPermission", "Message": "no", "RequestId": "R-1"}).to_string()),
    }));
    let run = diagnosed(&keyed(FILE), &url);
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert!(run.stdout.contains("Nothing stops a plan; found 3 warnings."), "{}", run.transcript());
    let actions = [
        "live:DescribeLiveDomainDetail",
        "live:DescribeLiveStreamsOnlineList",
        "vod:GetTranscodeTemplateGroup",
    ];
    for action in actions {
        assert!(run.stdout.contains(&format!(r#""Action":["{action}"]"#)), "{}", run.transcript());
    }
}

#[test]
fn a_clock_that_is_off_is_told() {
    let world = keyed(FILE);
    let server = Server::start(&world, &["--fault", "skew"]);
    let run = diagnosed(&world, &server.url);
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert_snapshot!(told(&run, &server.url));
    let server = Server::start(&world, &["--fault", "skew:time=-2h"]);
    let run = diagnosed(&world, &server.url);
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert!(run.flowing().contains("120 min ahead of the service's: too much to be corrected"));
}

#[test]
fn an_endpoint_that_can_not_be_reached_stops_a_plan() {
    let run = diagnosed(&keyed(FILE), NOWHERE);
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert_snapshot!(run.transcript());
}

#[test]
fn throttling_stops_nothing() {
    let world = keyed(FILE);
    let server = Server::start(&world, &["--fault", "throttle:action=Describe"]);
    let run = diagnosed(&world, &server.url);
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert!(run.flowing().contains("the service throttles: Throttling.User"), "{}", run.transcript());
}

#[test]
fn journals_are_looked_at_and_a_lock_is_told() {
    let world = World::with(FILE);
    world.converge("--emulator");
    let run = world.run("doctor --emulator");
    assert!(
        run.flowing().contains("can be written and is not locked; no run is unfinished"),
        "{}",
        run.transcript()
    );
    let lock = std::fs::File::open(world.path().join(".livevod/journal/lock")).unwrap();
    lock.lock().unwrap();
    let run = world.run("doctor --emulator");
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert!(run.flowing().contains("another apply is running here"), "{}", run.transcript());
    drop(lock);
    world.write(".livevod/journal/20260101T000000.000Z-abcdef.jsonl", "no journal\n");
    let run = world.run("doctor --emulator");
    assert!(run.flowing().contains("! journal"), "{}", run.transcript());
}

#[test]
fn an_unfinished_run_is_told() {
    let world = World::with(&FILE.replace("account: \"1234567890123456\"\n", ""));
    died_between(&world);
    let run = world.run("doctor --emulator");
    assert_eq!(run.code, 0, "{}", run.transcript());
    let text = run.flowing();
    assert!(text.contains("unfinished, the first in run `20261101T100000.000Z-abcdef`"), "{text}");
    assert!(text.contains("the next apply finishes them"), "{text}");
}

#[test]
fn nothing_is_made_by_looking() {
    let world = World::with(FILE);
    assert_eq!(world.run("doctor --emulator").code, 0);
    assert!(!world.path().join(".livevod").exists());
}

#[test]
fn programs_get_every_check() {
    let document = World::with(FILE).run("doctor --emulator --format json").json();
    assert_eq!(document["exit"], json!({"code": 0, "reason": "success"}));
    let checks = document["checks"].as_array().unwrap();
    let subjects: Vec<&str> = checks.iter().map(|check| check["subject"].as_str().unwrap()).collect();
    let expected = [
        "files",
        "credentials",
        "account",
        "clock",
        "permission",
        "permission",
        "permission",
        "vod",
        "rate",
        "journal",
    ];
    assert_eq!(subjects, expected);
    assert!(checks.iter().all(|check| check["verdict"] == "ok"), "{document}");
    let document = World::with(FILE).run("doctor --format json").json();
    assert_eq!(document["summary"], json!({"ok": 2, "warnings": 0, "errors": 1, "skipped": 4}));
    assert_eq!(document["exit"], json!({"code": 1, "reason": "error"}));
}
