//! Reads back after a write until the write shows, or until the deadline.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::decide::{self, ReadBack, Sent};
use super::event::Delay;
use super::listings::{DomainReads, Listing, Look};
use super::reader::Reader;
use super::report::Outcome;
use super::task::Ended;
use crate::api::{Class, Client, Error};
use crate::model::{Address, DomainSnapshot, Remote, StreamSpelling};
use crate::plan::{Aim, Change};

/// The pauses between reads: 0.5, 1, 2, 4, 8, 8, … s; the last pause is cut so that the last read is at the deadline.
pub(super) struct Backoff {
    deadline: Instant,
    pause: Duration,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(500);
    const LONGEST: Duration = Duration::from_secs(8);

    pub(super) fn until(deadline: Duration) -> Self {
        Self::ending(Instant::now() + deadline)
    }

    pub(super) fn ending(deadline: Instant) -> Self {
        Self { deadline, pause: Self::FIRST }
    }

    /// The time until the next read; `None` when the deadline has passed.
    pub(super) fn ahead(&self) -> Option<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        (!left.is_zero()).then(|| left.min(self.pause))
    }

    /// Waits for the next read; false when the deadline has passed.
    pub(super) async fn next(&mut self) -> bool {
        let Some(pause) = self.ahead() else { return false };
        sleep(pause).await;
        self.pause = Self::LONGEST.min(self.pause * 2);
        true
    }
}

impl Reader {
    /// The outcome of a create or an update whose write was accepted now. A listing that was asked for since then confirms
    /// it, whatever it was asked for; a change that goes beside others waits a moment for writes to share one with.
    pub(super) async fn confirm_change(
        &self,
        change: &Change,
        spelling: StreamSpelling,
        request_id: Option<String>,
        is_beside: bool,
    ) -> Ended {
        let accepted = Instant::now();
        let reads = self.domain(&change.address.domain);
        let _unconfirmed = reads.accepted();
        let until = accepted + self.deadline;
        let (aim, client, mut backoff) = (Aim::of(change), self.client.until(until), Backoff::ending(until));
        let still =
            if is_beside { self.unless_stopped(reads.gather(accepted)).await.flatten() } else { None };
        let is_listed = reads.last().is_some_and(|last| last.is_younger(accepted));
        let mut looked = match !is_listed && reads.prefers_single_confirms(is_beside) {
            true => self.look_alone(&client, aim, spelling).await,
            false => {
                let enough = |listing: &Listing| listing.is_younger(accepted);
                self.look_together(&reads, &client, (aim, spelling), accepted, enough).await
            }
        };
        drop(still);
        // Another change may list the domain meanwhile. Whoever sees it, an accepted write that shows is done.
        let shows = |listing: &Listing| {
            listing.is_younger(accepted) && seen(aim, listing.look(aim.address).found) == ReadBack::AsWanted
        };
        let mut since = accepted;
        while !is_over(&looked) {
            self.tell_wait(aim.address, &backoff);
            let goes_on = tokio::select! {
                biased;
                () = reads.listed(&shows) => {
                    looked = Ok(ReadBack::AsWanted);
                    break;
                }
                goes_on = self.next(&mut backoff) => goes_on,
            };
            if !goes_on {
                break;
            }
            let now = Instant::now();
            let enough = |listing: &Listing| listing.is_younger(now) || shows(listing);
            let look = self.look_together(&reads, &client, (aim, spelling), now, enough).await;
            since = if look.is_ok() { now } else { since };
            looked = decide::newer(looked, look);
        }
        let looked = self.or_listed(aim, looked, since);
        Ended { outcome: decide::at_deadline(looked, Sent::Accepted), request_id }
    }

    /// What was read of an address. Unless it was as wanted, a listing counts that was asked for after `since`: another
    /// change may have read it when this one could not.
    fn or_listed(
        &self,
        aim: Aim<'_>,
        looked: Result<ReadBack, Error>,
        since: Instant,
    ) -> Result<ReadBack, Error> {
        if looked == Ok(ReadBack::AsWanted) {
            return looked;
        }
        self.listed_since(aim.address, since).map_or(looked, |look| Ok(seen(aim, look.found)))
    }

    /// What a listing shows that is `enough`, whoever asked for it; one that failed after `since` failed for this change too.
    async fn look_together(
        &self,
        reads: &DomainReads,
        client: &Client,
        (aim, spelling): (Aim<'_>, StreamSpelling),
        since: Instant,
        enough: impl Fn(&Listing) -> bool,
    ) -> Result<ReadBack, Error> {
        match reads.list_once(client, &aim.address.domain, since, enough).await {
            Ok(listing) => Ok(seen(aim, listing.look(aim.address).found)),
            // What is listed moves; a read of the one address may still show it.
            Err(Error::Contradiction(_)) => self.look_alone(client, aim, spelling).await,
            Err(error) => Err(error),
        }
    }

    /// What a read of the one address shows.
    async fn look_alone(
        &self,
        client: &Client,
        aim: Aim<'_>,
        spelling: StreamSpelling,
    ) -> Result<ReadBack, Error> {
        let (found, _) = client.find(aim.address, spelling).await?;
        Ok(seen(aim, found))
    }

    /// Reads a configuration back with a client until it shows as wanted, or until the deadline.
    pub(super) async fn confirm(
        &self,
        client: &Client,
        aim: Aim<'_>,
        spelling: StreamSpelling,
        sent: Sent,
    ) -> Outcome {
        let now = Instant::now();
        let looked = self.watch(client, aim, spelling, now, now + self.deadline).await;
        decide::at_deadline(looked, sent)
    }

    /// Reads a configuration with a client until it shows as wanted, for the last time at `until`; returns what the
    /// last read showed. Its write left, or was accepted, at `since`: a listing that another change asked for after that
    /// counts where the reads of this one fail.
    pub(super) async fn watch(
        &self,
        client: &Client,
        aim: Aim<'_>,
        spelling: StreamSpelling,
        mut since: Instant,
        until: Instant,
    ) -> Result<ReadBack, Error> {
        let mut backoff = Backoff::ending(until);
        let client = client.until(until);
        // At best, asking for the one address is enough. What it does not show is looked for in the whole domain, which
        // alone proves absence.
        let first = match aim.after {
            Some(_) => client.find(aim.address, spelling).await.map(|(found, asked)| {
                let asked = if found.is_some() { asked } else { since };
                Look { found, asked }
            }),
            None => self.look_by(&client, aim.address, spelling).await,
        };
        let mut see = |look: Result<Look, Error>| {
            look.map(|look| {
                since = look.asked;
                seen(aim, look.found)
            })
        };
        let mut looked = see(first);
        while !is_over(&looked) {
            self.tell_wait(aim.address, &backoff);
            if !self.next(&mut backoff).await {
                break;
            }
            let look = self.look_by(&client, aim.address, spelling).await;
            looked = decide::newer(looked, see(look));
        }
        self.or_listed(aim, looked, since)
    }

    /// Waits for the next read. A signal that ends the run ends the pause, but not the reading. False when the deadline
    /// has passed.
    pub(super) async fn next(&self, backoff: &mut Backoff) -> bool {
        if self.is_stopped() {
            return backoff.next().await;
        }
        match self.unless_stopped(backoff.next()).await {
            Some(goes_on) => goes_on,
            None => backoff.ahead().is_some(),
        }
    }

    fn tell_wait(&self, address: &Address, backoff: &Backoff) {
        if let Some(pause) = backoff.ahead() {
            self.books.delayed(address, Delay::NotShown { pause });
        }
    }

    /// Lists a domain with a client until it shows none of the addresses, or until the deadline; returns the last
    /// listing that was read.
    pub(super) async fn until_absent(
        &self,
        client: &Client,
        domain: &str,
        gone: &[&Address],
    ) -> Result<Arc<DomainSnapshot>, Error> {
        let about = if let [address] = gone { Some(*address) } else { None };
        let shows =
            |listing: &DomainSnapshot| gone.iter().all(|address| !listing.configs.contains_key(*address));
        self.list_until(client, domain, about, shows).await
    }

    /// Lists a domain with a client until it shows what is wanted, or until the deadline; returns the last listing that
    /// was read. The change that it is `about` reports the wait.
    pub(super) async fn list_until(
        &self,
        client: &Client,
        domain: &str,
        about: Option<&Address>,
        shows: impl Fn(&DomainSnapshot) -> bool,
    ) -> Result<Arc<DomainSnapshot>, Error> {
        let until = Instant::now() + self.deadline;
        let (mut backoff, client) = (Backoff::ending(until), client.until(until));
        let mut listed = self.listed(&client, domain).await;
        loop {
            let over = match &listed {
                Ok(listing) => shows(listing),
                Err(error) => is_hopeless(error),
            };
            if let (Some(address), false) = (about, over) {
                self.tell_wait(address, &backoff);
            }
            if over || !self.next(&mut backoff).await {
                return listed;
            }
            listed = decide::newer(listed, self.listed(&client, domain).await);
        }
    }
}

/// Whether another read can't succeed. A listing that contradicts itself may be whole the next time, and a clock that
/// was right when the run started may be set right again.
pub(super) fn is_hopeless(error: &Error) -> bool {
    match error {
        // Nothing more is sent.
        Error::Withheld { .. } | Error::Stopped(_) | Error::GivenUp { .. } => true,
        _ => error.remote().is_some() && error.class() == Class::Fatal && !error.is_about_the_clock(),
    }
}

/// Whether what a read showed is final.
fn is_over(looked: &Result<ReadBack, Error>) -> bool {
    match looked {
        Ok(ReadBack::AsWanted) => true,
        Ok(ReadBack::NotYet | ReadBack::Otherwise(_)) => false,
        Err(error) => is_hopeless(error),
    }
}

fn seen(aim: Aim<'_>, found: Option<Remote>) -> ReadBack {
    decide::read_back(aim, found.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn looks_grow_apart_and_the_last_is_at_the_deadline() {
        let start = Instant::now();
        let mut backoff = Backoff::until(Duration::from_secs(20));
        let mut looks = Vec::new();
        while backoff.next().await {
            looks.push(start.elapsed().as_millis());
        }
        assert_eq!(looks, [500, 1500, 3500, 7500, 15500, 20000]);
    }

    #[tokio::test(start_paused = true)]
    async fn without_time_there_is_no_second_look() {
        assert!(!Backoff::until(Duration::ZERO).next().await);
    }
}
