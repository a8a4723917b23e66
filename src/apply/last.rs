//! Reads every written domain once more when all is done: a change that reverts after it was read back is not done.
//!
//! A listing that shows something else may only lag behind, so it is read again until the deadline. A signal ends the
//! reading.

use std::sync::Arc;

use super::cause::{Cause, Moved};
use super::decide::{self, ReadBack};
use super::run::Run;
use super::settings::ApplySettings;
use super::task::Task;
use crate::api::Error;
use crate::model::{DomainSnapshot, Remote};
use crate::plan::{Aim, Change};

/// Checks everything that is done in a domain, unless a listing has just shown it.
pub(super) async fn look(run: Arc<Run>, domain: Arc<str>) {
    let done = run.books.done_in(&domain);
    if was_just_seen(&run, &domain, &done) {
        return;
    }
    match listed(&run, &domain, &done).await {
        Some(Ok(listing)) => {
            for task in done {
                let found = listing.configs.get(&task.change.address);
                if let Some(moved) = moved(&task.change, found) {
                    run.books.moved(&task, Cause::Moved(moved));
                }
            }
        }
        Some(Err(error)) => run.books.not_seen_again(domain, error),
        None => {}
    }
}

/// Whether the last listing of a domain shows everything that is done there, is newer than the last write to it, and is
/// within the freshness window.
fn was_just_seen(run: &Run, domain: &str, done: &[Task]) -> bool {
    let fresh = run.freshness.min(ApplySettings::FRESHNESS);
    let written = run.books.written_at(domain);
    run.reader.last_listing(domain).is_some_and(|listing| {
        written.is_none_or(|written| written <= listing.asked)
            && listing.is_fresh(fresh)
            && shows(&listing.configs, done)
    })
}

/// A listing that shows everything that is done, or the last one before the deadline; `None` if a signal came first.
async fn listed(run: &Run, domain: &str, done: &[Task]) -> Option<Result<Arc<DomainSnapshot>, Error>> {
    let reader = &run.reader;
    let listing = reader.list_until(&reader.client, domain, None, |listing| shows(listing, done));
    reader.unless_stopped(listing).await
}

/// Whether a listing shows every done change as wanted.
fn shows(listing: &DomainSnapshot, done: &[Task]) -> bool {
    done.iter().all(|task| moved(&task.change, listing.configs.get(&task.change.address)).is_none())
}

/// What happened to a change after it was done, if anything.
fn moved(change: &Change, found: Option<&Remote>) -> Option<Moved> {
    match decide::read_back(Aim::of(change), found) {
        ReadBack::AsWanted => None,
        ReadBack::NotYet if found.is_none() => Some(Moved::Gone),
        ReadBack::NotYet => Some(Moved::Reverted),
        ReadBack::Otherwise(what) => Some(Moved::Changed(what)),
    }
}
