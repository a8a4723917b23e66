//! The listening socket, which a fault can close for a while.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

/// The pause before the address is bound again.
const AGAIN: Duration = Duration::from_millis(20);

/// Until when no connection is accepted.
#[derive(Debug, Clone, Default)]
pub(super) struct Latch {
    shut_until: Arc<Mutex<Option<Instant>>>,
    shut: Arc<Notify>,
}

impl Latch {
    /// Closes the latch from now on, for this time.
    pub(super) fn shut(&self, time: Duration) {
        let until = Instant::now() + time;
        *self.shut_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
        self.shut.notify_one();
    }

    fn take(&self) -> Option<Instant> {
        self.shut_until.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A listener that is really closed while the latch is shut, so that callers are refused as if the machine were down.
pub(super) struct Door {
    address: SocketAddr,
    listener: Option<TcpListener>,
    latch: Latch,
}

impl Door {
    pub(super) fn new(listener: TcpListener, latch: Latch) -> io::Result<Self> {
        Ok(Self { address: listener.local_addr()?, listener: Some(listener), latch })
    }

    async fn stay_shut(&mut self) {
        let Some(until) = self.latch.take() else { return };
        self.listener = None;
        sleep_until(until).await;
    }

    /// The listener, opened again if necessary.
    async fn open(&mut self) -> &mut TcpListener {
        let listener = match self.listener.take() {
            Some(listener) => listener,
            None => reopened(self.address).await,
        };
        self.listener.insert(listener)
    }
}

impl Listener for Door {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        let latch = self.latch.clone();
        loop {
            self.stay_shut().await;
            tokio::select! {
                accepted = Listener::accept(self.open().await) => return accepted,
                () = latch.shut.notified() => {}
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

async fn reopened(address: SocketAddr) -> TcpListener {
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return listener,
            Err(_) => sleep(AGAIN).await,
        }
    }
}
