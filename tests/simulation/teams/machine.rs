//! The machine of one process: its clocks, the moments when it is stopped and goes on, and its end.

use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use livevod::store::Elapsed;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::super::harness::observer::beginning;
use super::super::harness::story::What;
use super::stage::Stage;

/// A moment in the life of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    /// When its call to the account of this number is about to leave, from 0.
    Call(u64),
    /// When that call was just carried out.
    Sent(u64),
    /// When its write of this number was just carried out, from 0.
    Wrote(u64),
    /// When its operation of the store of this number begins, from 0.
    Operation(u64),
    /// This long after it began.
    After(Duration),
}

/// How a process's time goes by.
#[derive(Debug, Clone)]
pub(super) struct Life {
    /// When it begins.
    pub(super) begins: Duration,
    /// When it is stopped, and for how long.
    pub(super) stops: Vec<(Moment, Duration)>,
    pub(super) death: Option<Moment>,
    /// How long it does not reach the store after it was stopped, like a machine that joins its network again.
    pub(super) rejoins: Duration,
    /// What its clock that never stops says at the beginning of the story.
    pub(super) uptime: Duration,
    /// How far its clock on the wall is off.
    pub(super) off: SignedDuration,
}

/// The machine of one process.
pub(super) struct Machine {
    pub(super) number: usize,
    stage: Arc<Stage>,
    life: Life,
    state: Mutex<State>,
    death: Notify,
}

#[derive(Default)]
struct State {
    stopped_until: Option<Instant>,
    is_dead: bool,
    calls: u64,
    writes: u64,
    operations: u64,
}

impl Machine {
    pub(super) fn new(number: usize, stage: Arc<Stage>, life: Life) -> Arc<Self> {
        Arc::new(Self { number, stage, life, state: Mutex::default(), death: Notify::new() })
    }

    /// Waits until the process begins; from then on, its life takes its course.
    pub(super) async fn begin(self: &Arc<Self>) {
        let start = self.stage.start() + self.life.begins;
        sleep_until(start).await;
        self.stage.tell(self.number, What::Began);
        let stops = self.life.stops.iter().map(|(moment, _)| *moment);
        for moment in stops.chain(self.life.death) {
            if let Moment::After(time) = moment {
                let machine = self.clone();
                tokio::spawn(async move {
                    sleep_until(start + time).await;
                    machine.comes(moment);
                });
            }
        }
    }

    /// A call is about to leave.
    pub(super) fn calls(&self) {
        let number = counted(&mut self.state().calls);
        self.comes(Moment::Call(number));
    }

    /// The last call to leave was carried out.
    pub(super) fn sent(&self, is_write: bool) {
        let number = self.state().calls.saturating_sub(1);
        self.comes(Moment::Sent(number));
        if is_write {
            let number = counted(&mut self.state().writes);
            self.comes(Moment::Wrote(number));
        }
    }

    /// An operation of the store begins.
    pub(super) fn operates(&self) {
        let number = counted(&mut self.state().operations);
        self.comes(Moment::Operation(number));
    }

    /// Goes on only if the process is neither stopped nor dead.
    pub(super) async fn awake(&self) {
        loop {
            self.alive().await;
            let until = self.state().stopped_until.filter(|until| *until > Instant::now());
            match until {
                Some(until) => sleep_until(until).await,
                None => return,
            }
        }
    }

    /// Goes on only if the process is not dead.
    pub(super) async fn alive(&self) {
        if self.state().is_dead {
            pending::<()>().await;
        }
    }

    /// Returns once the process is dead.
    pub(super) async fn died(&self) {
        self.death.notified().await;
    }

    /// Whether the machine has not joined its network again since it was stopped.
    pub(super) fn is_offline(&self) -> bool {
        self.state().stopped_until.is_some_and(|until| Instant::now() < until + self.life.rejoins)
    }

    /// The process has ended by itself: what comes now does not happen to it.
    pub(super) fn ends(&self) {
        self.state().is_dead = true;
    }

    /// Whether nothing stops or ends the process.
    pub(super) fn is_never_stopped(&self) -> bool {
        self.life.stops.is_empty() && self.life.death.is_none()
    }

    /// The clock that never stops.
    pub(super) fn elapsed(&self) -> Elapsed {
        let (uptime, start) = (self.life.uptime, self.stage.start());
        Arc::new(move || uptime + start.elapsed())
    }

    /// The clock on the wall.
    pub(super) fn now(&self) -> Timestamp {
        beginning() + self.stage.start().elapsed() + self.life.off
    }

    fn comes(&self, moment: Moment) {
        if self.state().is_dead {
            return;
        }
        let stops = self.life.stops.iter().filter(|(when, _)| *when == moment);
        for (_, time) in stops {
            self.stage.tell(self.number, What::Note(format!("STOPPED for {} s", time.as_secs())));
            let mut state = self.state();
            state.stopped_until = state.stopped_until.max(Some(Instant::now() + *time));
        }
        if self.life.death == Some(moment) {
            self.stage.tell(self.number, What::Died("death"));
            self.state().is_dead = true;
            self.death.notify_one();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The number of what happens now, from 0.
fn counted(count: &mut u64) -> u64 {
    *count += 1;
    *count - 1
}
