//! Permits to send: the turn of a call at the rate of its action, and a connection.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::super::error::Error;
use super::super::lane::Heed;
use super::super::limiter::Turn;
use super::{Client, Connection};
use crate::wire::Action;

/// The right to send one call of an action now: its turn has come, and a connection is reserved for it.
#[derive(Debug)]
pub struct Permit {
    pub(super) turn: Turn,
    connection: Option<Connection>,
    /// How long the permit was waited for, without the time that the service asked to wait.
    waited: Duration,
}

impl Client {
    /// The same client; its calls use the connection that is reserved for a write, so they do not wait for one.
    pub fn sharing(&self, permit: &Permit) -> Self {
        Self { connection: permit.connection.clone(), ..self.clone() }
    }

    /// Waits until one call of `action` may be sent, over a connection that stays reserved for it. Take it before the
    /// configuration is compared, so that there is no wait between the compare and the write.
    ///
    /// # Errors
    /// When no more calls of this action are to be sent.
    pub async fn permit(&self, action: Action) -> Result<Permit, Error> {
        self.connected(self.permit_without_connection(action).await?).await
    }

    /// Waits until the rate allows one call of `action`. What is read between this and [`Client::connected`] keeps no
    /// connection from another write.
    ///
    /// # Errors
    /// When no more calls of this action are to be sent.
    pub async fn permit_without_connection(&self, action: Action) -> Result<Permit, Error> {
        let turn = self.turn(action.name()).await?;
        Ok(Permit { waited: turn.waited, turn, connection: None })
    }

    /// Reserves a connection for the call of a permit.
    ///
    /// # Errors
    /// When no more calls are to be sent.
    pub async fn connected(&self, permit: Permit) -> Result<Permit, Error> {
        // Otherwise the compare that comes first would wait while it holds the connection.
        self.inner.limiter.unheld(Action::Describe.name(), &self.heed()).await;
        let asked = Instant::now();
        let connection = self.connect(permit.turn.action()).await?;
        Ok(Permit { waited: permit.waited + asked.elapsed(), connection, ..permit })
    }

    /// Two permits over one connection.
    ///
    /// # Errors
    /// As [`Client::permit`].
    pub async fn permits(&self, first: Action, second: Action) -> Result<(Permit, Permit), Error> {
        let turn = self.turn(first.name()).await?;
        let second = self.permit(second).await?;
        let (connection, waited) = (second.connection.clone(), turn.waited + second.waited);
        Ok((Permit { turn, connection, waited }, second))
    }

    /// How long calls of `action` have waited for the rate so far. Those that waited at the same time count once.
    pub fn waited_for_rate(&self, action: Action) -> Duration {
        self.inner.limiter.waited(action.name())
    }

    /// Waits for the turn of a call, at the configured rate.
    pub(super) async fn turn(&self, action: &'static str) -> Result<Turn, Error> {
        let turn = self.inner.limiter.turn(action, &self.heed()).await;
        turn.map_err(|refusal| Error::GivenUp { action, refusal })
    }

    pub(super) fn heed(&self) -> Heed {
        Heed { until: self.stays, is_urgent: self.is_urgent, stop: self.stop.clone() }
    }

    /// The reserved connection, or the next free one for calls of this kind; an urgent call does not wait for one.
    async fn connect(&self, action: &str) -> Result<Option<Connection>, Error> {
        if self.connection.is_some() {
            return Ok(self.connection.clone());
        }
        let is_write = Action::from_name(action).is_some_and(|action| action != Action::Describe);
        let connections = if is_write { &self.inner.for_writes } else { &self.inner.for_reads }.clone();
        match self.is_urgent {
            true => Ok(connections.try_acquire_owned().ok().map(Arc::new)),
            false => {
                let held = connections.acquire_owned().await;
                Ok(Some(Arc::new(held.map_err(|error| Error::not_sent("any host", error))?)))
            }
        }
    }

    /// Waits until a call whose turn has come may be sent, and returns its connection. No connection is held while the
    /// service asks to wait.
    pub(super) async fn way_out(&self, action: &'static str) -> Result<Option<Connection>, Error> {
        let (limiter, heed) = (&self.inner.limiter, self.heed());
        loop {
            let connection = self.connect(action).await?;
            match limiter.way_out(action, &heed).map_err(|refusal| Error::GivenUp { action, refusal })? {
                None => return Ok(connection),
                Some(later) => {
                    drop(connection);
                    later.wait(&heed).await;
                }
            }
        }
    }
}

impl Permit {
    /// How long the permit was waited for, without the time that the service asked to wait.
    pub fn waited(&self) -> Duration {
        self.waited
    }
}
