//! A journal in memory: for simulations, whose runs die without their process.

use std::future::ready;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Sink, Syncing};

/// Shared text; clones share it. Its size may be limited.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    inner: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    text: String,
    room: Option<usize>,
}

impl Memory {
    /// A journal that takes `room` bytes and no more.
    pub fn of_size(room: usize) -> Self {
        let kept = Kept { text: String::new(), room: Some(room) };
        Self { inner: Arc::new(Mutex::new(kept)) }
    }

    /// All lines so far.
    pub fn text(&self) -> String {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).text.clone()
    }
}

impl Sink for Memory {
    fn append(&mut self, lines: &str, _sync: bool) -> io::Result<()> {
        let mut kept = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.room.is_some_and(|room| kept.text.len() + lines.len() > room) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        kept.text.push_str(lines);
        Ok(())
    }

    fn sync(&mut self) -> Syncing {
        Box::pin(ready(Ok(())))
    }
}
