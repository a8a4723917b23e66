//! Keeps a run within its account: checks once for each key whether it belongs to the account.
//!
//! A run may outlive its key. The source of the next key (a role, a profile, a command) may have changed in the
//! meantime, and may then hand out a key of another account.

use std::sync::OnceLock;

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::credentials::Fetcher;
use super::error::{Class, Error, Stop};
use crate::wire::Key;

/// The account that the run must stay in, and what is known about keys.
#[derive(Debug, Default)]
pub(super) struct Owner {
    account: OnceLock<String>,
    known: Mutex<Known>,
    /// The other account, once a key belonged to one. Final: nothing more is sent.
    other: OnceLock<String>,
}

/// What is known about keys.
#[derive(Debug, Default)]
struct Known {
    /// The id of the last key that was asked about, and its account.
    last: Option<(String, String)>,
    /// When a question that was throttled was asked, and how that was answered.
    throttled: Option<(Instant, Error)>,
}

impl Owner {
    pub(super) fn insist_on(&self, account: &str) {
        // The first account wins: a run has only one.
        let _ = self.account.set(account.to_owned());
    }

    pub(super) async fn learn(&self, key_id: String, account: &str) {
        self.known.lock().await.last = Some((key_id, account.to_owned()));
    }

    /// Why nothing more is sent, if so.
    pub(super) fn other(&self) -> Option<Stop> {
        let (other, account) = (self.other.get()?.clone(), self.account.get()?.clone());
        Some(Stop::OtherAccount { other, account })
    }

    /// Asks STS about a key that is not known yet, once for all that wait for the answer.
    ///
    /// # Errors
    /// When it belongs to another account, or its account can't be found out; then nothing was sent.
    pub(super) async fn check(&self, key: &Key, fetcher: &Fetcher<'_>) -> Result<(), Error> {
        let Some(owner) = self.account.get() else { return Ok(()) };
        let since = Instant::now();
        let mut known = self.known.lock().await;
        if known.last.as_ref().is_none_or(|(key_id, _)| *key_id != key.id) {
            let account = known.account_of(key, fetcher, since).await?;
            known.last = Some((key.id.clone(), account));
        }
        if let Some((_, account)) = known.last.as_ref().filter(|(_, account)| account != owner) {
            let _ = self.other.set(account.clone());
        }
        self.stayed()
    }

    /// Whether no key of the run has belonged to another account.
    ///
    /// # Errors
    /// When one has: nothing more is sent.
    pub(super) fn stayed(&self) -> Result<(), Error> {
        self.other().map_or(Ok(()), |stop| Err(Error::Stopped(stop)))
    }
}

impl Known {
    /// Asks for the account of a key. A question that was asked after `since`, and throttled, is not asked again for those who wait
    /// since then.
    async fn account_of(
        &mut self,
        key: &Key,
        fetcher: &Fetcher<'_>,
        since: Instant,
    ) -> Result<String, Error> {
        if let Some((_, error)) = self.throttled.as_ref().filter(|(asked, _)| since <= *asked) {
            return Err(error.clone());
        }
        let asked = Instant::now();
        fetcher.account_of(key).await.map_err(|refusal| {
            let error = unconfirmed(&refusal, fetcher);
            if refusal.is_throttling() {
                self.throttled = Some((asked, error.clone()));
            }
            error
        })
    }
}

/// A retry may succeed, except after a refusal.
fn unconfirmed(error: &Error, fetcher: &Fetcher<'_>) -> Error {
    let reason = format!("can't confirm which account the renewed credentials belong to: {error}");
    match error.class() {
        Class::Fatal => Error::Withheld { reason },
        Class::NotSent | Class::Busy | Class::Ambiguous => Error::not_sent(&fetcher.sts.authority(), reason),
    }
}
