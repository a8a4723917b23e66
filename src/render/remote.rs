//! What the service's error codes mean and what to do about them: every documented code.

use serde_json::{Value as Json, json};

use crate::permissions::{Permission, domain_resource};
use crate::plan::ActionKind;
use crate::wire::{DENIALS, RemoteError};

/// Cause and cure of some codes, or of all codes with one of these prefixes.
struct Meaning {
    /// Separated by spaces.
    codes: &'static str,
    cause: &'static str,
    cure: &'static str,
}

const fn means(codes: &'static str, cause: &'static str, cure: &'static str) -> Meaning {
    Meaning { codes, cause, cure }
}

impl Meaning {
    fn codes(&self) -> impl Iterator<Item = &'static str> {
        self.codes.split(' ')
    }
}

/// Whole codes. The spelling of the second one is the service's own.
const CODES: &[Meaning] = &[
    means(
        "ConfigAlreadyExists CodeConfigAlreadyExists",
        "somebody created this configuration after the plan was made",
        "plan again to see what it is now",
    ),
    means(
        "CommomLiveRcordConfigExisted",
        "a recording to OSS covers this app and stream, and a stream is recorded either to OSS or to VOD",
        "delete the configuration that records to OSS, in the Live console, or put this address under `ignore`",
    ),
    means(
        "CodeConfigNotFound",
        "somebody deleted this configuration after the plan was made",
        "plan again to see what is there now",
    ),
    means(
        "InvalidAutoCompose.Malformed",
        "the service does not accept this value of `auto_compose`",
        "write `on` or `off`",
    ),
    means(
        "InvalidAutoComposeAndComposeVodTranscodeGroupId.Malformed",
        "the service requires `auto_compose` and the group of the merged file together, or neither",
        "write `compose_vod_transcode_group` together with `auto_compose: on`, or write `auto_compose: off`",
    ),
    means(
        "InvalidRegion.Conflict",
        "the storage location is not in the region of the domain",
        "use a VOD bucket in the domain's region, or leave `storage_location` out",
    ),
    means(
        "InvalidStorage.NotFound",
        "VOD has no such storage location",
        "enable it in the VOD console, or correct `storage_location`",
    ),
    means(
        "InvalidTemplateGroupId.NotFound",
        "VOD has no transcode group with this id in the domain's region",
        "check the id in the VOD console, in the domain's region and account",
    ),
    means(
        "InvalidDomain.NotFound",
        "the account of these credentials has no such domain",
        "check the name, the account and the region",
    ),
    means(
        "InvalidIdentity.ServiceDisabled",
        "ApsaraVideo Live is not enabled for this identity",
        "activate the service, or use credentials of the account that owns the domain",
    ),
    means(
        "IllegalOperation",
        "the service does not allow this operation on this domain",
        "check in the Live console that the domain is online and a main streaming domain",
    ),
    means(
        "InternalError UnknownError",
        "the service failed",
        "plan again in a moment; if it fails again, open a ticket with the RequestId",
    ),
    means("ServiceUnavailable ServiceUnAvailable", "the service is not available", "plan again in a moment"),
    means("SystemUpgrading", "the service is being upgraded", "plan again in a few minutes"),
    means("ServiceBusy", "the domain is being configured", "plan again when that has finished"),
    means("LockFail", "another operation has locked the domain", "plan again in a moment"),
    means(
        "SignatureDoesNotMatch",
        "the access key secret is wrong for this access key id, or something changed the request on its way",
        "correct the secret where these credentials come from; if it is right, try the other `--signature`",
    ),
    means(
        "SignatureNonceUsed",
        "a request arrived twice: something between livevod and the service repeats requests",
        "plan again; look for a proxy that retries",
    ),
    means(
        "InvalidTimeStamp.Expired",
        "this machine's clock is off by more than the service allows",
        "correct the clock of this machine",
    ),
    means(
        "InvalidTimeStamp.Format",
        "the service can't read the time of the request",
        "correct the clock, or try the other `--signature`",
    ),
    means(
        "IllegalTimestamp",
        "the service rejected the timestamp of the request",
        "correct the clock of this machine",
    ),
    means(
        "IncompleteSignature",
        "part of the signature was lost in transit",
        "look for a proxy that rewrites requests, or try the other `--signature`",
    ),
    means(
        "InvalidAccessKeyId.NotFound",
        "this key id does not exist",
        "check it; keys of the China site and of the international site are not interchangeable",
    ),
    means(
        "InvalidAccessKeyId.Inactive Forbidden.AccessKeyDisabled",
        "this key is disabled",
        "enable it in the RAM console, or use another key",
    ),
    means(
        "InvalidSecurityToken.Expired",
        "the temporary credentials have expired",
        "get new ones, and plan again",
    ),
    means(
        "InvalidSecurityToken.Malformed",
        "the security token is damaged",
        "copy it whole, without line breaks",
    ),
    means(
        "InvalidSecurityToken.MismatchWithAccessKey",
        "the security token and the key were not issued together",
        "take key id, secret and token from the same answer",
    ),
    means(
        "MissingSecurityToken",
        "a temporary key works only with its security token",
        "provide the token that was issued with the key",
    ),
    means(
        "Forbidden.RiskControl",
        "the account is under risk control",
        "read the messages in the account's console",
    ),
    means(
        "Forbidden.UserVerification",
        "the account has not passed real-name verification",
        "verify the account in its console",
    ),
    means("InsufficientBalance", "the account's balance is too low", "top it up"),
    means(
        "OperationDenied.Suspended",
        "a payment is overdue, and the service is suspended",
        "pay, and plan again",
    ),
    means("OperationDenied", "the account has not activated VOD", "activate ApsaraVideo VOD in its console"),
    means(
        "InvalidAction InvalidAction.NotFound InvalidApi.NotFound",
        "the endpoint does not know this action",
        "check `--endpoint`",
    ),
    means("InvalidProduct.NotFound", "the endpoint belongs to another product", "check `--endpoint`"),
    means(
        "InvalidVersion NoSuchVersion",
        "the endpoint does not know this version of the API",
        "check `--endpoint`",
    ),
    means(
        "UnsupportedHTTPMethod",
        "the endpoint does not accept this kind of request",
        "check `--endpoint`, and whether a proxy rewrites requests",
    ),
    means("InvalidProtocol.NeedSsl", "the endpoint accepts only HTTPS", "use `https://` in `--endpoint`"),
];

/// Prefixes of codes whose ends are parameters or kinds; tried in this order.
const FAMILIES: &[Meaning] = &[
    means(
        "Throttling Rejected.Throttling",
        "the account makes too many calls, counting all its users",
        "plan again in a minute; a lower `--rate` leaves room for others",
    ),
    means(
        "Missing",
        "the service requires a parameter that livevod did not send",
        "write the setting explicitly; if all settings are written, please report this as a bug in livevod",
    ),
    means(
        "Invalid",
        "the service does not accept a value",
        "correct the value; the service's message names the parameter",
    ),
];

/// The meaning of [`DENIALS`].
const DENIED: Meaning =
    means("", "the identity of these credentials is not allowed to do this", "attach the policy below to it");

/// What was requested: the facts that the help for a missing permission needs.
pub(super) struct Asked<'a> {
    pub(super) permissions: Vec<Permission>,
    pub(super) account: Option<&'a str>,
    pub(super) domain: &'a str,
}

/// What carrying out a change needs. Reads are not among it: planning has shown that they are allowed.
pub(super) fn calls(action: ActionKind) -> Vec<Permission> {
    match action {
        ActionKind::Create => vec![Permission::AddConfig],
        ActionKind::Update => vec![Permission::UpdateConfig],
        ActionKind::Replace => vec![Permission::DeleteConfig, Permission::AddConfig],
        ActionKind::Delete => vec![Permission::DeleteConfig],
    }
}

/// What `--online` looks up in the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sought {
    /// A domain, its configurations and its recordings to OSS.
    Domain,
    /// A transcode group.
    Group,
    /// App spaces.
    Space,
}

impl Sought {
    /// What looking for it needs.
    pub(super) fn permissions(self) -> Vec<Permission> {
        match self {
            Sought::Domain => {
                vec![Permission::ReadDomain, Permission::ListOssRecordings, Permission::ListConfigs]
            }
            Sought::Group => vec![Permission::ReadGroup],
            Sought::Space => vec![Permission::ReadSpaces],
        }
    }
}

/// The cause of an error and what to do about it. `None` for a code that no documentation lists.
pub(super) fn remedy(error: &RemoteError) -> Option<String> {
    let Meaning { codes: _, cause, cure } = meaning(error)?;
    Some(format!("{cause}; {cure}"))
}

/// The cause of an error alone, for where its cure would be the wrong advice. `None` as for [`remedy`].
pub(super) fn cause(error: &RemoteError) -> Option<&'static str> {
    meaning(error).map(|meaning| meaning.cause)
}

fn meaning(error: &RemoteError) -> Option<&'static Meaning> {
    let code = error.code.as_str();
    if DENIALS.contains(&code) {
        return Some(&DENIED);
    }
    let whole = CODES.iter().find(|meaning| meaning.codes().any(|one| one == code));
    let begins = |family: &&Meaning| family.codes().any(|beginning| code.starts_with(beginning));
    whole.or_else(|| FAMILIES.iter().find(begins))
}

/// The details that the service gives for a missing permission, if any.
pub(super) fn denial(error: &RemoteError) -> Option<String> {
    let detail = detail(error)?;
    let text = |name: &str| detail.get(name).and_then(Json::as_str).filter(|text| !text.is_empty());
    let who = text("AuthPrincipalDisplayName").map(|name| format!("identity `{name}`"));
    let what = text("AuthAction").map(|action| format!("action `{action}`"));
    let why = text("NoPermissionType").map(|kind| format!("kind `{kind}`"));
    let by = text("PolicyType").map(|policy| format!("policy `{policy}`"));
    let facts: Vec<String> = [who, what, why, by].into_iter().flatten().collect();
    (!facts.is_empty()).then(|| format!("the service's details: {}", facts.join(", ")))
}

/// The policy that an identity without permission needs, on one line without spaces, so that it can be copied at any
/// width.
pub(super) fn policy(error: &RemoteError, asked: &Asked) -> Option<String> {
    if !error.is_denial() {
        return None;
    }
    let named = detail(error).and_then(|detail| detail.get("AuthAction")?.as_str().map(str::to_owned));
    let actions = named.map_or_else(
        || asked.permissions.iter().map(|permission| permission.action()).collect(),
        |action| vec![action],
    );
    let resource = match actions.iter().all(|action| is_read(action)) {
        true => "*".to_owned(),
        false => domain_resource(asked.account, asked.domain),
    };
    let (actions, resource) = (json!(actions), json!(resource));
    let statement = format!(r#"{{"Effect":"Allow","Action":{actions},"Resource":{resource}}}"#);
    Some(format!(r#"{{"Version":"1","Statement":[{statement}]}}"#))
}

/// Whether an action has no resource to name. The service may name an action that livevod does not know.
fn is_read(action: &str) -> bool {
    match Permission::find(action) {
        Some(permission) => !permission.is_by_domain(),
        None => ["live:Describe", "vod:Get"].iter().any(|read| action.starts_with(read)),
    }
}

fn detail(error: &RemoteError) -> Option<Json> {
    serde_json::from_str(error.access_denied_detail.as_deref()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_stands_twice() {
        let mut codes: Vec<&str> = CODES.iter().flat_map(Meaning::codes).chain(DENIALS).collect();
        let all = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), all);
    }
}
