//! The outcome of a plan and of each of its changes.

use std::sync::Arc;
use std::time::Duration;

use super::cause::Failure;
use crate::api;
use crate::model::Address;
use crate::plan::ActionKind;

/// The outcome of a plan.
#[derive(Debug, Clone)]
pub struct Report {
    /// One per planned change, in the plan's order.
    pub outcomes: Vec<ChangeOutcome>,
    /// Domains that were written and whose last listing could not be read: what was confirmed there was not checked
    /// again.
    pub not_seen_again: Vec<(Arc<str>, api::Error)>,
    /// Calls that were sent, reads and writes.
    pub calls: u64,
    /// How many of them repeated a failed call.
    pub repeated: u64,
    /// How long it took.
    pub took: Duration,
}

/// The outcome of one change.
#[derive(Debug, Clone)]
pub struct ChangeOutcome {
    /// The configuration.
    pub address: Address,
    /// The planned action.
    pub action: ActionKind,
    /// The outcome.
    pub outcome: Outcome,
    /// The service's id of the last write.
    pub request_id: Option<String>,
}

/// The four outcomes of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Confirmed by reading back.
    Done,
    /// Certainly not carried out, or carried out otherwise than planned.
    Failed(Failure),
    /// Nothing was sent.
    NotAttempted(Failure),
    /// A write was sent, and its effect could not be confirmed.
    Unknown(Failure),
}

impl Outcome {
    /// Why the change is not done, if so.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Outcome::Done => None,
            Outcome::Failed(failure) | Outcome::NotAttempted(failure) | Outcome::Unknown(failure) => {
                Some(failure)
            }
        }
    }
}
