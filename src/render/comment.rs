//! What every comment on a pull request has: its head, what earlier runs left open, and what was left out.

use sha2::{Digest as _, Sha256};

use super::Target;
use super::layout::Layout;
use super::left_open::story;
use super::marks::{code, prose};
use super::phrases::{account, counted};
use super::sheet::{Rows, Sheet};
use super::view::PlanView;
use crate::apply::journal::LeftOpenNow;

/// Kept for the end: the digest, and what was left out, all twelve kinds of rows in millions.
pub(super) const FOOTER: usize = 800;

/// The marker, which is the same for every comment of one command, title, target and selection, and the heading.
pub(super) fn head(command: &str, view: &PlanView, layout: &Layout) -> String {
    let Target { name, account: id } = view.target;
    let title = layout.title.as_deref();
    let mut identity: Vec<Option<&str>> = vec![title, Some(name), id.as_deref()];
    identity.extend(view.selected.iter().map(|flag| Some(flag.as_str())));
    // What leads back is no plan of the files, and takes the place of none.
    let command = if view.is_way_back && command == "plan" { "restore" } else { command };
    let hash = Sha256::digest(format!("{identity:?}"));
    let marker: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let title = title.map(|title| format!(" {}", code(title))).unwrap_or_default();
    let account = account(id.as_deref(), code);
    format!(
        "<!-- livevod:{command}:{marker} -->\n## livevod {command}{title}\n\n{} · {account}\n\n",
        code(name)
    )
}

/// What became of each change that an earlier run left open: a quarter of what is free is theirs.
pub(super) fn left_open(sheet: &mut Sheet, looked: &[&LeftOpenNow]) {
    let head = format!("**Earlier runs left {} open:**\n\n", counted(looked.len(), "change"));
    let rows = Rows { what: "changes that earlier runs left open", head: &head, tail: "\n" };
    sheet.rows(rows, sheet.room(FOOTER) / 4, looked, |one| {
        let (address, run) = (code(&one.open.address.to_string()), code(&one.open.run));
        format!("- {address}: {} (run {run})\n", prose(&story(one)))
    });
}

/// What was left out, and why; empty where nothing was.
pub(super) fn shortened(left_out: &[String], max_bytes: usize) -> String {
    if left_out.is_empty() {
        return String::new();
    }
    format!(
        "\nLeft out to stay within {max_bytes} bytes: {}. The run's other formats hold all.\n",
        left_out.join(", ")
    )
}
