//! One change as a unit of work, and how it ended.

use std::sync::Arc;

use super::cause::{Cause, Failure};
use super::report::Outcome;
use crate::api::Error;
use crate::plan::Change;

/// One planned change and its index in the plan.
#[derive(Clone)]
pub(super) struct Task {
    pub(super) index: usize,
    pub(super) change: Arc<Change>,
}

/// How a change ended, with the RequestId of its last write.
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    pub(super) request_id: Option<String>,
}

impl Ended {
    pub(super) fn done() -> Self {
        Self { outcome: Outcome::Done, request_id: None }
    }

    pub(super) fn not_attempted(cause: Cause) -> Self {
        Self { outcome: Outcome::NotAttempted(Failure::new(cause)), request_id: None }
    }

    /// Nothing was written because the current configuration could not be read.
    pub(super) fn unreadable(error: Error) -> Self {
        let outcome = Outcome::NotAttempted(Failure::of(Cause::Unreadable, error));
        Self { outcome, request_id: None }
    }

    /// The last write was refused, and an earlier one may have been carried out.
    pub(super) fn in_doubt(cause: Cause, error: Error) -> Self {
        let request_id = error.request_id().map(str::to_owned);
        let failure = Failure::of(cause, error).within(Cause::InDoubt);
        Self { outcome: Outcome::Unknown(failure), request_id }
    }

    /// The service refused a write, or it was never sent.
    pub(super) fn refused(cause: Cause, error: Error) -> Self {
        let not_attempted = |failure| Self { outcome: Outcome::NotAttempted(failure), request_id: None };
        match error {
            Error::Withheld { reason } | Error::NotNow { reason } => {
                not_attempted(Failure::new(Cause::Withheld(reason)))
            }
            Error::Stopped(stop) => not_attempted(Failure::new(Cause::Stopped(stop))),
            // The refusal that it holds belongs to another call.
            Error::GivenUp { .. } => not_attempted(Failure::of(Cause::GivenUp, error)),
            error => {
                let request_id = error.request_id().map(str::to_owned);
                Self { outcome: Outcome::Failed(Failure::of(cause, error)), request_id }
            }
        }
    }
}
