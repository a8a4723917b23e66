//! `drift --notify`: what receivers are sent, when, and what happens if they do not take it.

use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use insta::assert_snapshot;
use livevod::notify::{Check, Outcome, State};
use serde_json::Value as Json;

use super::gate::serve;
use super::server::{Server, keyed};
use super::{Run, World, who};

const FILE: &str = "\
version: 1
account: \"1234567890123456\"
transcode_groups: { hd: e2d796d3bb5fd8049d32bff62f94e4c1 }
defaults: { vod_transcode_group: hd }
domains:
  live.example.com: { apps: { show: { streams: { cam1: {}, cam2: {}, \"*\": {} } } } }
";

const KINDS: [&str; 5] = ["json", "slack", "dingtalk", "feishu", "wecom"];

/// The path and the query of every receiver's URL.
const HOOK: &str = "/hook/0123456789abcdef0123456789?access_token=T0ken-0123456789-abcdef";
const SECRET: &str = "SECa1b2c3d4e5f6a7b8c9d0";

/// A receiver on this machine that keeps what it is sent.
pub(super) struct Post {
    pub(super) url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Post {
    /// It answers each request with a status and a body.
    fn answering(answer: impl Fn(usize) -> (u16, &'static str) + Send + Sync + 'static) -> Self {
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = requests.clone();
        let count = AtomicUsize::new(0);
        let url = serve(Arc::new(move |request| {
            kept.lock().unwrap().push(request.to_owned());
            let (status, body) = answer(count.fetch_add(1, Ordering::Relaxed));
            (status, body.to_owned())
        }));
        Self { url: format!("{url}{HOOK}"), requests }
    }

    /// It has no such hook any more.
    pub(super) fn gone() -> Self {
        Self::answering(|_| (404, "no_service"))
    }

    pub(super) fn accepting() -> Self {
        Self::answering(|_| (200, r#"{"errcode":0,"code":0}"#))
    }

    /// What came since it was last asked.
    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }

    pub(super) fn bodies(&self) -> Vec<Json> {
        let body =
            |request: &String| serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
        self.taken().iter().map(body).collect()
    }
}

/// A world in which the service holds what `FILE` declares, and whose receivers have URLs.
fn world(post: &Post) -> World {
    let mut world = World::with(FILE);
    for kind in KINDS {
        world.set(&format!("LIVEVOD_NOTIFY_{}_URL", kind.to_uppercase()), &post.url);
    }
    world.converge("--emulator");
    world
}

/// Changes the service without these files.
fn edit(world: &World, streams: &str) {
    world.write("other.yaml", &FILE.replace("cam1: {}, cam2: {}, \"*\": {}", streams));
    let run = world.run("apply other.yaml --emulator --auto-approve --max-change 100% --max-delete 100%");
    assert_eq!(run.code, 0, "{}", run.transcript());
}

fn edited(world: &World) {
    edit(world, "cam1: { cycle_duration: 6h }, cam2: { state: absent }, \"*\": {}, \"Cam1\": {}");
}

/// Everything about time, ports and signatures replaced.
fn scrubbed(post: &Post) -> String {
    let mut text = String::new();
    for request in post.taken() {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let path = head.lines().next().unwrap().replace(HOOK, "[hook]");
        let signed =
            head.lines().filter(|line| line.starts_with("x-livevod")).map(|line| format!("{line}\n"));
        let mut body: Json = serde_json::from_str(body).unwrap();
        for name in ["timestamp", "sign"] {
            if body.get(name).is_some() {
                body[name] = format!("[{name}]").into();
            }
        }
        let head = [path + "\n", signed.collect()].concat();
        text += &format!("{}{}\n", hidden(&head), serde_json::to_string_pretty(&body).unwrap());
    }
    text
}

/// The values of signatures and times of a request's head.
fn hidden(head: &str) -> String {
    let mut parts = head.split_inclusive(['=', '&', ' ']);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let hides = text.ends_with("timestamp=") || text.ends_with("sign=") || text.ends_with("sha256=");
        let end = part.find(['&', ' ', '\n']).unwrap_or(part.len());
        text += &if hides { format!("[…]{}", &part[end..]) } else { part.to_owned() };
    }
    text
}

fn told(run: &Run) -> bool {
    run.stderr.contains("not-told")
}

#[test]
fn every_kind_of_receiver_is_told_in_its_own_words() {
    for kind in KINDS {
        let post = Post::accepting();
        let mut world = world(&post);
        if ["json", "dingtalk", "feishu"].contains(&kind) {
            world.set(&format!("LIVEVOD_NOTIFY_{}_SECRET", kind.to_uppercase()), SECRET);
        }
        edited(&world);
        let line =
            format!("drift --emulator --notify {kind} --notify-link https://ci.example.com/job/7?a=b&c");
        assert_eq!(world.run(&line).code, 2);
        assert_snapshot!(format!("notify_{kind}_drift"), scrubbed(&post));
        edit(&world, "cam1: {}, cam2: {}, \"*\": {}, Cam1: { state: absent }");
        assert_eq!(world.run(&line).code, 0);
        assert_snapshot!(format!("notify_{kind}_clean"), scrubbed(&post));
        world.write("livevod.yaml", "version: 1\ndomains: { live.example.com: { apps: 1 } }\n");
        assert_eq!(world.run(&line).code, 1);
        assert_snapshot!(format!("notify_{kind}_failed"), scrubbed(&post));
    }
}

#[test]
fn a_domain_that_can_not_be_read_is_told_as_such_and_never_as_clean() {
    let post = Post::accepting();
    let mut world = keyed(&FILE.replace(
        "domains:\n",
        "domains:\n  more.example.com: { apps: { show: { streams: { cam1: {} } } } }\n",
    ));
    let server = Server::start(&world, &["--domain=live.example.com=cn-shanghai"]);
    for kind in KINDS {
        world.set(&format!("LIVEVOD_NOTIFY_{}_URL", kind.to_uppercase()), &post.url);
    }
    for kind in KINDS {
        let run = world.run(&format!("drift --title nightly --notify {kind} --endpoint {}", server.url));
        assert_eq!(run.code, 1, "{}", run.transcript());
        let text = scrubbed(&post).replace(&server.url, "[endpoint]");
        assert_snapshot!(format!("notify_{kind}_incomplete"), text);
    }
}

#[test]
fn a_result_is_told_once_and_again_when_it_changes() {
    let post = Post::accepting();
    let world = world(&post);
    let outcomes = |line: &str, code| {
        let run = world.run(line);
        assert_eq!(run.code, code, "{}", run.transcript());
        assert!(!told(&run), "{}", run.transcript());
        let pair = |body: &Json| {
            (body["before"].clone(), body["outcome"].clone(), body["differences_total"].clone())
        };
        post.bodies()
            .iter()
            .map(pair)
            .map(|(before, now, count)| format!("{before} {now} {count}"))
            .collect::<Vec<_>>()
    };
    let line = "drift --emulator --notify json";
    assert_eq!(outcomes(line, 0), [""; 0], "a first result that is clean is no news");
    edit(&world, "cam1: { cycle_duration: 6h }, cam2: {}, \"*\": {}");
    assert_eq!(outcomes(line, 2), ["null \"drift\" 1"]);
    assert_eq!(outcomes(line, 2), [""; 0]);
    assert_eq!(outcomes(&format!("{line} --format json"), 2), [""; 0], "the format is no news");
    edit(&world, "cam1: { cycle_duration: 5h }, cam2: {}, \"*\": {}");
    assert_eq!(outcomes(line, 2), ["\"drift\" \"drift\" 1"], "other values are news");
    assert_eq!(outcomes(&format!("{line} --target live.example.com/show/cam1"), 2), ["null \"drift\" 1"]);
    assert_eq!(outcomes(&format!("{line} --title night"), 2), ["null \"drift\" 1"], "another check");
    assert_eq!(outcomes(&format!("{line} --notify json:second --state other.json"), 1), [""; 0]);
    edit(&world, "cam1: {}, cam2: {}, \"*\": {}");
    assert_eq!(outcomes(line, 0), ["\"drift\" \"clean\" 0"]);
    assert_eq!(outcomes(line, 0), [""; 0]);
    let kept = std::fs::read_to_string(world.path().join(".livevod/drift.json")).unwrap();
    let kept = State::read(Check::Drift, &kept, jiff::Timestamp::now()).unwrap();
    assert_eq!(kept.checks.len(), 3, "{kept:?}");
    assert_eq!(kept.checks["night"].told["json"].outcome, Outcome::Drift);
}

#[test]
fn the_state_advances_for_each_receiver_by_itself() {
    let down = Post::answering(|at| if at == 0 { (403, "") } else { (200, "ok") });
    let up = Post::accepting();
    let mut world = world(&up);
    world.set("LIVEVOD_NOTIFY_ONCALL_URL", &down.url);
    edited(&world);
    let line = "drift --emulator --notify slack --notify slack:oncall";
    let first = world.run(line);
    assert_eq!(first.code, 2);
    assert!(first.stderr.contains("the message to `oncall` was not delivered: it answered with status 403"));
    assert_eq!((up.taken().len(), down.taken().len()), (1, 1));
    let second = world.run(line);
    assert!(!told(&second), "{}", second.transcript());
    assert_eq!((up.taken().len(), down.taken().len()), (0, 1), "only who does not know yet is told");
    world.run(line);
    assert_eq!((up.taken().len(), down.taken().len()), (0, 0));
}

#[test]
fn a_receiver_that_does_not_take_it_changes_nothing_else() {
    let silent = World::with(FILE);
    silent.converge("--emulator");
    edited(&silent);
    let usual = silent.run("drift --emulator");
    for (kind, status, body, reason) in [
        ("slack", 302, "", "redirect (status 302), which is not followed"),
        ("slack", 404, "no_service", "status 404"),
        ("json", 400, "", "status 400"),
        ("dingtalk", 200, r#"{"errcode":310000,"errmsg":"sign not match"}"#, "code 310000: sign not match"),
        ("wecom", 200, r#"{"errcode":93000,"errmsg":"T0ken-0123456789-abcdef"}"#, "code 93000: (secret)"),
        ("feishu", 200, r#"{"code":19021,"msg":"sign match fail"}"#, "code 19021: sign match fail"),
        ("feishu", 200, "<html>", "does not say that it accepted"),
    ] {
        let post = Post::answering(move |_| (status, body));
        let world = world(&post);
        edited(&world);
        let line = format!("drift --emulator --notify {kind}");
        let run = world.run(&line);
        assert_eq!((run.code, &run.stdout), (usual.code, &usual.stdout), "{}", run.transcript());
        let words = run.stderr.replace("\n  │ ", " ");
        assert!(words.contains(reason), "{}", run.transcript());
        assert_eq!(post.taken().len(), 1, "a refusal is not repeated");
        let json = world.run(&format!("{line} --format json"));
        assert_eq!(json.code, 2);
        let findings = json.json()["diagnostics"].as_array().unwrap().clone();
        let found = findings.iter().find(|one| one["code"] == "not-told").unwrap();
        assert!(found["message"].as_str().unwrap().contains(reason), "{found}");
        assert_eq!(found["severity"], "warning");
        for secret in ["0123456789abcdef", "T0ken", "/hook/"] {
            let all = run.transcript() + &json.transcript();
            assert!(!all.contains(secret), "{all}");
        }
    }
}

#[test]
fn a_busy_receiver_is_asked_again_and_a_dead_one_given_up() {
    let busy = Post::answering(|at| match at {
        0 => (503, ""),
        1 => (429, ""),
        _ => (200, r#"{"errcode":0}"#),
    });
    let world_of_busy = world(&busy);
    edited(&world_of_busy);
    let run = world_of_busy.run("drift --emulator --notify wecom");
    assert_eq!((run.code, told(&run)), (2, false), "{}", run.transcript());
    assert_eq!(busy.taken().len(), 3);

    let hanging = Post::answering(|_| {
        std::thread::park_timeout(std::time::Duration::from_secs(60));
        (200, "ok")
    });
    let world_of_hanging = world(&hanging);
    edited(&world_of_hanging);
    let run = world_of_hanging.run("drift --emulator --notify slack --notify-timeout 300ms");
    assert_eq!((run.code, told(&run)), (2, true), "{}", run.transcript());

    let mut gone = world(&busy);
    gone.set("LIVEVOD_NOTIFY_GONE_URL", &format!("http://127.0.0.1:1{HOOK}"));
    edited(&gone);
    let run = gone.run("drift --emulator --notify json:gone --notify-timeout 100ms");
    assert_eq!((run.code, told(&run)), (2, true), "{}", run.transcript());
    assert!(run.stderr.contains("no connection to 127.0.0.1:1"), "{}", run.transcript());
}

#[test]
fn a_proxy_is_used_as_for_the_service() {
    let mut world = keyed(FILE);
    let server = Server::start(&world, &[]);
    world.converge(&format!("--endpoint {}", server.url));
    world.set("LIVEVOD_NOTIFY_SLACK_URL", &format!("https://hooks.example.com{HOOK}"));
    world.set("HTTPS_PROXY", "http://127.0.0.1:1");
    world.write("livevod.yaml", &FILE.replace("cam1: {}", "cam1: {}, cam3: {}"));
    let line = format!("drift --endpoint {} --notify slack --notify-timeout 100ms", server.url);
    let run = world.run(&line);
    assert_eq!(run.code, 2, "{}", run.transcript());
    let words = run.stderr.replace("\n  │ ", " ");
    assert!(words.contains("hooks.example.com through the proxy 127.0.0.1:1"), "{}", run.transcript());
    world.set("HTTPS_PROXY", "http://127.0.0.1:eins");
    let run = world.run(&line);
    assert_eq!(run.code, 2, "{}", run.transcript());
    assert!(run.stderr.contains("is not a proxy address"), "{}", run.transcript());
}

#[test]
fn a_receiver_is_configured_by_a_variable_or_a_regular_file() {
    let post = Post::accepting();
    let with = |variables: &[(&str, &str)]| {
        let mut world = World::with(FILE);
        variables.iter().for_each(|(name, value)| world.set(name, value));
        world.write("empty", " \n");
        world.write("url", &format!("{}\n", post.url));
        std::fs::create_dir(world.path().join("folder")).unwrap();
        symlink("url", world.path().join("link")).unwrap();
        assert!(
            std::process::Command::new("mkfifo").arg(world.path().join("pipe")).status().unwrap().success()
        );
        world
    };
    let (url, file, secret) =
        ("LIVEVOD_NOTIFY_SLACK_URL", "LIVEVOD_NOTIFY_SLACK_URL_FILE", "LIVEVOD_NOTIFY_SLACK_SECRET");
    let hooks = "https://hooks.example.com/services/T0ken0123456789abcdef";
    for (variables, why) in [
        (vec![], "`--notify slack` needs the URL of the receiver"),
        (vec![(url, post.url.as_str()), (file, "url")], "are set"),
        (vec![(file, "empty")], "is empty"),
        (vec![(file, "nowhere")], "can't be read"),
        (vec![(file, "folder")], "can't be read"),
        (vec![(file, "pipe")], "it is not a regular file"),
        (vec![(file, "link")], "it is a symbolic link"),
        (
            vec![(url, "http://hooks.example.com/services/T0ken0123456789abcdef")],
            "it must begin with `https://`",
        ),
        (vec![(url, "https://me:T0ken0123456789abcdef@hooks.example.com/")], "a user name"),
        (vec![(url, "T0ken0123456789abcdef")], "it is not a URL"),
        (vec![(url, hooks)], "only allowed for a receiver on this machine"),
        (vec![(url, post.url.as_str()), (secret, "T0ken0123456789abcdef")], "checks no signature"),
    ] {
        let world = with(&variables);
        let run = world.run("drift --emulator --notify slack");
        assert_eq!(run.code, 1, "{why}: {}", run.transcript());
        let words = run.stderr.replace("\n  │ ", " ");
        assert!(words.contains(why), "{why}: {}", run.transcript());
        assert!(!run.transcript().contains("T0ken"), "{}", run.transcript());
        assert!(!world.path().join(".livevod").exists(), "it ends before anything is read or written");
    }
    let world = with(&[(file, "url")]);
    assert_eq!(world.run("drift --emulator --notify slack").code, 2);
    assert_eq!(post.taken().len(), 1);
    for (line, why) in [
        ("--notify mail", "expected `json`, `slack`"),
        ("--notify slack --notify slack", "names the receiver `slack` twice"),
        ("--notify slack --notify-link ftp://a", "a link is `https://…`"),
        ("--notify slack --state livevod.yaml", "this command also reads it"),
        ("--notify slack --state same --metrics same", "`--state` also writes to it"),
    ] {
        let run = world.run(&format!("drift --emulator {line}"));
        assert_eq!(run.code, 1, "{line}: {}", run.transcript());
        assert!(run.stderr.contains(why), "{line}: {}", run.transcript());
    }
    assert_eq!(post.taken().len(), 0);
}

/// Who can write the state can make livevod tell something twice, and nothing else.
#[test]
fn a_state_that_can_not_be_used_is_left_alone_and_hides_nothing() {
    for content in
        ["", "version: 1\n", "{\"drift_state\": \"2.0\", \"checks\": {}}", "{\"drift_state\": \"1.0\"}"]
    {
        let post = Post::accepting();
        let world = world(&post);
        edited(&world);
        world.write("state.json", content);
        let run = world.run("drift --emulator --notify json --state state.json");
        assert_eq!((run.code, told(&run)), (2, true), "{content}: {}", run.transcript());
        assert!(run.stderr.contains("the state in `state.json` can't be used"), "{}", run.transcript());
        assert_eq!(post.taken().len(), 1);
        assert_eq!(std::fs::read_to_string(world.path().join("state.json")).unwrap(), content);
    }
    let post = Post::accepting();
    let world = world(&post);
    edited(&world);
    world.write("foreign", "foreign");
    symlink("../foreign", world.path().join(".livevod/drift.json")).unwrap();
    let run = world.run("drift --emulator --notify json");
    assert_eq!((run.code, told(&run), post.taken().len()), (2, true, 1), "{}", run.transcript());
    assert_eq!(std::fs::read_to_string(world.path().join("foreign")).unwrap(), "foreign");
    let run = world.run("drift --emulator --notify json --state .livevod/journal/lock/state.json");
    assert_eq!((run.code, told(&run), post.taken().len()), (2, true, 1), "{}", run.transcript());
}

/// What the files changed is not said to have been changed outside of them, and without a journal nothing is said about that.
#[test]
fn a_message_says_which_side_moved_and_who_did_it_as_far_as_that_is_known() {
    let post = Post::accepting();
    let mut world = World::with(who::FILE);
    for kind in ["json", "slack"] {
        world.set(&format!("LIVEVOD_NOTIFY_{}_URL", kind.to_uppercase()), &post.url);
    }
    world.converge("--emulator");
    who::others(&world, &[("alice", "AliyunConsole", who::shorter("cam1"))]);
    world.write("livevod.yaml", &who::FILE.replace("cam2: {}", "cam2: { cycle_duration: 2h }"));
    let told = |line: &str| {
        let run = world.run(&format!("drift --emulator --notify json --notify slack {line}"));
        assert_eq!(run.code, 2, "{}", run.transcript());
        let mut bodies = post.bodies();
        bodies.sort_by_key(|body| body.get("blocks").is_some());
        let text = bodies[1]["blocks"][1]["text"]["text"].as_str().unwrap().to_owned();
        (bodies.swap_remove(0)["differences"].take(), text)
    };
    let (rows, text) = told("--who --title who");
    assert_eq!((&rows[0]["moved"], &rows[1]["moved"]), (&"service".into(), &"files".into()));
    assert_eq!(rows[0]["fields"][0]["moved"], "service");
    assert!(
        rows[0]["who"].as_str().unwrap().ends_with("updated by alice (RAM user) in the console"),
        "{rows}"
    );
    let (first, second) = text.split_once('\n').unwrap();
    let outside = "`live.example.com/show/cam1` was changed outside the files: `cycle_duration 1h → 15m` (ActionTrail: `";
    assert!(first.contains(outside) && first.ends_with("alice (RAM user) in the console`)"), "{first}");
    let inside = "`live.example.com/show/cam2` was changed in the files and is not applied yet: `cycle_duration 2h → 1h`";
    assert!(second.contains(inside), "{second}");
    let (rows, text) = told("--title nobody --journal elsewhere");
    assert_eq!((&rows[0]["moved"], &rows[0]["who"]), (&Json::Null, &Json::Null));
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.iter().all(|line| line.contains("` differs from the files: `")), "{text}");
}

#[test]
fn messages_link_to_the_run_of_the_pipeline() {
    let github = [
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_REPOSITORY", "me/live"),
        ("GITHUB_RUN_ID", "42"),
    ];
    let cases: [(&[(&str, &str)], &str); 4] = [
        (&github, "https://github.com/me/live/actions/runs/42"),
        (
            &[("CI_JOB_URL", "https://gitlab.example.com/me/live/-/jobs/7")],
            "https://gitlab.example.com/me/live/-/jobs/7",
        ),
        (&[("BUILD_URL", "http://jenkins:8080/job/live/3/")], "http://jenkins:8080/job/live/3/"),
        (&[("BUILD_URL", "javascript:alert(1)")], "null"),
    ];
    for (variables, link) in cases {
        let post = Post::accepting();
        let mut world = world(&post);
        variables.iter().for_each(|(name, value)| world.set(name, value));
        edited(&world);
        world.run("drift --emulator --notify json");
        assert_eq!(post.bodies()[0]["link"].as_str().unwrap_or("null"), link);
    }
}
