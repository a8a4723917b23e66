//! Adds an entry.

use super::compare::Ready;
use super::confirm::Pace;
use super::decide::{ALREADY_EXISTS, Verdict, compare};
use super::domain::{Domain, Ended};
use super::journal::Intention;
use super::run::Leave;
use super::tries::Tries;
use crate::api::Error;
use super::{Cause, Occupant};
use crate::model::{RecordConfig, Remote};
use crate::plan::{ActionKind, Aim, Change};
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

    /// What the Add met may be the very entry that is wanted. The service knows of it, so a listing will show it. Where a write of
    /// this change before it is `in_doubt`, a Delete or another Add, what is there may be its own work, or a listing may lag behind.
    pub(super) async fn exists_already(&self, change: &Change, error: Error, in_doubt: bool) -> Ended {
        let mut pace = Pace::until(self.run.deadline);
        loop {
            // After a Delete nothing may be recorded meanwhile.
            let looked = match change.action {
                ActionKind::Replace => self.run.look_urgently(&change.address, change.spelling).await,
                _ => self.run.look(&change.address, change.spelling).await,
            };
            match looked {
                Ok(None) if self.run.next(&mut pace).await => {}
                Ok(found) if compare(Aim::of(change), found.as_ref()) == Verdict::Done => {
                    return Ended::done();
                }
                // A Delete was accepted: what shows as before it may be gone.
                Ok(found)
                    if in_doubt || (change.before.is_some() && Aim::of(change).at_before(found.as_ref())) =>
                {
                    return Ended::in_doubt(met(change, Ok(&found)), error);
                }
                Err(unread) if in_doubt => {
                    let request_id = error.request_id().map(str::to_owned);
                    return Ended { request_id, ..Ended::in_doubt(met(change, Err(&unread)), unread) };
                }
                looked => return Ended::refused(met(change, looked.as_ref()), error),
            }
        }
    }
}

/// What is known of an entry that an Add has met.
fn met(change: &Change, looked: Result<&Option<Remote>, &Error>) -> Cause {
    Cause::Occupied(match looked {
        Err(_) => Occupant::Unreadable,
        Ok(None) => Occupant::NotShown,
        Ok(found) if change.before.is_some() && Aim::of(change).at_before(found.as_ref()) => {
            Occupant::Old
        }
        Ok(Some(_)) => Occupant::Other,
    })
}
