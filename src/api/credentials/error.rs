//! Why there is no key, and what to do about it.

use std::path::PathBuf;

use jiff::Timestamp;

use super::variables::{CREDENTIALS_FILE, KEY_ID, KEY_SECRET, PROFILE, PROFILE_DISABLED, STS_REGION, TOKEN};
use crate::api::endpoint::EndpointError;
use crate::api::error::{Class, Error};

/// Why there are no credentials. No text holds any part of a secret. `origin` is always the source that was chosen.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// No source is configured.
    #[error("no credentials are configured")]
    None,
    /// No source is configured, and no metadata service gave a key.
    #[error("no credentials are configured, and this is no ECS instance with a role")]
    NoInstance {
        /// What the metadata service said.
        #[source]
        reason: Error,
    },
    /// One half of a pair is missing.
    #[error("{origin} has {has}, but no `{lacks}`")]
    Half {
        /// Which source.
        origin: String,
        /// What is there.
        has: String,
        /// What is not.
        lacks: String,
    },
    /// A variable holds bytes that are no text.
    #[error("`{variable}` is not UTF-8")]
    NotText {
        /// The variable.
        variable: &'static str,
    },
    /// A part of a key that can't be sent.
    #[error("the {part} of the key of {origin} holds {what}")]
    Unsound {
        /// Which source.
        origin: String,
        /// Id, secret or token.
        part: &'static str,
        /// What no key holds.
        what: &'static str,
    },
    /// Two files of one kind that hold different things.
    #[error("`{}` and `{}` differ", one.display(), other.display())]
    TwoFiles {
        /// What some official SDKs read.
        one: PathBuf,
        /// What others read.
        other: PathBuf,
    },
    /// The source is configured and comes first, but livevod can't use it.
    #[error("{origin} has {kind}, which livevod does not use")]
    Unsupported {
        /// Which source.
        origin: String,
        /// What it is.
        kind: String,
    },
    /// The source is configured and comes first, but a variable forbids its kind.
    #[error("{origin} has {kind}, which `{variable}` forbids")]
    Forbidden {
        /// Which source.
        origin: String,
        /// What it is.
        kind: String,
        /// The variable.
        variable: &'static str,
    },
    /// Profiles that name each other.
    #[error("{origin} has `source_profile` `{profile}`, which leads back here")]
    Circle {
        /// Which source.
        origin: String,
        /// The profile.
        profile: String,
    },
    /// The file can't be read.
    #[error("the credentials file `{}` can't be read", file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        reason: std::io::Error,
    },
    /// The file is not of the known form. The reader's own words are left out: they may quote a secret.
    #[error("{}:{line} is not {form}", file.display())]
    Malformed {
        /// Which.
        file: PathBuf,
        /// 1-based line.
        line: usize,
        /// What it should be.
        form: &'static str,
    },
    /// The profile or section is not in the file.
    #[error("the credentials file `{}` has no profile `{profile}`", file.display())]
    NoProfile {
        /// Which file.
        file: PathBuf,
        /// Which profile.
        profile: String,
    },
    /// An address that may not be called, or is none.
    #[error("{origin} holds an address that can't be used")]
    Address {
        /// Which source.
        origin: String,
        /// Why.
        #[source]
        reason: EndpointError,
    },
    /// The token of an identity provider can't be used.
    #[error("{origin}: the OIDC token can't be used: {reason}")]
    Token {
        /// Which source.
        origin: String,
        /// A lowercase fragment.
        reason: String,
    },
    /// The command of a profile gave no key.
    #[error("{origin}: {reason}")]
    External {
        /// Which source.
        origin: String,
        /// A lowercase fragment.
        reason: String,
    },
    /// A key that somebody else renews has ended.
    #[error("the key of {origin} expired at {end}")]
    Expired {
        /// Which source.
        origin: String,
        /// When.
        end: Timestamp,
    },
    /// Nobody gave a key out.
    #[error("{origin}: {what} was not given out")]
    Refused {
        /// Which source.
        origin: String,
        /// What was asked for.
        what: String,
        /// What was answered.
        #[source]
        reason: Error,
    },
    /// Neither time nor chance can be had.
    #[error("no request can be made unique")]
    Random {
        /// Why.
        #[source]
        reason: std::io::Error,
    },
}

impl CredentialsError {
    /// What went wrong, and what that was caused by.
    pub fn with_reasons(&self) -> String {
        let reasons = std::iter::successors(std::error::Error::source(self), |reason| reason.source());
        reasons.fold(self.to_string(), |text, reason| format!("{text}: {reason}"))
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            CredentialsError::None | CredentialsError::NoInstance { .. } => format!(
                "set `{KEY_ID}` and `{KEY_SECRET}`, or run `aliyun configure`; `--emulator` needs no credentials"
            ),
            CredentialsError::Half { .. } => {
                "complete it, or remove it so that the next source is used".to_owned()
            }
            CredentialsError::NotText { .. } => {
                "set it anew, or unset it so that the next source is used".to_owned()
            }
            CredentialsError::Unsound { .. } => "copy it once more, whole and alone".to_owned(),
            CredentialsError::TwoFiles { .. } => {
                format!(
                    "the official SDKs read one or the other: name one with `{CREDENTIALS_FILE}`, or remove one"
                )
            }
            CredentialsError::Unsupported { .. } => {
                format!("set `{KEY_ID}`, `{KEY_SECRET}` and `{TOKEN}`, or use a profile of another mode")
            }
            CredentialsError::Forbidden { variable, .. } => {
                format!("unset `{variable}`, or use another profile")
            }
            CredentialsError::Circle { .. } => {
                "let the first profile have a key of its own, with `aliyun configure`".to_owned()
            }
            CredentialsError::Unreadable { .. } => {
                format!("make it readable, or set `{PROFILE_DISABLED}=true` to leave profiles out")
            }
            CredentialsError::Malformed { .. } => "correct it there, or write the file anew".to_owned(),
            CredentialsError::NoProfile { .. } => {
                format!("name one that is there with `--profile` or `{PROFILE}`")
            }
            CredentialsError::Address { .. } => "correct it: no other source is tried instead".to_owned(),
            CredentialsError::Token { .. } => "have the identity provider write a token there".to_owned(),
            CredentialsError::External { .. } => {
                "run the command of the profile yourself: it has to print a key as JSON".to_owned()
            }
            CredentialsError::Expired { .. } => {
                "let the `aliyun` tool or the command sign in again".to_owned()
            }
            CredentialsError::Refused { origin, reason, .. } => refused(origin, reason),
            CredentialsError::Random { .. } => "look at the system's source of random numbers".to_owned(),
        }
    }

    /// The service's id of the request that failed, where it gave one.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            CredentialsError::Refused { reason, .. } | CredentialsError::NoInstance { reason } => {
                reason.request_id()
            }
            _ => None,
        }
    }
}

/// What to do where nobody gave a key out.
fn refused(origin: &str, reason: &Error) -> String {
    let code = reason.code();
    match code {
        _ if code.contains("OIDCToken") => {
            "the token may have expired, or be meant for another provider or audience: have a new one issued"
                .to_owned()
        }
        _ if code.contains("OIDCProvider") => "correct the ARN of the identity provider".to_owned(),
        "NoPermission" => "let the role's trust policy name the one who assumes it".to_owned(),
        _ if code.starts_with("EntityNotExist.Role") => "correct the role's ARN".to_owned(),
        _ if reason.class() == Class::NotSent => {
            format!("check the network; `{STS_REGION}` chooses an STS that can be reached")
        }
        _ => format!("mend {origin}, or configure a source that comes before it: no other is tried instead"),
    }
}
