//! Signatures against published examples and against each other.

mod official;
mod round_trip;
mod vectors;

use std::collections::BTreeMap;

use livevod::wire::{Request, Secret, SignatureProblem, Verified, verify};

/// Checks a request as the holder of one key would.
fn verify_with(request: &Request, id: &str, secret: &str) -> Result<Verified, SignatureProblem> {
    verify(request, |key| (key == id).then(|| Secret::new(secret)))
}

/// The text that the signature should have been made of.
fn signed_text(request: &Request, id: &str) -> String {
    let problem = verify_with(request, id, "not the secret").unwrap_err();
    let SignatureProblem::Mismatch { signed_text } = problem else { unreachable!("{problem:?}") };
    signed_text
}

/// A GET with everything in the query; values are encoded byte by byte, which every server must take.
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
