//! A store whose operations are repeated while their trouble may pass.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::error::StoreError;
use super::objects::{Asking, Created, Listed, Objects};

/// The wait before the second attempt; it doubles up to [`LONGEST`].
const FIRST: Duration = Duration::from_millis(200);

const LONGEST: Duration = Duration::from_secs(2);

/// Repeats each operation until a time after its first attempt began. Of an object that a lost request created, the repetition says
/// that it exists.
pub struct Patient {
    objects: Arc<dyn Objects>,
    patience: Duration,
}

impl Patient {
    /// A store that repeats for that long.
    pub fn new(objects: Arc<dyn Objects>, patience: Duration) -> Self {
        Self { objects, patience }
    }

    async fn ask<'a, T>(
        &'a self,
        attempt: impl Fn(&'a dyn Objects) -> Asking<'a, T>,
    ) -> Result<T, StoreError> {
        let (start, mut wait) = (Instant::now(), FIRST);
        loop {
            match attempt(&*self.objects).await {
                Err(error) if error.is_passing() && start.elapsed() + wait <= self.patience => {
                    sleep(wait).await;
                    wait = LONGEST.min(wait * 2);
                }
                result => return result,
            }
        }
    }
}

impl Objects for Patient {
    fn create<'a>(&'a self, key: &'a str, content: &'a [u8]) -> Asking<'a, Created> {
        Box::pin(self.ask(move |objects| objects.create(key, content)))
    }

    fn replace<'a>(&'a self, key: &'a str, content: &'a [u8]) -> Asking<'a, ()> {
        Box::pin(self.ask(move |objects| objects.replace(key, content)))
    }

    fn read<'a>(&'a self, key: &'a str) -> Asking<'a, Option<Vec<u8>>> {
        Box::pin(self.ask(move |objects| objects.read(key)))
    }

    fn stat<'a>(&'a self, key: &'a str) -> Asking<'a, Option<Listed>> {
        Box::pin(self.ask(move |objects| objects.stat(key)))
    }

    fn list<'a>(&'a self, prefix: &'a str, after: Option<&'a str>) -> Asking<'a, Vec<Listed>> {
        Box::pin(self.ask(move |objects| objects.list(prefix, after)))
    }

    fn remove<'a>(&'a self, key: &'a str) -> Asking<'a, ()> {
        Box::pin(self.ask(move |objects| objects.remove(key)))
    }
}
