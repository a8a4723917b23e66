//! Gets the key that [`Credentials`] describe: asks STS, the metadata service or an address, runs a command, or reads a
//! file.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio::time::{Instant, sleep};

use super::provider::{Credentials, Fetched, Instance, Otherwise, Provider, sound};
use super::secrets::tell_key;
use super::surroundings::read;
use super::{CredentialsError, external, profile};
use crate::api::call_log::{CallLog, Noted};
use crate::api::draws::Jitter;
use crate::api::endpoint::Endpoint;
use crate::api::error::Error;
use crate::api::key_address::KeyAddress;
use crate::api::retry::Retry;
use crate::api::transport::{Timeouts, Transport};
use crate::gate::Secrets;
use crate::wire::{
    self, CallerIdentity, Key, OIDC_TOKEN_LENGTH, Request, Response, Role, Secret, SignatureVersion, Stamp,
    TemporaryKey,
};

/// The metadata service is on this very machine: if it does not answer at once, this is not an instance.
const METADATA_TIMEOUTS: Timeouts =
    Timeouts { connect: Duration::from_secs(1), read: Duration::from_secs(1), whole: Duration::from_secs(2) };

/// What the client provides to get a key.
#[derive(Clone)]
pub(in crate::api) struct Fetcher<'a> {
    pub(in crate::api) transport: &'a dyn Transport,
    pub(in crate::api) sts: &'a Endpoint,
    pub(in crate::api) metadata: Endpoint,
    pub(in crate::api) signature: SignatureVersion,
    /// A stamp by the service's clock, where that is known.
    pub(in crate::api) stamp: &'a (dyn Fn() -> std::io::Result<Stamp> + Sync),
    pub(in crate::api) jitter: &'a Jitter,
    pub(in crate::api) log: Option<&'a CallLog>,
    /// Registers every secret that is fetched.
    pub(in crate::api) secrets: &'a Secrets,
    /// Until when calls are repeated.
    pub(in crate::api) until: Instant,
}

/// A call's name, and its request, which is made again for every attempt.
type Question<'a> = (&'a str, &'a (dyn Fn(&Stamp) -> Request + Sync));

impl Fetcher<'_> {
    pub(super) fn now(&self) -> Result<Timestamp, Arc<CredentialsError>> {
        match (self.stamp)() {
            Ok(stamp) => Ok(stamp.time),
            Err(reason) => Err(Arc::new(CredentialsError::Random { reason })),
        }
    }

    pub(super) async fn fetch(&self, credentials: &Credentials) -> Result<Fetched, CredentialsError> {
        let origin = credentials.source.to_string();
        self.key_of(&credentials.provider, &origin).await
    }

    /// The account that a key belongs to.
    pub(in crate::api) async fn account_of(&self, key: &Key) -> Result<String, Error> {
        let host = self.sts.authority();
        let inquiry = wire::caller_identity();
        let request = |stamp: &Stamp| inquiry.sign(&host, key, stamp, self.signature);
        let identity = self.ask(self.transport, self.sts, (inquiry.name, &request), identity).await?;
        Ok(identity.account)
    }

    async fn key_of(&self, provider: &Provider, origin: &str) -> Result<Fetched, CredentialsError> {
        let fetched = self.get(provider, origin).await?;
        tell_key(&fetched.key, self.secrets);
        sound(&fetched.key, origin)?;
        Ok(fetched)
    }

    async fn get(&self, provider: &Provider, origin: &str) -> Result<Fetched, CredentialsError> {
        match provider {
            Provider::Key(key) => Ok(Fetched { key: key.clone(), expiration: None }),
            Provider::Role { by, role } => {
                let by = Box::pin(self.key_of(by, origin)).await?;
                let host = self.sts.authority();
                let request =
                    |stamp: &Stamp| wire::assume_role(role).sign(&host, &by.key, stamp, self.signature);
                self.assume(("AssumeRole", &request), role, origin).await
            }
            Provider::Oidc { role, provider_arn, token_file } => {
                let token = token(token_file, origin)?;
                self.secrets.learn(token.expose());
                let host = self.sts.authority();
                let request =
                    |stamp: &Stamp| wire::assume_role_with_oidc(role, provider_arn, &token, &host, stamp);
                self.assume(("AssumeRoleWithOIDC", &request), role, origin).await
            }
            Provider::Instance(instance) => self.instance(instance, origin).await,
            Provider::Address(address) => self.address(address, origin).await,
            Provider::External { command } => {
                let external = |reason| CredentialsError::External { origin: origin.to_owned(), reason };
                self.unexpired(external::run(command, self.secrets).await.map_err(external)?, origin)
            }
            Provider::Kept { file, profile, chosen } => {
                self.unexpired(profile::kept(file, profile, chosen, self.secrets)?, origin)
            }
        }
    }

    /// Asks for the key of a role.
    async fn assume(
        &self,
        question: Question<'_>,
        role: &Role,
        origin: &str,
    ) -> Result<Fetched, CredentialsError> {
        let what = format!("`{}` for `{}`", question.0, role.arn);
        let answer = self.ask(self.transport, self.sts, question, assumed).await;
        answer.map(Fetched::from).map_err(|reason| refused(origin, what, reason))
    }

    async fn address(&self, address: &KeyAddress, origin: &str) -> Result<Fetched, CredentialsError> {
        let KeyAddress { endpoint, path, query } = address;
        let host = endpoint.authority();
        let request = |_: &Stamp| wire::uri_key(&host, path.expose(), query.expose());
        let answer = match self.transport.aside(Timeouts::default(), endpoint) {
            Ok(transport) => self.ask(&*transport, endpoint, ("key", &request), handed_out).await,
            Err(error) => Err(error),
        };
        answer
            .map(Fetched::from)
            .map_err(|reason| refused(origin, format!("the key request to {host}"), reason))
    }

    async fn instance(&self, instance: &Instance, origin: &str) -> Result<Fetched, CredentialsError> {
        let answer = match self.transport.aside(METADATA_TIMEOUTS, &self.metadata) {
            Ok(transport) => self.instance_key(&*transport, instance).await,
            Err(error) => Err(error),
        };
        match (answer, &instance.otherwise) {
            (Ok(key), _) => Ok(key.into()),
            (Err(reason), Otherwise::Address(address)) if is_no_instance(&reason) => {
                self.address(address, origin).await
            }
            (Err(reason), Otherwise::Nothing) => Err(CredentialsError::NoInstance { reason }),
            (Err(reason), Otherwise::Address(_) | Otherwise::Refused) => {
                Err(refused(origin, "the request for the key of the instance's role".to_owned(), reason))
            }
        }
    }

    /// Asks version 2 of the service first. Version 1 is asked only if the service exists but returns no token or
    /// accepts none.
    async fn instance_key(
        &self,
        transport: &dyn Transport,
        instance: &Instance,
    ) -> Result<TemporaryKey, Error> {
        let Instance { role: _, allows_v1, otherwise } = instance;
        // On a machine that is not an instance, several attempts would only cost time.
        let patient = Self {
            until: if *otherwise == Otherwise::Refused { self.until } else { Instant::now() },
            ..self.clone()
        };
        let (there, host) = (&self.metadata, self.metadata.authority());
        let token =
            match patient.ask(transport, there, ("token", &|_| wire::metadata_token(&host)), word).await {
                Ok(token) => {
                    self.secrets.learn(&token);
                    Some(Secret::new(token))
                }
                Err(error @ Error::NotSent { .. }) => return Err(error),
                Err(_) if *allows_v1 => None,
                Err(error) => return Err(error),
            };
        match patient.role_key(transport, instance, token.as_ref()).await {
            Err(error @ Error::NotSent { .. }) => Err(error),
            Err(_) if *allows_v1 && token.is_some() => patient.role_key(transport, instance, None).await,
            answer => answer,
        }
    }

    async fn role_key(
        &self,
        transport: &dyn Transport,
        instance: &Instance,
        token: Option<&Secret>,
    ) -> Result<TemporaryKey, Error> {
        let (there, host) = (&self.metadata, self.metadata.authority());
        let role = match &instance.role {
            Some(role) => role.clone(),
            None => {
                self.ask(transport, there, ("role", &|_| wire::metadata_role(&host, token)), word).await?
            }
        };
        self.ask(transport, there, ("key", &|_| wire::metadata_key(&host, &role, token)), handed_out).await
    }

    /// An expired key of this machine's own is reported here: the message is clearer than the service's refusal.
    fn unexpired(&self, fetched: Fetched, origin: &str) -> Result<Fetched, CredentialsError> {
        let now = (self.stamp)().map_err(|reason| CredentialsError::Random { reason })?.time;
        match fetched.expiration {
            Some(end) if end <= now => Err(CredentialsError::Expired { origin: origin.to_owned(), end }),
            _ => Ok(fetched),
        }
    }

    /// Asks, and repeats where that may help: none of these calls changes anything.
    async fn ask<T>(
        &self,
        transport: &dyn Transport,
        endpoint: &Endpoint,
        (action, request): Question<'_>,
        read: fn(&str, &Response) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let host = endpoint.authority();
        let mut retry = Retry::until(self.until);
        loop {
            let stamp = (self.stamp)().map_err(|error| Error::not_sent(&host, error))?;
            let noted = Noted::begin(self.log, action, &host);
            let sent = transport.send(&request(&stamp), endpoint.is_plain()).await;
            let answer = sent.and_then(|response| read(&host, &response));
            let answer = answer.map_err(|error| error.without(self.secrets));
            noted.end(answer.as_ref().err(), None);
            let error = match answer {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match retry.read(&error, Instant::now(), (self.jitter)()) {
                Some(pause) => sleep(pause).await,
                None => return Err(error),
            }
        }
    }
}

impl From<TemporaryKey> for Fetched {
    fn from(TemporaryKey { key, expiration }: TemporaryKey) -> Self {
        Self { key, expiration: Some(expiration) }
    }
}

/// Whether the metadata service's answer, or its lack, shows that this is not an instance with a role.
fn is_no_instance(reason: &Error) -> bool {
    match reason {
        Error::NotSent { .. } => true,
        reason => reason.remote().is_some_and(|refusal| refusal.status == 404),
    }
}

fn refused(origin: &str, what: String, reason: Error) -> CredentialsError {
    CredentialsError::Refused { origin: origin.to_owned(), what, reason }
}

fn token(file: &Path, origin: &str) -> Result<Secret, CredentialsError> {
    let wrong = |reason| CredentialsError::Token { origin: origin.to_owned(), reason };
    let text = read(file).map_err(|error| wrong(error.to_string()))?;
    let text = text.trim();
    if !OIDC_TOKEN_LENGTH.contains(&text.len()) {
        let reason = format!("`{}` holds {} bytes, which can't be a token", file.display(), text.len());
        return Err(wrong(reason));
    }
    Ok(Secret::new(text))
}

fn fields(host: &str, response: &Response) -> Result<Map<String, Value>, Error> {
    wire::read(response).map_err(|error| Error::unusable(host, error))
}

fn assumed(host: &str, response: &Response) -> Result<TemporaryKey, Error> {
    wire::read_assumed_role(&fields(host, response)?).map_err(Error::Contradiction)
}

fn identity(host: &str, response: &Response) -> Result<CallerIdentity, Error> {
    wire::read_caller_identity(&fields(host, response)?).map_err(Error::Contradiction)
}

fn handed_out(host: &str, response: &Response) -> Result<TemporaryKey, Error> {
    wire::read_key(&fields(host, response)?).map_err(Error::Contradiction)
}

fn word(host: &str, response: &Response) -> Result<String, Error> {
    match wire::read_metadata_text(response) {
        Some(word) => Ok(word),
        // Never quote the text: it may be a token.
        None => {
            fields(host, response)?;
            Err(Error::Contradiction("the answer is not one word".to_owned()))
        }
    }
}
