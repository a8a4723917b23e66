//! Which callers are accepted, at which times, and how often with one nonce.

use std::sync::atomic::Ordering;

use livevod::emulator::Settings;
use livevod::wire::{
    Action, Call, Key, LIVE_VERSION, Operation, Request, Secret, SignatureVersion, Stamp, describe, sign,
};

use super::{Bench, HOST, START, key, outcome};

const BOTH: [SignatureVersion; 2] = [SignatureVersion::V1, SignatureVersion::V3];

fn listing() -> Call {
    describe("a.com", 1, None)
}

/// The error code of a refused request; empty for a success.
fn code(bench: &Bench, request: &Request) -> String {
    outcome(&bench.service.call(request)).map_or_else(|error| error.code, |_| String::new())
}

#[test]
fn a_wrong_key_is_refused() {
    let bench = Bench::new(Settings::default());
    for signature in BOTH {
        let with = |key: &Key| code(&bench, &sign(&listing(), HOST, key, &bench.stamp(), signature));
        assert_eq!(with(&key()), "");
        assert_eq!(with(&Key { secret: Secret::new("wrong"), ..key() }), "SignatureDoesNotMatch");
        assert_eq!(with(&Key { id: "nobody".into(), ..key() }), "InvalidAccessKeyId.NotFound");
    }
}

#[test]
fn a_temporary_key_needs_its_own_token() {
    let token = |text: &str| Key { token: Some(Secret::new(text)), ..key() };
    let temporary = Bench::new(Settings { keys: vec![token("t")], ..Settings::default() });
    let lasting = Bench::new(Settings::default());
    for signature in BOTH {
        let with =
            |bench: &Bench, key: &Key| code(bench, &sign(&listing(), HOST, key, &bench.stamp(), signature));
        assert_eq!(with(&temporary, &token("t")), "");
        assert_eq!(with(&temporary, &token("u")), "InvalidSecurityToken.MismatchWithAccessKey");
        assert_eq!(with(&temporary, &key()), "MissingSecurityToken");
        assert_eq!(with(&lasting, &token("t")), "InvalidSecurityToken.MismatchWithAccessKey");
    }
}

#[test]
fn a_timestamp_is_good_for_its_window_in_both_directions() {
    for (signature, minutes) in [(SignatureVersion::V1, 31), (SignatureVersion::V3, 15)] {
        let bench = Bench::new(Settings::default());
        let after = |seconds: i64| {
            bench.clock.store(START, Ordering::Relaxed);
            let request = sign(&listing(), HOST, &key(), &bench.stamp(), signature);
            bench.clock.store(START + seconds, Ordering::Relaxed);
            code(&bench, &request)
        };
        for window in [60 * minutes, -60 * minutes] {
            assert_eq!(after(window), "", "{signature:?}");
            assert_eq!(after(window + window.signum()), "InvalidTimeStamp.Expired", "{signature:?}");
        }
    }
}

#[test]
fn a_request_can_not_be_sent_again_while_its_time_is_good() {
    for (signature, minutes) in [(SignatureVersion::V1, 31), (SignatureVersion::V3, 15)] {
        let bench = Bench::new(Settings::default());
        let request = sign(&listing(), HOST, &key(), &bench.stamp(), signature);
        assert_eq!(code(&bench, &request), "");
        for second in [0, 1, 60 * minutes] {
            bench.clock.store(START + second, Ordering::Relaxed);
            assert_eq!(code(&bench, &request), "SignatureNonceUsed");
        }
        bench.clock.store(START + 60 * minutes + 1, Ordering::Relaxed);
        assert_eq!(code(&bench, &request), "InvalidTimeStamp.Expired");
    }
}

#[test]
fn a_refused_signature_uses_no_nonce_up() {
    let bench = Bench::new(Settings::default());
    let stamp = bench.stamp();
    let forged = Key { secret: Secret::new("wrong"), ..key() };
    let sent = |key: &Key| code(&bench, &sign(&listing(), HOST, key, &stamp, SignatureVersion::V3));
    assert_eq!([sent(&forged), sent(&key())], ["SignatureDoesNotMatch", ""]);
}

#[test]
fn other_actions_versions_methods_and_paths_are_refused() {
    let bench = Bench::new(Settings::default());
    let params = Default::default();
    let operation = |name, version| {
        let operation = Operation { name, version, params: &params };
        code(&bench, &operation.sign(HOST, &key(), &bench.stamp(), SignatureVersion::V1))
    };
    assert_eq!(operation("DescribeEverything", LIVE_VERSION), "InvalidAction.NotFound");
    assert_eq!(operation(Action::Describe.name(), "2014-01-01"), "InvalidVersion");
    assert_eq!(
        code(&bench, &Request { method: "PUT".into(), ..bench.sign(&listing()) }),
        "UnsupportedHTTPMethod"
    );
    assert_eq!(
        code(&bench, &Request { path: "/x".into(), ..bench.sign(&listing()) }),
        "InvalidAction.NotFound"
    );
}

#[test]
fn missing_parts_are_named() {
    let bench = Bench::new(Settings::default());
    let mut unsigned = bench.sign(&listing());
    unsigned.headers.clear();
    assert_eq!(code(&bench, &unsigned), "MissingAccessKeyId");
    let mut undated = bench.sign(&listing());
    undated.headers.remove("x-acs-date");
    assert_eq!(code(&bench, &undated), "MissingParameter");
}

#[test]
fn v1_answers_in_xml_unless_json_is_asked_for() {
    let bench = Bench::new(Settings::default());
    let key = key();
    let Stamp { time, nonce } = bench.stamp();
    let time = time.to_string();
    let query = format!(
        "AccessKeyId={}&Action=DescribeLiveRecordVodConfigs&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0&\
         SignatureNonce={nonce}&Timestamp={time}&Version={LIVE_VERSION}&Signature=x",
        key.id
    );
    let request =
        Request { method: "GET".into(), query, headers: Default::default(), ..bench.sign(&listing()) };
    let response = bench.service.call(&request);
    assert_eq!(response.headers["content-type"], "text/xml;charset=utf-8");
    assert!(
        String::from_utf8(response.body.clone())
            .unwrap()
            .contains("<Error><Code>SignatureDoesNotMatch</Code>")
    );
    assert_eq!(outcome(&response).unwrap_err().code, "SignatureDoesNotMatch");
    let json = Request { query: format!("{}&Format=json", request.query), ..request };
    assert_eq!(bench.service.call(&json).headers["content-type"], "application/json;charset=utf-8");
}
