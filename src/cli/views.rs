//! The formats that each command offers, and the options of the Markdown format.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ValueEnum, builder::PossibleValue};

use super::pipeline;
use super::terminal::Terminal;
use crate::render::{Format, LEAST_BYTES, Layout, LinkBase, Links, Made};

/// How plans and reports are written.
#[derive(Debug, Args)]
#[command(next_help_heading = "Markdown")]
pub(super) struct Views {
    /// Maximum size of a Markdown document in bytes; rows that do not fit are left out and counted
    #[arg(long, value_name = "N", default_value = "60000", value_parser = max_bytes)]
    max_bytes: usize,

    /// URL of the working folder, for links to lines of files, such as https://github.com/me/live/blob/COMMIT
    #[arg(long, value_name = "URL", env = "LIVEVOD_LINK_BASE")]
    link_base: Option<LinkBase>,

    /// Title of the plan, if a pull request has several plans: each title gets its own comment
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
}

fn max_bytes(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(bytes) if bytes >= LEAST_BYTES => Ok(bytes),
        _ => Err(format!("expected a number of bytes, {LEAST_BYTES} or more")),
    }
}

impl Views {
    /// `--title`.
    pub(super) fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// The layout of a plan or a report.
    pub(super) fn layout(&self, format: Format, full: bool, terminal: &Terminal) -> Layout {
        let Self { max_bytes, link_base, title } = self;
        let usual = terminal.layout(format);
        let links = Links { base: link_base.clone(), ..usual.links };
        Layout { max_bytes: *max_bytes, title: title.clone(), full, links, made: made(), ..usual }
    }
}

/// The variables that name its author, or who started it.
const AUTHOR: [&str; 3] = ["GITHUB_ACTOR", "CI_COMMIT_AUTHOR", "GIT_AUTHOR_NAME"];

/// Now, by this program, from the commit that the pipeline tells.
fn made() -> Made {
    let variable = |name: &str| std::env::var(name).ok();
    Made {
        time: Some(jiff::Timestamp::now()),
        version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        commit: pipeline::commit(&variable),
        author: pipeline::name(&AUTHOR, &variable),
    }
}

/// `--format` of commands that have findings and no plan.
pub(super) fn of_findings() -> impl TypedValueParser<Value = Format> {
    those(Format::holds_findings)
}

/// `--format` of commands that print pages, explanations and journals.
pub(super) fn of_pages() -> impl TypedValueParser<Value = Format> {
    those(Format::holds_pages)
}

/// `--format` of commands that apply a plan.
pub(super) fn of_reports() -> impl TypedValueParser<Value = Format> {
    those(Format::holds_reports)
}

/// `--format` of `drift`, which has metrics too.
pub(super) fn of_drift() -> impl TypedValueParser<Value = Format> {
    measured(|_| true)
}

/// `--format` of `audit`, likewise.
pub(super) fn of_audit() -> impl TypedValueParser<Value = Format> {
    measured(Format::holds_audits)
}

fn measured(hold: fn(Format) -> bool) -> impl TypedValueParser<Value = Format> {
    let values = Format::value_variants().iter().filter(move |format| hold(**format));
    let values = values.filter_map(ValueEnum::to_possible_value);
    let metrics =
        PossibleValue::new("openmetrics").help("Metrics of the check as OpenMetrics, for monitoring systems");
    PossibleValuesParser::new(values.chain([metrics])).try_map(|text| match text.as_str() {
        "openmetrics" => Ok(Format::Openmetrics),
        other => Format::from_str(other, false),
    })
}

fn those(hold: fn(Format) -> bool) -> impl TypedValueParser<Value = Format> {
    let values = Format::value_variants().iter().filter(|format| hold(**format));
    let values: Vec<PossibleValue> = values.filter_map(ValueEnum::to_possible_value).collect();
    PossibleValuesParser::new(values).try_map(|text| Format::from_str(&text, false))
}
