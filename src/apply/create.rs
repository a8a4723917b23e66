//! Adds an entry.

use super::compare::Compared;
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
    /// A named stream needs no look before: an Add never overwrites. An app-wide entry does, since the service could hold it
    /// under another spelling and take a second one beside it.
    pub(super) async fn create(&mut self, change: &Change, after: &RecordConfig) -> Ended {
        let mut tries = Tries::new(&self.run.client);
        loop {
            let permit = match self.permit(&mut tries, change, Action::Add).await {
                Ok(permit) => permit,
                Err(ended) => return tries.end(ended),
            };
            let compared = match change.address.is_app_wide() {
                false => Compared::Go(None, None),
                true => self.compare_listed(&tries, change, &permit).await,
            };
            let until = match compared {
                Compared::Go(_, until) => until,
                Compared::End(ended) => return tries.end(ended),
                Compared::Unread(error) => {
                    drop(permit);
                    match self.unread(&mut tries, error).await {
                        Some(ended) => return tries.end(ended),
                        None => continue,
                    }
                }
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
