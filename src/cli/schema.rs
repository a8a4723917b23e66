//! `livevod schema`.

use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::terminal::Terminal;
use crate::render::{self, Document, Exit};
use crate::{config, snapshot};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Of what
    #[arg(value_enum, default_value_t = Subject::Files)]
    of: Subject,
}

/// What has a schema.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Subject {
    /// The YAML files, for editors
    Files,
    /// `plan --format json`
    Plan,
    /// `drift --format json`
    Drift,
    /// `apply --format json`
    Report,
    /// One line of what `--json-into` writes
    Events,
    /// `validate --format json`, and what ends any other command early in that format
    Diagnostics,
    /// What `snapshot --out` saves
    Snapshot,
}

pub(super) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    let schema = match arguments.of {
        Subject::Files => config::schema(),
        Subject::Plan => render::schema(Document::Plan),
        Subject::Drift => render::schema(Document::Drift),
        Subject::Report => render::schema(Document::Report),
        Subject::Events => render::schema(Document::Events),
        Subject::Diagnostics => render::schema(Document::Diagnostics),
        Subject::Snapshot => snapshot::schema(),
    };
    terminal.print(&render::pretty(&schema));
    Ok(Exit::Success)
}
