//! What became of a plan: every outcome on a line, and a finding for each change that is not done.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::phrases::{STREAMS_ON_AIR, counted, symbol, tone};
use super::remote::{Asked, Sought, calls, denial, listing, policy, remedy};
use super::style::{Style, Tone, columns, wrap};
use super::view::PlanView;
use crate::api;
use crate::apply::{Cause, ChangeOutcome, Failure, Outcome, Report, blame};
use crate::diag::{Code, Diagnostic, Severity};
use crate::gate::clean;
use crate::plan::{ActionKind, Noted, Plan};
use crate::source::{Place, Sources, Span};

/// Confirmed changes that are listed one by one; more are only counted.
const DONE_LISTED: usize = 20;

/// Changes not attempted for one cause that are told one by one; more are told together.
const ALIKE_LISTED: usize = 3;

/// The outcomes, then the totals in Terraform's words.
pub(super) fn human_report(view: &PlanView, report: &Report, style: Style) -> String {
    let Report { outcomes, not_seen_again: _, calls, repeated, took } = report;
    let is_done = |one: &&ChangeOutcome| matches!(one.outcome, Outcome::Done);
    let done = outcomes.iter().filter(is_done).count();
    let mut lines: Vec<String> = outcomes
        .iter()
        .filter(|one| !is_done(one) || done <= DONE_LISTED)
        .map(|one| outcome_line(one, style))
        .collect();
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines.extend(totals(view, outcomes, style).iter().map(|line| style.paint(Tone::Strong, line)));
    let cost = format!("{} {STREAMS_ON_AIR}", cost(*calls, *repeated, *took));
    lines.extend(wrap(&cost, style.width));
    lines.push(String::new());
    lines.join("\n")
}

/// `14 calls in 2.1 s, 3 of them again.`
pub(super) fn cost(calls: u64, repeated: u64, took: Duration) -> String {
    let calls = counted(usize::try_from(calls).unwrap_or(usize::MAX), "call");
    let again = if repeated > 0 { format!(", {repeated} of them again") } else { String::new() };
    format!("{calls} in {:.1} s{again}.", took.as_secs_f64())
}

/// One change's end: `+ live.example.com/show/cam1 created (RequestId …)`.
pub fn outcome_line(one: &ChangeOutcome, style: Style) -> String {
    let ChangeOutcome { address, action, outcome, request_id } = one;
    let address = clean(&address.to_string());
    let id = request_id.as_ref().map(|id| format!(" (RequestId {})", clean(id))).unwrap_or_default();
    let id = style.paint(Tone::Quiet, &id);
    match outcome {
        Outcome::Done => {
            format!(
                "{} {address} {}{id}",
                style.paint(tone(*action), &format!("{:>3}", symbol(*action))),
                past(*action)
            )
        }
        Outcome::Failed(_) => format!("{} {address} failed{id}", style.paint(Tone::Danger, "  !")),
        Outcome::NotAttempted(_) => format!("{} {address} not attempted", style.paint(Tone::Warning, "  !")),
        Outcome::Unknown(_) => format!("{} {address} UNKNOWN{id}", style.paint(Tone::Danger, "  !")),
    }
}

/// The outcome's name in every output.
pub(super) fn outcome_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::Failed(_) => "failed",
        Outcome::NotAttempted(_) => "not_attempted",
        Outcome::Unknown(_) => "unknown",
    }
}

fn past(action: ActionKind) -> &'static str {
    match action {
        ActionKind::Create => "created",
        ActionKind::Update => "updated",
        ActionKind::Replace => "replaced",
        ActionKind::Delete => "destroyed",
    }
}

/// What was done, as Terraform counts it: a replace on both sides.
pub(super) struct Done {
    pub(super) added: usize,
    pub(super) changed: usize,
    pub(super) destroyed: usize,
}

impl Done {
    pub(super) fn of(outcomes: &[ChangeOutcome]) -> Self {
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

/// The verdict and the counts; where one line is too short for both, the counts stand whole on their own.
pub(super) fn totals(view: &PlanView, outcomes: &[ChangeOutcome], style: Style) -> Vec<String> {
    let Done { added, changed, destroyed } = Done::of(outcomes);
    let resources = format!("Resources: {added} added, {changed} changed, {destroyed} destroyed.");
    let verdict = match not_done(view, outcomes) {
        reasons if reasons.is_empty() => "Apply complete!".to_owned(),
        reasons => format!("Apply incomplete: {}.", reasons.join(", ")),
    };
    let line = format!("{verdict} {resources}");
    if columns(&line) <= style.width {
        return vec![line];
    }
    let mut lines = wrap(&verdict, style.width);
    lines.push(resources);
    lines
}

/// `1 of 5 changes failed`, and so on, each kind by its own name: what is unknown may well be done.
fn not_done(view: &PlanView, outcomes: &[ChangeOutcome]) -> Vec<String> {
    let all = counted(outcomes.len(), "change");
    let count =
        |name: &'static str| (name, outcomes.iter().filter(|one| outcome_name(&one.outcome) == name).count());
    let counts =
        ["failed", "not_attempted", "unknown"].map(count).into_iter().filter(|(_, count)| *count > 0);
    let mut reasons: Vec<String> =
        counts.map(|(name, count)| format!("{count} of {all} {}", name.replace('_', " "))).collect();
    let unmanaged = view.unmanageable().count();
    if unmanaged > 0 {
        reasons.push(format!("{} not manageable", counted(unmanaged, "declared configuration")));
    }
    reasons
}

/// A finding for each change that is not done, at the YAML value that caused it where there is one. Many changes that were not
/// attempted for one and the same cause are one finding.
pub fn outcome_diagnostics(plan: &Plan, report: &Report, sources: &Sources) -> Vec<Diagnostic> {
    let mut alike: HashMap<&Cause, usize> = HashMap::new();
    for cause in report.outcomes.iter().filter_map(local_cause) {
        *alike.entry(cause).or_default() += 1;
    }
    alike.retain(|_, count| *count > ALIKE_LISTED);
    let is_folded = |one: &ChangeOutcome| local_cause(one).is_some_and(|cause| alike.contains_key(cause));
    let changes = plan.changes().zip(&report.outcomes).filter(|(_, one)| !is_folded(one));
    let each = changes.filter_map(|(change, one)| outcome_diagnostic(plan, change, one, sources));
    let mut told = HashSet::new();
    let first = report.outcomes.iter().filter_map(local_cause).filter(|cause| told.insert(*cause));
    let folded = first.filter_map(|cause| Some(folded(cause, *alike.get(cause)?)));
    each.chain(folded).chain(not_seen_again(plan, report)).collect()
}

/// A warning for each domain whose last listing could not be read.
pub fn not_seen_again(plan: &Plan, report: &Report) -> Vec<Diagnostic> {
    let domains = report.not_seen_again.iter();
    let warning = |(domain, error): &(std::sync::Arc<str>, api::Error)| {
        let message = format!("the last listing of `{domain}` could not be read: {error}");
        let asked = Asked { actions: listing(), account: plan.decisions.account.as_deref(), domain };
        let otherwise = "every write was read back, but not looked at once more: plan again to see whether all of it stayed";
        let mut diagnostic = unreadable(message, error, None, &asked, otherwise);
        diagnostic.severity = Severity::Warning;
        diagnostic
    };
    domains.map(warning).collect()
}

/// Why a change was not attempted, where that is no answer of the service.
fn local_cause(one: &ChangeOutcome) -> Option<&Cause> {
    match &one.outcome {
        Outcome::NotAttempted(Failure { cause, remote: None }) => Some(cause),
        Outcome::NotAttempted(_) | Outcome::Done | Outcome::Failed(_) | Outcome::Unknown(_) => None,
    }
}

fn folded(cause: &Cause, count: usize) -> Diagnostic {
    let message = format!("{} not attempted: {cause}", counted(count, "change"));
    Diagnostic::new(Code::NotDone, message).help("plan again to see what is left")
}

/// Why one change is not done, if so.
pub fn outcome_diagnostic(
    plan: &Plan,
    change: Noted,
    one: &ChangeOutcome,
    sources: &Sources,
) -> Option<Diagnostic> {
    let (code, failure, help) = match &one.outcome {
        Outcome::Done => return None,
        Outcome::Failed(failure) => {
            (Code::NotDone, failure, "put it right and apply again: what is done stays done")
        }
        Outcome::NotAttempted(failure) => (Code::NotDone, failure, "plan again to see what is left"),
        Outcome::Unknown(failure) => (
            Code::UnknownOutcome,
            failure,
            "plan again: it reads what became of the write, which may still arrive late",
        ),
    };
    let remote = failure.remote.as_ref();
    let code = if remote.is_some() && code == Code::NotDone { Code::Remote } else { code };
    let mut diagnostic = Diagnostic::new(code, failure.to_string()).about(&one.address);
    diagnostic.request_id =
        remote.and_then(api::Error::request_id).or(one.request_id.as_deref()).map(str::to_owned);
    let asked = Asked {
        // What was not attempted failed at reading what is there.
        actions: match one.outcome {
            Outcome::NotAttempted(_) => listing(),
            _ => calls(change.action()),
        },
        account: plan.decisions.account.as_deref(),
        domain: &one.address.domain,
    };
    diagnostic = helped(diagnostic, remote, &asked, help);
    if code == Code::UnknownOutcome && diagnostic.help.as_deref() != Some(help) {
        diagnostic.help = diagnostic.help.map(|cure| format!("{help}; {cure}"));
    }
    Some(at_the_cause(diagnostic, change, remote, sources))
}

/// A domain that could not be read, at its name in the files.
pub fn unread(domain: &str, error: &api::Error, account: Option<&str>, key: Option<Span>) -> Diagnostic {
    let asked = Asked { actions: listing(), account, domain };
    let otherwise = "nothing is planned for it until it can be read; leave it out with `--exclude`";
    unreadable(format!("`{domain}` can't be read: {error}"), error, key, &asked, otherwise)
}

/// A domain or a transcode group that the service did not tell of.
pub fn unanswered(what: &str, sought: Sought, error: &api::Error, key: Option<Span>) -> Diagnostic {
    let asked = Asked { actions: sought.calls(), account: None, domain: what };
    let otherwise = "try again; without `--online` nobody is asked";
    unreadable(format!("`{what}` can't be looked up: {error}"), error, key, &asked, otherwise)
}

/// A read that failed, at the domain's name in the files where it stands there.
fn unreadable(
    message: String,
    error: &api::Error,
    key: Option<Span>,
    asked: &Asked,
    otherwise: &str,
) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(Code::Remote, message);
    diagnostic.request_id = error.request_id().map(str::to_owned);
    if let Some(key) = key {
        diagnostic = diagnostic.label(key, "this domain");
    }
    helped(diagnostic, Some(error), asked, otherwise)
}

/// The cure for the service's code where it is known, else what helps `otherwise`; the service's own page and details too.
fn helped(
    mut diagnostic: Diagnostic,
    error: Option<&api::Error>,
    asked: &Asked,
    otherwise: &str,
) -> Diagnostic {
    let Some(refusal) = error.and_then(api::Error::remote) else { return diagnostic.help(otherwise) };
    if let Some(details) = denial(refusal) {
        diagnostic = diagnostic.note(details, None);
    }
    let cure = remedy(refusal).unwrap_or_else(|| otherwise.to_owned());
    let page = refusal.recommend.as_ref().map(|page| format!("the service's page on it: {page}"));
    let help: Vec<String> = [Some(cure), page, policy(refusal, asked)].into_iter().flatten().collect();
    diagnostic.help(help.join("; "))
}

/// Labels the values that the service complains of, the chain that led to them beside; else the entry.
fn at_the_cause(
    diagnostic: Diagnostic,
    change: Noted,
    error: Option<&api::Error>,
    sources: &Sources,
) -> Diagnostic {
    let span = |place: &Option<Place>| place.as_ref().and_then(|place| sources.span_of(place));
    let fields = error.and_then(api::Error::remote).map(|remote| blame(&change, remote)).unwrap_or_default();
    let blamed = change
        .field_changes()
        .filter(|one| fields.contains(&one.field))
        .filter_map(|one| Some((one.field, one.origin?)));
    let written: Vec<_> =
        blamed.filter_map(|(field, origin)| Some((field, origin, span(&origin.place)?))).collect();
    let entry = span(&change.note.place);
    if written.is_empty() {
        return match entry {
            Some(entry) => diagnostic.label(entry, "this entry"),
            None => diagnostic,
        };
    }
    let labeled = written.iter().fold(diagnostic, |diagnostic, (field, _, value)| {
        diagnostic.label(*value, format!("this `{field}`"))
    });
    let steps = written.iter().flat_map(|(_, origin, _)| &origin.via);
    let chain = steps.fold(labeled, |diagnostic, (text, place)| {
        diagnostic.note(format!("through `{text}`"), sources.span_of(place))
    });
    chain.note(format!("for `{}`", change.address), entry)
}
