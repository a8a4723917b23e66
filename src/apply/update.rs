//! Changes an entry in place.

use super::Outcome;
use super::compare::Compared;
use super::decide::{Aim, Sent};
use super::domain::{Domain, Ended};
use super::ladder::{Groups, Rung};
use crate::api::{Class, Error};
use crate::model::{RecordConfig, Remote};
use crate::plan::Change;
use crate::wire::{self, ComposeOff};

impl Domain {
    pub(super) async fn update(&self, change: &Change, after: &RecordConfig) -> Ended {
        let remote = match self.compare(change).await {
            Compared::Go(Some(remote)) => remote,
            Compared::Go(None) => return Ended::done(),
            Compared::End(ended) => return ended,
        };
        let (sent, rung) = self.send_update(change, after, &remote).await;
        let ended = match sent {
            Ok(request_id) => {
                let outcome = self.run.confirm(Aim::of(change), remote.spelling, Sent::Accepted).await;
                Ended { outcome, request_id }
            }
            Err(error) if error.class() == Class::Ambiguous => self.confirm_unclear(change, error).await,
            Err(error) => Ended::refused("the Update was not carried out", error),
        };
        if let (Some(rung), Outcome::Done) = (rung, &ended.outcome) {
            self.run.keep_rung(rung);
        }
        ended
    }

    /// Sends the Update; with auto_compose off, in the ways that the service may understand, one after another.
    async fn send_update(
        &self,
        change: &Change,
        after: &RecordConfig,
        remote: &Remote,
    ) -> (Result<Option<String>, Error>, Option<Rung>) {
        let call = |off| wire::update(&change.address, remote.spelling, after, off);
        if after.auto_compose {
            return (self.run.send(call(ComposeOff::Bare)).await, None);
        }
        let groups = groups(after, remote);
        let mut rung = self.run.rung().usable(groups).unwrap_or_default();
        loop {
            let sent = self.run.send(call(rung.parameters(groups))).await;
            match sent.as_ref().err().and_then(|error| rung.after(error, groups)) {
                Some(next) => rung = next,
                None => return (sent, Some(rung)),
            }
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
