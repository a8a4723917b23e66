//! The journals that the processes of a run leave, and what each next process reads from them, as the command does.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::SignedDuration;
use livevod::apply::journal::{
    self, Header, Journal, LeftOpen, LeftOpenNow, Memory, RunId, RunRecord, judge,
};
use livevod::model::Snapshot;
use livevod::plan::{Gaps, Plan};
use livevod::resolve::Desired;

use super::disk::{Book, Disk};
use super::observer::Observer;
use super::random::Random;

/// The name of the account in all outputs.
pub(crate) const TARGET: &str = "simulation";

/// One folder of journals, in memory.
pub(crate) struct Folder {
    observer: Arc<Observer>,
    journals: Mutex<Vec<Memory>>,
    /// The bytes of disk space for a journal of the first process, if the disk is almost full.
    room: Option<usize>,
    /// How far off each process's clock is.
    clocks: Clocks,
    disk: Disk,
}

/// The clock error of each process in seconds: between runs the clock steps back and forth, or the next run is on
/// another machine. It only affects the journals.
#[derive(Debug, Clone)]
pub(crate) struct Clocks(Vec<i64>);

impl Clocks {
    /// From a separate random stream, so that the rest of the seed does not change.
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
    pub(crate) fn new(observer: Arc<Observer>, room: Option<usize>, clocks: Clocks, disk: Disk) -> Self {
        Self { observer, journals: Mutex::default(), room, clocks, disk }
    }

    /// Everything that was recorded so far.
    pub(crate) fn text(&self) -> String {
        self.journals().iter().map(Memory::text).collect()
    }

    /// The runs so far, in the order of their names. With a journal that can't be read, the command would write nothing.
    pub(crate) fn runs(&self) -> Vec<RunRecord> {
        let journals = self.journals();
        let read = journals.iter().filter_map(|memory| journal::read(&memory.text()).unwrap());
        let mut runs: Vec<RunRecord> = read.collect();
        runs.sort_by(|one, other| one.header.run.cmp(&other.header.run));
        runs
    }

    /// Begins the journal of a process; `None` if there is not even space for its header.
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
        let disk = if is_first { self.disk } else { self.disk.mended() };
        let observer = self.observer.clone();
        let book = Book::new(memory, disk, move |what| observer.note(what));
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

/// The outcomes of everything that they left unfinished.
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
