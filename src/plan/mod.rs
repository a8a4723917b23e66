//! Turns [`Desired`] and [`Snapshot`] into a [`Plan`]. Pure: no I/O, no clock.

mod aim;
mod base;
mod budget;
mod change;
mod coverage;
mod decided;
mod diff;
mod digest;
mod file;
mod fold;
mod gaps;
mod guard;
mod limits;
mod notes;
mod on_air;
mod options;
mod review;
mod selection;
mod shadows;
mod siblings;
mod weigh;

use crate::model::Snapshot;
use crate::resolve::Desired;
use crate::source::Sources;
use weigh::weigh;

pub use aim::Aim;
pub use base::{Base, since_base};
pub use budget::CallRate;
pub use change::{ActionKind, Change, Contingent, Reason, Transition};
pub use decided::{Cleared, Decisions, NotCleared, Plan, Summary};
pub use file::{PlanFileError, SavedPlan};
pub use fold::{fold, relation};
pub use gaps::{Gap, GapCause, Gaps};
pub use guard::{Released, released};
pub use limits::{Allowances, Limit};
pub use notes::{
    AcceptedDrift, AcceptedField, AcceptedRow, Budget, ChangeNote, Coverage, FieldChange, FieldOrigin,
    GroupName, Guard, Held, Noted, Notes, OnAir, OnAirStream, Recorder, Shadow, SinceBase, UndeclaredDomain,
    Unmanaged, Unsupported, Warning,
};
pub use options::PlanOptions;
pub use review::{Difference, is_rest_of, resume, since_review};
pub use selection::Selection;

/// Plans the changes from the existing to the desired state, sorted by address.
///
/// `sources` must be the files that `desired` was resolved from: origins are looked up there.
pub fn plan(desired: &Desired, snapshot: &Snapshot, sources: &Sources, options: &PlanOptions) -> Plan {
    let mut plan = diff::differences(desired, snapshot, sources, options);
    shadows::fill_in(&mut plan, desired, snapshot);
    weigh(&mut plan, &desired.protected(), snapshot, options);
    let warnings = coverage::warnings(&plan);
    plan.notes.warnings.extend(warnings);
    plan
}
