//! What an import wrote and left out.

use std::collections::BTreeMap;
use std::path::Path;

use super::layout::Layout;
use super::lines::{Line, laid_out};
use super::phrases::counted;
use crate::gate::clean;
use crate::import::Imported;
use crate::merge::Merge;
use crate::model::Address;
use crate::source::Sources;

/// How many files and reasons are named.
const NAMED: usize = 8;

/// What was written to `out`, or to standard output, and the next command; `next` is what `livevod plan` needs behind its
/// name.
pub fn imported(imported: &Imported, out: Option<&Path>, next: Option<&str>, layout: &Layout) -> String {
    let Imported { files, domains, declared, left_out } = imported;
    let mut lines = Vec::new();
    if let Some(out) = out {
        lines.extend(written(out, files.iter().map(|file| file.name.as_str()).collect()));
    }
    lines.push(Line::flush(format!(
        "Imported {} in {}: a plan of {} has no changes.",
        counted(*declared, "configuration"),
        counted(domains.len(), "domain"),
        if files.len() == 1 { "this file" } else { "these files" },
    )));
    lines.extend(not_managed(left_out));
    let style = if out.is_some() { layout.stdout } else { layout.stderr };
    format!("{}{}", laid_out(&lines, style), next_command(next))
}

fn written(out: &Path, names: Vec<&str>) -> Vec<Line> {
    let shown = out.display().to_string();
    let all = |name: &&str| match out.is_dir() {
        true => Line::flush(format!("wrote {}", clean(&out.join(name).display().to_string()))),
        false => Line::flush(format!("wrote {}", clean(&shown))),
    };
    match names.len() {
        count if count > NAMED => vec![Line::flush(format!("wrote {count} files in {}", clean(&shown)))],
        _ => names.iter().map(all).collect(),
    }
}

/// What no file can declare, by reason, the most frequent first.
fn not_managed(left_out: &BTreeMap<Address, String>) -> Vec<Line> {
    if left_out.is_empty() {
        return Vec::new();
    }
    let mut reasons: BTreeMap<&str, Vec<&Address>> = BTreeMap::new();
    for (address, reason) in left_out {
        reasons.entry(reason).or_default().push(address);
    }
    let mut reasons: Vec<(&str, Vec<&Address>)> = reasons.into_iter().collect();
    reasons.sort_by_key(|(reason, addresses)| (std::cmp::Reverse(addresses.len()), *reason));
    let head = format!(
        "{} can't be managed; livevod leaves them alone, and comments in the files say why:",
        counted(left_out.len(), "configuration")
    );
    let more = reasons.len().saturating_sub(NAMED);
    let line = |(reason, addresses): &(&str, Vec<&Address>)| {
        let others = match addresses.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        let first = addresses.first().map(ToString::to_string).unwrap_or_default();
        Line::fact(clean(&format!("{first}{others}: {reason}")))
    };
    let mut lines = vec![Line::flush(head)];
    lines.extend(reasons.iter().take(NAMED).map(line));
    lines.extend((more > 0).then(|| Line::fact(format!("and {} more", counted(more, "reason")))));
    lines
}

/// What a merge added, and what it left; `next` is what `livevod plan` needs behind its name.
pub fn merged(
    merged: &Merge,
    sources: &Sources,
    is_diff: bool,
    next: Option<&str>,
    layout: &Layout,
) -> String {
    let Merge { edited, created, added, ambiguous, differing } = merged;
    let style = if is_diff { layout.stderr } else { layout.stdout };
    let mut lines = Vec::new();
    if !is_diff {
        let changed = edited.iter().map(|(file, _)| format!("changed {}", clean(sources.get(*file).name())));
        let written = created.iter().map(|(name, _)| format!("wrote {}", clean(name)));
        lines.extend(changed.chain(written).map(Line::flush));
    }
    lines.extend(
        match (added.len(), is_diff) {
            (0, _) if ambiguous.is_empty() => Some("Nothing to add.".to_owned()),
            (0, _) => None,
            (count, true) => Some(format!("Would add {}.", counted(count, "configuration"))),
            (count, false) => {
                Some(format!("Added {}; a plan shows no change there.", counted(count, "configuration")))
            }
        }
        .map(Line::flush),
    );
    if !ambiguous.is_empty() {
        lines.push(Line::flush(format!("Not added: {}.", counted(ambiguous.len(), "configuration"))));
    }
    if !differing.is_empty() {
        lines.push(Line::flush(format!(
            "{} as it stands in the files:",
            match differing.len() {
                1 => "1 declared configuration differs from the service and was left".to_owned(),
                count => format!("{count} declared configurations differ from the service and were left"),
            }
        )));
        lines.extend(differing.iter().take(NAMED).map(|address| Line::fact(clean(&address.to_string()))));
        let more = differing.len().saturating_sub(NAMED);
        lines.extend((more > 0).then(|| Line::fact(format!("and {more} more"))));
    }
    format!("{}{}", laid_out(&lines, style), next_command(next.filter(|_| !is_diff)))
}

fn next_command(next: Option<&str>) -> String {
    next.map(|next| format!("\nNext:\n  livevod plan {}\n", clean(next))).unwrap_or_default()
}
