//! Finds what the records of runs left unfinished, and, from what exists at an address, what became of it. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::entry::{End, Header, Intent, LeftOpenFound, Planned, Reply, Resolved, Sibling, Step, TakenOver};
use super::read::{RunRecord, RunState};
use crate::model::{Address, RecordConfig, Remote};
use crate::plan::{ActionKind, Aim, Gap, GapCause, Gaps};

/// A change whose outcome no run knows, or a configuration that was removed and not added back.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOpen {
    /// The run that left it.
    pub run: String,
    /// The address.
    pub address: Address,
    /// The planned change, or what is missing.
    pub kind: LeftOpenKind,
    /// Whether a later run has waited until nothing of it could still arrive, and then read the address.
    pub is_looked_at: bool,
}

/// Something that was left unfinished, and what was found of it.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOpenNow {
    /// What was left unfinished.
    pub open: LeftOpen,
    /// What became of it; `None` if it was not looked at.
    pub found: Option<LeftOpenFound>,
}

impl LeftOpenNow {
    /// Whether this is the first finding, or one that settles what was left unfinished.
    pub fn is_news(&self) -> bool {
        self.found.is_some_and(|found| found.settles() || !self.open.is_looked_at)
    }
}

/// What is unfinished.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly all are changes, and a run leaves few")]
pub enum LeftOpenKind {
    /// A change with a write that may have been carried out.
    Change {
        /// The planned action.
        action: ActionKind,
        /// Normalized; `None` means that there is no configuration.
        before: Option<RecordConfig>,
        /// Normalized; `None` means that there is no configuration.
        after: Option<RecordConfig>,
    },
    /// A configuration that was removed and, as far as is known, not added back.
    Lost(GapCause),
}

impl Header {
    /// The same header numbered after the runs of its folder; `earlier` are those of the same target and account.
    #[must_use]
    pub fn behind(self, highest: u64, earlier: &[RunRecord]) -> Self {
        let changed: BTreeSet<&Address> = self.changes.iter().map(|change| &change.address).collect();
        let takes_over = left(earlier).filter(|left| changed.contains(&left.address)).collect();
        Self { number: highest.saturating_add(1), takes_over, ..self }
    }
}

/// What the runs left unfinished, sorted by address. All runs must be of one target and account; their order does not
/// matter.
///
/// What a run left is settled once another run names it: as resolved, or as taken over and then written. So it does not
/// matter when a run was, by which clock, or what its file is called now.
pub fn left_open(runs: &[RunRecord]) -> Vec<LeftOpen> {
    let left = still_left(runs);
    let changed: BTreeSet<&Address> =
        left.iter().filter(|left| left.change.is_some()).map(|left| left.address).collect();
    let looked: BTreeSet<(&str, &Address)> = runs.iter().flat_map(|run| &run.resolved).map(named).collect();
    let open = left.iter().filter_map(|left| {
        let kind = match (left.change, &left.gap) {
            (Some(Planned { address: _, action, before, after }), _) => {
                LeftOpenKind::Change { action: *action, before: before.clone(), after: after.clone() }
            }
            (None, Some(gap)) if !changed.contains(left.address) => LeftOpenKind::Lost(gap.cause),
            (None, _) => return None,
        };
        let (run, address) = left.key();
        let is_looked_at = looked.contains(&left.key());
        Some(LeftOpen { run: run.to_owned(), address: address.clone(), kind, is_looked_at })
    });
    let mut open: Vec<LeftOpen> = open.collect();
    open.sort_by(|one, other| (&one.address, &one.run).cmp(&(&other.address, &other.run)));
    open
}

/// How long to wait until no write that the runs sent to these addresses can still arrive. A clock that jumped must not
/// shorten the wait, so it is the whole settle time until a run has waited for it and then read the addresses.
pub fn until_settled(runs: &[RunRecord], settle: Duration, concerns: impl Fn(&Address) -> bool) -> Duration {
    let may_arrive = |open: &LeftOpen| !open.is_looked_at && concerns(&open.address);
    if left_open(runs).iter().any(may_arrive) || ended_early(runs, &concerns) {
        settle
    } else {
        Duration::ZERO
    }
}

/// Whether the last run ended before it had waited for what it sent, whatever the outcome of the change. A run that
/// ended by itself has waited.
fn ended_early(runs: &[RunRecord], concerns: impl Fn(&Address) -> bool) -> bool {
    let last = runs.iter().max_by_key(|run| run.header.number);
    let Some(run) = last.filter(|run| run.state() != RunState::Finished) else { return false };
    let is_lost = |id: u64| {
        let mut answers = run.answers_to(id).peekable();
        match answers.peek() {
            // A run that was interrupted in order has recorded every answer.
            None => run.finished.is_none(),
            Some(_) => answers.any(|answer| answer.reply == Reply::Unclear) || run.died_within(id),
        }
    };
    let siblings = run.intents.iter().flat_map(|intent| &intent.siblings);
    let sent = run.intents.iter().map(|intent| (intent.id, &intent.address));
    sent.chain(siblings.map(|sibling| (sibling.id, &sibling.address)))
        .any(|(id, address)| concerns(address) && is_lost(id))
}

/// What the runs removed and did not add back, for the planner. Of two runs that know nothing of each other, either
/// will do.
pub fn gaps(runs: &[RunRecord]) -> Gaps {
    let mut left = still_left(runs);
    left.sort_by_key(|left| (left.run.header.number, &left.run.header.run));
    left.into_iter().filter_map(|left| Some((left.address.clone(), left.gap?))).collect()
}

/// Everything that runs left themselves, whatever later runs did about it.
pub(super) fn left(runs: &[RunRecord]) -> impl Iterator<Item = TakenOver> {
    let all = runs.iter().flat_map(Left::by);
    all.map(|left| TakenOver { run: left.run.header.run.clone(), address: left.address.clone() })
}

/// What one run left at one address.
pub(super) struct Left<'a> {
    run: &'a RunRecord,
    address: &'a Address,
    /// A change with a write that may have been carried out and no known outcome.
    change: Option<&'a Planned>,
    /// A configuration that was removed and not added back.
    gap: Option<Gap>,
}

impl<'a> Left<'a> {
    /// What the run's own journal says, alone.
    pub(super) fn by(run: &'a RunRecord) -> Vec<Self> {
        let mut all: BTreeMap<&Address, Self> = BTreeMap::new();
        for (change, end) in written(run) {
            let is_open = matches!(end, None | Some(End::Unknown));
            let (change, gap) = (is_open.then_some(change), replaced(run, change, end));
            if let Some(address) = change.map(|change| &change.address).or(gap.as_ref().map(|gap| gap.0)) {
                all.insert(address, Self { run, address, change, gap: gap.map(|(_, gap)| gap) });
            }
        }
        for Sibling { id: _, address, config } in gone_along(run) {
            let left = all.entry(address).or_insert(Self { run, address, change: None, gap: None });
            left.gap = Some(gap(run, GapCause::AppWide, config));
        }
        all.into_values().collect()
    }

    /// The id of the run that left it.
    pub(super) fn run_id(&self) -> &'a str {
        &self.run.header.run
    }

    fn key(&self) -> (&'a str, &'a Address) {
        (&self.run.header.run, self.address)
    }

    fn is_anything(&self) -> bool {
        self.change.is_some() || self.gap.is_some()
    }
}

/// What was left and whose end none of the runs records.
pub(super) fn still_left(runs: &[RunRecord]) -> Vec<Left<'_>> {
    let mut left: Vec<Left<'_>> = runs.iter().flat_map(Left::by).collect();
    let over = Over::by(runs, &left);
    for one in &mut left {
        let key = one.key();
        if over.changes.contains(&key) {
            one.change = None;
        }
        if over.gaps.contains(&key) {
            one.gap = None;
        }
    }
    left.retain(Left::is_anything);
    left
}

/// What was left and whose end the runs record, by the run that left it and its address.
#[derive(Default)]
struct Over<'a> {
    changes: BTreeSet<(&'a str, &'a Address)>,
    gaps: BTreeSet<(&'a str, &'a Address)>,
}

impl<'a> Over<'a> {
    fn by(runs: &'a [RunRecord], left: &[Left<'a>]) -> Self {
        let gaps: BTreeSet<_> = left.iter().filter(|left| left.gap.is_some()).map(Left::key).collect();
        let settled = runs.iter().flat_map(|run| &run.resolved).filter(|resolved| resolved.found.settles());
        let resolved: BTreeSet<_> = settled.clone().map(named).collect();
        let seen = settled.filter(|resolved| resolved.found != LeftOpenFound::NotArrived);
        let seen: BTreeSet<_> = seen.map(named).collect();
        let mut over = Self { changes: resolved.clone(), gaps: resolved.clone() };
        for run in runs {
            let written: BTreeMap<&Address, (&Planned, Option<End>)> =
                written(run).map(|(change, end)| (&change.address, (change, end))).collect();
            for TakenOver { run: earlier, address } in &run.header.takes_over {
                let own = (run.header.run.as_str(), address);
                let written = written.get(address);
                let key = (earlier.as_str(), address);
                if written.is_some() || resolved.contains(&own) {
                    over.changes.insert(key);
                }
                let is_done = written.is_some_and(|(_, end)| *end == Some(End::Done));
                // Where nothing stood, a create that did not arrive has filled no gap.
                let is_create = written.is_some_and(|(change, _)| change.action == ActionKind::Create);
                let is_filled = seen.contains(&own) || (resolved.contains(&own) && !is_create);
                if is_done || is_filled || gaps.contains(&own) {
                    over.gaps.insert(key);
                }
            }
        }
        over
    }
}

fn named(resolved: &Resolved) -> (&str, &Address) {
    (&resolved.run, &resolved.address)
}

/// The changes of which a write may have been sent, with their outcomes.
fn written(run: &RunRecord) -> impl Iterator<Item = (&Planned, Option<End>)> {
    let intended: BTreeSet<&Address> = run.intents.iter().map(|intent| &intent.address).collect();
    let ends: BTreeMap<&Address, End> =
        run.endings.iter().map(|ending| (&ending.address, ending.outcome)).collect();
    let changes = run.header.changes.iter().filter(move |change| intended.contains(&change.address));
    let ended = changes.map(move |change| (change, ends.get(&change.address).copied()));
    ended.filter(|(_, end)| *end != Some(End::NotAttempted))
}

/// What a replace removed, if the replace is not done.
fn replaced<'a>(run: &RunRecord, change: &'a Planned, end: Option<End>) -> Option<(&'a Address, Gap)> {
    let Planned { address, action, before, after: _ } = change;
    let is_delete = |intent: &&Intent| intent.address == *address && intent.step == Step::Delete;
    let mut deletes = run.intents.iter().filter(is_delete);
    let is_deleted = deletes.any(|intent| run.may_have_arrived(intent.id));
    let is_gap = *action == ActionKind::Replace && end != Some(End::Done) && is_deleted;
    Some((address, gap(run, GapCause::Replace, before.as_ref().filter(|_| is_gap)?)))
}

/// What may have been deleted along with an app-wide configuration and was not added back. A removal that is done has
/// proved that its siblings stayed.
fn gone_along(run: &RunRecord) -> impl Iterator<Item = &Sibling> {
    let is_over = |address: &Address| {
        let end = run.ending(address).map(|ending| ending.outcome);
        matches!(end, Some(End::Done | End::NotAttempted))
    };
    let removals = run.intents.iter().filter(move |intent| {
        !intent.siblings.is_empty() && !is_over(&intent.address) && run.may_have_arrived(intent.id)
    });
    let is_back = |sibling: &&Sibling| {
        let mut answers = run.answers_to(sibling.id);
        let is_unseen = run.ending(&sibling.address).is_some_and(|ending| ending.outcome == End::Unknown);
        !is_unseen && answers.any(|answer| answer.reply == Reply::Accepted)
    };
    removals.flat_map(|intent| &intent.siblings).filter(move |sibling| !is_back(sibling))
}

fn gap(run: &RunRecord, cause: GapCause, before: &RecordConfig) -> Gap {
    Gap { run: run.header.run.clone(), cause, before: before.clone() }
}

impl LeftOpen {
    /// Whether a request may still arrive, as far as the runs know: none has waited for it and then read the address.
    pub fn may_still_arrive(&self) -> bool {
        matches!(self.kind, LeftOpenKind::Change { .. }) && !self.is_looked_at
    }
}

/// What became of something unfinished, judged by what exists at its address now. While a request `may_still_arrive`, a
/// write can't be known not to have arrived; a gap is a gap all the same.
pub fn judge(open: &LeftOpen, found: Option<&Remote>, may_still_arrive: bool) -> LeftOpenFound {
    match by_what_stands(open, found) {
        LeftOpenFound::NotArrived if may_still_arrive => LeftOpenFound::Pending,
        found => found,
    }
}

fn by_what_stands(open: &LeftOpen, found: Option<&Remote>) -> LeftOpenFound {
    let (action, before, after) = match (&open.kind, found) {
        (LeftOpenKind::Lost(_), None) => return LeftOpenFound::Gap,
        (LeftOpenKind::Lost(_), Some(_)) => return LeftOpenFound::Back,
        (LeftOpenKind::Change { action: ActionKind::Replace, .. }, None) => return LeftOpenFound::Gap,
        (LeftOpenKind::Change { action, before, after }, _) => (*action, before, after),
    };
    let exact = action != ActionKind::Create;
    let aim = Aim { address: &open.address, before: before.as_ref(), after: after.as_ref(), exact };
    match () {
        () if aim.reached(found) => LeftOpenFound::Arrived,
        () if aim.at_before(found) => LeftOpenFound::NotArrived,
        () if found.is_none() => LeftOpenFound::Gone,
        () => LeftOpenFound::Otherwise,
    }
}
