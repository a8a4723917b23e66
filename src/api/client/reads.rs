//! Reads: repeated until their deadline where that may help.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::super::endpoint::Endpoint;
use super::super::error::Error;
use super::super::limiter::Turn;
use super::super::retry::Retry;
use super::Client;
use super::sending::Asked;
use crate::model::{Address, Remote, StreamSpelling};
use crate::wire::{self, Call, Inquiry, Key, Stamp};

impl Client {
    /// Asks for one address, and returns when it was asked. `None` proves nothing: how the service treats the filter is
    /// not documented, so only a configuration with exactly this key is a fact.
    ///
    /// # Errors
    /// When the call fails or its answer can't be understood.
    pub async fn find(
        &self,
        address: &Address,
        spelling: StreamSpelling,
    ) -> Result<(Option<Remote>, Instant), Error> {
        let mut first_asked = None;
        for number in self.places().of(address) {
            let call = wire::describe(&address.domain, number, Some((address, spelling)));
            let Asked { at, answer: page } = self.page_asked(&call).await?;
            first_asked.get_or_insert(at);
            let (keys, remotes): (Vec<Address>, Vec<Remote>) = page.configs.into_iter().unzip();
            self.places().saw(address, &keys);
            let mut found = keys.iter().zip(remotes).filter(|(key, _)| *key == address);
            match (found.next(), found.next()) {
                (Some((_, first)), None) => return Ok((Some(first), at)),
                (Some((_, first)), Some(_)) => return Ok((Some(one_of_several(first)), at)),
                (None, _) => {}
            }
        }
        Ok((None, first_asked.unwrap_or_else(Instant::now)))
    }

    /// Reads the first page of a domain's configurations, to learn whether that is possible.
    ///
    /// # Errors
    /// When the call fails or its answer can't be understood.
    pub async fn try_listing(&self, domain: &str) -> Result<(), Error> {
        self.page(&wire::describe(domain, 1, None)).await.map(|_| ())
    }

    /// Sends a call that only looks something up: within the rate, and repeated like every read.
    pub(in super::super) async fn inquire(
        &self,
        inquiry: &Inquiry,
        endpoint: &Endpoint,
    ) -> Result<Map<String, Value>, Error> {
        let signature = self.inner.signature;
        let sign = |host: &str, key: &Key, stamp: &Stamp| inquiry.sign(host, key, stamp, signature);
        let mut tries = ReadTries::new(self, inquiry.name);
        loop {
            let mut turn = tries.turn().await?;
            match self.send_in(&mut turn, endpoint, (inquiry.name, &sign), None).await {
                Ok(Asked { answer, .. }) => return Ok(answer),
                Err(error) => tries.pause(&turn, error).await?,
            }
        }
    }

    /// One page of a listing.
    pub(in super::super) async fn page(&self, call: &Call) -> Result<wire::Page, Error> {
        Ok(self.dated_page(call).await?.1)
    }

    /// One page of a listing, and when it was asked for.
    pub(in super::super) async fn dated_page(&self, call: &Call) -> Result<(Instant, wire::Page), Error> {
        let Asked { at, answer } = self.page_asked(call).await?;
        Ok((at, answer))
    }

    async fn page_asked(&self, call: &Call) -> Result<Asked<wire::Page>, Error> {
        let mut tries = ReadTries::new(self, call.action.name());
        loop {
            let mut turn = tries.turn().await?;
            match self.attempt(call, &mut turn, None).await {
                Ok(Asked { at, answer }) => {
                    let answer = wire::read_page(answer).map_err(Error::Contradiction)?;
                    return Ok(Asked { at, answer });
                }
                Err(error) => tries.pause(&turn, error).await?,
            }
        }
    }
}

/// The attempts of one read. The time that it waits for the rate does not count against its deadline, and unless the
/// caller set the deadline, neither does the time that it waits for a key and a connection.
struct ReadTries<'a> {
    client: &'a Client,
    action: &'static str,
    retry: Option<Retry>,
}

impl<'a> ReadTries<'a> {
    fn new(client: &'a Client, action: &'static str) -> Self {
        Self { client, action, retry: None }
    }

    /// Waits for the next turn. The time for retries starts with the first turn.
    async fn turn(&mut self) -> Result<Turn, Error> {
        let turn = self.client.turn(self.action).await?;
        match &mut self.retry {
            Some(retry) => retry.extend(turn.waited),
            None => self.retry = Some(self.first(turn.waited)),
        }
        Ok(turn)
    }

    fn first(&self, waited: Duration) -> Retry {
        let mut retry = self.client.retry();
        if self.client.until.is_some() {
            retry.extend(waited);
        }
        retry
    }

    /// Waits until the read may be repeated after the call of this turn; returns its error if it failed for good. A throttled read that belongs to
    /// no change has no deadline of its own: whether the service keeps throttling is decided from all calls of its
    /// action together.
    async fn pause(&mut self, turn: &Turn, error: Error) -> Result<(), Error> {
        let Client { inner, until, is_urgent, .. } = self.client;
        let retry = self.retry.get_or_insert_with(|| self.client.retry());
        if until.is_none() {
            retry.extend(turn.delay());
        }
        let jitter = (inner.jitter)();
        let pause = match until {
            None if error.is_throttling() && !is_urgent => Some(retry.throttled(jitter)),
            _ => retry.read(&error, Instant::now(), jitter),
        };
        let Some(pause) = pause else { return Err(error) };
        inner.limiter.pause(self.action, pause, &self.client.heed()).await;
        inner.repeated.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Marks the first of several configurations with the same key: it is unclear which one a write would reach.
pub(in super::super) fn one_of_several(remote: Remote) -> Remote {
    let unsupported = Some("the service lists several configurations with this key".to_owned());
    Remote { unsupported, ..remote }
}
