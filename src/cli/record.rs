//! The folder of journals: unfinished runs, and the journal and snapshot of this run.

use std::collections::BTreeSet;
use std::future::ready;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::failure::{Failure, with_causes};
use super::keeping::Keeping;
use super::leased::{Leased, Waits};
use super::pipeline;
use super::remote::Remote;
use super::runtime::block_on;
use super::sealed::refuse_secrets;
use super::shared::{Elsewhere, Fetched, Shared, Wanted};
use super::terminal::secrets;
use crate::apply::journal::{
    Broken, Header, History, Journal, JournalError, JournalFile, LastEntry, LeftOpen, LeftOpenFound,
    LeftOpenNow, Lock, LockError, NeededRuns, RunId, RunRecord, Sink, Stored, Syncing, gaps, last_entry,
    left_open, read_needed_runs, read_runs_beside, read_snapshot, save_snapshot, snapshot_name,
    until_settled,
};
use crate::audit::{self, Write};
use crate::diag::{Code, Diagnostic, Severity};
use crate::model::{Address, Snapshot};
use crate::plan::{Gaps, Plan, Released};
use crate::render::Target;
use crate::snapshot::{self, Saved};
use crate::store::{self, Lease};

/// The journals of earlier runs against the same target and account.
#[derive(Default)]
pub(super) struct Earlier {
    runs: Vec<RunRecord>,
    /// The highest number of any run in the folder.
    highest: u64,
    /// Whether this run has waited until no write of an earlier run can still arrive.
    pub(super) is_settled: bool,
    /// Whether there was anything to wait for.
    pub(super) has_waited: bool,
    /// A finding for each journal that can't be read.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Runs that are going on elsewhere.
    elsewhere: Option<Elsewhere>,
}

impl Earlier {
    /// Reads the journals that matter to a run; a missing folder has none.
    ///
    /// # Errors
    /// When the folder or the store can't be read.
    pub(super) fn read(keeping: &Keeping, remote: &Remote, target: &Target) -> Result<Self, Failure> {
        let Some(shared) = Shared::open(keeping, Some(remote), target.account.as_deref())? else {
            keeping.note_if_empty();
            return Self::here(&keeping.folder(), Fetched::default(), target);
        };
        let fetched = block_on(shared.fetch(Wanted::Open))??;
        let elsewhere = shared.elsewhere(&fetched);
        Ok(Self { elsewhere, ..Self::here(&keeping.folder(), fetched, target)? })
    }

    /// Which of these domains other runs hold at this moment, as far as that is known.
    pub(super) async fn held_elsewhere(&self, domains: BTreeSet<String>) -> Vec<store::Held> {
        match &self.elsewhere {
            Some(elsewhere) => elsewhere.hold(&domains).await,
            None => Vec::new(),
        }
    }

    /// Reads every journal, also those of runs that are over.
    ///
    /// # Errors
    /// When the folder or the store can't be read.
    pub(super) fn read_all(keeping: &Keeping, remote: &Remote, target: &Target) -> Result<Self, Failure> {
        let fetched = Shared::bring(keeping, Some(remote), target.account.as_deref(), Wanted::All)?;
        Self::all_here(&keeping.folder(), &fetched, target)
    }

    /// The same, where calls are being awaited.
    ///
    /// # Errors
    /// When the folder or the store can't be read.
    pub(super) async fn all(keeping: &Keeping, remote: &Remote, target: &Target) -> Result<Self, Failure> {
        let fetched = match Shared::open(keeping, Some(remote), target.account.as_deref())? {
            Some(shared) => shared.fetch(Wanted::All).await?,
            None => Fetched::default(),
        };
        Self::all_here(&keeping.folder(), &fetched, target)
    }

    /// Reads every journal in a folder; those of a store are here already.
    fn all_here(folder: &Path, fetched: &Fetched, target: &Target) -> Result<Self, Failure> {
        let stored = read_runs_beside(folder, &fetched.unkept).map_err(|error| unusable(&error))?;
        Ok(Self::of(stored, target).without(&fetched.going_on))
    }

    /// Without runs that are going on, whose changes are not left open.
    fn without(mut self, going_on: &BTreeSet<String>) -> Self {
        self.runs.retain(|run| !going_on.contains(&run.header.run));
        self
    }

    /// Reads the journals in a folder that matter to a run; those of a store are here already.
    fn here(folder: &Path, fetched: Fetched, target: &Target) -> Result<Self, Failure> {
        let (account, now) = (target.account.as_deref(), Timestamp::now());
        let needed = read_needed_runs(folder, &target.name, account, now, &fetched.unkept);
        let NeededRuns { stored, highest } = needed.map_err(|error| unusable(&error))?;
        let earlier = Self::of(stored, target).without(&fetched.going_on);
        Ok(Self { highest: highest.max(fetched.highest), ..earlier })
    }

    fn of(stored: Vec<Stored>, target: &Target) -> Self {
        let mut earlier = Self::default();
        for Stored { path, copies: _, run } in stored {
            let number = run.as_ref().ok().and_then(Option::as_ref).map(|run| run.header.number);
            earlier.highest = earlier.highest.max(number.unwrap_or_default());
            match run {
                Ok(Some(run)) if run.header.target == target.name && run.header.account == target.account => {
                    earlier.runs.push(run);
                }
                Ok(_) => {}
                Err(error) => earlier.diagnostics.push(damaged(&path, &error)),
            }
        }
        earlier
    }

    /// The last entry about an address, if all journals were read.
    pub(super) fn last_entry(&self, address: &Address) -> Option<LastEntry> {
        last_entry(&self.runs, address)
    }

    /// What livevod last left at each address, if all journals were read.
    pub(super) fn history(&self) -> History {
        History::of(&self.runs, self.is_whole())
    }

    /// What the runs wrote, if all journals were read. What existed before each run that started at `from` or later tells when
    /// it had been created, as far as that can be read.
    pub(super) fn writes(&self, keeping: &Keeping, remote: &Remote, from: Timestamp) -> Vec<Write> {
        let folder = keeping.folder();
        let recent = self.runs.iter().map(|run| &run.header);
        let recent = recent.filter(|header| header.time >= from && header.snapshot.is_some());
        let recent: Vec<&Header> = recent.collect();
        let is_here = |header: &&Header| folder.join(snapshot_name(&header.run)).exists();
        let missing: Vec<String> =
            recent.iter().filter(|header| !is_here(header)).map(|header| header.run.clone()).collect();
        let account = recent.first().and_then(|header| header.account.as_deref());
        let fetched = Shared::snapshots(keeping, remote, account, &missing);
        let saved = |header: &&Header| {
            let bytes = match fetched.get(&header.run) {
                Some(bytes) => bytes.clone(),
                None => read_snapshot(&folder, &header.run).ok()?,
            };
            let text = String::from_utf8(bytes).ok()?;
            Some((header.run.clone(), snapshot::read(&text).ok()?.snapshot))
        };
        audit::writes(&self.runs, &recent.iter().filter_map(saved).collect())
    }

    /// Whether every journal could be read.
    pub(super) fn is_whole(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// What is unfinished.
    pub(super) fn left_open(&self) -> Vec<LeftOpen> {
        left_open(&self.runs)
    }

    /// What was removed and not put back.
    pub(super) fn gaps(&self) -> Gaps {
        gaps(&self.runs)
    }

    /// How long a write that an earlier run sent to these addresses may still arrive.
    pub(super) fn until_settled(&self, settle: Duration, concerns: impl Fn(&Address) -> bool) -> Duration {
        until_settled(&self.runs, settle, concerns)
    }

    /// Makes errors of journals that can't be read: each may be of an unfinished run, so nothing is written until a person has looked
    /// at it.
    pub(super) fn insist(&self) -> Result<(), Failure> {
        if self.diagnostics.is_empty() {
            return Ok(());
        }
        let mut diagnostics = self.diagnostics.clone();
        for diagnostic in &mut diagnostics {
            diagnostic.severity = Severity::Error;
        }
        Err(Failure { diagnostics, ..Failure::default() })
    }
}

/// What the journal of a run says of its start.
#[derive(Clone, Copy)]
pub(super) struct Start<'a> {
    pub(super) plan: &'a Plan,
    /// What flags or a review released for the plan.
    pub(super) released: &'a [Released],
    /// What was found of earlier runs.
    pub(super) left_open: &'a [LeftOpenNow],
}

/// A folder of journals, locked against other applies.
pub(super) struct Locked(#[expect(dead_code, reason = "held until it is dropped")] Lock);

impl Locked {
    /// Locks the folder, and creates it if it is missing.
    ///
    /// # Errors
    /// When it can't be written, or another apply is running with it.
    pub(super) fn lock(path: &Path) -> Result<Self, Failure> {
        let lock = Lock::take(path, Timestamp::now()).map_err(|error| match &error {
            LockError::Taken { path, .. } => Diagnostic::new(Code::Journal, error.to_string())
                .help(format!("wait until that apply ends; it holds a lock on `{}`", path.display())),
            LockError::Folder(error) => unusable(error),
        })?;
        Ok(Self(lock))
    }
}

/// The right to write, and where it is recorded what is written.
pub(super) struct Desk {
    folder: PathBuf,
    run: RunId,
    target: Target,
    held: Held,
}

enum Held {
    Lock(#[expect(dead_code, reason = "held until it is dropped")] Locked),
    Lease(Box<Leased>),
}

impl Desk {
    /// Locks the folder, or takes the lease of the domains in the store.
    ///
    /// # Errors
    /// When another apply is running, or folder or store can't be used.
    pub(super) async fn open(
        (keeping, remote): (&Keeping, &Remote),
        target: &Target,
        domains: &[String],
        waits: Waits<'_>,
    ) -> Result<Self, Failure> {
        let random = random().map_err(|error| unusable(&error))?;
        let run = RunId::new(Timestamp::now(), random);
        let folder = keeping.folder();
        let held = match Shared::open(keeping, Some(remote), target.account.as_deref())? {
            Some(shared) => Held::Lease(Box::new(Leased::take(shared, &run.name, domains, waits).await?)),
            None => {
                keeping.note_if_empty();
                Held::Lock(Locked::lock(&folder)?)
            }
        };
        Ok(Self { folder, run, target: target.clone(), held })
    }

    /// Reads the journals that matter to this run.
    ///
    /// # Errors
    /// When the folder or the store can't be read.
    pub(super) async fn earlier(&self) -> Result<Earlier, Failure> {
        let fetched = match &self.held {
            Held::Lease(leased) => leased.fetch().await?,
            Held::Lock(_) => Fetched::default(),
        };
        Earlier::here(&self.folder, fetched, &self.target)
    }

    /// The lease, if there is one.
    pub(super) fn lease(&self) -> Option<Lease> {
        match &self.held {
            Held::Lease(leased) => Some(leased.lease.clone()),
            Held::Lock(_) => None,
        }
    }

    /// Saves a snapshot of the current state, and begins the journal of a run.
    ///
    /// # Errors
    /// When either can't be written; then no write may be sent to the service.
    pub(super) async fn begin(
        &self,
        start: Start<'_>,
        earlier: &Earlier,
        saved: Option<&Saved>,
    ) -> Result<Journal, Failure> {
        let Start { plan, released, left_open } = start;
        let Self { folder, run, .. } = self;
        let snapshot = match saved {
            Some(saved) => Some(self.save(saved).await?),
            None => None,
        };
        let header = Header::new(run, plan, snapshot).started(pipeline::started_by(), released);
        let header = header.behind(earlier.highest, &earlier.runs);
        let file = JournalFile::create(folder, &run.name).map_err(|error| unusable(&error))?;
        let copy = match &self.held {
            Held::Lease(leased) => {
                let copy: Box<dyn Sink> = Box::new(Gated(Copied(leased.lease.clone())));
                Some(copy)
            }
            Held::Lock(_) => None,
        };
        let journal = Journal::begin_with(Box::new(Gated(file)), copy, Arc::new(Timestamp::now), header);
        let journal = journal.map_err(|error: Broken| unusable(&error))?;
        journal.resolved(resolutions(left_open)).map_err(|error| unusable(&error))?;
        if let Held::Lease(leased) = &self.held {
            leased.secure().await?;
        }
        Ok(journal)
    }

    /// Writes a journal for a run without changes if it found out what became of unfinished runs.
    pub(super) async fn note_resolved(&self, start: Start<'_>, earlier: &Earlier) -> Result<(), Failure> {
        if earlier.has_waited || start.left_open.iter().any(LeftOpenNow::is_news) {
            self.begin(start, earlier, None).await?.finish(false, 0);
        }
        Ok(())
    }

    /// Takes the journal to the store, and gives the domains back. `settle` is how long something that was sent may still arrive. Returns
    /// what could not be kept there.
    pub(super) async fn end(&self, settle: Duration) -> Option<Diagnostic> {
        match &self.held {
            Held::Lease(leased) => leased.end(&self.run.name, settle).await,
            Held::Lock(_) => None,
        }
    }

    async fn save(&self, saved: &Saved) -> Result<String, Failure> {
        let text = snapshot::write(saved).map_err(|error| unusable(&error))?;
        refuse_secrets(&text, &self.folder.join(snapshot_name(&self.run.name)), Code::Snapshot)?;
        let name = save_snapshot(&self.folder, &self.run.name, &text).map_err(|error| unusable(&error))?;
        if let Held::Lease(leased) = &self.held {
            leased.shared.keep_snapshot(&self.run.name, &text).await?;
        }
        Ok(name)
    }
}

/// A journal to which no secret is written, even if the service quotes one.
struct Gated<S>(S);

impl<S: Sink> Sink for Gated<S> {
    fn append(&mut self, lines: &str, sync: bool) -> io::Result<()> {
        self.0.append(&secrets().hide(lines), sync)
    }

    fn sync(&mut self) -> Syncing {
        self.0.sync()
    }
}

/// The copy of a journal that goes to the store with the lease.
struct Copied(Lease);

impl Sink for Copied {
    fn append(&mut self, lines: &str, sync: bool) -> io::Result<()> {
        self.0.give(lines, sync);
        Ok(())
    }

    fn sync(&mut self) -> Syncing {
        Box::pin(ready(Ok(())))
    }
}

fn resolutions(looked: &[LeftOpenNow]) -> impl Iterator<Item = (String, Address, LeftOpenFound)> {
    looked.iter().filter_map(|one| Some((one.open.run.clone(), one.open.address.clone(), one.found?)))
}

/// The domains that a plan changes, as they were read.
pub(super) fn touched(plan: &Plan, snapshot: &Snapshot) -> Snapshot {
    let changed =
        |domain: &str| plan.decisions.changes.iter().any(|change| &*change.address.domain == domain);
    let domains = snapshot.domains.iter().filter(|(name, _)| changed(name));
    Snapshot { domains: domains.map(|(name, domain)| (name.clone(), domain.clone())).collect() }
}

fn random() -> Result<u32, getrandom::Error> {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes)?;
    Ok(u32::from_be_bytes(bytes))
}

/// An error of the folder of journals.
pub(super) fn unusable(error: &dyn std::error::Error) -> Diagnostic {
    Diagnostic::new(Code::Journal, with_causes(error)).help(
        "livevod writes nothing to the service without a journal: repair the folder, or name another one with `--journal DIR`",
    )
}

pub(super) fn damaged(path: &Path, error: &JournalError) -> Diagnostic {
    let message = format!("the journal `{}` can't be read: {error}", path.display());
    let mut diagnostic = Diagnostic::new(Code::Journal, message).help(
        "livevod can't tell whether that run finished: check in the service what the run changed, then move the file away",
    );
    diagnostic.severity = Severity::Warning;
    diagnostic
}
