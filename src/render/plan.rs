//! A plan as a reviewer reads it in a terminal. Sentences that other tools look for are Terraform's own.

use similar::{ChangeTag, TextDiff};

use super::base::{Lapse, instead, lapses, owed, withdrawn};
use super::groups::Groups;
use super::left_open::human_left_open;
use super::phrases::{consequences, contingency, refusal, totals};
use super::review::human_since_review;
use super::style::{Tone, columns, pad, wrap};
use super::{Briefing, Style, Target, clean};
use crate::model::{Address, Value};
use crate::plan::{ActionKind, Coverage, FieldChange, FieldOrigin, Fold, Held, Noted, Plan, fold, relation};
use crate::resolve::OriginKind;

/// Addresses that a fold names before it only counts.
const NAMED_IN_FOLD: usize = 5;

/// Addresses that a list such as `unmanaged` names before it only counts.
const NAMED_IN_LIST: usize = 5;

/// Longest value that may stand beside another on one line.
const SHORT_VALUE: usize = 24;

/// The whole plan: what was left open, head, changes, what is left alone, guards, totals, digest, what moved since the review.
/// `full` lists identical changes one by one.
pub fn human_plan(briefing: Briefing, full: bool, style: Style) -> String {
    let Briefing { plan, target, left_open, since_review } = briefing;
    let mut page = Page { style, groups: Groups::of(plan), lines: Vec::new() };
    page.head(target, plan);
    page.changes(plan, full);
    page.left_alone(plan, full);
    page.totals(plan);
    page.guards(&plan.notes.held, full);
    [human_left_open(left_open, style), page.finish(), human_since_review(since_review, style)].concat()
}

/// The sentence that plan and report end with.
pub fn long_sentence() -> &'static str {
    "Streams on air are presumed to keep their old configuration until they are published again."
}

struct Page<'a> {
    style: Style,
    groups: Groups<'a>,
    lines: Vec<String>,
}

impl Page<'_> {
    fn line(&mut self, text: impl Into<String>) {
        self.lines.push(text.into());
    }

    fn finish(mut self) -> String {
        self.lines.push(String::new());
        self.lines.join("\n")
    }

    /// A paragraph behind a marker, wrapped to the width, its further lines indented to the text.
    fn item(&mut self, tone: Tone, marker: &str, text: &str) {
        let indent = columns(marker) + 1;
        for (at, line) in wrap(text, self.style.width.saturating_sub(indent).max(20)).iter().enumerate() {
            let front = if at == 0 { self.style.paint(tone, marker) } else { " ".repeat(indent - 1) };
            self.line(format!("{front} {line}"));
        }
    }

    fn head(&mut self, target: &Target, plan: &Plan) {
        let account = target
            .account
            .as_deref()
            .map_or("no account declared".to_owned(), |id| format!("account {}", clean(id)));
        let head = format!("{} {} {account}", clean(&target.name), self.style.dot());
        self.line(self.style.paint(Tone::Strong, &head));
        for domain in &plan.notes.unread {
            self.item(
                Tone::Danger,
                "!",
                &format!("{} could not be read: the plan is incomplete", clean(domain)),
            );
        }
        for warning in &plan.notes.warnings {
            self.item(Tone::Warning, "!", &clean(&warning.message));
        }
        if let Some(since) = &plan.notes.since_base {
            for line in wrap(&owed(plan, since, clean), self.style.width) {
                self.line(line);
            }
        }
        self.line("");
    }

    /// What was pending before these files stands first, under a heading of its own.
    fn changes(&mut self, plan: &Plan, full: bool) {
        let (pending, own): (Vec<Fold>, Vec<Fold>) =
            fold(plan, full).into_iter().partition(|fold| plan.is_pending(&fold.first()));
        self.group(plan, "Pending before:", &pending);
        self.group(plan, "With these files:", &own);
        self.withdrawn(plan);
    }

    fn group(&mut self, plan: &Plan, heading: &str, folds: &[Fold]) {
        if plan.notes.since_base.is_some() && !folds.is_empty() {
            self.line(self.style.paint(Tone::Strong, heading));
            self.line("");
        }
        for fold in folds {
            self.fold(plan, fold);
        }
    }

    fn withdrawn(&mut self, plan: &Plan) {
        let Some(since) = &plan.notes.since_base else { return };
        let withdrawn = withdrawn(plan, since, self.style.arrow());
        if withdrawn.is_empty() {
            return;
        }
        self.line(self.style.paint(Tone::Strong, "Not pending any more:"));
        self.line("");
        for (address, text) in withdrawn {
            self.line(self.style.paint(Tone::Strong, &format!("  # {}", clean(&address.to_string()))));
            self.item(Tone::Quiet, "   ", &clean(&format!("pending before: {text}")));
        }
        self.line("");
    }

    fn fold(&mut self, plan: &Plan, fold: &Fold) {
        let change = fold.first();
        for (at, one) in fold.changes.iter().enumerate() {
            if at == NAMED_IN_FOLD && fold.changes.len() > NAMED_IN_FOLD + 1 {
                let more = fold.changes.len() - at;
                let text = format!("  # {} and {more} more alike (--full lists them)", self.style.ellipsis());
                self.line(self.style.paint(Tone::Strong, &text));
                break;
            }
            let text = format!("  # {} {}", clean(&one.address.to_string()), sentence(one.action));
            self.line(self.style.paint(Tone::Strong, &text));
        }
        self.fields(change, fold.changes.len());
        for text in self.footnotes(plan, change) {
            self.item(Tone::Quiet, "   ", &text);
        }
        self.line("");
    }

    fn fields(&mut self, change: Noted, count: usize) {
        let times = if count > 1 { format!(" {}{count}", self.style.times()) } else { String::new() };
        let marker = format!("{:>3}", symbol(change.action));
        let name_width = change.fields().iter().map(|field| field.name().len()).max().unwrap_or(0);
        for (at, one) in change.field_changes().enumerate() {
            let times = if at == 0 { times.clone() } else { " ".repeat(columns(&times)) };
            let row = Row {
                front: format!(
                    "{}{times} {}",
                    self.style.paint(tone(change.action), &marker),
                    pad(one.field.name(), name_width)
                ),
                indent: 3 + columns(&times) + 1 + name_width + 2,
                origin: one.origin.map(origin_text),
                forces: change.action == ActionKind::Replace && one.field.is_create_only(),
            };
            self.row(&row, change, one);
        }
    }

    /// One field: values on one line where they fit, below each other where not; the origin behind them or below.
    fn row(&mut self, row: &Row, change: Noted, one: FieldChange) {
        let (before, after) = (change.before_value(one.field), change.after_value(one.field));
        let values = self.values(change.action, &self.named(before), &self.named(after), row.indent);
        let note = row.note();
        let gap = " ".repeat(row.indent);
        let last = values.len() - 1;
        for (at, (text, width)) in values.iter().enumerate() {
            let front = if at == 0 { format!("{}  ", row.front) } else { gap.clone() };
            if at < last || note.is_empty() {
                self.line(format!("{front}{text}"));
                continue;
            }
            if row.indent + width + 2 + columns(&note) <= self.style.width {
                self.line(format!("{front}{text}  {}", self.style.paint(Tone::Quiet, &note)));
            } else {
                self.line(format!("{front}{text}"));
                self.line(format!("{gap}{}", self.style.paint(Tone::Quiet, &note)));
            }
        }
    }

    fn named(&self, value: Value) -> String {
        self.groups.shown(value, self.style.ellipsis())
    }

    /// The lines that show the values, each with its columns.
    fn values(&self, action: ActionKind, before: &str, after: &str, indent: usize) -> Vec<(String, usize)> {
        let plain = |value: &str| {
            let text = clean(value);
            let width = columns(&text);
            (text, width)
        };
        match action {
            ActionKind::Create => vec![plain(after)],
            ActionKind::Delete => vec![plain(before)],
            ActionKind::Update | ActionKind::Replace => {
                let (old, old_width) = plain(before);
                let (new, new_width) = plain(after);
                let arrow = self.style.arrow();
                let both = old_width + new_width + columns(arrow) + 2;
                let short = old_width <= SHORT_VALUE && new_width <= SHORT_VALUE;
                if short
                    || (both + indent <= self.style.width
                        && (old_width <= SHORT_VALUE || new_width <= SHORT_VALUE))
                {
                    return vec![(format!("{old} {arrow} {new}"), both)];
                }
                let (old, new) = self.emphasized(&old, &new);
                vec![
                    (format!("{}{old}", " ".repeat(columns(arrow) + 1)), old_width),
                    (format!("{arrow} {new}"), new_width + columns(arrow) + 1),
                ]
            }
        }
    }

    /// Two long values with the characters that differ made strong, unless nearly all of them do.
    fn emphasized(&self, old: &str, new: &str) -> (String, String) {
        let difference = TextDiff::from_chars(old, new);
        if !self.style.color || difference.ratio() < 0.5 {
            return (old.to_owned(), new.to_owned());
        }
        let side = |kept: ChangeTag, tone: Tone| -> String {
            let parts = difference
                .iter_all_changes()
                .filter(|part| part.tag() == kept || part.tag() == ChangeTag::Equal);
            parts
                .map(|part| {
                    if part.tag() == kept {
                        self.style.paint(tone, part.value())
                    } else {
                        part.value().to_owned()
                    }
                })
                .collect()
        };
        (side(ChangeTag::Delete, Tone::Danger), side(ChangeTag::Insert, Tone::Strong))
    }

    fn footnotes(&self, plan: &Plan, change: Noted) -> Vec<String> {
        let coverage = coverage_text(&change.note.coverage, &change.address, change.action);
        let mut notes = vec![clean(&format!("{}; {coverage}", change.reason_text()))];
        notes.extend(instead(plan, &change, self.style.arrow()).map(|text| clean(&text)));
        notes.extend(change.contingent.iter().map(|one| contingency(*one).to_owned()));
        notes
    }

    fn left_alone(&mut self, plan: &Plan, full: bool) {
        let before = self.lines.len();
        for Lapse { what, names, is_danger } in plan.notes.since_base.iter().flat_map(lapses) {
            let (tone, marker) = if is_danger { (Tone::Danger, "  !") } else { (Tone::Quiet, "  .") };
            self.list(tone, marker, what, &names, full);
        }
        self.list(Tone::Quiet, "  .", "unmanaged, left alone", &plan.notes.unmanaged, full);
        self.list(Tone::Quiet, "  .", "ignored", &plan.notes.ignored, full);
        for one in &plan.notes.unsupported {
            let text = clean(&format!("{} can't be managed: {}; not attempted", one.address, one.reason));
            self.item(if one.declared { Tone::Danger } else { Tone::Quiet }, "  !", &text);
        }
        for line in self.groups.legend() {
            self.item(Tone::Quiet, "  .", &format!("transcode group {line}"));
        }
        if self.lines.len() > before {
            self.line("");
        }
    }

    fn list(&mut self, tone: Tone, marker: &str, what: &str, all: &[impl ToString], full: bool) {
        if all.is_empty() {
            return;
        }
        let shown = if full || all.len() <= NAMED_IN_LIST + 1 { all.len() } else { NAMED_IN_LIST };
        let mut names: Vec<String> = all[..shown].iter().map(|name| clean(&name.to_string())).collect();
        if shown < all.len() {
            names.push(format!("{} and {} more", self.style.ellipsis(), all.len() - shown));
        }
        self.item(tone, marker, &format!("{} {what}: {}", all.len(), names.join(", ")));
    }

    fn totals(&mut self, plan: &Plan) {
        self.line(self.style.paint(Tone::Strong, &totals(plan)));
        for line in wrap(&consequences(plan), self.style.width) {
            self.line(line);
        }
        self.line(self.style.paint(Tone::Quiet, &format!("digest {}", plan.digest())));
    }

    fn guards(&mut self, held: &[Held], full: bool) {
        if held.is_empty() {
            return;
        }
        self.line("");
        let shown = if full || held.len() <= 2 * NAMED_IN_LIST { held.len() } else { 2 * NAMED_IN_LIST };
        for one in &held[..shown] {
            self.item(Tone::Danger, "!", &clean(&refusal(one)));
        }
        if shown < held.len() {
            let text = format!(
                "{} and {} more refusals (--full lists them)",
                self.style.ellipsis(),
                held.len() - shown
            );
            self.item(Tone::Danger, "!", &text);
        }
    }
}

/// What stands around the values of a field.
struct Row {
    front: String,
    indent: usize,
    origin: Option<String>,
    forces: bool,
}

impl Row {
    fn note(&self) -> String {
        let origin = self.origin.as_ref().map(|origin| format!("({origin})"));
        let forces = self.forces.then(|| "# forces replacement".to_owned());
        [origin, forces].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// The action in Terraform's words.
pub(super) fn sentence(action: ActionKind) -> &'static str {
    match action {
        ActionKind::Create => "will be created",
        ActionKind::Update => "will be updated in-place",
        ActionKind::Replace => "must be replaced",
        ActionKind::Delete => "will be destroyed",
    }
}

/// The action's symbol, which carries the meaning without colour.
pub(super) fn symbol(action: ActionKind) -> &'static str {
    match action {
        ActionKind::Create => "+",
        ActionKind::Update => "~",
        ActionKind::Replace => "-/+",
        ActionKind::Delete => "-",
    }
}

/// The action's colour.
pub(super) fn tone(action: ActionKind) -> Tone {
    match action {
        ActionKind::Create => Tone::Create,
        ActionKind::Update => Tone::Update,
        ActionKind::Replace | ActionKind::Delete => Tone::Delete,
    }
}

/// `livevod.yaml:18 tier vip`, `not written`.
pub(super) fn origin_text(origin: &FieldOrigin) -> String {
    let FieldOrigin { kind, tier, place, via: _ } = origin;
    let block = match (kind, tier) {
        (OriginKind::Tier, Some(tier)) => format!(" tier {tier}"),
        (OriginKind::App, _) => " app defaults".to_owned(),
        (OriginKind::Domain, _) => " domain defaults".to_owned(),
        (OriginKind::Defaults, _) => " defaults".to_owned(),
        (
            OriginKind::Stream
            | OriginKind::Tier
            | OriginKind::Default
            | OriginKind::Service
            | OriginKind::Snapshot,
            _,
        ) => String::new(),
    };
    match (place, kind) {
        (Some(place), _) => clean(&format!("{}:{}{block}", place.file, place.start.line)),
        (None, OriginKind::Service) => "left to the service".to_owned(),
        (None, _) => "not written".to_owned(),
    }
}

/// Who records the address before and after, in words.
pub(super) fn coverage_text(coverage: &Coverage, address: &Address, action: ActionKind) -> String {
    let name = |ruler: &Option<Address>| {
        ruler
            .as_ref()
            .map_or("NOT RECORDED".to_owned(), |ruler| format!("ruled by {}", relation(ruler, address)))
    };
    let (before, after) = (name(&coverage.before), name(&coverage.after));
    match action {
        ActionKind::Create => format!("until now {before}"),
        ActionKind::Delete => format!("then {after}"),
        ActionKind::Update | ActionKind::Replace if before == after => after,
        ActionKind::Update | ActionKind::Replace => format!("{before}, then {after}"),
    }
}

/// `1 read`, `2 reads`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
