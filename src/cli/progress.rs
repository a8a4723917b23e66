//! Progress of an apply on standard error: a bar on a terminal, otherwise a line from time to time.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::{interval, timeout};

use super::terminal::{Terminal, secrets};
use crate::apply::{Delay, Event, Outcome};
use crate::gate::clean;

/// A run with more changes than this counts as long.
const LONG: usize = 20;

/// Lines that a long run prints instead of a bar.
const LINES: usize = 10;

/// Counts finished changes and shows it.
pub(super) struct Progress<'a> {
    terminal: &'a Terminal,
    bar: Option<ProgressBar>,
    total: usize,
    finished: AtomicUsize,
}

impl<'a> Progress<'a> {
    /// Begins at zero of `total`.
    pub(super) fn new(total: usize, terminal: &'a Terminal) -> Self {
        let bar = terminal.moves.then(|| bar(total, terminal));
        Self { terminal, bar, total, finished: AtomicUsize::new(0) }
    }

    /// Handles one event.
    pub(super) fn event(&self, event: &Event) {
        if let Event::Delayed { address, delay: Delay::SlowListing { took }, .. } = event {
            self.slow(&address.domain, *took);
        }
        let Event::Finished { outcome, index: _, sent: _, took: _ } = event else { return };
        if matches!(outcome.outcome, Outcome::NotAttempted(_)) {
            return;
        }
        let finished = self.finished.fetch_add(1, Ordering::Relaxed) + 1;
        match &self.bar {
            Some(bar) => {
                bar.set_message(secrets().hide(&clean(&outcome.address.to_string())).into_owned());
                bar.set_position(finished as u64);
            }
            None if self.total > LONG && finished.is_multiple_of(self.total.div_ceil(LINES)) => {
                self.terminal.note(&format!("{finished} of {} changes finished\n", self.total));
            }
            None => {}
        }
    }

    /// Reports a listing that took too long to be used for a write.
    fn slow(&self, domain: &str, took: Duration) {
        let took = took.as_secs_f64();
        let told = format!(
            "listing `{domain}` took {took:.1} s, longer than `--freshness`: each configuration is read separately before it is written"
        );
        match &self.bar {
            Some(bar) => bar.println(told),
            None => self.terminal.note(&format!("{told}\n")),
        }
    }

    /// Removes the bar.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// How long to wait before a wait is shown on the terminal.
const SILENCE: Duration = Duration::from_secs(1);

/// Waits for some work. If that takes long, the terminal shows what for, and for how long already.
pub(super) async fn telling<T>(what: &str, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    if let Ok(done) = timeout(SILENCE, &mut work).await {
        return done;
    }
    let spinner = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_elapsed(SILENCE);
    let spinner = match ProgressStyle::with_template("{msg} for {elapsed}") {
        Ok(style) => spinner.with_style(style),
        Err(_) => spinner,
    };
    spinner.set_message(what.to_owned());
    let mut ticks = interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            done = &mut work => {
                spinner.finish_and_clear();
                return done;
            }
            _ = ticks.tick() => spinner.tick(),
        }
    }
}

/// How long to wait before a wait is said where nothing can move on standard error.
const PATIENCE: Duration = Duration::from_secs(5);

/// Waits for some work. If that takes long, it is said once.
pub(super) async fn saying<T>(work: impl Future<Output = T>, say: impl FnOnce()) -> T {
    let mut work = pin!(work);
    if let Ok(done) = timeout(PATIENCE, &mut work).await {
        return done;
    }
    say();
    work.await
}

fn bar(total: usize, terminal: &Terminal) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
    let shape = if terminal.stderr.unicode { "━━ " } else { "=> " };
    match ProgressStyle::with_template("{bar:24} {pos}/{len} {wide_msg}") {
        Ok(style) => bar.with_style(style.progress_chars(shape)),
        Err(_) => bar,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_wait_is_said_once_if_it_is_long() {
        let said = Cell::new(0);
        let wait = async |time| saying(sleep(time), || said.set(said.get() + 1)).await;
        wait(PATIENCE - Duration::from_millis(1)).await;
        assert_eq!(said.get(), 0);
        wait(PATIENCE * 10).await;
        assert_eq!(said.get(), 1);
    }
}
