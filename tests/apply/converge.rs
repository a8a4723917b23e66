//! An apply makes the changes of its plan, and no others.

use livevod::emulator::Settings;
use livevod::emulator::quirks::{ComposeRule, Quirks};
use livevod::model::{RecordConfig, StreamSpelling, words};
use livevod::wire;

use super::world::*;

#[tokio::test(start_paused = true)]
async fn every_kind_of_change_converges_in_one_run() {
    let world = World::new();
    world.hold("a.example.com/show/updated", &cycle(3600)).await;
    world.hold("a.example.com/show/replaced", &stored_in(BUCKET)).await;
    world.hold("b.example.com/show/deleted", &config()).await;
    world.hold("b.example.com/show/left", &cycle(600)).await;
    let report = world
        .apply([
            create("a.example.com/*/*", config()),
            create("a.example.com/show/created", cycle(900)),
            replace("a.example.com/show/replaced", stored_in(BUCKET), stored_in(OTHER_BUCKET)),
            update("a.example.com/show/updated", cycle(3600), cycle(900)),
            delete("b.example.com/show/deleted", config()),
        ])
        .await;
    assert_eq!(ends(&report), ["done"; 5]);
    assert!(report.outcomes.iter().all(|outcome| outcome.request_id.is_some()));
    assert_eq!(world.config("a.example.com/*/*").await, Some(config()));
    assert_eq!(world.config("a.example.com/show/created").await, Some(cycle(900)));
    assert_eq!(world.config("a.example.com/show/replaced").await, Some(stored_in(OTHER_BUCKET)));
    assert_eq!(world.config("a.example.com/show/updated").await, Some(cycle(900)));
    assert_eq!(world.config("b.example.com/show/deleted").await, None);
    assert_eq!(world.config("b.example.com/show/left").await, Some(cycle(600)));
}

#[tokio::test(start_paused = true)]
async fn a_second_run_of_the_same_plan_writes_nothing() {
    let world = World::new();
    world.hold("a.example.com/show/updated", &cycle(3600)).await;
    world.hold("a.example.com/show/replaced", &stored_in(BUCKET)).await;
    world.hold("a.example.com/show/deleted", &config()).await;
    let changes = || {
        [
            create("a.example.com/*/*", config()),
            replace("a.example.com/show/replaced", stored_in(BUCKET), stored_in(OTHER_BUCKET)),
            update("a.example.com/show/updated", cycle(3600), cycle(900)),
            delete("a.example.com/show/deleted", config()),
        ]
    };
    assert_eq!(ends(&world.apply(changes()).await), ["done"; 4]);
    let created = world.remote("a.example.com/show/replaced").await;
    let again = world.apply(changes()).await;
    assert_eq!(ends(&again), ["done"; 4]);
    assert!(again.outcomes.iter().all(|outcome| outcome.request_id.is_none()));
    assert_eq!(world.remote("a.example.com/show/replaced").await, created);
}

#[tokio::test(start_paused = true)]
async fn a_change_costs_no_more_calls_than_it_must() {
    let world = World::new();
    world.hold("a.example.com/show/x", &cycle(3600)).await;
    for number in 0..20 {
        world.hold(&format!("a.example.com/show/d{number}"), &config()).await;
    }
    let calls = async |change| world.apply([change]).await.calls;
    assert_eq!(calls(create("a.example.com/show/new", config())).await, 2, "add, list");
    assert_eq!(calls(update("a.example.com/show/x", cycle(3600), cycle(900))).await, 3, "list, update, list");
    let deletes = (0..20).map(|number| delete(&format!("a.example.com/show/d{number}"), config()));
    let report = world.apply(deletes).await;
    assert_eq!(ends(&report), ["done"; 20]);
    assert_eq!(report.calls, 22, "one listing that they rest on, and one that proves them all");
}

#[tokio::test(start_paused = true)]
async fn what_livevod_does_not_manage_survives_an_update() {
    let with_delay = |cycle_duration| RecordConfig { delay_time: Some(240), ..cycle(cycle_duration) };
    let world = World::new();
    world.hold("a.example.com/show/cam1", &with_delay(3600)).await;
    let report = world.apply([update("a.example.com/show/cam1", with_delay(3600), with_delay(900))]).await;
    assert_eq!(ends(&report), ["done"]);
    assert_eq!(world.config("a.example.com/show/cam1").await, Some(with_delay(900)));
}

#[tokio::test(start_paused = true)]
async fn a_carried_field_that_moves_is_a_failure() {
    let before = RecordConfig { delay_time: Some(240), ..cycle(3600) };
    let world = World::new();
    world.hold("a.example.com/show/cam1", &before).await;
    // The emulated service resets what an Update leaves out; a plan that drops the field wants it gone, so it is done, while
    // one that keeps it and a service that lost it would not be. The plan here keeps one that the service does not take.
    let after =
        RecordConfig { delay_time: Some(240), record_content: Some(words("transcode")), ..cycle(900) };
    let report = world.apply([update("a.example.com/show/cam1", before, after)]).await;
    assert_eq!(ends(&report), ["failed"]);
    assert!(why(&report, 0).contains("`record_content`"), "{:?}", failure(&report, 0));
}

#[tokio::test(start_paused = true)]
async fn each_write_echoes_how_the_service_spells_every_stream() {
    let world = World::new();
    world.hold_without_stream("a.example.com/show/*", &cycle(3600)).await;
    world.hold_without_stream("a.example.com/news/*", &config()).await;
    let report = world
        .apply([
            delete("a.example.com/news/*", config()),
            update("a.example.com/show/*", cycle(3600), cycle(900)),
        ])
        .await;
    assert_eq!(ends(&report), ["done", "done"]);
    let remote = world.remote("a.example.com/show/*").await.unwrap();
    assert_eq!((remote.spelling, remote.config.cycle_duration), (StreamSpelling::Absent, 900));
    assert_eq!(world.remote("a.example.com/news/*").await, None);
}

#[tokio::test(start_paused = true)]
async fn an_app_wide_create_meets_an_entry_under_another_spelling() {
    let world = World::new();
    world.hold_without_stream("a.example.com/show/*", &config()).await;
    assert_eq!(ends(&world.apply([create("a.example.com/show/*", config())]).await), ["done"]);
    let report = world.apply([create("a.example.com/show/*", cycle(900))]).await;
    assert_eq!(ends(&report), ["not attempted"]);
    assert_eq!(world.config("a.example.com/show/*").await, Some(config()));
}

#[tokio::test(start_paused = true)]
async fn deleting_an_app_wide_entry_leaves_those_beside_it() {
    let world = World::new();
    for text in
        ["a.example.com/*/*", "a.example.com/show/*", "a.example.com/show/cam1", "a.example.com/news/cam1"]
    {
        world.hold(text, &config()).await;
    }
    let report = world
        .apply([
            beside(delete("a.example.com/*/*", config()), &["a.example.com/news/cam1"]),
            delete("a.example.com/show/*", config()),
            delete("a.example.com/show/cam1", config()),
        ])
        .await;
    assert_eq!(ends(&report), ["done"; 3]);
    assert_eq!(world.config("a.example.com/news/cam1").await, Some(config()));
}

fn composing() -> RecordConfig {
    RecordConfig { auto_compose: true, compose_vod_transcode_group: Some(OTHER_GROUP.to_owned()), ..config() }
}

#[tokio::test(start_paused = true)]
async fn auto_compose_goes_on_and_off_again() {
    let world = World::new();
    world.hold("a.example.com/show/cam1", &config()).await;
    let on = world.apply([update("a.example.com/show/cam1", config(), composing())]).await;
    assert_eq!(ends(&on), ["done"]);
    assert_eq!(world.config("a.example.com/show/cam1").await, Some(composing()));
    let off = world.apply([update("a.example.com/show/cam1", composing(), config())]).await;
    assert_eq!(ends(&off), ["done"]);
    assert_eq!(world.config("a.example.com/show/cam1").await, Some(config()));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_wants_off_with_a_group_gets_it_and_is_remembered() {
    let world = World::with(strict());
    let cams = [1, 2, 3, 4, 5, 6].map(|number| format!("a.example.com/show/cam{number}"));
    for cam in &cams {
        world.hold(cam, &composing()).await;
    }
    world.faults(&["latency:time=20ms"]);
    let report = world.apply(cams.iter().map(|cam| update(cam, composing(), config()))).await;
    assert_eq!(ends(&report), ["done"; 6]);
    // The first Updates are refused once each; the later ones go straight to what worked.
    assert_eq!(world.sent("Update"), 4 * 2 + 2);
    world.faults(&[]);
    assert_eq!(world.config("a.example.com/show/cam6").await, Some(config()));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_changes_over_many_domains_keep_to_the_rate() {
    // The emulator's own limit uses the wall clock, which hardly advances in the meantime.
    let world = World::with(Settings { limit: None, ..Settings::default() });
    let start = tokio::time::Instant::now();
    let changes =
        (0..1000).map(|number| create(&format!("d{}.example.com/show/cam{number}", number % 50), config()));
    let report = world.apply(changes).await;
    assert_eq!(report.outcomes.len(), 1000);
    assert!(ends(&report).iter().all(|end| *end == "done"));
    // 150 at once, the other 850 at 800 per minute, and one listing of each domain as soon as it is written.
    assert_eq!(start.elapsed().as_secs(), 63);
    let domain = world.client.list_domain("d7.example.com").await.unwrap();
    assert_eq!(domain.configs.len(), 20);
    world.edit(wire::delete(&address("d7.example.com/show/cam7"), StreamSpelling::Named)).await;
}

fn strict() -> Settings {
    let quirks = Quirks { compose_rule: ComposeRule::BothOrNeither, ..Quirks::default() };
    Settings { quirks, ..Settings::default() }
}
