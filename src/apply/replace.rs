//! Deletes an entry and adds it anew, with the gap between as short as can be.

use super::compare::Compared;
use super::confirm::Pace;
use super::decide::{ALREADY_EXISTS, AfterAdd, Aim, Sent, after_add};
use super::delete::{Deletion, absence};
use super::domain::{Domain, Ended};
use super::run::Run;
use super::{Failure, Outcome};
use crate::api::Error;
use crate::model::{Address, RecordConfig, StreamSpelling};
use crate::plan::{Change, Contingent};
use crate::wire;

impl Domain {
    pub(super) async fn replace(
        &mut self,
        change: &Change,
        before: &RecordConfig,
        after: &RecordConfig,
    ) -> Ended {
        let remote = match self.compare_for_replace(change).await {
            Compared::Go(Some(remote)) => remote,
            Compared::Go(None) => return Ended::done(),
            Compared::End(ended) => return ended,
        };
        let siblings = self.siblings(change);
        if let Err(ended) = self.make_room(change, remote.spelling).await {
            return ended;
        }
        let ended = match self.run.fill_gap(&change.address, after).await {
            Ok(ended) => ended,
            Err(error) if error.code() == ALREADY_EXISTS => self.exists_already(change, error).await,
            Err(error) if change.contingent.contains(&Contingent::AddBack) => {
                self.add_back(change, before, error).await
            }
            Err(error) => Ended::refused("the new entry could not be added", error),
        };
        self.listing = None;
        if siblings.is_empty() {
            return ended;
        }
        let listed = self.run.client.list_domain(&change.address.domain).await;
        self.keep_siblings(change, siblings, listed, ended).await
    }

    /// An app-wide entry may take along those beside it, so they are listed right before.
    async fn compare_for_replace(&mut self, change: &Change) -> Compared {
        self.listing = None;
        match change.address.is_app_wide() {
            true => self.compare_listed(change).await,
            false => self.compare(change).await,
        }
    }

    /// Deletes the old entry. After a success the Add follows at once; after no usable answer only once the entry is gone.
    async fn make_room(&self, change: &Change, spelling: StreamSpelling) -> Result<(), Ended> {
        let Deletion { sent, request_id } = match self.send_delete(change, spelling).await {
            Ok(deletion) => deletion,
            Err(Ended { outcome: Outcome::Done, .. }) => return Ok(()),
            Err(ended) => return Err(ended),
        };
        if sent == Sent::Accepted {
            return Ok(());
        }
        let listed = self.run.until_absent(&change.address.domain, &[&change.address]).await;
        let still_there = listed.as_ref().is_ok_and(|listing| listing.configs.contains_key(&change.address));
        match (absence(change, &listed, sent.clone()), sent) {
            (Outcome::Done, _) => Ok(()),
            (_, Sent::Unclear(error)) if still_there => {
                let message =
                    "the Delete got no usable answer and the entry is still there, so nothing was added";
                Err(Ended { outcome: Outcome::Failed(Failure::of(message, error)), request_id })
            }
            (outcome, _) => Err(Ended { outcome, request_id }),
        }
    }

    /// Adds the old entry back after the new one was refused.
    async fn add_back(&self, change: &Change, before: &RecordConfig, error: Error) -> Ended {
        let refused = error.request_id().map(str::to_owned);
        match self.run.fill_gap(&change.address, before).await {
            Ok(Ended { outcome: Outcome::Done, request_id }) => {
                let message = "the new entry could not be added; the old one was added back";
                Ended {
                    outcome: Outcome::Failed(Failure::of(message, error)),
                    request_id: refused.or(request_id),
                }
            }
            Ok(Ended { request_id, .. }) => {
                let message =
                    "the new entry could not be added; whether the old one was added back is not known";
                Ended { outcome: Outcome::Unknown(Failure::of(message, error)), request_id }
            }
            Err(again) => {
                let message = format!(
                    "neither the new entry nor the old one ({again}) could be added: nothing is there now"
                );
                Ended { outcome: Outcome::Failed(Failure::of(message, error)), request_id: refused }
            }
        }
    }
}

impl Run {
    /// Adds an entry where one is missing, again and again until the deadline: nothing is recorded meanwhile.
    ///
    /// # Errors
    /// When the entry was certainly not added.
    pub(super) async fn fill_gap(&self, address: &Address, config: &RecordConfig) -> Result<Ended, Error> {
        let mut pace = Pace::until(self.deadline);
        loop {
            let error = match self.send(wire::add(address, config)).await {
                Ok(request_id) => return Ok(self.filled(address, config, Sent::Accepted, request_id).await),
                Err(error) => error,
            };
            match after_add(&error) {
                AfterAdd::ReadBack => {
                    let request_id = error.request_id().map(str::to_owned);
                    return Ok(self.filled(address, config, Sent::Unclear(error), request_id).await);
                }
                AfterAdd::TryAgain if pace.next().await => {}
                AfterAdd::TryAgain | AfterAdd::GiveUp => return Err(error),
            }
        }
    }

    async fn filled(
        &self,
        address: &Address,
        config: &RecordConfig,
        sent: Sent,
        request_id: Option<String>,
    ) -> Ended {
        let outcome = self.confirm(Aim::add(address, config), StreamSpelling::Named, sent).await;
        Ended { outcome, request_id }
    }
}
