//! Looks at an address right before it is written.

use super::decide::{self, Verdict};
use super::domain::{Domain, Ended};
use super::{Failure, run::Run};
use crate::api::{Client, Error};
use crate::model::{Address, Remote, StreamSpelling};
use crate::plan::{Aim, Change};

/// What the look allows.
pub(super) enum Compared {
    /// The write may go out, over this entry.
    Go(Option<Remote>),
    /// The change ends here.
    End(Ended),
}

impl Compared {
    fn of(change: &Change, found: Option<&Remote>) -> Self {
        match decide::compare(Aim::of(change), found) {
            Verdict::Go => Compared::Go(found.cloned()),
            Verdict::Done => Compared::End(Ended::done()),
            Verdict::Stale(message) => Compared::End(Ended::not_attempted(Failure::new(message))),
        }
    }
}

impl Domain {
    /// Compares one address with the plan, by asking for it alone.
    pub(super) async fn compare(&self, change: &Change) -> Compared {
        match self.run.look(&change.address, change.spelling).await {
            Ok(found) => Compared::of(change, found.as_ref()),
            Err(error) => Compared::End(Ended::unreadable(error)),
        }
    }

    /// Compares one address with the plan in the wave's full listing, which proves absence too.
    pub(super) async fn compare_listed(&mut self, change: &Change) -> Compared {
        match self.listed(change).await {
            Ok(listing) => Compared::of(change, listing.configs.get(&change.address)),
            Err(error) => Compared::End(Ended::unreadable(error)),
        }
    }
}

impl Run {
    /// What stands at an address.
    pub(super) async fn look(
        &self,
        address: &Address,
        spelling: StreamSpelling,
    ) -> Result<Option<Remote>, Error> {
        look(&self.client, address, spelling).await
    }
}

/// What stands at an address. Only a full listing proves that nothing does.
pub(super) async fn look(
    client: &Client,
    address: &Address,
    spelling: StreamSpelling,
) -> Result<Option<Remote>, Error> {
    if let Some(remote) = client.find(address, spelling).await? {
        return Ok(Some(remote));
    }
    let mut listing = client.list_domain(&address.domain).await?;
    Ok(listing.configs.remove(address))
}
