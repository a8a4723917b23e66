//! Checks the signature of a [`Request`] and extracts its parameters: the receiving half of `sign`. Pure: the caller
//! must check that the time is near and the nonce new.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::Request;
use super::encode::{Pairs, canonical_query, decode_pairs};
use super::sign::{
    FORM, Secret, SignatureVersion, V1_ALGORITHM, V3_ALGORITHM, hex_sha256, v1_signature, v1_string_to_sign,
    v3_canonical_request, v3_signature,
};

/// The parameters of V1 that every call has; all others belong to the action.
const COMMON: [&str; 11] = [
    "Action",
    "Version",
    "Format",
    "AccessKeyId",
    "SignatureMethod",
    "SignatureVersion",
    "SignatureNonce",
    "SignatureType",
    "Timestamp",
    "SecurityToken",
    "Signature",
];

/// The content of a request with a valid signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The signature version.
    pub signature: SignatureVersion,
    /// The action's name, known or not.
    pub action_name: String,
    /// The API version.
    pub version: String,
    /// The id of the key that signed it.
    pub key_id: String,
    /// The security token sent with it.
    pub token: Option<Secret>,
    /// The action's own parameters, not encoded.
    pub params: BTreeMap<String, String>,
    /// When it was signed.
    pub time: Timestamp,
    /// Its nonce.
    pub nonce: String,
}

/// Why a signature was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureProblem {
    /// A parameter or header that every call needs is missing or empty.
    Missing(String),
    /// The same parameter twice.
    Repeated(String),
    /// A part is not UTF-8, or the Authorization header is not valid.
    Malformed(String),
    /// An unknown algorithm.
    UnknownAlgorithm(String),
    /// An unknown key.
    UnknownKey(String),
    /// The time is not valid.
    TimeFormat(String),
    /// The body differs from the signed one.
    BodyHash,
    /// The signature does not match.
    Mismatch {
        /// What the signature should cover: V1's string to sign, V3's canonical request.
        signed_text: String,
    },
}

/// Checks the signature with the secret of the key that the request names.
///
/// # Errors
///
/// The first problem found. A request with several parameters of one name is refused.
pub fn verify(
    request: &Request,
    secret_of: impl Fn(&str) -> Option<Secret>,
) -> Result<Verified, SignatureProblem> {
    match request.headers.get("authorization") {
        Some(authorization) => verify_v3(request, authorization, secret_of),
        None => verify_v1(request, secret_of),
    }
}

/// A parameter as it is in the query or the form body, signed or not; for facts about a request that is refused.
pub fn unverified_param(request: &Request, name: &str) -> Option<String> {
    unverified_params(request).remove(name)
}

/// All parameters in the query and the form body, signed or not. Of several with one name the first counts; if a part
/// can't be read, there are none.
fn unverified_params(request: &Request) -> BTreeMap<String, String> {
    let pairs = decode_pairs(&request.query).zip(form_pairs(request).ok());
    let pairs = pairs.map(|(query, form)| query.into_iter().chain(form)).into_iter().flatten();
    let mut params = BTreeMap::new();
    for (name, value) in pairs {
        params.entry(name).or_insert(value);
    }
    params
}

/// The action that a request names and the action's own parameters, signed or not; for facts about a request that is
/// refused. The name is empty if there is none.
pub fn unverified_call(request: &Request) -> (String, BTreeMap<String, String>) {
    let mut params = unverified_params(request);
    let action = request.headers.get("x-acs-action").cloned().or_else(|| params.remove("Action"));
    if !request.headers.contains_key("authorization") {
        params.retain(|name, _| !COMMON.contains(&name.as_str()));
    }
    (action.unwrap_or_default(), params)
}

/// The content of a request without a signature; only for requests that carry another proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsigned {
    /// The action's name.
    pub action_name: String,
    /// The API version.
    pub version: String,
    /// The action's own parameters, not encoded.
    pub params: BTreeMap<String, String>,
}

/// Parses a request as if it needed no signature: action and version from headers or parameters.
///
/// # Errors
/// When one of them is missing, or a parameter is repeated.
pub fn read_unsigned(request: &Request) -> Result<Unsigned, SignatureProblem> {
    let mut pairs = query_pairs(request)?;
    pairs.extend(form_pairs(request)?);
    let mut params = unrepeated(pairs)?;
    let need = |in_header: &str, in_params: &str| {
        let value = header(request, in_header).or_else(|| params.get(in_params).map(String::as_str));
        let value = value.filter(|value| !value.is_empty()).map(str::to_owned);
        value.ok_or_else(|| SignatureProblem::Missing(in_params.to_owned()))
    };
    let (action_name, version) = (need("x-acs-action", "Action")?, need("x-acs-version", "Version")?);
    params.retain(|name, _| !COMMON.contains(&name.as_str()));
    Ok(Unsigned { action_name, version, params })
}

fn verify_v1(
    request: &Request,
    secret_of: impl Fn(&str) -> Option<Secret>,
) -> Result<Verified, SignatureProblem> {
    let mut pairs = query_pairs(request)?;
    pairs.extend(form_pairs(request)?);
    let mut params = unrepeated(pairs)?;
    let need = |name: &str| {
        let value = params.get(name).filter(|value| !value.is_empty()).cloned();
        value.ok_or_else(|| SignatureProblem::Missing(name.to_owned()))
    };
    let (key_id, signature) = (need("AccessKeyId")?, need("Signature")?);
    let (action_name, version) = (need("Action")?, need("Version")?);
    let (time, nonce) = (parse_time(&need("Timestamp")?)?, need("SignatureNonce")?);
    let algorithm = need("SignatureMethod")?;
    if algorithm != V1_ALGORITHM || need("SignatureVersion")? != "1.0" {
        return Err(SignatureProblem::UnknownAlgorithm(algorithm));
    }
    let secret = secret_of(&key_id).ok_or_else(|| SignatureProblem::UnknownKey(key_id.clone()))?;
    let signed = params.iter().filter(|(name, _)| *name != "Signature");
    let signed_text = v1_string_to_sign(&request.method, signed.map(|(name, value)| (&**name, &**value)));
    if v1_signature(&secret, &signed_text) != signature {
        return Err(SignatureProblem::Mismatch { signed_text });
    }
    let token = params.remove("SecurityToken").filter(|token| !token.is_empty()).map(Secret::new);
    params.retain(|name, _| !COMMON.contains(&name.as_str()));
    Ok(Verified { signature: SignatureVersion::V1, action_name, version, key_id, token, params, time, nonce })
}

fn verify_v3(
    request: &Request,
    authorization: &str,
    secret_of: impl Fn(&str) -> Option<Secret>,
) -> Result<Verified, SignatureProblem> {
    let Authorization { key_id, signed_headers, signature } = parse_authorization(authorization)?;
    let need = |name: &str| {
        header(request, name).ok_or_else(|| SignatureProblem::Missing(name.to_owned())).map(str::to_owned)
    };
    let (action_name, version) = (need("x-acs-action")?, need("x-acs-version")?);
    let (time, nonce) = (parse_time(&need("x-acs-date")?)?, need("x-acs-signature-nonce")?);
    let body_hash = need("x-acs-content-sha256")?;
    if body_hash != hex_sha256(&request.body) {
        return Err(SignatureProblem::BodyHash);
    }
    let headers = covered_headers(request, &signed_headers)?;
    let secret = secret_of(&key_id).ok_or_else(|| SignatureProblem::UnknownKey(key_id.clone()))?;
    let mut pairs = query_pairs(request)?;
    let query = canonical_query(pairs.iter().map(|(name, value)| (&**name, &**value)));
    let canonical = v3_canonical_request(&request.method, &query, headers, &body_hash);
    if v3_signature(&secret, &canonical.text) != signature {
        return Err(SignatureProblem::Mismatch { signed_text: canonical.text });
    }
    pairs.extend(form_pairs(request)?);
    let params = unrepeated(pairs)?;
    let token = header(request, "x-acs-security-token").map(Secret::new);
    Ok(Verified { signature: SignatureVersion::V3, action_name, version, key_id, token, params, time, nonce })
}

/// The three parts of a V3 Authorization header.
struct Authorization {
    key_id: String,
    signed_headers: Vec<String>,
    signature: String,
}

fn parse_authorization(text: &str) -> Result<Authorization, SignatureProblem> {
    let malformed = || SignatureProblem::Malformed("Authorization".to_owned());
    let (algorithm, rest) = text.trim().split_once(' ').ok_or_else(malformed)?;
    if algorithm != V3_ALGORITHM {
        return Err(SignatureProblem::UnknownAlgorithm(algorithm.to_owned()));
    }
    let parts: BTreeMap<&str, &str> =
        rest.split(',').filter_map(|part| part.trim().split_once('=')).collect();
    let part = |name: &str| parts.get(name).copied().filter(|value| !value.is_empty()).ok_or_else(malformed);
    Ok(Authorization {
        key_id: part("Credential")?.to_owned(),
        signed_headers: part("SignedHeaders")?.split(';').map(str::to_ascii_lowercase).collect(),
        signature: part("Signature")?.to_owned(),
    })
}

/// The headers that the signature covers. Host, content-type and every `x-acs-` header of the request must be among
/// them, or they could be changed in transit.
fn covered_headers<'a>(
    request: &'a Request,
    signed: &'a [String],
) -> Result<Vec<(&'a str, &'a str)>, SignatureProblem> {
    let must =
        request.headers.keys().map(String::as_str).filter(|name| {
            name.starts_with("x-acs-") || (*name == "content-type" && !request.body.is_empty())
        });
    if let Some(name) = must.chain(["host"]).find(|name| !signed.iter().any(|signed| signed == name)) {
        return Err(SignatureProblem::Malformed(format!("SignedHeaders without {name}")));
    }
    let value = |name: &'a String| {
        let found = header(request, name).or_else(|| request.headers.get(name).map(String::as_str));
        found.map(|value| (&**name, value)).ok_or_else(|| SignatureProblem::Missing(name.clone()))
    };
    signed.iter().map(value).collect()
}

/// A header that exists and is not empty.
fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    if name == "host" {
        return Some(&request.host);
    }
    request.headers.get(name).map(String::as_str).filter(|value| !value.is_empty())
}

fn query_pairs(request: &Request) -> Result<Pairs, SignatureProblem> {
    decode_pairs(&request.query).ok_or_else(|| SignatureProblem::Malformed("the query".to_owned()))
}

/// Parameters in the body; none unless its media type says that it contains some.
fn form_pairs(request: &Request) -> Result<Pairs, SignatureProblem> {
    let is_form = request
        .headers
        .get("content-type")
        .and_then(|value| value.split(';').next())
        .is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case(FORM));
    if !is_form {
        return Ok(Pairs::new());
    }
    let malformed = || SignatureProblem::Malformed("the form body".to_owned());
    decode_pairs(std::str::from_utf8(&request.body).map_err(|_| malformed())?).ok_or_else(malformed)
}

fn unrepeated(pairs: Pairs) -> Result<BTreeMap<String, String>, SignatureProblem> {
    let mut params = BTreeMap::new();
    for (name, value) in pairs {
        if params.contains_key(&name) {
            return Err(SignatureProblem::Repeated(name));
        }
        params.insert(name, value);
    }
    Ok(params)
}

/// Reads exactly `yyyy-MM-ddTHH:mm:ssZ`.
fn parse_time(text: &str) -> Result<Timestamp, SignatureProblem> {
    let wrong = || SignatureProblem::TimeFormat(text.to_owned());
    if text.len() != "yyyy-MM-ddTHH:mm:ssZ".len() {
        return Err(wrong());
    }
    let time = DateTime::strptime("%Y-%m-%dT%H:%M:%SZ", text).map_err(|_| wrong())?;
    Ok(time.to_zoned(TimeZone::UTC).map_err(|_| wrong())?.timestamp())
}
