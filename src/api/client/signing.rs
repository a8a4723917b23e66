//! What calls are signed with: the key, and the time by the service's clock.

use std::sync::{Arc, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::super::credentials::{CredentialsError, Fetcher};
use super::super::error::Error;
use super::{Client, Shared};
use crate::wire::{self, Action, CallerIdentity, Key, Stamp};

/// Two readings of the service's clock that differ by at most this count as equal: a round trip takes time.
const SAME_TIME: SignedDuration = SignedDuration::from_secs(1);

/// A key without its secret and its token.
#[derive(Debug, Clone)]
pub struct KeyInUse {
    /// The key's id.
    pub id: String,
    /// Whether it has a security token.
    pub is_temporary: bool,
    /// When it expires, if that is known.
    pub expiration: Option<Timestamp>,
}

impl Client {
    /// Gets the first key, so that a failure is reported once and before anything else.
    ///
    /// # Errors
    /// When the source of the credentials gives no key.
    pub async fn prepare(&self) -> Result<(), Arc<CredentialsError>> {
        self.key().await.map(|_| ())
    }

    /// Asks STS whose credentials sign the calls.
    ///
    /// # Errors
    /// When the call fails or its answer names no account.
    pub async fn caller_identity(&self) -> Result<CallerIdentity, Error> {
        let before = self.key_id().await;
        let fields = self.inquire(&wire::caller_identity(), self.inner.endpoints.sts()).await?;
        let identity = wire::read_caller_identity(&fields).map_err(Error::Contradiction)?;
        // If the key was renewed in the meantime, it is unclear which of the two the answer is about.
        if let Some(key_id) = self.key_id().await.filter(|after| before.as_ref() == Some(after)) {
            self.inner.owner.learn(key_id, &identity.account).await;
        }
        Ok(identity)
    }

    /// The key that signs calls now.
    ///
    /// # Errors
    /// When the source of the credentials gives no key.
    pub async fn key_in_use(&self) -> Result<KeyInUse, Arc<CredentialsError>> {
        let key = self.key().await?;
        let expiration = self.inner.keys.expiration().await;
        Ok(KeyInUse { id: key.id, is_temporary: key.token.is_some(), expiration })
    }

    /// The key that signs requests to other services of the vendor now, and the time by the service's clock.
    ///
    /// # Errors
    /// When the source of the credentials gives no key, or this machine has no randomness.
    pub async fn signing_key(&self) -> Result<(Key, Timestamp), Error> {
        let withheld = |reason| Error::Withheld { reason };
        let key = self.key().await.map_err(|error| withheld(error.with_reasons()))?;
        let stamp = self.stamp().map_err(|error| withheld(error.to_string()))?;
        Ok((key, stamp.time))
    }

    /// Forgets a key that a service reports as expired, unless it is forgotten already. Returns whether another can be
    /// fetched.
    pub async fn forget_key(&self, id: &str) -> bool {
        self.inner.keys.forget(id).await
    }

    /// How far the service's clock was ahead of this machine's in the last answer, to about a second; `None` without an
    /// answer.
    pub fn clock_ahead(&self) -> Option<SignedDuration> {
        *self.ahead()
    }

    async fn key_id(&self) -> Option<String> {
        self.key().await.ok().map(|key| key.id)
    }

    /// The time by the service's clock, as far as it is known.
    ///
    /// # Errors
    /// When this machine has no randomness for a request.
    pub fn time(&self) -> Result<Timestamp, Error> {
        self.stamp().map(|stamp| stamp.time).map_err(|error| Error::not_sent("ActionTrail", error))
    }

    /// The key to sign with now; fetched from its source unless there is a valid one.
    pub(super) async fn key(&self) -> Result<Key, Arc<CredentialsError>> {
        let stamp = || self.stamp();
        self.inner.keys.key(&self.fetcher(&stamp)).await
    }

    /// The key for a call; for a call that reads or writes configurations, it must belong to the account that
    /// [`Client::insist_on`] names.
    pub(super) async fn key_for(&self, action: &str) -> Result<Key, Error> {
        let key = self.key().await.map_err(|error| Error::Withheld { reason: error.with_reasons() })?;
        if is_about_configurations(action) {
            let stamp = || self.stamp();
            self.inner.owner.check(&key, &self.fetcher(&stamp)).await?;
        }
        Ok(key)
    }

    fn fetcher<'a>(&'a self, stamp: &'a (dyn Fn() -> std::io::Result<Stamp> + Sync)) -> Fetcher<'a> {
        let Shared { transport, endpoints, metadata, signature, jitter, log, secrets, patience, .. } =
            &*self.inner;
        Fetcher {
            transport: &**transport,
            sts: endpoints.sts(),
            metadata: metadata.clone(),
            signature: *signature,
            stamp,
            jitter,
            log: log.as_ref(),
            secrets,
            until: Instant::now() + *patience,
        }
    }

    pub(super) fn stamp(&self) -> std::io::Result<Stamp> {
        let Stamp { time, nonce } = (self.inner.stamps)()?;
        Ok(Stamp { time: self.corrected(time), nonce })
    }

    /// The time by the service's clock, as far as it is known.
    fn corrected(&self, time: Timestamp) -> Timestamp {
        time.checked_add(*self.clock()).unwrap_or(time)
    }

    /// How far this machine's clock is off, as far as it is known.
    pub(super) fn clock(&self) -> MutexGuard<'_, SignedDuration> {
        self.inner.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn ahead(&self) -> MutexGuard<'_, Option<SignedDuration>> {
        self.inner.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a call that was signed with the correction `used` may be repeated because the clock is corrected by now:
    /// by another call in the meantime, or by the service's own time. Corrections of an hour or more are left to
    /// people.
    pub(super) fn corrects_clock(
        &self,
        error: &Error,
        off: Option<SignedDuration>,
        used: SignedDuration,
    ) -> bool {
        let mut clock = self.clock();
        let is_new = |off: SignedDuration| (off - used).abs() > SAME_TIME;
        let credible = off.filter(|off| off.abs() < SignedDuration::from_hours(1) && is_new(*off));
        match (error.is_about_the_clock(), credible) {
            (false, _) => false,
            (true, _) if is_new(*clock) => true,
            (true, None) => false,
            (true, Some(off)) => {
                *clock = off;
                true
            }
        }
    }
}

/// Whether calls of an action read or write configurations.
pub(super) fn is_about_configurations(action: &str) -> bool {
    Action::ALL.iter().any(|known| known.name() == action)
}
