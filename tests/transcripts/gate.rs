//! The binary's outputs contain no secret, in whatever form the service sends it back, and no text that affects a terminal or a
//! reader.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use livevod::gate::is_harmful;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use serde_json::json;

use super::World;
use super::credentials::FILE;

const SECRET: &str = "aB3xY9zQ7k/L0pW+2mN5vC8r=T";
const TOKEN: &str = "CAIS+tokEn/Of~the.session_0123456789abcdefghijkl==";
const OIDC: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjaSJ9.c2lnbmF0dXJlLW9mLXRoZS1qb2I";
const IN_ADDRESS: [&str; 3] = ["p4th-Of-The-Address", "qu3ry of/the address", "another-n3sted"];
const HANDED_OUT: [&str; 2] = ["hAnded0ut/secret+of=theaddress", "hAnded0ut.token~of/the+address"];
const FROM_COMMAND: &str = "fr0m-The/Command+that=printed";

/// Every form in which a service may quote a text.
fn quoted(text: &str) -> String {
    let once = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let twice = utf8_percent_encode(&once, NON_ALPHANUMERIC).to_string();
    let lower = once.replace("%2F", "%2f").replace("%2B", "%2b").replace("%3D", "%3d");
    let form = once.replace("%20", "+");
    let coded = (0..3).map(|front| STANDARD.encode(format!("{}{text}!", "x".repeat(front))));
    let url = URL_SAFE_NO_PAD.encode(text);
    let coded: Vec<String> = coded.collect();
    let cut = &text[..text.len() - 2];
    format!(
        "SecurityToken={text}&SecurityToken={text} x-acs-security-token:{text} {cut} {once} {twice} {lower} {form} {} {url}",
        coded.join(" ")
    )
}

/// How a server answers a request.
pub(super) type Answer = dyn Fn(&str) -> (u16, String) + Send + Sync;

pub(super) fn serve(answer: Arc<Answer>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let answer = answer.clone();
            std::thread::spawn(move || one(stream, &*answer));
        }
    });
    url
}

fn one(mut stream: TcpStream, answer: &Answer) {
    let mut request = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_lowercase().lines().find_map(|line| {
                line.strip_prefix("content-length:").map(|length| length.trim().parse::<usize>().unwrap())
            });
            if body.len() >= length.unwrap_or(0) {
                break;
            }
        }
        match stream.read(&mut buffer) {
            Ok(count) if count > 0 => request.extend_from_slice(&buffer[..count]),
            _ => return,
        }
    }
    let (status, body) = answer(&String::from_utf8_lossy(&request));
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    let _ = stream.write_all((head + &body).as_bytes());
}

/// A refusal with `text` in every field that can hold text.
fn refusal(code: &str, text: &str) -> (u16, String) {
    let body = json!({"Code": code, "Message": text, "RequestId": text, "Recommend": text, "HostId": text,
        "AccessDeniedDetail": {"AuthAction": text, "AuthPrincipalDisplayName": text, "NoPermissionType": text}});
    (403, body.to_string())
}

pub(super) fn listing(items: serde_json::Value) -> (u16, String) {
    let total = items.as_array().unwrap().len();
    let body = json!({"RequestId": "R", "PageNum": 1, "PageSize": 100, "Total": total, "TotalNum": total, "TotalPage": 1,
        "LiveRecordVodConfigs": {"LiveRecordVodConfig": items}});
    (200, body.to_string())
}

pub(super) fn identity() -> (u16, String) {
    (200, json!({"AccountId": "1234567890123456", "Arn": "acs:ram::1:user/x", "IdentityType": "RAMUser", "RequestId": "A"}).to_string())
}

/// Answers reads, and refuses everything else with every secret in the refusal.
fn echoing(all: &'static [&'static str]) -> String {
    serve(Arc::new(move |request: &str| {
        let echo = all.iter().map(|secret| quoted(secret)).collect::<Vec<_>>().join("\n");
        match request {
            _ if request.contains("GetCallerIdentity") => identity(),
            _ if request.contains("DescribeLiveRecordVodConfigs") && !request.contains("StreamName=") => {
                listing(json!([]))
            }
            _ if request.starts_with("GET /good") => (
                200,
                json!({"AccessKeyId": "i", "AccessKeySecret": HANDED_OUT[0], "SecurityToken": HANDED_OUT[1],
                    "Expiration": "2099-01-01T00:00:00Z", "Code": "Success"})
                .to_string(),
            ),
            _ => refusal("Forbidden.RAM", &echo),
        }
    }))
}

/// A run's complete output, and every file that it left.
fn leaves(world: &World, arguments: &[&str]) -> BTreeMap<String, String> {
    let output = world.command(arguments).output().unwrap();
    let mut texts = BTreeMap::from(
        [("stdout", output.stdout), ("stderr", output.stderr)]
            .map(|(name, bytes)| (name.to_owned(), String::from_utf8_lossy(&bytes).into_owned())),
    );
    let mut folders = vec![world.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name() != Some(OsStr::new("lock")) {
                let name = path.strip_prefix(world.path()).unwrap().to_string_lossy().into_owned();
                texts.insert(name, String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned());
            }
        }
    }
    texts
}

/// Whether a text contains twelve consecutive bytes of a secret, in any form.
fn shows(text: &str, secret: &str) -> bool {
    let mut texts = vec![text.as_bytes().to_vec()];
    for _ in 0..3 {
        let last = texts.last().unwrap();
        texts.push(percent_decode(last).collect());
    }
    let coded = |front: usize| {
        let digits = URL_SAFE_NO_PAD.encode(format!("{}{secret}", "x".repeat(front)));
        digits[4..digits.len() - 2].to_owned()
    };
    texts.push(text.replace('+', "-").replace('/', "_").into_bytes());
    let forms = [secret.to_owned(), secret.replace(' ', "+"), coded(0), coded(1), coded(2)];
    let pieces: HashSet<&[u8]> = forms.iter().flat_map(|form| form.as_bytes().windows(12)).collect();
    texts.iter().any(|text| text.windows(12).any(|piece| pieces.contains(piece)))
}

/// Files that contain secrets because they were written with them.
const GIVEN: [&str; 3] = ["token", ".aliyun/config.json", "key.sh"];

fn shows_none(world: &World, arguments: &[&str], secrets: &[&str]) -> BTreeMap<String, String> {
    let texts = leaves(world, arguments);
    for (name, text) in texts.iter().filter(|(name, _)| !GIVEN.contains(&name.as_str())) {
        let shown = secrets.iter().find(|secret| shows(text, secret));
        assert_eq!(shown, None, "{name} of {arguments:?}: {text}");
        for line in text.lines().filter(|_| name.ends_with(".jsonl")) {
            assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{name}: {line}");
        }
    }
    texts
}

/// All commands that talk to the service.
fn commands(url: &str) -> Vec<Vec<&str>> {
    let remote = ["--endpoint", url, "--log", "--timeout", "1s", "--settle", "1s"];
    let reading = ["--endpoint", url, "--log", "--timeout", "1s"];
    let mut all = Vec::new();
    for format in ["human", "json", "github", "sarif", "gitlab", "markdown", "html", "terraform-json"] {
        all.push([&["plan", "--format", format, "--json-into", "plan.jsonl"][..], &reading].concat());
    }
    for format in ["human", "json", "github", "sarif", "gitlab", "markdown"] {
        all.push(
            [&["apply", "--auto-approve", "--format", format, "--json-into", "apply.jsonl"][..], &remote]
                .concat(),
        );
    }
    for words in [
        &["validate", "--online"][..],
        &["drift"],
        &["snapshot", "--out", "s.json"],
        &["plan", "--out", "p.json"],
        &["explain", "live.example.com/show/cam1", "--online"],
    ] {
        all.push([words, &reading].concat());
    }
    all.extend([
        vec!["show", "p.json"],
        vec!["journal"],
        vec!["journal", "last"],
        vec!["journal", "last", "--format", "json"],
    ]);
    all
}

#[test]
fn a_key_that_the_service_quotes_stays_here() {
    let mut world = World::with(FILE);
    world.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tExampleKeyIdOfTheTest");
    world.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET);
    world.set("ALIBABA_CLOUD_SECURITY_TOKEN", TOKEN);
    let url = echoing(&[SECRET, TOKEN]);
    let mut told = String::new();
    for arguments in commands(&url) {
        let texts = shows_none(&world, &arguments, &[SECRET, TOKEN]);
        told.extend(texts.values().map(String::as_str));
    }
    assert!(
        told.contains("Forbidden.RAM") && told.contains("SecurityToken=(secret)&SecurityToken=(secret)"),
        "{told}"
    );
    assert!(told.contains("Recommend") || told.contains("x-acs-security-token:(secret)"), "{told}");
}

#[test]
fn a_token_that_sts_quotes_stays_here() {
    let mut world = World::with(FILE);
    world.write("token", &format!("{OIDC}\n"));
    world.set("ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1234567890123456:role/deployer");
    world.set("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::1234567890123456:oidc-provider/ci");
    world.set("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "token");
    let url = echoing(&[OIDC]);
    for arguments in commands(&url) {
        let texts = shows_none(&world, &arguments, &[OIDC]);
        let is_remote = arguments.contains(&"--endpoint");
        let told = format!("{} {}", texts["stdout"], texts["stderr"]).replace('│', " ");
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ").contains("role/deployer` failed");
        assert!(told || !is_remote, "{arguments:?}: {}{}", texts["stdout"], texts["stderr"]);
    }
}

#[test]
fn an_address_that_hands_out_keys_is_not_told_on() {
    let [path, query, _] = IN_ADDRESS;
    let query = utf8_percent_encode(query, NON_ALPHANUMERIC).to_string();
    let places: [(&str, &'static [&'static str]); 2] = [("bad", &IN_ADDRESS), ("good", &HANDED_OUT)];
    for (place, secrets) in places {
        let mut world = World::with(FILE);
        let address = format!("{}/{place}/{path}?token={query}&more=", echoing(secrets));
        world.set("ALIBABA_CLOUD_CREDENTIALS_URI", &(address.clone() + IN_ADDRESS[2]));
        let url = address.split(&format!("/{place}")).next().unwrap().to_owned();
        for arguments in commands(&url) {
            shows_whole(&world, &arguments, secrets);
        }
    }
}

/// Only a complete URL is a secret.
fn shows_whole(world: &World, arguments: &[&str], secrets: &[&str]) {
    for (name, text) in leaves(world, arguments) {
        let shown = secrets.iter().find(|secret| text.contains(*secret));
        assert_eq!(shown, None, "{name} of {arguments:?}: {text}");
    }
}

#[test]
fn what_a_profile_and_its_command_hold_stays_here() {
    let world = World::with(FILE);
    let config = json!({"current": "external", "profiles": [
        {"name": "external", "mode": "External", "process_command": "./key.sh"},
        {"name": "other", "mode": "AK", "access_key_id": "i", "access_key_secret": SECRET},
    ]});
    world.write(".aliyun/config.json", &config.to_string());
    let key = json!({"mode": "AK", "access_key_id": "i", "access_key_secret": FROM_COMMAND});
    world.write("key.sh", &format!("#!/bin/sh\necho '{key}'\n"));
    std::fs::set_permissions(world.path().join("key.sh"), std::fs::Permissions::from_mode(0o700)).unwrap();
    let url = echoing(&[FROM_COMMAND, SECRET]);
    for arguments in commands(&url) {
        shows_none(&world, &arguments, &[FROM_COMMAND, SECRET]);
    }
}

#[test]
fn what_would_be_carried_out_later_is_not_saved_with_a_secret_in_it() {
    let secret = "s3cretOfTheKeyThatIsAStream";
    let mut world = World::with(&FILE.replace("cam2", secret));
    world.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "i");
    world.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", secret);
    let url = echoing(&["nothing"]);
    let texts = shows_whole_but(&world, &["plan", "--out", "p.json", "--endpoint", &url], secret);
    assert!(texts["stderr"].contains("would contain a secret"), "{texts:?}");
    assert!(!texts.contains_key("p.json"), "{texts:?}");
}

/// The text unchanged, only in the given file.
fn shows_whole_but(world: &World, arguments: &[&str], secret: &str) -> BTreeMap<String, String> {
    let texts = leaves(world, arguments);
    let shown = texts.iter().find(|(name, text)| *name != "livevod.yaml" && text.contains(secret));
    assert_eq!(shown, None);
    texts
}

/// A text that affects terminals, logs of CI jobs and their readers.
const HOSTILE: &str = "x\nINJECTED\r\n::error::y\n##[group]\u{1b}[2J\u{1b}]0;t\u{7}\u{9b}31m\u{202e}\u{200b}\u{2028}\u{e0041}\u{e007f}\u{61c}z";

/// Answers every read with hostile text in every field, and refuses writes with it.
fn hostile() -> String {
    serve(Arc::new(|request: &str| {
        let item = |app: &str, stream: &str| {
            json!({"DomainName": "live.example.com", "AppName": app, "StreamName": stream, "VodTranscodeGroupId": HOSTILE,
                "CycleDuration": 3600, "AutoCompose": "ON", "ComposeVodTranscodeGroupId": HOSTILE, "CreateTime": HOSTILE,
                "OnDemand": 0, "StorageLocation": HOSTILE, HOSTILE: HOSTILE})
        };
        let named = [("show", "cam1"), ("show", HOSTILE), (HOSTILE, "cam1")];
        match request {
            _ if request.contains("GetCallerIdentity") => identity(),
            _ if request.contains("DescribeLiveRecordVodConfigs") => {
                listing(json!(named.map(|(app, stream)| item(app, stream))))
            }
            _ => refusal(HOSTILE, HOSTILE),
        }
    }))
}

fn is_tame(what: &str, arguments: &[&OsStr], bytes: &[u8], is_github: bool) {
    let text = String::from_utf8_lossy(bytes);
    let is_tag = |one: char| ('\u{e0000}'..='\u{e007f}').contains(&one);
    let harmful = text.chars().find(|one| *one != '\n' && *one != '\t' && (is_harmful(*one) || is_tag(*one)));
    assert_eq!(harmful, None, "{what} of {arguments:?}: {text:?}");
    let ours = ["::error ", "::warning ", "::notice ", "::group::", "::endgroup::"];
    for line in text.lines() {
        let start = line.trim_start();
        assert!(!start.starts_with("INJECTED"), "{what} of {arguments:?}: {text}");
        // A line that is a command can't also be one in the older form.
        let is_ours = is_github && ours.iter().any(|head| line.starts_with(head));
        let commands = start.starts_with("::") || line.contains("##[");
        assert!(is_ours || !commands, "{what} of {arguments:?}: {line:?}");
    }
}

/// Runs the binary; `true` if it printed anything.
fn tamed(world: &World, arguments: &[&OsStr]) -> bool {
    let output = world.command(&[]).args(arguments).output().unwrap();
    let is_github = arguments.contains(&OsStr::new("github"));
    is_tame("stdout", arguments, &output.stdout, is_github);
    is_tame("stderr", arguments, &output.stderr, false);
    !output.stdout.is_empty() || !output.stderr.is_empty()
}

fn words<'a>(texts: &[&'a str]) -> Vec<&'a OsStr> {
    texts.iter().map(|text| OsStr::new(*text)).collect()
}

#[test]
fn a_hostile_service_commands_nobody() {
    let mut world = World::with(&FILE.replace("live.example.com: {", "live.example.com: { prune: true,"));
    world.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "i");
    world.set("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET);
    let url = hostile();
    for mut arguments in commands(&url) {
        if arguments[0] == "plan" || arguments[0] == "apply" {
            arguments.extend([
                "--max-delete",
                "100%",
                "--max-change",
                "100%",
                "--allow-recording-stop",
                "--allow-recording-gap",
            ]);
        }
        assert!(tamed(&world, &words(&arguments)), "{arguments:?}");
    }
    for file in ["plan.jsonl", "apply.jsonl"] {
        let text = std::fs::read(world.path().join(file)).expect(file);
        is_tame(file, &[], &text, false);
    }
    for format in ["human", "json", "markdown", "html", "github", "sarif", "terraform-json"] {
        tamed(&world, &words(&["show", "p.json", "--format", format]));
    }
    for entry in std::fs::read_dir(world.path().join(".livevod/journal")).into_iter().flatten() {
        is_tame("journal", &[], &std::fs::read(entry.unwrap().path()).unwrap(), false);
    }
}

#[test]
fn hostile_names_of_files_and_arguments_command_nobody() {
    let world = World::new();
    let name = format!("{}.yaml", HOSTILE.replace('\0', ""));
    std::fs::write(
        world.path().join(&name),
        format!("version: 1\ntiers: {{ \"{}\": {{ a: 1 }} }}\n# \u{202e}\u{e0041}\nx: y\n", "中"),
    )
    .unwrap();
    world.write("good.yaml", FILE);
    for format in ["human", "json", "github", "sarif", "gitlab"] {
        tamed(&world, &words(&["validate", &name, "--format", format]));
        tamed(&world, &words(&["plan", "--emulator", &name, "--format", format]));
        tamed(&world, &words(&["fmt", "--check", &name, "--format", format]));
    }
    tamed(&world, &words(&["fmt", "--diff", &name]));
    for arguments in [
        &["validate", HOSTILE][..],
        &["show", HOSTILE],
        &["apply", HOSTILE, "--emulator"],
        &["plan", "good.yaml", "--emulator", "--target", HOSTILE],
        &["plan", "good.yaml", "--emulator", "--exclude", HOSTILE],
        &["plan", "good.yaml", "--emulator", "--account", HOSTILE],
        &["plan", "good.yaml", "--emulator", "--format", HOSTILE],
        &["plan", "good.yaml", "--emulator", "--title", HOSTILE, "--format", "markdown"],
        &["plan", "good.yaml", "--emulator", "--link-base", HOSTILE],
        &["plan", "good.yaml", "--emulator", "--base", HOSTILE],
        &["plan", "good.yaml", "--emulator", "--json-into", &format!("no/{HOSTILE}")],
        &["plan", "good.yaml", "--emulator", "--out", &format!("{HOSTILE}.json")],
        &["plan", "good.yaml", "--emulator", "--against", HOSTILE],
        &["plan", "good.yaml", "--emulator", "--expect-digest", HOSTILE],
        &["plan", "good.yaml", "--endpoint", HOSTILE],
        &["plan", "good.yaml", "--profile", HOSTILE],
        &["plan", "good.yaml", "--region", HOSTILE, "--emulator"],
        &["plan", "good.yaml", "--timeout", HOSTILE],
        &["plan", "good.yaml", "--allow", HOSTILE],
        &["plan", HOSTILE, HOSTILE, "--emulator"],
        &["plan", "good.yaml", &format!("--emulator={HOSTILE}")],
        &["plan", &format!("--{HOSTILE}")],
        &[HOSTILE],
        &["explain", HOSTILE],
        &["explain", "live.example.com/show/cam1", "--path", HOSTILE],
        &["journal", HOSTILE, "--journal", HOSTILE],
        &["restore", HOSTILE, "--emulator"],
        &["snapshot", "good.yaml", "--emulator", "--out", &format!("{HOSTILE}.snap")],
        &["emulator", "--fault", HOSTILE],
        &["emulator", "--quirk", HOSTILE],
        &["emulator", "--load", HOSTILE],
        &["emulator", "dump", "--data", HOSTILE],
        &["schema", HOSTILE],
        &["completions", HOSTILE],
    ] {
        for more in [&[][..], &["--format", "json"], &["--format", "github"]] {
            tamed(&world, &words(&[arguments, more].concat()));
        }
    }
    let no_text = OsStr::from_bytes(b"x\n::error::\xff\x1b[2J");
    tamed(&world, &[OsStr::new("validate"), no_text]);
    tamed(&world, &[OsStr::new("plan"), OsStr::new("--target"), no_text]);
}

#[test]
fn hostile_variables_command_nobody() {
    let names = [
        "LIVEVOD_ENDPOINT",
        "LIVEVOD_PROFILE",
        "LIVEVOD_ACCOUNT",
        "LIVEVOD_REGION",
        "LIVEVOD_RATE",
        "LIVEVOD_TIMEOUT",
        "LIVEVOD_PARALLELISM",
        "LIVEVOD_SIGNATURE",
        "LIVEVOD_LINK_BASE",
        "ALIBABA_CLOUD_PROFILE",
        "ALIBABA_CLOUD_CONFIG_FILE",
        "ALIBABA_CLOUD_CREDENTIALS_FILE",
        "ALIBABA_CLOUD_CREDENTIALS_URI",
        "ALIBABA_CLOUD_STS_REGION",
        "ALIBABA_CLOUD_ECS_METADATA",
    ];
    for name in names {
        let mut world = World::with(FILE);
        world.set(name, HOSTILE);
        for format in ["human", "json", "github"] {
            tamed(
                &world,
                &words(&["plan", "--endpoint", "http://127.0.0.1:9", "--timeout", "1s", "--format", format]),
            );
            tamed(&world, &words(&["plan", "--format", format, "--against", "nothing"]));
        }
    }
}

#[test]
fn hostile_plans_snapshots_and_journals_command_nobody() {
    let world = World::with(FILE);
    world.converge("--emulator");
    assert_eq!(world.run("snapshot --emulator --out s.json").code, 0);
    world.write("livevod.yaml", &FILE.replace("cam1: {}", "cam1: { cycle_duration: 30m }"));
    assert_eq!(world.run("plan --emulator --out p.json --max-change 100%").code, 0);
    for file in ["p.json", "s.json"] {
        let text = std::fs::read_to_string(world.path().join(file)).unwrap();
        for leaf in 0..texts_in(&text) {
            world.write(file, &livevod::sealed::close(spoilt(&text, leaf)));
            for format in ["human", "json", "markdown", "github"] {
                let arguments = match file {
                    "p.json" => vec!["show", file, "--format", format],
                    _ => vec!["plan", "--against", file, "--format", format],
                };
                tamed(&world, &words(&arguments));
            }
        }
    }
    let folder = world.path().join(".livevod/journal");
    let journal = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let journal = journal.into_iter().find(|path| path.extension() == Some(OsStr::new("jsonl"))).unwrap();
    spoil_journal(&world, &journal);
}

fn spoil_journal(world: &World, journal: &Path) {
    let text = std::fs::read_to_string(journal).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    for at in 0..lines.len() {
        for leaf in 0..texts_in(lines[at]) {
            let mut value: serde_json::Value = serde_json::from_str(lines[at]).unwrap();
            replace(&mut value, &mut { leaf });
            let line = value.to_string();
            let spoilt: Vec<&str> = lines
                .iter()
                .enumerate()
                .map(|(other, text)| if other == at { line.as_str() } else { *text })
                .collect();
            std::fs::write(journal, spoilt.join("\n") + "\n").unwrap();
            for arguments in [
                &["journal"][..],
                &["journal", "last"],
                &["journal", "last", "--format", "json"],
                &["plan", "--emulator"],
            ] {
                tamed(world, &words(arguments));
            }
        }
    }
}

/// How many strings a JSON text contains.
fn texts_in(text: &str) -> usize {
    let mut value = serde_json::from_str(text).unwrap();
    let mut left = usize::MAX;
    replace(&mut value, &mut left);
    usize::MAX - left
}

/// A sealed document, opened, with one of its strings replaced by a hostile one.
fn spoilt(text: &str, leaf: usize) -> String {
    let mut value: serde_json::Value = serde_json::from_str(text).unwrap();
    value.as_object_mut().unwrap().remove("checksum");
    replace(&mut value, &mut { leaf });
    let open = serde_json::to_string_pretty(&value).unwrap();
    format!("{},\n  ", open.strip_suffix("\n}").unwrap())
}

/// Replaces the string at this index.
fn replace(value: &mut serde_json::Value, left: &mut usize) {
    match value {
        serde_json::Value::String(text) => {
            if *left == 0 {
                HOSTILE.clone_into(text);
            }
            *left = left.wrapping_sub(1);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| replace(item, left)),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(|item| replace(item, left)),
        _ => {}
    }
}
