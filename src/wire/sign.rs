//! Signs a [`Call`] into a [`Request`]: RPC HMAC-SHA1 (V1) and ACS3-HMAC-SHA256 (V3). Pure: time and nonce are given.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::encode::{canonical_query, encode};
use super::{Call, LIVE_VERSION, Request};

/// The name of the V3 algorithm, first word of its Authorization header.
pub(super) const V3_ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// The name of the V1 algorithm (parameter SignatureMethod).
pub(super) const V1_ALGORITHM: &str = "HMAC-SHA1";

/// Media type of a body with parameters.
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// A text that must not appear in any output.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for signing and for sending.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The secret of the key that every emulator accepts: it is documented, a common word, and protects nothing.
pub const EMULATOR_SECRET: &str = "emulator";

/// The credentials that sign a request.
#[derive(Debug, Clone)]
pub struct Key {
    /// AccessKey id.
    pub id: String,
    /// AccessKey secret.
    pub secret: Secret,
    /// The security token of temporary keys (STS).
    pub token: Option<Secret>,
}

/// What makes a request unique. Every attempt takes a fresh stamp.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// The time of signing; the service accepts a difference of 15 minutes.
    pub time: Timestamp,
    /// Unique for each request.
    pub nonce: String,
}

/// Which signature a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SignatureVersion {
    /// RPC signature version 1.0, HMAC-SHA1; parameters go in a form body.
    V1,
    /// ACS3-HMAC-SHA256; parameters go in the query, the body is empty.
    #[default]
    V3,
}

/// One RPC operation of any of the vendor's services, before it is signed.
#[derive(Debug, Clone, Copy)]
pub struct Operation<'a> {
    /// The action's name on the wire.
    pub name: &'a str,
    /// API version of the service.
    pub version: &'a str,
    /// Business parameters, not encoded.
    pub params: &'a BTreeMap<String, String>,
}

/// Signs one of the four calls; `host` includes the port if it is not the scheme's default.
pub fn sign(call: &Call, host: &str, key: &Key, stamp: &Stamp, signature: SignatureVersion) -> Request {
    let operation = Operation { name: call.action.name(), version: LIVE_VERSION, params: &call.params };
    operation.sign(host, key, stamp, signature)
}

impl Operation<'_> {
    /// Signs the operation; `host` includes the port if it is not the scheme's default.
    pub fn sign(self, host: &str, key: &Key, stamp: &Stamp, signature: SignatureVersion) -> Request {
        match signature {
            SignatureVersion::V1 => self.sign_v1(host, key, stamp),
            SignatureVersion::V3 => self.sign_v3(host, key, stamp),
        }
    }

    fn sign_v1(self, host: &str, key: &Key, stamp: &Stamp) -> Request {
        let mut params = self.params.clone();
        let time = format_time(stamp.time);
        let common = [
            ("Action", self.name),
            ("Version", self.version),
            ("Format", "JSON"),
            ("AccessKeyId", &key.id),
            ("SignatureMethod", V1_ALGORITHM),
            ("SignatureVersion", "1.0"),
            ("SignatureNonce", &stamp.nonce),
            ("Timestamp", &time),
        ];
        let token = key.token.as_ref().map(|token| ("SecurityToken", token.expose()));
        params.extend(common.into_iter().chain(token).map(owned));
        let text = v1_string_to_sign("POST", pairs(&params));
        params.insert("Signature".to_owned(), v1_signature(&key.secret, &text));
        let body = canonical_query(pairs(&params)).into_bytes();
        let headers = [("accept", "application/json"), ("content-type", FORM)];
        Request { body, ..Request::new("POST", host, "/", &headers) }
    }

    fn sign_v3(self, host: &str, key: &Key, stamp: &Stamp) -> Request {
        let body_hash = hex_sha256(b"");
        let time = format_time(stamp.time);
        let signed = [
            ("x-acs-action", self.name),
            ("x-acs-version", self.version),
            ("x-acs-date", &time),
            ("x-acs-signature-nonce", &stamp.nonce),
            ("x-acs-content-sha256", &body_hash),
        ];
        let token = key.token.as_ref().map(|token| ("x-acs-security-token", token.expose()));
        let mut headers: BTreeMap<String, String> = signed.into_iter().chain(token).map(owned).collect();
        let query = canonical_query(pairs(self.params));
        let in_signature = std::iter::once(("host", host)).chain(pairs(&headers));
        let canonical = v3_canonical_request("POST", &query, in_signature, &body_hash);
        let authorization = format!(
            "{V3_ALGORITHM} Credential={},SignedHeaders={},Signature={}",
            key.id,
            canonical.signed_headers,
            v3_signature(&key.secret, &canonical.text)
        );
        headers.extend([("accept", "application/json"), ("authorization", &authorization)].map(owned));
        Request { query, headers, ..Request::new("POST", host, "/", &[]) }
    }
}

/// The text whose HMAC is the V1 signature; `pairs` must not contain `Signature`.
pub(super) fn v1_string_to_sign<'a>(
    method: &str,
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> String {
    format!("{method}&%2F&{}", encode(&canonical_query(pairs)))
}

/// Base64 of the HMAC-SHA1; the HMAC key is the secret followed by `&`.
pub(super) fn v1_signature(secret: &Secret, text: &str) -> String {
    STANDARD.encode(hmac_sha1(format!("{}&", secret.expose()).as_bytes(), text))
}

/// The V3 canonical request and the names of the headers it covers.
pub(super) struct Canonical {
    /// What is hashed.
    pub(super) text: String,
    /// Lower case, sorted, joined by `;`.
    pub(super) signed_headers: String,
}

/// Builds the canonical request; `query` must be canonical already, and header names in lower case.
pub(super) fn v3_canonical_request<'a>(
    method: &str,
    query: &str,
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    body_hash: &str,
) -> Canonical {
    let mut headers: Vec<(&str, &str)> = headers.into_iter().collect();
    headers.sort_unstable();
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let signed_headers = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let text = format!("{method}\n/\n{query}\n{lines}\n{signed_headers}\n{body_hash}");
    Canonical { text, signed_headers }
}

/// Hex of the HMAC-SHA256 over the hashed canonical request; the HMAC key is the secret alone.
pub(super) fn v3_signature(secret: &Secret, canonical_request: &str) -> String {
    let text = format!("{V3_ALGORITHM}\n{}", hex_sha256(canonical_request.as_bytes()));
    hex(&hmac_sha256(secret.expose().as_bytes(), &text))
}

/// Lower-case hex SHA-256.
pub(super) fn hex_sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// `yyyy-MM-ddTHH:mm:ssZ` in UTC, as in signatures and answers.
pub fn format_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The HMAC-SHA1 of a text.
pub fn hmac_sha1(key: &[u8], text: &str) -> Vec<u8> {
    hmac::<Hmac<Sha1>>(key, text)
}

/// The HMAC-SHA256 of a text.
pub(super) fn hmac_sha256(key: &[u8], text: &str) -> Vec<u8> {
    hmac::<Hmac<Sha256>>(key, text)
}

fn hmac<M: Mac + KeyInit>(key: &[u8], text: &str) -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length, so this error can't occur")]
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Lower-case hexadecimal digits, two per byte.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.map(|digit| DIGITS[usize::from(digit)]).collect()
}

fn pairs(params: &BTreeMap<String, String>) -> impl Iterator<Item = (&str, &str)> {
    params.iter().map(|(name, value)| (&**name, &**value))
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Action;

    fn key(token: Option<&str>) -> Key {
        Key { id: "testid".into(), secret: Secret::new("testsecret"), token: token.map(Secret::new) }
    }

    fn stamp() -> Stamp {
        Stamp { time: "2026-01-02T03:04:05.9Z".parse().unwrap(), nonce: "n".into() }
    }

    fn call() -> Call {
        Call { action: Action::Delete, params: BTreeMap::from([("AppName".into(), "*".into())]) }
    }

    #[test]
    fn v1_parameters_travel_in_a_form_body() {
        let request = sign(&call(), "h", &key(Some("tok/en")), &stamp(), SignatureVersion::V1);
        let body = String::from_utf8(request.body).unwrap();
        assert_eq!((request.query.as_str(), request.headers["content-type"].as_str()), ("", FORM));
        for part in ["AppName=%2A", "Timestamp=2026-01-02T03%3A04%3A05Z", "SecurityToken=tok%2Fen"] {
            assert!(body.split('&').any(|pair| pair == part), "{part} in {body}");
        }
    }

    #[test]
    fn v3_parameters_travel_in_the_query_and_the_token_in_a_header() {
        let request = sign(&call(), "h", &key(Some("tok/en")), &stamp(), SignatureVersion::V3);
        assert_eq!((request.query.as_str(), request.body.len()), ("AppName=%2A", 0));
        assert_eq!(request.headers["x-acs-security-token"], "tok/en");
        assert!(request.headers["authorization"].contains(";x-acs-security-token;"));
        assert!(!request.headers["authorization"].contains("accept"));
    }

    #[test]
    fn nothing_shows_a_secret() {
        let shown = format!("{:?}", key(Some("token")));
        assert!(!shown.contains("testsecret") && !shown.contains("\"token\""), "{shown}");
    }
}
