//! When a run is killed.

use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use crate::simulation::harness::random::Random;

/// An undisturbed run, which shows when a run can be killed.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) calls: usize,
    pub(super) took: Duration,
    /// How many of them are Adds, Updates and Deletes.
    pub(super) writes: [usize; 3],
}

/// The moment of a kill.
#[derive(Debug, Clone)]
pub(super) enum Moment {
    /// This long after the emulator saw this many calls of the run.
    Call(usize, Duration),
    /// This long after the run began.
    Time(Duration),
    /// This long after it sent the nth of these writes, which gets no answer and reaches the service only later.
    Late(&'static str, usize, Duration),
}

/// The delay of a late write.
pub(super) const LATENESS: Duration = Duration::from_millis(600);

/// How a run is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// SIGKILL: it ends at once.
    Kill,
    /// SIGHUP, twice, as the kernel and the shell each send one: it must end in order.
    HangUp,
}

impl Signal {
    /// From a separate random stream, so that the moments of a seed do not change.
    pub(super) fn draw(seed: u64) -> Self {
        Random::new(seed ^ 0x5168_0001).pick(&[Self::Kill, Self::Kill, Self::HangUp])
    }

    /// The exit code of a run that got it and ended in order.
    pub(super) fn code(self) -> Option<i32> {
        (self == Self::HangUp).then_some(143)
    }

    /// Sends the signal, and waits for the end.
    pub(super) fn send(self, apply: &mut Child) -> ExitStatus {
        match self {
            Self::Kill => apply.kill().unwrap(),
            Self::HangUp => {
                for pause in [micros(0), micros(700)] {
                    std::thread::sleep(pause);
                    // Until the process was waited for, its id can't belong to another process.
                    if apply.try_wait().unwrap().is_some() {
                        break;
                    }
                    let line = format!("kill -HUP {}", apply.id());
                    Command::new("sh").args(["-c", &line]).output().unwrap();
                }
            }
        }
        apply.wait().unwrap()
    }
}

impl Moment {
    /// The moments of consecutive seeds are spread evenly over the run, like multiples of the golden ratio on a circle.
    pub(super) fn draw(seed: u64, whole: &Whole, random: &mut Random) -> Self {
        let turn = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let share = |whole: usize| ((u128::from(turn) * whole as u128) >> 64) as usize;
        match random.below(10) {
            0..6 => Self::Call(share(whole.calls) + 1, micros(random.below(8_000))),
            6..8 => Self::Time(micros(share(whole.took.as_micros() as usize) as u64)),
            _ => {
                // A late Delete does more harm than the other two.
                let mut writes = vec![(0, "Add"), (1, "Update"), (2, "Delete"), (2, "Delete")];
                writes.retain(|(which, _)| whole.writes[*which] > 0);
                let (which, action) = random.pick(&writes);
                let pause = micros(random.below(LATENESS.as_micros() as u64 / 3));
                Self::Late(action, share(whole.writes[which]) + 1, pause)
            }
        }
    }

    /// An earlier moment, for when the run ended before this one.
    pub(super) fn sooner(&self) -> Self {
        match *self {
            Self::Call(number, _) => Self::Call(number * 3 / 4, Duration::ZERO),
            Self::Time(time) => Self::Time(time * 3 / 4),
            Self::Late(action, number, _) => Self::Late(action, number - number / 4, Duration::ZERO),
        }
    }

    /// The fault that this moment needs in the emulator.
    pub(super) fn fault(&self) -> Option<String> {
        let Self::Late(action, number, _) = self else { return None };
        Some(format!("late-commit:action={action},nth={number},time={}ms", LATENESS.as_millis()))
    }
}

pub(super) fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}
