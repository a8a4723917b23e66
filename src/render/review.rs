//! What tells one plan from another, for people.

use super::style::{Tone, columns, wrap};
use super::{Style, clean};
use crate::model::{Field, RecordConfig, Value};
use crate::plan::{Change, Difference};

/// A paragraph for each address: what each of the two plans, named by `names`, does there.
pub fn human_differences(differences: &[Difference], names: [&str; 2], style: Style) -> String {
    let width = names.map(columns).into_iter().max().unwrap_or(0);
    let mut lines = Vec::new();
    for Difference { address, first, second } in differences {
        lines.push(style.paint(Tone::Strong, &format!("  # {}", clean(&address.to_string()))));
        for (name, change) in names.into_iter().zip([first, second]) {
            let gap = " ".repeat(width - columns(name));
            let front = format!("      {name}:{gap} ");
            let room = style.width.saturating_sub(columns(&front)).max(20);
            for (at, line) in wrap(&transition(change.as_ref(), style), room).iter().enumerate() {
                let front = if at == 0 { front.clone() } else { " ".repeat(columns(&front)) };
                lines.push(format!("{front}{line}"));
            }
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

/// What to do with a plan that was saved.
pub fn human_saved_plan(file: &str, style: Style) -> String {
    let text = format!("Saved to `{0}`. `livevod apply {0}` does exactly this, or nothing.", clean(file));
    format!("\n{}\n", wrap(&text, style.width).join("\n"))
}

/// `update, cycle_duration 3600 → 900`.
fn transition(change: Option<&Change>, style: Style) -> String {
    let Some(change) = change else { return "no change".to_owned() };
    let values = match (&change.before, &change.after) {
        (Some(before), Some(after)) => before
            .differences(after)
            .into_iter()
            .map(|field| {
                format!("{} {} {} {}", field.name(), text(before, field), style.arrow(), text(after, field))
            })
            .collect(),
        (None, Some(config)) | (Some(config), None) => settings(config),
        (None, None) => Vec::new(),
    };
    std::iter::once(change.action.name().to_owned()).chain(values).collect::<Vec<_>>().join(", ")
}

fn settings(config: &RecordConfig) -> Vec<String> {
    let set = Field::MANAGED.into_iter().filter(|field| config.get(*field) != Value::Unset);
    set.map(|field| format!("{} {}", field.name(), text(config, field))).collect()
}

fn text(config: &RecordConfig, field: Field) -> String {
    clean(&config.get(field).to_string())
}
