//! The arguments of `livevod emulator` that create domains, roles, keys and other things besides configurations.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use super::World;
use super::server::{Server, keyed};

/// Sends one request on its own connection; returns the status and the body of the response.
fn ask(server: &Server, head: &str, body: &str) -> (String, String) {
    let mut stream = TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
    let (line, headers) = head.split_once('\n').unwrap_or((head, ""));
    let length = format!("content-length: {}\r\nhost: emulator\r\nconnection: close\r\n", body.len());
    let headers: String = headers.lines().map(|header| format!("{header}\r\n")).collect();
    stream.write_all(format!("{line} HTTP/1.1\r\n{headers}{length}\r\n{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().to_owned(), body.to_owned())
}

/// A world whose variables hold the key from a document, such as the one of the metadata service.
fn keyed_by(document: &Value, text: &str) -> World {
    let mut world = World::with(text);
    let names = [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "AccessKeyId"),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "AccessKeySecret"),
        ("ALIBABA_CLOUD_SECURITY_TOKEN", "SecurityToken"),
    ];
    for (variable, field) in names {
        world.set(variable, document[field].as_str().unwrap());
    }
    world
}

const FILE: &str = "\
version: 1
account: \"42\"
domains:
  live.example.com:
    apps: { show: { streams: { cam1: { vod_transcode_group: VOD_NO_TRANSCODE } } } }
";

#[test]
fn the_key_of_an_instance_applies_with_its_token() {
    let arguments = ["--account", "42", "--imds-role", "recorder", "--imds-token-required"];
    let server = Server::start(&World::new(), &arguments);
    let roles = "/latest/meta-data/ram/security-credentials/";
    assert_eq!(ask(&server, &format!("GET {roles}"), "").0, "403");
    let seconds = "x-aliyun-ecs-metadata-token-ttl-seconds: 60";
    let (status, token) = ask(&server, &format!("PUT /latest/api/token\n{seconds}"), "");
    assert_eq!(status, "200");
    let get = |path: &str| ask(&server, &format!("GET {path}\nx-aliyun-ecs-metadata-token: {token}"), "");
    assert_eq!(get(roles), ("200".to_owned(), "recorder".to_owned()));
    let (_, document) = get(&format!("{roles}recorder"));
    let document: Value = serde_json::from_str(&document).unwrap();
    for signature in ["v1", "v3"] {
        let world = keyed_by(&document, FILE);
        world.converge(&format!("--endpoint {} --signature {signature}", server.url));
    }
    let mut forged = document.clone();
    forged["SecurityToken"] = "forged".into();
    let run = keyed_by(&forged, FILE).run(&format!("plan --endpoint {}", server.url));
    assert!(run.stderr.contains("InvalidSecurityToken"), "{}", run.transcript());
}

#[test]
fn the_token_in_a_file_is_the_only_one_that_proves_an_identity() {
    let world = World::new();
    world.write("token", "header.claims.signature\n");
    let server = Server::start(&world, &["--account", "42", "--role", "ci", "--oidc-token-file", "token"]);
    let post = "POST /\ncontent-type: application/x-www-form-urlencoded";
    let ask = |token: &str| {
        let body = format!(
            "Action=AssumeRoleWithOIDC&Version=2015-04-01&Format=JSON&RoleArn=acs:ram::42:role/ci&RoleSessionName=run&\
             OIDCProviderArn=acs:ram::42:oidc-provider/ci&OIDCToken={token}"
        );
        ask(&server, post, &body)
    };
    assert_eq!(ask("another.token").0, "400");
    let (status, answer) = ask("header.claims.signature");
    assert_eq!(status, "200", "{answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    keyed_by(&answer["Credentials"], FILE).converge(&format!("--endpoint {}", server.url));
}

#[test]
fn only_given_domains_hold_configurations() {
    let world = keyed(FILE);
    let server = Server::start(&world, &["--account", "42", "--domain", "other.example.com=eu-central-1"]);
    let run = world.run(&format!("plan --endpoint {}", server.url));
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("InvalidDomain.NotFound"), "{}", run.transcript());
    for wrong in ["--domain Live.example.com", "--domain a.com=", "--account x", "--oss-recording a.com"] {
        let run = world.run(&format!("emulator {wrong}"));
        assert_eq!(run.code, 1, "{}", run.transcript());
    }
    assert_eq!(world.run("emulator --imds-token-required").code, 1);
}

#[test]
fn a_strict_emulator_of_2025_refuses_a_newer_setting_and_logs_its_name() {
    let world = keyed(&FILE.replace("VOD_NO_TRANSCODE", "VOD_NO_TRANSCODE, delay_time: 5m"));
    let arguments = ["--account", "42", "--api", "2025", "--strict", "--call-log", "calls"];
    let server = Server::start(&world, &arguments);
    let run = world.run(&format!("apply --auto-approve --endpoint {}", server.url));
    assert_eq!(run.code, 4, "{}", run.transcript());
    assert!(run.stderr.contains("InvalidParameter"), "{}", run.transcript());
    let log = std::fs::read_to_string(world.path().join("calls")).unwrap();
    let calls: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let add = calls.iter().find(|call| call["action"] == "AddLiveRecordVodConfig").unwrap();
    assert_eq!(add["unknown"], serde_json::json!(["DelayTime"]));
    let others = calls.iter().filter(|call| call["action"] != "AddLiveRecordVodConfig");
    assert!(others.clone().count() > 0 && others.clone().all(|call| call.get("unknown").is_none()), "{log}");
    world.write("livevod.yaml", FILE);
    world.converge(&format!("--endpoint {}", server.url));
}

#[test]
fn the_newest_generation_and_every_space_are_the_default() {
    let with =
        |settings: &str| keyed(&FILE.replace("VOD_NO_TRANSCODE", &format!("VOD_NO_TRANSCODE, {settings}")));
    let server = Server::start(&World::new(), &["--account", "42", "--strict"]);
    with("delay_time: 5m, space_id: app-7").converge(&format!("--endpoint {}", server.url));
    let server = Server::start(&World::new(), &["--account", "42", "--app-space", "app-1"]);
    let run = with("space_id: app-7").run(&format!("apply --auto-approve --endpoint {}", server.url));
    assert!(run.stderr.contains("InvalidSpaceId.Malformed"), "{}", run.transcript());
    with("space_id: app-1").converge(&format!("--endpoint {}", server.url));
    let run = World::new().run("emulator --api 2024");
    assert_eq!(run.code, 1, "{}", run.transcript());
}
