//! Turns the records of runs into what they left open, and what stands at an address into what became of it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::entry::{End, Found, Intent, Planned, Step};
use super::read::RunRecord;
use crate::model::{Address, RecordConfig, Remote};
use crate::plan::{ActionKind, Aim, Gap, GapCause, Unfinished};

/// A change whose outcome no run knows, or an entry that was removed and not put back.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOpen {
    /// The run that left it.
    pub run: String,
    /// Where.
    pub address: Address,
    /// What was to be done there, or what is missing.
    pub kind: OpenKind,
    /// The last moment at which a write to the address may have gone out.
    pub since: Timestamp,
}

/// Something left open, and what was found of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Looked {
    /// What was left open.
    pub open: LeftOpen,
    /// What became of it; `None` where nobody looked.
    pub found: Option<Found>,
}

/// What is open.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly all are changes, and a run leaves few")]
pub enum OpenKind {
    /// A change with a write that may have been carried out.
    Change {
        /// What was to be done.
        action: ActionKind,
        /// Normalized; `None` is "nothing there".
        before: Option<RecordConfig>,
        /// Normalized; `None` is "nothing there".
        after: Option<RecordConfig>,
    },
    /// An entry that was removed and, as far as is known, not put back.
    Lost(GapCause),
}

/// What the runs left open, oldest run first in `runs`, all of one target and account; in the order of the addresses.
pub fn left_open(runs: &[RunRecord]) -> Vec<LeftOpen> {
    let Ledger { open, gaps } = Ledger::of(runs);
    let lost = gaps.into_iter().filter(|(address, _)| !open.contains_key(address)).map(lost);
    let mut all: Vec<LeftOpen> = lost.collect();
    all.extend(open.into_values());
    all.sort_by(|one, other| one.address.cmp(&other.address));
    all
}

/// What the runs removed and did not put back, for the planner.
pub fn unfinished(runs: &[RunRecord]) -> Unfinished {
    let gaps = Ledger::of(runs).gaps.into_iter().map(|(address, (gap, _))| (address, gap));
    Unfinished { gaps: gaps.collect() }
}

fn lost((address, (gap, since)): (Address, (Gap, Timestamp))) -> LeftOpen {
    LeftOpen { run: gap.run, address, kind: OpenKind::Lost(gap.cause), since }
}

/// Open changes and gaps, as run after run leaves them.
#[derive(Default)]
struct Ledger {
    open: BTreeMap<Address, LeftOpen>,
    gaps: BTreeMap<Address, (Gap, Timestamp)>,
}

impl Ledger {
    fn of(runs: &[RunRecord]) -> Self {
        let mut ledger = Self::default();
        for run in runs {
            ledger.take(run);
        }
        ledger
    }

    fn take(&mut self, run: &RunRecord) {
        for resolved in run.resolved.iter().filter(|resolved| resolved.found.settles()) {
            self.settle(&resolved.address);
        }
        let mut intents: BTreeMap<&Address, Vec<&Intent>> = BTreeMap::new();
        for intent in &run.intents {
            intents.entry(&intent.address).or_default().push(intent);
        }
        let ends: BTreeMap<&Address, End> =
            run.endings.iter().map(|ending| (&ending.address, ending.outcome)).collect();
        for change in &run.header.changes {
            let Some(intents) = intents.get(&change.address) else { continue };
            self.change(run, change, intents, ends.get(&change.address).copied());
        }
        for intent in run.intents.iter().filter(|intent| !intent.siblings.is_empty()) {
            self.siblings(run, intent, ends.get(&intent.address).copied());
        }
    }

    fn change(&mut self, run: &RunRecord, change: &Planned, intents: &[&Intent], end: Option<End>) {
        let Planned { address, action, before, after } = change;
        if end == Some(End::NotAttempted) {
            return;
        }
        let since = last_moment(run, intents);
        let is_open = matches!(end, None | Some(End::Unknown));
        if end == Some(End::Done) {
            self.settle(address);
        } else if is_open {
            let kind = OpenKind::Change { action: *action, before: before.clone(), after: after.clone() };
            let open = LeftOpen { run: run.header.run.clone(), address: address.clone(), kind, since };
            self.open.insert(address.clone(), open);
        } else {
            self.open.remove(address);
        }
        if end == Some(End::Done) || *action != ActionKind::Replace {
            return;
        }
        let deleted =
            intents.iter().any(|intent| intent.step == Step::Delete && run.may_have_arrived(intent.id));
        if let (true, Some(before)) = (deleted, before) {
            self.gap(run, address, GapCause::Replace, before, since);
        }
    }

    /// A removal that is done has proved that the entries beside it stayed.
    fn siblings(&mut self, run: &RunRecord, intent: &Intent, end: Option<End>) {
        if matches!(end, Some(End::Done | End::NotAttempted)) || !run.may_have_arrived(intent.id) {
            return;
        }
        let since = last_moment(run, &[intent]);
        for sibling in &intent.siblings {
            let back = run.answers_to(sibling.id).any(|answer| answer.reply == super::Reply::Accepted);
            if !back {
                self.gap(run, &sibling.address, GapCause::AppWide, &sibling.config, since);
            }
        }
    }

    fn gap(
        &mut self,
        run: &RunRecord,
        address: &Address,
        cause: GapCause,
        before: &RecordConfig,
        since: Timestamp,
    ) {
        let gap = Gap { run: run.header.run.clone(), cause, before: before.clone() };
        self.gaps.insert(address.clone(), (gap, since));
    }

    fn settle(&mut self, address: &Address) {
        self.open.remove(address);
        self.gaps.remove(address);
    }
}

fn last_moment(run: &RunRecord, intents: &[&Intent]) -> Timestamp {
    let ids: BTreeSet<u64> = intents.iter().map(|intent| intent.id).collect();
    let answers = run.answers.iter().filter(|answer| ids.contains(&answer.id)).map(|answer| answer.time);
    let times = intents.iter().map(|intent| intent.time).chain(answers);
    times.max().unwrap_or(run.header.time)
}

/// What became of something left open, by what stands at its address now.
pub fn judge(open: &LeftOpen, found: Option<&Remote>) -> Found {
    let (action, before, after) = match (&open.kind, found) {
        (OpenKind::Lost(_), None) => return Found::Gap,
        (OpenKind::Lost(_), Some(_)) => return Found::Back,
        (OpenKind::Change { action: ActionKind::Replace, .. }, None) => return Found::Gap,
        (OpenKind::Change { action, before, after }, _) => (*action, before, after),
    };
    let exact = action != ActionKind::Create;
    let aim = Aim { address: &open.address, before: before.as_ref(), after: after.as_ref(), exact };
    match () {
        () if aim.reached(found) => Found::Arrived,
        () if aim.at_before(found) => Found::NotArrived,
        () if found.is_none() => Found::Gone,
        () => Found::Otherwise,
    }
}
