//! What aired, saved by `livevod sessions`, continued after an interruption, and judged later from files alone.

use super::server::{Server, keyed};
use super::{Run, World};

const FILES: &str = "\
version: 1
account: \"1234567890123456\"
defaults: { vod_transcode_group: VOD_NO_TRANSCODE }
must_record: [one.example.com]
domains:
  one.example.com: { apps: { show: { streams: { cam1: {} } } } }
  two.example.com: { apps: { show: { streams: { cam1: {} } } } }
";

/// Two domains, on each of which `cam1` and `cam2` were on air before anything was configured.
fn aired() -> World {
    let world = World::with(FILES);
    world.converge("--emulator");
    for domain in ["one", "two"] {
        for stream in ["cam1", "cam2"] {
            let session = format!("{domain}.example.com/show/{stream}");
            let run = world.run(&format!("emulator publish {session} --at 5h --until 4h"));
            assert_eq!(run.code, 0, "{}", run.transcript());
        }
    }
    world
}

fn verdicts(run: &Run) -> Vec<(String, String)> {
    let document = run.json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let all = document["sessions"].as_array().unwrap().iter();
    all.map(|one| (text(&one["address"]), text(&one["verdict"]))).collect()
}

fn expected() -> Vec<(String, String)> {
    let row = |address: &str, verdict: &str| (address.to_owned(), verdict.to_owned());
    vec![
        row("one.example.com/show/cam1", "missing"),
        row("one.example.com/show/cam2", "missing"),
        row("two.example.com/show/cam1", "not_wanted"),
        row("two.example.com/show/cam2", "not_wanted"),
    ]
}

/// The example of `docs/recorded.md`.
#[test]
fn a_similar_name_is_told_even_if_the_stream_itself_was_on_air_later() {
    let world = World::with(
        "version: 1\ndefaults: { vod_transcode_group: VOD_NO_TRANSCODE }\n\
         domains: { live.example.com: { apps: { live: { streams: { cam1: {} } } } } }\n",
    );
    world.converge("--emulator");
    for session in ["Live/cam1 --at 30m --until 20m", "live/cam1"] {
        let run = world.run(&format!("emulator publish live.example.com/{session}"));
        assert_eq!(run.code, 0, "{}", run.transcript());
    }
    let audit = world.run("audit --emulator --since 1h");
    assert_eq!(audit.code, 2, "{}", audit.transcript());
    assert!(
        audit.stdout.contains("Publish it as `live/cam1`, or declare `Live/cam1` too."),
        "{}",
        audit.stdout
    );
    assert!(
        audit.stdout.ends_with("--full also lists what is recorded, pending or not wanted.\n"),
        "{}",
        audit.stdout
    );
    let past = world.run("explain live.example.com/live/cam1 --emulator --at 25m");
    assert_eq!(past.code, 0, "{}", past.transcript());
    assert!(
        past.stdout.contains("\n  was not on air then; the nearest session:\n      since "),
        "{}",
        past.stdout
    );
    let todo =
        "to do: `Live/cam1` was published where `live/cam1` was expected: correct the name in the encoder.";
    assert!(past.flowing().contains(todo), "{}", past.stdout);
}

#[test]
fn what_was_saved_is_judged_like_what_is_read() {
    let world = aired();
    let live = world.run("audit --emulator --format json");
    assert_eq!((live.code, verdicts(&live)), (2, expected()), "{}", live.transcript());
    let saved = world.run("sessions --emulator --since 24h --out week.json");
    assert_eq!(saved.code, 0, "{}", saved.transcript());
    assert!(saved.stdout.contains("4 sessions, 4 h on air; 0 recordings listed."), "{}", saved.transcript());
    assert!(!world.path().join("week.json.partial").exists(), "a whole reading leaves nothing behind");
    let again = world.run("audit --emulator --sessions week.json --format json");
    assert_eq!((again.code, verdicts(&again)), (2, expected()), "{}", again.transcript());
    // Without the emulator, and without what it knows.
    let snapshot = world.run("snapshot --emulator --out now.json");
    assert_eq!(snapshot.code, 0, "{}", snapshot.transcript());
    std::fs::remove_file(world.path().join(".livevod/emulator.log")).unwrap();
    let offline = world.run("audit --sessions week.json --against now.json --format json");
    assert_eq!((offline.code, verdicts(&offline)), (2, expected()), "{}", offline.transcript());
}

#[test]
fn evidence_is_shown_as_it_was_judged_and_a_modified_one_is_refused() {
    let world = aired();
    let live = world.run("audit --emulator --out evidence.json");
    assert_eq!(live.code, 2, "{}", live.transcript());
    let shown = world.run("show evidence.json");
    assert_eq!((shown.code, &shown.stdout), (0, &live.stdout));
    let text = std::fs::read_to_string(world.path().join("evidence.json")).unwrap();
    world.write("evidence.json", &text.replace("\"missing\"", "\"recorded\""));
    let refused = world.run("show evidence.json");
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("checksum mismatch: the file was modified"), "{}", refused.transcript());
    let plan = world.run("show evidence.json --format terraform-json");
    assert!(plan.stderr.contains("this format can't contain an audit"), "{}", plan.transcript());
}

#[test]
fn a_file_about_something_else_is_refused_and_a_missing_domain_is_no_success() {
    let world = aired();
    world.run("sessions --emulator --out one.json --target one.example.com");
    let lacking = world.run("audit --emulator --sessions one.json");
    assert_eq!(lacking.code, 1, "{}", lacking.transcript());
    let told = "two.example.com: the file `one.json` does not contain this domain";
    assert!(lacking.flowing().contains(told), "{}", lacking.transcript());
    let elsewhere = world.run("audit --emulator=other.log --sessions one.json");
    assert_eq!(elsewhere.code, 1);
    assert!(
        elsewhere.stderr.contains("it is about emulator .livevod/emulator.log"),
        "{}",
        elsewhere.transcript()
    );
    let yaml = world.run("audit one.json --emulator");
    assert!(yaml.stderr.contains("is a sessions file"), "{}", yaml.transcript());
}

#[test]
fn an_interrupted_reading_goes_on_where_it_was() {
    let world = keyed(FILES);
    let fault = "deny:action=DescribeLiveStreamsPublishList,address=two.example.com,nth=1";
    let server = Server::start(&world, &["--fault", fault]);
    let sessions = format!("sessions --endpoint {} --since 24h --out week.json --log", server.url);
    // The service takes three a second, from whichever run.
    let is_counted =
        |line: &&str| line.contains("DescribeLiveStreamsPublishList ") && !line.contains("Throttling");
    let count = |run: &Run| run.stderr.lines().filter(is_counted).count();
    let first = world.run(&sessions);
    assert_eq!(first.code, 1, "{}", first.transcript());
    assert!(first.stdout.contains("two.example.com: who published can't be read"), "{}", first.transcript());
    assert!(world.path().join("week.json.partial").exists());
    let second = world.run(&sessions);
    assert_eq!(second.code, 0, "{}", second.transcript());
    assert_eq!((count(&first), count(&second)), (2, 1), "{}", second.transcript());
    assert!(second.stderr.contains("1 domain was read before"), "{}", second.transcript());
    assert!(!world.path().join("week.json.partial").exists());
    // Another period is another reading.
    let other = world.run(&sessions.replace("24h", "48h"));
    assert_eq!(count(&other), 2, "{}", other.transcript());
}

/// Each command reads the journals once, and tells of a damaged one once.
#[test]
fn a_damaged_journal_is_told_once() {
    let world = aired();
    world.write(".livevod/journal/20260101T000000.000Z-000000.jsonl", "{\"event\":\"nothing\"}\n");
    for command in
        ["audit --emulator", "sessions --emulator", "explain one.example.com/show/cam1 --at 4h --emulator"]
    {
        let run = world.run(command);
        assert_eq!(run.stderr.matches("the journal").count(), 1, "{command}: {}", run.transcript());
    }
    // Nobody knows what that run wrote, so what was to be recorded is not known either.
    let audit = world.run("audit --emulator");
    assert_eq!(audit.code, 1, "{}", audit.transcript());
    let past = world.run("explain one.example.com/show/cam1 --at 4h --emulator");
    let why = "a journal can't be read, so what livevod wrote is not known";
    assert!(past.flowing().contains(why), "{}", past.transcript());
}

/// A publisher's address identifies people.
#[test]
fn addresses_of_publishers_are_kept_only_if_they_are_asked_for() {
    let world = aired();
    world.run("sessions --emulator --out without.json");
    world.run("sessions --emulator --out with.json --clients");
    let holds =
        |file: &str| std::fs::read_to_string(world.path().join(file)).unwrap().contains("\"client\":");
    assert_eq!([holds("without.json"), holds("with.json")], [false, true]);
}
