//! A night that nobody noticed: an encoder sends another name, the audit of the morning says so, and the next evening is recorded.

use insta::assert_snapshot;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use livevod::emulator::{Service, Settings};
use serde_json::{Value, json};

use super::{Run, World};

const FILES: &str = "\
version: 1
account: \"1234567890123456\"
defaults: { vod_transcode_group: VOD_NO_TRANSCODE }
must_record: [live.example.com/show]
domains:
  live.example.com:
    apps:
      show:
        streams:
          show: {}
          backup: { cycle_duration: 30m }
";

/// The day before yesterday, so that no part of it is still to be listed.
fn evening() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date().checked_sub(2.days()).unwrap()
}

/// The service, and everything that was printed.
struct Night {
    world: World,
    told: String,
}

/// A time of that evening.
fn at(clock: &str) -> String {
    format!("{}T{clock}Z", evening())
}

fn session(stream: &str, from: &str, to: &str) -> Value {
    json!({"DomainName": "live.example.com", "AppName": "show", "StreamName": stream,
        "PublishDomain": "push.example.com", "PublishTime": at(from), "StopTime": at(to)})
}

fn config(stream: &str, cycle: u32) -> Value {
    let created = evening().checked_sub(8.days()).unwrap();
    json!({"DomainName": "live.example.com", "AppName": "show", "StreamName": stream, "CycleDuration": cycle,
        "VodTranscodeGroupId": "VOD_NO_TRANSCODE", "CreateTime": format!("{created}T08:00:00Z")})
}

impl Night {
    fn begin(configs: &[Value], sessions: &[Value]) -> Self {
        let mut world = World::with(FILES);
        world.set("COLUMNS", "80");
        std::fs::create_dir(world.path().join(".livevod")).unwrap();
        let log = world.path().join(".livevod/emulator.log");
        let service = Service::open(Some(&log), Settings::default()).unwrap();
        service.load(&json!({ "configs": configs, "sessions": sessions }).to_string()).unwrap();
        Self { world, told: String::new() }
    }

    fn run(&mut self, line: &str, code: i32) -> Run {
        let run = self.world.run(line);
        self.told += &format!("$ livevod {line}\n{}\n", run.transcript());
        assert_eq!(run.code, code, "{}", self.told);
        run
    }

    /// Everything that was printed, without its dates.
    fn scrubbed(&self) -> String {
        let now = Timestamp::now();
        let days = (0..40)
            .filter_map(|ago| Some(now.checked_sub((24 * ago).hours()).ok()?.to_zoned(TimeZone::UTC).date()));
        let (evening, mut text) = (evening(), super::journal::scrub(&self.told));
        for day in days {
            let ago = evening.duration_until(day).as_hours() / 24;
            let name = match ago {
                0 => "[evening]".to_owned(),
                -8 => "[created]".to_owned(),
                _ => "[day]".to_owned(),
            };
            text = text.replace(&day.to_string(), &name);
        }
        without_clock(&text)
    }
}

/// Times of today have another clock in every run.
fn without_clock(text: &str) -> String {
    let mut pieces = text.split("[day] ");
    let mut scrubbed = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        scrubbed += "[day] [clock]";
        scrubbed += piece.get(5..).unwrap_or_default();
    }
    scrubbed
}

#[test]
fn a_night_goes_by() {
    let aired = [session("Show", "19:45:00", "23:57:00"), session("backup", "18:00:00", "19:10:00")];
    let mut night = Night::begin(&[config("show", 3600), config("backup", 1800)], &aired);
    let alarm = night.run("audit --emulator --since 4d", 2).stdout;
    for told in
        ["live.example.com/show/Show", "4 h 12 min on air", "`show/show` is declared", "livevod.yaml:10"]
    {
        assert!(alarm.contains(told), "{told}: {alarm}");
    }
    night.run(&format!("explain live.example.com/show/show --emulator --at {}", at("21:00:00")), 0);
    let fixed = FILES.replace("show: {}\n", "show: {}\n          Show: {}\n");
    night.world.write("livevod.yaml", &fixed);
    let plan = night.run("plan --emulator --replay 4d", 0).stdout;
    assert!(plan.contains("4 h 12 min on air that were not recorded would be recorded."), "{plan}");
    night.run("apply --emulator --auto-approve", 0);
    assert_snapshot!(night.scrubbed());

    // The next evening: what was created today was created then.
    let configs = [config("show", 3600), config("Show", 3600), config("backup", 1800)];
    let mut next = Night::begin(&configs, &aired);
    next.world.write("livevod.yaml", &fixed);
    let clean = next.run("audit --emulator --since 4d", 0).stdout;
    assert!(clean.contains("2 sessions, 5 h 22 min on air: 2 recorded."), "{clean}");
}
