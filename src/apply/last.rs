//! Looks at every domain that was written once more when all is done: what reverts after it was read back is not done.
//!
//! A listing that shows something else may only lag behind, so it is read again until the deadline. A signal ends the looks.

use std::sync::Arc;

use tokio::time::Instant;

use super::{Cause, Moved};
use super::confirm::{Pace, is_hopeless};
use super::decide::{self, Seen, newer};
use super::domain::Task;
use super::run::Run;
use crate::api::Error;
use crate::model::{DomainSnapshot, Remote};
use crate::plan::{Aim, Change};

/// Looks at all that is done in a domain, unless a listing has just shown it.
pub(super) async fn look(run: Arc<Run>, domain: Arc<str>) {
    if run.was_just_seen(&domain) {
        return;
    }
    let done = run.done_in(&domain);
    match listed(&run, &domain, &done).await {
        Some(Ok(listing)) => {
            for task in done {
                let found = listing.configs.get(&task.change.address);
                if let Some(moved) = moved(&task.change, found) {
                    run.moved(&task, Cause::Moved(moved));
                }
            }
        }
        Some(Err(error)) => run.not_seen_again(domain, error),
        None => {}
    }
}

/// A listing that shows all that is done, or the last one before the deadline or a signal; none where there was no time.
async fn listed(run: &Run, domain: &str, done: &[Task]) -> Option<Result<DomainSnapshot, Error>> {
    let until = Instant::now() + run.deadline;
    let (mut pace, client) = (Pace::ending(until), run.client.until(until));
    let mut last = None;
    loop {
        let listed = tokio::select! {
            biased;
            () = run.stopped() => return last,
            listed = client.list_domain(domain) => listed,
        };
        let is_over = match &listed {
            Ok(listing) => shows(listing, done),
            Err(error) => is_hopeless(error),
        };
        last = Some(match last {
            Some(old) => newer(old, listed),
            None => listed,
        });
        let goes_on = async { !is_over && pace.next().await };
        let goes_on = tokio::select! { biased; () = run.stopped() => false, goes_on = goes_on => goes_on };
        if !goes_on {
            return last;
        }
    }
}

/// Whether a listing shows everything that is done as it was wanted.
pub(super) fn shows(listing: &DomainSnapshot, done: &[Task]) -> bool {
    done.iter().all(|task| moved(&task.change, listing.configs.get(&task.change.address)).is_none())
}

/// What happened to a change after it was done, if anything did.
fn moved(change: &Change, found: Option<&Remote>) -> Option<Moved> {
    match decide::read_back(Aim::of(change), found) {
        Seen::AsWanted => None,
        Seen::NotYet if found.is_none() => Some(Moved::Gone),
        Seen::NotYet => Some(Moved::Reverted),
        Seen::Otherwise(what) => Some(Moved::Changed(what)),
    }
}
