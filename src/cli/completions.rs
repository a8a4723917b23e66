//! `livevod completions`.

use clap::{Args, CommandFactory};

use super::failure::Failure;
use super::terminal::Terminal;
use crate::render::Exit;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

pub(super) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut super::Cli::command(), "livevod", &mut script);
    terminal.print_verbatim(&String::from_utf8_lossy(&script));
    Ok(Exit::Success)
}
