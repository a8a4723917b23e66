//! Updates a configuration in place; with auto_compose off, tries the ways that the service may accept, one after
//! another.

use std::time::Duration;

use super::domain::Domain;
use super::fallback::{Fallback, Groups};
use super::guarded::Guarded;
use super::journal::Intention;
use super::report::Outcome;
use super::task::Ended;
use super::write::{Outgoing, Ready, Write, write};
use crate::api::Error;
use crate::model::{RecordConfig, Remote};
use crate::plan::Change;
use crate::wire::{self, Action, ComposeOff};

/// The Update of a configuration.
struct Updating<'a> {
    guarded: Guarded<'a>,
    after: &'a RecordConfig,
    /// How the Update says that auto_compose is off, if it has to.
    fallback: Option<Fallback>,
}

impl Domain {
    pub(super) async fn update(&mut self, change: &Change, after: &RecordConfig) -> Ended {
        let run = self.run.clone();
        let says_off = !after.auto_compose && !after.is_by_format();
        let fallback = says_off.then(|| run.fallback());
        let guarded = Guarded::new(self, change, Action::Update);
        let mut updating = Updating { guarded, after, fallback };
        let ended = match write(&run, &mut updating).await {
            Ok((request_id, remote)) => {
                let is_beside = updating.guarded.domain.accepted(change);
                // Whether it took effect is read back only later, and those beside it need not be refused first.
                updating.keep_fallback();
                run.reader.confirm_change(change, remote.spelling, request_id, is_beside).await
            }
            Err(ended) => return ended,
        };
        updating.guarded.end(ended)
    }
}

impl Write for Updating<'_> {
    type Kept = Remote;
    type End = Ended;

    async fn ready(&mut self) -> Result<Ready, Ended> {
        self.guarded.ready().await
    }

    async fn outgoing(&mut self, found: Option<Remote>) -> Result<Outgoing<'_, Remote>, Ended> {
        let Some(remote) = found else { return Err(Ended::done()) };
        let change = self.guarded.change;
        let groups = groups(self.after, &remote);
        self.fallback = self.fallback.map(|fallback| fallback.usable(groups).unwrap_or_default());
        let off = self.fallback.map_or(ComposeOff::Bare, |fallback| fallback.parameters(groups));
        let call = wire::update(&change.address, remote.spelling, self.after, off);
        let intention = Intention::update(&change.address, change.before(), self.after);
        Ok(Outgoing { intention, call, kept: remote })
    }

    fn waited(&mut self, for_disk: Duration) {
        self.guarded.tries.retry.extend(for_disk);
    }

    async fn failed(&mut self, error: Error, remote: Remote) -> Option<Ended> {
        let groups = groups(self.after, &remote);
        match self.fallback.and_then(|fallback| fallback.after(&error, groups)) {
            Some(next) => {
                self.fallback = Some(next);
                None
            }
            None => {
                let ended = self.guarded.retry(remote.spelling, error).await?;
                if ended.outcome == Outcome::Done {
                    self.keep_fallback();
                }
                Some(ended)
            }
        }
    }
}

impl Updating<'_> {
    /// Remembers the way that the service has taken.
    fn keep_fallback(&self) {
        if let Some(fallback) = self.fallback {
            self.guarded.run().keep_fallback(fallback);
        }
    }
}

/// The last known compose group is the one that the service holds, even if it no longer has an effect.
fn groups<'a>(after: &'a RecordConfig, remote: &'a Remote) -> Groups<'a> {
    Groups {
        last: remote.config.compose_vod_transcode_group.as_deref(),
        transcode: &after.vod_transcode_group,
    }
}
