//! `livevod audit` of a night that is over, in every format.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use livevod::model::{
    Address, Aired, DomainAired, DomainSnapshot, Period, Publish, RecordConfig, Remote, Snapshot,
    StreamSpelling, Video,
};
use livevod::sessions::{self, SavedSessions};
use livevod::snapshot::{self, Saved};

use serde_json::Value;

use super::notify::Post;
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
          cam1: {}
          cam2: { cycle_duration: 30m }
          cam3: {}
";

const TARGET: &str = "emulator .livevod/emulator.log";

/// What reads the night's files, which need no service.
const NIGHT: &str = "audit --sessions sessions.json --against before.json";

fn period(from: &str, to: &str) -> Period {
    let time = |text: &str| format!("2026-11-{text}Z").parse().unwrap();
    Period::new(time(from), time(to))
}

fn publish(name: (&str, &str), from: &str, to: Option<&str>) -> Publish {
    let Period { from, to: ended } = period(from, to.unwrap_or("29T06:00:00"));
    Publish {
        app: name.0.into(),
        stream: name.1.into(),
        began: from,
        ended: to.map(|_| ended),
        ingest: Some("push.example.com".to_owned()),
        template: None,
        client: None,
    }
}

fn video(stream: &str, id: &str, from: &str, to: &str) -> Video {
    Video {
        app: "show".into(),
        stream: stream.into(),
        period: period(from, to),
        id: format!("{id:0>32}"),
        status: Some("Normal".to_owned()),
        shared: false,
    }
}

/// The night of the encoder that sends `Show` for `show`; besides, what was recorded, partly recorded, not declared, still on air, and on air
/// before the period.
fn aired() -> DomainAired {
    DomainAired {
        read_at: Some(period("29T06:00:00", "29T06:00:00").from),
        publishes: vec![
            publish(("show", "Show"), "28T19:45:00", Some("28T23:57:00")),
            publish(("show", "Show"), "29T00:30:00", Some("29T01:00:00")),
            publish(("show", "cam1"), "28T18:00:00", Some("28T20:30:00")),
            publish(("show", "cam2"), "28T18:00:00", Some("28T20:00:00")),
            publish(("show", "cam3"), "28T06:00:00", Some("28T07:00:00")),
            publish(("show", "extra"), "29T01:00:00", Some("29T01:30:00")),
            publish(("show", "cam1"), "29T05:30:00", None),
            publish(("news", "guest"), "29T01:00:00", Some("29T01:30:00")),
        ],
        videos: vec![
            video("cam1", "a1", "28T18:00:05", "28T19:00:05"),
            video("cam1", "a2", "28T19:00:05", "28T20:00:05"),
            video("cam1", "a3", "28T20:00:05", "28T20:30:02"),
            video("cam2", "b1", "28T18:00:00", "28T18:30:00"),
            video("cam2", "b2", "28T19:00:00", "28T20:00:00"),
        ],
        unread: Vec::new(),
    }
}

/// The files, what the service held, and what aired by name of a domain.
fn world(domains: BTreeMap<&str, DomainAired>) -> World {
    let world = World::with(FILES);
    write_sessions(&world, domains);
    let config = |stream: &str| {
        let cycle_duration = if stream == "cam2" { 1800 } else { 3600 };
        let remote = Remote {
            config: RecordConfig {
                vod_transcode_group: "VOD_NO_TRANSCODE".to_owned(),
                cycle_duration,
                ..RecordConfig::default()
            },
            spelling: StreamSpelling::Named,
            create_time: Some("2026-11-01T08:00:00Z".to_owned()),
            unsupported: None,
        };
        (Address::new("live.example.com", "show", stream), remote)
    };
    let configs = ["show", "cam1", "cam2", "cam3"].map(config).into();
    let saved = Saved {
        livevod: "0.1.0".to_owned(),
        time: period("29T06:00:00", "29T06:00:00").from,
        target: TARGET.to_owned(),
        account: Some("1234567890123456".to_owned()),
        caller: Some("1234567890123456".to_owned()),
        regions: BTreeMap::new(),
        ignore: Vec::new(),
        protect: Vec::new(),
        snapshot: Snapshot { domains: [("live.example.com".into(), DomainSnapshot { configs })].into() },
    };
    world.write("before.json", &snapshot::write(&saved).unwrap());
    world
}

fn write_sessions(world: &World, domains: BTreeMap<&str, DomainAired>) {
    let saved = SavedSessions {
        livevod: "0.1.0".to_owned(),
        time: period("29T06:00:00", "29T06:00:00").from,
        target: TARGET.to_owned(),
        account: Some("1234567890123456".to_owned()),
        transcoded: false,
        aired: Aired {
            period: period("28T06:00:00", "29T06:00:00"),
            domains: domains.into_iter().map(|(name, aired)| (name.into(), aired)).collect(),
        },
    };
    world.write("sessions.json", &sessions::write(&saved).unwrap());
}

pub(super) fn night() -> World {
    world([("live.example.com", aired())].into())
}

/// The night, as `audit` shows it.
pub(super) fn shown(world: &World, more: &str) -> Run {
    world.run(&format!("{NIGHT} {more}"))
}

#[test]
fn the_night_is_told_to_people_at_80_columns() {
    let mut world = night();
    world.set("COLUMNS", "80");
    assert_snapshot!("audit_at_80", shown(&world, "").transcript());
    assert_snapshot!("audit_full_at_80", shown(&world, "--full").transcript());
}

#[test]
fn each_stream_is_a_finding_at_its_line() {
    let world = night();
    assert_snapshot!("audit_github", shown(&world, "--format github").transcript());
    let gitlab = shown(&world, "--format gitlab").json();
    let found = gitlab.as_array().unwrap().iter();
    let found: Vec<_> = found
        .map(|one| (one["check_name"].as_str().unwrap(), one["location"]["lines"]["begin"].as_u64().unwrap()))
        .collect();
    let not_recorded = |line| ("not-recorded", line);
    // `extra` is at the pattern that says that it must be recorded.
    assert_eq!(found, [4, 10, 12, 13].map(not_recorded));
    let sarif = shown(&world, "--format sarif").json();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 4);
}

/// A report names the lines, but does not hold the files.
#[test]
fn a_report_has_the_same_findings() {
    let world = night();
    let now = shown(&world, "--format github --out night.json");
    let later = world.run("show night.json --format github");
    assert_eq!((later.stdout, later.code), (now.stdout, 0));
    assert_eq!(now.code, 2);
}

/// A domain that was not read is one finding, however many streams were on air there.
#[test]
fn a_domain_that_was_not_read_is_one_finding() {
    let world = world(
        [(
            "live.example.com",
            DomainAired { unread: vec!["the recordings can't be read: no answer".to_owned()], ..aired() },
        )]
        .into(),
    );
    assert_snapshot!("audit_unread_github", shown(&world, "--format github").transcript());
}

/// A page without its style and script, and without the time of the run.
fn page(html: &str) -> String {
    let body = html.split("</style>").nth(1).unwrap().split("<script>").next().unwrap();
    let is_origin = |line: &&str| line.starts_with("<p class=\"quiet\">judged ");
    assert_eq!(body.lines().filter(is_origin).count(), 1);
    body.lines().filter(|line| !is_origin(line)).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_night_is_a_comment_and_a_page() {
    let world = night();
    let base = "--link-base https://git.example/live --out night.json";
    let markdown = shown(&world, &format!("--format markdown {base}"));
    assert_snapshot!("audit_markdown", markdown.transcript());
    let html = shown(&world, &format!("--format html {base}"));
    assert_snapshot!("audit_html", page(&html.stdout));
    let later = |format: &str| {
        world.run(&format!("show night.json --format {format} --link-base https://git.example/live"))
    };
    assert_eq!(later("markdown").stdout, markdown.stdout);
    assert_eq!(page(&later("html").stdout), page(&html.stdout));
    let one = shown(&world, "--format markdown --target live.example.com/show/cam1");
    assert!(
        one.stdout.contains("Only what `--target live.example.com/show/cam1` selects was judged."),
        "{}",
        one.stdout
    );
    let marker = |run: &Run| run.stdout.lines().next().unwrap().to_owned();
    assert_ne!(marker(&one), marker(&markdown), "the comment of a part must not replace that of all");
}

/// Ten thousand sessions of a thousand streams: a comment keeps its limit and counts what it leaves out, and a page shows each of them.
#[test]
fn ten_thousand_sessions_stay_readable() {
    let hour = |at: usize| format!("28T{:02}:00:00", 7 + at);
    let sessions = (0..1_000).flat_map(|stream| (0..10).map(move |at| (stream, at)));
    let publishes = sessions.map(|(stream, at)| {
        let name = format!("s{stream:04}");
        publish(("show", &name), &hour(at), Some(&hour(at).replace(":00:00", ":50:00")))
    });
    let read = DomainAired { publishes: publishes.collect(), videos: Vec::new(), ..aired() };
    let world = world([("live.example.com", read)].into());
    let markdown = shown(&world, "--format markdown --max-bytes 8000").stdout;
    assert!(markdown.len() <= 8_000, "{} bytes", markdown.len());
    let left =
        markdown.lines().find(|line| line.starts_with("Left out to stay within 8000 bytes: ")).unwrap();
    let shown_rows = markdown.lines().filter(|line| line.starts_with("| `!` |")).count();
    let left_out: usize =
        left.split(' ').filter_map(|word| word.parse::<usize>().ok()).skip(1).step_by(2).sum();
    assert_eq!(shown_rows + left_out, 1_000, "{left}");
    let html = shown(&world, "--format html").stdout;
    assert_eq!(html.matches("not recorded: no recording is listed").count(), 10_000);
    assert_eq!(html.matches(" open><summary>").count(), 20);
}

#[test]
fn what_keeps_an_old_configuration_has_no_comment() {
    let run = shown(&night(), "--pending --format markdown");
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("only be shown in the formats `human` and `json`"), "{}", run.stderr);
}

/// Night after night: what is new is told, what was told is not, and the end of it is.
#[test]
fn a_receiver_is_told_what_is_new() {
    let post = Post::accepting();
    let mut world = night();
    world.set("LIVEVOD_NOTIFY_JSON_URL", &post.url);
    let told = |code: i32| {
        let run = shown(&world, "--title night --notify json");
        assert_eq!(run.code, code, "{}", run.transcript());
        assert!(!run.stderr.contains("not-told"), "{}", run.transcript());
        post.bodies()
    };
    let [first] = told(2).try_into().unwrap();
    assert_snapshot!("audit_notify_json", serde_json::to_string_pretty(&first).unwrap());
    assert_eq!(told(2), Vec::<Value>::new(), "what was told is no news");
    let mut more = aired();
    more.publishes.push(publish(("show", "late"), "29T02:00:00", Some("29T02:20:00")));
    write_sessions(&world, [("live.example.com", more)].into());
    let [second] = told(2).try_into().unwrap();
    assert_eq!(second["not_recorded_total"], 1, "{second}");
    assert_eq!(second["not_recorded"][0]["stream"], "late");
    let quiet = DomainAired { publishes: Vec::new(), videos: Vec::new(), ..aired() };
    write_sessions(&world, [("live.example.com", quiet)].into());
    let [clean] = told(0).try_into().unwrap();
    assert_eq!((&clean["outcome"], &clean["before"]), (&"clean".into(), &"not_recorded".into()));
    assert_eq!(told(0), Vec::<Value>::new());
    let state = std::fs::read_to_string(world.path().join(".livevod/audit.json")).unwrap();
    assert!(state.contains("\"audit_state\": \"1.0\""), "{state}");
    assert!(!world.path().join(".livevod/drift.json").exists());
}

#[test]
fn every_kind_of_receiver_reads_of_the_night() {
    for kind in ["slack", "dingtalk", "feishu", "wecom"] {
        let post = Post::accepting();
        let mut world = night();
        world.set(&format!("LIVEVOD_NOTIFY_{}_URL", kind.to_uppercase()), &post.url);
        let run = shown(&world, &format!("--notify {kind} --notify-link https://ci.example.com/job/7"));
        assert_eq!(run.code, 2, "{}", run.transcript());
        let [body] = post.bodies().try_into().unwrap();
        assert_snapshot!(format!("audit_notify_{kind}"), serde_json::to_string_pretty(&body).unwrap());
    }
}

/// A receiver that does not answer changes nothing, and is told by the next run.
#[test]
fn a_receiver_that_is_away_fails_no_audit() {
    let mut world = night();
    world.set("LIVEVOD_NOTIFY_JSON_URL", "http://127.0.0.1:1/hook");
    let usual = shown(&world, "");
    let run = shown(&world, "--notify json --notify-timeout 1ms");
    assert_eq!((run.code, &run.stdout), (usual.code, &usual.stdout));
    assert!(run.stderr.contains("not-told"), "{}", run.transcript());
    let post = Post::accepting();
    world.set("LIVEVOD_NOTIFY_JSON_URL", &post.url);
    shown(&world, "--notify json");
    assert_eq!(post.bodies().len(), 1);
}

/// Times of this run replaced.
fn without_times(text: &str) -> String {
    let is_time = |line: &str| line.contains("_timestamp_seconds{") || line.contains("_duration_seconds{");
    let line = |line: &str| match line.rsplit_once(' ') {
        Some((name, _)) if is_time(line) => format!("{name} […]\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn a_night_is_measured() {
    let world = night();
    let run = shown(&world, "--title night --metrics m.prom");
    assert_eq!((run.code, &run.stdout), (2, &shown(&world, "").stdout));
    let text = std::fs::read_to_string(world.path().join("m.prom")).unwrap();
    assert_snapshot!("audit_metrics", without_times(&text));
    let printed = shown(&world, "--title night --format openmetrics");
    assert_eq!(printed.code, 2, "{}", printed.transcript());
    assert_snapshot!("audit_openmetrics", without_times(&printed.stdout));
    world.write("livevod.yaml", "version: 7\n");
    let failed = shown(&world, "--title night --format openmetrics");
    assert_eq!(failed.code, 1);
    let last = |text: &str| {
        let line =
            text.lines().find(|line| line.starts_with("livevod_audit_last_success")).unwrap().to_owned();
        assert!(!line.ends_with(" 0"), "{line}");
        line
    };
    assert_eq!(last(&failed.stdout), last(&printed.stdout), "the last success outlives a failure");
    assert!(
        failed.stdout.contains("livevod_audit_last_run_complete{check=\"night\"} 0\n"),
        "{}",
        failed.stdout
    );
    assert!(!failed.stdout.contains("livevod_audit_sessions"), "{}", failed.stdout);
}

/// The states of both checks are files of their own, and neither is taken for the other.
#[test]
fn the_state_of_drift_checks_is_not_that_of_audits() {
    let world = night();
    shown(&world, "--metrics m.prom --state state.json");
    let run = world.run("drift --emulator --metrics d.prom --state state.json");
    assert!(run.stderr.contains("it is not the state of drift checks"), "{}", run.transcript());
}
