//! Turns a plan's changes into two waves of work, and the events of that work into outcomes in the plan's order.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::compare::Listing;
use super::domain::{self, Ended, Task};
use super::journal::{Broken, Intention, Journal};
use super::ladder::Rung;
use super::last;
use super::{ApplySettings, Cause, ChangeOutcome, Delay, Event, Failure, Outcome};
use crate::api::{Class, Client, Error, Permit};
use crate::model::Address;
use crate::plan::{ActionKind, Change, Decisions};
use crate::wire::Call;

/// What all domains of a run share.
pub(super) struct Run {
    pub(super) client: Client,
    pub(super) deadline: Duration,
    /// How long after it was sent a request that got no answer may still arrive.
    pub(super) settle: Duration,
    /// How old the look may be that a write rests on when it goes out.
    pub(super) freshness: Duration,
    stop_on_error: bool,
    pub(super) stop: watch::Receiver<bool>,
    journal: Journal,
    /// Addresses that a request may still arrive at, and until when.
    unsettled: Mutex<BTreeMap<Address, Instant>>,
    /// The changes under way, each since when.
    begun: Mutex<BTreeMap<Address, (ActionKind, Instant)>>,
    /// Where a write left for the service.
    sent: Mutex<BTreeSet<Address>>,
    /// What is done. A listing that lags behind may not show it yet.
    done: Mutex<Vec<Done>>,
    /// When the last write of each domain was answered.
    written: Mutex<BTreeMap<Arc<str>, Instant>>,
    /// The last listing of each domain.
    seen: Mutex<BTreeMap<Arc<str>, Listing>>,
    /// Domains whose last listing could not be read.
    not_seen_again: Mutex<Vec<(Arc<str>, Error)>>,
    /// The creates and deletes of domains where an app-wide entry goes, which have not ended or are not done.
    undone: Mutex<BTreeMap<Address, Undone>>,
    /// Whether some change is not done, so that no delete may start any more.
    trouble: AtomicBool,
    /// The way of saying "auto_compose off" that the service understood.
    rung: Mutex<Rung>,
    events: mpsc::UnboundedSender<Event>,
}

/// How far a create or delete is that is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Undone {
    Create,
    /// It has not ended yet.
    Delete,
}

impl Run {
    pub(super) fn new(
        decisions: &Decisions,
        client: Client,
        settings: ApplySettings,
    ) -> (Arc<Self>, mpsc::UnboundedReceiver<Event>) {
        let ApplySettings { deadline, settle, freshness, stop_on_error, stop, journal } = settings;
        let (events, receiver) = mpsc::unbounded_channel();
        let run = Self {
            client: client.heeding(stop.clone()),
            deadline,
            settle,
            freshness,
            stop_on_error,
            stop,
            journal,
            unsettled: Mutex::default(),
            begun: Mutex::default(),
            sent: Mutex::default(),
            done: Mutex::default(),
            written: Mutex::default(),
            seen: Mutex::default(),
            not_seen_again: Mutex::default(),
            undone: Mutex::new(undone(decisions)),
            trouble: AtomicBool::new(false),
            rung: Mutex::default(),
            events,
        };
        (Arc::new(run), receiver)
    }

    /// The one door for writes: the intent is on disk before one goes out, the answer is noted after.
    ///
    /// # Errors
    /// When the call fails, or its intent can't be written: then nothing was sent.
    pub(super) async fn send(
        &self,
        intention: Intention<'_>,
        call: Call,
        leave: Leave,
    ) -> Result<Option<String>, Error> {
        let Leave { permit, until, is_urgent } = leave;
        if until.is_some_and(|until| Instant::now() > until) {
            return Err(Error::Outdated);
        }
        let withheld = |broken: Broken| Error::Withheld { reason: broken.to_string() };
        let id = self.journal.send(&intention).map_err(withheld)?;
        let client = if is_urgent { &self.client.urgent() } else { &self.client };
        let sent = client.write_in(permit, &call, until).await;
        self.journal.answered(id, &sent);
        if !sent.as_ref().is_err_and(Error::is_kept_back) {
            self.sent().insert(intention.address.clone());
            lock(&self.written).insert(intention.address.domain.clone(), Instant::now());
        }
        if sent.as_ref().is_err_and(|error| error.class() == Class::Ambiguous) {
            self.unsettled().insert(intention.address.clone(), Instant::now() + self.settle);
        }
        sent
    }

    /// Puts intents on disk together, before the first of their writes: once it is out, the others can't be held up.
    pub(super) fn intend(&self, intentions: &[Intention<'_>]) -> Result<(), Ended> {
        let kept_back = |Broken(reason)| Ended::not_attempted(Cause::JournalBroken(reason));
        self.journal.intend(intentions).map_err(kept_back)
    }

    /// Waits until no request that was sent to an address can arrive any more. To be awaited before another kind of write.
    pub(super) async fn settled(&self, address: &Address) {
        let until = self.unsettled().get(address).copied();
        if let Some(until) = until {
            sleep_until(until).await;
        }
    }

    /// Whether no request that was sent to an address can arrive any more.
    pub(super) fn is_settled(&self, address: &Address) -> bool {
        self.unsettled().get(address).is_none_or(|until| *until <= Instant::now())
    }

    /// Waits until no request that was sent to any address of a domain can arrive any more, or the run ends.
    pub(super) async fn all_settled(&self, domain: &str) {
        let unsettled = self.unsettled().clone();
        let own = unsettled.into_iter().filter(|(address, _)| *address.domain == *domain);
        if let Some(until) = own.map(|(_, until)| until).max() {
            self.rest(until.saturating_duration_since(Instant::now())).await;
        }
    }

    fn unsettled(&self) -> MutexGuard<'_, BTreeMap<Address, Instant>> {
        self.unsettled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sent(&self) -> MutexGuard<'_, BTreeSet<Address>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The changes of a domain that are done.
    pub(super) fn done_in(&self, domain: &str) -> Vec<Task> {
        let done = lock(&self.done);
        let own = done.iter().filter(|done| *done.task.change.address.domain == *domain);
        own.map(|done| done.task.clone()).collect()
    }

    /// Keeps a listing that was read.
    pub(super) fn saw(&self, domain: &str, listing: Listing) {
        lock(&self.seen).insert(domain.into(), listing);
    }

    /// Whether the last listing of a domain shows all that is done there, is younger than the last write to it, and no older than a
    /// look may usually be.
    pub(super) fn was_just_seen(&self, domain: &str) -> bool {
        let fresh = self.freshness.min(ApplySettings::FRESHNESS);
        let written = lock(&self.written).get(domain).copied();
        let seen = lock(&self.seen).get(domain).cloned();
        seen.is_some_and(|listing| {
            written.is_none_or(|written| listing.is_younger(written))
                && listing.is_fresh(fresh)
                && last::shows(&listing.configs, &self.done_in(domain))
        })
    }

    /// The domains that were written, where something is done.
    fn to_see_again(&self) -> Vec<Arc<str>> {
        let written: Vec<Arc<str>> = lock(&self.written).keys().cloned().collect();
        written.into_iter().filter(|domain| !self.done_in(domain).is_empty()).collect()
    }

    /// A change that was done is not as wanted any more.
    pub(super) fn moved(&self, task: &Task, cause: Cause) {
        let Change { address, action, .. } = &*task.change;
        let done = lock(&self.done);
        let Some(done) = done.iter().find(|done| done.task.index == task.index) else { return };
        let (outcome, request_id) = (Outcome::Unknown(Failure::new(cause)), done.request_id.clone());
        let outcome = ChangeOutcome { address: address.clone(), action: *action, outcome, request_id };
        self.journal.ended(&outcome);
        self.tell(Event::Moved { index: task.index, outcome, after: done.at.elapsed() });
    }

    /// What went along with an app-wide entry was accepted again, and is not seen: the journal must not take it for back.
    pub(super) fn not_back(&self, address: &Address) {
        let outcome = Outcome::Unknown(Failure::new(Cause::AddedBackUnseen));
        let (address, action) = (address.clone(), ActionKind::Create);
        self.journal.ended(&ChangeOutcome { address, action, outcome, request_id: None });
    }

    /// The last listing of a domain could not be read.
    pub(super) fn not_seen_again(&self, domain: Arc<str>, error: Error) {
        lock(&self.not_seen_again).push((domain, error));
    }

    /// Whether the run is to delete an address and has not come to it yet.
    pub(super) fn is_yet_to_be_deleted(&self, address: &Address) -> bool {
        self.undone().get(address) == Some(&Undone::Delete)
    }

    /// Whether the run was to create an address and has not.
    pub(super) fn was_not_created(&self, address: &Address) -> bool {
        self.undone().get(address) == Some(&Undone::Create)
    }

    fn undone(&self) -> MutexGuard<'_, BTreeMap<Address, Undone>> {
        self.undone.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why a change may not be started now, if so.
    pub(super) fn bar(&self, action: ActionKind) -> Option<Cause> {
        let trouble = self.trouble.load(Ordering::Relaxed);
        if *self.stop.borrow() {
            return Some(Cause::Interrupted);
        }
        if let Some(Broken(reason)) = self.journal.broken() {
            return Some(Cause::JournalBroken(reason));
        }
        if let Some(stop) = self.client.stopped() {
            return Some(Cause::Stopped(stop));
        }
        if trouble && self.stop_on_error {
            return Some(Cause::StopOnError);
        }
        (trouble && action == ActionKind::Delete).then_some(Cause::DeletesHeld)
    }

    fn begun(&self) -> MutexGuard<'_, BTreeMap<Address, (ActionKind, Instant)>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn started(&self, task: &Task) {
        let Change { address, action, .. } = &*task.change;
        self.begun().insert(address.clone(), (*action, Instant::now()));
        self.tell(Event::Started { index: task.index, address: address.clone(), action: *action });
    }

    /// What is added back beside a change is no change under way, and not told.
    pub(super) fn delayed(&self, address: &Address, delay: Delay) {
        let begun = self.begun().get(address).copied();
        if let Some((action, since)) = begun {
            let (address, after) = (address.clone(), since.elapsed());
            self.tell(Event::Delayed { address, action, delay, after });
        }
    }

    /// A delete that was not attempted leaves everything as it was, so it keeps no other one back.
    pub(super) fn finished(&self, task: &Task, outcome: Outcome, request_id: Option<String>) {
        let Change { address, action, .. } = &*task.change;
        let harmless = match outcome {
            Outcome::Done => true,
            Outcome::NotAttempted(_) => *action == ActionKind::Delete,
            Outcome::Failed(_) | Outcome::Unknown(_) => false,
        };
        if !harmless {
            self.trouble.store(true, Ordering::Relaxed);
        }
        if outcome == Outcome::Done || *action == ActionKind::Delete {
            self.undone().remove(address);
        }
        if outcome == Outcome::Done {
            let done = Done { task: task.clone(), request_id: request_id.clone(), at: Instant::now() };
            lock(&self.done).push(done);
        }
        let outcome = ChangeOutcome { address: address.clone(), action: *action, outcome, request_id };
        self.journal.ended(&outcome);
        let sent = self.sent().contains(address);
        let begun = self.begun().remove(address);
        let took = begun.map(|(_, since)| since.elapsed()).unwrap_or_default();
        self.tell(Event::Finished { index: task.index, outcome, sent, took });
    }

    pub(super) fn rung(&self) -> Rung {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn keep_rung(&self, rung: Rung) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) = rung;
    }

    /// The receiver outlives every worker; were it gone, nobody would be left to tell.
    fn tell(&self, event: Event) {
        let _ = self.events.send(event);
    }
}

/// The right to send a write now.
pub(super) struct Leave {
    permit: Permit,
    /// Until when the look holds that the write rests on; for ever where it rests on none.
    until: Option<Instant>,
    is_urgent: bool,
}

impl Leave {
    /// For a write that rests on a look.
    pub(super) fn until(permit: Permit, until: Option<Instant>) -> Self {
        Self { permit, until, is_urgent: false }
    }

    /// For an Add, which overwrites nothing.
    pub(super) fn any_time(permit: Permit) -> Self {
        Self::until(permit, None)
    }

    /// For an Add until which nothing is recorded.
    pub(super) fn urgently(permit: Permit) -> Self {
        Self { is_urgent: true, ..Self::any_time(permit) }
    }
}

/// A change that is done.
struct Done {
    task: Task,
    request_id: Option<String>,
    at: Instant,
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The creates and deletes that matter to an app-wide entry that goes.
fn undone(decisions: &Decisions) -> BTreeMap<Address, Undone> {
    let going = decisions.changes.iter().filter(|change| change.may_take_along());
    let domains: BTreeSet<&str> = going.map(|change| &*change.address.domain).collect();
    let of = |change: &Change| {
        let undone = match change.action {
            ActionKind::Create => Undone::Create,
            ActionKind::Delete => Undone::Delete,
            ActionKind::Update | ActionKind::Replace => return None,
        };
        Some((change.address.clone(), undone))
    };
    decisions
        .changes
        .iter()
        .filter(|change| domains.contains(&*change.address.domain))
        .filter_map(of)
        .collect()
}

/// Runs the waves and keeps the outcomes.
pub(super) struct Waves<'a> {
    plan: &'a Decisions,
    run: Arc<Run>,
    events: mpsc::UnboundedReceiver<Event>,
    progress: &'a dyn Fn(Event),
    outcomes: Vec<Option<ChangeOutcome>>,
}

impl<'a> Waves<'a> {
    pub(super) fn new(
        plan: &'a Decisions,
        run: Arc<Run>,
        events: mpsc::UnboundedReceiver<Event>,
        progress: &'a dyn Fn(Event),
    ) -> Self {
        Self { plan, run, events, progress, outcomes: vec![None; plan.changes.len()] }
    }

    /// Creates, updates and replaces.
    pub(super) async fn write(&mut self) {
        self.wave(|action| action != ActionKind::Delete, domain::write).await;
    }

    /// Deletes.
    pub(super) async fn delete(&mut self) {
        self.wave(|action| action == ActionKind::Delete, domain::delete).await;
    }

    /// Looks at every domain that was written once more, unless a signal ended the run; gives those that can't be read.
    pub(super) async fn look_again(&mut self) -> Vec<(Arc<str>, Error)> {
        let mut workers = JoinSet::new();
        for domain in self.run.to_see_again() {
            workers.spawn(last::look(self.run.clone(), domain));
        }
        self.work(workers).await;
        let mut unread = std::mem::take(&mut *lock(&self.run.not_seen_again));
        unread.sort_by(|one, other| one.0.cmp(&other.0));
        unread
    }

    pub(super) fn into_outcomes(mut self) -> Vec<ChangeOutcome> {
        let missing: Vec<usize> =
            (0..self.outcomes.len()).filter(|index| self.outcomes[*index].is_none()).collect();
        for index in missing {
            let outcome = lost(&self.plan.changes[index]);
            self.note(Event::Finished { index, outcome, sent: true, took: Duration::ZERO });
        }
        self.outcomes.into_iter().flatten().collect()
    }

    async fn wave<Work>(&mut self, belongs: fn(ActionKind) -> bool, work: fn(Arc<Run>, Vec<Task>) -> Work)
    where
        Work: Future<Output = ()> + Send + 'static,
    {
        let mut workers = JoinSet::new();
        for tasks in self.tasks_by_domain(belongs) {
            workers.spawn(work(self.run.clone(), tasks));
        }
        self.work(workers).await;
    }

    /// Lets workers do their work, and tells what they tell.
    async fn work(&mut self, mut workers: JoinSet<()>) {
        loop {
            tokio::select! {
                biased;
                Some(event) = self.events.recv() => self.note(event),
                ended = workers.join_next() => if ended.is_none() { break },
            }
        }
        while let Ok(event) = self.events.try_recv() {
            self.note(event);
        }
    }

    fn tasks_by_domain(&self, belongs: fn(ActionKind) -> bool) -> Vec<Vec<Task>> {
        let mut domains: BTreeMap<&str, Vec<Task>> = BTreeMap::new();
        for (index, change) in
            self.plan.changes.iter().enumerate().filter(|(_, change)| belongs(change.action))
        {
            let task = Task { index, change: Arc::new(change.clone()) };
            domains.entry(&change.address.domain).or_default().push(task);
        }
        domains.into_values().collect()
    }

    fn note(&mut self, event: Event) {
        if let Event::Finished { index, outcome, .. } | Event::Moved { index, outcome, .. } = &event {
            self.outcomes[*index] = Some(outcome.clone());
        }
        (self.progress)(event);
    }
}

/// The end of a change that nobody told the end of.
fn lost(change: &Change) -> ChangeOutcome {
    ChangeOutcome {
        address: change.address.clone(),
        action: change.action,
        outcome: Outcome::Unknown(Failure::new(Cause::WorkLost)),
        request_id: None,
    }
}
