//! The formats that hold a plan and nothing else, and what they are written with.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ValueEnum, builder::PossibleValue};

use super::arguments::Format;
use super::findings::working_folder;
use crate::apply::Report;
use crate::render::{self, Briefing, Comment, Exit, LEAST_BYTES, LinkBase, Links};

/// How views are written.
#[derive(Debug, Args)]
#[command(next_help_heading = "Markdown")]
pub(super) struct Views {
    /// Most bytes of a document in Markdown; what does not fit is left out by whole rows and counted
    #[arg(long, value_name = "N", default_value = "60000", value_parser = max_bytes)]
    max_bytes: usize,

    /// Where the working folder can be read, such as https://github.com/me/live/blob/COMMIT: lines are linked to
    #[arg(long, value_name = "URL", env = "LIVEVOD_LINK_BASE")]
    link_base: Option<LinkBase>,

    /// What the plan is called, where one pull request has several: each title is a comment of its own
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
}

fn max_bytes(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(bytes) if bytes >= LEAST_BYTES => Ok(bytes),
        _ => Err(format!("a number of bytes, {LEAST_BYTES} or more")),
    }
}

/// What is shown, and how.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) format: Format,
    pub(super) views: &'a Views,
    pub(super) full: bool,
    pub(super) is_drift: bool,
}

impl View<'_> {
    /// The plan in a format of plans; `None` for any other.
    pub(super) fn plan(&self, briefing: Briefing, exit: Exit) -> Option<String> {
        match self.format {
            Format::TerraformJson => Some(render::terraform_json(briefing, exit)),
            Format::Html => Some(render::html(briefing, &self.links())),
            Format::GitlabTerraform => Some(render::gitlab_terraform(briefing.plan)),
            Format::Markdown if self.is_drift => Some(render::markdown_drift(briefing, &self.comment())),
            Format::Markdown => Some(render::markdown_plan(briefing, &self.comment())),
            Format::Human | Format::Json | Format::Github | Format::Gitlab | Format::Sarif => None,
        }
    }

    /// The report, likewise.
    pub(super) fn report(&self, briefing: Briefing, report: &Report) -> Option<String> {
        match self.format {
            Format::Markdown => Some(render::markdown_report(briefing, report, &self.comment())),
            Format::TerraformJson
            | Format::GitlabTerraform
            | Format::Html
            | Format::Human
            | Format::Json
            | Format::Github
            | Format::Gitlab
            | Format::Sarif => None,
        }
    }

    fn links(&self) -> Links {
        Links { base: self.views.link_base.clone(), folder: working_folder() }
    }

    fn comment(&self) -> Comment {
        let Views { max_bytes, link_base: _, title } = self.views;
        Comment { max_bytes: *max_bytes, title: title.clone(), full: self.full, links: self.links() }
    }
}

/// `--format` of commands that have findings and no plan.
pub(super) fn of_findings() -> impl TypedValueParser<Value = Format> {
    those(Format::holds_findings)
}

/// `--format` of commands that carry a plan out.
pub(super) fn of_reports() -> impl TypedValueParser<Value = Format> {
    those(Format::holds_reports)
}

fn those(hold: fn(Format) -> bool) -> impl TypedValueParser<Value = Format> {
    let values = Format::value_variants().iter().filter(|format| hold(**format));
    let values: Vec<PossibleValue> = values.filter_map(ValueEnum::to_possible_value).collect();
    PossibleValuesParser::new(values).try_map(|text| Format::from_str(&text, false))
}
