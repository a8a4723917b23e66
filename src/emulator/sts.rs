//! Security Token Service: the identity of a caller, and temporary keys for roles.

use jiff::SignedDuration;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::refusal::Refusal;
use super::rules::Params;
use super::sessions::{Assumed, Session};
use super::settings::Settings;
use crate::wire::{OIDC_TOKEN_LENGTH, format_time};

/// The seconds for which any role may be assumed (STS: DurationSeconds up to the role's MaxSessionDuration).
const DURATION: std::ops::RangeInclusive<u32> = 900..=43_200;

/// Characters of RoleSessionName.
const SESSION_NAME: std::ops::RangeInclusive<usize> = 2..=64;

/// The identity of a key: a RAM user named like the key, or a session.
pub(super) fn caller_identity(
    key_id: &str,
    session: Option<&Session>,
    settings: &Settings,
) -> Map<String, Value> {
    let account =
        session.map_or(settings.account.as_str(), |session| settings.session_account(session.number));
    let fields = match session {
        Some(Session { role, name, .. }) => {
            let role_id = number_of(&format!("role/{role}"));
            json!({
                "IdentityType": "AssumedRoleUser",
                "Arn": format!("acs:ram::{account}:assumed-role/{role}/{name}"),
                "PrincipalId": format!("{role_id}:{name}"),
                "RoleId": role_id,
            })
        }
        None => {
            let user_id = number_of(&format!("user/{key_id}"));
            json!({
                "IdentityType": "RAMUser",
                "Arn": format!("acs:ram::{account}:user/{key_id}"),
                "PrincipalId": user_id,
                "UserId": user_id,
            })
        }
    };
    let mut fields = object(fields);
    fields.insert("AccountId".to_owned(), account.into());
    fields
}

/// AssumeRole; the signature identifies its caller.
pub(super) fn assume_role(params: &Params<'_>, settings: &Settings) -> Result<Assumed, Refusal> {
    let role = role(params, settings)?;
    let name = params.required("RoleSessionName")?;
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'@' | b'-' | b'_');
    if !SESSION_NAME.contains(&name.len()) || !name.bytes().all(is_good) {
        return Err(Refusal::role_session_name());
    }
    let seconds = match params.text("DurationSeconds").map(str::parse) {
        None => 3600,
        Some(Ok(seconds)) if DURATION.contains(&seconds) => seconds,
        Some(_) => return Err(Refusal::role_duration()),
    };
    let duration = SignedDuration::from_secs(seconds.into());
    Ok(Assumed { role, name: name.to_owned(), duration })
}

/// AssumeRoleWithOIDC; a token identifies its caller.
pub(super) fn assume_role_with_oidc(params: &Params<'_>, settings: &Settings) -> Result<Assumed, Refusal> {
    let provider = params.required("OIDCProviderArn")?;
    if name_in(provider, "oidc-provider", settings).is_none() {
        return Err(Refusal::oidc_provider_not_found());
    }
    let token = params.required("OIDCToken")?;
    let expected = settings.oidc_token.as_ref().is_none_or(|expected| expected.expose() == token);
    if !OIDC_TOKEN_LENGTH.contains(&token.len()) || !expected {
        return Err(Refusal::oidc_token());
    }
    assume_role(params, settings)
}

/// The answer that hands out a session's key.
pub(super) fn assumed(session: &Session, settings: &Settings) -> Map<String, Value> {
    let Session { key, role, name, expiration, number: _ } = session;
    object(json!({
        "AssumedRoleUser": {
            "Arn": format!("acs:ram::{}:role/{role}/{name}", settings.account),
            "AssumedRoleId": format!("{}:{name}", number_of(&format!("role/{role}"))),
        },
        "Credentials": {
            "AccessKeyId": key.id,
            "AccessKeySecret": key.secret.expose(),
            "SecurityToken": key.token.as_ref().map(|token| token.expose()),
            "Expiration": format_time(*expiration),
        },
    }))
}

/// Additional fields of AssumeRoleWithOIDC. The token is not parsed, so none of its claims is repeated.
pub(super) fn oidc_token_info() -> Value {
    json!({ "VerificationInfo": "Success" })
}

/// The role's name in RoleArn.
fn role(params: &Params<'_>, settings: &Settings) -> Result<String, Refusal> {
    let arn = params.required("RoleArn")?;
    let parts: Vec<&str> = arn.split(':').collect();
    match parts[..] {
        ["acs", "ram", "", account, resource] if resource.starts_with("role/") => {
            if account != settings.account {
                return Err(Refusal::no_permission());
            }
        }
        _ => return Err(Refusal::role_arn()),
    }
    let name = name_in(arn, "role", settings).ok_or_else(Refusal::role_arn)?;
    if settings.has_role(name) { Ok(name.to_owned()) } else { Err(Refusal::role_not_found()) }
}

/// The name in an ARN of the account, `acs:ram::ACCOUNT:KIND/NAME`.
fn name_in<'a>(arn: &'a str, kind: &str, settings: &Settings) -> Option<&'a str> {
    let rest = arn.strip_prefix("acs:ram::")?.strip_prefix(settings.account.as_str())?;
    let name = rest.strip_prefix(':')?.strip_prefix(kind)?.strip_prefix('/')?;
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    (!name.is_empty() && name.bytes().all(is_good)).then_some(name)
}

/// An id of 18 digits that is always the same for the same thing.
fn number_of(thing: &str) -> String {
    let digest = Sha256::digest(thing);
    let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("2{:017}", number % 10_u64.pow(17))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
