//! A month with drift checks: from the import of an account to an alarm, its acceptance, its expiry and its end.

use insta::assert_snapshot;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use livevod::emulator::{Service, Settings};
use serde_json::json;

use super::journal::scrub;
use super::notify::Post;
use super::who::{others, shorter};
use super::{Run, World};

/// The account, a receiver, and everything that was printed.
struct Month {
    world: World,
    post: Post,
    told: String,
}

impl Month {
    fn begin() -> Self {
        let (mut world, post) = (World::new(), Post::accepting());
        world.set("COLUMNS", "100");
        world.set("LIVEVOD_NOTIFY_JSON_URL", &post.url);
        let item = |stream: &str, cycle: u32| {
            json!({"DomainName": "live.example.com", "AppName": "show", "StreamName": stream, "CycleDuration": cycle,
                "VodTranscodeGroupId": "VOD_NO_TRANSCODE", "CreateTime": "2026-10-01T08:00:00Z"})
        };
        std::fs::create_dir(world.path().join(".livevod")).unwrap();
        let log = world.path().join(".livevod/emulator.log");
        let service = Service::open(Some(&log), Settings::default()).unwrap();
        let configs = [item("cam1", 3600), item("cam2", 3600), item("*", 1800)];
        service.load(&json!({ "configs": configs }).to_string()).unwrap();
        Self { world, post, told: String::new() }
    }

    /// Says what happens next.
    fn then(&mut self, what: &str) {
        self.told += &format!("\n### {what}\n\n");
    }

    fn run(&mut self, line: &str, code: i32) -> Run {
        let run = self.world.run(line);
        self.told += &format!("$ livevod {line}\n{}", run.transcript());
        assert_eq!(run.code, code, "{}", self.told);
        run
    }

    /// The nightly check; `news` is what the receiver is told.
    fn check(&mut self, code: i32, news: &[&str]) -> Run {
        let run = self.run("drift --emulator --who --notify json --title production", code);
        let told: Vec<String> =
            self.post.bodies().iter().map(|body| body["outcome"].as_str().unwrap().to_owned()).collect();
        assert_eq!(told, news, "{}", self.told);
        run
    }

    fn files(&self) -> String {
        std::fs::read_to_string(self.world.path().join("livevod.yaml")).unwrap()
    }
}

#[test]
fn a_month_goes_by() {
    let now = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let (today, later) = (now.to_string(), now.checked_add(10.days()).unwrap().to_string());
    let mut month = Month::begin();
    month.then("1st: the account moves into files");
    month.run("import live.example.com --emulator --out livevod.yaml", 0);
    month.check(0, &[]);
    month.then("9th: somebody edits cam1 in the console");
    others(&month.world, &[("alice", "AliyunConsole", shorter("cam1"))]);
    let alarm = month.check(2, &["drift"]).stdout;
    assert!(alarm.contains("alice (RAM user) in the console"), "{alarm}");
    month.then("10th: it is still so, and nobody is told again");
    month.check(2, &[]);
    month.then("10th: it may stay for a while, by the entry that drift printed");
    let entry = alarm.lines().map(str::trim).find(|line| line.starts_with("- { address:")).unwrap();
    let entry = entry.replace("YYYY-MM-DD", &later).replace("WHY", "\"VOD is slow, ticket 4711\"");
    let files = format!("{}accept:\n  {entry}\n", month.files());
    month.world.write("livevod.yaml", &files);
    month.check(0, &["clean"]);
    month.run("plan --emulator", 0);
    month.then("20th: that day has come");
    month.world.write("livevod.yaml", &files.replace(&later, &today));
    month.check(2, &["drift"]);
    month.then("21st: it is reverted by the printed command");
    let revert = alarm.lines().find_map(|line| line.split_once("To revert it: livevod ")).unwrap().1;
    month.run(&format!("{revert} --auto-approve"), 0);
    month.world.write("livevod.yaml", files.split("accept:").next().unwrap());
    month.check(0, &["clean"]);
    let told = scrub(&month.told).replace(&later, "[later]").replace(&today, "[today]");
    assert_snapshot!(told);
}
