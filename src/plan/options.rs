//! What the planner's caller decides.

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
    /// Which guards flags release.
    pub allowances: Allowances,
    /// The account, for files that declare none.
    pub account: Option<String>,
    /// The account that the credentials belong to, if it was looked up.
    pub caller: Option<String>,
    /// The digest of the plan that was reviewed: only that plan may be applied, and the limits do not apply to it.
    pub expected_digest: Option<String>,
    /// How fast calls may be sent, for the budget.
    pub rate: CallRate,
    /// What earlier runs removed and did not add back.
    pub gaps: Gaps,
}
