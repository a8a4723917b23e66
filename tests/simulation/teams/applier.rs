//! One process of several: takes its domains, reads what earlier runs left, plans and applies, as the command does, and gives its
//! domains back.

use std::collections::BTreeMap;
use std::future::ready;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use livevod::api::{Client, ClientSettings, Rate, Timeouts};
use livevod::apply::journal::{self, Header, Journal, LeftOpenNow, Memory, RunId, RunRecord, Sink, Syncing};
use livevod::apply::{ApplySettings, Outcome, PlanningRead, apply};
use livevod::embedded;
use livevod::emulator::Service;
use livevod::plan::{Allowances, Plan, PlanOptions, plan};
use livevod::store::{
    self, Held, Holder, Lease, Lost, Objects, Patient, Progress, StoreError, TakeError, Taking, Teller, Terms,
};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::super::harness::disk::{Book, Disk};
use super::super::harness::journals::{self, TARGET};
use super::super::harness::key;
use super::super::harness::process::{End, Process, SETTLE};
use super::super::harness::scene::{Scene, released};
use super::super::harness::story::What;
use super::bucket::{Bucket, Door};
use super::cast::Role;
use super::machine::Machine;
use super::stage::Stage;
use super::wire::Wire;

/// The account of every lease.
pub(super) const ACCOUNT: &str = super::super::harness::files::ACCOUNT;

/// How long a lease lasts.
const LASTS: Duration = Duration::from_secs(90);

/// How long an operation of the store is repeated.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the processes share.
#[derive(Clone)]
pub(super) struct World {
    pub(super) stage: Arc<Stage>,
    pub(super) service: Arc<Service>,
    pub(super) bucket: Arc<Bucket>,
    pub(super) disk: Disk,
}

/// One process.
pub(super) struct Applier {
    world: World,
    machine: Arc<Machine>,
    door: Arc<Door>,
    scene: Arc<Scene>,
    domains: Vec<String>,
    wait: Duration,
    approval: Duration,
    is_released: bool,
    /// Whether it applies what it plans.
    writes: bool,
    kept: Mutex<Kept>,
}

/// What is known of a process when it ends, however it does.
#[derive(Default)]
pub(super) struct Kept {
    plan: Option<Plan>,
    looked: Vec<LeftOpenNow>,
    lease: Option<Lease>,
    waited: Vec<Held>,
    waiting: Duration,
    is_kept_out: bool,
    read: BTreeMap<String, String>,
    journal: Memory,
}

/// A process that ended.
pub(super) struct Ended {
    /// The process, if it came as far as to plan.
    pub(super) process: Option<Process>,
    pub(super) domains: Vec<String>,
    pub(super) scene: Arc<Scene>,
    pub(super) run: String,
    /// Why it lost its lease, if it did.
    pub(super) lost: Option<Lost>,
    /// The leases that it waited for.
    pub(super) waited: Vec<Held>,
    /// How long it took to take its domains.
    pub(super) waiting: Duration,
    /// Whether it ended because another one held a domain.
    pub(super) is_kept_out: bool,
    /// The journals of earlier runs that it read.
    pub(super) read: BTreeMap<String, String>,
    /// Whether nothing went wrong between it and the store, and it was never stopped.
    pub(super) is_calm: bool,
    /// The text of its journal on its own disk.
    pub(super) journal: String,
}

impl Applier {
    pub(super) fn new(world: &World, number: usize, role: Role, writes: bool) -> Self {
        let Role { scene, domains, life, way, weather: _, wait, approval, is_released, random } = role;
        let machine = Machine::new(number, world.stage.clone(), life);
        let door =
            Door { bucket: world.bucket.clone(), machine: machine.clone(), way, random: Mutex::new(random) };
        let door = Arc::new(door);
        let (world, kept) = (world.clone(), Mutex::default());
        Self { world, machine, door, scene, domains, wait, approval, is_released, writes, kept }
    }

    /// Runs until it ends, or dies.
    pub(super) async fn run(self) -> Ended {
        self.machine.begin().await;
        let number = self.machine.number;
        let run = RunId::new(self.machine.now(), number as u32);
        let end = tokio::select! {
            biased;
            () = self.machine.died() => End::Died,
            end = self.command(&run) => end,
        };
        self.machine.ends();
        // What is dropped with the process must be gone before anything else is judged.
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
        if let End::Refused(reasons) = &end {
            self.tell(What::Ended(format!("nothing is applied: {}", reasons.join("; "))));
        } else if let End::Applied(report) = &end {
            self.tell(What::Ended(format!("applied, {} calls", report.calls)));
        }
        let Self { door, machine, scene, domains, kept, .. } = self;
        let Kept { plan, looked, lease, waited, waiting, is_kept_out, read, journal } =
            kept.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ended {
            process: plan.map(|plan| Process { plan, end, looked }),
            domains,
            scene,
            run: run.name,
            lost: lease.and_then(|lease| lease.lost()),
            waited,
            waiting,
            is_kept_out,
            read,
            is_calm: door.way.is_calm() && machine.is_never_stopped(),
            journal: journal.text(),
        }
    }

    async fn command(&self, run: &RunId) -> End {
        let objects: Arc<dyn Objects> = self.door.clone();
        let terms = Terms::new(LASTS, Timeouts::default().whole, SETTLE);
        let holder = Holder { command: format!("process {}", self.machine.number), ..Holder::default() };
        let lease = match Lease::begin(
            objects,
            self.machine.elapsed(),
            terms,
            Some(ACCOUNT),
            &run.name,
            holder,
        )
        .await
        {
            Ok(lease) => lease,
            Err(error) => return refused(error),
        };
        self.kept(|kept| kept.lease = Some(lease.clone()));
        let keeper = lease.clone();
        let keeping = Keeping(tokio::spawn(async move { keeper.keep().await }));
        let end = self.with_lease(&lease, run).await;
        drop(keeping);
        let is_unknown = |report: &livevod::apply::Report| {
            report.outcomes.iter().any(|one| matches!(one.outcome, Outcome::Unknown(_)))
        };
        let settle = match &end {
            End::Applied(report) if is_unknown(report) => SETTLE,
            _ => Duration::ZERO,
        };
        if let Err(error) = self.keep_journal(&run.name).await {
            self.tell(What::Note(format!("its journal is not kept whole: {error}")));
        }
        if let Err(lost) = lease.end(settle).await {
            self.tell(What::Note(format!("its lease is not given back: {lost}")));
        }
        // What is left does no harm.
        let _ = store::tidy(&self.patient(), Some(ACCOUNT), self.machine.now()).await;
        end
    }

    async fn with_lease(&self, lease: &Lease, run: &RunId) -> End {
        let start = Instant::now();
        let taken = lease.take(&self.domains, self.wait, &|taking| self.taking(taking)).await;
        self.kept(|kept| kept.waiting = start.elapsed());
        match taken {
            Ok(()) => self.tell(What::Note(format!("holds {}", self.domains.join(", ")))),
            Err(TakeError::Held(held)) => {
                self.kept(|kept| kept.is_kept_out = true);
                return refused(format!("{} is held by {}", held.domain, held.run));
            }
            Err(error) => return refused(error),
        }
        let stored = match self.journals(lease).await {
            Ok(stored) => stored,
            Err(error) => return refused(error),
        };
        self.kept(|kept| kept.read.clone_from(&stored));
        let read: Result<Vec<Option<RunRecord>>, _> =
            stored.values().map(|text| journal::read(text)).collect();
        let runs: Vec<RunRecord> = match read {
            Ok(runs) => runs.into_iter().flatten().collect(),
            Err(error) => return refused(format!("a journal can't be read: {error}")),
        };
        let client = self.client();
        let read = client.dated_snapshot(self.scene.desired.domains.keys().cloned()).await;
        let options = PlanOptions {
            target: TARGET.to_owned(),
            allowances: if self.is_released { released() } else { Allowances::default() },
            gaps: journals::gaps(&runs),
            ..PlanOptions::default()
        };
        let Scene { desired, sources, .. } = &*self.scene;
        let plan = plan(desired, &read.snapshot, sources, &options);
        let looked = journals::look(&runs, desired, &read.snapshot);
        let held: Vec<String> = plan.notes.held.iter().map(|held| held.message.clone()).collect();
        let changes = plan.decisions.changes.clone();
        self.world.stage.planned(self.machine.number, What::Planned { changes, held: held.clone() });
        self.kept(|kept| (kept.plan, kept.looked) = (Some(plan.clone()), looked.clone()));
        let unread = read.unread.iter().map(|(domain, error)| format!("{domain}: {error}"));
        let reasons: Vec<String> = unread.chain(held).collect();
        if !reasons.is_empty() || !self.writes {
            return End::Refused(reasons);
        }
        let begins = |journal: Option<Journal>| journal.ok_or("the journal can't be written");
        if plan.decisions.changes.is_empty() {
            if looked.iter().any(LeftOpenNow::is_news)
                && let Ok(journal) = begins(self.journal(lease, run, &plan, &looked, &runs))
            {
                journal.finish(false, 0);
            }
            return End::Refused(Vec::new());
        }
        sleep(self.approval).await;
        let journal = match begins(self.journal(lease, run, &plan, &looked, &runs)) {
            Ok(journal) => journal,
            Err(reason) => return refused(reason),
        };
        let cleared = match plan.cleared() {
            Ok(cleared) => cleared,
            Err(refusal) => return refused(refusal),
        };
        let freshness = self.scene.call.freshness;
        let settings = ApplySettings {
            deadline: self.scene.call.deadline,
            settle: SETTLE,
            freshness,
            planned_on: PlanningRead::of(&plan.decisions, &read.snapshot, &read.listed, freshness),
            stop_on_error: self.scene.call.stop_on_error,
            lease: Some(lease.clone()),
            ..ApplySettings::new(CancellationToken::new(), journal)
        };
        let progress = |event| self.world.stage.progress(self.machine.number, event);
        End::Applied(apply(cleared, &client, settings, &progress).await)
    }

    /// The journals of runs that matter to later ones, as the command brings them from the store; of the other runs an empty text.
    async fn journals(&self, lease: &Lease) -> Result<BTreeMap<String, String>, StoreError> {
        let (objects, now) = (self.patient(), self.machine.now());
        let mut journals = BTreeMap::new();
        for known in lease.known_runs(&self.domains).await? {
            // Asked for before the journal is read: of a run that is over, all of it is read.
            let is_over = known.kept == store::Kept::Parts
                && store::progress(&objects, Some(ACCOUNT), &known.run, now).await? == Progress::Over;
            let text = match known.kept {
                store::Kept::Whole { is_open: false, .. } => None,
                _ => store::journal(&objects, Some(ACCOUNT), &known).await?,
            };
            if let (true, Some(text)) = (is_over, &text)
                && let Ok(Some(record)) = journal::read(text)
            {
                let place = (known.run.as_str(), record.header.number, true);
                store::keep_journal(&objects, Some(ACCOUNT), place, text, Teller::Another).await?;
            }
            journals.insert(known.run, text.unwrap_or_default());
        }
        Ok(journals)
    }

    /// Keeps the whole journal of this run, if it began one, and removes what nothing needs any more.
    async fn keep_journal(&self, run: &str) -> Result<(), StoreError> {
        let text = self.kept(|kept| kept.journal.text());
        let Ok(Some(record)) = journal::read(&text) else { return Ok(()) };
        let place = (run, record.header.number, journal::matters_later(&record));
        store::keep_journal(&self.patient(), Some(ACCOUNT), place, &text, Teller::Itself).await
    }

    fn patient(&self) -> Patient {
        Patient::new(self.door.clone(), PATIENCE)
    }

    fn client(&self) -> Client {
        let World { stage, service, bucket: _, disk: _ } = &self.world;
        let (stamps, chances, number) = (stage.clone(), stage.clone(), self.machine.number);
        let inner = embedded::transport(service.clone());
        let wire = Wire { inner, stage: stage.clone(), machine: self.machine.clone() };
        let call = &self.scene.call;
        let settings = ClientSettings {
            rate: Rate::per_minute(call.per_minute),
            parallelism: call.parallelism,
            patience: call.deadline,
            stamps: Arc::new(move || Ok(stamps.stamp())),
            jitter: Arc::new(move || chances.chance(number)),
            ..ClientSettings::new(key())
        };
        Client::in_process(Arc::new(wire), settings)
    }

    /// Begins the journal, of which the store gets a copy.
    fn journal(
        &self,
        lease: &Lease,
        run: &RunId,
        plan: &Plan,
        looked: &[LeftOpenNow],
        earlier: &[RunRecord],
    ) -> Option<Journal> {
        let memory = Memory::default();
        self.kept(|kept| kept.journal = memory.clone());
        let highest = earlier.iter().map(|run| run.header.number).max().unwrap_or_default();
        let header = Header::new(run, plan, None).behind(highest, earlier);
        let (stage, process) = (self.world.stage.clone(), self.machine.number);
        let book = Book::new(memory, self.world.disk, move |what| stage.note(process, what));
        let (copy, machine) = (Copied(lease.clone()), self.machine.clone());
        let clock = Arc::new(move || machine.now());
        let journal = Journal::begin_with(Box::new(book), Some(Box::new(copy)), clock, header).ok()?;
        let found = looked
            .iter()
            .filter_map(|one| Some((one.open.run.clone(), one.open.address.clone(), one.found?)));
        journal.resolved(found).ok()?;
        Some(journal)
    }

    fn taking(&self, taking: Taking) {
        match taking {
            Taking::Waiting(held) => {
                self.tell(What::Note(format!("waits for {} of {}", held.domain, held.run)));
                self.kept(|kept| kept.waited.push(held));
            }
            Taking::TookOver(held) => {
                self.tell(What::Note(format!("takes over {} of {}", held.domain, held.run)));
            }
        }
    }

    fn tell(&self, what: What) {
        self.world.stage.tell(self.machine.number, what);
    }

    fn kept<T>(&self, with: impl FnOnce(&mut Kept) -> T) -> T {
        with(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn refused(reason: impl ToString) -> End {
    End::Refused(vec![reason.to_string()])
}

/// The task that renews the lease; it ends with its process.
struct Keeping(JoinHandle<Lost>);

impl Drop for Keeping {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The copy of a journal for others.
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
