//! `livevod completions`, and the answers to the scripts that it prints: a shell asks livevod itself what could stand at a place.

use clap::Args;
use clap_complete::CompleteEnv;
use clap_complete::env::Shells;

use super::failure::Failure;
use super::run::{Run, Session};
use crate::diag::{Code, Diagnostic};
use crate::render::Exit;

/// By this variable a shell says that it asks for completions, and names itself.
const ASKED_BY: &str = "LIVEVOD_COMPLETE";

const NAME: &str = "livevod";

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  livevod completions bash > /etc/bash_completion.d/livevod
  livevod completions fish > ~/.config/fish/completions/livevod.fish")]
pub(super) struct Arguments {
    /// Shell to print the script for
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

impl Run for Arguments {
    fn run(&self, session: &Session) -> Result<Exit, Failure> {
        let failed =
            |reason: String| Diagnostic::new(Code::Usage, format!("can't print the script: {reason}"));
        let shells = Shells::builtins();
        let shell = shells.completer(&self.shell.to_string());
        let shell = shell.ok_or_else(|| failed(format!("no script for {} is known", self.shell)))?;
        let mut script = Vec::new();
        shell
            .write_registration(ASKED_BY, NAME, NAME, NAME, &mut script)
            .map_err(|error| failed(error.to_string()))?;
        session.terminal.print_verbatim(&String::from_utf8_lossy(&script));
        Ok(Exit::Success)
    }
}

/// Answers a shell that asks for completions; `None` in every other run.
pub(super) fn answer(program: fn() -> clap::Command) -> Option<Exit> {
    std::env::var_os(ASKED_BY)?;
    let folder = std::env::current_dir().ok();
    let asked = CompleteEnv::with_factory(program).var(ASKED_BY).bin(NAME).completer(NAME);
    match asked.try_complete(std::env::args_os(), folder.as_deref()) {
        Ok(true) => Some(Exit::Success),
        Ok(false) => None,
        // Whatever is printed would land in the line that somebody is typing.
        Err(_) => Some(Exit::Error),
    }
}
