//! Turns a plan's changes into two waves of work, and the events of that work into outcomes in the plan's order.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::cause::{Cause, Failure};
use super::domain;
use super::event::Event;
use super::last;
use super::report::{ChangeOutcome, Outcome};
use super::run::Run;
use super::task::Task;
use crate::api::Error;
use crate::plan::{ActionKind, Change, Decisions};

/// Runs the waves and collects the outcomes.
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

    /// Waits until nothing that was sent can still arrive, unless a signal ended the run: it must not undo the next
    /// run, or what the last listings of this one show. A change with an unknown outcome stays unfinished in the
    /// journal, and the next run waits for it.
    pub(super) async fn settle(&self) {
        let until = self.run.books.known_ends_settle();
        self.run.reader.rest(until.saturating_duration_since(Instant::now())).await;
    }

    /// Checks every written domain once more, unless a signal ended the run; returns those that can't be read.
    pub(super) async fn look_again(&mut self) -> Vec<(Arc<str>, Error)> {
        let mut workers = JoinSet::new();
        for domain in self.run.books.to_see_again() {
            workers.spawn(last::look(self.run.clone(), domain));
        }
        self.work(workers).await;
        self.run.books.take_not_seen_again()
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
        let tasks = self.tasks_by_domain(belongs);
        self.run.announce(tasks.iter().flatten()).await;
        for tasks in tasks {
            workers.spawn(work(self.run.clone(), tasks));
        }
        self.work(workers).await;
    }

    /// Lets workers do their work, and reports their events.
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
            self.plan.changes.iter().enumerate().filter(|(_, change)| belongs(change.action()))
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

/// The outcome of a change whose end was never reported.
fn lost(change: &Change) -> ChangeOutcome {
    ChangeOutcome {
        address: change.address.clone(),
        action: change.action(),
        outcome: Outcome::Unknown(Failure::new(Cause::WorkLost)),
        request_id: None,
    }
}
