//! Removes entries, and proves that they are gone by listing the domain.

use super::Outcome;
use super::compare::Compared;
use super::decide::{self, Aim, Sent};
use super::domain::{Domain, Ended, Task};
use crate::api::{Class, Error};
use crate::model::{Address, DomainSnapshot, StreamSpelling};
use crate::plan::Change;
use crate::wire;

/// A Delete that may have been carried out.
pub(super) struct Deletion {
    pub(super) sent: Sent,
    pub(super) request_id: Option<String>,
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
                Ok(deletion) if deletion.sent == Sent::Accepted => accepted.push((task, deletion)),
                // The next Delete must know how this one ended.
                Ok(deletion) => self.prove_absent(vec![(task, deletion)]).await,
                Err(ended) => self.finish(&task, ended),
            }
        }
        self.prove_absent(accepted).await;
    }

    async fn delete_one(&self, change: &Change) -> Result<Deletion, Ended> {
        match self.compare(change).await {
            Compared::Go(Some(remote)) => self.send_delete(change, remote.spelling).await,
            Compared::Go(None) => Err(Ended::done()),
            Compared::End(ended) => Err(ended),
        }
    }

    /// Sends the Delete. A refusal is no proof that the entry is there: no document says how a missing one is answered.
    pub(super) async fn send_delete(
        &self,
        change: &Change,
        spelling: StreamSpelling,
    ) -> Result<Deletion, Ended> {
        match self.run.send(wire::delete(&change.address, spelling)).await {
            Ok(request_id) => Ok(Deletion { sent: Sent::Accepted, request_id }),
            Err(error) if error.class() == Class::Ambiguous => {
                let request_id = error.request_id().map(str::to_owned);
                Ok(Deletion { sent: Sent::Unclear(error), request_id })
            }
            Err(error) => Err(self.refused_delete(change, error).await),
        }
    }

    async fn refused_delete(&self, change: &Change, error: Error) -> Ended {
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
        for (task, Deletion { sent, request_id }) in &deleted {
            let outcome = absence(&task.change, &listed, sent.clone());
            self.finish(task, Ended { outcome, request_id: request_id.clone() });
        }
        self.listing = listed.ok();
    }

    /// Deletes an app-wide entry, which might take along the entries beside it.
    pub(super) async fn delete_app_wide(&mut self, change: &Change) -> Ended {
        let remote = match self.compare_listed(change).await {
            Compared::Go(Some(remote)) => remote,
            Compared::Go(None) => return Ended::done(),
            Compared::End(ended) => return ended,
        };
        let siblings = self.siblings(change);
        let Deletion { sent, request_id } = match self.send_delete(change, remote.spelling).await {
            Ok(deletion) => deletion,
            Err(ended) => return ended,
        };
        let listed = self.run.until_absent(&change.address.domain, &[&change.address]).await;
        let outcome = absence(change, &listed, sent);
        self.keep_siblings(change, siblings, listed, Ended { outcome, request_id }).await
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
