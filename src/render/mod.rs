//! Turns values into text for people and machines: the only code that does.

mod base;
mod briefing;
mod causes;
mod danger;
mod desired;
mod diagnostics;
mod differences;
mod events;
mod exit;
mod explain;
mod explain_json;
mod explain_online;
mod forms;
mod github;
mod gitlab;
mod groups;
mod html;
mod journal;
mod json;
mod left_open;
mod links;
mod markdown;
mod marks;
mod narrated;
mod outcomes;
mod phrases;
mod plan;
mod remote;
mod report;
mod report_json;
mod review;
mod rows;
mod sarif;
mod schema;
mod sheet;
mod style;
mod terraform;

pub use briefing::Briefing;
pub use desired::{desired_json, desired_summary, desired_yaml};
pub use diagnostics::{diagnostics, explain_line, summary_line};
pub use differences::plan_findings;
pub use events::{Command, Event};
pub use exit::Exit;
pub use explain::{explanation, page};
pub use explain_json::{explanation_json, page_json};
pub use explain_online::online;
pub use forms::{Form, FormRow, form_diff, forms_json, forms_summary};
pub use github::github;
pub use gitlab::gitlab;
pub use html::html;
pub use journal::{human_run, human_runs, human_snapshot, run_json, runs_json, snapshot_json};
pub use json::{Context, diagnostics_json, drift_json, plan_json, pretty};
pub use left_open::unresolved;
pub use links::{LinkBase, LinkBaseError, Links};
pub use markdown::{Comment, LEAST_BYTES, markdown_drift, markdown_plan};
pub use outcomes::markdown_report;
pub use plan::{human_plan, long_sentence};
pub use remote::Sought;
pub use report::{
    human_report, not_seen_again, outcome_diagnostic, outcome_diagnostics, outcome_line, unanswered, unread,
};
pub use report_json::report_json;
pub use review::human_saved_plan;
pub use sarif::sarif;
pub use schema::{Document, schema};
pub use style::Style;
pub use terraform::{gitlab_terraform, terraform_json};

use crate::gate::clean;

/// What a target is called in every output: `emulator .livevod/emulator.log`, `https://live.aliyuncs.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The endpoint or the emulator's file.
    pub name: String,
    /// The declared account.
    pub account: Option<String>,
}
