//! The arguments that say which rules count, and how many findings are shown.

use clap::Args;
use clap_complete::engine::ArgValueCandidates;

use super::candidates;
use crate::check::Levels;
use crate::config;
use crate::diag::{Code, Severity};

/// How many findings are shown.
#[derive(Debug, Default, Args)]
pub(super) struct MaxFindings {
    /// Show only the N most severe findings, without grouping equal ones; machine formats always contain all of them
    #[arg(long, value_name = "N")]
    max_findings: Option<usize>,
}

impl MaxFindings {
    /// The number given.
    pub(super) fn given(&self) -> Option<usize> {
        self.max_findings
    }
}

/// Which rules count as errors, and which are dropped.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Rules")]
pub(super) struct Rules {
    /// Treat findings of this rule as errors; `warnings` means all warnings
    #[arg(long, value_name = "CODE|warnings", value_parser = denied, add = ArgValueCandidates::new(candidates::denied))]
    pub(super) deny: Vec<Denied>,

    /// Drop findings of this rule, even if --deny names it; rules that report errors can't be allowed
    #[arg(long, value_name = "CODE", value_parser = allowed, add = ArgValueCandidates::new(candidates::codes))]
    pub(super) allow: Vec<Code>,

    #[command(flatten)]
    pub(super) shown: MaxFindings,
}

/// A value of `--deny`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Denied {
    Warnings,
    Rule(Code),
}

impl Rules {
    /// The levels that the flags set.
    pub(super) fn levels(&self) -> Levels {
        let Self { deny, allow, shown: _ } = self;
        let rules = deny.iter().filter_map(|denied| match denied {
            Denied::Rule(code) => Some(*code),
            Denied::Warnings => None,
        });
        Levels {
            allow: allow.clone(),
            deny: rules.collect(),
            deny_warnings: deny.iter().any(|denied| matches!(denied, Denied::Warnings)),
        }
    }
}

fn denied(text: &str) -> Result<Denied, String> {
    if text == "warnings" { Ok(Denied::Warnings) } else { rule(text).map(Denied::Rule) }
}

fn allowed(text: &str) -> Result<Code, String> {
    match rule(text)? {
        code if code.severity() == Severity::Error => Err("an error can't be allowed".to_owned()),
        code => Ok(code),
    }
}

fn rule(text: &str) -> Result<Code, String> {
    Code::find(text).ok_or_else(|| match config::closest(text, Code::ALL.iter().map(|code| code.as_str())) {
        Some(meant) => format!("unknown rule; did you mean `{meant}`?"),
        None => "unknown rule; `livevod explain` lists all codes".to_owned(),
    })
}
