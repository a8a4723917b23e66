//! Domains are listed completely, or not at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use livevod::api::Error;
use livevod::emulator::{Quirks, Settings};
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
    let world = World::with(Settings { domains, ..Default::default() });
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
    assert_eq!(unsupported, Some("the service lists several configurations with this key"));
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
        page(3, &[item(""), item(r#","StreamName":"*""#), item(&format!(r#","StreamName":"s{number}""#))])
    })
    .await;
    let endless = gate::world(|_, _| page(500, &hundred(0))).await;
    let foreign = gate::world(|_, _| page(1, &[item("").replace("a.example.com", "b.example.com")])).await;
    let table = [
        (short, "has a different number of entries than its `Total` says"),
        (changing, "changed while it was read"),
        (endless, "has a page without any new entry"),
        (foreign, "contains `b.example.com/show/*` of another domain"),
    ];
    for (world, text) in table {
        let error = world.client.list_domain("a.example.com").await.unwrap_err();
        assert!(matches!(&error, Error::Contradiction(message) if message.contains(text)), "{error}");
    }
}

/// The streams with these numbers, of forty-five.
fn some(numbers: std::ops::Range<usize>) -> Vec<String> {
    numbers.map(|number| item(&format!(r#","StreamName":"s{number}""#))).collect()
}

/// The page that a request asks for.
fn number(request: &Request) -> usize {
    let (_, rest) = request.query.split_once("PageNum=").unwrap();
    rest.split('&').next().unwrap().parse().unwrap()
}

/// Serves pages of these lengths, and empty ones after them.
async fn paged(total: usize, lengths: &'static [usize]) -> World {
    gate::world(move |request, _| {
        let before = number(request) - 1;
        let first = lengths.iter().take(before).sum::<usize>();
        page(total, &some(first..first + lengths.get(before).copied().unwrap_or(0)))
    })
    .await
}

#[tokio::test]
async fn a_page_shorter_than_asked_is_not_the_last_where_total_says_more() {
    let by_entries = paged(45, &[20, 20, 5]).await;
    let by_pages = paged(3, &[20, 20, 5]).await;
    for world in [by_entries, by_pages] {
        assert_eq!(world.client.list_domain("a.example.com").await.unwrap().configs.len(), 45);
        assert_eq!(world.client.calls(), 3, "it ends where `Total` is reached");
    }
}

#[tokio::test]
async fn a_listing_that_its_total_contradicts_is_no_snapshot() {
    let table: [(&str, usize, &[usize]); 6] = [
        ("a server that cuts pages", 45, &[30]),
        ("nothing of 45", 45, &[]),
        ("one of 45", 45, &[1]),
        ("a short page in the middle", 250, &[100, 50, 50]),
        ("a short page among three", 3, &[100, 50, 100]),
        ("two of three pages", 3, &[100, 50]),
    ];
    for (what, total, pages) in table {
        let world = paged(total, pages).await;
        let error = world.client.list_domain("a.example.com").await.err();
        assert!(matches!(error, Some(Error::Contradiction(_))), "{what}: {error:?}");
    }
}

#[tokio::test]
async fn a_total_that_changes_between_pages_says_that_an_entry_may_have_moved() {
    let calls = AtomicUsize::new(0);
    let world = gate::world(move |request, _| {
        let is_first = calls.fetch_add(1, Ordering::Relaxed) < 2;
        match (is_first, number(request)) {
            (true, 1) => page(101, &hundred(0)),
            // One entry of the first page is deleted, so the hundred-and-first moves there.
            (true, _) => page(100, &[]),
            (false, 1) => page(100, &hundred(1)),
            (false, _) => page(100, &[]),
        }
    })
    .await;
    let listing = world.client.list_domain("a.example.com").await.unwrap();
    assert!(listing.configs.contains_key(&address("a.example.com/show/s100")));
}

#[tokio::test]
async fn without_a_total_a_page_is_full_by_the_size_that_the_answer_names() {
    let world = gate::world(|request, _| {
        let first = (number(request) - 1) * 20;
        let items = some(first.min(40)..(first + 20).min(40));
        let Fate::Answer(response) = page(0, &items) else { unreachable!() };
        let body = String::from_utf8(response.body).unwrap().replace(r#""Total":"0""#, r#""PageSize":20"#);
        Fate::Answer(Response { body: body.into_bytes(), ..response })
    })
    .await;
    assert_eq!(world.client.list_domain("a.example.com").await.unwrap().configs.len(), 40);
}

/// If a service ignores AppName and StreamName, the number of calls for reading grows with the writes, not with their square.
#[tokio::test(start_paused = true)]
async fn a_service_that_ignores_filters_is_not_listed_for_every_write() {
    for order in ["order=name", "order=creation"] {
        let quirks = Quirks::with(&["filter=ignored", order]).unwrap();
        let world = World::with(Settings { quirks, limit: None, ..Settings::default() });
        let held: Vec<String> =
            (0..1000).map(|number| item(&format!(r#","StreamName":"s{number:04}""#))).collect();
        world.service.load(&format!(r#"{{"configs":[{}]}}"#, held.join(","))).unwrap();
        let name = |number: usize| format!("a.example.com/show/s{:04}", number * 10);
        let updates = (0..100).map(|number| update(&name(number), config(), cycle(900)));
        let creates = (0..20).map(|number| create(&format!("{}n", name(number)), config()));
        let report = world.apply(creates.chain(updates)).await;
        assert!(ends(&report).iter().all(|end| *end == "done"), "{:?}", ends(&report));
        let reads = world.sent("Describe");
        assert!(reads < 120 * 3 + 60, "{reads} reads under {order}");
    }
}
