//! Turns values into text for people and machines, and is the only code that does. A subject (a plan, a report,
//! findings, …) is printed in a [`Format`]; `printed` is the table of both.

mod alike;
mod audit;
mod base;
mod causes;
mod check;
mod comment;
mod desired;
mod diagnostics;
mod differences;
mod doctor;
mod documents;
mod drift;
mod events;
mod exit;
mod explain;
mod explain_at;
mod explain_json;
mod explain_online;
mod facts;
mod forms;
mod github;
mod gitlab;
mod groups;
mod headlines;
mod html;
mod imported;
mod journal;
mod journal_json;
mod layout;
mod leases;
mod left_alone;
mod left_open;
mod lines;
mod links;
mod markdown;
mod marks;
mod metrics;
mod narrated;
mod outcomes;
mod phrases;
mod plan;
mod plan_json;
mod printed;
mod ram_policy;
mod reasons;
mod remote;
mod replay;
mod replay_json;
mod report;
mod report_json;
mod report_view;
mod review;
mod rows;
mod sarif;
mod schema;
mod sheet;
mod snapshot;
mod style;
mod terraform;
mod totals;
mod view;
mod who;
mod yaml;

pub use audit::{AuditView, SessionsView};
pub use check::{Check, is_about_every_call};
pub use diagnostics::diagnostics;
pub use differences::plan_findings;
pub use doctor::checks;
pub use documents::{Context, pretty};
pub use drift::{Cures, DriftView, drift_findings, reverting};
pub use events::{Command, Event};
pub use exit::Exit;
pub use explain_at::PastView;
pub use explain_online::OnlineFacts;
pub use forms::{Form, FormRow, form_diff};
pub use imported::{imported, merged};
pub use journal::Pruned;
pub use layout::{LEAST_BYTES, Layout, Made};
pub use leases::{LeasesView, held, taking};
pub use left_open::ended_at_once;
pub use links::{LinkBase, Links};
pub use metrics::{Exposition, Metrics, metrics};
pub use printed::{
    Printed, Shown, area, audit, codes, drift, effective, explanation, failure, findings, forms, leases,
    measured, page, past, plan, pruned, report, run, runs, sessions, snapshot, unapplied, validated,
};
pub use ram_policy::PolicyFormat;
pub(crate) use ram_policy::{policies, trusts};
pub use reasons::{
    not_imported, on_air_unread, replay_unread, unanswered, unlisted, unnamed_groups, unread, unread_all,
    unread_beside, untold,
};
pub use remote::Sought;
pub use replay::announced as replay_announced;
pub use report_view::{EndView, ReportView};
pub use schema::{OutputKind, schema};
pub use style::Style;
pub use view::PlanView;
pub use who::newest_call;

use clap::ValueEnum;

/// The name of a target in every output: `emulator .livevod/emulator.log`, `https://live.aliyuncs.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The endpoint or the emulator's file.
    pub name: String,
    /// The declared account.
    pub account: Option<String>,
}

/// `--format` of commands that print for people or for machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Human,
    /// One JSON document
    Json,
    /// The plan, report or audit as a comment on a pull request, or for a chat
    Markdown,
    /// The plan in the shape of `terraform show -json`, for policy engines
    TerraformJson,
    /// The plan's counts as GitLab shows them in merge requests
    GitlabTerraform,
    /// The plan, drift or audit as one self-contained page, for the artifacts of a pipeline
    Html,
    /// Findings as GitHub workflow commands: annotations on the lines at fault
    Github,
    /// Findings as a GitLab code quality report
    Gitlab,
    /// Findings as SARIF 2.1.0, for code scanning
    Sarif,
    /// Metrics of a check; only `drift` and `audit` have it.
    #[value(skip)]
    Openmetrics,
}

/// What a format gives where it has nothing of its own for a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fallback {
    /// Text for people.
    Text,
    /// One JSON document.
    Json,
    /// Findings alone.
    Findings,
}

impl Format {
    fn fallback(self) -> Fallback {
        match self {
            Format::Human
            | Format::Markdown
            | Format::TerraformJson
            | Format::GitlabTerraform
            | Format::Html
            | Format::Openmetrics => Fallback::Text,
            Format::Json => Fallback::Json,
            Format::Github | Format::Gitlab | Format::Sarif => Fallback::Findings,
        }
    }

    /// Whether it is for a person, who can be asked questions and shown more than one output.
    pub fn is_for_people(self) -> bool {
        self == Format::Human
    }

    /// Whether it can contain a report.
    pub fn holds_reports(self) -> bool {
        match self {
            Format::Human
            | Format::Json
            | Format::Markdown
            | Format::Github
            | Format::Gitlab
            | Format::Sarif => true,
            Format::TerraformJson | Format::GitlabTerraform | Format::Html | Format::Openmetrics => false,
        }
    }

    /// Whether it can contain an audit.
    pub fn holds_audits(self) -> bool {
        match self {
            Format::Human
            | Format::Json
            | Format::Markdown
            | Format::Html
            | Format::Github
            | Format::Gitlab
            | Format::Sarif => true,
            Format::TerraformJson | Format::GitlabTerraform | Format::Openmetrics => false,
        }
    }

    /// Whether it can contain pages, explanations and journals, which are no findings.
    pub fn holds_pages(self) -> bool {
        matches!(self, Format::Human | Format::Json)
    }

    /// Whether it can contain findings without a plan.
    pub fn holds_findings(self) -> bool {
        match self {
            Format::Human | Format::Json | Format::Github | Format::Gitlab | Format::Sarif => true,
            Format::Markdown
            | Format::TerraformJson
            | Format::GitlabTerraform
            | Format::Html
            | Format::Openmetrics => false,
        }
    }
}

/// `--format` of `render`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FilesFormat {
    /// A file that livevod can read, with origins in comments
    Yaml,
    /// One JSON document, each value with its origin
    Json,
}

impl From<FilesFormat> for Format {
    fn from(format: FilesFormat) -> Self {
        match format {
            FilesFormat::Yaml => Format::Human,
            FilesFormat::Json => Format::Json,
        }
    }
}
