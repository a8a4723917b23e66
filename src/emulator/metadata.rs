//! Two services that hand out keys without a signature: the metadata service of an ECS instance, and a credentials URI.
//! Both are off unless the settings turn them on, and their refusals do not have the form of API errors.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::sessions::{Assumed, Session, Sessions};
use super::settings::Settings;
use crate::wire::{Request, Response, format_time};

/// The path of the credentials URI.
pub const CREDENTIALS_PATH: &str = "/credentials";

const TOKEN_PATH: &str = "/latest/api/token";
const ROLE_PATH: &str = "/latest/meta-data/ram/security-credentials";
const TOKEN: &str = "x-aliyun-ecs-metadata-token";
const TOKEN_SECONDS: &str = "x-aliyun-ecs-metadata-token-ttl-seconds";

/// How many seconds a token of the metadata service may be valid.
const TOKEN_LIFE: std::ops::RangeInclusive<i64> = 1..=21_600;

/// How long a key of an instance's role is valid.
const KEY_LIFE: SignedDuration = SignedDuration::from_hours(6);

/// A key that is valid for less than this is not handed out again.
const KEY_REST: SignedDuration = SignedDuration::from_mins(30);

/// What was handed out: tokens with their expiry, and the key of each role.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    tokens: BTreeMap<String, Timestamp>,
    keys: BTreeMap<String, Session>,
}

/// The input for one answer.
pub(super) struct Visit<'a> {
    pub(super) settings: &'a Settings,
    pub(super) sessions: &'a mut Sessions,
    pub(super) now: Timestamp,
    /// Unique for each request.
    pub(super) seed: &'a str,
}

impl Metadata {
    /// The answer, if the request is for one of the two services and that service is on.
    pub(super) fn answer(&mut self, request: &Request, visit: Visit<'_>) -> Option<Response> {
        if request.path == CREDENTIALS_PATH && visit.settings.credentials_uri {
            return Some(match request.method.as_str() {
                "GET" => self.credentials("emulator", visit),
                _ => text(405, "Method Not Allowed"),
            });
        }
        let role = visit.settings.imds_role.clone()?;
        let is_metadata = request.path.starts_with("/latest/");
        is_metadata.then(|| self.instance(request, &role, visit))
    }

    fn instance(&mut self, request: &Request, role: &str, visit: Visit<'_>) -> Response {
        let method = request.method.as_str();
        if request.path == TOKEN_PATH {
            return if method == "PUT" {
                self.token(request, &visit)
            } else {
                text(405, "Method Not Allowed")
            };
        }
        if method != "GET" {
            return text(405, "Method Not Allowed");
        }
        // No document states the status; a client can only see that it was refused.
        if !self.lets_in(request, &visit) {
            return text(403, "Forbidden");
        }
        match request.path.strip_prefix(ROLE_PATH) {
            Some("" | "/") => text(200, role),
            Some(name) if name.strip_prefix('/') == Some(role) => self.credentials(role, visit),
            _ => text(404, "Not Found"),
        }
    }

    fn token(&mut self, request: &Request, visit: &Visit<'_>) -> Response {
        let seconds = request.headers.get(TOKEN_SECONDS).and_then(|text| text.parse().ok());
        let Some(seconds) = seconds.filter(|seconds| TOKEN_LIFE.contains(seconds)) else {
            return text(400, "Bad Request");
        };
        let expiry = visit.now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX);
        let token = format!("metadata-{}", visit.seed);
        self.tokens.retain(|_, expiry| visit.now < *expiry);
        self.tokens.insert(token.clone(), expiry);
        text(200, &token)
    }

    /// Allows requests without a token unless that is forbidden, and requests with a token only while it is valid.
    fn lets_in(&self, request: &Request, visit: &Visit<'_>) -> bool {
        match request.headers.get(TOKEN) {
            Some(token) => self.tokens.get(token).is_some_and(|expiry| visit.now < *expiry),
            None => !visit.settings.imds_token_required,
        }
    }

    fn credentials(&mut self, role: &str, visit: Visit<'_>) -> Response {
        let Visit { settings: _, sessions, now, seed } = visit;
        let is_fresh = |session: &&Session| session.expiration.duration_since(now) >= KEY_REST;
        let session = match self.keys.get(role).filter(is_fresh) {
            Some(session) => session.clone(),
            None => {
                let assumed =
                    Assumed { role: role.to_owned(), name: "emulator".to_owned(), duration: KEY_LIFE };
                let session = sessions.issue(assumed, seed, now);
                self.keys.insert(role.to_owned(), session.clone());
                session
            }
        };
        key_document(&session)
    }
}

fn key_document(session: &Session) -> Response {
    let Session { key, role: _, name: _, expiration, number: _ } = session;
    let body = json!({
        "Code": "Success",
        "AccessKeyId": key.id,
        "AccessKeySecret": key.secret.expose(),
        "SecurityToken": key.token.as_ref().map(|token| token.expose()),
        "LastUpdated": format_time(expiration.checked_sub(KEY_LIFE).unwrap_or(Timestamp::MIN)),
        "Expiration": format_time(*expiration),
    });
    respond(200, "application/json", body.to_string())
}

fn text(status: u16, body: &str) -> Response {
    respond(status, "text/plain", body.to_owned())
}

fn respond(status: u16, media_type: &str, body: String) -> Response {
    let headers = [("content-type".to_owned(), media_type.to_owned())].into();
    Response { status, headers, body: body.into_bytes() }
}
