//! Takes the changes of one domain one at a time, in an order that leaves as little unrecorded as possible.

use std::sync::Arc;

use tokio::task::yield_now;

use super::cause::{Cause, Failure, Halt};
use super::reader::Listing;
use super::report::Outcome;
use super::run::Run;
use super::task::{Ended, Task};
use crate::api::{Client, Error};
use crate::plan::{Change, Transition};

/// One domain within one wave.
pub(super) struct Domain {
    pub(super) run: Arc<Run>,
    /// The wave's one full listing, read when first needed. Only this run's own writes are newer.
    pub(super) listing: Option<Listing>,
    /// Why nothing more is written in this domain, if so.
    pub(super) halted: Option<Halt>,
}

/// Creates, updates and replaces.
pub(super) async fn write(run: Arc<Run>, mut tasks: Vec<Task>) {
    // App-wide configurations first within each kind: they share one listing, read just before.
    tasks.sort_by_key(|task| (task.change.action(), !task.change.address.is_app_wide(), task.index));
    Domain::new(run).carry_out_all(tasks).await;
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
        Self { run, listing: None, halted: None }
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
        let listing = match self.listing.take().filter(|listing| listing.is_fresh(window)) {
            Some(listing) => listing,
            None => self.run.reader.list(client, &change.address.domain).await?,
        };
        Ok(self.listing.insert(listing))
    }
}
