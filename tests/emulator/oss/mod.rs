//! Object Storage Service, as its callers see it.

mod buckets;
mod faults;
mod objects;
mod served;
mod signatures;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use livevod::emulator::{KEY_ID, KEY_SECRET, Settings};
use livevod::wire::{Key, Request, Response, Secret, decode_path, hmac_sha1, read_xml};
use md5::{Digest, Md5};
use serde_json::Value;

use super::Bench;

/// A service with the bucket `demo`, and a caller that signs with version 1.
struct Oss(Bench);

impl Oss {
    fn new() -> Self {
        Self::at(None)
    }

    fn at(path: Option<&Path>) -> Self {
        Self::with(path, &["demo"])
    }

    fn with(path: Option<&Path>, buckets: &[&str]) -> Self {
        let bench = Bench::at(path, Settings::default());
        for bucket in buckets {
            bench.service.make_bucket(&bucket.parse().unwrap()).unwrap();
        }
        Self(bench)
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.clock.load(Ordering::Relaxed)).unwrap()
    }

    /// A signed request: `GET /demo/a?x`.
    fn sign(&self, call: &str, headers: &[(&str, &str)], body: &[u8]) -> Request {
        signed(&key(), self.now(), call, headers, body)
    }

    fn send(&self, call: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
        self.0.service.call(&self.sign(call, headers, body))
    }

    fn ask(&self, call: &str) -> Response {
        self.send(call, &[], b"")
    }

    /// The answer's document.
    fn document(&self, call: &str) -> Value {
        let response = self.ask(call);
        assert_eq!(response.status, 200, "{call}: {response:?}");
        document(&response)
    }

    /// The code of a refusal; empty for a success.
    fn code(&self, call: &str) -> String {
        code(&self.ask(call))
    }

    fn put(&self, key: &str, content: &str) -> Response {
        self.send(&format!("PUT /demo/{key}"), &[], content.as_bytes())
    }

    fn create(&self, key: &str, content: &str) -> Response {
        let once = [("x-oss-forbid-overwrite", "true")];
        self.send(&format!("PUT /demo/{key}"), &once, content.as_bytes())
    }

    /// The content of an object, or the code of the refusal.
    fn content(&self, key: &str) -> String {
        let response = self.ask(&format!("GET /demo/{key}"));
        match response.status {
            200 => String::from_utf8(response.body).unwrap(),
            _ => code(&response),
        }
    }

    /// The names of all objects.
    fn keys(&self) -> Vec<String> {
        keys(&self.document("GET /demo/?max-keys=1000"))
    }
}

fn key() -> Key {
    Key { id: KEY_ID.into(), secret: Secret::new(KEY_SECRET), token: None }
}

/// A request with a signature of version 1; the parameters are all taken to be covered, except those of listings.
fn signed(key: &Key, now: Timestamp, call: &str, headers: &[(&str, &str)], body: &[u8]) -> Request {
    let (method, address) = call.split_once(' ').unwrap();
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let mut headers: BTreeMap<String, String> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    headers.entry("date".to_owned()).or_insert(date);
    if let Some(token) = &key.token {
        headers.insert("x-oss-security-token".to_owned(), token.expose().to_owned());
    }
    let of_listings = [
        "list-type",
        "prefix",
        "delimiter",
        "marker",
        "max-keys",
        "start-after",
        "encoding-type",
        "fetch-owner",
    ];
    let mut covered: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !of_listings.contains(&pair.split('=').next().unwrap()))
        .collect();
    covered.sort_unstable();
    let mark = if covered.is_empty() { "" } else { "?" };
    let oss: String = headers
        .iter()
        .filter(|(name, _)| name.starts_with("x-oss-"))
        .map(|(name, value)| format!("{name}:{value}\n"))
        .collect();
    let header = |name: &str| headers.get(name).map_or("", String::as_str);
    let text = format!(
        "{method}\n{}\n{}\n{}\n{oss}{}{mark}{}",
        header("content-md5"),
        header("content-type"),
        header("date"),
        decode_path(path).unwrap(),
        covered.join("&")
    );
    let signature = STANDARD.encode(hmac_sha1(key.secret.expose().as_bytes(), &text));
    headers.insert("authorization".to_owned(), format!("OSS {}:{signature}", key.id));
    Request {
        method: method.to_owned(),
        host: "127.0.0.1:8787".to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers,
        body: body.to_vec(),
    }
}

fn document(response: &Response) -> Value {
    read_xml(std::str::from_utf8(&response.body).unwrap()).unwrap().1
}

/// The Content-MD5 of a body.
fn digest(body: &str) -> String {
    STANDARD.encode(Md5::digest(body))
}

/// The code of a refusal; empty for a success.
fn code(response: &Response) -> String {
    if response.status < 300 {
        return String::new();
    }
    document(response)["Code"].as_str().unwrap().to_owned()
}

/// A list of the answer, also if it has one item only or none.
fn items(document: &Value, name: &str) -> Vec<Value> {
    match document.get(name) {
        None => Vec::new(),
        Some(Value::Array(items)) => items.clone(),
        Some(one) => vec![one.clone()],
    }
}

fn keys(document: &Value) -> Vec<String> {
    items(document, "Contents").iter().map(|item| item["Key"].as_str().unwrap().to_owned()).collect()
}
