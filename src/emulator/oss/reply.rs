//! Turns what became of a request into the HTTP response of Object Storage Service.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::bucket::{BucketChange, LARGEST_OBJECT};
use super::refusal::OssRefusal;
use crate::emulator::trouble::Trouble;
use crate::wire::{Request, Response, write_xml};

/// What is answered to an accepted request, and what it changes.
#[derive(Debug, Default)]
pub(super) struct Reply {
    pub(super) status: u16,
    /// Names in lower case.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
    pub(super) changes: Vec<BucketChange>,
}

impl Reply {
    /// A success without a body.
    pub(super) fn empty(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// A success with a document.
    pub(super) fn xml(root: &str, content: &Value) -> Self {
        let body = write_xml(root, content).into_bytes();
        Self::empty(200).with("content-type", "application/xml").with_body(body)
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.insert(name.to_owned(), value.into());
        self
    }

    pub(super) fn with_body(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        self
    }

    pub(super) fn changing(mut self, change: BucketChange) -> Self {
        self.changes.push(change);
        self
    }
}

/// What every answer to a request has.
pub(super) struct Surroundings<'a> {
    pub(super) request: &'a Request,
    pub(super) request_id: &'a str,
    pub(super) now: Timestamp,
}

impl Surroundings<'_> {
    pub(super) fn accept(&self, reply: Reply) -> (Response, Vec<BucketChange>) {
        let Reply { status, headers, body, changes } = reply;
        (self.response(status, headers, body), changes)
    }

    pub(super) fn refuse(&self, refusal: OssRefusal) -> Response {
        let OssRefusal { status, code, message, details, headers } = refusal;
        let content = json!({
            "Code": code,
            "Message": message,
            "RequestId": self.request_id,
            "HostId": self.request.host,
        });
        let mut content = if let Value::Object(content) = content { content } else { Map::new() };
        content.extend(details.into_iter().map(|(name, value)| (name.to_owned(), value.into())));
        let body = write_xml("Error", &content.into()).into_bytes();
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value));
        let mut headers: BTreeMap<String, String> = headers.collect();
        headers.insert("content-type".to_owned(), "application/xml".to_owned());
        if self.request.method == "HEAD" {
            // An answer to HEAD has no body, so the error is in a header.
            headers.insert("x-oss-err".to_owned(), STANDARD.encode(&body));
        }
        self.response(status, headers, body)
    }

    fn response(&self, status: u16, mut headers: BTreeMap<String, String>, body: Vec<u8>) -> Response {
        headers.insert("server".to_owned(), "AliyunOSS".to_owned());
        headers.insert("date".to_owned(), http_date(self.now));
        headers.insert("x-oss-request-id".to_owned(), self.request_id.to_owned());
        headers.insert("x-oss-server-time".to_owned(), "0".to_owned());
        Response { status, headers, body }
    }
}

/// `Mon, 30 Nov 2026 03:55:00 GMT`.
pub(super) fn http_date(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// `2026-11-30T03:55:00.000Z`: whole seconds, as in all documents of the service.
pub(super) fn iso_date(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

/// The answer to a request that the service does not get to.
pub(in crate::emulator) fn troubled(
    trouble: Trouble,
    request: &Request,
    request_id: &str,
    now: Timestamp,
) -> Response {
    let refusal = match trouble {
        Trouble::Internal => OssRefusal::internal_error(),
        Trouble::Unavailable => OssRefusal::unavailable(),
        Trouble::Throttled(_) => OssRefusal::throttled(),
        Trouble::ExpiredToken => OssRefusal::token_expired(),
        Trouble::RevokedKey => OssRefusal::disabled_key(),
        Trouble::Denied => OssRefusal::access_denied(),
    };
    Surroundings { request, request_id, now }.refuse(refusal)
}

/// The answer to a request whose body is longer than any object may be.
pub(in crate::emulator) fn too_large(request: &Request, request_id: &str, now: Timestamp) -> Response {
    Surroundings { request, request_id, now }.refuse(OssRefusal::entity_too_large(LARGEST_OBJECT + 1))
}
