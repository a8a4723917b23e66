//! Classifies the error of a call: what may be done next. Pure.

use std::time::Duration;

use crate::gate::Secrets;
use crate::wire::{ReadError, RemoteError};

/// Why a call failed. No text contains a URL or a parameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The connection was never made: nothing was sent.
    #[error("no connection to {host}: {reason}")]
    NotSent {
        /// The host.
        host: String,
        /// The cause, without a URL.
        reason: String,
    },
    /// livevod did not send the call: nothing was sent.
    #[error("{reason}")]
    Withheld {
        /// The cause.
        reason: String,
    },
    /// livevod did not send the call, and may send it later: nothing was sent.
    #[error("{reason}")]
    NotNow {
        /// The cause.
        reason: String,
    },
    /// livevod did not send the call because the client sends nothing more: nothing was sent.
    #[error("{0}")]
    Stopped(Stop),
    /// livevod did not send the call because the read that it rests on is too old: nothing was sent.
    #[error("the current configuration was read too long ago")]
    Outdated,
    /// livevod did not send the call because every call of its action was throttled for a minute: nothing was sent.
    #[error("every call of `{action}` was throttled for a minute; the last error: {}", told(.refusal))]
    GivenUp {
        /// The action's name on the wire.
        action: &'static str,
        /// The last refusal.
        refusal: Box<RemoteError>,
    },
    /// The call was sent and no usable answer came: it may have been carried out.
    #[error("no usable answer from {host}: {reason}")]
    Ambiguous {
        /// The host.
        host: String,
        /// The cause, without a URL.
        reason: String,
    },
    /// The service answered with an error.
    #[error("{}", told(.0))]
    Refused(Box<RemoteError>),
    /// The answer was understood but contradicts the service's documents.
    #[error("{0}")]
    Contradiction(String),
}

/// Why a client sends nothing more.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Stop {
    /// Its credentials were renewed, and the new ones belong to another account.
    #[error("the renewed credentials belong to account `{other}`, not to `{account}`: nothing more is sent")]
    OtherAccount {
        /// The account of the new credentials.
        other: String,
        /// The account that they must belong to.
        account: String,
    },
    /// The service throttled every call of an action, given by its name on the wire, for a minute.
    #[error("every call of `{0}` was throttled for a minute")]
    Throttled(&'static str),
}

/// What an error says about the call that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Nothing was sent: a retry is safe.
    NotSent,
    /// Certainly not carried out, and the service asks for a retry.
    Busy,
    /// May have been carried out: read back before anything else.
    Ambiguous,
    /// Certainly not carried out, and a retry would not help.
    Fatal,
}

impl Error {
    pub(super) fn not_sent(host: &str, reason: impl ToString) -> Self {
        Error::NotSent { host: host.to_owned(), reason: reason.to_string() }
    }

    pub(super) fn unusable(host: &str, error: ReadError) -> Self {
        match error {
            ReadError::Refused(error) => Error::Refused(error),
            ReadError::Unreadable(reason) => Error::Ambiguous { host: host.to_owned(), reason },
        }
    }

    /// An answer longer than the limit.
    pub fn too_long(host: &str, most: usize) -> Self {
        let reason = format!("the answer is longer than {} MiB", most >> 20);
        Error::Ambiguous { host: host.to_owned(), reason }
    }

    /// The same error with every secret removed: services quote what they were sent.
    pub(super) fn without(self, secrets: &Secrets) -> Self {
        let hide = |text: String| secrets.hide(&text).into_owned();
        match self {
            Error::NotSent { host, reason } => Error::NotSent { host, reason: hide(reason) },
            Error::Withheld { reason } => Error::Withheld { reason: hide(reason) },
            Error::NotNow { reason } => Error::NotNow { reason: hide(reason) },
            Error::Ambiguous { host, reason } => Error::Ambiguous { host, reason: hide(reason) },
            Error::Contradiction(reason) => Error::Contradiction(hide(reason)),
            error @ (Error::Outdated | Error::Stopped(_) | Error::GivenUp { .. }) => error,
            Error::Refused(refusal) => {
                let RemoteError {
                    status,
                    code,
                    message,
                    request_id,
                    recommend,
                    access_denied_detail,
                    retry_after,
                } = *refusal;
                Error::Refused(Box::new(RemoteError {
                    status,
                    code: hide(code),
                    message: hide(message),
                    request_id: request_id.map(hide),
                    recommend: recommend.map(hide),
                    access_denied_detail: access_denied_detail.map(hide),
                    retry_after,
                }))
            }
        }
    }

    /// What may be done next.
    pub fn class(&self) -> Class {
        match self {
            Error::NotSent { .. } => Class::NotSent,
            Error::Ambiguous { .. } => Class::Ambiguous,
            Error::Refused(refusal) => class_of(refusal.status, &refusal.code),
            Error::Withheld { .. }
            | Error::NotNow { .. }
            | Error::Stopped(_)
            | Error::Outdated
            | Error::GivenUp { .. }
            | Error::Contradiction(_) => Class::Fatal,
        }
    }

    /// The service's code, empty if it gave none.
    pub fn code(&self) -> &str {
        self.remote().map_or("", |refusal| &refusal.code)
    }

    /// The service's error, if it answered with one.
    pub fn remote(&self) -> Option<&RemoteError> {
        match self {
            Error::Refused(refusal) | Error::GivenUp { refusal, .. } => Some(refusal),
            Error::NotSent { .. }
            | Error::Withheld { .. }
            | Error::NotNow { .. }
            | Error::Stopped(_)
            | Error::Outdated
            | Error::Ambiguous { .. }
            | Error::Contradiction(_) => None,
        }
    }

    /// Whether the service refused because of too many calls, not for another reason.
    pub fn is_throttling(&self) -> bool {
        self.remote().is_some_and(|refusal| refusal.status == 429 || is_throttling(&refusal.code))
    }

    /// Whether livevod did not send the call.
    pub fn is_kept_back(&self) -> bool {
        matches!(
            self,
            Error::NotSent { .. }
                | Error::Withheld { .. }
                | Error::NotNow { .. }
                | Error::Stopped(_)
                | Error::Outdated
                | Error::GivenUp { .. }
        )
    }

    /// How long the service asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.remote()?.retry_after
    }

    /// Whether the request was refused because its time differs from the service's.
    pub fn is_about_the_clock(&self) -> bool {
        ["InvalidTimeStamp.Expired", "IllegalTimestamp"].contains(&self.code())
    }

    /// Whether the request was refused because of its key, secret or token.
    pub fn is_about_the_key(&self) -> bool {
        let whole = ["SignatureDoesNotMatch", "Forbidden.AccessKeyDisabled", "MissingSecurityToken"];
        let code = self.code();
        let begins = |beginning| code.starts_with(beginning);
        whole.contains(&code) || ["InvalidAccessKeyId", "InvalidSecurityToken"].into_iter().any(begins)
    }

    /// Whether the request was refused because its temporary key has expired.
    pub fn is_about_an_expired_key(&self) -> bool {
        self.code() == "InvalidSecurityToken.Expired"
    }

    /// The service's request id, if it gave one.
    pub fn request_id(&self) -> Option<&str> {
        self.remote()?.request_id.as_deref()
    }
}

/// The code decides, because statuses differ from page to page (a throttled call comes with 400); the status decides
/// only if the code says nothing.
fn class_of(status: u16, code: &str) -> Class {
    if is_throttling(code) || ["ServiceBusy", "SystemUpgrading", "LockFail"].contains(&code) {
        return Class::Busy;
    }
    if is_backend_failure(code) || code == "SignatureNonceUsed" {
        // livevod never sends a nonce twice, so the same request was sent again on the way.
        return Class::Ambiguous;
    }
    match status {
        429 => Class::Busy,
        500.. => Class::Ambiguous,
        // The code is not readable, and may be one of those above.
        400..500 if code.is_empty() => Class::Ambiguous,
        _ => Class::Fatal,
    }
}

fn is_throttling(code: &str) -> bool {
    code.split('.').any(|part| part.starts_with("Throttling"))
}

fn is_backend_failure(code: &str) -> bool {
    ["InternalError", "UnknownError", "ServiceUnavailable"]
        .iter()
        .any(|known| code.eq_ignore_ascii_case(known))
}

fn told(error: &RemoteError) -> String {
    let RemoteError { code, message, .. } = error;
    if code.is_empty() { message.clone() } else { format!("{code}: {message}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, code: &str) -> Error {
        Error::Refused(Box::new(RemoteError {
            status,
            code: code.to_owned(),
            message: "no".to_owned(),
            ..RemoteError::default()
        }))
    }

    #[test]
    fn the_code_decides_and_the_status_only_without_one() {
        let table = [
            (400, "Throttling", Class::Busy),
            (400, "Throttling.User", Class::Busy),
            (503, "Throttling.Api", Class::Busy),
            (400, "Rejected.Throttling", Class::Busy),
            (403, "ServiceBusy", Class::Busy),
            (403, "SystemUpgrading", Class::Busy),
            (400, "LockFail", Class::Busy),
            (429, "", Class::Busy),
            (503, "ServiceUnavailable", Class::Ambiguous),
            (503, "ServiceUnAvailable", Class::Ambiguous),
            (500, "InternalError", Class::Ambiguous),
            (200, "InternalError", Class::Ambiguous),
            (500, "UnknownError", Class::Ambiguous),
            (502, "", Class::Ambiguous),
            (504, "SomethingNew", Class::Ambiguous),
            (400, "SignatureNonceUsed", Class::Ambiguous),
            (400, "ConfigAlreadyExists", Class::Fatal),
            (404, "InvalidTemplateGroupId.NotFound", Class::Fatal),
            (403, "Forbidden.RAM", Class::Fatal),
            (400, "SignatureDoesNotMatch", Class::Fatal),
            (400, "InvalidTimeStamp.Expired", Class::Fatal),
            (400, "NotThrottling", Class::Fatal),
            (404, "", Class::Ambiguous),
            (302, "", Class::Fatal),
        ];
        for (status, code, class) in table {
            assert_eq!(refused(status, code).class(), class, "{status} {code}");
        }
    }

    #[test]
    fn a_call_that_was_never_sent_is_not_like_one_that_got_no_answer() {
        let (host, reason) = ("live.aliyuncs.com".to_owned(), "refused".to_owned());
        let not_sent = Error::NotSent { host: host.clone(), reason: reason.clone() };
        assert_eq!(not_sent.class(), Class::NotSent);
        assert_eq!(Error::Ambiguous { host, reason }.class(), Class::Ambiguous);
        assert_eq!(Error::Contradiction(String::new()).class(), Class::Fatal);
    }

    #[test]
    fn throttling_a_wrong_clock_and_an_ended_key_are_told_from_all_else() {
        let table = [
            (refused(400, "Throttling.User"), [true, false, false]),
            (refused(429, ""), [true, false, false]),
            (refused(400, "InvalidTimeStamp.Expired"), [false, true, false]),
            (refused(400, "IllegalTimestamp"), [false, true, false]),
            (refused(403, "InvalidSecurityToken.Expired"), [false, false, true]),
            (refused(403, "ServiceBusy"), [false, false, false]),
            (refused(403, "InvalidSecurityToken.Malformed"), [false, false, false]),
            (Error::not_sent("h", "refused"), [false, false, false]),
        ];
        for (error, kinds) in table {
            let found = [error.is_throttling(), error.is_about_the_clock(), error.is_about_an_expired_key()];
            assert_eq!(found, kinds, "{error}");
        }
    }

    #[test]
    fn what_the_service_says_besides_stays_with_its_error() {
        let Error::Refused(plain) = refused(400, "Throttling.User") else { unreachable!() };
        let seven = Some(Duration::from_secs(7));
        let answer = RemoteError { request_id: Some("R-1".to_owned()), retry_after: seven, ..*plain };
        let error = Error::Refused(Box::new(answer.clone()));
        let said = |error: &Error| {
            (error.code().to_owned(), error.request_id().map(str::to_owned), error.retry_after())
        };
        assert_eq!(said(&error), ("Throttling.User".to_owned(), Some("R-1".to_owned()), seven));
        assert_eq!(error.remote(), Some(&answer));
        let unanswered = Error::not_sent("h", "refused");
        assert_eq!(said(&unanswered), (String::new(), None, None));
        assert_eq!(unanswered.remote(), None);
    }

    #[test]
    fn no_text_of_an_error_holds_a_secret() {
        let secrets = Secrets::default();
        secrets.learn("T0ken/of+the=key");
        let quoted = "POST&%2F&SecurityToken%3DT0ken%252Fof%252Bthe%253Dkey%26Z, x-acs-security-token:T0ken/of+the=key";
        let all = || Some(quoted.to_owned());
        let Error::Refused(plain) = refused(400, quoted) else { unreachable!() };
        let refusal = RemoteError {
            message: quoted.to_owned(),
            request_id: all(),
            recommend: all(),
            access_denied_detail: all(),
            ..*plain
        };
        let [host, reason] = ["h", quoted].map(str::to_owned);
        let errors = [
            Error::Refused(Box::new(refusal)),
            Error::NotSent { host: host.clone(), reason: reason.clone() },
            Error::Ambiguous { host, reason: reason.clone() },
            Error::Withheld { reason: reason.clone() },
            Error::Contradiction(reason),
        ];
        for error in errors {
            let shown = format!("{:?}", error.without(&secrets));
            assert!(!shown.contains("T0ken") && !shown.contains("252Fof"), "{shown}");
            assert!(shown.contains("SecurityToken%3D(secret)%26Z, x-acs-security-token:(secret)"), "{shown}");
        }
    }

    #[test]
    fn an_answer_without_a_code_still_says_something() {
        assert_eq!(refused(502, "").to_string(), "no");
        assert_eq!(refused(400, "LockFail").to_string(), "LockFail: no");
    }
}
