//! Every source of credentials against a server that plays STS, the metadata service and a credentials URI.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;

use insta::assert_snapshot;

use super::server::Server;
use super::{Run, World};

pub(super) const FILE: &str = "\
version: 1
account: \"1234567890123456\"
defaults: { vod_transcode_group: VOD_NO_TRANSCODE }
domains:
  live.example.com: { apps: { show: { streams: { cam1: {}, cam2: {} } } } }
";

const OIDC: [(&str, &str); 3] = [
    ("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1234567890123456:role/deployer"),
    ("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::1234567890123456:oidc-provider/ci"),
    ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "token"),
];

/// Every secret in these files and variables contains one of these texts, and so does every key that the server hands out.
const SECRETS: [&str; 4] = ["hush", "to.ke.n", "CAIS", "metadata-"];

const CONFIG: &str = r#"{"current":"key","profiles":[
 {"name":"key","mode":"AK","access_key_id":"emulator","access_key_secret":"emulator"},
 {"name":"role","mode":"RamRoleArn","access_key_id":"emulator","access_key_secret":"emulator",
  "ram_role_arn":"acs:ram::1234567890123456:role/deployer","ram_session_name":"ci","expired_seconds":900},
 {"name":"chain","mode":"ChainableRamRoleArn","source_profile":"role",
  "ram_role_arn":"acs:ram::1234567890123456:role/recorder"},
 {"name":"instance","mode":"EcsRamRole"},
 {"name":"named","mode":"EcsRamRole","ram_role_name":"recorder"},
 {"name":"oidc","mode":"OIDC","ram_role_arn":"acs:ram::1234567890123456:role/deployer",
  "oidc_provider_arn":"acs:ram::1234567890123456:oidc-provider/ci","oidc_token_file":"token"},
 {"name":"external","mode":"External","process_command":"./key.sh --as 'two words'"},
 {"name":"forged","mode":"AK","access_key_id":"emulator","access_key_secret":"hush"},
 {"name":"stranger","mode":"RamRoleArn","access_key_id":"emulator","access_key_secret":"hush",
  "ram_role_arn":"acs:ram::1234567890123456:role/deployer"},
 {"name":"nobody","mode":"RamRoleArn","access_key_id":"emulator","access_key_secret":"emulator",
  "ram_role_arn":"acs:ram::1234567890123456:role/nobody"},
 {"name":"ended","mode":"CloudSSO","access_key_id":"i","access_key_secret":"hush","sts_token":"hush",
  "sts_expiration":1700000000},
 {"name":"unsigned","mode":"OAuth"},
 {"name":"failing","mode":"External","process_command":"sh -c 'echo hush; echo sign in first >&2; exit 3'"},
 {"name":"chatty","mode":"External","process_command":"echo hush"},
 {"name":"half","mode":"StsToken","access_key_id":"i","access_key_secret":"hush"},
 {"name":"rsa","mode":"RsaKeyPair","private_key":"hush"}
]}"#;

const INI: &str = "\
[default]
type = ram_role_arn
access_key_id = emulator
access_key_secret = emulator
role_arn = acs:ram::1234567890123456:role/deployer

[instance]
type = ecs_ram_role

[oidc]
type = oidc_role_arn
role_arn = acs:ram::1234567890123456:role/deployer
oidc_provider_arn = acs:ram::1234567890123456:oidc-provider/ci
oidc_token_file_path = token
";

/// A folder with a valid token, and a server that plays every source of keys, with faults.
fn playing(faults: &[&str]) -> (World, Server) {
    let mut world = World::with(FILE);
    world.write("token", "to.ke.n\n");
    world.set("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "false");
    let play = [
        "--oidc-token-file",
        "token",
        "--imds-role",
        "recorder",
        "--imds-token-required",
        "--credentials-uri",
    ];
    let roles = ["--role", "deployer", "--role", "recorder", "--call-log", "calls.jsonl"];
    let faults: Vec<&str> = faults.iter().flat_map(|fault| ["--fault", fault]).collect();
    let server = Server::start(&world, &[&play[..], &roles, &faults].concat());
    (world, server)
}

impl World {
    /// Runs a plan with the variables and arguments, and full logging; the output must contain no secret.
    fn plan_at(&self, server: &Server, arguments: &str) -> Run {
        let run = self.run(&format!("plan --log --endpoint {} {arguments}", server.url));
        run.shows_no_secret();
        run
    }

    /// How often the server was called for an action with that outcome.
    fn calls(&self, action: &str, code: Option<&str>) -> usize {
        let log = std::fs::read_to_string(self.path().join("calls.jsonl")).unwrap();
        let calls = log.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        calls.filter(|call| call["action"] == action && call["code"].as_str() == code).count()
    }
}

impl Run {
    fn shows_no_secret(&self) {
        for secret in SECRETS {
            assert!(!self.transcript().contains(secret), "{secret} in {}", self.transcript());
        }
    }

    fn says(&self, code: i32, text: &str) {
        assert_eq!(self.code, code, "{}", self.transcript());
        let words: Vec<&str> = self.stderr.split_whitespace().filter(|word| *word != "│").collect();
        assert!(words.join(" ").contains(text), "`{text}` not in {}", self.transcript());
    }
}

#[test]
fn every_mode_of_a_profile_leads_to_a_key() {
    let (world, server) = playing(&[]);
    world.write(".aliyun/config.json", CONFIG);
    let key = r#"{"mode":"AK","access_key_id":"emulator","access_key_secret":"emulator"}"#;
    world.write("key.sh", &format!("#!/bin/sh\n[ \"$2\" = 'two words' ] && echo '{key}'\n"));
    let script = world.path().join("key.sh");
    std::fs::set_permissions(script, std::fs::Permissions::from_mode(0o700)).unwrap();
    for profile in ["key", "role", "chain", "instance", "named", "oidc", "external"] {
        let run = world.plan_at(&server, &format!("--profile {profile}"));
        run.says(0, &format!("credentials: profile `{profile}` ([folder]/.aliyun/config.json:"));
        assert!(run.stdout.contains("Plan: 2 to add"), "{}", run.transcript());
    }
    assert_eq!(world.calls("AssumeRole", None), 3);
    assert_eq!(world.calls("AssumeRoleWithOIDC", None), 1);
}

#[test]
fn every_type_of_a_section_leads_to_a_key() {
    let (mut world, server) = playing(&[]);
    world.write(".alibabacloud/credentials", INI);
    for section in ["default", "instance", "oidc"] {
        world.set("ALIBABA_CLOUD_PROFILE", section);
        world
            .plan_at(&server, "")
            .says(0, &format!("section `{section}` ([folder]/.alibabacloud/credentials:"));
    }
}

#[test]
fn variables_lead_to_a_key_and_nothing_at_all_to_the_instance() {
    let (mut world, server) = playing(&[]);
    world.plan_at(&server, "").says(0, "credentials: the metadata service");
    world.set("ALIBABA_CLOUD_CREDENTIALS_URI", &format!("{}/credentials", server.url));
    let run = world.plan_at(&server, "");
    run.says(0, "credentials: the metadata service, or `ALIBABA_CLOUD_CREDENTIALS_URI` if it has no role");
    assert!(run.stderr.contains("role at 127.0.0.1"), "{}", run.transcript());
    world.set("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");
    let run = world.plan_at(&server, "");
    run.says(0, "credentials: `ALIBABA_CLOUD_CREDENTIALS_URI`");
    assert!(!run.stderr.contains("role at 127.0.0.1"), "{}", run.transcript());
    world.set("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "false");
    world.set("ALIBABA_CLOUD_ECS_METADATA", "recorder");
    world.plan_at(&server, "").says(0, "credentials: `ALIBABA_CLOUD_ECS_METADATA`");
    OIDC.into_iter().for_each(|(name, value)| world.set(name, value));
    let run = world.plan_at(&server, "");
    run.says(0, "AssumeRoleWithOIDC at 127.0.0.1");
    run.says(0, "DescribeLiveRecordVodConfigs at 127.0.0.1");
}

#[test]
fn an_instance_without_tokens_is_asked_the_old_way_unless_that_is_forbidden() {
    let mut world = World::with(FILE);
    world.set("ALIBABA_CLOUD_ECS_METADATA", "recorder");
    world.set("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "false");
    let server = Server::start(&world, &["--imds-role", "recorder"]);
    world.plan_at(&server, "").says(0, "token at");
    drop(server);
    // Not on an instance: the requests for a token and for a key both get 404.
    let server = Server::start(&world, &[]);
    world.plan_at(&server, "").says(1, "the request for the key of the instance's role failed");
    world.set("ALIBABA_CLOUD_IMDSV1_DISABLED", "true");
    let run = world.plan_at(&server, "");
    run.says(1, "the request for the key of the instance's role failed");
    assert!(!run.stderr.contains("key at"), "{}", run.transcript());
}

/// The official SDKs ask the metadata service first, and the credentials URI only when not on an instance.
#[test]
fn an_address_is_asked_where_this_is_no_instance() {
    let mut world = World::with(FILE);
    world.set("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "false");
    let server = Server::start(&world, &["--credentials-uri"]);
    world.set("ALIBABA_CLOUD_CREDENTIALS_URI", &format!("{}/credentials", server.url));
    let run = world.plan_at(&server, "");
    run.says(0, "DescribeLiveRecordVodConfigs at 127.0.0.1");
    assert!(run.stderr.contains("role at 127.0.0.1"), "{}", run.transcript());
}

/// A metadata service that hands out tokens and then accepts none, as some fake services do.
#[test]
fn an_instance_that_refuses_its_own_token_is_asked_the_old_way() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut request = [0; 4096];
            let length = connection.read(&mut request).unwrap();
            let request = String::from_utf8_lossy(&request[..length]).to_ascii_lowercase();
            let (status, body) = match request.lines().next().unwrap() {
                line if line.starts_with("put /latest/api/token") => ("200 OK", "metadata-token"),
                line if line.starts_with("get") && request.contains("metadata-token:") => {
                    ("403 Forbidden", "")
                }
                line if line.contains("credentials/ ") => ("200 OK", "recorder"),
                _ => ("500 Internal Server Error", ""),
            };
            let head =
                format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            connection.write_all(format!("{head}{body}").as_bytes()).unwrap();
        }
    });
    let mut world = World::with(FILE);
    world.set("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "false");
    let asked = |world: &World| {
        let run = world.run(&format!("plan --log --timeout 1s --endpoint {url}"));
        assert_eq!(run.code, 1, "{}", run.transcript());
        run.stderr.lines().filter(|line| line.contains("key at 127.0.0.1")).count()
    };
    assert!(asked(&world) > 0, "the role was told without a token");
    world.set("ALIBABA_CLOUD_IMDSV1_DISABLED", "true");
    assert_eq!(asked(&world), 0);
}

/// An invalid proxy setting is an error and is not bypassed; a failing proxy is named.
#[test]
fn a_proxy_is_told_and_never_passed_over() {
    let mut world = World::with(FILE);
    world.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "emulator");
    world.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "emulator");
    world.set("HTTPS_PROXY", "http://user:hush#hush@127.0.0.1:9");
    let run = world.run("plan --log --timeout 1s");
    run.says(1, "`HTTPS_PROXY` is not a proxy address");
    run.shows_no_secret();
    world.set("HTTPS_PROXY", "http://user:hush-hush@127.0.0.1:9");
    let run = world.run("plan --log --timeout 1s");
    run.says(1, "proxy: 127.0.0.1:9");
    run.says(1, "no connection to live.aliyuncs.com through the proxy 127.0.0.1:9");
    run.shows_no_secret();
    let server = Server::start(&world, &[]);
    world.set("HTTPS_PROXY", "::");
    world.plan_at(&server, "").says(0, "DescribeLiveRecordVodConfigs at 127.0.0.1");
}

/// The `aliyun` tool reads more variables than the official SDKs.
#[test]
fn a_variable_that_only_another_tool_reads_is_told() {
    let (mut world, server) = playing(&[]);
    world.write(".aliyun/config.json", CONFIG);
    world.set("ALIBABACLOUD_PROFILE", "chain");
    let told = "warning: `ALIBABACLOUD_PROFILE` is ignored; livevod reads `ALIBABA_CLOUD_PROFILE` instead";
    world.plan_at(&server, "").says(0, told);
    let run = world.plan_at(&server, "--profile chain");
    assert!(!run.stderr.contains("is ignored"), "{}", run.transcript());
}

#[test]
fn a_source_that_fails_is_final_and_named() {
    let (world, server) = playing(&[]);
    world.write(".aliyun/config.json", CONFIG);
    let table = [
        ("stranger", "SignatureDoesNotMatch"),
        ("nobody", "EntityNotExist.Role"),
        ("ended", "expired at 2023-11-14T22:13:20Z"),
        ("failing", "the command ended with exit status: 3; its standard error: sign in first"),
        ("chatty", "did not print exactly one JSON object"),
        ("half", "has mode `StsToken`, but no `sts_token`"),
        ("unsigned", "named by `--profile`) has mode `OAuth`, but no `access_key_id`"),
        ("rsa", "has mode `RsaKeyPair`, which livevod does not support"),
        ("gone", "has no profile `gone`"),
    ];
    for (profile, reason) in table {
        for format in ["human", "json", "github", "gitlab", "sarif"] {
            let run = world.plan_at(&server, &format!("--profile {profile} --format {format}"));
            assert_eq!(run.code, 1, "{}", run.transcript());
            assert_eq!(world.calls("DescribeLiveRecordVodConfigs", None), 0, "{}", run.transcript());
            if format == "human" {
                run.says(1, reason);
            }
        }
    }
    world.plan_at(&server, "--profile gone").says(1, "help: it has `key`,");
    world.plan_at(&server, "--profile forged").says(1, "SignatureDoesNotMatch");
    for command in ["validate --online", "explain live.example.com/show/cam1 --online"] {
        let run = world.run(&format!("{command} --profile nobody --endpoint {}", server.url));
        run.says(1, "credentials × profile `nobody`");
    }
}

/// The server hands out the same key within its lifetime, so the test knows livevod's key.
#[test]
fn no_output_of_any_command_shows_a_key_that_was_handed_out() {
    let (mut world, server) =
        playing(&["expired-token:action=Describe,every=3", "throttle:action=Describe,every=4"]);
    world.set("ALIBABA_CLOUD_CREDENTIALS_URI", &format!("{}/credentials", server.url));
    world.set("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");
    let mut connection = TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
    connection.write_all(b"GET /credentials HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let key: serde_json::Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    let secrets = ["AccessKeySecret", "SecurityToken"].map(|name| key[name].as_str().unwrap());
    for command in ["plan --full", "drift", "snapshot --out saved.json", "apply --auto-approve", "plan"] {
        for format in ["human", "json", "github", "gitlab", "sarif"] {
            let run = world.run(&format!("{command} --format {format} --log --endpoint {}", server.url));
            assert!(
                run.stderr.contains("credentials: `ALIBABA_CLOUD_CREDENTIALS_URI`"),
                "{}",
                run.transcript()
            );
            assert!(run.stderr.contains("DescribeLiveRecordVodConfigs at"), "{}", run.transcript());
            for secret in secrets {
                assert!(!run.transcript().contains(secret), "{}", run.transcript());
            }
        }
    }
}

#[test]
fn a_broken_token_leads_to_nobody_else() {
    let (mut world, server) = playing(&[]);
    world.write(".aliyun/config.json", CONFIG);
    OIDC.into_iter().for_each(|(name, value)| world.set(name, value));
    world.write("token", "hush.hush.hush");
    let run = world.run(&format!("plan --endpoint {}", server.url));
    run.shows_no_secret();
    assert_snapshot!(run.transcript());
    assert_eq!(world.calls("DescribeLiveRecordVodConfigs", None), 0);
    world.write("token", "x");
    world.plan_at(&server, "").says(1, "`token` holds 1 bytes, which can't be a token");
    std::fs::remove_file(world.path().join("token")).unwrap();
    world.plan_at(&server, "").says(1, "the OIDC token can't be used: failed to open file `token`");
}

#[test]
fn a_key_that_expires_in_the_middle_is_renewed_and_the_call_sent_again() {
    let faults = ["expired-token:action=Add,nth=2", "expired-token:action=Describe,nth=2"];
    let (mut world, server) = playing(&faults);
    OIDC.into_iter().for_each(|(name, value)| world.set(name, value));
    let run = world.run(&format!("apply --auto-approve --log --endpoint {}", server.url));
    run.shows_no_secret();
    run.says(0, "InvalidSecurityToken.Expired");
    assert!(run.stdout.contains("2 added"), "{}", run.transcript());
    assert_eq!(world.calls("AssumeRoleWithOIDC", None), 3);
    assert_eq!(world.calls("AddLiveRecordVodConfig", None), 2);
    assert_eq!(world.calls("AddLiveRecordVodConfig", Some("InvalidSecurityToken.Expired")), 1);
}

#[test]
fn a_key_that_nobody_renews_is_not_tried_again() {
    let (mut world, server) = playing(&["expired-token:action=Describe"]);
    world.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "emulator");
    world.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "emulator");
    world.plan_at(&server, "").says(1, "InvalidSecurityToken.Expired");
    assert_eq!(world.calls("DescribeLiveRecordVodConfigs", Some("InvalidSecurityToken.Expired")), 1);
}

#[test]
fn keys_travel_in_the_clear_to_nobody() {
    let mut world = World::with(FILE);
    world.set("ALIBABA_CLOUD_CREDENTIALS_URI", "http://192.0.2.1/hush?hush");
    let run = world.run("plan --log");
    run.shows_no_secret();
    run.says(
        1,
        "`http://192.0.2.1` is not encrypted: keys may be fetched over `http` only from loopback and link-local addresses",
    );
}

#[test]
fn a_redirect_leads_nowhere() {
    let (mut world, server) = playing(&[]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    world.set("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");
    world.set("ALIBABA_CLOUD_CREDENTIALS_URI", &format!("http://{}/k", listener.local_addr().unwrap()));
    let there =
        format!("HTTP/1.1 302 Found\r\nlocation: {}/credentials\r\ncontent-length: 0\r\n\r\n", server.url);
    let redirect = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let _ = client.read(&mut [0; 1024]);
        client.write_all(there.as_bytes()).unwrap();
    });
    world.plan_at(&server, "").says(1, "failed: status 302");
    redirect.join().unwrap();
}
