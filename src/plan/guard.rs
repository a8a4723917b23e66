//! The guards: each refuses a plan unless its flag, if it has one, allows it.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use super::budget;
use super::change::{ActionKind, Change, Reason};
use super::coverage::Rulers;
use super::decided::Plan;
use super::limits::{Allowances, Limit};
use super::notes::{Guard, Held};
use super::options::PlanOptions;
use crate::model::{Address, PatternIndex, RecordConfig, Snapshot};

/// Every guard that refuses `plan` as far as plan and snapshot show, in the order of [`Guard`] and then of the addresses.
pub(super) fn held(
    plan: &Plan,
    protect: &PatternIndex<'_>,
    snapshot: &Snapshot,
    options: &PlanOptions,
) -> Vec<Held> {
    let review = options.expected_digest.as_ref().map(|expected| Expected { expected, found: plan.digest() });
    let view = View { plan, protect, snapshot, options, stops: stops(plan, snapshot), review };
    let checks: [Check; 9] =
        [account, digest, protected, empty_set, app_wide, recording_gap, recording_stop, writes, limits];
    checks.iter().flat_map(|check| check(&view)).collect()
}

/// A guard that would refuse a plan, had no flag and no reviewed digest allowed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// The guard.
    pub guard: Guard,
    /// The flag that allows it, with its value; `None` if the digest of exactly this plan was expected.
    pub flag: Option<String>,
}

/// What flags or a review released for a plan, in the order of [`Guard`]. What refuses the plan all the same is not
/// released.
pub fn released(plan: &Plan, snapshot: &Snapshot, options: &PlanOptions) -> Vec<Released> {
    let (protect, stops) = (PatternIndex::default(), stops(plan, snapshot));
    let view =
        |options| View { plan, protect: &protect, snapshot, options, stops: stops.clone(), review: None };
    let bare = PlanOptions { allowances: Allowances::default(), ..options.clone() };
    let (bare, given) = (view(&bare), view(options));
    let checks: [(Check, Guard, &str); 4] = [
        (empty_set, Guard::Empty, "--allow-empty"),
        (app_wide, Guard::AppWide, "--allow-app-wide"),
        (recording_gap, Guard::RecordingGap, "--allow-recording-gap"),
        (recording_stop, Guard::RecordingStop, "--allow-recording-stop"),
    ];
    let is_released = |check: Check| !check(&bare).is_empty() && check(&given).is_empty();
    let allowed = checks.into_iter().filter(|(check, ..)| is_released(*check));
    let allowed = allowed.map(|(_, guard, flag)| Released { guard, flag: Some(flag.to_owned()) });
    let limits = kinds(&bare.options.allowances).into_iter().zip(kinds(&given.options.allowances));
    let limits = limits.filter_map(|(usual, limit)| match limit.held(&given).is_empty() {
        _ if usual.held(&bare).is_empty() => None,
        true => Some(Some(format!("{} {}", limit.flag, limit.limit))),
        false => (!plan.is_held_by(Guard::Limits)).then_some(None),
    });
    let limits = limits.map(|flag| Released { guard: Guard::Limits, flag });
    let mut all: Vec<Released> = allowed.chain(limits).collect();
    all.dedup();
    all
}

/// One guard's refusals of a plan.
type Check = fn(&View) -> Vec<Held>;

struct View<'a> {
    plan: &'a Plan,
    protect: &'a PatternIndex<'a>,
    snapshot: &'a Snapshot,
    options: &'a PlanOptions,
    stops: Vec<&'a Change>,
    review: Option<Expected<'a>>,
}

/// The digest that was reviewed, and this plan's own.
struct Expected<'a> {
    expected: &'a str,
    found: String,
}

impl Expected<'_> {
    /// Whether exactly this plan was reviewed.
    fn is_met(&self) -> bool {
        self.expected == self.found
    }
}

fn hold(guard: Guard, change: Option<&Change>, words: impl Into<String>, release: Option<&str>) -> Held {
    let address = change.map(|change| change.address.clone());
    Held { guard, address, message: words.into(), release: release.map(str::to_owned) }
}

/// Changes after which something that is recorded automatically no longer is.
fn stops<'a>(plan: &'a Plan, snapshot: &Snapshot) -> Vec<&'a Change> {
    let before = Rulers::before(snapshot);
    let after = LazyCell::new(|| Rulers::after(snapshot, &plan.decisions.changes));
    let stops = |change: &&Change| {
        let own_records = change.after().is_some_and(RecordConfig::records_by_itself);
        !own_records && before.records(&change.address) && !after.records(&change.address)
    };
    plan.decisions.changes.iter().filter(stops).collect()
}

fn limits(view: &View) -> Vec<Held> {
    if view.review.as_ref().is_some_and(Expected::is_met) {
        return Vec::new();
    }
    kinds(&view.options.allowances).iter().flat_map(|kind| kind.held(view)).collect()
}

/// The limits of deletes and of changes.
fn kinds(allowances: &Allowances) -> [Kind; 2] {
    let deletes = Kind {
        flag: "--max-delete",
        verb: "deleted",
        limit: allowances.max_delete.unwrap_or(Limit::Percent(10)),
        counts: Change::removes,
    };
    let changes = Kind {
        flag: "--max-change",
        verb: "changed",
        limit: allowances.max_change.unwrap_or(Limit::Percent(30)),
        counts: |change| matches!(change.action(), ActionKind::Update | ActionKind::Replace),
    };
    [deletes, changes]
}

/// One of the two limits.
struct Kind {
    flag: &'static str,
    verb: &'static str,
    limit: Limit,
    counts: fn(&Change) -> bool,
}

impl Kind {
    /// Over the limit in a domain or in the whole run; the flag names the one number that allows all of it.
    fn held(&self, view: &View) -> Vec<Held> {
        let mut by_domain: BTreeMap<&str, usize> = BTreeMap::new();
        for change in view.plan.decisions.changes.iter().filter(|change| (self.counts)(change)) {
            *by_domain.entry(&change.address.domain).or_default() += 1;
        }
        let all: usize = by_domain.values().sum();
        let everywhere: usize = view.snapshot.domains.values().map(|domain| domain.configs.len()).sum();
        let of_domain = |name: &str| view.snapshot.domains.get(name).map_or(0, |domain| domain.configs.len());
        let mut over: Vec<(String, usize, usize)> = by_domain
            .iter()
            .map(|(name, count)| (format!("of `{name}`"), *count, of_domain(name)))
            .filter(|(_, count, total)| !self.limit.lets(*count, *total))
            .collect();
        let is_one_domain = view.snapshot.domains.len() == 1;
        if !is_one_domain && !self.limit.lets(all, everywhere) {
            over.push(("of all domains".to_owned(), all, everywhere));
        }
        over.into_iter()
            .map(|(whose, count, total)| {
                let Self { flag, verb, limit, .. } = self;
                let words =
                    format!("{count} of the {total} configurations {whose} would be {verb}, more than the limit of {limit}");
                hold(Guard::Limits, None, words, Some(&format!("{flag} {all}")))
            })
            .collect()
    }
}

fn recording_gap(view: &View) -> Vec<Held> {
    if view.options.allowances.recording_gap {
        return Vec::new();
    }
    let replaces = view.plan.decisions.changes.iter().filter(|change| change.action() == ActionKind::Replace);
    replaces
        .map(|change| {
            let words = "the stream is not recorded between the delete and the create";
            hold(Guard::RecordingGap, Some(change), words, Some("--allow-recording-gap"))
        })
        .collect()
}

fn recording_stop(view: &View) -> Vec<Held> {
    if view.options.allowances.recording_stop {
        return Vec::new();
    }
    let unsaid = |change: &&Change| !matches!(change.reason, Reason::DeclaredAbsent);
    view.stops
        .iter()
        .copied()
        .filter(unsaid)
        .map(|change| {
            let words = "recording would no longer start automatically";
            hold(Guard::RecordingStop, Some(change), words, Some("--allow-recording-stop"))
        })
        .collect()
}

fn app_wide(view: &View) -> Vec<Held> {
    if view.options.allowances.app_wide {
        return Vec::new();
    }
    let going = view.plan.decisions.changes.iter().filter(|change| change.may_take_along());
    going
        .filter_map(|change| {
            let first = change.siblings.first()?;
            let words = match change.siblings.len() {
                1 => {
                    format!("`{}` exists beside it, and the service may delete it too", first.within_domain())
                }
                more => format!(
                    "{more} configurations exist beside it, the first is `{}`, and the service may delete them too",
                    first.within_domain()
                ),
            };
            Some(hold(Guard::AppWide, Some(change), words, Some("--allow-app-wide")))
        })
        .collect()
}

fn empty_set(view: &View) -> Vec<Held> {
    let deletes =
        view.plan.decisions.changes.iter().filter(|change| change.action() == ActionKind::Delete).count();
    if view.options.allowances.empty || !view.plan.decisions.declares_nothing || deletes == 0 {
        return Vec::new();
    }
    let declares = if view.plan.notes.is_way_back { "the snapshot holds" } else { "the files declare" };
    let words = format!("{declares} no configuration, but {deletes} would be deleted");
    vec![hold(Guard::Empty, None, words, Some("--allow-empty"))]
}

fn writes(view: &View) -> Vec<Held> {
    let writes: u64 = view.plan.decisions.changes.iter().map(budget::writes).sum();
    match view.options.allowances.max_writes {
        Some(most) if writes > most => {
            let words = format!("{writes} writes are planned, over the limit of {most}");
            vec![hold(Guard::Writes, None, words, Some(&format!("--max-writes {writes}")))]
        }
        Some(_) | None => Vec::new(),
    }
}

/// Refuses even a plan without changes: the files are about another account than the one that was read.
fn account(view: &View) -> Vec<Held> {
    match (&view.plan.decisions.account, &view.options.caller) {
        (Some(declared), Some(caller)) if declared != caller => {
            let words =
                format!("the credentials belong to account `{caller}`, not to the declared `{declared}`");
            vec![hold(Guard::Account, None, words, None)]
        }
        _ => Vec::new(),
    }
}

/// Refuses an empty plan too: it is not what was reviewed.
fn digest(view: &View) -> Vec<Held> {
    let Some(review) = view.review.as_ref().filter(|review| !review.is_met()) else { return Vec::new() };
    let words = format!("the reviewed plan is `{}` and this plan is `{}`", review.expected, review.found);
    vec![hold(Guard::Digest, None, words, None)]
}

fn protected(view: &View) -> Vec<Held> {
    let stops: BTreeSet<&Address> = view.stops.iter().map(|change| &change.address).collect();
    let wrongs = |change: &Change| match change.action() {
        ActionKind::Delete => Some("deleted"),
        ActionKind::Replace => Some("replaced"),
        ActionKind::Create | ActionKind::Update => stops.contains(&change.address).then_some("stopped"),
    };
    view.plan
        .decisions
        .changes
        .iter()
        .filter(|change| change.is_protected)
        .filter_map(|change| {
            let wrong = wrongs(change)?;
            let pattern = view.protect.first(&change.address);
            let protect = pattern.map_or("`protect`".to_owned(), |one| format!("`protect: {one}`"));
            let words = format!("{protect} keeps it from being {wrong}");
            Some(hold(Guard::Protect, Some(change), words, None))
        })
        .collect()
}
