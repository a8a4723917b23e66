//! Why there is no key, and how to fix it.

use std::path::PathBuf;

use jiff::Timestamp;

use super::variables::{CREDENTIALS_FILE, KEY_ID, KEY_SECRET, PROFILE, PROFILE_DISABLED, STS_REGION, TOKEN};
use crate::api::endpoint::EndpointError;
use crate::api::error::{Class, Error};

/// Why there are no credentials. No text contains any part of a secret. `origin` is always the chosen source.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// No source is configured.
    #[error("no credentials are configured")]
    None,
    /// No source is configured, and no metadata service returned a key.
    #[error("no credentials are configured, and this machine is not an ECS instance with a role")]
    NoInstance {
        /// The metadata service's answer.
        #[source]
        reason: Error,
    },
    /// One half of a pair is missing.
    #[error("{origin} has {has}, but no `{lacks}`")]
    Half {
        /// The source.
        origin: String,
        /// What is there.
        has: String,
        /// What is missing.
        lacks: String,
    },
    /// A variable is not valid UTF-8.
    #[error("`{variable}` is not UTF-8")]
    NotText {
        /// The variable.
        variable: &'static str,
    },
    /// A part of a key can't be sent.
    #[error("the {part} of the access key from {origin} contains {what}")]
    Unsound {
        /// The source.
        origin: String,
        /// Id, secret or token.
        part: &'static str,
        /// What no key may contain.
        what: &'static str,
    },
    /// Two files of one kind have different content.
    #[error("`{}` and `{}` differ", one.display(), other.display())]
    TwoFiles {
        /// The file that some official SDKs read.
        one: PathBuf,
        /// The file that others read.
        other: PathBuf,
    },
    /// The source is configured and comes first, but livevod does not support it.
    #[error("{origin} has {kind}, which livevod does not support")]
    Unsupported {
        /// The source.
        origin: String,
        /// Its mode or type.
        kind: String,
    },
    /// The source is configured and comes first, but a variable forbids its kind.
    #[error("{origin} has {kind}, which `{variable}` forbids")]
    Forbidden {
        /// The source.
        origin: String,
        /// Its mode or type.
        kind: String,
        /// The variable.
        variable: &'static str,
    },
    /// Profiles that form a cycle.
    #[error("{origin} has `source_profile` `{profile}`, which forms a cycle")]
    Circle {
        /// The source.
        origin: String,
        /// The profile.
        profile: String,
    },
    /// The file can't be read.
    #[error("the credentials file `{}` can't be read", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        reason: std::io::Error,
    },
    /// A line of the file is not valid. The parser's own message is left out: it may quote a secret.
    #[error("{}:{line}: {form}", file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// 1-based line.
        line: usize,
        /// What is wrong, a lowercase fragment.
        form: &'static str,
    },
    /// The file does not have the profile or section.
    #[error("the credentials file `{}` has no profile `{profile}`", file.display())]
    NoProfile {
        /// The file.
        file: PathBuf,
        /// The profile.
        profile: String,
        /// Those that it has.
        known: Vec<String>,
    },
    /// An address that is not valid or may not be called.
    #[error("the address in {origin} can't be used")]
    Address {
        /// The source.
        origin: String,
        /// Why.
        #[source]
        reason: EndpointError,
    },
    /// The token of an identity provider can't be used.
    #[error("{origin}: the OIDC token can't be used: {reason}")]
    Token {
        /// The source.
        origin: String,
        /// A lowercase fragment.
        reason: String,
    },
    /// The command of a profile gave no key.
    #[error("{origin}: {reason}")]
    External {
        /// The source.
        origin: String,
        /// A lowercase fragment.
        reason: String,
    },
    /// A key that another program renews has expired.
    #[error("the access key from {origin} expired at {end}")]
    Expired {
        /// The source.
        origin: String,
        /// When it expired.
        end: Timestamp,
    },
    /// The request for a key failed.
    #[error("{origin}: {what} failed")]
    Refused {
        /// The source.
        origin: String,
        /// The request.
        what: String,
        /// The answer, or why there is none.
        #[source]
        reason: Error,
    },
    /// The clock or the random number generator can't be read.
    #[error("no nonce can be made for a request")]
    Random {
        /// Why.
        #[source]
        reason: std::io::Error,
    },
}

impl CredentialsError {
    /// The error, followed by its causes.
    pub fn with_reasons(&self) -> String {
        let reasons = std::iter::successors(std::error::Error::source(self), |reason| reason.source());
        reasons.fold(self.to_string(), |text, reason| format!("{text}: {reason}"))
    }

    /// How to fix it.
    pub fn help(&self) -> String {
        match self {
            CredentialsError::None | CredentialsError::NoInstance { .. } => format!(
                "set `{KEY_ID}` and `{KEY_SECRET}`, or run `aliyun configure`; `--emulator` needs no credentials"
            ),
            CredentialsError::Half { .. } => {
                "complete it, or remove it so that the next source is used".to_owned()
            }
            CredentialsError::NotText { .. } => {
                "set it again, or unset it so that the next source is used".to_owned()
            }
            CredentialsError::Unsound { .. } => "copy the whole value again, and nothing else".to_owned(),
            CredentialsError::TwoFiles { .. } => {
                format!(
                    "the official SDKs read one or the other: choose one with `{CREDENTIALS_FILE}`, or remove one"
                )
            }
            CredentialsError::Unsupported { .. } => {
                format!("set `{KEY_ID}`, `{KEY_SECRET}` and `{TOKEN}`, or use a profile of another mode")
            }
            CredentialsError::Forbidden { variable, .. } => {
                format!("unset `{variable}`, or use another profile")
            }
            CredentialsError::Circle { .. } => {
                "give the first profile its own key with `aliyun configure`".to_owned()
            }
            CredentialsError::Unreadable { .. } => {
                format!("make it readable, or set `{PROFILE_DISABLED}=true` to ignore profiles")
            }
            CredentialsError::Malformed { .. } => "correct the line, or write the file again".to_owned(),
            CredentialsError::NoProfile { known, .. } => named_with(known),
            CredentialsError::Address { .. } => "correct it: no other source is tried instead".to_owned(),
            CredentialsError::Token { .. } => "have the identity provider write a token there".to_owned(),
            CredentialsError::External { .. } => {
                "run the command of the profile yourself: it must print a key as JSON".to_owned()
            }
            CredentialsError::Expired { .. } => {
                "sign in again with the `aliyun` tool or the profile's command".to_owned()
            }
            CredentialsError::Refused { origin, reason, .. } => refused(origin, reason),
            CredentialsError::Random { .. } => {
                "check the system's clock and random number generator".to_owned()
            }
        }
    }

    /// The service's request id of the failed call, if it gave one.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            CredentialsError::Refused { reason, .. } | CredentialsError::NoInstance { reason } => {
                reason.request_id()
            }
            _ => None,
        }
    }
}

/// How to name a profile that exists.
fn named_with(known: &[String]) -> String {
    let how = format!("with `--profile` or `{PROFILE}`");
    if known.is_empty() {
        return "the file has no profile: run `aliyun configure`".to_owned();
    }
    let first: Vec<String> = known.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
    let more = match known.len() - first.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("it has {}{more}: name one of them {how}", first.join(", "))
}

/// Profiles that are listed.
const LISTED: usize = 10;

/// How to fix a request for a key that failed.
fn refused(origin: &str, reason: &Error) -> String {
    let code = reason.code();
    match code {
        _ if code.contains("OIDCToken") => {
            "the token may have expired, or be meant for another provider or audience: get a new one"
                .to_owned()
        }
        _ if code.contains("OIDCProvider") => "correct the ARN of the identity provider".to_owned(),
        "NoPermission" => "add the identity that assumes the role to the role's trust policy".to_owned(),
        _ if code.starts_with("EntityNotExist.Role") => "correct the role's ARN".to_owned(),
        _ if reason.class() == Class::NotSent => {
            format!("check the network; `{STS_REGION}` selects an STS region that can be reached")
        }
        _ => format!("fix {origin}, or configure a source that comes before it: no other source is tried"),
    }
}
