//! What the client looks up besides configurations.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use livevod::api::{ClientSettings, Rate};
use livevod::embedded;
use livevod::emulator::{Quirks, Service, Settings};
use livevod::model::Address;
use tokio::time::Instant;

#[tokio::test]
async fn a_short_page_of_recordings_to_oss_does_not_end_them() {
    let names = (1..=8).map(|number| Address::new("a.com", "show", format!("cam{number}")));
    let oss_recordings: BTreeSet<Address> = names.collect();
    let quirks = Quirks::with(&["page-cap=3"]).unwrap();
    let settings = Settings { oss_recordings: oss_recordings.clone(), quirks, ..Settings::default() };
    let service = Arc::new(Service::open(None, settings).unwrap());
    let client = embedded::client(service, embedded::settings());
    assert_eq!(client.oss_recordings("a.com").await.unwrap(), oss_recordings);
    assert_eq!(client.oss_recordings("b.com").await.unwrap(), BTreeSet::new());
}

#[tokio::test(start_paused = true)]
async fn each_lookup_waits_for_its_own_turn() {
    let rate = Rate::per_minute(NonZeroU32::new(2).unwrap());
    let service = Arc::new(Service::open(None, Settings::default()).unwrap());
    let client = embedded::client(service, ClientSettings { rate, ..embedded::settings() });
    let start = Instant::now();
    client.domain_detail("a.com").await.unwrap();
    client.oss_recordings("a.com").await.unwrap();
    client.list_domain("a.com").await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO, "one of each may go out at once");
    client.domain_detail("b.com").await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(30));
}
