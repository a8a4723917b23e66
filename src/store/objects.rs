//! What a store can do.

use std::pin::Pin;

use jiff::Timestamp;

use super::error::{StoreError, Trouble};

/// An operation in progress and its result.
pub type Asking<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Named objects. A name has parts between `/`, each of letters, digits, `.`, `-`, `_`, `*` and `@`. No operation
/// repeats a request on its own.
pub trait Objects: Send + Sync {
    /// Creates an object unless there is one of that name.
    fn create<'a>(&'a self, key: &'a str, content: &'a [u8]) -> Asking<'a, Created>;

    /// Creates an object, or replaces the one of that name.
    fn replace<'a>(&'a self, key: &'a str, content: &'a [u8]) -> Asking<'a, ()>;

    /// The content of an object; `None` if there is none of that name.
    fn read<'a>(&'a self, key: &'a str) -> Asking<'a, Option<Vec<u8>>>;

    /// Size and age of an object; `None` if there is none of that name.
    fn stat<'a>(&'a self, key: &'a str) -> Asking<'a, Option<Listed>>;

    /// Every object whose name begins with `prefix`, sorted by name; only those behind `after` if it is given.
    fn list<'a>(&'a self, prefix: &'a str, after: Option<&'a str>) -> Asking<'a, Vec<Listed>>;

    /// Removes an object; it is no error if there is none of that name.
    fn remove<'a>(&'a self, key: &'a str) -> Asking<'a, ()>;
}

/// Whether an object was created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It was.
    New,
    /// There was one of that name, which stays as it is.
    Exists,
}

/// An object as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// Its name.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// When it was written, by the clock of the store. Stores give whole seconds, rounded down.
    pub modified: Timestamp,
}

/// Whose object it is that exists now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// The one that was to be created, now or by a request whose answer was lost.
    Ours,
    /// One with this content, which was there before.
    Theirs(Vec<u8>),
}

/// Creates an object whose content no one else would write, and finds out whose it is if there is one.
///
/// # Errors
/// When the store does not answer usefully. After [`Trouble::Unreachable`] the object may exist all the same: calling this again
/// with the same content tells.
pub async fn make(objects: &dyn Objects, key: &str, content: &[u8]) -> Result<Made, StoreError> {
    if objects.create(key, content).await? == Created::New {
        return Ok(Made::Ours);
    }
    match objects.read(key).await? {
        Some(found) if found == content => Ok(Made::Ours),
        Some(found) => Ok(Made::Theirs(found)),
        None => Err(StoreError::new(Trouble::Other, format!("`{key}` exists and can't be read"))),
    }
}
