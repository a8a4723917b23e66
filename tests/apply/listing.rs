//! Domains are listed whole, or not at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use livevod::api::Error;
use livevod::wire::{Request, Response};

use super::gate::{self, Fate};
use super::world::*;

#[tokio::test(start_paused = true)]
async fn pages_are_read_until_one_is_short() {
    let world = World::new();
    for number in 0..250 {
        world.hold(&format!("a.example.com/show/cam{number}"), &config()).await;
    }
    for number in 0..200 {
        world.hold(&format!("b.example.com/show/cam{number}"), &config()).await;
    }
    let domains = ["a.example.com", "b.example.com", "c.example.com"].map(Arc::from);
    let (snapshot, errors) = world.client.snapshot(domains).await;
    let sizes: Vec<usize> = snapshot.domains.values().map(|domain| domain.configs.len()).collect();
    assert_eq!((sizes, errors.len()), (vec![250, 200, 0], 0));
    assert_eq!(world.client.calls(), 3 + 3 + 1);
}

#[tokio::test(start_paused = true)]
async fn a_domain_that_can_not_be_read_stands_beside_the_others() {
    let domains = Some(["a.example.com".to_owned()].into());
    let world = World::with(livevod::emulator::Settings { domains, ..Default::default() });
    let (snapshot, errors) = world.client.snapshot(["a.example.com", "b.example.com"].map(Arc::from)).await;
    assert_eq!(snapshot.domains.keys().map(|name| &**name).collect::<Vec<_>>(), ["a.example.com"]);
    assert_eq!(errors["b.example.com"].code(), "InvalidDomain.NotFound");
}

fn item(stream: &str) -> String {
    format!(r#"{{"DomainName":"a.example.com","AppName":"show"{stream},"VodTranscodeGroupId":"{GROUP}"}}"#)
}

fn page(total: usize, items: &[String]) -> Fate {
    let body = format!(
        r#"{{"RequestId":"R","Total":"{total}","LiveRecordVodConfigs":{{"LiveRecordVodConfig":[{}]}}}}"#,
        items.join(",")
    );
    Fate::Answer(Response { status: 200, headers: Default::default(), body: body.into_bytes() })
}

fn is_page(request: &Request, number: usize) -> bool {
    request.query.contains(&format!("PageNum={number}&"))
}

/// A hundred streams with numbers from `first`.
fn hundred(first: usize) -> Vec<String> {
    (first..first + 100).map(|number| item(&format!(r#","StreamName":"s{number}""#))).collect()
}

#[tokio::test]
async fn two_entries_under_one_key_are_listed_as_one_that_can_not_be_managed() {
    let world = gate::world(|_, _| page(2, &[item(""), item(r#","StreamName":"*""#)])).await;
    let listing = world.client.list_domain("a.example.com").await.unwrap();
    let unsupported = listing.configs[&address("a.example.com/show/*")].unsupported.as_deref();
    assert_eq!(unsupported, Some("several entries stand under this one key"));
    assert_eq!(world.client.calls(), 2, "it was listed twice to be sure");
}

#[tokio::test]
async fn an_entry_that_moved_between_pages_is_read_once_more() {
    let calls = Arc::new(AtomicUsize::new(0));
    let world = gate::world(move |request, _| {
        let first_pass = calls.fetch_add(1, Ordering::Relaxed) < 2;
        let second_page =
            if first_pass { item(r#","StreamName":"s99""#) } else { item(r#","StreamName":"s100""#) };
        if is_page(request, 1) { page(101, &hundred(0)) } else { page(101, &[second_page]) }
    })
    .await;
    assert_eq!(world.client.list_domain("a.example.com").await.unwrap().configs.len(), 101);
    assert_eq!(world.client.calls(), 4);
}

#[tokio::test]
async fn a_listing_that_stays_odd_is_no_snapshot() {
    let short =
        gate::world(|request, _| if is_page(request, 1) { page(150, &hundred(0)) } else { page(150, &[]) })
            .await;
    let changing = AtomicUsize::new(0);
    let changing = gate::world(move |_, _| {
        let number = changing.fetch_add(1, Ordering::Relaxed);
        page(2, &[item(""), item(r#","StreamName":"*""#), item(&format!(r#","StreamName":"s{number}""#))])
    })
    .await;
    let endless = gate::world(|_, _| page(500, &hundred(0))).await;
    let foreign = gate::world(|_, _| page(1, &[item("").replace("a.example.com", "b.example.com")])).await;
    let table = [
        (short, "does not hold as many entries as it says"),
        (changing, "changes while it is read"),
        (endless, "gives the same page again and again"),
        (foreign, "holds `b.example.com/show/*`"),
    ];
    for (world, text) in table {
        let error = world.client.list_domain("a.example.com").await.unwrap_err();
        assert!(matches!(&error, Error::Contradiction(message) if message.contains(text)), "{error}");
    }
}
