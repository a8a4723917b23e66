//! Turns what a store answered into a [`StoreError`]: by the code in the body, and by the status where there is none. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::api;
use crate::store::{StoreError, Trouble};
use crate::wire::{self, ReadError, RemoteError, Response};

/// Longest part of a message without a code that is shown, in characters.
const SHOWN: usize = 200;

/// A refusal of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    status: u16,
    /// The store's code; empty if there was none.
    code: String,
    message: String,
    request_id: Option<String>,
}

impl Refusal {
    /// The refusal in an answer; `None` for a success.
    pub(super) fn of(response: &Response) -> Option<Self> {
        if response.status < 300 {
            return None;
        }
        let header = |name: &str| response.headers.get(name).cloned();
        let mut refusal = google(response).unwrap_or_else(|| plain(response));
        let ids = ["x-oss-request-id", "x-amz-request-id", "x-ms-request-id", "x-guploader-uploadid"];
        refusal.request_id = refusal.request_id.or_else(|| ids.into_iter().find_map(header));
        // Answers to HEAD have no body.
        if refusal.code.is_empty() {
            let coded = header("x-oss-err").and_then(|text| STANDARD.decode(text).ok());
            let hidden = coded.map(|body| plain(&Response { body, ..response.clone() }));
            match (hidden, header("x-ms-error-code")) {
                (Some(hidden), _) => {
                    refusal = Self { request_id: hidden.request_id.or(refusal.request_id), ..hidden };
                }
                (None, Some(code)) => refusal.code = code,
                (None, None) => {}
            }
        }
        Some(refusal)
    }

    /// Whether the object is not there, in a bucket that is.
    pub(super) fn is_absent(&self) -> bool {
        self.status == 404 && ["NoSuchKey", "BlobNotFound", "ObjectNotFound"].contains(&self.code.as_str())
    }

    /// Whether the object exists that was to be created.
    pub(super) fn is_present(&self) -> bool {
        self.status == 412 || ["FileAlreadyExists", "BlobAlreadyExists"].contains(&self.code.as_str())
    }

    /// Whether the answer says no more than its status. HEAD has no body, so its answer may say less than that of GET.
    pub(super) fn is_mute(&self) -> bool {
        self.code.is_empty()
    }

    /// Whether the temporary key has expired.
    pub(super) fn is_about_an_expired_key(&self) -> bool {
        self.code == "SecurityTokenExpired" || self.code == "InvalidSecurityToken.Expired"
    }

    /// The error that callers see.
    pub(super) fn error(&self) -> StoreError {
        let Self { status: _, code, message, request_id } = self;
        let colon = if code.is_empty() { "" } else { ": " };
        let id = request_id.as_ref().map(|id| format!(" (request id {id})")).unwrap_or_default();
        StoreError::new(self.trouble(), format!("{code}{colon}{message}{id}"))
    }

    fn trouble(&self) -> Trouble {
        by_code(&self.code, &self.message).unwrap_or(match (self.status, self.code.is_empty()) {
            (401, _) => Trouble::Unauthenticated,
            (403, _) => Trouble::Forbidden,
            (404, true) | (301 | 302 | 307 | 308, _) => Trouble::NoBucket,
            (429, _) | (503, false) => Trouble::Busy,
            (501, _) => Trouble::Other,
            (408, _) | (500.., _) => Trouble::Unreachable,
            _ => Trouble::Other,
        })
    }
}

/// Statuses are the same for many reasons, and differ from service to service: the code decides where it is known.
fn by_code(code: &str, message: &str) -> Option<Trouble> {
    let says = |words: &str| message.to_ascii_lowercase().contains(words);
    Some(match code {
        "RequestTimeTooSkewed" => Trouble::Skewed,
        "AccessDenied" if says("specified endpoint") => Trouble::NoBucket,
        "AccessDenied" if says("object lock") || says("retention") => Trouble::Locked,
        "FileImmutable" | "ObjectLocked" | "retentionPolicyNotMet" | "objectUnderActiveHold" => {
            Trouble::Locked
        }
        "BlobImmutableDueToPolicy" | "BlobImmutableDueToLegalHold" => Trouble::Locked,
        "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "InvalidSecurityToken" | "SecurityTokenExpired" => {
            Trouble::Unauthenticated
        }
        "SecurityTokenNotSupported" | "InvalidToken" | "ExpiredToken" | "TokenRefreshRequired" => {
            Trouble::Unauthenticated
        }
        "AuthenticationFailed"
        | "InvalidAuthenticationInfo"
        | "NoAuthenticationInformation"
        | "authError" => Trouble::Unauthenticated,
        "AuthorizationHeaderMalformed" if says("region") => Trouble::NoBucket,
        "NoSuchBucket" | "InvalidBucketName" | "PermanentRedirect" | "TemporaryRedirect" => Trouble::NoBucket,
        "IllegalLocationConstraintException" | "ContainerNotFound" | "BucketNotFound" => Trouble::NoBucket,
        "SlowDown" | "TooManyRequests" | "RequestLimitExceeded" | "ServerBusy" | "rateLimitExceeded" => {
            Trouble::Busy
        }
        // Another conditional write is being carried out: this one was not.
        "ConditionalRequestConflict" | "OperationAborted" => Trouble::Busy,
        "RequestTimeout" | "InternalError" | "OperationTimedOut" => Trouble::Unreachable,
        _ if code.ends_with("QpsLimitExceeded") || code.ends_with("RateLimitExceeded") => Trouble::Busy,
        _ => return None,
    })
}

/// The refusal in XML, as all services but Google's write it.
fn plain(response: &Response) -> Refusal {
    let Err(ReadError::Refused(refused)) = wire::read(response) else {
        return Refusal {
            status: response.status,
            code: String::new(),
            message: String::new(),
            request_id: None,
        };
    };
    let RemoteError { status, code, message, request_id, .. } = *refused;
    Refusal { status, code, message, request_id }
}

/// The refusal of Google's service: JSON, or plain text where an object's content was asked for.
fn google(response: &Response) -> Option<Refusal> {
    let refusal = |code: &str, message: &str| {
        let message = message.chars().take(SHOWN).collect();
        Some(Refusal { status: response.status, code: code.to_owned(), message, request_id: None })
    };
    let text = std::str::from_utf8(&response.body).ok()?.trim();
    if text.starts_with("No such object") {
        return refusal("ObjectNotFound", text);
    }
    if text.starts_with("The specified bucket does not exist") {
        return refusal("BucketNotFound", text);
    }
    let body: Value = serde_json::from_str(text).ok()?;
    let error = body.get("error")?;
    let message = error.get("message").and_then(Value::as_str).unwrap_or_default();
    let reason = error.pointer("/errors/0/reason").and_then(Value::as_str).unwrap_or_default();
    match (response.status, message) {
        (404, text) if text.starts_with("No such object") => refusal("ObjectNotFound", text),
        (404, text) if text.contains("bucket does not exist") => refusal("BucketNotFound", text),
        (_, text) => refusal(reason, text),
    }
}

/// A request that got no answer. One that livevod itself held back will not get one later either.
pub(super) fn unanswered(error: &api::Error) -> StoreError {
    let trouble = match error {
        api::Error::Withheld { .. } => Trouble::Other,
        _ => Trouble::Unreachable,
    };
    StoreError::new(trouble, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Response { status, headers, body: body.as_bytes().to_vec() }
    }

    fn told(status: u16, headers: &[(&str, &str)], body: &str) -> (Trouble, String) {
        let StoreError { trouble, message } = Refusal::of(&response(status, headers, body)).unwrap().error();
        (trouble, message)
    }

    fn of_code(status: u16, code: &str, message: &str) -> Trouble {
        told(status, &[], &format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>")).0
    }

    /// As OSS, S3 and Azure answered, with other names.
    #[test]
    fn what_services_answer_is_read_whole() {
        let oss = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>\n  <Code>AccessDenied</Code>\n  <Message>You have no right \
                   to access this object because of bucket acl.</Message>\n  <RequestId>5C3D9175B6FC201293AD4890</RequestId>\n  \
                   <HostId>livevod.oss-cn-hangzhou.aliyuncs.com</HostId>\n  <EC>0003-00000001</EC>\n</Error>\n";
        let message = "AccessDenied: You have no right to access this object because of bucket acl. (request id \
                       5C3D9175B6FC201293AD4890)";
        assert_eq!(told(403, &[], oss), (Trouble::Forbidden, message.to_owned()));
        let s3 = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>PermanentRedirect</Code><Message>The bucket you are \
                  attempting to access must be addressed using the specified endpoint. Please send all future requests to this \
                  endpoint.</Message><Endpoint>livevod.s3-eu-west-3.amazonaws.com</Endpoint><Bucket>livevod</Bucket>\
                  <RequestId>R1</RequestId><HostId>h</HostId></Error>";
        assert_eq!(told(301, &[], s3).0, Trouble::NoBucket);
        let azure = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>BlobAlreadyExists</Code><Message>The specified \
                     blob already exists.\nRequestId:0f1\nTime:2026-11-30T04:05:06.0000000Z</Message></Error>";
        assert!(Refusal::of(&response(409, &[("x-ms-request-id", "0f1")], azure)).unwrap().is_present());
    }

    #[test]
    fn googles_service_answers_in_json_or_plain_text() {
        let body = |reason: &str, message: &str| {
            format!(
                r#"{{"error":{{"code":403,"message":"{message}","errors":[{{"message":"{message}","domain":"global","reason":"{reason}"}}]}}}}"#
            )
        };
        let google = |status, reason: &str, message: &str| {
            Refusal::of(&response(status, &[], &body(reason, message))).unwrap()
        };
        assert_eq!(google(403, "forbidden", "no access").error().trouble, Trouble::Forbidden);
        assert_eq!(google(401, "authError", "Invalid Credentials").error().trouble, Trouble::Unauthenticated);
        assert_eq!(google(429, "rateLimitExceeded", "slow down").error().trouble, Trouble::Busy);
        assert_eq!(google(403, "retentionPolicyNotMet", "kept").error().trouble, Trouble::Locked);
        assert_eq!(
            google(404, "notFound", "The specified bucket does not exist.").error().trouble,
            Trouble::NoBucket
        );
        assert!(google(404, "notFound", "No such object: livevod/a").is_absent());
        assert!(
            google(412, "conditionNotMet", "At least one of the pre-conditions did not hold.").is_present()
        );
        assert!(Refusal::of(&response(404, &[], "No such object: livevod/a")).unwrap().is_absent());
        assert_eq!(told(404, &[], "The specified bucket does not exist.").0, Trouble::NoBucket);
    }

    #[test]
    fn the_code_decides_and_the_status_only_without_one() {
        for (status, code, trouble) in [
            (403, "InvalidAccessKeyId", Trouble::Unauthenticated),
            (403, "SignatureDoesNotMatch", Trouble::Unauthenticated),
            (403, "SecurityTokenExpired", Trouble::Unauthenticated),
            (400, "ExpiredToken", Trouble::Unauthenticated),
            (403, "RequestTimeTooSkewed", Trouble::Skewed),
            (404, "NoSuchBucket", Trouble::NoBucket),
            (404, "ContainerNotFound", Trouble::NoBucket),
            (503, "SlowDown", Trouble::Busy),
            (503, "ServiceUnavailable", Trouble::Busy),
            (503, "TotalQpsLimitExceeded", Trouble::Busy),
            (503, "DownloadTrafficRateLimitExceeded", Trouble::Busy),
            (409, "OperationAborted", Trouble::Busy),
            (409, "FileImmutable", Trouble::Locked),
            (409, "BlobImmutableDueToPolicy", Trouble::Locked),
            (400, "RequestTimeout", Trouble::Unreachable),
            (500, "InternalError", Trouble::Unreachable),
            (403, "UserDisable", Trouble::Forbidden),
            (403, "NewCode", Trouble::Forbidden),
            (501, "NotImplemented", Trouble::Other),
            (400, "InvalidArgument", Trouble::Other),
        ] {
            assert_eq!(of_code(status, code, "said so"), trouble, "{status} {code}");
        }
        let elsewhere =
            "The bucket you are attempting to access must be addressed using the specified endpoint.";
        assert_eq!(of_code(403, "AccessDenied", elsewhere), Trouble::NoBucket);
        let locked = "Access Denied because object protected by object lock.";
        assert_eq!(of_code(403, "AccessDenied", locked), Trouble::Locked);
        for (status, trouble) in [
            (301, Trouble::NoBucket),
            (401, Trouble::Unauthenticated),
            (403, Trouble::Forbidden),
            (404, Trouble::NoBucket),
            (429, Trouble::Busy),
            (502, Trouble::Unreachable),
            (503, Trouble::Unreachable),
            (418, Trouble::Other),
        ] {
            assert_eq!(told(status, &[], "").0, trouble, "{status}");
        }
        assert_eq!(
            told(502, &[("x-oss-request-id", "R")], "<html>").1,
            "status 502 without a message (request id R)"
        );
    }

    #[test]
    fn an_answer_to_head_tells_its_reason_in_headers() {
        let body =
            "<Error><Code>RequestTimeTooSkewed</Code><Message>m</Message><RequestId>R</RequestId></Error>";
        let coded = STANDARD.encode(body);
        let (trouble, message) = told(403, &[("x-oss-err", coded.as_str())], "");
        assert_eq!((trouble, message.as_str()), (Trouble::Skewed, "RequestTimeTooSkewed: m (request id R)"));
        assert_eq!(told(404, &[("x-ms-error-code", "ContainerNotFound")], "").0, Trouble::NoBucket);
        assert!(Refusal::of(&response(403, &[], "")).unwrap().is_mute());
        assert_eq!(Refusal::of(&response(204, &[], "")), None);
    }
}
