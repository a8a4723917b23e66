//! Adds an entry.

use super::compare::Ready;
use super::confirm::Pace;
use super::decide::{ALREADY_EXISTS, Verdict, compare};
use super::domain::{Domain, Ended};
use super::journal::Intention;
use super::run::Leave;
use super::tries::Tries;
use super::{Failure, Outcome};
use crate::api::Error;
use crate::model::RecordConfig;
use crate::plan::{Aim, Change};
use crate::wire::{self, Action};

impl Domain {
    pub(super) async fn create(&mut self, change: &Change, after: &RecordConfig) -> Ended {
        let mut tries = Tries::new(&self.run.client);
        loop {
            let Ready { permit, until, .. } = match self.ready(&mut tries, change, Action::Add).await {
                Ok(ready) => ready,
                Err(ended) => return tries.end(ended),
            };
            let (intention, leave) =
                (Intention::add(&change.address, after, None), Leave::until(permit, until));
            let error = match self.run.send(intention, wire::add(&change.address, after), leave).await {
                Ok(request_id) => return self.confirm_change(change, change.spelling, request_id).await,
                Err(error) if error.code() == ALREADY_EXISTS => {
                    return self.exists_already(change, error, tries.lost_one()).await;
                }
                Err(error) => error,
            };
            if let Some(ended) = self.retry(&mut tries, change, change.spelling, error).await {
                return tries.end(ended);
            }
        }
    }

    /// What the Add met may be the very entry that is wanted. The service knows of it, so a listing will show it. Where an Add
    /// before it got `lost`, the entry may be its own work: unread, nobody knows.
    pub(super) async fn exists_already(&self, change: &Change, error: Error, lost: bool) -> Ended {
        let mut pace = Pace::until(self.run.deadline);
        loop {
            match self.run.look(&change.address, change.spelling).await {
                Ok(None) if self.run.next(&mut pace).await => {}
                Ok(found) if compare(Aim::of(change), found.as_ref()) == Verdict::Done => {
                    return Ended::done();
                }
                Err(unread) if lost => {
                    let message = "a write got no usable answer, and the entry that is there can't be read";
                    let outcome = Outcome::Unknown(Failure::of(message, unread));
                    return Ended { outcome, request_id: error.request_id().map(str::to_owned) };
                }
                Err(_) => return Ended::refused("an entry that can't be read stands there already", error),
                Ok(_) => return Ended::refused("an entry with other settings stands there already", error),
            }
        }
    }
}
