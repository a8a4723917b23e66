//! A plan and what its reader is told with it. Every view takes the whole and names its parts, so that a new part can't be
//! forgotten by one of them.

use super::Target;
use crate::apply::journal::Looked;
use crate::plan::{Difference, Plan};

/// What a view of a plan is made from.
#[derive(Clone, Copy)]
pub struct Briefing<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What it was planned for.
    pub target: &'a Target,
    /// What earlier runs left open, and what became of it.
    pub left_open: &'a [Looked],
    /// What tells it from the plan that was reviewed, where one is at hand.
    pub since_review: &'a [Difference],
}

impl<'a> Briefing<'a> {
    /// A plan with nothing to be told beside it.
    pub fn of(plan: &'a Plan, target: &'a Target) -> Self {
        Self { plan, target, left_open: &[], since_review: &[] }
    }
}
