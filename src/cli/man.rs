//! `livevod man`.

use clap::Args;

use super::failure::Failure;
use super::run::{Run, Session};
use crate::diag::{Code, Diagnostic};
use crate::render::Exit;

#[derive(Debug, Args)]
pub(super) struct Arguments {}

impl Run for Arguments {
    /// One page: the program's, then a section for each command.
    fn run(&self, session: &Session) -> Result<Exit, Failure> {
        let page = page((session.program)());
        let page = page.map_err(|error| Diagnostic::new(Code::Unreadable, error.to_string()))?;
        session.terminal.print_verbatim(&String::from_utf8_lossy(&page));
        Ok(Exit::Success)
    }
}

fn page(mut command: clap::Command) -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    command.build();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        let inner = clap_mangen::Man::new(inner.clone());
        inner.render_name_section(&mut page)?;
        inner.render_synopsis_section(&mut page)?;
        inner.render_options_section(&mut page)?;
    }
    Ok(page)
}
