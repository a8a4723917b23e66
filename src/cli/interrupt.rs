//! SIGINT and SIGTERM: the first lets writes in flight finish, the second ends the process at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::watch;

use crate::render::Exit;

/// Listens until it is dropped.
pub(super) struct Interrupt {
    stop: watch::Receiver<bool>,
    seen: Arc<AtomicU8>,
    task: tokio::task::JoinHandle<()>,
}

impl Interrupt {
    /// Starts to listen, on the runtime of the caller. A second signal runs `farewell` with the run's end and ends the process.
    pub(super) fn listen(farewell: impl FnOnce(Exit) + Send + 'static) -> Self {
        let (sender, stop) = watch::channel(false);
        let seen = Arc::new(AtomicU8::new(0));
        let task = tokio::spawn(watch_signals(sender, seen.clone(), farewell));
        Self { stop, seen, task }
    }

    /// Turns true at the first signal.
    pub(super) fn stop(&self) -> watch::Receiver<bool> {
        self.stop.clone()
    }

    /// How the run ends if a signal came.
    pub(super) fn exit(&self) -> Option<Exit> {
        let code = self.seen.load(Ordering::Acquire);
        [Exit::Interrupted, Exit::Terminated].into_iter().find(|exit| exit.code() == code)
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn watch_signals(stop: watch::Sender<bool>, seen: Arc<AtomicU8>, farewell: impl FnOnce(Exit)) {
    // One listener for both: a second signal right behind the first must not fall between two.
    let mut signals = Signals::listen();
    let first = signals.next().await;
    seen.store(first.code(), Ordering::Release);
    // Nobody listens any more only when the run is over.
    let _ = stop.send(true);
    let second = signals.next().await;
    farewell(second);
    std::process::exit(second.code().into());
}

#[cfg(unix)]
struct Signals(Option<(tokio::signal::unix::Signal, tokio::signal::unix::Signal)>);

#[cfg(unix)]
impl Signals {
    fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self(signal(SignalKind::interrupt()).ok().zip(signal(SignalKind::terminate()).ok()))
    }

    async fn next(&mut self) -> Exit {
        let Some((interrupt, terminate)) = &mut self.0 else { return std::future::pending().await };
        tokio::select! {
            _ = interrupt.recv() => Exit::Interrupted,
            _ = terminate.recv() => Exit::Terminated,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> Self {
        Self
    }

    async fn next(&mut self) -> Exit {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Exit::Interrupted,
            Err(_) => std::future::pending().await,
        }
    }
}
