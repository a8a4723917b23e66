//! The settings of a profile or section, by name: the two forms share most of what a key needs.

use std::collections::BTreeMap;

use super::{CredentialsError, Source};
use crate::wire::{Key, Role, Secret};

/// The session name if none is configured.
pub(super) const SESSION_NAME: &str = "livevod";

/// The named values of one source. Not for output: some are secrets.
pub(super) struct Fields {
    /// The source, for messages.
    pub(super) source: Source,
    /// What requires the values, for messages: a mode or type.
    pub(super) kind: String,
    /// Never empty.
    pub(super) values: BTreeMap<String, String>,
}

impl Fields {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    pub(super) fn need(&self, name: &str) -> Result<&str, CredentialsError> {
        self.get(name).ok_or_else(|| CredentialsError::Half {
            origin: self.source.to_string(),
            has: self.kind.clone(),
            lacks: name.to_owned(),
        })
    }

    pub(super) fn is_true(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    /// A key without a token.
    pub(super) fn key(&self) -> Result<Key, CredentialsError> {
        let (id, secret) = (self.need("access_key_id")?, self.need("access_key_secret")?);
        Ok(Key { id: id.to_owned(), secret: Secret::new(secret), token: None })
    }

    /// A key with the token that `name` holds.
    pub(super) fn key_with(&self, name: &str) -> Result<Key, CredentialsError> {
        let key = self.key()?;
        Ok(Key { token: Some(Secret::new(self.need(name)?)), ..key })
    }

    /// The role: `arn`, `session` and `duration` are the names of its ARN, its session name and its seconds.
    pub(super) fn role(&self, arn: &str, session: &str, duration: &str) -> Result<Role, CredentialsError> {
        // Some official SDKs read the session name under one name in all modes.
        let session = self.get(session).or(self.get("role_session_name")).unwrap_or(SESSION_NAME);
        // The official tool writes 0 if it is not set.
        let duration = self.get(duration).and_then(|text| text.parse().ok()).filter(|seconds| *seconds > 0);
        Ok(Role {
            arn: self.need(arn)?.to_owned(),
            session_name: session.to_owned(),
            duration,
            policy: self.get("policy").map(str::to_owned),
            external_id: self.get("external_id").map(str::to_owned),
        })
    }

    /// The error that `variable` forbids this source.
    pub(super) fn forbidden(&self, variable: &'static str) -> CredentialsError {
        let (origin, kind) = (self.source.to_string(), self.kind.clone());
        CredentialsError::Forbidden { origin, kind, variable }
    }

    pub(super) fn unsupported(&self) -> CredentialsError {
        CredentialsError::Unsupported { origin: self.source.to_string(), kind: self.kind.clone() }
    }
}
