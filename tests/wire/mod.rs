//! Signatures against published examples and against each other.

mod fields;
mod official;
mod round_trip;
mod vectors;

use std::collections::BTreeMap;

use livevod::wire::{Request, Secret, SignatureProblem, Verified, verify};

/// Verifies a request as a service that knows one key.
fn verify_with(request: &Request, id: &str, secret: &str) -> Result<Verified, SignatureProblem> {
    verify(request, |key| (key == id).then(|| Secret::new(secret)))
}

/// The expected string to sign.
fn signed_text(request: &Request, id: &str) -> String {
    let problem = verify_with(request, id, "not the secret").unwrap_err();
    let SignatureProblem::Mismatch { signed_text } = problem else { unreachable!("{problem:?}") };
    signed_text
}

/// A GET with everything in the query; values are encoded byte by byte, which every server must accept.
fn get(params: &[(&str, &str)]) -> Request {
    let query: Vec<String> =
        params.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    Request {
        method: "GET".into(),
        host: "live.aliyuncs.com".into(),
        path: "/".into(),
        query: query.join("&"),
        headers: BTreeMap::new(),
        body: Vec::new(),
    }
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
