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
            "listing `{domain}` took {took:.1} s, longer than `--freshness`: each configuration is read by itself before it is written"
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

fn bar(total: usize, terminal: &Terminal) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
    let shape = if terminal.stderr.unicode { "━━ " } else { "=> " };
    match ProgressStyle::with_template("{bar:24} {pos}/{len} {wide_msg}") {
        Ok(style) => bar.with_style(style.progress_chars(shape)),
        Err(_) => bar,
    }
}
