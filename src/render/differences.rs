//! A plan as findings, for formats that hold nothing else: what differs, what holds it, what a reviewer should know.

use std::collections::HashMap;

use super::base::{owed, pending};
use super::causes::{Cause, Causes};
use super::plan::{coverage_text, sentence};
use crate::diag::{Code, Diagnostic, Findings, Severity};
use crate::model::Address;
use crate::plan::{ActionKind, FieldChange, Held, Noted, Plan, Reason, Warning};
use crate::source::{Place, Sources, Span};

/// Differences are as weighty as told: an idea of what will be done in a plan, a warning in drift. What one written value
/// causes in many configurations is one finding; what was pending on the target branch is one too, since no line here causes it.
pub fn plan_findings(plan: &Plan, sources: &Sources, weight: Severity) -> Vec<Diagnostic> {
    let mut findings = Findings::default();
    let own = || plan.changes().filter(|change| !plan.is_pending(change));
    let causes = Causes::of(own());
    let shared = causes.iter().map(|cause| shared(cause, sources));
    let differences = own().flat_map(|change| differences(change, &causes, sources));
    let others = declared_unsupported(plan).chain(shadows(plan)).chain(on_the_base(plan));
    for mut difference in shared.chain(differences).chain(others) {
        difference.severity = weight;
        findings.push(difference);
    }
    let entries: HashMap<&Address, Option<&Place>> =
        plan.changes().map(|change| (&change.change.address, change.note.place.as_ref())).collect();
    let entry = |held: &Held| entries.get(held.address.as_ref()?).copied().flatten();
    let guards = plan.notes.held.iter().map(|held| guard(held, entry(held), sources));
    for finding in guards.chain(plan.notes.warnings.iter().map(warning)).chain(unprotected(plan)) {
        findings.push(finding);
    }
    findings.finish()
}

/// What no shared value tells of already.
fn differences(change: Noted, causes: &Causes, sources: &Sources) -> Vec<Diagnostic> {
    let mut forcing = change.field_changes().filter(|one| one.field.is_create_only());
    match change.action {
        ActionKind::Update => {
            let fields = change.field_changes().filter(|one| !causes.tell(one));
            fields.map(|field| changed(change, field, sources)).collect()
        }
        ActionKind::Replace if forcing.any(|one| causes.tell(&one)) => Vec::new(),
        ActionKind::Create | ActionKind::Replace | ActionKind::Delete => vec![whole(change, sources)],
    }
}

/// A value that changes several configurations, once.
fn shared(cause: &Cause, sources: &Sources) -> Diagnostic {
    at(Diagnostic::new(Code::Difference, cause.sentence()), Some(cause.place), sources, "declared here")
}

/// A field that differs, at the value that asks for it.
fn changed(change: Noted, one: FieldChange, sources: &Sources) -> Diagnostic {
    let FieldChange { field, origin } = one;
    let (before, after) = (change.before_value(field), change.after_value(field));
    let finding =
        Diagnostic::new(Code::Difference, format!("`{field}` is `{before}`, will be updated to `{after}`"))
            .about(&change.address);
    let value = origin.and_then(|origin| origin.place.as_ref());
    at(finding, value.or(change.note.place.as_ref()), sources, "declared here")
}

/// An entry that comes, goes, or both.
fn whole(change: Noted, sources: &Sources) -> Diagnostic {
    let coverage = coverage_text(&change.note.coverage, &change.address, change.action);
    let message = format!("{}: {}; {coverage}", sentence(change.action), change.reason_text());
    let finding = Diagnostic::new(Code::Difference, message).about(&change.address);
    let (entry, place) = (change.note.place.as_ref(), change.note.reason_place.as_ref());
    let (place, text) = match change.reason {
        Reason::Pruned => (place, "pruned here"),
        Reason::InSnapshot | Reason::NotInSnapshot => (place, "saved here"),
        Reason::DeclaredAbsent => (place, "declared here"),
        Reason::Missing
        | Reason::Differs
        | Reason::CreateOnly
        | Reason::FinishesReplace
        | Reason::PutsBack => (entry, "declared here"),
    };
    at(finding, place, sources, text)
}

fn at(finding: Diagnostic, place: Option<&Place>, sources: &Sources, text: &str) -> Diagnostic {
    let span: Option<Span> = place.and_then(|place| sources.span_of(place));
    match span {
        Some(span) => finding.label(span, text),
        None => finding,
    }
}

fn declared_unsupported(plan: &Plan) -> impl Iterator<Item = Diagnostic> {
    plan.notes.unsupported.iter().filter(|one| one.declared).map(|one| {
        let message = format!("can't be managed: {}; not attempted", one.reason);
        Diagnostic::new(Code::Difference, message).about(&one.address)
    })
}

fn shadows(plan: &Plan) -> impl Iterator<Item = Diagnostic> {
    plan.notes.shadows.iter().map(|one| {
        let message = format!("is not declared, and rules there in place of `{}`", one.shadowed);
        Diagnostic::new(Code::Difference, message).about(&one.address)
    })
}

/// What the plan owes to the target branch, in one sentence.
fn on_the_base(plan: &Plan) -> Option<Diagnostic> {
    let since = plan.notes.since_base.as_ref().filter(|_| pending(plan) > 0)?;
    Some(Diagnostic::new(Code::Difference, owed(plan, since, str::to_owned)))
}

fn unprotected(plan: &Plan) -> impl Iterator<Item = Diagnostic> {
    let addresses = plan.notes.since_base.iter().flat_map(|since| &since.unprotected);
    addresses.map(|address| {
        Diagnostic::new(Code::PlanWarning, format!("`{address}` is not protected any more")).about(address)
    })
}

/// `entry` is where the entry of what is held stands.
fn guard(held: &Held, entry: Option<&Place>, sources: &Sources) -> Diagnostic {
    let Held { guard, address, message, release } = held;
    let mut finding =
        Diagnostic::new(Code::Guard, format!("refused ({}): {message}", guard.name())).help(match release {
            Some(flag) => format!("released by `{flag}`"),
            None => "nothing releases it".to_owned(),
        });
    finding.address = address.clone();
    at(finding, entry, sources, "this entry")
}

fn warning(warning: &Warning) -> Diagnostic {
    let Warning { message, address } = warning;
    let mut finding = Diagnostic::new(Code::PlanWarning, message.clone());
    finding.address = address.clone();
    finding
}
