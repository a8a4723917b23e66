//! The sources that are configured by variables alone, and what variables set for the others.

use super::fields::SESSION_NAME;
use super::provider::{Credentials, Instance, Otherwise, Provider};
use super::secrets::tell;
use super::variables::{
    ADDRESS, IN_VPC, KEY_ID, KEY_SECRET, METADATA, METADATA_DISABLED, OIDC_PROVIDER_ARN, OIDC_TOKEN_FILE,
    ROLE_ARN, ROLE_SESSION_NAME, STS_ENDPOINT, STS_REGION, TOKEN, V1_DISABLED, proxies,
};
use super::{CredentialsError, Source, Surroundings};
use crate::api::endpoint::Endpoint;
use crate::api::key_address::{KeyAddress, tell_user};
use crate::wire::{Key, Role, Secret};

/// Registers the secrets in variables, used or not: a service may get them from elsewhere.
pub(super) fn tell_secrets(surroundings: &Surroundings<'_>) {
    let Surroundings { variable: _, home: _, secrets } = surroundings;
    [KEY_SECRET, TOKEN]
        .iter()
        .filter_map(|name| surroundings.get(name))
        .for_each(|text| tell(&text, secrets));
    surroundings.get(ADDRESS).into_iter().for_each(|text| KeyAddress::tell_text(&text, secrets));
    proxies().filter_map(|name| surroundings.get(name)).for_each(|text| tell_user(&text, secrets));
}

/// The key in the variables.
pub(super) fn key(surroundings: &Surroundings<'_>) -> Result<Option<Credentials>, CredentialsError> {
    let half = |has, lacks| Err(half(has, lacks));
    match (surroundings.get(KEY_ID), surroundings.get(KEY_SECRET), surroundings.get(TOKEN)) {
        (Some(id), Some(secret), token) => {
            let key = Key { id, secret: Secret::new(secret), token: token.map(Secret::new) };
            credentials(surroundings, Provider::Key(key), Source::Variable(KEY_ID))
        }
        (None, None, None) => Ok(None),
        (Some(_), None, _) => half(KEY_ID, KEY_SECRET),
        (None, Some(_), _) => half(KEY_SECRET, KEY_ID),
        (None, None, Some(_)) => half(TOKEN, KEY_ID),
    }
}

/// The role that the variables configure a token for. A role alone configures nothing: other tools read that variable
/// too.
pub(super) fn oidc(surroundings: &Surroundings<'_>) -> Result<Option<Credentials>, CredentialsError> {
    let [arn, provider] = [ROLE_ARN, OIDC_PROVIDER_ARN].map(|name| surroundings.get(name));
    let file = surroundings.path(OIDC_TOKEN_FILE);
    let (arn, provider_arn, token_file) = match (arn, provider, file) {
        (_, None, None) => return Ok(None),
        (Some(arn), Some(provider), Some(file)) => (arn, provider, file),
        (None, Some(_), _) => return Err(half(OIDC_PROVIDER_ARN, ROLE_ARN)),
        (None, _, Some(_)) => return Err(half(OIDC_TOKEN_FILE, ROLE_ARN)),
        (Some(_), Some(_), None) => return Err(half(OIDC_PROVIDER_ARN, OIDC_TOKEN_FILE)),
        (Some(_), None, Some(_)) => return Err(half(OIDC_TOKEN_FILE, OIDC_PROVIDER_ARN)),
    };
    let session_name = surroundings.get(ROLE_SESSION_NAME).unwrap_or_else(|| SESSION_NAME.to_owned());
    let role = Role { arn, session_name, duration: None, policy: None, external_id: None };
    let provider = Provider::Oidc { role, provider_arn, token_file };
    credentials(surroundings, provider, Source::Variable(OIDC_TOKEN_FILE))
}

/// The instance's role or the address, if a variable asks for one of them. The instance comes before the address, as in
/// the official SDKs, whether its role is named or not.
pub(super) fn later(surroundings: &Surroundings<'_>) -> Result<Option<Credentials>, CredentialsError> {
    if let Some(role) = surroundings.get(METADATA)
        && !surroundings.is_true(METADATA_DISABLED)
    {
        let provider = Provider::Instance(Instance { role: Some(role), ..instance(surroundings) });
        return credentials(surroundings, provider, Source::Variable(METADATA));
    }
    let Some(text) = surroundings.get(ADDRESS) else { return Ok(None) };
    let address: KeyAddress = text
        .parse()
        .map_err(|reason| CredentialsError::Address { origin: format!("`{ADDRESS}`"), reason })?;
    if surroundings.is_true(METADATA_DISABLED) {
        return credentials(surroundings, Provider::Address(address), Source::Variable(ADDRESS));
    }
    let first = Instance { otherwise: Otherwise::Address(address), ..instance(surroundings) };
    credentials(surroundings, Provider::Instance(first), Source::InstanceFirst(ADDRESS))
}

/// The role of the instance, if this machine is one.
pub(super) fn last_resort(surroundings: &Surroundings<'_>) -> Result<Credentials, CredentialsError> {
    if surroundings.is_true(METADATA_DISABLED) {
        return Err(CredentialsError::None);
    }
    let provider = Provider::Instance(Instance { otherwise: Otherwise::Nothing, ..instance(surroundings) });
    Ok(Credentials { provider, source: Source::LastResort, sts: sts(surroundings)? })
}

/// How the metadata service is asked, as variables configure it.
pub(super) fn instance(surroundings: &Surroundings<'_>) -> Instance {
    Instance { role: None, allows_v1: !surroundings.is_true(V1_DISABLED), otherwise: Otherwise::Refused }
}

/// The STS endpoint that variables configure.
pub(super) fn sts(surroundings: &Surroundings<'_>) -> Result<Option<Endpoint>, CredentialsError> {
    let wrong = |name: &str| {
        let origin = format!("`{name}`");
        move |reason| CredentialsError::Address { origin, reason }
    };
    if let Some(host) = surroundings.get(STS_ENDPOINT) {
        return Endpoint::of_vendor(&host).map(Some).map_err(wrong(STS_ENDPOINT));
    }
    let Some(region) = surroundings.get(STS_REGION) else { return Ok(None) };
    Endpoint::sts(&region, surroundings.is_true(IN_VPC)).map(Some).map_err(wrong(STS_REGION))
}

fn credentials(
    surroundings: &Surroundings<'_>,
    provider: Provider,
    source: Source,
) -> Result<Option<Credentials>, CredentialsError> {
    Ok(Some(Credentials { provider, source, sts: sts(surroundings)? }))
}

fn half(has: &str, lacks: &str) -> CredentialsError {
    CredentialsError::Half {
        origin: "the environment".to_owned(),
        has: format!("`{has}`"),
        lacks: lacks.to_owned(),
    }
}
