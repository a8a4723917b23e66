//! Changes an entry in place.

use super::Outcome;
use super::compare::Ready;
use super::domain::{Domain, Ended};
use super::journal::Intention;
use super::ladder::{Groups, Rung};
use super::run::Leave;
use super::tries::Tries;
use crate::model::{RecordConfig, Remote};
use crate::plan::Change;
use crate::wire::{self, Action, ComposeOff};

impl Domain {
    /// Sends the Update; with auto_compose off, in the ways that the service may understand, one after another.
    pub(super) async fn update(&mut self, change: &Change, after: &RecordConfig) -> Ended {
        let mut tries = Tries::new(&self.run.client);
        let mut rung = (!after.auto_compose).then(|| self.run.rung());
        loop {
            let (remote, permit, until) = match self.ready(&mut tries, change, Action::Update).await {
                Ok(Ready { found: Some(remote), permit, until }) => (remote, permit, until),
                Ok(Ready { found: None, .. }) => return tries.end(Ended::done()),
                Err(ended) => return tries.end(ended),
            };
            let groups = groups(after, &remote);
            rung = rung.map(|rung| rung.usable(groups).unwrap_or_default());
            let off = rung.map_or(ComposeOff::Bare, |rung| rung.parameters(groups));
            let call = wire::update(&change.address, remote.spelling, after, off);
            let intention = Intention::update(&change.address, change.before.as_ref(), after);
            let ended = match self.run.send(intention, call, Leave::until(permit, until)).await {
                Ok(request_id) => Some(self.confirm_change(change, remote.spelling, request_id).await),
                Err(error) => match rung.and_then(|rung| rung.after(&error, groups)) {
                    Some(next) => {
                        rung = Some(next);
                        None
                    }
                    None => self.retry(&mut tries, change, remote.spelling, error).await,
                },
            };
            if let Some(ended) = ended {
                self.keep_rung(rung, &ended);
                return tries.end(ended);
            }
        }
    }

    fn keep_rung(&self, rung: Option<Rung>, ended: &Ended) {
        if let (Some(rung), Outcome::Done) = (rung, &ended.outcome) {
            self.run.keep_rung(rung);
        }
    }
}

/// The last known compose group is what the service holds, even where it no longer counts.
fn groups<'a>(after: &'a RecordConfig, remote: &'a Remote) -> Groups<'a> {
    Groups {
        last: remote.config.compose_vod_transcode_group.as_deref(),
        transcode: &after.vod_transcode_group,
    }
}
