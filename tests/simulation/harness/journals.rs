//! The journals that the processes of a run leave behind, and what each next one makes of them, as the command does.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::SignedDuration;
use livevod::apply::journal::{
    self, Entry, Header, Journal, LeftOpen, LeftOpenNow, Memory, RunId, RunRecord, Sink, judge,
};
use livevod::model::Snapshot;
use livevod::plan::{Gaps, Plan};
use livevod::resolve::Desired;

use super::observer::Observer;
use super::random::Random;
use super::story::What;

/// What all outputs call the account.
pub(crate) const TARGET: &str = "simulation";

/// One folder of journals, in memory.
pub(crate) struct Folder {
    observer: Arc<Observer>,
    journals: Mutex<Vec<Memory>>,
    /// Bytes that a journal of the first process finds room for, where the disk is almost full.
    room: Option<usize>,
    /// How far off each process's clock is.
    clocks: Clocks,
}

/// By how many seconds the clock of each process in turn is off: between runs it steps back and forth, or the next run is on
/// another machine. The journals alone are written by it.
#[derive(Debug, Clone)]
pub(crate) struct Clocks(Vec<i64>);

impl Clocks {
    /// From a stream of its own, so that all else of a seed stays as it is.
    pub(crate) fn draw(seed: u64) -> Self {
        const HOUR: i64 = 3600;
        let mut random = Random::new(seed ^ 0x000c_10c5_0013);
        let offsets = [0, 0, 0, -1, -HOUR, -HOUR, -400 * HOUR, HOUR, HOUR, 400 * HOUR];
        Self((0..4).map(|_| random.pick(&offsets)).collect())
    }

    /// That of a process, from 1.
    fn of(&self, process: usize) -> SignedDuration {
        SignedDuration::from_secs(self.0.get(process.saturating_sub(1)).copied().unwrap_or_default())
    }
}

impl std::fmt::Display for Clocks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "clocks of the processes off by seconds: {:?}", self.0)
    }
}

impl Folder {
    pub(crate) fn new(observer: Arc<Observer>, room: Option<usize>, clocks: Clocks) -> Self {
        Self { observer, journals: Mutex::default(), room, clocks }
    }

    /// All that was written down so far.
    pub(crate) fn text(&self) -> String {
        self.journals().iter().map(Memory::text).collect()
    }

    /// The runs so far, in the order of their names. What can't be read would keep the command from writing at all.
    pub(crate) fn runs(&self) -> Vec<RunRecord> {
        let journals = self.journals();
        let read = journals.iter().filter_map(|memory| journal::read(&memory.text()).unwrap());
        let mut runs: Vec<RunRecord> = read.collect();
        runs.sort_by(|one, other| one.header.run.cmp(&other.header.run));
        runs
    }

    /// Begins the journal of a process; `None` where there is no room even for its head.
    pub(crate) fn begin(
        &self,
        plan: &Plan,
        looked: &[LeftOpenNow],
        earlier: &[RunRecord],
        is_first: bool,
    ) -> Option<Journal> {
        let off = self.clocks.of(self.observer.process());
        let mut journals = self.journals();
        let memory = match self.room.filter(|_| is_first) {
            Some(room) => Memory::of_size(room),
            None => Memory::default(),
        };
        journals.push(memory.clone());
        let run = RunId::new(self.observer.now() + off, journals.len() as u32);
        drop(journals);
        let clock = self.observer.clone();
        let book = Book { memory, observer: self.observer.clone() };
        let highest = earlier.iter().map(|run| run.header.number).max().unwrap_or_default();
        let header = Header::new(&run, plan, None).behind(highest, earlier);
        let journal = Journal::begin(Box::new(book), Arc::new(move || clock.now() + off), header).ok()?;
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

/// What became of all that they left open.
pub(crate) fn look(runs: &[RunRecord], desired: &Desired, snapshot: &Snapshot) -> Vec<LeftOpenNow> {
    let found = |open: &LeftOpen| {
        let is_read = snapshot.domains.contains_key(&open.address.domain);
        let found = || judge(open, snapshot.get(&open.address), false);
        is_read.then(|| found().unless_unwanted(desired.wants_nothing(&open.address)))
    };
    journal::left_open(runs).into_iter().map(|open| LeftOpenNow { found: found(&open), open }).collect()
}

/// What they removed and did not put back.
pub(crate) fn gaps(runs: &[RunRecord]) -> Gaps {
    journal::gaps(runs)
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
