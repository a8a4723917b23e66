//! Every signed request verifies, and no other one does.

use std::collections::BTreeMap;

use livevod::wire::{Action, Call, Key, Request, Secret, SignatureProblem, SignatureVersion, Stamp, sign};
use proptest::prelude::*;

use super::verify_with;

/// Names and values that are hard to encode, and any other text.
fn awkward() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("*".to_owned()),
        "[ *~/+=&%?#;,:'()\"<>\\\\._-]{0,8}",
        "[中文é😀 a-z%]{0,8}",
        any::<String>(),
    ]
}

fn call() -> impl Strategy<Value = Call> {
    // In V1, the name of a common parameter would collide with it; no parameter of an action has such a name.
    let name = awkward().prop_map(|name| format!("P{name}"));
    let action = prop::sample::select(Action::ALL.to_vec());
    (action, prop::collection::btree_map(name, awkward(), 0..6))
        .prop_map(|(action, params)| Call { action, params })
}

fn signed(call: &Call, secret: &str, token: Option<String>, signature: SignatureVersion) -> Request {
    let key = Key { id: "id".into(), secret: Secret::new(secret), token: token.map(Secret::new) };
    let stamp = Stamp { time: "2026-01-02T03:04:05Z".parse().unwrap(), nonce: "n/o nce".into() };
    sign(call, "live.aliyuncs.com:8080", &key, &stamp, signature)
}

fn signature_version() -> impl Strategy<Value = SignatureVersion> {
    prop::sample::select(vec![SignatureVersion::V1, SignatureVersion::V3])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_signed_verifies_with_the_same_parameters(
        call in call(),
        token in prop::option::of("[A-Za-z0-9+/=]{1,20}"),
        signature in signature_version(),
    ) {
        let verified = verify_with(&signed(&call, "s", token.clone(), signature), "id", "s");
        let verified = verified.map_err(|problem| TestCaseError::fail(format!("{problem:?}")))?;
        prop_assert_eq!(verified.signature, signature);
        prop_assert_eq!(verified.action_name, call.action.name());
        prop_assert_eq!(verified.params, call.params);
        prop_assert_eq!(verified.nonce, "n/o nce");
        prop_assert_eq!(verified.token.map(|token| token.expose().to_owned()), token);
    }

    #[test]
    fn another_secret_is_refused(call in call(), signature in signature_version(), secret in "[a-z]{2,8}") {
        let problem = verify_with(&signed(&call, &secret, None, signature), "id", "s");
        prop_assert!(matches!(problem, Err(SignatureProblem::Mismatch { .. })), "{:?}", problem);
    }

    #[test]
    fn another_parameter_is_refused(call in call(), signature in signature_version()) {
        let mut request = signed(&call, "s", None, signature);
        match signature {
            SignatureVersion::V1 => request.body.extend(b"&Added=1"),
            SignatureVersion::V3 => request.query.push_str("&Added=1"),
        }
        prop_assert!(verify_with(&request, "id", "s").is_err());
    }
}

fn one_call() -> Call {
    Call { action: Action::Describe, params: BTreeMap::from([("DomainName".into(), "a.com".into())]) }
}

#[test]
fn v1_parameters_may_stand_in_the_query_too() {
    let mut request = signed(&one_call(), "s", None, SignatureVersion::V1);
    request.query = String::from_utf8(std::mem::take(&mut request.body)).unwrap();
    request.headers.clear();
    assert!(verify_with(&request, "id", "s").is_ok());
    request.query = request.query.replace("n%2Fo%20nce", "n%2Fo+nce");
    assert!(verify_with(&request, "id", "s").is_ok(), "a space may come as `+`");
}

#[test]
fn each_problem_has_its_own_name() {
    let v1 = |change: fn(String) -> String| {
        let mut request = signed(&one_call(), "s", None, SignatureVersion::V1);
        request.body = change(String::from_utf8(request.body).unwrap()).into_bytes();
        verify_with(&request, "id", "s").unwrap_err()
    };
    let owned = |text: &str| text.to_owned();
    assert_eq!(v1(|body| body.replace("AccessKeyId", "X")), SignatureProblem::Missing(owned("AccessKeyId")));
    assert_eq!(v1(|body| body + "&DomainName=b"), SignatureProblem::Repeated(owned("DomainName")));
    assert_eq!(v1(|body| body + "&x=%FF"), SignatureProblem::Malformed(owned("the form body")));
    assert_eq!(
        v1(|body| body.replace("HMAC-SHA1", "HMAC-MD5")),
        SignatureProblem::UnknownAlgorithm(owned("HMAC-MD5"))
    );
    assert_eq!(v1(|body| body.replace("=id&", "=other&")), SignatureProblem::UnknownKey(owned("other")));
    for time in
        ["2026-01-02", "2026-01-02T03%3A04%3A05", "2026-13-02T03%3A04%3A05Z", "2026-01-02t03%3A04%3A05z"]
    {
        let mut request = signed(&one_call(), "s", None, SignatureVersion::V1);
        let body = String::from_utf8(request.body).unwrap();
        request.body = body.replace("2026-01-02T03%3A04%3A05Z", time).into_bytes();
        let problem = verify_with(&request, "id", "s").unwrap_err();
        assert!(matches!(problem, SignatureProblem::TimeFormat(_)), "{time}: {problem:?}");
    }
}

#[test]
fn a_v3_signature_must_cover_what_decides() {
    let without = |name: &str| {
        let mut request = signed(&one_call(), "s", None, SignatureVersion::V3);
        let text = request.headers["authorization"].replace(&format!("{name};"), "");
        request.headers.insert("authorization".into(), text);
        verify_with(&request, "id", "s").unwrap_err()
    };
    for name in ["host", "x-acs-action", "x-acs-date", "x-acs-content-sha256"] {
        assert_eq!(without(name), SignatureProblem::Malformed(format!("SignedHeaders without {name}")));
    }
}
