//! Writes that livevod must not send, and what it reports instead.

use livevod::apply::blame;
use livevod::model::{Field, StreamSpelling};
use livevod::plan::{Guard, Held, NotCleared};
use livevod::wire;

use super::world::*;

#[tokio::test(start_paused = true)]
async fn a_held_or_incomplete_plan_is_not_begun() {
    let world = World::new();
    let change = || create("a.example.com/show/cam1", config());
    let held = Held { guard: Guard::Limits, address: None, message: "too many".into(), release: None };
    let mut plan_held = plan([change()]);
    plan_held.notes.held.push(held.clone());
    assert_eq!(world.try_apply(&plan_held).await.unwrap_err(), NotCleared::Held(vec![held]));
    let mut plan_unread = plan([change()]);
    plan_unread.notes.unread.push("b.example.com".into());
    assert_eq!(
        world.try_apply(&plan_unread).await.unwrap_err(),
        NotCleared::Unread(vec!["b.example.com".into()])
    );
    assert_eq!(world.client.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_edit_made_since_the_plan_is_never_overwritten() {
    let world = World::new();
    let edited = cycle(1800);
    for stream in ["updated", "deleted"] {
        world.hold(&format!("a.example.com/show/{stream}"), &edited).await;
    }
    world
        .hold(
            "a.example.com/show/replaced",
            &livevod::model::RecordConfig { cycle_duration: 1800, ..stored_in(BUCKET) },
        )
        .await;
    world.hold("a.example.com/show/*", &edited).await;
    world.hold("a.example.com/show/created", &edited).await;
    let changes = [
        create("a.example.com/show/*", config()),
        create("a.example.com/show/created", config()),
        delete("a.example.com/show/deleted", config()),
        update("a.example.com/show/gone", config(), cycle(900)),
        replace("a.example.com/show/replaced", stored_in(BUCKET), stored_in(OTHER_BUCKET)),
        update("a.example.com/show/updated", config(), cycle(900)),
    ];
    let snapshot = world.client.list_domain("a.example.com").await.unwrap();
    let report = world.apply(changes).await;
    let stale = "not attempted";
    // An Add overwrites nothing, so the Add of a named stream is sent.
    assert_eq!(ends(&report), [stale, "failed", stale, stale, stale, stale]);
    assert_eq!(world.client.list_domain("a.example.com").await.unwrap(), snapshot);
    assert_eq!(why(&report, 5), "changed since the plan: `cycle_duration` was 1h and is 30m now");
    assert_eq!(why(&report, 3), "changed since the plan: it is gone");
}

#[tokio::test(start_paused = true)]
async fn a_stale_delete_keeps_no_other_one_back() {
    let world = World::new();
    world.hold("a.example.com/show/edited", &cycle(1800)).await;
    world.hold("a.example.com/show/other", &config()).await;
    let report = world
        .apply([delete("a.example.com/show/edited", config()), delete("a.example.com/show/other", config())])
        .await;
    assert_eq!(ends(&report), ["not attempted", "done"]);
    assert!(world.config("a.example.com/show/edited").await.is_some());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_deleted_once_a_write_failed_anywhere() {
    let world = World::new();
    world.hold("b.example.com/show/old", &config()).await;
    let mut unknown_group = config();
    unknown_group.vod_transcode_group = "no-such-group".into();
    let report = world
        .apply([
            create("a.example.com/show/bad", unknown_group),
            create("a.example.com/show/good", config()),
            delete("b.example.com/show/old", config()),
        ])
        .await;
    assert_eq!(ends(&report), ["failed", "done", "not attempted"]);
    assert_eq!(why(&report, 2), "not deleted, because another change of this run was not done");
    assert_eq!(world.config("b.example.com/show/old").await, Some(config()));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_carries_its_request_id_and_can_be_traced_to_a_field() {
    let world = World::new();
    let mut unknown_group = config();
    unknown_group.vod_transcode_group = "no-such-group".into();
    let change = create("a.example.com/show/cam1", unknown_group);
    let report = world.apply([change.clone()]).await;
    assert_eq!(ends(&report), ["failed"]);
    let remote = failure(&report, 0).remote.as_ref().unwrap().remote().unwrap();
    assert_eq!(remote.code, "InvalidTemplateGroupId.NotFound");
    assert!(remote.request_id.is_some());
    assert_eq!(report.outcomes[0].request_id, remote.request_id);
    assert_eq!(blame(&change, remote), [Field::VodTranscodeGroup]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_replacement_puts_the_old_entry_back() {
    let world = World::new();
    world.hold("a.example.com/show/cam1", &stored_in(BUCKET)).await;
    let change = replace("a.example.com/show/cam1", stored_in(BUCKET), stored_in("nowhere.example.com"));
    let report = world.apply([change.clone()]).await;
    assert_eq!(ends(&report), ["failed"]);
    assert_eq!(why(&report, 0), "the new configuration could not be created; the old one was added back");
    let remote = failure(&report, 0).remote.as_ref().unwrap().remote().unwrap();
    assert_eq!(blame(&change, remote), [Field::StorageLocation]);
    assert_eq!(world.config("a.example.com/show/cam1").await, Some(stored_in(BUCKET)));
}

#[tokio::test(start_paused = true)]
async fn stop_on_error_starts_nothing_new() {
    let mut world = World::new();
    world.settings.stop_on_error = true;
    let mut unknown_group = config();
    unknown_group.vod_transcode_group = "no-such-group".into();
    let changes =
        [create("a.example.com/show/a-bad", unknown_group), create("a.example.com/show/b-good", config())];
    let report = world.apply(changes).await;
    assert_eq!(ends(&report), ["failed", "not attempted"]);
    assert_eq!(world.config("a.example.com/show/b-good").await, None);
}

#[tokio::test(start_paused = true)]
async fn a_request_to_stop_starts_nothing_new() {
    let world = World::new();
    world.settings.stop.cancel();
    let report = world.apply([create("a.example.com/show/cam1", config())]).await;
    assert_eq!(ends(&report), ["not attempted"]);
    assert_eq!(why(&report, 0), "the run was interrupted");
    assert_eq!(report.calls, 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_when_the_run_is_stopped_is_finished() {
    let world = World::new();
    let changes = (0..400).map(|number| create(&format!("a.example.com/show/cam{number:03}"), config()));
    let applying = world.apply(changes);
    // The rate allows 150 Adds at once; the stop request comes while the others wait.
    let stopping = async {
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
        world.settings.stop.cancel();
    };
    let (report, ()) = tokio::join!(applying, stopping);
    let done = ends(&report).iter().filter(|end| **end == "done").count();
    assert!((150..160).contains(&done), "{done}");
    assert_eq!(world.client.list_domain("a.example.com").await.unwrap().configs.len(), done);
    assert!(ends(&report)[done..].iter().all(|end| *end == "not attempted"));
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_contradicts_itself_is_not_touched() {
    let world = World::new();
    let item = serde_json::json!({
        "DomainName": "a.example.com", "AppName": "show", "StreamName": "cam1", "FormatConfig": true,
    });
    world.service.load(&serde_json::json!({ "configs": [item] }).to_string()).unwrap();
    let before = world.remote("a.example.com/show/cam1").await;
    assert!(before.as_ref().unwrap().unsupported.is_some());
    let report = world
        .apply([
            update("a.example.com/show/cam1", config(), cycle(900)),
            delete("a.example.com/show/cam1", config()),
        ])
        .await;
    assert_eq!(ends(&report), ["not attempted", "not attempted"]);
    assert_eq!(world.remote("a.example.com/show/cam1").await, before);
    world.edit(wire::delete(&address("a.example.com/show/cam1"), StreamSpelling::Named)).await;
}

#[tokio::test(start_paused = true)]
async fn what_the_run_deleted_itself_is_not_added_back_because_a_listing_still_shows_it() {
    let world = World::new();
    world.hold("a.example.com/show/*", &config()).await;
    world.hold("a.example.com/show/cam1", &config()).await;
    // The compare, the proof that `cam1` is gone, and then the listing for the compare of `show/*`.
    let lagging = "stale:time=1h,action=Describe,nth=3";
    world.service.set_faults(vec![lagging.parse().unwrap()]);
    let report = world
        .apply([delete("a.example.com/show/*", config()), delete("a.example.com/show/cam1", config())])
        .await;
    assert_eq!(world.service.counters().faults["stale"], 1);
    assert_eq!(ends(&report), ["done", "done"], "{report:?}");
    assert_eq!(world.config("a.example.com/show/cam1").await, None);
}

#[tokio::test(start_paused = true)]
async fn an_app_wide_entry_stays_where_others_stand_beside_it_than_the_plan_saw() {
    const WIDE: &str = "a.example.com/show/*";
    let cams = ["a.example.com/show/cam1", "a.example.com/show/cam2"];
    let new = stored_in(OTHER_BUCKET);
    for (planned, held, what) in [
        (&cams[..0], &cams[..1], "`show/cam1` now exists beside it"),
        (&cams[..1], &cams[..], "`show/cam2` now exists beside it"),
        (&cams[..], &cams[..0], "`show/cam1` no longer exists beside it, and 1 more"),
        (&cams[..], &cams[1..], "`show/cam1` no longer exists beside it"),
    ] {
        for change in [delete(WIDE, stored_in(BUCKET)), replace(WIDE, stored_in(BUCKET), new.clone())] {
            let world = World::new();
            world.hold(WIDE, &stored_in(BUCKET)).await;
            for text in held {
                world.hold(text, &config()).await;
            }
            let report = world.apply([beside(change, planned)]).await;
            assert_eq!(ends(&report), ["not attempted"]);
            assert_eq!(why(&report, 0), format!("changed since the plan: {what}"));
            assert_eq!(world.sent("Delete"), 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_was_to_go_first_and_did_not_keeps_the_app_wide_entry() {
    let world = World::new();
    world.hold("a.example.com/show/*", &config()).await;
    world.hold("a.example.com/show/cam1", &cycle(900)).await;
    let report = world
        .apply([delete("a.example.com/show/*", config()), delete("a.example.com/show/cam1", config())])
        .await;
    assert_eq!(ends(&report), ["not attempted"; 2]);
    assert_eq!(why(&report, 0), "changed since the plan: `show/cam1` now exists beside it");
}

#[tokio::test(start_paused = true)]
async fn what_the_run_did_not_create_or_has_yet_to_delete_is_no_other_set() {
    let world = World::new();
    world.hold("a.example.com/show/*", &stored_in(BUCKET)).await;
    world.hold("a.example.com/show/cam1", &config()).await;
    let mut unknown_group = config();
    unknown_group.vod_transcode_group = "no-such-group".into();
    let report = world
        .apply([
            beside(
                replace("a.example.com/show/*", stored_in(BUCKET), stored_in(OTHER_BUCKET)),
                &["a.example.com/show/cam2"],
            ),
            delete("a.example.com/show/cam1", config()),
            create("a.example.com/show/cam2", unknown_group),
        ])
        .await;
    assert_eq!(ends(&report), ["done", "not attempted", "failed"]);
}
