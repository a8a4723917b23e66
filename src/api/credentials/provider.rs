//! How to get a key.

use std::path::PathBuf;

use jiff::Timestamp;

use super::CredentialsError;
use super::secrets::tell_key;
use super::source::{Chosen, Source};
use crate::api::endpoint::Endpoint;
use crate::api::key_address::KeyAddress;
use crate::gate::Secrets;
use crate::wire::{Key, Role};

/// How to get a key, and which source says so.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// How to get the key.
    pub provider: Provider,
    /// The source that says so.
    pub source: Source,
    /// The STS endpoint, if not the central one.
    pub sts: Option<Endpoint>,
}

impl From<Key> for Credentials {
    fn from(key: Key) -> Self {
        Self { provider: Provider::Key(key), source: Source::Given, sts: None }
    }
}

/// How to get a key.
#[derive(Debug, Clone)]
pub enum Provider {
    /// The key itself; it does not expire as far as is known.
    Key(Key),
    /// By assuming a role with another key.
    Role {
        /// The provider of the key that assumes it.
        by: Box<Provider>,
        /// The role.
        role: Role,
    },
    /// By assuming a role with an identity provider's token, which is read again each time: another program renews it.
    Oidc {
        /// The role.
        role: Role,
        /// The identity provider's ARN.
        provider_arn: String,
        /// The file with the token.
        token_file: PathBuf,
    },
    /// From the metadata service of this ECS instance.
    Instance(Instance),
    /// From an address that hands out keys.
    Address(KeyAddress),
    /// From the output of a command.
    External {
        /// Program and arguments.
        command: Vec<String>,
    },
    /// From a profile in which the official tool keeps a temporary key; it is read again each time: the tool renews it.
    Kept {
        /// The profile file.
        file: PathBuf,
        /// The profile.
        profile: String,
        /// Why it was chosen.
        chosen: Chosen,
    },
}

impl Provider {
    /// Whether the keys that are already known can be sent.
    pub(super) fn sound(&self, source: &Source) -> Result<(), CredentialsError> {
        match self {
            Provider::Key(key) => sound(key, &source.to_string()),
            Provider::Role { by, role: _ } => by.sound(source),
            Provider::Oidc { .. }
            | Provider::Instance(_)
            | Provider::Address(_)
            | Provider::External { .. }
            | Provider::Kept { .. } => Ok(()),
        }
    }

    /// Registers the secrets that are already known.
    pub(in crate::api) fn tell(&self, secrets: &Secrets) {
        match self {
            Provider::Key(key) => tell_key(key, secrets),
            Provider::Role { by, role: _ } => by.tell(secrets),
            Provider::Address(address) => address.tell(secrets),
            Provider::Instance(Instance { otherwise: Otherwise::Address(address), .. }) => {
                address.tell(secrets)
            }
            Provider::Oidc { .. }
            | Provider::Instance(_)
            | Provider::External { .. }
            | Provider::Kept { .. } => {}
        }
    }
}

/// How to ask the metadata service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// The role, if it is known.
    pub role: Option<String>,
    /// Whether version 1 of the service, which needs no token, is allowed.
    pub allows_v1: bool,
    /// What to do if this is not an instance with a role.
    pub otherwise: Otherwise,
}

/// What to do if this is not an instance with a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Otherwise {
    /// Fail: it was configured as one.
    Refused,
    /// Fail: nothing is configured at all.
    Nothing,
    /// Ask an address.
    Address(KeyAddress),
}

/// A fetched key, and when it expires, if that is known.
#[derive(Debug)]
pub(in crate::api) struct Fetched {
    pub(in crate::api) key: Key,
    pub(in crate::api) expiration: Option<Timestamp>,
}

/// Whether a key can be sent: one with anything but visible ASCII characters was not copied whole, or was copied with
/// more than itself.
pub(super) fn sound(key: &Key, origin: &str) -> Result<(), CredentialsError> {
    let Key { id, secret, token } = key;
    let parts = [
        ("id", Some(id.as_str())),
        ("secret", Some(secret.expose())),
        ("token", token.as_ref().map(|token| token.expose())),
    ];
    for (part, text) in parts {
        let odd = text.into_iter().flat_map(str::chars).find(|char| !char.is_ascii_graphic());
        let what = match odd {
            None => continue,
            Some('\n' | '\r') => "a line break",
            Some(char) if char.is_whitespace() => "white space",
            Some(char) if char.is_ascii_control() => "a control character",
            Some(_) => "a non-ASCII character",
        };
        return Err(CredentialsError::Unsound { origin: origin.to_owned(), part, what });
    }
    Ok(())
}
