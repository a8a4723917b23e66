//! The journals that the processes of a run leave behind, and what each next one makes of them, as the command does.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use livevod::apply::journal::{
    self, Entry, Header, Journal, LeftOpen, Looked, Memory, RunId, RunRecord, Sink, judge,
};
use livevod::model::Snapshot;
use livevod::plan::{Plan, Unfinished};

use super::observer::Observer;
use super::story::What;

/// What all outputs call the account.
pub(crate) const TARGET: &str = "simulation";

/// One folder of journals, in memory.
pub(crate) struct Folder {
    observer: Arc<Observer>,
    journals: Mutex<Vec<Memory>>,
    /// Bytes that a journal of the first process finds room for, where the disk is almost full.
    room: Option<usize>,
}

impl Folder {
    pub(crate) fn new(observer: Arc<Observer>, room: Option<usize>) -> Self {
        Self { observer, journals: Mutex::default(), room }
    }

    /// All that was written down so far.
    pub(crate) fn text(&self) -> String {
        self.journals().iter().map(Memory::text).collect()
    }

    /// The runs so far. What can't be read would keep the command from writing at all.
    pub(crate) fn runs(&self) -> Vec<RunRecord> {
        self.journals().iter().filter_map(|memory| journal::read(&memory.text()).unwrap()).collect()
    }

    /// Begins the journal of a process; `None` where there is no room even for its head.
    pub(crate) fn begin(&self, plan: &Plan, looked: &[Looked], is_first: bool) -> Option<Journal> {
        let mut journals = self.journals();
        let memory = match self.room.filter(|_| is_first) {
            Some(room) => Memory::of_size(room),
            None => Memory::default(),
        };
        journals.push(memory.clone());
        let run = RunId::new(self.observer.now(), journals.len() as u32);
        drop(journals);
        let clock = self.observer.clone();
        let book = Book { memory, observer: self.observer.clone() };
        let header = Header::new(&run, plan, None);
        let journal = Journal::begin(Box::new(book), Arc::new(move || clock.now()), header).ok()?;
        let found = looked
            .iter()
            .filter_map(|one| Some((one.open.run.clone(), one.open.address.clone(), one.found?)));
        journal.resolved(found).ok()?;
        Some(journal)
    }

    fn journals(&self) -> std::sync::MutexGuard<'_, Vec<Memory>> {
        self.journals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long nothing may be trusted, because what earlier runs sent may still arrive.
pub(crate) fn until_settled(runs: &[RunRecord], settle: Duration, now: Timestamp) -> Duration {
    let past = |open: &LeftOpen| Duration::try_from(now.duration_since(open.since)).unwrap_or_default();
    journal::left_open(runs).iter().map(|open| settle.saturating_sub(past(open))).max().unwrap_or_default()
}

/// What became of all that they left open.
pub(crate) fn look(runs: &[RunRecord], snapshot: &Snapshot) -> Vec<Looked> {
    let found = |open: &LeftOpen| {
        let is_read = snapshot.domains.contains_key(&open.address.domain);
        is_read.then(|| judge(open, snapshot.get(&open.address)))
    };
    journal::left_open(runs).into_iter().map(|open| Looked { found: found(&open), open }).collect()
}

/// What they removed and did not put back.
pub(crate) fn unfinished(runs: &[RunRecord]) -> Unfinished {
    journal::unfinished(runs)
}

/// A journal whose intents are part of the story.
struct Book {
    memory: Memory,
    observer: Arc<Observer>,
}

impl Sink for Book {
    fn append(&mut self, lines: &str, sync: bool) -> io::Result<()> {
        self.memory.append(lines, sync)?;
        for line in lines.lines() {
            if let Ok(Entry::Intent(intent)) = serde_json::from_str(line) {
                self.observer.note(What::Intended(intent, sync));
            }
        }
        Ok(())
    }
}
