//! The sentences about a whole plan: its totals, what follows from them, and what is dangerous in it.

use super::phrases::{STOPS_RECORDING, cost, counted, streams_on_air};
use crate::gate::clean;
use crate::plan::{Guard, Notes, Plan, Summary};

/// Terraform's sentence of totals, which other tools look for; a replace counts on both sides.
pub(super) fn totals(plan: &Plan, summary: Summary) -> String {
    if plan.decisions.changes.is_empty() {
        return without_changes(plan);
    }
    let Summary { create, update, replace, delete, unchanged: _ } = summary;
    let counts = format!("{} to add, {update} to change, {} to destroy", create + replace, delete + replace);
    match plan.is_complete() {
        true => format!("Plan: {counts}."),
        false => format!("Incomplete plan: {counts} in the domains that were read."),
    }
}

/// The sentence for a plan without changes. It says `No changes.` only if the service matches the files.
fn without_changes(plan: &Plan) -> String {
    let declared = plan.notes.unsupported.iter().filter(|one| one.declared).count();
    let shadows = plan.notes.shadows.len();
    match () {
        () if !plan.is_complete() => {
            format!("Incomplete: {} could not be read.", counted(plan.notes.unread.len(), "domain"))
        }
        () if declared > 0 => {
            format!(
                "Differs from the files: {} can't be managed.",
                counted(declared, "declared configuration")
            )
        }
        () if shadows > 0 => {
            let applies = if shadows == 1 {
                "applies in place of a declared one"
            } else {
                "apply in place of declared ones"
            };
            format!("Differs from the files: {} {applies}.", counted(shadows, "unmanaged configuration"))
        }
        () if plan.is_held_by(Guard::Account) => {
            "Not compared: the credentials belong to another account.".to_owned()
        }
        () if plan.notes.is_rest && !plan.notes.held.is_empty() => {
            "Nothing of this plan can be applied.".to_owned()
        }
        () if plan.notes.is_rest => {
            "Nothing is left to do: every address of this plan already has its planned state.".to_owned()
        }
        () if plan.decisions.declares_nothing => {
            format!("No changes. {} no configuration.", sentence_case(aim(&plan.notes)))
        }
        () => format!(
            "No changes. {} matches what {}{}.",
            where_compared(&plan.notes),
            aim(&plan.notes),
            exceptions(&plan.notes)
        ),
    }
}

/// What does not match and is no difference, for the end of a sentence.
fn exceptions(notes: &Notes) -> String {
    match notes.accepted.iter().map(|one| one.fields.len()).sum() {
        0 => String::new(),
        count => format!(", except for {}", counted(count, "accepted difference")),
    }
}

/// The compared part of the service, for the beginning of a sentence.
fn where_compared(notes: &Notes) -> String {
    match notes.selected.is_empty() {
        true => "The service".to_owned(),
        false => format!("Within {}, the service", selection(&notes.selected)),
    }
}

/// What the service was compared with, for the end of a sentence.
fn aim(notes: &Notes) -> &'static str {
    if notes.is_way_back { "the snapshot holds" } else { "the files declare" }
}

/// A text with a capital at its beginning.
pub(super) fn sentence_case(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The flags of a selection, as typed.
pub(super) fn selection(flags: &[String]) -> String {
    // A saved plan may contain any text here.
    flags.iter().map(|flag| format!("`{}`", clean(flag).replace('`', "'"))).collect::<Vec<_>>().join(" ")
}

/// A sentence about the selection, if there is one.
fn partial(notes: &Notes) -> Option<String> {
    (!notes.selected.is_empty())
        .then(|| format!("Only what {} selects was compared.", selection(&notes.selected)))
}

/// The text after the totals: how replaces count, what is unchanged, the cost, and the effect on streams on air.
pub(super) fn consequences(plan: &Plan, summary: Summary) -> String {
    let Summary { create: _, update: _, replace, delete: _, unchanged } = summary;
    if plan.decisions.changes.is_empty() && plan.notes.is_rest {
        return "Only the addresses in this plan were compared; `livevod plan` compares everything."
            .to_owned();
    }
    if plan.decisions.changes.is_empty() {
        let wanted = if plan.notes.is_way_back { "the snapshot" } else { "the files" };
        let verb = if unchanged == 1 { "matches" } else { "match" };
        let excepted = match plan.notes.accepted.len() {
            0 => String::new(),
            count => format!(", {count} of them with accepted differences"),
        };
        return format!("{} {verb} {wanted}{excepted}.", counted(unchanged, "configuration"));
    }
    let replaces =
        (replace > 0).then(|| format!("{} counted as add and destroy", counted(replace, "replace")));
    let unchanged = (!plan.notes.is_rest).then(|| format!("{unchanged} unchanged"));
    let counts: Vec<String> = replaces.into_iter().chain(unchanged).collect();
    let cost = cost(plan.notes.budget);
    let facts = if counts.is_empty() { cost } else { format!("{}; {cost}", counts.join(", ")) };
    let on_air = streams_on_air(plan.notes.on_air.as_ref().map_or(0, |on_air| on_air.streams.len()));
    let facts = format!("{}. {on_air}", sentence_case(&facts));
    partial(&plan.notes).map_or(facts.clone(), |partial| format!("{partial} {facts}"))
}

/// `1 replaced`, `2 deleted`, `3 no longer recorded automatically`: each kind of danger in the plan.
pub(super) fn dangers(plan: &Plan, summary: Summary) -> Vec<String> {
    let Summary { create: _, update: _, replace, delete, unchanged: _ } = summary;
    let unread = plan.notes.unread.len();
    let stops = plan.changes().filter(|change| change.note.coverage.stops_recording()).count();
    let unsupported = plan.notes.unsupported.iter().filter(|one| one.declared).count();
    let kinds = [
        (unread, format!("{} could not be read", counted(unread, "domain"))),
        (replace, format!("{replace} replaced: nothing records between the delete and the create")),
        (delete, format!("{delete} deleted")),
        (stops, format!("{stops} {STOPS_RECORDING}")),
        (unsupported, format!("{} that can't be managed", counted(unsupported, "declared configuration"))),
    ];
    kinds.into_iter().filter(|(count, _)| *count > 0).map(|(_, text)| text).collect()
}
