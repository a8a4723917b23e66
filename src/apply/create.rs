//! Adds an entry.

use super::compare::Compared;
use super::decide::{ALREADY_EXISTS, Aim, Sent, Verdict, compare};
use super::domain::{Domain, Ended};
use crate::api::{Class, Error};
use crate::model::RecordConfig;
use crate::plan::Change;
use crate::wire;

impl Domain {
    /// A named stream needs no look before: an Add never overwrites. An app-wide entry does, since the service could hold it
    /// under another spelling and take a second one beside it.
    pub(super) async fn create(&mut self, change: &Change, after: &RecordConfig) -> Ended {
        if change.address.is_app_wide()
            && let Compared::End(ended) = self.compare_listed(change).await
        {
            return ended;
        }
        let sent = self.run.send(wire::add(&change.address, after)).await;
        let aim = Aim::of(change);
        match sent {
            Ok(request_id) => {
                Ended { outcome: self.run.confirm(aim, change.spelling, Sent::Accepted).await, request_id }
            }
            Err(error) if error.code() == ALREADY_EXISTS => self.exists_already(change, error).await,
            Err(error) if error.class() == Class::Ambiguous => self.confirm_unclear(change, error).await,
            Err(error) => Ended::refused("the Add was not carried out", error),
        }
    }

    /// What the Add met may be the very entry that is wanted.
    pub(super) async fn exists_already(&self, change: &Change, error: Error) -> Ended {
        match self.run.look(&change.address, change.spelling).await {
            Ok(found) if compare(Aim::of(change), found.as_ref()) == Verdict::Done => Ended::done(),
            Ok(_) | Err(_) => Ended::refused("an entry with other settings stands there already", error),
        }
    }

    /// Reads back after a write that got no usable answer.
    pub(super) async fn confirm_unclear(&self, change: &Change, error: Error) -> Ended {
        let request_id = error.request_id().map(str::to_owned);
        let outcome = self.run.confirm(Aim::of(change), change.spelling, Sent::Unclear(error)).await;
        Ended { outcome, request_id }
    }
}
