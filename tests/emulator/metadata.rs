//! Keys without a signature: the metadata service of an instance, and a credentials URI.

use std::sync::atomic::Ordering;

use livevod::emulator::{CREDENTIALS_PATH, Settings};
use livevod::wire::{Key, Request, Response, Secret, SignatureVersion, describe, sign};

use super::{Bench, HOST, START, outcome};

const TOKEN_PATH: &str = "/latest/api/token";
const ROLES: &str = "/latest/meta-data/ram/security-credentials/";

fn visit(bench: &Bench, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
    bench.service.call(&Request {
        method: method.into(),
        host: "100.100.100.200".into(),
        path: path.into(),
        query: String::new(),
        headers: headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        body: Vec::new(),
    })
}

fn text(response: &Response) -> (u16, String) {
    (response.status, String::from_utf8(response.body.clone()).unwrap())
}

/// The key in a document, which must be marked as successful.
fn key_in(response: &Response) -> (Key, String) {
    let document: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
    let text = |name: &str| document[name].as_str().unwrap().to_owned();
    assert_eq!((response.status, text("Code").as_str()), (200, "Success"));
    let (id, secret) = (text("AccessKeyId"), Secret::new(text("AccessKeySecret")));
    (Key { id, secret, token: Some(Secret::new(text("SecurityToken"))) }, text("Expiration"))
}

fn is_accepted(bench: &Bench, key: &Key) -> bool {
    let request = sign(&describe("a.com", 1, None), HOST, key, &bench.stamp(), SignatureVersion::V3);
    outcome(&bench.service.call(&request)).is_ok()
}

fn instance() -> Bench {
    Bench::new(Settings { imds_role: Some("recorder".into()), ..Settings::default() })
}

#[test]
fn nothing_is_handed_out_unless_told() {
    let bench = Bench::new(Settings::default());
    for path in [ROLES, TOKEN_PATH, CREDENTIALS_PATH] {
        assert_eq!(visit(&bench, "GET", path, &[]).status, 404, "{path}");
        assert_ne!(visit(&bench, "PUT", path, &[]).status, 200, "{path}");
    }
}

#[test]
fn an_instance_names_its_role_and_hands_out_its_key() {
    let bench = instance();
    assert_eq!(text(&visit(&bench, "GET", ROLES, &[])), (200, "recorder".to_owned()));
    let (key, expiration) = key_in(&visit(&bench, "GET", &format!("{ROLES}recorder"), &[]));
    assert_eq!(expiration, "2026-01-02T09:04:05Z");
    assert!(is_accepted(&bench, &key));
    assert_eq!(visit(&bench, "GET", &format!("{ROLES}other"), &[]).status, 404);
    assert_eq!(visit(&bench, "GET", "/latest/meta-data/instance-id", &[]).status, 404);
    assert_eq!(visit(&bench, "POST", ROLES, &[]).status, 405);
}

#[test]
fn a_key_is_handed_out_again_while_half_an_hour_is_left() {
    let bench = instance();
    let key_at = |second: i64| {
        bench.clock.store(START + second, Ordering::Relaxed);
        key_in(&visit(&bench, "GET", &format!("{ROLES}recorder"), &[])).0
    };
    let (first, again, next) = (key_at(0), key_at(5 * 3600 + 1800), key_at(5 * 3600 + 1801));
    assert_eq!(first.id, again.id);
    assert_ne!(first.id, next.id);
    assert!(is_accepted(&bench, &first), "the old one is good to its end");
    bench.clock.store(START + 6 * 3600, Ordering::Relaxed);
    assert!(!is_accepted(&bench, &first) && is_accepted(&bench, &next));
}

#[test]
fn a_token_lets_in_for_its_time() {
    let settings =
        Settings { imds_role: Some("recorder".into()), imds_token_required: true, ..Settings::default() };
    let bench = Bench::new(settings);
    let seconds = "x-aliyun-ecs-metadata-token-ttl-seconds";
    for wrong in [&[][..], &[(seconds, "0")], &[(seconds, "21601")], &[(seconds, "x")]] {
        assert_eq!(visit(&bench, "PUT", TOKEN_PATH, wrong).status, 400, "{wrong:?}");
    }
    assert_eq!(visit(&bench, "GET", TOKEN_PATH, &[(seconds, "60")]).status, 405);
    let (status, token) = text(&visit(&bench, "PUT", TOKEN_PATH, &[(seconds, "60")]));
    assert_eq!(status, 200);
    let with = |token: &str| visit(&bench, "GET", ROLES, &[("x-aliyun-ecs-metadata-token", token)]).status;
    assert_eq!([with(&token), with("other")], [200, 403]);
    assert_eq!(visit(&bench, "GET", ROLES, &[]).status, 403);
    bench.clock.store(START + 60, Ordering::Relaxed);
    assert_eq!(with(&token), 403);
}

#[test]
fn a_wrong_token_is_no_better_than_none_where_none_is_needed() {
    let bench = instance();
    assert_eq!(visit(&bench, "GET", ROLES, &[]).status, 200);
    assert_eq!(visit(&bench, "GET", ROLES, &[("x-aliyun-ecs-metadata-token", "other")]).status, 403);
}

#[test]
fn a_credentials_uri_hands_out_a_key() {
    let bench = Bench::new(Settings { credentials_uri: true, ..Settings::default() });
    let (key, _) = key_in(&visit(&bench, "GET", CREDENTIALS_PATH, &[]));
    assert!(is_accepted(&bench, &key));
    assert_eq!(visit(&bench, "POST", CREDENTIALS_PATH, &[]).status, 405);
    assert_eq!(visit(&bench, "GET", ROLES, &[]).status, 404);
}
