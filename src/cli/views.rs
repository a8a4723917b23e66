//! The formats that each command offers, and the options of the Markdown format.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ValueEnum, builder::PossibleValue};

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

/// The variables that name the commit of a pipeline: GitHub, GitLab, Jenkins.
const COMMIT: [&str; 3] = ["GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT"];

/// The variables that name its author, or who started it.
const AUTHOR: [&str; 3] = ["GITHUB_ACTOR", "CI_COMMIT_AUTHOR", "GIT_AUTHOR_NAME"];

/// Longest name of an author, in characters.
const NAME_LENGTH: usize = 80;

/// Now, by this program, from the commit that the pipeline tells.
fn made() -> Made {
    let first = |names: [&str; 3]| {
        names.iter().find_map(|name| std::env::var(name).ok().filter(|text| !text.is_empty()))
    };
    let is_hex =
        |text: &String| (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    // `Name <mail>`: nobody needs the address to know the person.
    let name =
        |text: String| text.split('<').next().unwrap_or_default().trim().chars().take(NAME_LENGTH).collect();
    Made {
        time: Some(jiff::Timestamp::now()),
        version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        commit: first(COMMIT).filter(is_hex),
        author: first(AUTHOR).map(name).filter(|name: &String| !name.is_empty()),
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

fn those(hold: fn(Format) -> bool) -> impl TypedValueParser<Value = Format> {
    let values = Format::value_variants().iter().filter(|format| hold(**format));
    let values: Vec<PossibleValue> = values.filter_map(ValueEnum::to_possible_value).collect();
    PossibleValuesParser::new(values).try_map(|text| Format::from_str(&text, false))
}
