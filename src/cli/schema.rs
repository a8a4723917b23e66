//! `livevod schema`.

use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::run::{Run, Session, Told};
use crate::render::{self, Exit, OutputKind};
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

impl Run for Arguments {
    fn told(&self) -> Told<'_> {
        Told::to_people()
    }

    fn run(&self, session: &Session) -> Result<Exit, Failure> {
        let schema = match self.of {
            Subject::Files => config::schema(),
            Subject::Plan => render::schema(OutputKind::Plan),
            Subject::Drift => render::schema(OutputKind::Drift),
            Subject::Report => render::schema(OutputKind::Report),
            Subject::Events => render::schema(OutputKind::Events),
            Subject::Diagnostics => render::schema(OutputKind::Diagnostics),
            Subject::Snapshot => snapshot::schema(),
        };
        session.terminal.print(&render::pretty(&schema));
        Ok(Exit::Success)
    }
}
