//! A bucket as [`Objects`].

use std::sync::Arc;

use opendal::options::{ListOptions, WriteOptions};
use opendal::{Error, HttpTransporter, OperationContext, Operator};

use super::carrier::{Carriage, Carrier, Outcome, locked};
use super::refusal::unanswered;
use crate::gate::{Secrets, clean};
use crate::store::{Asking, Created, Listed, Objects, StoreError, Trouble, is_name};

/// The most objects of one page of a listing: as many as every service gives.
const PAGE: usize = 1000;

/// One bucket.
pub(super) struct Bucket {
    operator: Operator,
    carriage: Arc<Carriage>,
}

/// How an operation ended.
struct Ended<T> {
    result: Result<T, Error>,
    outcome: Outcome,
}

impl Bucket {
    pub(super) fn new(operator: Operator, carriage: Carriage) -> Self {
        Self { operator, carriage: Arc::new(carriage) }
    }

    /// Runs one operation, whose requests have a carrier of their own, so that its outcome is not another's.
    async fn run<T, F>(&self, operation: impl FnOnce(Operator) -> F) -> Ended<T>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let (carrier, outcome) = Carrier::new(self.carriage.clone());
        let context = OperationContext::new().with_http_transport(HttpTransporter::new(carrier));
        let result = operation(self.operator.clone().with_context(context)).await;
        let outcome = locked(&outcome).clone();
        Ended { result, outcome }
    }

    async fn created(&self, key: &str, content: &[u8]) -> Result<Created, StoreError> {
        named(key)?;
        let options = WriteOptions { if_not_exists: true, ..WriteOptions::default() };
        let content = content.to_vec();
        let ended =
            self.run(|operator| async move { operator.write_options(key, content, options).await }).await;
        match (ended.result, ended.outcome) {
            // OSS then ignores that the object may exist, so whoever comes second is told the same.
            (Ok(_), Outcome::Done { is_versioned: true }) => Err(versioned()),
            (Ok(_), _) => Ok(Created::New),
            (Err(_), Outcome::Refused { refusal, .. }) if refusal.is_present() => Ok(Created::Exists),
            (Err(error), outcome) => Err(self.error(&error, outcome)),
        }
    }

    async fn replaced(&self, key: &str, content: &[u8]) -> Result<(), StoreError> {
        named(key)?;
        let content = content.to_vec();
        let ended = self.run(|operator| async move { operator.write(key, content).await }).await;
        ended.result.map(|_| ()).map_err(|error| self.error(&error, ended.outcome))
    }

    async fn content(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        named(key)?;
        let ended = self.run(|operator| async move { operator.read(key).await }).await;
        match (ended.result, ended.outcome) {
            (Ok(content), _) => Ok(Some(content.to_vec())),
            (Err(_), Outcome::Refused { refusal, .. }) if refusal.is_absent() => Ok(None),
            (Err(error), outcome) => Err(self.error(&error, outcome)),
        }
    }

    async fn head(&self, key: &str) -> Ended<Listed> {
        let ended = self.run(|operator| async move { operator.stat(key).await }).await;
        let listed = |found: opendal::Metadata| listed(key, found.content_length(), found.last_modified());
        Ended { result: ended.result.and_then(listed), outcome: ended.outcome }
    }

    async fn found(&self, key: &str) -> Result<Option<Listed>, StoreError> {
        named(key)?;
        let ended = self.head(key).await;
        match (ended.result, ended.outcome) {
            (Ok(found), _) => return Ok(Some(found)),
            (Err(_), Outcome::Refused { refusal, .. }) if refusal.is_absent() => return Ok(None),
            // Answers to HEAD have no body that tells a missing object from a missing bucket. That to GET has one.
            (Err(_), Outcome::Refused { refusal, .. }) if refusal.is_mute() => {}
            (Err(error), outcome) => return Err(self.error(&error, outcome)),
        }
        if self.content(key).await?.is_none() {
            return Ok(None);
        }
        // It was created in between.
        let Ended { result, outcome } = self.head(key).await;
        result.map(Some).map_err(|error| self.error(&error, outcome))
    }

    async fn listing(&self, prefix: &str, after: Option<&str>) -> Result<Vec<Listed>, StoreError> {
        let can_start = self.operator.info().capability().list_with_start_after;
        let options = ListOptions {
            recursive: true,
            limit: Some(PAGE),
            start_after: after.filter(|_| can_start).map(str::to_owned),
            ..ListOptions::default()
        };
        let ended = self.run(|operator| async move { operator.list_options(prefix, options).await }).await;
        let entries = ended.result.map_err(|error| self.error(&error, ended.outcome))?;
        let mut all = Vec::new();
        for entry in entries {
            let (key, found) = entry.into_parts();
            // What others put there, under names that are none of a store's, is not ours to see.
            let is_ours = found.is_file() && is_name(&key) && key.starts_with(prefix);
            if is_ours && after.is_none_or(|after| key.as_str() > after) {
                let one = listed(&key, found.content_length(), found.last_modified());
                all.push(one.map_err(|error| self.error(&error, Outcome::Unsent))?);
            }
        }
        all.sort_unstable();
        Ok(all)
    }

    async fn removed(&self, key: &str) -> Result<(), StoreError> {
        named(key)?;
        let ended = self.run(|operator| async move { operator.delete(key).await }).await;
        match (ended.result, ended.outcome) {
            // The library takes a missing bucket for a missing object.
            (Ok(()), Outcome::Refused { refusal, .. }) => match refusal.error() {
                error if error.trouble == Trouble::NoBucket && !refusal.is_mute() => Err(self.hidden(error)),
                _ => Ok(()),
            },
            (Ok(()), _) => Ok(()),
            (Err(error), outcome) => Err(self.error(&error, outcome)),
        }
    }

    /// The error that callers see. The library's own says what nothing else does, but may hold URLs and headers: of it only
    /// the message is shown, and only where no request was sent.
    fn error(&self, error: &Error, outcome: Outcome) -> StoreError {
        self.hidden(match outcome {
            Outcome::Refused { refusal, is_renewed: true } => {
                StoreError { trouble: Trouble::Busy, ..refusal.error() }
            }
            Outcome::Refused { refusal, is_renewed: false } => refusal.error(),
            Outcome::Unanswered(error) => unanswered(&error),
            Outcome::NoKey(reason) => StoreError::new(Trouble::Unauthenticated, reason),
            Outcome::Unsent if error.message() == SIGNING => {
                StoreError::new(Trouble::Unauthenticated, "no credentials for the bucket are configured")
            }
            Outcome::Unsent => StoreError::new(Trouble::Other, error.message()),
            Outcome::Done { .. } => StoreError::new(
                Trouble::Unreachable,
                format!("the answer can't be understood: {}", error.message()),
            ),
        })
    }

    /// Without secrets, and safe to show.
    fn hidden(&self, error: StoreError) -> StoreError {
        let secrets: &Secrets = &self.carriage.secrets;
        StoreError { trouble: error.trouble, message: clean(&secrets.hide(&error.message)) }
    }
}

/// The library's message where it has no key to sign with.
const SIGNING: &str = "signing http request";

fn named(key: &str) -> Result<(), StoreError> {
    match is_name(key) {
        true => Ok(()),
        false => {
            Err(StoreError::new(Trouble::Other, format!("`{}` can't be the name of an object", clean(key))))
        }
    }
}

fn versioned() -> StoreError {
    let message = "the bucket keeps versions, so OSS lets the same object be created twice";
    StoreError::new(Trouble::Versioned, message)
}

fn listed(key: &str, size: u64, modified: Option<opendal::raw::Timestamp>) -> Result<Listed, Error> {
    let Some(modified) = modified else {
        let message = format!("`{key}` has no time of its last change");
        return Err(Error::new(opendal::ErrorKind::Unexpected, message));
    };
    Ok(Listed { key: key.to_owned(), size, modified: modified.into_inner() })
}

impl Objects for Bucket {
    fn create<'a>(&'a self, key: &'a str, content: &'a [u8]) -> Asking<'a, Created> {
        Box::pin(self.created(key, content))
    }

    fn replace<'a>(&'a self, key: &'a str, content: &'a [u8]) -> Asking<'a, ()> {
        Box::pin(self.replaced(key, content))
    }

    fn read<'a>(&'a self, key: &'a str) -> Asking<'a, Option<Vec<u8>>> {
        Box::pin(self.content(key))
    }

    fn stat<'a>(&'a self, key: &'a str) -> Asking<'a, Option<Listed>> {
        Box::pin(self.found(key))
    }

    fn list<'a>(&'a self, prefix: &'a str, after: Option<&'a str>) -> Asking<'a, Vec<Listed>> {
        Box::pin(self.listing(prefix, after))
    }

    fn remove<'a>(&'a self, key: &'a str) -> Asking<'a, ()> {
        Box::pin(self.removed(key))
    }
}
