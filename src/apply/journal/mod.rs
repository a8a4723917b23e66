//! Turns the writes of a run into lines that outlive it: the intent is on disk before a write is sent, the outcome is
//! recorded after.
//!
//! ```text
//! intent ─sync→ disk → send → answer → … → how the change ended
//! ```
//!
//! An [`Entry`] is the content of a line, [`read()`] turns a journal's text back into a [`RunRecord`], [`left_open()`]
//! finds what runs left unfinished, [`last_entry()`] what they last say about an address, [`History`] what livevod last
//! left at each one, [`changed_since()`] what somebody changed after a run, [`prunable()`] which runs nothing needs any
//! more: all pure. [`JournalFile`], [`Lock`], [`read_needed_runs()`] and [`remove_run()`] touch the disk. A caller may
//! bring another [`Sink`] and another clock.

mod entry;
mod file;
mod history;
mod index;
mod intention;
mod last;
mod later;
mod left_open;
mod lock;
mod memory;
mod prune;
mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

pub use entry::{
    Answer, End, EndedAtOnce, Ending, Entry, Finished, Header, Intent, LeftOpenFound, Planned, ReleasedGuard,
    Reply, Resolved, RunId, Sibling, StartedBy, Step, TakenOver,
};
pub use file::{
    JournalFile, NeededRuns, Stored, Unkept, has_whole, keep_copy, own_journal, read_needed_runs, read_runs,
    read_runs_beside, read_snapshot, remove_run, save_snapshot,
};
pub use history::{Confirmed, History};
pub use index::matters_later;
pub(super) use intention::Intention;
use intention::Key;
pub use last::{LastEntry, Told, last_entry};
pub use later::changed_since;
pub use left_open::{LeftOpen, LeftOpenKind, LeftOpenNow, gaps, judge, left_open, until_settled};
pub use lock::{Lock, LockError};
pub use memory::Memory;
pub use prune::{Needed, Pruning, prunable};
pub use read::{JournalError, RunRecord, RunState, read, snapshot_name};

use super::cause::Cause;
use super::report::ChangeOutcome;
use crate::api::Error;
use crate::gate;
use crate::model::Address;
use crate::plan::ActionKind;

/// Where lines go.
pub trait Sink: Send {
    /// Takes whole lines. If `sync` is set, they and all lines before are on disk when this returns.
    ///
    /// # Errors
    /// If it fails, none of the lines counts, and no further line is handed over.
    fn append(&mut self, lines: &str, sync: bool) -> io::Result<()>;

    /// Puts every line so far on disk while further ones may be taken.
    fn sync(&mut self) -> Syncing;
}

/// Ends once the lines are on disk. If it fails, it is unknown which are, and no further line is handed over.
pub type Syncing = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// Gives the time of each line.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The journal of one run. Clones share it.
#[derive(Clone)]
pub struct Journal {
    inner: Arc<Mutex<OpenJournal>>,
    /// Whoever has it syncs for all who wait for it.
    syncs: Arc<tokio::sync::Mutex<()>>,
    clock: Clock,
}

struct OpenJournal {
    sink: Box<dyn Sink>,
    /// Takes the same lines for others to read, those of announced intents earlier.
    copy: Option<Box<dyn Sink>>,
    /// The numbers of the intents that only the copy has.
    announced: BTreeMap<Key, u64>,
    next: u64,
    /// The writes that may be sent once their intents are on disk.
    intents: BTreeMap<Key, Intended>,
    /// How often intents were appended.
    appended: u64,
    /// How many of these times are certainly on disk.
    synced: u64,
    /// The planned changes.
    planned: Vec<(Address, ActionKind)>,
    /// Those that ended, with their outcomes.
    ended: BTreeMap<Address, End>,
    /// Addresses where a write may have been sent and the change has not ended yet.
    under_way: BTreeSet<Address>,
    /// Why nothing more is written, if so.
    broken: Option<String>,
}

/// How far a run got that ends at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndsAtOnce {
    /// Changes that are done.
    pub done: usize,
    /// Changes that failed.
    pub failed: usize,
    /// Changes of which nothing was sent.
    pub not_attempted: usize,
    /// Where a write was sent whose outcome is not known.
    pub unknown: Vec<Address>,
}

/// An intent that was appended.
#[derive(Debug, Clone, Copy)]
struct Intended {
    number: u64,
    /// At which time of appending, from 1.
    appended: u64,
}

/// Why a write must not be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the journal can't be written: {0}")]
pub struct Broken(pub(super) String);

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").finish_non_exhaustive()
    }
}

impl Journal {
    /// Begins the journal of a run with its first line, on disk.
    ///
    /// # Errors
    /// When the first line can't be written.
    pub fn begin(sink: Box<dyn Sink>, clock: Clock, header: Header) -> Result<Self, Broken> {
        Self::begin_with(sink, None, clock, header)
    }

    /// Begins a journal of which others get a copy. What the copy does with its lines is never waited for.
    ///
    /// # Errors
    /// When the first line can't be written.
    pub fn begin_with(
        sink: Box<dyn Sink>,
        copy: Option<Box<dyn Sink>>,
        clock: Clock,
        header: Header,
    ) -> Result<Self, Broken> {
        let inner = OpenJournal {
            sink,
            copy,
            announced: BTreeMap::new(),
            next: 1,
            intents: BTreeMap::new(),
            appended: 0,
            synced: 0,
            planned: header.changes.iter().map(|change| (change.address.clone(), change.action)).collect(),
            ended: BTreeMap::new(),
            under_way: BTreeSet::new(),
            broken: None,
        };
        let journal = Self { inner: Arc::new(Mutex::new(inner)), syncs: Arc::default(), clock };
        journal.lock().append(&[Entry::Begun(Box::new(header))], true)?;
        Ok(journal)
    }

    /// Why no more writes may be sent, if so.
    pub fn broken(&self) -> Option<Broken> {
        self.lock().broken.clone().map(Broken)
    }

    /// Ends the journal of a run that ends at once: what was not sent is not attempted, and what was sent stays open.
    pub fn end_at_once(&self) -> EndsAtOnce {
        let time = (self.clock)();
        let mut inner = self.lock();
        let unknown: Vec<Address> = inner.under_way.iter().cloned().collect();
        let is_left =
            |address: &Address| !inner.ended.contains_key(address) && !inner.under_way.contains(address);
        let left = inner.planned.iter().filter(|(address, _)| is_left(address));
        let not_sent = left.map(|(address, action)| {
            Entry::Ended(Ending {
                time,
                address: address.clone(),
                action: *action,
                outcome: End::NotAttempted,
                request_id: None,
                message: Some(Cause::Interrupted.to_string()),
            })
        });
        let mut entries: Vec<Entry> = not_sent.collect();
        let count = |end| {
            let ended = inner.ended.iter().filter(|(address, _)| !unknown.contains(address));
            ended.filter(|(_, one)| **one == end).count()
        };
        let ends = EndsAtOnce {
            done: count(End::Done),
            failed: count(End::Failed),
            not_attempted: count(End::NotAttempted) + entries.len(),
            unknown: unknown.clone(),
        };
        entries.push(Entry::EndedAtOnce(EndedAtOnce { time, unknown }));
        // If these lines are missing, a later run takes this one for one that died.
        let _ = inner.append(&entries, true);
        ends
    }

    /// Records what was found of something that an earlier run left unfinished.
    ///
    /// # Errors
    /// When the lines can't be written.
    pub fn resolved(
        &self,
        found: impl IntoIterator<Item = (String, Address, LeftOpenFound)>,
    ) -> Result<(), Broken> {
        let time = (self.clock)();
        let entries: Vec<Entry> = found
            .into_iter()
            .map(|(run, address, found)| Entry::Resolved(Resolved { time, run, address, found }))
            .collect();
        self.lock().append(&entries, true)
    }

    /// Ends the journal.
    pub fn finish(&self, interrupted: bool, calls: u64) {
        let entry = Entry::Finished(Finished { time: (self.clock)(), interrupted, calls });
        // If this line is missing, a later run finds out from the service.
        let _ = self.lock().append(&[entry], true);
    }

    /// Tells the copy of writes that will be sent soon, all at once, so that none of them waits for it.
    pub(super) fn announce(&self, intentions: &[Intention<'_>]) {
        let time = (self.clock)();
        let mut inner = self.lock();
        if inner.copy.is_none() || inner.broken.is_some() || intentions.is_empty() {
            return;
        }
        let (mut number, mut keys) = (inner.next, BTreeMap::new());
        let mut take = |key: Key| {
            keys.insert(key, number);
            number += 1;
            number - 1
        };
        let entries: Vec<Entry> = intentions.iter().map(|one| one.entry(time, &mut take)).collect();
        // Without these lines, each intent is copied before its own write.
        let Ok(lines) = lines(&entries) else { return };
        if inner.copy.as_mut().is_some_and(|copy| copy.append(&lines, true).is_ok()) {
            inner.next = number;
            inner.announced.extend(keys);
        }
    }

    /// Puts the intents of writes on disk, all at once; those already there stay. One sync is enough for all that wait.
    pub(super) async fn intend(&self, intentions: &[Intention<'_>]) -> Result<(), Broken> {
        let time = (self.clock)();
        let (appended, is_synced) = {
            let mut inner = self.lock();
            inner.intend(intentions, time)?;
            let appended = inner.last_appended(intentions);
            (appended, inner.synced >= appended)
        };
        // What is on disk waits for no disk: something may not be recorded until it is sent.
        if is_synced { Ok(()) } else { self.sync(appended).await }
    }

    /// Records that a write of an intent is about to be sent, once the intent is on disk; returns the intent's number.
    pub(super) async fn send(&self, intention: &Intention<'_>) -> Result<u64, Broken> {
        self.intend(std::slice::from_ref(intention)).await?;
        let mut inner = self.lock();
        inner.under_way.insert(intention.address.clone());
        Ok(inner.number(&intention.key()))
    }

    /// Waits until what was appended up to this time is on disk.
    async fn sync(&self, appended: u64) -> Result<(), Broken> {
        let _turn = self.syncs.lock().await;
        let (covered, syncing) = {
            let mut inner = self.lock();
            inner.check()?;
            if inner.synced >= appended {
                return Ok(());
            }
            (inner.appended, inner.sink.sync())
        };
        let synced = syncing.await;
        let mut inner = self.lock();
        inner.unless_broken(synced)?;
        inner.synced = inner.synced.max(covered);
        // It may have broken in the meantime.
        inner.check()
    }

    pub(super) fn answered(&self, id: u64, sent: &Result<Option<String>, Error>) {
        let entry = Entry::Answer(Answer::of(id, (self.clock)(), sent));
        // If an answer is missing, a later run reads what became of the write.
        let _ = self.lock().append(&[entry], false);
    }

    pub(super) fn ended(&self, one: &ChangeOutcome) {
        let ChangeOutcome { address, action, outcome, request_id } = one;
        let entry = Entry::Ended(Ending {
            time: (self.clock)(),
            address: address.clone(),
            action: *action,
            outcome: outcome.into(),
            request_id: request_id.clone(),
            message: outcome.failure().map(ToString::to_string),
        });
        let (mut inner, end) = (self.lock(), End::from(outcome));
        if end != End::Unknown {
            inner.under_way.remove(address);
        }
        inner.ended.insert(address.clone(), end);
        let _ = inner.append(&[entry], false);
    }

    fn lock(&self) -> MutexGuard<'_, OpenJournal> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenJournal {
    /// After a failure it is unknown what the file contains, so nothing more is written.
    fn append(&mut self, entries: &[Entry], sync: bool) -> Result<(), Broken> {
        let lines = self.append_own(entries, sync)?;
        self.give_copy(&lines, sync);
        Ok(())
    }

    fn give_copy(&mut self, lines: &str, sync: bool) {
        if let Some(copy) = &mut self.copy {
            // Whoever needs it to arrive asks the copy itself.
            let _ = copy.append(lines, sync);
        }
    }

    /// Appends lines that the copy has already, or does not need; returns them.
    fn append_own(&mut self, entries: &[Entry], sync: bool) -> Result<String, Broken> {
        self.check()?;
        let lines = lines(entries).and_then(|lines| self.sink.append(&lines, sync).map(|()| lines));
        self.unless_broken(lines)
    }

    fn check(&self) -> Result<(), Broken> {
        self.broken.clone().map_or(Ok(()), |reason| Err(Broken(reason)))
    }

    fn unless_broken<T>(&mut self, written: io::Result<T>) -> Result<T, Broken> {
        written.map_err(|error| {
            self.broken = Some(error.to_string());
            Broken(error.to_string())
        })
    }

    /// The number of an intent that was appended.
    fn number(&self, key: &Key) -> u64 {
        self.intents.get(key).map_or(0, |intended| intended.number)
    }

    /// The last time at which any of these was appended.
    fn last_appended(&self, intentions: &[Intention<'_>]) -> u64 {
        let keys = intentions.iter().flat_map(Intention::keys);
        keys.filter_map(|key| Some(self.intents.get(&key)?.appended)).max().unwrap_or_default()
    }

    /// Appends the intents that are not there yet.
    fn intend(&mut self, intentions: &[Intention<'_>], time: Timestamp) -> Result<(), Broken> {
        let new: Vec<&Intention> = intentions.iter().filter(|one| !one.is_in(&self.intents)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let mut keys = Vec::new();
        let mut number = self.next;
        let announced = std::mem::take(&mut self.announced);
        let mut take = |key: Key| {
            let known = announced.get(&key).copied();
            let taken = known.unwrap_or(number);
            keys.push((key, taken));
            number += u64::from(known.is_none());
            taken
        };
        let (known, new): (Vec<&Intention>, Vec<&Intention>) =
            new.into_iter().partition(|one| one.is_in(&announced));
        let known: Vec<Entry> = known.into_iter().map(|one| one.entry(time, &mut take)).collect();
        let new: Vec<Entry> = new.into_iter().map(|one| one.entry(time, &mut take)).collect();
        self.announced = announced;
        self.append_own(&known, false)?;
        if !new.is_empty() {
            let lines = self.append_own(&new, false)?;
            self.give_copy(&lines, true);
        }
        self.appended += 1;
        self.next = number;
        let appended = self.appended;
        self.intents.extend(keys.into_iter().map(|(key, number)| (key, Intended { number, appended })));
        Ok(())
    }
}

fn lines(entries: &[Entry]) -> io::Result<String> {
    let mut text = String::new();
    for entry in entries {
        text.push_str(&gate::json(&serde_json::to_string(entry)?));
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
