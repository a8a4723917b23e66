//! Takes the changes of one domain in an order that leaves as little unrecorded as possible: those of named streams side
//! by side, app-wide ones and replaces alone.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinError, JoinSet, yield_now};
use tokio::time::Instant;

use super::cause::{Cause, Failure, Halt};
use super::listings::{Listing, Unwritten};
use super::report::Outcome;
use super::run::Run;
use super::task::{Ended, Task};
use super::width::{Aside, Slot, Width};
use crate::api::{Client, Error};
use crate::plan::{ActionKind, Change, Transition};

/// One domain within one wave.
pub(super) struct Domain {
    pub(super) run: Arc<Run>,
    /// The wave's one full listing, read when first needed. Only this run's own writes are newer.
    pub(super) listing: Option<Listing>,
    /// Why nothing more is written in this domain, if so.
    pub(super) halted: Option<Halt>,
    /// The slot of a change that goes beside others, until its write is accepted.
    pub(super) slot: Option<Slot>,
    /// Counts that change until its write is accepted.
    unwritten: Option<Unwritten>,
}

/// Creates, updates and replaces.
pub(super) async fn write(run: Arc<Run>, mut tasks: Vec<Task>) {
    let mut domain = Domain::new(run);
    for kind in [ActionKind::Create, ActionKind::Update, ActionKind::Replace] {
        let own: Vec<Task> = tasks.extract_if(.., |task| task.change.action() == kind).collect();
        // App-wide configurations first within each kind: they share one listing, read just before.
        let (wide, named): (Vec<Task>, Vec<Task>) =
            own.into_iter().partition(|task| task.change.address.is_app_wide());
        domain.carry_out_all(wide).await;
        match kind {
            ActionKind::Replace => domain.carry_out_all(named).await,
            _ => domain.carry_out_side_by_side(named).await,
        }
    }
}

/// Deletes: the named streams first, so that they are no longer siblings when an app-wide configuration is deleted.
pub(super) async fn delete(run: Arc<Run>, tasks: Vec<Task>) {
    let (wide, named): (Vec<Task>, Vec<Task>) =
        tasks.into_iter().partition(|task| task.change.address.is_app_wide());
    let mut domain = Domain::new(run);
    domain.delete_named(named).await;
    domain.carry_out_all(wide).await;
}

impl Domain {
    fn new(run: Arc<Run>) -> Self {
        Self { run, listing: None, halted: None, slot: None, unwritten: None }
    }

    /// How many changes of the domain go side by side.
    pub(super) fn width(&self, change: &Change) -> Arc<Width> {
        self.run.reader.domain(&change.address.domain).width.clone()
    }

    /// Whether the domain's width was lowered below the slots that are taken, that of this change among them.
    pub(super) fn is_too_wide(&self, change: &Change) -> bool {
        self.slot.is_some() && self.width(change).is_exceeded()
    }

    /// Gives the slot of this change back, if it has one, and waits for one, unless the run ends. Returns how long it waited.
    pub(super) async fn give_way(&mut self) -> Duration {
        let aside = self.slot.take().map(Slot::step_aside);
        self.come_back(aside).await
    }

    /// Waits for the slot of a change that stepped aside, unless the run ends. Returns how long it waited.
    pub(super) async fn come_back(&mut self, aside: Option<Aside>) -> Duration {
        let Some(aside) = aside else { return Duration::ZERO };
        let asked = Instant::now();
        self.slot = self.run.reader.unless_stopped(aside.slot()).await;
        asked.elapsed()
    }

    /// The service accepted the write of a change. Returns whether the change goes beside others: from now on, another
    /// one may take its slot.
    pub(super) fn accepted(&mut self, change: &Change) -> bool {
        self.width(change).widen();
        self.unwritten = None;
        self.slot.take().is_some()
    }

    /// Carries out changes of named streams, as many side by side as the service bears.
    async fn carry_out_side_by_side(&mut self, tasks: Vec<Task>) {
        let Some(domain) = tasks.first().map(|task| task.change.address.domain.clone()) else { return };
        let reads = self.run.reader.domain(&domain);
        let moves = tasks.iter().any(|task| task.change.action() != ActionKind::Update);
        let unwritten = reads.expects(tasks.len(), moves);
        let mut working = JoinSet::new();
        for (task, unwritten) in tasks.into_iter().zip(unwritten) {
            let slot = loop {
                tokio::select! {
                    biased;
                    Some(one) = working.join_next() => self.take_in(one),
                    slot = reads.width.slot(), if reads.may_go_on() => break slot,
                    () = reads.goes_on(), if !reads.may_go_on() => {}
                }
            };
            if self.start(&task) {
                let (slot, unwritten) = (Some(slot), Some(unwritten.started()));
                let own = Self { slot, unwritten, ..Self::new(self.run.clone()) };
                working.spawn(own.carry_out_beside(task));
            }
        }
        while let Some(one) = working.join_next().await {
            self.take_in(one);
        }
    }

    /// Carries out one change beside others; returns why nothing more is to be written in the domain, if so.
    async fn carry_out_beside(mut self, task: Task) -> Option<Halt> {
        let ended = self.carry_out(&task.change).await;
        self.finish(&task, ended);
        self.halted
    }

    /// A change whose work broke off has no end, which is reported at the end of the run.
    fn take_in(&mut self, halted: Result<Option<Halt>, JoinError>) {
        self.halted = self.halted.take().or(halted.ok().flatten());
    }

    /// Starts a change, unless something keeps it from starting; that is its outcome then.
    pub(super) fn start(&self, task: &Task) -> bool {
        let halted = self.halted.clone().map(Cause::DomainStopped);
        match halted.or_else(|| self.run.bar(task.change.action())) {
            Some(cause) => {
                self.run.books.finished(task, Outcome::NotAttempted(Failure::new(cause)), None);
                false
            }
            None => {
                self.run.books.started(task);
                true
            }
        }
    }

    pub(super) fn finish(&self, task: &Task, ended: Ended) {
        let Ended { outcome, request_id } = ended;
        self.run.books.finished(task, outcome, request_id);
    }

    async fn carry_out_all(&mut self, tasks: Vec<Task>) {
        for task in tasks {
            if self.start(&task) {
                let ended = self.carry_out(&task.change).await;
                self.finish(&task, ended);
            }
            // Yield so that the change's end is reported before the next one starts, however fast the service answers.
            yield_now().await;
        }
    }

    async fn carry_out(&mut self, change: &Change) -> Ended {
        match &change.transition {
            Transition::Create { after } => self.create(change, after).await,
            Transition::Update { before: _, after } => self.update(change, after).await,
            Transition::Replace { before, after } => self.replace(change, before, after).await,
            Transition::Delete { before: _ } => self.delete(change).await,
        }
    }

    /// The wave's listing; read now if there is none yet, or if it is too old.
    pub(super) async fn listed(&mut self, client: &Client, change: &Change) -> Result<&Listing, Error> {
        let window = self.run.freshness;
        let fresh = self.listing.take().filter(|listing| listing.is_fresh(window));
        let listing = match fresh.or_else(|| self.run.serving(&change.address)) {
            Some(listing) => listing,
            None => self.run.reader.list(client, &change.address.domain).await?,
        };
        Ok(self.listing.insert(listing))
    }
}
