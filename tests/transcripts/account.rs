//! The declared account, compared with the account of the credentials.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use insta::assert_snapshot;

use super::World;
use super::server::{Server, keyed};

const FILE: &str = "\
version: 1
account: \"1234567890123456\"
domains:
  live.example.com:
    apps: { show: { streams: { cam1: { vod_transcode_group: e2d796d3bb5fd8049d32bff62f94e4c1 } } } }
";

/// An answer to `GetCallerIdentity` instead of the service's own.
type Instead = Option<&'static str>;

/// A proxy before the service that counts calls of `GetCallerIdentity`, and may answer them itself.
struct Way {
    url: String,
    questions: Arc<AtomicUsize>,
}

impl Way {
    fn to(server: &Server, instead: Instead) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let service = server.url.trim_start_matches("http://").to_owned();
        let questions = Arc::new(AtomicUsize::new(0));
        let asked = questions.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, service, asked) = (client.unwrap(), service.clone(), asked.clone());
                std::thread::spawn(move || pass_on(client, &service, &asked, instead));
            }
        });
        Self { url, questions }
    }

    fn questions(&self) -> usize {
        self.questions.load(Ordering::Relaxed)
    }
}

/// Handles one request, which has no body with signature version 3; then the connection is closed.
fn pass_on(mut client: TcpStream, service: &str, asked: &AtomicUsize, instead: Instead) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if client.read(&mut byte).unwrap_or(0) == 0 {
            return;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    if head.contains("GetCallerIdentity") {
        asked.fetch_add(1, Ordering::Relaxed);
        if let Some(answer) = instead {
            client.write_all(answer.as_bytes()).unwrap();
            return;
        }
    }
    let mut service = TcpStream::connect(service).unwrap();
    service.write_all(head.replacen("\r\n", "\r\nconnection: close\r\n", 1).as_bytes()).unwrap();
    let mut answer = Vec::new();
    service.read_to_end(&mut answer).unwrap();
    client.write_all(&answer).unwrap();
    let _ = client.shutdown(Shutdown::Write);
}

#[test]
fn the_right_account_is_asked_for_once_a_run() {
    let world = keyed(FILE);
    let server = Server::start(&world, &[]);
    let way = Way::to(&server, None);
    for command in ["plan", "drift", "apply --auto-approve", "drift", "apply --auto-approve"] {
        let before = way.questions();
        let run = world.run(&format!("{command} --endpoint {}", way.url));
        assert!([0, 2].contains(&run.code), "{}", run.transcript());
        assert!(!run.transcript().contains("refused"), "{}", run.transcript());
        assert_eq!(way.questions() - before, 1, "{command}");
    }
    assert_eq!(world.run(&format!("drift --endpoint {}", way.url)).code, 0);
}

#[test]
fn nobody_is_asked_where_no_account_is_declared() {
    let world = keyed(&FILE.replace("account: \"1234567890123456\"\n", ""));
    let server = Server::start(&world, &["--account", "42"]);
    let way = Way::to(&server, None);
    world.converge(&format!("--endpoint {}", way.url));
    assert_eq!(way.questions(), 0);
    let run = world.run(&format!("plan --detailed-exitcode --account 42 --endpoint {}", way.url));
    assert_eq!((run.code, way.questions()), (0, 1), "{}", run.transcript());
    let run = world.run(&format!("plan --detailed-exitcode --account 43 --endpoint {}", way.url));
    assert_eq!((run.code, way.questions()), (3, 2), "{}", run.transcript());
}

#[test]
fn another_account_holds_the_plan_and_nothing_releases_it() {
    let world = keyed(FILE);
    let server = Server::start(&world, &["--account", "9999999999999999", "--data", "state.log"]);
    let at = format!("--endpoint {}", server.url);
    let plan = world.run(&format!("plan {at}"));
    assert_snapshot!(without_digest(&plan.transcript().replace(&server.url, "[url]")));
    assert_eq!(world.run(&format!("plan --detailed-exitcode {at}")).code, 3);

    let before = std::fs::read(world.path().join("state.log")).unwrap();
    let every_flag = "--max-delete 100% --max-change 100% --allow-recording-gap --allow-recording-stop \
                      --allow-app-wide --allow-empty";
    let apply = world.run(&format!("apply --auto-approve {every_flag} {at}"));
    assert_eq!(apply.code, 3, "{}", apply.transcript());
    assert!(apply.stdout.contains("refused (account)"), "{}", apply.transcript());
    assert_eq!(std::fs::read(world.path().join("state.log")).unwrap(), before);

    let drift = world.run(&format!("drift --format json {at}"));
    assert_eq!((drift.code, &drift.json()["complete"]), (1, &false.into()), "{}", drift.transcript());
}

#[test]
fn another_account_is_refused_without_changes_and_without_readable_domains_too() {
    let world = keyed(FILE);
    let server = Server::start(&world, &["--data", "state.log"]);
    world.converge(&format!("--endpoint {}", server.url));
    drop(server);
    for arguments in [&["--data", "state.log"][..], &["--domain", "other.example.com"]] {
        let arguments = [&["--account", "42"], arguments].concat();
        let server = Server::start(&world, &arguments);
        for command in ["plan --detailed-exitcode", "apply --auto-approve"] {
            let run = world.run(&format!("{command} --endpoint {}", server.url));
            assert_eq!(run.code, 3, "{}", run.transcript());
            // Nothing is claimed about an account that was not read.
            let (before, _) = run.stdout.split_once("\ndigest ").unwrap();
            let (head, total) = before.rsplit_once("\n\n").unwrap();
            assert!(head.contains("refused (account)"), "{}", run.transcript());
            assert!(!total.contains("No changes."), "{}", run.transcript());
        }
        let plan = world.run(&format!("plan --format json --endpoint {}", server.url)).json();
        assert_eq!(plan["held"][0]["guard"], "account");
        assert_eq!(plan["held"][0]["release"], serde_json::Value::Null);
    }
}

/// The digest depends on the target, and so on a port.
fn without_digest(text: &str) -> String {
    let lines = text.lines().map(|line| if line.starts_with("digest ") { "digest […]" } else { line });
    lines.map(|line| format!("{line}\n")).collect()
}

const UNAVAILABLE: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 104\r\n\r\n\
    {\"RequestId\":\"11111111-2222-3333-4444-555555555555\",\
    \"Code\":\"ServiceUnavailable\",\"Message\":\"Come again.\"}";
const NAMELESS: &str = "HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\n{\"RequestId\":\"r\"}";

#[test]
fn an_account_that_can_not_be_confirmed_warns_plans_and_stops_applies() {
    for instead in [UNAVAILABLE, NAMELESS, ""] {
        let world = keyed(FILE);
        let server = Server::start(&world, &["--data", "state.log"]);
        let way = Way::to(&server, Some(instead));
        let scrubbed = |text: &str| text.replace(&way.url, "[url]").replace(&way.url[7..], "[host]");
        let plan = world.run(&format!("plan --detailed-exitcode --endpoint {}", way.url));
        assert_eq!(plan.code, 2, "{}", plan.transcript());
        if instead == UNAVAILABLE {
            assert_snapshot!(without_digest(&scrubbed(&plan.transcript())));
        }
        let drift = world.run(&format!("drift --format json --endpoint {}", way.url));
        assert_eq!(drift.code, 2, "{}", drift.transcript());
        assert_eq!(drift.json()["diagnostics"][0]["severity"], "warning");

        let before = std::fs::read(world.path().join("state.log")).unwrap();
        let apply = world.run(&format!("apply --auto-approve --endpoint {}", way.url));
        assert_eq!(apply.code, 1, "{}", apply.transcript());
        assert!(apply.stderr.contains("can't confirm"), "{}", apply.transcript());
        assert_eq!(std::fs::read(world.path().join("state.log")).unwrap(), before);
        let apply = world.run(&format!("apply --auto-approve --format json --endpoint {}", way.url)).json();
        assert_eq!(apply["diagnostics"][0]["severity"], "error");
        assert_eq!(apply["exit"]["code"], 1);
    }
}

#[test]
fn the_embedded_emulator_plays_the_declared_account() {
    World::with(FILE).converge("--emulator");
    let world = World::with(&FILE.replace("1234567890123456", "9999999999999999"));
    world.converge("--emulator");
}
