//! How two plans differ: the steps of each side, as text for people.

use super::style::{Style, Tone, wrap};
use crate::gate::clean;
use crate::model::{Field, RecordConfig, Value};
use crate::plan::{Change, Difference};

/// What changed since the review, under its heading: a paragraph for each address. Empty if nothing did.
pub(super) fn human_since_review(differences: &[Difference], style: Style) -> String {
    if differences.is_empty() {
        return String::new();
    }
    let mut lines = vec!["\nChanged since the review:\n".to_owned()];
    for Difference { address, first, second } in differences {
        lines.push(style.paint(Tone::Strong, &format!("  # {}", clean(&address.to_string()))));
        for (front, change) in [("      reviewed: ", first), ("      now:      ", second)] {
            let room = style.width.saturating_sub(front.len()).max(20);
            for (at, line) in wrap(&transition(change.as_ref(), style.arrow()), room).iter().enumerate() {
                let front = if at == 0 { front } else { &" ".repeat(front.len()) };
                lines.push(format!("{front}{line}"));
            }
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

/// What to do with a saved plan. `flags` are those that allow what guards refuse; `None` if a guard has no flag.
pub(super) fn human_saved_plan(
    file: &str,
    command: String,
    flags: Option<Vec<&str>>,
    style: Style,
) -> String {
    let (how, command) = match flags {
        None => ("It can't be applied: no flag allows one of the refusals.", None),
        Some(flags) if flags.is_empty() => ("To apply this plan and no other:", Some(command)),
        Some(flags) => {
            let how = "To apply this plan and no other, in spite of the refusals:";
            (how, Some(format!("{command} {}", flags.join(" "))))
        }
    };
    let text = format!("Saved to `{}`. {how}", clean(file));
    let command: String = command.iter().map(|command| format!("  {}\n", clean(command))).collect();
    format!("\n{}\n{command}", wrap(&text, style.width).join("\n"))
}

/// `update, cycle_duration 3600 → 900`.
pub(super) fn transition(change: Option<&Change>, arrow: &str) -> String {
    let Some(change) = change else { return "no change".to_owned() };
    let steps = steps(change).into_iter().map(|step| human_step(&step, arrow));
    let beside = siblings(change);
    std::iter::once(change.action().name().to_owned())
        .chain(steps)
        .chain(beside)
        .collect::<Vec<_>>()
        .join(", ")
}

/// `beside show/cam1 and 3 more`: configurations that the service may also delete.
fn siblings(change: &Change) -> Option<String> {
    let first = clean(&change.siblings.first()?.within_domain());
    Some(match change.siblings.len() - 1 {
        0 => format!("beside {first}"),
        more => format!("beside {first} and {more} more"),
    })
}

/// `cycle_duration 1h → 15m`.
pub(super) fn human_step(Step { field, before, after }: &Step, arrow: &str) -> String {
    let sides: Vec<String> =
        [before, after].into_iter().flatten().map(|side| clean(&side.to_string())).collect();
    format!("{} {}", field.name(), sides.join(&format!(" {arrow} ")))
}

/// What a change does to one field; a side is `None` if its configuration does not exist.
pub(super) struct Step {
    pub(super) field: Field,
    pub(super) before: Option<Value>,
    pub(super) after: Option<Value>,
}

/// What a change does: the fields that differ, or the fields that are set in a created or deleted configuration.
pub(super) fn steps(change: &Change) -> Vec<Step> {
    steps_between(change.before(), change.after())
}

/// The fields that differ between two sides, or the fields that are set on the only side.
pub(super) fn steps_between(before: Option<&RecordConfig>, after: Option<&RecordConfig>) -> Vec<Step> {
    let fields: Vec<Field> = match (before, after) {
        (Some(before), Some(after)) => before.differences(after),
        (None, Some(config)) | (Some(config), None) => config.set_fields(),
        (None, None) => Vec::new(),
    };
    let side = |config: Option<&RecordConfig>, field| config.map(|config| config.get(field));
    let step = |field| Step { field, before: side(before, field), after: side(after, field) };
    fields.into_iter().map(step).collect()
}
