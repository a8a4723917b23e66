//! How a subject is laid out: its format, its screen, its limits.

use jiff::Timestamp;

use super::Format;
use super::links::Links;
use super::style::Style;

/// When and from what a plan was made, as far as that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Made {
    /// When, in UTC, to the second.
    pub time: Option<Timestamp>,
    /// The version of livevod that made it.
    pub version: Option<String>,
    /// The commit that the pipeline runs on, in hex.
    pub commit: Option<String>,
    /// Who made the commit, or started the pipeline.
    pub author: Option<String>,
}

/// The smallest limit, in bytes, that the fixed parts of a comment fit into.
pub const LEAST_BYTES: usize = 6_000;

/// The options of all formats; each uses those that apply to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The format.
    pub format: Format,
    /// What standard output can show.
    pub stdout: Style,
    /// What standard error can show.
    pub stderr: Style,
    /// How many findings are shown to people; `None` for all.
    pub max_findings: Option<usize>,
    /// The largest size of a comment in bytes, [`LEAST_BYTES`] or more.
    pub max_bytes: usize,
    /// The title of the plan, for several plans of one target.
    pub title: Option<String>,
    /// Whether identical changes are listed one by one.
    pub full: bool,
    /// Where the files can be read on the web.
    pub links: Links,
    /// When and from what the plan was made.
    pub made: Made,
}

impl Layout {
    /// Plain text, without limits except the usual one of comments.
    pub fn new(format: Format) -> Self {
        Self {
            format,
            stdout: Style::PLAIN,
            stderr: Style::PLAIN,
            max_findings: None,
            max_bytes: 60_000,
            title: None,
            full: false,
            links: Links::default(),
            made: Made::default(),
        }
    }
}
