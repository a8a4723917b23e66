//! Deletes an entry and adds it anew, with the gap between as short as can be.

use super::compare::Compared;
use super::confirm::Pace;
use super::decide::{ALREADY_EXISTS, AfterAdd, Sent, Verdict, after_add, compare};
use super::delete::absence;
use super::domain::{Domain, Ended};
use super::journal::Intention;
use super::run::Run;
use super::siblings::Siblings;
use super::tries::Tries;
use super::{Delay, Failure, Outcome};
use crate::api::{Class, Error, Turn};
use crate::model::{Address, RecordConfig, StreamSpelling};
use crate::plan::{Aim, Change, Contingent};
use crate::wire::{self, Action};

/// The place of an old entry that is gone.
struct Room {
    siblings: Siblings,
    /// Taken before the Delete, so that no wait lengthens the gap.
    turn: Turn,
}

impl Domain {
    pub(super) async fn replace(
        &mut self,
        change: &Change,
        before: &RecordConfig,
        after: &RecordConfig,
    ) -> Ended {
        let Room { siblings, turn } = match self.make_room(change, before, after).await {
            Ok(room) => room,
            Err(ended) => return ended,
        };
        let ended = match self.run.fill_gap(&change.address, after, None, turn).await {
            Ok(ended) => ended,
            Err(error) if error.code() == ALREADY_EXISTS => self.exists_already(change, error, false).await,
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
    async fn make_room(
        &mut self,
        change: &Change,
        before: &RecordConfig,
        after: &RecordConfig,
    ) -> Result<Room, Ended> {
        let mut tries = Tries::new(&self.run.client);
        loop {
            let delete = self.turn(change, Action::Delete).await?;
            let turn = self.turn(change, Action::Add).await?;
            let remote = match self.compare_for_replace(change).await {
                Compared::Go(Some(remote)) => remote,
                Compared::Go(None) => return Err(Ended::done()),
                Compared::End(ended) => return Err(ended),
            };
            let room = Room { siblings: self.siblings(change), turn };
            let call = wire::delete(&change.address, remote.spelling);
            let intentions = intentions(change, before, after, &room.siblings);
            self.run.intend(&intentions)?;
            let intention = Intention::delete(change, &room.siblings);
            let Err(error) = self.run.send(intention, call, delete).await else { return Ok(room) };
            let ended = match error.class() {
                Class::Ambiguous => self.await_room(change, error).await,
                Class::Fatal => Some(self.refused_delete(change, error).await),
                Class::NotSent | Class::Busy => self.retry(&mut tries, change, remote.spelling, error).await,
            };
            match ended {
                Some(Ended { outcome: Outcome::Done, .. }) => return Ok(room),
                Some(ended) => return Err(ended),
                None => {}
            }
        }
    }

    /// Nothing may be added while the Delete could still arrive.
    async fn await_room(&self, change: &Change, error: Error) -> Option<Ended> {
        self.run.delayed(&change.address, Delay::Unanswered(error.clone()));
        let request_id = id_of(Some(&error));
        let listed = self.run.until_absent(&change.address.domain, &[&change.address]).await;
        let still_there = listed.as_ref().is_ok_and(|listing| listing.configs.contains_key(&change.address));
        let outcome = match absence(change, &listed, Sent::Unclear(error.clone())) {
            Outcome::Unknown(_) if still_there && self.run.settle <= self.run.deadline => {
                let message =
                    "the Delete got no usable answer and the entry is still there, so nothing was added";
                Outcome::Failed(Failure::of(message, error))
            }
            outcome => outcome,
        };
        Some(Ended { outcome, request_id })
    }

    /// Adds the old entry back after the new one was refused.
    async fn add_back(&self, change: &Change, before: &RecordConfig, error: Error) -> Ended {
        self.run.delayed(&change.address, Delay::AddsBack(error.clone()));
        let refused = error.request_id().map(str::to_owned);
        self.run.settled(&change.address).await;
        if self.run.stands(Aim::of(change)).await {
            return Ended::done();
        }
        let turn = self.run.client.turn(Action::Add).await;
        match self.run.fill_gap(&change.address, before, Some(Contingent::AddBack), turn).await {
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

/// All writes that a replace may take. None of them may lack its intent once the first is out.
fn intentions<'a>(
    change: &'a Change,
    before: &'a RecordConfig,
    after: &'a RecordConfig,
    siblings: &Siblings,
) -> Vec<Intention<'a>> {
    let mut all = vec![Intention::delete(change, siblings), Intention::add(&change.address, after, None)];
    if change.contingent.contains(&Contingent::AddBack) {
        all.push(Intention::add(&change.address, before, Some(Contingent::AddBack)));
    }
    all
}

impl Run {
    /// Adds an entry where one is missing, again and again until the deadline: nothing is recorded meanwhile. The same Add
    /// may go out again before a lost one could arrive, since the second of the two is refused.
    ///
    /// # Errors
    /// When the entry was certainly not added.
    pub(super) async fn fill_gap(
        &self,
        address: &Address,
        config: &RecordConfig,
        contingent: Option<Contingent>,
        mut turn: Turn,
    ) -> Result<Ended, Error> {
        let aim = Aim::add(address, config);
        let mut pace = Pace::until(self.deadline);
        let mut lost: Option<Error> = None;
        loop {
            let intention = Intention::add(address, config, contingent);
            let error = match self.send(intention, wire::add(address, config), turn).await {
                Ok(request_id) => return Ok(self.filled(aim, Sent::Accepted, request_id).await),
                Err(error) => error,
            };
            let judged = after_add(&error);
            if judged == AfterAdd::GiveUp {
                return Err(error);
            }
            let unanswered = judged == AfterAdd::ReadBack;
            if unanswered {
                self.delayed(address, Delay::Unanswered(error.clone()));
            } else if let Some(pause) = pace.ahead() {
                self.delayed(address, Delay::Again { pause, error: error.clone() });
            }
            lost = if unanswered { Some(error.clone()) } else { lost };
            if lost.is_some() && self.stands(aim).await {
                return Ok(Ended { request_id: id_of(lost.as_ref()), ..Ended::done() });
            }
            if !pace.next().await {
                let Some(lost) = lost else { return Err(error) };
                let request_id = id_of(Some(&lost));
                return Ok(self.filled(aim, Sent::Unclear(lost), request_id).await);
            }
            turn = self.client.turn(Action::Add).await;
        }
    }

    /// Whether the entry is there as wanted.
    async fn stands(&self, aim: Aim<'_>) -> bool {
        let found = self.look(aim.address, StreamSpelling::Named).await;
        found.is_ok_and(|found| compare(aim, found.as_ref()) == Verdict::Done)
    }

    async fn filled(&self, aim: Aim<'_>, sent: Sent, request_id: Option<String>) -> Ended {
        Ended { outcome: self.confirm(aim, StreamSpelling::Named, sent).await, request_id }
    }
}

fn id_of(error: Option<&Error>) -> Option<String> {
    error?.request_id().map(str::to_owned)
}
