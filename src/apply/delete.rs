//! Removes entries, and proves that they are gone by listing the domain.

use tokio::task::yield_now;

use super::Outcome;
use super::compare::Compared;
use super::decide::{self, Sent};
use super::domain::{Domain, Ended, Task};
use super::journal::Intention;
use super::siblings::Siblings;
use super::tries::Tries;
use crate::api::{Class, Error};
use crate::model::{Address, DomainSnapshot};
use crate::plan::{Aim, Change};
use crate::wire::{self, Action};

/// A Delete that the service accepted.
pub(super) struct Deletion {
    request_id: Option<String>,
}

impl Domain {
    /// Deletes named streams one after another; one listing at the end proves them all.
    pub(super) async fn delete_named(&mut self, tasks: Vec<Task>) {
        let mut accepted = Vec::new();
        for task in tasks {
            if !self.start(&task) {
                continue;
            }
            match self.delete_one(&task.change).await {
                Ok(deletion) => accepted.push((task, deletion)),
                Err(ended) => self.finish(&task, ended),
            }
            yield_now().await;
        }
        self.prove_absent(accepted).await;
    }

    async fn delete_one(&mut self, change: &Change) -> Result<Deletion, Ended> {
        let mut tries = Tries::new(&self.run.client);
        loop {
            let turn = match self.turn(change, Action::Delete).await {
                Ok(turn) => turn,
                Err(ended) => return Err(tries.end(ended)),
            };
            let remote = match self.compare(change).await {
                Compared::Go(Some(remote)) => remote,
                Compared::Go(None) => return Err(tries.end(Ended::done())),
                Compared::End(ended) => return Err(tries.end(ended)),
            };
            let call = wire::delete(&change.address, remote.spelling);
            let error = match self.run.send(Intention::delete(change, &Siblings::new()), call, turn).await {
                Ok(request_id) => return Ok(Deletion { request_id }),
                Err(error) => error,
            };
            if error.class() == Class::Fatal {
                return Err(self.refused_delete(change, error).await);
            }
            if let Some(ended) = self.retry(&mut tries, change, remote.spelling, error).await {
                return Err(tries.end(ended));
            }
        }
    }

    /// A refusal is no proof that the entry is there: no document says how a missing one is answered.
    pub(super) async fn refused_delete(&self, change: &Change, error: Error) -> Ended {
        let listed = self.run.client.list_domain(&change.address.domain).await;
        match listed {
            Ok(listing) if !listing.configs.contains_key(&change.address) => Ended::done(),
            Ok(_) | Err(_) => Ended::refused("the Delete was not carried out", error),
        }
    }

    async fn prove_absent(&mut self, deleted: Vec<(Task, Deletion)>) {
        let Some((first, _)) = deleted.first() else { return };
        let gone: Vec<&Address> = deleted.iter().map(|(task, _)| &task.change.address).collect();
        let listed = self.run.until_absent(&first.change.address.domain, &gone).await;
        for (task, Deletion { request_id }) in &deleted {
            let outcome = absence(&task.change, &listed, Sent::Accepted);
            self.finish(task, Ended { outcome, request_id: request_id.clone() });
        }
    }

    /// Deletes an app-wide entry, which might take along the entries beside it.
    pub(super) async fn delete_app_wide(&mut self, change: &Change) -> Ended {
        let mut tries = Tries::new(&self.run.client);
        let mut siblings = Siblings::new();
        loop {
            let turn = match self.turn(change, Action::Delete).await {
                Ok(turn) => turn,
                Err(ended) => return self.end_app_wide(change, siblings, tries.end(ended)).await,
            };
            // Right before: what is not in this listing could not be added back.
            self.listing = None;
            let remote = match self.compare_listed(change).await {
                Compared::Go(Some(remote)) => remote,
                Compared::Go(None) => {
                    return self.end_app_wide(change, siblings, tries.end(Ended::done())).await;
                }
                Compared::End(ended) => return self.end_app_wide(change, siblings, tries.end(ended)).await,
            };
            siblings = self.siblings(change);
            let call = wire::delete(&change.address, remote.spelling);
            let error = match self.run.send(Intention::delete(change, &siblings), call, turn).await {
                Ok(request_id) => {
                    let listed = self.run.until_absent(&change.address.domain, &[&change.address]).await;
                    let outcome = absence(change, &listed, Sent::Accepted);
                    return self.keep_siblings(change, siblings, listed, Ended { outcome, request_id }).await;
                }
                Err(error) => error,
            };
            if error.class() == Class::Fatal {
                return self.refused_delete(change, error).await;
            }
            if let Some(ended) = self.retry(&mut tries, change, remote.spelling, error).await {
                return self.end_app_wide(change, siblings, tries.end(ended)).await;
            }
        }
    }

    /// Looks after the siblings where some Delete may have arrived; none were saved where none was sent.
    async fn end_app_wide(&mut self, change: &Change, siblings: Siblings, ended: Ended) -> Ended {
        if siblings.is_empty() || matches!(ended.outcome, Outcome::NotAttempted(_)) {
            return ended;
        }
        let listed = self.run.client.list_domain(&change.address.domain).await;
        self.keep_siblings(change, siblings, listed, ended).await
    }
}

/// What a listing says about a Delete.
pub(super) fn absence(change: &Change, listed: &Result<DomainSnapshot, Error>, sent: Sent) -> Outcome {
    let aim = Aim { after: None, ..Aim::of(change) };
    let looked = match listed {
        Ok(listing) => Ok(decide::read_back(aim, listing.configs.get(&change.address))),
        Err(error) => Err(error.clone()),
    };
    decide::at_deadline(looked, sent)
}
