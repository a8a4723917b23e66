//! The store of this run: it brings the journals of other machines here, and takes this run's to it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::connect::signer;
use super::failure::{Failure, with_causes};
use super::keeping::{Keeping, note_empty};
use super::progress::{saying, telling};
use super::remote::Remote;
use super::runtime::block_on;
use super::terminal::{note, secrets};
use crate::api::Timeouts;
use crate::apply::journal::{self, RunRecord, Unkept, has_whole, keep_copy, matters_later, own_journal};
use crate::bucket::{self, OpenError};
use crate::diag::{Code, Diagnostic};
use crate::gate::clean;
use crate::store::{
    self, BucketUrl, Held, Kept, KnownRun, Objects, Patient, Progress, StoreError, StoreUrl, Teller,
    side_by_side,
};

/// How long an operation of the store is repeated.
const PATIENCE: Duration = Duration::from_secs(20);

/// A store that several machines share, as one account sees it.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) objects: Arc<dyn Objects>,
    /// The same without repetitions, for who repeats by other terms.
    pub(super) bare: Arc<dyn Objects>,
    /// As outputs name it.
    pub(super) name: String,
    /// What names it in a command for people to paste: ` --store URL`, or nothing if a variable does.
    pub(super) flags: String,
    pub(super) account: Option<String>,
    /// Whether the run writes to the service.
    pub(super) writes: bool,
    /// Whether a terminal shows what is waited for.
    shows_waits: bool,
    /// The folder of this machine's journals, and of copies of the others'.
    folder: PathBuf,
}

/// Which journals a run needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted<'a> {
    /// Those in which something matters to later runs, and the last one.
    Open,
    /// The same, for a run that holds its domains: it keeps the journals of runs that died.
    Held,
    /// All.
    All,
    /// Those of runs whose ids begin so, or the newest one (`last`). Those in parts are among them, as only they tell their numbers.
    Run(&'a str),
}

/// What the store knows of runs.
#[derive(Debug, Clone, Default)]
pub(super) struct Fetched {
    /// The highest number of any run that ended.
    pub(super) highest: u64,
    /// Runs that are going on elsewhere: what they have begun is not left open.
    pub(super) going_on: BTreeSet<String>,
    /// Journals that can't be kept in the folder of this machine.
    pub(super) unkept: Vec<Unkept>,
    /// Why they can't.
    unwritable: Option<Diagnostic>,
}

impl Fetched {
    /// # Errors
    /// When a journal could not be kept in the folder, for who reads it there.
    fn insist(self) -> Result<Self, Failure> {
        match self.unwritable {
            Some(why) => Err(why.into()),
            None => Ok(self),
        }
    }
}

/// Runs that are going on elsewhere, for who wants to know what they hold.
pub(super) struct Elsewhere {
    shared: Shared,
    runs: BTreeSet<String>,
}

/// How long a plan asks at most what other runs hold: the store answered a moment ago.
const ASIDE: Duration = Duration::from_secs(3);

impl Elsewhere {
    /// Which of these domains they hold; nothing if the store does not say so soon.
    pub(super) async fn hold(&self, domains: &BTreeSet<String>) -> Vec<Held> {
        let Self { shared, runs } = self;
        let account = store::account_name(shared.account.as_deref());
        let holders = store::holders(&shared.bare, account, (Some(domains), Some(runs)), Timestamp::now());
        tokio::time::timeout(ASIDE, holders).await.ok().and_then(Result::ok).unwrap_or_default()
    }
}

impl Shared {
    /// Opens the store, if the run has one that is not a folder. Nothing is asked of it yet.
    ///
    /// # Errors
    /// When it can't be used at all, or may not be with the embedded emulator.
    pub(super) fn open(
        keeping: &Keeping,
        remote: Option<&Remote>,
        account: Option<&str>,
    ) -> Result<Option<Self>, Failure> {
        let Some(StoreUrl::Bucket(url)) = keeping.store() else { return Ok(None) };
        let bare = open(url, remote)?;
        let objects: Arc<dyn Objects> = Arc::new(Patient::new(bare.clone(), PATIENCE));
        let account = account.map(str::to_owned);
        let shows_waits = io::stderr().is_terminal() && !remote.is_some_and(|remote| remote.log);
        let flags = keeping.typed().map(|store| format!(" --store {store}")).unwrap_or_default();
        let (name, folder) = (url.to_string(), keeping.folder());
        Ok(Some(Self { objects, bare, name, flags, account, writes: false, shows_waits, folder }))
    }

    /// Waits for the store; if that takes long, it is shown on a terminal, and said once elsewhere.
    pub(super) async fn asking<T>(&self, answers: impl Future<Output = T>) -> T {
        static IS_SAID: AtomicBool = AtomicBool::new(false);
        let what = format!("Waiting for the store {}", clean(&self.name));
        let say = || {
            if !IS_SAID.swap(true, Ordering::Relaxed) {
                note(&format!("{what}\n"));
            }
        };
        match self.shows_waits {
            true => telling(&what, answers).await,
            false => saying(answers, say).await,
        }
    }

    /// Opens the store and brings journals here. Without one, nothing is done.
    ///
    /// # Errors
    /// As [`Self::open`], and when the store can't be read.
    pub(super) fn bring(
        keeping: &Keeping,
        remote: Option<&Remote>,
        account: Option<&str>,
        wanted: Wanted<'_>,
    ) -> Result<Fetched, Failure> {
        match Self::open(keeping, remote, account)? {
            Some(shared) => block_on(shared.fetch(wanted))?,
            None => Ok(Fetched::default()),
        }
    }

    /// Runs that are going on elsewhere, if there are any.
    pub(super) fn elsewhere(self, fetched: &Fetched) -> Option<Elsewhere> {
        (!fetched.going_on.is_empty()).then(|| Elsewhere { shared: self, runs: fetched.going_on.clone() })
    }

    /// Brings journals here, of one account or else of every account that the store knows. If a time is given, those of runs that
    /// started on an earlier day are neither listed nor read.
    ///
    /// # Errors
    /// As [`Self::bring`].
    pub(super) fn bring_all(
        keeping: &Keeping,
        remote: Option<&Remote>,
        account: Option<&str>,
        since: Option<Timestamp>,
        wanted: Wanted<'_>,
    ) -> Result<(), Failure> {
        let day = since.map(|since| since.to_zoned(TimeZone::UTC).date());
        let Some(mut shared) = Self::open(keeping, remote, account)? else { return Ok(()) };
        block_on(async {
            for account in shared.accounts().await? {
                shared.account = account;
                shared.fetch_since(day, wanted).await?.insist()?;
            }
            Ok(())
        })?
    }

    /// The account, or else every account that the store knows.
    async fn accounts(&self) -> Result<Vec<Option<String>>, Failure> {
        if self.account.is_some() {
            return Ok(vec![self.account.clone()]);
        }
        let accounts = self.asking(store::accounts(&*self.objects)).await;
        let accounts = accounts.map_err(|error| self.unusable(&error))?;
        if accounts.is_empty() {
            note_empty(&self.name, None);
        }
        Ok(accounts.into_iter().map(Some).collect())
    }

    /// Brings journals of other machines here, as far as they are not here yet.
    ///
    /// # Errors
    /// When the store can't be read, or the folder can't be written.
    pub(super) async fn fetch(&self, wanted: Wanted<'_>) -> Result<Fetched, Failure> {
        self.fetch_since(None, wanted).await
    }

    async fn fetch_since(&self, day: Option<Date>, wanted: Wanted<'_>) -> Result<Fetched, Failure> {
        let fetching = async {
            let known = store::runs(&*self.objects, self.account.as_deref(), day).await;
            let known = known.map_err(|error| self.unusable(&error))?;
            if day.is_none() && known.is_empty() {
                note_empty(&self.name, self.account.as_deref());
            }
            self.fetch_known(known, wanted).await
        };
        self.asking(fetching).await
    }

    /// The same for these runs.
    ///
    /// # Errors
    /// When the store can't be read, or the folder can't be written.
    pub(super) async fn fetch_of(
        &self,
        known: Vec<KnownRun>,
        wanted: Wanted<'_>,
    ) -> Result<Fetched, Failure> {
        self.asking(self.fetch_known(known, wanted)).await?.insist()
    }

    async fn fetch_known(&self, known: Vec<KnownRun>, wanted: Wanted<'_>) -> Result<Fetched, Failure> {
        let number = |known: &KnownRun| match known.kept {
            Kept::Whole { number, .. } => number,
            Kept::Parts => 0,
        };
        let highest = known.iter().map(number).max().unwrap_or_default();
        let newest = known.iter().map(|one| (number(one), one.run.clone())).max();
        let newest = newest.as_ref().map(|(number, run)| (*number, &**run));
        let is_wanted = |one: &KnownRun| match (&one.kept, wanted) {
            (Kept::Whole { object, number, is_open }, Wanted::Open | Wanted::Held) => {
                (*is_open || *number == highest) && !has_whole(&self.folder, &one.run, object.size)
            }
            (Kept::Whole { object, .. }, Wanted::All) => !has_whole(&self.folder, &one.run, object.size),
            (Kept::Whole { object, number, .. }, Wanted::Run(id)) => {
                let place = Some((*number, &*one.run));
                let is_meant = if id == "last" { place == newest } else { one.run.starts_with(id) };
                is_meant && !has_whole(&self.folder, &one.run, object.size)
            }
            (Kept::Parts, Wanted::Run(id)) => id == "last" || one.run.starts_with(id),
            (Kept::Parts, _) => true,
        };
        // Only a plan must know which runs are going on.
        let parts = known.iter().filter(|one| one.kept == Kept::Parts && !matches!(wanted, Wanted::Run(_)));
        let asking = parts.map(|one| {
            let (objects, account, run) = (self.objects.clone(), self.account.clone(), one.run.clone());
            async move {
                let now = Timestamp::now();
                let progress = store::progress(&*objects, account.as_deref(), &run, now).await?;
                Ok((run, progress))
            }
        });
        let progress: Result<Vec<(String, Progress)>, StoreError> = side_by_side(asking).await;
        let progress: BTreeMap<String, Progress> =
            progress.map_err(|error| self.unusable(&error))?.into_iter().collect();
        let reading = known.into_iter().filter(is_wanted).map(|one| {
            let died = wanted == Wanted::Held && progress.get(&one.run) == Some(&Progress::Over);
            let shared = self.clone();
            async move { shared.fetch_one(&one, died).await }
        });
        let (mut unkept, mut unwritable) = (Vec::new(), None);
        for (one, why) in side_by_side(reading).await?.into_iter().flatten() {
            unkept.push(one);
            unwritable = Some(why);
        }
        let going_on = progress.into_iter().filter(|(_, progress)| *progress == Progress::GoingOn);
        Ok(Fetched { highest, going_on: going_on.map(|(run, _)| run).collect(), unkept, unwritable })
    }

    /// Brings the journal of one run here. If it died, its journal is also kept whole, as that of other runs, so that it is read at once.
    /// Gives it back if it can't be kept here, and why.
    async fn fetch_one(&self, known: &KnownRun, died: bool) -> Result<Option<(Unkept, Diagnostic)>, Failure> {
        let unusable = |error| self.unusable(&error);
        let (run, account) = (known.run.as_str(), self.account.as_deref());
        let text = store::journal(&*self.objects, account, known).await.map_err(unusable)?;
        let Some(text) = text else { return Ok(None) };
        // One that can't be read is told once it is here.
        let record = journal::read(&text).ok().flatten();
        if record.as_ref().is_some_and(|record| record.header.run != run) {
            let message =
                format!("in {}, the object of run {run} holds the journal of another run", self.name);
            return Err(Diagnostic::new(Code::Store, message).help(REPAIR).into());
        }
        if let Some(record) = record.filter(|_| died) {
            let place = (run, record.header.number, true);
            let kept = store::keep_journal(&*self.objects, account, place, &text, Teller::Another).await;
            kept.map_err(unusable)?;
        }
        let Err(error) = keep_copy(&self.folder, run, &text) else { return Ok(None) };
        let why = Diagnostic::new(Code::Journal, with_causes(&error))
            .help("livevod keeps copies of the journals in the store there: repair the folder, or name another one with `--journal DIR`");
        match error.is_unwritable() {
            true => Ok(Some((Unkept { run: run.to_owned(), text }, why))),
            false => Err(why.into()),
        }
    }

    /// Keeps the whole journal of a run that this machine wrote. Returns whether there is one.
    ///
    /// # Errors
    /// When it can't be read, or the store can't be written.
    pub(super) async fn keep_journal(&self, run: &str) -> Result<bool, Failure> {
        let text = own_journal(&self.folder, run)
            .map_err(|error| Diagnostic::new(Code::Journal, with_causes(&error)))?;
        let Some(text) = text else { return Ok(false) };
        let record = journal::read(&text).map_err(|error| {
            let message = format!("the journal of run {run} can't be read: {error}");
            Diagnostic::new(Code::Journal, message)
        })?;
        let Some(record) = record else { return Ok(false) };
        let place = (run, record.header.number, matters_later(&record));
        let account = self.account.as_deref();
        let keeping = store::keep_journal(&*self.objects, account, place, &text, Teller::Itself);
        let kept = self.asking(keeping).await;
        kept.map_err(|error| self.unusable(&error))?;
        Ok(true)
    }

    /// Keeps what existed before a run.
    ///
    /// # Errors
    /// When the store can't be written.
    pub(super) async fn keep_snapshot(&self, run: &str, text: &str) -> Result<(), Failure> {
        let keeping = store::keep_snapshot(&*self.objects, self.account.as_deref(), run, text);
        let kept = self.asking(keeping).await;
        Ok(kept.map_err(|error| self.unusable(&error))?)
    }

    /// What existed before a run; `None` if the store does not know it.
    ///
    /// # Errors
    /// When the store can't be read.
    pub(super) async fn snapshot(&self, run: &str) -> Result<Option<Vec<u8>>, Failure> {
        let read = self.asking(store::snapshot(&*self.objects, self.account.as_deref(), run)).await;
        Ok(read.map_err(|error| self.unusable(&error))?)
    }

    /// What existed before these runs, as far as the store can tell.
    pub(super) fn snapshots(
        keeping: &Keeping,
        remote: &Remote,
        account: Option<&str>,
        runs: &[String],
    ) -> BTreeMap<String, Vec<u8>> {
        let opened = Self::open(keeping, Some(remote), account).ok().flatten();
        let Some(shared) = opened.filter(|_| !runs.is_empty()) else { return BTreeMap::new() };
        let reading = async {
            let mut found = BTreeMap::new();
            for run in runs {
                if let Ok(Some(bytes)) = shared.snapshot(run).await {
                    found.insert(run.clone(), bytes);
                }
            }
            found
        };
        block_on(reading).unwrap_or_default()
    }

    /// Removes runs whose journals are kept.
    ///
    /// # Errors
    /// When the store can't be written.
    pub(super) async fn remove(&self, runs: &[String]) -> Result<(), Failure> {
        let unusable = |error| self.unusable(&error);
        let accounts = self.accounts().await?;
        let removing = async {
            for account in &accounts {
                let account = account.as_deref();
                let known = store::runs(&*self.objects, account, None).await.map_err(unusable)?;
                for one in known.iter().filter(|one| runs.contains(&one.run)) {
                    store::remove_run(&*self.objects, account, one).await.map_err(unusable)?;
                }
            }
            Ok(())
        };
        self.asking(removing).await
    }

    /// The runs in the folder whose whole journals the store lacks.
    ///
    /// # Errors
    /// When the store can't be read.
    pub(super) async fn lacks(&self, records: &[RunRecord]) -> Result<Vec<String>, Failure> {
        let account = self.account.as_deref();
        let known = self.asking(store::runs(&*self.objects, account, None)).await;
        let known = known.map_err(|error| self.unusable(&error))?;
        let is_whole = |run: &str| {
            known.iter().any(|known| known.run == run && matches!(known.kept, Kept::Whole { .. }))
        };
        let ours = records.iter().filter(|record| record.header.account == self.account);
        Ok(ours.map(|record| record.header.run.clone()).filter(|run| !is_whole(run)).collect())
    }

    /// The finding of a store that can't be used.
    pub(super) fn unusable(&self, error: &StoreError) -> Diagnostic {
        unusable(&self.name, error, self.writes)
    }
}

const REPAIR: &str =
    "look at the object in the bucket, and at who may write there; `livevod doctor` checks the rest";

/// The finding of a store that can't be used.
fn unusable(name: &str, error: &StoreError, writes: bool) -> Diagnostic {
    use crate::store::Trouble;
    let message = format!("the store {name} can't be used: {error}");
    let help = match error.trouble {
        Trouble::Unreachable | Trouble::Busy => match writes {
            true => {
                "try again; nothing is written to the service without the store, since another machine could be writing"
            }
            false => {
                "check its URL and the network, and try again; without the store, livevod does not know what other machines left unfinished"
            }
        },
        Trouble::Forbidden => "`livevod ram-policy --store URL` prints the permissions that a store needs",
        Trouble::Unauthenticated => "`livevod doctor` says where the credentials come from",
        Trouble::Skewed => {
            "set this machine's clock: the store refuses requests whose time is off by more than 15 minutes"
        }
        Trouble::NoBucket => "check the name of the bucket, and its region: `LIVEVOD_STORE_REGION`",
        Trouble::Versioned => {
            "use a bucket without versions: where an object can be created twice, two machines can hold the same lease"
        }
        Trouble::Locked => {
            "use a bucket without a retention policy: leases and old journals are removed again"
        }
        Trouble::Other => REPAIR,
    };
    Diagnostic::new(Code::Store, message).help(help)
}

/// Opens a bucket.
fn open(url: &BucketUrl, remote: Option<&Remote>) -> Result<Arc<dyn Objects>, Failure> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let is_embedded = remote.is_some_and(|remote| remote.emulator.is_some());
    let endpoint = bucket::endpoint(url, &variable)?;
    if is_embedded && !endpoint.is_loopback() {
        let message = format!("`--emulator` can't be used with the store {url}: it is on another machine");
        return Err(Diagnostic::new(Code::Usage, message)
            .help("leave out `--store`, or use the store of `livevod emulator` on this machine")
            .into());
    }
    let settings = bucket::Settings {
        variable: &variable,
        timeouts: Timeouts::default(),
        secrets: secrets().clone(),
        transport: None,
    };
    bucket::open(url, settings, || signer(remote))
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        let help = match &error {
            OpenError::Feature { .. } => "the binaries of releases are built with all of them",
            OpenError::NoRegion { .. } | OpenError::NoAccount => {
                "docs/stores.md lists the variables of each store"
            }
            _ => "set the variable to what docs/stores.md says, or unset it",
        };
        Diagnostic::new(Code::Store, error.to_string()).help(help).into()
    }
}
