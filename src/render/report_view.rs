//! The report of an apply that every format shows: counted, put into words and joined with the reasons here, once.

use std::collections::{HashMap, HashSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::phrases::{counted, outcome_mark};
use super::reasons::{not_done, not_seen_again};
use super::style::{Style, columns, request};
use super::view::PlanView;
use crate::apply::journal::End;
use crate::apply::{ChangeOutcome, Failure, Outcome, Report};
use crate::diag::{Code, Diagnostic};
use crate::gate::clean;
use crate::plan::{ActionKind, Noted, OnAirStream, Plan};
use crate::source::Sources;

/// How many changes that were not attempted for one cause are reported one by one; more are reported together.
const ALIKE_LISTED: usize = 3;

/// Everything that the formats show of a report.
pub struct ReportView<'a> {
    pub(super) plan: &'a PlanView<'a>,
    pub(super) report: &'a Report,
    /// One for each planned change, in the plan's order.
    pub(super) ends: Vec<EndView<'a>>,
    /// The outcomes by kind.
    pub(super) counts: OutcomeCounts,
    /// What was done, as Terraform counts it: a replace on both sides.
    pub(super) done: Done,
    /// `Apply complete!`, or what is not done.
    pub(super) verdict: String,
    /// What was done, in Terraform's words.
    pub(super) resources: String,
    /// `14 calls in 2.1 s, 3 retries.`
    pub(super) cost: String,
    /// The streams on air that keep their old configuration until they are published again, although another one is there now.
    pub(super) on_air: Vec<&'a OnAirStream>,
    /// Domains whose last listing could not be read.
    not_seen_again: Vec<Diagnostic>,
}

/// The outcome of one change, and why it is not done.
pub struct EndView<'a> {
    pub(super) one: &'a ChangeOutcome,
    /// Why it is not done, if so; at the YAML value that caused it, if there is one.
    pub reason: Option<Diagnostic>,
}

/// Changes by outcome.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub(super) struct OutcomeCounts {
    /// Confirmed by reading back.
    done: usize,
    /// Certainly not carried out, or not carried out as planned.
    failed: usize,
    /// Nothing was sent.
    not_attempted: usize,
    /// A write was sent, and its outcome could not be confirmed.
    unknown: usize,
}

/// What was done, as Terraform counts it: a replace on both sides.
#[derive(Debug, Clone, Copy)]
pub(super) struct Done {
    pub(super) added: usize,
    pub(super) changed: usize,
    pub(super) destroyed: usize,
}

impl<'a> ReportView<'a> {
    /// The report of the plan that a view shows.
    pub fn new(plan: &'a PlanView<'a>, report: &'a Report, sources: &Sources) -> Self {
        let outcomes = &report.outcomes;
        let changes = plan.plan.changes().zip(outcomes);
        let counts = OutcomeCounts::of(outcomes);
        let done = Done::of(outcomes);
        let Done { added, changed, destroyed } = done;
        Self {
            plan,
            report,
            ends: changes.map(|(change, one)| EndView::new(plan.plan, change, one, sources)).collect(),
            counts,
            done,
            verdict: verdict(plan, counts),
            resources: format!("Resources: {added} added, {changed} changed, {destroyed} destroyed."),
            cost: cost(report),
            on_air: on_air(plan, outcomes),
            not_seen_again: not_seen_again(plan.account, report),
        }
    }

    /// Whether any change was attempted.
    pub(super) fn wrote(&self) -> bool {
        let OutcomeCounts { done, failed, not_attempted: _, unknown } = self.counts;
        done + failed + unknown > 0
    }

    /// A warning for each domain whose last listing could not be read.
    pub fn not_seen_again(&self) -> &[Diagnostic] {
        &self.not_seen_again
    }

    /// A finding for each change that is not done, and for each domain whose last listing failed. Many changes that
    /// were not attempted for the same cause are one finding.
    pub fn findings(&self) -> Vec<Diagnostic> {
        let mut alike: HashMap<String, usize> = HashMap::new();
        for cause in self.ends.iter().filter_map(EndView::local_cause) {
            *alike.entry(cause).or_default() += 1;
        }
        alike.retain(|_, count| *count > ALIKE_LISTED);
        let is_folded = |end: &&EndView| end.local_cause().is_some_and(|cause| alike.contains_key(&cause));
        let each = self.ends.iter().filter(|end| !is_folded(end)).filter_map(|end| end.reason.clone());
        let mut told = HashSet::new();
        let first =
            self.ends.iter().filter_map(EndView::local_cause).filter(|cause| told.insert(cause.clone()));
        let folded = first.filter_map(|cause| Some(folded(&cause, *alike.get(&cause)?)));
        each.chain(folded).chain(self.not_seen_again.iter().cloned()).collect()
    }
}

impl<'a> EndView<'a> {
    /// The outcome of a change of the plan.
    pub fn new(plan: &Plan, change: Noted, one: &'a ChangeOutcome, sources: &Sources) -> Self {
        Self { one, reason: not_done(plan.decisions.account.as_deref(), change, one, sources) }
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self.one.outcome, Outcome::Done)
    }

    /// `+ live.example.com/show/cam1 created (RequestId …)`; the RequestId is on the next line if it does not fit.
    pub fn line(&self, style: Style) -> String {
        let ChangeOutcome { address, action, outcome, request_id } = self.one;
        let address = clean(&address.to_string());
        let end = match outcome {
            Outcome::Done => past(*action),
            Outcome::Failed(_) => "failed",
            Outcome::NotAttempted(_) => "not attempted",
            Outcome::Unknown(_) => "UNKNOWN",
        };
        let (mark, tone) = outcome_mark(*action, Some(outcome.into()), true);
        let width = columns(&format!("{mark:>3} {address} {end}"));
        let id = request_id.as_deref().map(|id| request(id, width, style)).unwrap_or_default();
        format!("{} {address} {end}{id}", style.paint(tone, &format!("{mark:>3}")))
    }

    /// Why the change was not attempted, in words, unless that is an answer of the service. A change that had begun and one that had
    /// not are not attempted for the same cause if its words are the same.
    pub(super) fn local_cause(&self) -> Option<String> {
        match &self.one.outcome {
            Outcome::NotAttempted(Failure { cause, remote: None }) => Some(cause.to_string()),
            Outcome::NotAttempted(_) | Outcome::Done | Outcome::Failed(_) | Outcome::Unknown(_) => None,
        }
    }
}

impl OutcomeCounts {
    fn of(outcomes: &[ChangeOutcome]) -> Self {
        let count = |end| outcomes.iter().filter(|one| End::from(&one.outcome) == end).count();
        Self {
            done: count(End::Done),
            failed: count(End::Failed),
            not_attempted: count(End::NotAttempted),
            unknown: count(End::Unknown),
        }
    }
}

impl Done {
    fn of(outcomes: &[ChangeOutcome]) -> Self {
        let done = |kinds: &[ActionKind]| {
            let counts =
                |one: &&ChangeOutcome| matches!(one.outcome, Outcome::Done) && kinds.contains(&one.action);
            outcomes.iter().filter(counts).count()
        };
        Self {
            added: done(&[ActionKind::Create, ActionKind::Replace]),
            changed: done(&[ActionKind::Update]),
            destroyed: done(&[ActionKind::Delete, ActionKind::Replace]),
        }
    }
}

/// The streams on air whose configuration was changed.
fn on_air<'a>(plan: &PlanView<'a>, outcomes: &[ChangeOutcome]) -> Vec<&'a OnAirStream> {
    let is_done = |one: &&ChangeOutcome| matches!(one.outcome, Outcome::Done);
    let done: HashSet<_> = outcomes.iter().filter(is_done).map(|one| &one.address).collect();
    let concerns = |stream: &&OnAirStream| {
        done.contains(&stream.before) || stream.after.as_ref().is_some_and(|after| done.contains(after))
    };
    plan.on_air.iter().filter(concerns).collect()
}

fn past(action: ActionKind) -> &'static str {
    match action {
        ActionKind::Create => "created",
        ActionKind::Update => "updated",
        ActionKind::Replace => "replaced",
        ActionKind::Delete => "deleted",
    }
}

fn cost(report: &Report) -> String {
    let Report { outcomes: _, not_seen_again: _, calls, repeated, took } = report;
    let calls = counted(usize::try_from(*calls).unwrap_or(usize::MAX), "call");
    let again = match usize::try_from(*repeated).unwrap_or(usize::MAX) {
        0 => String::new(),
        1 => ", 1 retry".to_owned(),
        more => format!(", {more} retries"),
    };
    format!("{calls} in {:.1} s{again}.", took.as_secs_f64())
}

/// Each kind of change that is not done, by its own name: one whose outcome is unknown may well be done.
fn verdict(plan: &PlanView, counts: OutcomeCounts) -> String {
    let OutcomeCounts { done, failed, not_attempted, unknown } = counts;
    let all = counted(done + failed + not_attempted + unknown, "change");
    let mut reasons = Vec::new();
    reasons.extend((failed > 0).then(|| format!("{failed} of {all} failed")));
    let was = if not_attempted == 1 { "was" } else { "were" };
    reasons.extend((not_attempted > 0).then(|| format!("{not_attempted} of {all} {was} not attempted")));
    reasons.extend((unknown > 0).then(|| format!("the outcome of {unknown} of {all} is unknown")));
    let unmanaged = plan.unmanageable().count();
    if unmanaged > 0 {
        reasons.push(format!("{} can't be managed", counted(unmanaged, "declared configuration")));
    }
    match reasons.is_empty() {
        true => "Apply complete!".to_owned(),
        false => format!("Apply incomplete: {}.", reasons.join(", ")),
    }
}

fn folded(cause: &str, count: usize) -> Diagnostic {
    let message = format!("{} not attempted: {cause}", counted(count, "change"));
    Diagnostic::new(Code::NotDone, message).help("plan again to see what is left")
}
