//! `livevod schema`.

use clap::Args;

use super::failure::Failure;
use super::run::{Run, Session};
use crate::render::{self, Exit, OutputKind};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  livevod schema > livevod.schema.json
  livevod schema plan")]
pub(super) struct Arguments {
    /// What to print the schema of
    #[arg(value_enum, default_value_t = OutputKind::Files)]
    of: OutputKind,
}

impl Run for Arguments {
    fn run(&self, session: &Session) -> Result<Exit, Failure> {
        let schema = render::schema(self.of);
        session.terminal.print(&render::pretty(&schema));
        Ok(Exit::Success)
    }
}
