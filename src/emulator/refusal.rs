//! The service's refusals: code, HTTP status and message, verbatim where a document gives them.

use std::time::Duration;

use super::trouble::Trouble;
use crate::wire::SignatureProblem;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
    /// When to retry, if the service says so.
    pub(super) retry_after: Option<Duration>,
}

impl Refusal {
    pub(super) fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), retry_after: None }
    }

    /// No document names the code that this API uses.
    pub(super) fn config_not_found(status: u16, code: &str) -> Self {
        Self::new(status, code, "Config not found.")
    }

    /// The status is not that of other services' "too many requests".
    pub(super) fn throttled(retry_after: Option<Duration>) -> Self {
        let message = "Request was denied due to user flow control.";
        Self { retry_after, ..Self::new(400, "Throttling.User", message) }
    }

    pub(super) fn missing(parameter: &str) -> Self {
        // A header has no parameter name to make a code from.
        let code = if parameter.contains('-') {
            "MissingParameter".to_owned()
        } else {
            format!("Missing{parameter}")
        };
        Self::new(400, code, format!("{parameter} is mandatory for this action."))
    }

    /// Only where the emulator is asked to be strict: a gateway ignores what it does not know.
    pub(super) fn unknown_parameter(parameter: &str) -> Self {
        Self::new(400, "InvalidParameter", format!("The parameter {parameter} is not known to this action."))
    }

    pub(super) fn malformed(parameter: &str) -> Self {
        let code = format!("Invalid{parameter}.Malformed");
        Self::new(400, code, format!("Specified parameter {parameter} is not valid."))
    }
}

/// The refusals of a kind whose text does not depend on the request: `name = status, code, message`.
macro_rules! refusals {
    ($kind:ident: $($(#[$doc:meta])* $name:ident = $status:literal, $code:literal, $message:literal;)*) => {
        impl $kind {
            $($(#[$doc])* pub(super) fn $name() -> Self {
                Self::new($status, $code, $message)
            })*
        }
    };
}

pub(super) use refusals;

refusals! { Refusal:
    config_already_exists = 400, "ConfigAlreadyExists", "Config has already exist.";
    /// The code's name is misspelt in the documents too.
    oss_recording_exists = 400, "CommomLiveRcordConfigExisted", "Commom liverecord config has already exist.";
    compose_mismatch = 400, "InvalidAutoComposeAndComposeVodTranscodeGroupId.Malformed",
        "Specified parameter AutoCompose and ComposeVodTranscodeGroupId is not valid, must both empty or input";
    storage_region = 403, "InvalidRegion.Conflict",
        "Specified parameter StorageLocation and Region is not match";
    storage_not_found = 404, "InvalidStorage.NotFound", "Specified parameter StorageLocation is not exist";
    transcode_group_not_found = 404, "InvalidTemplateGroupId.NotFound",
        "Specified parameter vodTranscodeGroupId or composeVodTranscodeGroupId is not exist";
    /// Of other actions of the service: no page of these actions gives a text.
    locked = 400, "LockFail", "Another operation on the domain is in progress.";
    domain_not_found = 404, "InvalidDomain.NotFound", "The domain provided does not exist in our records.";
    unavailable = 503, "ServiceUnavailable",
        "The request has failed due to a temporary failure of the server.";
    inactive_key = 400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled.";
    internal_error = 500, "InternalError",
        "The request processing has failed due to backend service exception.";
    unknown_action = 404, "InvalidAction.NotFound",
        "Specified api is not found, please check your url and method.";
    unknown_version = 400, "InvalidVersion", "Specified parameter Version is not valid.";
    unsupported_method = 400, "UnsupportedHTTPMethod", "This http method is not supported.";
    expired_time = 400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.";
    nonce_used = 400, "SignatureNonceUsed", "Specified signature nonce was used already.";
    missing_token = 400, "MissingSecurityToken", "SecurityToken is mandatory for this action.";
    token_mismatch = 400, "InvalidSecurityToken.MismatchWithAccessKey",
        "Specified SecurityToken mismatch with the AccessKey.";

    // Of the Security Token Service, ActionTrail and VOD.
    token_expired = 400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.";
    role_arn = 400, "InvalidParameter.RoleArn", "The parameter RoleArn is wrongly formed.";
    role_session_name = 400, "InvalidParameter.RoleSessionName",
        "The parameter RoleSessionName is wrongly formed.";
    role_duration = 400, "InvalidParameter.DurationSeconds",
        "The Min/Max value of DurationSeconds is 15min/12hr.";
    role_not_found = 404, "EntityNotExist.Role", "The specified Role not exists.";
    no_permission = 403, "NoPermission",
        "You are not authorized to do this action. You should be authorized by RAM.";
    oidc_provider_not_found = 404, "EntityNotExist.OIDCProvider", "The specified OIDCProvider not exists.";
    oidc_token = 400, "AuthenticationFail.OIDCToken.Invalid", "This JWT Token is invalid.";
    event_times = 400, "InvalidParameterCombination", "The end time must be later than the start time.";
    period_mismatch = 400, "InvalidEndTime.Mismatch",
        "Specified end time does not math the specified start time.";
    vod_group_not_found = 404, "InvalidTranscodeTemplateGroup.NotFound",
        "The transcode template group does not exist.";
}

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Internal => Self::internal_error(),
            Trouble::Unavailable => Self::unavailable(),
            Trouble::Throttled(retry_after) => Self::throttled(retry_after),
            Trouble::ExpiredToken => Self::token_expired(),
            Trouble::RevokedKey => Self::inactive_key(),
            Trouble::Denied => Self::no_permission(),
        }
    }
}

impl From<SignatureProblem> for Refusal {
    fn from(problem: SignatureProblem) -> Self {
        match problem {
            SignatureProblem::Missing(name) => Self::missing(&name),
            SignatureProblem::Repeated(name) => Self::new(
                400,
                "InvalidParameter",
                format!("Specified parameter {name} is given more than once."),
            ),
            SignatureProblem::Malformed(what) => Self::new(
                400,
                "IncompleteSignature",
                format!("The request signature does not conform to Aliyun standards: {what}."),
            ),
            SignatureProblem::UnknownAlgorithm(name) => Self::new(
                400,
                "InvalidParameter.SignatureMethod",
                format!("Specified signature method {name} is not supported."),
            ),
            SignatureProblem::UnknownKey(_) => {
                Self::new(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
            }
            SignatureProblem::TimeFormat(_) => Self::new(
                400,
                "InvalidTimeStamp.Format",
                "Specified time stamp or date value is not well formatted.",
            ),
            SignatureProblem::BodyHash => Self::new(
                400,
                "SignatureDoesNotMatch",
                "Specified x-acs-content-sha256 is not matched with the body.",
            ),
            SignatureProblem::Mismatch { signed_text } => Self::new(
                400,
                "SignatureDoesNotMatch",
                format!(
                    "Specified signature is not matched with our calculation. server string to sign is:{signed_text}"
                ),
            ),
        }
    }
}
