//! How many calls the service accepts.

use std::num::NonZeroU32;

use livevod::emulator::{Quirks, Settings};
use livevod::wire::Action::{Delete, Describe};
use livevod::wire::Product;

use super::{Bench, call, inquiry, outcome};

fn limited(quirks: &[&str]) -> Bench {
    let quirks = Quirks::with(quirks).unwrap();
    Bench::new(Settings { limit: NonZeroU32::new(3), quirks, ..Settings::default() })
}

impl Bench {
    fn describe_code(&self) -> String {
        self.code(Describe, "DomainName=a.com")
    }
}

#[test]
fn the_fourth_call_of_a_minute_is_throttled_and_the_next_minute_is_free() {
    let bench = limited(&[]);
    let codes: Vec<String> = (0..4).map(|_| bench.describe_code()).collect();
    assert_eq!(codes, ["", "", "", "Throttling.User"]);
    assert_eq!(bench.code(Delete, "DomainName=a.com AppName=show"), "CodeConfigNotFound");
    bench.wait(59);
    assert_eq!(bench.describe_code(), "Throttling.User");
    bench.wait(1);
    assert_eq!(bench.describe_code(), "");
}

#[test]
fn the_limit_on_listings_counts_by_the_second_where_that_is_played() {
    let bench = limited(&["describe-limit=second"]);
    let codes: Vec<String> = (0..4).map(|_| bench.describe_code()).collect();
    assert_eq!(codes, ["", "", "", "Throttling.User"]);
    bench.wait(1);
    assert_eq!(bench.describe_code(), "");
}

#[test]
fn a_throttled_call_has_status_400_and_says_when_to_come_again_where_that_is_played() {
    for (quirks, told) in [(&[][..], None), (&["retry-after=present"], Some("60000"))] {
        let bench = limited(quirks);
        (0..3).for_each(|_| assert_eq!(bench.describe_code(), ""));
        let response = bench.service.call(&bench.sign(&call(Describe, "DomainName=a.com")));
        assert_eq!(response.status, 400);
        assert_eq!(response.headers.get("x-acs-retry-after").map(String::as_str), told);
        assert_eq!(outcome(&response).unwrap_err().code, "Throttling.User");
    }
}

#[test]
fn a_thousand_calls_are_taken_unless_told_otherwise() {
    let bench = Bench::new(Settings::default());
    let codes = (0..1001).map(|_| bench.describe_code());
    let throttled: Vec<usize> =
        codes.enumerate().filter(|(_, code)| !code.is_empty()).map(|(at, _)| at).collect();
    assert_eq!(throttled, [1000]);
    let free = Bench::new(Settings { limit: None, ..Settings::default() });
    assert!((0..1001).all(|_| free.describe_code().is_empty()));
}

#[test]
fn lists_of_streams_and_notifications_have_limits_of_their_own() {
    let times = "StartTime=2026-01-01T00:00:00Z EndTime=2026-01-02T00:00:00Z PageNumber=1 PageSize=10";
    for (name, most) in [
        ("DescribeLiveStreamsPublishList", 3),
        ("DescribeLiveRecordNotifyRecords", 100),
        ("DescribeLiveStreamsOnlineList", 10_000),
        ("DescribeLiveDomainMapping", 1000),
    ] {
        let bench = Bench::new(Settings::default());
        let inquiry = inquiry(Product::Live, name, &format!("DomainName=a.com {times}"));
        let code = || outcome(&bench.service.call(&bench.sign_inquiry(&inquiry))).map_err(|error| error.code);
        assert!((0..most).all(|_| code().is_ok()), "{name}");
        assert_eq!(code().unwrap_err(), "Throttling.User", "{name}");
        bench.wait(if most < 1000 { 1 } else { 60 });
        assert!(code().is_ok(), "{name}");
    }
}
