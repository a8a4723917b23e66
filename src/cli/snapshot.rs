//! `livevod snapshot`.

use std::path::PathBuf;

use clap::Args;

use super::Typed;
use super::arguments::{Format, Guards, Planning, plan_options};
use super::failure::Failure;
use super::findings;
use super::goal::Goal;
use super::load::load;
use super::plan::look;
use super::saved;
use super::terminal::Terminal;
use crate::diag::{self, Code, Diagnostic};
use crate::render::{self, Context, Exit};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) planning: Planning,

    /// The file to write, for its owner alone; one that is there is replaced
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Saves the selected domains whole: a part of a domain can't be told from a whole one that lost the rest.
pub(super) fn run(arguments: &Arguments, terminal: &Terminal, typed: &Typed) -> Result<Exit, Failure> {
    let Arguments { planning, out } = arguments;
    let loaded = load(&planning.paths, &planning.rules)?;
    let options = plan_options(&planning.scope, &Guards::default());
    let observed = look(&loaded, &planning.scope, &options, Goal::Files, typed)?;
    let held_back = observed.diagnostics.iter().any(|one| one.code == Code::Remote);
    if held_back || diag::has_errors(&observed.diagnostics) {
        return Err(Failure {
            sources: loaded.sources,
            diagnostics: observed.diagnostics,
            ..Failure::default()
        });
    }
    let saved = observed.saved(observed.snapshot.clone(), &loaded);
    saved::write(out, &saved)?;
    let exit = Exit::Success;
    match planning.scope.format {
        Format::Human => {
            loaded.warn(terminal);
            terminal.print(&render::human_snapshot(&saved, &out.display().to_string()));
        }
        Format::Json => terminal.print(&render::snapshot_json(&saved, &out.display().to_string(), exit)),
        format => {
            let diagnostics: Vec<Diagnostic> =
                [loaded.diagnostics.as_slice(), &observed.diagnostics].concat();
            let context = Context { sources: &loaded.sources, diagnostics: &diagnostics, exit };
            terminal.print_document(format, &findings::document(format, context).unwrap_or_default());
        }
    }
    Ok(exit)
}
