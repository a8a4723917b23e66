//! Carries out the [`Decisions`](crate::plan::Decisions) of a plan with guarded writes, reads each one back, and
//! reports the outcome of every change.
//!
//! ```text
//! take a permit → compare with `before` → write → read back until it shows, or the deadline
//!   ↑ the compare is too old: at once ─────┤
//!   ├ certainly not carried out: later ────┤
//!   └ lost: once it can arrive no more ────┘
//! ```
//!
//! Domains are written in parallel. In a domain, creates and updates of named streams go side by side, as many as the
//! service bears; app-wide configurations, replaces and deletes go alone. One listing of a domain, at first the one from
//! which the run was planned, serves the compares of all writes within the freshness window, and confirms all writes that
//! were accepted before it was asked for. A first wave creates, updates and replaces, a second one deletes; once any change
//! of the run is not done, no further delete starts. The run ends with a last listing of each written domain. The only
//! clock is tokio's and nothing here is random, so a run can be repeated exactly on a paused clock.
//!
//! `write` is the loop; `create`, `update`, `delete`, `replace` and `fill` define what goes through it. `guarded` takes
//! permits, compares before each write and decides what follows from a failure; `reader` and `confirm` read, `listings`
//! shares what they read, and `width` says how many changes of a domain go side by side; `books` keeps the journal and
//! decides whether a change may start; `domain` and `waves` order the work; `decide` judges, and `cause` says why a change
//! ended otherwise than planned.

mod blame;
mod books;
mod cause;
mod compare;
mod confirm;
mod create;
mod decide;
mod delete;
mod domain;
mod event;
mod fallback;
mod fill;
mod guarded;
pub mod journal;
mod last;
mod listings;
mod reader;
mod replace;
mod report;
mod run;
mod settings;
mod siblings;
mod task;
mod tries;
mod update;
mod waves;
mod width;
mod write;

use tokio::time::Instant;

pub use blame::blame;
pub use cause::{Cause, Difference, Failure, Mismatch, Moved, Stale};
pub use event::{Delay, Event};
pub use listings::PlanningRead;
pub use report::{ChangeOutcome, Outcome, Report};
pub use settings::ApplySettings;

use crate::api::Client;
use crate::plan::Cleared;
use run::Run;
use waves::Waves;

/// Carries out what was decided, and reports to `progress` every change that starts and ends.
pub async fn apply(
    plan: Cleared<'_>,
    client: &Client,
    settings: ApplySettings,
    progress: &dyn Fn(Event),
) -> Report {
    let (start, calls, repeated) = (Instant::now(), client.calls(), client.repeated());
    let (stop, journal) = (settings.stop.clone(), settings.journal.clone());
    if let Some(account) = &plan.decisions().account {
        client.insist_on(account);
    }
    let (run, events) = Run::new(plan.decisions(), client, settings);
    let mut waves = Waves::new(plan.decisions(), run, events, progress);
    waves.write().await;
    waves.delete().await;
    waves.settle().await;
    let not_seen_again = waves.look_again().await;
    let report = Report {
        outcomes: waves.into_outcomes(),
        not_seen_again,
        calls: client.calls() - calls,
        repeated: client.repeated() - repeated,
        took: start.elapsed(),
    };
    journal.finish(stop.is_cancelled(), report.calls);
    report
}
