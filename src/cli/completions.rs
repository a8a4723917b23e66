//! `livevod completions`.

use clap::Args;

use super::failure::Failure;
use super::run::{Run, Session};
use crate::render::Exit;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Shell to print the script for
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

impl Run for Arguments {
    fn run(&self, session: &Session) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut (session.program)(), "livevod", &mut script);
        session.terminal.print_verbatim(&String::from_utf8_lossy(&script));
        Ok(Exit::Success)
    }
}
