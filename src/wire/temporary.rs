//! The calls that hand out temporary keys: to a role, to the holder of a token, to an ECS instance. Each request has
//! its parser beside it; no parser puts a secret into an error.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::encode::canonical_query;
use super::inquiry::{Inquiry, Product};
use super::sign::FORM;
use super::{Key, Request, Response, Secret, Stamp, format_time};

/// The address of an ECS instance's metadata service, without TLS: it leads to no other machine.
pub const METADATA_HOST: &str = "100.100.100.200";

const METADATA_ROLES: &str = "/latest/meta-data/ram/security-credentials/";
const METADATA_TOKEN: &str = "x-aliyun-ecs-metadata-token";
const METADATA_TOKEN_SECONDS: (&str, &str) = ("x-aliyun-ecs-metadata-token-ttl-seconds", "21600");

/// Characters of OIDCToken.
pub const OIDC_TOKEN_LENGTH: std::ops::RangeInclusive<usize> = 4..=20_000;

/// A role to assume, and its terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Such as `acs:ram::1234567890123456:role/deployer`.
    pub arn: String,
    /// The session's name in the account's logs (API: RoleSessionName, 2 to 64 characters).
    pub session_name: String,
    /// Seconds, at least 900; the service's default is 3600.
    pub duration: Option<u64>,
    /// Restricts the session to less than the role may do.
    pub policy: Option<String>,
    /// An id that the role's trust policy may require.
    pub external_id: Option<String>,
}

impl Role {
    fn params(&self) -> BTreeMap<String, String> {
        let Self { arn, session_name, duration, policy, external_id } = self;
        let needed = [("RoleArn", arn.clone()), ("RoleSessionName", session_name.clone())];
        let optional = [
            ("DurationSeconds", duration.map(|seconds| seconds.to_string())),
            ("Policy", policy.clone()),
            ("ExternalId", external_id.clone()),
        ];
        let optional = optional.into_iter().filter_map(|(name, value)| Some((name, value?)));
        needed.into_iter().chain(optional).map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// A key that expires.
#[derive(Debug, Clone)]
pub struct TemporaryKey {
    /// The key.
    pub key: Key,
    /// When it expires.
    pub expiration: Timestamp,
}

/// Asks for a key of this role (STS: AssumeRole).
pub fn assume_role(role: &Role) -> Inquiry {
    Inquiry { product: Product::Sts, name: "AssumeRole", params: role.params() }
}

/// Asks for a key of this role for the holder of the token (STS: AssumeRoleWithOIDC). The request is not signed: the
/// token is the proof, so it travels in the body, where logs of proxies and servers do not record it.
pub fn assume_role_with_oidc(
    role: &Role,
    provider_arn: &str,
    token: &Secret,
    host: &str,
    stamp: &Stamp,
) -> Request {
    let mut params = role.params();
    let time = format_time(stamp.time);
    let besides = [
        ("Action", "AssumeRoleWithOIDC"),
        ("Version", Product::Sts.version()),
        ("Format", "JSON"),
        ("SignatureNonce", &stamp.nonce),
        ("Timestamp", &time),
        ("OIDCProviderArn", provider_arn),
        ("OIDCToken", token.expose()),
    ];
    params.extend(besides.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let pairs = params.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let headers = [("accept", "application/json"), ("content-type", FORM)];
    Request { body: canonical_query(pairs).into_bytes(), ..Request::new("POST", host, "/", &headers) }
}

/// Parses the answer to either of the two.
///
/// # Errors
/// A lowercase fragment, when the answer has no complete key.
pub fn read_assumed_role(fields: &Map<String, Value>) -> Result<TemporaryKey, String> {
    match fields.get("Credentials") {
        Some(Value::Object(credentials)) => read_key(credentials),
        _ => Err("the answer has no `Credentials`".to_owned()),
    }
}

/// Asks the metadata service for a token, which its other answers require (in its version 2).
pub fn metadata_token(host: &str) -> Request {
    Request::new("PUT", host, "/latest/api/token", &[METADATA_TOKEN_SECONDS])
}

/// Asks the metadata service for the name of the instance's role.
pub fn metadata_role(host: &str, token: Option<&Secret>) -> Request {
    from_metadata(host, METADATA_ROLES, token)
}

/// Asks the metadata service for the key of the instance's role; [`read_key`] reads the answer.
pub fn metadata_key(host: &str, role: &str, token: Option<&Secret>) -> Request {
    let role = super::encode::encode(role);
    from_metadata(host, &format!("{METADATA_ROLES}{role}"), token)
}

/// Asks a credentials URI for a key; [`read_key`] reads the answer.
pub fn uri_key(host: &str, path: &str, query: &str) -> Request {
    let headers = [("accept", "application/json")];
    Request { query: query.to_owned(), ..Request::new("GET", host, path, &headers) }
}

/// The text of the metadata service's answer; `None` if it is not text or not one line.
pub fn read_metadata_text(response: &Response) -> Option<String> {
    let text = std::str::from_utf8(&response.body).ok()?.trim();
    let is_word = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    (response.status == 200 && is_word).then(|| text.to_owned())
}

/// Parses a key in the form that STS, the metadata service and credentials URIs share.
///
/// # Errors
/// A lowercase fragment, when the answer has no complete key.
pub fn read_key(fields: &Map<String, Value>) -> Result<TemporaryKey, String> {
    let text = |name: &str| {
        let text = fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.ok_or_else(|| format!("the answer has no `{name}`"))
    };
    let key = Key {
        id: text("AccessKeyId")?.to_owned(),
        secret: Secret::new(text("AccessKeySecret")?),
        token: Some(Secret::new(text("SecurityToken")?)),
    };
    let expiration = text("Expiration")?.parse().map_err(|_| "the answer's `Expiration` is not a time")?;
    Ok(TemporaryKey { key, expiration })
}

fn from_metadata(host: &str, path: &str, token: Option<&Secret>) -> Request {
    let headers: Vec<(&str, &str)> = token.iter().map(|token| (METADATA_TOKEN, token.expose())).collect();
    Request::new("GET", host, path, &headers)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn role() -> Role {
        Role {
            arn: "acs:ram::1:role/r".into(),
            session_name: "ci".into(),
            duration: Some(900),
            policy: None,
            external_id: Some("x/y".into()),
        }
    }

    fn read(value: Value) -> Result<TemporaryKey, String> {
        let Value::Object(fields) = value else { panic!("no object") };
        read_assumed_role(&fields)
    }

    #[test]
    fn only_what_is_said_is_asked_for() {
        let names: Vec<String> = assume_role(&role()).params.into_keys().collect();
        assert_eq!(names, ["DurationSeconds", "ExternalId", "RoleArn", "RoleSessionName"]);
        let bare = Role { duration: None, external_id: None, ..role() };
        let names: Vec<String> = assume_role(&bare).params.into_keys().collect();
        assert_eq!(names, ["RoleArn", "RoleSessionName"]);
    }

    #[test]
    fn an_oidc_token_travels_in_the_body_alone() {
        let stamp = Stamp { time: Timestamp::UNIX_EPOCH, nonce: "n".into() };
        let request =
            assume_role_with_oidc(&role(), "acs:ram::1:oidc-provider/p", &Secret::new("to+ken"), "h", &stamp);
        let body = String::from_utf8(request.body.clone()).unwrap();
        assert!(body.contains("&OIDCToken=to%2Bken&") && !body.contains("Signature="), "{body}");
        assert_eq!((request.method.as_str(), request.query.as_str()), ("POST", ""));
        assert!(request.headers.values().all(|value| !value.contains("to+ken")));
    }

    #[test]
    fn an_answer_without_a_whole_key_says_what_is_missing_and_no_secret() {
        let whole = json!({"AccessKeyId": "i", "AccessKeySecret": "hush", "SecurityToken": "hush",
            "Expiration": "2026-01-02T03:04:05Z"});
        let key = read(json!({ "Credentials": whole })).unwrap();
        assert_eq!((key.key.id.as_str(), key.expiration.as_second()), ("i", 1_767_323_045));
        assert!(!format!("{key:?}").contains("hush"));
        for name in ["AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"] {
            for bad in [json!(null), json!(""), json!(["hush"])] {
                let mut part = whole.clone();
                part[name] = bad;
                let error = read(json!({ "Credentials": part })).unwrap_err();
                assert_eq!(error, format!("the answer has no `{name}`"));
            }
        }
        let mut late = whole;
        late["Expiration"] = json!("hush");
        assert_eq!(
            read(json!({ "Credentials": late })).unwrap_err(),
            "the answer's `Expiration` is not a time"
        );
        assert_eq!(read(json!({})).unwrap_err(), "the answer has no `Credentials`");
    }

    #[test]
    fn a_role_name_can_not_leave_its_path() {
        let path = metadata_key(METADATA_HOST, "../../x?y", None).path;
        assert_eq!(path, format!("{METADATA_ROLES}..%2F..%2Fx%3Fy"));
        let answer = |status, body: &str| Response { status, headers: BTreeMap::new(), body: body.into() };
        assert_eq!(read_metadata_text(&answer(200, "role\n")).as_deref(), Some("role"));
        for none in [answer(404, "role"), answer(200, ""), answer(200, "<html> no"), answer(200, "a\nb")] {
            assert_eq!(read_metadata_text(&none), None);
        }
    }
}
