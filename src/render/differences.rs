//! A plan as findings, for formats that contain nothing else: differences, refusals, and facts for reviewers. Those of a
//! drift are in `drift/findings.rs`.

use std::collections::HashMap;

use super::base::{DELETE_UNDECLARED, DELETE_UNNAMED, KEPT};
use super::causes::{Cause, Causes};
use super::phrases::{released_by, sentence, undeclared_title, unmanageable};
use super::view::{ChangeView, PlanView};
use crate::diag::{Code, Diagnostic, Findings, Severity};
use crate::model::Address;
use crate::plan::{
    AcceptedField, AcceptedRow, ActionKind, FieldChange, Guard, Held, Reason, Shadow, SinceBase, Warning,
};
use crate::source::{Place, Sources, Span};

/// All differences that one value in the files
/// causes are one finding; so are all changes already pending on the target branch, since no line of these files causes
/// them.
pub fn plan_findings(view: &PlanView, sources: &Sources) -> Vec<Diagnostic> {
    let mut findings = Findings::default();
    let own = || view.changes().filter(|change| !change.is_pending);
    let causes = Causes::of(view);
    let shared = causes.iter().map(|cause| shared(cause, sources));
    let differences = own().flat_map(|change| differences(change, &causes, sources));
    let others = declared_unsupported(view).chain(view.shadows.iter().map(shadow)).chain(on_the_base(view));
    for mut difference in shared.chain(differences).chain(others) {
        difference.severity = Severity::Advice;
        findings.push(difference);
    }
    let entries: HashMap<&Address, Option<&Place>> =
        view.changes().map(|one| (&one.noted.change.address, one.noted.note.place.as_ref())).collect();
    let entry = |held: &Held| entries.get(held.address.as_ref()?).copied().flatten();
    let guards = view.held.iter().map(|held| guard(held, entry(held), sources));
    let others = lapses(view).chain(undeclared(view)).chain(accepted(view, sources));
    for finding in guards.chain(view.warnings.iter().map(warning)).chain(others) {
        findings.push(finding);
    }
    findings.finish()
}

/// The differences that no shared value covers.
fn differences(change: ChangeView, causes: &Causes, sources: &Sources) -> Vec<Diagnostic> {
    let mut forcing = change.field_changes().filter(|one| one.forces_replacement);
    match change.action() {
        ActionKind::Update => {
            let fields = change.field_changes().filter(|one| !causes.tell(one));
            fields.map(|field| changed(change, &field, sources)).collect()
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
fn changed(change: ChangeView, one: &FieldChange, sources: &Sources) -> Diagnostic {
    let (field, before, after) = (one.field, &one.before, &one.after);
    let finding =
        Diagnostic::new(Code::Difference, format!("`{field}` is `{before}`, will be updated to `{after}`"))
            .about(&change.address);
    let value = one.origin.and_then(|origin| origin.place.as_ref());
    at(finding, value.or(change.note.place.as_ref()), sources, "declared here")
}

/// A configuration that is created, deleted or replaced.
fn whole(change: ChangeView, sources: &Sources) -> Diagnostic {
    let message = format!("{}: {}", sentence(change.action()), change.why());
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

/// The finding with a label at a place, if it is in a file that was read.
pub(super) fn at(finding: Diagnostic, place: Option<&Place>, sources: &Sources, text: &str) -> Diagnostic {
    let span: Option<Span> = place.and_then(|place| sources.span_of(place));
    match span {
        Some(span) => finding.label(span, text),
        None => finding,
    }
}

fn declared_unsupported(view: &PlanView) -> impl Iterator<Item = Diagnostic> {
    view.unmanageable()
        .map(|one| Diagnostic::new(Code::Difference, unmanageable(&one.reason)).about(&one.address))
}

fn shadow(Shadow { address, shadowed }: &Shadow) -> Diagnostic {
    let message = format!("is not declared, but records instead of the declared `{shadowed}`");
    Diagnostic::new(Code::Difference, message).about(address)
}

/// The comparison with the target branch, in one sentence.
fn on_the_base(view: &PlanView) -> Option<Diagnostic> {
    let base = view.base.as_ref().filter(|base| base.pending > 0)?;
    Some(Diagnostic::new(Code::Difference, base.owed(str::to_owned)))
}

/// What the target branch's files say of existing configurations and these files no longer say.
fn lapses(view: &PlanView) -> impl Iterator<Item = Diagnostic> {
    let since = view.base.iter().map(|base| base.since);
    let warning = |message: String| Diagnostic::new(Code::PlanWarning, message);
    since.flat_map(move |SinceBase { unprotected, released, unnamed, .. }| {
        let unprotected = unprotected
            .iter()
            .map(move |address| warning(format!("`{address}` is no longer protected")).about(address));
        let released = released.iter().map(move |address| {
            warning(format!("`{address}` is no longer declared, stays in the service and {KEPT}"))
                .about(address)
                .help(DELETE_UNDECLARED)
        });
        let unnamed = unnamed.iter().map(move |domain| {
            warning(format!("no file names `{domain}` any more: what it has in the service stays and {KEPT}"))
                .help(DELETE_UNNAMED)
        });
        unprotected.chain(released).chain(unnamed)
    })
}

/// What stays as it is although the files say otherwise, at the entry that accepts it: advice, since nobody has to act.
pub(super) fn accepted(view: &PlanView, sources: &Sources) -> impl Iterator<Item = Diagnostic> {
    view.accepted().map(|row| {
        let AcceptedRow { address, about, standing, declared } = row;
        let AcceptedField { field, until, reason, place } = about;
        let message =
            format!("`{field}` is `{standing}`, not `{declared}`, which is accepted until {until}: {reason}");
        let mut finding = Diagnostic::new(Code::PlanWarning, message).about(address);
        finding.severity = Severity::Advice;
        at(finding, Some(place), sources, "accepted here")
    })
}

/// How many domains a finding names; further ones are only counted.
const NAMED_DOMAINS: usize = 20;

/// The other domains of the account that hold configurations, in one piece of advice: nothing is wrong with them.
pub(super) fn undeclared(view: &PlanView) -> Option<Diagnostic> {
    let domains = view.undeclared_domains.filter(|domains| !domains.is_empty())?;
    let (named, rest) = domains.split_at(domains.len().min(NAMED_DOMAINS));
    let mut names: Vec<String> =
        named.iter().map(|one| format!("`{}` ({})", one.domain, one.configurations)).collect();
    names.extend((!rest.is_empty()).then(|| format!("{} more", rest.len())));
    let message = format!("{} {}: {}", domains.len(), undeclared_title(domains), names.join(", "));
    let mut finding = Diagnostic::new(Code::PlanWarning, message)
        .help("declare these domains where livevod should manage them; it never touches a domain that no file names");
    finding.severity = Severity::Advice;
    Some(finding)
}

/// The refusals for want of the declared account, the only ones that matter where nothing is written.
pub(super) fn account_guards(view: &PlanView) -> impl Iterator<Item = Diagnostic> {
    let held = view.held.iter().filter(|held| held.guard == Guard::Account);
    held.map(|held| guard(held, None, &Sources::default()))
}

/// `entry` is the place of the refused entry.
fn guard(held: &Held, entry: Option<&Place>, sources: &Sources) -> Diagnostic {
    let Held { guard, address, message, release } = held;
    let mut finding = Diagnostic::new(Code::Guard, format!("refused ({}): {message}", guard.name()))
        .help(released_by(*guard, release.as_deref(), |flag| format!("`{flag}`")));
    finding.address = address.clone();
    at(finding, entry, sources, "this entry")
}

fn warning(warning: &Warning) -> Diagnostic {
    let Warning { message, address } = warning;
    let mut finding = Diagnostic::new(Code::PlanWarning, message.clone());
    finding.address = address.clone();
    finding
}
