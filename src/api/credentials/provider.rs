//! How a key is got.

use std::path::PathBuf;

use jiff::Timestamp;

use super::CredentialsError;
use super::secrets::tell_key;
use super::source::{Chosen, Source};
use crate::api::endpoint::{Endpoint, KeyAddress};
use crate::gate::Secrets;
use crate::wire::{Key, Role};

/// How a key is got, and where that was found.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// How a key is got.
    pub provider: Provider,
    /// Which source says so.
    pub source: Source,
    /// Where STS is asked, where not at its central endpoint.
    pub sts: Option<Endpoint>,
}

impl From<Key> for Credentials {
    fn from(key: Key) -> Self {
        Self { provider: Provider::Key(key), source: Source::Given, sts: None }
    }
}

/// How a key is got.
#[derive(Debug, Clone)]
pub enum Provider {
    /// It is there, and lasts as long as anybody knows.
    Key(Key),
    /// By assuming a role with another key.
    Role {
        /// Who assumes it.
        by: Box<Provider>,
        /// Which.
        role: Role,
    },
    /// By assuming a role with a token of an identity provider, read anew each time: others renew it.
    Oidc {
        /// Which role.
        role: Role,
        /// The identity provider's ARN.
        provider_arn: String,
        /// Where the token is.
        token_file: PathBuf,
    },
    /// From the metadata service of the ECS instance that this is.
    Instance(Instance),
    /// From an address that hands keys out.
    Address(KeyAddress),
    /// From what a command prints.
    External {
        /// Program and arguments.
        command: Vec<String>,
    },
    /// From a profile that the official tool keeps a temporary key in, read anew each time: the tool renews it.
    Kept {
        /// The profile file.
        file: PathBuf,
        /// The profile.
        profile: String,
        /// Why it counts.
        chosen: Chosen,
    },
}

impl Provider {
    /// Whether the keys that are known before anybody is asked can be sent.
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

    /// Tells the secrets that are known before anybody is asked.
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

/// How the metadata service is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// The role, where it need not be asked for.
    pub role: Option<String>,
    /// Whether the first version of the service, which needs no token, will do.
    pub allows_v1: bool,
    /// What holds where this is no instance with a role.
    pub otherwise: Otherwise,
}

/// What holds where this is no instance with a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Otherwise {
    /// Somebody said that it is one.
    Refused,
    /// Nothing is configured at all.
    Nothing,
    /// An address is asked.
    Address(KeyAddress),
}

/// A key that was got, and when it ends, where anybody said.
#[derive(Debug)]
pub(in crate::api) struct Fetched {
    pub(in crate::api) key: Key,
    pub(in crate::api) expiration: Option<Timestamp>,
}

/// Whether a key can be sent: what holds more than letters, digits and signs was not copied whole, or with more than itself.
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
            Some(char) if char.is_whitespace() => "a blank",
            Some(char) if char.is_ascii_control() => "a control character",
            Some(_) => "a letter that is not ASCII",
        };
        return Err(CredentialsError::Unsound { origin: origin.to_owned(), part, what });
    }
    Ok(())
}
