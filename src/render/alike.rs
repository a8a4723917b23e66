//! Findings that say the same about different places: the first ones are shown, the others only named by their places.

use indexmap::IndexMap;

use super::phrases::counted;
use super::style::{Style, wrap};
use crate::diag::{Code, Diagnostic};
use crate::gate::clean;
use crate::source::Sources;

/// Findings of a group that are shown.
const SHOWN: usize = 3;

/// Places of the others that are named.
const PLACES: usize = 10;

/// Findings that are shown together.
pub(super) struct Group<'a> {
    /// Those that are shown.
    pub(super) shown: Vec<&'a Diagnostic>,
    /// The others, which say the same.
    pub(super) others: Vec<&'a Diagnostic>,
}

/// Findings that say the same, together. If no group would leave more than one out, all are shown in their order.
pub(super) fn alike<'a>(findings: &[&'a Diagnostic]) -> Vec<Group<'a>> {
    let mut groups: IndexMap<(Code, &str, Option<&str>), Vec<&Diagnostic>> = IndexMap::new();
    for finding in findings {
        let says = (finding.code, finding.message.as_str(), finding.help.as_deref());
        groups.entry(says).or_default().push(finding);
    }
    if groups.values().all(|group| group.len() <= SHOWN + 1) {
        return vec![Group { shown: findings.to_vec(), others: Vec::new() }];
    }
    let group = |mut shown: Vec<&'a Diagnostic>| {
        let others = shown.split_off(shown.len().min(SHOWN));
        Group { shown, others }
    };
    groups.into_values().map(group).collect()
}

/// Names the places of findings that are not shown, as one sentence; empty without such findings.
pub(super) fn more_like_these(findings: &[&Diagnostic], sources: &Sources, style: Style) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let place = |finding: &&Diagnostic| {
        let place = sources.place(finding.labels.first()?.span);
        Some(clean(&format!("{}:{}", place.file, place.start.line)))
    };
    let mut places: Vec<String> = findings.iter().filter_map(place).collect();
    places.dedup();
    let left_out = places.len().saturating_sub(PLACES);
    places.truncate(PLACES);
    if left_out > 0 {
        places.push(format!("{} and {left_out} more places", style.ellipsis()));
    }
    let places = if places.is_empty() { String::new() } else { format!(": {}", places.join(", ")) };
    let text = format!(
        "{} and {} like these{places} (--max-findings 1000 shows each)",
        style.ellipsis(),
        counted(findings.len(), "more finding"),
    );
    wrap(&text, style.width).join("\n") + "\n\n"
}
