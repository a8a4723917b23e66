//! The admin path, which is off unless told: sets faults and shows counters and state while the server runs.

use axum::http::StatusCode;

use crate::emulator::{Fault, Service};

/// Where it is; the API itself knows no path but `/`.
pub(super) const PATH: &str = "/_admin/";

/// Answers `GET counters`, `GET state`, and `PUT faults` with one fault a line in the body, none to end them all.
pub(super) fn answer(service: &Service, method: &str, path: &str, body: &[u8]) -> (StatusCode, String) {
    match (method, path.strip_prefix(PATH).unwrap_or_default()) {
        ("GET", "counters") => json(&service.counters()),
        ("GET", "state") => json(&service.dump()),
        ("PUT" | "POST", "faults") => set_faults(service, &String::from_utf8_lossy(body)),
        (_, "counters" | "state" | "faults") => {
            said(StatusCode::METHOD_NOT_ALLOWED, "another method is used here")
        }
        _ => said(StatusCode::NOT_FOUND, "only `counters`, `state` and `faults` are here"),
    }
}

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
