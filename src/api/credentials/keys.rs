//! Keeps the key of [`Credentials`] until it is about to expire, then fetches the next one: once, however many callers
//! wait.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::provider::{Credentials, Fetched, Provider};
use super::{CredentialsError, Fetcher};
use crate::wire::Key;

/// How long before its end a key is renewed: longer than any call takes with all its repetitions.
const EARLY: SignedDuration = SignedDuration::from_mins(5);

/// The current key of one client.
pub(in crate::api) struct Keys {
    credentials: Credentials,
    held: Mutex<Held>,
}

enum Held {
    Nothing,
    Key {
        fetched: Fetched,
        renewed_from: Option<Timestamp>,
    },
    /// Final: every further call would wait for the same answer again.
    Failed(Arc<CredentialsError>),
}

impl Keys {
    pub(in crate::api) fn new(credentials: Credentials) -> Self {
        Self { credentials, held: Mutex::new(Held::Nothing) }
    }

    /// The key to sign with now.
    pub(in crate::api) async fn key(&self, fetcher: &Fetcher<'_>) -> Result<Key, Arc<CredentialsError>> {
        if let Provider::Key(key) = &self.credentials.provider {
            return Ok(key.clone());
        }
        let mut held = self.held.lock().await;
        let now = fetcher.now()?;
        match &*held {
            Held::Failed(error) => return Err(error.clone()),
            Held::Key { fetched, renewed_from } if renewed_from.is_none_or(|from| now < from) => {
                return Ok(fetched.key.clone());
            }
            Held::Key { .. } | Held::Nothing => {}
        }
        let answer = fetcher.fetch(&self.credentials).await.map_err(Arc::new);
        *held = Self::next(std::mem::replace(&mut *held, Held::Nothing), answer, now);
        match &*held {
            Held::Key { fetched, .. } => Ok(fetched.key.clone()),
            Held::Failed(error) => Err(error.clone()),
            Held::Nothing => Err(Arc::new(CredentialsError::None)),
        }
    }

    /// When the key expires that is held now, if that is known.
    pub(in crate::api) async fn expiration(&self) -> Option<Timestamp> {
        match &*self.held.lock().await {
            Held::Key { fetched, renewed_from: _ } => fetched.expiration,
            Held::Nothing | Held::Failed(_) => None,
        }
    }

    /// What is kept after an answer. If renewal fails, the old key is used until it expires.
    fn next(held: Held, answer: Result<Fetched, Arc<CredentialsError>>, now: Timestamp) -> Held {
        let fetched = match (answer, held) {
            (Ok(fetched), _) => fetched,
            (Err(_), Held::Key { fetched, .. }) if fetched.expiration.is_none_or(|end| now < end) => fetched,
            (Err(error), _) => return Held::Failed(error),
        };
        let renewed_from = fetched.expiration.and_then(|end| renewed_from(end, now));
        Held::Key { fetched, renewed_from }
    }

    /// Forgets the key that the service reports as expired, unless it is forgotten already. Returns whether another can
    /// be fetched.
    pub(in crate::api) async fn forget(&self, key_id: &str) -> bool {
        let mut held = self.held.lock().await;
        if matches!(&*held, Held::Key { fetched, .. } if fetched.key.id == key_id) {
            *held = Held::Nothing;
        }
        !matches!(self.credentials.provider, Provider::Key(_))
    }
}

/// When a key that expires at `end` is renewed: early, but not at every call if it has little time left. If it has
/// expired by this machine's clock, the clock may be wrong; the service will report it.
fn renewed_from(end: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let left = end.duration_since(now);
    let early = EARLY.min(left / 2);
    (left > SignedDuration::ZERO).then(|| end.checked_sub(early).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Secret;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn fetched(end: i64) -> Fetched {
        let key = Key { id: format!("until-{end}"), secret: Secret::new("s"), token: None };
        Fetched { key, expiration: Some(at(end)) }
    }

    #[test]
    fn a_key_is_renewed_early_but_not_at_every_call() {
        let from = |left: i64| renewed_from(at(left), at(0)).map(Timestamp::as_second);
        assert_eq!([3600, 600, 100, 0, -5].map(from), [Some(3300), Some(300), Some(50), None, None]);
    }

    #[test]
    fn an_old_key_is_good_to_its_end_and_a_failure_then_final() {
        let failed = || Err(Arc::new(CredentialsError::None));
        let held = Keys::next(Held::Nothing, Ok(fetched(1000)), at(0));
        let held = Keys::next(held, failed(), at(800));
        let Held::Key { renewed_from: Some(from), fetched } = &held else { panic!("no key") };
        assert_eq!((fetched.key.id.as_str(), from.as_second()), ("until-1000", 900));
        assert!(matches!(Keys::next(held, failed(), at(1000)), Held::Failed(_)));
        assert!(matches!(Keys::next(Held::Nothing, failed(), at(0)), Held::Failed(_)));
    }
}
