//! Tries out what a store must be able to do, once, before anything rests on it.

use jiff::Timestamp;

use crate::store::{Created, Objects, StoreError, Trouble};
use crate::wire::hex;

/// What was found out about a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// Whether an object can be created.
    pub create: Result<(), StoreError>,
    /// Whether it can be created only once: a second attempt is refused. `None` if there was no first.
    pub once: Option<Result<(), StoreError>>,
    /// Whether an object can be read.
    pub read: Result<(), StoreError>,
    /// Whether objects can be listed.
    pub list: Result<(), StoreError>,
    /// Whether an object can be removed.
    pub remove: Result<(), StoreError>,
    /// Seconds that the store's clock is ahead of this machine's, negative if it is behind; 0 within what one request takes.
    /// `None` if nothing was created or its time could not be read.
    pub ahead: Option<i64>,
}

impl Findings {
    /// A store that does not answer.
    fn gone(error: &StoreError) -> Self {
        let gone = || Err(error.clone());
        Self { create: gone(), once: None, read: gone(), list: gone(), remove: gone(), ahead: None }
    }

    /// The first thing that keeps the store from being used.
    pub fn trouble(&self) -> Option<&StoreError> {
        let Self { create, once, read, list, remove, ahead: _ } = self;
        let once = once.as_ref().and_then(|once| once.as_ref().err());
        let others = [create, read, list, remove].into_iter().filter_map(|one| one.as_ref().err());
        once.into_iter().chain(others).next()
    }
}

/// Creates an object under `check/`, twice, reads it, lists it and removes it. What can't be done is found, and the rest tried
/// all the same, unless the store does not answer: then it is waited for once.
///
/// # Errors
/// When this machine has no randomness for a name.
pub async fn check(objects: &dyn Objects) -> Result<Findings, StoreError> {
    let key = format!("check/{}", random()?);
    let content = key.as_bytes();
    let before = Timestamp::now();
    let created = objects.create(&key, content).await;
    let after = Timestamp::now();
    if let Err(error) = &created
        && error.trouble == Trouble::Unreachable
    {
        return Ok(Findings::gone(error));
    }
    // The object of a bucket with versions is there, although that is an error.
    let is_there = match &created {
        Ok(_) => true,
        Err(error) => error.trouble == Trouble::Versioned,
    };
    let once = if is_there { Some(second(objects, &key, created.as_ref()).await) } else { None };
    let read = objects.read(&key).await;
    if let Err(error) = &read
        && error.trouble == Trouble::Unreachable
    {
        return Ok(Findings::gone(error));
    }
    let read = read.and_then(|found| same(found, is_there.then_some(content)));
    let listed = objects.list("check/", None).await;
    let modified = listed.as_ref().ok().and_then(|all| all.iter().find(|one| one.key == key));
    let ahead = modified.map(|one| ahead(one.modified, before, after));
    let remove = objects.remove(&key).await;
    Ok(Findings {
        create: created.map(|_| ()).or_else(|error| if is_there { Ok(()) } else { Err(error) }),
        once,
        read,
        list: listed.map(|_| ()),
        remove,
        ahead,
    })
}

/// Whether a second attempt to create the object is refused.
async fn second(
    objects: &dyn Objects,
    key: &str,
    first: Result<&Created, &StoreError>,
) -> Result<(), StoreError> {
    let error = match objects.create(key, b"second").await {
        Ok(Created::Exists) => None,
        Ok(Created::New) => {
            let message = "the same object could be created twice: the bucket keeps versions, or its server ignores \
                           that an object may be created only once";
            Some(StoreError::new(Trouble::Versioned, message))
        }
        Err(error) => Some(error),
    };
    match (first, error) {
        (Err(first), _) => Err(first.clone()),
        (Ok(_), Some(error)) => Err(error),
        (Ok(_), None) => Ok(()),
    }
}

fn same(found: Option<Vec<u8>>, expected: Option<&[u8]>) -> Result<(), StoreError> {
    match (found, expected) {
        (Some(found), Some(expected)) if found == expected || found == b"second" => Ok(()),
        (_, None) => Ok(()),
        (Some(_), Some(_)) => {
            Err(StoreError::new(Trouble::Other, "the store returned other content than was written"))
        }
        (None, Some(_)) => Err(StoreError::new(Trouble::Other, "an object that was created can't be found")),
    }
}

/// How far a store's time is ahead, in seconds, where the object was written between two moments of this machine. Stores give
/// whole seconds, rounded down.
fn ahead(modified: Timestamp, before: Timestamp, after: Timestamp) -> i64 {
    let modified = modified.as_second();
    match (modified - before.as_second(), modified - after.as_second()) {
        (behind, _) if behind < 0 => behind,
        (_, ahead) if ahead > 0 => ahead,
        _ => 0,
    }
}

fn random() -> Result<String, StoreError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::new(Trouble::Other, error.to_string()))?;
    Ok(hex(&bytes))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::store::{Asking, Listed};

    /// A store that does not answer, and how often it was asked.
    #[derive(Default)]
    struct Gone(AtomicUsize);

    impl Gone {
        fn ask<T: Send + 'static>(&self) -> Asking<'_, T> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Box::pin(async { Err(StoreError::new(Trouble::Unreachable, "no answer")) })
        }
    }

    impl Objects for Gone {
        fn create<'a>(&'a self, _: &'a str, _: &'a [u8]) -> Asking<'a, Created> {
            self.ask()
        }

        fn replace<'a>(&'a self, _: &'a str, _: &'a [u8]) -> Asking<'a, ()> {
            self.ask()
        }

        fn read<'a>(&'a self, _: &'a str) -> Asking<'a, Option<Vec<u8>>> {
            self.ask()
        }

        fn stat<'a>(&'a self, _: &'a str) -> Asking<'a, Option<Listed>> {
            self.ask()
        }

        fn list<'a>(&'a self, _: &'a str, _: Option<&'a str>) -> Asking<'a, Vec<Listed>> {
            self.ask()
        }

        fn remove<'a>(&'a self, _: &'a str) -> Asking<'a, ()> {
            self.ask()
        }
    }

    #[tokio::test]
    async fn a_store_that_is_gone_is_asked_once() {
        let gone = Gone::default();
        let found = check(&gone).await.unwrap();
        assert_eq!(found.trouble().map(|error| error.trouble), Some(Trouble::Unreachable));
        assert_eq!(gone.0.load(Ordering::Relaxed), 1);
    }
}
