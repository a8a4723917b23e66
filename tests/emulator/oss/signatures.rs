//! Who may ask: signatures, times and tokens.

use std::sync::atomic::Ordering;

use livevod::emulator::Settings;
use livevod::wire::{Action, Key, Request, Secret, SignatureVersion};
use serde_json::Value;

use super::super::{Bench, START};
use super::{Oss, code, key, signed};

/// When the requests of `vectors.json` were signed.
const SIGNED: i64 = 1_796_011_940;

/// Requests that the vendor's Python SDKs `oss2` 2.19.1 and `alibabacloud-oss-v2` 1.4.1 sent to a server that only wrote them down.
fn vectors() -> Vec<(String, Request)> {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("vectors.json")).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let request = |vector: &Value| Request {
        method: text(&vector["method"]),
        host: text(&vector["host"]),
        path: text(&vector["path"]),
        query: text(&vector["query"]),
        headers: vector["headers"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, it)| (name.clone(), text(it)))
            .collect(),
        body: text(&vector["body"]).into_bytes(),
    };
    vectors.iter().map(|vector| (text(&vector["name"]), request(vector))).collect()
}

/// The keys that signed them.
fn keys() -> Vec<Key> {
    let token = Some(Secret::new("to/ken+"));
    vec![key(), Key { id: "STS.1".into(), secret: Secret::new("secret"), token }]
}

/// A service that has the object of the vectors, at the time of the vectors.
fn service() -> Oss {
    let oss = Oss(Bench::new(Settings { keys: keys(), ..Settings::default() }));
    oss.0.service.make_bucket(&"demo".parse().unwrap()).unwrap();
    oss.0.clock.store(SIGNED, Ordering::Relaxed);
    oss
}

#[test]
fn what_the_vendors_sdks_sign_is_accepted_and_nothing_of_it_can_be_changed() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 19);
    for (name, request) in vectors {
        let oss = service();
        if !name.contains("Put") {
            oss.put("show%2Fcam%201%2B%E4%B8%AD.json", "a lease");
        }
        let answer = oss.0.service.call(&request);
        assert!((200..300).contains(&answer.status), "{name}: {answer:?}");
        for (what, changed) in changed(&request) {
            let code = code(&service().0.service.call(&changed));
            assert_eq!(code, "SignatureDoesNotMatch", "{name}: {what}");
        }
    }
}

/// The request with each part that a signature covers changed.
fn changed(request: &Request) -> Vec<(&'static str, Request)> {
    let with = |name: &str, value: &str| {
        let mut headers = request.headers.clone();
        headers.insert(name.to_owned(), value.to_owned());
        Request { headers, ..request.clone() }
    };
    let method = if request.method == "PUT" { "GET" } else { "PUT" };
    let mut changed = vec![
        ("the method", Request { method: method.into(), ..request.clone() }),
        ("the path", Request { path: format!("{}x", request.path), ..request.clone() }),
        ("a header of OSS", with("x-oss-meta-other", "1")),
        ("the media type", with("content-type", "text/x-other")),
        ("the checksum", with("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=")),
        ("a subresource", Request { query: format!("{}&acl", request.query), ..request.clone() }),
    ];
    let is_v4 = request.headers["authorization"].starts_with("OSS4");
    if is_v4 {
        changed
            .push(("any parameter", Request { query: format!("{}&x=y", request.query), ..request.clone() }));
        changed.push(("the time", with("x-oss-date", "20261130T040941Z")));
    } else {
        changed.push(("the time", with("date", "Mon, 30 Nov 2026 04:09:41 GMT")));
    }
    changed
}

#[test]
fn unknown_keys_and_wrong_secrets_are_refused() {
    let oss = Oss::new();
    let with = |key: &Key| {
        let answer = oss.0.service.call(&signed(key, oss.now(), "GET /demo/", &[], b""));
        (answer.status, code(&answer))
    };
    assert_eq!(with(&key()), (200, String::new()));
    let stranger = Key { id: "nobody".into(), ..key() };
    assert_eq!(with(&stranger), (403, "InvalidAccessKeyId".into()));
    let forger = Key { secret: Secret::new("wrong"), ..key() };
    assert_eq!(with(&forger), (403, "SignatureDoesNotMatch".into()));
}

#[test]
fn nobody_without_a_key_may_do_anything() {
    let oss = Oss::new();
    let unsigned = |call: &str| {
        let mut request = oss.sign(call, &[], b"");
        request.headers.remove("authorization");
        oss.0.service.call(&request)
    };
    for call in ["GET /demo/", "GET /demo/a", "PUT /demo/a", "DELETE /demo/a"] {
        assert_eq!(code(&unsigned(call)), "AccessDenied", "{call}");
    }
    // Anything else without a signature is for another service.
    assert_eq!(code(&unsigned("GET /other/")), "InvalidAction.NotFound");
}

#[test]
fn a_signature_is_good_for_fifteen_minutes_in_both_directions() {
    let oss = Oss::new();
    let after = |seconds: i64| {
        oss.0.clock.store(START, Ordering::Relaxed);
        let request = oss.sign("GET /demo/", &[], b"");
        oss.0.clock.store(START + seconds, Ordering::Relaxed);
        oss.0.service.call(&request)
    };
    for window in [900, -900] {
        assert_eq!(code(&after(window)), "");
        let answer = after(window + window.signum());
        assert_eq!((answer.status, code(&answer).as_str()), (403, "RequestTimeTooSkewed"));
    }
    // A request can be sent again: there is no nonce.
    assert_eq!([code(&after(1)), code(&after(1))], ["", ""]);
}

#[test]
fn a_header_that_is_no_signature_is_refused() {
    let oss = Oss::new();
    for (authorization, date, expected) in [
        ("OSS emulator", "", "InvalidArgument"),
        ("OSS2 AccessKeyId:emulator,Signature:x", "", "InvalidArgument"),
        (
            "OSS4-HMAC-SHA256 Credential=emulator/20260102/cn-shanghai/oss,Signature=x",
            "20260102T030405Z",
            "InvalidArgument",
        ),
        (
            "OSS4-HMAC-SHA256 Credential=emulator/20260101/r/oss/aliyun_v4_request,Signature=x",
            "20260102T030405Z",
            "InvalidArgument",
        ),
        (
            "OSS4-HMAC-SHA256 Credential=emulator/20260102/r/oss/aliyun_v4_request,Signature=x",
            "yesterday",
            "AccessDenied",
        ),
        ("OSS emulator:x", "yesterday", "AccessDenied"),
    ] {
        let mut request = oss.sign("GET /demo/", &[], b"");
        request.headers.insert("authorization".into(), authorization.into());
        request.headers.insert("x-oss-content-sha256".into(), "UNSIGNED-PAYLOAD".into());
        if !date.is_empty() {
            request.headers.insert("x-oss-date".into(), date.into());
        }
        assert_eq!(code(&oss.0.service.call(&request)), expected, "{authorization} at {date}");
    }
}

#[test]
fn a_path_that_is_not_text_is_refused() {
    let oss = Oss::new();
    let request = Request { path: "/demo/%FF".into(), ..oss.sign("GET /demo/a", &[], b"") };
    assert_eq!(code(&oss.0.service.call(&request)), "InvalidObjectName");
}

#[test]
fn a_temporary_key_needs_its_own_token_and_ends() {
    let oss = Oss::new();
    let params = "RoleArn=acs:ram::1234567890123456:role/ci RoleSessionName=run DurationSeconds=900";
    let call = super::super::inquiry(livevod::wire::Product::Sts, "AssumeRole", params);
    let request = call.sign("sts.aliyuncs.com", &key(), &oss.0.stamp(), SignatureVersion::V3);
    let fields = super::super::outcome(&oss.0.service.call(&request)).unwrap();
    let credential = |name: &str| fields["Credentials"][name].as_str().unwrap().to_owned();
    let temporary = |token: Option<&str>| Key {
        id: credential("AccessKeyId"),
        secret: Secret::new(credential("AccessKeySecret")),
        token: token.map(Secret::new),
    };
    let with = |key: &Key| code(&oss.0.service.call(&signed(key, oss.now(), "PUT /demo/a", &[], b"x")));
    let token = credential("SecurityToken");
    assert_eq!(with(&temporary(Some(&token))), "");
    assert_eq!(with(&temporary(Some("other"))), "InvalidSecurityToken");
    assert_eq!(with(&temporary(None)), "InvalidAccessKeyId");
    assert_eq!(with(&Key { token: Some(Secret::new("other")), ..key() }), "InvalidAccessKeyId");
    oss.0.wait(900);
    assert_eq!(with(&temporary(Some(&token))), "SecurityTokenExpired");
}

#[test]
fn the_other_apis_are_answered_as_before() {
    let oss = Oss::new();
    oss.put("a", "x");
    let listed = oss.0.ask(Action::Describe, "DomainName=a.com").unwrap();
    assert_eq!(listed["Total"], "0");
}
