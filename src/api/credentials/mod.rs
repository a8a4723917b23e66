//! Finds the credentials that sign requests, in the vendor's own order of sources, and gets the keys from there.
//!
//! The first source that is *configured* decides. If it can't be used, the run ends: the next source would act under
//! another identity than the user believes. Only if nothing at all is configured is the metadata service asked whether
//! this is an ECS instance with a role.
//!
//! [`find`] reads variables and files and turns them into [`Credentials`], which describe how to get a key; a fetcher
//! gets it, and `Keys` keeps it until it is about to expire.

mod environment;
mod error;
mod external;
mod fetcher;
mod fields;
mod ini;
mod keys;
mod profile;
mod provider;
mod secrets;
mod source;
mod surroundings;
mod variables;

pub use error::CredentialsError;
pub(super) use fetcher::Fetcher;
pub(super) use keys::Keys;
pub use provider::{Credentials, Instance, Provider};
pub use source::{Chosen, Source};
pub use surroundings::Surroundings;

/// Finds the credentials: those of `profile` alone if one is given, else those of the first configured source.
///
/// # Errors
/// When the first configured source can't be used, or none is configured and the metadata service is forbidden.
pub fn find(surroundings: &Surroundings<'_>, profile: Option<&str>) -> Result<Credentials, CredentialsError> {
    environment::tell_secrets(surroundings);
    let found = of(surroundings, profile)?;
    found.provider.sound(&found.source)?;
    Ok(found)
}

fn of(surroundings: &Surroundings<'_>, profile: Option<&str>) -> Result<Credentials, CredentialsError> {
    if let Some(name) = profile {
        return profile::given(surroundings, name);
    }
    surroundings.readable()?;
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
