//! Fills in what follows from the changes of a plan.

use super::decided::Plan;
use super::options::PlanOptions;
use super::{budget, coverage, guard, siblings};
use crate::model::{PatternIndex, Snapshot};

/// Fills in coverage, guards and cost. A guard names the `protect` pattern if it is known.
pub(super) fn weigh(plan: &mut Plan, protect: &PatternIndex<'_>, snapshot: &Snapshot, options: &PlanOptions) {
    coverage::fill_in(plan, snapshot);
    siblings::fill_in(&mut plan.decisions.changes, snapshot);
    plan.notes.held = guard::held(plan, protect, snapshot, options);
    plan.notes.budget = budget::of(&plan.decisions.changes, snapshot, options.rate);
}
