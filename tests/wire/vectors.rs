//! Test vectors for the Live API on which several official signers agree.

use std::collections::BTreeMap;

use livevod::wire::{Action, Call, Key, Request, Secret, SignatureVersion, Stamp, sign};
use serde_json::Value;

use super::{get, signed_text, verify_with};

fn vectors(version: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
    all[version].as_array().unwrap().clone()
}

fn texts(object: &Value) -> BTreeMap<String, String> {
    let fields = object.as_object().unwrap().iter();
    fields.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

fn key() -> Key {
    Key { id: "testid".into(), secret: Secret::new("testsecret"), token: None }
}

fn stamp() -> Stamp {
    Stamp {
        time: "2026-01-02T03:04:05Z".parse().unwrap(),
        nonce: "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf".into(),
    }
}

#[test]
fn v1_vectors_are_accepted_and_signed_from_the_same_text() {
    for vector in vectors("v1") {
        let mut params = texts(&vector["params"]);
        params.insert("Signature".into(), vector["signature"].as_str().unwrap().into());
        let params: Vec<(&str, &str)> =
            params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let request = Request { method: vector["method"].as_str().unwrap().into(), ..get(&params) };
        assert!(verify_with(&request, "testid", "testsecret").is_ok(), "{}", vector["name"]);
        assert_eq!(signed_text(&request, "testid"), vector["string_to_sign"].as_str().unwrap());
    }
}

#[test]
fn v3_vectors_are_accepted_and_signed_from_the_same_text() {
    for vector in vectors("v3") {
        let mut headers = texts(&vector["headers"]);
        headers.insert("authorization".into(), vector["authorization"].as_str().unwrap().into());
        let query = texts(&vector["query"]);
        let query: Vec<(&str, &str)> =
            query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let request = Request {
            method: vector["method"].as_str().unwrap().into(),
            host: headers.remove("host").unwrap(),
            headers,
            body: vector["body"].as_str().unwrap().into(),
            ..get(&query)
        };
        let verified = verify_with(&request, "testid", "testsecret").unwrap();
        assert_eq!(verified.params["DomainName"], "play.example.com", "{}", vector["name"]);
        assert_eq!(signed_text(&request, "testid"), vector["canonical_request"].as_str().unwrap());
    }
}

#[test]
fn what_is_sent_is_what_the_vectors_have() {
    let own = [
        "AppName",
        "AutoCompose",
        "CycleDuration",
        "DomainName",
        "OnDemand",
        "StreamName",
        "VodTranscodeGroupId",
    ];
    let vector = vectors("v1").into_iter().find(|vector| vector["name"] == "add-wildcard").unwrap();
    let mut params = texts(&vector["params"]);
    params.retain(|name, _| own.contains(&name.as_str()));
    let call = Call { action: Action::Add, params };

    let v1 = sign(&call, "live.aliyuncs.com", &key(), &stamp(), SignatureVersion::V1);
    let body = String::from_utf8(v1.body).unwrap();
    assert!(body.contains("Signature=8QV6Ne1gHOSVFUSrJyQilexB%2FYI%3D&"), "{body}");

    let v3 = sign(&call, "live.aliyuncs.com", &key(), &stamp(), SignatureVersion::V3);
    let vector = vectors("v3").into_iter().find(|vector| vector["name"] == "add-wildcard").unwrap();
    assert_eq!(v3.headers["authorization"], vector["authorization"].as_str().unwrap());
}
