//! Carries out a [`Plan`](crate::plan::Plan) with guarded writes, each read back, and reports what became of every change.

use crate::api;
use crate::model::Address;
use crate::plan::ActionKind;

/// What became of a plan.
#[derive(Debug, Clone)]
pub struct Report {
    /// One for each planned change, in the plan's order.
    pub outcomes: Vec<ChangeOutcome>,
    /// Calls that were sent, reads and writes.
    pub calls: u64,
}

/// What became of one change.
#[derive(Debug, Clone)]
pub struct ChangeOutcome {
    /// Which.
    pub address: Address,
    /// What was to be done.
    pub action: ActionKind,
    /// What became of it.
    pub outcome: Outcome,
    /// The service's id of the last write.
    pub request_id: Option<String>,
}

/// The four ends of a change.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Confirmed by reading back.
    Done,
    /// Certainly not carried out, or carried out otherwise than planned.
    Failed(Failure),
    /// Nothing was sent.
    NotAttempted(Failure),
    /// A write was sent, and what became of it could not be confirmed.
    Unknown(Failure),
}

/// Why a change did not end as planned.
#[derive(Debug, Clone)]
pub struct Failure {
    /// A lowercase fragment.
    pub message: String,
    /// The service's refusal, where there was one.
    pub remote: Option<api::Error>,
}
