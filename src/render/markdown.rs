//! A plan as a comment on a pull request: what decides stands first, the rest is folded away, and it never outgrows its place.

mod beside;

pub(super) use beside::left_open;

use super::base::{instead, owed, pending};
use super::danger::{Ranked, Refusal, dangers, refusals, releases, stops_recording, worst_first};
use super::groups::Groups;
use super::links::Links;
use super::marks::{cell, clipped, code, difference, prose};
use super::phrases::{consequences, contingency, totals};
use super::plan::{coverage_text, origin_text, sentence, symbol};
use super::sheet::{Rows, Sheet};
use super::{Briefing, Target, clean};
use crate::model::Address;
use crate::plan::{ActionKind, FieldChange, Noted, Plan};
use crate::resolve::OriginKind;
use crate::source::Place;
use sha2::{Digest as _, Sha256};

/// How a comment is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Most bytes of the whole document, [`LEAST_BYTES`] or more.
    pub max_bytes: usize,
    /// What the plan is called, where there are several of one target.
    pub title: Option<String>,
    /// Whether identical changes stand one by one.
    pub full: bool,
    /// Where the files can be read.
    pub links: Links,
}

/// The least that a comment's fixed parts fit into.
pub const LEAST_BYTES: usize = 6_000;

/// Kept for the end: the digest, and what was left out, all twelve kinds of rows in millions.
const FOOTER: usize = 800;

/// Rows that stand open, and notes before them; more are folded away, so that the table begins on the first screen.
const OPEN_ROWS: usize = 12;

/// The head of every table of changes.
const TABLE: &str = "| | Configuration | Change | From |\n|:-:|---|---|---|\n";

/// Addresses that a block of alike changes names.
const NAMED_IN_BLOCK: usize = 20;

/// Characters of a value in a block.
const SHOWN_IN_BLOCK: usize = 1_000;

/// `plan --format markdown`.
pub fn markdown_plan(briefing: Briefing, comment: &Comment) -> String {
    page("plan", briefing, comment)
}

/// `drift --format markdown`.
pub fn markdown_drift(briefing: Briefing, comment: &Comment) -> String {
    page("drift", briefing, comment)
}

fn page(command: &str, briefing: Briefing, comment: &Comment) -> String {
    let Briefing { plan, target, left_open: looked, since_review } = briefing;
    let ranked = worst_first(plan, comment.full);
    let view = View { plan, groups: Groups::of(plan), comment };
    let mut sheet = Sheet::new(comment.max_bytes);
    sheet.must(&head(command, target, comment));
    sheet.must(&view.verdict());
    beside::since_review(&mut sheet, FOOTER, &view.groups, since_review);
    beside::left_open(&mut sheet, FOOTER, looked);
    view.notes(&mut sheet);
    let (pending, own): (Vec<&Ranked>, Vec<&Ranked>) =
        ranked.iter().partition(|one| plan.is_pending(&one.fold.first()));
    view.pending(&mut sheet, &pending);
    view.table(&mut sheet, &own);
    view.blocks(&mut sheet, &ranked);
    view.left_alone(&mut sheet);
    view.legend(&mut sheet);
    sheet.must(&view.footer(command, &sheet.left_out()));
    sheet.finish()
}

/// The marker, which is the same for every comment of one command, title and target, and the heading.
pub(super) fn head(command: &str, target: &Target, comment: &Comment) -> String {
    let Target { name, account } = target;
    let title = comment.title.as_deref();
    let identity: Vec<Option<&str>> = vec![title, Some(name), account.as_deref()];
    let hash = Sha256::digest(format!("{identity:?}"));
    let marker: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let title = title.map(|title| format!(" {}", code(title))).unwrap_or_default();
    let account =
        account.as_deref().map_or("no account declared".to_owned(), |id| format!("account {}", code(id)));
    format!(
        "<!-- livevod:{command}:{marker} -->\n## livevod {command}{title}\n\n{} · {account}\n\n",
        code(name)
    )
}

struct View<'a> {
    plan: &'a Plan,
    groups: Groups<'a>,
    comment: &'a Comment,
}

impl View<'_> {
    /// Totals, dangers and what holds the plan: short, whatever the plan.
    fn verdict(&self) -> String {
        let plan = self.plan;
        let mut text = format!("**{}** {}\n\n", totals(plan), consequences(plan));
        if let Some(since) = &plan.notes.since_base {
            text.push_str(&format!("{}\n\n", owed(plan, since, code)));
        }
        let dangers = dangers(plan);
        let releases: Vec<String> = releases(plan)
            .into_iter()
            .map(|(guard, flag)| match flag {
                Some(flag) => format!("{} (released by {})", code(guard.name()), code(flag)),
                None => format!("{} (nothing releases it)", code(guard.name())),
            })
            .collect();
        if !releases.is_empty() {
            text.push_str(&format!("> [!CAUTION]\n> **Refused** by {}\n", releases.join(", ")));
        } else if !dangers.is_empty() {
            text.push_str("> [!WARNING]\n");
        }
        for danger in &dangers {
            text.push_str(&format!("> - {danger}\n"));
        }
        if !releases.is_empty() || !dangers.is_empty() {
            text.push('\n');
        }
        text
    }

    /// Each domain that was not read, each refusal and warning, as far as there is room for them.
    fn notes(&self, sheet: &mut Sheet) {
        let plan = self.plan;
        let unread = plan.notes.unread.iter().map(|domain| format!("- {} could not be read\n", code(domain)));
        let held = refusals(plan).into_iter().map(|refusal| refused(&refusal));
        let unsupported = plan.notes.unsupported.iter().filter(|one| one.declared).map(|one| {
            format!(
                "- {} can't be managed: {}; not attempted\n",
                code(&one.address.to_string()),
                prose(&one.reason)
            )
        });
        let warnings = plan.notes.warnings.iter().map(|warning| format!("- {}\n", prose(&warning.message)));
        let notes: Vec<String> =
            unread.chain(held).chain(unsupported).chain(beside::since_base(plan)).chain(warnings).collect();
        let (open, folded) = notes.split_at(notes.len().min(OPEN_ROWS));
        let room = sheet.room(FOOTER) / 4;
        sheet.rows(Rows { what: "notes", head: "", tail: "\n" }, room, open, String::clone);
        let head = "<details>\n<summary>Further notes</summary>\n\n";
        let rows = Rows { what: "further notes", head, tail: "\n</details>\n\n" };
        let room = sheet.room(FOOTER) / 5;
        sheet.rows(rows, room, folded, String::clone);
    }

    /// What was pending on the target branch anyway, folded away before what these files change.
    fn pending(&self, sheet: &mut Sheet, ranked: &[&Ranked]) {
        let head = format!("<details>\n<summary>{} pending before</summary>\n\n{TABLE}", pending(self.plan));
        let rows = Rows { what: "rows of what was pending before", head: &head, tail: "\n</details>\n\n" };
        let room = sheet.room(FOOTER) / 4;
        sheet.rows(rows, room, ranked, |one| self.row(one));
    }

    /// One row for changes that read alike: the first ones open, more of them folded away.
    fn table(&self, sheet: &mut Sheet, ranked: &[&Ranked]) {
        let (open, folded) = ranked.split_at(ranked.len().min(OPEN_ROWS));
        let head = match pending(self.plan) {
            0 => TABLE.to_owned(),
            _ => format!("**With these files:**\n\n{TABLE}"),
        };
        // What stands below tells the same at length, or matters less.
        let room = sheet.room(FOOTER);
        sheet.rows(Rows { what: "rows of the table", head: &head, tail: "\n" }, room, open, |one| {
            self.row(one)
        });
        let head = format!("<details>\n<summary>Further changes</summary>\n\n{TABLE}");
        let rows = Rows { what: "further rows of the table", head: &head, tail: "\n</details>\n\n" };
        let room = sheet.room(FOOTER) / 2;
        sheet.rows(rows, room, folded, |one| self.row(one));
    }

    fn row(&self, ranked: &Ranked) -> String {
        let changes = &ranked.fold.changes;
        let change = ranked.fold.first();
        let refused = if ranked.is_refused { "**!** " } else { "" };
        let times = if changes.len() > 1 { format!(" ×{}", changes.len()) } else { String::new() };
        let more = if changes.len() > 1 { format!(" and {} more", changes.len() - 1) } else { String::new() };
        format!(
            "| {refused}{}{times} | {}{more} | {} | {} |\n",
            code(symbol(change.action)),
            cell(&change.address.to_string()),
            self.what(change),
            self.whence(change),
        )
    }

    /// The fields that a reviewer decides on, and what the change means for the recording.
    fn what(&self, change: Noted) -> String {
        let mut parts: Vec<String> = Vec::new();
        if change.action == ActionKind::Delete {
            parts.push(prose(&change.reason_words()).replace('|', "\\|"));
        } else {
            parts.extend(
                change
                    .field_changes()
                    .filter(|one| is_telling(change, *one))
                    .map(|one| self.field(change, one)),
            );
        }
        let coverage = &change.note.coverage;
        if coverage.after.is_none() || coverage.before != coverage.after {
            let text = coverage_text(coverage, &change.address, change.action);
            let text = prose(&text).replace('|', "\\|");
            parts.push(if coverage.after.is_none() { format!("**{text}**") } else { text });
        }
        if stops_recording(change) && coverage.after.is_some() {
            parts.push("**not recorded by itself any more**".to_owned());
        }
        parts.extend(instead(self.plan, &change, "→").map(|text| cell(&text)));
        parts.join("<br>")
    }

    fn field(&self, change: Noted, one: FieldChange) -> String {
        let (before, after) = self.values(change, one);
        let name = one.field.name();
        let forces = if forces(change, one) { " *forces replacement*" } else { "" };
        match change.action {
            ActionKind::Create => format!("{} {}", cell(name), cell(&after)),
            _ => format!("{} {} → {}{forces}", cell(name), cell(&before), cell(&after)),
        }
    }

    fn values(&self, change: Noted, one: FieldChange) -> (String, String) {
        let shown = |value| self.groups.shown(value, "…");
        (shown(change.before_value(one.field)), shown(change.after_value(one.field)))
    }

    /// The places that cause the change, each once.
    fn whence(&self, change: Noted) -> String {
        let telling = change.field_changes().filter(|one| is_telling(change, *one));
        let origins = telling.filter_map(|one| one.origin);
        let mut places: Vec<String> = match (change.action, change.note.reason_place.as_ref()) {
            (ActionKind::Delete, place) => place.map(|place| self.link(place)).into_iter().collect(),
            _ => origins
                .map(|origin| match &origin.place {
                    Some(place) => self.link(place),
                    None => prose(&origin_text(origin)),
                })
                .collect(),
        };
        let mut seen = std::collections::HashSet::new();
        places.retain(|place| seen.insert(place.clone()));
        places.join("<br>")
    }

    fn link(&self, place: &Place) -> String {
        let name = cell(&self.comment.links.name(place));
        self.comment.links.target(place).map_or(name.clone(), |target| format!("[{name}]({target})"))
    }

    /// Every change in full, folded away.
    fn blocks(&self, sheet: &mut Sheet, ranked: &[Ranked]) {
        let head = "<details>\n<summary>Every change in full</summary>\n\n";
        let rows = Rows { what: "changes in full", head, tail: "</details>\n\n" };
        let room = sheet.room(FOOTER) * 9 / 10;
        sheet.rows(rows, room, ranked, |one| format!("{}\n", difference(&self.block(one))));
    }

    fn block(&self, ranked: &Ranked) -> Vec<String> {
        let changes = &ranked.fold.changes;
        let change = ranked.fold.first();
        let name = |one: &Noted| format!("# {} {}", clean(&one.address.to_string()), sentence(one.action));
        let mut lines: Vec<String> = changes.iter().take(NAMED_IN_BLOCK).map(name).collect();
        if changes.len() > NAMED_IN_BLOCK {
            lines.push(format!("# … and {} more alike", changes.len() - NAMED_IN_BLOCK));
        }
        let coverage = coverage_text(&change.note.coverage, &change.address, change.action);
        lines.push(format!("# {}", clean(&format!("{}; {coverage}", change.reason_text()))));
        lines.extend(self.plan.is_pending(&change).then(|| "# pending before".to_owned()));
        lines.extend(instead(self.plan, &change, "→").map(|text| format!("# {}", clean(&text))));
        lines.extend(change.contingent.iter().map(|one| format!("# {}", contingency(*one))));
        for one in change.field_changes() {
            self.sides(change, one, &mut lines);
        }
        lines
    }

    fn sides(&self, change: Noted, one: FieldChange, lines: &mut Vec<String>) {
        let (before, after) = self.values(change, one);
        let shown = |text: &str| clipped(&clean(text), SHOWN_IN_BLOCK);
        let name = one.field.name();
        if change.action != ActionKind::Create {
            lines.push(format!("- {name}: {}", shown(&before)));
        }
        if change.action != ActionKind::Delete {
            let origin = one.origin.map(|origin| format!("  ({})", origin_text(origin))).unwrap_or_default();
            let forces = if forces(change, one) { "  # forces replacement" } else { "" };
            lines.push(format!("+ {name}: {}{origin}{forces}", shown(&after)));
        }
    }

    fn left_alone(&self, sheet: &mut Sheet) {
        let plan = self.plan;
        let unsupported: Vec<&Address> =
            plan.notes.unsupported.iter().filter(|one| !one.declared).map(|one| &one.address).collect();
        let lists = [
            ("unmanaged", "unmanaged, left alone", plan.notes.unmanaged.iter().collect()),
            ("ignored", "ignored", plan.notes.ignored.iter().collect()),
            ("unsupported", "not declared, and can't be managed", unsupported),
        ];
        for (what, title, addresses) in lists {
            let addresses: Vec<&Address> = addresses;
            let head = format!("<details>\n<summary>{} {title}</summary>\n\n", addresses.len());
            let rows = Rows { what, head: &head, tail: "\n</details>\n\n" };
            let room = sheet.room(FOOTER);
            sheet.rows(rows, room, &addresses, |address| format!("- {}\n", code(&address.to_string())));
        }
    }

    /// What the names of groups stand for, folded away.
    fn legend(&self, sheet: &mut Sheet) {
        let head = "<details>\n<summary>Transcode groups</summary>\n\n";
        let rows = Rows { what: "transcode groups", head, tail: "\n</details>\n\n" };
        let room = sheet.room(FOOTER);
        sheet.rows(rows, room, &self.groups.legend(), |line| format!("- {}\n", code(line)));
    }

    fn footer(&self, command: &str, left_out: &[String]) -> String {
        let digest = self.plan.digest();
        let mut text = format!("---\n\ndigest `{digest}`");
        if command == "plan" && !self.plan.decisions.changes.is_empty() && self.plan.notes.held.is_empty() {
            text.push_str(&format!("; to apply exactly this: `livevod apply --expect-digest {digest}`"));
        }
        text.push('\n');
        text.push_str(&shortened(left_out, self.comment.max_bytes));
        text
    }
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

fn refused(refusal: &Refusal) -> String {
    let Refusal { guard, message, release, addresses } = refusal;
    let whose = match &addresses[..] {
        [] => String::new(),
        [one] => format!("{}: ", code(&one.to_string())),
        [first, rest @ ..] => format!("{} and {} more: ", code(&first.to_string()), rest.len()),
    };
    let release =
        release.map_or("nothing releases it".to_owned(), |flag| format!("released by {}", code(flag)));
    format!("- refused ({}): {whose}{}; {release}\n", guard.name(), prose(message))
}

/// Whether a field says something about its change: what differs, and of a new configuration what somebody wrote.
fn is_telling(change: Noted, one: FieldChange) -> bool {
    let is_default = one.origin.is_some_and(|origin| origin.kind == OriginKind::Default);
    change.action != ActionKind::Create || !is_default
}

fn forces(change: Noted, one: FieldChange) -> bool {
    change.action == ActionKind::Replace && one.field.is_create_only()
}
