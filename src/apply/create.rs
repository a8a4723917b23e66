//! Adds a configuration.

use std::time::Duration;

use super::cause::{Cause, Occupant};
use super::confirm::Backoff;
use super::decide::{ALREADY_EXISTS, Verdict, compare};
use super::domain::Domain;
use super::guarded::Guarded;
use super::journal::Intention;
use super::task::Ended;
use super::write::{Outgoing, Ready, Write, write};
use crate::api::Error;
use crate::model::{RecordConfig, Remote};
use crate::plan::{ActionKind, Aim, Change};
use crate::wire::{self, Action};

/// The Add of a configuration where there is none.
struct Adding<'a> {
    guarded: Guarded<'a>,
    after: &'a RecordConfig,
}

impl Domain {
    pub(super) async fn create(&mut self, change: &Change, after: &RecordConfig) -> Ended {
        let run = self.run.clone();
        let mut adding = Adding { guarded: Guarded::new(self, change, Action::Add), after };
        match write(&run, &mut adding).await {
            Ok((request_id, ())) => {
                let is_beside = adding.guarded.domain.accepted(change);
                run.reader.confirm_change(change, change.spelling, request_id, is_beside).await
            }
            Err(ended) => ended,
        }
    }
}

impl Write for Adding<'_> {
    type Kept = ();
    type End = Ended;

    async fn ready(&mut self) -> Result<Ready, Ended> {
        self.guarded.ready().await
    }

    async fn outgoing(&mut self, _: Option<Remote>) -> Result<Outgoing<'_, ()>, Ended> {
        let address = &self.guarded.change.address;
        let intention = Intention::add(address, self.after, None);
        Ok(Outgoing { intention, call: wire::add(address, self.after), kept: () })
    }

    fn waited(&mut self, for_disk: Duration) {
        self.guarded.tries.retry.extend(for_disk);
    }

    async fn failed(&mut self, error: Error, (): ()) -> Option<Ended> {
        let Guarded { domain, change, tries, .. } = &self.guarded;
        if error.code() == ALREADY_EXISTS {
            return Some(domain.exists_already(change, error, tries.lost_one()).await);
        }
        self.guarded.retry(change.spelling, error).await
    }
}

impl Domain {
    /// What the Add found may be the very configuration that is wanted. The service knows of it, so a listing will show
    /// it. If an earlier write of this change, a Delete or another Add, is `in_doubt`, what exists may be that write's
    /// work, or a listing may lag behind.
    pub(super) async fn exists_already(&self, change: &Change, error: Error, in_doubt: bool) -> Ended {
        let reader = &self.run.reader;
        let mut backoff = Backoff::until(reader.deadline);
        loop {
            // After a Delete the stream may not be recorded in the meantime.
            let looked = match change.action() {
                ActionKind::Replace => reader.look_urgently(&change.address, change.spelling).await,
                _ => reader.look(&change.address, change.spelling).await,
            };
            match looked {
                Ok(None) if reader.next(&mut backoff).await => {}
                Ok(found) if compare(Aim::of(change), found.as_ref()) == Verdict::Done => {
                    return Ended::done();
                }
                // A Delete was accepted: a configuration that reads as before may be gone.
                Ok(found)
                    if in_doubt
                        || (change.before().is_some() && Aim::of(change).at_before(found.as_ref())) =>
                {
                    return Ended::in_doubt(met(change, Ok(&found)), error);
                }
                Err(_) if self.is_listed_as_wanted(change) => return Ended::done(),
                Err(unread) if in_doubt => {
                    let request_id = error.request_id().map(str::to_owned);
                    return Ended { request_id, ..Ended::in_doubt(met(change, Err(&unread)), unread) };
                }
                looked => return Ended::refused(met(change, looked.as_ref()), error),
            }
        }
    }
}

impl Domain {
    /// Whether a listing that was asked for after the last write of a change left shows the change as wanted.
    pub(super) fn is_listed_as_wanted(&self, change: &Change) -> bool {
        let left = self.run.books.left(&change.address);
        let look = left.and_then(|left| self.run.reader.listed_since(&change.address, left));
        look.is_some_and(|look| compare(Aim::of(change), look.found.as_ref()) == Verdict::Done)
    }
}

/// What is known about a configuration that an Add found.
fn met(change: &Change, looked: Result<&Option<Remote>, &Error>) -> Cause {
    Cause::Occupied(match looked {
        Err(_) => Occupant::Unreadable,
        Ok(None) => Occupant::NotShown,
        Ok(found) if change.before().is_some() && Aim::of(change).at_before(found.as_ref()) => Occupant::Old,
        Ok(Some(_)) => Occupant::Other,
    })
}
