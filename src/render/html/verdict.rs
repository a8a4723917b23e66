//! What decides over a plan, on its page: what refuses it, and what a reviewer should look at.

use std::collections::BTreeMap;

use super::super::base;
use super::super::danger::{Refusal, dangers, refusals};
use super::{escaped, sentence_of};
use crate::plan::{Guard, Plan};

/// Refusals of one guard that stand open; more are folded away.
const OPEN: usize = 3;

/// Each guard that holds the plan, with the one flag that releases it.
pub(super) fn refused(plan: &Plan) -> String {
    let mut told: BTreeMap<(Guard, Option<&str>), Vec<String>> = BTreeMap::new();
    for refusal in refusals(plan) {
        let reasons = told.entry((refusal.guard, refusal.release)).or_default();
        reasons.push(reason(&refusal));
    }
    if told.is_empty() {
        return String::new();
    }
    let guards: String =
        told.iter().map(|((guard, release), reasons)| guard_item(*guard, *release, reasons)).collect();
    format!(
        "<section class=\"box danger\" aria-labelledby=\"refused\">\n<h2 id=\"refused\">Refused until released</h2>\n\
         <ul>\n{guards}</ul>\n</section>\n"
    )
}

fn guard_item(guard: Guard, release: Option<&str>, reasons: &[String]) -> String {
    let release = release.map_or("nothing releases it".to_owned(), |flag| {
        format!("released by <code>{}</code>", escaped(flag))
    });
    let name = guard.name();
    if let [reason] = reasons {
        return format!("<li><strong>{name}</strong>: {reason}; {release}</li>\n");
    }
    let (open, folded) = reasons.split_at(if reasons.len() <= OPEN + 1 { reasons.len() } else { OPEN });
    let items = |reasons: &[String]| -> String {
        let items: String = reasons.iter().map(|reason| format!("<li>{reason}</li>")).collect();
        format!("<ul>{items}</ul>")
    };
    let folded = match folded.len() {
        0 => String::new(),
        more => format!("<details><summary>{more} more</summary>{}</details>", items(folded)),
    };
    format!("<li><strong>{name}</strong>, {release}{}{folded}</li>\n", items(open))
}

fn reason(refusal: &Refusal) -> String {
    let Refusal { guard: _, message, release: _, addresses } = refusal;
    let whose = match &addresses[..] {
        [] => String::new(),
        [one] => format!("`{one}`: "),
        [first, rest @ ..] => format!("`{first}` and {} more: ", rest.len()),
    };
    sentence_of(&format!("{whose}{message}"))
}

/// Kinds of danger, and what the plan warns of.
pub(super) fn notes(plan: &Plan) -> String {
    let unread = plan
        .notes
        .unread
        .iter()
        .map(|domain| format!("`{domain}` could not be read: the plan is incomplete"));
    let unsupported = plan.notes.unsupported.iter().filter(|one| one.declared);
    let unsupported =
        unsupported.map(|one| format!("`{}` can't be managed: {}; not attempted", one.address, one.reason));
    let warnings = plan.notes.warnings.iter().map(|warning| warning.message.clone());
    let since_base = base::notes(plan, |name| format!("`{name}`"), str::to_owned, str::to_owned);
    let notes = dangers(plan).into_iter().chain(unread).chain(unsupported).chain(warnings).chain(since_base);
    let notes: String = notes.map(|note| format!("<li>{}</li>\n", sentence_of(&note))).collect();
    if notes.is_empty() {
        return notes;
    }
    format!(
        "<section class=\"box notes\" aria-labelledby=\"notes\">\n<h2 id=\"notes\">What to look at</h2>\n<ul>\n{notes}</ul>\n</section>\n"
    )
}
