//! What only this moment says about a plan: streams that are on air, and what it means for those of the past.

use insta::assert_snapshot;
use serde_json::json;

use super::server::{Server, keyed};
use super::{Run, World};

const FILE: &str = "\
version: 1
transcode_groups: { hd: e2d796d3bb5fd8049d32bff62f94e4c1 }
defaults: { vod_transcode_group: hd }
domains:
  live.example.com:
    apps: { show: { streams: { \"*\": {}, cam1: {}, cam2: {}, cam3: {} } } }
";

const LIST: &str = "DescribeLiveStreamsOnlineList";

/// A service that is as [`FILE`] says, with sessions as arguments of `emulator publish`.
fn world(sessions: &[&str]) -> World {
    let mut world = World::with(FILE);
    world.set("COLUMNS", "80");
    world.converge("--emulator");
    for session in sessions {
        let run = world.run(&format!("emulator publish live.example.com/{session}"));
        assert_eq!(run.code, 0, "{}", run.transcript());
    }
    world
}

/// The same files, but cam1 must not exist.
fn without_cam1() -> String {
    FILE.replace("cam1: {}", "cam1: { state: absent }")
}

/// A page without its style and script.
fn page(html: &str) -> &str {
    html.split("</style>").nth(1).unwrap().split("<script>").next().unwrap()
}

/// What a run against a server printed, without the server's port and the digest, of which it is a part.
fn scrubbed(run: &Run, server: &Server) -> String {
    let text = run.transcript().replace(&server.url, "[url]");
    let line =
        |line: &str| if line.starts_with("digest sha256:") { "digest [digest]" } else { line }.to_owned();
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The guards that refuse a plan.
fn guards(plan: &serde_json::Value) -> Vec<&str> {
    plan["held"].as_array().unwrap().iter().map(|held| held["guard"].as_str().unwrap()).collect()
}

#[test]
fn a_delete_of_a_stream_on_air_is_held_until_its_flag_releases_it() {
    let world = world(&["show/cam1 --at 2h", "show/other --at 1h", "show/cam3 --at 5h --until 4h"]);
    world.write("livevod.yaml", &without_cam1());
    let plan = world.run("plan --emulator --detailed-exitcode");
    assert_eq!(plan.code, 3, "{}", plan.transcript());
    assert_snapshot!("held", plan.transcript());
    let json = world.run("plan --emulator --format json").json();
    assert_eq!(guards(&json), ["on-air"]);
    let on_air = json["on_air"].as_array().unwrap();
    assert_eq!(on_air.len(), 1, "`show/*` does not change: {on_air:?}");
    assert_eq!(
        [&on_air[0]["address"], &on_air[0]["before"], &on_air[0]["after"]],
        [
            &json!("live.example.com/show/cam1"),
            &json!("live.example.com/show/cam1"),
            &json!("live.example.com/show/*")
        ]
    );
    let refused = world.run("apply --emulator --auto-approve");
    assert_eq!(refused.code, 3, "{}", refused.transcript());
    let digest = json["digest"].as_str().unwrap();
    let reviewed = world.run(&format!("apply --emulator --expect-digest {digest}"));
    assert_eq!(reviewed.code, 3, "a review says nothing of who is on air now: {}", reviewed.transcript());
    let still = world.run("plan --emulator --format json").json();
    assert_eq!(still["digest"], json["digest"], "nothing was written");
    let done = world.run("apply --emulator --auto-approve --allow-on-air --freshness 60s");
    assert_eq!(done.code, 0, "{}", done.transcript());
    assert_snapshot!("released", done.stdout.split("\n\n").last().unwrap().to_owned());
    let journal = world.run("journal last").stdout;
    assert!(journal.contains("on-air by --allow-on-air"), "{journal}");
}

#[test]
fn every_format_names_the_streams_that_keep_their_old_configuration() {
    let world = world(&["show/cam1 --at 2h", "show/cam2 --at 2h", "show/other --at 1h"]);
    world.write("livevod.yaml", &FILE.replace("hd }\n", "hd, cycle_duration: 30m }\n"));
    let flags = "--max-change 100%";
    let plan = |format: &str| world.run(&format!("plan --emulator {flags} --format {format}"));
    assert_snapshot!("updates", plan("human").transcript());
    for format in ["human", "markdown", "html"] {
        let run = plan(format);
        assert!(
            run.flowing().contains("3 of these streams are on air and keep their old configuration"),
            "{format}"
        );
        for stream in ["cam1", "cam2", "other"] {
            assert!(run.stdout.contains(&format!("live.example.com/show/{stream} (since")), "{format}");
        }
    }
    assert_eq!(guards(&plan("json").json()), [] as [&str; 0], "updates end no recording");
    let report = world.run(&format!("apply --emulator --auto-approve {flags} --format json")).json();
    let streams: Vec<_> =
        report["on_air"].as_array().unwrap().iter().map(|one| one["stream"].clone()).collect();
    assert_eq!(streams, ["cam1", "cam2", "other"]);
    world.write("livevod.yaml", &FILE.replace("hd }\n", "hd, cycle_duration: 2h }\n"));
    let comment = world.run(&format!("apply --emulator --auto-approve {flags} --format markdown")).stdout;
    assert!(comment.contains("<summary>3 on air</summary>"), "{comment}");
}

#[test]
fn many_streams_on_air_are_folded() {
    let sessions: Vec<String> = (0..9).map(|number| format!("show/guest{number} --at 1h")).collect();
    let world = world(&sessions.iter().map(String::as_str).collect::<Vec<_>>());
    world.write("livevod.yaml", &FILE.replace("\"*\": {}", "\"*\": { cycle_duration: 30m }"));
    let run = world.run("plan --emulator");
    assert!(run.flowing().contains("9 of these streams are on air"), "{}", run.transcript());
    assert!(
        run.flowing().contains("guest4 (since YYYY-MM-DD hh:mm UTC), … and 4 more"),
        "{}",
        run.transcript()
    );
    assert!(world.run("plan --emulator --full").stdout.contains("guest8"));
    world.write("livevod.yaml", &FILE.replace("\"*\": {}", "\"*\": { state: absent }"));
    let run = world.run("plan --emulator --detailed-exitcode");
    let words = "9 streams are on air and recorded by it, the first is `show/guest0`";
    assert!(run.flowing().contains(words), "{}", run.transcript());
}

#[test]
fn a_saved_plan_is_held_by_who_is_on_air_when_it_is_applied() {
    let world = world(&[]);
    world.write("livevod.yaml", &without_cam1());
    let saved = world.run("plan --emulator --out reviewed.plan");
    assert_eq!(saved.code, 0, "{}", saved.transcript());
    let digest = world.run("show reviewed.plan --format json").json()["digest"].as_str().unwrap().to_owned();
    world.run("emulator publish live.example.com/show/cam1");
    let refused = world.run(&format!("apply reviewed.plan --emulator --expect-digest {digest}"));
    assert_eq!(refused.code, 3, "{}", refused.transcript());
    assert!(
        refused.flowing().contains("refused (on-air): live.example.com/show/cam1"),
        "{}",
        refused.transcript()
    );
    // What the file was made beside is not in it.
    world.run("plan --emulator --out held.plan");
    let shown = world.run("show held.plan --format json").json();
    assert_eq!((guards(&shown), shown.get("on_air")), (vec![], None));
    world.run("emulator unpublish live.example.com/show/cam1");
    let done = world.run(&format!("apply held.plan --emulator --expect-digest {digest}"));
    assert_eq!(done.code, 0, "{}", done.transcript());
}

#[test]
fn nobody_is_asked_where_nothing_recorded_is_touched() {
    let asked = |world: &World, line: &str| {
        let run = world.run(&format!("{line} --log"));
        (run.code, run.stderr.lines().filter(|line| line.contains(LIST)).count())
    };
    let world = world(&["show/cam1"]);
    assert_eq!(asked(&world, "plan --emulator"), (0, 0), "no changes");
    assert_eq!(asked(&world, "drift --emulator"), (0, 0));
    world.write(
        "livevod.yaml",
        &format!("{FILE}  other.example.com: {{ apps: {{ show: {{ streams: {{ a: {{}} }} }} }} }}\n"),
    );
    assert_eq!(asked(&world, "plan --emulator"), (0, 0), "nothing records there");
    world.write("livevod.yaml", &FILE.replace("cam2: {}", "cam2: { cycle_duration: 30m }"));
    assert_eq!(asked(&world, "plan --emulator"), (0, 1));
    assert_eq!(asked(&world, "drift --emulator"), (2, 0), "drift writes nothing");
    assert_eq!(asked(&world, "apply --emulator --auto-approve --freshness 60s"), (0, 1));
    world.write("livevod.yaml", FILE);
    assert_eq!(
        asked(&world, "apply --emulator --auto-approve --freshness 0"),
        (0, 2),
        "asked again before it writes"
    );
}

#[test]
fn without_the_permission_a_plan_says_what_is_presumed() {
    let mut world = keyed(FILE);
    world.set("COLUMNS", "80");
    let denied = Server::start(&world, &["--fault", &format!("deny:action={LIST}")]);
    let flags = format!("--endpoint {}", denied.url);
    let applied = world.run(&format!("apply {flags} --auto-approve"));
    assert_eq!(
        (applied.code, applied.stderr.as_str()),
        (0, ""),
        "creates touch nothing: {}",
        applied.transcript()
    );
    world.write("livevod.yaml", &without_cam1());
    let plan = world.run(&format!("plan {flags} --detailed-exitcode"));
    assert_eq!(plan.code, 2, "{}", plan.transcript());
    assert_snapshot!("denied", scrubbed(&plan, &denied));
    let json = world.run(&format!("plan {flags} --format json")).json();
    let remote = |one: &&serde_json::Value| one["code"] == "remote";
    assert_eq!(json["diagnostics"].as_array().unwrap().iter().filter(remote).count(), 1, "{json}");
    assert_eq!(json["on_air_unread"], json!(["live.example.com"]));
    let done = world.run(&format!("apply {flags} --auto-approve"));
    assert_eq!(done.code, 0, "{}", done.transcript());
    assert!(done.flowing().contains("Streams on air are presumed to keep"), "{}", done.transcript());
    let doctor = world.run(&format!("doctor {flags}"));
    assert_eq!(doctor.code, 0, "a plan works without it: {}", doctor.transcript());
    assert!(
        doctor.flowing().contains("who is on air on `live.example.com` can't be read"),
        "{}",
        doctor.transcript()
    );
}

/// The week before a plan: cam1 in the evenings, other streams now and then, and one that nothing records.
fn week() -> World {
    world(&[
        "show/cam1 --at 144h --until 141h",
        "show/cam1 --at 72h --until 70h",
        "show/cam2 --at 50h --until 47h",
        "show/other --at 30h --until 29h",
        "news/desk --at 20h --until 16h",
        "show/cam1 --at 216h --until 192h",
    ])
}

/// cam1 is deleted and `show/*` records only on demand, so that nothing records either; cam2 gets other files, and the news their own.
fn changed() -> String {
    let file = FILE.replace("\"*\": {}, cam1: {}, cam2: {}", "\"*\": { on_demand: 7 }, cam1: { state: absent }, cam2: { cycle_duration: 30m, auto_compose: on, compose_vod_transcode_group: hd }");
    file.replace("apps: {", "apps: { news: { streams: { desk: {} } },")
}

const RELEASED: &str = "--max-change 100% --allow-recording-stop --allow on-demand-value";

#[test]
fn a_week_is_replayed_in_every_format() {
    let world = week();
    world.write("livevod.yaml", &changed());
    let plan = |more: &str| world.run(&format!("plan --emulator {RELEASED} --replay 7d {more}"));
    let human = plan("--detailed-exitcode");
    assert_eq!(human.code, 3, "{}", human.transcript());
    assert_snapshot!("replay", human.transcript());
    let markdown = plan("--format markdown").stdout;
    let table = markdown.split("### Replay").nth(1).unwrap().split("<details>").next().unwrap();
    assert_snapshot!("replay_markdown", table);
    let html = plan("--format html").stdout;
    let section =
        page(&html).split("aria-labelledby=\"replay\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert_snapshot!("replay_html", section);
    let json = plan("--format json").json();
    let replay = &json["replay"];
    assert_eq!(guards(&json), ["replay-loss", "replay-loss"]);
    assert_eq!(
        [&replay["complete"], &replay["lost_sessions"], &replay["lost"], &replay["gained"]],
        [&json!(true), &json!(3), &json!(6 * 3600), &json!(4 * 3600)]
    );
    let cam2 = replay["streams"].as_array().unwrap().iter().find(|one| one["stream"] == "cam2").unwrap();
    let figures =
        |side: &str| ["files", "merges", "transcoded"].map(|name| cam2[side][name].as_u64().unwrap());
    assert_eq!((figures("before"), figures("after")), ([3, 0, 10_800], [6, 1, 21_600]));
    let digest = world.run(&format!("plan --emulator {RELEASED} --format json")).json()["digest"].clone();
    assert_eq!(json["digest"], digest, "a replay decides nothing");
}

#[test]
fn what_a_replay_loses_is_held_in_plan_and_apply_until_its_flag_releases_it() {
    let world = week();
    world.write("livevod.yaml", &changed());
    let json = world.run(&format!("plan --emulator {RELEASED} --replay 7d --format json")).json();
    let digest = json["digest"].as_str().unwrap();
    let apply = |more: &str| world.run(&format!("apply --emulator {RELEASED} {more}"));
    let refused = apply("--replay 7d --auto-approve");
    assert_eq!(refused.code, 3, "{}", refused.transcript());
    let reviewed = apply(&format!("--replay 7d --expect-digest {digest}"));
    assert_eq!(reviewed.code, 3, "a reviewed digest does not release it: {}", reviewed.transcript());
    let released =
        world.run(&format!("plan --emulator {RELEASED} --replay 7d --allow-replay-loss --detailed-exitcode"));
    assert_eq!(released.code, 2, "{}", released.transcript());
    let longest = world.run(&format!("plan --emulator {RELEASED} --replay 30d --format json")).json();
    assert_eq!(longest["replay"]["lost_sessions"], 4, "with the session of nine days ago");
    let none = world.run(&format!("plan --emulator {RELEASED} --replay 2h --detailed-exitcode"));
    assert_eq!(none.code, 2, "{}", none.transcript());
    assert!(
        none.flowing().contains("Nothing was on air on the domains of these changes."),
        "{}",
        none.transcript()
    );
    let done = apply("--replay 7d --auto-approve --allow-replay-loss");
    assert_eq!(done.code, 0, "{}", done.transcript());
    let journal = world.run("journal last").stdout;
    assert!(journal.contains("replay-loss by --allow-replay-loss"), "{journal}");
    let clean = world.run("plan --emulator --replay 7d --detailed-exitcode --allow on-demand-value --log");
    assert_eq!(clean.code, 0, "{}", clean.transcript());
    assert!(!clean.stderr.contains("PublishList"), "without changes, nothing is read: {}", clean.stderr);
}

#[test]
fn a_replay_can_be_read_from_a_file() {
    let world = week();
    let saved = world.run("sessions --emulator --since 7d --out week.json");
    assert_eq!(saved.code, 0, "{}", saved.transcript());
    world.run("snapshot --emulator --out now.json");
    for source in ["--emulator", "--against now.json"] {
        let idle = world.run(&format!("plan {source} --replay week.json"));
        assert_eq!(idle.code, 0, "{}", idle.transcript());
        assert_eq!(idle.stderr, "replay: the plan changes nothing, so nothing is replayed\n");
    }
    world.write("livevod.yaml", &changed());
    for source in ["--emulator", "--against now.json"] {
        let line = format!("plan {source} {RELEASED} --replay week.json --format json");
        let json = world.run(&line).json();
        assert_eq!((guards(&json).len(), &json["replay"]["lost"]), (2, &json!(6 * 3600)), "{line}: {json}");
    }
    let asks = world.run("plan --against now.json --replay 7d");
    assert_eq!(asks.code, 1, "{}", asks.transcript());
    assert!(
        asks.stderr.contains("give a file that `livevod sessions --out FILE` wrote"),
        "{}",
        asks.transcript()
    );
    // A domain that the file lacks could hide a loss.
    world.write(
        "livevod.yaml",
        &format!("{FILE}  other.example.com: {{ apps: {{ show: {{ streams: {{ a: {{}} }} }} }} }}\n"),
    );
    let lacks = world.run("plan --emulator --replay week.json");
    assert_eq!(lacks.code, 1, "{}", lacks.transcript());
    assert!(
        lacks.flowing().contains("`other.example.com` could not be read: the replay is incomplete"),
        "{}",
        lacks.transcript()
    );
    let refused = world.run("apply --emulator --auto-approve --replay week.json");
    assert_eq!(refused.code, 1, "{}", refused.transcript());
    assert!(refused.stderr.contains("nothing was written"), "{}", refused.transcript());
    for wrong in ["--replay 31d", "--replay livevod.yaml", "--replay missing.json", "--replay 0h"] {
        let run = world.run(&format!("plan --emulator {wrong}"));
        assert_eq!(run.code, 1, "{wrong}: {}", run.transcript());
    }
}

#[test]
fn an_incomplete_replay_is_no_success() {
    let mut world = keyed(FILE);
    world.set("COLUMNS", "80");
    let denied = Server::start(&world, &["--fault", "deny:action=DescribeLiveStreamsPublishList"]);
    let flags = format!("--endpoint {}", denied.url);
    world.converge(&flags);
    world.write("livevod.yaml", &FILE.replace("cam2: {}", "cam2: { cycle_duration: 30m }"));
    let plan = world.run(&format!("plan {flags} --replay 7d"));
    assert_eq!(plan.code, 1, "{}", plan.transcript());
    assert_snapshot!("replay_denied", scrubbed(&plan, &denied));
    let apply = world.run(&format!("apply {flags} --auto-approve --replay 7d"));
    assert_eq!(apply.code, 1, "{}", apply.transcript());
    assert!(apply.stderr.contains("nothing was written"), "{}", apply.transcript());
    assert_eq!(world.run(&format!("apply {flags} --auto-approve")).code, 0);
}
