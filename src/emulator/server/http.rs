//! Converts requests from HTTP, and responses to it.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{StatusCode, request::Parts};

use crate::wire::{Request, Response};

pub(super) fn plain(response: Response) -> axum::response::Response {
    let Response { status, headers, body } = response;
    with_body(&Response { status, headers, body: Vec::new() }, Body::from(body))
}

pub(super) fn from_http(parts: &Parts, body: Vec<u8>) -> Request {
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in &parts.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        headers
            .entry(name.as_str().to_owned())
            .and_modify(|joined| *joined = format!("{joined},{value}"))
            .or_insert_with(|| value.into_owned());
    }
    // A request that never came over HTTP is livevod's own; any other says itself what sent it.
    headers.entry("user-agent".to_owned()).or_default();
    Request {
        method: parts.method.as_str().to_owned(),
        host: headers.remove("host").unwrap_or_default(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers,
        body,
    }
}

/// The head of `response` with another body.
pub(super) fn with_body(response: &Response, body: Body) -> axum::response::Response {
    let builder = axum::response::Response::builder().status(response.status);
    let builder = response.headers.iter().fold(builder, |builder, (name, value)| builder.header(name, value));
    builder.body(body).unwrap_or_else(|_| status(StatusCode::INTERNAL_SERVER_ERROR))
}

pub(super) fn status(code: StatusCode) -> axum::response::Response {
    let mut response = axum::response::Response::new(Body::empty());
    *response.status_mut() = code;
    response
}
