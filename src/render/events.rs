//! Turns the events of a run into lines for machines, one JSON object each, in the shape of Terraform's machine-readable
//! output. Pure: the writer of a line supplies its time.

mod shapes;

use std::time::Duration;

use jiff::Timestamp;

pub use self::shapes::Command;
pub(super) use self::shapes::Line;
use self::shapes::{
    Body, Changes, EndHook, Hook, Level, Operation, Planned, PlannedChange, ProgressHook, Reported, Resource,
    Step, Totals, Version, WriteOutcome,
};
use super::documents::{FORMAT_VERSION, finding};
use super::drift::words::message;
use super::drift::{DifferenceDocument, DriftView};
use super::exit::Exit;
use super::facts::{
    self, Drift, change_row, difference_row, held_row, left_open_rows, since_base_row, warning_row,
};
use super::leases::lease_rows;
use super::left_alone::LeftAloneRows;
use super::phrases::{counted, refusal};
use super::report_view::{Done, EndView, ReportView};
use super::style::Style;
use super::view::{ChangeView, PlanView};
use crate::apply::{ChangeOutcome, Delay};
use crate::diag::{Diagnostic, Severity};
use crate::gate::{self, clean};
use crate::model::{Address, AddressText};
use crate::plan::{ActionKind, Summary};
use crate::schema;
use crate::source::Sources;

/// The `@module` of every line.
const MODULE: &str = "livevod";

/// One event, without its time.
pub struct Event<'a> {
    level: Level,
    message: String,
    body: Body<'a>,
}

impl<'a> EndHook<'a> {
    fn new(end: &'a EndView, sent: bool, elapsed: Duration, sources: &Sources) -> Self {
        let EndView { one: ChangeOutcome { address, action, outcome, request_id }, reason } = end;
        Self {
            resource: Resource { addr: AddressText(address) },
            action: *action,
            outcome: outcome.into(),
            write_outcome: sent.then(|| WriteOutcome::of(outcome)),
            request_id: request_id.as_deref(),
            elapsed_seconds: seconds(elapsed),
            diagnostic: reason.as_ref().map(|reason| finding(reason, sources)),
        }
    }
}

impl<'a> Event<'a> {
    fn new(level: Level, message: impl AsRef<str>, body: Body<'a>) -> Self {
        Self { level, message: clean(message.as_ref()), body }
    }

    /// The line, with its break.
    ///
    /// # Errors
    /// If a fact can't be JSON, which does not happen.
    pub fn line(&self, timestamp: Timestamp) -> serde_json::Result<String> {
        let Self { level, message, body } = self;
        let line = serde_json::to_string(&Line { level: *level, message, module: MODULE, timestamp, body })?;
        Ok(gate::json(&line).into_owned() + "\n")
    }

    /// The first line of a stream.
    pub fn version(command: Command) -> Self {
        let livevod = env!("CARGO_PKG_VERSION");
        let schema = schema::id("events", FORMAT_VERSION);
        let version = Version { livevod, format_version: FORMAT_VERSION, schema, command };
        Self::new(Level::Info, format!("livevod {livevod} {}", command.name()), Body::Version(version))
    }

    /// A finding.
    pub fn diagnostic(diagnostic: &'a Diagnostic, sources: &Sources) -> Self {
        let level = match diagnostic.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warn,
            Severity::Advice => Level::Info,
        };
        let diagnostic_row = finding(diagnostic, sources);
        Self::new(level, &diagnostic.message, Body::Diagnostic { diagnostic: diagnostic_row })
    }

    /// A plan, in reading order: unfinished runs, warnings, changes, guards, what changed since the review, the totals.
    /// A drift check writes nothing: its changes are what apply would do.
    pub fn plan(view: &'a PlanView<'a>, command: Command) -> impl Iterator<Item = Self> {
        let found = left_open_rows(&view.left_open).into_iter().map(|row| {
            let message = format!("{}: run {} left it unfinished: {}", row.address, row.run, row.message);
            Self::new(Level::Warn, message, Body::LeftOpen { left_open: row })
        });
        let warnings = view
            .warnings
            .iter()
            .map(|one| Self::new(Level::Warn, &one.message, Body::Warning { warning: warning_row(one) }));
        let changes = view.changes().map(move |change| Self::planned(view.account, change, command));
        let guards = view
            .held
            .iter()
            .map(|held| Self::new(Level::Warn, refusal(held, 0), Body::Guard { guard: held_row(held) }));
        let moved = view.since_review.iter().map(|one| {
            let message = format!("{}: changed since the review", one.address);
            Self::new(Level::Warn, message, Body::SinceReview { difference: difference_row(one) })
        });
        let totals = [Self::whole_plan(view), Self::plan_summary(view)];
        found.chain(warnings).chain(changes).chain(guards).chain(moved).chain(totals)
    }

    fn planned(account: Option<&'a str>, change: ChangeView<'a>, command: Command) -> Self {
        let address = &change.noted.change.address;
        let action = change.action().name();
        let message = match command {
            Command::Drift => format!("{address}: apply would {action} it"),
            Command::Plan | Command::Apply | Command::Restore => format!("{address}: plan to {action}"),
        };
        let (resource, row) = (Resource { addr: AddressText(address) }, change_row(account, change));
        Self::new(Level::Info, message, Body::PlannedChange { change: PlannedChange { resource, row } })
    }

    fn whole_plan(view: &'a PlanView<'a>) -> Self {
        let planned = Planned {
            target: &view.target.name,
            account: view.account,
            digest: view.digest.clone(),
            left_alone: LeftAloneRows::new(view),
            leases: lease_rows(view.account, view.leases),
            since_base: view.base.as_ref().map(|base| since_base_row(base.since)),
            summary: view.summary,
            budget: view.budget,
        };
        let level = if view.is_complete { Level::Info } else { Level::Error };
        let message = format!("plan made for {}", view.target.name);
        Self::new(level, message, Body::Plan { plan: Box::new(planned) })
    }

    fn plan_summary(view: &PlanView) -> Self {
        let Summary { create, update, replace, delete, unchanged: _ } = view.summary;
        let changes = Changes {
            add: create + replace,
            change: update,
            import: 0,
            remove: delete + replace,
            operation: Operation::Plan,
        };
        let totals = Totals { changes, digest: view.digest.clone() };
        Self::new(Level::Info, &view.totals, Body::ChangeSummary(totals))
    }

    /// What differs, each configuration by itself, and whether that is an alarm.
    pub fn drift(view: &'a DriftView<'a>) -> impl Iterator<Item = Self> {
        let differences = view.differences().map(|(one, cures)| {
            let told = format!("{}: {}", one.address, message(one, str::to_owned));
            let row = DifferenceDocument::new(one, cures, view.trail(&one.address));
            Self::new(Level::Warn, told, Body::DriftDifference { difference: Box::new(row) })
        });
        differences.chain([Self::alarm(view.drift)])
    }

    fn alarm(drift: &crate::drift::Drift) -> Self {
        let drift = facts::Drift::of(drift);
        let (level, message) = match drift {
            Drift { complete: false, .. } => (Level::Error, "the service could not be read completely"),
            Drift { drifted: true, .. } => (Level::Warn, "the service differs from the files"),
            Drift { drifted: false, .. } => (Level::Info, "the service matches the files"),
        };
        Self::new(level, message, Body::Drift { drift })
    }

    /// A change begins.
    pub fn started(address: &'a Address, action: ActionKind) -> Self {
        let hook = Hook { resource: Resource { addr: AddressText(address) }, action };
        Self::new(Level::Info, format!("{address}: {} started", action.name()), Body::ApplyStart { hook })
    }

    /// A change takes longer.
    pub fn delayed(address: &'a Address, action: ActionKind, delay: &Delay, elapsed: Duration) -> Self {
        let (step, pause, reason, words) = match delay {
            Delay::Again { pause, error } => {
                (Step::Again, Some(*pause), Some(error), "not carried out, retrying".to_owned())
            }
            Delay::Unanswered(error) => {
                (Step::Unanswered, None, Some(error), "no usable answer, reading back".to_owned())
            }
            Delay::SlowListing { took } => (
                Step::SlowListing,
                None,
                None,
                format!(
                    "listing its domain took {:.1} s, so the address is also read alone",
                    took.as_secs_f64()
                ),
            ),
            Delay::NotShown { pause } => {
                (Step::NotShown, Some(*pause), None, "not visible yet, checking again".to_owned())
            }
            Delay::AddsBack(error) => {
                (Step::AddBack, None, Some(error), "refused, adding the old configuration back".to_owned())
            }
            Delay::AddsSiblingsBack(count) => (
                Step::AddSiblingsBack,
                None,
                None,
                format!("adding back {} beside it", counted(*count, "configuration")),
            ),
        };
        let hook = ProgressHook {
            resource: Resource { addr: AddressText(address) },
            action,
            step,
            pause_seconds: pause.map(seconds),
            reason: reason.map(ToString::to_string),
            elapsed_seconds: seconds(elapsed),
        };
        Self::new(Level::Warn, format!("{address}: {words}"), Body::ApplyProgress { hook })
    }

    /// A change ended; `sent` says whether one of its writes was sent.
    pub fn ended(end: &'a EndView, sent: bool, elapsed: Duration, sources: &Sources) -> Self {
        let hook = EndHook::new(end, sent, elapsed, sources);
        match end.is_done() {
            true => Self::new(Level::Info, end_message(end), Body::ApplyComplete { hook }),
            false => Self::new(Level::Error, end_message(end), Body::ApplyErrored { hook }),
        }
    }

    /// A change that had ended as done was undone or altered; `after` is the time since its end.
    pub fn moved(end: &'a EndView, after: Duration, sources: &Sources) -> Self {
        let hook = EndHook::new(end, true, after, sources);
        Self::new(Level::Error, end_message(end), Body::ApplyMoved { hook })
    }

    /// A report.
    pub fn report(view: &'a ReportView) -> [Self; 2] {
        let ReportView { plan, counts, done, report, .. } = view;
        let reported = Reported {
            target: &plan.target.name,
            digest: plan.digest.clone(),
            summary: *counts,
            calls: report.calls,
            repeated: report.repeated,
            seconds: report.took.as_secs_f64(),
        };
        let Done { added, changed, destroyed } = *done;
        let operation = Operation::Apply;
        let changes = Changes { add: added, change: changed, import: 0, remove: destroyed, operation };
        let summary = Body::ChangeSummary(Totals { changes, digest: plan.digest.clone() });
        [
            Self::new(Level::Info, &view.cost, Body::Report { report: reported }),
            Self::new(Level::Info, format!("{} {}", view.verdict, view.resources), summary),
        ]
    }

    /// The last line of a stream.
    pub fn exit(exit: Exit) -> Self {
        let level = match exit {
            Exit::Success | Exit::Differences => Level::Info,
            Exit::Unknown
            | Exit::Interrupted
            | Exit::Terminated
            | Exit::Incomplete
            | Exit::Refused
            | Exit::Error => Level::Error,
        };
        Self::new(level, format!("exit {}: {}", exit.code(), exit.reason()), Body::Exit { exit })
    }
}

fn end_message(end: &EndView) -> String {
    let line = end.line(Style::PLAIN);
    let why = end.one.outcome.failure().map(|failure| format!(": {failure}")).unwrap_or_default();
    format!("{}{why}", line.trim_start())
}

/// Milliseconds are enough.
fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1000.0).round() / 1000.0
}
