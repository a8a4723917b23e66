//! The admin path, off by default: sets faults, begins and ends sessions, and shows counters and state while the server runs.

use std::net::IpAddr;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

#[cfg(feature = "faults")]
use crate::emulator::Fault;
use crate::emulator::{Service, SessionError};
use crate::model::Address;

/// The path; the API itself uses only `/`.
pub(super) const PATH: &str = "/_admin/";

/// Whether a request may come from a process on this machine, and not from a web page: a browser names the page's
/// origin, and the page's own host if that was made to resolve to this machine.
pub(super) fn may_ask(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.filter(|host| !host.contains('@')).and_then(|host| host.parse().ok());
    let is_here = host.is_some_and(|host: Authority| is_loopback(host.host()));
    let from_elsewhere = |site: &HeaderValue| site != "none" && site != "same-origin";
    is_here
        && headers.get_all(header::HOST).iter().count() == 1
        && !headers.contains_key(header::ORIGIN)
        && !headers.get_all("sec-fetch-site").iter().any(from_elsewhere)
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// Answers `GET counters`, `GET state`, `PUT faults` with one fault per line in the body, of which an empty one ends all
/// faults, `POST publish` and `POST unpublish` with a session as JSON, and `POST delete-recording` with a VideoId.
pub(super) fn answer(service: &Service, method: &str, path: &str, body: &[u8]) -> (StatusCode, String) {
    match (method, path.strip_prefix(PATH).unwrap_or_default()) {
        ("GET", "counters") => json(&service.counters()),
        ("GET", "state") => json(&service.dump()),
        ("PUT" | "POST", "faults") => set_faults(service, &String::from_utf8_lossy(body)),
        ("PUT" | "POST", "publish") => changed(service.publish(&String::from_utf8_lossy(body))),
        ("PUT" | "POST", "unpublish") => changed(service.unpublish(&String::from_utf8_lossy(body))),
        ("PUT" | "POST", "delete-recording") => {
            changed(service.delete_recording(String::from_utf8_lossy(body).trim()).map(|()| None))
        }
        (_, "counters" | "state" | "faults" | "publish" | "unpublish" | "delete-recording") => {
            said(StatusCode::METHOD_NOT_ALLOWED, "this path needs another method")
        }
        _ => said(
            StatusCode::NOT_FOUND,
            "there are only `counters`, `state`, `faults`, `publish`, `unpublish` and `delete-recording`",
        ),
    }
}

/// The address of the configuration that records a session, or why the session was neither begun nor ended.
fn changed(result: Result<Option<Address>, SessionError>) -> (StatusCode, String) {
    match result {
        Ok(ruler) => json(&serde_json::json!({ "configuration": ruler.map(|address| address.to_string()) })),
        Err(error @ SessionError::Refused(_)) => said(StatusCode::BAD_REQUEST, &error.to_string()),
        Err(error @ SessionError::Store) => said(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

#[cfg(not(feature = "faults"))]
fn set_faults(_: &Service, _: &str) -> (StatusCode, String) {
    said(StatusCode::NOT_FOUND, "this livevod was built without faults")
}

#[cfg(feature = "faults")]
fn set_faults(service: &Service, text: &str) -> (StatusCode, String) {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    match lines.map(str::parse).collect::<Result<Vec<Fault>, _>>() {
        Ok(faults) => {
            let count = faults.len();
            service.set_faults(faults);
            (StatusCode::OK, format!("{{\"faults\":{count}}}\n"))
        }
        Err(error) => said(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

fn json(value: &impl serde::Serialize) -> (StatusCode, String) {
    match serde_json::to_string(value) {
        Ok(text) => (StatusCode::OK, text + "\n"),
        Err(error) => said(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

fn said(status: StatusCode, message: &str) -> (StatusCode, String) {
    (status, serde_json::json!({ "error": message }).to_string() + "\n")
}
