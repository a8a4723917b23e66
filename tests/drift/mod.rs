//! Drift checks against a service that misbehaves, and the YAML that takes a drift over.

mod adopted;
mod checks;

use livevod::apply::journal::History;
use livevod::drift::{self, Comparison, Drift};
use livevod::model::Snapshot;
use livevod::plan::{PlanOptions, plan};
use livevod::resolve::Desired;
use livevod::source::Sources;

/// Everything that differs, without a history; unmanaged configurations count.
fn found(desired: &Desired, sources: &Sources, snapshot: &Snapshot) -> Drift {
    let plan = plan(desired, snapshot, sources, &PlanOptions::default());
    let history = History::default();
    drift::find(Comparison {
        plan: &plan,
        snapshot,
        history: &history,
        desired,
        sources,
        counts_unmanaged: true,
    })
}
