//! What every picture of a plan says in the same words.

use super::plan::{counted, long_sentence};
use crate::plan::{Budget, Contingent, Held, Plan};

/// Terraform's sentence of totals, which other tools look for; a replace counts on both sides.
pub(super) fn totals(plan: &Plan) -> String {
    if plan.decisions.changes.is_empty() {
        return without_changes(plan);
    }
    let summary = plan.summary();
    format!(
        "Plan: {} to add, {} to change, {} to destroy.",
        summary.create + summary.replace,
        summary.update,
        summary.delete + summary.replace
    )
}

/// The sentence for a plan without changes, which says `No changes.` only where all is as declared.
fn without_changes(plan: &Plan) -> String {
    let declared = plan.notes.unsupported.iter().filter(|one| one.declared).count();
    let shadows = plan.notes.shadows.len();
    match () {
        () if !plan.is_complete() => {
            format!("Incomplete: {} could not be read.", counted(plan.notes.unread.len(), "domain"))
        }
        () if declared > 0 => {
            format!("Not as declared: {} can't be managed.", counted(declared, "declared configuration"))
        }
        () if shadows > 0 => {
            format!(
                "Not as declared: {} before a declared rule.",
                counted(shadows, "unmanaged configuration")
            )
        }
        () if plan.notes.is_rest => {
            "Nothing is left of this plan: the service holds what its changes lead to.".to_owned()
        }
        () => "No changes. The service holds what the files declare.".to_owned(),
    }
}

/// What stands behind the totals: how replaces count, what stays, what it costs, and what streams on air notice.
pub(super) fn consequences(plan: &Plan) -> String {
    let summary = plan.summary();
    if plan.decisions.changes.is_empty() && plan.notes.is_rest {
        return "Only what the plan changes was compared; `livevod plan` compares all of it.".to_owned();
    }
    if plan.decisions.changes.is_empty() {
        return format!("{} as declared.", counted(summary.unchanged, "configuration"));
    }
    let replaces = (summary.replace > 0)
        .then(|| format!("{} counted as add and destroy", counted(summary.replace, "replace")));
    let unchanged = (!plan.notes.is_rest).then(|| format!("{} unchanged", summary.unchanged));
    let facts = replaces.into_iter().chain(unchanged).chain([cost(plan.notes.budget)]);
    let facts: Vec<String> = facts.collect();
    format!("{}. {}", facts.join(", "), long_sentence())
}

/// `7 reads and 4 writes at least, not under 9 s at this rate`.
pub(super) fn cost(budget: Budget) -> String {
    let Budget { reads, writes, seconds } = budget;
    let count = |calls: u64| usize::try_from(calls).unwrap_or(usize::MAX);
    let calls = format!("{} and {} at least", counted(count(reads), "read"), counted(count(writes), "write"));
    if seconds > 0 { format!("{calls}, not under {seconds} s at this rate") } else { calls }
}

/// `refused (limits): …; released by --max-delete 3`.
pub(super) fn refusal(held: &Held) -> String {
    let Held { guard, address, message, release } = held;
    let subject = address.as_ref().map(|address| format!("{address}: ")).unwrap_or_default();
    let release =
        release.as_ref().map_or("nothing releases it".to_owned(), |flag| format!("released by {flag}"));
    format!("refused ({}): {subject}{message}; {release}", guard.name())
}

/// What is written only if a step goes wrong.
pub(super) fn contingency(contingent: Contingent) -> &'static str {
    match contingent {
        Contingent::AddBack => "if the Add fails: add the old one back",
        Contingent::AddSiblingsBack => "if the service takes entries beside it along: add them back",
    }
}
