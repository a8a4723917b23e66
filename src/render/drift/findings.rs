//! A drift as findings, for formats that contain nothing else.

use super::super::differences::{accepted, account_guards, at, undeclared};
use super::super::leases::elsewhere;
use super::super::phrases::counted;
use super::super::who::who_lines;
use super::view::{Cures, DriftFold, DriftView};
use super::words;
use crate::diag::{Code, Diagnostic, Findings, Severity};
use crate::drift::{Difference, Kind};
use crate::gate::clean;
use crate::merge::Adoption;
use crate::resolve::OriginKind;
use crate::source::{Place, Sources};

/// A warning for each difference, at the line that says what should be. Alike differences from one value that several
/// configurations inherit are one finding.
pub fn drift_findings(view: &DriftView, sources: &Sources) -> Vec<Diagnostic> {
    let mut findings = Findings::default();
    for fold in view.folds(false) {
        match shared(&fold) {
            Some(place) => findings.push(told(together(&fold, place, sources), view.who(&fold))),
            None => {
                for (one, cures) in &fold.all {
                    let trail = view.trail(&one.address).map(|trail| (&one.address, trail));
                    let who = who_lines(trail.as_slice());
                    findings.push(told(alone(one, cures, sources), who));
                }
            }
        }
    }
    let elsewhere = elsewhere(view.plan.leases).into_iter();
    let elsewhere = elsewhere.map(|message| Diagnostic::new(Code::PlanWarning, message));
    let further = accepted(view.plan, sources).chain(account_guards(view.plan)).chain(undeclared(view.plan));
    let further = further.chain(elsewhere);
    for finding in further {
        findings.push(finding);
    }
    findings.finish()
}

/// The finding with what ActionTrail tells, if it was asked.
fn told(finding: Diagnostic, who: Vec<String>) -> Diagnostic {
    who.into_iter().fold(finding, |finding, line| finding.note(line, None))
}

/// The value that causes all of several differences.
fn shared<'a>(fold: &DriftFold<'a>) -> Option<&'a Place> {
    let [field] = fold.first().fields.as_slice() else { return None };
    let origin = field.origin.as_ref().filter(|origin| origin.kind != OriginKind::Stream)?;
    origin.place.as_ref().filter(|_| fold.all.len() > 1 && fold.first().kind == Kind::Changed)
}

fn together(fold: &DriftFold, place: &Place, sources: &Sources) -> Diagnostic {
    let message = words::message(fold.first(), quoted);
    let count = counted(fold.all.len(), "configuration");
    let mut names: Vec<String> = fold.addresses().take(NAMED).map(|one| quoted(&one.to_string())).collect();
    if fold.all.len() > NAMED {
        names.push(format!("{} more", fold.all.len() - NAMED));
    }
    let message = format!("{count} {message}; {}", fold.since());
    let finding = warning(message).note(format!("these are {}", names.join(", ")), None);
    at(finding, Some(place), sources, "declared here")
}

/// How many addresses a finding names; further ones are only counted.
const NAMED: usize = 20;

fn alone(one: &Difference, cures: &Cures, sources: &Sources) -> Diagnostic {
    let now = words::now(one).map(|now| format!("; {now}")).unwrap_or_default();
    let message = format!("{}{now}; {}", words::message(one, quoted), words::since(one));
    let mut finding = warning(message).about(&one.address);
    if let Some(help) = help(one, cures) {
        finding = finding.help(help);
    }
    let value = one.fields.first().and_then(|field| field.origin.as_ref()?.place.as_ref());
    let value = value.filter(|_| one.kind == Kind::Changed);
    at(finding, value.or(one.place.as_ref()), sources, "declared here")
}

fn warning(message: String) -> Diagnostic {
    let mut finding = Diagnostic::new(Code::Difference, message);
    finding.severity = Severity::Warning;
    finding
}

/// Both cures in one line; lines of YAML that are several are only named.
fn help(one: &Difference, Cures { revert_first, revert, adopt, accept: _ }: &Cures) -> Option<String> {
    let first = revert_first.as_ref().map(|first| line(&words::to_remove(first), first));
    let told = if revert_first.is_some() { "then:" } else { words::to_revert(one) };
    let revert = revert.as_ref().map(|command| format!("{told} {}", quoted(command)));
    let adopt = adopt.as_ref().map(|adopt| line(&words::to_adopt(adopt), adopt));
    let parts: Vec<String> =
        [first, revert, adopt].into_iter().flatten().map(|part| lowered(&part)).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn line(told: &str, Adoption { yaml, lines: _ }: &Adoption) -> String {
    // Text that can't be shown as it is can't be pasted.
    match yaml.contains('\n') || clean(yaml) != *yaml {
        false => format!("{told} {}", quoted(yaml.trim())),
        true => format!("{told} the lines that `livevod drift` shows"),
    }
}

/// Text between backticks; its own can't stay.
fn quoted(text: &str) -> String {
    format!("`{}`", text.replace('`', "'"))
}

/// A sentence as a fragment.
fn lowered(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
