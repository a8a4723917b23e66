//! The emulator as a separate server, and the binary against it over HTTP: both signatures, and servers that misbehave.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};

use super::World;

/// A running `livevod emulator`, killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
}

impl Server {
    pub(crate) fn start(world: &World, arguments: &[&str]) -> Self {
        let all = [&["emulator", "--listen", "127.0.0.1:0"], arguments].concat();
        let mut child = world.command(&all).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().rsplit(' ').next().unwrap().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{line}");
        Self { child, url }
    }

    /// Sends a document to a path of the server's own.
    pub(crate) fn post(&self, path: &str, body: &str) {
        self.ask("POST", path, body);
    }

    /// What a path of the server's own answers.
    pub(crate) fn get(&self, path: &str) -> String {
        self.ask("GET", path, "")
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> String {
        let host = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).unwrap();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
        write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

const FILE: &str = "\
version: 1
defaults: { vod_transcode_group: e2d796d3bb5fd8049d32bff62f94e4c1 }
domains:
  live.example.com:
    apps: { show: { streams: { cam1: {}, cam2: { auto_compose: on, compose_vod_transcode_group: VOD_NO_TRANSCODE }, \"*\": {} } } }
";

/// The emulator's own key in the environment, as the README says.
pub(crate) fn keyed(text: &str) -> World {
    let mut world = World::with(text);
    world.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "emulator");
    world.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "emulator");
    world
}

#[test]
fn both_signatures_apply_over_http() {
    for signature in ["v1", "v3"] {
        let world = keyed(FILE);
        let server = Server::start(&world, &["--data", "state.log"]);
        world.converge(&format!("--endpoint {} --signature {signature}", server.url));
        world.write(
            "livevod.yaml",
            &FILE.replace("auto_compose: on, compose_vod_transcode_group: VOD_NO_TRANSCODE", ""),
        );
        world.converge(&format!("--endpoint {} --signature {signature}", server.url));
    }
}

#[test]
fn what_was_acknowledged_outlives_a_killed_server() {
    let world = keyed(FILE);
    let server = Server::start(&world, &["--data", "state.log"]);
    world.converge(&format!("--endpoint {}", server.url));
    drop(server);
    let server = Server::start(&world, &["--data", "state.log"]);
    let run = world.run(&format!("plan --endpoint {} --detailed-exitcode", server.url));
    assert_eq!(run.code, 0, "{}", run.transcript());
}

#[test]
fn two_processes_do_not_share_a_file() {
    let world = keyed(FILE);
    let _server = Server::start(&world, &["--data", "state.log"]);
    let run = world.run("plan --emulator=state.log");
    assert_eq!(run.code, 1, "{}", run.transcript());
}

#[test]
fn a_wrong_secret_is_refused_and_printed_nowhere() {
    let mut world = World::with(FILE);
    world.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "emulator");
    world.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "top-secret-text");
    let server = Server::start(&world, &[]);
    for signature in ["v1", "v3"] {
        let run = world.run(&format!("plan --endpoint {} --signature {signature}", server.url));
        assert_eq!(run.code, 1);
        assert!(run.stderr.contains("SignatureDoesNotMatch"), "{}", run.transcript());
        for told in ["the access key secret is wrong", "come from `ALIBABA_CLOUD_ACCESS_KEY_ID`"] {
            assert!(run.stderr.contains(told), "{}", run.transcript());
        }
        assert!(!run.transcript().contains("top-secret"), "{}", run.transcript());
        assert!(!run.transcript().contains("Signature="), "{}", run.transcript());
    }
}

#[test]
fn only_groups_that_are_given_exist() {
    let world = keyed(FILE);
    world.write("groups.txt", "e2d796d3bb5fd8049d32bff62f94e4c1\n");
    let server = Server::start(&world, &["--group", "6d1b0f5ce0dd4bb9a1b7b5dba1f7c0aa"]);
    let run = world.run(&format!("apply --auto-approve --endpoint {}", server.url));
    assert_eq!(run.code, 4);
    assert!(run.stderr.contains("InvalidTemplateGroupId.NotFound"), "{}", run.transcript());
    let server = Server::start(&world, &["--groups-file", "groups.txt"]);
    world.converge(&format!("--endpoint {}", server.url));
}

#[test]
fn plain_http_leaves_the_machine_for_nobody() {
    let world = keyed(FILE);
    for endpoint in
        ["http://example.com", "http://10.0.0.1:8787", "https://user:pass@example.com", "ftp://127.0.0.1"]
    {
        let run = world.run(&format!("plan --endpoint {endpoint}"));
        assert_eq!(run.code, 1, "{endpoint}");
        assert!(!run.transcript().contains("pass"), "{}", run.transcript());
    }
}

/// Reads a request from every connection, answers with `answer`, and closes it.
fn misbehaving(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut buffer = [0; 8192];
            if stream.read(&mut buffer).is_ok() {
                // The client may have closed the connection, which some of these tests are about.
                let _ = stream.write_all(answer);
            }
        }
    });
    url
}

#[test]
fn servers_that_misbehave_end_in_one_clear_finding() {
    let world = keyed(FILE);
    let answers: [&'static [u8]; 5] = [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"RequestId\":",
        b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 27\r\n\r\n<html><h1>Bad gateway</h1>\n\n",
        b"HTTP/1.1 302 Found\r\nlocation: http://example.com/\r\ncontent-length: 0\r\n\r\n",
        b"garbage that is no HTTP\r\n\r\n",
    ];
    for answer in answers {
        let run = world.run(&format!("plan --endpoint {}", misbehaving(answer)));
        assert_eq!(run.code, 1, "{}", run.transcript());
        assert!(run.stderr.contains("`live.example.com` can't be read"), "{}", run.transcript());
        assert!(!run.transcript().contains("AccessKeyId"), "{}", run.transcript());
    }
}

/// Lines in the server's log, one for each write.
pub(crate) fn written(world: &World) -> usize {
    std::fs::read(world.path().join("state.log"))
        .map_or(0, |log| log.iter().filter(|byte| **byte == b'\n').count())
}

#[test]
fn the_port_stands_in_its_file_and_every_call_in_the_log() {
    let world = keyed(FILE);
    let server = Server::start(&world, &["--port-file", "port", "--call-log", "calls.jsonl"]);
    let port = std::fs::read_to_string(world.path().join("port")).unwrap();
    assert!(server.url.ends_with(&format!(":{}", port.trim())), "{port}");
    world.converge(&format!("--endpoint {}", server.url));
    let log = std::fs::read_to_string(world.path().join("calls.jsonl")).unwrap();
    let calls: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let adds: Vec<&serde_json::Value> =
        calls.iter().filter(|call| call["action"] == "AddLiveRecordVodConfig").collect();
    let addresses: Vec<&str> = adds.iter().map(|call| call["address"].as_str().unwrap()).collect();
    assert_eq!(
        addresses,
        ["live.example.com/show/*", "live.example.com/show/cam1", "live.example.com/show/cam2"]
    );
    assert_eq!((&adds[0]["status"], &adds[0]["fate"]), (&200.into(), &"carried_out".into()));
    assert!(!log.contains("Signature") && !log.contains("nonce"), "{log}");
}

#[test]
fn what_a_log_holds_is_dumped_and_begins_another_server() {
    let world = keyed(FILE);
    world.converge("--emulator=state.log");
    let dump = world.run("emulator dump --data state.log");
    assert_eq!(dump.json()["configs"].as_array().unwrap().len(), 3);
    world.write("state.json", &dump.stdout);
    let server = Server::start(&world, &["--load", "state.json", "--data", "other.log"]);
    let plan = world.run(&format!("plan --detailed-exitcode --endpoint {}", server.url));
    assert_eq!(plan.code, 0, "{}", plan.transcript());
    drop(server);
    let again = world.run("emulator --load state.json --data other.log --listen 127.0.0.1:0");
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("already holds configurations"), "{}", again.transcript());
    assert_eq!(world.run("emulator dump --data nowhere.log").code, 1);
}

#[test]
fn buckets_are_made_from_the_start_and_kept() {
    let world = World::new();
    let names = |dump: &serde_json::Value| -> Vec<String> {
        let buckets = dump["buckets"].as_array().unwrap().iter();
        buckets.map(|bucket| bucket["Name"].as_str().unwrap().to_owned()).collect()
    };
    let buckets = ["--bucket", "demo", "--bucket", "old=versioned", "--bucket", "worm=locked"];
    drop(Server::start(&world, &[&["--data", "state.log"], &buckets[..]].concat()));
    drop(Server::start(&world, &["--data", "state.log", "--bucket", "demo"]));
    let dump = world.run("emulator dump --data state.log").json();
    assert_eq!(names(&dump), ["demo", "old", "worm"]);
    assert_eq!(dump["buckets"][1]["Versioning"], "Enabled");
    assert_eq!(dump["buckets"][2]["Worm"]["State"], "Locked");
    for (wrong, why) in [
        ("Demo", "3 to 63 lower-case letters, digits and `-`"),
        ("demo=frozen", "expected `demo=versioned`, `demo=suspended` or `demo=locked`"),
    ] {
        let run = world.run(&format!("emulator --bucket {wrong}"));
        assert_eq!(run.code, 1);
        assert!(run.stderr.contains(why), "{}", run.transcript());
    }
}

#[test]
fn sessions_are_played_in_the_state_that_the_emulator_keeps() {
    let world = keyed(FILE);
    world.converge("--emulator");
    let cam1 = "live.example.com/show/cam1";
    let begun = world.run(&format!("emulator publish {cam1} --ingest-domain push.example.com"));
    assert_eq!(begun.code, 0, "{}", begun.transcript());
    assert_eq!(begun.stdout, format!("{cam1} is on air; its configuration is {cam1}\n"));
    let again = world.run(&format!("emulator publish {cam1} --at 2h"));
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("has another session at that time"), "{}", again.transcript());
    let over = world.run("emulator publish live.example.com/news/main --at 2h --until 30m");
    assert_eq!(over.stdout, "live.example.com/news/main was on air; no configuration applies to it\n");
    let ended = world.run(&format!("emulator unpublish {cam1}"));
    assert_eq!(ended.stdout, format!("{cam1} is off air\n"));
    let dump = world.run("emulator dump --data .livevod/emulator.log").json();
    let sessions = dump["sessions"].as_array().unwrap();
    let ingest: Vec<&str> = sessions.iter().map(|one| one["PublishDomain"].as_str().unwrap()).collect();
    assert_eq!(ingest, ["live.example.com", "push.example.com"]);
    assert!(sessions.iter().all(|one| one["StopTime"].is_string()), "{dump:#}");
    let wrong = world.run(&format!("emulator publish {cam1} --at yesterday"));
    assert!(wrong.stderr.contains("or how long ago, such as `2h`"), "{}", wrong.transcript());
}

#[test]
fn quirks_and_faults_are_listed_and_taken_by_name() {
    let world = keyed(FILE);
    let quirks = world.run("emulator quirks").stdout;
    assert!(quirks.contains("\n  filter=exact (default): "), "{quirks}");
    assert!(quirks.contains("\n  stop-time=absent (default): "), "{quirks}");
    let faults = world.run("emulator faults").stdout;
    assert!(faults.contains("\n  drop-after-commit "), "{faults}");
    world.converge("--emulator --quirk every-stream=absent --quirk compose-rule=both-or-neither");
    let wrong = world.run("plan --emulator --quirk filter=loose");
    assert_eq!(wrong.code, 1);
    assert!(wrong.stderr.contains("only exact, fuzzy, ignored"), "{}", wrong.transcript());
    let wrong = world.run("emulator --fault drop");
    assert!(wrong.stderr.contains("there is no fault `drop`"), "{}", wrong.transcript());
    let server = Server::start(&world, &["--fault", "drop-after-commit:action=Add,every=2"]);
    world.converge(&format!("--endpoint {}", server.url));
}

#[test]
fn a_taken_address_is_named() {
    let world = World::new();
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = held.local_addr().unwrap();
    let run = world.run(&format!("emulator --listen {address}"));
    assert_eq!(run.code, 1, "{}", run.transcript());
    let says = format!("can't listen on `{address}`: Address already in use");
    assert!(run.stderr.contains(&says) && run.stderr.contains("port 0 takes a free port"), "{}", run.stderr);
}

/// Six domains, so that several calls are in flight when the first one is refused because of its timestamp.
fn six() -> World {
    let domains: String = (1..=6)
        .map(|n| format!("  d{n}.example.com: {{ apps: {{ show: {{ streams: {{ cam: {{}} }} }} }} }}\n"))
        .collect();
    keyed(&format!(
        "version: 1\naccount: \"1234567890123456\"\ndefaults: {{ vod_transcode_group: VOD_NO_TRANSCODE }}\ndomains:\n{domains}"
    ))
}

#[test]
fn a_clock_that_is_off_is_corrected_for_every_call_on_its_way() {
    for fault in ["skew:time=20m", "skew:time=-50m"] {
        for signature in ["v1", "v3"] {
            let world = six();
            let server = Server::start(&world, &["--fault", fault]);
            world.converge(&format!("--endpoint {} --signature {signature}", server.url));
        }
    }
}

/// The clock is set right during a run: then livevod must drop its correction too.
#[test]
fn a_clock_that_is_mended_in_the_middle_is_corrected_again() {
    for times in [4, 9, 15, 22] {
        let world = six();
        let server = Server::start(&world, &["--fault", &format!("skew:time=20m,times={times}")]);
        world.converge(&format!("--endpoint {}", server.url));
    }
}

/// The cure for the last error would contradict the one thing to do: wait, then look.
#[test]
fn an_unknown_outcome_gives_one_piece_of_advice() {
    let world = keyed(FILE);
    let faults = ["--fault", "error-after-commit:action=Add", "--fault", "stale:time=10m"];
    let server = Server::start(&world, &faults);
    let run = world.run(&format!("apply --auto-approve --timeout 1s --settle 1s --endpoint {}", server.url));
    assert_eq!(run.code, 5, "{}", run.transcript());
    assert!(run.stderr.contains("unknown-outcome"), "{}", run.transcript());
    assert!(run.stderr.contains("the service failed"), "the cause stays: {}", run.transcript());
    assert!(!run.stderr.contains("plan again"), "{}", run.transcript());
}
