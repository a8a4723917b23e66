//! Tests with a terminal or signals: the question before an apply, and an interrupt in the middle of one.
#![cfg(unix)]

use std::io::Read;
use std::process::{Command, Stdio};

use expectrl::{Expect, Session};

use super::World;
use super::server::Server;

const ONE: &str = "\
version: 1
defaults: { vod_transcode_group: VOD_NO_TRANSCODE }
domains: { live.example.com: { apps: { show: { streams: { cam1: {} } } } } }
";

/// Answers the question of `apply` on a terminal; what was printed after it, and the exit code.
fn answered(world: &World, answer: &str) -> (String, i32) {
    typed(world, &format!("{answer}\n"))
}

/// The same for keys that need no Enter.
fn typed(world: &World, keys: &str) -> (String, i32) {
    let mut session = Session::spawn(world.command(&["apply", "--emulator"])).unwrap();
    session.set_expect_timeout(Some(std::time::Duration::from_secs(60)));
    session.expect("Enter a value:").unwrap();
    session.send(keys).unwrap();
    let mut rest = String::new();
    // On Linux, the other end of the terminal closes with an error after everything was read.
    let _ = session.read_to_string(&mut rest);
    let code = match session.get_process().wait().unwrap() {
        expectrl::process::unix::WaitStatus::Exited(_, code) => code,
        other => panic!("{other:?}"),
    };
    (rest, code)
}

#[test]
fn only_yes_is_yes() {
    let world = World::with(ONE);
    for answer in ["no", "y", "YES", ""] {
        let (rest, code) = answered(&world, answer);
        assert_eq!(code, 1, "`{answer}`: {rest}");
        assert!(rest.contains("nothing was written"), "`{answer}`: {rest}");
    }
    let (rest, code) = answered(&world, "yes");
    assert_eq!(code, 0, "{rest}");
    assert!(rest.contains("Apply complete! Resources: 1 added"), "{rest}");
}

#[test]
fn ctrl_c_at_the_question_says_that_nothing_was_written() {
    let world = World::with(ONE);
    let (rest, code) = typed(&world, "\u{3}");
    assert_eq!(code, 130, "{rest}");
    assert!(rest.contains("interrupted: nothing was written"), "{rest}");
    assert!(
        !world
            .path()
            .join(".livevod/journal")
            .read_dir()
            .unwrap()
            .flatten()
            .any(|file| { file.path().extension().is_some_and(|ending| ending == "jsonl") })
    );
    let (rest, code) = answered(&world, "yes");
    assert_eq!(code, 0, "{rest}");
}

#[test]
fn who_went_on_air_at_the_question_is_noticed_after_it() {
    let world = super::server::keyed(ONE);
    let server = Server::start(&world, &["--admin"]);
    world.converge(&format!("--endpoint {}", server.url));
    world.write("livevod.yaml", &ONE.replace("cam1: {}", "cam1: { state: absent }"));
    let arguments = ["apply", "--endpoint", &server.url, "--freshness", "0"];
    let mut session = Session::spawn(world.command(&arguments)).unwrap();
    session.set_expect_timeout(Some(std::time::Duration::from_secs(60)));
    session.expect("Enter a value:").unwrap();
    server.post(
        "/_admin/publish",
        r#"{"DomainName": "live.example.com", "AppName": "show", "StreamName": "cam1"}"#,
    );
    session.send("yes\n").unwrap();
    let mut rest = String::new();
    let _ = session.read_to_string(&mut rest);
    let exited = session.get_process().wait().unwrap();
    assert!(matches!(exited, expectrl::process::unix::WaitStatus::Exited(_, 3)), "{exited:?}: {rest}");
    assert!(rest.contains("nothing was written"), "{rest}");
    let plan = world.run(&format!("plan --endpoint {} --detailed-exitcode", server.url));
    assert_eq!(plan.code, 3, "it is still there: {}", plan.transcript());
}

/// A slow rate keeps the apply busy once the burst is used up; the signal comes before that.
#[test]
fn the_first_signal_finishes_what_is_under_way_and_reports() {
    let streams: String = (0..400).map(|number| format!("cam{number}: {{}}, ")).collect();
    let text = ONE.replace("cam1: {}", &streams);
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let mut world = World::with(&text);
        world.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "emulator");
        world.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "emulator");
        let server = Server::start(&world, &["--data", "state.log"]);
        let arguments =
            ["apply", "--auto-approve", "--format", "json", "--rate", "300", "--endpoint", &server.url];
        let mut apply = world.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        while super::server::written(&world) < 20 {
            std::thread::yield_now();
        }
        let kill =
            Command::new("sh").args(["-c", &format!("kill -{signal} {}", apply.id())]).status().unwrap();
        assert!(kill.success());
        let mut report = String::new();
        apply.stdout.take().unwrap().read_to_string(&mut report).unwrap();
        assert_eq!(apply.wait().unwrap().code(), Some(code), "{report}");
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report["exit"]["reason"], "interrupted");
        assert_eq!(report["summary"]["failed"], 0);
        assert_eq!(report["summary"]["unknown"], 0);
        let done = report["summary"]["done"].as_u64().unwrap();
        assert!((10..400).contains(&done), "{done}");
        let plan = world.run(&format!("plan --endpoint {} --format json", server.url)).json();
        assert_eq!(plan["summary"]["unchanged"], done, "what is reported done is there, and nothing else");
    }
}

/// The service accepts a write and never answers. The first signal still gets a response, and the second one leaves a write whose
/// outcome is unknown.
#[test]
fn a_hung_write_is_unknown_to_whoever_insists() {
    let mut world = World::with(ONE);
    world.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "emulator");
    world.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "emulator");
    let server = Server::start(&world, &["--data", "state.log", "--fault", "hang:action=Add,time=1h"]);
    let arguments = ["apply", "--auto-approve", "--endpoint", &server.url];
    let mut apply = world.command(&arguments).stderr(Stdio::piped()).spawn().unwrap();
    // An intent in the journal is not yet a request that was sent.
    let state = world.path().join("state.log");
    let is_sent = || std::fs::read_to_string(&state).is_ok_and(|log| log.contains("cam1"));
    while !is_sent() {
        std::thread::yield_now();
    }
    let id = apply.id();
    let interrupt = || {
        let kill = Command::new("sh").args(["-c", &format!("kill -INT {id}")]).status().unwrap();
        assert!(kill.success());
    };
    interrupt();
    let mut stderr = std::io::BufReader::new(apply.stderr.take().unwrap());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut stderr, &mut line).unwrap();
    assert!(line.starts_with("Stopping: "), "{line}");
    interrupt();
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert_eq!(apply.wait().unwrap().code(), Some(5), "{rest}");
    assert!(rest.contains("live.example.com/show/cam1"), "{rest}");
}

/// The terminal shows what a slow service is being read for, and the text is removed afterwards.
#[test]
fn a_slow_service_is_not_waited_for_in_silence() {
    let mut world = World::with(ONE);
    world.set("TERM", "xterm");
    world.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "emulator");
    world.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "emulator");
    let server = Server::start(&world, &["--fault", "latency:action=Describe,time=4s"]);
    let mut session = Session::spawn(world.command(&["plan", "--endpoint", &server.url])).unwrap();
    session.set_expect_timeout(Some(std::time::Duration::from_secs(60)));
    let mut shown = String::new();
    let _ = session.read_to_string(&mut shown);
    assert!(shown.contains(&format!("Reading from {} for ", server.url)), "{shown:?}");
    assert!(shown.contains("Plan: 1 to add"), "{shown:?}");
    let quiet = world.run(&format!("plan --endpoint {}", server.url));
    assert!(!quiet.transcript().contains("Reading from"), "{}", quiet.transcript());
}
