//! Finds who signs requests, in the vendor's own order of sources, and gets the keys from there.
//!
//! The first source that is *configured* decides. If it can't be used the run ends: falling to the next one would act
//! under another identity than the user believes. Only where nothing at all is configured is the metadata service asked
//! whether this is an ECS instance with a role.
//!
//! [`find`] reads variables and files and turns them into [`Credentials`], which say how a key is got; a courier carries
//! that out, and `Keys` keeps the result until it is about to expire.

mod courier;
mod environment;
mod error;
mod external;
mod fields;
mod ini;
mod keys;
mod profile;
mod source;

use std::path::PathBuf;

use super::endpoint::{Endpoint, KeyAddress};
use crate::gate::Secrets;
use crate::wire::{EMULATOR_SECRET, Key, Role};

pub(super) use courier::Courier;
pub use error::CredentialsError;
pub(super) use keys::Keys;
pub use source::{Chosen, Source};

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
    },
}

impl Provider {
    /// Tells the secrets that are known before anybody is asked.
    pub(super) fn tell(&self, secrets: &Secrets) {
        match self {
            Provider::Key(key) => tell_key(key, secrets),
            Provider::Role { by, role: _ } => by.tell(secrets),
            Provider::Address(address) => address.tell(secrets),
            Provider::Oidc { .. }
            | Provider::Instance(_)
            | Provider::External { .. }
            | Provider::Kept { .. } => {}
        }
    }
}

/// Tells what of a key is secret. Its id is not: the service shows it in its own logs, and people need it to find the key.
fn tell_key(Key { id: _, secret, token }: &Key, secrets: &Secrets) {
    tell(secret.expose(), secrets);
    token.iter().for_each(|token| tell(token.expose(), secrets));
}

/// Tells a secret, unless it is the one that every emulator takes: that is documented, and a common word.
fn tell(secret: &str, secrets: &Secrets) {
    if secret != EMULATOR_SECRET {
        secrets.learn(secret);
    }
}

/// Tells the values of a source whose names say that they are secret, whether they are used or not.
fn tell_named<'a>(values: impl IntoIterator<Item = (&'a String, &'a String)>, secrets: &Secrets) {
    const NAMES: [&str; 4] = ["secret", "token", "password", "private_key"];
    for (name, value) in values {
        if NAMES.iter().any(|part| name.contains(part)) && !name.ends_with("_file") {
            tell(value, secrets);
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
    /// Whether nobody said that this is an instance.
    pub is_last_resort: bool,
}

/// The parts of the process that credentials are looked up in.
pub struct Surroundings<'a> {
    /// Looks up a variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// The user's own folder.
    pub home: Option<PathBuf>,
    /// Told every secret that is read.
    pub secrets: Secrets,
}

impl Surroundings<'_> {
    /// Those of this process.
    pub fn of_process(secrets: Secrets) -> Self {
        Surroundings { variable: &|name| std::env::var(name).ok(), home: std::env::home_dir(), secrets }
    }

    /// The variable, where it is set and not empty.
    fn get(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
    }
}

/// Finds the credentials: those of `profile` alone where one is given, else of the first configured source.
///
/// # Errors
/// When the first configured source can't be used, or none is and the last resort is forbidden.
pub fn find(surroundings: &Surroundings<'_>, profile: Option<&str>) -> Result<Credentials, CredentialsError> {
    environment::tell_secrets(surroundings);
    if let Some(name) = profile {
        return profile::given(surroundings, name);
    }
    let sources =
        [environment::key, environment::oidc, profile::configured, ini::configured, environment::later];
    for source in sources {
        if let Some(credentials) = source(surroundings)? {
            return Ok(credentials);
        }
    }
    environment::last_resort(surroundings)
}

#[cfg(test)]
mod tests;
