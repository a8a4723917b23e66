//! `livevod validate`.

use clap::Args;

use super::arguments::{Format, Paths, Rules};
use super::failure::Failure;
use super::findings;
use super::load::load;
use super::terminal::Terminal;
use crate::render::{self, Context, Exit};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    paths: Paths,

    #[command(flatten)]
    rules: Rules,

    /// How the findings are printed
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(super) format: Format,
}

pub(super) fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Exit, Failure> {
    let loaded = load(&arguments.paths, &arguments.rules)?;
    let exit = Exit::Success;
    let context = Context { sources: &loaded.sources, diagnostics: &loaded.diagnostics, exit };
    match findings::document(arguments.format, context) {
        Some(document) => terminal.print(&document),
        None => {
            findings::tell(&loaded.diagnostics, &loaded.sources, terminal);
            let findings = render::summary_line(&loaded.diagnostics);
            terminal.print(&format!("Valid: {}; {findings}.\n", render::desired_summary(&loaded.desired)));
            findings::tell_more(&loaded.diagnostics, terminal);
        }
    }
    Ok(exit)
}
