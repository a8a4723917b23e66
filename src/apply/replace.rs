//! Deletes an entry and adds it anew, with the gap between as short as can be.

use std::sync::Arc;

use super::compare::Compared;
use super::decide::{ALREADY_EXISTS, Met, Sent, Verdict, compare};
use super::delete::absence;
use super::domain::{Domain, Ended};
use super::fill::{Filling, Unfilled, id_of};
use super::journal::Intention;
use super::run::Leave;
use super::siblings::{Saved, Siblings};
use super::tries::Tries;
use super::{Cause, Delay, Failure, Outcome, Rest, Standing};
use crate::api::{Class, Error, Permit};
use crate::model::{DomainSnapshot, RecordConfig, StreamSpelling};
use crate::plan::{Aim, Change, Contingent};
use crate::wire;

/// The place of an old entry that is gone.
struct Room {
    saved: Saved,
    /// Taken before the Delete, so that no wait lengthens the gap.
    permit: Option<Permit>,
    /// What is known of a Delete that got no usable answer.
    doubt: Option<Doubt>,
}

/// What is known of a Delete that got no usable answer: it may still arrive, and take the new entry away.
enum Doubt {
    /// The entry is gone; somebody else may have removed it.
    Gone,
    /// Nothing can be read. An Add is safe all the same, since the service refuses it where the entry still stands.
    Unread(Ended),
}

impl Domain {
    pub(super) async fn replace(
        &mut self,
        change: &Change,
        before: &RecordConfig,
        after: &RecordConfig,
    ) -> Ended {
        let Room { saved, permit, doubt } = match self.make_room(change, before, after).await {
            Ok(room) => room,
            Err(ended) => return ended,
        };
        let is_in_doubt = doubt.is_some();
        let filling = Filling::over(&change.address, after, &saved.entry);
        let mut ended = match (self.run.fill_gap(filling, permit).await, doubt) {
            (Ok(ended), _) => ended,
            (Err(_), Some(Doubt::Unread(ended))) => {
                return self.end_app_wide(change, Some(saved), ended).await;
            }
            (Err(Unfilled { error, .. }), _) if error.code() == ALREADY_EXISTS => {
                self.exists_already(change, error, false).await
            }
            (Err(unfilled), _) => {
                let mut ended = self.roll_back(change, before, &saved, unfilled).await;
                let beside = self.keep_siblings(change, &saved, &mut ended).await;
                return self.end_beside(ended, beside);
            }
        };
        let beside = self.keep_siblings(change, &saved, &mut ended).await;
        let ended = match is_in_doubt {
            true => self.fill_again(change, after, &saved, ended).await,
            false => ended,
        };
        self.end_beside(ended, beside)
    }

    /// Adds the new entry once more when the Delete in doubt can arrive no more. The service refuses that where the entry
    /// stands; where the Delete took it away, it closes the gap. Reading would tell the same, but may lag behind.
    async fn fill_again(
        &mut self,
        change: &Change,
        after: &RecordConfig,
        saved: &Saved,
        ended: Ended,
    ) -> Ended {
        self.run.settled(&change.address).await;
        let filling = Filling { met: Met::NewEntry, ..Filling::over(&change.address, after, &saved.entry) };
        match self.run.fill_gap(filling, None).await {
            Ok(mut ended) => {
                let beside = self.keep_siblings(change, saved, &mut ended).await;
                self.end_beside(ended, beside)
            }
            Err(Unfilled { error, .. })
                if error.code() == ALREADY_EXISTS && ended.outcome == Outcome::Done =>
            {
                ended
            }
            Err(Unfilled { error, .. }) => self.not_filled_again(change, ended, error).await,
        }
    }

    /// How a replace ends whose new entry could not be added once more.
    async fn not_filled_again(&self, change: &Change, ended: Ended, error: Error) -> Ended {
        let is_vacant = error.code() != ALREADY_EXISTS;
        let found = match self.run.look(&change.address, StreamSpelling::Named).await {
            Ok(found) => found,
            Err(unread) if ended.outcome == Outcome::Done => {
                let failure = Failure::of(Cause::NotReplaced(Rest::NewUnread), unread);
                return Ended { outcome: Outcome::Unknown(failure), ..ended };
            }
            Err(_) => return ended,
        };
        match found {
            None if is_vacant => Ended::in_doubt(Cause::NotReplaced(Rest::NewGone), error),
            found if compare(Aim::of(change), found.as_ref()) == Verdict::Done => {
                Ended { outcome: Outcome::Done, ..ended }
            }
            _ => ended,
        }
    }

    async fn compare_for_replace(&mut self, tries: &Tries, change: &Change, permit: &Permit) -> Compared {
        match change.address.is_app_wide() {
            true => self.compare_app_wide(tries, change, permit).await,
            false => self.compare(tries, change, permit).await,
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
        // What stood there before a Delete that was sent and refused.
        let mut refused: Option<Saved> = None;
        loop {
            self.settled_beside(change).await;
            let (delete, permit) = match self.permits(&mut tries, change).await {
                Ok(permits) => permits,
                Err(ended) => return Err(self.end_app_wide(change, refused, ended).await),
            };
            let (remote, until) = match self.compare_for_replace(&tries, change, &delete).await {
                Compared::Go(Some(remote), until) => (remote, until),
                Compared::Go(None, _) => return Err(Ended::done()),
                Compared::End(ended) => {
                    drop(delete);
                    return match refused {
                        // The answer was wrong: it is gone.
                        Some(saved) if self.is_gone(change).await => {
                            Ok(Room { saved, permit: Some(permit), doubt: Some(Doubt::Gone) })
                        }
                        refused => {
                            drop(permit);
                            Err(self.end_app_wide(change, refused, ended).await)
                        }
                    };
                }
                Compared::Unread(error) => {
                    drop((delete, permit));
                    match self.unread(&mut tries, error).await {
                        Some(ended) => return Err(self.end_app_wide(change, refused, ended).await),
                        None => continue,
                    }
                }
            };
            let spelling = remote.spelling;
            let saved = self.saved(change, remote);
            let call = wire::delete(&change.address, spelling);
            self.run.intend(&intentions(change, before, after, &saved.siblings))?;
            let intention = Intention::delete(change, &saved.siblings);
            let Err(error) = self.run.send(intention, call, Leave::until(delete, until)).await else {
                return Ok(Room { saved, permit: Some(permit), doubt: None });
            };
            if error.class() == Class::Ambiguous {
                return match self.await_room(change, error).await {
                    Ok(doubt) => Ok(Room { saved, permit: Some(permit), doubt: Some(doubt) }),
                    Err(ended) => {
                        drop(permit);
                        Err(self.end_app_wide(change, Some(saved), ended).await)
                    }
                };
            }
            // What is read now needs the connection.
            drop(permit);
            let is_kept_back = error.is_kept_back();
            let ended = match error.class() {
                _ if error.is_kept_back() => self.retry(&mut tries, change, spelling, error).await,
                Class::Fatal => Some(self.refused_delete(change, error, false).await),
                Class::NotSent | Class::Busy | Class::Ambiguous => {
                    self.retry(&mut tries, change, spelling, error).await
                }
            };
            if let Some(Ended { outcome: Outcome::Done, .. }) = ended {
                return Ok(Room { saved, permit: None, doubt: None });
            }
            if !is_kept_back {
                refused = Some(saved);
            }
            if let Some(ended) = ended {
                return Err(self.end_app_wide(change, refused, ended).await);
            }
        }
    }

    /// Whether a listing shows that an entry is gone.
    async fn is_gone(&self, change: &Change) -> bool {
        let listed = self.run.listed(&self.run.client.urgent().once(), &change.address.domain).await;
        listed.is_ok_and(|listing| !listing.configs.contains_key(&change.address))
    }

    /// Waits until the entry is gone. Where it is seen to stay, nothing may be added.
    async fn await_room(&self, change: &Change, error: Error) -> Result<Doubt, Ended> {
        self.run.delayed(&change.address, Delay::Unanswered(error.clone()));
        let domain = &change.address.domain;
        // If it is gone, nothing records the stream meanwhile.
        let client = self.run.client.urgent();
        let mut listed = self.run.until_absent_by(&client, domain, &[&change.address]).await;
        let is_settled = self.run.settle <= self.run.deadline;
        let still_shows =
            |listing: &Arc<DomainSnapshot>| is_settled && listing.configs.contains_key(&change.address);
        if listed.as_ref().is_ok_and(still_shows) {
            // That listing may be the last one that could be read, from before the Delete arrived.
            listed = self.run.listed(&client, domain).await;
        }
        let request_id = id_of(Some(&error));
        match (absence(change, &listed, Sent::Unclear(error)), &listed) {
            (Outcome::Done, _) => Ok(Doubt::Gone),
            (outcome, Err(_)) => Ok(Doubt::Unread(Ended { outcome, request_id })),
            (Outcome::Unknown(failure), Ok(_)) => {
                Err(Ended { outcome: Outcome::Unknown(failure.within(Cause::NothingAdded)), request_id })
            }
            (outcome, Ok(_)) => Err(Ended { outcome, request_id }),
        }
    }

    /// Leaves what can be left after the new entry could not be added.
    async fn roll_back(
        &mut self,
        change: &Change,
        before: &RecordConfig,
        saved: &Saved,
        unfilled: Unfilled,
    ) -> Ended {
        let cause = Cause::NotReplaced(Rest::Gap);
        match (change.contingent.contains(&Contingent::AddBack), unfilled) {
            (true, unfilled) => self.add_back(change, before, saved, unfilled).await,
            (false, Unfilled { error, is_in_doubt: true }) => Ended::in_doubt(cause, error),
            (false, Unfilled { error, is_in_doubt: false }) => Ended::refused(cause, error),
        }
    }

    /// Adds the old entry back.
    async fn add_back(
        &self,
        change: &Change,
        before: &RecordConfig,
        saved: &Saved,
        unfilled: Unfilled,
    ) -> Ended {
        let Unfilled { error, is_in_doubt } = unfilled;
        self.run.delayed(&change.address, Delay::AddsBack(error.clone()));
        let refused = error.request_id().map(str::to_owned);
        self.run.settled(&change.address).await;
        if self.run.stands(Aim::of(change)).await {
            return Ended::done();
        }
        let contingent = Some(Contingent::AddBack);
        let filling = Filling { contingent, ..Filling::over(&change.address, before, &saved.entry) };
        let end = |outcome: fn(Failure) -> Outcome, rest: Rest, request_id| Ended {
            outcome: outcome(Failure::of(Cause::NotReplaced(rest), error.clone())),
            request_id,
        };
        match self.run.fill_gap(filling, None).await {
            Ok(Ended { outcome: Outcome::Done, request_id }) => {
                end(Outcome::Failed, Rest::OldAddedBack, refused.or(request_id))
            }
            Ok(Ended { request_id, .. }) => end(Outcome::Unknown, Rest::OldUnconfirmed, request_id),
            // The new one was only late.
            Err(_) if self.run.stands(Aim::of(change)).await => Ended::done(),
            Err(again) => {
                let standing = self.standing(change).await;
                let rest = Rest::Neither { refusal: again.error.to_string(), standing };
                // One of them may be there, though no listing shows it.
                let is_open = is_in_doubt || again.is_in_doubt || error.class() == Class::Ambiguous;
                end(if is_open { Outcome::Unknown } else { Outcome::Failed }, rest, refused)
            }
        }
    }
}

impl Domain {
    /// What reading shows where neither entry could be added.
    async fn standing(&self, change: &Change) -> Standing {
        match self.run.look_urgently(&change.address, StreamSpelling::Named).await {
            Ok(None) => Standing::Nothing,
            Ok(found) if Aim::of(change).at_before(found.as_ref()) => Standing::Old,
            Ok(Some(_)) => Standing::Other,
            Err(_) => Standing::Unreadable,
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
