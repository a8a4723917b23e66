//! What goes wrong on the way to a bucket and back.

use std::time::Duration;

use livevod::emulator::{Delivery, Disturbed, End, Fate};

use super::{Oss, code};

impl Oss {
    fn suffering(faults: &[&str]) -> Self {
        let oss = Self::new();
        oss.0.service.set_faults(faults.iter().map(|fault| fault.parse().unwrap()).collect());
        oss
    }

    fn deliver(&self, call: &str, body: &str) -> Delivery {
        self.0.service.deliver(&self.sign(call, &[("x-oss-forbid-overwrite", "true")], body.as_bytes()))
    }
}

/// The code of the answer, `closed` if there is none.
fn told(delivery: &Delivery) -> String {
    match &delivery.end {
        End::Answer(response) if response.status == 502 => "gateway".to_owned(),
        End::Answer(response) => code(response),
        End::Disturbed(Disturbed::Closed | Disturbed::Refused(_) | Disturbed::Hang(_)) => "closed".to_owned(),
        End::Disturbed(_) => "disturbed".to_owned(),
    }
}

#[test]
fn each_fault_is_told_in_the_words_of_the_service_and_carries_out_what_it_says() {
    for (fault, expected, is_carried_out) in [
        ("throttle", "TotalQpsLimitExceeded", false),
        ("false-throttle", "TotalQpsLimitExceeded", true),
        ("error-before-commit", "InternalError", false),
        ("error-before-commit:status=503", "ServiceUnavailable", false),
        ("error-after-commit", "InternalError", true),
        ("expired-token", "SecurityTokenExpired", false),
        ("revoked-key", "InvalidAccessKeyId", false),
        ("deny", "AccessDenied", false),
        ("drop-before-commit", "closed", false),
        ("drop-after-commit", "closed", true),
        ("refuse:time=1ms", "closed", false),
        ("hang:time=1ms", "closed", true),
        ("gateway-page", "gateway", true),
        ("truncated", "disturbed", true),
        ("slow:time=1ms", "disturbed", true),
        ("duplicate", "FileAlreadyExists", true),
        ("skew:time=20m", "RequestTimeTooSkewed", false),
        ("skew:time=10m", "", true),
        ("latency:time=1ms", "", true),
    ] {
        let oss = Oss::suffering(&[fault]);
        let delivery = oss.deliver("PUT /demo/lock", "mine");
        assert_eq!(told(&delivery), expected, "{fault}");
        assert_eq!(delivery.fate == Fate::CarriedOut, is_carried_out, "{fault}");
        assert_eq!(oss.content("lock") == "mine", is_carried_out, "{fault}");
    }
}

#[test]
fn a_late_write_arrives_and_may_find_another_one() {
    let oss = Oss::suffering(&["late-commit:time=10s,times=1"]);
    assert_eq!(told(&oss.deliver("PUT /demo/lock", "late")), "closed");
    assert_eq!(oss.content("lock"), "NoSuchKey");
    assert_eq!(told(&oss.deliver("PUT /demo/lock", "prompt")), "");
    oss.0.wait(10);
    assert_eq!(oss.content("lock"), "prompt");
    let oss = Oss::suffering(&["late-commit:time=10s"]);
    oss.deliver("PUT /demo/lock", "late");
    oss.0.wait(10);
    assert_eq!(oss.content("lock"), "late");
}

#[test]
fn a_listing_may_lag_behind_and_a_read_does_not() {
    let oss = Oss::suffering(&["stale:time=5s"]);
    oss.put("old", "x");
    oss.0.wait(10);
    oss.put("new", "x");
    let listed = |oss: &Oss| {
        let End::Answer(response) = oss.deliver("GET /demo/", "").end else { unreachable!() };
        super::keys(&super::document(&response))
    };
    assert_eq!(listed(&oss), ["old"]);
    assert_eq!(told(&oss.deliver("GET /demo/new", "")), "");
    oss.0.wait(5);
    assert_eq!(listed(&oss), ["new", "old"]);
}

#[test]
fn a_fault_strikes_the_operation_and_the_objects_that_it_names() {
    let oss = Oss::suffering(&["deny:action=PutObject,object=demo/lock/,nth=2", "throttle:action=GetObject"]);
    let put = |key: &str| told(&oss.deliver(&format!("PUT /demo/{key}"), "x"));
    assert_eq!([put("lock/1"), put("other"), put("lock/2"), put("lock/3")], ["", "", "AccessDenied", ""]);
    assert_eq!(told(&oss.deliver("GET /demo/other", "")), "TotalQpsLimitExceeded");
    assert_eq!(told(&oss.deliver("HEAD /demo/other", "")), "");
    let oss = Oss::suffering(&["deny:address=demo"]);
    assert_eq!(told(&oss.deliver("PUT /demo/a", "x")), "", "an address is one of a configuration");
    let counters = oss.0.service.counters();
    assert_eq!((counters.actions["PutObject"].calls, counters.actions["PutObject"].accepted), (1, 1));
}

#[test]
fn an_outage_ends() {
    let oss = Oss::suffering(&["error-before-commit:status=503,times=3"]);
    let codes: Vec<String> = (0..4).map(|_| told(&oss.deliver("PUT /demo/a", "x"))).collect();
    assert_eq!(codes, ["ServiceUnavailable", "ServiceUnavailable", "ServiceUnavailable", ""]);
    assert_eq!(oss.deliver("GET /demo/a", "").delay, Duration::ZERO);
}
