//! Keeps the configurations beside an app-wide one that is removed.
//!
//! Whether deleting `app/*` also deletes the app's own streams is not documented. So they are saved before and listed
//! after; if they are gone, they are added back, and then nothing more is done in that domain. Either listing may lag
//! behind: the first one counts once it shows what this run has done, the last one once it no longer shows the deleted
//! configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::task::JoinSet;

use super::cause::{Cause, Failure, Fates, Halt, Stale};
use super::decide::{ALREADY_EXISTS, Verdict, compare};
use super::domain::Domain;
use super::event::Delay;
use super::fill::{PendingAdd, Unfilled};
use super::guarded::{Compared, Guarded};
use super::listings::Listing;
use super::report::Outcome;
use super::run::Run;
use super::task::{Ended, Task};
use crate::api::{Client, Error};
use crate::model::{Address, DomainSnapshot, Remote};
use crate::plan::{Aim, Change, Contingent};
use crate::wire;

/// The other configurations of a domain.
pub(super) type Siblings = BTreeMap<Address, Remote>;

/// What a domain holds right before a configuration is deleted.
pub(super) struct Saved {
    /// The configuration.
    pub(super) entry: Remote,
    /// The configurations beside it, if the plan says to keep them.
    pub(super) siblings: Siblings,
}

/// What happened to the configurations beside one that was deleted.
pub(super) enum Beside {
    /// All of them still exist.
    Stayed,
    /// Some were deleted with it; what was done about each.
    Went(BTreeMap<Address, Fate>),
    /// It is unknown.
    Unread(Option<Error>),
}

impl Saved {
    /// Whether a listing was made after the Delete of the configuration: it does not show the very same one. A
    /// configuration that was added again has another creation time.
    fn is_gone_in(&self, change: &Change, listing: &DomainSnapshot) -> bool {
        listing.configs.get(&change.address) != Some(&self.entry)
    }
}

impl Domain {
    /// Waits until no request that was sent to the configurations beside an app-wide one can still arrive: it could hit
    /// those that are added back, and adding back can't wait for it.
    pub(super) async fn settled_beside(&self, change: &Change) {
        if change.contingent.contains(&Contingent::AddSiblingsBack) {
            self.run.reader.all_settled(&change.address.domain).await;
        }
    }
}

impl Guarded<'_> {
    /// Compares an app-wide configuration with the plan in a listing made right before the write: what the listing
    /// lacks could not be added back.
    pub(super) async fn compare_app_wide(&mut self, client: &Client) -> Compared {
        let Self { domain, change, .. } = self;
        let done = domain.run.books.carried_out_in(&change.address.domain);
        match domain.list_with(client, &change.address, &done).await {
            Ok(listing) if lags_behind(&listing.configs, &done) => {
                Compared::End(Ended::not_attempted(Cause::ListingLags))
            }
            Ok(listing) => {
                let compared = domain.run.compared_in(&client.once(), change, &listing).await;
                // What is kept, what is compared and what exists beside it all come from this one listing.
                let moved = domain.run.other_siblings(change, &listing.configs);
                domain.listing = Some(listing);
                match (compared, moved) {
                    (Compared::Go(..), Some(moved)) => Compared::stale(moved),
                    (compared, _) => compared,
                }
            }
            Err(error) => Compared::Unread(error),
        }
    }
}

impl Domain {
    /// A listing that shows what this run has done, if there is one before the deadline. In an older listing, what the
    /// run created would be missing and could not be added back, and what it deleted would be added back.
    async fn list_with(&self, client: &Client, about: &Address, done: &[Task]) -> Result<Listing, Error> {
        let reader = &self.run.reader;
        let listing = reader.list(&client.once(), &about.domain).await?;
        let shows = |listing: &DomainSnapshot| !lags_behind(listing, done);
        if shows(&listing.configs) {
            return Ok(listing);
        }
        reader.list_until(client, &about.domain, Some(about), shows).await?;
        // That may have taken long.
        reader.list(&client.once(), &about.domain).await
    }

    /// What is to be kept when `entry` is deleted, from the listing in which it was compared.
    pub(super) fn saved(&mut self, change: &Change, entry: Remote) -> Saved {
        // The configuration is about to be deleted, so nothing more is compared in that listing.
        let listing = self.listing.take();
        if !change.contingent.contains(&Contingent::AddSiblingsBack) {
            return Saved { entry, siblings: Siblings::new() };
        }
        let mut siblings = listing.map(|listing| listing.configs.configs.clone()).unwrap_or_default();
        siblings.remove(&change.address);
        Saved { entry, siblings }
    }

    /// Checks the siblings of a deleted configuration, and adds back those that are gone.
    pub(super) async fn keep_siblings(&mut self, change: &Change, saved: &Saved) -> Beside {
        if saved.siblings.is_empty() {
            return Beside::Stayed;
        }
        let listed = self.list_without(change, saved).await;
        self.keep_listed(change, saved, listed).await
    }

    /// Like [`Self::keep_siblings`]; in addition, what could not be read back may be visible now.
    pub(super) async fn see_siblings(&mut self, change: &Change, saved: &Saved, ended: &mut Ended) -> Beside {
        if saved.siblings.is_empty() {
            return Beside::Stayed;
        }
        let listed = self.list_without(change, saved).await;
        ended.seen_in(change, &listed);
        self.keep_listed(change, saved, listed).await
    }

    /// Lists the domain until the listing does not show the deleted configuration, or until the deadline.
    async fn list_without(&self, change: &Change, saved: &Saved) -> Result<Arc<DomainSnapshot>, Error> {
        let is_after = |listing: &DomainSnapshot| saved.is_gone_in(change, listing);
        let (reader, about) = (&self.run.reader, &change.address);
        reader.list_until(&reader.client.urgent(), &about.domain, Some(about), is_after).await
    }

    /// Checks the siblings once more if a Delete without a usable answer may still arrive: it could delete what was
    /// added back, and whatever else exists by then.
    pub(super) async fn keep_settled(
        &mut self,
        change: &Change,
        saved: &Saved,
        ended: &mut Ended,
        beside: Beside,
    ) -> Beside {
        let run = self.run.clone();
        if saved.siblings.is_empty() || run.books.is_settled(&change.address) {
            return beside;
        }
        run.books.settled(&change.address).await;
        let later = self.see_siblings(change, saved, ended).await;
        beside.then(later)
    }

    /// Adds back what a listing lacks.
    pub(super) async fn keep_listed(
        &mut self,
        change: &Change,
        saved: &Saved,
        listed: Result<Arc<DomainSnapshot>, Error>,
    ) -> Beside {
        let listing = match listed {
            _ if saved.siblings.is_empty() => return Beside::Stayed,
            Ok(listing) => listing,
            Err(error) => return Beside::Unread(Some(error)),
        };
        let is_there = |(address, _): &(&Address, &Remote)| listing.configs.contains_key(*address);
        let (there, gone): (Vec<_>, Vec<_>) = saved.siblings.iter().partition(is_there);
        if self.run.books.is_settled(&change.address) {
            there.iter().for_each(|(address, _)| self.run.books.is_back(address));
        }
        match gone.is_empty() {
            false => self.add_siblings_back(change, gone).await,
            true if saved.is_gone_in(change, &listing) => Beside::Stayed,
            true => Beside::Unread(None),
        }
    }

    async fn add_siblings_back(&mut self, change: &Change, gone: Vec<(&Address, &Remote)>) -> Beside {
        self.halted = Some(Halt::TookAlong(change.address.clone()));
        self.run.books.delayed(&change.address, Delay::AddsSiblingsBack(gone.len()));
        // All at once: none waits for another.
        let mut adding = JoinSet::new();
        for (address, remote) in gone {
            let (run, address, remote) = (self.run.clone(), address.clone(), remote.clone());
            adding.spawn(async move {
                let fate = run.add_sibling_back(&address, &remote).await;
                (address, fate)
            });
        }
        let mut fates = BTreeMap::new();
        for (address, fate) in adding.join_all().await {
            self.keep_in_the_books(change, &address, fate);
            fates.insert(address, fate);
        }
        Beside::Went(fates)
    }

    fn keep_in_the_books(&self, change: &Change, address: &Address, fate: Fate) {
        let books = &self.run.books;
        match fate {
            Fate::Unseen => books.not_back(address, Cause::AddedBackUnseen),
            Fate::Back if books.is_settled(&change.address) => books.is_back(address),
            Fate::Back => books.not_back(address, Cause::AddedBackTooEarly),
            Fate::There | Fate::NotBack => {}
        }
    }

    /// The end of a change after this happened beside its configuration.
    pub(super) fn end_beside(&mut self, ended: Ended, beside: Beside) -> Ended {
        let outcome = match beside {
            Beside::Went(fates) => and_took_along(ended.outcome, fates.into()),
            Beside::Unread(remote) if ended.outcome == Outcome::Done => {
                self.halted = Some(Halt::BesideUnread);
                Outcome::Unknown(Failure { cause: Cause::BesideUnread, remote })
            }
            Beside::Unread(_) | Beside::Stayed => ended.outcome,
        };
        Ended { outcome, ..ended }
    }
}

impl Ended {
    /// An outcome is not unknown if a later listing shows the configuration as wanted.
    pub(super) fn seen_in(&mut self, change: &Change, listed: &Result<Arc<DomainSnapshot>, Error>) {
        let shows =
            |listing: &Arc<DomainSnapshot>| Aim::of(change).reached(listing.configs.get(&change.address));
        if matches!(self.outcome, Outcome::Unknown(_)) && listed.as_ref().is_ok_and(shows) {
            self.outcome = Outcome::Done;
        }
    }
}

impl Beside {
    /// What is known after another read.
    pub(super) fn then(self, later: Self) -> Self {
        match (self, later) {
            (Beside::Went(mut fates), Beside::Went(later)) => {
                fates.extend(later);
                Beside::Went(fates)
            }
            (Beside::Went(fates), Beside::Stayed) => Beside::Went(fates),
            (Beside::Went(mut fates), Beside::Unread(_)) => {
                fates.values_mut().filter(|fate| **fate == Fate::Back).for_each(|fate| *fate = Fate::Unseen);
                Beside::Went(fates)
            }
            (Beside::Stayed | Beside::Unread(_), later) => later,
        }
    }
}

/// What happened to a configuration that a listing lacks after an app-wide one was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Back,
    /// It was added, or may have been, and no read shows it.
    Unseen,
    /// It was never gone: the service refuses to add it again, and shows it as it was.
    There,
    NotBack,
}

impl From<BTreeMap<Address, Fate>> for Fates {
    fn from(each: BTreeMap<Address, Fate>) -> Self {
        let mut fates = Self::default();
        for (address, fate) in each {
            let alike = match fate {
                Fate::Back => &mut fates.back,
                Fate::Unseen => &mut fates.unseen,
                Fate::There => &mut fates.there,
                Fate::NotBack => &mut fates.not_back,
            };
            alike.push(address);
        }
        fates
    }
}

impl Run {
    /// Adds a configuration back, as far as an Add can send it, and reads it back.
    async fn add_sibling_back(&self, address: &Address, remote: &Remote) -> Fate {
        if remote.unsupported.is_some() {
            return Fate::NotBack;
        }
        let config = wire::addable(remote.config.clone().normalized());
        match self.fill_gap(PendingAdd::beside(address, &config, remote), None).await {
            Ok(ended) => match ended.outcome {
                Outcome::Done => Fate::Back,
                Outcome::Unknown(_) => Fate::Unseen,
                Outcome::Failed(_) | Outcome::NotAttempted(_) => Fate::NotBack,
            },
            // It may only have been missing from the listing.
            Err(Unfilled { error, .. }) if error.code() == ALREADY_EXISTS => {
                let found = self.reader.look_urgently(address, remote.spelling).await;
                let stands = |found: Option<Remote>| {
                    compare(Aim::add(address, &config), found.as_ref()) == Verdict::Done
                };
                if found.is_ok_and(stands) { Fate::There } else { Fate::NotBack }
            }
            Err(_) => Fate::NotBack,
        }
    }

    /// A configuration that exists beside one to be removed and is not in the plan, or the other way around, if there
    /// is one. What the run itself has yet to delete may exist, and what it was to create and did not may be missing.
    fn other_siblings(&self, change: &Change, listing: &DomainSnapshot) -> Option<Stale> {
        let planned: BTreeSet<&Address> = change.siblings.iter().collect();
        let found: BTreeSet<&Address> =
            listing.configs.keys().filter(|other| change.address.has_beside(other)).collect();
        let more = found.difference(&planned).filter(|address| !self.books.is_yet_to_be_deleted(address));
        let fewer = planned.difference(&found).filter(|address| !self.books.was_not_created(address));
        first_and_more(more, Stale::Joined).or_else(|| first_and_more(fewer, Stale::Left))
    }
}

fn first_and_more<'a>(
    mut addresses: impl Iterator<Item = &'a &'a Address>,
    stale: fn(Address, usize) -> Stale,
) -> Option<Stale> {
    let first = (*addresses.next()?).clone();
    Some(stale(first, addresses.count()))
}

/// Whether a listing shows some address as it was before a change that is done.
fn lags_behind(listing: &DomainSnapshot, done: &[Task]) -> bool {
    done.iter().any(|Task { change, .. }| Aim::of(change).at_before(listing.configs.get(&change.address)))
}

/// The outcome of a change that deleted siblings too. This never makes an unknown outcome a known one.
fn and_took_along(outcome: Outcome, fates: Fates) -> Outcome {
    match outcome {
        Outcome::Done => Outcome::Failed(Failure::new(Cause::TookAlong(fates))),
        Outcome::Failed(failure) | Outcome::NotAttempted(failure) => {
            Outcome::Failed(failure.within(|cause| Cause::AndTookAlong(cause, fates)))
        }
        Outcome::Unknown(failure) => {
            Outcome::Unknown(failure.within(|cause| Cause::AndTookAlong(cause, fates)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_along_hides_nothing_of_the_changes_own_end() {
        let told = |outcome: fn(Failure) -> Outcome| {
            and_took_along(outcome(Failure::new(Cause::WorkLost)), Fates::default())
        };
        let both = || Failure::new(Cause::AndTookAlong(Box::new(Cause::WorkLost), Fates::default()));
        let alone = Outcome::Failed(Failure::new(Cause::TookAlong(Fates::default())));
        assert_eq!(and_took_along(Outcome::Done, Fates::default()), alone);
        assert_eq!(told(Outcome::Failed), Outcome::Failed(both()));
        assert_eq!(told(Outcome::NotAttempted), Outcome::Failed(both()));
        assert_eq!(told(Outcome::Unknown), Outcome::Unknown(both()));
    }
}
