//! How long a disk takes until a journal's lines are on it, and the journal that waits for it.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use livevod::apply::journal::{Entry, Intent, Memory, Sink, Syncing};
use tokio::time::sleep;

use super::random::Random;
use super::story::What;

/// The disk of a journal.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Disk {
    /// How long each sync takes; at once if zero.
    each: Duration,
    /// One sync in so many takes much longer; none if zero.
    hangs: u64,
    /// How long that one takes.
    hang: Duration,
    /// Which sync fails; none if zero.
    fails: u64,
}

impl Disk {
    /// From a separate random stream, so that the rest of the seed does not change. Most disks are fast.
    pub(crate) fn draw(seed: u64) -> Self {
        let mut random = Random::new(seed ^ 0x0000_d15c_0000_0022);
        if !random.percent(30) {
            return Self::default();
        }
        let mut disk =
            Self { each: Duration::from_millis(random.pick(&[1, 2, 5, 20, 300])), ..Self::default() };
        if random.percent(30) {
            (disk.hangs, disk.hang) =
                (random.pick(&[2, 5, 20]), Duration::from_secs(random.pick(&[1, 8, 35])));
        }
        if random.percent(10) {
            disk.fails = random.pick(&[1, 2, 4, 9]);
        }
        disk
    }

    /// The same disk; it does not fail.
    pub(crate) fn mended(self) -> Self {
        Self { fails: 0, ..self }
    }

    /// The most that one sync takes beyond the usual.
    pub(crate) fn longest_hang(self) -> Duration {
        self.hang
    }

    fn is_slow(self) -> bool {
        !self.each.is_zero() || self.hangs > 0
    }

    fn takes(self, number: u64) -> Duration {
        match self.hangs {
            hangs if hangs > 0 && number % hangs == hangs - 1 => self.hang,
            _ => self.each,
        }
    }
}

/// Takes what happens in the story.
type Note = Arc<dyn Fn(What) + Send + Sync>;

/// A journal whose intents are part of the story once they are certainly on disk.
pub(crate) struct Book {
    memory: Memory,
    disk: Disk,
    syncs: u64,
    unsynced: Arc<Mutex<Unsynced>>,
    note: Note,
}

/// The intents that are not on disk yet.
#[derive(Default)]
struct Unsynced {
    intents: VecDeque<Box<Intent>>,
    /// How many were taken out.
    synced: usize,
}

impl Unsynced {
    /// How many there ever were.
    fn all(&self) -> usize {
        self.synced + self.intents.len()
    }

    /// The first so many that there ever were are on disk.
    fn note(&mut self, until: usize, note: &Note) {
        let count = until.saturating_sub(self.synced);
        self.synced += count;
        for intent in self.intents.drain(..count) {
            note(What::Intended(intent));
        }
    }
}

impl Book {
    pub(crate) fn new(memory: Memory, disk: Disk, note: impl Fn(What) + Send + Sync + 'static) -> Self {
        Self { memory, disk, syncs: 0, unsynced: Arc::default(), note: Arc::new(note) }
    }
}

fn open(unsynced: &Mutex<Unsynced>) -> MutexGuard<'_, Unsynced> {
    unsynced.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sink for Book {
    fn append(&mut self, lines: &str, sync: bool) -> io::Result<()> {
        self.memory.append(lines, sync)?;
        let mut unsynced = open(&self.unsynced);
        for line in lines.lines() {
            if let Ok(Entry::Intent(intent)) = serde_json::from_str(line) {
                if !sync && self.disk.is_slow() {
                    (self.note)(What::Appended(intent.clone()));
                }
                unsynced.intents.push_back(intent);
            }
        }
        if sync {
            let all = unsynced.all();
            unsynced.note(all, &self.note);
        }
        Ok(())
    }

    fn sync(&mut self) -> Syncing {
        let takes = self.disk.takes(self.syncs);
        self.syncs += 1;
        let fails = self.syncs == self.disk.fails;
        let (unsynced, note) = (self.unsynced.clone(), self.note.clone());
        let covered = open(&unsynced).all();
        Box::pin(async move {
            if !takes.is_zero() {
                sleep(takes).await;
            }
            if fails {
                return Err(io::Error::other("the disk is gone"));
            }
            open(&unsynced).note(covered, &note);
            Ok(())
        })
    }
}
