//! Adds an entry where one is missing that was there before: nothing is recorded meanwhile.

use super::compare::look;
use super::confirm::Pace;
use super::decide::{AfterAdd, Met, Sent, Verdict, after_add, compare};
use super::domain::Ended;
use super::journal::Intention;
use super::run::{Leave, Run};
use super::{Delay, Outcome};
use crate::api::{Error, Permit};
use crate::model::{Address, RecordConfig, StreamSpelling};
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
}

impl<'a> Filling<'a> {
    /// The planned Add, right after the Delete.
    pub(super) fn new(address: &'a Address, config: &'a RecordConfig) -> Self {
        Self { address, config, contingent: None, met: Met::OldEntry }
    }
}

impl Run {
    /// Adds the entry, again and again until the deadline, with a permit that was taken before or without waiting for more than the rate. The same Add may go out again before a lost one could arrive, since
    /// the second of the two is refused.
    ///
    /// # Errors
    /// When the entry was certainly not added.
    pub(super) async fn fill_gap(
        &self,
        filling: Filling<'_>,
        mut permit: Option<Permit>,
    ) -> Result<Ended, Error> {
        let Filling { address, config, contingent, met } = filling;
        let aim = Aim::add(address, config);
        let mut pace = Pace::until(self.deadline);
        let mut lost: Option<Error> = None;
        loop {
            let intention = Intention::add(address, config, contingent);
            let permit = match permit.take() {
                Some(permit) => permit,
                None => self.client.urgent().permit(Action::Add).await?,
            };
            let leave = Leave::urgently(permit);
            let error = match self.send(intention, wire::add(address, config), leave).await {
                Ok(request_id) => return Ok(self.filled(aim, Sent::Accepted, request_id).await),
                Err(error) => error,
            };
            let judged = after_add(&error, met);
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
            if !self.next(&mut pace).await {
                let Some(lost) = lost else { return Err(error) };
                return self.late(aim, lost).await;
            }
        }
    }

    /// What became of an Add that got no usable answer and did not show until the deadline. Once it can arrive no more, its
    /// absence is a failure like a refusal.
    async fn late(&self, aim: Aim<'_>, lost: Error) -> Result<Ended, Error> {
        let ended = self.filled(aim, Sent::Unclear(lost.clone()), id_of(Some(&lost))).await;
        let is_open = matches!(ended.outcome, Outcome::Unknown(_));
        if is_open && self.is_settled(aim.address) && self.is_vacant(aim.address).await {
            return Err(lost);
        }
        Ok(ended)
    }

    /// Whether the entry is there as wanted.
    pub(super) async fn stands(&self, aim: Aim<'_>) -> bool {
        // Where it can't be read at once, another Add tells as much.
        let look = look(&self.client.urgent().once(), aim.address, StreamSpelling::Named).await;
        look.is_ok_and(|look| compare(aim, look.found.as_ref()) == Verdict::Done)
    }

    async fn is_vacant(&self, address: &Address) -> bool {
        let look = look(&self.client.urgent(), address, StreamSpelling::Named).await;
        look.is_ok_and(|look| look.found.is_none())
    }

    async fn filled(&self, aim: Aim<'_>, sent: Sent, request_id: Option<String>) -> Ended {
        Ended { outcome: self.confirm(aim, StreamSpelling::Named, sent).await, request_id }
    }
}

pub(super) fn id_of(error: Option<&Error>) -> Option<String> {
    error?.request_id().map(str::to_owned)
}
