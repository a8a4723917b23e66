//! Several machines over one store: each has a folder of its own, and all share a bucket and an account, both of one emulator.

use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::readme;
use super::server::{Server, keyed};
use super::{Run, World};

const ACCOUNT: &str = "1234567890123456";

/// One stream whose recordings are stored at a path: another path is a replace.
pub(super) fn files(domain: &str, storage: &str) -> String {
    format!(
        "version: 1\naccount: \"{ACCOUNT}\"\ndefaults: {{ vod_transcode_group: VOD_NO_TRANSCODE, storage_location: {storage} }}\n\
         domains: {{ {domain}: {{ region: cn-shanghai, apps: {{ show: {{ streams: {{ cam1: {{}} }} }} }} }} }}\n"
    )
}

pub(super) const OLD: &str = "one.oss-cn-shanghai.aliyuncs.com";
const NEW: &str = "two.oss-cn-shanghai.aliyuncs.com";

/// The emulator, in a folder of its own.
pub(super) struct Cloud {
    _world: World,
    server: Server,
}

impl Cloud {
    pub(super) fn begin() -> Self {
        let world = keyed("");
        let buckets = ["--bucket", "demo", "--bucket", "kept=versioned", "--bucket", "worm=locked"];
        let server = Server::start(&world, &[&buckets[..], &["--admin"]].concat());
        Self { _world: world, server }
    }

    /// A machine with these files.
    pub(super) fn machine(&self, text: &str) -> World {
        let mut world = keyed(text);
        world.set("COLUMNS", "80");
        world.set("LIVEVOD_ENDPOINT", &self.server.url);
        world.set("LIVEVOD_STORE", "oss://demo/livevod");
        world.set("LIVEVOD_STORE_ENDPOINT", &self.server.url);
        world.set("OSS_REGION", "cn-shanghai");
        // A lease as short as may be, so that the tests need not wait for it.
        world.set("LIVEVOD_LEASE", "3s");
        world.set("LIVEVOD_SETTLE", "1s");
        world.set("USER", "ann");
        world
    }

    fn faults(&self, faults: &str) {
        self.server.post("/_admin/faults", faults);
    }

    /// Waits until the service holds this many configurations.
    fn wait_until_held(&self, count: usize) {
        for _ in 0..1200 {
            let state: Value = serde_json::from_str(&self.server.get("/_admin/state")).unwrap();
            if state["configs"].as_array().map_or(0, Vec::len) == count {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the service never held {count} configurations");
    }
}

/// Starts a command that is killed when it is dropped.
fn start(world: &World, line: &str) -> Killed {
    let arguments: Vec<&str> = line.split_whitespace().collect();
    let mut command = world.command(&arguments);
    Killed(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

pub(super) struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        self.0.wait().unwrap();
    }
}

const REPLACE: &str = "apply --auto-approve --allow-recording-gap";

/// A machine whose replace hangs between its Delete and its Add.
pub(super) fn amid_a_replace(cloud: &Cloud, machine: &World) -> Killed {
    machine.converge("");
    machine.write("livevod.yaml", &files("live.example.com", NEW));
    cloud.faults("drop-before-commit:action=Add");
    let running = start(machine, REPLACE);
    cloud.wait_until_held(0);
    running
}

fn told(run: &Run, code: i32, texts: &[&str]) {
    assert_eq!(run.code, code, "{}", run.transcript());
    // However lines are wrapped.
    let transcript = run.transcript().replace("\n  │ ", " ");
    let words = transcript.split_whitespace().collect::<Vec<_>>().join(" ");
    for text in texts {
        assert!(
            words.contains(text) || transcript.contains(text),
            "`{text}` is not in\n{}",
            run.transcript()
        );
    }
}

#[test]
fn what_a_killed_machine_left_open_is_finished_by_another_one() {
    let cloud = Cloud::begin();
    let (ann, bob) =
        (cloud.machine(&files("live.example.com", OLD)), cloud.machine(&files("live.example.com", NEW)));
    let running = amid_a_replace(&cloud, &ann);

    let refused = bob.run(REPLACE);
    told(&refused, 1, &["lease", "another run holds `live.example.com`: apply by ann", "--lease-wait"]);
    told(&refused, 1, &["`livevod lease release live.example.com:"]);
    let beside = cloud.machine(&files("other.example.com", OLD));
    cloud.faults("");
    drop(running);
    beside.converge("");

    let finished = bob.run(&format!("{REPLACE} --lease-wait 1m"));
    told(&finished, 0, &["waiting", "no longer renews its lease", "live.example.com/show/cam1 created"]);
    cloud.wait_until_held(2);
    told(&bob.run("plan --detailed-exitcode"), 0, &["No changes."]);
    let journal = bob.run("journal");
    told(&journal, 0, &["unfinished", "1 done"]);
    told(&ann.run("plan --detailed-exitcode"), 0, &["No changes."]);
}

#[test]
fn a_lease_can_be_ended_by_hand() {
    let cloud = Cloud::begin();
    let (ann, bob) =
        (cloud.machine(&files("live.example.com", OLD)), cloud.machine(&files("live.example.com", NEW)));
    const EMPTY: &str = "The store oss://demo/livevod holds no runs";
    told(&bob.run("lease"), 0, &["No run holds a domain in oss://demo/livevod.", EMPTY]);
    for command in ["plan", "journal", "drift --full"] {
        let run = bob.run(command);
        assert_eq!(run.stderr.matches(EMPTY).count(), 1, "{}", run.transcript());
    }
    let running = amid_a_replace(&cloud, &ann);
    let leases = bob.run("lease");
    assert_eq!(leases.stderr, "", "the store is not empty any more");
    told(&leases, 0, &["apply by ann", "live.example.com  token live.example.com:"]);
    let token = leases.stdout.split_whitespace().find(|word| word.starts_with("live.example.com:")).unwrap();
    told(
        &bob.run("lease release live.example.com:9999"),
        1,
        &["has the token `live.example.com:9999`", &format!("has the token `{token}` now")],
    );
    for other in ["live.example.com", "live.example.com:", ":41", "20261130T031500.123Z-3f9a1c"] {
        told(&bob.run(&format!("lease release {other}")), 1, &["expected DOMAIN:NUMBER"]);
    }
    told(&bob.run(&format!("lease release {token}")), 0, &["was ended"]);
    drop(running);
    cloud.faults("");
    told(&bob.run(&format!("{REPLACE} --lease-wait 1m")), 0, &["Apply complete!"]);
}

/// A plan or drift check beside a run says in each format what that run holds, and waits for nothing.
#[test]
fn a_plan_says_which_domains_another_run_holds() {
    let cloud = Cloud::begin();
    let (ann, bob) =
        (cloud.machine(&files("live.example.com", OLD)), cloud.machine(&files("live.example.com", NEW)));
    let other = cloud.machine(&files("other.example.com", OLD));
    // A lease that lasts until the test is over, whatever it waits for.
    let running = {
        let mut ann = ann;
        ann.set("LIVEVOD_LEASE", "1h");
        amid_a_replace(&cloud, &ann)
    };
    let says = |run: &Run, text: &str| {
        let words: Vec<&str> = run.stdout.split_whitespace().collect();
        assert!(words.join(" ").contains(text), "`{text}` is not in\n{}", run.transcript());
    };
    let shown = bob.run("plan --detailed-exitcode");
    assert_eq!(shown.code, 2, "{}", shown.transcript());
    says(&shown, "another run holds `live.example.com`: apply by ann");
    says(&shown, "its lease ends at");
    says(&bob.run("drift"), "another run holds `live.example.com`: apply by ann");
    for format in ["markdown", "html", "json", "terraform-json", "github", "sarif", "gitlab"] {
        for command in ["plan", "drift"] {
            if (command, format) != ("drift", "terraform-json") {
                says(&bob.run(&format!("{command} --format {format}")), "another run holds");
            }
        }
    }
    let leases = &bob.run("lease --format json").json()["leases"];
    for command in ["plan", "drift"] {
        let document = bob.run(&format!("{command} --format json")).json();
        assert_eq!(&document["leases"], leases, "{command}");
        assert!(document["leases"][0]["since"].is_string(), "{document}");
    }
    assert!(other.run("plan --format json").json().get("leases").is_none(), "it is about its own domains");
    cloud.faults("");
    drop(running);
}

#[test]
fn a_published_plan_is_found_by_its_digest_on_another_machine() {
    let cloud = Cloud::begin();
    let (ann, bob) =
        (cloud.machine(&files("live.example.com", OLD)), cloud.machine(&files("live.example.com", OLD)));
    let planned = ann.run("plan --publish");
    told(&planned, 0, &["The plan is kept in oss://demo/livevod under its digest."]);
    let digest = planned.stdout.split_whitespace().find(|word| word.starts_with("sha256:")).unwrap();
    told(&bob.run(&format!("apply --expect-digest {digest}")), 0, &["Apply complete!"]);
    bob.write("livevod.yaml", &files("live.example.com", NEW));
    let other = bob.run(&format!("{REPLACE} --expect-digest {digest}").replace("--auto-approve ", ""));
    told(&other, 3, &["digest"]);
}

#[test]
fn without_the_store_nothing_is_written() {
    let cloud = Cloud::begin();
    let mut ann = cloud.machine(&files("live.example.com", OLD));
    ann.set("LIVEVOD_STORE_ENDPOINT", "http://127.0.0.1:1");
    told(&ann.run("apply --auto-approve"), 1, &["can't be used", "nothing is written to the service"]);
    let plan = ann.run("plan");
    told(&plan, 1, &["Waiting for the store oss://demo/livevod\n", "can't be used", "left unfinished"]);
    assert!(!plan.transcript().contains("is written"), "{}", plan.transcript());
    let doctor = ann.run("doctor");
    told(&doctor, 1, &["Waiting for the store oss://demo/livevod\n", "can't be used"]);
    assert_eq!(doctor.stderr.matches("Waiting").count(), 1, "{}", doctor.transcript());
    cloud.wait_until_held(0);
}

/// Each answer comes too late, so what was done is known from reading back alone; then the lease can't be renewed any more.
#[test]
fn an_apply_that_loses_the_store_says_that_it_is_incomplete() {
    let cloud = Cloud::begin();
    let ann = cloud.machine(&files("live.example.com", OLD).replace(
        "cam1: {}",
        &(0..12).map(|number| format!("cam{number:02}: {{}}")).collect::<Vec<_>>().join(", "),
    ));
    let slow = "slow:action=Add,time=2s";
    cloud.faults(slow);
    let run = std::thread::scope(|scope| {
        let running = scope.spawn(|| ann.run("apply --auto-approve --parallelism 1"));
        cloud.wait_until_held(1);
        cloud.faults(&format!("{slow}\ndeny:action=PutObject"));
        running.join().unwrap()
    });
    told(
        &run,
        4,
        &["created", "changes not attempted: the lease could not be renewed", "livevod journal push"],
    );
    assert_eq!(run.stderr.matches("could not be renewed").count(), 1, "{}", run.transcript());
    cloud.faults("");
    told(&ann.run("journal push"), 0, &["Uploaded 1 journal"]);
    told(&ann.run("apply --auto-approve --lease-wait 1m"), 0, &["Apply complete!"]);
}

#[test]
fn buckets_that_can_not_keep_two_runs_apart_are_refused() {
    let cloud = Cloud::begin();
    for (bucket, why) in [("kept", "versions"), ("worm", "retention"), ("missing", "bucket")] {
        let mut ann = cloud.machine(&files("live.example.com", OLD));
        ann.set("LIVEVOD_STORE", &format!("oss://{bucket}/livevod"));
        told(&ann.run("apply --auto-approve"), 1, &["can't be used", why]);
    }
    cloud.wait_until_held(0);
}

#[test]
fn the_way_back_and_the_journals_are_known_everywhere() {
    let cloud = Cloud::begin();
    let (ann, bob) =
        (cloud.machine(&files("live.example.com", OLD)), cloud.machine(&files("live.example.com", OLD)));
    ann.converge("");
    told(&bob.run("journal last"), 0, &["by ann", "1 done", "live.example.com/show/cam1"]);
    told(&bob.run("explain live.example.com/show/cam1 --online"), 0, &["created"]);
    told(&bob.run("restore last --auto-approve --allow-empty --allow-recording-stop"), 0, &["1 destroyed"]);
    cloud.wait_until_held(0);
    told(&ann.run("journal"), 0, &["restore", "apply"]);
    told(&ann.run("journal prune --keep 0s --dry-run"), 0, &["1 run"]);
}

/// A plan reads the journals of others without a copy, if its folder can't be written; an apply must write its own there.
#[cfg(target_os = "linux")]
#[test]
fn a_plan_needs_no_folder_that_it_can_write() {
    let cloud = Cloud::begin();
    let (ann, bob) =
        (cloud.machine(&files("live.example.com", OLD)), cloud.machine(&files("live.example.com", NEW)));
    drop(amid_a_replace(&cloud, &ann));
    cloud.faults("");
    // No folder can be made there.
    const UNWRITABLE: &str = "--journal /proc/self/livevod";
    for _ in 0..600 {
        let plan = bob.run(&format!("plan {UNWRITABLE}"));
        told(&plan, 0, &["Plan:"]);
        if plan.stdout.contains("left one change unfinished") {
            let drift = bob.run(&format!("drift {UNWRITABLE}"));
            told(&drift, 2, &["left one change unfinished"]);
            let apply = bob.run(&format!("{REPLACE} {UNWRITABLE} --lease-wait 1m"));
            told(&apply, 1, &["/proc/self/livevod", "can't be created"]);
            return told(&bob.run(&format!("journal {UNWRITABLE}")), 1, &["can't be created"]);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("the lease of the run that was killed never ran out");
}

/// What a folder held before there was a store is taken there once.
#[test]
fn journals_of_a_folder_are_taken_to_the_store() {
    let cloud = Cloud::begin();
    let (mut ann, bob) =
        (cloud.machine(&files("live.example.com", OLD)), cloud.machine(&files("live.example.com", OLD)));
    ann.set("LIVEVOD_STORE", "");
    ann.converge("");
    told(&bob.run("journal"), 0, &["No runs yet.", "The store oss://demo/livevod holds no runs yet"]);
    for command in ["plan", "journal"] {
        let empty = ann.run(&format!("{command} --store file:other"));
        told(&empty, 0, &["The store file:other holds no runs yet"]);
        let known = ann.run(&format!("{command} --store file:.livevod"));
        assert!(!known.stderr.contains("holds no runs"), "{}", known.transcript());
    }
    told(
        &ann.run("journal push --store oss://demo/livevod"),
        0,
        &["Uploaded 1 journal to oss://demo/livevod."],
    );
    told(&ann.run("journal push --store oss://demo/livevod"), 0, &["Nothing to upload"]);
    let others = ann.run("journal push --store oss://demo/elsewhere --account 1");
    told(&others, 0, &["Nothing to upload"]);
    told(&bob.run("journal"), 0, &["1 done"]);
}

/// Of the days before, nothing is read.
#[test]
fn the_journals_of_some_days_are_listed_without_those_of_others() {
    let cloud = Cloud::begin();
    let (mut ann, bob) =
        (cloud.machine(&files("live.example.com", OLD)), cloud.machine(&files("live.example.com", OLD)));
    ann.set("LIVEVOD_STORE", "");
    ann.converge("");
    let folder = ann.path().join(".livevod/journal");
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let names = std::fs::read_dir(&folder).unwrap().map(name);
    let runs: Vec<String> = names.filter_map(|name| Some(name.strip_suffix(".jsonl")?.to_owned())).collect();
    let [run] = &runs[..] else { panic!("{runs:?}") };
    let text = std::fs::read_to_string(folder.join(format!("{run}.jsonl"))).unwrap();
    let (day, old) = (format!("{}-{}-{}", &run[..4], &run[4..6], &run[6..8]), "20200101T000000.000Z-aaaaaa");
    ann.write(
        &format!(".livevod/journal/{old}.jsonl"),
        &text.replace(run.as_str(), old).replace(&day, "2020-01-01"),
    );
    told(&ann.run("journal push --store oss://demo/livevod"), 0, &["Uploaded 2 journals"]);

    let copy = bob.path().join(format!(".livevod/journal/{old}.jsonl"));
    told(&bob.run("journal last"), 0, &[run]);
    told(&bob.run(&format!("journal {}", &run[..20])), 0, &[run]);
    assert!(!copy.exists(), "only the journal that is shown is read");
    let recent = bob.run("journal --since 7d");
    told(&recent, 0, &[run]);
    assert!(!recent.stdout.contains(old), "{}", recent.transcript());
    assert!(!copy.exists(), "what is not listed is not read");
    let carol = cloud.machine(&files("live.example.com", OLD));
    told(&carol.run(&format!("journal {old}")), 0, &[old]);
    told(&bob.run("journal"), 0, &[run, old]);
    assert!(copy.exists());
}

/// Whoever can write to a store can keep any plan there, but not under the digest of another one.
#[test]
fn a_published_plan_is_refused_under_the_digest_of_another() {
    let world = keyed(&files("live.example.com", OLD));
    let digest = |storage: &str| {
        world.write("livevod.yaml", &files("live.example.com", storage));
        let planned = world.run("plan --publish --emulator");
        told(&planned, 0, &["under its digest."]);
        let digest = planned.stdout.split_whitespace().find(|word| word.starts_with("sha256:"));
        digest.unwrap().to_owned()
    };
    let (reviewed, other) = (digest(OLD), digest(NEW));
    let file = |digest: &str| world.path().join(format!(".livevod/plans/{}.json", digest.replace(':', "-")));
    std::fs::copy(file(&other), file(&reviewed)).unwrap();
    let refused = world.run(&format!("apply --emulator --expect-digest {reviewed}"));
    told(&refused, 1, &["can't be used", &other]);
}

#[test]
fn the_demo_of_two_machines_shows_what_is_printed() {
    let cloud = Cloud::begin();
    let mut world = cloud.machine("");
    std::fs::remove_file(world.path().join("livevod.yaml")).unwrap();
    let steps = readme::steps(&readme::text("docs/teams.md"));
    assert!(steps.len() >= 7, "{steps:?}");
    world.set("COLUMNS", "100");
    let address = cloud.server.url.clone();
    readme::print_what_is_shown(&mut world, &steps, |printed| {
        printed.replace(&address, "http://127.0.0.1:8787")
    });
}

/// Snapshots, sessions, verdicts and states of one machine are there for all others.
#[test]
fn files_of_livevods_own_can_be_kept_in_the_store() {
    let cloud = Cloud::begin();
    let [ann, bob] = [(); 2].map(|()| cloud.machine(&files("live.example.com", OLD)));
    let lacking = bob.run("plan --against store:before.json");
    told(&lacking, 1, &["store:before.json"]);
    assert!(!lacking.transcript().contains(".livevod/store"), "{}", lacking.transcript());
    told(&ann.run("snapshot --out store:before.json"), 0, &["kept store:before.json in oss://demo/livevod"]);
    told(&bob.run("plan --against store:before.json"), 0, &["1 to add"]);
    let planned = ann.run("plan --out=store:reviewed/one.plan");
    told(&planned, 0, &["kept store:reviewed/one.plan", "livevod apply store:reviewed/one.plan"]);
    assert!(!planned.transcript().contains(".livevod/store"), "{}", planned.transcript());
    told(&bob.run("show store:reviewed/one.plan"), 0, &["1 to add"]);
    told(&bob.run("fmt store:before.json"), 1, &["`store:before.json` can't be used with this command"]);

    told(&ann.run("drift --metrics checks.prom"), 2, &[]);
    told(&bob.run("drift --metrics checks.prom"), 2, &[]);
    let metrics = std::fs::read_to_string(bob.path().join("checks.prom")).unwrap();
    let counts = metrics.lines().filter(|line| line.starts_with("livevod_drift_runs_total"));
    assert!(counts.clone().any(|line| line.ends_with(" 2")), "{metrics}");

    let mut alone = cloud.machine(&files("live.example.com", OLD));
    alone.set("LIVEVOD_STORE", "");
    told(&alone.run("plan --against store:before.json"), 1, &["needs a store"]);
}
