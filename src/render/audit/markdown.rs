//! An audit as a comment, or for a chat: what was not recorded comes first, the rest is folded away, and it never exceeds the
//! size limit. It says the same as long as the verdicts are the same, so that it can be compared.

use super::super::comment::{FOOTER, heading, shortened};
use super::super::layout::Layout;
use super::super::markdown::link;
use super::super::marks::{cell, code, prose};
use super::super::phrases::counted;
use super::super::sheet::{Rows, Sheet};
use super::view::{AuditView, Group};
use super::words;
use crate::audit::{Audit, SessionAudit};
use crate::model::length_text;
use crate::source::Place;

/// How many rows are shown open; more are folded away.
const OPEN_ROWS: usize = 12;

const TABLE: &str = "| | Stream | Sessions | On air | Recorded | Verdict | Why | Files |\n\
                     |:-:|---|--:|--:|--:|---|---|---|\n";

const SHORT_TABLE: &str =
    "| | Stream | Sessions | On air | Recorded | Verdict |\n|:-:|---|--:|--:|--:|---|\n";

/// `audit --format markdown`.
pub(in super::super) fn markdown_audit(view: &AuditView, layout: &Layout) -> String {
    let Audit { target, account, period, domains, .. } = view.audit;
    let mut sheet = Sheet::new(layout.max_bytes);
    sheet.must(&heading("audit", target, account.as_deref(), &view.selected, layout));
    let count = counted(domains.len(), "domain");
    let asked = format!(
        "What was on air on {count} from {}.{}",
        words::period(period.from, period.to),
        view.selection()
    );
    sheet.must(&format!("**{}** {}\n\n", prose(&words::totals(view.audit)), prose(&asked)));
    unread(view, &mut sheet);
    let (alarming, quiet): (Vec<Group>, Vec<Group>) =
        view.groups(true).into_iter().partition(|group| group.worst().is_alarming());
    alarming_streams(&alarming, layout, &mut sheet);
    quiet_streams(&quiet, &mut sheet);
    if view.audit.is_alarming() {
        sheet.must(&format!("{}\n", prose(words::MEANING)));
    }
    let left_out = sheet.left_out();
    sheet.must(&shortened(&left_out, layout.max_bytes));
    sheet.finish()
}

/// The domains that were not read whole, with what could not be read.
fn unread(view: &AuditView, sheet: &mut Sheet) {
    let domains: Vec<(&str, &[String])> = view.unread().collect();
    let rows = Rows { what: "domains that could not be read", head: "", tail: "\n" };
    let room = sheet.room(FOOTER) / 4;
    sheet.rows(rows, room, &domains, |(domain, unread)| {
        format!("- {}: {}\n", code(domain), prose(&unread.join("; ")))
    });
}

fn alarming_streams(groups: &[Group], layout: &Layout, sheet: &mut Sheet) {
    let (open, folded) = groups.split_at(groups.len().min(OPEN_ROWS));
    let rows = Rows { what: "streams that need attention", head: TABLE, tail: "\n" };
    let room = sheet.room(FOOTER);
    sheet.rows(rows, room, open, |group| row(group, layout));
    let head = format!("<details>\n<summary>Further streams that need attention</summary>\n\n{TABLE}");
    let rows = Rows { what: "further streams that need attention", head: &head, tail: "\n</details>\n\n" };
    let room = sheet.room(FOOTER);
    sheet.rows(rows, room, folded, |group| row(group, layout));
}

fn quiet_streams(groups: &[Group], sheet: &mut Sheet) {
    let head = format!(
        "<details>\n<summary>{}: recorded, pending or not wanted</summary>\n\n{SHORT_TABLE}",
        counted(groups.len(), "stream")
    );
    let rows = Rows {
        what: "streams that are recorded, pending or not wanted",
        head: &head,
        tail: "\n</details>\n\n",
    };
    let room = sheet.room(FOOTER);
    sheet.rows(rows, room, groups, |group| format!("{}\n", beginning(group)));
}

/// The cells that both tables have.
fn beginning(group: &Group) -> String {
    let Group { address, sessions } = group;
    let sum = |part: fn(&SessionAudit) -> i64| length_text(sessions.iter().map(|one| part(one)).sum());
    format!(
        "| {} | {} | {} | {} | {} | {} |",
        code(words::mark(group.worst()).0),
        cell(&address.to_string()),
        sessions.len(),
        sum(|one| one.aired),
        sum(|one| one.recorded),
        words::verdicts(sessions.iter().copied()),
    )
}

fn row(group: &Group, layout: &Layout) -> String {
    let alarming = group.alarming();
    let first = alarming.first().copied();
    let mut why = vec![prose_cell(&words::times(&alarming))];
    why.extend(first.map(words::reason).filter(|why| !why.is_empty()).map(|why| prose_cell(&why)));
    let advice = alarming.iter().find_map(|one| words::advice(one));
    why.extend(advice.map(|advice| format!("**To do:** {}", prose_cell(&advice))));
    let place = |place: &Place| link(layout, place);
    let place = first.and_then(|one| one.place.as_ref()).map(place).unwrap_or_default();
    format!("{} {} | {place} |\n", beginning(group), why.join("<br>"))
}

/// A sentence in a table cell, which a bar would end.
fn prose_cell(text: &str) -> String {
    prose(text).replace('|', "\\|")
}
