//! `livevod man`.

use clap::CommandFactory;

use super::failure::Failure;
use super::terminal::Terminal;
use crate::diag::{Code, Diagnostic};
use crate::render::Exit;

/// One page: the program's, then a section for each command.
pub(super) fn run(terminal: &Terminal) -> Result<Exit, Failure> {
    let mut page = Vec::new();
    write(&mut page).map_err(|error| Diagnostic::new(Code::Unreadable, error.to_string()))?;
    terminal.print_verbatim(&String::from_utf8_lossy(&page));
    Ok(Exit::Success)
}

fn write(page: &mut Vec<u8>) -> std::io::Result<()> {
    let mut command = super::Cli::command();
    command.build();
    clap_mangen::Man::new(command.clone()).render(page)?;
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        let inner = clap_mangen::Man::new(inner.clone());
        inner.render_name_section(page)?;
        inner.render_synopsis_section(page)?;
        inner.render_options_section(page)?;
    }
    Ok(())
}
