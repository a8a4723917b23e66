//! Signals that end a process: after the first, writes in flight finish; a second one from a person ends it at once.
//!
//! | signal | from | first | second |
//! |---|---|---|---|
//! | SIGINT, SIGQUIT | the keyboard, CI | 130 | at once |
//! | SIGTERM | CI, schedulers | 143 | at once |
//! | SIGHUP | a closed terminal or SSH session; the shell sends a second one | 143 | ignored |
//! | SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU | schedulers and limits, some every second | 143 | ignored |
//!
//! A signal that the caller ignores, as `nohup` does with SIGHUP, stays ignored if the system reports it (Linux).

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

#[cfg(unix)]
use tokio::signal::unix::SignalKind;
use tokio_util::sync::CancellationToken;

use crate::render::Exit;

/// Listens until it is dropped.
pub(super) struct Interrupt {
    stop: CancellationToken,
    seen: Arc<AtomicU8>,
    task: tokio::task::JoinHandle<()>,
}

impl Interrupt {
    /// Starts to listen, on the runtime of the caller. The first signal calls `answered` at once; a second one calls `farewell` with
    /// its exit, and ends the process with the exit that `farewell` returns.
    pub(super) fn listen(
        answered: impl FnOnce() + Send + 'static,
        farewell: impl FnOnce(Exit) -> Exit + Send + 'static,
    ) -> Self {
        let stop = CancellationToken::new();
        let seen = Arc::new(AtomicU8::new(0));
        let task =
            tokio::spawn(watch_signals(Signals::listen(), stop.clone(), seen.clone(), answered, farewell));
        Self { stop, seen, task }
    }

    /// Cancelled at the first signal.
    pub(super) fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// How the run ends, if there was a signal.
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

async fn watch_signals(
    mut signals: Signals,
    stop: CancellationToken,
    seen: Arc<AtomicU8>,
    answered: impl FnOnce(),
    farewell: impl FnOnce(Exit) -> Exit,
) {
    // One listener for all signals: a second signal right after the first must not be lost.
    let first = signals.next().await;
    seen.store(first.exit.code(), Ordering::Release);
    stop.cancel();
    answered();
    let second = loop {
        let next = signals.next().await;
        if next.insists {
            break next.exit;
        }
    };
    let exit = farewell(second);
    std::process::exit(exit.code().into());
}

/// The request of a signal.
#[derive(Debug, Clone, Copy)]
struct Request {
    /// How the run ends.
    exit: Exit,
    /// Whether it ends the process at once if it is the second signal. SIGHUP does not, because it is often sent twice, nor do limits,
    /// which send a signal every second.
    insists: bool,
}

#[cfg(unix)]
struct Signals(Vec<(Request, tokio::signal::unix::Signal)>);

#[cfg(unix)]
impl Signals {
    /// Starts to listen, before any write is sent.
    fn listen() -> Self {
        use tokio::signal::unix::signal;
        let ignored = ignored();
        let caught = requests().into_iter().filter(|(kind, _)| !is_set(ignored, *kind));
        Self(caught.filter_map(|(kind, request)| Some((request, signal(kind).ok()?))).collect())
    }

    async fn next(&mut self) -> Request {
        use std::task::Poll;
        std::future::poll_fn(|context| {
            let came = self.0.iter_mut().find_map(|(request, signal)| {
                let is_there = matches!(signal.poll_recv(context), Poll::Ready(Some(())));
                is_there.then_some(*request)
            });
            came.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

/// Every signal with which a person, a program or a limit ends a process, and that can be handled.
#[cfg(unix)]
fn requests() -> [(SignalKind, Request); 8] {
    let insistent = |exit| Request { exit, insists: true };
    let patient = Request { exit: Exit::Terminated, insists: false };
    [
        (SignalKind::interrupt(), insistent(Exit::Interrupted)),
        (SignalKind::quit(), insistent(Exit::Interrupted)),
        (SignalKind::terminate(), insistent(Exit::Terminated)),
        (SignalKind::hangup(), patient),
        (SignalKind::alarm(), patient),
        (SignalKind::user_defined1(), patient),
        (SignalKind::user_defined2(), patient),
        (SignalKind::from_raw(CPU_LIMIT), patient),
    ]
}

/// SIGXCPU, as Linux on all common processors, macOS and the BSDs number it.
#[cfg(unix)]
const CPU_LIMIT: i32 = 24;

/// The signals that the caller ignores, one bit each; none if the system does not report them.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}

#[cfg(unix)]
fn is_set(mask: u64, kind: SignalKind) -> bool {
    let bit = kind.as_raw_value() - 1;
    u32::try_from(bit).is_ok_and(|bit| mask.checked_shr(bit).is_some_and(|rest| rest & 1 == 1))
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> Self {
        Self
    }

    async fn next(&mut self) -> Request {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Request { exit: Exit::Interrupted, insists: true },
            Err(_) => std::future::pending().await,
        }
    }
}
