//! Deletes a configuration and adds it again, with the shortest possible gap between.

use std::time::Duration;

use super::cause::{Cause, Failure, Occupant, Rest, Standing};
use super::decide::{ALREADY_EXISTS, Met, Sent, Verdict, compare};
use super::delete::{Deleting, absence};
use super::domain::Domain;
use super::event::Delay;
use super::fill::{PendingAdd, Unfilled, id_of};
use super::guarded::Guarded;
use super::journal::Intention;
use super::report::Outcome;
use super::siblings::{Beside, Saved};
use super::task::Ended;
use super::write::{Outgoing, Ready, Write, write};
use crate::api::{Class, Error, Permit};
use crate::model::{RecordConfig, Remote, StreamSpelling};
use crate::plan::{Aim, Change, Contingent};
use crate::wire::Action;

/// The address of a deleted old configuration.
struct Room {
    saved: Saved,
    /// Taken before the Delete, so that no wait lengthens the gap.
    permit: Option<Permit>,
    /// What is known of a Delete that got no usable answer.
    doubt: Option<Doubt>,
}

/// What is known of a Delete that got no usable answer: it may still arrive and remove the new configuration.
enum Doubt {
    /// The configuration is gone; someone else may have removed it.
    Gone,
    /// Nothing can be read, or only listings that still show the old configuration and may lag behind. An Add is safe all
    /// the same, since the service refuses it if the configuration still exists.
    Unread(Ended),
}

/// The Delete of a configuration that is added again.
struct MakingRoom<'a> {
    deleting: Deleting<'a>,
    before: &'a RecordConfig,
    after: &'a RecordConfig,
}

/// How a Delete ended that was not accepted.
enum NoRoom {
    /// It was refused because there is no configuration.
    Gone(Saved),
    /// It got no usable answer.
    Unanswered(Error, Saved),
    /// It was refused, and the configuration exists, or that is unknown.
    Refused(Ended),
    /// The change ends like this; an earlier Delete may have been carried out all the same.
    Ended(Ended),
}

impl Write for MakingRoom<'_> {
    type Kept = Saved;
    type End = NoRoom;

    async fn ready(&mut self) -> Result<Ready, NoRoom> {
        self.deleting.ready().await.map_err(NoRoom::Ended)
    }

    /// Once the first write is sent, every write that may follow it must have its intent on disk.
    async fn outgoing(&mut self, found: Option<Remote>) -> Result<Outgoing<'_, Saved>, NoRoom> {
        let (change, run) = (self.deleting.guarded.change, self.deleting.guarded.domain.run.clone());
        let outgoing = self.deleting.outgoing(found).await.map_err(NoRoom::Ended)?;
        let add = Intention::add(&change.address, self.after, None);
        let mut all = vec![outgoing.intention.clone(), add];
        if change.contingent.contains(&Contingent::AddBack) {
            all.push(Intention::add(&change.address, self.before, Some(Contingent::AddBack)));
        }
        run.books.intend(&all).await.map_err(|cause| NoRoom::Ended(Ended::not_attempted(cause)))?;
        Ok(outgoing)
    }

    fn waited(&mut self, for_disk: Duration) {
        self.deleting.guarded.tries.retry.extend(for_disk);
    }

    async fn failed(&mut self, error: Error, saved: Saved) -> Option<NoRoom> {
        if error.class() == Class::Ambiguous {
            return Some(NoRoom::Unanswered(error, saved));
        }
        // The reads from here on need the connection.
        drop(self.deleting.guarded.reserve.take());
        let is_refusal = error.class() == Class::Fatal && !error.is_kept_back();
        let ended = self.deleting.failed(error, saved).await?;
        Some(match self.deleting.saved.take_if(|_| ended.outcome == Outcome::Done) {
            Some(saved) => NoRoom::Gone(saved),
            None if is_refusal => NoRoom::Refused(ended),
            None => NoRoom::Ended(ended),
        })
    }
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
        let pending = PendingAdd::over(&change.address, after, &saved.entry);
        let added = self.run.add_again(pending, permit).await;
        let doubt = match (doubt, &added) {
            (Some(Doubt::Unread(ended)), Err(unfilled)) if unfilled.error.code() == ALREADY_EXISTS => {
                return self.end_app_wide(change, Some(saved), ended).await;
            }
            (doubt, _) => doubt,
        };
        let (mut ended, mut beside) = match added {
            Err(unfilled) if unfilled.error.code() != ALREADY_EXISTS => {
                (self.roll_back(change, before, &saved, unfilled, &doubt).await, Beside::Unread(None))
            }
            added => {
                // Before anything is read back: what was deleted along is not recorded.
                let beside = self.keep_siblings(change, &saved).await;
                let ended = match added {
                    Ok(added) => self.run.seen_added(self.run.client(), pending, added).await,
                    Err(Unfilled { error, .. }) => self.exists_already(change, error, false).await,
                };
                let ended = match doubt {
                    Some(_) => self.fill_again(change, after, &saved, ended).await,
                    None if is_unseen(&ended) => self.fill_late(change, before, after, &saved, ended).await,
                    None => ended,
                };
                (ended, beside)
            }
        };
        let is_unread = matches!(beside, Beside::Unread(_));
        if is_unread || doubt.is_some() || ended.outcome != Outcome::Done {
            beside = beside.then(self.see_siblings(change, &saved, &mut ended).await);
        }
        self.end_beside(ended, beside)
    }

    /// Adds the new configuration once more when the Delete in doubt can no longer arrive. If the configuration exists,
    /// the service refuses the Add; if the Delete removed it, the Add closes the gap. Reading would show the same, but
    /// may lag behind.
    async fn fill_again(
        &mut self,
        change: &Change,
        after: &RecordConfig,
        saved: &Saved,
        ended: Ended,
    ) -> Ended {
        self.run.books.settled(&change.address).await;
        let pending =
            PendingAdd { met: Met::NewEntry, ..PendingAdd::over(&change.address, after, &saved.entry) };
        match self.run.fill_gap(pending, None).await {
            Ok(ended) => ended,
            Err(Unfilled { error, .. })
                if error.code() == ALREADY_EXISTS && ended.outcome == Outcome::Done =>
            {
                ended
            }
            Err(Unfilled { error, .. }) => self.not_filled_again(change, ended, error).await,
        }
    }

    /// Adds the new configuration once more after the service refused it because a configuration exists, although no
    /// read shows one: it may see the Delete only now.
    async fn fill_late(
        &mut self,
        change: &Change,
        before: &RecordConfig,
        after: &RecordConfig,
        saved: &Saved,
        ended: Ended,
    ) -> Ended {
        let pending =
            PendingAdd { met: Met::NewEntry, ..PendingAdd::over(&change.address, after, &saved.entry) };
        match self.run.fill_gap(pending, None).await {
            Ok(ended) => ended,
            Err(Unfilled { error, .. }) if error.code() == ALREADY_EXISTS => ended,
            Err(unfilled) => self.roll_back(change, before, saved, unfilled, &None).await,
        }
    }

    /// How a replace ends whose new configuration could not be added once more.
    async fn not_filled_again(&self, change: &Change, ended: Ended, error: Error) -> Ended {
        let is_vacant = error.code() != ALREADY_EXISTS;
        let found = match self.run.reader.look(&change.address, StreamSpelling::Named).await {
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

    /// Deletes the old configuration. After a success the Add follows at once; after no usable answer, only once the
    /// configuration is gone.
    async fn make_room(
        &mut self,
        change: &Change,
        before: &RecordConfig,
        after: &RecordConfig,
    ) -> Result<Room, Ended> {
        let run = self.run.clone();
        let guarded = Guarded::new(self, change, Action::Delete).followed_by(Action::Add);
        let mut making = MakingRoom { deleting: Deleting { guarded, saved: None }, before, after };
        let written = write(&run, &mut making).await;
        let Deleting { guarded, saved } = making.deleting;
        let permit = guarded.reserve;
        let (ended, saved) = match written {
            Ok((_, saved)) => return Ok(Room { saved, permit, doubt: None }),
            Err(NoRoom::Gone(saved)) => return Ok(Room { saved, permit: None, doubt: None }),
            Err(NoRoom::Unanswered(error, saved)) => match self.await_room(change, error).await {
                Ok(doubt) => return Ok(Room { saved, permit, doubt: Some(doubt) }),
                Err(ended) => (ended, Some(saved)),
            },
            Err(NoRoom::Refused(ended)) => (ended, saved),
            Err(NoRoom::Ended(ended)) => match saved {
                // The answer to an earlier Delete was wrong.
                Some(saved) if self.is_gone(change).await => {
                    return Ok(Room { saved, permit, doubt: Some(Doubt::Gone) });
                }
                saved => (ended, saved),
            },
        };
        drop(permit);
        Err(self.end_app_wide(change, saved, ended).await)
    }

    /// Whether a listing shows that a configuration is gone.
    async fn is_gone(&self, change: &Change) -> bool {
        let reader = &self.run.reader;
        let listed = reader.listed(&reader.client.urgent().once(), &change.address.domain).await;
        listed.is_ok_and(|listing| !listing.configs.contains_key(&change.address))
    }

    /// Waits until the configuration is gone. If the service answers that it was not deleted, nothing may be added.
    async fn await_room(&self, change: &Change, error: Error) -> Result<Doubt, Ended> {
        self.run.books.delayed(&change.address, Delay::Unanswered(error.clone()));
        let (reader, domain) = (&self.run.reader, &change.address.domain);
        // If it is gone, nothing records the stream in the meantime.
        let client = reader.client.urgent();
        let mut listed = reader.until_absent(&client, domain, &[&change.address]).await;
        if listed.as_ref().is_ok_and(|listing| listing.configs.contains_key(&change.address)) {
            // The Delete may still arrive, or may have arrived after that listing: then the configuration is gone
            // without anyone knowing.
            self.run.books.settled(&change.address).await;
            listed = reader.listed(&client, domain).await;
        }
        let request_id = id_of(Some(&error));
        match (absence(change, &listed, Sent::Unclear(error)), &listed) {
            (Outcome::Done, _) => Ok(Doubt::Gone),
            (outcome, Err(_)) => Ok(Doubt::Unread(Ended { outcome, request_id })),
            // Every listing may lag behind.
            (Outcome::Unknown(failure), Ok(_)) => {
                let outcome = Outcome::Unknown(failure.within(Cause::NothingAdded));
                Ok(Doubt::Unread(Ended { outcome, request_id }))
            }
            (outcome, Ok(_)) => Err(Ended { outcome, request_id }),
        }
    }

    /// Restores what can be restored after the new configuration could not be added.
    async fn roll_back(
        &mut self,
        change: &Change,
        before: &RecordConfig,
        saved: &Saved,
        unfilled: Unfilled,
        doubt: &Option<Doubt>,
    ) -> Ended {
        let cause = Cause::NotReplaced(Rest::Gap);
        let ended = match (change.contingent.contains(&Contingent::AddBack), unfilled) {
            (true, unfilled) => self.add_back(change, before, saved, unfilled).await,
            (false, Unfilled { error, is_in_doubt: true, .. }) => Ended::in_doubt(cause, error),
            (false, Unfilled { error, is_in_doubt: false, .. }) => Ended::refused(cause, error),
        };
        match (ended.outcome, doubt) {
            // The old configuration may never have been deleted.
            (Outcome::Failed(failure), Some(Doubt::Unread(_))) => {
                Ended { outcome: Outcome::Unknown(failure), ..ended }
            }
            (outcome, _) => Ended { outcome, ..ended },
        }
    }

    /// Adds the old configuration back.
    async fn add_back(
        &self,
        change: &Change,
        before: &RecordConfig,
        saved: &Saved,
        unfilled: Unfilled,
    ) -> Ended {
        let Unfilled { error, is_in_doubt, is_needless: _ } = unfilled;
        self.run.books.delayed(&change.address, Delay::AddsBack(error.clone()));
        let refused = error.request_id().map(str::to_owned);
        self.run.books.settled(&change.address).await;
        if self.run.stands(Aim::of(change)).await {
            return Ended::done();
        }
        let contingent = Some(Contingent::AddBack);
        let instead = Some(Aim::of(change));
        let pending =
            PendingAdd { contingent, instead, ..PendingAdd::over(&change.address, before, &saved.entry) };
        let end = |outcome: fn(Failure) -> Outcome, rest: Rest, request_id| Ended {
            outcome: outcome(Failure::of(Cause::NotReplaced(rest), error.clone())),
            request_id,
        };
        match self.run.fill_gap(pending, None).await {
            Ok(Ended { outcome: Outcome::Done, request_id }) => {
                end(Outcome::Failed, Rest::OldAddedBack, refused.or(request_id))
            }
            Ok(Ended { request_id, .. }) => end(Outcome::Unknown, Rest::OldUnconfirmed, request_id),
            // The new configuration only appeared late.
            Err(again) if again.is_needless || self.run.stands(Aim::of(change)).await => Ended::done(),
            Err(again) => {
                let standing = self.standing(change).await;
                let rest = Rest::Neither { refusal: again.error.to_string(), standing };
                // One of them may exist, though no listing shows it.
                let is_open = is_in_doubt || again.is_in_doubt || error.class() == Class::Ambiguous;
                end(if is_open { Outcome::Unknown } else { Outcome::Failed }, rest, refused)
            }
        }
    }
}

/// Whether an Add was refused because a configuration exists, although reading shows none.
fn is_unseen(ended: &Ended) -> bool {
    matches!(&ended.outcome, Outcome::Failed(Failure { cause: Cause::Occupied(Occupant::NotShown), .. }))
}

impl Domain {
    /// What reading shows if neither configuration could be added.
    async fn standing(&self, change: &Change) -> Standing {
        match self.run.reader.look_urgently(&change.address, StreamSpelling::Named).await {
            Ok(None) => Standing::Nothing,
            Ok(found) if Aim::of(change).at_before(found.as_ref()) => Standing::Old,
            Ok(Some(_)) => Standing::Other,
            Err(_) => Standing::Unreadable,
        }
    }
}
