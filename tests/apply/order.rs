//! Which requests are sent, in which order, and with which parameters.

use std::sync::{Arc, Mutex};

use livevod::wire::Request;

use super::gate::{self, Fate};
use super::world::*;

/// A world that records every write as `Action/app/stream`.
async fn noting() -> (World, Arc<Mutex<Vec<String>>>) {
    let notes: Arc<Mutex<Vec<String>>> = Arc::default();
    let pad = notes.clone();
    let world = gate::world(move |request, service| {
        if !gate::is(request, "DescribeLiveRecordVodConfigs") {
            pad.lock().unwrap().push(note(request));
        }
        Fate::Answer(service.call(request))
    })
    .await;
    (world, notes)
}

fn note(request: &Request) -> String {
    let action = request.headers["x-acs-action"].trim_end_matches("LiveRecordVodConfig");
    let param = |name: &str| {
        let prefix = format!("{name}=");
        let value = request.query.split('&').find_map(|pair| pair.strip_prefix(&prefix));
        value.map_or("-".to_owned(), |value| value.replace("%2A", "*"))
    };
    format!("{action}/{}/{}", param("AppName"), param("StreamName"))
}

fn taken(notes: &Mutex<Vec<String>>) -> Vec<String> {
    std::mem::take(&mut notes.lock().unwrap())
}

#[tokio::test]
async fn what_records_more_comes_first_and_what_records_less_comes_last() {
    let (world, notes) = noting().await;
    for text in
        ["a.example.com/show/*", "a.example.com/show/d", "a.example.com/show/u", "a.example.com/old/*"]
    {
        world.hold(text, &cycle(3600)).await;
    }
    world.hold("a.example.com/show/r", &stored_in(BUCKET)).await;
    let report = world
        .apply([
            delete("a.example.com/old/*", cycle(3600)),
            beside(
                delete("a.example.com/show/*", cycle(3600)),
                &["a.example.com/show/c", "a.example.com/show/r", "a.example.com/show/u"],
            ),
            create("a.example.com/show/c", config()),
            delete("a.example.com/show/d", cycle(3600)),
            replace("a.example.com/show/r", stored_in(BUCKET), stored_in(OTHER_BUCKET)),
            update("a.example.com/show/u", cycle(3600), cycle(900)),
            create("a.example.com/tv/*", config()),
        ])
        .await;
    assert_eq!(ends(&report), ["done"; 7]);
    let expected = [
        "Add/tv/*",
        "Add/show/c",
        "Update/show/u",
        "Delete/show/r",
        "Add/show/r",
        "Delete/show/d",
        "Delete/old/*",
        "Delete/show/*",
    ];
    assert_eq!(taken(&notes), expected);
}

#[tokio::test]
async fn a_write_says_every_stream_as_the_service_does() {
    let (world, notes) = noting().await;
    world.hold_without_stream("a.example.com/show/*", &cycle(3600)).await;
    world.hold_without_stream("a.example.com/news/*", &stored_in(BUCKET)).await;
    let report = world
        .apply([
            update("a.example.com/show/*", cycle(3600), cycle(900)),
            replace("a.example.com/news/*", stored_in(BUCKET), stored_in(OTHER_BUCKET)),
        ])
        .await;
    assert_eq!(ends(&report), ["done", "done"]);
    assert_eq!(taken(&notes), ["Update/show/-", "Delete/news/-", "Add/news/*"]);
}

#[tokio::test]
async fn a_stale_change_sends_no_write() {
    let (world, notes) = noting().await;
    world.hold("a.example.com/show/u", &cycle(1800)).await;
    let report = world.apply([update("a.example.com/show/u", cycle(3600), cycle(900))]).await;
    assert_eq!(ends(&report), ["not attempted"]);
    assert_eq!(taken(&notes), [""; 0]);
}
