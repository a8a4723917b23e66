//! Writes whose answers are lost, and a service with side effects.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use livevod::api::{ClientSettings, Error};
use livevod::embedded;
use livevod::emulator::{self, Quirks, Settings};
use livevod::model::{Address, StreamSpelling};
use livevod::wire::{self, Key, Secret, SignatureVersion, Stamp};

use super::gate::{self, Fate, is};
use super::world::*;

const ADD: &str = "AddLiveRecordVodConfig";
const UPDATE: &str = "UpdateLiveRecordVodConfig";
const DELETE: &str = "DeleteLiveRecordVodConfig";
const CAM: &str = "a.example.com/show/cam1";

#[tokio::test]
async fn a_write_that_was_carried_out_without_an_answer_is_done() {
    let world = gate::world(|request, service| match service.call(request) {
        _ if is(request, ADD) => Fate::Close,
        response if is(request, UPDATE) => Fate::Cut(response),
        _ if is(request, DELETE) => Fate::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nwhat"),
        response => Fate::Answer(response),
    })
    .await;
    // A read may meet a connection that the gate is about to close.
    let world = world.deadline(Duration::from_secs(10));
    world.hold("a.example.com/show/updated", &cycle(3600)).await;
    world.hold("a.example.com/show/deleted", &config()).await;
    world.hold("a.example.com/show/replaced", &stored_in(BUCKET)).await;
    let report = world
        .apply([
            create("a.example.com/show/created", config()),
            delete("a.example.com/show/deleted", config()),
            replace("a.example.com/show/replaced", stored_in(BUCKET), stored_in(OTHER_BUCKET)),
            update("a.example.com/show/updated", cycle(3600), cycle(900)),
        ])
        .await;
    assert_eq!(ends(&report), ["done"; 4]);
    assert_eq!(world.config("a.example.com/show/replaced").await, Some(stored_in(OTHER_BUCKET)));
}

#[tokio::test]
async fn a_write_that_was_lost_is_unknown_and_tried_no_second_time() {
    let adds = Arc::new(AtomicUsize::new(0));
    let counter = adds.clone();
    let world = gate::world(move |request, service| match is(request, ADD) {
        true => {
            counter.fetch_add(1, Ordering::Relaxed);
            Fate::Close
        }
        false => Fate::Answer(service.call(request)),
    })
    .await;
    world.hold("a.example.com/show/old", &config()).await;
    let report = world
        .apply([create("a.example.com/show/new", config()), delete("a.example.com/show/old", config())])
        .await;
    assert_eq!(ends(&report), ["unknown", "not attempted"]);
    assert_eq!(adds.load(Ordering::Relaxed), 1);
    assert!(matches!(failure(&report, 0).remote, Some(Error::Ambiguous { .. })));
}

#[tokio::test]
async fn a_replace_whose_delete_was_lost_adds_nothing() {
    let world = gate::world(|request, service| match is(request, DELETE) {
        true => Fate::Close,
        false => Fate::Answer(service.call(request)),
    })
    .await
    .settle(Duration::ZERO);
    world.hold("a.example.com/show/cam1", &stored_in(BUCKET)).await;
    let report =
        world.apply([replace("a.example.com/show/cam1", stored_in(BUCKET), stored_in(OTHER_BUCKET))]).await;
    assert_eq!(ends(&report), ["unknown"]);
    let message = &why(&report, 0);
    assert!(message.ends_with("reading back does not show it; nothing was created"), "{message}");
    assert_eq!(world.config("a.example.com/show/cam1").await, Some(stored_in(BUCKET)));
}

#[tokio::test]
async fn a_replace_waits_until_its_delete_is_seen() {
    let tries = Arc::new(AtomicUsize::new(0));
    let counter = tries.clone();
    let exists = br#"{"Code":"ConfigAlreadyExists","Message":"Config has already exist.","RequestId":"R"}"#;
    let world = gate::world(move |request, service| {
        if is(request, ADD) && counter.fetch_add(1, Ordering::Relaxed) == 0 {
            let headers = std::collections::BTreeMap::new();
            return Fate::Answer(wire::Response { status: 400, headers, body: exists.to_vec() });
        }
        Fate::Answer(service.call(request))
    })
    .await
    .deadline(Duration::from_secs(30));
    world.hold("a.example.com/show/cam1", &stored_in(BUCKET)).await;
    let report =
        world.apply([replace("a.example.com/show/cam1", stored_in(BUCKET), stored_in(OTHER_BUCKET))]).await;
    assert_eq!(ends(&report), ["done"]);
    assert_eq!(tries.load(Ordering::Relaxed), 2);
}

/// The deadline is over after the first refusal, and nothing is there: without one more Add, nothing records the stream.
#[tokio::test]
async fn a_replace_whose_delete_is_seen_only_after_the_deadline_is_completed() {
    let exists = br#"{"Code":"ConfigAlreadyExists","Message":"Config has already exist.","RequestId":"R"}"#;
    let refused = |times: usize| async move {
        let tries = Arc::new(AtomicUsize::new(0));
        let counter = tries.clone();
        let world = gate::world(move |request, service| {
            if is(request, ADD) && counter.fetch_add(1, Ordering::Relaxed) < times {
                let headers = std::collections::BTreeMap::new();
                return Fate::Answer(wire::Response { status: 400, headers, body: exists.to_vec() });
            }
            Fate::Answer(service.call(request))
        })
        .await
        .deadline(Duration::ZERO);
        world.hold(CAM, &stored_in(BUCKET)).await;
        let report = world.apply([replace(CAM, stored_in(BUCKET), stored_in(OTHER_BUCKET))]).await;
        assert_eq!(tries.load(Ordering::Relaxed), 2);
        (ends(&report), world.config(CAM).await)
    };
    assert_eq!(refused(1).await, (vec!["done"], Some(stored_in(OTHER_BUCKET))));
    assert_eq!(refused(9).await, (vec!["failed"], None));
}

/// What no request can carry is lost with it; the rest is back.
#[tokio::test]
async fn a_sibling_that_went_along_is_added_back_as_far_as_it_can_be_sent() {
    let world = gate::world(|request, service| {
        let answer = service.call(request);
        if is(request, DELETE) && request.query.contains("StreamName=%2A") {
            erase(service, &address(CAM));
        }
        Fate::Answer(answer)
    })
    .await;
    let item = |stream: &str, more: &str| {
        format!(
            r#"{{ "DomainName": "a.example.com", "AppName": "show", "StreamName": "{stream}",
            "VodTranscodeGroupId": "{GROUP}"{more} }}"#
        )
    };
    let odd = item("cam1", r#", "CycleDuration": 600, "NewField": "x""#);
    world.service.load(&format!(r#"{{ "configs": [{}, {odd}] }}"#, item("*", ""))).unwrap();
    let before = world.config("a.example.com/show/*").await.unwrap();
    let report = world.apply([beside(delete("a.example.com/show/*", before), &[CAM])]).await;
    let message = why(&report, 0);
    assert!(message.ends_with("added back: `a.example.com/show/cam1`"), "{message}");
    assert!(!message.contains("NOT added back"), "{message}");
    let back = world.config(CAM).await.unwrap();
    assert_eq!((back.cycle_duration, back.unknown.len()), (600, 0));
}

#[tokio::test]
async fn siblings_that_an_app_wide_delete_takes_along_are_added_back_and_the_domain_stops() {
    let world = gate::world(|request, service| {
        let answer = service.call(request);
        if is(request, DELETE) && request.query.contains("StreamName=%2A") {
            erase(service, &address("a.example.com/show/cam1"));
            erase(service, &address("a.example.com/show/cam2"));
        }
        Fate::Answer(answer)
    })
    .await;
    let texts = [
        "a.example.com/news/*",
        "a.example.com/show/*",
        "a.example.com/show/cam1",
        "a.example.com/show/cam2",
    ];
    for text in texts {
        world.hold(text, &cycle(600)).await;
    }
    let report = world
        .apply([
            delete("a.example.com/news/*", cycle(600)),
            beside(delete("a.example.com/show/*", cycle(600)), &texts[2..]),
        ])
        .await;
    assert_eq!(ends(&report), ["failed", "not attempted"]);
    let message = &why(&report, 0);
    assert!(
        message.ends_with("added back: `a.example.com/show/cam1`, `a.example.com/show/cam2`"),
        "{message}"
    );
    assert!(why(&report, 1).starts_with("writing in its domain was stopped"));
    assert_eq!(world.config("a.example.com/news/*").await, None);
    for text in &texts[1..] {
        assert_eq!(world.config(text).await, Some(cycle(600)), "{text}");
    }
}

/// Side effects of the service.
fn erase(service: &emulator::Service, address: &Address) {
    static NONCE: AtomicUsize = AtomicUsize::new(0);
    let nonce = format!("erase-{}", NONCE.fetch_add(1, Ordering::Relaxed));
    let key = Key { id: emulator::KEY_ID.into(), secret: Secret::new(emulator::KEY_SECRET), token: None };
    let stamp = Stamp { time: jiff::Timestamp::now(), nonce };
    let call = wire::delete(address, StreamSpelling::Named);
    service.call(&wire::sign(&call, "localhost", &key, &stamp, SignatureVersion::V3));
}

#[tokio::test(start_paused = true)]
async fn a_reused_nonce_may_mean_that_somebody_sent_the_write_before() {
    let world = World::new();
    let once = Stamp { time: jiff::Timestamp::now(), nonce: "always the same".into() };
    let stamps = Arc::new(move || Ok(once.clone()));
    let settings = ClientSettings { stamps, ..embedded::settings() };
    let client = embedded::client(world.service.clone(), settings);
    assert_eq!(client.list_domain("a.example.com").await.unwrap().configs.len(), 0);
    let world = World::of(world.service, client);
    let start = tokio::time::Instant::now();
    let report = world.apply([create("a.example.com/show/cam1", config())]).await;
    assert_eq!(ends(&report), ["unknown"]);
    assert_eq!(start.elapsed(), world.settings.deadline, "it was read back until the deadline");
    assert!(report.outcomes[0].request_id.is_some());
}

fn refusal(status: u16, code: &str) -> Fate {
    let body = format!(r#"{{"Code":"{code}","Message":"no","RequestId":"R"}}"#);
    let headers = std::collections::BTreeMap::new();
    Fate::Answer(wire::Response { status, headers, body: body.into_bytes() })
}

#[tokio::test]
async fn a_delete_without_an_answer_holds_up_the_others_until_it_is_clear() {
    let world = gate::world(|request, service| match is(request, DELETE) && request.query.contains("cam1") {
        true => Fate::Close,
        false => Fate::Answer(service.call(request)),
    })
    .await;
    world.hold("a.example.com/show/cam1", &config()).await;
    world.hold("a.example.com/show/cam2", &config()).await;
    let report = world
        .apply([delete("a.example.com/show/cam1", config()), delete("a.example.com/show/cam2", config())])
        .await;
    assert_eq!(ends(&report), ["unknown", "not attempted"]);
    assert_eq!(world.config("a.example.com/show/cam2").await, Some(config()));
}

#[tokio::test]
async fn a_refused_delete_of_what_is_gone_is_done() {
    let world = gate::world(|request, service| match is(request, DELETE) {
        true => {
            service.call(request);
            refusal(404, "SomethingNotFound")
        }
        false => Fate::Answer(service.call(request)),
    })
    .await;
    world.hold("a.example.com/show/cam1", &config()).await;
    assert_eq!(ends(&world.apply([delete("a.example.com/show/cam1", config())]).await), ["done"]);
}

#[tokio::test]
async fn a_replace_that_can_add_neither_the_new_nor_the_old_says_that_nothing_shows_there() {
    let world = gate::world(|request, service| match is(request, ADD) {
        true => refusal(403, "Forbidden.RAM"),
        false => Fate::Answer(service.call(request)),
    })
    .await;
    world.hold("a.example.com/show/cam1", &stored_in(BUCKET)).await;
    let report =
        world.apply([replace("a.example.com/show/cam1", stored_in(BUCKET), stored_in(OTHER_BUCKET))]).await;
    assert_eq!(ends(&report), ["failed"]);
    assert!(why(&report, 0).ends_with("nothing is visible there now"), "{:?}", failure(&report, 0));
}

#[tokio::test]
async fn a_read_back_that_fails_is_tried_again() {
    let reads = AtomicUsize::new(0);
    let world = gate::world(move |request, service| match is(request, "DescribeLiveRecordVodConfigs") {
        // The compare is answered; then one answer is lost, and one call is refused.
        true => match reads.fetch_add(1, Ordering::Relaxed) {
            1 => Fate::Close,
            2 => refusal(500, "InternalError"),
            _ => Fate::Answer(service.call(request)),
        },
        false => Fate::Answer(service.call(request)),
    })
    .await
    .deadline(Duration::from_secs(30));
    world.hold("a.example.com/show/cam1", &cycle(3600)).await;
    let report = world.apply([update("a.example.com/show/cam1", cycle(3600), cycle(900))]).await;
    assert_eq!(ends(&report), ["done"]);
}

#[tokio::test]
async fn a_write_whose_address_can_not_be_read_first_does_not_go_out() {
    let world = gate::world(|_, _| refusal(403, "Forbidden.RAM")).await;
    world.hold("a.example.com/show/cam1", &cycle(3600)).await;
    let report = world.apply([update("a.example.com/show/cam1", cycle(3600), cycle(900))]).await;
    assert_eq!(ends(&report), ["not attempted"]);
    assert_eq!(why(&report, 0), "the current configuration can't be read");
    assert_eq!(report.calls, 1);
}

#[tokio::test]
async fn an_absence_that_a_restless_listing_hides_is_looked_for_again() {
    let reads = AtomicUsize::new(0);
    let world = gate::world(move |request, service| {
        let listing = is(request, "DescribeLiveRecordVodConfigs") && !request.query.contains("AppName");
        // Each of the first two listings claims more entries than it has.
        match listing && reads.fetch_add(1, Ordering::Relaxed) < 2 {
            true => {
                let body =
                    br#"{"RequestId":"R","Total":"100","LiveRecordVodConfigs":{"LiveRecordVodConfig":[]}}"#;
                let headers = std::collections::BTreeMap::new();
                Fate::Answer(wire::Response { status: 200, headers, body: body.to_vec() })
            }
            false => Fate::Answer(service.call(request)),
        }
    })
    .await
    .deadline(Duration::from_secs(30));
    world.hold("a.example.com/show/cam1", &config()).await;
    assert_eq!(ends(&world.apply([delete("a.example.com/show/cam1", config())]).await), ["done"]);
}

#[tokio::test]
async fn a_read_back_that_is_forbidden_is_not_tried_again() {
    let reads = Arc::new(AtomicUsize::new(0));
    let counter = reads.clone();
    let world = gate::world(move |request, service| {
        let read = is(request, "DescribeLiveRecordVodConfigs");
        match read && counter.fetch_add(1, Ordering::Relaxed) > 0 {
            true => refusal(403, "Forbidden.RAM"),
            false => Fate::Answer(service.call(request)),
        }
    })
    .await
    .deadline(Duration::from_secs(30));
    world.hold("a.example.com/show/cam1", &cycle(3600)).await;
    let report = world.apply([update("a.example.com/show/cam1", cycle(3600), cycle(900))]).await;
    assert_eq!(ends(&report), ["unknown"]);
    assert_eq!(why(&report, 0), "the write was accepted, and can't be read back");
    assert_eq!(reads.load(Ordering::Relaxed), 2);
}

/// According to the documents, a throttled write was not carried out. If it was, only livevod can restore what the service removed
/// with it.
#[tokio::test(start_paused = true)]
async fn what_went_along_with_a_delete_that_was_refused_and_carried_out_is_added_back() {
    const WIDE: &str = "a.example.com/show/*";
    for change in [delete(WIDE, stored_in(BUCKET)), replace(WIDE, stored_in(BUCKET), stored_in(OTHER_BUCKET))]
    {
        let quirks = Quirks::with(&["app-wide-delete=with-siblings"]).unwrap();
        let world = World::with(Settings { quirks, ..Settings::default() });
        world.hold(WIDE, &stored_in(BUCKET)).await;
        world.hold(CAM, &cycle(600)).await;
        world.hold("a.example.com/news/gala", &cycle(700)).await;
        world.faults(&["false-throttle:action=Delete,nth=1"]);
        let after = change.after().cloned();
        let report = world.apply([beside(change, &[CAM])]).await;
        world.faults(&[]);
        assert_eq!(ends(&report), ["failed"], "{:?}", report.outcomes);
        let message = &why(&report, 0);
        assert!(message.ends_with(&format!("added back: `{CAM}`")), "{message}");
        assert_eq!(world.config(CAM).await, Some(cycle(600)));
        assert_eq!(world.config(WIDE).await, after);
    }
}

#[tokio::test(start_paused = true)]
async fn a_replace_whose_delete_was_refused_and_carried_out_is_finished() {
    let world = World::new();
    world.hold(CAM, &stored_in(BUCKET)).await;
    world.faults(&["false-throttle:action=Delete,nth=1"]);
    let report = world.apply([replace(CAM, stored_in(BUCKET), stored_in(OTHER_BUCKET))]).await;
    assert_eq!(ends(&report), ["done"], "{:?}", report.outcomes);
    assert_eq!(world.config(CAM).await, Some(stored_in(OTHER_BUCKET)));
}

/// However the replace ends after that: the entry is gone, and the new one closes the gap.
#[tokio::test(start_paused = true)]
async fn a_replace_that_is_interrupted_after_such_a_delete_leaves_no_gap() {
    let world = World::new();
    world.hold(CAM, &stored_in(BUCKET)).await;
    world.faults(&["false-throttle:action=Delete,nth=1"]);
    let stop = async {
        while world.config(CAM).await.is_some() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        world.settings.stop.cancel();
    };
    let replace = replace(CAM, stored_in(BUCKET), stored_in(OTHER_BUCKET));
    let (report, ()) = tokio::join!(world.apply([replace]), stop);
    assert_eq!(ends(&report), ["done"], "{:?}", report.outcomes);
    assert_eq!(world.config(CAM).await, Some(stored_in(OTHER_BUCKET)));
}

/// The first Add got lost, and every later one is refused: it is unknown whether the first was carried out.
#[tokio::test(start_paused = true)]
async fn a_replace_whose_add_was_lost_and_then_refused_is_unknown() {
    let world = World::new();
    world.hold(CAM, &stored_in(BUCKET)).await;
    world.faults(&["drop-before-commit:action=Add,nth=1", "revoked-key:action=Add"]);
    let report = world.apply([replace(CAM, stored_in(BUCKET), stored_in(OTHER_BUCKET))]).await;
    assert_eq!(ends(&report), ["unknown"], "{:?}", report.outcomes);
}

/// The new configuration shows only while the old one is added back, and that Add got lost too.
#[tokio::test(start_paused = true)]
async fn a_replace_whose_new_configuration_shows_while_the_old_one_is_added_back_is_done() {
    let world = World::new();
    world.hold(CAM, &stored_in(BUCKET)).await;
    world.faults(&[
        "drop-after-commit:action=Add,nth=1",
        "revoked-key:action=Add,nth=2",
        "drop-before-commit:action=Add,nth=3",
        "revoked-key:action=Describe,nth=2",
        "revoked-key:action=Describe,nth=3",
    ]);
    let report = world.apply([replace(CAM, stored_in(BUCKET), stored_in(OTHER_BUCKET))]).await;
    assert_eq!(ends(&report), ["done"], "{:?}", report.outcomes);
    assert_eq!(world.config(CAM).await, Some(stored_in(OTHER_BUCKET)));
    assert_eq!(world.sent("Add"), 3 + 1, "those of this run, and the one that made the old configuration");
}
