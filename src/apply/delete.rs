//! Removes entries, and proves that they are gone by listing the domain.

use std::sync::Arc;

use tokio::task::yield_now;

use super::{Cause, Outcome};
use super::compare::{Compared, Ready};
use super::decide::{self, Sent};
use super::domain::{Domain, Ended, Task};
use super::journal::Intention;
use super::run::Leave;
use super::siblings::{Saved, Siblings};
use super::tries::Tries;
use crate::api::{Class, Error};
use crate::model::{Address, DomainSnapshot, StreamSpelling};
use crate::plan::{ActionKind, Aim, Change};
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
            let (remote, permit, until) = match self.ready(&mut tries, change, Action::Delete).await {
                Ok(Ready { found: Some(remote), permit, until }) => (remote, permit, until),
                Ok(Ready { found: None, .. }) => return Err(tries.end(Ended::done())),
                Err(ended) => return Err(tries.end(ended)),
            };
            let call = wire::delete(&change.address, remote.spelling);
            let (siblings, leave) = (Siblings::new(), Leave::until(permit, until));
            let error = match self.run.send(Intention::delete(change, &siblings), call, leave).await {
                Ok(request_id) => return Ok(Deletion { request_id }),
                Err(error) => error,
            };
            if let Some(ended) = self.retry_delete(&mut tries, change, remote.spelling, error).await {
                return Err(tries.end(ended));
            }
        }
    }

    async fn retry_delete(
        &mut self,
        tries: &mut Tries,
        change: &Change,
        spelling: StreamSpelling,
        error: Error,
    ) -> Option<Ended> {
        match error.class() {
            _ if error.is_kept_back() => self.retry(tries, change, spelling, error).await,
            Class::Fatal => Some(self.refused_delete(change, error, tries.lost_one()).await),
            Class::Ambiguous | Class::Busy | Class::NotSent => {
                self.retry(tries, change, spelling, error).await
            }
        }
    }

    /// A refusal is no proof that the entry is there: no document says how a missing one is answered. Where a Delete before
    /// it got `lost`, the entry is probably gone, and a listing may only lag behind.
    pub(super) async fn refused_delete(&self, change: &Change, error: Error, lost: bool) -> Ended {
        let listed = match lost {
            true => self.run.until_absent(&change.address.domain, &[&change.address]).await,
            false => self.run.listed(&self.run.client, &change.address.domain).await,
        };
        match listed {
            Ok(listing) if !listing.configs.contains_key(&change.address) => Ended::done(),
            Ok(_) | Err(_) => Ended::refused(Cause::NotCarriedOut(ActionKind::Delete), error),
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
        // What stood there before the last Delete that may have arrived.
        let mut saved = None;
        loop {
            self.settled_beside(change).await;
            let permit = match self.permit(&mut tries, change, Action::Delete).await {
                Ok(permit) => permit,
                Err(ended) => return self.end_app_wide(change, saved, tries.end(ended)).await,
            };
            let (entry, until) = match self.compare_app_wide(&tries, change, &permit).await {
                Compared::Go(Some(remote), until) => (remote, until),
                Compared::Go(None, _) => {
                    drop(permit);
                    return self.end_app_wide(change, saved, tries.end(Ended::done())).await;
                }
                Compared::End(ended) => {
                    drop(permit);
                    return self.end_app_wide(change, saved, tries.end(ended)).await;
                }
                Compared::Unread(error) => {
                    drop(permit);
                    match self.unread(&mut tries, error).await {
                        Some(ended) => return self.end_app_wide(change, saved, tries.end(ended)).await,
                        None => continue,
                    }
                }
            };
            let spelling = entry.spelling;
            let now = self.saved(change, entry);
            let call = wire::delete(&change.address, spelling);
            let leave = Leave::until(permit, until);
            let error = match self.run.send(Intention::delete(change, &now.siblings), call, leave).await {
                Ok(request_id) => return self.accepted_app_wide(change, now, request_id).await,
                Err(error) => error,
            };
            // Whatever it was answered with: it may have come twice, or the answer be wrong.
            if !error.is_kept_back() {
                saved = Some(now);
            }
            if let Some(ended) = self.retry_delete(&mut tries, change, spelling, error).await {
                return self.end_app_wide(change, saved, tries.end(ended)).await;
            }
        }
    }

    async fn accepted_app_wide(
        &mut self,
        change: &Change,
        saved: Saved,
        request_id: Option<String>,
    ) -> Ended {
        let (client, address) = (self.run.client.urgent(), &change.address);
        let listed = self.run.until_absent_by(&client, &address.domain, &[address]).await;
        let ended = Ended { outcome: absence(change, &listed, Sent::Accepted), request_id };
        let beside = self.keep_listed(change, &saved, listed).await;
        self.end_beside(ended, beside)
    }

    /// Looks after the siblings where some Delete may have arrived.
    pub(super) async fn end_app_wide(
        &mut self,
        change: &Change,
        saved: Option<Saved>,
        mut ended: Ended,
    ) -> Ended {
        let Some(saved) = saved.filter(|saved| !saved.siblings.is_empty()) else { return ended };
        let beside = match ended.outcome {
            Outcome::Done => self.keep_siblings(change, &saved, &mut ended).await,
            Outcome::Failed(_) | Outcome::NotAttempted(_) | Outcome::Unknown(_) => {
                let listed = self.run.listed(&self.run.client.urgent(), &change.address.domain).await;
                ended.seen_in(change, &listed);
                self.keep_listed(change, &saved, listed).await
            }
        };
        self.end_beside(ended, beside)
    }
}

/// What a listing says about a Delete.
pub(super) fn absence(change: &Change, listed: &Result<Arc<DomainSnapshot>, Error>, sent: Sent) -> Outcome {
    let aim = Aim { after: None, ..Aim::of(change) };
    let looked = match listed {
        Ok(listing) => Ok(decide::read_back(aim, listing.configs.get(&change.address))),
        Err(error) => Err(error.clone()),
    };
    decide::at_deadline(looked, sent)
}
