//! Records the state of a run: what is in progress, done or may still arrive, and whether a change may start. Reports
//! events.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::cause::{Cause, Failure, Shown};
use super::event::{Delay, Event};
use super::journal::{Broken, Intention, Journal};
use super::report::{ChangeOutcome, Outcome};
use super::settings::ApplySettings;
use super::task::Task;
use crate::api::{Class, Error, Stop};
use crate::model::Address;
use crate::plan::{ActionKind, Change, Decisions};
use crate::store::{Lease, Lost};

/// What a run has done so far, and what keeps it from going on.
pub(super) struct Books {
    journal: Journal,
    lease: Option<Lease>,
    events: mpsc::UnboundedSender<Event>,
    /// How long after it was sent a request without an answer may still arrive.
    pub(super) settle: Duration,
    stop_on_error: bool,
    /// Cancelled when no new write may start.
    stop: CancellationToken,
    ledger: Mutex<Ledger>,
}

#[derive(Default)]
struct Ledger {
    /// Addresses at which a request may still arrive, and until when.
    unsettled: BTreeMap<Address, Instant>,
    /// The changes in progress, and when each started.
    begun: BTreeMap<Address, (ActionKind, Instant)>,
    /// When the last write to each address left.
    left: BTreeMap<Address, Instant>,
    /// Addresses for which a write was sent to the service, and when the last one was answered.
    sent: BTreeMap<Address, Instant>,
    /// When the last write of each domain was answered that makes older listings useless for a compare: it got no usable
    /// answer, or it was of an app-wide configuration.
    upset: BTreeMap<Arc<str>, Instant>,
    /// What is done. A listing that lags behind may not show it yet.
    done: Vec<Done>,
    /// Changes whose write the service accepted, and that no read has shown.
    unshown: Vec<Task>,
    /// Addresses whose change ended as unknown.
    unknown: BTreeSet<Address>,
    /// Why the lease could not be renewed, from the first attempt in vain until it is renewed.
    not_renewed: Option<Lost>,
    /// When the last write of each domain was answered.
    written: BTreeMap<Arc<str>, Instant>,
    /// Domains whose last listing could not be read.
    not_seen_again: Vec<(Arc<str>, Error)>,
    /// The creates and deletes that have not ended or are not done, in domains where an app-wide configuration is
    /// removed.
    undone: BTreeMap<Address, Undone>,
    /// What was added back beside an app-wide configuration and may be gone again.
    not_back: BTreeSet<Address>,
    /// Whether some change is not done, so that no delete may start.
    trouble: bool,
}

/// A change that is done.
struct Done {
    task: Task,
    request_id: Option<String>,
    at: Instant,
}

/// The state of a create or delete that is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Undone {
    Create,
    /// It has not ended yet.
    Delete,
}

impl Books {
    pub(super) fn new(
        decisions: &Decisions,
        settings: &ApplySettings,
        events: mpsc::UnboundedSender<Event>,
    ) -> Self {
        let ApplySettings { settle, stop_on_error, stop, journal, lease, .. } = settings.clone();
        let ledger = Mutex::new(Ledger { undone: undone(decisions), ..Ledger::default() });
        Self { journal, lease, events, settle, stop_on_error, stop, ledger }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts several intents on disk together, before the first of their writes: once that one is sent, nothing can
    /// delay the others.
    pub(super) async fn intend(&self, intentions: &[Intention<'_>]) -> Result<(), Cause> {
        self.journal.intend(intentions).await.map_err(|Broken(reason)| Cause::JournalBroken(reason))
    }

    /// Whether other machines share the domains, and so this run's intents.
    pub(super) fn has_lease(&self) -> bool {
        self.lease.is_some()
    }

    /// Tells others of writes that will be sent soon, and waits until they can know.
    pub(super) async fn announce(&self, intentions: &[Intention<'_>]) {
        self.journal.announce(intentions);
        // A write that must not be sent finds out why.
        let _ = self.secured().await;
    }

    /// Waits until others can know of every intent so far, and a call that starts now ends while the run holds its domains.
    ///
    /// # Errors
    /// When the run may write no more, or not now: nothing must be sent.
    pub(super) async fn secured(&self) -> Result<(), Error> {
        let Some(lease) = &self.lease else { return Ok(()) };
        let secured = lease.secure().await;
        if secured.is_ok() {
            self.ledger().not_renewed = None;
        }
        secured.map_err(|lost| {
            let reason = self.first(lost).to_string();
            // The store may answer again while no other run holds the domains.
            if lease.lost().is_none() { Error::NotNow { reason } } else { Error::Withheld { reason } }
        })
    }

    /// Of several attempts to renew the lease in vain, the first one: what was not attempted for want of it has one cause.
    fn first(&self, lost: Lost) -> Lost {
        match lost {
            Lost::NotRenewed(_) => self.ledger().not_renewed.get_or_insert(lost).clone(),
            Lost::TakenOver(_) | Lost::Ended => lost,
        }
    }

    /// Whether a call that starts now ends while the run holds its domains.
    pub(super) fn holds_domains(&self) -> bool {
        self.lease.as_ref().is_none_or(Lease::lasts)
    }

    /// Records that a write is about to be sent; returns its number.
    ///
    /// # Errors
    /// When its intent can't be written: then the write must not be sent.
    pub(super) async fn sending(&self, intention: &Intention<'_>) -> Result<u64, Error> {
        self.journal.send(intention).await.map_err(|broken| Error::Withheld { reason: broken.to_string() })
    }

    /// A write leaves for the service.
    pub(super) fn leaves(&self, address: &Address, at: Instant) {
        self.ledger().left.insert(address.clone(), at);
    }

    /// When the last write to an address left.
    pub(super) fn left(&self, address: &Address) -> Option<Instant> {
        self.ledger().left.get(address).copied()
    }

    /// Records how a write was answered.
    pub(super) fn answered(&self, id: u64, address: &Address, sent: &Result<Option<String>, Error>) {
        self.journal.answered(id, sent);
        let (now, mut ledger) = (Instant::now(), self.ledger());
        if !sent.as_ref().is_err_and(Error::is_kept_back) {
            ledger.sent.insert(address.clone(), now);
            ledger.written.insert(address.domain.clone(), now);
        }
        let is_unclear = sent.as_ref().is_err_and(|error| error.class() == Class::Ambiguous);
        if is_unclear || address.is_app_wide() {
            ledger.upset.insert(address.domain.clone(), now);
        }
        if is_unclear {
            ledger.unsettled.insert(address.clone(), now + self.settle);
        }
    }

    /// When the last write was answered after which no older read serves the compare before a write to an address: a write
    /// to that address, or one of unclear outcome or of an app-wide configuration in its domain.
    pub(super) fn upset(&self, address: &Address) -> Option<Instant> {
        let ledger = self.ledger();
        let upset = [ledger.sent.get(address), ledger.upset.get(&address.domain)];
        upset.into_iter().flatten().max().copied()
    }

    /// Waits until no request that was sent to an address can still arrive. To be awaited before another kind of write.
    pub(super) async fn settled(&self, address: &Address) {
        let until = self.ledger().unsettled.get(address).copied();
        if let Some(until) = until {
            sleep_until(until).await;
        }
    }

    /// Whether no request that was sent to an address can still arrive.
    pub(super) fn is_settled(&self, address: &Address) -> bool {
        self.ledger().unsettled.get(address).is_none_or(|until| *until <= Instant::now())
    }

    /// Until when a request that was sent to a domain may still arrive.
    pub(super) fn unsettled_until(&self, domain: &str) -> Option<Instant> {
        let ledger = self.ledger();
        let own = ledger.unsettled.iter().filter(|(address, _)| *address.domain == *domain);
        own.map(|(_, until)| *until).max()
    }

    /// When no request can still arrive, apart from those of changes with an unknown outcome.
    pub(super) fn known_ends_settle(&self) -> Instant {
        let ledger = self.ledger();
        let known = ledger.unsettled.iter().filter(|(address, _)| !ledger.unknown.contains(*address));
        known.map(|(_, until)| *until).max().unwrap_or_else(Instant::now)
    }

    /// The changes of a domain that are done.
    pub(super) fn done_in(&self, domain: &str) -> Vec<Task> {
        let ledger = self.ledger();
        let own = ledger.done.iter().filter(|done| *done.task.change.address.domain == *domain);
        own.map(|done| done.task.clone()).collect()
    }

    /// The changes of a domain that a listing must show: those that are done, and those that the service accepted.
    pub(super) fn carried_out_in(&self, domain: &str) -> Vec<Task> {
        let mut tasks = self.done_in(domain);
        let ledger = self.ledger();
        tasks.extend(ledger.unshown.iter().filter(|task| *task.change.address.domain == *domain).cloned());
        tasks
    }

    /// When the last write to a domain was answered.
    pub(super) fn written_at(&self, domain: &str) -> Option<Instant> {
        self.ledger().written.get(domain).copied()
    }

    /// The written domains in which something is done.
    pub(super) fn to_see_again(&self) -> Vec<Arc<str>> {
        let written: Vec<Arc<str>> = self.ledger().written.keys().cloned().collect();
        written.into_iter().filter(|domain| !self.done_in(domain).is_empty()).collect()
    }

    /// Records that the last listing of a domain could not be read.
    pub(super) fn not_seen_again(&self, domain: Arc<str>, error: Error) {
        self.ledger().not_seen_again.push((domain, error));
    }

    /// The domains whose last listing could not be read, sorted.
    pub(super) fn take_not_seen_again(&self) -> Vec<(Arc<str>, Error)> {
        let mut unread = std::mem::take(&mut self.ledger().not_seen_again);
        unread.sort_by(|one, other| one.0.cmp(&other.0));
        unread
    }

    /// Whether the run is to delete an address and has not started to.
    pub(super) fn is_yet_to_be_deleted(&self, address: &Address) -> bool {
        self.ledger().undone.get(address) == Some(&Undone::Delete)
    }

    /// Whether the run was to create an address and has not.
    pub(super) fn was_not_created(&self, address: &Address) -> bool {
        self.ledger().undone.get(address) == Some(&Undone::Create)
    }

    /// Why a change may not be started now, if so. `client` is why no more calls are sent, if so.
    pub(super) fn bar(&self, action: ActionKind, client: Option<Stop>) -> Option<Cause> {
        if self.stop.is_cancelled() {
            return Some(Cause::Interrupted);
        }
        if let Some(Broken(reason)) = self.journal.broken() {
            return Some(Cause::JournalBroken(reason));
        }
        if let Some(lost) = self.lease.as_ref().and_then(Lease::barred) {
            return Some(Cause::LeaseLost(self.first(lost)));
        }
        if let Some(stop) = client {
            return Some(Cause::Stopped(stop));
        }
        let trouble = self.ledger().trouble;
        if trouble && self.stop_on_error {
            return Some(Cause::StopOnError);
        }
        (trouble && action == ActionKind::Delete).then_some(Cause::DeletesHeld)
    }

    /// A change starts.
    pub(super) fn started(&self, task: &Task) {
        let (address, action) = (&task.change.address, task.change.action());
        self.ledger().begun.insert(address.clone(), (action, Instant::now()));
        self.tell(Event::Started { index: task.index, address: address.clone(), action });
    }

    /// A change takes longer. What is added back beside a change is not a change in progress, so it is not reported.
    pub(super) fn delayed(&self, address: &Address, delay: Delay) {
        let begun = self.ledger().begun.get(address).copied();
        if let Some((action, since)) = begun {
            let (address, after) = (address.clone(), since.elapsed());
            self.tell(Event::Delayed { address, action, delay, after });
        }
    }

    /// A change ends. A delete that was not attempted leaves everything as it was, so it does not stop other deletes.
    pub(super) fn finished(&self, task: &Task, outcome: Outcome, request_id: Option<String>) {
        let (address, action) = (&task.change.address, task.change.action());
        let (sent, took) = self.ledger().finish(task, &outcome, request_id.as_ref());
        let outcome = ChangeOutcome { address: address.clone(), action, outcome, request_id };
        self.journal.ended(&outcome);
        self.tell(Event::Finished { index: task.index, outcome, sent, took });
    }

    /// A change that was done is no longer as wanted.
    pub(super) fn moved(&self, task: &Task, cause: Cause) {
        let (address, action) = (&task.change.address, task.change.action());
        let (request_id, after) = {
            let ledger = self.ledger();
            let Some(done) = ledger.done.iter().find(|done| done.task.index == task.index) else { return };
            (done.request_id.clone(), done.at.elapsed())
        };
        let outcome = Outcome::Unknown(Failure::new(cause));
        let outcome = ChangeOutcome { address: address.clone(), action, outcome, request_id };
        self.journal.ended(&outcome);
        self.tell(Event::Moved { index: task.index, outcome, after });
    }

    /// What was deleted along with an app-wide configuration was accepted again, but is not visible, or a lost Delete
    /// may still delete it: the journal must not record it as added back.
    pub(super) fn not_back(&self, address: &Address, cause: Cause) {
        self.ledger().not_back.insert(address.clone());
        self.added_back(address, Outcome::Unknown(Failure::new(cause)));
    }

    /// What was deleted along exists again, and no request in flight can delete it.
    pub(super) fn is_back(&self, address: &Address) {
        let was_open = self.ledger().not_back.remove(address);
        if was_open {
            self.added_back(address, Outcome::Done);
        }
    }

    fn added_back(&self, address: &Address, outcome: Outcome) {
        let (address, action) = (address.clone(), ActionKind::Create);
        self.journal.ended(&ChangeOutcome { address, action, outcome, request_id: None });
    }

    /// The receiver outlives every worker; without it there would be no one to report to.
    fn tell(&self, event: Event) {
        let _ = self.events.send(event);
    }
}

impl Ledger {
    /// Whether a write of the change was sent to the service, and how long the change took.
    fn finish(&mut self, task: &Task, outcome: &Outcome, request_id: Option<&String>) -> (bool, Duration) {
        let (address, action) = (&task.change.address, task.change.action());
        let is_done = *outcome == Outcome::Done;
        let is_delete = action == ActionKind::Delete;
        let is_harmless = match outcome {
            Outcome::Done => true,
            Outcome::NotAttempted(_) => is_delete,
            Outcome::Failed(_) | Outcome::Unknown(_) => false,
        };
        self.trouble |= !is_harmless;
        if matches!(outcome, Outcome::Unknown(_)) {
            self.unknown.insert(address.clone());
        }
        if is_unshown(outcome) {
            self.unshown.push(task.clone());
        }
        if is_done || is_delete {
            self.undone.remove(address);
        }
        if is_done {
            let request_id = request_id.cloned();
            self.done.push(Done { task: task.clone(), request_id, at: Instant::now() });
        }
        let took = self.begun.remove(address).map(|(_, since)| since.elapsed());
        (self.sent.contains_key(address), took.unwrap_or_default())
    }
}

/// Whether the service accepted the last write, and no read showed it.
fn is_unshown(outcome: &Outcome) -> bool {
    let Outcome::Unknown(Failure { cause, .. }) = outcome else { return false };
    matches!(cause, Cause::NotConfirmed { accepted: true, shown: Shown::Nothing | Shown::Unreadable })
}

/// The creates and deletes that matter to an app-wide configuration that is removed.
fn undone(decisions: &Decisions) -> BTreeMap<Address, Undone> {
    let going = decisions.changes.iter().filter(|change| change.may_take_along());
    let domains: BTreeSet<&str> = going.map(|change| &*change.address.domain).collect();
    let of = |change: &Change| {
        let undone = match change.action() {
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
