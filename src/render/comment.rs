//! The parts of every comment on a pull request: its head, what earlier runs left unfinished, and what was left out.

use sha2::{Digest as _, Sha256};

use super::Target;
use super::layout::Layout;
use super::left_open::story;
use super::marks::{code, prose};
use super::phrases::{account, counted};
use super::sheet::{Rows, Sheet};
use super::view::PlanView;
use crate::apply::journal::LeftOpenNow;

/// Bytes reserved for the end: the digest, the command, and the counts of all twelve kinds of left-out rows, in millions.
pub(super) const FOOTER: usize = 800 + COMMAND;

/// Longest command that is shown, in bytes: a part of one can't be run.
pub(super) const COMMAND: usize = 300;

/// The heading, and the marker, which is the same for every comment of one command, title, target and selection.
pub(super) fn head(command: &str, view: &PlanView, layout: &Layout) -> String {
    let Target { name, account: id } = view.target;
    // A restore is no plan of the files, so its comment must not replace one.
    let command = if view.is_way_back && command == "plan" { "restore" } else { command };
    heading(command, name, id.as_deref(), view.selected, layout)
}

/// The same of what is no plan. `selected` are the flags that select what it is about.
pub(super) fn heading(
    command: &str,
    target: &str,
    id: Option<&str>,
    selected: &[String],
    layout: &Layout,
) -> String {
    let title = layout.title.as_deref();
    let mut identity: Vec<Option<&str>> = vec![title, Some(target), id];
    identity.extend(selected.iter().map(|flag| Some(flag.as_str())));
    let hash = Sha256::digest(format!("{identity:?}"));
    let marker: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let title = title.map(|title| format!(" {}", code(title))).unwrap_or_default();
    let account = account(id, code);
    format!(
        "<!-- livevod:{command}:{marker} -->\n## livevod {command}{title}\n\n{} · {account}\n\n",
        code(target)
    )
}

/// The outcome of each change that an earlier run left unfinished: they may take a quarter of the free space.
pub(super) fn left_open(sheet: &mut Sheet, looked: &[&LeftOpenNow]) {
    let head = format!("**Earlier runs left {} unfinished:**\n\n", counted(looked.len(), "change"));
    let rows = Rows { what: "changes that earlier runs left unfinished", head: &head, tail: "\n" };
    sheet.rows(rows, sheet.room(FOOTER) / 4, looked, |one| {
        let (address, run) = (code(&one.open.address.to_string()), code(&one.open.run));
        format!("- {address}: {} (run {run})\n", prose(&story(one)))
    });
}

/// What was left out, and why; empty if nothing was.
pub(super) fn shortened(left_out: &[String], max_bytes: usize) -> String {
    if left_out.is_empty() {
        return String::new();
    }
    format!(
        "\nLeft out to stay within {max_bytes} bytes: {}. The run's other formats show everything.\n",
        left_out.join(", ")
    )
}
