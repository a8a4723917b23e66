//! What the caller of the planner decides.

use super::budget::CallRate;
use super::gaps::Gaps;
use super::limits::Allowances;
use super::selection::Selection;

/// What the caller decides besides the files.
#[derive(Debug, Clone, Default)]
pub struct PlanOptions {
    /// The endpoint or the emulator's file, as outputs name it.
    pub target: String,
    /// Which addresses count.
    pub selection: Selection,
    /// Which guards are released.
    pub allowances: Allowances,
    /// The account, for files that declare none.
    pub account: Option<String>,
    /// The account that the credentials belong to, where it was found out.
    pub caller: Option<String>,
    /// The digest of the plan that was reviewed: no other may be applied, and this one is above the limits.
    pub expected_digest: Option<String>,
    /// How fast calls may go out, for the budget.
    pub rate: CallRate,
    /// What earlier runs removed and did not put back.
    pub gaps: Gaps,
}
