//! Deletes configurations, and proves that they are gone by listing the domain.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::Instant;

use super::cause::Cause;
use super::decide::{self, Sent};
use super::domain::Domain;
use super::guarded::Guarded;
use super::journal::Intention;
use super::report::Outcome;
use super::siblings::Saved;
use super::task::{Ended, Task};
use super::write::{Outgoing, Ready, Write, write};
use crate::api::{Class, Error};
use crate::model::{Address, DomainSnapshot, Remote};
use crate::plan::{ActionKind, Aim, Change};
use crate::wire::{self, Action};

/// The Delete of a configuration.
pub(super) struct Deleting<'a> {
    pub(super) guarded: Guarded<'a>,
    /// What existed before the last Delete that may have arrived.
    pub(super) saved: Option<Saved>,
}

/// A Delete that the service accepted.
struct Deletion {
    request_id: Option<String>,
    accepted: Instant,
}

impl Write for Deleting<'_> {
    type Kept = Saved;
    type End = Ended;

    async fn ready(&mut self) -> Result<Ready, Ended> {
        self.guarded.ready().await
    }

    async fn outgoing(&mut self, found: Option<Remote>) -> Result<Outgoing<'_, Saved>, Ended> {
        let Guarded { domain, change, .. } = &mut self.guarded;
        let Some(remote) = found else { return Err(self.guarded.end(Ended::done())) };
        let call = wire::delete(&change.address, remote.spelling);
        let saved = domain.saved(change, remote);
        Ok(Outgoing { intention: Intention::delete(change, &saved.siblings), call, kept: saved })
    }

    fn waited(&mut self, for_disk: Duration) {
        self.guarded.tries.retry.extend(for_disk);
    }

    /// The answer does not matter: the Delete may have arrived twice, or the answer may be wrong.
    async fn failed(&mut self, error: Error, saved: Saved) -> Option<Ended> {
        let spelling = saved.entry.spelling;
        if error.is_kept_back() {
            return self.guarded.retry(spelling, error).await;
        }
        self.saved = Some(saved);
        if error.class() != Class::Fatal {
            return self.guarded.retry(spelling, error).await;
        }
        let Guarded { domain, change, tries, .. } = &self.guarded;
        let ended = domain.refused_delete(change, error, tries.lost_one()).await;
        Some(self.guarded.end(ended))
    }
}

impl Domain {
    /// Deletes named streams one after another: none starts before it is known that the one before was accepted. One
    /// listing at the end proves all deletes.
    pub(super) async fn delete_named(&mut self, tasks: Vec<Task>) {
        let Some(first) = tasks.first() else { return };
        let unwritten = self.run.reader.domain(&first.change.address.domain).expects(tasks.len(), true);
        let mut accepted = Vec::new();
        for (task, _unwritten) in tasks.into_iter().zip(unwritten) {
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
        let run = self.run.clone();
        let mut deleting = Deleting { guarded: Guarded::new(self, change, Action::Delete), saved: None };
        let (request_id, _) = write(&run, &mut deleting).await?;
        Ok(Deletion { request_id, accepted: Instant::now() })
    }

    /// A refusal does not prove that the configuration exists: no document says how a Delete of a missing one is
    /// answered. If an earlier Delete got `lost`, the configuration is probably gone, and a listing may only lag
    /// behind.
    async fn refused_delete(&self, change: &Change, error: Error, lost: bool) -> Ended {
        let (reader, domain) = (&self.run.reader, &change.address.domain);
        let listed = match lost {
            true => reader.until_absent(&reader.client, domain, &[&change.address]).await,
            false => reader.listed(&reader.client, domain).await,
        };
        match listed {
            Ok(listing) if !listing.configs.contains_key(&change.address) => Ended::done(),
            Ok(_) | Err(_) => Ended::refused(Cause::NotCarriedOut(ActionKind::Delete), error),
        }
    }

    async fn prove_absent(&mut self, deleted: Vec<(Task, Deletion)>) {
        let Some((first, _)) = deleted.first() else { return };
        let gone: Vec<&Address> = deleted.iter().map(|(task, _)| &task.change.address).collect();
        let reader = &self.run.reader;
        let listed = reader.until_absent(&reader.client, &first.change.address.domain, &gone).await;
        for (task, Deletion { request_id, accepted }) in &deleted {
            // Where the domain can't be listed any more, another change may have listed it since.
            let outcome = match reader.listed_since(&task.change.address, *accepted) {
                Some(look) if listed.is_err() && look.found.is_none() => Outcome::Done,
                Some(_) | None => absence(&task.change, &listed, Sent::Accepted),
            };
            self.finish(task, Ended { outcome, request_id: request_id.clone() });
        }
    }

    /// Deletes one configuration, and keeps those that the service may delete along with an app-wide one.
    pub(super) async fn delete(&mut self, change: &Change) -> Ended {
        let run = self.run.clone();
        let mut deleting = Deleting { guarded: Guarded::new(self, change, Action::Delete), saved: None };
        let written = write(&run, &mut deleting).await;
        let saved = deleting.saved;
        match written {
            Ok((request_id, now)) => self.deleted(change, now, request_id).await,
            Err(ended) => self.end_app_wide(change, saved, ended).await,
        }
    }

    async fn deleted(&mut self, change: &Change, saved: Saved, request_id: Option<String>) -> Ended {
        let (reader, address) = (&self.run.reader, &change.address);
        let listed = reader.until_absent(&reader.client.urgent(), &address.domain, &[address]).await;
        let mut ended = Ended { outcome: absence(change, &listed, Sent::Accepted), request_id };
        let beside = self.keep_listed(change, &saved, listed).await;
        let beside = self.keep_settled(change, &saved, &mut ended, beside).await;
        self.end_beside(ended, beside)
    }

    /// Checks the siblings if some Delete may have arrived.
    pub(super) async fn end_app_wide(
        &mut self,
        change: &Change,
        saved: Option<Saved>,
        mut ended: Ended,
    ) -> Ended {
        let Some(saved) = saved.filter(|saved| !saved.siblings.is_empty()) else { return ended };
        let beside = match ended.outcome {
            Outcome::Done => self.keep_siblings(change, &saved).await,
            Outcome::Failed(_) | Outcome::NotAttempted(_) | Outcome::Unknown(_) => {
                let reader = &self.run.reader;
                let listed = reader.listed(&reader.client.urgent(), &change.address.domain).await;
                ended.seen_in(change, &listed);
                self.keep_listed(change, &saved, listed).await
            }
        };
        let beside = self.keep_settled(change, &saved, &mut ended, beside).await;
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
