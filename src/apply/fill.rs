//! Adds an entry where one is missing that was there before: nothing is recorded meanwhile.

use super::Delay;
use super::confirm::{Pace, is_hopeless};
use super::decide::{self, AfterAdd, Met, Seen, Sent, Verdict, after_add, compare};
use super::domain::Ended;
use super::journal::Intention;
use super::run::{Leave, Run};
use crate::api::{Error, Permit};
use crate::model::{Address, RecordConfig, Remote, StreamSpelling};
use crate::plan::{Aim, Contingent};
use crate::wire::{self, Action};

/// What is to be added.
#[derive(Clone, Copy)]
pub(super) struct Filling<'a> {
    pub(super) address: &'a Address,
    pub(super) config: &'a RecordConfig,
    pub(super) contingent: Option<Contingent>,
    /// What the Add has met where it is refused because an entry is there.
    pub(super) met: Met,
    /// What stood there before. A look that shows it is older than the Add.
    pub(super) gone: &'a Remote,
}

impl<'a> Filling<'a> {
    /// The Add right after an entry is gone.
    pub(super) fn over(address: &'a Address, config: &'a RecordConfig, gone: &'a Remote) -> Self {
        Self { address, config, contingent: None, met: Met::OldEntry, gone }
    }

    /// What an app-wide entry took along.
    pub(super) fn beside(address: &'a Address, config: &'a RecordConfig, gone: &'a Remote) -> Self {
        Self { contingent: Some(Contingent::AddSiblingsBack), ..Self::over(address, config, gone) }
    }

    /// Whether a look shows that a lost Add of this was carried out. The very entry that went is none: its creation time tells.
    fn stands_in(self, found: Option<&Remote>) -> bool {
        let is_new = found.is_some_and(|found| found.create_time.is_none() || found != self.gone);
        is_new && compare(Aim::add(self.address, self.config), found) == Verdict::Done
    }

    fn judge(self, found: Option<&Remote>) -> Seen {
        if self.stands_in(found) { Seen::AsWanted } else { Seen::NotYet }
    }
}

/// Why an entry was not added.
pub(super) struct Unfilled {
    pub(super) error: Error,
    /// Whether an Add before that got no usable answer, and may have been carried out or still be.
    pub(super) is_in_doubt: bool,
}

/// How an Add ended that is not refused.
pub(super) enum Added {
    /// With a success; it was not read back yet. Holds its RequestId.
    Accepted(Option<String>),
    /// It got no usable answer, and this is what reading back shows.
    Seen(Ended),
}

impl Run {
    /// Adds the entry, and reads it back.
    ///
    /// # Errors
    /// When no Add was accepted, and none is seen to have been carried out.
    pub(super) async fn fill_gap(
        &self,
        filling: Filling<'_>,
        permit: Option<Permit>,
    ) -> Result<Ended, Unfilled> {
        let added = self.add_again(filling, permit).await?;
        Ok(self.seen_added(filling, added).await)
    }

    /// What became of an Add.
    pub(super) async fn seen_added(&self, filling: Filling<'_>, added: Added) -> Ended {
        let request_id = match added {
            Added::Accepted(request_id) => request_id,
            Added::Seen(ended) => return ended,
        };
        let Filling { address, config, gone, contingent: _, met: _ } = filling;
        let old = gone.config.clone().normalized();
        let aim = Aim { before: Some(&old), ..Aim::add(address, config) };
        Ended { outcome: self.confirm(aim, StreamSpelling::Named, Sent::Accepted).await, request_id }
    }

    /// Adds the entry, again and again until the deadline, with a permit that was taken before or without waiting for more than
    /// the rate. The same Add may go out again before a lost one could arrive, since the second of the two is refused.
    ///
    /// # Errors
    /// When no Add was accepted, and none is seen to have been carried out.
    pub(super) async fn add_again(
        &self,
        filling: Filling<'_>,
        mut permit: Option<Permit>,
    ) -> Result<Added, Unfilled> {
        let Filling { address, config, contingent, met, gone: _ } = filling;
        let mut pace = Pace::until(self.deadline);
        let mut lost: Option<Error> = None;
        loop {
            let intention = Intention::add(address, config, contingent);
            let permit = match permit.take() {
                Some(permit) => permit,
                None => match self.client.urgent().permit(Action::Add).await {
                    Ok(permit) => permit,
                    Err(error) => return Err(Unfilled { error, is_in_doubt: lost.is_some() }),
                },
            };
            let leave = Leave::urgently(permit);
            let error = match self.send(intention, wire::add(address, config), leave).await {
                Ok(request_id) => return Ok(Added::Accepted(request_id)),
                Err(error) => error,
            };
            let judged = after_add(&error, met);
            if judged == AfterAdd::GiveUp {
                return Err(Unfilled { error, is_in_doubt: lost.is_some() });
            }
            let unanswered = judged == AfterAdd::ReadBack;
            if unanswered {
                self.delayed(address, Delay::Unanswered(error.clone()));
            } else if let Some(pause) = pace.ahead() {
                self.delayed(address, Delay::Again { pause, error: error.clone() });
            }
            lost = if unanswered { Some(error.clone()) } else { lost };
            if lost.is_some() && self.is_filled(filling).await {
                return Ok(Added::Seen(Ended { request_id: id_of(lost.as_ref()), ..Ended::done() }));
            }
            if !self.next(&mut pace).await {
                let Some(lost) = lost else { return Err(Unfilled { error, is_in_doubt: false }) };
                return self.late(filling, lost).await.map(Added::Seen);
            }
        }
    }

    /// What became of an Add that got no usable answer and did not show until the deadline. Once it can arrive no more, its
    /// absence is a failure like a refusal.
    async fn late(&self, filling: Filling<'_>, lost: Error) -> Result<Ended, Unfilled> {
        let mut pace = Pace::until(self.deadline);
        let again = async || {
            let look = self.look_by(&self.client.urgent(), filling.address, StreamSpelling::Named).await;
            look.map(|look| look.found)
        };
        let mut looked = again().await;
        let is_over = |looked: &Result<Option<Remote>, Error>| match looked {
            Ok(found) => filling.stands_in(found.as_ref()),
            Err(error) => is_hopeless(error),
        };
        while !is_over(&looked) && self.next(&mut pace).await {
            looked = decide::newer(looked, again().await);
        }
        if matches!(looked, Ok(None)) && self.is_settled(filling.address) {
            return Err(Unfilled { error: lost, is_in_doubt: false });
        }
        let request_id = id_of(Some(&lost));
        let seen = looked.map(|found| filling.judge(found.as_ref()));
        Ok(Ended { outcome: decide::at_deadline(seen, Sent::Unclear(lost)), request_id })
    }

    async fn is_filled(&self, filling: Filling<'_>) -> bool {
        self.look_once(filling.address).await.is_ok_and(|found| filling.stands_in(found.as_ref()))
    }

    /// Whether the entry is there as wanted.
    pub(super) async fn stands(&self, aim: Aim<'_>) -> bool {
        let found = self.look_once(aim.address).await;
        found.is_ok_and(|found| compare(aim, found.as_ref()) == Verdict::Done)
    }

    /// What stands there. Where it can't be read at once, another Add tells as much.
    async fn look_once(&self, address: &Address) -> Result<Option<Remote>, Error> {
        Ok(self.look_by(&self.client.urgent().once(), address, StreamSpelling::Named).await?.found)
    }
}

pub(super) fn id_of(error: Option<&Error>) -> Option<String> {
    error?.request_id().map(str::to_owned)
}
